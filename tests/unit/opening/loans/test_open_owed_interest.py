"""A stored outstanding interest that is less than none: it does not open, and that is said.

Rp 1,200,000 flat at 12 % over 12 months from 15 January 2026: 100,000 and 12,000 a month. Five are paid by the cut-off
of 30 June, so seven hold 84,000.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from one_loan import CUTOFF, OWN, Row

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.position import OpenedLoans, open_loans

LOAN: Row = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "flat", "annual_rate": Decimal(12), "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 1, 15),
}  # fmt: skip
PAID: list[Row] = [
    {**OWN, "entry_no": str(no), "paid_on": date(2026, 1 + no, 15), "principal": Decimal(100_000),
     "interest": Decimal(12_000)}
    for no in range(1, 6)
]  # fmt: skip
UNRATED: Row = {"tenor": None, "annual_rate": None, "interest_method": None}


def opened(loan: Row, as_of: date) -> OpenedLoans:
    row = {**LOAN, **loan, "_as_of": as_of, "_reach": CUTOFF}
    cutoffs = pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [as_of]})
    return open_loans(
        frame("loans", [row]), frame("loan_instalments", []), frame("loan_repayments", PAID), frame("collaterals", []),
        cutoffs,
    )  # fmt: skip


def said(result: OpenedLoans) -> list[str]:
    return result.failures.filter(pl.col("rule") == "LON-OUT-05")["note"].to_list()


def test_a_negative_one_gives_way_to_the_schedule() -> None:
    result = opened({"outstanding_principal": Decimal(700_000), "outstanding_interest": Decimal(-5_000)}, CUTOFF)
    assert result.positions["outstanding_interest"].to_list() == [Decimal(84_000)]
    assert said(result) == [
        "the stored outstanding interest is Rp -5000.00 at the cut-off, which is less than none and does not open: the "
        "Rp 84000.00 of the remaining instalments do"
    ]


@pytest.mark.parametrize(
    ("loan", "opens", "instead"),
    [
        ({}, Decimal(84_000), "the Rp 84000.00 of the remaining instalments do"),
        (UNRATED, None, "nothing else tells it"),
    ],
)
def test_one_that_later_payments_exceed_is_said_with_its_day(loan: Row, opens: Decimal | None, instead: str) -> None:
    """10,000 on 31 May, and 12,000 were paid on 15 June."""
    stored: Row = {"outstanding_principal": Decimal(800_000), "outstanding_interest": Decimal(10_000)}
    result = opened({**stored, **loan}, date(2026, 5, 31))
    assert result.positions["outstanding_interest"].to_list() == [opens]
    assert said(result) == [
        "the stored outstanding interest is Rp -2000.00 at the cut-off (Rp 10000.00 on 2026-05-31, and what was paid "
        f"between), which is less than none and does not open: {instead}"
    ]


def test_none_is_not_less_than_none() -> None:
    """96,000 on 31 May less 12,000 are what seven instalments hold."""
    stored: Row = {"outstanding_principal": Decimal(800_000), "outstanding_interest": Decimal(96_000)}
    assert said(opened(stored, date(2026, 5, 31))) == []
    assert (
        "less than none" not in said(opened({**stored, "outstanding_interest": Decimal(12_000)}, date(2026, 5, 31)))[0]
    )
