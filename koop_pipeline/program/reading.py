"""`reads:` of a profile: how the files of one legacy system are opened.

Put here settings of file formats only. What the columns mean belongs to the rest of the profile.
"""

from typing import Literal

from pydantic import Field, field_validator

from koop_pipeline.program.base import Model

Format = Literal["csv", "xlsx", "mysql_dump", "sqlite", "database"]

ENDINGS: dict[str, tuple[str, ...]] = {
    "csv": (".csv", ".txt", ".tsv"),
    "xlsx": (".xlsx", ".xlsm"),
    "mysql_dump": (".sql",),
    "sqlite": (".sqlite", ".sqlite3", ".db"),
}


class SheetReading(Model):
    """One sheet (or a glob of sheets) of a workbook.

    `header`: first and last row (1-based) of the header; rows are joined downwards with one space, a merged cell counts
    for each column it covers. `until`: a glob; the first row after the header whose first non-empty cell matches
    it ends
    the table. `cells`: values above the table that become a column of every row (`member_no: B4`).
    """

    header: tuple[int, int] = (1, 1)
    until: str | None = None
    cells: dict[str, str] = Field(default_factory=dict)

    @field_validator("header", mode="before")
    @classmethod
    def _one_row(cls, value: object) -> object:
        return (value, value) if isinstance(value, str | int) else value


class Reading(Model):
    """How files of one format are read. `files` is a glob on the path inside the source; default: by ending.

    `header` (csv): the row (1-based) that holds the column names; rows above it are titles and are not read.
    """

    format: Format
    files: str | None = None
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: int = 1
    sheets: dict[str, SheetReading] = Field(default_factory=dict)
