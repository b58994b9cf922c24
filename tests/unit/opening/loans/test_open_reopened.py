"""A small rest of principal and the interest of its instalment, where only the balance tells what is paid.

Rp 10,000,000 flat at 24 % over three years from 15 March 2025: 3,333,333 and 2,400,000 a year. The first instalment
fell due on 15 March 2026, 107 days before the cut-off of 30 June.
"""

from datetime import date
from decimal import Decimal

import pytest
from one_loan import Row, open_one

LOAN: Row = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(10_000_000),
    "interest_method": "flat", "annual_rate": Decimal(24), "tenor": 3, "frequency": "yearly", "status": "active",
    "disbursed_on": date(2025, 3, 15),
}  # fmt: skip


@pytest.mark.parametrize(
    ("outstanding", "last", "moved"),
    [
        # 3,333,000 is repaid: rounded down to a thousand
        (6_667_000, 3_333_667, "Rp 333.00 of principal unpaid"),
        # 3,334,000, rounded up to a thousand; 3,333,350, up to fifty
        (6_666_000, 3_332_667, "Rp 667.00 of principal paid beforehand"),
        (6_666_650, 3_333_317, "Rp 17.00 of principal paid beforehand"),
    ],
)
def test_a_lender_that_states_no_unit_may_round_to_any(outstanding: int, last: int, moved: str) -> None:
    result = open_one({**LOAN, "outstanding_principal": Decimal(outstanding)})
    assert result.schedules.select("principal", "interest").rows() == [
        (Decimal(3_333_333), Decimal(2_400_000)), (Decimal(last), Decimal(2_400_000))
    ]  # fmt: skip
    assert result.positions["arrears_days"].to_list() == [0]
    ((rule, note),) = result.failures.select("rule", "note").rows()
    assert (rule, moved in note) == ("LON-RES-02", True)


@pytest.mark.parametrize(
    ("outstanding", "rest"),
    # 3,330,000 repaid, to ten thousand; 3,000,000, to the rupiah a tenth less
    [(6_670_000, 3_333), (7_000_000, 333_333)],
)
def test_a_rest_that_no_rounding_explains_is_said_with_the_interest_it_opens(outstanding: int, rest: int) -> None:
    result = open_one({**LOAN, "outstanding_principal": Decimal(outstanding)})
    assert result.schedules.select("principal", "interest").rows()[0] == (Decimal(rest), Decimal(2_400_000))
    assert result.positions["arrears_days"].to_list() == [107]
    assert result.failures.select("rule", "note").rows() == [
        (
            "LON-RES-03",
            f"Rp {rest}.00 of principal is all that is unpaid of an instalment that fell due, and no repayments that "
            "explain the balance tell whether its interest was paid: Rp 2400000.00 of it opens with the rest, as "
            "overdue; deliver the repayments, or the rounding unit if it is one of rounding",
        )
    ]


@pytest.mark.parametrize(
    ("loan", "repayments"),
    [
        ({"outstanding_principal": Decimal(7_000_001)}, []),
        ({"outstanding_principal": Decimal(10_000_000)}, []),
        (
            {"outstanding_principal": Decimal(6_670_000)},
            [{"paid_on": date(2026, 3, 15), "principal": Decimal(3_330_000), "interest": Decimal(2_400_000)}],
        ),
        (
            {"outstanding_principal": Decimal(6_670_000)},
            [{"paid_on": date(2026, 3, 15), "principal": Decimal(3_330_000), "interest": Decimal(0)}],
        ),
        # falls due on 15 July
        ({"outstanding_principal": Decimal(6_670_000), "disbursed_on": date(2025, 7, 15)}, []),
    ],
)
def test_more_than_a_tenth_is_a_part_and_a_history_tells(loan: Row, repayments: list[Row]) -> None:
    assert "LON-RES-03" not in open_one({**LOAN, **loan}, None, repayments).failures["rule"].to_list()
