"""Exact arithmetic on money and rates: Decimal columns as whole numbers (sen, millionths of a percent) and back.

Put here conversions and rounding that every part of this package shares. Keep the meaning of an amount out.
"""

from decimal import Decimal

import polars as pl

MONEY = pl.Decimal(18, 2)
RATE = pl.Decimal(12, 6)
RUPIAH = 100
PERCENT = 100 * 1_000_000
"""Millionths of a percent in the whole: what a rate in millionths is divided by."""


def sen(column: str | pl.Expr) -> pl.Expr:
    """Rupiah (Decimal(18,2)) as whole sen, Int128; null stays null."""
    expr = pl.col(column) if isinstance(column, str) else column
    return expr.cast(MONEY).to_physical().cast(pl.Int128)


def rupiah(whole_sen: str | pl.Expr) -> pl.Expr:
    """Whole sen as Decimal(18,2); null where the amount has more digits than the column can hold."""
    expr = pl.col(whole_sen) if isinstance(whole_sen, str) else whole_sen
    return (expr.cast(pl.Decimal(38, 0)) * pl.lit(Decimal("0.01"))).cast(MONEY, strict=False)


def millionths(column: str | pl.Expr) -> pl.Expr:
    """A rate (Decimal(12,6)) as whole millionths, Int128."""
    expr = pl.col(column) if isinstance(column, str) else column
    return expr.cast(RATE).to_physical().cast(pl.Int128)


def rate(whole_millionths: pl.Expr) -> pl.Expr:
    """Whole millionths as Decimal(12,6); null where the rate has more digits than the column can hold."""
    return (whole_millionths.cast(pl.Decimal(38, 0)) * pl.lit(Decimal("0.000001"))).cast(RATE, strict=False)


def half_up(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """The quotient of two whole numbers, rounded half-up; null where the denominator is not positive."""
    safe = pl.when(denominator > 0).then(denominator)
    return (numerator * 2 + safe) // (safe * 2)


def half_up_to(numerator: pl.Expr, denominator: pl.Expr, unit: pl.Expr) -> pl.Expr:
    """The quotient rounded half-up to a multiple of `unit`."""
    return half_up(numerator, denominator * unit) * unit


def shown(amount: pl.Expr) -> pl.Expr:
    """Rupiah as text for a sentence: `Rp 1250000.00`, `Rp ?` where unknown."""
    return pl.format("Rp {}", amount.cast(pl.String).fill_null("?"))


def amount_text(whole_sen: str | pl.Expr) -> pl.Expr:
    """Whole sen as rupiah in text, for a sentence: also a sum of more digits than a money column can hold."""
    expr = pl.col(whole_sen) if isinstance(whole_sen, str) else whole_sen
    return (expr.cast(pl.Decimal(38, 0)) * pl.lit(Decimal("0.01"))).cast(pl.Decimal(38, 2)).cast(pl.String)


def whole(value: int) -> pl.Expr:
    """A constant of the width in which products of money and rates are taken."""
    return pl.lit(value, dtype=pl.Int128)
