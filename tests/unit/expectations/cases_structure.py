"""Faults against the contracts: an empty required column, a value outside its list, a key used twice.

One case a column, made from the contracts; which rule must find it is looked up in the suite by what it says about the
column. Other rules may fire too: an empty loan number leaves more behind than one hole.
"""

import json
from pathlib import Path
from typing import Any

from rule_world import SUITES, Case

from koop_pipeline.contracts import TABLES

NOT_NULL = "expect_column_values_to_not_be_null"
IN_SET = "expect_column_values_to_be_in_set"
UNIQUE = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")


def expectations(table: str, folder: Path = SUITES) -> list[dict[str, Any]]:
    """The expectations of one suite file."""
    found: list[dict[str, Any]] = json.loads((folder / f"{table}.json").read_text(encoding="utf-8"))["expectations"]
    return found


def rules_on(table: str, kind: str, column: str) -> list[str]:
    """Ids of the rules of that kind on one column."""
    return [
        str(item["meta"]["rule"])
        for item in expectations(table)
        if item["type"] == kind and item["kwargs"]["column"] == column
    ]


def key_rules(table: str) -> list[str]:
    """Ids of the uniqueness rules of one suite."""
    return [str(item["meta"]["rule"]) for item in expectations(table) if item["type"] in UNIQUE]


def _first(table: str) -> str:
    return f"{{here}} and _row = (select min(_row) from checked.{table} where {{here}})"


def _set(table: str, column: str, value: str, rules: list[str]) -> Case:
    return Case(f"update checked.{table} set {column} = {value} where {_first(table)}", " ".join(rules), alone=False)


def _twice(table: str) -> Case:
    rules = " ".join(f"{rule}=2" for rule in key_rules(table))
    again = f"insert into checked.{table} select * replace (99 as _row) from checked.{table} where {_first(table)}"
    return Case(again, rules, alone=False)


STRUCTURE_CASES: list[Case] = [
    *[
        _set(table.name, column.name, "null", rules_on(table.name, NOT_NULL, column.name))
        for table in TABLES.values()
        for column in table.columns
        if column.required
    ],
    *[
        _set(table.name, column.name, "'elsewhere'", rules_on(table.name, IN_SET, column.name))
        for table in TABLES.values()
        for column in table.columns
        if column.values
    ],
    *[_twice(table) for table in TABLES],
]
