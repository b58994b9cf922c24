"""Which row broke a constraint: PostgreSQL does not say so to a role that is under row-level security.

Put here the question for each kind of constraint. It is asked in the failed transaction, after a return to the
savepoint before the failed statement, while the temporary table still holds the rows that were refused.
"""

from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Composed, Identifier

from koop_pipeline.contracts import Table
from koop_pipeline.target.postgres.schema import ROLE

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
UNIQUE = """
SELECT i.indrelid::regclass::text, coalesce(pg_get_expr(i.indpred, i.indrelid), 'true'),
    (SELECT array_agg(pg_get_indexdef(i.indexrelid, n, false) ORDER BY n) FROM generate_series(1, i.indnkeyatts) AS n)
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
WHERE x.relname = %(name)s AND i.indisunique
    AND i.indrelid = to_regclass(format('%%I.%%I', %(schema)s::text, %(table)s::text))
"""
"""A unique index of expressions, or of some rows only: its table, condition and expressions."""
Cursor = psycopg.Cursor[Any]
Key = tuple[str, ...]


def blamed(cursor: Cursor, error: psycopg.IntegrityError, table: Table, rows: Identifier) -> Key | None:
    """The key (without the cooperative) of the first of `rows` that the constraint refuses, if one does.

    The user that connected is asked where the loader finds none: he may see what the loader may not, other cooperatives
    among it, of which nothing is told.
    """
    condition = _question(cursor, error, table, rows)
    first = SQL("SELECT {} FROM {} n WHERE {} ORDER BY 1 LIMIT 1")
    question = first.format(_key(table), rows, condition) if condition else _doubled(cursor, error, table, rows)
    if question is None:
        return None
    for role in (ROLE, "NONE"):
        try:
            with cursor.connection.transaction(force_rollback=True):
                cursor.execute(SQL("SET LOCAL ROLE {}").format(SQL(role)))
                cursor.execute(SQL("SET LOCAL row_security = {}").format(SQL("on" if role == ROLE else "off")))
                if row := cursor.execute(question).fetchone():
                    return tuple(row)
        except psycopg.errors.InsufficientPrivilege:
            continue
    return None


def tried(
    cursor: Cursor, error: psycopg.Error, statement: SQL | Composed, table: Table, rows: Identifier
) -> Key | None:
    """The key of the first of `rows` that is refused by itself, found by trying ever fewer; None where all are needed.

    For what no question can be asked of: a trigger. Each try is undone.
    """
    counted = cursor.execute(SQL("SELECT count(*) FROM {}").format(rows)).fetchone()
    passes, refused = 0, int(counted[0]) if counted else 0
    place = SQL("(SELECT ctid FROM {} ORDER BY ctid OFFSET {} LIMIT 1)")
    while refused - passes > 1:
        middle = (passes + refused) // 2
        less = SQL("ctid > {}").format(place.format(rows, middle - 1))
        passes, refused = (passes, middle) if _refuses(cursor, error, statement, rows, less) else (middle, refused)
    last = place.format(rows, refused - 1)
    if refused and _refuses(cursor, error, statement, rows, SQL("ctid <> {}").format(last)):
        row = cursor.execute(SQL("SELECT {} FROM {} n WHERE n.ctid = {}").format(_key(table), rows, last)).fetchone()
        return tuple(row) if row else None
    return None


def _refuses(cursor: Cursor, error: psycopg.Error, statement: SQL | Composed, rows: Identifier, but: Composed) -> bool:
    """Whether the statement fails so again without those of `rows` for which `but` holds."""
    try:
        with cursor.connection.transaction(force_rollback=True):
            cursor.execute(SQL("DELETE FROM {} WHERE {}").format(rows, but))
            cursor.execute(statement)
        return False
    except type(error):
        return True


def _key(table: Table) -> Composed:
    return SQL(", ").join(SQL("n.{}::text").format(Identifier(name)) for name in table.key or ("cooperative_id",))


def _doubled(cursor: Cursor, error: psycopg.IntegrityError, table: Table, rows: Identifier) -> Composed | None:
    """The question for the first row whose expressions are those of another row, there or coming."""
    named = error.diag
    asked = {"name": named.constraint_name, "schema": named.schema_name, "table": named.table_name}
    found = cursor.execute(UNIQUE, asked).fetchone()
    if found is None:
        return None
    own, condition, expressions = found
    same = SQL(" AND ").join(SQL("r.{0} = o.{0}").format(Identifier(name)) for name in table.full_key)
    return SQL(
        "SELECT {key} FROM (SELECT *, count(*) OVER (PARTITION BY {parts}) AS koop_times FROM (SELECT true AS koop_new,"
        " r.* FROM {rows} r UNION ALL SELECT false, o.* FROM {own} o"
        " WHERE NOT EXISTS (SELECT FROM {rows} r WHERE {same})) AS both_sides WHERE ({condition})"
        " AND ({parts}) IS NOT NULL) n WHERE koop_new AND koop_times > 1 ORDER BY 1 LIMIT 1"
    ).format(
        key=_key(table), rows=rows, own=SQL(own), condition=SQL(condition), same=same,
        parts=SQL(", ").join(SQL("({})").format(SQL(each)) for each in expressions),
    )  # fmt: skip


def _question(cursor: Cursor, error: psycopg.IntegrityError, table: Table, rows: Identifier) -> Composable | None:
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
