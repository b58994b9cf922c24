"""Interest of a bullet that fell due and counts as paid, because nothing says that it was not.

Rp 1,200,000 at 12 % over 12 months, interest of 12,000 each month from 15 February 2026 on, the principal on 15 January
2027. By the cut-off of 30 June five times 12,000 fell due.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from one_loan import Row, open_one

from koop_pipeline.opening.loans.position import OpenedLoans

LOAN: Row = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "bullet", "annual_rate": Decimal(12), "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 1, 15), "outstanding_principal": Decimal(1_200_000),
}  # fmt: skip
PAID: Row = {"entry_no": "1", "paid_on": date(2026, 2, 15), "principal": Decimal(0), "interest": Decimal(12_000)}


def said(result: OpenedLoans) -> list[str]:
    return result.failures.filter(pl.col("rule") == "LON-INT-08")["note"].to_list()


@pytest.mark.parametrize(
    ("loan", "amount", "count"),
    [
        ({}, 60_000, 5),
        ({"outstanding_interest": Decimal(100_000)}, 60_000, 5),
        # settled to 20 April: only those of 15 May and 15 June are assumed
        ({"interest_accrued_to": date(2026, 4, 20)}, 24_000, 2),
    ],
)
def test_what_counts_as_paid_is_said_with_its_amount(loan: Row, amount: int, count: int) -> None:
    result = open_one({**LOAN, **loan})
    assert result.schedules["interest"].sum() == Decimal(7 * 12_000)
    assert said(result) == [
        f"Rp {amount}.00 of interest in {count} instalments of interest alone fell due before the cut-off, and neither "
        "repayments nor stored arrears tell whether it was paid: it counts as paid"
    ]


@pytest.mark.parametrize(
    ("loan", "opens"),
    [
        ({"arrears_days": 0}, 84_000),
        # the oldest unpaid day is 60 days before the cut-off, 1 May
        ({"arrears_days": 60}, 108_000),
        ({"interest_accrued_to": date(2026, 6, 20)}, 84_000),
        ({"outstanding_interest": Decimal(84_000)}, 84_000),
        ({"interest_method": "flat"}, 144_000),
        ({"disbursed_on": date(2026, 5, 31)}, 144_000),
    ],
)
def test_where_the_source_says_it_or_nothing_fell_due_there_is_nothing_to_say(loan: Row, opens: int) -> None:
    result = open_one({**LOAN, **loan})
    assert result.schedules["interest"].sum() == Decimal(opens)
    assert said(result) == []


def test_a_history_tells_it() -> None:
    """12,000 of 144,000 are paid."""
    result = open_one(LOAN, None, [PAID])
    assert (result.schedules["interest"].sum(), said(result)) == (Decimal(132_000), [])
