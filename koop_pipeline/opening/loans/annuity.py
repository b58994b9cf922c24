"""The annuity factor A / P, exact to twenty places, for the few rates and terms that a portfolio really has; and back.

Put here the factor, and the rate of a period that a total of interest is. Schedules belong to `engine.py`.
"""

from decimal import ROUND_HALF_UP, Decimal, localcontext

import polars as pl

FACTOR_SCALE = 10**20
RATE_SCALE = 10**15


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


def annuity_rate(principal: int, interest: int, n: int) -> int:
    """The rate of a period at which an annuity over n periods bears `interest` in all, times `RATE_SCALE`, half-up.

    Newton's way from above: r = f (1 - (1 + r) ^ -n) with f = (principal + interest) / (principal n) is convex, and a
    declining loan with that interest has a higher rate.
    """
    with localcontext() as context:
        context.prec = 60
        factor = Decimal(principal + interest) / (Decimal(principal) * n)
        rate = Decimal(2 * interest) / (Decimal(principal) * (n + 1))
        for _ in range(60):
            power = (1 + rate) ** -n
            step = (rate - factor * (1 - power)) / (1 - factor * n * power / (1 + rate))
            rate -= step
            if abs(step) < Decimal(10) ** -25:
                break
        return int((rate * RATE_SCALE).to_integral_value(ROUND_HALF_UP))


def with_solved(loans: pl.DataFrame) -> pl.DataFrame:
    """With `_solved`, `annuity_rate` where `_annuity`; `_p` and `_t` (interest in all) in sen, `_n` instalments."""
    wanted = pl.col("_annuity") & (pl.col("_p") > 0) & (pl.col("_t") > 0) & (pl.col("_n") > 0)
    keys = loans.filter(wanted).select("_p", "_t", "_n").unique()
    solved = [annuity_rate(*key) for key in zip(*keys.get_columns(), strict=True)]
    known = keys.with_columns(_solved=pl.Series(solved, dtype=pl.Int128), _annuity=pl.lit(True))
    return loans.join(known, on=["_p", "_t", "_n", "_annuity"], how="left", maintain_order="left")
