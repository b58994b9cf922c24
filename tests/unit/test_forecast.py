"""The time that is left, by a clock that the test turns."""

import pytest

from koop_pipeline import forecast
from koop_pipeline.forecast import Forecast
from koop_pipeline.progress import Standing


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Steps that cost: extract 10 s a million rows, `long` 30 s, `short` 1 s whatever the size."""
    monkeypatch.setattr(forecast, "COSTS", {"extract": (0.0, 10.0), "long": (0.0, 30.0)})
    monkeypatch.setattr(forecast, "OTHERS", (1.0, 0.0))
    return Clock()


def test_nothing_is_said_before_the_rows_are_known(clock: Clock) -> None:
    run = Forecast(("extract", "long"), clock)
    assert run.left is None
    run(Standing("extract", 0, 10, 0, 0.0))
    clock.now += 60
    assert run.left is None


def test_a_run_as_fast_as_measured(clock: Clock) -> None:
    """Half the cooperatives held 1 m rows and took 10 s: 10 s to go in extract, then 2 x 30 s and 1 s."""
    run = Forecast(("extract", "long", "short"), clock)
    run(Standing("extract", 0, 4, 0, 0.0))
    clock.now += 10
    run(Standing("extract", 2, 4, 1_000_000, 10.0))
    assert run.left == pytest.approx(10 + 60 + 1)


def test_a_slower_machine_is_noticed(clock: Clock) -> None:
    """`short` took 2 s instead of 1: all that follows takes twice as long, and the step that runs is counted down."""
    run = Forecast(("extract", "short", "long"), clock)
    run(Standing("extract", 1, 1, 1_000_000, 1.0))
    clock.now += 1
    run(Standing("short", 0, 1, 0, 0.0))
    clock.now += 2
    run(Standing("long", 0, 1, 0, 0.0))
    clock.now += 15
    assert run.left == pytest.approx(60 - 15)
    run(Standing("long", 1, 4, 250_000, 20.0))
    assert run.left == pytest.approx(45)
    clock.now += 500
    run(Standing("long", 4, 4, 1_000_000, 500.0))
    assert run.left == 0


def test_what_was_read_before_does_not_count_as_fast(clock: Clock) -> None:
    run = Forecast(("extract", "short", "long"), clock)
    run(Standing("extract", 1, 1, 1_000_000, 0.1))
    clock.now += 0.1
    run(Standing("short", 0, 1, 0, 0.0))
    clock.now += 3
    run(Standing("long", 0, 1, 0, 0.0))
    assert run.left == pytest.approx(90)
