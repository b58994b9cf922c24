"""What a dirty delivery is, and its files as bytes.

Put here how files are made; which dirt is in them stands beside.
"""

import io
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import dedent

from openpyxl import Workbook

Row = tuple[str | None, ...]
Cells = Sequence[Sequence[object]]


@dataclass(frozen=True)
class Delivery:
    """One dirt of a whole delivery, and what comes out.

    `reads` and `mapping` are the profile. `rows` are the columns `columns` of `cleaned.<table>`, in order. `rules` are
    `RULE: text` of every failure of the run and of those rules of the suites that `rules` names. `halt` is part of the
    sentence that stops the cooperative.
    """

    dirt: str
    files: Mapping[str, str | bytes]
    reads: str
    mapping: str
    table: str = ""
    columns: str = ""
    rows: Sequence[Row] = ()
    rules: Sequence[str] = ()
    halt: str = ""
    source: Sequence[Mapping[str, str]] = field(default_factory=list)

    @property
    def contents(self) -> dict[str, bytes]:
        """The files as they are written: texts without the indent, in utf-8."""
        return {name: each if isinstance(each, bytes) else text(each).encode() for name, each in self.files.items()}


def text(indented: str) -> str:
    """A text file as it is written in a test: without the indent and the first empty line."""
    return dedent(indented).lstrip("\n")


def workbook(sheets: Mapping[str, Cells], merged: Mapping[str, Sequence[str]] | None = None) -> bytes:
    """A workbook of these sheets; None is an empty cell."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for cells in (merged or {}).get(name, ()):
            sheet.merge_cells(cells)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def sqlite(script: str) -> bytes:
    """An SQLite database as this script makes it."""
    database = sqlite3.connect(":memory:")
    database.executescript(script)
    content = database.serialize()
    database.close()
    return content
