"""What every reader yields: chunks of faithful text with the row number each line had in its source.

A reader is a module with two functions, `read(path, reading)` and `count(path, reading)`, that share no code: the
second
is the independent count of law 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from koop_pipeline.program.reading import Reading

CHUNK_ROWS = 200_000
MAX_COLUMNS = 2_000


@dataclass(frozen=True)
class Chunk:
    """Some rows of one source table.

    `frame` has `source_row` (Int64, 1-based: the record in a csv file counting the header, the row of a sheet, the
    ordinal of the row in a dumped or database table) and then one String column per source column, named as the source
    names it. Null only where the source itself says NULL; an empty csv field is the empty string.
    """

    table: str
    frame: pl.DataFrame

    @property
    def columns(self) -> list[str]:
        """Names of the source's columns, in its order."""
        return self.frame.columns[1:]


class Reader(Protocol):
    """A module that reads one format."""

    def read(self, path: Path, reading: Reading) -> Iterator[Chunk]:
        """Yield every table of the file, in the file's order; a table without rows yields one empty chunk."""
        ...

    def count(self, path: Path, reading: Reading) -> dict[str, int]:
        """Rows per table, counted by other means than `read`."""
        ...
