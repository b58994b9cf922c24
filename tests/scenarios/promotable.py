"""One cooperative of the sample brought to the gate, and targets of both kinds to promote it into.

Put here what tests of promotion share. A target is what a URL names; what it holds is read apart from the pipeline, by
a connection of its own that no row-level security limits.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import psycopg
from postgres_server import new_database, upgraded
from pytest import MonkeyPatch
from world import prepare

from koop_pipeline.contracts import PROMOTED
from koop_pipeline.contracts.model import Column, Table
from koop_pipeline.defs.promote_verify import current_hashes
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion.rollback import roll_back
from koop_pipeline.promotion.step import promote
from koop_pipeline.staging import Staging
from koop_pipeline.verification.step import verify

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
BATCH, ONLY = "gelombang-01", "KSU-TANI-MAJU"
MEMBERS = Path("legacy") / ONLY / "anggota.csv"
CHILD = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
import promotable
print("ready", flush=True)
promotable.do_promote(Path(sys.argv[1]))
"""
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Place:
    """A target: the URL for KOOP_TARGET."""

    url: str

    @property
    def is_postgres(self) -> bool:
        """Which kind it is."""
        return self.url.startswith("postgresql")

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query, seen without tenants."""
        return self.ask_all([sql])[0]

    def ask_all(self, queries: Sequence[str]) -> list[list[tuple[Any, ...]]]:
        """All rows of each query, by one connection."""
        if self.is_postgres:
            with psycopg.connect(self.url) as connection:
                return [connection.execute(sql).fetchall() for sql in queries]
        with duckdb.connect(self.url.removeprefix("duckdb:///"), read_only=True) as database:
            return [database.execute(sql).fetchall() for sql in queries]

    def do(self, sql: str) -> None:
        """Change something behind the pipeline's back."""
        if self.is_postgres:
            with psycopg.connect(self.url) as connection:
                connection.execute(sql)
        else:
            with duckdb.connect(self.url.removeprefix("duckdb:///")) as database:
                database.execute(sql)

    def rows(self) -> Rows:
        """Everything in the platform's tables, in an order that no collation makes."""
        answers = zip(PROMOTED, self.ask_all([_all_of(table) for table in PROMOTED]), strict=True)
        return {table.name: sorted(rows, key=repr) for table, rows in answers}


def _all_of(table: Table) -> str:
    columns = ", ".join(map(_shown, (Column("cooperative_id"), *table.all_columns)))
    return f"SELECT {columns} FROM platform.{table.name}"


def _shown(column: Column) -> str:
    return f'CAST("{column.name}" AS VARCHAR)' if column.kind == "json" else f'"{column.name}"'


@contextmanager
def place_of(kind: str, folder: Path, like: Place | None = None) -> Iterator[Place]:
    """A new target, `embedded` or `postgres` (with its schema): empty, or a copy of another of its kind."""
    if kind == "embedded":
        path = folder / "target.duckdb"
        if like:
            shutil.copyfile(like.url.removeprefix("duckdb:///"), path)
        yield Place(f"duckdb:///{path}")
    else:
        with new_database(urlsplit(like.url).path.removeprefix("/") if like else upgraded()) as url:
            yield Place(url)


def gated_sample(root: Path) -> Path:
    """The sample in `root`, with the one cooperative brought to the gate."""
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns("var"))
    prepare(run_of(root))
    return root


def run_of(root: Path, *, rehearse: bool = False) -> BatchRun:
    """The batch, limited to the one cooperative."""
    return BatchRun.of(ProgramFolder(root), BATCH, [ONLY], rehearse=rehearse)


def do_promote(root: Path, run: BatchRun | None = None) -> tuple[str, str]:
    """Promote into KOOP_TARGET; the outcome (or `halted`) and the sentence that halted it.

    `run`: the batch as an earlier step read it.
    """
    run = run or run_of(root)
    with Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging:
        promote(staging, run, current_hashes(run), lambda: None)
        halts = staging.rows("SELECT message FROM gate.halts")
        if halts:
            return "halted", halts[0][0]
        return staging.value("SELECT outcome FROM verification.promotions"), ""


def promote_and_kill(root: Path, delay: float) -> None:
    """Begin to promote in a process of its own, and kill it after so many seconds."""
    here = Path(__file__).parent
    command = [sys.executable, "-c", CHILD, str(root), str(here), str(here.parent / "integration")]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(delay)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()


class FirstLoads(dict[str, Place]):
    """Targets of each kind into which a programme was loaded, each made when it is first asked for; to be copied."""

    def __init__(self, source: Path, folder: Path, until: ExitStack) -> None:
        super().__init__()
        self.source, self.folder, self.until = source, folder, until

    def __missing__(self, kind: str) -> Place:
        shutil.copytree(self.source, self.folder / kind)
        self[kind] = self.until.enter_context(place_of(kind, self.folder))
        with MonkeyPatch.context() as patch:
            patch.setenv("KOOP_TARGET", self[kind].url)
            assert do_promote(self.folder / kind) == ("loaded", "")
        return self[kind]

    def programme(self) -> Path:
        """The programme after its load."""
        assert self["embedded"]
        return self.folder / "embedded"


def do_verify(root: Path) -> list[str]:
    """Verify against KOOP_TARGET; the sentences that it halts with."""
    run = run_of(root)
    with Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging:
        verify(staging, run)
        return [row[0] for row in staging.rows("SELECT message FROM gate.halts")]


def differences(root: Path) -> list[tuple[Any, ...]]:
    """What the last verification listed: table, key, column, expected, found."""
    with duckdb.connect(root / "var" / "staging" / f"batch-{BATCH}.duckdb", read_only=True) as staging:
        return staging.execute(
            "SELECT table_name, key, column_name, expected, found FROM verification.differences ORDER BY ALL"
        ).fetchall()


def do_roll_back(root: Path, *, only_last: bool = False) -> list[str]:
    """Roll back in KOOP_TARGET, all or the last load alone; the kinds of the loads that were taken out."""
    run = run_of(root)
    with Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging:
        return [load.kind for load in roll_back(staging, run, ONLY, only_last=only_last)]


def change_line(root: Path, number: int, before: str, after: str) -> None:
    """Change one text in one line (1-based) of the delivered member list."""
    lines = (root / MEMBERS).read_bytes().split(b"\r\n")
    assert before.encode() in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(before.encode(), after.encode())
    (root / MEMBERS).write_bytes(b"\r\n".join(lines))


def mend(root: Path) -> None:
    """Deliver the NIK of one member that was held with its sixteenth digit."""
    change_line(root, 37, "530301290198002", "5303012901980021")
