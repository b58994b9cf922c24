"""A small drawn sample of an invented cooperative, its worksheet, and a way to fill it in."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from koop_pipeline.verification.sampling.cover import Cover
from koop_pipeline.verification.sampling.model import Design, Item, Line, Sample
from koop_pipeline.verification.sampling.worksheet import write_worksheet

BATCH = "uji"
COVER = Cover("Program Uji", BATCH, "KSP-UJI", "KSP Uji", date(2026, 6, 30), date(2026, 7, 9), "Dinas Uji")
HUNDRED = Decimal("100000000.00")


def line(token: str, sheet: str, key: str, delivered: str | None, target: str | None, **other: Any) -> Line:
    """A line that compares an amount."""
    amounts = [None if text is None else Decimal(text) for text in (delivered, target)]
    known: dict[str, Any] = {
        "row": 1, "owner": "=Siti Aminah", "delivered_text": delivered or "", "target_text": "",
        "there": target is not None, "state": "carried", "detail": "", "source_file": "legacy/uji/tabungan.csv",
        "source_table": "tabungan", "source_row": 7,
    }  # fmt: skip
    return Line(token, sheet, key, delivered=amounts[0], target=amounts[1], **{**known, **other})


SAVINGS = (
    line("SIM-00001", "Simpanan", "R1", "40000000.00", "40000000.00"),
    line("SIM-00002", "Simpanan", "R2", "400000.00", "400000.00"),
    line("SIM-00003", "Simpanan", "R3", "500000.00", "450000.00", detail=""),
    line("SIM-00004", "Simpanan", "R4", "300000.00", None, state="excluded", detail="MAP-EXCLUDED-01\nbaris uji"),
    line("SIM-00005", "Simpanan", "R5", "200000.00", None, state="lost"),
)
MEMBER = line(
    "AGT-00001", "Anggota", "A1", None, None, delivered_text="NIK: 3.3E+15", target_text="NIK: (kosong)", there=True,
    detail="NIK",
)  # fmt: skip


def sample(*lines: Line, in_target: bool = True) -> Sample:
    """A sample of these lines (default: all above): savings by amount at 95 %, BV 100 m, TE 5 m, and members."""
    drawn = lines or (*SAVINGS, MEMBER)
    money = [each for each in drawn if each.sheet == "Simpanan"]
    rows = [each for each in drawn if each.sheet == "Anggota"]
    items = [Item("savings", each.token, each.delivered, 1, each.token == "SIM-00001") for each in money]
    items += [Item("members", each.token, None, 1, False) for each in rows]
    designs = (
        Design("savings", "monetary", 300, 60, HUNDRED, Decimal("5000000.00"), Decimal("1666666.666667"),
               Decimal("350000.000000"), Decimal(2_100_000_000)),
        Design("members", "random", len(rows), len(rows)),
    )  # fmt: skip
    return Sample("KSP-UJI", "benih", Decimal("0.95"), "5%", in_target, "c0ffee", designs, tuple(items), drawn)


def write(path: Path, drawn: Sample) -> Path:
    """The worksheet as it goes out."""
    write_worksheet(path, COVER, drawn)
    return path


def fill(path: Path, cells: Mapping[str, Mapping[str, Any]]) -> Path:
    """Type into cells, by sheet and place."""
    book = load_workbook(path)
    for sheet, typed in cells.items():
        for place, value in typed.items():
            book[sheet][place] = value
    book.save(path)
    return path
