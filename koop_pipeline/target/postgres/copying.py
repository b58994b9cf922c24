"""Rows of the staging connection into a table of PostgreSQL, by COPY: in slices, so that memory stays bounded.

A role that is subject to row-level security cannot COPY into a table, so each slice goes into a temporary table and
from there by INSERT ... SELECT. Slices also bound what PostgreSQL keeps of foreign keys that it has yet to check.
"""

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from psycopg.sql import SQL, Composed, Identifier

from koop_pipeline.staging import Staging, quoted
from koop_pipeline.target.postgres.errors import told

SLICE_ROWS = 200_000
FORM = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
PLACE = re.compile(r"COPY \S+, \D+(\d+)(?:, \D*? (\w+)(?=:|$))?")
"""What PostgreSQL says of the place of a value that it does not take: `COPY members, line 2, column nik: ...`."""
Cursor = psycopg.Cursor[Any]


def slices(
    cursor: Cursor,
    staging: Staging,
    relation: str,
    into: tuple[str, str],
    columns: Sequence[str],
    key: Sequence[str] = (),
) -> Iterator[tuple[Identifier, int]]:
    """The temporary table that holds the next rows of `relation`, and how many, until there are none.

    `into` is the schema and table whose column types the temporary table takes; it is empty again after a commit. The
    staging connection must not be used for anything else in between. TargetError where a value is not taken; it names
    the row by `key`.
    """
    listed = ", ".join(map(quoted, columns))
    reader = staging.connection.execute(f"SELECT {listed} FROM {relation}").to_arrow_reader(SLICE_ROWS)
    incoming = Identifier("pg_temp", f"incoming_{into[1]}")
    first = True
    for batch in reader:
        if not batch.num_rows:
            continue
        cursor.execute(_temporary(into) if first else SQL("TRUNCATE {}").format(incoming))
        first = False
        text = io.BytesIO()
        pyarrow.csv.write_csv(batch, text, FORM)
        statement = SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(incoming, names(columns))
        try:
            with cursor.copy(statement) as copy:
                copy.write(text.getbuffer())
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            row, column = _place(error, batch, key)
            raise told(error, into[1], row, column) from None
        yield incoming, batch.num_rows


def _place(
    error: psycopg.Error, batch: pa.RecordBatch, key: Sequence[str]
) -> tuple[tuple[str, ...] | None, str | None]:
    """The key of the row that COPY did not take, and the column where it says so; a text may go over several lines."""
    said = PLACE.match(error.diag.context or "")
    if not said or not key:
        return None, None
    texts = [column for column in batch.columns if pa.types.is_string(column.type)]
    ends = pa.array([1] * batch.num_rows)
    for column in texts:
        ends = pc.add(ends, pc.fill_null(pc.count_substring(column, "\n"), 0))
    before = pc.sum(pc.less(pc.cumulative_sum(ends), int(said[1]))).as_py() or 0
    row = batch.slice(before, 1).select(list(key)).to_pylist()
    return (tuple(str(value) for value in row[0].values()) if row else None), said[2]


def _temporary(into: tuple[str, str]) -> Composed:
    return SQL(
        "CREATE TEMP TABLE IF NOT EXISTS {} ON COMMIT DELETE ROWS AS SELECT * FROM {} WITH NO DATA; TRUNCATE {}"
    ).format(
        Identifier(f"incoming_{into[1]}"), Identifier(*into), Identifier("pg_temp", f"incoming_{into[1]}")
    )  # fmt: skip


def names(columns: Sequence[str]) -> Composed:
    """A list of columns."""
    return SQL(", ").join(map(Identifier, columns))
