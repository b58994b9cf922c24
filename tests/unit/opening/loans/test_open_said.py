"""What a loan states beside what opens, and that it is said: its maturity, its outstanding interest, totals alone.

Rp 1,200,000 flat at 12 % over 12 months, disbursed on 15 January 2026: 100,000 and 12,000 a month from 15 February 2026
to 15 January 2027. The cut-off is 30 June.
"""

from datetime import date
from decimal import Decimal

import pytest
from one_loan import Row, open_one

from koop_pipeline.opening.loans.position import OpenedLoans

LOAN: dict[str, object] = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "flat", "annual_rate": Decimal(12), "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 1, 15), "outstanding_principal": Decimal(700_000),
}  # fmt: skip


def opened(loan: Row, instalments: list[Row] | None = None, repayments: list[Row] | None = None) -> OpenedLoans:
    return open_one({**LOAN, **loan}, instalments, repayments)


def found(result: OpenedLoans) -> list[tuple[str, str]]:
    return result.failures.select("rule", "note").rows()


def plan(first: int = 1, day: int = 15, last: int = 12, **parts: Decimal) -> list[Row]:
    amounts = parts or {"principal": Decimal(100_000), "interest": Decimal(12_000)}
    return [
        {"instalment_no": no, "due_on": date(2026 + no // 12, no % 12 + 1, day), **amounts}
        for no in range(first, last + 1)
    ]


@pytest.mark.parametrize(
    ("loan", "said"),
    [
        (
            {"maturity_on": date(2027, 7, 15)},
            "the maturity is said to be 2027-07-15, but the last instalment is due on 2027-01-15 by 12 instalments "
            "from 2026-02-15 on: 181 days later",
        ),
        (
            {"maturity_on": date(2026, 12, 15), "first_due_on": date(2026, 3, 10)},
            "the maturity is said to be 2026-12-15, but the last instalment is due on 2027-02-10 by 12 instalments "
            "from 2026-03-10 on: 57 days earlier",
        ),
        (
            {"maturity_on": date(2027, 1, 16), "frequency": "weekly"},
            "the maturity is said to be 2027-01-16, but the last instalment is due on 2026-04-09 by 12 instalments "
            "from 2026-01-22 on: 282 days later",
        ),
    ],
)
def test_a_maturity_that_tenor_and_first_due_date_contradict_is_said_with_both_days(loan: Row, said: str) -> None:
    result = opened(loan)
    assert ("LON-DUE-03", said) in found(result)
    assert result.positions["maturity_on"].to_list() == [loan["maturity_on"]]


@pytest.mark.parametrize(
    "loan",
    [
        {"maturity_on": date(2027, 1, 15)},
        # 31 January: the day is kept, 28 February is its clamped one
        {"disbursed_on": date(2026, 1, 31), "maturity_on": date(2027, 1, 31)},
        {"disbursed_on": None, "maturity_on": date(2027, 3, 20)},
        {"tenor": None, "maturity_on": date(2027, 3, 20)},
        {"frequency": "seasonal", "tenor": 1, "maturity_on": date(2026, 9, 1)},
        {"frequency": "seasonal", "tenor": 2, "maturity_on": date(2026, 9, 1)},
        {"status": "settled", "outstanding_principal": Decimal(0), "maturity_on": date(2027, 3, 20)},
    ],
)
def test_a_maturity_that_nothing_contradicts_is_not_said(loan: Row) -> None:
    assert "LON-DUE-03" not in [rule for rule, _ in found(opened(loan))]


def test_a_delivered_schedule_that_reaches_the_tenor_says_the_maturity() -> None:
    """Due on the 20th, though by the disbursement it would be the 15th."""
    schedule = plan(day=20)
    assert found(opened({"maturity_on": date(2027, 1, 20)}, schedule)) == []
    said = found(opened({"maturity_on": date(2027, 1, 15)}, schedule))
    assert said == [
        (
            "LON-DUE-03",
            "the maturity is said to be 2027-01-15, but the last instalment is due on 2027-01-20 by the delivered "
            "schedule: 5 days earlier",
        )
    ]


def test_a_stored_outstanding_interest_is_held_against_the_schedule() -> None:
    """Seven instalments of 12,000 hold 84,000."""
    assert found(opened({"outstanding_interest": Decimal(84_000)})) == []
    result = opened({"outstanding_interest": Decimal(60_000)})
    assert result.positions.select("outstanding_interest", "derived_outstanding_interest").rows() == [
        (Decimal(60_000), Decimal(84_000))
    ]
    assert found(result) == [
        (
            "LON-OUT-05",
            "the stored outstanding interest is Rp 60000.00 at the cut-off, the remaining instalments hold Rp "
            "84000.00: a difference of Rp 24000.00; the stored one opens beside the schedule",
        )
    ]


@pytest.mark.parametrize(
    "loan",
    [
        {"outstanding_interest": Decimal(1), "status": "settled", "outstanding_principal": Decimal(0)},
        {"outstanding_interest": Decimal(1), "tenor": None, "annual_rate": None},
    ],
)
def test_without_a_schedule_there_is_nothing_to_hold_it_against(loan: Row) -> None:
    assert "LON-OUT-05" not in [rule for rule, _ in found(opened(loan))]


@pytest.mark.parametrize(
    ("loan", "said"),
    [
        (
            {"status": "settled", "outstanding_principal": Decimal(0)},
            "the loan is settled and owes Rp 0.00 of principal, but Rp 50000.00 of outstanding interest opens beside "
            "it, in no schedule",
        ),
        (
            {"status": "written_off"},
            "the loan is written_off and owes Rp 700000.00 of principal, but Rp 50000.00 of outstanding interest opens "
            "beside it, in no schedule",
        ),
        (
            {"outstanding_principal": Decimal(0)},
            "the loan is active and owes Rp 0.00 of principal, but Rp 50000.00 of outstanding interest opens beside it,"
            " in no schedule",
        ),
    ],
)
def test_outstanding_interest_of_a_loan_that_is_over_is_said_with_its_amount(loan: Row, said: str) -> None:
    result = opened({**loan, "outstanding_interest": Decimal(50_000)})
    assert result.positions["outstanding_interest"].to_list() == [Decimal(50_000)]
    assert [note for rule, note in found(result) if rule == "LON-OUT-06"] == [said]
    silent = opened({**loan, "outstanding_interest": Decimal(0)})
    assert "LON-OUT-06" not in [rule for rule, _ in found(silent)]


def test_interest_that_the_history_leaves_of_a_loan_without_principal_is_said() -> None:
    """All 1,200,000 were paid on 15 April with no interest: 36,000 of February to April fell due by then."""
    paid: Row = {"entry_no": "1", "paid_on": date(2026, 4, 15), "principal": Decimal(1_200_000), "interest": Decimal(0)}
    result = opened({"outstanding_principal": Decimal(0)}, repayments=[paid])
    assert [note for rule, note in found(result) if rule == "LON-OUT-06"] == [
        "the loan is active and owes Rp 0.00 of principal, but Rp 36000.00 of outstanding interest opens with its "
        "instalments"
    ]


CONTRADICTION: Row = {"interest_total": Decimal(78_000)}


def test_totals_alone_take_no_interest_from_terms_that_contradict_each_other() -> None:
    """12 % flat is 144,000 in all, 78,000 is the total of a declining loan: which of them divides 112,000?"""
    totals = plan(6, total=Decimal(112_000))
    assert "LON-RTE-03" in [rule for rule, _ in found(opened(CONTRADICTION, totals))]
    assert "LON-RTE-03" not in [rule for rule, _ in found(opened(CONTRADICTION, plan(6)))]
    assert "LON-RTE-03" not in [rule for rule, _ in found(opened({}, totals))]
