"""Any text in any column of any table ends as a canonical value or a named failed rule: no exception, no silent loss.

It holds for what was delivered, under any setting of the column, and for what a correction says; no row is lost or
moved. The laws are of the frames that the step cleans; the last test sends the dirtiest texts through a whole run.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_program import Outcome, SmallProgram

from koop_pipeline.cleaning import corrected
from koop_pipeline.cleaning.frame import TYPES, Cleaned, clean
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
    "serials": {"serials": True},
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
    "43451",
    "AHU-0012345.AH.01.26.TAHUN 2021",
    "123/BH/XIV/1990",
    "badan hukum",
    "5371010000001",
    "5371010000001.0",
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
        "_stands_for": pl.Series([None] * rows, dtype=pl.Date),
        "_source_file": pl.Series(["a.csv"] * rows, dtype=pl.String),
        "_source_table": pl.Series(["a"] * rows, dtype=pl.String),
        "_source_row": pl.Series(range(rows), dtype=pl.Int64),
    }
    return pl.DataFrame({"cooperative_id": pl.Series(["K"] * rows, dtype=pl.String), **columns, **lineage})


@pytest.mark.parametrize("name", [table.name for table in SOURCED])
@given(reading=st.sampled_from(sorted(AS_READ)), texts=st.lists(TEXTS, min_size=1, max_size=6))
@example(reading="plain", texts=list(DIRT))
@example(reading="named", texts=list(DIRT))
@example(reading="dotted", texts=["0)"])
@settings(max_examples=3, deadline=None)
def test_any_text_ends_as_a_value_or_a_named_failure(name: str, reading: str, texts: list[str | None]) -> None:
    table = TABLES[name]
    mapped = frame(table, texts)
    result = clean(table, mapped, dict.fromkeys(table.names, AS_READ[reading]))
    assert result.values["_row"].to_list() == list(range(len(texts)))
    lost = lost_cells(table, mapped, result)
    assert reading == "otherwise" or lost == []


def lost_cells(table: Table, mapped: pl.DataFrame, result: Cleaned) -> list[tuple[int, str]]:
    """Cells that say something and became neither a value nor a failure; types and names of rules are checked too."""
    failed = set(result.failures.select("row", "column_name").rows())
    assert set(result.failures["rule"]) <= RULES
    lost = []
    for column in table.all_columns:
        if column.name == "branch":
            continue
        assert result.values.schema[column.name] == TYPES[column.kind]
        cells = zip(mapped["_row"], mapped[column.name], result.values[column.name], strict=True)
        lost += [(row, column.name) for row, text, value in cells if value is None and says_something(text)]
    return [cell for cell in lost if cell not in failed]


def says_something(text: str | None) -> bool:
    """Whether a text must become a value or a failure."""
    return text is not None and re.search(r"\w", text) is not None and not says_nothing(text)


def says_nothing(text: str) -> bool:
    """Whether a text is one of the known ways to say that there is no value."""
    return not text.strip("\x00 0-/.:'") or text.strip().casefold() in {"nihil", "null"}


@pytest.mark.parametrize("name", [table.name for table in SOURCED])
@given(texts=st.lists(TEXTS, min_size=2, max_size=4), said=st.lists(TEXTS, min_size=2, max_size=4), data=st.data())
@settings(max_examples=3, deadline=None)
def test_what_a_correction_says_ends_as_a_value_or_a_named_failure(
    name: str, texts: list[str | None], said: list[str | None], data: st.DataObject
) -> None:
    table = TABLES[name]
    columns = [column for column in table.names if column != "branch"]
    places = st.tuples(st.integers(0, len(texts) - 1), st.sampled_from(columns))
    chosen = data.draw(st.lists(places, min_size=1, max_size=8, unique=True))
    cells = pl.DataFrame(
        [("K", row, column, said[at % len(said)]) for at, (row, column) in enumerate(chosen)],
        schema={"cooperative_id": pl.String, "_row": pl.Int64, "column_name": pl.String, "value": pl.String},
        orient="row",
    )
    mapped = frame(table, texts)
    delivered = clean(table, corrected.without_corrected(mapped, cells), {})
    over = corrected.lay_over(table, mapped, delivered.values, cells, {})
    assert over.values["_row"].to_list() == list(range(len(texts)))
    assert set(over.failures["rule"]) <= RULES
    failed = set(over.failures.select("row", "column_name").rows())
    assert failed <= set(chosen)
    for at, (row, column) in enumerate(chosen):
        if says_something(said[at % len(said)]):
            assert over.values[column][row] is not None or (row, column) in failed
    for column in columns:
        rest = [row for row in range(len(texts)) if (row, column) not in chosen]
        assert over.values[column].gather(rest).to_list() == delivered.values[column].gather(rest).to_list()


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


IN_FILES = [text for text in DIRT if "\x00" not in text]
WORLD = SmallProgram()


def delivered_as(table: Table) -> str:
    """A file whose columns all hold the same dirty texts, in as many rows."""
    file = io.StringIO()
    csv.writer(file, delimiter=";", lineterminator="\n").writerows(
        [[f"k{name}" for name in table.names], *rows_of(table)]
    )
    return file.getvalue()


def rows_of(table: Table) -> list[list[str]]:
    """A row a text."""
    return [[text] * len(table.names) for text in IN_FILES]


def whole_program(program: SmallProgram) -> None:
    """Two cooperatives that deliver every table: as texts, and through the functions of profile SQL."""
    functions = {"money": "rupiah(k{0})", "rate": "angka(k{0})", "date": "tanggal(k{0})"}
    for cooperative_id in ("TEXTS", "FUNCTIONS"):
        blocks = []
        for table in SOURCED:
            columns = [column for column in table.all_columns if column.name != "branch"]
            origins = {
                column.name: functions.get(column.kind, "k{0}") if cooperative_id == "FUNCTIONS" else "k{0}"
                for column in columns
            }
            lines = "".join(f"    {name}: {origin.format(name)}\n" for name, origin in origins.items())
            blocks.append(f"{table.name}:\n  from: t_{table.name}\n  columns:\n{lines}")
            program.files[f"legacy/{cooperative_id}/t_{table.name}.csv"] = delivered_as(table)
        program.add(cooperative_id, "\n".join(blocks), {})


whole_program(WORLD)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with WORLD.outcome(tmp_path_factory.mktemp("any_text")) as outcome:
        yield outcome


@pytest.mark.parametrize("cooperative_id", ["TEXTS", "FUNCTIONS"])
def test_the_dirtiest_texts_go_the_whole_way_and_no_row_is_lost(world: Outcome, cooperative_id: str) -> None:
    assert world.halt(cooperative_id) == ""
    booked = world.rows(
        "SELECT table_name, extracted, extracted + added - kept - merged - excluded - held FROM gate.row_counts"
        " WHERE cooperative_id = ?",
        [cooperative_id],
    )
    assert {table.name for table in SOURCED} <= {row[0] for row in booked if row[1] == len(IN_FILES)}
    assert [row for row in booked if row[2] != 0] == []
    rules = {row[3] for schema in ("mapped", "cleaned") for row in world.failures(schema, cooperative_id)}
    assert rules <= RULES
    assert len(rules) > 20
    refused = {row[3] for row in world.failures("mapped", cooperative_id)} & {"MAP-EXPR-01"}
    assert refused == ({"MAP-EXPR-01"} if cooperative_id == "FUNCTIONS" else set())
