"""Specification: each dirt of domain.md section 1 beside what it becomes. All numbers are invented."""

from collections.abc import Callable
from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.identifiers import cooperative_nik, kbli, nib, nik, npwp, person_name, phone, region
from koop_pipeline.identifiers.verbs import look

Canonical = Callable[[pl.Expr], pl.Expr]
Row = tuple[str, str | None, str | None]

NIKS: list[Row] = [
    ("5301010101010000", None, "NIK-03"),
    ("5301014101010000", None, "NIK-03"),
    ("53.01.01.010101.0000", None, "NIK-03"),
    ("9101010101010000", None, "NIK-03"),
    ("5301010101010010", "5301010101010010", None),
    ("5301013201010000", None, "NIK-01"),
    ("3.3E+15", None, "NIK-03"),
    ("3,3E+15", None, "NIK-03"),
    ("5.30101E15", None, "NIK-03"),
    ("5,30101010101E+15", None, "NIK-03"),
    ("5301010101010001.00", None, "NIK-03"),
    ("5301010101010001,0", None, "NIK-03"),
    ("###########", None, "NIK-03"),
    ("5.301.010.101.010.001", "5301010101010001", None),
    ("'5301010101010001", "5301010101010001", None),
    ("5301010101010001`", "5301010101010001", None),
    ("\u20195301010101010001", "5301010101010001", None),
    ("\u00a05301010101010001\u00a0", "5301010101010001", None),
    ("'3323", None, "NIK-02"),
    ("123", None, "NIK-02"),
    ("xxx", None, "NIK-02"),
    ("belum ada", None, "NIK-02"),
    ("'-", None, None),
    ("00123", None, "NIK-01"),
    ("A-0012", None, "NIK-01"),
    ("5301 0101 0101 000", None, "NIK-01"),
    ("53010101010100011", None, "NIK-01"),
    ("5301010101010001/2", None, "NIK-01"),
    ("5401010101010001", "5401010101010001", "NIK-04"),
    ("5301990101010001", "5301990101010001", None),
]
NPWPS: list[Row] = [
    ("01.312.166.0-091.000", "0013121660091000", None),
    ("01.312.166.0.091.000", "0013121660091000", None),
    ("1.312.166.0-091.000", "0013121660091000", None),
    ("13121660091000", "0013121660091000", None),
    ("13121661091000", None, "NPW-02"),
    ("13121660091001", None, "NPW-02"),
    ("013121660091001", None, "NPW-02"),
    ("013121661091000", None, "NPW-02"),
    ("013121661091001", None, "NPW-02"),
    ("0013121660091001", None, "NPW-02"),
    ("0013121661091001", "0013121661091001", None),
    ("0013 1216 6009 1000", "0013121660091000", None),
    ("0013121660091000.000000", "0013121660091000", None),
    ("5301010101010001000000", "5301010101010001", None),
    ("013121660091000000000", None, "NPW-01"),
    ("5301010101010000", None, "NPW-02"),
    ("13121660091000.0", None, "NPW-01"),
    ("13121660091000.00", None, "NPW-01"),
    ("131216600910.00", None, "NPW-01"),
    ("1.3E+13", None, "NPW-01"),
    ("1312166009100", None, "NPW-01"),
    ("99.999.999.9-999.999", None, "NPW-01"),
]
PHONES: list[Row] = [
    ("8123456789", "+628123456789", None),
    ("62 812 3456 7890", "+6281234567890", None),
    ("+62-0812-3456-7890", "+6281234567890", None),
    ("(+62) 812-3456-7890", "+6281234567890", None),
    ("0062 812 3456 7890", "+6281234567890", None),
    ("(0353) 886 039", "+62353886039", None),
    ("0812.3456.7890", "+6281234567890", None),
    ("62 812", None, "PHN-01"),
    ("8123...", None, "PHN-01"),
    ("08", None, "PHN-01"),
    ("8.12E+10", None, "PHN-01"),
    ("8123456789.00", None, "PHN-01"),
    ("0812345678901", "+62812345678901", None),
    ("08123456789012", None, "PHN-01"),
    ("081234567890 (Budi)", None, "PHN-01"),
    ("-", None, None),
    ("0", None, None),
]
REGIONS: list[Row] = [
    ("54", "54", "RGN-02"),
    ("54.01.02", "54.01.02", "RGN-02"),
    ("91.71", "91.71", None),
    ("91.01.01", "91.01.01", "RGN-02"),
    ("93.01.01", "93.01.01", None),
    ("5371 01", "53.71.01", None),
    ("5371010", None, "RGN-01"),
    ("53.71.1", None, "RGN-01"),
    ("0", None, None),
]
OTHERS: list[tuple[Canonical, Row]] = [
    (nib.canonical, ("1234 5678 9012 3", "1234567890123", None)),
    (nib.canonical, ("1.23457E+12", None, "NIB-01")),
    (nib.canonical, ("12345678901.00", None, "NIB-01")),
    (nib.canonical, ("0000000000000", None, "NIB-01")),
    (cooperative_nik.canonical, ("5371010000001.0", None, "CNK-01")),
    (cooperative_nik.canonical, ("53710100.00", None, "CNK-01")),
    *((kbli.canonical, (code, code, None)) for code in [*(f"6414{n}" for n in range(1, 9)), "64191", "47111"]),
    (kbli.canonical, ("64141.0", None, "KBL-01")),
    (kbli.canonical, ("641411", None, "KBL-01")),
    (person_name.canonical, (r"Ma\'arif", "Ma'arif", None)),
    (person_name.canonical, ("Ma\\\\'arif", "Ma'arif", None)),
    (person_name.canonical, ("HJ. SITI  AMINAH", "HJ. SITI AMINAH", None)),
    (person_name.canonical, ("MUHAMMAD ABDURRAHMAN", "MUHAMMAD ABDURRAHMAN", None)),
    (person_name.canonical, ("SITI \u00a0AMINAH\u200b ,\tS.Kom", "SITI AMINAH , S.Kom", None)),
    (person_name.canonical, ("-", None, "NAM-01")),
]
TABLE: list[tuple[Canonical, Row]] = [
    *((nik.canonical, row) for row in NIKS),
    *((npwp.canonical, row) for row in NPWPS),
    *((phone.canonical, row) for row in PHONES),
    *((region.canonical, row) for row in REGIONS),
    *OTHERS,
]


@pytest.mark.parametrize(("canonical", "row"), TABLE)
def test_dirt_becomes(canonical: Canonical, row: Row) -> None:
    text, value, fault = row

    assert look(text, canonical) == (value, fault)


@pytest.mark.parametrize("serial", range(1, 10))
def test_a_nik_whose_16th_digit_a_spreadsheet_made_0_is_recognised_by_its_serial(serial: int) -> None:
    number = f"530101010101{serial:04}"

    assert look(number, nik.canonical) == (number, None)
    assert look(number[:15] + "0", nik.canonical) == (None, "NIK-03")


@pytest.mark.parametrize(
    ("issued", "delivered"),
    [
        ("5301010101010012", f"{Decimal('5301010101010012'):.14E}"),
        ("5301010101010008", f"{Decimal('5301010101010008'):.14E}"),
        ("9601010101010003", str(Decimal(float("9601010101010003")))),
    ],
)
def test_damage_that_leaves_a_possible_nik_cannot_be_told(issued: str, delivered: str) -> None:
    written = f"{Decimal(delivered):.0f}"

    assert written != issued
    assert look(written, nik.canonical) == (written, None)


def test_kbli_keeps_what_each_code_of_2020_stood_for() -> None:
    codes = [f"6414{n}" for n in range(1, 9)]
    in_2025 = pl.select(kbli.in_2025(pl.lit(pl.Series(codes)))).to_series().to_list()

    assert [kbli.format(code) for code in codes] == [
        "64141 KSP primer",
        "64142 USP koperasi primer",
        "64143 KSP sekunder",
        "64144 USP koperasi sekunder",
        "64145 KSPPS primer",
        "64146 USPPS koperasi primer",
        "64147 KSPPS sekunder",
        "64148 USPPS koperasi sekunder",
    ]
    assert in_2025 == ["64191"] * 4 + [None] * 4


def test_a_region_is_written_with_its_name_also_a_retired_one() -> None:
    assert region.format("53.71") == "53.71 Kota Kupang"
    assert region.format("54") == "54 Timor Timur"
    assert region.format("53.99") == "53.99"
