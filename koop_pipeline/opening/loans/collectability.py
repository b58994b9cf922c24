"""Collectability (kolektibilitas): the class of a loan from its arrears, as a decision table.

Put here schemes as data and how they are read. Where the oldest unpaid due dates come from belongs to `position.py`.

Scheme `cooperative` (Permen 20/2008 jo. 14/2009 as reprinted; domain section 4): "in arrears more than k months"
means cut-off > oldest unpaid due date + k months, clamped to the end of the month. Principal and interest are tested
by their own thresholds a, b; the worse counts. Not more than a: current; not more than b: substandard; more than b by
over 21 months, or handed to a court or insurer: loss; else by C = held collateral / (principal + interest due): loss
by collateral, also where its value is unknown, is always said.
Instalments of a gap between three and six months are read as the stricter "1 to 3 months". Scheme `bank`: five
classes by days in arrears, whatever the collateral. Each cooperative has its own scheme (a policy of its batch).
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from koop_pipeline.opening.loans.due_dates import add_months
from koop_pipeline.opening.money import whole

LOSS_AFTER_MONTHS = 21
SHORT_GAP_DAYS = 28
HALF_YEAR_DAYS = 175
RESCUABLE_FROM = (75, 100)


@dataclass(frozen=True)
class Thresholds:
    """Months of arrears: up to `a` current, up to `b` substandard; for principal and for interest."""

    principal: tuple[int, int]
    interest: tuple[int, int]


COOPERATIVE: dict[str, Thresholds] = {
    "short": Thresholds(principal=(1, 2), interest=(1, 3)),
    "monthly": Thresholds(principal=(3, 6), interest=(3, 6)),
    "half_yearly": Thresholds(principal=(6, 12), interest=(3, 6)),
    "bullet": Thresholds(principal=(0, 3), interest=(3, 6)),
}
BANK: tuple[tuple[int, str], ...] = ((0, "current"), (90, "special_mention"), (120, "substandard"), (180, "doubtful"))
FREQUENCY_GAP_DAYS = {"daily": 1, "weekly": 7, "monthly": 30, "yearly": 365}


def instalment_row() -> pl.Expr:
    """The row of the table: `interest_method` bullet, else by `frequency`, else by the real gap `gap_days`."""
    stated = pl.col("frequency").replace_strict(FREQUENCY_GAP_DAYS, default=None, return_dtype=pl.Int64)
    gap = pl.coalesce(stated, "gap_days")
    by_gap = pl.when(gap < SHORT_GAP_DAYS).then(pl.lit("short")).when(gap >= HALF_YEAR_DAYS).then(pl.lit("half_yearly"))
    return (
        pl.when(pl.col("interest_method") == "bullet")
        .then(pl.lit("bullet"))
        .otherwise(by_gap.otherwise(pl.lit("monthly")))
    )


def classify(loans: pl.DataFrame) -> pl.DataFrame:
    """`loans` with `class` and `by_collateral` (loss because the collateral is too little or unknown), one row each.

    Needs cutoff_on, oldest_principal_due and oldest_interest_due (null: nothing unpaid fell due), interest_method,
    frequency, gap_days, handed_over (Boolean), collateral and due (whole sen, Int128; collateral null: unknown).
    `scheme` (cooperative, bank) names the table. `rescuable`: whether a loan with 0.75 <= C < 1 is judged rescuable
    (doubtful) or not (loss).
    """
    frame = loans.with_columns(_row_of_table=instalment_row())
    frame = frame.with_columns(_level=pl.max_horizontal(_level("principal"), _level("interest")))
    bank = pl.col("scheme") == "bank"
    decided = frame.with_columns(
        pl.when(bank).then(_by_days()).otherwise(_by_level()).alias("class"),
        by_collateral=~bank & _lost_by_collateral(),
    )
    return decided.drop("_row_of_table", "_level")


def _later_than(oldest: pl.Expr, months: pl.Expr) -> pl.Expr:
    return (pl.col("cutoff_on") > add_months(oldest, months)).fill_null(False)


def _level(part: Literal["principal", "interest"]) -> pl.Expr:
    """0 current, 1 substandard, 2 by collateral, 3 loss: the test of one part."""
    pairs = {
        row: thresholds.principal if part == "principal" else thresholds.interest
        for row, thresholds in COOPERATIVE.items()
    }
    row, oldest = pl.col("_row_of_table"), pl.col(f"oldest_{part}_due")
    a = row.replace_strict({name: pair[0] for name, pair in pairs.items()}, return_dtype=pl.Int64)
    b = row.replace_strict({name: pair[1] for name, pair in pairs.items()}, return_dtype=pl.Int64)
    levels = [_later_than(oldest, months).cast(pl.Int32) for months in (a, b, b + LOSS_AFTER_MONTHS)]
    return pl.sum_horizontal(*levels)


def _covered() -> pl.Expr:
    low, high = RESCUABLE_FROM
    nearly = pl.col("rescuable") & (pl.col("collateral") * high >= pl.col("due") * low)
    return ((pl.col("collateral") >= pl.col("due")) | nearly).fill_null(False)


def _by_level() -> pl.Expr:
    by_collateral = pl.when(_covered()).then(pl.lit("doubtful")).otherwise(pl.lit("loss"))
    level = pl.col("_level")
    return (
        pl.when(pl.col("handed_over").fill_null(False) | (level == 3)).then(pl.lit("loss"))
        .when(level == 2).then(by_collateral)
        .when(level == 1).then(pl.lit("substandard"))
        .otherwise(pl.lit("current"))
    )  # fmt: skip


def _lost_by_collateral() -> pl.Expr:
    return (pl.col("_level") == 2) & ~_covered() & ~pl.col("handed_over").fill_null(False)


def _by_days() -> pl.Expr:
    days = arrears_days()
    name = pl.lit("loss")
    for limit, title in reversed(BANK):
        name = pl.when(days <= limit).then(pl.lit(title)).otherwise(name)
    return name


def arrears_days() -> pl.Expr:
    """Days from the oldest unpaid due date to the cut-off, 0 where nothing unpaid fell due before it; Int32."""
    oldest = pl.min_horizontal("oldest_principal_due", "oldest_interest_due")
    days = (pl.col("cutoff_on") - oldest).dt.total_days()
    return days.clip(0).fill_null(0).cast(pl.Int32)


def collateral_value(loans: pl.DataFrame, collaterals: pl.DataFrame) -> pl.DataFrame:
    """`_loan`, `collateral` (appraised value of what is held for the loan, whole sen; 0 without any), `unvalued`
    (Boolean), `shared` and `shared_value` (how many are held of a member who has several loans here, and their value).

    `unvalued`: a held collateral has no value. One that names a member only counts where that member has one loan
    here; of several loans it counts for none.
    """
    held = collaterals.filter(pl.col("status") == "held").select(
        "cooperative_id", "loan_no", "member_no", value=pl.col("appraised_value").cast(pl.Decimal(18, 2)).to_physical()
    )
    alone = loans.filter(pl.col("member_no").is_not_null() & pl.struct("cooperative_id", "member_no").is_unique())
    by_loan = held.join(loans.select("cooperative_id", "loan_no", "_loan"), on=["cooperative_id", "loan_no"])
    by_member = held.filter(pl.col("loan_no").is_null()).join(
        alone.select("cooperative_id", "member_no", "_loan"), on=["cooperative_id", "member_no"]
    )
    several = loans.join(alone.select("_loan"), on="_loan", how="anti").select("cooperative_id", "member_no", "_loan")
    shared = held.filter(pl.col("loan_no").is_null()).join(several, on=["cooperative_id", "member_no"])
    shared = shared.group_by("_loan").agg(shared=pl.len(), shared_value=pl.col("value").cast(pl.Int128).sum())
    values = pl.concat([by_loan.select("_loan", "value"), by_member.select("_loan", "value")])
    sums = values.group_by("_loan").agg(
        collateral=pl.col("value").cast(pl.Int128).sum(), unvalued=pl.col("value").is_null().any()
    )
    frame = loans.select("_loan").join(sums, on="_loan", how="left", maintain_order="left")
    frame = frame.join(shared, on="_loan", how="left", maintain_order="left")
    return frame.with_columns(
        pl.col("collateral").fill_null(whole(0)), pl.col("unvalued").fill_null(False), pl.col("shared").fill_null(0),
        pl.col("shared_value").fill_null(whole(0)),
    )  # fmt: skip
