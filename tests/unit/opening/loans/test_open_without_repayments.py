"""Loans that are over and of which no repayment is delivered, in a cooperative that delivers repayments.

Each lent 12,000,000. The cut-off is 30 June 2026.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.position import open_loans

CUTOFF = date(2026, 6, 30)
Row = dict[str, object]
LOAN: Row = {
    "cooperative_id": "A", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(12_000_000),
    "interest_method": "flat", "annual_rate": Decimal(12), "tenor": 12, "frequency": "monthly",
    "disbursed_on": date(2026, 1, 31),
}  # fmt: skip
PAID: Row = {"cooperative_id": "A", "loan_no": "1", "principal": Decimal(1_000_000), "interest": Decimal(120_000)}


def found(loan: Row, history: bool = True) -> list[str]:
    """Notes of `LON-OUT-02` on loan 2, beside loan 1 that is paid twice."""
    loans = [
        {**LOAN, "loan_no": "1", "status": "active", "outstanding_principal": Decimal(10_000_000)},
        {**LOAN, "loan_no": "2", **loan},
    ]
    repayments = [{**PAID, "paid_on": date(2026, month, 28)} for month in (2, 3)] if history else []
    cutoffs = pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [CUTOFF]})
    result = open_loans(
        frame("loans", loans), frame("loan_instalments", []), frame("loan_repayments", repayments),
        frame("collaterals", []), cutoffs,
    )  # fmt: skip
    return result.failures.filter((pl.col("rule") == "LON-OUT-02") & (pl.col("row") == 2))["note"].to_list()


@pytest.mark.parametrize(
    ("status", "stored", "gap"), [("settled", 0, 12_000_000), ("written_off", 5_000_000, 7_000_000)]
)
def test_a_loan_that_is_over_without_a_repayment_is_compared_with_the_history(
    status: str, stored: int, gap: int
) -> None:
    assert found({"status": status, "outstanding_principal": Decimal(stored)}) == [
        f"the outstanding principal at the cut-off is Rp {stored}.00 by the stored balance, Rp 12000000.00 by "
        f"principal and repayments: a difference of Rp {gap}.00; the loan is {status} and no repayment of it is "
        "delivered"
    ]


def test_one_written_off_in_full_agrees_with_a_history_that_pays_nothing() -> None:
    assert found({"status": "written_off", "outstanding_principal": Decimal(12_000_000)}) == []


def test_a_cooperative_without_repayments_has_nothing_to_compare_with() -> None:
    assert found({"status": "settled", "outstanding_principal": Decimal(0)}, history=False) == []
