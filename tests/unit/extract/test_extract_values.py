"""Numbers, moments and bytes as text."""

import datetime as dt
from decimal import Decimal

import pytest

from koop_pipeline.extract.values import duration_text, text_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("  x ", "  x "),
        (150000.0, "150000"),
        (74999.99999999907, "74999.99999999907"),
        (3201010101010001.0, "3201010101010001"),
        (0.0033333, "0.0033333"),
        (1e-7, "0.0000001"),
        (-0.0, "0"),
        (True, "TRUE"),
        (Decimal("1250000.50"), "1250000.50"),
        (Decimal("1E+6"), "1000000"),
        (b"\x00\xff", "00ff"),
        (dt.date(2026, 6, 30), "2026-06-30"),
        (dt.datetime(2026, 6, 30, 8, 5), "2026-06-30 08:05:00"),
        (dt.timedelta(hours=26, minutes=30), "26:30:00"),
    ],
)
def test_values_become_faithful_text(value: object, text: str | None) -> None:
    assert text_of(value) == text


def test_a_negative_duration_keeps_its_sign() -> None:
    assert duration_text(dt.timedelta(minutes=-90)) == "-01:30:00"
