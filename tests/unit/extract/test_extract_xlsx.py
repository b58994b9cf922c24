"""Workbooks: cells as text, headers of several merged rows, and what is refused."""

import datetime as dt
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract import xlsx_file
from koop_pipeline.program.reading import Reading

HOW = Reading(format="xlsx")


def sheets(**how: object) -> Reading:
    return Reading.model_validate({"format": "xlsx", "sheets": how})


def book(folder: Path, rows: list[list[object]], title: str = "Anggota") -> Path:
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = title
    for row in rows:
        sheet.append(row)
    workbook.save(folder / "kop.xlsx")
    return folder / "kop.xlsx"


def rebuilt(path: Path, part: str, old: bytes, new: bytes) -> Path:
    """The workbook with a change in one part, as another program might have written it."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def read(path: Path, how: Reading = HOW) -> dict[str, tuple[list[str], list[tuple[object, ...]]]]:
    """Columns and rows per sheet; the count must agree each time."""
    found: dict[str, tuple[list[str], list[tuple[object, ...]]]] = {}
    for chunk in xlsx_file.read(path, how):
        found.setdefault(chunk.table, (chunk.columns, []))[1].extend(chunk.frame.rows())
    assert xlsx_file.count(path, how) == {name: len(rows) for name, (_, rows) in found.items()}
    return found


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (150000, "150000"),
        (150000.0, "150000"),
        (74999.99999999907, "74999.99999999907"),
        (3201010101010001, "3201010101010001"),
        (-0.5, "-0.5"),
        (0.0000001, "0.0000001"),
        (dt.date(2026, 6, 30), "2026-06-30"),
        (dt.datetime(2026, 6, 30, 8, 5), "2026-06-30 08:05:00"),
        (dt.time(8, 5), "08:05:00"),
        (dt.timedelta(hours=26, minutes=30), "26:30:00"),
        (True, "TRUE"),
        (False, "FALSE"),
        ("  50.000 ", "  50.000 "),
        ("baris\nbaru _x0041_", "baris\nbaru A"),
        ("'1-1001", "'1-1001"),
    ],
)
def test_cells_become_faithful_text(tmp_path: Path, value: object, text: str) -> None:
    assert read(book(tmp_path, [["no", "x"], [1, value]]))["Anggota"] == (["no", "x"], [(2, "1", text)])


def test_a_number_with_exponent_is_written_out(tmp_path: Path) -> None:
    path = rebuilt(
        book(tmp_path, [["x"], [7]]), "xl/worksheets/sheet1.xml", b"<v>7</v>", b"<v>3.201010101010001E15</v>"
    )
    assert read(path)["Anggota"][1] == [(2, "3201010101010001")]


def test_empty_rows_are_passed_over_and_row_numbers_stay(tmp_path: Path) -> None:
    path = book(tmp_path, [["a", "b"], [None, None], [1, None], ["", ""], [None, 2]])
    assert read(path)["Anggota"][1] == [(3, "1", ""), (5, "", "2")]


def test_a_header_of_several_merged_rows(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Tab 1"
    for cell, value in {
        "A1": "Daftar", "B2": "M-7", "A4": "No", "B4": "Nama", "B5": "Depan", "C5": "Belakang\nsekali", "E5": "Saldo",
        "A6": 1, "B6": "Siti", "C6": "A", "E6": 10, "F6": "catatan", "A8": "JUMLAH", "E8": 10, "A9": "ttd",
    }.items():  # fmt: skip
        sheet[cell] = value
    sheet.merge_cells("A4:A5")
    sheet.merge_cells("B4:C4")
    workbook.save(tmp_path / "kop.xlsx")
    how = sheets(**{"Tab*": {"header": [4, 5], "until": "JUM*", "cells": {"member_no": "B2", "kosong": "D2"}}})
    assert read(tmp_path / "kop.xlsx", how) == {
        "Tab 1": (
            ["No", "Nama Depan", "Nama Belakang sekali", "column_4", "Saldo", "column_6", "member_no", "kosong"],
            [(6, "1", "Siti", "A", "", "10", "catatan", "M-7", "")],
        )
    }


def test_only_named_sheets_are_read_and_empty_sheets_are_no_tables(tmp_path: Path) -> None:
    workbook = Workbook()
    for name in ("Pokok", "Wajib", "Lain"):
        workbook.create_sheet(name).append(["a"])
    workbook["Wajib"].append([1])
    workbook.save(tmp_path / "kop.xlsx")
    assert read(tmp_path / "kop.xlsx") == {
        "Pokok": (["a"], []),
        "Wajib": (["a"], [(2, "1")]),
        "Lain": (["a"], []),
    }
    assert list(read(tmp_path / "kop.xlsx", sheets(Wajib={}, **{"P*": {}}))) == ["Pokok", "Wajib"]
    with pytest.raises(
        DeliveryError, match=r"kop.xlsx has no sheet `Pinjaman`; its sheets are Sheet, Pokok, Wajib, Lain"
    ):
        read(tmp_path / "kop.xlsx", sheets(Pinjaman={}))


def test_a_formula_counts_as_its_saved_value(tmp_path: Path) -> None:
    path = book(tmp_path, [["a", "b"], [1, "=A2+1"]])
    with pytest.raises(DeliveryError, match=r"kop.xlsx, sheet `Anggota`, cell B2: a formula without a saved value"):
        read(path)
    saved = rebuilt(path, "xl/worksheets/sheet1.xml", b"<f>A2+1</f><v />", b"<f>A2+1</f><v>2</v>")
    assert read(saved)["Anggota"][1] == [(2, "1", "2")]


def test_an_error_value_is_refused_where_it_would_be_read(tmp_path: Path) -> None:
    path = book(tmp_path, [["a"], ["#REF!"], ["TOTAL"], ["#N/A"]])
    with pytest.raises(DeliveryError, match=r"sheet `Anggota`, cell A2: the error value #REF!"):
        read(path)
    assert read(book(tmp_path, [["a"], ["x"], ["TOTAL"], ["#N/A"]]), sheets(Anggota={"until": "TOTAL"}))["Anggota"][
        1
    ] == [(2, "x")]


def test_bad_workbooks_are_refused_in_one_sentence(tmp_path: Path) -> None:
    path = book(tmp_path, [["a"], [1]])
    whole = path.read_bytes()
    cases = {
        b"": "is empty",
        whole[: len(whole) // 2]: "is damaged or cut",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest": "protected by a password",
        b"<html><table></table>": "is a web page",
        b"a,b": "is not an Excel workbook",
    }
    for content, message in cases.items():
        path.write_bytes(content)
        with pytest.raises(DeliveryError, match=f"kop.xlsx.*{message}"):
            read(path)
    with pytest.raises(DeliveryError, match=r"none.xlsx cannot be read"):
        read(tmp_path / "none.xlsx")
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("surat.txt", "x")
    with pytest.raises(DeliveryError, match=r"not an Excel workbook"):
        read(path)


def test_a_sheet_without_header_or_cells_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"sheet `Anggota`: there is no header in row 1"):
        read(book(tmp_path, [[], ["x"]]))
    with pytest.raises(DeliveryError, match=r"no sheet with a filled cell"):
        read(book(tmp_path, []))
    with pytest.raises(DeliveryError, match=r"`4B` in the profile's `cells` is no cell"):
        read(book(tmp_path, [["a"]]), sheets(Anggota={"cells": {"x": "4B"}}))
    with pytest.raises(DeliveryError, match=r"has 10,000 columns, more than the 2,000"):
        read(book(tmp_path, [[f"k{n}" for n in range(10_000)], [1]]))


def test_entities_and_huge_parts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = "xl/worksheets/sheet1.xml"
    bomb = b'<!DOCTYPE w [<!ENTITY a "aaaa">]><worksheet'
    path = rebuilt(book(tmp_path, [["a"], [1]]), part, b"<worksheet", bomb)
    with pytest.raises(DeliveryError, match=r"declares XML entities"):
        read(path)
    with pytest.raises(DeliveryError, match=r"declares entities"):
        xlsx_file.count(path, HOW)
    monkeypatch.setattr("koop_pipeline.extract.xlsx_package.MAX_PART_BYTES", 100)
    with pytest.raises(DeliveryError, match=r"kop.xlsx inflates to .* more than"):
        read(book(tmp_path, [["a"], [1]]))


def test_a_cell_of_32767_characters_is_read(tmp_path: Path) -> None:
    assert read(book(tmp_path, [["a"], ["x" * 32_767]]))["Anggota"][1] == [(2, "x" * 32_767)]


def test_a_filled_sheet_that_no_pattern_names_is_unread(tmp_path: Path) -> None:
    """Its place counts all sheets of the workbook; a sheet without a filled cell is no loss."""
    path = book(tmp_path, [["no"], [1]])
    workbook = load_workbook(path)
    workbook.create_sheet("Kosong").column_dimensions["A"].width = 20
    workbook.create_sheet("Mutasi 2601").append(["no"])
    workbook.create_sheet("Siti Aminah")["C7"] = 0
    hidden = workbook.create_sheet("Neraca")
    hidden["A1"] = "kode"
    hidden.sheet_state = "hidden"
    workbook.save(path)
    named = sheets(Anggota={}, **{"Mutasi *": {}})
    assert xlsx_file.unread(path, named) == [(4, "Siti Aminah"), (5, "Neraca")]
    assert xlsx_file.unread(path, sheets(**{"*": {}})) == []
    assert xlsx_file.unread(path, HOW) == []


def test_an_unread_sheet_that_is_damaged_stops_nothing(tmp_path: Path) -> None:
    path = book(tmp_path, [["no"], [1]])
    workbook = load_workbook(path)
    workbook.create_sheet("Rusak")
    workbook.save(path)
    rebuilt(path, "xl/worksheets/sheet2.xml", b"<sheetData", b"<sheetData<")
    assert xlsx_file.unread(path, sheets(Anggota={})) == [(2, "Rusak")]
    assert read(path, sheets(Anggota={}))["Anggota"][1] == [(2, "1")]
