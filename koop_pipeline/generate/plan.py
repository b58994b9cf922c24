"""What is to be generated: the arguments, and from them every cooperative with its size, system and faults.

Put here what is decided before anything is invented. Only whole numbers are drawn, so the same arguments give the same
programme on every machine.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from koop_pipeline.errors import ConfigError
from koop_pipeline.generate import faults

CUTOFF = date(2026, 6, 30)
A_BATCH = 1000
LEAST_MEMBERS = 20
MOST_PEOPLE = 50_000_000
HISTORY_MONTHS = (2, 36)
SYSTEMS = ("csv", "mysql", "sqlite")
MIX = ("csv", "csv", "mysql", "csv", "csv", "sqlite", "csv", "mysql", "csv", "csv")
SIZES = (25, 40, 50, 60, 70, 85, 100, 120, 160, 290)
"""Members of ten cooperatives in percent of the mean, which they have together."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """The arguments of `koop generate`; `faults` is a factor on the stated rates, or `all`."""

    cooperatives: int
    members: int
    seed: int
    transactions: int = 12
    systems: tuple[str, ...] = ()
    faults: str = "1"

    def __post_init__(self) -> None:
        """ConfigError with one sentence for an argument that cannot be."""
        low, high = HISTORY_MONTHS
        factor = _number(self.faults)
        for wrong, sentence in (
            (self.cooperatives < 1, "--cooperatives must be at least 1"),
            (self.members < LEAST_MEMBERS, f"--members must be at least {LEAST_MEMBERS}"),
            (self.cooperatives * self.members > MOST_PEOPLE, f"a programme has at most {MOST_PEOPLE:,} members"),
            (not low <= self.transactions <= high, f"--transactions must be {low} to {high}"),
            (self.seed < 0, "--seed must be 0 or more"),
            (bool(set(self.systems) - set(SYSTEMS)), f"--system must be one of {', '.join(SYSTEMS)}"),
            (self.faults != "all" and factor is None, "--faults must be a number, 0 or more, or `all`"),
        ):
            if wrong:
                raise ConfigError(sentence)

    @property
    def factor(self) -> Decimal:
        """By how much the stated rates are multiplied; once where every kind is asked for."""
        return Decimal(1) if self.faults == "all" else _number(self.faults) or Decimal(0)

    @property
    def batches(self) -> list[tuple[str, range]]:
        """Batch names and the ordinals of their cooperatives, at most a thousand each."""
        starts = range(0, self.cooperatives, A_BATCH)
        return [
            (f"gelombang-{at:02d}", range(start, min(start + A_BATCH, self.cooperatives)))
            for at, start in enumerate(starts, start=1)
        ]


@dataclass(frozen=True)
class Cooperative:
    """One cooperative to be: who it is, how large, on which system, and what is wrong with it."""

    ordinal: int
    system: str
    members: int
    first_person: int
    faults: frozenset[str] = frozenset()
    dirty: bool = False
    every_kind: bool = False
    seed: int = 0
    transactions: int = 12
    rates: dict[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`KOP-00001`."""
        return f"KOP-{self.ordinal + 1:05d}"


def cooperatives(plan: Plan) -> list[Cooperative]:
    """All cooperatives of a programme, in order."""
    rng = np.random.default_rng([plan.seed, 0])
    sizes = _sizes(plan, rng)
    mix = plan.systems or MIX
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    rates = {kind: faults.scaled(rate, plan.factor) for kind, rate in faults.PEOPLE.items()}
    made = []
    for at in range(plan.cooperatives):
        wrong, dirty = faults.draw(rng, at, plan.faults, plan.factor)
        made.append(
            Cooperative(
                ordinal=at,
                system=mix[at % len(mix)],
                members=int(sizes[at]),
                first_person=int(first[at]),
                faults=wrong,
                dirty=dirty,
                every_kind=plan.faults == "all",
                seed=plan.seed,
                transactions=plan.transactions,
                rates=rates,
            )
        )
    return made


def _sizes(plan: Plan, rng: np.random.Generator) -> Ints:
    """Members of each cooperative: uneven, at least `LEAST_MEMBERS`, together exactly what was asked for."""
    count, total = plan.cooperatives, plan.cooperatives * plan.members
    if count == 1:
        return np.array([total], np.int64)
    rounds = -(-count // len(SIZES))
    weights = np.concatenate([rng.permutation(np.array(SIZES, np.int64)) for _ in range(rounds)])[:count]
    spare = total - LEAST_MEMBERS * count
    sizes: Ints = LEAST_MEMBERS + spare * weights // weights.sum()
    sizes[: total - int(sizes.sum())] += 1
    return sizes


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text.replace(".", "", 1).isdigit() and text.isascii() else None
