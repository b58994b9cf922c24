"""Whether PostgreSQL itself still holds what the schema's version promises: keys, checks, not-null, tenants.

Put here questions to the system catalogue. What is expected derives from the contracts, not from the SQL of the
revisions, so that one is held against the other.
"""

from typing import Any

import psycopg

from koop_pipeline.contracts import PROMOTED, Table
from koop_pipeline.target.model import parents
from koop_pipeline.target.postgres.schema import Schemas

Found = set[tuple[str, ...]]


def missing(connection: psycopg.Connection[Any], schemas: Schemas) -> list[str]:
    """What is not there (or there but not validated or not enforced), one sentence each; empty where all holds."""
    keys, references = _keys(connection, schemas), _references(connection, schemas)
    required, checks = _required(connection, schemas), _checks(connection, schemas)
    secured = _secured(connection, schemas)
    lacking = []
    for table in PROMOTED:
        name = table.name
        if (name, *table.full_key) not in keys:
            lacking.append(f"{name} has no primary key ({', '.join(table.full_key)})")
        lacking += [
            f"{name} has no foreign key to {parent}" for parent in parents(table) if (name, parent) not in references
        ]
        lacking += [f"{name}.{column} may be empty" for column in _must(table) if (name, column) not in required]
        lacking += [f"{name}.{column} has no check" for column in _closed(table) if (name, column) not in checks]
        if (name,) not in secured:
            lacking.append(f"{name} is not under row-level security")
    return lacking


def _must(table: Table) -> list[str]:
    return ["cooperative_id", *(column.name for column in table.columns if column.required)]


def _closed(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.values]


def _rows(connection: psycopg.Connection[Any], schemas: Schemas, sql: str) -> Found:
    return {tuple(row) for row in connection.execute(sql, {"schema": schemas.platform}).fetchall()}


def _keys(connection: psycopg.Connection[Any], schemas: Schemas) -> Found:
    rows = _rows(
        connection, schemas,
        "SELECT t.relname, string_agg(a.attname, ',' ORDER BY k.place) FROM pg_constraint c JOIN pg_class t ON"
        " t.oid = c.conrelid JOIN pg_namespace s ON s.oid = t.relnamespace CROSS JOIN LATERAL unnest(c.conkey) WITH"
        " ORDINALITY AS k (number, place) JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number"
        " WHERE c.contype = 'p' AND s.nspname = %(schema)s GROUP BY t.relname, c.oid",
    )  # fmt: skip
    return {(table, *columns.split(",")) for table, columns in rows}


def _references(connection: psycopg.Connection[Any], schemas: Schemas) -> Found:
    return _rows(
        connection, schemas,
        "SELECT t.relname, p.relname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class p ON"
        " p.oid = c.confrelid JOIN pg_namespace s ON s.oid = t.relnamespace WHERE c.contype = 'f' AND c.convalidated"
        " AND s.nspname = %(schema)s AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgconstraint = c.oid AND"
        " g.tgenabled = 'D')",
    )  # fmt: skip


def _required(connection: psycopg.Connection[Any], schemas: Schemas) -> Found:
    return _rows(
        connection, schemas,
        "SELECT t.relname, a.attname FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid JOIN pg_namespace s ON"
        " s.oid = t.relnamespace WHERE a.attnotnull AND a.attnum > 0 AND s.nspname = %(schema)s",
    )  # fmt: skip


def _checks(connection: psycopg.Connection[Any], schemas: Schemas) -> Found:
    return _rows(
        connection, schemas,
        "SELECT t.relname, a.attname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace s ON"
        " s.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (c.conkey)"
        " WHERE c.contype = 'c' AND c.convalidated AND s.nspname = %(schema)s",
    )  # fmt: skip


def _secured(connection: psycopg.Connection[Any], schemas: Schemas) -> Found:
    return _rows(
        connection, schemas,
        "SELECT t.relname FROM pg_class t JOIN pg_namespace s ON s.oid = t.relnamespace JOIN pg_policy p ON"
        " p.polrelid = t.oid WHERE t.relrowsecurity AND t.relforcerowsecurity AND s.nspname = %(schema)s",
    )  # fmt: skip
