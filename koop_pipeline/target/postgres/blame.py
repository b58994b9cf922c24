"""Which row broke a constraint: PostgreSQL does not say so to a role that is under row-level security.

Put here the question for each kind of constraint. It is asked in the failed transaction, after a return to the
savepoint before the failed statement, while the temporary table still holds the rows that were refused.
"""

from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Composed, Identifier

from koop_pipeline.contracts import Table
from koop_pipeline.target.postgres.errors import Names
from koop_pipeline.target.postgres.schema import ROLE

CONSTRAINT = """
SELECT c.contype::text, pg_get_expr(c.conbin, c.conrelid), c.conrelid::regclass::text, c.confrelid::regclass::text,
    (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number),
    (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.confkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number)
FROM pg_constraint c WHERE c.conname = %(name)s AND c.contype IN ('c', 'f', 'p')
    AND c.conrelid = to_regclass(format('%%I.%%I', %(schema)s::text, %(table)s::text))
"""
UNIQUE = """
SELECT i.indrelid::regclass::text, coalesce(pg_get_expr(i.indpred, i.indrelid), 'true'),
    (SELECT array_agg(pg_get_indexdef(i.indexrelid, n, false) ORDER BY n) FROM generate_series(1, i.indnkeyatts) AS n)
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
WHERE x.relname = %(name)s AND i.indisunique
    AND i.indrelid = to_regclass(format('%%I.%%I', %(schema)s::text, %(table)s::text))
"""
"""A unique index, of a constraint too: its table, condition and expressions."""
NAMED = """
SELECT c.relname::text, a.attname::text, coalesce(k.conname, x.relname)::text,
    coalesce(i.indisunique AND NOT i.indisprimary, false)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = %(column)s AND a.attnum > 0
LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.conname = %(name)s
LEFT JOIN (pg_index i JOIN pg_class x ON x.oid = i.indexrelid) ON i.indrelid = c.oid AND x.relname = %(name)s
WHERE n.nspname = %(schema)s AND c.relname = %(table)s
UNION ALL
SELECT NULL, NULL, k.conname::text, false
FROM pg_type d JOIN pg_namespace n ON n.oid = d.typnamespace JOIN pg_constraint k ON k.contypid = d.oid
WHERE n.nspname = %(schema)s AND d.typname = %(domain)s AND k.conname = %(name)s
LIMIT 1
"""
"""What the catalogue has of the names in an error: its table with a column and a constraint or index, or its domain."""
Cursor = psycopg.Cursor[Any]
Key = tuple[str, ...]


def named(cursor: Cursor, error: psycopg.Error) -> Names:
    """The names in an error that are in the catalogue; a trigger may have given it any others."""
    said = error.diag
    asked = {
        "schema": said.schema_name, "table": said.table_name, "column": said.column_name,
        "name": said.constraint_name, "domain": said.datatype_name,
    }  # fmt: skip
    found = cursor.execute(NAMED, asked).fetchone()
    return Names(*found) if found else Names()


def blamed(cursor: Cursor, error: psycopg.IntegrityError, names: Names, table: Table, rows: Identifier) -> Key | None:
    """The key (without the cooperative) of the first of `rows` that the constraint refuses, if one does.

    The user that connected is asked where the loader finds none: he may see what the loader may not, other cooperatives
    among it, of which nothing is told.
    """
    condition = _question(cursor, error, names, table, rows)
    first = SQL("SELECT {} FROM {} n WHERE {} ORDER BY 1 LIMIT 1")
    question = first.format(_key(table), rows, condition) if condition else _doubled(cursor, error, names, table, rows)
    if question is None:
        return None
    for role in (ROLE, "NONE"):
        try:
            with cursor.connection.transaction(force_rollback=True):
                cursor.execute(SQL("SET LOCAL ROLE {}").format(SQL(role)))
                cursor.execute(SQL("SET LOCAL row_security = {}").format(SQL("on" if role == ROLE else "off")))
                if row := cursor.execute(question).fetchone():
                    return tuple(row)
        except (psycopg.errors.InsufficientPrivilege, psycopg.DataError):
            continue
    return None


def tried(
    cursor: Cursor, error: psycopg.Error, statement: SQL | Composed, table: Table, rows: Identifier
) -> Key | None:
    """The key of the first of `rows` that is refused by itself, found by trying ever fewer, else None.

    For what no question can be asked of: a trigger, an EXCLUDE constraint, an expression that fails on a value. Each
    try is undone. None where all are needed, or none is.
    """
    if _refuses(cursor, error, statement, rows, SQL("true")):
        return None
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


def _refuses(
    cursor: Cursor, error: psycopg.Error, statement: SQL | Composed, rows: Identifier, but: Composable
) -> bool:
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


def _doubled(
    cursor: Cursor, error: psycopg.IntegrityError, names: Names, table: Table, rows: Identifier
) -> Composed | None:
    """The question for the first row whose expressions are those of another row, there or coming."""
    found = _asked(cursor, UNIQUE, error, names)
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


def _asked(cursor: Cursor, question: str, error: psycopg.Error, names: Names) -> tuple[Any, ...] | None:
    """What the catalogue says of the constraint, if it is one of a table."""
    if not (names.table and names.constraint):
        return None
    asked = {"name": names.constraint, "schema": error.diag.schema_name, "table": names.table}
    return cursor.execute(question, asked).fetchone()


def _question(
    cursor: Cursor, error: psycopg.IntegrityError, names: Names, table: Table, rows: Identifier
) -> Composable | None:
    """The condition on a row `n` under which it is to blame."""
    if isinstance(error, psycopg.errors.NotNullViolation) and names.column:
        return SQL("n.{} IS NULL").format(Identifier(names.column))
    found = _asked(cursor, CONSTRAINT, error, names)
    if found is None:
        return None
    kind, expression, own, parent, columns, theirs = found
    if kind == "c":
        return SQL("NOT ({})").format(SQL(expression))
    if kind == "f" and names.table != table.name:
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
