"""A sheet of a workbook that the profile does not name is told like a file that nothing reads (law 1)."""

from pathlib import Path

import openpyxl
from small_program import BATCH, run_steps

from koop_pipeline.mapping.inventory import take

PROFILE = """profile: buku
reads: {format: xlsx, sheets: {simpanan: {}}}
savings_accounts: {from: simpanan, columns: {account_no: rek, balance: saldo}}
"""


def test_a_sheet_left_behind_is_a_finding_that_names_nobody(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "simpanan"
    for row in (["rek", "saldo"], ["A", 1000]):
        sheet.append(row)
    book.create_sheet("Kosong")
    book.create_sheet("Siti Aminah").append(["B", 250000])
    (tmp_path / "legacy").mkdir()
    book.save(tmp_path / "legacy" / "buku.xlsx")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "buku.yaml").write_text(PROFILE)
    (tmp_path / "batches").mkdir()
    one = "{id: KSP-A, name: A, profile: buku, source: legacy/buku.xlsx}"
    (tmp_path / "batches" / f"{BATCH}.yaml").write_text(
        f"batch: {BATCH}\ncutoff_on: 2026-06-30\ncooperatives: [{one}]\n"
    )
    (tmp_path / "program.yaml").write_text("program: uji\nname: Uji\n")
    place = "legacy/buku.xlsx, sheet 3 (S**i A****h)"
    with run_steps(tmp_path) as outcome:
        found = outcome.rows("SELECT rule, source_file, note FROM raw.failures")
        assert found == [
            ("EXT-UNREAD-01", place, f"{place}: no 'reads' of the profile matches this sheet; it was not read")
        ]
        assert outcome.rows("SELECT account_no, balance::VARCHAR FROM cleaned.savings_accounts") == [("A", "1000.00")]
        (record,) = take(outcome.staging, outcome.run)
    assert record["unread"] == [place]
