"""Specification of `rupiah`: what is delivered, under which decimal mark, what it becomes."""

from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.identifiers import rupiah
from koop_pipeline.identifiers.numeral import DecimalMark
from koop_pipeline.identifiers.verbs import look

TABLE: list[tuple[str | None, DecimalMark, str | None, str | None]] = [
    ("1.250.000", ",", "1250000.00", None),
    ("1.250.000,00", ",", "1250000.00", None),
    ("1,250,000.00", ".", "1250000.00", None),
    ("Rp 50.000,-", ",", "50000.00", None),
    ("Rp. 50.000", ",", "50000.00", None),
    ("Rp.50.000,00", ",", "50000.00", None),
    ("Rp.125", ".", "125.00", None),
    ("Rp.-125", ".", "-125.00", None),
    ("IDR 50.000", ",", "50000.00", None),
    ("50.000,-", ",", "50000.00", None),
    ("50.000,-", ".", None, "MNY-01"),
    ("50,000.-", ".", "50000.00", None),
    ("(1.000)", ",", "-1000.00", None),
    ("(Rp 1.000,-)", ",", "-1000.00", None),
    ("Rp (1.000)", ",", "-1000.00", None),
    ("1.000-", ",", "-1000.00", None),
    ("-1.000", ",", "-1000.00", None),
    ("- Rp 1.000", ",", "-1000.00", None),
    ("Rp -1.000", ",", "-1000.00", None),
    ("\u22121.000", ",", "-1000.00", None),
    ("+500", ",", "500.00", None),
    ("-", ",", "0.00", None),
    ("- ", ".", "0.00", None),
    ("nihil", ",", "0.00", None),
    ("NIHIL", ".", "0.00", None),
    ("Rp -", ",", "0.00", None),
    ("'50.000'", ",", "50000.00", None),
    ("'50.000", ",", "50000.00", None),
    ("1 250 000", ",", "1250000.00", None),
    ("Rp\u00a01\u00a0250\u00a0000", ",", "1250000.00", None),
    ("1 5", ",", None, "MNY-01"),
    ("74999.99999999907", ".", "75000.00", "MNY-02"),
    ("74999.99999999907", ",", None, "MNY-01"),
    ("0.0033333", ".", "0.00", "MNY-02"),
    ("0.0033333", ",", None, "MNY-01"),
    ("1.250", ",", "1250.00", None),
    ("1.25", ",", None, "MNY-01"),
    ("0.250", ",", None, "MNY-01"),
    ("1.250", ".", "1.25", None),
    ("1,250", ".", "1250.00", None),
    ("1,25", ".", None, "MNY-01"),
    ("1.005", ".", "1.00", "MNY-02"),
    ("1.015", ".", "1.02", "MNY-02"),
    ("-1.005", ".", "-1.00", "MNY-02"),
    ("1.0050" + "0" * 60 + "1", ".", "1.01", "MNY-02"),
    ("1.5E+06", ".", None, "MNY-01"),
    ("1,5E+06", ",", None, "MNY-01"),
    ("-999999999999999,99", ",", "-999999999999999.99", None),
    ("999999999999999,995", ",", None, "MNY-01"),
    ("1000000000000000", ",", None, "MNY-01"),
    ("5301234567890123", ",", None, "MNY-01"),
    ("10000000000000000", ",", None, "MNY-01"),
    ("16777217", ",", "16777217.00", None),
    ("--5", ",", None, "MNY-01"),
    ("-5-", ",", None, "MNY-01"),
    ("(-5)", ",", None, "MNY-01"),
    ("(5", ",", None, "MNY-01"),
    ("50.000,--", ",", None, "MNY-01"),
    ("50.000,", ",", None, "MNY-01"),
    ("lima ribu", ",", None, "MNY-01"),
    ("Rp", ",", None, "MNY-01"),
    (",5", ",", "0.50", None),
    ("", ",", None, None),
    ("  \u00a0", ",", None, None),
    (None, ",", None, None),
]


@pytest.mark.parametrize(("text", "decimal", "value", "fault"), TABLE)
def test_amounts_as_delivered(text: str | None, decimal: DecimalMark, value: str | None, fault: str | None) -> None:
    amount = None if value is None else Decimal(value)

    assert look(text, lambda expr: rupiah.canonical(expr, decimal=decimal)) == (amount, fault)


def test_the_type_is_decimal_18_2_and_never_a_float() -> None:
    schema = pl.select(rupiah.canonical(pl.lit("5")).alias("v")).unnest("v").schema

    assert schema == {"value": pl.Decimal(18, 2), "fault": pl.String}


def test_format_writes_it_as_indonesians_do() -> None:
    assert rupiah.format("(1.250.000,50)") == "-Rp 1.250.000,50"
