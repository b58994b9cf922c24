"""Excel workbooks: each sheet a table, cells as the text that they store.

The sheet's XML is read directly, since spreadsheet libraries turn numbers to floats, lose row numbers and merged
ranges, and cannot tell a formula without a saved value from an empty cell. Put here what cells and headers mean; the
package around them is `xlsx_package`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NoReturn
from xml.parsers.expat import ExpatError
from zipfile import ZipFile

import polars as pl
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string, get_column_letter, range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel
from openpyxl.utils.exceptions import CellCoordinatesException

from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract.model import CHUNK_ROWS, Chunk
from koop_pipeline.extract.sources import require_kind
from koop_pipeline.extract.values import (
    SOURCE_ROW,
    duration_text,
    empty_chunk,
    moment_text,
    number_text,
    slices,
    unique_names,
)
from koop_pipeline.extract.xlsx_count import count
from koop_pipeline.extract.xlsx_package import (
    Attributes,
    date_styles,
    local,
    opened,
    parse,
    shared_strings,
    sheet_parts,
    unescaped,
)
from koop_pipeline.program.reading import Reading, SheetReading

__all__ = ["count", "read"]

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_LAST_SERIAL = 2_958_466.0
_REMEMBERED = 100_000

Row = dict[int, str]


@dataclass(frozen=True)
class _Book:
    """What the cells of every sheet refer to."""

    file: str
    strings: Sequence[str]
    dates: Mapping[str, str]
    from_1904: bool


@dataclass
class _Sheet:
    """What was kept of a sheet: header rows, single cells, merged ranges, and the rows as frames (`c<column>`)."""

    name: str
    how: SheetReading
    head: dict[int, Row] = field(default_factory=dict)
    singles: dict[tuple[int, int], str] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    frames: list[pl.DataFrame] = field(default_factory=list)
    held: dict[int, Row] = field(default_factory=dict)
    ended: bool = False
    filled: bool = False


def read(path: Path, reading: Reading) -> Iterator[Chunk]:
    """Yield the sheets of a workbook; `source_row` is the row of the sheet.

    Without `sheets` in the reading every sheet is read, with its header in row 1; sheets without any cell are passed
    over. Raises DeliveryError for a damaged or protected file, a missing header, an error value (#REF!) and a formula
    without a saved value.
    """
    require_kind(path, "xlsx")
    with opened(path) as package:
        parts, from_1904 = sheet_parts(package)
        book = _Book(path.name, shared_strings(package), date_styles(package), from_1904)
        found = False
        for name, how in _chosen(path.name, list(parts), reading).items():
            sheet = _Sheet(name, how)
            reader = _CellReader(book, sheet)
            parse(package, parts[name], reader.handlers())
            reader.finish()
            if sheet.filled:
                found = True
                yield from _chunks(book, sheet)
        if not found:
            raise DeliveryError(f"{path.name} has no sheet with a filled cell; deliver the workbook with its data.")


def unread(path: Path, reading: Reading) -> list[tuple[int, str]]:
    """The sheets with a filled cell that no `sheets` of the reading names: place in the workbook (1-based) and name."""
    if not reading.sheets:
        return []
    with opened(path) as package:
        parts, _ = sheet_parts(package)
        chosen = _chosen(path.name, list(parts), reading)
        places = enumerate(parts.items(), start=1)
        return [(number, name) for number, (name, part) in places if name not in chosen and _is_filled(package, part)]


def _is_filled(package: ZipFile, part: str) -> bool:
    """Whether a sheet has a cell with a value, or cannot be looked through."""

    def start(name: str, _: Mapping[str, str]) -> None:
        if local(name) in {"v", "is"}:
            raise _FilledError

    try:
        parse(package, part, {"StartElementHandler": start})
    except (_FilledError, ExpatError, DeliveryError):
        return True
    return False


class _FilledError(Exception):
    """A cell with a value was found."""


def _chosen(file: str, names: Sequence[str], reading: Reading) -> dict[str, SheetReading]:
    if not reading.sheets:
        return {name: SheetReading() for name in names}
    for pattern in reading.sheets:
        if not any(name == pattern or fnmatchcase(name, pattern) for name in names):
            raise DeliveryError(f"{file} has no sheet `{pattern}`; its sheets are {', '.join(names)}.")
    pairs = (
        (name, [pattern for pattern in reading.sheets if name == pattern or fnmatchcase(name, pattern)])
        for name in names
    )
    return {name: reading.sheets[name if name in fits else fits[0]] for name, fits in pairs if fits}


class _CellReader:
    """Handlers of an XML parser that fill a sheet, a row at a time."""

    def __init__(self, book: _Book, sheet: _Sheet) -> None:
        self._book = book
        self._sheet = sheet
        self._wanted = {_coordinates(book, sheet, ref): ref for ref in sheet.how.cells.values()}
        self._row: Row = {}
        self._row_number = 0
        self._column = 0
        self._kind = self._style = ""
        self._text: list[str] = []
        self._listening = self._formula = self._hint = False
        self._numbers: dict[tuple[str, str | None], str] = {}

    def handlers(self) -> dict[str, Callable[..., None]]:
        """Handlers by the names that expat gives them."""
        return {
            "StartElementHandler": self._start,
            "EndElementHandler": self._end,
            "CharacterDataHandler": self._data,
        }

    def finish(self) -> None:
        """Freeze the rows that are still held."""
        _freeze(self._sheet)

    def _start(self, name: str, attributes: Attributes) -> None:
        tag = local(name)
        if tag == "c":
            reference = attributes.get("r")
            self._column = _column(reference) if reference else self._column + 1
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._text, self._formula = [], False
        elif tag in {"v", "t"}:
            self._listening = not self._hint
        elif tag == "f":
            self._formula = True
        elif tag == "rPh":
            self._hint = True
        elif tag == "row":
            self._row_number = int(attributes.get("r", self._row_number + 1))
            self._row, self._column = {}, 0
        elif tag == "mergeCell":
            left, top, right, bottom = range_boundaries(attributes["ref"])
            self._sheet.merged.append((left or 1, top or 1, right or 1, bottom or 1))

    def _data(self, data: str) -> None:
        if self._listening:
            self._text.append(data)

    def _end(self, name: str) -> None:
        tag = local(name)
        if tag in {"v", "t"}:
            self._listening = False
        elif tag == "c":
            if self._text or self._formula:
                self._row[self._column] = self._cell()
        elif tag == "rPh":
            self._hint = False
        elif tag == "row":
            self._keep()

    def _cell(self) -> str:
        raw, kind = "".join(self._text), self._kind
        if kind == "s":
            return self._book.strings[int(raw)] if raw else ""
        if kind in {"str", "inlineStr"}:
            return unescaped(raw)
        if kind == "e":
            return f"\0{raw}"
        if not raw:
            return "\0" if self._formula else ""
        if kind == "b":
            return "TRUE" if raw.strip() == "1" else "FALSE"
        if kind == "d":
            return raw.replace("T00:00:00", "").replace("T", " ")
        return self._number(raw)

    def _number(self, raw: str) -> str:
        kind = self._book.dates.get(self._style)
        if kind is None and _INTEGER.match(raw):
            return raw
        known = self._numbers.get((raw, kind))
        if known is None:
            if len(self._numbers) > _REMEMBERED:
                self._numbers.clear()
            known = self._numbers[raw, kind] = self._number_text(raw, kind)
        return known

    def _number_text(self, raw: str, kind: str | None) -> str:
        value = float(raw)
        if kind and 0 <= value < _LAST_SERIAL:
            epoch = CALENDAR_MAC_1904 if self._book.from_1904 else CALENDAR_WINDOWS_1900
            moment = from_excel(value, epoch, timedelta=kind == "duration")
            return duration_text(moment) if kind == "duration" else moment_text(moment)
        return number_text(value)

    def _keep(self) -> None:
        sheet, number = self._sheet, self._row_number
        first, last = sheet.how.header
        filled = {column: text for column, text in self._row.items() if text}
        sheet.filled |= bool(filled)
        for column, text in filled.items() if self._wanted else ():
            if (number, column) in self._wanted:
                sheet.singles[number, column] = self._sound(column, text)
        if not filled or sheet.ended or number < first:
            return
        if number > last and sheet.how.until is not None:
            leading = filled[min(filled)]
            sheet.ended = fnmatchcase(leading.strip(), sheet.how.until)
            if sheet.ended:
                return
        for column, text in filled.items():
            self._sound(column, text)
        if number <= last:
            sheet.head[number] = filled
            return
        sheet.held[number] = filled
        if len(sheet.held) >= CHUNK_ROWS:
            _freeze(sheet)

    def _sound(self, column: int, text: str) -> str:
        if text.startswith("\0"):
            place = f"{self._book.file}, sheet `{self._sheet.name}`, cell {get_column_letter(column)}{self._row_number}"
            if text == "\0":
                raise DeliveryError(
                    f"{place}: a formula without a saved value; open the workbook in a spreadsheet program, save it "
                    "and deliver it again."
                )
            raise DeliveryError(f"{place}: the error value {text[1:]}; correct the formula or the cell.")
        return text


@cache
def _column_of(letters: str) -> int:
    return int(column_index_from_string(letters))


def _column(reference: str) -> int:
    return _column_of(reference.rstrip("0123456789"))


def _coordinates(book: _Book, sheet: _Sheet, reference: str) -> tuple[int, int]:
    try:
        letters, row = coordinate_from_string(reference)
        return row, column_index_from_string(letters)
    except (ValueError, CellCoordinatesException):
        raise DeliveryError(
            f"{book.file}, sheet `{sheet.name}`: `{reference}` in the profile's `cells` is no cell; write it as B4."
        ) from None


def _freeze(sheet: _Sheet) -> None:
    """Turn the held rows into a compact frame."""
    if not sheet.held:
        return
    rows = list(sheet.held.values())
    columns = sorted(set().union(*rows))
    texts = {f"c{column}": pl.Series([row.get(column, "") for row in rows], dtype=pl.String) for column in columns}
    sheet.frames.append(pl.DataFrame({SOURCE_ROW: pl.Series(list(sheet.held), dtype=pl.Int64), **texts}))
    sheet.held = {}


def _chunks(book: _Book, sheet: _Sheet) -> Iterator[Chunk]:
    names = _headers(book, sheet)
    beyond = {int(key[1:]) for frame in sheet.frames for key in frame.columns[1:]}
    width = max([*names, *beyond])
    listed = [names.get(column, "") for column in range(1, width + 1)]
    unique = unique_names([*listed, *sheet.how.cells], f"{book.file}, sheet `{sheet.name}`")
    constants = [_single(sheet, _coordinates(book, sheet, reference)) for reference in sheet.how.cells.values()]
    if not sheet.frames:
        yield empty_chunk(sheet.name, unique)
    for frame in sheet.frames:
        there = set(frame.columns)
        texts = [
            pl.col(key) if key in there else pl.lit("").alias(key) for key in (f"c{n}" for n in range(1, width + 1))
        ]
        fixed = [pl.lit(text).alias(f"k{place}") for place, text in enumerate(constants)]
        whole = frame.select(SOURCE_ROW, *texts, *fixed)
        yield from slices(Chunk(sheet.name, whole.rename(dict(zip(whole.columns[1:], unique, strict=True)))))


def _headers(book: _Book, sheet: _Sheet) -> dict[int, str]:
    """Column number to name: the header rows joined downwards, merged cells counted for all columns they cover."""
    first, last = sheet.how.header
    cells = {
        (row, column): " ".join(text.split()) for row, texts in sheet.head.items() for column, text in texts.items()
    }
    for left, top, right, _ in sheet.merged:
        text = cells.get((top, left))
        if text and first <= top <= last:
            cells |= {(top, column): text for column in range(left, right + 1)}
    columns = {column for (_, column), text in cells.items() if text}
    if not columns:
        _refuse_header(book, sheet)
    by_column = {column: [cells.get((row, column), "") for row in range(first, last + 1)] for column in columns}
    return {column: " ".join(filter(None, texts)) for column, texts in by_column.items()}


def _refuse_header(book: _Book, sheet: _Sheet) -> NoReturn:
    first, last = sheet.how.header
    rows = f"row {first}" if first == last else f"rows {first} to {last}"
    raise DeliveryError(
        f"{book.file}, sheet `{sheet.name}`: there is no header in {rows}; set `header` under `sheets` in the "
        "profile's `reads`."
    )


def _single(sheet: _Sheet, place: tuple[int, int]) -> str:
    row, column = place
    inside = (
        (top, left) for left, top, right, bottom in sheet.merged if left <= column <= right and top <= row <= bottom
    )
    return sheet.singles.get(next(inside, place), sheet.singles.get(place, ""))
