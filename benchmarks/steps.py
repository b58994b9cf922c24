"""Each step of the whole way by itself: wall, CPU and peak memory, on a programme that `koop generate` made.

Run `python benchmarks/steps.py FOLDER [--postgres] [--until STEP] [--profile STEP] [--statements]`. The folder's `var`
is made anew. The steps run one after the other, as the job `migrate_batch` runs them, without Dagster. CPU and memory
are those of this process and of all that it started, sampled; with `--postgres` it starts a server of its own to load
into, which counts. `--profile` prints where Python spends the time of the steps whose name begins so, `--statements`
which of our functions ran the statements that took the most CPU.
"""

import argparse
import cProfile
import os
import pstats
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from measure import Tree, adopt, machine, watched

from koop_pipeline.cleaning.step import clean_table
from koop_pipeline.contracts import TABLES
from koop_pipeline.corrections.step import load_corrections
from koop_pipeline.defs.promote_verify import current_hashes
from koop_pipeline.extract.step import extract
from koop_pipeline.gates import step as gate
from koop_pipeline.mapping.accounting import account_raw
from koop_pipeline.mapping.step import map_table
from koop_pipeline.opening import step as opening
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion.step import promote
from koop_pipeline.staging import Staging
from koop_pipeline.status.snapshot import Snapshots
from koop_pipeline.verification.step import verify

BATCH = "gelombang-01"
ORDER = (
    "cooperatives", "members", "officers", "savings_accounts", "savings_transactions", "loans", "loan_instalments",
    "loan_repayments", "collaterals", "accounts", "products",
)  # fmt: skip


@dataclass
class Line:
    """What one step took."""

    name: str
    wall: float
    cpu: float
    peak: int


@dataclass
class Stopwatch:
    """Measures steps, prints a line for each, and profiles the one that is asked for."""

    profiled: str
    statements: "Counter[str] | None" = None
    lines: list[Line] = field(default_factory=list)
    tree: Tree = field(default_factory=lambda: Tree(own=True))

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure what happens inside."""
        profile = cProfile.Profile() if self.profiled and name.startswith(self.profiled) else None
        self.tree.sample()
        self.tree.peak = 0
        wall, cpu = time.perf_counter(), self.tree.cpu
        with watched(self.tree), profile or nullcontext():
            yield
            wall = time.perf_counter() - wall
        self.lines.append(Line(name, wall, self.tree.cpu - cpu, self.tree.peak))
        if profile:
            pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)

    def time_statements(self, staging: Staging) -> None:
        """Count the CPU of its statements from now on."""
        if self.statements is not None:
            staging.connection = Timed(staging.connection, self.statements)  # type: ignore[assignment]

    def table(self, rows: int) -> str:
        """The steps as a table, worst last, with their share of the CPU."""
        whole = sum(line.cpu for line in self.lines)
        head = f"{'step':<32}{'wall s':>9}{'cpu s':>9}{'share':>8}{'rows/cpu s':>13}{'peak MiB':>10}"
        said = [
            f"{line.name:<32}{line.wall:>9.2f}{line.cpu:>9.2f}{line.cpu / whole:>8.1%}"
            f"{rows / max(line.cpu, 0.01):>13,.0f}{line.peak / 2**20:>10,.0f}"
            for line in [*self.lines, Line("whole way", sum(line.wall for line in self.lines), whole, self.peak)]
        ]
        return "\n".join([head, *said])

    @property
    def peak(self) -> int:
        """The most memory of any step."""
        return max(line.peak for line in self.lines)


class Timed:
    """A connection that adds up the CPU of its statements by the function of ours that runs them."""

    def __init__(self, connection: Any, spent: "Counter[str]") -> None:
        self._connection = connection
        self._spent = spent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self) -> "Timed":
        """A cursor that is timed too."""
        return Timed(self._connection.cursor(), self._spent)

    def execute(self, *asked: Any) -> Any:
        """Run a statement; what it reads lazily afterwards is not counted."""
        before = time.process_time()
        try:
            return self._connection.execute(*asked)
        finally:
            self._spent[_caller()] += time.process_time() - before


def _caller() -> str:
    frame = sys._getframe(2)
    while frame.f_back and (
        "koop_pipeline" not in frame.f_code.co_filename or "database.py" in frame.f_code.co_filename
    ):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}:{frame.f_lineno}"


def steps_before_promotion(staging: Staging, run: BatchRun) -> Iterator[tuple[str, Callable[[], object]]]:
    """Extract to the Data Docs, in order."""
    yield "extract", lambda: extract(staging, run)
    for name in ORDER:
        yield f"map {name}", lambda name=name: map_table(staging, run, TABLES[name])
    yield "map: account for raw", lambda: account_raw(staging, run)
    yield "map: corrections", lambda: load_corrections(staging, run)
    for name in ORDER:
        yield f"clean {name}", lambda name=name: clean_table(staging, run, TABLES[name])
    yield "open savings", lambda: opening.open_savings(staging, run)
    yield "open loans", lambda: opening.open_loans(staging, run)
    yield "open ledger", lambda: opening.open_ledger(staging, run)
    yield "gate: scope and totals", lambda: gate.set_scope(staging, run)
    yield "gate: suites", lambda: gate.check_tables(staging)
    yield "gate: decide", lambda: gate.decide(staging, run)
    yield "gate: documents", lambda: gate.write_docs(staging, run)


def whole_way(run: BatchRun, watch: Stopwatch, until: str) -> int:
    """Run and measure every step; the rows that were delivered."""
    path = run.folder.staging_path(run.batch.batch)
    with Staging.open(path) as staging:
        watch.time_statements(staging)
        for name, step in steps_before_promotion(staging, run):
            with watch.step(name):
                step()
            if until and name.startswith(until):
                break
        rows = int(staging.value("SELECT sum(rows)::BIGINT FROM raw.tables"))
    if until:
        return rows
    with Staging.open(path, isolated=False) as staging:
        watch.time_statements(staging)
        with watch.step("promote: hashes of sources"):
            hashes = current_hashes(run)
        snapshots = Snapshots(staging, run.batch, run.folder.status_path(run.batch.batch))
        with watch.step("promote"):
            promote(staging, run, hashes, snapshots.tick)
        with watch.step("verify"):
            verify(staging, run)
        with watch.step("status"):
            snapshots.now()
    return rows


@contextmanager
def server(wanted: bool) -> Iterator[None]:
    """The target is a PostgreSQL server of this run, or the embedded file."""
    if not wanted:
        yield
        return
    from floor import target_at

    with target_at(None) as url:
        os.environ["KOOP_TARGET"] = url
        yield


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--postgres", action="store_true", help="load into a PostgreSQL server of its own")
    parser.add_argument("--profile", default="")
    parser.add_argument("--until", default="")
    parser.add_argument("--statements", action="store_true")
    asked = parser.parse_args()
    shutil.rmtree(asked.folder / "var", ignore_errors=True)
    adopt()
    watch = Stopwatch(asked.profile, Counter() if asked.statements else None)
    print(machine(), flush=True)
    with server(asked.postgres):
        rows = whole_way(BatchRun.of(ProgramFolder(asked.folder), BATCH), watch, asked.until)
    print(f"{rows:,} rows delivered")
    print(watch.table(rows))
    for place, cpu in (watch.statements or Counter()).most_common(60):
        print(f"{cpu:>9.2f}  {place}")


if __name__ == "__main__":
    main()
