"""The staging file that the steps of one run share."""

import shutil
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any, cast

import pytest
from filelock import FileLock

from koop_pipeline import progress
from koop_pipeline.defs import resources
from koop_pipeline.defs.resources import SAMPLE, BatchResource, Desk
from koop_pipeline.staging import Staging


def leave(staging: Staging) -> None:
    """What a step may leave behind, in the connection and in the file."""
    staging.execute('CREATE TEMP TABLE "left over" AS SELECT 1 AS n')
    staging.execute('CREATE TEMP VIEW seen AS SELECT n FROM "left over"')
    staging.execute("INSERT INTO verification.promotions VALUES ('KSP-A', '1', 'loaded')")


def test_steps_of_one_isolation_share_the_file_and_no_temporary_table(tmp_path: Path) -> None:
    desk, path = Desk(), tmp_path / "batch-satu.duckdb"
    with desk.staging(path, isolated=True) as first:
        leave(first)
    with desk.staging(path, isolated=True) as second:
        assert second is first
        assert second.rows("SELECT table_name FROM duckdb_tables() WHERE temporary") == []
        assert second.rows("SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal") == []
        assert second.rows("SELECT load_id FROM verification.promotions") == [("1",)]
    desk.close()


def test_a_step_that_may_reach_outside_gets_a_connection_of_its_own(tmp_path: Path) -> None:
    desk, path = Desk(), tmp_path / "batch-satu.duckdb"
    with desk.staging(path, isolated=True) as inside:
        leave(inside)
    with desk.staging(path, isolated=False) as outside:
        assert outside is not inside
        assert outside.value("SELECT current_setting('enable_external_access')") is True
        assert outside.rows("SELECT load_id FROM verification.promotions") == [("1",)]
    desk.close()


def test_a_step_that_fails_leaves_the_file_closed_and_what_it_committed(tmp_path: Path) -> None:
    desk, path = Desk(), tmp_path / "batch-satu.duckdb"
    with pytest.raises(ZeroDivisionError), desk.staging(path, isolated=True) as staging:
        leave(staging)
        staging.execute("BEGIN")
        staging.execute("DELETE FROM verification.promotions")
        raise ZeroDivisionError
    with FileLock(path.with_suffix(".lock"), timeout=0), Staging.open(tmp_path / "another.duckdb"):
        pass
    with desk.staging(path, isolated=True) as again:
        assert again.rows("SELECT load_id FROM verification.promotions") == [("1",)]
    desk.close()
    assert sorted(each.suffix for each in tmp_path.glob("batch*")) == [".duckdb", ".lock"]


def test_a_step_that_works_long_and_says_nothing_is_in_dagsters_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "LOG_EVERY", 0.01)
    monkeypatch.setattr(progress, "LONG", 0.0)
    folder = shutil.copytree(SAMPLE, tmp_path / "sample", ignore=shutil.ignore_patterns("var"))
    monkeypatch.setenv(resources.PROGRAM_VARIABLE, str(folder))
    said: SimpleQueue[str] = SimpleQueue()
    context = SimpleNamespace(partition_key="gelombang-01", log=SimpleNamespace(info=said.put))
    batch = BatchResource()
    with batch.working(cast("Any", context), "clean members"):
        lines = {said.get(timeout=20) for _ in range(3)}
    batch._desk.close()
    assert lines == {"clean members: running for 1 s"}
