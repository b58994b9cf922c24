"""Any text in any column ends as a canonical value or as a named failure, never as an exception or a silent loss."""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from koop_pipeline.cleaning.frame import TYPES, clean
from koop_pipeline.contracts import SOURCED, TABLES, Table

SUITES = Path(__file__).resolve().parents[2] / "expectations"
RULES = {
    item["meta"]["rule"]
    for path in SUITES.glob("*.json")
    for item in json.loads(path.read_text(encoding="utf-8"))["expectations"]
}
AS_READ: dict[str, dict[str, Any]] = {
    "dotted": {"decimal": ".", "dates": "mdy"},
    "plain": {},
    "final": {"final": True},
    "named": {"values": {"L": "male", "": None, "Y": "true"}},
    "otherwise": {"values": {"L": "male"}, "otherwise": None},
}
DIRT = ["", " ", "-", "0", "'", "NULL", "1.250.000", "1,250.00", "(1.000)", "Rp 50.000,-", "3.3E+15", "0000-00-00"]
DIRT += [
    "30/02/2020",
    "2020-02-29",
    "\x00",
    "\u200b",
    "\u0130",
    "e\u0301",
    "९",
    "9" * 40,
    "1" * 400,
    "nan",
    "inf",
    "{",
    "[]",
]
TEXTS = st.one_of(st.none(), st.sampled_from(DIRT), st.text(max_size=12), st.text("0123456789.,-/ Rp%()", max_size=20))


def frame(table: Table, texts: list[str | None]) -> pl.DataFrame:
    """A frame like `mapped.<table>` whose every column holds the same texts."""
    rows = len(texts)
    columns: dict[str, pl.Series] = {name: pl.Series(texts, dtype=pl.String) for name in table.names}
    lineage = {
        "_row": pl.Series(range(rows), dtype=pl.Int64),
        "_excluded": pl.Series([None] * rows, dtype=pl.String),
        "_as_of": pl.Series([None] * rows, dtype=pl.Date),
        "_source_file": pl.Series(["a.csv"] * rows, dtype=pl.String),
        "_source_table": pl.Series(["a"] * rows, dtype=pl.String),
        "_source_row": pl.Series(range(rows), dtype=pl.Int64),
    }
    return pl.DataFrame({"cooperative_id": pl.Series(["K"] * rows, dtype=pl.String), **columns, **lineage})


@pytest.mark.parametrize("name", [table.name for table in SOURCED])
@given(reading=st.sampled_from(sorted(AS_READ)), texts=st.lists(TEXTS, min_size=1, max_size=6))
@example(reading="plain", texts=list(DIRT))
@example(reading="named", texts=list(DIRT))
@settings(max_examples=3, deadline=None)
def test_any_text_ends_as_a_value_or_a_named_failure(name: str, reading: str, texts: list[str | None]) -> None:
    table = TABLES[name]
    mapped = frame(table, texts)
    result = clean(table, mapped, dict.fromkeys(table.names, AS_READ[reading]))
    assert result.values["_row"].to_list() == list(range(len(texts)))
    failed = set(result.failures.select("row", "column_name").rows())
    assert set(result.failures["rule"]) <= RULES
    for column in table.all_columns:
        if column.name == "branch":
            continue
        assert result.values.schema[column.name] == TYPES[column.kind]
        lost = [
            (row, column.name)
            for row, (text, value) in enumerate(zip(texts, result.values[column.name], strict=True))
            if value is None and text is not None and re.search(r"\w", text) and not says_nothing(text)
        ]
        if reading != "otherwise":
            assert [cell for cell in lost if cell not in failed] == []


def says_nothing(text: str) -> bool:
    """Whether a text is one of the known ways to say that there is no value."""
    return not text.strip("\x00 0-/.:'") or text.strip().casefold() in {"nihil", "null"}


@given(text=st.text(max_size=30))
@settings(max_examples=12, deadline=None)
def test_cleaning_what_is_clean_changes_nothing(text: str) -> None:
    table = TABLES["members"]
    once = clean(table, frame(table, [text]), {}).values
    again = frame(table, [None]).with_columns(pl.Series(name, once[name].cast(pl.String)) for name in table.names)
    twice = clean(table, again, {key: {"final": True} for key in table.names}).values
    compared = [name for name in table.names if name != "branch"]
    assert twice.select(compared).rows() == once.select(compared).rows()


@pytest.mark.parametrize("name", [table.name for table in SOURCED])
@pytest.mark.parametrize("rule", ["MAP-EXPR-01", "MAP-LOST-01"])
def test_the_suite_of_every_table_hears_of_what_mapping_could_not_do(name: str, rule: str) -> None:
    suite = json.loads((SUITES / f"{name}.json").read_text(encoding="utf-8"))
    assert [item["kwargs"] for item in suite["expectations"] if item["meta"]["rule"] == rule] != []
