"""Cells as programs store them, one by one; whole workbooks are in test_workbook_read."""

from datetime import date
from typing import Any

import pytest

from koop_pipeline.contracts import TABLES
from koop_pipeline.corrections.workbook.typed import UnreadableCellError, read_all, text_of


def value_of(table: str, column: str, stored: Any) -> str | None:
    """The canonical text of a stored cell; UnreadableCellError or AssertionError where it has none."""
    contract = TABLES[table]
    asked = text_of(contract, contract.column(column), stored, "n" if not isinstance(stored, str) else "s")
    if asked is None:
        return None
    answer = read_all([asked])[asked]
    if answer.fault:
        raise UnreadableCellError(answer.fault)
    return answer.value


@pytest.mark.parametrize(
    ("table", "column", "stored", "value"),
    [
        ("members", "phone", 81234567890, "+6281234567890"),
        ("members", "phone", "0812-3456-7890", "+6281234567890"),
        ("members", "npwp", 13121660091000, "0013121660091000"),
        ("members", "email", " Siti@Example.ORG", "siti@example.org"),
        ("members", "region_code", "537101", "53.71.01"),
        ("members", "full_name", "  Siti   Rekaan ", "Siti Rekaan"),
        ("members", "full_name", "  ", None),
        ("loans", "source_rate", 2.5, "2.5"),
        ("loans", "source_rate", "2,5 %", "2.5"),
        ("loans", "source_rate", 12, "12"),
        ("loans", "tenor", 12.0, "12"),
        ("loans", "tenor", "12", "12"),
        ("accounts", "is_detail", True, "true"),
        ("accounts", "is_detail", "Tidak", "false"),
        ("accounts", "account_code", 1.1, "1.1"),
        ("accounts", "debit", -0.5, "-0.50"),
        ("collaterals", "documents", '["BPKB"]', '["BPKB"]'),
    ],
)
def test_a_stored_cell_becomes_canonical_text(table: str, column: str, stored: Any, value: str | None) -> None:
    assert value_of(table, column, stored) == value


@pytest.mark.parametrize(
    ("table", "column", "stored", "sentence"),
    [
        ("members", "birth_date", 36922, "holds a number where a date is wanted"),
        ("accounts", "account_code", date(2026, 1, 10), "was turned into a date by the spreadsheet"),
        ("loans", "tenor", 12.5, "'12.5' cannot be read as a whole number"),
        ("loans", "tenor", "12 bulan", "'** b***n' cannot be read as a whole number"),
        ("members", "gender", True, "'t**e' is none of: Laki-laki, Perempuan"),
        ("collaterals", "documents", "BPKB", "is not valid JSON"),
        ("members", "phone", "08", "'**' cannot be read as a telephone number"),
        ("members", "nik", 3.3e15, "was typed as a number of 16 digits"),
    ],
)
def test_what_may_not_be_what_was_meant_is_refused(table: str, column: str, stored: Any, sentence: str) -> None:
    with pytest.raises(UnreadableCellError) as caught:
        value_of(table, column, stored)
    assert str(caught.value).lower().startswith(sentence.lower())
