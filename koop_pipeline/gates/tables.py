"""The tables of schema `gate`: their DDL, and clearing them before a run.

Put here what the gate writes, table by table. Who reads them (promotion, workbook, status) relies on these columns.
"""

from collections.abc import Iterable

import duckdb

DDL = """
create schema if not exists gate;
create table if not exists gate.scope (cooperative_id varchar);
create table if not exists gate.findings (
    cooperative_id varchar, table_name varchar, rule varchar, consequence varchar,
    "row" bigint, column_name varchar, before varchar
);
create table if not exists gate.rules (
    table_name varchar, rule varchar, consequence varchar, dimension varchar, title_id varchar, title_en varchar,
    evaluated boolean, error varchar, failed bigint, seconds double, holds varchar
);
create table if not exists gate.rule_counts (
    cooperative_id varchar, table_name varchar, rule varchar, consequence varchar, failed bigint
);
create table if not exists gate.validations (table_name varchar, document varchar);
create table if not exists gate.verdicts (
    cooperative_id varchar, verdict varchar, blocking_rules varchar[], warning_rules varchar[], held bigint
);
create table if not exists gate.held (
    cooperative_id varchar, table_name varchar, "row" bigint, column_name varchar, rule varchar, before varchar
);
"""
BY_COOPERATIVE = ("gate.findings", "gate.rule_counts")
BY_TABLE = ("gate.rules", "gate.validations")


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create schema `gate` and its tables where they are absent."""
    connection.execute(DDL)


def clear_table(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Forget one table's rules, and its findings for the cooperatives in `gate.scope`."""
    for name in BY_COOPERATIVE:
        connection.execute(
            f"delete from {name} where table_name = ? and cooperative_id in (from gate.scope)",
            [table],
        )
    for name in BY_TABLE:
        connection.execute(f"delete from {name} where table_name = ?", [table])


def forget_other_tables(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
    """Forget tables that no suite covers any more, for every cooperative."""
    known = list(tables)
    for name in (*BY_COOPERATIVE, *BY_TABLE):
        connection.execute(f"delete from {name} where not list_contains(?, table_name)", [known])
