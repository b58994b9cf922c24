"""The schema of a PostgreSQL target and its versions: `upgrade` brings an empty or older one to this version.

Put here how revisions are run. A revision is a file in `versions/` with SQL files beside it, which are never changed
once they are released; a change is a new revision.
"""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from koop_pipeline.errors import RefusedError

FOLDER = Path(__file__).parent
ROLE = "koop_loader"
ROLES = (ROLE, "koop_platform", "koop_auditor")
UPGRADING = 7_021_564_001


@dataclass(frozen=True)
class Schemas:
    """The names of the three schemas; a rehearsal puts a prefix before them."""

    prefix: str = ""

    @property
    def platform(self) -> str:
        """The platform's tables."""
        return f"{self.prefix}platform"

    @property
    def migration(self) -> str:
        """The bookkeeping of loads."""
        return f"{self.prefix}migration"

    @property
    def audit(self) -> str:
        """Masked views."""
        return f"{self.prefix}audit"

    @property
    def all(self) -> tuple[str, str, str]:
        """All three."""
        return self.platform, self.migration, self.audit

    def fill(self, sql: str) -> str:
        """SQL with the schemas' names in the place of `:platform`, `:migration` and `:audit`."""
        for name in ("platform", "migration", "audit"):
            sql = sql.replace(f":{name}", getattr(self, name))
        return sql


def upgrade(url: str, schemas: Schemas, to: str = "head") -> None:
    """Bring the schemas to this version (or up to another one), in one transaction; others that upgrade wait."""
    with _bound(url) as bound, bound.begin():
        _revise(bound, schemas, to)


@contextmanager
def promised(url: str) -> Iterator[tuple[psycopg.Connection[Any], Schemas]]:
    """The schemas of this version made anew beside those that are there, for as long as the context lasts.

    All of it stands in one transaction that is rolled back: nobody else sees it, and nothing stays.
    """
    anew = Schemas(f"koop_promised_{uuid.uuid4().hex[:12]}_")
    with _bound(url) as bound:
        transaction = bound.begin()
        try:
            _revise(bound, anew)
            raw: Any = bound.connection.driver_connection
            yield raw, anew
        finally:
            transaction.rollback()


@contextmanager
def _bound(url: str) -> Iterator[Connection]:
    """A connection of its own, as Alembic wants it; what fails is psycopg's error."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    try:
        with engine.connect() as bound:
            yield bound
    except DBAPIError as error:
        raise (error.orig if isinstance(error.orig, psycopg.Error) else error) from None


def _revise(bound: Connection, schemas: Schemas, to: str = "head") -> None:
    """Run what revisions are missing in an open transaction."""
    from alembic import command
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    bound.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADING})")
    bound.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {schemas.migration}")
    config.attributes.update(connection=bound, schemas=schemas)
    command.upgrade(config, to)


def version(connection: psycopg.Connection, schemas: Schemas) -> str | None:
    """The version that the database is of; None for an empty one. RefusedError for one that this program lacks."""
    with connection.transaction():
        there = connection.execute("SELECT to_regclass(%s)", [f"{schemas.migration}.alembic_version"]).fetchone()
        if not there or there[0] is None:
            return None
        row = connection.execute(f"SELECT version_num FROM {schemas.migration}.alembic_version").fetchone()
    found = row[0] if row else None
    if found is not None and found not in known():
        raise RefusedError(
            f"the database is of schema version {found}, which this version of koop does not know"
            f" (it knows up to {head()}); use the koop that made it, or a newer one"
        )
    return str(found) if found is not None else None


def known() -> list[str]:
    """The versions that this program knows, the first one first."""
    return sorted(path.name.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def head() -> str:
    """The version that this program works with."""
    return known()[-1]


def run_file(name: str) -> None:
    """Run a SQL file of `versions/` from within a revision."""
    from alembic import op

    schemas: Schemas = op.get_context().config.attributes["schemas"]  # type: ignore[union-attr]
    raw: Any = op.get_bind().connection.driver_connection
    raw.execute(schemas.fill((FOLDER / "versions" / name).read_text(encoding="utf-8")))


def drop(connection: psycopg.Connection, schemas: Schemas) -> None:
    """Remove the schemas of a rehearsal with all that is in them; never those of the platform itself."""
    if not schemas.prefix:
        raise ValueError("only the schemas of a rehearsal may be dropped")
    for name in schemas.all:
        connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
