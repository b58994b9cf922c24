"""Suggestions: only where a text can be read in one way."""

import polars as pl
import pytest

from koop_pipeline.contracts import TABLES
from koop_pipeline.corrections.workbook.suggestions import with_suggestions

SCHEMA = {
    "column_name": pl.String(), "rules": pl.List(pl.String()), "mapped": pl.String(),
    "corrected": pl.List(pl.String()), "nearest": pl.String(),
}  # fmt: skip


def suggestion(
    table: str,
    column: str | None,
    rule: str,
    text: str | None,
    *,
    corrected: list[str | None] | None = None,
    nearest: str | None = None,
) -> str | None:
    row = {"column_name": column, "rules": [rule], "mapped": text, "corrected": corrected, "nearest": nearest}
    found: str | None = with_suggestions(TABLES[table], pl.DataFrame([row], schema=SCHEMA))["suggestion"][0]
    return found


@pytest.mark.parametrize(
    ("table", "column", "rule", "text", "value"),
    [
        ("members", "gender", "MBR-ENM-01", "Laki laki", "male"),
        ("members", "gender", "MBR-ENM-01", "Wanita", "female"),
        ("members", "gender", "MBR-ENM-01", "X", None),
        ("members", "status", "MBR-ENM-01", "Aktiv", "active"),
        ("members", "status", "MBR-ENM-01", "Pensiun", None),
        ("members", "birth_date", "MBR-DAT-01", "08/30/1995", "1995-08-30"),
        ("members", "birth_date", "MBR-DAT-01", "Cirebon, 10 Mei 2001", "2001-05-10"),
        ("members", "birth_date", "MBR-DAT-01", "Cirebon, 10 Mei 200", None),
        ("members", "birth_date", "MBR-DAT-01", "31/02/2001", None),
        ("members", "birth_date", "MBR-DAT-02", "Desember 2018", None),
        ("members", "birth_date", "MBR-DAT-03", "0064-01-01", None),
        # a rule about a date that can be read says nothing about how to read it
        ("members", "birth_date", "MBR-BIR-02", "03/04/2025", None),
        ("members", "phone", "MBR-PHN-01", "HP 0812-3456-7890", "+6281234567890"),
        ("members", "phone", "MBR-PHN-01", "081234567890 / 081298765432", None),
        ("members", "phone", "MBR-PHN-01", "08", None),
        ("members", "npwp", "MBR-NPW-01", "NPWP: 01.312.166.0-091.000", "0013121660091000"),
        ("members", "npwp", "MBR-NPW-02", "01.312.166.0-091.001", None),
        ("members", "nik", "MBR-NIK-01", "KTP 5301014101010001", "5301014101010001"),
        ("members", "nik", "MBR-NIK-01", "530101410101001", None),
        ("members", "nik", "MBR-NIK-03", "5.30101410101E+15", None),
        ("members", "nik", "MBR-NIK-07", "5301014101010001", None),
        ("loans", "principal", "LON-MNY-01", "1,250,000.50", "1250000.50"),
        ("loans", "principal", "LON-MNY-01", "1.25", None),
        ("loans", "principal", "LON-MNY-01", "sejuta", None),
        ("members", None, "MAP-EXPR-01", None, None),
    ],
)
def test_a_suggestion_or_none(table: str, column: str | None, rule: str, text: str | None, value: str | None) -> None:
    assert suggestion(table, column, rule, text) == value


def test_a_reference_gets_the_only_key_that_is_near() -> None:
    assert suggestion("savings_accounts", "member_no", "SAV-REF-01", "187", nearest="00187") == "00187"
    assert suggestion("savings_accounts", "member_no", "SAV-REQ-02", None, nearest="00187") is None


def test_a_cell_that_was_corrected_already_gets_none() -> None:
    assert suggestion("members", "gender", "MBR-ENM-01", "Wanita", corrected=["pria"]) is None
