"""Interest rates: from what a source stores to percent a year, and to the exact rate of one period.

Put here bases and periods; which base a source means where it does not say so stands in `rate_fits.py`. A rate of a
period is kept as a fraction of two whole numbers, so nothing is rounded before an amount is. Rules: domain section 4
("the stored rate's base differs by system"); nominal = rate a period x periods a year; a year has 365 days, 52 weeks,
12 months; a flat rate stays flat.
"""

import polars as pl

from koop_pipeline.opening.loans.due_dates import instalment_count, months_between
from koop_pipeline.opening.money import PERCENT, half_up, millionths, rate, whole

PERIODS_A_YEAR = {"daily": 365, "weekly": 52, "monthly": 12, "yearly": 1}
BASES = ("per_month", "per_year", "whole_term")


def periods() -> tuple[pl.Expr, pl.Expr]:
    """Periods a year as a fraction; a seasonal loan has n instalments in the months from disbursement to maturity."""
    fixed = pl.col("frequency").replace_strict(PERIODS_A_YEAR, default=None, return_dtype=pl.Int128)
    span = months_between(pl.col("disbursed_on"), pl.coalesce("maturity_on", "first_due_on"))
    known = (pl.col("frequency") == "seasonal") & (span >= 1)
    a_year = pl.when(known).then(instalment_count() * 12).otherwise(fixed).cast(pl.Int128)
    return a_year, pl.when(known).then(span).otherwise(1).cast(pl.Int128)


def fraction(base: str, percent: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The rate of one period (1 = the whole principal) as numerator and denominator, from a stored rate."""
    over, under = periods()
    if base == "whole_term":
        return percent, instalment_count().cast(pl.Int128) * whole(PERCENT)
    yearly = percent * 12 if base == "per_month" else percent
    return yearly * under, over * whole(PERCENT)


def nominal(base: str, percent: pl.Expr) -> pl.Expr:
    """Percent a year, Decimal(12,6), of a stored rate (in millionths) whose base is `base`."""
    over, under = periods()
    if base == "whole_term":
        return rate(half_up(percent * over, instalment_count().cast(pl.Int128) * under))
    return rate(percent * 12 if base == "per_month" else percent)


def _from_source() -> pl.Expr:
    stated = pl.col("source_rate_basis")
    return pl.coalesce(*[pl.when(stated == base).then(nominal(base, millionths("source_rate"))) for base in BASES])


def annual_rate() -> pl.Expr:
    """Percent a year, Decimal(12,6): the stated one, else from `source_rate` and its base."""
    return pl.coalesce("annual_rate", _from_source())


def with_period_rate(loans: pl.DataFrame) -> pl.DataFrame:
    """`loans` with `_num`/`_den`, the exact rate of one period; null where unknown or negative.

    The source's own rate is used where `annual_rate` is empty or no more than that rate restated.
    """
    restated = pl.col("annual_rate").is_null() | (pl.col("annual_rate") == _from_source()).fill_null(False)
    nums, dens = zip(*[fraction(base, millionths("source_rate")) for base in BASES], strict=True)
    picks = [restated & (pl.col("source_rate_basis") == base) for base in BASES]
    stated_num, stated_den = fraction("per_year", millionths("annual_rate"))
    num = pl.coalesce(*[pl.when(pick).then(expr) for pick, expr in zip(picks, nums, strict=True)], stated_num)
    den = pl.coalesce(*[pl.when(pick).then(expr) for pick, expr in zip(picks, dens, strict=True)], stated_den)
    frame = loans.with_columns(_num=num, _den=den)
    usable = (pl.col("_num") >= 0) & (pl.col("_den") > 0)
    return frame.with_columns(_num=pl.when(usable).then("_num"), _den=pl.when(usable).then("_den"))


def percent_text(percent: pl.Expr) -> pl.Expr:
    """A rate for a sentence, without trailing zeros; `?` where unknown."""
    return percent.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".").fill_null("?")
