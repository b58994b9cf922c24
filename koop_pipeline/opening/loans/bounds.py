"""How far a candidate for a delivered schedule is off at least, under every rounding policy, without generating it.

Put here bounds from the first, the last and the ordinary instalments. Which candidates there are, and how far the
nearest really are off, stands in `explanations.py`.
"""

from functools import cache
from itertools import product
from typing import NamedTuple

import polars as pl

from koop_pipeline.opening.loans import engine
from koop_pipeline.opening.loans.annuity import FACTOR_SCALE
from koop_pipeline.opening.loans.rounding import UNITS, Absorbs, Mode, Policy, Rounds
from koop_pipeline.opening.money import RUPIAH, half_up, whole


class Rounding(NamedTuple):
    """A rounding policy with its unit in rupiah."""

    unit: int
    policy: Policy


def _roundings() -> list[Rounding]:
    """All policies tried, the preferred first."""
    rounds: tuple[Rounds, ...] = ("parts", "level", "total", "apart")
    absorbs: tuple[Absorbs, ...] = ("last", "first", "none")
    ways: list[tuple[int, Mode]] = [(1, "nearest")]
    coarse: tuple[Mode, ...] = ("up", "nearest", "down")
    ways += list(product(sorted(UNITS[1:], reverse=True), coarse))
    ways += [(1, "up"), (1, "down"), (1, "none")]
    return [Rounding(unit, Policy(mode, who, what)) for (unit, mode), what, who in product(ways, rounds, absorbs)]


ROUNDINGS = _roundings()


def bounds(candidates: pl.DataFrame) -> pl.DataFrame:
    """How far each candidate is at least, under each of `ROUNDINGS` (columns "0", "1", ...), in sen."""
    found_bounds: dict[str, pl.Series] = {}
    ways = sorted({(item.unit, item.policy.mode, item.policy.rounds == "total") for item in ROUNDINGS})
    for unit, mode, of_total in ways:
        shared = Policy(mode, rounds="total" if of_total else "parts")
        ordinary = _ordinary(candidates, shared, unit)
        same = [
            (number, item.policy) for number, item in enumerate(ROUNDINGS)
            if (item.unit, item.policy.mode, item.policy.rounds == "total") == (unit, mode, of_total)
        ]  # fmt: skip
        found = ordinary.select(**{str(number): _bound(policy) for number, policy in same})
        found_bounds |= {name: found[name] for name in found.columns}
    return pl.DataFrame(found_bounds)


def _ordinary(candidates: pl.DataFrame, policy: Policy, unit: int) -> pl.DataFrame:
    """Candidates with `_each`, `_part` (level interest and principal), `_one` (first interest), `_a` (annuity)."""
    frame = candidates.with_columns(_u=whole(unit * RUPIAH)).with_columns(_each=engine.level_interest(policy))
    first = pl.col("_p") * pl.col("_num")
    one = policy.fine(first, pl.col("_den")) if policy.rounds == "total" else None
    return frame.with_columns(
        _part=engine.level_principal(policy),
        _exact=half_up(pl.col("_p") * pl.col("_factor"), whole(FACTOR_SCALE // engine.FINE)),
        _one=policy.quotient(first, pl.col("_den"), pl.col("_u")) if one is None else one,
        _a=policy.quotient(pl.col("_p") * pl.col("_factor"), whole(FACTOR_SCALE), pl.col("_u")),
    ).with_columns(_two=_second_total(policy))


def _second_total(policy: Policy) -> pl.Expr:
    """The second total of a declining loan whose totals are rounded."""
    p, n, num, den = (pl.col(name) for name in ("_p", "_n128", "_num", "_den"))
    one = policy.quotient(p * (den + num * n), den * n, pl.col("_u"))
    before = p - one + pl.col("_one")
    return policy.quotient(p * den + before * num * n, den * n, pl.col("_u"))


@cache
def _bound(policy: Policy) -> pl.Expr:
    """How far a candidate of `_ordinary` is at least from the first, the last and the other instalments; null where the
    policy makes no difference to a simpler one.
    """
    method, n = pl.col("interest_method"), pl.col("_n128")
    part, each = pl.col("_part"), pl.col("_each")
    rest = pl.col("_p") - (n - 1) * part
    left = pl.when(pl.col("_m").is_not_null()).then(pl.col("_m") - (n - 1) * each).otherwise(each)
    turned = part + each - rest if policy.rounds == "level" else left
    first = (rest, turned) if policy.absorbs == "first" else (part, each)
    last = (rest, turned) if policy.absorbs == "last" else (part, each)
    principal = [_off("_p_first", first[0]), _off("_p_last", last[0]), _off("_p_low", part), _off("_p_high", part)]
    interest = [_off("_i_first", first[1]), _off("_i_last", last[1]), _off("_i_low", each), _off("_i_high", each)]
    begins = _off("_i_first", pl.col("_one"))
    total = [_off("_t_low", part + each), _off("_t_high", part + each)]
    flat = pl.max_horizontal(*principal, *interest, *total)
    indivisible = (pl.col("_u") > pl.col("_grain")) & pl.lit(policy.mode != "none")
    of_total = pl.max_horizontal(begins, _off("_t_high", pl.col("_two")), indivisible.cast(pl.Int128))
    owed = part if policy.absorbs == "first" else rest
    ends = _off("_i_last", policy.quotient(owed.clip(0) * pl.col("_num"), pl.col("_den"), pl.col("_u")))
    declining = of_total if policy.rounds == "total" else pl.max_horizontal(*principal, begins, ends)
    turned_first = policy.absorbs == "first" and policy.rounds == "level"
    level = [_off("_t_low", pl.col("_a")), _off("_t_high", pl.col("_a"))]
    annuity = pl.max_horizontal(*level) if turned_first else pl.max_horizontal(begins, *level)
    if policy.rounds == "apart":
        annuity = pl.max_horizontal(begins, *[(off - pl.col("_u") * 2).clip(0) for off in level], *_apart(policy))
    by_method = pl.when(method.is_in(["flat", "margin"])).then(flat).when(method == "declining").then(declining)
    answer = by_method.when(method == "annuity").then(annuity).otherwise(begins)
    bound = pl.when(n > 1).then(answer.fill_null(0)).otherwise(whole(0))
    repeated = pl.lit(policy.rounds == "level") & method.is_in(["declining", "bullet"])
    repeated = repeated | pl.lit(policy[1:] == ("none", "level"))
    repeated = repeated | (pl.lit(policy.rounds == "apart") & (method != "annuity"))
    repeated = repeated | (pl.lit(policy[1:] != ("last", "parts")) & (method == "bullet"))
    fine = (pl.col("_u") == RUPIAH) & pl.lit(policy.mode in ("nearest", "none") and policy.rounds == "total")
    return pl.when(~repeated & ~(fine & (method == "annuity"))).then(bound)


def _apart(policy: Policy) -> list[pl.Expr]:
    """The first principal where it is rounded by itself; nothing where the first instalment absorbs."""
    share = engine.apart_principal(policy, pl.col("_p") * pl.col("_num"))
    return [] if policy.absorbs == "first" else [_off("_p_first", share)]


def _off(seen: str, expected: pl.Expr) -> pl.Expr:
    return (pl.col(seen) - expected).abs()
