"""The annuity factor A / P, exact to twenty places, for the few rates and terms that a portfolio really has.

Put here the factor only. Schedules belong to `engine.py`.
"""

from decimal import ROUND_HALF_UP, Decimal, localcontext

import polars as pl

FACTOR_SCALE = 10**20


def annuity_factor(numerator: int, denominator: int, n: int) -> int:
    """A / P for the rate numerator/denominator a period over n periods, times `FACTOR_SCALE`, rounded half-up."""
    with localcontext() as context:
        context.prec = 60
        rate = Decimal(numerator) / Decimal(denominator)
        factor = rate / (1 - (1 + rate) ** -n) if rate else Decimal(1) / n
        return int((factor * FACTOR_SCALE).to_integral_value(ROUND_HALF_UP))


def with_factor(candidates: pl.DataFrame, method: str, count: str) -> pl.DataFrame:
    """With `_factor`, A / P of an annuity, where `method` is one; `count` is the column of its instalments."""
    wide = candidates.with_columns(_count=pl.col(count).cast(pl.Int64))
    keys = wide.filter((pl.col(method) == "annuity") & pl.col("_num").is_not_null()).select("_num", "_den", "_count")
    keys = keys.unique()
    factors = [annuity_factor(*key) for key in zip(*keys.get_columns(), strict=True)]
    known = keys.with_columns(_factor=pl.Series(factors, dtype=pl.Int128))
    return wide.join(known, on=["_num", "_den", "_count"], how="left", maintain_order="left").drop("_count")
