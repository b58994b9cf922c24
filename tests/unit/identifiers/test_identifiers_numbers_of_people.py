"""Specification of `nik` and `npwp`. All numbers are invented."""

from datetime import date

import polars as pl
import pytest

from koop_pipeline.identifiers import nik, npwp
from koop_pipeline.identifiers.verbs import look

NIKS = [
    ("5301010101010001", "5301010101010001", None),
    ("5301014101010001", "5301014101010001", None),
    ("53.01.01.710101.0001", "5301017101010001", None),
    ("'5301010101010001'", "5301010101010001", None),
    ("5301 0101 0101 0001", "5301010101010001", None),
    ("5301010101010001'", "5301010101010001", None),
    ("5401010101010001", "5401010101010001", "NIK-04"),
    ("6501010101010001", "6501010101010001", None),
    ("9601010101010001", "9601010101010001", None),
    ("5301013201010001", None, "NIK-01"),
    ("5301014001010001", None, "NIK-01"),
    ("5301017201010001", None, "NIK-01"),
    ("5301018101010001", None, "NIK-01"),
    ("5301010101130001", "5301010101130001", None),
    ("5301010113010001", None, "NIK-01"),
    ("5301010101010000", None, "NIK-03"),
    ("0301010101010001", None, "NIK-01"),
    ("530101010101001", None, "NIK-01"),
    ("53010101010100011", None, "NIK-01"),
    ("ABC", None, "NIK-01"),
    ("3323", None, "NIK-02"),
    ("123456789", None, "NIK-02"),
    ("12345678910", None, "NIK-02"),
    ("1234567890123456", None, "NIK-02"),
    ("1111111111111111", None, "NIK-02"),
    ("tidak ada", None, "NIK-02"),
    ("3.3E+15", None, "NIK-03"),
    ("3,30101E+15", None, "NIK-03"),
    ("5301010101010001.0", None, "NIK-03"),
    ("-", None, None),
    ("0", None, None),
    ("", None, None),
    (None, None, None),
]
NPWPS = [
    ("01.312.166.0-091.000", "0013121660091000", None),
    ("013121660091000", "0013121660091000", None),
    ("13121660091000", "0013121660091000", None),
    ("0013121660091000", "0013121660091000", None),
    ("0013121660091000000000", "0013121660091000", None),
    ("013121660091001", None, "NPW-02"),
    ("01.312.166.1-091.000", None, "NPW-02"),
    ("5301010101010001", "5301010101010001", None),
    ("0913121660091123", "0913121660091123", None),
    ("00.000.000.0-000.000", None, "NPW-01"),
    ("12345", None, "NPW-01"),
    ("-", None, None),
    ("0", None, None),
    (None, None, None),
]


@pytest.mark.parametrize(("text", "value", "fault"), NIKS)
def test_nik_as_delivered(text: str | None, value: str | None, fault: str | None) -> None:
    assert look(text, nik.canonical) == (value, fault)


@pytest.mark.parametrize(("text", "value", "fault"), NPWPS)
def test_npwp_as_delivered(text: str | None, value: str | None, fault: str | None) -> None:
    assert look(text, npwp.canonical) == (value, fault)


def test_birth_date_takes_the_century_from_the_reference_or_from_the_age_at_joining() -> None:
    frame = pl.DataFrame(
        {
            "nik": ["5301014105040001", "5301010105040001", "5301010105600001", "5301010105150001", "5301013102990001"],
            "known": [date(2004, 5, 1), None, None, None, date(1999, 2, 28)],
        }
    )
    born = frame.select(nik.birth_date(pl.col("nik"), pl.col("known"), on=date(2026, 6, 30)).alias("born"))["born"]

    assert born.to_list() == [date(2004, 5, 1), date(2004, 5, 1), date(1960, 5, 1), None, None]


def test_gender_and_region_of_a_nik() -> None:
    frame = pl.DataFrame({"nik": ["5301014105040001", "5371020105040001", None]})

    assert frame.select(nik.gender(pl.col("nik"))).to_series().to_list() == ["female", "male", None]
    assert frame.select(nik.region(pl.col("nik"))).to_series().to_list() == ["53.01.01", "53.71.02", None]
