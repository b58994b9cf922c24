"""A number that the source itself stores as a number means the same under either decimal mark (law 2)."""

import sqlite3
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from small_program import run_steps

BATCH = "batch: uji\ncutoff_on: 2026-06-30\ncooperatives:\n"
PROFILE = """profile: {name}
reads: {{format: {format}}}
decimal: "{mark}"
savings_accounts:
  from: simpanan
  columns: {{account_no: rek, member_no: no, product_code: jenis, annual_rate: bunga, balance: saldo}}
controls:
  savings: select sum(rupiah(saldo)) from simpanan
"""
STORED = [("A", 640.125, 1.125), ("B", 1250000.5, 2.0), ("C", 74999.99999999907, 0.0), ("D", 500000.0, 1.5)]
DUMP = """CREATE TABLE `simpanan` (`rek` varchar(9), `no` int, `jenis` varchar(9), `bunga` decimal(8,3),
  `saldo` decimal(18,3));
INSERT INTO `simpanan` VALUES {rows};
"""


def sqlite_file(path: Path) -> None:
    """A table with REAL columns."""
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE simpanan (rek TEXT, no TEXT, jenis TEXT, bunga REAL, saldo REAL)")
        database.executemany(
            "INSERT INTO simpanan VALUES (?, '1', 'S', ?, ?)", [(key, rate, balance) for key, balance, rate in STORED]
        )
    database.close()


def workbook(path: Path) -> None:
    """A sheet with numeric cells."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "simpanan"
    sheet.append(["rek", "no", "jenis", "bunga", "saldo"])
    for key, balance, rate in STORED:
        sheet.append([key, "1", "S", rate, balance])
    book.save(path)


def dump(path: Path) -> None:
    """Numbers without quotes."""
    path.write_text(
        DUMP.format(rows=", ".join(f"('{key}', 1, 'S', {rate}, {balance})" for key, balance, rate in STORED))
    )


@pytest.mark.parametrize("mark", [",", "."])
def test_stored_numbers_are_exact_under_either_mark(tmp_path: Path, mark: str) -> None:
    lines = []
    for name, ending, write in (("sqlite", "db", sqlite_file), ("xlsx", "xlsx", workbook), ("mysql_dump", "sql", dump)):
        folder = tmp_path / "legacy" / name
        folder.mkdir(parents=True)
        write(folder / f"data.{ending}")
        (tmp_path / "mappings").mkdir(exist_ok=True)
        (tmp_path / "mappings" / f"{name}.yaml").write_text(PROFILE.format(name=name, format=name, mark=mark))
        lines.append(f"  - {{id: {name}, name: {name}, profile: {name}, source: legacy/{name}}}\n")
    (tmp_path / "batches").mkdir()
    (tmp_path / "batches" / "uji.yaml").write_text(BATCH + "".join(lines))
    (tmp_path / "program.yaml").write_text("program: uji\nname: Uji\n")
    with run_steps(tmp_path) as outcome:
        for name in ("sqlite", "xlsx", "mysql_dump"):
            rows = outcome.rows(
                "SELECT account_no, balance, annual_rate FROM cleaned.savings_accounts"
                " WHERE cooperative_id = ? ORDER BY 1",
                [name],
            )
            assert rows == [
                ("A", Decimal("640.12"), Decimal("1.125000")),
                ("B", Decimal("1250000.50"), Decimal("2.000000")),
                ("C", Decimal("75000.00"), Decimal("0.000000")),
                ("D", Decimal("500000.00"), Decimal("1.500000")),
            ], name
            rounded = [(row[3], row[4]) for row in outcome.failures("cleaned", name)]
            texts = [text.replace(".", mark) for text in ("640.125", "74999.99999999907")]
            assert rounded == [("SAV-MNY-02", text) for text in texts], name
            total = outcome.rows("SELECT delivered FROM mapped.controls WHERE cooperative_id = ?", [name])
            assert total == [(Decimal("1825640.62"),)], name
