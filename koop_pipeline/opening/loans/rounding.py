"""How a lender rounds instalments: to what unit, which way, which instalment absorbs, and what is rounded.

Put here policies and the rounding of a quotient. What is rounded (principal, interest, margin) belongs to `engine.py`;
which policy a delivered schedule follows to `explanations.py`.

Rules (design section 5, domain section 4):
- mode `nearest` (half up, the default), `up`, `down` (truncated: 10,000,000 / 12 = 833,333) to any positive unit, or
  `none`: to whole sen, half-even. Money has two decimals, and law 2 of the design rounds what a source holds beyond
  them half-even: so a schedule that was never rounded arrives like that, and is generated alike.
- absorbs `last` (the default) or `first`: that instalment's principal takes what remains; `none`: every instalment is
  alike, and the schedule sums to a few rupiah more or less than the principal (P - 4 .. P + 80 in real ones).
- rounds `parts` (the default): principal and interest each to the unit. `level`: likewise, but the absorbing instalment
  gives in interest what it takes in principal, so that the total stays equal: 11 x (867,000 + 233,000), then
  863,000 + 237,000. `total`: the sum of both goes to the unit, interest to the rupiah (mode `none`: to the sen), and
  principal is the difference. `apart`: as `parts`, but the principal of an annuity is its exact share, annuity less
  interest, rounded by itself; so the totals differ by a unit. For other methods that is `parts`.
"""

from typing import Literal, NamedTuple, cast, get_args

import polars as pl

from koop_pipeline.opening.money import RUPIAH, half_up_to, whole

Mode = Literal["nearest", "up", "down", "none"]
Absorbs = Literal["last", "first", "none"]
Rounds = Literal["parts", "level", "total", "apart"]
COLUMNS: dict[str, tuple[str, ...]] = {
    "rounding_mode": get_args(Mode),
    "absorbs": get_args(Absorbs),
    "rounds": get_args(Rounds),
}
UNITS = (1, 50, 100, 500, 1_000)


class Policy(NamedTuple):
    """A rounding policy without its unit, which is an amount of each loan."""

    mode: Mode = "nearest"
    absorbs: Absorbs = "last"
    rounds: Rounds = "parts"

    def quotient(self, numerator: pl.Expr, denominator: pl.Expr, unit: pl.Expr) -> pl.Expr:
        """The quotient of two whole numbers of sen, rounded to `unit` (sen); null unless the denominator is positive.

        Mode `none` takes no notice of the unit.
        """
        safe = pl.when(denominator > 0).then(denominator)
        if self.mode == "none":
            return half_even(numerator, safe)
        if self.mode == "up":
            return (numerator + safe * unit - 1) // (safe * unit) * unit
        if self.mode == "down":
            return numerator // (safe * unit) * unit
        return half_up_to(numerator, denominator, unit)

    def fine(self, numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
        """The interest beside a rounded total: the quotient half-up to the rupiah, or half-even to the sen."""
        if self.mode == "none":
            return self.quotient(numerator, denominator, whole(1))
        return half_up_to(numerator, denominator, whole(RUPIAH))


def half_even(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """The quotient of two whole numbers, a half to the even neighbour."""
    down = numerator // denominator
    twice = (numerator - down * denominator) * 2
    beyond = (twice > denominator) | ((twice == denominator) & (down % 2 == 1))
    return down + beyond.cast(pl.Int128)


def most_explained(count: pl.Expr, unit: pl.Expr, principal: pl.Expr) -> pl.Expr:
    """The largest difference of two sums of `count` instalments that rounding explains, sen: a unit each.

    Never more than half of an ordinary instalment's principal, however coarse the unit, for that is a payment; but at
    least a rupiah each. Where the principal is not known the units alone count (ADR 0024).
    """
    half = principal // (count * 2)
    return pl.min_horizontal(count * unit, pl.max_horizontal(half, count * RUPIAH))


def with_policy(loans: pl.DataFrame) -> pl.DataFrame:
    """`loans` with the columns rounding_mode, absorbs and rounds; where a loan has none, the design's default.

    ValueError names a value that is none of a policy's.
    """
    for name, allowed in COLUMNS.items():
        given = loans[name].cast(pl.String).drop_nulls().unique().sort().to_list() if name in loans.columns else []
        unknown = [value for value in given if value not in allowed]
        if unknown:
            raise ValueError(f"{name}: {unknown[0]!r} is none of {', '.join(allowed)}")
    stated = [pl.col(name) if name in loans.columns else pl.lit(None, dtype=pl.String) for name in COLUMNS]
    filled = [
        expr.cast(pl.String).fill_null(default).alias(name)
        for expr, name, default in zip(stated, COLUMNS, Policy(), strict=True)
    ]
    return loans.with_columns(filled)


def by_policy(loans: pl.DataFrame) -> list[tuple[Policy, pl.DataFrame]]:
    """Loans of `with_policy`, one frame a policy that occurs, in a stable order."""
    groups = loans.partition_by(list(COLUMNS), as_dict=True, maintain_order=True)
    return [(Policy(*cast(tuple[Mode, Absorbs, Rounds], key)), group) for key, group in sorted(groups.items())]
