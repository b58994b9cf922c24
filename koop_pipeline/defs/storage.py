"""Dagster's storage in PostgreSQL, by the driver that its SQL is written for; dagster.yaml names it."""

import re
from collections.abc import Mapping
from typing import Any, Self

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage


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
