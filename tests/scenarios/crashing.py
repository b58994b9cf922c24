"""What the tests of interruptions share: seeded moments, a child that is killed at one, and what must be there at last.

A moment is a part of the work and a place in it: a fraction of how long that part takes undisturbed. The child itself
is `crash_child.py`. What the target holds is read apart from the pipeline; only the hash is the product's own, worked
out by the target.
"""

import json
import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb
from crash_child import PARTS
from promotable import BATCH, ONLY, Place, Rows, differences, do_promote, do_verify, run_of

from koop_pipeline.contracts import PROMOTED
from koop_pipeline.staging import Staging
from koop_pipeline.target.bookkeeping import BOOKS, columns
from koop_pipeline.target.model import Hashes
from koop_pipeline.target.opening import open_target

FULL = os.environ.get("KOOP_TEST_CRASH") == "full"
SEED = 20260630
LONGEST_SECONDS = 120
ORDER = ("loading", "verifying", "loading", "verifying", "opening", "closing")
"""Two of three moments are in load and verify; the third before the transaction or between it and verify."""


@dataclass(frozen=True)
class Moment:
    """When to kill: so far into a part. `blank`: the target has no schema yet. `text` is the test's id."""

    kind: str
    number: int
    part: str
    fraction: float
    blank: bool

    def __str__(self) -> str:
        return f"{self.kind}-{self.number}-{'blank-' if self.blank else ''}{self.part}-{self.fraction:.3f}"


def moments(kind: str, short: int, full: int) -> list[Moment]:
    """The seeded moments of a kind, the parts in turn; the very begin and the very end are among them."""
    found = []
    for number in range(full if FULL else short):
        chance = random.Random(f"{SEED} {kind} {number}")
        part = ORDER[number % len(ORDER)]
        edge = {4: 0.0, 3: 1.0}.get(number)
        blank = kind != "embedded" and part == "opening" and number // len(ORDER) % 2 == 1
        found.append(Moment(kind, number, part, chance.random() if edge is None else edge, blank))
    return found


class Nursery:
    """Children that promote and verify, one after the other, and what the present one said, with the time of it."""

    def __init__(self) -> None:
        here = Path(__file__).parent
        path = os.pathsep.join([str(here), str(here.parent / "integration"), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [sys.executable, str(here / "crash_child.py")], env={**os.environ, "PYTHONPATH": path.strip(os.pathsep)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.lines: queue.Queue[tuple[float, str]] = queue.Queue()
        self.said: list[tuple[float, str]] = []
        self.number = 0
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        assert self.until("ready") == "ready"

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put((time.monotonic(), line.rstrip("\n")))
        self.lines.put((time.monotonic(), "ended"))

    def begin(self, root: Path, place: Place) -> None:
        """A new child."""
        assert self.process.stdin is not None
        self.said, self.number = [], 0
        self.process.stdin.write(json.dumps({"root": str(root), "url": place.url}) + "\n")
        self.process.stdin.flush()
        self.number = int(self.until("child").split()[1])

    def until(self, word: str) -> str:
        """Wait for a line that begins so (or for the end); a child that hangs is killed and fails the test."""
        for _, line in self.said:
            if line.startswith(word):
                return line
        while True:
            try:
                self.said.append(self.lines.get(timeout=LONGEST_SECONDS))
            except queue.Empty:
                while self.number and self.said[-1][1] != "ended":
                    self.kill()
                    self.said.append(self.lines.get(timeout=LONGEST_SECONDS))
                raise AssertionError(f"it hangs; it said {self.said}") from None
            line = self.said[-1][1]
            if line.startswith(word) or line == "ended":
                return line

    def kill(self) -> None:
        """SIGKILL to the present child."""
        os.kill(self.number, signal.SIGKILL)

    def ended(self) -> list[str]:
        """Wait until it is gone; all that it said of itself."""
        self.until("ended")
        return self.so_far()

    def so_far(self) -> list[str]:
        """All that it said of itself until now."""
        while not self.lines.empty():
            self.said.append(self.lines.get())
        return [line for _, line in self.said if line != "ended" and not line.startswith("child")]

    def took(self) -> dict[str, float]:
        """How long each part of the child that ended took."""
        at = [(line, when) for when, line in self.said if line in PARTS or line == "ended"]
        return {line: after - when for (line, when), (_, after) in pairwise(at)}

    def close(self) -> None:
        """Let it go."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(LONGEST_SECONDS)
        self.reader.join()
        self.process.stdout.close()


def part_of(said: list[str]) -> str:
    """The part in which a child that said this was at last; `done` where it had ended before."""
    return "done" if said[-1] == "done" else [line for line in said if line in PARTS][-1]


@dataclass(frozen=True)
class Final:
    """What a target holds at last: the hash of each table by the target's own functions, all rows, all books."""

    hashes: Hashes
    rows: Rows
    books: Rows


def finished(root: Path, place: Place) -> Final:
    """Promote and verify in this process, as the next run does, and what is there then."""
    outcome, message = do_promote(root)
    assert outcome in {"loaded", "unchanged"}, message
    assert do_verify(root) == []
    assert differences(root) == []
    with duckdb.connect(root / "var" / "staging" / f"batch-{BATCH}.duckdb", read_only=True) as staging:
        compared = staging.execute("SELECT table_name FROM verification.results WHERE expected = found").fetchall()
    assert sorted(name for (name,) in compared) == sorted(table.name for table in PROMOTED)
    return Final(_hashes(root), place.rows(), _books(place))


def _hashes(root: Path) -> Hashes:
    """By the target, inside a transaction that holds the cooperative's lock."""
    run = run_of(root)
    with (
        Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging,
        open_target(staging, run.target) as target,
        target.writing(ONLY) as writing,
    ):
        return writing.hashes()


def _books(place: Place) -> Rows:
    queries = [f"SELECT {', '.join(columns(book))} FROM migration.{book}" for book in BOOKS]
    answers = zip(BOOKS, place.ask_all(queries), strict=True)
    return {book: sorted(rows, key=repr) for book, rows in answers}


def untouched(place: Place) -> bool:
    """Whether a PostgreSQL target holds nothing of the cooperative; it may have no schema yet."""
    if place.ask("SELECT to_regclass('platform.members'), to_regclass('migration.loads')") == [(None, None)]:
        return True
    rows = sum(len(found) for found in place.rows().values())
    return rows + sum(len(found) for found in _books(place).values()) == 0


def leftovers(place: Place) -> list[tuple[object, ...]]:
    """Sessions, transactions and locks of a PostgreSQL target that nobody ends; those that are about to go may."""
    until = time.monotonic() + LONGEST_SECONDS
    while True:
        left = place.ask(
            "SELECT 'session', pid::text, state FROM pg_stat_activity WHERE datname = current_database() AND pid <>"
            " pg_backend_pid() AND backend_type = 'client backend' UNION ALL SELECT 'prepared', gid, NULL FROM"
            " pg_prepared_xacts UNION ALL SELECT 'lock', objid::text, mode FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.05)


def laid_anew(gated: Path, root: Path) -> Path:
    """`root` as it was after the gate: only `var` is written to."""
    if not root.exists():
        shutil.copytree(gated, root)
    else:
        shutil.rmtree(root / "var")
        shutil.copytree(gated / "var", root / "var")
    return root
