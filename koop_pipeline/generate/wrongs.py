"""Faults in the money of a cooperative's first chunk, and the findings they must lead to.

Put here what changes accounts and movements. Faults of the ledger are in `ledger`, of people in `dirt`.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from koop_pipeline.generate import lending, savings
from koop_pipeline.generate.people import FOUNDERS
from koop_pipeline.generate.plan import Cooperative

LATE_ON = date(2026, 7, 2)
LATE_SEN = 75_000_00
UNEXPLAINED_SEN = 10_000_00
TOUCHED = 3
GHOSTS_ONE_IN = 50
MOST_GHOSTS = 12
IMPOSSIBLE_DAY = "31/02/2026"


@dataclass(frozen=True)
class Books:
    """Members, accounts and movements of a chunk.

    Accounts get `stored`, what the legacy system says in sen, and movements `said_on`, a text instead of the day.
    `late` are movements of after the cut-off, `late_sen` their sum.
    """

    members: pl.DataFrame
    accounts: pl.DataFrame
    movements: pl.DataFrame
    late: int = 0
    late_sen: int = 0
    findings: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Without faults the legacy system says the truth."""
        if "stored" not in self.accounts.columns:
            object.__setattr__(self, "accounts", self.accounts.with_columns(stored=pl.col("sen")))
            said = pl.lit(None, dtype=pl.String)
            object.__setattr__(self, "movements", self.movements.with_columns(said_on=said))


def put_in(cooperative: Cooperative, books: Books, lent: lending.Lent, moved: pl.DataFrame) -> Books:
    """The faults of the cooperative that concern savings; `moved` as in `dirt.Dirt`."""
    books = replace(books, accounts=_under_second_numbers(books.accounts, moved))
    if "unexplained-balance" in cooperative.faults:
        books = _unexplained(books)
    if "late-movements" in cooperative.faults:
        books = _late(books)
    if "ghost-savings" in cooperative.faults:
        books = _ghosts(books, lent)
    if "unreadable-date" in cooperative.faults:
        books = _unreadable(books)
    return books


def _under_second_numbers(accounts: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    joined = accounts.join(moved, on="place", how="left", maintain_order="left")
    second = pl.col("moved").is_not_null() & (pl.col("product") == savings.SUKARELA)
    return joined.with_columns(member_no=pl.when(second).then("moved").otherwise("member_no")).drop("moved")


def _touched(first: int) -> pl.Expr:
    """The voluntary accounts of some members."""
    return (pl.col("product") == savings.SUKARELA) & pl.col("place").is_between(first, first + TOUCHED - 1)


def _unexplained(books: Books) -> Books:
    """Stored balances that the movements do not explain; they open as they are stored."""
    more = pl.when(_touched(FOUNDERS)).then(UNEXPLAINED_SEN).otherwise(0)
    accounts = books.accounts.with_columns(sen=pl.col("sen") + more, stored=pl.col("stored") + more)
    return replace(books, accounts=accounts, findings=books.findings + Counter({"SAV-HIS-01": TOUCHED}))


def _late(books: Books) -> Books:
    """Deposits of after the cut-off that the stored balances hold already."""
    own = books.accounts.with_row_index("account").filter(_touched(FOUNDERS + TOUCHED))
    last = books.movements.group_by("account").agg(pl.col("balance").last())
    late = own.select(pl.col("account").cast(pl.Int64)).join(last, on="account", maintain_order="left")
    end = books.movements["entry"].max()
    rows = late.select(
        "account",
        pl.lit(LATE_ON).cast(pl.Date).alias("on"),
        pl.lit(savings.DEPOSIT, dtype=pl.Int64).alias("kind"),
        pl.lit(LATE_SEN, dtype=pl.Int64).alias("sen"),
        (pl.col("balance") + LATE_SEN).alias("balance"),
        (pl.int_range(1, pl.len() + 1) + pl.lit(end)).alias("entry"),
        pl.lit(None, dtype=pl.String).alias("said_on"),
    )
    more = pl.when(_touched(FOUNDERS + TOUCHED)).then(LATE_SEN).otherwise(0)
    return replace(
        books,
        accounts=books.accounts.with_columns(stored=pl.col("stored") + more),
        movements=pl.concat([books.movements, rows.select(books.movements.columns)]),
        late=rows.height,
        late_sen=rows.height * LATE_SEN,
        findings=books.findings + Counter({"CUT-02": rows.height, "CUT-03": late.height}),
    )


def _ghosts(books: Books, lent: lending.Lent) -> Books:
    """Takes members away who neither borrow nor run anything; their savings stay."""
    count = min(MOST_GHOSTS, max(1, books.members.height // GHOSTS_ONE_IN))
    free = pl.col("place") >= FOUNDERS
    borrowers = lent.loans.select("member_no")
    away = books.members.filter(free).join(borrowers, on="member_no", how="anti", maintain_order="left").tail(count)
    members = books.members.join(away.select("member_no"), on="member_no", how="anti", maintain_order="left")
    found = Counter({"SAV-REF-01": savings.ACCOUNTS * away.height})
    return replace(books, members=members, findings=books.findings + found)


def _unreadable(books: Books) -> Books:
    """A day of posting that no calendar has; without it the movement explains nothing of its account's balance."""
    here = pl.int_range(pl.len()) == books.movements.height // 2
    said = pl.when(here).then(pl.lit(IMPOSSIBLE_DAY)).otherwise("said_on")
    found = Counter({"TRX-DAT-01": 1, "TRX-REQ-03": 1, "SAV-HIS-01": 1})
    return replace(books, movements=books.movements.with_columns(said_on=said), findings=books.findings + found)
