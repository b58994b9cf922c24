"""A checkpoint that is broken off: what DuckDB makes of it alone, and what is left with a copy beside."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import duckdb
import pytest

from koop_pipeline.staging import checkpoints

BLOCK = 262_144
HEAD = 3 * 4_096
"""A DuckDB file has three heads of a page, then blocks."""
PAGE = 4_096
TABLES = 12


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    checkpoints.mend(path)
    with duckdb.connect(path) as connection:
        checkpoints.only_ours(connection)
        yield connection


def laid(path: Path) -> None:
    """A file with some tables, and one row more in each than its last checkpoint knows."""
    with opened(path) as connection:
        for number in range(TABLES):
            connection.execute(f"CREATE TABLE t{number} AS SELECT range AS n FROM range(100)")
        checkpoints.checkpoint(connection, path)
        for number in range(TABLES):
            connection.execute(f"INSERT INTO t{number} VALUES (100)")


def rows(path: Path) -> list[int]:
    with opened(path) as connection:
        return [connection.execute(f"SELECT count(*) FROM t{n}").fetchall()[0][0] for n in range(TABLES)]


def live_block_written_anew(path: Path, before: bytes) -> int:
    """Where the first block begins that the checkpoint wrote over another content than nothing."""
    after = path.read_bytes()
    blocks = ((before[at : at + BLOCK], after[at : at + BLOCK], at) for at in range(HEAD, len(before), BLOCK))
    return next(at for old, new, at in blocks if old.strip(b"\0") and old != new)


def broken_off(path: Path) -> None:
    """Make of `path`, whose log is not taken in, what is there when the checkpoint dies within its first live block."""
    kept = {each: each.read_bytes() for each in (path, checkpoints.log_of(path))}
    with duckdb.connect(path) as connection:
        connection.execute("CHECKPOINT")
    at = live_block_written_anew(path, kept[path])
    torn = path.read_bytes()[at : at + PAGE]
    for each, content in kept.items():
        each.write_bytes(content)
    with path.open("r+b") as file:
        file.seek(at)
        file.write(torn)


def test_without_a_copy_a_checkpoint_that_is_broken_off_spoils_the_file(tmp_path: Path) -> None:
    """Why there is a copy: if this no longer fails, DuckDB has mended it and `checkpoints` can go."""
    path = tmp_path / "a.duckdb"
    laid(path)
    broken_off(path)
    assert checkpoints.log_of(path).exists()
    with pytest.raises(duckdb.IOException, match="Corrupt database file"):
        rows(path)


def test_with_its_copy_nothing_that_was_committed_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    laid(path)
    shutil.copyfile(path, checkpoints.copy_of(path))
    broken_off(path)
    assert rows(path) == [101] * TABLES
    assert not checkpoints.copy_of(path).exists()


def test_a_copy_that_outlived_its_checkpoint_is_thrown_away(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    laid(path)
    shutil.copyfile(path, checkpoints.copy_of(path))
    with duckdb.connect(path) as connection:
        connection.execute("CHECKPOINT")
    assert not checkpoints.log_of(path).exists()
    assert rows(path) == [101] * TABLES
    assert not checkpoints.copy_of(path).exists()


def test_what_is_killed_while_it_copies_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    laid(path)
    (tmp_path / "a.duckdb.copying").write_bytes(path.read_bytes()[:PAGE])
    assert rows(path) == [101] * TABLES
    assert [each.name for each in sorted(tmp_path.iterdir())] == ["a.duckdb", "a.duckdb.wal"]


def test_a_checkpoint_takes_the_log_in_and_leaves_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    laid(path)
    with opened(path) as connection:
        checkpoints.checkpoint(connection, path, from_bytes=1_000_000)
        assert checkpoints.log_of(path).exists()
        checkpoints.checkpoint(connection, path)
    assert [each.name for each in tmp_path.iterdir()] == ["a.duckdb"]
    assert rows(path) == [101] * TABLES


def test_where_there_is_no_room_for_the_copy_the_log_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.duckdb"
    laid(path)

    def full(source: Path, to: Path) -> None:
        to.write_bytes(source.read_bytes()[:PAGE])
        raise OSError(28, os.strerror(28))

    with opened(path) as connection, monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", full)
        checkpoints.checkpoint(connection, path)
    assert [each.name for each in sorted(tmp_path.iterdir())] == ["a.duckdb", "a.duckdb.wal"]
    assert rows(path) == [101] * TABLES


def test_the_copy_and_what_it_brings_back_are_read_by_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    laid(path)
    path.chmod(0o600)
    seen: list[int] = []

    class Watched:
        """A connection that looks at the copy when the checkpoint begins."""

        def execute(self, _: str) -> None:
            seen.append(checkpoints.copy_of(path).stat().st_mode & 0o777)
            raise duckdb.FatalException("cut off")

    with pytest.raises(duckdb.FatalException):
        checkpoints.checkpoint(cast("duckdb.DuckDBPyConnection", Watched()), path)
    assert seen == [0o600]
    checkpoints.mend(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_checkpoint_waits_for_room_for_the_copy_and_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.duckdb"
    laid(path)
    needed = path.stat().st_size + 2 * checkpoints.log_of(path).stat().st_size
    for free, left in ((needed - 1, True), (needed, False)):
        with opened(path) as connection, monkeypatch.context() as patch:
            patch.setattr(shutil, "disk_usage", lambda _, free=free: SimpleNamespace(free=free))
            checkpoints.checkpoint(connection, path)
        assert checkpoints.log_of(path).exists() is left
    assert rows(path) == [101] * TABLES


def test_a_checkpoint_that_is_refused_leaves_no_copy_that_grows_old(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    laid(path)
    with opened(path) as connection:
        connection.execute("BEGIN")
        connection.execute("INSERT INTO t0 VALUES (101)")
        with pytest.raises(duckdb.TransactionException):
            checkpoints.checkpoint(connection, path)
        connection.execute("ROLLBACK")
        connection.execute("INSERT INTO t0 VALUES (101)")
        assert not checkpoints.copy_of(path).exists()
    assert rows(path) == [102] + [101] * (TABLES - 1)
