"""What a column amounts to: what it looks like, what is wrong in it, and that nobody's number is shown."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koop_pipeline.mapping.column_profile import ColumnProfile, TableProfile, measure
from koop_pipeline.staging import Staging, literal, quoted

Cells = Sequence[str | None]


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    """An empty staging file."""
    with Staging.open(tmp_path_factory.mktemp("inventory") / "batch-uji.duckdb") as opened:
        yield opened


def profiled(staging: Staging, file: str = "a.csv", **columns: Cells) -> TableProfile:
    """A table of these columns, all of one length, measured."""
    rows = list(zip(*columns.values(), strict=True))
    shown = ["NULL" if cell is None else literal(cell) for row in rows for cell in row]
    width = len(columns)
    values = ", ".join(f"({', '.join(shown[at : at + width])})" for at in range(0, len(shown), width))
    names = ", ".join(quoted(name) for name in columns)
    select = f"SELECT '{file}' AS source_file, * FROM (VALUES {values}) AS t({names})"
    return measure(staging, "t", select, list(columns))


def column(staging: Staging, *cells: str | None) -> ColumnProfile:
    """One column measured."""
    return profiled(staging, c=cells).columns[0]


def test_a_table_counts_empty_and_duplicate_rows_and_names_its_keys(staging: Staging) -> None:
    table = profiled(
        staging,
        nama=["Ani", "Budi", "Budi", None, "", "Budi"],
        no=["1", "2", "2", None, " ", "2"],
        urut=["a", "b", "c", "d", "e", "f"],
    )
    assert (table.rows, table.empty_rows, table.duplicate_rows, table.keys) == (6, 0, 0, ["urut"])
    without = profiled(staging, nama=["Ani", "Budi", "Budi", None, "", "Budi"], no=["1", "2", "2", None, " ", "2"])
    assert (without.rows, without.empty_rows, without.duplicate_rows, without.keys) == (6, 2, 2, [])


def test_equal_rows_of_two_dumps_are_no_duplicates(staging: Staging) -> None:
    select = "SELECT file AS source_file, 'x' AS c FROM (VALUES ('2025.sql'), ('2026.sql'), ('2026.sql')) t(file)"
    assert measure(staging, "t", select, ["c"]).duplicate_rows == 1


def test_a_table_without_rows(staging: Staging) -> None:
    table = measure(staging, "t", "SELECT '' AS source_file, '' AS c WHERE false", ["c"])
    assert (table.rows, table.duplicate_rows, table.columns[0].looks_like) == (0, 0, "empty")


@pytest.mark.parametrize(
    ("cells", "looks_like", "value_range"),
    [
        (["1.250.000", "50.000,50", "Rp 50.000,-", "-", "1.250.000"], "amount", "50000 .. 1250000"),
        (["(1.000)", "2.000", "3.000,25"], "amount", "-1000 .. 3000.25"),
        (["1", "2", "1", "120"], "whole number", "1 .. 120"),
        (["17/12/2018", "05/06/2020", "1 Januari 2001"], "date", "2001 .. 2020"),
        (["5301011203900001", "5301014107850002"], "16 digits", "16 digits"),
        (["081234567890", "+62 812 3456 7891"], "phone", "12 .. 17 characters"),
        (["001", "002", "120"], "digits", "3 digits"),
        (["K10", "A4", "A", "110"], "code", "2 .. 3 characters"),
        (["Ani", "Budi Karyanto"], "text", "3 .. 13 characters"),
        (["hash:" + "0f" * 32, "hash:" + "1e" * 32], "secret", ""),
        (["0000-00-00", "-"], "empty", ""),
        ([None, ""], "empty", ""),
    ],
)
def test_a_column_looks_like_what_most_of_it_is(
    staging: Staging, cells: Cells, looks_like: str, value_range: str
) -> None:
    found = column(staging, *cells)
    assert (found.looks_like, found.range) == (looks_like, value_range)


@pytest.mark.parametrize(
    ("cells", "findings"),
    [
        (["5301011203900001"] * 3 + ["3323", "-", "0"], {"without meaning": 2, "in another form": 1}),
        (["'5301011203900001"] * 2, {"quote around": 2}),
        (["Ani ", "Budi", "\u00a0Cici"], {"blank around": 2}),
        (["Siti Aminah", "D\ufffdsir\ufffde"], {"broken letters": 1}),
        (["5301011203900001"] * 2 + ["5,30101E+15"], {"scientific notation": 1, "in another form": 1}),
        (["10", "20", "#REF!"], {"Excel error": 1, "in another form": 1}),
        (["17/12/2018", "18/12/2018", "12/17/2018", "05/06/2018"], {"other date order": 1}),
        (["1.250.000", "2,5", "1,250,000.00"], {"other decimal mark": 1}),
        (["2026-06-30", "0000-00-00"], {"without meaning": 1}),
        (["2026-06-30", "2026-06-29", "0006-01-01"], {"impossible date": 1, "in another form": 1}),
        (["-", "nihil", "1.000"], {}),
        (["1.1", "1.10", "1.1.1"], {}),
    ],
)
def test_what_is_wrong_is_counted(staging: Staging, cells: Cells, findings: dict[str, int]) -> None:
    assert column(staging, *cells).findings == findings


def test_fill_distinct_and_a_column_that_says_one_thing(staging: Staging) -> None:
    found = column(staging, "Y", "Y", "Y")
    assert (found.filled, found.distinct, found.all_equal, found.is_key) == (3, 1, True, False)
    found = column(staging, "Y", None, "T")
    assert (found.filled, found.distinct, found.all_equal) == (2, 2, False)


@pytest.mark.parametrize(
    "cells",
    [
        ["1000", "1000", "8123456789"],
        ["1000", "1000", "8123456789.0"],
        ["1000", "1000", "+6281234567890"],
        ["1000", "1000", "5301011203900001"],
        ["1.000", "1.000", "8.123.456.789"],
        ["100234", "100235", "100234", "998877"],
        ["34", "7", "81234"],
    ],
)
def test_the_range_of_numbers_that_may_name_somebody_is_their_length(staging: Staging, cells: list[str]) -> None:
    found = column(staging, *cells)
    assert found.range.endswith("digits")
    assert not any(cell in found.range for cell in cells if len(cell) > 2)


people = st.sampled_from(["5301011203900001", "081234567890", "+6281234567890", "81234567890", "Siti Aminah"])
amounts = st.sampled_from(["1.250.000", "250000", "2,5", "-", "0", "17/12/2018", "R-001", "Rp 50.000,-"])


@settings(max_examples=60)
@given(cells=st.lists(st.one_of(people, amounts), min_size=1, max_size=8))
def test_no_number_or_name_of_a_person_is_ever_shown(staging: Staging, cells: list[str]) -> None:
    found = column(staging, *cells)
    shown = " ".join([found.range, *found.examples])
    assert not any(secret in shown for secret in ("530101", "08123", "628123", "81234", "Siti", "Aminah"))


@settings(max_examples=100)
@given(cells=st.lists(st.text().map(lambda text: text.replace("\x00", "")), min_size=1, max_size=8))
def test_any_text_is_measured_and_counts_add_up(staging: Staging, cells: list[str]) -> None:
    found = column(staging, *cells)
    assert 0 <= found.conforming <= found.told <= found.filled <= found.rows == len(cells)
    assert sum(found.findings.get(name, 0) for name in ("in another form",)) == found.told - found.conforming


def test_an_estimate_of_distinct_is_no_key(staging: Staging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("koop_pipeline.mapping.column_profile.EXACT_ROWS", 2)
    found = column(staging, "a", "b", "c")
    assert (found.distinct_exact, found.is_key) == (False, False)
