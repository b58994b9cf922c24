"""Invents the members of a cooperative, a chunk at a time: names of the islands, numbers of nobody.

Columns: member_no, name, nik, woman, birth, birth_place, address, region, phone, joined. The first ten of a cooperative
are its founders, who joined before 2023 ended; its officers are the first seven of them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from koop_pipeline.generate import numbers
from koop_pipeline.generate.numbers import Days, Ints
from koop_pipeline.generate.plan import Cooperative
from koop_pipeline.identifiers import region

FOUNDERS = 10
OFFICERS = 7
FOUNDED = np.datetime64("2012-01-02")
FOUNDERS_UNTIL = np.datetime64("2023-06-01")
JOINED_UNTIL = np.datetime64("2026-04-01")
ADULT = np.timedelta64(18 * 366, "D")
NEWCOMERS = 80
"""Members in a thousand who joined within the history."""
_MEN = (
    "Yosef Petrus Markus Gabriel Antonius Fransiskus Dominggus Lambertus Stefanus Kornelis Marselinus Paulus Simon"
    " Robertus Agustinus Benediktus Daniel Elias Filipus Gregorius Hendrik Ignasius Jeremias Karolus Laurensius Matias"
    " Nikolaus Oktovianus Raimundus Siprianus Thomas Urbanus Valentinus Wilhelmus Yeremia Zakarias"
)
_WOMEN = (
    "Maria Yuliana Kristina Veronika Theresia Agnes Bernadeta Katarina Dorothea Elisabeth Fransiska Getrudis Helena"
    " Imakulata Kornelia Lusia Margareta Natalia Oktaviana Paulina Regina Sesilia Skolastika Ursula Virginia Welmince"
    " Adelheid Blandina Emiliana Yovita Désirée Priska Rosalia Serafina Wilhelmina Zita"
)
MIDDLE = ("", "", "", "", "Dominikus ", "Goreti ", "Kristo ", "Bala ", "Seuk ", "Kewa ", "Ose ", "Boli ")
_FAMILIES = (
    "Laka Nahak Bria Tae Lake Kolo Manek Seran Klau Berek Naif Taneo Banunaek Tefa Oematan Fallo Nubatonis Sila Kase"
    " Tamonob Leton Wutun Lamanepa Keraf Hayon Koten Ola Tukan Lewar Sogen Riberu Parera Fernandez Djawa Wea Mbulu"
    " Lengu Pello Ndolu Bessie Rihi Kana Djami Ma'arif Ximénes Bere Tallo Ndun Lado Hede Radja Kota Bani Wadu Dima Lomi"
    " Nope Tuke Sonbai Amheka"
)
TITLES = (("", ""),) * 17 + (("H. ", ""), ("Drs. ", ""), ("", ", S.Kom"))
_TOWNS = "Kupang Kefamenanu Larantuka Maumere Ende Atambua Soe Kalabahi Ruteng Waingapu Bajawa Lewoleba"
_STREETS = (
    "Timor Raya|El Tari|Ahmad Yani|Sudirman|Cak Doko|Herewila|Nangka|Cendana|Pahlawan|Kelimutu|Frans Seda|Yos Sudarso"
    "|Sam Ratulangi|Moh. Hatta|Gajah Mada|Diponegoro"
)
MEN, WOMEN, FAMILIES, TOWNS = _MEN.split(), _WOMEN.split(), _FAMILIES.split(), _TOWNS.split()
STREETS = _STREETS.split("|")


@dataclass(frozen=True)
class Span:
    """A chunk of a cooperative's members: the place of the first, and how many."""

    first: int
    count: int


def member_number(cooperative: Cooperative, place: pl.Expr) -> pl.Expr:
    """`A000001`, in the form of the cooperative's system."""
    lead, width = {"csv": ("A", 6), "mysql": ("KM", 7), "sqlite": ("", 6)}[cooperative.system]
    return pl.lit(lead) + (place + 1).cast(pl.String).str.zfill(width)


OFFICER_POSITIONS = ("chair", "vice_chair", "secretary", "treasurer", "supervisor", "supervisor", "manager")


def invent(rng: np.random.Generator, cooperative: Cooperative, span: Span, since: np.datetime64) -> pl.DataFrame:
    """The members of a chunk, one row each: the columns of the module, and place, district and serial."""
    place = np.arange(span.first, span.first + span.count)
    districts = numbers.districts()
    person = cooperative.first_person + place
    by_birth, by_place = numbers.permuted(
        person, (2 * numbers.BIRTHS, numbers.VARIANTS * len(districts)), cooperative.seed
    )
    woman = by_birth >= numbers.BIRTHS
    birth = numbers.births(by_birth % numbers.BIRTHS)
    district, serial = by_place % len(districts), by_place // len(districts) + numbers.SERIAL_LEAD
    phone = numbers.permuted(person, numbers.PHONES, cooperative.seed + 1)
    home = _home(cooperative, rng.integers(1 << 30, size=span.count))
    return pl.DataFrame(
        {
            "place": place,
            "woman": woman,
            "birth": birth,
            "joined": _joined(rng, place, birth, since),
            "district": district,
            "serial": serial,
            "nik": numbers.nik(district, birth, woman, serial).astype(str),
            "phone": 84_000_000_000 + phone[0] * numbers.PHONES[1] + phone[1],
            "region": pl.Series(districts).gather(home),
            "district_name": pl.Series([region.names()[code] for code in districts]).gather(home),
        }
    ).with_columns(
        _names(rng, woman),
        member_no=member_number(cooperative, pl.col("place")),
        birth_place=_picked(rng, TOWNS, span.count),
        phone=pl.lit("+62") + pl.col("phone").cast(pl.String),
        address=_address(rng, span.count),
    )


def _home(cooperative: Cooperative, lots: Ints) -> Ints:
    """Districts of the cooperative's own regency, as indexes into `districts()`."""
    codes = numbers.districts()
    regencies = sorted({code[:5] for code in codes})
    own = regencies[(cooperative.ordinal * 7 + cooperative.seed) % len(regencies)]
    among = np.array([at for at, code in enumerate(codes) if code.startswith(own)], np.int64)
    return among[lots % len(among)]


def home_region(cooperative: Cooperative) -> str:
    """The district where the cooperative itself is registered."""
    return numbers.districts()[int(_home(cooperative, np.zeros(1, np.int64))[0])]


def _joined(rng: np.random.Generator, place: Ints, birth: Days, since: np.datetime64) -> Days:
    """Days of joining: of age, most before the history begins."""
    start = np.maximum(birth + ADULT, FOUNDED)
    new = (rng.integers(1000, size=len(place)) < NEWCOMERS) & (place >= FOUNDERS)
    until = np.where(place < FOUNDERS, np.minimum(since, FOUNDERS_UNTIL), np.where(new, JOINED_UNTIL, since))
    begin = np.where(new, since, start)
    span = np.maximum((until - begin).astype(np.int64), 1)
    days: Days = begin + (rng.integers(1 << 40, size=len(place)) % span).astype("timedelta64[D]")
    return days


def _picked(rng: np.random.Generator, words: list[str] | tuple[str, ...], count: int) -> pl.Series:
    return pl.Series(words).gather(rng.integers(len(words), size=count))


def _names(rng: np.random.Generator, woman: npt.NDArray[np.bool_]) -> pl.Expr:
    """Given name, now and then a second, family name, now and then a title; three in ten in capitals."""
    count = len(woman)
    given = np.where(woman, rng.integers(len(WOMEN), size=count) + len(MEN), rng.integers(len(MEN), size=count))
    title = rng.integers(len(TITLES), size=count)
    before = pl.Series(
        [pair[0] for pair in TITLES] + [pair[0].replace("H.", "Hj.").replace("Drs.", "Dra.") for pair in TITLES]
    )
    whole = pl.concat_str(
        pl.lit(before.gather(title + len(TITLES) * woman)),
        pl.lit(pl.Series(MEN + WOMEN).gather(given)),
        pl.lit(" "),
        pl.lit(_picked(rng, MIDDLE, count)),
        pl.lit(_picked(rng, FAMILIES, count)),
        pl.lit(pl.Series([pair[1] for pair in TITLES]).gather(title)),
    )
    loud = pl.lit(pl.Series(rng.integers(10, size=count) < 3))
    return pl.when(loud).then(whole.str.to_uppercase()).otherwise(whole).alias("name")


def _address(rng: np.random.Generator, count: int) -> pl.Expr:
    """Street, number, neighbourhood and district; no two of a chunk are the same house."""
    place = pl.col("place")
    return pl.concat_str(
        pl.lit("Jl. "),
        pl.lit(_picked(rng, STREETS, count)),
        pl.lit(" No. "),
        (place % 200 + 1).cast(pl.String),
        pl.lit(" RT "),
        (place // 200 % 20 + 1).cast(pl.String).str.zfill(2),
        pl.lit("/RW "),
        (place // 4000 % 30 + 1).cast(pl.String).str.zfill(2),
        pl.lit(", "),
        pl.col("district_name"),
    )


def officers(members: pl.DataFrame) -> pl.DataFrame:
    """Seven positions held by the first seven founders, term 2024 to 2028: name, position, member_no, nik, phone."""
    return members.head(OFFICERS).select("name", pl.Series("position", OFFICER_POSITIONS), "member_no", "nik", "phone")
