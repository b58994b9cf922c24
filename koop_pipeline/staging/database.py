"""Opens the staging file of a batch and offers the few verbs every step uses.

A DuckDB file has one writing process: a lock beside the file makes a second run wait its turn or say so. Put table
definitions in `schema.py`, what a step knows about its data in the step.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from filelock import FileLock, Timeout

from koop_pipeline.errors import KoopError, RefusedError
from koop_pipeline.staging import checkpoints
from koop_pipeline.staging.names import quoted
from koop_pipeline.staging.schema import create_all, layout, layout_of

StagingError = duckdb.Error
MEMORY_LIMIT = "4GB"


class Staging:
    """An open staging file. Use `with Staging.open(path) as staging`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self.connection = connection
        self.path = path
        self.macros: tuple[str, ...] = ()

    @classmethod
    @contextmanager
    def open(cls, path: Path, *, isolated: bool = True) -> Iterator["Staging"]:
        """Open (and create) the file for writing, for as long as the context lasts.

        An `isolated` connection reaches nothing outside the file: no other files, no network, no extensions; the
        setting is locked. RefusedError where another process is writing this batch.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        temp = path.with_suffix(".tmp")
        try:
            with FileLock(path.with_suffix(".lock"), timeout=2):
                checkpoints.mend(path)
                connection = _connect(path, temp)
                try:
                    _configure(connection, isolated=isolated)
                    create_all(connection)
                    staging = cls(connection, path)
                    yield staging
                    staging.checkpoint()
                finally:
                    connection.close()
        except Timeout:
            raise RefusedError(f"{path}: another run is at work on this batch; wait until it has ended") from None
        except duckdb.IOException as error:
            raise KoopError(f"{path}: cannot be opened as a staging file: {str(error).splitlines()[0]}") from None

    def execute(self, sql: str, parameters: object = None) -> None:
        """Run a statement for its effect."""
        self.connection.execute(sql, parameters)

    def use_macros(self, statements: Sequence[str]) -> None:
        """Put these macros in force, in their order; those that are in force already are not made again."""
        there, self.macros = self.macros, ()
        for statement in statements:
            if statement not in there:
                self.execute(statement)
        self.macros = tuple(statements)

    def rows(self, sql: str, parameters: object = None) -> list[tuple[Any, ...]]:
        """All rows of a (small) query."""
        return self.connection.execute(sql, parameters).fetchall()

    def value(self, sql: str, parameters: object = None) -> Any:
        """The single value of a query."""
        row = self.connection.execute(sql, parameters).fetchone()
        return row[0] if row else None

    def frame(self, sql: str, parameters: object = None) -> pl.DataFrame:
        """The result of a query as a Polars frame."""
        return self.connection.execute(sql, parameters).pl()

    def insert(self, table: str, frame: pl.DataFrame) -> None:
        """Append a frame to `table` by column names."""
        if frame.is_empty():
            return
        self.connection.register("_incoming", frame.to_arrow())
        try:
            self.connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM _incoming")
        finally:
            self.connection.unregister("_incoming")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing for what happens inside."""
        self.connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            self.macros = ()  # those made inside are undone with the rest
            raise
        self.connection.execute("COMMIT")

    def checkpoint(self, from_bytes: int = 1) -> None:
        """Take the log into the file, if it has at least so many bytes."""
        checkpoints.checkpoint(self.connection, self.path, from_bytes=from_bytes)

    def clear(self, table: str, ids: Sequence[str], where: str = "true") -> None:
        """Remove the rows of these cooperatives."""
        self.connection.execute(
            f"DELETE FROM {table} WHERE cooperative_id IN (SELECT unnest(?)) AND {where}", [list(ids)]
        )

    def sweep(self) -> None:
        """Drop the temporary tables and views, and take in a long log."""
        for kind in ("view", "table"):
            for (name,) in self.rows(f"SELECT {kind}_name FROM duckdb_{kind}s() WHERE temporary AND NOT internal"):
                self.execute(f"DROP {kind} temp.{quoted(name)}")
        self.checkpoint(checkpoints.LOG_LIMIT)

    def tables(self, schema: str) -> list[str]:
        """Names of the tables of a schema, sorted."""
        query = "SELECT table_name FROM duckdb_tables() WHERE schema_name = ? AND database_name = current_database()"
        return sorted(row[0] for row in self.rows(query, [schema]))


def _connect(path: Path, temp: Path) -> duckdb.DuckDBPyConnection:
    """Open the file; one of another layout is made anew, since everything in it can be made again."""
    connection = duckdb.connect(path, config={"temp_directory": str(temp)})
    if layout_of(connection) not in {None, layout()}:
        connection.close()
        path.unlink()
        connection = duckdb.connect(path, config={"temp_directory": str(temp)})
    return connection


def _configure(connection: duckdb.DuckDBPyConnection, *, isolated: bool) -> None:
    connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    checkpoints.only_ours(connection)
    # without them a file is half as large again, and written in four fifths of the time
    connection.execute("SET disabled_compression_methods = 'fsst,dict_fsst,zstd'")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET autoload_known_extensions = false")
    # TRY(expression) must see the error: common subexpressions would be computed outside of it
    connection.execute("SET disabled_optimizers = 'common_subexpressions'")
    if isolated:
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
