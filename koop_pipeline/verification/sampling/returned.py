"""Reads a worksheet that came back, made by any spreadsheet program: what was ticked, line by line.

Lines are found by their number, so they may have been sorted. What cannot be taken as meant is a problem, one sentence
that names sheet and cell; personal data in it is masked. The cover is not read: it is signed by hand.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from koop_pipeline.contracts import TABLES
from koop_pipeline.corrections.workbook import layout
from koop_pipeline.corrections.workbook.cells import Cell, cells_of, opened, rows_of_sheet
from koop_pipeline.corrections.workbook.identity import comparable
from koop_pipeline.corrections.workbook.package import refuse_unsafe
from koop_pipeline.corrections.workbook.typed import Asked, UnreadableCellError, masked, read_all, text_of
from koop_pipeline.verification.sampling import words
from koop_pipeline.verification.sampling.model import Line, Sample
from koop_pipeline.verification.sampling.strata import AMOUNTS, Sheet
from koop_pipeline.verification.sampling.worksheet import FIRST_ROW, HEAD_ROW, identity, title

ONLY_YELLOW = "only the yellow cells are filled in"
NO_IDENTITY = (
    f"the hidden sheet {words.HIDDEN} is missing: this is no worksheet that was drawn, or the program that saved it"
    " left the sheet out; fill in the file as it was sent"
)


@dataclass(frozen=True)
class Answer:
    """What stands in the yellow cells of a line. `answer`: a key of `words.TICKS`, '' without a tick.

    `found`: the amount of the evidence; `said`: its words, on sheets that compare no amount. `difference` as typed.
    """

    token: str
    place: str
    answer: str = ""
    found: Decimal | None = None
    difference: Decimal | None = None
    said: str = ""
    remark: str = ""

    @property
    def says(self) -> tuple[Any, ...]:
        """All but the place."""
        return self.answer, self.found, self.difference, self.said, self.remark


@dataclass
class Returned:
    """What one worksheet says; `problems` are sentences, each with its cell."""

    answers: list[Answer] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_worksheet(path: Path, batch: str, sample: Sample) -> Returned:
    """What a returned worksheet says about a sample. DeliveryError where the file is no workbook at all."""
    refuse_unsafe(path)
    with opened(path) as book:
        reader = _Reader(path.name, sample)
        wrong = _wrong_draw(path, book, identity(batch, sample))
        if wrong:
            reader.problem("", wrong)
            return reader.returned
        for number, name in enumerate(book.sheetnames, start=1):
            if name not in (words.COVER, words.HIDDEN, layout.CHOICES):
                reader.read_sheet(number, name, rows_of_sheet(path, book[name]))
    return reader.finished()


def _wrong_draw(path: Path, book: Any, wanted: dict[str, Any]) -> str | None:
    """Why the worksheet is not of this draw; None where it is."""
    if words.HIDDEN not in book.sheetnames:
        return NO_IDENTITY
    text = "".join(str(cell.value or "") for row in rows_of_sheet(path, book[words.HIDDEN]) for cell in row)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or set(found) != set(wanted):
        return f"the hidden sheet {words.HIDDEN} was changed; fill in the file as it was sent"
    for name in ("format", "batch", "cooperative_id"):
        if found[name] != wanted[name]:
            return f"this worksheet has another {name} than the sample, which is of {wanted[name]}"
    if found["draw"] != wanted["draw"]:
        return "this worksheet is of another draw (seed, terms or content differ); fill in the one that was drawn last"
    return None


class _Reader:
    """Goes over the sheets of one worksheet."""

    def __init__(self, file: str, sample: Sample) -> None:
        self.file, self.sample = file, sample
        self.returned = Returned()
        self._sheets = {sheet.name: sheet for sheet in sample.sheets}
        self._lines = {line.token: line for line in sample.lines}
        self._drawn = words.drawn_for(sample)
        self._seen: dict[str, str] = {}
        self._asked: dict[str, dict[str, Asked]] = {}

    def problem(self, place: str, sentence: str) -> None:
        """Something that cannot be taken as meant."""
        self.returned.problems.append(f"{self.file}{', ' if place else ''}{place}: {sentence}.")

    def read_sheet(self, place: int, name: str, rows: Iterator[tuple[Any, ...]]) -> None:
        """Note what one sheet says; `place`: the how manieth it is, from 1."""
        sheet = self._sheets.get(name)
        if sheet is None:
            self.problem(f"sheet {place}", "this sheet was not in the worksheet; what stands on it is not read")
            return
        headings = words.headings(sheet)
        fixed = {1: [title(sheet, len(self.sample.lines_of(sheet)))], HEAD_ROW: headings}
        for number, row in enumerate(rows, start=1):
            cells = cells_of(name, number, row, len(headings))
            if number < FIRST_ROW:
                self._check(cells, fixed[number], frozenset())
            elif any(cell.filled for cell in cells):
                self._read_line(sheet, cells)

    def _check(self, cells: list[Cell], texts: list[str], free: frozenset[int]) -> bool:
        """Name every locked cell that no longer holds what was sent; whether all do."""
        shown = texts + [""] * (len(cells) - len(texts))
        changed = [
            cell
            for index, (cell, text) in enumerate(zip(cells, shown, strict=True))
            if index not in free and comparable(cell.value) != comparable(text)
        ]
        for cell in changed:
            self.problem(cell.place, f"this locked cell was changed; {ONLY_YELLOW}")
        return not changed

    def _read_line(self, sheet: Sheet, cells: list[Cell]) -> None:
        token, place = comparable(cells[0].value), cells[0].place
        line = self._lines.get(token)
        if line is None or line.sheet != sheet.name:
            self.problem(place, f"this sheet has no line {masked(token)!r}; lines are neither added nor renumbered")
        elif token in self._seen:
            self.problem(place, f"the line {token} stands here and in {self._seen[token]}")
        else:
            self._seen[token] = place
            free = words.free(sheet)
            if self._check(cells, words.texts(sheet, line, self._drawn[token]), frozenset(free)):
                self._read_free(sheet, line, cells[free.start : free.stop])

    def _read_free(self, sheet: Sheet, line: Line, cells: list[Cell]) -> None:
        evidence, *between, tick, remark = cells
        asked, texts = {}, {}
        by_amount = zip(("found", "difference"), (evidence, *between), strict=True) if sheet.by_amount else ()
        table = TABLES[sheet.table]
        try:
            for name, cell in by_amount:
                text = text_of(table, table.column(AMOUNTS[sheet.table]), cell.value, cell.data_type)
                if text is not None:
                    asked[name] = text
            texts = {"tick": tick.text, "remark": remark.text, "said": "" if sheet.by_amount else evidence.text}
        except UnreadableCellError as error:
            places = f"{evidence.place} to {remark.place.partition('!')[2]}"
            self.problem(places, f"a cell of this line {error}")
            return
        answer = words.tick_of(texts["tick"]) if texts["tick"] else ""
        if answer is None:
            self.problem(tick.place, f"{masked(texts['tick'])!r} is none of: {', '.join(words.TICKS.values())}")
            return
        if answer or asked or texts["said"] or texts["remark"]:
            place = f"{self.file}, {tick.place}"
            self.returned.answers.append(Answer(line.token, place, answer, said=texts["said"], remark=texts["remark"]))
            self._asked[line.token] = asked

    def finished(self) -> Returned:
        """Everything, with the typed amounts read in one go."""
        amounts = read_all(asked for each in self._asked.values() for asked in each.values())
        answers = []
        for answer in self.returned.answers:
            read = {name: amounts[asked] for name, asked in self._asked[answer.token].items()}
            faults = [each.fault for each in read.values() if each.fault]
            for fault in faults:
                self.returned.problems.append(f"{answer.place}: an amount of this line {fault}.")
            if not faults:
                values = {name: Decimal(each.value) for name, each in read.items() if each.value is not None}
                answers.append(
                    Answer(
                        answer.token, answer.place, answer.answer, values.get("found"), values.get("difference"),
                        answer.said, answer.remark,
                    )
                )  # fmt: skip
        return Returned(answers, self.returned.problems)


def merged(parts: list[Returned]) -> Returned:
    """What several worksheets of one sample say together; a problem where two say different things of one line."""
    whole = Returned()
    by_token: dict[str, Answer] = {}
    for part in parts:
        whole.problems += part.problems
        for answer in part.answers:
            first = by_token.setdefault(answer.token, answer)
            if first.says != answer.says:
                whole.problems.append(f"{answer.place}: line {answer.token} says something else than {first.place}.")
    whole.answers = list(by_token.values())
    return whole
