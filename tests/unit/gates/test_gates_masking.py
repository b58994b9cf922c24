"""Masking: what may still be read afterwards, and what may not."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koop_pipeline.gates.masking import masked_error, masked_result, masked_sql
from koop_pipeline.gates.pages import page_name, remote_references


def masked(value: str | None) -> str | None:
    """The value as the Data Docs would show it."""
    row = duckdb.execute(f"select {masked_sql('v')} from (select cast(? as varchar) as v)", [value]).fetchone()
    assert row is not None
    result: str | None = row[0]
    return result


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("5301011203900001", "5301********0001"),
        ("530101120390", "5301****0390"),
        ("Siti Karangan", "S***"),
        ("53010112039", "5***"),
        ("Ani", "***"),
        ("", "***"),
        (None, None),
    ],
)
def test_a_value_is_masked(value: str | None, shown: str | None) -> None:
    assert masked(value) == shown


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00*"), min_size=2))
def test_no_masked_value_shows_more_than_eight_characters(value: str) -> None:
    shown = masked(value)
    assert shown is not None
    assert value not in shown
    assert len(shown.replace("*", "")) <= 8


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            "(_duckdb.ConversionException) Conversion Error: Could not convert string '5301011203900001' to INT32",
            "Conversion Error while reading the rows (details withheld: they may hold personal data)",
        ),
        (
            '(_duckdb.BinderException) Binder Error: Referenced column "nicck" not found in FROM clause!\nLINE 1: ...',
            'Binder Error: Referenced column "nicck" not found in FROM clause!',
        ),
        ("Parser Error: syntax error at or near 'Siti' 530101", "Parser Error: syntax error at or near '...' ..."),
        ('Error: The column "nope" in BatchData does not exist.', "the table has no column nope"),
        ("KeyError: Siti Karangan", "Great Expectations could not evaluate the rule"),
    ],
)
def test_an_error_says_what_is_wrong_with_the_rule_and_no_value(message: str, sentence: str) -> None:
    assert masked_error(message) == sentence


def test_of_a_result_only_numbers_remain() -> None:
    result = {
        "element_count": 5,
        "unexpected_count": 2,
        "unexpected_percent": 40.0,
        "partial_unexpected_list": ["Siti"],
        "unexpected_index_query": "SELECT 'Siti'",
        "observed_value": ["Siti"],
        "details": {"unexpected_rows": [{"nik": "5301011203900001"}]},
    }
    assert masked_result(result) == {"element_count": 5, "unexpected_count": 2, "unexpected_percent": 40.0}


@pytest.mark.parametrize(
    ("page", "addresses"),
    [
        ('<link href="https://cdn.example/a.css">', ["https://cdn.example/a.css"]),
        ("<img src='//logo.example/x.png'>", ["//logo.example/x.png"]),
        ("<style>@import url(http://x.example/y.css)</style>", ["http://x.example/y.css"]),
        ('<a href="../index.html">see https://example.org</a>', []),
    ],
)
def test_references_to_the_network_are_found(page: str, addresses: list[str]) -> None:
    assert remote_references(page) == addresses


def test_pages_of_ids_that_are_no_file_names_do_not_collide() -> None:
    assert page_name("KSP-MEKAR") == "KSP-MEKAR.html"
    assert page_name("../KSP") != page_name("--/KSP")
    assert "/" not in page_name("../KSP")
