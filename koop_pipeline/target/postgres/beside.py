"""What the platform keeps beside the rows that were loaded: columns and tables of its own. A DELETE would take it away.

The catalogue is asked for both. A table of the platform is read as the user that connected, for the loader may not;
what cannot be read is told too, as it may hold something. No question takes parameters, for a name or default of the
platform may have a `%` in it.
"""

import re
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Literal

from koop_pipeline.contracts import PROMOTED, Table
from koop_pipeline.target.postgres.schema import Schemas

Cursor = psycopg.Cursor[Any]
CALL = re.compile(r"\w\(")
"""A default that calls a function gives each row another value, with which none can be compared."""
MOMENTS = {
    "now()": "l.loaded_at", "transaction_timestamp()": "l.loaded_at", "CURRENT_TIMESTAMP": "l.loaded_at",
    "LOCALTIMESTAMP": "l.loaded_at::timestamp", "CURRENT_DATE": "l.loaded_at::date",
}  # fmt: skip
"""Defaults that are the moment of the transaction: the books know that of each load, by the same clock."""
MOMENT = re.compile("|".join(rf"(?<!\w){re.escape(name)}" for name in MOMENTS))
COLUMNS = """
SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = to_regnamespace(%s) AND c.relname = ANY (%s) AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = '' ORDER BY 1, 2
"""
REFERRING = """
SELECT n.nspname::text, c.relname::text, parent.relname::text,
    array_agg(a.attname::text ORDER BY k.place), array_agg(b.attname::text ORDER BY k.place)
FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class parent ON parent.oid = f.confrelid
CROSS JOIN unnest(f.conkey, f.confkey) WITH ORDINALITY k (own, theirs, place)
JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.own
JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.theirs
WHERE f.contype = 'f' AND f.conparentid = 0 AND parent.relnamespace = to_regnamespace(%(schema)s)
    AND parent.relname = ANY (%(meant)s) AND NOT (c.relnamespace = parent.relnamespace AND c.relname = ANY (%(ours)s))
GROUP BY f.oid, 1, 2, 3 ORDER BY 1, 2, 3
"""


def beside(
    cursor: Cursor, schemas: Schemas, cooperative_id: str, of: Table | None = None, rows: Identifier | None = None
) -> list[str]:
    """Each column and each table that holds something of this cooperative, with the number of rows.

    With `of` and `rows` (a table of full keys) only what is kept with these rows of that table.
    """
    ours = [table.name for table in PROMOTED]
    meant = [of.name] if of else ours
    going = _going(of, rows)
    known = {table.name: {"cooperative_id", *table.names} for table in PROMOTED}
    said, own = [], Literal(cooperative_id)
    for table, column, kind, default in cursor.execute(COLUMNS, [schemas.platform, meant]).fetchall():
        if column not in known[table]:
            question = _filled(schemas, own, table, column, kind, default, going)
            said += _told(f"column {column} of {table}", _count(cursor, question))
    asked = {"schema": schemas.platform, "ours": ours, "meant": meant}
    for schema, table, parent, columns, theirs in cursor.execute(REFERRING, asked).fetchall():
        place, referred = Identifier(schema, table), Identifier(schemas.platform, parent)
        question = _referring(own, place, referred, columns, theirs, going)
        held = _as_user(cursor, question, hiding="cooperative_id" not in theirs)
        said += _told(f"table {schema}.{table}, which refers to {parent}", held)
    return said


def _going(of: Table | None, rows: Identifier | None) -> Composed:
    """A further condition on a row `p` of a table of ours: that it is one of those that go."""
    if of is None or rows is None:
        return SQL("").format()
    same = SQL(" AND ").join(SQL("n.{} = p.{}").format(Identifier(name), Identifier(name)) for name in of.full_key)
    return SQL(" AND EXISTS (SELECT FROM {} n WHERE {})").format(rows, same)


def _told(place: str, rows: int | None) -> list[str]:
    if rows is None:
        return [f"{place} (this user may not read it)"]
    return [f"{place} ({rows} row{'s' if rows > 1 else ''})"] if rows else []


def _filled(
    schemas: Schemas, own: Literal, table: str, column: str, kind: str, default: str | None, going: Composed
) -> Composed:
    """How many rows have a value there that is not its default."""
    place, name = Identifier(schemas.platform, table), Identifier(column)
    value, calls = default or "NULL", re.sub("'[^']*'", "", default or "x(")
    other: SQL | Composed = SQL("")
    if MOMENT.search(calls) and not CALL.search(MOMENT.sub("", calls).replace("timezone(", "")):
        value = MOMENT.sub(lambda found: MOMENTS[found[0]], value)
        other = SQL(
            " AND NOT EXISTS (SELECT FROM {} l WHERE l.cooperative_id = p.cooperative_id"
            " AND ({})::{}::text = p.{}::text)"
        ).format(Identifier(schemas.migration, "loads"), SQL(value), SQL(kind), name)
    elif not CALL.search(calls):
        other = SQL(" AND p.{}::text IS DISTINCT FROM ({})::{}::text").format(name, SQL(value), SQL(kind))
    return SQL("SELECT count(*) FROM {} p WHERE p.cooperative_id = {} AND p.{} IS NOT NULL{}{}").format(
        place, own, name, other, going
    )


def _referring(
    own: Literal, table: Identifier, parent: Identifier, columns: list[str], theirs: list[str], going: Composed
) -> Composed:
    """How many rows refer to a row of the cooperative; a key with the cooperative in it says so by itself."""
    pairs = list(zip(columns, theirs, strict=True))
    if "cooperative_id" in theirs and not going.as_string():
        filled = [SQL("t.{} IS NOT NULL").format(Identifier(name)) for name, _ in pairs]
        tenant = Identifier(columns[theirs.index("cooperative_id")])
        return SQL("SELECT count(*) FROM {} t WHERE t.{} = {} AND {}").format(
            table, tenant, own, SQL(" AND ").join(filled)
        )
    same = [SQL("p.{} = t.{}").format(Identifier(other), Identifier(name)) for name, other in pairs]
    return SQL("SELECT count(*) FROM {} t WHERE EXISTS (SELECT FROM {} p WHERE p.cooperative_id = {} AND {}{})").format(
        table, parent, own, SQL(" AND ").join(same), going
    )


def _as_user(cursor: Cursor, question: Composed, *, hiding: bool) -> int | None:
    """The answer as the user that connected, None where it may not read it; policies hide rows only if `hiding`."""
    try:
        with cursor.connection.transaction(force_rollback=True):
            cursor.execute("SET LOCAL ROLE NONE")
            cursor.execute(SQL("SET LOCAL row_security = {}").format(SQL("on" if hiding else "off")))
            return _count(cursor, question)
    except psycopg.errors.InsufficientPrivilege:
        return None


def _count(cursor: Cursor, question: Composed) -> int:
    row = cursor.execute(question).fetchone()
    return int(row[0]) if row else 0
