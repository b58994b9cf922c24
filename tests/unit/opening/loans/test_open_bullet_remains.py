"""A delivered schedule of what remains of a bullet, whose principal stands in full to the end.

Rp 1,200,000 at 12 % over 12 months: 12,000 of interest each month from 15 February 2026 on, the principal on 15 January
2027. By the cut-off of 30 June five fell due; seven remain, 84,000 of interest. From 15 to 30 June 15 of 30 days of
12,000 have run: 6,000.
"""

from datetime import date
from decimal import Decimal

import pytest
from one_loan import Row, open_one

from koop_pipeline.opening.loans.position import OpenedLoans

LOAN: Row = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "bullet", "annual_rate": Decimal(12), "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 1, 15), "outstanding_principal": Decimal(1_200_000),
}  # fmt: skip
UNTOLD: Row = {"annual_rate": None, "tenor": None}


def plan(months: range, *, anew: bool = False, interest: int = 12_000) -> list[Row]:
    """The instalments of these months of the term, with their own numbers or from 1 on."""
    return [
        {"instalment_no": place if anew else month, "due_on": date(2026 + month // 12, month % 12 + 1, 15),
         "principal": Decimal(0 if month < 12 else 1_200_000), "interest": Decimal(interest)}
        for place, month in enumerate(months, start=1)
    ]  # fmt: skip


def paid(count: int) -> list[Row]:
    return [
        {"paid_on": date(2026, 1 + no, 15), "principal": Decimal(0), "interest": Decimal(12_000)}
        for no in range(1, count + 1)
    ]


def interest(result: OpenedLoans) -> list[int]:
    return [int(amount) for amount in result.schedules["interest"]]


@pytest.mark.parametrize("loan", [{}, UNTOLD, {"tenor": None}, {"annual_rate": Decimal("11.5")}])
@pytest.mark.parametrize("anew", [True, False])
def test_interest_that_is_paid_is_not_taken_off_what_remains(loan: Row, anew: bool) -> None:
    result = open_one({**LOAN, **loan}, plan(range(6, 13), anew=anew), paid(5))
    assert interest(result) == [12_000] * 7
    assert result.accrued.select("due", "gross").rows() == [(Decimal(0), Decimal(6_000))]
    assert result.positions["arrears_days"].to_list() == [0]


@pytest.mark.parametrize("anew", [True, False])
def test_without_repayments_what_remains_accrues_from_the_due_date_before_it(anew: bool) -> None:
    result = open_one(LOAN, plan(range(6, 13), anew=anew))
    assert interest(result) == [12_000] * 7
    assert result.accrued.select("due", "gross").rows() == [(Decimal(0), Decimal(6_000))]


def test_an_overdue_instalment_that_the_source_lists_is_unpaid() -> None:
    """That of 15 June is the first of eight: 15 days before the cut-off."""
    result = open_one(LOAN, plan(range(5, 13)))
    assert interest(result) == [12_000] * 8
    assert result.positions["arrears_days"].to_list() == [15]


def test_interest_that_is_neither_paid_nor_listed_blocks() -> None:
    """Four are paid, 48,000 of 144,000."""
    result = open_one(LOAN, plan(range(6, 13), anew=True), paid(4))
    (note,) = [note for rule, note in result.failures.select("rule", "note").rows() if rule == "LON-INT-04"]
    assert "Rp 96000.00 remain" in note
    assert "Rp 12000.00 would be lost" in note


@pytest.mark.parametrize("loan", [{}, UNTOLD])
def test_the_whole_schedule_takes_what_is_paid(loan: Row) -> None:
    assert interest(open_one({**LOAN, **loan}, plan(range(1, 13)), paid(5))) == [12_000] * 7


@pytest.mark.parametrize("number", [1, 12])
def test_one_instalment_with_the_interest_of_the_whole_term_is_the_whole_schedule(number: int) -> None:
    """144,000 at the end, of which 60,000 are paid beforehand."""
    row = {**plan(range(12, 13))[0], "instalment_no": number, "interest": Decimal(144_000)}
    assert interest(open_one(LOAN, [row], paid(5))) == [84_000]


def test_a_whole_schedule_by_the_quarter_is_none_of_what_remains() -> None:
    """Four times 36,000 from 15 April on, the first of them paid."""
    quarters = [
        {**row, "instalment_no": no} for no, row in enumerate(plan(range(3, 13), interest=36_000)[::3], start=1)
    ]
    payment: Row = {"paid_on": date(2026, 4, 15), "principal": Decimal(0), "interest": Decimal(36_000)}
    assert interest(open_one(LOAN, quarters, [payment])) == [36_000] * 3
