"""Cooperatives that are mapped together come out as each does alone, to the row, the failure and the account."""

from pathlib import Path

import pytest

from koop_pipeline.contracts import SOURCED, TABLES
from koop_pipeline.extract.step import extract
from koop_pipeline.generate.plan import Plan
from koop_pipeline.generate.programme import generate
from koop_pipeline.mapping import step, together
from koop_pipeline.mapping.accounting import account_raw
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging, quoted

Tables = dict[str, list[str]]


def put(path: Path, column: str, value: str) -> None:
    """Write a value into the first row of a delivered file."""
    lines = path.read_text(encoding="cp1252").splitlines()
    cells = lines[1].split(";")
    cells[lines[0].split(";").index(column)] = value
    path.write_text("\n".join([lines[0], ";".join(cells), *lines[2:]]) + "\n", encoding="cp1252")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four cooperatives of one system with faults; of the third an amount fails, a member is excluded."""
    root = tmp_path_factory.mktemp("together") / "programme"
    generate(root, Plan(4, 20, seed=5, systems=("csv",), faults="all"))
    third = sorted(root.glob("legacy/*"))[2]
    put(third / "mutasi_2026.csv", "kredit", "seratus ribu")
    put(third / "anggota.csv", "flag", "1")
    return root


def mapped(root: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Tables:
    """Everything that mapping wrote, each table sorted."""
    monkeypatch.setenv("KOOP_HOME", str(home))
    run = BatchRun.of(ProgramFolder(root), "gelombang-01")
    with Staging.open(run.folder.staging_path(run.batch.batch)) as staging:
        extract(staging, run)
        for table in SOURCED:
            step.map_table(staging, run, TABLES[table.name])
        account_raw(staging, run)
        names = [f"mapped.{quoted(name)}" for name in staging.tables("mapped")] + ["gate.halts", "proof.totals"]
        return {name: sorted(map(repr, staging.rows(f"SELECT * FROM {name}"))) for name in names}


@pytest.fixture(scope="module")
def alone(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Each mapped by itself."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(step, "map_together", lambda *_: False)
        return mapped(folder, tmp_path_factory.mktemp("alone"), monkeypatch)


def test_together_is_as_alone(folder: Path, alone: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    original = together.map_together

    def noted(*asked: object) -> bool:
        done.append(original(*asked))  # type: ignore[arg-type]
        return done[-1]

    monkeypatch.setattr(step, "map_together", noted)
    assert mapped(folder, tmp_path, monkeypatch) == alone
    assert done.count(True) > 5
    assert any("MAP-EXPR-01" in row and "seratus ribu" in row for row in alone['mapped."failures"'])
    assert alone['mapped."excluded_rows"']


def test_what_goes_wrong_together_leaves_nothing_and_is_done_alone(
    folder: Path, alone: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("whatever")

    monkeypatch.setattr(together, "remember", broken)
    assert mapped(folder, tmp_path, monkeypatch) == alone
