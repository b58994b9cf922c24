"""The target PostgreSQL as the steps see it: `promotion.target.Target`.

Put here the connection, the tenant and the advisory lock. A load writes as the role `koop_loader`, under row-level
security, with the cooperative named in `koop.cooperatives`.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import stamina
from psycopg.sql import SQL, Identifier

from koop_pipeline.contracts import PROMOTED, Table
from koop_pipeline.errors import RefusedError
from koop_pipeline.program.target_address import TargetAddress
from koop_pipeline.staging import Staging
from koop_pipeline.target.model import Answer, TargetError
from koop_pipeline.target.postgres import schema
from koop_pipeline.target.postgres.catalogue import faults
from koop_pipeline.target.postgres.errors import PassingError, told, unreached
from koop_pipeline.target.postgres.read_back import BOOK, THERE, ReadBack
from koop_pipeline.target.postgres.schema import ROLE, Schemas
from koop_pipeline.target.postgres.session import settings
from koop_pipeline.target.postgres.writing import PostgresWriting

stamina.instrumentation.set_on_retry_hooks([])
ATTEMPTS = 5
LONGEST_WAIT_SECONDS = 8.0
ALONE_SECONDS = 10.0


@contextmanager
def connected(staging: Staging, address: TargetAddress, *, read_only: bool = False) -> Iterator["PostgresTarget"]:
    """The database of an address; brought to this version's schema unless it is only to be read.

    RefusedError where it cannot be reached, is of a later version, or is to be read and has no schema yet.
    """
    target = PostgresTarget(staging, address)
    try:
        target.prepare(read_only=read_only)
        yield target
    finally:
        target.close()


class PostgresTarget:
    """`Target` of a PostgreSQL database."""

    there = THERE
    books = BOOK

    def __init__(self, staging: Staging, address: TargetAddress) -> None:
        self.staging = staging
        self.shown = address.shown
        self.url = address.url
        self.schemas = Schemas(address.prefix)
        self.reading = ReadBack(staging, address.url, self.schemas)
        self._connection: psycopg.Connection[Any] | None = None

    def prepare(self, *, read_only: bool) -> None:
        """Connect, and hold the schema to this version; RefusedError where that cannot be done."""
        try:
            self.retried(lambda: self._prepare(read_only=read_only))
        except TargetError as error:
            raise RefusedError(f"{self.shown}: {error}") from None

    def _prepare(self, *, read_only: bool) -> None:
        try:
            if schema.version(self.connection(), self.schemas) == schema.head():
                return
            if read_only:
                raise RefusedError(f"{self.shown}: there is no target of this version yet; run koop migrate first")
            schema.upgrade(self.url, self.schemas)
        except psycopg.Error as error:
            raise told(error) from None

    def connection(self) -> psycopg.Connection[Any]:
        """The writing connection; a lost one is made anew. TargetError where that cannot be."""
        if self._connection is None or self._connection.closed or self._connection.broken:
            try:
                self._connection = psycopg.connect(self.url, autocommit=True, connect_timeout=10)
            except psycopg.OperationalError as error:
                raise unreached(error, self.url) from None
            for name, value in settings().items():
                self._connection.execute("SELECT set_config(%s, %s, false)", [name, value])
        return self._connection

    def throw_away(self) -> None:
        """Remove the schemas of a rehearsal."""
        try:
            with self.connection().transaction():
                schema.drop(self.connection(), self.schemas)
        except psycopg.Error as error:
            raise RefusedError(f"{self.shown}: {told(error)}") from None
        finally:
            self.close()

    def close(self) -> None:
        """Let both connections go."""
        self.reading.close()
        if self._connection is not None:
            self._connection.close()

    def fetch(self, ids: Sequence[str], tables: Iterable[Table] = PROMOTED) -> None:
        """Read rows back into temporary tables."""
        self.reading.tables(ids, tables)

    def fetch_books(self, ids: Sequence[str], books: Iterable[str] = ("loads",)) -> None:
        """Read lines of books back into temporary tables."""
        self.reading.books(ids, books)

    @contextmanager
    def writing(self, cooperative_id: str) -> Iterator[PostgresWriting]:
        """One transaction as the loader, under the tenant, holding the cooperative's advisory lock."""
        try:
            connection = self.connection()
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute(SQL("SET LOCAL ROLE {}").format(Identifier(ROLE)))
                cursor.execute("SELECT set_config('koop.cooperatives', %s, true)", [cooperative_id])
                self._alone(cursor, cooperative_id)
                yield PostgresWriting(cursor, self.staging, self.schemas, cooperative_id)
        except psycopg.Error as error:
            raise told(error) from None

    def _alone(self, cursor: psycopg.Cursor[Any], cooperative_id: str) -> None:
        """Hold the cooperative's lock; a run that was killed frees it within moments, one that works does not."""
        name = f"koop {self.schemas.platform} {cooperative_id}"
        until = time.monotonic() + ALONE_SECONDS
        while True:
            row = cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name]).fetchone()
            if row and row[0]:
                return
            if time.monotonic() > until:
                raise TargetError("another run is loading this cooperative at this moment; this run left it alone")
            time.sleep(0.2)

    def retried(self, action: Callable[[], Answer]) -> Answer:
        """Again, a few times and ever later, where the target failed in passing."""
        for attempt in stamina.retry_context(
            on=PassingError, attempts=ATTEMPTS, timeout=None, wait_initial=0.2, wait_max=LONGEST_WAIT_SECONDS
        ):
            with attempt:
                return action()
        raise AssertionError("stamina raises after the last attempt")

    def measure(self) -> None:
        """ANALYZE, which autovacuum may not come to for minutes; a table of somebody else's is passed over."""
        try:
            for table in PROMOTED:
                self.connection().execute(SQL("ANALYZE {}").format(Identifier(self.schemas.platform, table.name)))
        except psycopg.Error as error:
            raise told(error) from None

    def faults(self) -> list[str]:
        """Where the database is no longer what the schema's version makes."""
        return self.retried(self._faults)

    def _faults(self) -> list[str]:
        try:
            return faults(self.url, self.schemas)
        except psycopg.Error as error:
            raise told(error) from None
