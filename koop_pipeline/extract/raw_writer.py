"""Writes the chunks of one cooperative for the raw schema: one relation a profile and source table.

Rows of all cooperatives that ran one legacy system stand in one relation, `raw."<profile>/<table>"`. Raw is a mirror,
secrets excepted: a column that holds passwords, PINs or the mother's maiden name keeps a keyed hash of each value.
"""

import os
import secrets
from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl

from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract.model import Chunk
from koop_pipeline.extract.raw_buffer import PLACE, ROW_ID, Form, Place, RawBuffer
from koop_pipeline.identifiers.secrets import SECRET_COLUMN
from koop_pipeline.staging import literal, quoted

LINEAGE = ("row_id", "source_file", "source_table", "source_row", "branch", "as_of")
ROWS_PER_TABLE = 10**9
MAX_CELL_BYTES = 1_000_000


class RawWriter:
    """Hands one cooperative's chunks to the buffer; remembers what it has of each source table."""

    def __init__(self, buffer: RawBuffer, cooperative_id: str, profile: str, secrets_named: Iterable[str], key: str):
        self.buffer = buffer
        self.cooperative_id = cooperative_id
        self.profile = profile
        self.secrets_named = [name.casefold() for name in secrets_named]
        self.key = key
        self.ordinals: dict[str, int] = {}
        self.written: dict[str, int] = {}

    def write(self, chunk: Chunk, source_file: str, branch: str | None, as_of: date) -> list[str]:
        """Append a chunk; returns the names its columns have in raw."""
        refuse_huge_cells(chunk, source_file)
        ordinal = self.ordinals.setdefault(chunk.table, len(self.ordinals) + 1)
        offset = self.written.get(chunk.table, 0)
        names = raw_names(chunk.columns)
        frame = chunk.frame.rename(dict(zip(chunk.columns, names, strict=True)))
        frame = frame.with_row_index(ROW_ID, offset=1).with_columns(
            pl.col(ROW_ID).cast(pl.Int64) + (ordinal * ROWS_PER_TABLE + offset)
        )
        form = Form(
            relation_name(self.profile, chunk.table), tuple(names), tuple(self._value(chunk.table, n) for n in names)
        )
        self.buffer.add(form, Place(self.cooperative_id, source_file, chunk.table, branch, as_of), frame)
        self.written[chunk.table] = offset + frame.height
        return names

    def _value(self, table: str, name: str) -> str:
        column = quoted(name)
        place = f"{table}.{name}".casefold()
        if not (SECRET_COLUMN.search(name) or any(fnmatchcase(place, pattern) for pattern in self.secrets_named)):
            return column
        inner = f"sha256({literal(self.key)} || {column})"
        return f"CASE WHEN {column} = '' THEN '' ELSE 'hash:' || sha256({literal(self.key)} || {inner}) END"


def relation_name(profile: str, table: str) -> str:
    """The relation in schema raw that holds a profile's source table."""
    return f"raw.{quoted(f'{profile}/{table}')}"


def refuse_huge_cells(chunk: Chunk, source_file: str) -> None:
    """No field of a cooperative's books is a million characters long; such a cell is damage, or an attack."""
    if chunk.frame.is_empty() or not chunk.columns:
        return
    longest = chunk.frame.select(pl.col(chunk.columns).str.len_bytes().max()).row(0)
    for column, size in zip(chunk.columns, longest, strict=True):
        if size is not None and size >= MAX_CELL_BYTES:
            rows = chunk.frame.filter(pl.col(column).str.len_bytes() >= MAX_CELL_BYTES)["source_row"]
            raise DeliveryError(
                f"{source_file}, {chunk.table}, row {rows[0]}: the column {column} holds {size:,} bytes in one cell; a"
                f" cell may hold up to {MAX_CELL_BYTES:,}; correct the export"
            )


def raw_names(columns: list[str]) -> list[str]:
    """Column names as raw keeps them: those that are taken, or equal but for case, get `_2`, `_3`."""
    taken = {*LINEAGE, "cooperative_id", PLACE, ROW_ID}
    names = []
    for column in columns:
        name, number = column, 1
        while name.casefold() in taken:
            number += 1
            name = f"{column}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def hash_key(home: Path) -> str:
    """The key of the hashes: KOOP_HASH_KEY, else one made once and kept below `var/` for its owner only."""
    if os.environ.get("KOOP_HASH_KEY"):
        return os.environ["KOOP_HASH_KEY"]
    path = home / "hash.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text().strip()


def same_columns(source_file: str, table: str, before: list[str], now: list[str]) -> None:
    """Chunks of one table must agree; DeliveryError names the file where they do not."""
    if before != now:
        raise DeliveryError(f"{source_file}: the table {table} changes its columns half way")
