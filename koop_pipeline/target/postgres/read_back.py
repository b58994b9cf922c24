"""What PostgreSQL holds, into temporary tables of the staging connection, as Arrow batches (ADBC).

Amounts, rates, dates and JSON travel as their text and become decimals and dates again by DuckDB's cast: no float is on
the way, and what DuckDB cannot hold (NaN, an infinite date) is an error and never another value.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
from adbc_driver_manager import Error as ArrowError

from koop_pipeline.contracts import Table
from koop_pipeline.staging import Staging, StagingError, literal, quoted
from koop_pipeline.target.bookkeeping import BOOKS
from koop_pipeline.target.model import TargetError
from koop_pipeline.target.postgres.errors import PassingError, masked
from koop_pipeline.target.postgres.schema import ROLE, Schemas
from koop_pipeline.target.postgres.session import settings

THERE, BOOK = "_koop_there_", "_koop_book_"
AS_TEXT = ("DECIMAL", "VARCHAR", "DATE")
DAY = "[0-9]{4,}-[0-9]{2}-[0-9]{2}"
"""A date of PostgreSQL that is neither infinite nor before the year 1."""


class ReadBack:
    """A reading connection under the loader's role; it sees the cooperatives that a fetch names and no others."""

    def __init__(self, staging: Staging, url: str, schemas: Schemas) -> None:
        self.staging = staging
        self.url = url
        self.schemas = schemas
        self._connection: Any = None

    def tables(self, ids: Sequence[str], tables: Iterable[Table]) -> None:
        """Fill `THERE` + table with the rows of these cooperatives."""
        for table in tables:
            types = {"cooperative_id": "VARCHAR", **{column.name: column.sql_type for column in table.all_columns}}
            self._fetch(THERE + table.name, f"{self.schemas.platform}.{table.name}", types, ids)

    def books(self, ids: Sequence[str], books: Iterable[str]) -> None:
        """Fill `BOOK` + book with the lines of these cooperatives."""
        for book in books:
            types = dict(part.split()[:2] for part in BOOKS[book].split(", "))
            self._fetch(BOOK + book, f"{self.schemas.migration}.{book}", types, ids)

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _fetch(self, into: str, place: str, types: dict[str, str], ids: Sequence[str]) -> None:
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in types.items())
        self.staging.execute(f"CREATE OR REPLACE TEMP TABLE {into} ({columns})")
        sent = ", ".join(
            f"{quoted(name)}::text AS {quoted(name)}" if kind.startswith(AS_TEXT) else quoted(name)
            for name, kind in types.items()
        )
        wanted = ", ".join(map(literal, ids)) or "NULL"
        try:
            with self._reading(ids) as cursor:
                cursor.execute(f"SELECT {sent} FROM {place} WHERE cooperative_id IN ({wanted})")
                self._store(into, types, cursor.fetch_record_batch())
        except ArrowError as error:
            self.close()
            raise _unread(error) from None
        except PassingError:
            self.close()
            raise
        except StagingError as error:
            self.close()
            raise TargetError(f"what {place} holds cannot be read: {masked(str(error).splitlines()[0])}") from None

    def _store(self, into: str, types: dict[str, str], batches: pa.RecordBatchReader) -> None:
        """Store the batches; where the target broke off between two of them, its error is raised and not DuckDB's."""
        lost: list[Exception] = []

        def arriving() -> Iterator[pa.RecordBatch]:
            try:
                yield from batches
            except (OSError, pa.ArrowException, ArrowError) as error:
                lost.append(error)
                raise

        cast = ", ".join(f"{_cast(name, kind)} AS {quoted(name)}" for name, kind in types.items())
        reader = pa.RecordBatchReader.from_batches(batches.schema, arriving())
        self.staging.connection.register("_arriving", reader)
        try:
            self.staging.execute(f"INSERT INTO {into} SELECT {cast} FROM _arriving")
        except StagingError:
            if not lost:
                raise
            raise _unread(lost[0]) from None
        finally:
            self.staging.connection.unregister("_arriving")

    def _reading(self, ids: Sequence[str]) -> Any:
        if self._connection is None:
            self._connection = adbc.connect(self.url, autocommit=True)
            with self._connection.cursor() as cursor:
                cursor.execute(f"SET ROLE {ROLE}")
                cursor.execute("SET default_transaction_read_only = on")
                listed = ", ".join(
                    f"set_config({literal(name)}, {literal(to)}, false)" for name, to in settings().items()
                )
                cursor.execute(f"SELECT {listed}")
                cursor.fetchall()
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT set_config('koop.cooperatives', {literal(','.join(ids))}, false)")
            cursor.fetchall()
        return self._connection.cursor()


def _cast(name: str, kind: str) -> str:
    """The value of a column. A date of DuckDB may be infinite too, and its cast takes no notice of `BC`."""
    own = quoted(name)
    cast = f"CAST({own} AS {kind})"
    if kind != "DATE":
        return cast
    refused = literal(f"a value of {name} is infinite, before the year 1 or no date")
    return f"CASE WHEN regexp_full_match({own}, '{DAY}') THEN {cast} WHEN {own} IS NOT NULL THEN error({refused}) END"


def _unread(error: Exception) -> PassingError:
    """Whatever the driver says, another try on a new connection may pass."""
    return PassingError(f"the target could not be read: {masked(str(error).splitlines()[0])}")
