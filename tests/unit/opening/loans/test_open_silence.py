"""A delivered schedule that is silent on interest: silence is no interest of 0, and no rate of 0.

Rp 1,200,000 over 12 months, disbursed on 15 January 2026, is 100,000 a month from 15 February 2026 on; flat at 1 % a
month it bears 12,000 each and 144,000 in all. The cut-off is 30 June 2026.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from one_loan import Row, open_one

from koop_pipeline.opening.loans.position import OpenedLoans

BARE: Row = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "flat", "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 1, 15), "outstanding_principal": Decimal(1_200_000),
}  # fmt: skip
RATED: Row = {**BARE, "source_rate": Decimal(1), "source_rate_basis": "per_month"}
STORED: Row = {**RATED, "instalment_interest": Decimal(12_000), "interest_total": Decimal(144_000)}


def opened(loan: Row, instalments: list[Row], repayments: list[Row] | None = None) -> OpenedLoans:
    return open_one(loan, instalments, repayments)


def plan(principal: int = 100_000, first: int = 1, last: int = 12, renumbered: int = 0) -> list[Row]:
    return [
        {"instalment_no": no - renumbered, "due_on": date(2026 + no // 12, no % 12 + 1, 15),
         "principal": Decimal(principal)}
        for no in range(first, last + 1)
    ]  # fmt: skip


def interest(result: OpenedLoans) -> list[int]:
    return [int(amount) for amount in result.schedules["interest"]]


def said(result: OpenedLoans) -> dict[str, str]:
    found = result.failures.filter(pl.col("rule").is_in(["LON-INT-06", "LON-INT-07"]))
    return dict(zip(found["rule"], found["note"], strict=True))


@pytest.mark.parametrize("loan", [RATED, STORED])
def test_the_terms_give_the_interest_that_a_schedule_of_principals_does_not_state(loan: Row) -> None:
    result = opened(loan, plan())
    assert interest(result) == [12_000] * 12
    assert result.schedules["total"].to_list() == [Decimal(112_000)] * 12
    assert result.positions.select("outstanding_interest", "annual_rate", "schedule_source").rows() == [
        (Decimal(144_000), Decimal(12), "delivered")
    ]
    assert said(result) == {
        "LON-INT-06": "12 delivered instalments state a principal alone; the terms give Rp 144000.00 of interest "
        "beside them, which counts"
    }


def test_declining_interest_falls_beside_the_principals() -> None:
    """1 % of 1,200,000, of 1,100,000 and so on: 12,000, 11,000 ... 1,000; 78,000 in all."""
    result = opened({**RATED, "interest_method": "declining"}, plan())
    assert interest(result) == list(range(12_000, 0, -1_000))
    assert result.positions["outstanding_interest"].to_list() == [Decimal(78_000)]


def test_a_schedule_of_what_remains_numbered_anew_has_the_interest_of_the_last_instalments() -> None:
    """Two of twelve are paid: from the third on a declining loan bears 10,000, 9,000 ... 1,000."""
    loan = {**RATED, "interest_method": "declining", "outstanding_principal": Decimal(1_000_000)}
    assert interest(opened(loan, plan(first=3, renumbered=2))) == list(range(10_000, 0, -1_000))


def test_a_column_that_is_half_empty_is_filled_and_what_is_stated_stays() -> None:
    rows = plan()
    for row in rows[:6]:
        row["interest"] = Decimal(12_000)
    result = opened(RATED, rows)
    assert interest(result) == [12_000] * 12
    assert "6 delivered instalments" in said(result)["LON-INT-06"]
    assert "Rp 72000.00 of interest" in said(result)["LON-INT-06"]


def test_an_interest_of_0_that_is_stated_stays() -> None:
    rows = [{**row, "interest": Decimal(0)} for row in plan()]
    result = opened(BARE, rows)
    assert (interest(result), said(result)) == ([0] * 12, {})


def test_a_history_that_pays_the_interest_of_the_terms_leaves_the_rest_of_it() -> None:
    """Two are paid with their interest, ten remain with 120,000."""
    paid: list[Row] = [
        {"paid_on": date(2026, month, 15), "principal": Decimal(100_000), "interest": Decimal(12_000)}
        for month in (2, 3)
    ]
    result = opened({**RATED, "outstanding_principal": Decimal(1_000_000)}, plan(), paid)
    assert interest(result) == [12_000] * 10
    assert result.positions["outstanding_interest"].to_list() == [Decimal(120_000)]


@pytest.mark.parametrize(
    ("loan", "terms"),
    [
        ({**RATED, "tenor": None}, "12 % a year, Rp ? of interest an instalment, Rp ? in all"),
        (
            {**BARE, "interest_total": Decimal(144_000), "tenor": None},
            "? % a year, Rp ? of interest an instalment, Rp 144000.00 in all",
        ),
    ],
)
def test_interest_that_nothing_tells_blocks_with_the_principal(loan: Row, terms: str) -> None:
    """Ten of an unknown number remain, numbered anew."""
    result = opened({**loan, "outstanding_principal": Decimal(1_000_000)}, plan(first=3, renumbered=2))
    assert list(said(result)) == ["LON-INT-07"]
    assert said(result)["LON-INT-07"].startswith(
        f"10 delivered instalments with Rp 1000000.00 of principal state no interest, and the terms ({terms})"
    )
    assert Decimal(0) not in result.positions["annual_rate"].to_list()


@pytest.mark.parametrize(
    ("loan", "first"),
    [
        ({"source_rate": Decimal(1), "source_rate_basis": "per_month"}, 1),
        ({"interest_total": Decimal(144_000)}, 1),
        ({"annual_rate": Decimal(12), "outstanding_principal": Decimal(1_000_000)}, 3),
    ],
)
def test_a_tenor_that_is_not_stated_is_counted_by_the_principals(loan: Row, first: int) -> None:
    """Twelve by the numbers: 12,000 each, whether all are delivered or those from the third on."""
    result = opened({**BARE, "tenor": None, **loan}, plan(first=first))
    assert interest(result) == [12_000] * (13 - first)
    assert list(said(result)) == ["LON-INT-06"]


@pytest.mark.parametrize("anew", [0, 2])
@pytest.mark.parametrize(
    ("method", "totals"), [("declining", range(110_000, 100_000, -1_000)), ("annuity", [106_619] * 9 + [106_614])]
)
def test_totals_alone_of_what_remains_have_the_interest_of_the_last_instalments(
    anew: int, method: str, totals: Sequence[int]
) -> None:
    """Two of twelve are paid. Declining: 10,000 ... 1,000 beside 100,000. Annuity of 106,619 (106,618.55): interest of
    the third is 1 % of 1,200,000 - 94,619 - 95,565 = 1,009,816: 10,098; the last pays 105,558 and 1,056.
    """
    left = Decimal(1_000_000 if method == "declining" else 1_009_816)
    rows = [
        {"instalment_no": row["instalment_no"], "due_on": row["due_on"], "total": Decimal(total)}
        for row, total in zip(plan(first=3, renumbered=anew), totals, strict=True)
    ]
    result = opened({**RATED, "interest_method": method, "outstanding_principal": left}, rows)
    assert interest(result)[0] == (10_000 if method == "declining" else 10_098)
    assert result.schedules["principal"].sum() == left
    assert "LON-SCH-01" not in result.failures["rule"].to_list()


def test_totals_alone_from_the_first_day_on_have_the_interest_of_the_first_instalments() -> None:
    """Ten delivered of a tenor of twelve, from 15 February on: 12,000 ... 3,000."""
    rows = [{**row, "principal": None, "total": Decimal(112_000 - 1_000 * no)} for no, row in enumerate(plan(last=10))]
    result = opened({**RATED, "interest_method": "declining"}, rows)
    assert interest(result) == list(range(12_000, 2_000, -1_000))


def test_principals_that_the_terms_do_not_have_are_not_given_their_interest() -> None:
    """Six instalments of 200,000 where the terms have twelve of 100,000: whose interest it is cannot be told."""
    result = opened(RATED, plan(principal=200_000, last=6))
    assert list(said(result)) == ["LON-INT-07"]
    assert result.positions["annual_rate"].to_list() == [Decimal(12)]


def test_interest_in_the_history_says_that_the_loan_bears_some() -> None:
    paid: list[Row] = [{"paid_on": date(2026, 2, 15), "principal": Decimal(100_000), "interest": Decimal(12_000)}]
    result = opened({**BARE, "outstanding_principal": Decimal(1_100_000)}, plan(), paid)
    assert list(said(result)) == ["LON-INT-07"]


def test_a_loan_of_which_nothing_says_that_it_bears_interest_opens_without_and_that_is_said() -> None:
    result = opened(BARE, plan())
    assert interest(result) == [0] * 12
    assert result.positions["annual_rate"].to_list() == [None]
    assert said(result) == {
        "LON-INT-06": "12 delivered instalments with Rp 1200000.00 of principal state no interest, and neither a rate "
        "nor any interest is stated: they open without interest"
    }


def zeros(rows: list[Row]) -> list[Row]:
    return [{**row, "interest": Decimal(0), "total": row["principal"]} for row in rows]


def test_0_in_every_instalment_beside_stored_interest_is_silence() -> None:
    """As a column of dashes arrives: 12,000 each by terms and stored interest, and the rate stays 12."""
    result = opened(STORED, zeros(plan()))
    assert interest(result) == [12_000] * 12
    assert result.positions["annual_rate"].to_list() == [Decimal(12)]
    assert said(result) == {
        "LON-INT-06": "12 delivered instalments state an interest of 0; the terms give Rp 144000.00 of interest beside "
        "them, which counts"
    }


def test_0_in_every_instalment_is_silence_where_the_history_pays_interest() -> None:
    paid: list[Row] = [{"paid_on": date(2026, 2, 15), "principal": Decimal(100_000), "interest": Decimal(12_000)}]
    result = opened({**RATED, "outstanding_principal": Decimal(1_100_000)}, zeros(plan()), paid)
    assert interest(result) == [12_000] * 11
    assert list(said(result)) == ["LON-INT-06"]


@pytest.mark.parametrize(
    ("loan", "first", "amount"),
    [(RATED, 1, "144000.00"), ({**STORED, "outstanding_principal": Decimal(1_000_000)}, 3, "120000.00")],
)
def test_0_beside_a_rate_alone_or_in_what_remains_blocks(loan: Row, first: int, amount: str) -> None:
    result = opened(loan, zeros(plan(first=first)))
    assert said(result) == {
        "LON-INT-07": f"{13 - first} delivered instalments state an interest of 0 beside 12 % a year, by which Rp "
        f"{amount} would stand there: whether the loan bears none is not known; deliver the interest of the schedule, "
        "or correct the rate"
    }


def test_a_single_0_among_other_interest_stays() -> None:
    rows: list[Row] = [{**row, "interest": Decimal(12_000)} for row in plan()]
    rows[0]["interest"] = Decimal(0)
    assert interest(opened(RATED, rows)) == [0, *[12_000] * 11]
