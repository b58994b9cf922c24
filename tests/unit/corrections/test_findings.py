"""What is read from a staging file after the gate; the rows are put there by hand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from koop_pipeline.corrections.model import At
from koop_pipeline.corrections.workbook.findings import Difference, Findings, Line, read_findings
from koop_pipeline.gates.tables import create_tables
from koop_pipeline.staging import Staging

ONE, OTHER = "KSP-SATU", "KSP-DUA"
AT = {"_source_file": "legacy/satu.csv", "_source_table": "satu"}


def put(staging: Staging, relation: str, **values: Any) -> None:
    """One row of a staging table."""
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" for _ in values)
    staging.execute(f"INSERT INTO {relation} ({names}) VALUES ({marks})", list(values.values()))


def row(staging: Staging, table: str, number: int, one: str = ONE, **values: Any) -> None:
    """A row as mapped, and as cleaned without what could not be read (here: with every text column)."""
    put(staging, f"mapped.{table}", cooperative_id=one, _row=number, _source_row=number + 1, **AT, **values)
    keys = {name: value for name, value in values.items() if name.endswith(("_no", "_name")) and value}
    put(staging, f"cleaned.{table}", cooperative_id=one, _row=number, **keys)


def finding(
    staging: Staging, table: str, rule: str, consequence: str, number: int | None, column: str | None,
    before: str | None = None, one: str = ONE,
) -> None:  # fmt: skip
    put(
        staging, "gate.findings", cooperative_id=one, table_name=table, rule=rule, consequence=consequence,
        row=number, column_name=column, before=before,
    )  # fmt: skip


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Staging]:
    with Staging.open(tmp_path / "batch.duckdb") as opened:
        create_tables(opened.connection)
        row(opened, "members", 1, member_no="001", full_name="Siti Rekaan", nik="3323", gender="Wanita")
        row(opened, "members", 2, member_no="002", full_name="Budi Rekaan", nik="53", branch="B1")
        row(opened, "savings_accounts", 1, account_no="T-1", member_no="001", balance="100")
        row(opened, "savings_accounts", 2, account_no="T-2", member_no="1", balance="5")
        row(opened, "savings_accounts", 3, account_no="T-3", member_no="777")
        row(opened, "savings_transactions", 1, account_no="T-1", posted_on="31/02/2020", amount="5")
        row(opened, "loans", 1, loan_no="P-1", member_no="001")
        yield opened


def read(staging: Staging, one: str = ONE) -> Findings:
    (found,) = read_findings(staging, [one])
    return found


def test_a_line_has_everything_about_its_cell_and_row(staging: Staging) -> None:
    finding(staging, "members", "MBR-ENM-01", "hold", 1, "gender", "Wanita")
    assert read(staging).lines == [
        Line(
            table="members", row=1, column="gender", consequence="hold", rules=("MBR-ENM-01",), key="001",
            at=At(file="legacy/satu.csv", table="satu", row=2), owner="Siti Rekaan", expected="Wanita", shown="Wanita",
            suggestion="female",
            cells={"member_no": "001", "full_name": "Siti Rekaan", "nik": "3323", "gender": "Wanita"},
        )
    ]  # fmt: skip


def test_several_rules_on_a_cell_are_one_line_with_the_gravest_consequence(staging: Staging) -> None:
    finding(staging, "members", "MBR-NIK-07", "warn", 1, "nik")
    finding(staging, "members", "MBR-NIK-02", "hold", 1, "nik")
    (line,) = read(staging).lines
    assert (line.rules, line.consequence) == (("MBR-NIK-02", "MBR-NIK-07"), "hold")


def test_lines_are_ordered_by_consequence_column_and_row(staging: Staging) -> None:
    for consequence, number, column in (
        ("warn", 1, "gender"),
        ("hold", 2, "nik"),
        ("hold", 1, "nik"),
        ("block", 2, "phone"),
    ):
        finding(staging, "members", f"X-{consequence}", consequence, number, column)
    assert [(line.consequence, line.column, line.row) for line in read(staging).lines] == [
        ("block", "phone", 2), ("hold", "nik", 1), ("hold", "nik", 2), ("warn", "gender", 1),
    ]  # fmt: skip


def test_the_line_of_a_merged_row_has_the_key_of_the_row_it_went_into(staging: Staging) -> None:
    merge = {"cooperative_id": ONE, "row": 1, "member_no": "001", "into_row": 2, "into_member_no": "B1-002"}
    put(staging, "cleaned.merges", **merge, rule="MBR-DUP-01")
    finding(staging, "members", "MBR-DUP-01", "warn", 1, "member_no", "001")
    finding(staging, "members", "MBR-NIK-07", "warn", 1, "nik")
    assert [(line.column, line.key, line.into) for line in read(staging).lines] == [
        ("member_no", "001", "B1-002"), ("nik", "001", None),
    ]  # fmt: skip


def test_a_row_that_an_officer_merged_is_not_asked_about_again(staging: Staging) -> None:
    put(staging, "cleaned.merges", cooperative_id=ONE, row=1, member_no="001", into_row=2, rule="COR-MERGE-01")
    finding(staging, "members", "MBR-NIK-07", "warn", 1, "nik")
    assert [line.into for line in read(staging).lines] == [None]


def test_a_key_of_a_branch_carries_the_branch(staging: Staging) -> None:
    finding(staging, "members", "MBR-NIK-01", "hold", 2, "nik")
    assert [line.key for line in read(staging).lines] == ["B1-002"]


def test_a_movement_names_the_member_behind_its_account(staging: Staging) -> None:
    finding(staging, "savings_transactions", "TRX-DAT-01", "block", 1, "posted_on", "31/02/2020")
    (line,) = read(staging).lines
    assert (line.owner, line.key, line.refers, line.suggestion) == ("Siti Rekaan", None, "T-1", None)


def test_a_value_that_was_worked_out_is_shown_as_such(staging: Staging) -> None:
    finding(staging, "loans", "LON-CAP-01", "warn", 1, "annual_rate", "30.000000")
    finding(staging, "loans", "MAP-EXPR-01", "block", 1, "principal", "seratus")
    finding(staging, "loans", "LON-COL-02", "warn", 1, "source_collectability", "the source says current")
    shown = {line.column: (line.shown, line.expected) for line in read(staging).lines}
    assert shown == {
        "annual_rate": ("(dihitung) 30.000000", None),
        "principal": ("seratus", None),
        "source_collectability": (None, None),
    }


def test_after_a_correction_its_value_is_what_is_expected(staging: Staging) -> None:
    for number, outcome, value in ((1, "applied", "53"), (2, "applied", "5301"), (3, "error", "99")):
        put(
            staging, "mapped.corrections", cooperative_id=ONE, number=number, action="set", table_name="members", row=1,
            column_name="nik", value=value, outcome=outcome,
        )  # fmt: skip
    finding(staging, "members", "MBR-NIK-01", "hold", 1, "nik")
    (line,) = read(staging).lines
    assert (line.expected, line.shown, line.cells["nik"]) == ("5301", "5301", "3323")


def test_a_reference_that_leads_nowhere_gets_the_only_near_key_or_a_row_to_add(staging: Staging) -> None:
    finding(staging, "savings_accounts", "SAV-REF-01", "block", 2, "member_no", "1")
    finding(staging, "savings_accounts", "SAV-REF-01", "block", 3, "member_no", "777")
    found = read(staging)
    assert [(line.expected, line.suggestion) for line in found.lines] == [("1", "001"), ("777", None)]
    assert found.missing == {"members": ["777"]}


def test_an_empty_category_may_be_filled(staging: Staging) -> None:
    finding(staging, "cooperatives", "ABS-OFFICERS-01", "block", None, None)
    finding(staging, "cooperatives", "ABS-LOANS-02", "warn", None, None)
    found = read(staging)
    assert found.missing == {"officers": []}
    assert [each.rule for each in found.differences] == ["ABS-OFFICERS-01", "ABS-LOANS-02"]


def test_what_has_no_row_in_the_delivery_is_a_difference(staging: Staging) -> None:
    finding(staging, "accounts", "ACC-BAL-01", "block", None, None, "debit 2.00, credit 1.00, difference 1.00")
    finding(staging, "members", "MBR-REQ-04", "warn", 1_000_000_001, "membership")
    finding(staging, "loan_schedules", "LSC-KEY-01", "block", 4, "instalment_no", "1")
    finding(staging, "loan_schedules", "LSC-KEY-01", "block", 5, "instalment_no", "1")
    found = read(staging)
    assert found.lines == []
    assert found.differences == [
        Difference("accounts", "ACC-BAL-01", "block", 1, "debit 2.00, credit 1.00, difference 1.00"),
        Difference("loan_schedules", "LSC-KEY-01", "block", 2, None),
        Difference("members", "MBR-REQ-04", "warn", 1, None),
    ]


def test_probable_duplicates_are_pairs_and_not_lines(staging: Staging) -> None:
    agreed = [
        {"field": "nik", "how": "different", "weight": -40},
        {"field": "full_name", "how": "similar", "weight": 25},
        {"field": "birth_date", "how": "same", "weight": 35},
    ]
    put(
        staging, "cleaned.probable_duplicates", cooperative_id=ONE, row_a=1, member_no_a="001", row_b=2,
        member_no_b="002", score=20, agreed=json.dumps(agreed),
    )  # fmt: skip
    finding(staging, "members", "MBR-DUP-02", "warn", 2, "member_no")
    found = read(staging)
    assert (found.lines, found.differences) == ([], [])
    (pair,) = found.pairs
    assert (pair.first.key, pair.second.key) == ("001", "B1-002")
    assert pair.second.cells["full_name"] == "Budi Rekaan"
    assert pair.compared == (("birth_date", "same"), ("full_name", "similar"), ("nik", "different"))


def test_each_cooperative_sees_its_own_only_in_the_order_asked(staging: Staging) -> None:
    row(staging, "members", 1, OTHER, member_no="001", nik="0", gender="?")
    finding(staging, "members", "MBR-NIK-02", "hold", 1, "nik")
    finding(staging, "members", "MBR-NIK-02", "hold", 1, "nik", one=OTHER)
    found = list(read_findings(staging, [OTHER, "KSP-TIGA", ONE]))
    assert [(each.cooperative_id, [line.expected for line in each.lines]) for each in found] == [
        (OTHER, ["0"]), ("KSP-TIGA", []), (ONE, ["3323"]),
    ]  # fmt: skip
