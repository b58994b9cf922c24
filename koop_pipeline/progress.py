"""Tells whoever listens how far a run has come, and how long it may still take.

The command line listens with a progress bar, Dagster's resource with lines in the event log and metadata. Steps say
`step` when they begin and `advance` when some cooperatives are done. Nothing personal goes in here.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Standing:
    """How far the step that runs has come.

    `done` of its `of` cooperatives, `rows` of what it works through, `seconds` since it began, `silent` seconds since
    it last said something. `of` is 0 where a step takes all cooperatives at once.
    """

    step: str
    done: int
    of: int
    rows: int
    seconds: float
    silent: float = 0.0

    @property
    def pace(self) -> float:
        """Rows a second; 0 before there are any."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds until the end of the step, as far as one can tell from the cooperatives done; None before that."""
        return self.seconds / self.done * (self.of - self.done) if self.done and self.of else None


Listener = Callable[[Standing], None]
LONG = 10.0
"""Seconds of silence after which a step is said to be running still."""
_listeners: list[Listener] = []
_telling = threading.Lock()


@dataclass
class _Step:
    name: str = ""
    of: int = 0
    done: int = 0
    rows: int = 0
    began: float = field(default_factory=time.monotonic)
    spoke: float = field(default_factory=time.monotonic)

    def standing(self) -> Standing:
        now = time.monotonic()
        return Standing(self.name, self.done, self.of, self.rows, now - self.began, now - self.spoke)


_step = _Step()


def step(name: str, of: int = 0) -> None:
    """Say that the step `name` begins, with `of` cooperatives before it."""
    global _step
    _step = _Step(name, of)
    _tell()


def advance(cooperatives: int = 0, rows: int = 0) -> None:
    """Say that the step has done so many more."""
    _step.done += cooperatives
    _step.rows += rows
    _step.spoke = time.monotonic()
    _tell()


def over(cooperatives: int) -> None:
    """Say that the step that runs has so many cooperatives before it, whatever it began with, and none of them done."""
    with _telling:
        _step.of, _step.done = cooperatives, 0


def through(groups: Iterable[list[str]], sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """The groups of cooperatives as they are; each is told as done, with its rows, when the next one is asked for."""
    for group in groups:
        yield group
        advance(len(group), sum(sizes.get(each, 0) for each in group))


def standing() -> Standing:
    """How far the step that runs has come."""
    return _step.standing()


def sentence(now: Standing) -> str:
    """`extract: 300 of 1,000 cooperatives, 9,100,000 rows, 45,000 rows/s, about 2 min left of this step`.

    A step that has long said nothing is still `running for 4 min`.
    """
    parts = [f"{now.done:,} of {now.of:,} cooperatives"] if now.of and now.done else []
    parts += [f"{now.rows:,} rows", f"{now.pace:,.0f} rows/s"] if now.rows else []
    parts += [f"about {duration(now.left)} left of this step"] if now.left else []
    parts += [f"running for {duration(now.seconds)}"] if now.silent >= LONG else []
    return f"{now.step}: {', '.join(parts)}" if parts else now.step


def duration(seconds: float) -> str:
    """Seconds as one would say them: `40 s`, `3 min`, `1 h 20 min`; never `0 s`."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _tell() -> None:
    with _telling:
        now = _step.standing()
        for listener in tuple(_listeners):
            listener(now)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call `listener` with every standing while the context lasts."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


@contextmanager
def beating(every: float) -> Iterator[None]:
    """Tell whoever listens every so many seconds besides: a step may work for minutes on one large cooperative."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(every):
            with suppress(Exception):  # a log that does not answer must not end the telling
                _tell()

    thread = threading.Thread(target=beat, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
