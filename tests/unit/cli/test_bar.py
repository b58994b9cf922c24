"""The bar of a long run, as a terminal and as a log see it."""

import os
import pty
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from koop_pipeline import progress
from koop_pipeline.cli import bar

STEPS = ("extract", "map members")


@contextmanager
def stderr_is(descriptor: int) -> Iterator[None]:
    """Fd 2 of this process goes to `descriptor` inside."""
    kept = os.dup(2)
    os.dup2(descriptor, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def run() -> None:
    """A run as Dagster makes it: fd 2 goes into a file of its own while a step runs."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with stderr_is(nowhere):
        progress.step("extract", 2)
        progress.advance(1, 5000)
    os.close(nowhere)


def test_a_terminal_sees_the_bar_while_dagster_holds_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    ours, theirs = pty.openpty()
    seen = bytearray()

    def read() -> None:
        while chunk := os.read(ours, 1000):
            seen.extend(chunk)
            if b"5,000 rows" in seen:
                return

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    with stderr_is(theirs), bar.shown(STEPS, quiet=False):
        run()
        reader.join(timeout=20)
    text = seen.decode()
    os.close(theirs)
    assert "extract: 1 of 2 cooperatives, 5,000 rows" in text
    assert "0/2" in text


def test_a_log_gets_a_line_now_and_then(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bar, "LINE_EVERY", 0.0)
    with bar.shown(STEPS, quiet=False):
        run()
        progress.step("map members", 2)
    lines = capfd.readouterr().err.splitlines()
    assert lines[0] == "step 1 of 2, extract"
    assert lines[1].startswith("step 1 of 2, extract: 1 of 2 cooperatives, 5,000 rows, ")
    assert lines[2] == "step 2 of 2, map members"
    assert len(lines) == 3


def test_quiet_says_nothing(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bar, "LINE_EVERY", 0.0)
    with bar.shown(STEPS, quiet=True):
        run()
    assert capfd.readouterr() == ("", "")
