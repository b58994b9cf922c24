"""Dagster's storage: in PostgreSQL by the driver that its SQL is written for, in SQLite with connections that are kept.

dagster.yaml names the first; `koop migrate` and `koop ui` name the second where no PostgreSQL is given.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from sqlalchemy import Connection, Engine, StaticPool, create_engine, event

KEPT = 8


class PostgresStorage(DagsterPostgresStorage):
    """`DagsterPostgresStorage` by psycopg2, whatever driver the URL names.

    dagster-postgres stores each event with `NOTIFY channel, :id`. psycopg2 fills that in on its own side; psycopg 3
    leaves it to the server, which takes no parameter there. SQLAlchemy 2.1 takes psycopg 3 for a plain `postgresql://`:
    https://docs.sqlalchemy.org/en/21/changelog/migration_21.html
    """

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """The storage of dagster.yaml's `postgres_url`."""
        return cls(
            by_psycopg2(config_value["postgres_url"]), config_value.get("should_autocreate_tables", True), inst_data
        )


def by_psycopg2(url: str) -> str:
    """The URL with its driver named.

    >>> by_psycopg2("postgres://koop@db.example/dagster")
    'postgresql+psycopg2://koop@db.example/dagster'
    """
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+psycopg2://", url)


class SqliteStorage(DagsterSqliteStorage):
    """`DagsterSqliteStorage` with an event log that keeps its connections."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = SqliteEventLog(str(Path(base_dir) / "history" / "runs"))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """The storage below `base_dir`, where Dagster has it too."""
        return cls(config_value["base_dir"], inst_data)


class SqliteEventLog(SqliteEventLogStorage):
    """Dagster's event log in SQLite files, with connections to the last KEPT of them that stay open.

    Dagster makes a new SQLAlchemy engine for every event that it stores or asks for, which then compiles every
    statement anew, and another for each of 600 questions whether a table is there. A short run has some 400 events and
    1,700 such connections. SQLite need not wait for the disk at each event: with a log of its own (WAL) the file stays
    whole, and what a loss of power may take is the last events, not what the run did.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    def has_table(self, table_name: str) -> bool:
        """Whether the index has the table; asked until it has, for no table is ever dropped."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """A transaction on the shard's connection; one at a time, as Dagster has it."""
        with self._db_lock:
            if shard not in self._engines:
                if len(self._engines) == KEPT:
                    self._engines.pop(next(iter(self._engines))).dispose()
                self._engines[shard] = _engine(self.conn_string_for_shard(shard))
            engine = self._engines[shard] = self._engines.pop(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def dispose(self) -> None:
        """Close the connections."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _engine(url: str) -> Engine:
    """One connection to a SQLite file, kept open, that leaves it to SQLite's log when the disk has it."""
    connect_args = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
    engine = create_engine(url, poolclass=StaticPool, connect_args=connect_args)
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = NORMAL"))
    return engine
