"""The known faults: their names, their rates, and which cooperative has which.

Put here what can be wrong and how often. How a fault is put in belongs to `dirt` (people), `wrongs` (money and books)
and the writers (damaged and unread files). `docs/guides/generate.md` has the same table for readers.
"""

from decimal import Decimal

import numpy as np

GRAVE = {
    "trial-balance": 20,
    "control-account": 15,
    "ghost-savings": 20,
    "unreadable-date": 10,
    "no-collaterals": 10,
    "declared-differs": 15,
    "damaged-file": 10,
}
"""Cooperatives in a thousand; at most one of these a cooperative. All block, but for the last, which fails."""
LIGHT = {
    "declared-absent": 20,
    "undeclared": 60,
    "late-movements": 40,
    "unexplained-balance": 30,
    "wrong-class": 50,
    "dear-loans": 40,
    "unread-file": 40,
}
"""Cooperatives in a thousand, each drawn by itself, in those without a grave fault. All warn."""
DIRTY = 500
"""Cooperatives in a thousand whose member list is kept badly."""
PEOPLE = {
    "nik-empty": 20,
    "nik-dash": 5,
    "nik-short": 4,
    "nik-placeholder": 4,
    "nik-excel": 3,
    "nik-disagrees": 10,
    "phone-short": 5,
    "phone-zero": 5,
    "birth-impossible": 2,
    "birth-incomplete": 2,
    "birth-century": 2,
    "leaving-date": 2,
    "candidate": 5,
    "listed-twice": 4,
    "alike": 2,
}
"""Members in a thousand of a cooperative whose list is kept badly; at most one of these a member."""
MOST_A_KIND = 150
WITHOUT_DECLARED = frozenset({"undeclared"})


def scaled(per_mille: int, factor: Decimal) -> int:
    """A rate in millionths after the factor, at most all.

    >>> scaled(20, Decimal("0.5"))
    10000
    """
    return min(1_000_000, int(per_mille * 1000 * factor))


def draw(rng: np.random.Generator, ordinal: int, asked: str, factor: Decimal) -> tuple[frozenset[str], bool]:
    """The faults of the cooperative of that ordinal, and whether its member list is kept badly."""
    if asked == "all":
        return _in_turn(ordinal)
    lots = rng.integers(1_000_000, size=2 + len(LIGHT))
    edge = 0
    for kind, rate in GRAVE.items():
        edge += scaled(rate, factor)
        if lots[0] < edge:
            return frozenset({kind}), False
    light = {kind for kind, lot in zip(LIGHT, lots[2:], strict=True) if lot < scaled(LIGHT[kind], factor)}
    return frozenset(light), bool(lots[1] < scaled(DIRTY, factor))


def _in_turn(ordinal: int) -> tuple[frozenset[str], bool]:
    """Every kind within ten cooperatives: each grave one, the light ones in two, one bad list; the tenth is clean."""
    names, light = list(GRAVE), list(LIGHT)
    turn = ordinal % (len(names) + 3)
    if turn < len(names):
        return frozenset({names[turn]}), False
    if turn == len(names) + 2:
        return frozenset(), False
    return frozenset(light[turn - len(names) :: 2]), turn == len(names) + 1
