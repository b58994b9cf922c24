"""Shows how far a run has come: a bar in a terminal, else a line now and then.

It writes to the stderr that the process began with, by a descriptor of its own, because Dagster sends stdout and stderr
into its files while a step runs.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from koop_pipeline import progress
from koop_pipeline.forecast import Forecast

LINE_EVERY = 30.0


@dataclass
class Course:
    """How far a run through `steps` has come."""

    steps: Sequence[str]
    begun: set[str] = field(default_factory=set)
    forecast: Forecast = field(init=False)
    now: progress.Standing | None = None

    def __post_init__(self) -> None:
        self.forecast = Forecast(self.steps)

    def follow(self, now: progress.Standing) -> None:
        """Take note of how far the step that runs has come."""
        self.forecast(now)
        self.begun.add(now.step)
        self.now = now

    @property
    def sentence(self) -> str:
        """What the step that runs has done."""
        return progress.sentence(self.now) if self.now else "starting"

    @property
    def left(self) -> str:
        """`about 3 min to go`; empty where it is not known."""
        left = self.forecast.left
        return "" if left is None else f"about {progress.duration(left)} to go"

    def __str__(self) -> str:
        """One line for a log."""
        place = f"step {len(self.begun)} of {len(self.steps)}, {self.sentence}"
        return f"{place}; {self.left}" if self.left else place


@contextmanager
def shown(steps: Sequence[str], *, quiet: bool) -> Iterator[None]:
    """Show the progress of the run inside, unless `quiet`."""
    if quiet:
        yield
        return
    with os.fdopen(os.dup(2), "w", encoding="utf-8") as stderr:
        console, course = Console(file=stderr), Course(steps)
        if console.is_terminal:
            with _bar(console, course):
                yield
        else:
            with _lines(console, course):
                yield


@contextmanager
def _bar(console: Console, course: Course) -> Iterator[None]:
    columns = SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[left]}")
    bar = Progress(*columns, console=console, auto_refresh=False)
    task = bar.add_task("", total=len(course.steps), left="")

    def drawn() -> Group:
        bar.update(task, completed=max(len(course.begun) - 1, 0), left=course.left)
        return Group(bar, Text(f"  {course.sentence}", overflow="ellipsis", no_wrap=True))

    with (
        Live(console=console, transient=True, get_renderable=drawn, redirect_stdout=False, redirect_stderr=False),
        progress.listening(course.follow),
    ):
        yield


@contextmanager
def _lines(console: Console, course: Course) -> Iterator[None]:
    told = time.monotonic()

    def follow(now: progress.Standing) -> None:
        nonlocal told
        course.follow(now)
        if time.monotonic() - told >= LINE_EVERY:
            told = time.monotonic()
            console.print(str(course), soft_wrap=True, highlight=False)

    with progress.listening(follow):
        yield
