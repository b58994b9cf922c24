"""Collateral that a member with several loans gave without naming one: it counts for none, and is not called nothing.

Rp 1,200,000 flat at 12 % over 12 months from 15 October 2025, nothing paid: by 30 June 2026 eight instalments fell due,
with 8 x 12,000 of interest, more than six months ago the first. The class depends on the collateral.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.position import open_loans

CUTOFF = date(2026, 6, 30)
LOAN = {
    "cooperative_id": "A", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "flat", "annual_rate": Decimal(12), "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2025, 10, 15), "outstanding_principal": Decimal(1_200_000),
}  # fmt: skip
GOLD = {"cooperative_id": "A", "member_no": "M1", "kind": "gold", "status": "held"}
SHORT = (
    "the class depends on the collateral: Rp 0.00 is held against Rp 1296000.00 of principal and interest due, so it is"
    " loss"
)


def said(second: str, *values: int | None) -> list[str]:
    """Loan 1 of M1 and loan 2 of `second`, with what is held of M1."""
    loans = [{**LOAN, "loan_no": "1"}, {**LOAN, "loan_no": "2", "member_no": second}]
    held = [
        {**GOLD, "collateral_no": str(no), "appraised_value": None if value is None else Decimal(value)}
        for no, value in enumerate(values)
    ]
    cutoffs = pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [CUTOFF]})
    result = open_loans(
        frame("loans", loans), frame("loan_instalments", []), frame("loan_repayments", []), frame("collaterals", held),
        cutoffs,
    )  # fmt: skip
    return result.failures.filter(pl.col("rule") == "LON-COL-03")["note"].to_list()


@pytest.mark.parametrize(
    ("values", "more"), [((900_000,), "1 more of Rp 900000.00"), ((900_000, None), "2 more of Rp 900000.00")]
)
def test_both_loans_name_what_counts_for_neither(values: tuple[int | None, ...], more: str) -> None:
    note = f"{SHORT}; {more} held of the member, who has several loans, counts for none of them: say for which it is"
    assert said("M1", *values) == [note, note]


def test_a_member_with_one_loan_has_it_counted() -> None:
    """900,000 of 1,296,000 for loan 1; nothing for loan 2 of another member."""
    assert said("M2", 900_000) == [SHORT.replace("0.00", "900000.00", 1), SHORT]
    assert said("M1") == [SHORT, SHORT]
