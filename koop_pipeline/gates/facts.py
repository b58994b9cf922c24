"""What the pages of the Data Docs show, read from schema `gate` as plain records.

Grain and order are given with each function. Values are masked in the query, before they reach Python.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb

from koop_pipeline.contracts import TABLES
from koop_pipeline.gates.masking import open_sql

PLACES = 20
LINEAGE = (("checked", "source_file", "source_row"), ("mapped", "_source_file", "_source_row"))
STRENGTH = {"block": 0, "hold": 1, "warn": 2}


@dataclass(frozen=True)
class RuleLine:
    """One rule of the batch, with the number of failing rows; `error` when it could not be evaluated."""

    table: str
    rule: str
    consequence: str
    dimension: str
    title_id: str
    title_en: str
    error: str | None
    failed: int


@dataclass(frozen=True)
class Failure:
    """One rule that failed in one cooperative; `rule` may be followed by a weaker consequence than the rule's own."""

    line: RuleLine
    consequence: str
    failed: int


@dataclass(frozen=True)
class CooperativeLine:
    """One cooperative: its verdict, counts of findings by consequence, and its failures, the gravest first."""

    id: str
    verdict: str
    held: int
    failures: list[Failure] = field(default_factory=list)

    def count(self, consequence: str) -> int:
        """The number of findings with that consequence."""
        return sum(each.failed for each in self.failures if each.consequence == consequence)


@dataclass(frozen=True)
class Places:
    """Where one rule failed in one cooperative: the first places, masked; `column` may be None."""

    table: str
    rule: str
    column: str | None
    failed: int
    first: list[dict[str, Any]]

    @property
    def sourced(self) -> bool:
        """Whether any place knows the file it came from."""
        return any(place["source"] for place in self.first)


def rule_lines(connection: duckdb.DuckDBPyConnection) -> list[RuleLine]:
    """Every rule, by table, in the order of its suite."""
    rows = connection.execute(
        """
        select table_name, rule, consequence, dimension, title_id, title_en, error, failed
        from gate.rules order by table_name, rowid
        """
    ).fetchall()
    return [RuleLine(*row) for row in rows]


def cooperative_lines(connection: duckdb.DuckDBPyConnection, rules: list[RuleLine]) -> list[CooperativeLine]:
    """Every cooperative that has a verdict, by id."""
    by_rule = {(line.table, line.rule): line for line in rules}
    failures: dict[str, list[Failure]] = defaultdict(list)
    for cooperative, table, rule, consequence, failed in connection.execute(
        "select cooperative_id, table_name, rule, consequence, failed from gate.rule_counts order by all"
    ).fetchall():
        failures[cooperative].append(Failure(by_rule[table, rule], consequence, failed))
    verdicts = connection.execute("select cooperative_id, verdict, held from gate.verdicts order by all").fetchall()
    return [
        CooperativeLine(row[0], row[1], row[2], sorted(failures[row[0]], key=lambda each: STRENGTH[each.consequence]))
        for row in verdicts
    ]


def failed_cooperatives(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Cooperatives that a step had to stop, with its sentence, by id."""
    known = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = 'gate' and table_name = 'halts'"
    ).fetchone()
    if not known or not known[0]:
        return []
    rows = connection.execute("select cooperative_id, message from gate.halts order by all").fetchall()
    return [(row[0], row[1]) for row in rows]


def places_by_cooperative(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, list[Places]]]:
    """Per cooperative with findings, by id, where each rule failed; read piece by piece."""
    sources = " union all by name ".join(_places_sql(connection, table) for table in _tables(connection))
    if not sources:
        return
    cursor = connection.cursor()
    try:
        cursor.execute(f"select * from ({sources}) order by cooperative_id, table_name, rule, column_name nulls first")
        for cooperative, rows in groupby(_streamed(cursor), key=itemgetter(0)):
            yield cooperative, [Places(*row[1:]) for row in rows]
    finally:
        cursor.close()


def _streamed(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(1000):
        yield from rows


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute("select distinct table_name from gate.rule_counts order by 1").fetchall()
    return [str(row[0]) for row in rows]


def _places_sql(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """The first places per cooperative, rule and column; with the source's file and row where `checked` has them."""
    name = table.replace("'", "''")
    source, row, join = "null", 'f.place."row"', ""
    if known := _lineage(connection, table):
        schema, file_column, row_column = known
        source, row = f"t.{file_column}", f"t.{row_column}"
        join = f'left join {schema}."{table}" t on t.cooperative_id = f.cooperative_id and t._row = f.place."row"'
    return f"""
        select f.cooperative_id, f.table_name, f.rule, f.column_name, any_value(f.failed) as failed,
               list({{'source': cast({source} as varchar), 'row': {row}, 'value': {_shown(table)}}}
                    order by f.place."row", f.place.before) as first
        from (
            select cooperative_id, table_name, rule, column_name, failed, unnest(places) as place
            from (
                select cooperative_id, table_name, rule, column_name, count(*) as failed,
                       min({{'row': "row", 'before': before}}, {PLACES}) as places
                from gate.findings where table_name = '{name}'
                group by cooperative_id, table_name, rule, column_name
            )
        ) f {join}
        group by f.cooperative_id, f.table_name, f.rule, f.column_name
    """


def _shown(table: str) -> str:
    """The value of a place: amounts, dates and codes of the contract as they are, everything else masked."""
    contract = TABLES.get(table)
    kinds = {"money", "rate", "integer", "boolean", "date"}
    columns = [each.name for each in contract.columns if each.kind in kinds and not each.personal] if contract else []
    return open_sql("f.place.before", "f.rule", "f.column_name", 'f.place."row"', columns)


def _lineage(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[str, str, str] | None:
    """Where the file and row of the source stand for this table: schema and two columns; None where nowhere."""
    rows = connection.execute(
        """
        select schema_name, column_name from duckdb_columns()
        where table_name = ? and database_name = current_database() and schema_name in ('checked', 'mapped')
        """,
        [table],
    ).fetchall()
    known = {(schema, column) for schema, column in rows}
    for schema, file_column, row_column in LINEAGE:
        if {(schema, file_column), (schema, row_column)} <= known:
            return schema, file_column, row_column
    return None
