"""Reads a workbook that came back, made by any spreadsheet program: what the officers say, as corrections.

Lines are found by their token, so they may have been sorted or deleted. Everything that cannot be taken as meant is a
problem, one sentence that names sheet and cell; with a problem the other corrections are still returned, and who calls
decides. Personal data in a sentence is masked.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from koop_pipeline.contracts import TABLES
from koop_pipeline.corrections.model import ALLOCATED
from koop_pipeline.corrections.workbook import layout
from koop_pipeline.corrections.workbook.cells import Cell, cells_of, opened, rows_of_sheet
from koop_pipeline.corrections.workbook.identity import (
    DamagedIdentityError,
    Identity,
    LineRecord,
    PairRecord,
    Sheet,
    comparable,
    read_rows,
)
from koop_pipeline.corrections.workbook.package import refuse_unsafe
from koop_pipeline.corrections.workbook.statements import Ask, Returned, Statement, Statements
from koop_pipeline.corrections.workbook.typed import UnreadableCellError, masked, text_of

NO_IDENTITY = (
    f"the hidden sheet {layout.HIDDEN} is missing: this is no workbook that was sent out, or the program that saved it"
    " left the sheet out; fill in the file as it was sent"
)
TOKEN = re.compile(r"[A-Z]{3}-[0-9]{5}")
ONLY_YELLOW = "only the yellow cells are filled in"
MOST_PLACES = 10


def read_workbook(path: Path, cooperative_id: str, on: date, who: str) -> Returned:
    """What a returned workbook says about a cooperative. DeliveryError where the file is no workbook at all."""
    refuse_unsafe(path)
    with opened(path) as book:
        if layout.HIDDEN not in book.sheetnames:
            return Returned(problems=(f"{path.name}: {NO_IDENTITY}.",))
        try:
            identity = read_rows(tuple(cell.value for cell in row) for row in rows_of_sheet(path, book[layout.HIDDEN]))
        except DamagedIdentityError as error:
            return Returned(problems=(f"{layout.HIDDEN}!A1: the hidden sheet cannot be used: {error}.",))
        theirs = identity.workbook.cooperative_id
        if theirs != cooperative_id:
            return Returned(problems=(f"{layout.COVER}!C4: this workbook is of {theirs}, not of {cooperative_id}.",))
        reader = _Reader(identity)
        for number, name in enumerate(book.sheetnames, start=1):
            reader.read_sheet(number, name, rows_of_sheet(path, book[name]))
    return reader.statements.returned(who, on)


class _Reader:
    """Goes over the sheets of one workbook and notes what is said."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.statements = Statements()
        self._seen: dict[str, str] = {}

    def read_sheet(self, place: int, name: str, rows: Iterator[tuple[Any, ...]]) -> None:
        """Note what one sheet says; `place`: the how manieth it is, from 1."""
        if name in (layout.HIDDEN, layout.CHOICES) or self.statements.stopped:
            return
        fixed, known = self.identity.fixed.get(name), self.identity.sheets.get(name)
        if fixed is None:
            self._problem(f"sheet {place}", "this sheet was not in the workbook; what stands on it is not read")
            return
        number = 0
        for number, row in enumerate(rows, start=1):
            if number <= len(fixed):
                self._check_fixed(cells_of(name, number, row, len(fixed[number - 1])), fixed[number - 1])
            elif any(cell.value is not None for cell in row):
                self._read_row(known, number, cells_of(name, number, row, len(known.columns) if known else 0))
            if self.statements.stopped:
                return
        for left in range(number + 1, len(fixed) + 1):
            self._check_fixed(cells_of(name, left, (), len(fixed[left - 1])), fixed[left - 1])

    def _read_row(self, known: Sheet | None, number: int, cells: list[Cell]) -> None:
        """What a row below the fixed ones says."""
        if known is None:
            self._check_fixed(cells, [])
        elif number < known.first_row:
            self._check_headings(known, cells)
        elif any(cell.filled for cell in cells):
            {"failed": self._read_line, "pairs": self._read_pair, "adding": self._read_added}[known.sort](known, cells)

    def _problem(self, place: str, sentence: str) -> None:
        self.statements.problem(place, sentence)

    def _check_fixed(self, cells: list[Cell], texts: list[str]) -> None:
        """Name every cell that does not hold what we wrote, in rows that nobody fills in."""
        for cell, text in zip(cells, texts + [""] * (len(cells) - len(texts)), strict=True):
            if comparable(cell.value) != comparable(text):
                said = "this locked cell was changed" if text else "this cell was empty and is not read"
                self._problem(cell.place, f"{said}; {ONLY_YELLOW}")

    def _check_headings(self, known: Sheet, cells: list[Cell]) -> None:
        for heading, cell in zip(known.columns, cells, strict=False):
            if comparable(cell.value) != comparable(heading):
                self._problem(cell.place, f"the heading {heading!r} was changed; columns stay where they are")
        self._check_fixed(cells[len(known.columns) :], [])

    def _check_locked(self, known: Sheet, cells: list[Cell], shown: list[str]) -> bool:
        """Name every locked cell that no longer holds what we wrote; whether all still do."""
        texts = shown + [""] * (len(cells) - len(shown))
        changed = [
            index
            for index, (cell, text) in enumerate(zip(cells, texts, strict=True))
            if index not in known.free and cell.value != text and comparable(cell.value) != comparable(text)
        ]
        for index in changed:
            heading = known.columns[index] if index < len(known.columns) else "outside the table"
            self._problem(cells[index].place, f"this locked cell ({heading}) was changed; {ONLY_YELLOW}")
        return not changed

    def _record(self, known: Sheet, cells: list[Cell]) -> LineRecord | PairRecord | None:
        """What a row is about, by its token, where that stands for the first time; None and a problem otherwise."""
        token, place = comparable(cells[0].value), cells[0].place
        record = self.identity.lines.get(token) or self.identity.pairs.get(token)
        if not token:
            places = [cell.place for cell in cells if cell.filled]
            also = f" (also {', '.join(places[1:MOST_PLACES])})" if len(places) > 1 else ""
            self._problem(places[0], f"the line number of this row is missing{also}; {self._where_rows_are_added()}")
        elif record is None:
            said = token if TOKEN.fullmatch(token) else masked(token)
            self._problem(place, f"no line of this workbook has the number {said!r}; {self._where_rows_are_added()}")
        elif record.sheet != known.name:
            self._problem(place, f"the line {token} belongs to the sheet {record.sheet!r}")
        elif token in self._seen:
            self._problem(place, f"the line {token} stands here and in {self._seen[token]}")
        else:
            self._seen[token] = place
            return record if self._check_locked(known, cells, record.shown) else None
        return None

    def _where_rows_are_added(self) -> str:
        names = [repr(name) for name, sheet in self.identity.sheets.items() if sheet.sort == "adding"]
        return f"rows are added on {', '.join(names)} only" if names else "no rows can be added in this workbook"

    def _read_line(self, known: Sheet, cells: list[Cell]) -> None:
        line = self._record(known, cells)
        if not isinstance(line, LineRecord):
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
            self._problem(chosen.place, f"{masked(label)!r} is none of: {', '.join(layout.ACTIONS.values())}")
        elif self._is_complete(known, line, action, cells, reason):
            self._say(known, line, action, chosen, repair, reason)

    def _texts(self, *cells: Cell) -> list[str] | None:
        """The words of cells; None and a problem where one cannot be read."""
        texts = []
        for cell in cells:
            try:
                texts.append(cell.text)
            except UnreadableCellError as error:
                self._problem(cell.place, str(error))
                return None
        return texts

    def _is_complete(self, known: Sheet, line: LineRecord, action: str, cells: list[Cell], reason: str) -> bool:
        """Whether an action may be chosen here and has what it needs."""
        table, (chosen, repair, _) = TABLES[known.table], (cells[place] for place in known.free)
        column = table.column(line.column) if line.column else None
        advised, merged = line.suggestion is not None, line.into is not None
        offered = layout.actions_for(table, column, line.consequence, advised=advised, merged=merged)
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

    def _say(self, known: Sheet, line: LineRecord, action: str, chosen: Cell, repair: Cell, reason: str) -> None:
        columns = {"set": line.column, "merge": "member_no", "allocate": ALLOCATED.get(known.table)}
        name = columns.get(action)
        asks = self._ask(known.table, {name: repair}) if name else {}
        if asks is not None:
            place = repair.place if name else chosen.place
            self.statements.add(Statement(action, known.table, place, reason or line.reason, line, asks))

    def _ask(self, table: str, cells: dict[str, Cell]) -> dict[str, Ask] | None:
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

    def _read_pair(self, known: Sheet, cells: list[Cell]) -> None:
        pair = self._record(known, cells)
        if not isinstance(pair, PairRecord):
            return
        chosen, remark = (cells[place] for place in known.free)
        texts = self._texts(chosen, remark)
        if texts is None:
            return
        label, reason = texts
        decision = layout.decision_of(label)
        if label and decision is None:
            self._problem(chosen.place, f"{masked(label)!r} is none of: {', '.join(layout.DECISIONS.values())}")
        elif reason and not label:
            self._problem(chosen.place, f"there is a remark but no {layout.DECISION!r}; choose one")
        elif decision:
            self.statements.add(Statement(decision, known.table, chosen.place, reason or layout.PAIRS, pair=pair))

    def _read_added(self, known: Sheet, cells: list[Cell]) -> None:
        table = TABLES[known.table]
        self._check_fixed(cells[len(known.columns) :], [])
        cells = cells[: len(known.columns)]
        typed = dict(zip(known.names, cells, strict=False))
        remark = cells[len(known.names)]
        key = typed[table.key[0]]
        only_key = not any(cell.filled for cell in cells if cell is not key)
        if only_key and (not key.filled or comparable(key.value) in known.given):
            return
        texts = self._texts(remark)
        asks = self._ask(known.table, typed)
        lacking = [each for each in table.columns if each.required and not each.derived and not typed[each.name].filled]
        for column in lacking:
            label = layout.column_label(table.name, column.name)
            self._problem(typed[column.name].place, f"{label!r} must be filled in")
        if texts is not None and asks and not lacking:
            reason = texts[0] or f"{layout.ADDING} {layout.sheet_name(table.name).lower()}"
            self.statements.add(Statement("add", known.table, cells[0].place, reason, asks=asks))
