"""Writes the worksheet of one cooperative: a cover, then a sheet for every part of its sample, to print or fill in.

It goes to the cooperative itself, so account numbers and names stand in full. Cells are never formulas. Which draw it
is of stands on a very hidden sheet.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter

from koop_pipeline.corrections.workbook import layout
from koop_pipeline.corrections.workbook.look import FORMATS, FREE, Look, height, set_up
from koop_pipeline.verification.sampling import words
from koop_pipeline.verification.sampling.cover import Cover, write_cover
from koop_pipeline.verification.sampling.model import Item, Line, Sample
from koop_pipeline.verification.sampling.strata import Sheet

FORMAT = 1
HEAD_ROW, FIRST_ROW = 2, 3
LEAST_HEIGHT = 27
WIDTHS = {
    True: (11, 17, 23, 18, 18, 20, 15, 13, 24, 27, 28),
    False: (11, 16, 23, 34, 34, 26, 13, 24, 24, 26),
}
"""By whether a sheet compares one amount."""
RIGHT = Alignment("right", "top", wrap_text=True)


class WorksheetLook(Look):
    """The styles of a correction workbook, with amounts to the right."""

    def __init__(self, book: Workbook) -> None:
        super().__init__(book)
        self._make("amount", align=RIGHT)
        self._make("free_amount", fill=FREE, free=True, number_format=FORMATS["money"], align=RIGHT)


def write_worksheet(path: Path, cover: Cover, sample: Sample) -> None:
    """Write the worksheet to `path`, whole or not at all."""
    book = Workbook(write_only=True)
    look = WorksheetLook(book)
    write_cover(book.create_sheet(words.COVER), look, cover, sample)
    drawn = words.drawn_for(sample)
    for sheet in sample.sheets:
        _write_sheet(book, look, cover, sheet, sample.lines_of(sheet), drawn)
    look.write_lists()
    _write_identity(book, look, cover, sample)
    book.move_sheet(layout.CHOICES, len(book.sheetnames))
    book.properties.creator = cover.programme_name
    book.properties.title = f"{cover.TITLE} {cover.name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    book.save(temporary)
    os.replace(temporary, path)


def _write_sheet(
    book: Workbook,
    look: Look,
    cover: Cover,
    sheet: Sheet,
    lines: Sequence[Line],
    drawn: Mapping[str, list[Item]],
) -> None:
    page = book.create_sheet(sheet.name)
    widths = WIDTHS[sheet.by_amount]
    headings = words.headings(sheet)
    set_up(page, widths, freeze=f"C{FIRST_ROW}", repeat=HEAD_ROW, footer=f"{cover.name}, {cover.batch}")
    page.row_dimensions[1].height = 24
    page.row_dimensions[HEAD_ROW].height = 34
    page.append([look.cell(title(sheet, len(lines)), "subtitle_line")])
    free = words.free(sheet)
    page.append([look.cell(each, "head" if number in free else "plain_head") for number, each in enumerate(headings)])
    for number, line in enumerate(lines, start=FIRST_ROW):
        texts = words.texts(sheet, line, drawn[line.token])
        page.row_dimensions[number].height = max(LEAST_HEIGHT, height(texts, widths))
        page.append([look.cell(text, style) for text, style in zip(texts, _styles(sheet), strict=True)])
    last = HEAD_ROW + len(lines)
    tick = get_column_letter(headings.index(words.TICK) + 1)
    options = list(words.TICKS.values())
    page.data_validations.append(look.choice(options, f"{tick}{FIRST_ROW}:{tick}{last}", words.TICK))
    page.auto_filter.ref = f"A{HEAD_ROW}:{get_column_letter(len(headings))}{last}"


def title(sheet: Sheet, lines: int) -> str:
    """The line above the headings."""
    return f"{sheet.name}: {lines} baris untuk diperiksa. Isilah kolom kuning saja."


def _styles(sheet: Sheet) -> list[str]:
    side, typed = ("amount", ["free_amount"] * 2) if sheet.by_amount else ("text", ["free_text"])
    return ["text", "text", "text", side, side, *typed, "free_text", "free_text", "text", "text"]


def _write_identity(book: Workbook, look: Look, cover: Cover, sample: Sample) -> None:
    page = book.create_sheet(words.HIDDEN)
    page.sheet_state = "veryHidden"
    page.append([look.cell(json.dumps(identity(cover.batch, sample)))])


def identity(batch: str, sample: Sample) -> dict[str, Any]:
    """What names the draw that a worksheet is of."""
    return {"format": FORMAT, "batch": batch, "cooperative_id": sample.cooperative_id, "draw": sample.draw}
