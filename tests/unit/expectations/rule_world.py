"""The small invented world on which the rules are specified: a clean cooperative, and a copy of it for every fault.

Put here how the world is built and judged. The clean cooperative stands in `clean_cooperative.sql`, the faults in the
`cases_*.py` files. All suites run once, by the gate itself, over all copies together; so each case also shows that the
fault of one cooperative touches no other.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from koop_pipeline.contracts import TABLES
from koop_pipeline.gates import RuleOutcome, load_suites, run_suites
from koop_pipeline.staging.schema import FAILURES, typed_columns

SUITES = Path(__file__).parents[3] / "expectations"
CLEAN = "BERSIH"
BESIDE = {
    "failures": FAILURES,
    "batch": "cooperative_id VARCHAR, cutoff_on DATE, as_of DATE",
    "declared": "cooperative_id VARCHAR, name VARCHAR, amount DECIMAL(18,2)",
    "controls": "cooperative_id VARCHAR, name VARCHAR, delivered DECIMAL(18,2), mapped DECIMAL(18,2)",
    "absent": "cooperative_id VARCHAR, category VARCHAR, reason VARCHAR",
    "breaks": "cooperative_id VARCHAR, number INTEGER, hop VARCHAR, table_name VARCHAR, product_code VARCHAR,"
    " measure VARCHAR, expected VARCHAR, found VARCHAR",
    "counts": "cooperative_id VARCHAR, table_name VARCHAR, extracted BIGINT, added BIGINT, merged BIGINT,"
    " excluded BIGINT, held BIGINT, kept BIGINT, lost BIGINT",
    "fans": "cooperative_id VARCHAR, table_name VARCHAR, block INTEGER, rows BIGINT, amount DECIMAL(38,2),"
    " multiplies VARCHAR",
    "money": "cooperative_id VARCHAR, control VARCHAR, delivered DECIMAL(38,2), extracted DECIMAL(38,2),"
    " corrected DECIMAL(38,2), kept DECIMAL(38,2), excluded DECIMAL(38,2), held DECIMAL(38,2)",
}


@dataclass(frozen=True)
class Case:
    """One fault: the SQL that makes it in a copy of the clean cooperative, and every rule that must find it.

    In `fault`, `{here}` is the condition on the copy and `{id}` its quoted id. `finds` is `RULE` or `RULE=count`,
    separated by spaces; no other rule may fire, unless `alone` is false.
    """

    fault: str
    finds: str
    alone: bool = True

    @property
    def expected(self) -> dict[str, int]:
        """Findings a rule."""
        parts = [item.partition("=") for item in self.finds.split()]
        return {rule: int(count or 1) for rule, _, count in parts}


@dataclass(frozen=True)
class Judged:
    """What the gate said: findings a rule by cooperative, the texts found, and how each rule went."""

    findings: dict[str, dict[str, int]]
    before: dict[tuple[str, str], list[str | None]]
    outcomes: list[RuleOutcome]


def change(table: str, where: str, to: str, finds: str) -> Case:
    """A case that changes values of one row."""
    return Case(f"update checked.{table} set {to} where {{here}} and {where}", finds)


def remove(table: str, where: str, finds: str) -> Case:
    """A case that takes rows away."""
    return Case(f"delete from checked.{table} where {{here}} and {where}", finds)


def copy_row(table: str, where: str, with_values: str, finds: str) -> Case:
    """A case that adds a row like another one, with `_row` 99 and other values."""
    return Case(
        f"insert into checked.{table} select * replace (99 as _row, {with_values}) from checked.{table}"
        f" where {{here}} and {where}",
        finds,
    )


def failure(table: str, rule: str, finds: str, *, row: str = "1", column: str = "null") -> Case:
    """A case in which a step before the gate recorded a failure."""
    return Case(
        f"insert into checked.failures (cooperative_id, table_name, row, column_name, rule, before)"
        f" values ({{id}}, '{table}', {row}, {column}, '{rule}', 'x')",
        finds,
    )


def build(cases: dict[str, Case]) -> duckdb.DuckDBPyConnection:
    """The world in memory: `checked.*` with the clean cooperative and one copy a case, all in `gate.scope`."""
    connection = duckdb.connect()
    connection.execute("create schema checked; create schema gate; create table gate.scope (cooperative_id varchar)")
    shapes = BESIDE | {table.name: typed_columns(table) for table in TABLES.values()}
    for name, columns in shapes.items():
        connection.execute(f"create table checked.{name} ({columns})")
    connection.execute(Path(__file__).with_name("clean_cooperative.sql").read_text(encoding="utf-8"))
    connection.execute("insert into gate.scope select unnest($ids)", {"ids": [CLEAN, *cases]})
    for name in shapes:
        connection.execute(
            f"insert into checked.{name} select t.* replace (c.id as cooperative_id) from checked.{name} as t,"
            " (select unnest($ids) as id) as c",
            {"ids": list(cases)},
        )
    for number, case in cases.items():
        connection.execute(case.fault.format(here=f"cooperative_id = '{number}'", id=f"'{number}'"))
    return connection


def judge(cases: dict[str, Case]) -> Judged:
    """Run every suite once over the world of these cases."""
    connection = build(cases)
    outcomes = run_suites(connection, load_suites(SUITES), None)
    rows = connection.execute("select cooperative_id, rule, before from gate.findings order by all").fetchall()
    connection.close()
    findings: dict[str, Counter[str]] = {}
    before: dict[tuple[str, str], list[str | None]] = {}
    for cooperative, rule, text in rows:
        findings.setdefault(cooperative, Counter())[rule] += 1
        before.setdefault((cooperative, rule), []).append(text)
    return Judged({key: dict(value) for key, value in findings.items()}, before, outcomes)


@cache
def judged_world() -> Judged:
    """What the gate says of all cases, worked out once a test session."""
    return judge(all_cases())


@cache
def all_cases() -> dict[str, Case]:
    """The cases of all files, by a name that is also the id of the cooperative they are made in."""
    from cases_carried import CARRIED_CASES
    from cases_cooperative import COOPERATIVE_CASES
    from cases_ledger import LEDGER_CASES
    from cases_loans import LOAN_CASES
    from cases_people import PEOPLE_CASES
    from cases_savings import SAVINGS_CASES
    from cases_structure import STRUCTURE_CASES

    groups = {
        "cooperative": COOPERATIVE_CASES,
        "people": PEOPLE_CASES,
        "savings": SAVINGS_CASES,
        "loans": LOAN_CASES,
        "ledger": LEDGER_CASES,
        "structure": STRUCTURE_CASES,
        "carried": CARRIED_CASES,
    }
    return {f"{name}-{at:03d}": case for name, group in groups.items() for at, case in enumerate(group, 1)}
