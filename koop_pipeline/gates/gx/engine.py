"""Great Expectations on an open DuckDB connection: connection, execution engine, datasource.

GX has no DuckDB engine, and its SQLAlchemy engine closes the connection before the result is read; the subclasses here
mend that and nothing else. What GX asks the engine for (metrics) is in `metrics.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import duckdb
import sqlalchemy as sa
from duckdb_engine import ConnectionWrapper
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from sqlalchemy.pool import StaticPool

SCHEMA = "checked"


class AutocommitConnection(ConnectionWrapper):
    """A DuckDB cursor on which each statement stands alone.

    In a transaction one failing query would make every later one fail too, and old snapshots would be kept open.
    """

    def begin(self) -> None:
        """Nothing is begun."""

    def commit(self) -> None:
        """Nothing is open."""

    def rollback(self) -> None:
        """Nothing is open."""


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """GX's SQL engine with one connection, kept open until `close`."""

    @contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        """The one connection; results are read after the caller has left the block."""
        if self._connection is None:
            self._connection = self.engine.connect()
        yield self._connection

    def rows(self, sql: str) -> list[Any]:
        """The rows of a query without parameters; for a handful of rows."""
        return list(self.execute_query(sa.text(sql.replace(":", r"\:"))).fetchall())

    def close(self) -> None:
        """Close the cursor; the connection it came from stays open."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.engine.dispose()


EngineClass = type[DuckDBExecutionEngine]


class DuckDBDatasource(SQLDatasource):
    """A datasource over a SQLAlchemy engine that is handed in, not made from a connection string."""

    type: Literal["koop_duckdb"] = "koop_duckdb"  # type: ignore[assignment]

    @property
    def execution_engine_type(self) -> EngineClass:
        """The engine class under which `metrics.py` registers."""
        return DuckDBExecutionEngine

    def test_connection(self, test_assets: bool = True) -> None:
        """The connection is open already."""

    def use(self, engine: sa.Engine) -> DuckDBExecutionEngine:
        """Work on this SQLAlchemy engine from now on."""
        self._engine = engine
        self._execution_engine = DuckDBExecutionEngine(engine=engine, create_temp_table=False)
        return self._execution_engine

    def get_engine(self) -> sa.Engine:
        """The SQLAlchemy engine handed to `use`."""
        engine: sa.Engine | None = self._engine
        if engine is None:
            raise RuntimeError("the DuckDB datasource was used before it was given a connection")
        return engine

    def get_execution_engine(self) -> SqlAlchemyExecutionEngine:
        """The engine made by `use`."""
        engine: SqlAlchemyExecutionEngine | None = self._execution_engine
        if engine is None:
            raise RuntimeError("the DuckDB datasource was used before it was given a connection")
        return engine


def cursor_on_checked(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A cursor of the connection that looks for names in `checked` first, then in `main`.

    GX drops the schema name in inner queries, so the search path has to carry it. The cursor sees what is committed.
    """
    database = connection.execute("select current_database()").fetchall()[0][0]
    quoted = '"' + str(database).replace('"', '""') + '"'
    cursor = connection.cursor()
    path = f"{quoted}.{SCHEMA},{quoted}.main".replace("'", "''")
    cursor.execute(f"set search_path = '{path}'")
    return cursor


def sql_engine(connection: duckdb.DuckDBPyConnection) -> sa.Engine:
    """A SQLAlchemy engine whose only connection is a cursor of the given one."""
    engine = sa.create_engine(
        "duckdb://", creator=lambda: AutocommitConnection(cursor_on_checked(connection)), poolclass=StaticPool
    )
    # The PostgreSQL dialect doubles backslashes in literals; in DuckDB they would then stand there twice.
    engine.dialect._backslash_escapes = False  # type: ignore[attr-defined]
    return engine
