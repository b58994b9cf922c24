"""Fills what a profile may leave out of loans and of delivered instalments; what is stated is never changed.

Put here columns of a row that follow from the row itself. What needs other rows is elsewhere: repayments split into
their parts in `repayments.py`, the outstanding principal in `outstanding.py`.
"""

import polars as pl

from koop_pipeline.opening.loans import rate_fits, rates
from koop_pipeline.opening.loans.due_dates import due_on, with_calendar
from koop_pipeline.opening.money import MONEY, RUPIAH, half_up_to, rupiah, sen, whole

ROUNDING_UNITS = (1, 50, 100, 500, 1_000)


def terms(loans: pl.DataFrame) -> pl.DataFrame:
    """`loans` with source_rate_basis, annual_rate (percent a year), rounding_unit (rupiah), first_due_on and
    maturity_on filled where null.

    Same rows, same columns, same order; null stays where nothing tells the value.
    """
    frame = with_calendar(loans).with_columns(
        first_due_on=pl.col("_first"), maturity_on=pl.coalesce("maturity_on", due_on(pl.col("_n")))
    )
    frame = rate_fits.with_basis(frame)
    return frame.with_columns(annual_rate=rates.annual_rate(), rounding_unit=rounding_unit()).select(loans.columns)


def rounding_unit() -> pl.Expr:
    """The stated unit if positive, else the smallest usual one to which P/n half-up gives the stored instalment, else
    1.
    """
    stated = pl.when(pl.col("rounding_unit") > 0).then("rounding_unit")
    instalment, n = sen("instalment_principal"), pl.col("_n").cast(pl.Int128)
    level = pl.col("interest_method").is_in(["flat", "declining", "margin"])
    fitted = [
        pl.when(level & (half_up_to(sen("principal"), n, whole(unit * RUPIAH)) == instalment)).then(unit * RUPIAH)
        for unit in ROUNDING_UNITS
    ]
    return pl.coalesce(stated, rupiah(pl.coalesce(*fitted, RUPIAH).cast(pl.Int128))).cast(MONEY)


def instalments(delivered: pl.DataFrame) -> pl.DataFrame:
    """Delivered instalments with the missing one of principal, interest and total filled.

    total = principal + interest. What does not follow stays null: both parts of a total alone, and the interest beside
    a principal alone, for silence is no interest of 0.
    """
    principal, interest, total = sen("principal"), sen("interest"), sen("total")
    full_interest = pl.coalesce(interest, total - principal)
    full_principal = pl.coalesce(principal, total - interest)
    return delivered.with_columns(
        principal=rupiah(full_principal),
        interest=rupiah(full_interest),
        total=rupiah(pl.coalesce(total, full_principal + full_interest)),
    )
