"""A settled day that shows interest as unpaid: it opens, or what speaks against the day is named.

Rp 1,200,000 at 12 % over 12 months from 15 January 2026: 12,000 of interest a month from 15 February on. The cut-off is
30 June; the balance has nothing overdue. Settled to 15 March, 36,000 of April to June are unpaid, the oldest for 76
days; with 15 of 30 days of July's 12,000 the ledger has 42,000 receivable.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from one_loan import Row, open_one

from koop_pipeline.opening.loans.position import OpenedLoans

FLAT: Row = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "flat", "annual_rate": Decimal(12), "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 1, 15), "outstanding_principal": Decimal(700_000),
    "interest_accrued_to": date(2026, 3, 15),
}  # fmt: skip
BULLET: Row = {**FLAT, "interest_method": "bullet", "outstanding_principal": Decimal(1_200_000)}


def said(result: OpenedLoans) -> list[str]:
    return result.failures.filter(pl.col("rule") == "LON-ACR-04")["note"].to_list()


@pytest.mark.parametrize("loan", [FLAT, BULLET, {**FLAT, "arrears_days": 76}, {**BULLET, "arrears_days": 76}])
def test_interest_that_fell_due_after_the_day_opens_and_is_said(loan: Row) -> None:
    result = open_one(loan)
    assert result.schedules["interest"].to_list() == [Decimal(12_000)] * 10
    assert result.positions["arrears_days"].to_list() == [76]
    assert result.accrued.select("due", "gross").rows() == [(Decimal(36_000), Decimal(6_000))]
    if loan == FLAT:
        assert said(result) == [
            "interest is said to be settled to 2026-03-15 only, and no repayment tells of what fell due after it: "
            "Rp 36000.00 of interest in 3 instalments opens as unpaid, though no principal of theirs does; if it was "
            "paid, correct the day, or deliver the payments"
        ]


@pytest.mark.parametrize("loan", [FLAT, BULLET])
def test_an_outstanding_interest_of_the_day_leaves_nothing_to_say(loan: Row) -> None:
    """84,000 to come and 36,000."""
    result = open_one({**loan, "outstanding_interest": Decimal(120_000)})
    assert result.schedules["interest"].sum() == Decimal(120_000)
    assert result.failures["rule"].to_list() == []


@pytest.mark.parametrize(
    ("told", "who"),
    [({"arrears_days": 0}, "arrears say"), ({"outstanding_interest": Decimal(84_000)}, "outstanding interest says")],
)
@pytest.mark.parametrize("loan", [FLAT, BULLET])
def test_what_is_stored_against_the_day_stays_and_is_said(loan: Row, told: Row, who: str) -> None:
    result = open_one({**loan, **told})
    assert result.schedules["interest"].sum() == Decimal(84_000)
    assert said(result) == [
        "interest is said to be settled to 2026-03-15 only, and no repayment tells of what fell due after it: "
        f"Rp 36000.00 of interest counts as paid, for the stored {who} so; correct the one that is wrong"
    ]


@pytest.mark.parametrize(
    ("loan", "day", "opens"),
    [
        # the period of June begins before the end of May: the day of a closing, or of an early payment
        (FLAT, date(2026, 5, 31), 84_000),
        (FLAT, date(2026, 5, 15), 96_000),
        (BULLET, date(2026, 5, 31), 96_000),
        (BULLET, date(2026, 6, 10), 84_000),
        (BULLET, date(2026, 6, 9), 96_000),
    ],
)
def test_a_day_within_a_period(loan: Row, day: date, opens: int) -> None:
    assert open_one({**loan, "interest_accrued_to": day}).schedules["interest"].sum() == Decimal(opens)


def test_the_history_goes_before_the_day() -> None:
    paid: list[Row] = [
        {"paid_on": date(2026, 1 + no, 15), "principal": Decimal(100_000), "interest": Decimal(12_000)}
        for no in range(1, 6)
    ]
    result = open_one(FLAT, None, paid)
    assert (result.schedules["interest"].sum(), said(result)) == (Decimal(84_000), [])


@pytest.mark.parametrize(("day", "rest"), [(date(2026, 6, 30), 6), (date(2026, 5, 30), 7), (None, 7)])
def test_an_instalment_of_interest_alone_that_falls_due_on_the_cut_off_is_paid_if_settled_to_it(
    day: date | None, rest: int
) -> None:
    """Disbursed on 30 December, due on the 30th of each month: the sixth of twelve on 30 June, six remain after it."""
    loan = {**BULLET, "disbursed_on": date(2025, 12, 30), "interest_accrued_to": day}
    result = open_one(loan)
    assert result.schedules["interest"].to_list() == [Decimal(12_000)] * rest
    assert "LON-ACR-03" not in result.failures["rule"].to_list()
