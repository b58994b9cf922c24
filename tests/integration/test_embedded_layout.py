"""The embedded target's file is held to the tables that this version makes, by what the file itself says."""

from pathlib import Path

import duckdb
import pytest

from koop_pipeline.errors import RefusedError
from koop_pipeline.staging import Staging
from koop_pipeline.target.embedded import attached


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A new, empty target."""
    path = tmp_path / "target.duckdb"
    with Staging.open(tmp_path / "batch-uji.duckdb", isolated=False) as staging, attached(staging, path) as target:
        assert target.faults() == []
    return path


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    ("spoil", "table"),
    [
        ("ALTER TABLE platform.members ALTER full_name DROP NOT NULL", "platform.members"),
        ("CREATE TABLE platform.new AS FROM platform.officers; DROP TABLE platform.officers;"
         " ALTER TABLE platform.new RENAME TO officers", "platform.officers"),
        ("DROP TABLE platform.loan_schedules", "platform.loan_schedules"),
        ("ALTER TABLE platform.loans ADD COLUMN kolom VARCHAR", "platform.loans"),
        ("ALTER TABLE platform.savings_accounts ALTER blocked_amount TYPE DECIMAL(18,3)", "platform.savings_accounts"),
        ("ALTER TABLE migration.held DROP COLUMN rule", "migration.held"),
    ],
)  # fmt: skip
def test_a_file_of_other_tables_is_refused_and_names_them(made: Path, spoil: str, table: str, read_only: bool) -> None:
    with duckdb.connect(made) as file:
        file.execute(spoil)
    with (
        Staging.open(made.with_name("batch-lain.duckdb"), isolated=False) as staging,
        pytest.raises(RefusedError, match=f"made by another version, or was changed since: {table}; move it away"),
        attached(staging, made, read_only=read_only),
    ):
        pass


def test_tables_of_its_own_are_let_be(made: Path) -> None:
    with duckdb.connect(made) as file:
        file.execute("CREATE TABLE platform.catatan (isi VARCHAR)")
    with (
        Staging.open(made.with_name("batch-lain.duckdb"), isolated=False) as staging,
        attached(staging, made) as target,
    ):
        assert target.faults() == []
