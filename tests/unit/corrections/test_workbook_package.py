"""What is refused before or while a file from outside is read: bombs, entities, other files, sheets without end."""

import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest
from invented_workbook import write

from koop_pipeline.corrections.workbook.read import read_workbook
from koop_pipeline.corrections.workbook.statements import Returned
from koop_pipeline.errors import DeliveryError


def read(path: Path) -> Returned:
    return read_workbook(path, "KSP-UJI", date(2026, 7, 9), "Ketua KSP Uji")


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """The workbook as it goes out."""
    return write(tmp_path)


def with_part(workbook: Path, part: str, content: bytes) -> Path:
    """The workbook with one part replaced."""
    changed = workbook.with_name("changed.xlsx")
    with zipfile.ZipFile(workbook) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
        if part not in old.namelist():
            new.writestr(part, content)
    return changed


def test_entities_are_refused(workbook: Path) -> None:
    bomb = b'<?xml version="1.0"?>' + b" " * 2_000_000 + b'<!DOCTYPE w [<!ENTITY a "aaaa">]><workbook>&a;</workbook>'
    with pytest.raises(DeliveryError, match=r"^changed\.xlsx declares XML entities"):
        read(with_part(workbook, "xl/workbook.xml", bomb))
    with pytest.raises(DeliveryError, match=r"^changed\.xlsx declares XML entities"):
        read(with_part(workbook, "xl/workbook.xml", '<!DOCTYPE w [<!ENTITY a "a">]><w/>'.encode("utf-16")))


def test_a_zip_bomb_is_refused_before_it_is_opened(workbook: Path) -> None:
    with pytest.raises(DeliveryError, match=r"inflates to 6\d\d MB in \d+ parts, more than is read"):
        read(with_part(workbook, "xl/media/image.bin", bytes(600 << 20)))


@pytest.mark.parametrize("tag", [b"<row/>", b"<row >", b'<x:row r="1"/>', b"<row\n/>", b"<row><c/></row>"])
def test_too_many_rows_are_refused_before_the_sheet_is_read(workbook: Path, tag: bytes) -> None:
    part = "xl/worksheets/sheet2.xml"
    with pytest.raises(DeliveryError, match=r"^changed\.xlsx has more than 200,000 rows on a sheet"):
        read(with_part(workbook, part, b"<worksheet>" + tag * 200_001))
    with pytest.raises(DeliveryError, match=r"is damaged or cut"):
        read(with_part(workbook, part, b"<worksheet>" + tag * 200_000))


def test_a_row_beyond_every_sheet_is_refused(workbook: Path) -> None:
    with zipfile.ZipFile(workbook) as package:
        sheet = package.read("xl/worksheets/sheet2.xml")
    far = sheet.replace(b"</sheetData>", b'<row r="99999999999"><c r="A99999999999"/></row></sheetData>')
    with pytest.raises(DeliveryError, match="is damaged or cut"):
        read(with_part(workbook, "xl/worksheets/sheet2.xml", far))


def test_rows_that_reach_to_the_last_column_are_not_read_without_end(workbook: Path) -> None:
    with zipfile.ZipFile(workbook) as package:
        sheet = package.read("xl/worksheets/sheet2.xml")
    wide = b"".join(b'<row r="%d"><c r="XFD%d"/></row>' % (row, row) for row in range(10, 1_300))
    with pytest.raises(DeliveryError, match="has more than 20,000,000 cells on a sheet"):
        read(with_part(workbook, "xl/worksheets/sheet2.xml", sheet.replace(b"</sheetData>", wide + b"</sheetData>")))


def test_too_many_parts_are_refused(workbook: Path) -> None:
    with zipfile.ZipFile(workbook, "a") as package:
        for number in range(1_001):
            package.writestr(f"xl/media/{number}.bin", b"")
    with pytest.raises(DeliveryError, match="parts, more than is read"):
        read(workbook)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "book.xlsx is not a workbook, or is damaged or cut"),
        (b"nama;nik\n", "book.xlsx is not a workbook, or is damaged or cut"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "book.xlsx is an old .xls file or locked with a password"),
    ],
)
def test_what_is_no_workbook_is_refused_in_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    with pytest.raises(DeliveryError) as caught:
        read(path)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_a_zip_that_is_no_workbook_a_cut_one_and_a_broken_one_are_refused(tmp_path: Path, workbook: Path) -> None:
    other = tmp_path / "other.xlsx"
    with zipfile.ZipFile(other, "w") as package:
        package.writestr("a.txt", "a")
    with pytest.raises(DeliveryError, match=r"is a zip file but not an \.xlsx workbook"):
        read(other)
    cut = tmp_path / "cut.xlsx"
    shutil.copy(workbook, cut)
    with cut.open("r+b") as file:
        file.truncate(5_000)
    with pytest.raises(DeliveryError, match="is not a workbook, or is damaged or cut"):
        read(cut)
    for part in ("xl/workbook.xml", "xl/worksheets/sheet2.xml", "xl/styles.xml"):
        with pytest.raises(DeliveryError, match="is damaged or cut"):
            read(with_part(workbook, part, b"<broken"))
    with pytest.raises(DeliveryError, match=r"^gone\.xlsx is not there\.$"):
        read(tmp_path / "gone.xlsx")
