"""Fills what a profile may leave out of loans and of delivered instalments; what is stated is never changed.

Put here columns of a row that follow from the row itself. What needs other rows is elsewhere: repayments split into
their parts in `repayments.py`, the outstanding principal in `outstanding.py`.
"""

import polars as pl

from koop_pipeline.opening.loans import rate_fits, rates
from koop_pipeline.opening.loans.due_dates import due_on, with_calendar
from koop_pipeline.opening.loans.rounding import UNITS, Mode, Policy
from koop_pipeline.opening.money import MONEY, RUPIAH, rupiah, sen, whole

MODES: tuple[Mode, ...] = ("nearest", "none", "up", "down")
FITS = [(mode, unit) for mode in MODES for unit in (UNITS if mode != "none" else UNITS[:1])]
"""Ways of rounding that a stored instalment may show, the preferred first; units in rupiah, the finest first."""


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
    """The stated unit if positive, else that of the first of `FITS` which gives the stored instalment, else 1."""
    stated = pl.when(pl.col("rounding_unit") > 0).then("rounding_unit")
    fitted = [pl.when(_gives(mode, whole(unit * RUPIAH))).then(unit * RUPIAH) for mode, unit in FITS]
    return pl.coalesce(stated, rupiah(pl.coalesce(*fitted, RUPIAH).cast(pl.Int128))).cast(MONEY)


def rounding_mode(loans: pl.DataFrame) -> pl.DataFrame:
    """`loans` (of `terms`) with `_fitted_mode`: how P/n is rounded to the rounding unit to give the stored instalment;
    null where it is not, where none is stored, and in methods whose principals are not equal.
    """
    unit = sen("rounding_unit")
    modes = [pl.when(_gives(mode, unit)).then(pl.lit(mode)) for mode in MODES]
    found = with_calendar(loans).select(_fitted_mode=pl.coalesce(modes))
    return loans.with_columns(found["_fitted_mode"])


def _gives(mode: Mode, unit: pl.Expr) -> pl.Expr:
    level = pl.col("interest_method").is_in(["flat", "declining", "margin"])
    part = Policy(mode).quotient(sen("principal"), pl.col("_n").cast(pl.Int128), unit)
    return level & (part == sen("instalment_principal"))


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
