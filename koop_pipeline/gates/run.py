"""Running the suites over a batch: once per table, all cooperatives together, results in schema `gate`.

Put here the order of things. GX itself is behind `gx/`, the SQL for failing rows in `findings.py`, the verdicts that
follow in `verdicts.py`.
"""

import json
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from koop_pipeline import progress
from koop_pipeline.gates.findings import write_counts, write_findings
from koop_pipeline.gates.suites import SuiteFile
from koop_pipeline.gates.tables import clear_table, create_tables, forget_other_tables
from koop_pipeline.staging import quoted

if TYPE_CHECKING:
    from koop_pipeline.gates.gx.validation import Checked


@dataclass(frozen=True)
class RuleOutcome:
    """How one rule went over the batch; `failed` counts the findings of all cooperatives now in `gate.findings`."""

    table: str
    rule: str
    consequence: str
    evaluated: bool
    error: str | None
    failed: int
    seconds: float


def run_suites(
    connection: duckdb.DuckDBPyConnection, suites: Sequence[SuiteFile], tables: Collection[str] | None
) -> list[RuleOutcome]:
    """Run the suites on `checked.<table>` for the cooperatives in `gate.scope`; one outcome a rule, clean ones too.

    `tables` restricts the run to some suites; None runs all. Rewrites `gate.findings`, `gate.rules`,
    `gate.rule_counts` and `gate.validations` for what was run. A rule that breaks is an outcome with `evaluated` false
    and does not stop the others. The connection must not be inside a transaction: GX reads what is committed.
    """
    from koop_pipeline.gates.gx.validation import Session

    create_tables(connection)
    chosen = [suite for suite in suites if tables is None or suite.table in tables]
    if tables is None:
        forget_other_tables(connection, [suite.table for suite in chosen])
    with _writer(connection) as writer, Session(connection) as session:
        for suite in chosen:
            clear_table(writer, suite.table)
            _write_suite(writer, suite, session.check(suite))
            progress.advance(rows=_checked_rows(writer, suite.table))
    return _outcomes(connection, [suite.table for suite in chosen])


def _checked_rows(writer: duckdb.DuckDBPyConnection, table: str) -> int:
    """How many rows a suite looked at; none where its table cannot be read, which its rules say themselves."""
    try:
        row = writer.execute(f"SELECT count(*) FROM checked.{quoted(table)}").fetchone()
    except duckdb.Error:
        return 0
    return int(row[0]) if row else 0


@contextmanager
def _writer(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor that resolves names as GX's queries expect, so that the caller's own search path is left alone."""
    from koop_pipeline.gates.gx.engine import cursor_on_checked

    cursor = cursor_on_checked(connection)
    try:
        yield cursor
    finally:
        cursor.close()


def _write_suite(writer: duckdb.DuckDBPyConnection, suite: SuiteFile, checked: list["Checked"]) -> None:
    rules, documents = [], []
    for each in checked:
        started = time.perf_counter()
        error = each.error
        if each.failing_sql is not None and each.unexpected:
            error = write_findings(writer, each.rule, each.failing_sql, each.unexpected)
        rules.append(_rule_row(each, error, each.seconds + time.perf_counter() - started))
        documents.append({**each.document, "success": each.document["success"] and not error, "error": error})
    writer.begin()
    if rules:
        row = "(?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)"
        values = [value for rule in rules for value in rule]
        writer.execute(f"insert into gate.rules values {', '.join([row] * len(rules))}", values)
    writer.execute("insert into gate.validations values (?, ?)", [suite.table, json.dumps(documents, indent=1)])
    write_counts(writer, suite.table)
    writer.commit()


def _rule_row(each: "Checked", error: str | None, seconds: float) -> list[object]:
    meta = each.rule.meta
    described = [each.rule.table, meta.rule, meta.consequence, meta.dimension, meta.title.id, meta.title.en]
    return [*described, error is None, error, seconds, each.rule.hold]


def _outcomes(connection: duckdb.DuckDBPyConnection, tables: list[str]) -> list[RuleOutcome]:
    found = connection.execute(
        """
        select table_name, rule, consequence, evaluated, error, failed, seconds from gate.rules
        where list_contains(?, table_name) order by table_name, rowid
        """,
        [tables],
    ).fetchall()
    return [RuleOutcome(*row) for row in found]
