"""How long a run may still take: what each step is known to cost, corrected by how fast this run has been so far.

The costs are measured (`benchmarks/steps.py`); a machine that is slower or faster is noticed after the first steps. It
is an estimate, never a promise, and nothing is said before it is known how many rows there are.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from koop_pipeline.progress import Standing

FIRST = "extract"
COSTS = {
    FIRST: (0.1, 3.0),
    "map savings_transactions": (0.1, 2.2),
    "map: account of raw tables": (0.1, 1.4),
    "clean savings_transactions": (0.1, 2.0),
    "open opening_savings_balances": (0.2, 1.9),
    "open loan_schedules": (0.6, 0.6),
    "gate": (4.0, 2.3),
    "verdicts": (0.3, 2.2),
    "data docs": (1.3, 0.1),
    "promote": (0.3, 3.3),
    "verify": (0.2, 2.2),
}
"""Seconds whatever the size, and microseconds a delivered row, of the steps that take long, by name."""
OTHERS = (0.1, 0.4)
SOON = 2.0
"""Seconds of a run before which nothing is said."""
SLOWEST, FASTEST = 8.0, 0.25


@dataclass
class Forecast:
    """Listens to a run; `steps` are the names of all that it goes through, in any order."""

    steps: Sequence[str]
    _clock: Callable[[], float] = time.monotonic
    _rows: float = 0.0
    _ended: dict[str, float] = field(default_factory=dict)
    _now: Standing | None = None
    _began: float = 0.0

    def __call__(self, now: Standing) -> None:
        """Take note of how far it is."""
        if self._now and now.step != self._now.step:
            self._ended[self._now.step] = self._clock() - self._began
        if self._now is None or now.step != self._now.step:
            self._began = self._clock()
        if now.step == FIRST and now.done:
            self._rows = now.rows / now.done * now.of
        self._now = now

    @property
    def left(self) -> float | None:
        """Seconds until the end of the run; None where too little is known."""
        now = self._now
        if now is None or not self._rows or sum(self._ended.values()) + now.seconds < SOON:
            return None
        ahead = sum(self._cost(name) for name in self.steps if name not in self._ended and name != now.step)
        pace = self._pace(now)
        here = self._cost(now.step) * pace
        rest = here * (1 - now.done / now.of) if now.done else here - (self._clock() - self._began)
        return ahead * pace + max(rest, 0.0)

    def _pace(self, now: Standing) -> float:
        """How many times slower than measured this run is; a delivery that was read before says nothing of it."""
        told = {name: took for name, took in self._ended.items() if name != FIRST}
        taken, expected = sum(told.values()), sum(map(self._cost, told))
        if not told and now.done:
            taken, expected = now.seconds, self._cost(now.step) * now.done / now.of
        return min(max(taken / expected, FASTEST), SLOWEST) if expected else 1.0

    def _cost(self, name: str) -> float:
        fixed, microseconds = COSTS.get(name, OTHERS)
        return fixed + microseconds * self._rows / 1e6
