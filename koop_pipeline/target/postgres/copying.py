"""Rows of the staging connection into a table of PostgreSQL, by COPY: in slices, so that memory stays bounded.

A role that is subject to row-level security cannot COPY into a table, so each slice goes into a temporary table and
from there by INSERT ... SELECT. Slices also bound what PostgreSQL keeps of foreign keys that it has yet to check.
"""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pyarrow.csv
from psycopg.sql import SQL, Composed, Identifier

from koop_pipeline.staging import Staging, quoted

SLICE_ROWS = 200_000
FORM = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
Cursor = psycopg.Cursor[Any]


def slices(
    cursor: Cursor, staging: Staging, relation: str, into: tuple[str, str], columns: Sequence[str]
) -> Iterator[tuple[Identifier, int]]:
    """The temporary table that holds the next rows of `relation`, and how many, until there are none.

    `into` is the schema and table whose column types the temporary table takes; it is empty again after a commit. The
    staging connection must not be used for anything else in between.
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
        with cursor.copy(statement) as copy:
            copy.write(text.getbuffer())
        yield incoming, batch.num_rows


def _temporary(into: tuple[str, str]) -> Composed:
    return SQL(
        "CREATE TEMP TABLE IF NOT EXISTS {} ON COMMIT DELETE ROWS AS SELECT * FROM {} WITH NO DATA; TRUNCATE {}"
    ).format(
        Identifier(f"incoming_{into[1]}"), Identifier(*into), Identifier("pg_temp", f"incoming_{into[1]}")
    )  # fmt: skip


def names(columns: Sequence[str]) -> Composed:
    """A list of columns."""
    return SQL(", ").join(map(Identifier, columns))
