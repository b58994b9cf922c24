"""Writes the chunks of one cooperative into the raw schema: one relation a profile and source table.

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
from koop_pipeline.identifiers.secrets import SECRET_COLUMN
from koop_pipeline.staging import Staging, literal, quoted

LINEAGE = ("row_id", "source_file", "source_table", "source_row", "branch", "as_of")
ROWS_PER_TABLE = 10**9
MAX_CELL_BYTES = 1_000_000


class RawWriter:
    """Appends one cooperative's chunks; remembers its tables for `raw.tables`."""

    def __init__(self, staging: Staging, cooperative_id: str, profile: str, secrets_named: Iterable[str], key: str):
        self.staging = staging
        self.cooperative_id = cooperative_id
        self.profile = profile
        self.secrets_named = [name.casefold() for name in secrets_named]
        self.key = key
        self.ordinals: dict[str, int] = {}
        self.written: dict[str, int] = {}
        self.relations: dict[str, list[str]] = {}

    def write(self, chunk: Chunk, source_file: str, branch: str | None, as_of: date) -> list[str]:
        """Append a chunk; returns the names its columns have in raw."""
        refuse_huge_cells(chunk, source_file)
        ordinal = self.ordinals.setdefault(chunk.table, len(self.ordinals) + 1)
        offset = self.written.get(chunk.table, 0)
        names = raw_names(chunk.columns)
        relation = self._relation(chunk.table, names)
        frame = chunk.frame.rename(dict(zip(chunk.columns, names, strict=True))).with_row_index("_koop_ordinal")
        self.staging.connection.register("_chunk", frame.to_arrow())
        try:
            self.staging.execute(
                f"INSERT INTO {relation} (cooperative_id, row_id, source_file, source_table, source_row, branch, as_of"
                f"{''.join(', ' + quoted(name) for name in names)})"
                f" SELECT $id, $first + _koop_ordinal + 1, $file, $table, source_row, $branch, $as_of"
                f"{''.join(', ' + self._value(chunk.table, name) for name in names)} FROM _chunk",
                {
                    "id": self.cooperative_id,
                    "first": ordinal * ROWS_PER_TABLE + offset,
                    "file": source_file,
                    "table": chunk.table,
                    "branch": branch,
                    "as_of": as_of,
                },
            )
        finally:
            self.staging.connection.unregister("_chunk")
        self.written[chunk.table] = offset + frame.height
        return names

    def _value(self, table: str, name: str) -> str:
        column = quoted(name)
        place = f"{table}.{name}".casefold()
        if not (SECRET_COLUMN.search(name) or any(fnmatchcase(place, pattern) for pattern in self.secrets_named)):
            return column
        inner = f"sha256({literal(self.key)} || {column})"
        return f"CASE WHEN {column} = '' THEN '' ELSE 'hash:' || sha256({literal(self.key)} || {inner}) END"

    def _relation(self, table: str, names: list[str]) -> str:
        relation = relation_name(self.profile, table)
        known = self.relations.get(relation)
        if known is None:
            columns = "cooperative_id VARCHAR, row_id BIGINT, source_file VARCHAR, source_table VARCHAR,"
            columns += " source_row BIGINT, branch VARCHAR, as_of DATE"
            self.staging.execute(f"CREATE TABLE IF NOT EXISTS {relation} ({columns})")
            described = self.staging.rows(f"DESCRIBE {relation}")
            known = self.relations[relation] = [row[0].casefold() for row in described]
        for name in names:
            if name.casefold() not in known:
                self.staging.execute(f"ALTER TABLE {relation} ADD COLUMN {quoted(name)} VARCHAR")
                known.append(name.casefold())
        return relation


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
    taken = {*LINEAGE, "cooperative_id", "_koop_ordinal"}
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
