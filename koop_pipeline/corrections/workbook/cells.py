"""The cells of a returned sheet as stored, with their places. Knows nothing of what a sheet is about."""

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.utils import get_column_letter

from koop_pipeline.corrections.workbook.package import damaged
from koop_pipeline.corrections.workbook.typed import plain_text
from koop_pipeline.errors import DeliveryError

MOST_COLUMNS = 200
LAST_ROW = 1_048_576
"""Of a sheet, in every program."""
MOST_CELLS = 20_000_000
"""Of a sheet, up to the last stored one of each row; a row that goes out has some forty."""
UNREADABLE = (
    ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, SyntaxError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What openpyxl raises on parts that are not what they should be (an XML error is a SyntaxError)."""


class Cell:
    """A cell as stored, with its place."""

    __slots__ = ("data_type", "place", "value")

    def __init__(self, place: str, value: Any = None, data_type: str = "n") -> None:
        self.place, self.value, self.data_type = place, value, data_type

    @property
    def filled(self) -> bool:
        """Whether anything but blanks stands in it."""
        return self.value is not None and str(self.value).strip() != ""

    @property
    def text(self) -> str:
        """As words; UnreadableCellError for a formula and the like."""
        return plain_text(self.value, self.data_type)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The workbook, formulas as formulas. DeliveryError where it cannot be understood."""
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


def rows_of_sheet(path: Path, sheet: Any) -> Iterator[tuple[Any, ...]]:
    """The rows from 1 on, empty ones too. DeliveryError where they cannot be understood."""
    try:
        sheet.reset_dimensions()
        cells = 0
        for number, row in enumerate(sheet.rows, start=1):
            cells += len(row)
            if number > LAST_ROW:
                raise damaged(path)
            if cells > MOST_CELLS:
                raise DeliveryError(
                    f"{path.name} has more than {MOST_CELLS:,} cells on a sheet; it is not what was sent."
                )
            yield row
    except UNREADABLE:
        raise damaged(path) from None


def cells_of(sheet: str, number: int, row: tuple[Any, ...], least: int) -> list[Cell]:
    """The cells of a row, at least `least`: an empty tail is not stored by every program.

    Beyond `MOST_COLUMNS` only the filled ones.
    """
    cells = [_cell(sheet, number, index, stored) for index, stored in enumerate(row[:MOST_COLUMNS], start=1)]
    cells += [Cell(_place(sheet, number, index)) for index in range(len(cells) + 1, least + 1)]
    beyond = enumerate(row[MOST_COLUMNS:], start=MOST_COLUMNS + 1)
    far = [_cell(sheet, number, index, stored) for index, stored in beyond if stored is not EMPTY_CELL]
    return cells + [cell for cell in far if cell.filled]


def _cell(sheet: str, number: int, index: int, stored: Any) -> Cell:
    return Cell(_place(sheet, number, index), stored.value, stored.data_type or "n")


def _place(sheet: str, number: int, index: int) -> str:
    return f"{sheet}!{get_column_letter(index)}{number}"
