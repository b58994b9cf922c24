"""What a run says of how far it has come."""

import threading

import pytest

from koop_pipeline import progress
from koop_pipeline.progress import Standing, duration, sentence


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing("verdicts", 0, 1000, 0, 3.0), "verdicts"),
        (Standing("gate", 0, 1000, 5000, 2.0), "gate: 5,000 rows, 2,500 rows/s"),
        (
            Standing("extract", 300, 1000, 9_100_000, 180.0),
            "extract: 300 of 1,000 cooperatives, 9,100,000 rows, 50,556 rows/s, about 7 min left of this step",
        ),
        (Standing("verdicts", 0, 1000, 0, 95.0, silent=40.0), "verdicts: running for 2 min"),
        (
            Standing("clean loans", 1, 2, 100, 50.0, silent=9.9),
            "clean loans: 1 of 2 cooperatives, 100 rows, 2 rows/s, about 50 s left of this step",
        ),
        (Standing("extract", 4, 4, 100, 10.0), "extract: 4 of 4 cooperatives, 100 rows, 10 rows/s"),
    ],
)
def test_the_sentence_says_what_is_known(standing: Standing, said: str) -> None:
    """180 s for 300 of 1,000: 420 s for the other 700."""
    assert sentence(standing) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "1 s"), (89, "89 s"), (90, "2 min"), (5_340, "89 min"), (5_400, "1 h 30 min")]
)
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_each_group_counts_when_the_next_one_is_asked_for() -> None:
    progress.step("open", 3)
    groups = progress.through([["A", "B"], ["C"]], {"A": 10, "B": 5})
    heard = [(next(groups), progress.standing().done, progress.standing().rows) for _ in range(2)]
    assert heard == [(["A", "B"], 0, 0), (["C"], 2, 15)]
    assert list(groups) == []
    assert (progress.standing().done, progress.standing().of, progress.standing().rows) == (3, 3, 15)


def test_a_step_may_have_other_cooperatives_before_it_than_the_run() -> None:
    progress.step("data docs", 1)
    progress.over(3)
    progress.advance(2)
    assert (progress.standing().done, progress.standing().of) == (2, 3)


def test_nobody_is_told_after_he_stopped_listening() -> None:
    heard: list[Standing] = []
    with progress.listening(heard.append):
        progress.step("one")
    progress.step("two")
    assert [now.step for now in heard] == ["one"]


def test_a_step_that_says_nothing_is_heard_of_all_the_same() -> None:
    told = threading.Event()
    heard: list[Standing] = []

    def listen(now: Standing) -> None:
        heard.append(now)
        if len(heard) > 3:
            told.set()

    progress.step("one large cooperative", 1)
    with progress.listening(listen), progress.beating(0.001):
        assert told.wait(timeout=20)
    assert {now.step for now in heard} == {"one large cooperative"}
    assert [now.silent for now in heard] == sorted(now.silent for now in heard)
    assert heard[-1].silent > heard[0].silent
    assert not any(thread.name == "progress" for thread in threading.enumerate())


def test_a_listener_that_fails_ends_neither_the_step_nor_the_telling() -> None:
    told = threading.Event()
    calls: list[Standing] = []

    def listen(now: Standing) -> None:
        calls.append(now)
        if len(calls) > 2:
            told.set()
        raise OSError("the log is away")

    progress.step("one large cooperative", 1)
    with progress.listening(listen), progress.beating(0.001):
        assert told.wait(timeout=20)
