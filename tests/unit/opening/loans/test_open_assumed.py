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
        # less than the 84,000 that are still to fall due, and more than all 144,000
        ({"outstanding_interest": Decimal(24_000)}, 60_000, 5),
        ({"outstanding_interest": Decimal(150_000)}, 60_000, 5),
        # that of 15 June may have been paid three days early
        ({"interest_accrued_to": date(2026, 6, 12)}, 12_000, 1),
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
        ({"outstanding_interest": Decimal(100_000)}, 100_000),
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


@pytest.mark.parametrize(
    ("stored", "rest", "arrears"),
    [
        # 144,000 less 24,000: February and March are paid, April's fell due 76 days before the cut-off
        (120_000, [12_000] * 10, 76),
        # 44,000 are paid: three and 8,000 of May's, which fell due 46 days before
        (100_000, [4_000, *[12_000] * 8], 46),
    ],
)
def test_a_stored_outstanding_interest_tells_which_are_unpaid(stored: int, rest: list[int], arrears: int) -> None:
    result = open_one({**LOAN, "outstanding_interest": Decimal(stored)})
    assert [int(amount) for amount in result.schedules["interest"]] == rest
    assert result.positions.select("outstanding_interest", "arrears_days").rows() == [(Decimal(stored), arrears)]
    assert result.failures["rule"].to_list() == []
