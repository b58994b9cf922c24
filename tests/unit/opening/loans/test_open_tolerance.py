"""How large a difference of sums rounding explains: a unit an instalment, never half of an instalment's principal.

Rp 1,200,000 over 12 months without interest is 100,000 a month: half of that is 50,000.
"""

from datetime import date
from decimal import Decimal

import pytest
from one_loan import Row, open_one

from koop_pipeline.opening.loans.position import OpenedLoans

LOAN: dict[str, object] = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "flat", "annual_rate": Decimal(0), "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 1, 15), "rounding_unit": Decimal(100_000),
}  # fmt: skip


def opened(loan: Row, repayments: list[Row], instalments: list[Row]) -> OpenedLoans:
    return open_one({**LOAN, **loan}, instalments, repayments)


FIVE: list[Row] = [{"paid_on": date(2026, 1 + no, 15), "total": Decimal(100_000)} for no in range(1, 6)]


@pytest.mark.parametrize(
    ("loan", "found"),
    [
        # 12 x 100,000 would call a whole half of the loan rounding
        ({"outstanding_principal": Decimal(100_000)}, "LON-OUT-02"),
        ({"outstanding_principal": Decimal(750_001)}, "LON-OUT-02"),
        ({"outstanding_principal": Decimal(750_000)}, "LON-OUT-04"),
        # 12 x 1,000 is less than half of an instalment: the unit counts
        ({"outstanding_principal": Decimal(712_000), "rounding_unit": Decimal(1_000)}, "LON-OUT-04"),
        ({"outstanding_principal": Decimal(712_001), "rounding_unit": Decimal(1_000)}, "LON-OUT-02"),
    ],
)
def test_a_difference_of_half_an_instalment_is_no_rounding_however_coarse_the_unit(loan: Row, found: str) -> None:
    """Five of twelve are paid, so 700,000 are outstanding by the history."""
    assert opened(loan, FIVE, []).failures["rule"].to_list() == [found]


def test_instalments_that_miss_a_payment_do_not_sum_however_coarse_the_unit() -> None:
    """Of seven instalments of 100,000 one is missing; half an instalment is 50,000 of a loan of 1,200,000 over 12."""
    rows: list[Row] = [
        {"instalment_no": no, "due_on": date(2026 + no // 12, no % 12 + 1, 15), "principal": Decimal(100_000),
         "interest": Decimal(0)}
        for no in range(7, 13)
    ]  # fmt: skip
    result = opened({"outstanding_principal": Decimal(700_000)}, [], rows)
    assert "LON-SCH-01" in result.failures["rule"].to_list()


def test_a_rupiah_each_is_rounding_also_where_instalments_are_of_a_few_rupiah() -> None:
    """Rp 12 over 12 months; 5 are paid, 7 are left, and 19 stored: 12 rupiah off."""
    payments: list[Row] = [{"paid_on": date(2026, 1 + no, 15), "total": Decimal(1)} for no in range(1, 6)]
    loan: Row = {"principal": Decimal(12), "rounding_unit": Decimal(1), "outstanding_principal": Decimal(19)}
    assert "LON-OUT-04" in opened(loan, payments, []).failures["rule"].to_list()
