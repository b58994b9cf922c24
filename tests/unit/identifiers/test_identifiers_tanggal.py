"""Specification of `tanggal`: what is delivered, under which order, which day it is."""

from datetime import date

import pytest

from koop_pipeline.identifiers import tanggal
from koop_pipeline.identifiers.tanggal import DateOrder
from koop_pipeline.identifiers.verbs import look

TABLE: list[tuple[str | None, DateOrder, str | None, str | None]] = [
    ("2024-01-31", "dmy", "2024-01-31", None),
    ("2024-02-01", "mdy", "2024-02-01", None),
    ("2024-01-31 00:00:00", "dmy", "2024-01-31", None),
    ("2024-01-31T10:11:12.5Z", "mdy", "2024-01-31", None),
    ("2024/1/5", "dmy", "2024-01-05", None),
    ("17/12/2018", "dmy", "2018-12-17", None),
    ("17-12-2018", "dmy", "2018-12-17", None),
    ("17.12.2018", "dmy", "2018-12-17", None),
    ("17/12/2018 14:30", "dmy", "2018-12-17", None),
    ("'17/12/2018'", "dmy", "2018-12-17", None),
    ("08/30/1995", "mdy", "1995-08-30", None),
    ("8/30/1995 2:05:00 PM", "mdy", "1995-08-30", None),
    ("08/30/1995", "dmy", None, "DAT-01"),
    ("01/02/2003", "dmy", "2003-02-01", None),
    ("01/02/2003", "mdy", "2003-01-02", None),
    ("01/02/2003", "ymd", None, "DAT-01"),
    ("17/12/30", "dmy", "2030-12-17", None),
    ("17/12/31", "dmy", "1931-12-17", None),
    ("29/02/68", "dmy", "1968-02-29", None),
    ("29/02/66", "dmy", None, "DAT-01"),
    ("03-02-01", "ymd", "2003-02-01", None),
    ("20240131", "ymd", "2024-01-31", None),
    ("31012024", "dmy", "2024-01-31", None),
    ("20240131", "dmy", None, "DAT-01"),
    ("1 Januari 2001", "dmy", "2001-01-01", None),
    ("1 Jan 2001", "ymd", "2001-01-01", None),
    ("01-JAN-01", "dmy", "2001-01-01", None),
    ("5 Peb 1980", "dmy", "1980-02-05", None),
    ("5 Pebruari 1980", "dmy", "1980-02-05", None),
    ("5 Mrt 1980", "dmy", "1980-03-05", None),
    ("5 Mei '80", "dmy", "1980-05-05", None),
    ("5 Juni 1980", "dmy", "1980-06-05", None),
    ("5 Juli 1980", "dmy", "1980-07-05", None),
    ("5 Agt 1980", "dmy", "1980-08-05", None),
    ("5 Agust 1980", "dmy", "1980-08-05", None),
    ("5 Sept 1980", "dmy", "1980-09-05", None),
    ("5 Okt 1980", "dmy", "1980-10-05", None),
    ("5 Nopember 1980", "dmy", "1980-11-05", None),
    ("5 Des 1980", "dmy", "1980-12-05", None),
    ("December 5, 1980", "dmy", "1980-12-05", None),
    ("Agust'23", "dmy", None, "DAT-02"),
    ("Juli", "dmy", None, "DAT-02"),
    ("Desember 2018", "dmy", None, "DAT-02"),
    ("2018", "dmy", None, "DAT-02"),
    ("12/2018", "dmy", None, "DAT-02"),
    ("2018-00-00", "dmy", None, "DAT-02"),
    ("0000-00-00", "dmy", None, None),
    ("0000-00-00 00:00:00", "dmy", None, None),
    ("00/00/0000", "dmy", None, None),
    ("-", "dmy", None, None),
    ("", "dmy", None, None),
    (None, "dmy", None, None),
    ("0006-01-01", "dmy", None, "DAT-03"),
    ("01/01/0064", "dmy", None, "DAT-03"),
    ("5 Mei 0966", "dmy", None, "DAT-03"),
    ("31/12/1899", "dmy", None, "DAT-03"),
    ("01/01/1900", "dmy", "1900-01-01", None),
    ("31/12/2100", "dmy", "2100-12-31", None),
    ("01/01/2101", "dmy", None, "DAT-03"),
    ("31/02/2020", "dmy", None, "DAT-01"),
    ("29/02/2100", "dmy", None, "DAT-01"),
    ("29/02/2000", "dmy", "2000-02-29", None),
    ("36892", "dmy", None, "DAT-01"),
    ("Cirebon, 10 Mei 200", "dmy", None, "DAT-01"),
    ("Cirebon, 10 Mei 2001", "dmy", None, "DAT-01"),
    ("1 Janruari 2001", "dmy", None, "DAT-01"),
]
SERIALS = [
    ("36892", "2001-01-01"),
    ("36892.75", "2001-01-01"),
    ("45657", "2024-12-31"),
    ("60001", None),
    ("2018", None),
]


@pytest.mark.parametrize(("text", "dates", "day", "fault"), TABLE)
def test_dates_as_delivered(text: str | None, dates: DateOrder, day: str | None, fault: str | None) -> None:
    value = None if day is None else date.fromisoformat(day)

    assert look(text, lambda expr: tanggal.canonical(expr, dates=dates)) == (value, fault)


@pytest.mark.parametrize(("text", "day"), SERIALS)
def test_spreadsheet_serials_only_where_allowed(text: str, day: str | None) -> None:
    value, _ = look(text, lambda expr: tanggal.canonical(expr, serials=True))

    assert value == (None if day is None else date.fromisoformat(day))


def test_format_writes_the_month_in_indonesian() -> None:
    assert tanggal.format("17/08/1945") == "17 Agustus 1945"
