"""The Indonesian words are complete, and lead back to ours."""

import pytest

from koop_pipeline.cleaning.duplicate_scores import WEIGHTS
from koop_pipeline.contracts import TABLES, Column, Table
from koop_pipeline.corrections.model import ALLOCATED, CORRECTABLE
from koop_pipeline.corrections.workbook import layout

TABLE_LIST = list(TABLES.values())
LISTED = [
    (table, column) for table in TABLE_LIST for column in table.columns if column.values or column.kind == "boolean"
]
SHEET_NAMES = [layout.sheet_name(name) for name in TABLES]
ADDING_NAMES = [layout.adding_sheet(name) for name in CORRECTABLE]
OTHER_NAMES = [layout.COVER, layout.DIFFERENCES, layout.PAIRS, layout.HIDDEN, layout.CHOICES]


def test_every_sheet_has_a_name_of_its_own_that_a_spreadsheet_accepts() -> None:
    names = [*SHEET_NAMES, *ADDING_NAMES, *OTHER_NAMES]
    assert len({name.casefold() for name in names}) == len(names)
    assert [name for name in names if len(name) > 31 or set(name) & set(":\\/?*[]")] == []


@pytest.mark.parametrize("table", TABLE_LIST, ids=lambda table: table.name)
def test_every_column_has_a_label_of_its_own(table: Table) -> None:
    labels = [layout.column_label(table.name, column.name) for column in table.all_columns]
    assert all(labels)
    assert len({label.casefold() for label in labels}) == len(labels)


@pytest.mark.parametrize(("table", "column"), LISTED, ids=lambda part: part.name)
def test_every_value_of_a_list_has_a_label_and_leads_back(table: Table, column: Column) -> None:
    listed = layout.choices(table, column)
    assert set(listed) == set(column.values or ("true", "false"))
    assert len({label.casefold() for label in listed.values()}) == len(listed)
    for value, label in listed.items():
        for written in (label, f" {label.upper()} ", value, value.upper()):
            assert layout.value_of(table, column, written) == value


def test_what_is_no_value_leads_nowhere() -> None:
    assert layout.value_of(TABLES["members"], TABLES["members"].column("gender"), "Pria") is None


def test_no_word_is_left_over() -> None:
    columns = {column.name for table in TABLE_LIST for column in table.all_columns}
    values = {value for table in TABLE_LIST for column in table.columns for value in column.values}
    assert set(layout.COLUMNS) == columns
    assert set(layout.VALUES) == values
    assert set(layout.SHEETS) == set(TABLES)
    assert {column for _, column in layout.OWN_COLUMNS} <= columns
    assert all(TABLES[table].has(column) for table, column in layout.OWN_COLUMNS)
    assert all(value in TABLES[table].column(column).values for table, column, value in layout.OWN_VALUES)


def test_every_table_that_can_be_corrected_has_a_token() -> None:
    tokens = [*layout.TOKENS.values(), layout.PAIR_TOKEN]
    assert set(layout.TOKENS) == set(CORRECTABLE)
    assert len(set(tokens)) == len(tokens)


@pytest.mark.parametrize("action", layout.ACTIONS)
def test_an_action_is_known_in_any_case_with_or_without_its_dots(action: str) -> None:
    label = layout.ACTIONS[action]
    assert {layout.action_of(text) for text in (label, label.lower(), f" {label.rstrip('.')}  ")} == {action}


@pytest.mark.parametrize("decision", layout.DECISIONS)
def test_a_decision_is_known(decision: str) -> None:
    assert layout.decision_of(layout.DECISIONS[decision].upper()) == decision


def test_every_way_in_which_members_compare_has_words() -> None:
    ways = {how for verdicts in WEIGHTS.values() for how, _, _ in verdicts}
    assert set(layout.COMPARISONS) == ways
    assert all(layout.comparison(column, "same") for column in WEIGHTS)


def test_what_may_be_chosen_depends_on_the_cell() -> None:
    members, movements = TABLES["members"], TABLES["savings_transactions"]

    def offered(table: Table, column: str | None, consequence: str, *, advised: bool = False) -> list[str]:
        named = table.column(column) if column else None
        return layout.actions_for(table, named, consequence, advised=advised)

    assert offered(members, "nik", "hold") == ["set", "clear", "exclude", "merge", "confirm"]
    assert offered(members, "member_no", "block") == ["set", "exclude", "merge"]
    assert offered(members, "gender", "hold", advised=True) == ["set", "accept", "clear", "exclude", "confirm"]
    assert offered(movements, "account_no", "block") == ["set", "exclude", "allocate"]
    assert offered(TABLES["loans"], None, "block") == ["exclude"]
    merged = layout.actions_for(members, members.column("member_no"), "warn", advised=False, merged=True)
    assert merged == ["set", "exclude", "merge", "different", "confirm"]
    assert set(ALLOCATED) == {"savings_transactions", "loan_repayments", "loan_instalments"}
