"""Reads a workbook that came back, made by any spreadsheet program: what the officers say, as corrections.

Lines are found by their token, so they may have been sorted or deleted. Everything that cannot be taken as meant is a
problem, one sentence that names sheet and cell; with a problem the other corrections are still returned, and who calls
decides. Personal data in a sentence is masked.
"""

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from koop_pipeline.contracts import TABLES
from koop_pipeline.corrections.model import ALLOCATED
from koop_pipeline.corrections.workbook import layout
from koop_pipeline.corrections.workbook.identity import (
    DamagedIdentityError,
    Identity,
    LineRecord,
    Sheet,
    comparable,
    read_rows,
)
from koop_pipeline.corrections.workbook.package import damaged, refuse_unsafe
from koop_pipeline.corrections.workbook.statements import Ask, Returned, Statement, Statements
from koop_pipeline.corrections.workbook.typed import UnreadableCellError, plain_text, text_of

NO_IDENTITY = (
    f"the hidden sheet {layout.HIDDEN} is missing: this is no workbook that was sent out, or the program that saved it"
    " left the sheet out; fill in the file as it was sent"
)
MOST_COLUMNS = 200
UNREADABLE = (
    ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, SyntaxError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What openpyxl raises on parts that are not what they should be (an XML error is a SyntaxError)."""


class _Cell:
    """A cell as stored, with its place."""

    __slots__ = ("data_type", "place", "value")

    def __init__(self, place: str, value: Any = None, data_type: str = "n") -> None:
        self.place, self.value, self.data_type = place, value, data_type

    @property
    def filled(self) -> bool:
        return self.value is not None and str(self.value).strip() != ""

    @property
    def text(self) -> str:
        """As words; UnreadableCellError for a formula and the like."""
        return plain_text(self.value, self.data_type)


def read_workbook(path: Path, cooperative_id: str, on: date, who: str) -> Returned:
    """What a returned workbook says about a cooperative. DeliveryError where the file is no workbook at all."""
    refuse_unsafe(path)
    with _opened(path) as book:
        if layout.HIDDEN not in book.sheetnames:
            return Returned(problems=(f"{path.name}: {NO_IDENTITY}.",))
        try:
            identity = read_rows(tuple(cell.value for cell in row) for row in _rows(path, book[layout.HIDDEN]))
        except DamagedIdentityError as error:
            return Returned(problems=(f"{layout.HIDDEN}!A1: the hidden sheet cannot be used: {error}.",))
        theirs = identity.workbook.cooperative_id
        if theirs != cooperative_id:
            return Returned(problems=(f"{layout.COVER}!C4: this workbook is of {theirs}, not of {cooperative_id}.",))
        reader = _Reader(identity)
        for name in book.sheetnames:
            reader.read_sheet(name, _rows(path, book[name]))
    return reader.statements.returned(who, on)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The workbook, formulas as formulas."""
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
        except UNREADABLE:
            raise damaged(path) from None
        try:
            yield book
        finally:
            book.close()


def _rows(path: Path, sheet: Any) -> Iterator[tuple[Any, ...]]:
    try:
        sheet.reset_dimensions()
        yield from sheet.rows
    except UNREADABLE:
        raise damaged(path) from None


class _Reader:
    """Goes over the sheets of one workbook and notes what is said."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.statements = Statements()
        self._seen: dict[str, str] = {}

    def read_sheet(self, name: str, rows: Iterator[tuple[Any, ...]]) -> None:
        """Note what one sheet says."""
        if name in (layout.HIDDEN, layout.CHOICES, layout.COVER, layout.DIFFERENCES):
            return
        known = self.identity.sheets.get(name)
        if known is None:
            self._problem(f"{name}!A1", "this sheet was not in the workbook; what stands on it is not read")
            return
        read = {"failed": self._read_line, "pairs": self._read_pair, "adding": self._read_added}[known.sort]
        for number, row in enumerate(rows, start=1):
            if number < known.first_row - 1:
                continue
            cells = _cells(known, number, row)
            if number == known.first_row - 1:
                self._check_headings(known, cells)
            elif any(cell.filled for cell in cells):
                read(known, cells)

    def _problem(self, place: str, sentence: str) -> None:
        self.statements.problem(place, sentence)

    def _check_headings(self, known: Sheet, cells: list[_Cell]) -> None:
        for heading, cell in zip(known.columns, cells, strict=False):
            if comparable(cell.value) != comparable(heading):
                self._problem(cell.place, f"the heading {heading!r} was changed; columns stay where they are")

    def _check_locked(self, known: Sheet, cells: list[_Cell], shown: list[str]) -> bool:
        """Name every locked cell that no longer holds what we wrote; whether all still do."""
        texts = shown + [""] * (len(cells) - len(shown))
        changed = [
            index
            for index, (cell, text) in enumerate(zip(cells, texts, strict=True))
            if index not in known.free and cell.value != text and comparable(cell.value) != comparable(text)
        ]
        for index in changed:
            heading = known.columns[index] if index < len(known.columns) else "outside the table"
            self._problem(
                cells[index].place, f"this locked cell ({heading}) was changed; only the yellow cells are filled in"
            )
        return not changed

    def _token(self, cells: list[_Cell]) -> str:
        """The token of a row where it stands for the first time; '' and a problem otherwise."""
        token, place = comparable(cells[0].value), cells[0].place
        if token not in self.identity.lines and token not in self.identity.pairs:
            said = f"no line of this workbook has the number {token[:20]!r}" if token else "the line number is missing"
            self._problem(place, f"{said}; rows are added on the sheets {layout.ADDING!r} only")
            return ""
        if token in self._seen:
            self._problem(place, f"the line {token} stands here and in {self._seen[token]}")
            return ""
        self._seen[token] = place
        return token

    def _read_line(self, known: Sheet, cells: list[_Cell]) -> None:
        line = self.identity.lines.get(self._token(cells))
        if line is None or not self._check_locked(known, cells, line.shown):
            return
        chosen, repair, remark = (cells[place] for place in known.free)
        texts = self._texts(chosen, remark)
        if texts is None:
            return
        label, reason = texts
        action = layout.action_of(label) if label else "set"
        if not label and not repair.filled:
            if reason:
                self._problem(chosen.place, f"there is a remark but no {layout.ACTION!r}; choose one")
        elif action is None:
            self._problem(chosen.place, f"{label[:40]!r} is none of: {', '.join(layout.ACTIONS.values())}")
        elif self._is_complete(known, line, action, cells, reason):
            self._say(known, line, action, chosen, repair, reason)

    def _texts(self, *cells: _Cell) -> list[str] | None:
        """The words of cells; None and a problem where one cannot be read."""
        texts = []
        for cell in cells:
            try:
                texts.append(cell.text)
            except UnreadableCellError as error:
                self._problem(cell.place, str(error))
                return None
        return texts

    def _is_complete(self, known: Sheet, line: LineRecord, action: str, cells: list[_Cell], reason: str) -> bool:
        """Whether an action may be chosen here and has what it needs."""
        table, (chosen, repair, _) = TABLES[known.table], (cells[place] for place in known.free)
        column = table.column(line.column) if line.column else None
        offered = layout.actions_for(table, column, line.consequence, advised=line.suggestion is not None)
        label, wants_value = layout.ACTIONS[action], action in ("set", "merge", "allocate")
        if action not in offered:
            others = ", ".join(repr(layout.ACTIONS[each]) for each in offered)
            self._problem(chosen.place, f"{label!r} cannot be chosen for this line, only {others}")
        elif wants_value and not repair.filled:
            self._problem(repair.place, f"{label!r} needs what is right in {layout.REPAIR!r}")
        elif repair.filled and not wants_value:
            self._problem(repair.place, f"{label!r} leaves {layout.REPAIR!r} empty; empty it or choose another action")
        elif action == "exclude" and not reason:
            self._problem(chosen.place, f"{label!r} needs its cause in {layout.REMARK!r}")
        else:
            return True
        return False

    def _say(self, known: Sheet, line: LineRecord, action: str, chosen: _Cell, repair: _Cell, reason: str) -> None:
        columns = {"set": line.column, "merge": "member_no", "allocate": ALLOCATED.get(known.table)}
        name = columns.get(action)
        asks = self._ask(known.table, {name: repair}) if name else {}
        if asks is not None:
            place = repair.place if name else chosen.place
            self.statements.add(Statement(action, known.table, place, reason or line.reason, line, asks))

    def _ask(self, table: str, cells: dict[str, _Cell]) -> dict[str, Ask] | None:
        """The typed cells of some columns, to be read; None and a problem each where one cannot be."""
        asks: dict[str, Ask] = {}
        bad = False
        for name, cell in cells.items():
            try:
                text = text_of(TABLES[table], TABLES[table].column(name), cell.value, cell.data_type)
            except UnreadableCellError as error:
                self._problem(cell.place, str(error))
                bad = True
                continue
            if text is not None:
                asks[name] = Ask(cell.place, text)
        return None if bad else asks

    def _read_pair(self, known: Sheet, cells: list[_Cell]) -> None:
        pair = self.identity.pairs.get(self._token(cells))
        if pair is None or not self._check_locked(known, cells, pair.shown):
            return
        chosen, remark = (cells[place] for place in known.free)
        texts = self._texts(chosen, remark)
        if texts is None:
            return
        label, reason = texts
        decision = layout.decision_of(label)
        if label and decision is None:
            self._problem(chosen.place, f"{label[:40]!r} is none of: {', '.join(layout.DECISIONS.values())}")
        elif reason and not label:
            self._problem(chosen.place, f"there is a remark but no {layout.DECISION!r}; choose one")
        elif decision:
            self.statements.add(Statement(decision, known.table, chosen.place, reason or layout.PAIRS, pair=pair))

    def _read_added(self, known: Sheet, cells: list[_Cell]) -> None:
        table = TABLES[known.table]
        typed = dict(zip(known.names, cells, strict=False))
        remark = cells[len(known.names)]
        key = typed[table.key[0]]
        only_key = not any(cell.filled for cell in cells if cell is not key)
        if only_key and comparable(key.value) in known.given:
            return
        texts = self._texts(remark)
        asks = self._ask(known.table, typed)
        lacking = [each for each in table.columns if each.required and not each.derived and not typed[each.name].filled]
        for column in lacking:
            self._problem(
                typed[column.name].place, f"{layout.column_label(table.name, column.name)!r} must be filled in"
            )
        for cell in cells[len(known.columns) :]:
            if cell.filled:
                self._problem(cell.place, "this cell is outside the table; it is not read")
        if texts is not None and asks and not lacking:
            reason = texts[0] or f"{layout.ADDING} {layout.sheet_name(table.name).lower()}"
            self.statements.add(Statement("add", known.table, cells[0].place, reason, asks=asks))


def _cells(known: Sheet, number: int, row: tuple[Any, ...]) -> list[_Cell]:
    """The cells of a row, at least as many as the sheet has columns: an empty tail is not stored by every program."""
    stored = row[:MOST_COLUMNS]
    cells = [
        _Cell(f"{known.name}!{get_column_letter(index)}{number}", cell.value, cell.data_type or "n")
        for index, cell in enumerate(stored, start=1)
    ]
    more = range(len(cells) + 1, len(known.columns) + 1)
    return cells + [_Cell(f"{known.name}!{get_column_letter(index)}{number}") for index in more]
