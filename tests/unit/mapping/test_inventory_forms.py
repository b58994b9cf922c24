"""What one cell looks like, told without its column; and that its shape never shows its content."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koop_pipeline.mapping import cell_forms
from koop_pipeline.mapping.column_profile import shape

FORM = f"SELECT {cell_forms.form_of('b')} FROM (SELECT {cell_forms.bared('c')} AS b FROM (SELECT ?::VARCHAR AS c))"


def form(cell: str) -> str:
    """The form that DuckDB tells of one cell."""
    row = duckdb.execute(FORM, [cell]).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Siti Aminah", "text"),
        ("POKOK", "word"),
        ("R-001", "code"),
        ("1.1.1.10", "code"),
        ("53.71.01", "code"),
        ("11.01.02", "code"),
        ("1-1001", "code"),
        ("siti@example.org", "email"),
        ("hash:" + "0f" * 32, "secret"),
        # numbers
        ("0", "zero"),
        ("250000", "whole"),
        ("-250000", "whole"),
        ("1.250.000", "comma_decimal"),
        ("1.250.000,50", "comma_decimal"),
        ("2,5", "comma_decimal"),
        ("1,250,000.00", "point_decimal"),
        ("74999.99999999907", "point_decimal"),
        ("1.250", "point_group"),
        ("1,250", "comma_group"),
        ("Rp 50.000,-", "written"),
        ("(1.000)", "written"),
        ("12.345.678.901", "long_amount"),
        # dates
        ("2026-06-30", "date_ymd"),
        ("2026-06-30 00:00:00", "date_ymd"),
        ("17/12/2018", "date_dmy"),
        ("08/30/1995", "date_mdy"),
        ("05/06/2020", "date"),
        ("17 Desember 2018", "date_words"),
        ("Agust'23", "code"),
        ("20181217", "compact_date"),
        ("0006-01-01", "bad_date"),
        ("31/13/2020", "bad_date"),
        ("0000-00-00", "zero_date"),
        ("0000-00-00 00:00:00", "zero_date"),
        # people
        ("5301011203900001", "sixteen"),
        ("'5301011203900001", "sixteen"),
        ("081234567890", "phone"),
        ("+6281234567890", "phone"),
        ("+62-812-3456-7890", "phone"),
        ("(0380) 881234", "phone"),
        ("8123456789", "long_digits"),
        ("8123456789.0", "long_digits"),
        ("5301011203900001.0", "long_digits"),
        ("530101120390000", "long_digits"),
        ("007", "leading_zero"),
        # damage and nothing
        ("#N/A", "excel_error"),
        ("#REF!", "excel_error"),
        ("#DIV/0!", "excel_error"),
        ("3.3E+15", "exponent"),
        ("5,30101E+15", "exponent"),
        ("1E5", "code"),
        ("-", "dash"),
        ("Nihil", "dash"),
        ("n/a", "placeholder"),
        ("Tidak Ada", "placeholder"),
        ("  ", "blank"),
        ("''", "blank"),
    ],
)
def test_a_cell_has_one_form(cell: str, expected: str) -> None:
    assert form(cell) == expected


@pytest.mark.parametrize(
    ("cell", "broken"),
    [("D\ufffdsir\ufffde", True), ("DÃ©sirÃ©e", True), ("Désirée", False), ("JOÃO", False), ("Siti", False)],
)
def test_lost_letters_are_told_from_foreign_ones(cell: str, broken: bool) -> None:
    row = duckdb.execute(f"SELECT {cell_forms.is_broken('c')} FROM (SELECT ?::VARCHAR AS c)", [cell]).fetchone()
    assert row == (broken,)


@given(st.text())
def test_every_text_has_a_known_form(cell: str) -> None:
    known = {name for own, also in cell_forms.FAMILIES.values() for name in (*own, *also)}
    assert form(cell.replace("\x00", "")) in {*known, *cell_forms.DAMAGED, *cell_forms.NOTHING, "blank"}


@given(st.text(max_size=60))
def test_a_shape_keeps_no_letter_and_no_digit(text: str) -> None:
    drawn = shape(text)
    assert {letter for letter in drawn if letter.isalnum()} <= {"a", "A", "9"}
    assert drawn.isascii()
    assert len(drawn) <= 33


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Siti Aminah, S.Kom", "Aaaa Aaaaaa, A.Aaa"),
        ("9.999.999,00", "9.999.999,99"),
        ("17/12/2018", "99/99/9999"),
        ("Désirée\u00a0\u0663\u5f20", "Aaaaaaa_9a"),
        ("x" * 31, "a" * 30 + "..."),
    ],
)
def test_a_shape_shows_the_form(text: str, expected: str) -> None:
    assert shape(text) == expected
