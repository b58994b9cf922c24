"""Interest rates: from what a source stores to percent a year, and to the exact rate of one period.

Put here bases and periods. A rate of a period is kept as a fraction of two whole numbers, so nothing is rounded before
an amount is. Rules: domain section 4 ("the stored rate's base differs by system"); nominal = rate a period x periods a
year; a year has 365 days, 52 weeks, 12 months; a flat rate stays flat.
"""

import polars as pl

from koop_pipeline.opening.due_dates import instalment_count, months_between
from koop_pipeline.opening.money import half_up, millionths, rate, sen, whole

PERIODS_A_YEAR = {"daily": 365, "weekly": 52, "monthly": 12, "yearly": 1}
PERCENT = 100 * 1_000_000
BASES = ("per_month", "per_year", "whole_term")
FIT = 200


def _periods() -> tuple[pl.Expr, pl.Expr]:
    """Periods a year as a fraction; a seasonal loan has n instalments in the months from disbursement to maturity."""
    fixed = pl.col("frequency").replace_strict(PERIODS_A_YEAR, default=None, return_dtype=pl.Int128)
    span = months_between(pl.col("disbursed_on"), pl.coalesce("maturity_on", "first_due_on"))
    known = (pl.col("frequency") == "seasonal") & (span >= 1)
    periods = pl.when(known).then(instalment_count() * 12).otherwise(fixed).cast(pl.Int128)
    return periods, pl.when(known).then(span).otherwise(1).cast(pl.Int128)


def _fraction(base: str, percent: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The rate of one period (1 = the whole principal) as numerator and denominator, from a stored rate."""
    over, under = _periods()
    if base == "whole_term":
        return percent, instalment_count().cast(pl.Int128) * whole(PERCENT)
    yearly = percent * 12 if base == "per_month" else percent
    return yearly * under, over * whole(PERCENT)


def _fits(base: str) -> pl.Expr:
    """Whether `base` explains the stored flat interest of one period to within half a percent of it."""
    n = instalment_count().cast(pl.Int128)
    interest = pl.coalesce(sen("instalment_interest") * n, sen("interest_total"))
    over, under = _fraction(base, millionths("source_rate"))
    stated, expected = interest * under, sen("principal") * over * n
    flat = pl.col("interest_method").fill_null("flat").is_in(["flat", "margin"])
    return (flat & (interest > 0) & ((stated - expected).abs() * FIT <= stated)).fill_null(False)


def basis() -> pl.Expr:
    """The stored basis, else the first of the three that explains the stored interest of a flat loan, else null.

    Where two explain it they are the same rate (percent a year, and for a whole term of twelve months).
    """
    fitted = pl.coalesce(*[pl.when(_fits(base)).then(pl.lit(base)) for base in BASES])
    return pl.coalesce("source_rate_basis", fitted)


def _from_source() -> pl.Expr:
    stored, base = millionths("source_rate"), pl.col("_basis")
    over, under = _periods()
    whole_term = half_up(stored * over, instalment_count().cast(pl.Int128) * under)
    yearly = pl.when(base == "per_month").then(stored * 12).when(base == "per_year").then(stored)
    return rate(pl.coalesce(yearly, pl.when(base == "whole_term").then(whole_term)))


def annual_rate() -> pl.Expr:
    """Percent a year, Decimal(12,6): the stated one, else from `source_rate`; needs the column `_basis`."""
    return pl.coalesce("annual_rate", _from_source())


def with_period_rate(loans: pl.DataFrame) -> pl.DataFrame:
    """`loans` with `_num`/`_den`, the exact rate of one period; null where unknown or negative.

    The source's own rate is used where `annual_rate` is empty or no more than that rate restated.
    """
    frame = loans.with_columns(_basis=basis())
    restated = pl.col("annual_rate").is_null() | (pl.col("annual_rate") == _from_source()).fill_null(False)
    nums, dens = zip(*[_fraction(base, millionths("source_rate")) for base in BASES], strict=True)
    picks = [restated & (pl.col("_basis") == base) for base in BASES]
    stated_num, stated_den = _fraction("per_year", millionths("annual_rate"))
    num = pl.coalesce(*[pl.when(pick).then(expr) for pick, expr in zip(picks, nums, strict=True)], stated_num)
    den = pl.coalesce(*[pl.when(pick).then(expr) for pick, expr in zip(picks, dens, strict=True)], stated_den)
    frame = frame.with_columns(_num=num, _den=den)
    usable = (pl.col("_num") >= 0) & (pl.col("_den") > 0)
    return frame.with_columns(_num=pl.when(usable).then("_num"), _den=pl.when(usable).then("_den"))
