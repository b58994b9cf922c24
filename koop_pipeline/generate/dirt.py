"""What is wrong with a badly kept member list, and the findings it must lead to.

Put here what the legacy system says of people instead of the truth. Only the first chunk of a cooperative is dirty, and
never its founders, who are its officers. Who has lost his NIK was born on a day that nobody else of the cooperative was
born on, so that he looks like nobody else.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from polars.expr.whenthen import Then

from koop_pipeline.generate import faults, numbers
from koop_pipeline.generate.people import FOUNDERS, member_number
from koop_pipeline.generate.plan import Cooperative

RULES = {
    "nik-short": "MBR-NIK-01",
    "nik-placeholder": "MBR-NIK-02",
    "nik-excel": "MBR-NIK-03",
    "nik-disagrees": "MBR-NIK-07",
    "phone-short": "MBR-PHN-01",
    "birth-impossible": "MBR-DAT-01",
    "birth-incomplete": "MBR-DAT-02",
    "birth-century": "MBR-DAT-03",
    "leaving-date": "MBR-LEF-01",
    "candidate": "MBR-MEM-01",
    "listed-twice": "MBR-DUP-01",
    "alike": "MBR-DUP-02",
}
WITHOUT_NIK = ("nik-empty", "nik-dash", "nik-short", "nik-placeholder", "nik-excel", "alike", "alike-again")
SAYS = {"nik-empty": "", "nik-dash": "-", "nik-placeholder": "123456789", "nik-excel": "3.3E+15", "alike-again": ""}
SAYS_PHONE = {"phone-short": "08", "phone-zero": "0"}
SAYS_BIRTH = {"birth-impossible": "31/02/1980", "birth-incomplete": "Juli 1980", "birth-century": "0966-05-14"}
ALIKE = {"alike": "Yohanes Kleden", "alike-again": "Yohanis Kleden"}
GHOSTS = (("Salah Input", 1), ("Batal Daftar", 1), ("TEST ANGGOTA", 0))
YEARS_OFF = 3 * 12


@dataclass(frozen=True)
class Dirt:
    """The member list as the legacy system has it, and what is to be found in it.

    `members` has said_nik, said_phone, said_birth (text instead of the truth), said_left, candidate, deleted, besides;
    `moved` place and member_no of those whose voluntary account stands under a second number.
    """

    members: pl.DataFrame
    findings: Counter[str] = field(default_factory=Counter)
    merged: int = 0
    excluded: int = 0
    moved: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"place": pl.Int64, "moved": pl.String}))


def clean(members: pl.DataFrame) -> Dirt:
    """A list with nothing wrong."""
    text = pl.lit(None, dtype=pl.String)
    none = pl.lit(None, dtype=pl.Date)
    said = members.with_columns(said_nik=pl.col("nik"), said_phone=text, said_birth=text, said_left=none)
    return Dirt(said.with_columns(candidate=False, deleted=0))


def spoil(rng: np.random.Generator, cooperative: Cooperative, members: pl.DataFrame) -> Dirt:
    """The first chunk of a cooperative, kept badly where the plan says so."""
    if not cooperative.dirty:
        return clean(members)
    kinds, counts = _lots(rng, cooperative, members.height)
    marked = _born_apart(rng, _renamed(members.with_columns(kind=kinds)))
    said = clean(marked).members.with_columns(
        said_nik=_said(SAYS).otherwise(
            pl.when(pl.col("kind") == "nik-short").then(pl.col("nik").str.head(15)).otherwise("nik")
        ),
        said_phone=_said(SAYS_PHONE).otherwise("said_phone"),
        said_birth=_said(SAYS_BIRTH).otherwise("said_birth"),
        said_left=pl.when(pl.col("kind") == "leaving-date").then(pl.col("joined").dt.offset_by("100d")),
        candidate=pl.col("kind").eq_missing("candidate"),
    )
    twice = _listed_twice(cooperative, said)
    rows = pl.concat([said, twice, _ghosts(said)]).drop("kind")
    moved = twice.select("place", moved="member_no")
    findings = Counter({RULES[kind]: count for kind, count in counts.items() if kind in RULES and count})
    return Dirt(rows, findings, twice.height, len(GHOSTS), moved)


def _said(words: dict[str, str]) -> Then:
    return pl.when(pl.col("kind").is_in(list(words))).then(
        pl.col("kind").replace_strict(words, default=None, return_dtype=pl.String)
    )


def _lots(rng: np.random.Generator, cooperative: Cooperative, count: int) -> tuple[pl.Series, dict[str, int]]:
    """The kind of each member, null for most, and how many of each kind there are."""
    places = rng.permutation(np.arange(FOUNDERS, count))
    kinds: list[str | None] = [None] * count
    counts: dict[str, int] = {}
    at = 0
    for kind, rate in cooperative.rates.items():
        lots = int((rng.integers(1_000_000, size=count - FOUNDERS) < rate).sum())
        size = 2 if kind == "alike" else 1
        wanted = min(max(lots, int(cooperative.every_kind)), faults.MOST_A_KIND, (len(places) - at) // size)
        counts[kind] = wanted
        for place in places[at : at + wanted]:
            kinds[place] = kind
        for place in places[at + wanted : at + wanted * size]:
            kinds[place] = "alike-again"
        at += wanted * size
    return pl.Series(kinds, dtype=pl.String), counts


def _renamed(members: pl.DataFrame) -> pl.DataFrame:
    """Men of nearly one name."""
    alike = pl.col("kind").is_in(list(ALIKE))
    return members.with_columns(
        name=pl.when(alike)
        .then(pl.col("kind").replace_strict(ALIKE, default=None, return_dtype=pl.String))
        .otherwise("name"),
        woman=pl.col("woman") & ~alike.fill_null(False),
    )


def _born_apart(rng: np.random.Generator, members: pl.DataFrame) -> pl.DataFrame:
    """Birth days of their own for those without a NIK; NIKs that disagree with the birth date."""
    kind = pl.col("kind")
    spare = pl.Series(rng.permutation(numbers.spare_births())).cast(pl.Date)
    apart = kind.is_in(WITHOUT_NIK).fill_null(False)
    again = kind.eq_missing("alike-again")
    first = (apart & ~again).cast(pl.Int64).cum_sum() - 1
    pair = kind.eq_missing("alike").cum_sum()
    numbered = members.with_columns(
        _first=pl.when(apart & ~again).then(first), _pair=pl.when(kind == "alike").then(pair)
    )
    firsts = numbered.filter(pl.col("_pair").is_not_null()).sort("_pair")["_first"]
    order = (
        pl.when(again).then(pl.lit(firsts).gather((again.cast(pl.Int64).cum_sum() - 1).clip(0)))
        if len(firsts)
        else pl.lit(None, dtype=pl.Int64)
    )
    born = numbered.with_columns(_day=pl.coalesce("_first", order)).with_columns(
        birth=pl.when(pl.col("_day").is_not_null())
        .then(pl.lit(spare).gather(pl.col("_day").fill_null(0)))
        .otherwise("birth")
    )
    return born.drop("_first", "_pair", "_day").with_columns(nik=_niks(born))


def _niks(members: pl.DataFrame) -> pl.Series:
    """The numbers that fit the birth days, but for those that disagree."""
    birth = members["birth"].to_numpy().astype("datetime64[D]")
    off = members["kind"].eq_missing("nik-disagrees").to_numpy()
    later = (birth.astype("datetime64[M]") + YEARS_OFF).astype("datetime64[D]") + (numbers.day_of_month(birth) - 1)
    serial = members["serial"].to_numpy() - np.where(off, numbers.SERIAL_LEAD - numbers.OTHER_LEAD, 0)
    woman = members["woman"].to_numpy()
    return pl.Series(
        numbers.nik(members["district"].to_numpy(), np.where(off, later, birth), woman, serial).astype(str)
    )


def _listed_twice(cooperative: Cooperative, members: pl.DataFrame) -> pl.DataFrame:
    """Who was entered anew under a second number, in capitals."""
    twice = members.filter(kind="listed-twice")
    anew = pl.int_range(pl.len()) + cooperative.members
    return twice.with_columns(member_no=member_number(cooperative, anew), name=pl.col("name").str.to_uppercase())


def _ghosts(members: pl.DataFrame) -> pl.DataFrame:
    """Two rows that were deleted softly and one that is a test."""
    count = len(GHOSTS)
    text = pl.lit("")
    return members.head(count).with_columns(
        name=pl.Series([name for name, _ in GHOSTS]),
        deleted=pl.Series([flag for _, flag in GHOSTS], dtype=pl.Int32),
        member_no=pl.lit("X") + pl.int_range(1, count + 1).cast(pl.String).str.zfill(3),
        said_nik=text, said_phone=text, said_birth=text, address=text, birth_place=text,
    )  # fmt: skip
