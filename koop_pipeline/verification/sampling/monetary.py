"""Monetary-unit sampling (sampel satuan moneter): how many, which, and what the errors found say about the whole.

Every rupiah has the same chance, so an item's chance is proportional to its size. n = ceil(BV x F(0) / TE); interval
I = BV / n; a start in (0, I]; items in the order of their keys lie end to end, and each that holds one of the points
start, start + I, start + 2I, ... is taken. Items of I or more hold a point always.

All exact: BV, TE and items are whole sen; I and start are fractions with the denominator n, so a start is counted in
n-ths of a sen, from 1 to BV. A limit is rounded up to the sen, which never changes whether it is at most TE. Expected
error is 0. Method: ISA 530 and the AICPA's audit guide on sampling (docs/guides/sampling.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil

import polars as pl

from koop_pipeline.verification.sampling.factors import factor

EXPECTED_ERROR = 0
SEN = 100
WIDE = pl.Int128()


@dataclass(frozen=True)
class Plan:
    """What a monetary sample is drawn by; amounts in whole sen."""

    book_value: int
    tolerable: int
    confidence: Decimal

    def __post_init__(self) -> None:
        if self.book_value < 1 or self.tolerable < 1:
            raise ValueError("book value and tolerable error must be at least one sen")

    @property
    def size(self) -> int:
        """n, the number of points."""
        return ceil(self.book_value * Fraction(factor(0, self.confidence)) / self.tolerable)

    @property
    def interval(self) -> Fraction:
        """I in sen."""
        return Fraction(self.book_value, self.size)

    def start(self, units: int) -> Fraction:
        """The start in sen of a start in n-ths of a sen."""
        if not 1 <= units <= self.book_value:
            raise ValueError("the start lies in (0, I]: its units go from 1 to the book value")
        return Fraction(units, self.size)


@dataclass(frozen=True)
class Error:
    """An item that is wrong: its value in the list it was drawn from, and by how much it is wrong, in sen."""

    book_value: int
    wrong_by: int


def sen(amount: Decimal) -> int:
    """Rupiah in whole sen; ValueError where there is a part of a sen.

    >>> sen(Decimal("1250.50"))
    125050
    """
    units = amount * SEN
    if units != units.to_integral_value():
        raise ValueError("an amount has at most two decimals")
    return int(units)


def rupiah(units: int) -> Decimal:
    """Whole sen in rupiah."""
    return Decimal(units).scaleb(-2)


def shown(units: Fraction) -> Decimal:
    """A part of sen in rupiah to six decimals, half-even, for people.

    >>> shown(Fraction(1000, 3))
    Decimal('3.333333')
    """
    return Decimal(round(units * 10**4)).scaleb(-6)


def take(items: pl.DataFrame, plan: Plan, start_units: int) -> pl.DataFrame:
    """The items taken, sorted by key: their columns with `hits` (points in the item) and `always` (I or more).

    `items` has key (text), row (integer; parts equal keys) and amount (Decimal, above zero; their sum is BV).
    """
    plan.start(start_units)
    size = pl.lit(plan.size, dtype=WIDE)
    whole = pl.lit(plan.book_value, dtype=WIDE)
    units = pl.col("amount").cast(pl.Decimal(38, 2)).to_physical().cast(WIDE)
    end = units.cum_sum() * size
    reached = (end - pl.lit(start_units, dtype=WIDE)).floordiv(whole) + 1
    placed = items.sort("key", "row").with_columns(
        hits=(reached - reached.shift(1, fill_value=0)).cast(pl.Int64), always=units * size >= whole
    )
    total = placed.select(units.sum()).item() if placed.height else 0
    if total != plan.book_value:
        raise ValueError("the items do not add up to the book value")
    return placed.filter(pl.col("hits") > 0)


def upper_limit(plan: Plan, errors: Sequence[Error]) -> int:
    """The upper limit of the error in the whole, in sen, rounded up.

    I x [F(0) + sum of t_j x (F(j) - F(j-1))] over the errors in items below I, their taintings t (error / book value)
    descending, plus the errors in items that are always taken.
    """
    sampled = [error for error in errors if error.book_value < plan.interval]
    known = sum(error.wrong_by for error in errors if error.book_value >= plan.interval)
    taintings = sorted((Fraction(error.wrong_by, error.book_value) for error in sampled), reverse=True)
    factors = [Fraction(factor(count, plan.confidence)) for count in range(len(taintings) + 1)]
    steps = [after - before for before, after in pairwise(factors)]
    spread = factors[0] + sum((t * step for t, step in zip(taintings, steps, strict=True)), Fraction(0))
    return ceil(plan.interval * spread + known)
