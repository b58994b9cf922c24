"""Which row broke a constraint: PostgreSQL does not say so to a role that is under row-level security.

Put here the question for each kind of constraint. It is asked in the failed transaction, after a return to the
savepoint before the failed statement, while the temporary table still holds the rows that were refused.
"""

from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Composed, Identifier

from koop_pipeline.contracts import Table

CONSTRAINT = """
SELECT c.contype::text, pg_get_expr(c.conbin, c.conrelid), c.conrelid::regclass::text, c.confrelid::regclass::text,
    (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number),
    (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.confkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number)
FROM pg_constraint c WHERE c.conname = %(name)s
    AND c.conrelid = to_regclass(format('%%I.%%I', %(schema)s::text, %(table)s::text))
UNION ALL
SELECT 'u', NULL, i.indrelid::regclass::text, '-',
    (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(i.indkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number),
    NULL
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
WHERE x.relname = %(name)s AND i.indisunique AND i.indexprs IS NULL AND i.indpred IS NULL
    AND i.indrelid = to_regclass(format('%%I.%%I', %(schema)s::text, %(table)s::text))
LIMIT 1
"""


def blamed(
    cursor: psycopg.Cursor[Any], error: psycopg.IntegrityError, table: Table, rows: Identifier
) -> tuple[str, ...] | None:
    """The key (without the cooperative) of the first of `rows` that the constraint refuses, if one does."""
    question = _question(cursor, error, table, rows)
    if question is None:
        return None
    key = SQL(", ").join(SQL("n.{}::text").format(Identifier(name)) for name in table.key or ("cooperative_id",))
    first = SQL("SELECT {} FROM {} n WHERE {} ORDER BY 1 LIMIT 1").format(key, rows, question)
    row = cursor.execute(first).fetchone()
    return tuple(row) if row else None


def _question(
    cursor: psycopg.Cursor[Any], error: psycopg.IntegrityError, table: Table, rows: Identifier
) -> Composable | None:
    """The condition on a row `n` under which it is to blame."""
    named = error.diag
    if isinstance(error, psycopg.errors.NotNullViolation) and named.column_name:
        return SQL("n.{} IS NULL").format(Identifier(named.column_name))
    asked = {"name": named.constraint_name, "schema": named.schema_name, "table": named.table_name}
    found = cursor.execute(CONSTRAINT, asked).fetchone()
    if found is None:
        return None
    kind, expression, own, parent, columns, theirs = found
    if kind == "c":
        return SQL("NOT ({})").format(SQL(expression))
    if kind == "f" and named.table_name != table.name:
        return SQL("EXISTS (SELECT FROM {} p WHERE {})").format(SQL(own), _same("p", columns, theirs))
    if kind == "f":
        filled = SQL(" AND ").join(SQL("n.{} IS NOT NULL").format(Identifier(name)) for name in columns)
        return SQL("{} AND NOT EXISTS (SELECT FROM {} p WHERE {})").format(
            filled, SQL(parent), _same("p", theirs, columns)
        )
    return SQL("EXISTS (SELECT FROM {} p WHERE {}) OR (SELECT count(*) FROM {} p WHERE {}) > 1").format(
        SQL(own), _same("p", columns, columns), rows, _same("p", columns, columns)
    )


def _same(alias: str, theirs: list[str], ours: list[str]) -> Composed:
    return SQL(" AND ").join(
        SQL("{}.{} = n.{}").format(Identifier(alias), Identifier(left), Identifier(right))
        for left, right in zip(theirs, ours, strict=True)
    )
