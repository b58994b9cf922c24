"""The suite files: as Great Expectations writes them, complete against the contracts, and without a float on money."""

import contextlib
import importlib
import io
import json
import re
from typing import Any

import pytest
from cases_carried import carried
from cases_structure import IN_SET, NOT_NULL, expectations, key_rules, rules_on
from rule_world import SUITES

from koop_pipeline.contracts import TABLES

NAMES = sorted(TABLES)
FLOAT = re.compile(r"(?i)\b(double|float|real|float4|float8)\b|\bavg\s*\(|\d[eE][+-]?\d")
QUERIES = [
    (name, item["meta"]["rule"], item["kwargs"]["unexpected_rows_query"])
    for name in NAMES
    for item in expectations(name)
    if item["type"] == "unexpected_rows_expectation"
]
THROUGH = {("opening_savings_balances", "member_no"): "savings_accounts"}
LETTERS = {"b": ("block", None), "h": ("hold", "value"), "r": ("hold", "row"), "w": ("warn", None)}


def metas() -> list[tuple[str, dict[str, Any]]]:
    """Suite name and meta of every expectation."""
    return [(name, item["meta"]) for name in NAMES for item in expectations(name)]


def test_there_is_one_suite_for_each_canonical_table() -> None:
    assert sorted(path.name for path in SUITES.iterdir()) == [f"{name}.json" for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_great_expectations_reads_and_writes_the_suite_unchanged(name: str) -> None:
    importlib.import_module("koop_pipeline.gates.gx")  # loads GX without its warnings
    from great_expectations.core import ExpectationSuite

    text = (SUITES / f"{name}.json").read_text(encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()):
        suite = ExpectationSuite(**json.loads(text))
    assert json.dumps(suite.to_json_dict(), indent=2, sort_keys=True, ensure_ascii=False) + "\n" == text
    assert suite.name == name


@pytest.mark.parametrize("name", NAMES)
def test_every_required_column_and_every_enumeration_has_its_rule(name: str) -> None:
    table = TABLES[name]
    for column in table.columns:
        assert len(rules_on(name, NOT_NULL, column.name)) == int(column.required), column.name
        assert len(rules_on(name, IN_SET, column.name)) == int(bool(column.values)), column.name
    listed = {
        item["kwargs"]["column"]: item["kwargs"]["value_set"] for item in expectations(name) if item["type"] == IN_SET
    }
    assert listed == {column.name: list(column.values) for column in table.columns if column.values}


@pytest.mark.parametrize("name", NAMES)
def test_the_key_is_unique_within_a_cooperative(name: str) -> None:
    (rule,) = key_rules(name)
    (item,) = [item for item in expectations(name) if item["meta"]["rule"] == rule]
    given = item["kwargs"].get("column_list", [item["kwargs"].get("column")])
    assert given == list(TABLES[name].full_key)
    assert item["meta"]["consequence"] == "block"


@pytest.mark.parametrize(
    ("name", "column", "parent"),
    [(name, column.name, column.references) for name in NAMES for column in TABLES[name].columns if column.references],
)
def test_every_reference_has_its_rule(name: str, column: str, parent: str) -> None:
    queries = [
        item["kwargs"]["unexpected_rows_query"]
        for item in expectations(name)
        if re.fullmatch(r"[A-Z]{3}-REF-\d\d", item["meta"]["rule"]) and item["meta"]["column"] == column
    ]
    through = THROUGH.get((name, column), parent)
    assert any(f"checked.{through} as" in query for query in queries)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_that_lacks_a_required_value_never_goes_on(name: str) -> None:
    table = TABLES[name]
    wanted = ("hold", "row") if table.holds_rows else ("block", None)
    found = {
        (item["meta"]["consequence"], item["meta"].get("hold"))
        for item in expectations(name)
        if item["type"] == NOT_NULL
    }
    assert found == {wanted}


def test_every_meta_is_complete_in_both_languages() -> None:
    for name, meta in metas():
        assert re.fullmatch(r"[A-Z]{3}-[A-Z_]+-\d\d|CUT-0[1-5]", meta["rule"]), meta["rule"]
        for text in (meta["title"], meta["explanation"]):
            assert set(text) == {"id", "en"}
            assert all(len(value.strip()) > 3 for value in text.values()), (name, meta["rule"])
        assert meta["title"]["id"] != meta["title"]["en"]
        assert all(len(value) > 60 for value in meta["explanation"].values()), (name, meta["rule"])
        assert meta["dimension"] in {"completeness", "validity", "uniqueness", "consistency", "integrity", "accuracy"}
        assert meta["consequence"] in {"block", "hold", "warn"}
        assert ("hold" in meta) == (meta["consequence"] == "hold")
        assert meta.get("hold") != "row" or TABLES[name].holds_rows
        assert "column" not in meta or TABLES[name].has(meta["column"]) or meta["column"] == "cooperative_id"


def test_a_rule_id_is_unique_within_its_suite() -> None:
    pairs = [(name, meta["rule"]) for name, meta in metas()]
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize(("table", "rule", "letter"), carried())
def test_what_earlier_steps_find_has_the_agreed_consequence(table: str, rule: str, letter: str) -> None:
    (meta,) = [meta for name, meta in metas() if name == table and meta["rule"] == rule]
    assert (meta["consequence"], meta.get("hold")) == LETTERS[letter]


def test_every_query_on_failures_is_one_of_the_agreed_rules() -> None:
    selecting = {
        (name, rule)
        for name, rule, query in QUERIES
        if " from checked.failures where" in query and " join " not in query and rule != "COP-GATE-01"
    }
    assert selecting == {(table, rule) for table, rule, _ in carried()}


@pytest.mark.parametrize(("name", "rule", "query"), QUERIES)
def test_no_query_uses_a_float_or_reads_as_a_parameter(name: str, rule: str, query: str) -> None:
    from sqlalchemy import text

    assert not FLOAT.search(query)
    assert " / " not in re.sub(r"'[^']*'", "", query)
    assert text(query).compile().params == {}
    assert "%" not in query


def test_no_built_in_range_compares_money() -> None:
    """Great Expectations writes bounds as floats; on money a query compares decimals instead."""
    ranged = [
        (name, item["kwargs"]["column"])
        for name in NAMES
        for item in expectations(name)
        if item["type"] == "expect_column_values_to_be_between"
    ]
    assert {TABLES[name].column(column).kind for name, column in ranged} == {"integer", "rate"}
