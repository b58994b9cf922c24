"""One cooperative's transaction in PostgreSQL.

Put here the verbs of `promotion.target.Writing`; how rows get in is `copying.py`.
"""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from koop_pipeline.contracts import PROMOTED, TABLES, Table
from koop_pipeline.staging import Staging
from koop_pipeline.staging.content import PART, row_text
from koop_pipeline.target.bookkeeping import columns
from koop_pipeline.target.model import Hashes, TargetError, load_order
from koop_pipeline.target.postgres.beside import beside
from koop_pipeline.target.postgres.blame import blamed, named, tried
from koop_pipeline.target.postgres.copying import names, slices
from koop_pipeline.target.postgres.errors import of_a_row, told
from koop_pipeline.target.postgres.schema import Schemas

SELF = """
SELECT conname FROM pg_constraint
WHERE conrelid = to_regclass(format('%%I.%%I', %(schema)s::text, %(table)s::text)) AND confrelid = conrelid
    AND condeferrable
ORDER BY 1
"""
"""The deferrable constraints by which a table refers to itself."""


class PostgresWriting:
    """`Writing` on a cursor whose transaction is open, under the tenant."""

    def __init__(self, cursor: psycopg.Cursor[Any], staging: Staging, schemas: Schemas, cooperative_id: str) -> None:
        self.cursor = cursor
        self.staging = staging
        self.schemas = schemas
        self.cooperative_id = cooperative_id

    def insert(self, table: Table, relation: str) -> int:
        """Add rows."""
        listed = ["cooperative_id", *table.names]
        return self._from(table, relation, listed, "INSERT INTO {into} ({names}) SELECT {names} FROM {incoming}")

    def fill(self, table: Table, column: str, relation: str) -> int:
        """Write into empty cells."""
        named = f"(SELECT * RENAME (value AS {_quoted(column)}) FROM {relation})"
        statement = "UPDATE {into} o SET {column} = n.{column} FROM {incoming} n WHERE {same} AND o.{column} IS NULL"
        return self._from(table, named, [*table.full_key, column], statement, column)

    def empty(self, table: Table, column: str, relation: str) -> int:
        """Make cells empty."""
        statement = "UPDATE {into} o SET {column} = NULL FROM {incoming} n WHERE {same}"
        return self._from(table, relation, list(table.full_key), statement, column)

    def change(self, table: Table, relation: str) -> int:
        """Write all columns of rows."""
        listed = ["cooperative_id", *table.names]
        return self._from(table, relation, listed, "UPDATE {into} o SET {sets} FROM {incoming} n WHERE {same}")

    def remove(self, table: Table, relation: str | None) -> int:
        """Remove rows."""
        if relation:
            statement = "DELETE FROM {into} o USING {incoming} n WHERE {same}"
            return self._from(table, relation, list(table.full_key), statement)
        own = SQL("DELETE FROM {} WHERE cooperative_id = %s").format(self._table(table.name))
        return self.cursor.execute(own, [self.cooperative_id]).rowcount

    def freeze(self) -> None:
        """Lock every row of the cooperative, its parents first; other cooperatives are written to as ever.

        A new row of the cooperative waits too, for each table refers to a parent whose row is locked.
        """
        for table in load_order():
            locked = SQL("SELECT count(*) FROM (SELECT FROM {} WHERE cooperative_id = %s FOR UPDATE) AS locked")
            self.cursor.execute(locked.format(self._table(table.name)), [self.cooperative_id])

    def beside(self, going: Mapping[str, str] | None = None) -> list[str]:
        """What the platform keeps in columns and tables of its own with the cooperative's rows."""
        if going is None:
            return beside(self.cursor, self.schemas, self.cooperative_id)
        said = []
        for name, relation in going.items():
            place = (self.schemas.platform, name)
            for incoming, _ in slices(self.cursor, self.staging, relation, place, TABLES[name].full_key):
                said += beside(self.cursor, self.schemas, self.cooperative_id, TABLES[name], incoming)
        return said

    def hashes(self) -> Hashes:
        """Rows and hash of every table, by PostgreSQL's own functions (`staging/content.py` says what is hashed)."""
        found: Hashes = {}
        for table in PROMOTED:
            place = f"{self.schemas.platform}.{table.name}"
            row = self.cursor.execute(_table_hash(table, place), [self.cooperative_id]).fetchone()
            if row and row[0]:
                found[table.name] = (int(row[0]), str(row[1]))
        return found

    def note(self, book: str, relation: str) -> None:
        """Add lines to a book."""
        place = (self.schemas.migration, book)
        listed = names(columns(book))
        for incoming, _ in slices(self.cursor, self.staging, relation, place, columns(book)):
            statement = SQL("INSERT INTO {into} ({names}) SELECT {names} FROM {incoming}")
            self.cursor.execute(statement.format(into=Identifier(*place), names=listed, incoming=incoming))

    def strike(self, book: str, load_id: str | None) -> None:
        """Remove lines from a book."""
        statement = SQL("DELETE FROM {} WHERE cooperative_id = %s AND (%s::text IS NULL OR load_id = %s)")
        place = Identifier(self.schemas.migration, book)
        self.cursor.execute(statement.format(place), [self.cooperative_id, load_id, load_id])

    def _table(self, name: str) -> Identifier:
        return Identifier(self.schemas.platform, name)

    def _from(self, table: Table, relation: str, listed: list[str], statement: str, column: str = "") -> int:
        """Run a statement for every slice of a relation; how many rows it met in all, which must be all of them."""
        met = came = 0
        into = (self.schemas.platform, table.name)
        for incoming, rows in slices(self.cursor, self.staging, relation, into, listed, table.key):
            filled = SQL(statement).format(
                into=Identifier(*into), incoming=incoming, names=names(listed), same=_same(table),
                column=Identifier(column) if column else SQL(""), sets=_sets(table),
            )  # fmt: skip
            came += rows
            met += self._guarded(table, filled, incoming)
        for name in self._own_deferred(into) if table.has("parent_code") else []:
            self._guarded(table, SQL("SET CONSTRAINTS {} IMMEDIATE").format(name), Identifier(*into))
            self.cursor.execute(SQL("SET CONSTRAINTS {} DEFERRED").format(name))
        if met != came:
            raise TargetError(f"the target took {met} of {came} rows of {table.name}")
        return met

    def _own_deferred(self, place: tuple[str, str]) -> list[Identifier]:
        """The deferrable constraints by which a table refers to itself."""
        rows = self.cursor.execute(SELF, {"schema": place[0], "table": place[1]}).fetchall()
        return [Identifier(place[0], row[0]) for row in rows]

    def _guarded(self, table: Table, statement: SQL | Composed, rows: Identifier) -> int:
        """Run a statement; where it is refused, the error names the row, which is one of `rows`."""
        try:
            with self.cursor.connection.transaction():
                return self.cursor.execute(statement).rowcount
        except psycopg.Error as error:
            if isinstance(error, psycopg.IntegrityError) or of_a_row(error):
                raise self._blamed(error, statement, table, rows) from None
            raise

    def _blamed(
        self, error: psycopg.Error, statement: SQL | Composed, table: Table, rows: Identifier
    ) -> TargetError:  # fmt: skip
        """The error with its row; where the question for the row fails itself, with the table that the server names."""
        known = None
        try:
            with self.cursor.connection.transaction():
                known, key = named(self.cursor, error), None
                if isinstance(error, psycopg.IntegrityError):
                    key = blamed(self.cursor, error, known, table, rows)
                key = key or tried(self.cursor, error, statement, table, rows)
                return told(error, table.name, key, names=known)
        except psycopg.Error:
            return told(error, (known and known.table) or table.name, names=known)


def _same(table: Table) -> Composed:
    return SQL(" AND ").join(
        SQL("o.{} = n.{}").format(Identifier(name), Identifier(name)) for name in table.full_key
    )  # fmt: skip


def _sets(table: Table) -> Composed:
    return SQL(", ").join(
        SQL("{} = n.{}").format(Identifier(name), Identifier(name)) for name in table.names if name not in table.key
    )


def _table_hash(table: Table, place: str) -> str:
    """A SELECT of rows and sha256 of one cooperative's rows of a table."""
    own = "encode(sha256(convert_to({}, 'UTF8')), 'hex')"
    part = own.format("string_agg(text, '' ORDER BY text COLLATE \"C\")")
    whole = own.format("string_agg(part, '' ORDER BY number)")
    return (
        f"SELECT sum(rows), {whole} FROM (SELECT number, count(*) AS rows,"
        f' {part} AS part FROM (SELECT text, (row_number() OVER (ORDER BY text COLLATE "C") - 1) / {PART} AS number'
        f" FROM (SELECT {row_text(table)} AS text FROM {place} WHERE cooperative_id = %s) AS texts) AS numbered"
        " GROUP BY number) AS parts"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
