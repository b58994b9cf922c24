"""A running database of the old system (MariaDB, MySQL, PostgreSQL) or an SQLite file by URL, read in one snapshot.

Put here connections, snapshots and drivers' habits. Nothing is ever written: the transaction is read-only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract.model import CHUNK_ROWS, Chunk
from koop_pipeline.extract.values import chunk_of, empty_chunk, unique_names
from koop_pipeline.program.reading import Reading

_DRIVERS = {
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "sqlite": "sqlite+pysqlite",
}


def read(url: Path | str, reading: Reading) -> Iterator[Chunk]:
    """Yield every table of the database (of the URL's schema); views are not read.

    Rows come in the order of the primary key where there is one; `source_row` is their ordinal. Values are text:
    numbers as the server writes them, dates ISO, bytes lower-case hexadecimal, NULL null. Raises DeliveryError with the
    server's name, never the password, when it cannot be reached or read.
    """
    del reading
    with _snapshot(str(url)) as connection:
        inspector = sa.inspect(connection)
        for name in sorted(inspector.get_table_names()):
            yield from _table(connection, inspector, name)


def count(url: Path | str, reading: Reading) -> dict[str, int]:
    """Rows per table by the server's own COUNT(*), in a transaction of its own.

    The server counts from whatever index it likes while `read` fetches rows, so a lost or doubled row shows. A
    difference also shows when the old system is still in use: stop it while it is migrated.
    """
    del reading
    with _snapshot(str(url)) as connection:
        names = sorted(sa.inspect(connection).get_table_names())
        queries = {name: sa.select(sa.func.count()).select_from(sa.table(name)) for name in names}
        return {name: int(connection.execute(query).scalar_one()) for name, query in queries.items()}


def _table(connection: sa.Connection, inspector: sa.Inspector, name: str) -> Iterator[Chunk]:
    keys = inspector.get_pk_constraint(name).get("constrained_columns") or []
    query = sa.select(sa.text("*")).select_from(sa.table(name)).order_by(*(sa.column(key) for key in keys))
    result = connection.execution_options(stream_results=True, max_row_buffer=10_000).execute(query)
    columns = unique_names(list(result.keys()), f"table `{name}`")
    read_rows = 0
    for rows in result.partitions(CHUNK_ROWS // 4):
        yield chunk_of(name, columns, list(zip(*rows, strict=True)), read_rows + 1)
        read_rows += len(rows)
    if not read_rows:
        yield empty_chunk(name, columns)


@contextmanager
def _snapshot(url: str) -> Iterator[sa.Connection]:
    address = _address(url)
    shown = address.render_as_string(hide_password=True)
    engine = None
    try:
        engine = sa.create_engine(address, poolclass=sa.pool.NullPool, **_options(address))
        with engine.connect() as connection:
            _begin(connection)
            yield connection
            connection.rollback()
    except ModuleNotFoundError as error:
        raise DeliveryError(f"{shown} needs the Python package {error.name}, which is not installed.") from None
    except (sa.exc.SQLAlchemyError, UnicodeError) as error:
        reason = _reason(error, address.password)
        raise DeliveryError(f"{shown} cannot be read ({reason}); check the address, the user and its rights.") from None
    finally:
        if engine is not None:
            engine.dispose()


def _address(url: str) -> sa.URL:
    try:
        address = sa.make_url(url)
        if address.get_backend_name() == "sqlite":
            return _sqlite_address(address)
        return address.set(drivername=_DRIVERS[address.get_backend_name()])
    except (sa.exc.ArgumentError, KeyError, ValueError):
        raise DeliveryError(
            "the database address of `source` cannot be used; write it as mysql://user:password@host:3306/name, "
            "mariadb://..., postgresql://... or sqlite:///file."
        ) from None


def _sqlite_address(address: sa.URL) -> sa.URL:
    path = Path(address.database or "").resolve()
    if not path.is_file():
        raise DeliveryError(f"{path.name or 'the SQLite file'} is not there; check `source` in the batch file.")
    query = {"mode": "ro", "immutable": "1", "uri": "true"}
    return address.set(drivername=_DRIVERS["sqlite"], database=path.as_uri(), query=query)


def _options(address: sa.URL) -> dict[str, Any]:
    backend = address.get_backend_name()
    if backend in {"mysql", "mariadb"}:
        from pymysql.converters import encoders

        return {"isolation_level": "REPEATABLE READ", "connect_args": {"conv": dict(encoders), "charset": "utf8mb4"}}
    return {"isolation_level": "REPEATABLE READ"} if backend == "postgresql" else {}


def _begin(connection: sa.Connection) -> None:
    backend = connection.dialect.name
    if backend in {"mysql", "mariadb"}:
        connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    elif backend == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        _plain_documents(connection)


def _plain_documents(connection: sa.Connection) -> None:
    from psycopg.types.string import TextLoader

    adapters = connection.connection.driver_connection.adapters  # type: ignore[union-attr]
    for name in ("json", "jsonb"):
        adapters.register_loader(name, TextLoader)


def _reason(error: Exception, password: str | None) -> str:
    original = getattr(error, "orig", None)
    text = str(original.args[-1] if original is not None and original.args else type(error).__name__)
    line = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    return line.replace(password, "***") if password else line
