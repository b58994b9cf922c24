"""Specification of `angka`: rates and counts."""

from decimal import Decimal

import pytest

from koop_pipeline.identifiers import angka
from koop_pipeline.identifiers.numeral import DecimalMark
from koop_pipeline.identifiers.verbs import look

RATES: list[tuple[str, DecimalMark, str | None, str | None]] = [
    ("2,5 %", ",", "2.5", None),
    ("2,24%", ",", "2.24", None),
    ("2.24", ".", "2.24", None),
    ("2.24", ",", None, "NUM-01"),
    ("18", ",", "18", None),
    ("-2,5", ",", "-2.5", None),
    ("0.16666666667", ".", "0.166667", None),
    ("0.0000005", ".", "0", None),
    ("0.0000015", ".", "0.000002", None),
    ("999999", ",", "999999", None),
    ("1000000", ",", None, "NUM-01"),
    ("-", ",", None, None),
    ("nihil", ",", "0", None),
    ("", ",", None, None),
    ("dua", ",", None, "NUM-01"),
    ("Rp 5", ",", None, "NUM-01"),
]
COUNTS: list[tuple[str, DecimalMark, int | None, str | None]] = [
    ("12", ",", 12, None),
    ("12,0", ",", 12, None),
    ("12.0", ".", 12, None),
    ("12,5", ",", None, "NUM-01"),
    ("12.5", ".", None, "NUM-01"),
    ("12 bulan", ",", None, "NUM-01"),
    ("12 %", ",", None, "NUM-01"),
    ("1.000", ",", 1000, None),
    ("2147483647", ",", 2147483647, None),
    ("2147483648", ",", None, "NUM-01"),
    ("-", ",", None, None),
]


@pytest.mark.parametrize(("text", "decimal", "value", "fault"), RATES)
def test_rates(text: str, decimal: DecimalMark, value: str | None, fault: str | None) -> None:
    rate = None if value is None else Decimal(value)

    assert look(text, lambda expr: angka.canonical(expr, decimal=decimal)) == (rate, fault)


@pytest.mark.parametrize(("text", "decimal", "value", "fault"), COUNTS)
def test_counts(text: str, decimal: DecimalMark, value: int | None, fault: str | None) -> None:
    assert look(text, lambda expr: angka.canonical_integer(expr, decimal=decimal)) == (value, fault)
