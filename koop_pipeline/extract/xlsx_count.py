"""Rows per sheet of a workbook, counted with the standard library's element tree.

The reader parses cells with expat handlers and builds frames; this module walks `row` elements and only asks whether
anything stands in them. It shares no code with the reader and checks the package no further than counting needs.
"""

import zipfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO
from xml.etree import ElementTree

from koop_pipeline.errors import DeliveryError
from koop_pipeline.program.reading import Reading, SheetReading

_MAIN = "{*}"
_LIMIT = 1 << 30


def count(path: Path, reading: Reading) -> dict[str, int]:
    """Filled rows below the header of each sheet that is read, up to the row that `until` names."""
    try:
        with zipfile.ZipFile(path) as book:
            strings = [_text(item) for item in _items(book, "xl/sharedStrings.xml", "si")]
            counted: dict[str, int] = {}
            for name, part in _sheets(book):
                how = _how(name, reading)
                if how is not None:
                    filled, rows = _count(book, part, how, strings)
                    counted |= {name: rows} if filled else {}
            return counted
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, OSError, EOFError, RuntimeError) as error:
        raise DeliveryError(f"{path.name} cannot be counted ({type(error).__name__}); save it as .xlsx anew.") from None


def _how(name: str, reading: Reading) -> SheetReading | None:
    if not reading.sheets or name in reading.sheets:
        return reading.sheets.get(name, SheetReading())
    return next((how for pattern, how in reading.sheets.items() if fnmatchcase(name, pattern)), None)


def _count(book: zipfile.ZipFile, part: str, how: SheetReading, strings: list[str]) -> tuple[bool, int]:
    filled, rows, number = False, 0, 0
    for row in _items(book, part, "row"):
        number = int(row.get("r") or number + 1)
        first = next(filter(None, (_shown(cell, strings) for cell in row.iterfind(_MAIN + "c"))), "")
        filled |= bool(first)
        if first and number > how.header[1]:
            if how.until is not None and fnmatchcase(first.strip(), how.until):
                break
            rows += 1
    return filled, rows


def _shown(cell: ElementTree.Element, strings: list[str]) -> str:
    value = cell.findtext(_MAIN + "v") or ""
    if cell.get("t") == "s":
        return strings[int(value)] if value else ""
    if cell.get("t") == "inlineStr":
        return _text(cell)
    return value or ("=" if cell.get("t", "n") == "n" and cell.find(_MAIN + "f") is not None else "")


def _text(element: ElementTree.Element) -> str:
    hints = {text for hint in element.iterfind(f".//{_MAIN}rPh") for text in hint.iter()}
    return "".join(text.text or "" for text in element.iterfind(f".//{_MAIN}t") if text not in hints)


def _sheets(book: zipfile.ZipFile) -> list[tuple[str, str]]:
    relations = {
        relation.get("Id"): relation.get("Target", "")
        for relation in _items(book, "xl/_rels/workbook.xml.rels", "Relationship")
        if relation.get("Type", "").endswith("/worksheet")
    }
    found = []
    for sheet in _items(book, "xl/workbook.xml", "sheet"):
        key = next((value for name, value in sheet.items() if name.rpartition("}")[2] == "id"), None)
        if key in relations:
            target = relations[key]
            found.append((sheet.get("name", ""), target.lstrip("/") if target.startswith("/") else f"xl/{target}"))
    return found


def _items(book: zipfile.ZipFile, part: str, tag: str) -> Iterator[ElementTree.Element]:
    """Elements of one name in a part, each freed after use."""
    names = {PurePosixPath(name).as_posix().lower(): name for name in book.namelist()}
    if part.lower() not in names and part.endswith("sharedStrings.xml"):
        return
    with book.open(names[part.lower()]) as file:
        _refuse_entities(file, book, names[part.lower()])
        root: ElementTree.Element | None = None
        for event, element in ElementTree.iterparse(file, events=("start", "end")):
            root = element if root is None else root
            if event == "end" and element.tag.rpartition("}")[2] == tag:
                yield element
                element.clear()
                if len(root) > 0 and tag == "row":
                    root[-1].clear()


def _refuse_entities(file: IO[bytes], book: zipfile.ZipFile, part: str) -> None:
    head = file.read(1 << 16).replace(b"\0", b"")
    file.seek(0)
    if b"<!DOCTYPE" in head or book.getinfo(part).file_size > _LIMIT:
        raise DeliveryError(
            f"{Path(book.filename or '').name}: part {part} declares entities or is too large to count."
        )
