"""The embedded target: a DuckDB file with the platform's tables and the bookkeeping of what was loaded.

One writer at a time: others queue on a lock beside the file. It is attached to the staging connection as `target`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from koop_pipeline.contracts import PROMOTED, Table
from koop_pipeline.errors import RefusedError
from koop_pipeline.staging import Staging, StagingError, checkpoints, literal, quoted, safe_message
from koop_pipeline.staging.content import table_hashes
from koop_pipeline.target.bookkeeping import BOOKS, columns
from koop_pipeline.target.model import Answer, Hashes, TargetError, same_key


@contextmanager
def attached(staging: Staging, path: Path, *, read_only: bool = False) -> Iterator["DuckdbTarget"]:
    """Attach the target (created when it is not there) as `target` for as long as the context lasts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        mode = " (READ_ONLY)" if read_only else ""
        checkpoints.mend(path)
        staging.execute(f"ATTACH {literal(str(path))} AS target{mode}")
        try:
            _hold_to_layout(staging, path, read_only=read_only)
            yield DuckdbTarget(staging, path)
            if not read_only:
                _take_in(staging, path)
        finally:
            staging.execute("DETACH target")


def _take_in(staging: Staging, path: Path, from_bytes: int = 1) -> None:
    """Take the log into the file; where that fails, what was committed stays in the log, and no load has failed."""
    with suppress(StagingError):
        checkpoints.checkpoint(staging.connection, path, attached="target", from_bytes=from_bytes)


class DuckdbTarget:
    """`Target` of an attached DuckDB file: its tables are relations of the staging connection as they are."""

    there = "target.platform."
    books = "target.migration."

    def __init__(self, staging: Staging, path: Path) -> None:
        self.staging = staging
        self.path = path
        self.shown = str(path)

    def fetch(self, ids: Sequence[str], tables: Iterable[Table] = PROMOTED) -> None:
        """Nothing is to be fetched."""

    def fetch_books(self, ids: Sequence[str], books: Iterable[str] = ("loads",)) -> None:
        """Nothing is to be fetched."""

    @contextmanager
    def writing(self, cooperative_id: str) -> Iterator["DuckdbWriting"]:
        """One transaction; the lock beside the file keeps others out."""
        try:
            with self.staging.transaction():
                yield DuckdbWriting(self.staging, cooperative_id)
        except StagingError as error:
            raise TargetError(f"the target says: {safe_message(error)}") from None
        _take_in(self.staging, self.path, checkpoints.LOG_LIMIT)

    def retried(self, action: Callable[[], Answer]) -> Answer:
        """Once: a file does not fail in passing."""
        return action()

    def measure(self) -> None:
        """The file has its statistics in itself."""

    def faults(self) -> list[str]:
        """Tables that are no longer as they are made, with their not-null and check constraints."""
        return [f"{name} is not as this version makes it" for name in _otherwise(self.staging)]


class DuckdbWriting:
    """`Writing` by SQL on the attached file."""

    def __init__(self, staging: Staging, cooperative_id: str) -> None:
        self.staging = staging
        self.own = f"cooperative_id = {literal(cooperative_id)}"

    def insert(self, table: Table, relation: str) -> int:
        """Add rows."""
        names = ", ".join(["cooperative_id", *map(quoted, table.names)])
        return self._count(f"INSERT INTO target.platform.{table.name} ({names}) SELECT {names} FROM {relation}")

    def fill(self, table: Table, column: str, relation: str) -> int:
        """Write into empty cells."""
        name = quoted(column)
        return self._count(
            f"UPDATE target.platform.{table.name} o SET {name} = n.value FROM {relation} n"
            f" WHERE o.{self.own} AND {same_key(table, 'o', 'n')} AND o.{name} IS NULL"
        )

    def empty(self, table: Table, column: str, relation: str) -> int:
        """Make cells empty."""
        return self._count(
            f"UPDATE target.platform.{table.name} o SET {quoted(column)} = NULL FROM {relation} n"
            f" WHERE o.{self.own} AND {same_key(table, 'o', 'n')}"
        )

    def change(self, table: Table, relation: str) -> int:
        """Write all columns of rows."""
        sets = ", ".join(f"{quoted(name)} = n.{quoted(name)}" for name in table.names if name not in table.key)
        return self._count(
            f"UPDATE target.platform.{table.name} o SET {sets} FROM {relation} n"
            f" WHERE o.{self.own} AND {same_key(table, 'o', 'n')}"
        )

    def remove(self, table: Table, relation: str | None) -> int:
        """Remove rows."""
        using = f" USING {relation} n" if relation else ""
        same = f" AND {same_key(table, 'o', 'n')}" if relation else ""
        return self._count(f"DELETE FROM target.platform.{table.name} o{using} WHERE o.{self.own}{same}")

    def freeze(self) -> None:
        """The file has one writer."""

    def beside(self, going: Mapping[str, str] | None = None) -> list[str]:
        """No platform works in the file."""
        return []

    def hashes(self) -> Hashes:
        """Rows and hash of every table."""
        found: Hashes = {}
        for table in PROMOTED:
            for _, rows, digest in table_hashes(self.staging, table, f"target.platform.{table.name}", self.own):
                found[table.name] = (rows, digest)
        return found

    def note(self, book: str, relation: str) -> None:
        """Add lines to a book."""
        names = ", ".join(columns(book))
        self.staging.execute(f"INSERT INTO target.migration.{book} ({names}) SELECT {names} FROM {relation}")

    def strike(self, book: str, load_id: str | None) -> None:
        """Remove lines from a book."""
        which = "true" if load_id is None else f"load_id = {literal(load_id)}"
        self.staging.execute(f"DELETE FROM target.migration.{book} WHERE {self.own} AND {which}")

    def _count(self, sql: str) -> int:
        return int(self.staging.value(sql))


def _hold_to_layout(staging: Staging, path: Path, *, read_only: bool) -> None:
    """Make the tables where there are none; RefusedError where those that are there are others."""
    if not read_only and not staging.value("SELECT count(*) FROM duckdb_tables() WHERE database_name = 'target'"):
        with staging.transaction():
            _create(staging, "target")
    if other := _otherwise(staging):
        raise RefusedError(
            f"{path}: this target was made by another version, or was changed since: {', '.join(other[:5])}; move it"
            " away, or name another one with --target duckdb:///FILE"
        )


def _otherwise(staging: Staging) -> list[str]:
    """The tables that are missing in the file or are not, to the last constraint, as this version makes them."""
    staging.execute("ATTACH ':memory:' AS promised")
    try:
        _create(staging, "promised")
        rows = staging.rows(
            "SELECT schema_name || '.' || table_name FROM (SELECT schema_name, table_name, sql FROM duckdb_tables()"
            " WHERE database_name = 'promised' EXCEPT SELECT schema_name, table_name, sql FROM duckdb_tables() WHERE"
            " database_name = 'target') ORDER BY 1"
        )
    finally:
        staging.execute("DETACH promised")
    return [row[0] for row in rows]


def _create(staging: Staging, database: str) -> None:
    for schema in ("platform", "migration"):
        staging.execute(f"CREATE SCHEMA {database}.{schema}")
    for table in PROMOTED:
        staging.execute(f"CREATE TABLE {database}.platform.{table.name} ({_columns(table)})")
    for name, of_book in BOOKS.items():
        staging.execute(f"CREATE TABLE {database}.migration.{name} ({of_book})")


def _columns(table: Table) -> str:
    """DDL of a platform table: not-null and the closed enumerations are enforced by the target itself."""
    parts = ["cooperative_id VARCHAR NOT NULL"]
    for column in table.all_columns:
        rule = " NOT NULL" if column.required else ""
        if column.values:
            rule += f" CHECK ({quoted(column.name)} IN ({', '.join(map(literal, column.values))}))"
        parts.append(f"{quoted(column.name)} {column.sql_type}{rule}")
    return ", ".join(parts)
