"""The correction loop on the sample: workbooks out, filled in by a spreadsheet program's library, back, and applied.

A blocked cooperative passes when its officers have added the twelve members that its savings belong to; held values of
a promoted one come in as an amendment. The file made by LibreOffice is in tests/unit/corrections.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from world import migrate

from koop_pipeline.corrections.apply import Answer, apply_returned
from koop_pipeline.corrections.export import Written, export_all
from koop_pipeline.gates import step as gate
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging
from koop_pipeline.status.snapshot import Row

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
BATCH = "gelombang-01"
BLOCKED, WARNED = "KOPDIT-SOLIDARITAS", "KSU-TANI-MAJU"
TODAY = date(2026, 7, 20)
HEAD_ROW = 2


@dataclass
class Loop:
    """What happened: the status before and after, what was written out, what was said of what came back."""

    root: Path
    before: dict[str, Row]
    written: dict[str, Written]
    answers: list[Answer]
    after: dict[str, Row]
    again: dict[str, Row]
    delivered: dict[str, bytes]


def run_of(root: Path) -> BatchRun:
    return BatchRun.of(ProgramFolder(root), BATCH, [BLOCKED, WARNED])


def sheet(book: Any, name: str) -> tuple[Any, dict[str, int]]:
    """A sheet and the column of each heading."""
    page = book[name]
    return page, {str(cell.value): cell.column for cell in page[HEAD_ROW] if cell.value}


def add_the_missing_members(path: Path, to: Path) -> None:
    """Fill in the sheet of missing members: every number that is written there gets a name and a status."""
    book = openpyxl.load_workbook(path)
    page, columns = sheet(book, "Tambah anggota")
    row = HEAD_ROW + 1
    while page.cell(row, columns["Nomor anggota *"]).value:
        page.cell(row, columns["Nama lengkap *"]).value = f"Anggota Tambahan {row}"
        page.cell(row, columns["Keanggotaan *"]).value = "Anggota"
        page.cell(row, columns["Status *"]).value = "Aktif"
        page.cell(row, columns["Keterangan pengurus"]).value = "buku induk anggota"
        row += 1
    to.parent.mkdir(parents=True)
    book.save(to)


def correct_the_held_values(path: Path, to: Path) -> None:
    """Put right the two impossible NIKs and empty the phone that is none."""
    book = openpyxl.load_workbook(path)
    page, columns = sheet(book, "Anggota")
    fillings = {"123456789": ("Ubah isi", "5306015204880003"), "530301290198002": ("Ubah isi", "5303012901980021")}
    for row in range(HEAD_ROW + 1, page.max_row + 1):
        there = str(page.cell(row, columns["Isi sekarang"]).value or "")
        action, value = fillings.get(there, ("Kosongkan", None) if there == "08" else (None, None))
        if action:
            page.cell(row, columns["Tindakan"]).value = action
            page.cell(row, columns["Perbaikan"]).value = value
            page.cell(row, columns["Keterangan pengurus"]).value = "KTP dilihat"
    to.parent.mkdir(parents=True)
    book.save(to)


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    root = tmp_path_factory.mktemp("loop") / "program"
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns("var"))
    run = run_of(root)
    delivered = {str(path): path.read_bytes() for path in (root / "legacy").rglob("*.*")}
    before = migrate(root, BATCH, [BLOCKED, WARNED])
    staging_path = run.folder.staging_path(BATCH)
    with Staging.open(staging_path) as staging:
        written = {
            one.record["cooperative_id"]: one
            for one in export_all(staging, run, root / "var" / "out", gate.suites(), TODAY)
        }
    out = root / "var" / "out"
    add_the_missing_members(out / f"{BLOCKED}.xlsx", root / "corrections" / BLOCKED / "kembali.xlsx")
    correct_the_held_values(out / f"{WARNED}.xlsx", root / "corrections" / WARNED / "kembali.xlsx")
    with Staging.open(staging_path) as staging:
        answers = apply_returned(staging, run, TODAY)
    after = migrate(root, BATCH, [BLOCKED, WARNED])
    again = migrate(root, BATCH, [BLOCKED, WARNED])
    yield Loop(root, before, written, answers, after, again, delivered)


def rules(record: Row) -> dict[str, int]:
    """Findings by rule."""
    return {one["rule"]: one["failed"] for one in record["rules"]}


def test_the_workbook_counts_what_must_and_what_should_be_corrected(loop: Loop) -> None:
    assert (loop.before[BLOCKED]["verdict"], rules(loop.before[BLOCKED])) == ("blocked", {"SAV-REF-01": 36})
    assert {name: loop.written[BLOCKED].record[name] for name in ("must", "should", "look")} == {
        "must": 36, "should": 0, "look": 0,
    }  # fmt: skip
    assert loop.written[WARNED].record["should"] == 7


def test_what_came_back_is_accepted_whole(loop: Loop) -> None:
    assert [(one.cooperative_id, one.file, dict(one.outcomes), one.problems) for one in loop.answers] == [
        (WARNED, "kembali.xlsx", {"applied": 3}, []),
        (BLOCKED, "kembali.xlsx", {"applied": 12}, []),
    ]


def test_the_blocked_cooperative_passes_with_its_members_added(loop: Loop) -> None:
    after = loop.after[BLOCKED]
    assert (after["state"], rules(after).get("SAV-REF-01")) == ("verified", None)
    assert after["verdict"] != "blocked"
    members = after["rows"]["members"]
    assert (members["extracted"], members["added"], members["promoted"]) == (188, 12, 200)
    assert after["rows"]["savings_accounts"]["promoted"] == 600
    assert after["corrections"] == {"applied": 12}
    assert all(amounts["difference"] == "0.00" for amounts in after["money"].values())


def test_held_values_come_in_as_an_amendment(loop: Loop) -> None:
    before, after = rules(loop.before[WARNED]), rules(loop.after[WARNED])
    assert {name: before.get(name) for name in ("MBR-NIK-01", "MBR-NIK-02", "MBR-PHN-01")} == {
        "MBR-NIK-01": 1, "MBR-NIK-02": 1, "MBR-PHN-01": 1,
    }  # fmt: skip
    assert not {"MBR-NIK-01", "MBR-NIK-02", "MBR-PHN-01"} & set(after)
    assert loop.after[WARNED]["state"] == "verified"
    with Staging.open(ProgramFolder(loop.root).staging_path(BATCH), isolated=False) as staging:
        staging.execute(f"ATTACH '{ProgramFolder(loop.root).target.path}' AS target (READ_ONLY)")
        filled = staging.rows(
            "SELECT nik FROM target.platform.members WHERE nik IN ('5306015204880003', '5303012901980021') ORDER BY 1"
        )
        kinds = staging.rows(
            "SELECT kind FROM target.migration.loads WHERE cooperative_id = ? ORDER BY rowid", [WARNED]
        )
        staging.execute("DETACH target")
    assert filled == [("5303012901980021",), ("5306015204880003",)]
    assert kinds == [("full",), ("amendment",)]


def test_a_second_run_changes_nothing_and_asks_for_nothing(loop: Loop) -> None:
    assert loop.again == loop.after
    assert "COR-WAIT-01" not in rules(loop.again[WARNED])


def test_a_workbook_that_is_not_applied_is_told_and_one_of_another_cooperative_is_refused(
    loop: Loop, tmp_path: Path
) -> None:
    root = tmp_path / "program"
    shutil.copytree(loop.root, root)
    stranger = root / "corrections" / BLOCKED / "tertukar.xlsx"
    shutil.copyfile(root / "var" / "out" / f"{WARNED}.xlsx", stranger)
    run = run_of(root)
    with Staging.open(run.folder.staging_path(BATCH)) as staging:
        (refused,) = [one for one in apply_returned(staging, run, TODAY) if one.problems]
    assert (refused.cooperative_id, refused.file) == (BLOCKED, "tertukar.xlsx")
    assert refused.problems == [f"Petunjuk!C4: this workbook is of {WARNED}, not of {BLOCKED}."]
    assert not stranger.with_suffix(".yaml").exists()
    status = migrate(root, BATCH, [BLOCKED])
    assert rules(status[BLOCKED])["COR-WAIT-01"] == 1


def test_the_delivery_is_untouched(loop: Loop) -> None:
    assert {str(path): path.read_bytes() for path in (loop.root / "legacy").rglob("*.*")} == loop.delivered


def test_after_the_load_only_held_values_come_in_and_the_rest_is_said_to_be_late(loop: Loop, tmp_path: Path) -> None:
    """A second workbook of the same name adds to the first; what would change the load waits outside."""
    root = tmp_path / "program"
    shutil.copytree(loop.root, root)
    returned = root / "corrections" / WARNED / "kembali.xlsx"
    (root / "corrections" / WARNED / "tangan.yaml").write_text(
        f"cooperative: {WARNED}\ncorrections:\n  - {{action: exclude, table: members, key: T024, reason: keluar,"
        " who: Sekretaris, on: 2026-07-22}\n"
    )
    run = run_of(root)
    with Staging.open(run.folder.staging_path(BATCH)) as staging:
        list(export_all(staging, run, root / "var" / "out2", gate.suites(), TODAY))
    book = openpyxl.load_workbook(root / "var" / "out2" / f"{WARNED}.xlsx")
    page, columns = sheet(book, "Anggota")
    for row in range(HEAD_ROW + 1, page.max_row + 1):
        if page.cell(row, columns["Kolom"]).value == "Tanggal lahir":
            page.cell(row, columns["Tindakan"]).value = "Ubah isi"
            page.cell(row, columns["Perbaikan"]).value = date(1980, 7, 2)
    book.save(returned)
    with Staging.open(run.folder.staging_path(BATCH)) as staging:
        answers = [one for one in apply_returned(staging, run, date(2026, 7, 23)) if one.cooperative_id == WARNED]
    assert not [one.problems for one in answers if one.problems]
    assert sorted(path.name for path in returned.parent.glob("*.yaml")) == [
        "kembali-2.yaml", "kembali.yaml", "tangan.yaml",
    ]  # fmt: skip
    status = migrate(root, BATCH, [WARNED])[WARNED]
    assert (status["state"], rules(status)["COR-LATE-01"]) == ("verified", 1)
    assert status["corrections"]["late"] == 1
    assert "MBR-DAT-01" not in rules(status)
    assert status["rows"]["members"]["promoted"] == loop.after[WARNED]["rows"]["members"]["promoted"]
