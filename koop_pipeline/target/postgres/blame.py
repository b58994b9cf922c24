"""Which row broke a constraint: PostgreSQL does not say so to a role that is under row-level security.

Put here the question for each kind of constraint. It is asked in the failed transaction, after a return to the
savepoint before the failed statement, while the temporary table still holds the rows that were refused.
"""

from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Composed, Identifier

from koop_pipeline.contracts import Table


def blamed(
    cursor: psycopg.Cursor[Any], error: psycopg.errors.IntegrityError, table: Table, incoming: Identifier
) -> tuple[str, ...] | None:
    """The key (without the cooperative) of the first row of `incoming` that the constraint refuses, if one does."""
    question = _question(cursor, error, incoming)
    if question is None:
        return None
    key = SQL(", ").join(SQL("n.{}::text").format(Identifier(name)) for name in table.key or ("cooperative_id",))
    first = SQL("SELECT {} FROM {} n WHERE {} ORDER BY 1 LIMIT 1").format(key, incoming, question)
    row = cursor.execute(first).fetchone()
    return tuple(row) if row else None


def _question(
    cursor: psycopg.Cursor[Any], error: psycopg.errors.IntegrityError, incoming: Identifier
) -> Composable | None:
    """The condition on a row `n` under which it is to blame."""
    named = error.diag
    if isinstance(error, psycopg.errors.NotNullViolation) and named.column_name:
        return SQL("n.{} IS NULL").format(Identifier(named.column_name))
    found = cursor.execute(
        "SELECT c.conbin IS NOT NULL, pg_get_expr(c.conbin, c.conrelid), c.conrelid::regclass::text,"
        " nullif(c.confrelid, 0)::regclass::text, (SELECT array_agg(a.attname::text ORDER BY k.place) FROM"
        " unnest(c.conkey) WITH ORDINALITY k (number, place) JOIN pg_attribute a ON a.attrelid = c.conrelid AND"
        " a.attnum = k.number), (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.confkey) WITH"
        " ORDINALITY k (number, place) JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number)"
        " FROM pg_constraint c JOIN pg_namespace s ON s.oid = c.connamespace WHERE c.conname = %s AND s.nspname = %s",
        [named.constraint_name, named.schema_name],
    ).fetchone()
    if found is None:
        return None
    is_check, expression, own, parent, columns, theirs = found
    if is_check:
        return SQL("NOT ({})").format(SQL(expression))
    if parent:
        filled = SQL(" AND ").join(SQL("n.{} IS NOT NULL").format(Identifier(name)) for name in columns)
        return SQL("{} AND NOT EXISTS (SELECT FROM {} p WHERE {})").format(
            filled, SQL(parent), _same("p", theirs, columns)
        )
    return SQL("EXISTS (SELECT FROM {} p WHERE {}) OR (SELECT count(*) FROM {} p WHERE {}) > 1").format(
        SQL(own), _same("p", columns, columns), incoming, _same("p", columns, columns)
    )


def _same(alias: str, theirs: list[str], ours: list[str]) -> Composed:
    return SQL(" AND ").join(
        SQL("{}.{} = n.{}").format(Identifier(alias), Identifier(left), Identifier(right))
        for left, right in zip(theirs, ours, strict=True)
    )
