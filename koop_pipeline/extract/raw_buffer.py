"""Collects what several cooperatives delivered and puts it into the schema raw in few large statements.

DuckDB writes a row of a large insert in less than half the time that a row of many small ones takes: whole row groups
go to the file once, compressed, and never through its log. Put here the putting; what is written is `raw_writer.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from koop_pipeline.staging import Staging, quoted

MOST_BYTES = 64 << 20
PLACE = "_koop_place"
ROW_ID = "_koop_row_id"
PLACES = {
    PLACE: pl.UInt32(), "cooperative_id": pl.String(), "source_file": pl.String(), "source_table": pl.String(),
    "branch": pl.String(), "as_of": pl.Date(),
}  # fmt: skip
LINES: dict[str, dict[str, pl.DataType]] = {
    "raw.files": {
        "cooperative_id": pl.String(), "branch": pl.String(), "as_of": pl.Date(), "source_file": pl.String(),
        "sha256": pl.String(), "bytes": pl.Int64(),
    },
    "raw.tables": {
        "cooperative_id": pl.String(), "branch": pl.String(), "as_of": pl.Date(), "source_file": pl.String(),
        "source_table": pl.String(), "relation": pl.String(), "columns": pl.List(pl.String()), "rows": pl.Int64(),
        "counted": pl.Int64(),
    },
    "raw.failures": {
        "cooperative_id": pl.String(), "table_name": pl.String(), "rule": pl.String(), "before": pl.String(),
        "source_file": pl.String(), "source_table": pl.String(), "note": pl.String(),
    },
}  # fmt: skip
"""The books of the step extract, with the columns that it writes."""


@dataclass(frozen=True)
class Place:
    """Where rows come from: the columns that all rows of one source table share."""

    cooperative_id: str
    source_file: str
    source_table: str
    branch: str | None
    as_of: date


@dataclass(frozen=True)
class Form:
    """Rows that one statement takes: their relation, its columns and the SQL that gives each column's value."""

    relation: str
    names: tuple[str, ...]
    values: tuple[str, ...]


@dataclass
class RawBuffer:
    """Rows and book lines that wait; `flush` puts them into the open transaction."""

    staging: Staging
    frames: dict[Form, list[tuple[Place, pl.DataFrame]]] = field(default_factory=dict)
    lines: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)
    made: dict[str, set[str]] = field(default_factory=dict)
    size: int = 0

    def add(self, form: Form, place: Place, frame: pl.DataFrame) -> None:
        """Take rows: `ROW_ID`, `source_row` and the columns of `form`; flushes when MOST_BYTES have come together."""
        self.frames.setdefault(form, []).append((place, frame))
        self.size += int(frame.estimated_size())
        if self.size > MOST_BYTES:
            self._put_rows()

    def note(self, book: str, line: Sequence[object]) -> None:
        """Take a line of one of the LINES."""
        self.lines.setdefault(book, []).append(tuple(line))

    def drop(self, cooperative_id: str) -> None:
        """Let go of everything of one cooperative that still waits."""
        for form, frames in self.frames.items():
            self.frames[form] = [item for item in frames if item[0].cooperative_id != cooperative_id]
        for book, lines in self.lines.items():
            self.lines[book] = [line for line in lines if line[0] != cooperative_id]

    def flush(self) -> None:
        """Put everything that waits into raw."""
        self._put_rows()
        for book, lines in self.lines.items():
            self.staging.insert(book, pl.DataFrame(lines, schema=LINES[book], orient="row"))
        self.lines = {}

    def _put_rows(self) -> None:
        for form, frames in self.frames.items():
            if frames:
                self._insert(form, frames)
        self.frames, self.size = {}, 0

    def _make(self, form: Form) -> None:
        """The relation, with these columns."""
        if form.relation not in self.made:
            columns = "cooperative_id VARCHAR, row_id BIGINT, source_file VARCHAR, source_table VARCHAR,"
            columns += " source_row BIGINT, branch VARCHAR, as_of DATE"
            self.staging.execute(f"CREATE TABLE IF NOT EXISTS {form.relation} ({columns})")
            described = self.staging.rows(f"DESCRIBE {form.relation}")
            self.made[form.relation] = {row[0].casefold() for row in described}
        for name in form.names:
            if name.casefold() not in self.made[form.relation]:
                self.staging.execute(f"ALTER TABLE {form.relation} ADD COLUMN {quoted(name)} VARCHAR")
                self.made[form.relation].add(name.casefold())

    def _insert(self, form: Form, frames: list[tuple[Place, pl.DataFrame]]) -> None:
        self._make(form)
        numbers = {place: number for number, place in enumerate(dict.fromkeys(place for place, _ in frames))}
        places = [(number, *vars(place).values()) for place, number in numbers.items()]
        rows = pl.concat(
            frame.with_columns(pl.lit(numbers[place], dtype=pl.UInt32).alias(PLACE)) for place, frame in frames
        )
        connection = self.staging.connection
        connection.register("_rows", rows.to_arrow())
        connection.register("_places", pl.DataFrame(places, schema=PLACES, orient="row").to_arrow())
        try:
            columns = ["cooperative_id", "row_id", "source_file", "source_table", "source_row", "branch", "as_of"]
            self.staging.execute(
                f"INSERT INTO {form.relation} ({', '.join([*columns, *map(quoted, form.names)])}) SELECT"
                f" p.cooperative_id, r.{ROW_ID}, p.source_file, p.source_table, r.source_row, p.branch,"
                f" {', '.join(['p.as_of', *form.values])} FROM _rows r JOIN _places p USING ({PLACE})"
            )
        finally:
            connection.unregister("_rows")
            connection.unregister("_places")
