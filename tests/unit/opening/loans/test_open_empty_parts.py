"""A repayment of which a part is empty: what is not known is not 0.

12,000,000 flat at 1 % a month over 12 months: 1,000,000 and 120,000 each, disbursed on 31 January 2026. Two were paid;
the cut-off is 30 June 2026.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from one_loan import Row, open_one

from koop_pipeline.opening.loans.position import OpenedLoans

LOAN: Row = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(12_000_000),
    "interest_method": "flat", "annual_rate": Decimal(12), "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 1, 31),
}  # fmt: skip


def opened(stored: int | None, *payments: Row) -> OpenedLoans:
    loan = {**LOAN, "outstanding_principal": None if stored is None else Decimal(stored)}
    days = [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
    return open_one(loan, None, [{"paid_on": day, **row} for day, row in zip(days, payments, strict=False)])


def said(result: OpenedLoans) -> list[tuple[str, int, str]]:
    found = result.failures.filter(pl.col("rule").str.starts_with("RPY-PRT"))
    return list(zip(found["rule"], found["row"], found["note"], strict=True))


FULL: Row = {"principal": Decimal(1_000_000), "interest": Decimal(120_000)}
EMPTY: Row = {"interest": Decimal(120_000)}
UNKNOWN = (
    "a payment of 2026-03-31 on loan 1 states Rp 120000.00 of interest and neither principal nor total, and no stored "
    "balance proves that it repaid nothing: what the loan owes is not derived; deliver the principal (0 if it is none) "
    "or the total"
)


def test_an_empty_principal_is_not_known_and_no_balance_is_derived_from_it() -> None:
    result = opened(None, FULL, EMPTY)
    assert result.positions.select("outstanding_principal", "derived_outstanding_principal").rows() == [(None, None)]
    assert result.repayments.select("principal", "interest", "total").rows()[1] == (None, Decimal(120_000), None)
    assert said(result) == [("RPY-PRT-02", 2, UNKNOWN)]


def test_a_stored_balance_that_shows_a_repayment_does_not_make_it_none() -> None:
    """10,000,000 are left, so the payment repaid 1,000,000; which is not said, and nothing is derived."""
    result = opened(10_000_000, FULL, EMPTY)
    assert result.positions.select("outstanding_principal", "derived_outstanding_principal").rows() == [
        (Decimal(10_000_000), None)
    ]
    assert said(result) == [("RPY-PRT-02", 2, UNKNOWN)]


def test_a_stored_balance_proves_that_only_interest_was_paid() -> None:
    """11,000,000 are left of 12,000,000 after 1,000,000: the second payment repaid nothing."""
    result = opened(11_000_000, FULL, EMPTY)
    assert result.positions["derived_outstanding_principal"].to_list() == [Decimal(11_000_000)]
    assert result.repayments.select("principal", "interest", "total").rows()[1] == (
        Decimal(0), Decimal(120_000), Decimal(120_000)
    )  # fmt: skip
    assert said(result) == []


def test_one_rupiah_off_proves_nothing() -> None:
    assert [rule for rule, _, _ in said(opened(10_999_999, FULL, EMPTY))] == ["RPY-PRT-02"]


def test_a_balance_proves_nothing_beside_a_payment_that_cannot_be_told_apart() -> None:
    assert [rule for rule, _, _ in said(opened(11_000_000, FULL, EMPTY, {"total": Decimal(1_120_000)}))] == [
        "RPY-PRT-02"
    ]


def test_an_empty_interest_stays_owed_and_is_said() -> None:
    result = opened(None, FULL, {"principal": Decimal(1_000_000)})
    assert result.positions["outstanding_principal"].to_list() == [Decimal(10_000_000)]
    assert said(result) == [
        (
            "RPY-PRT-01", 2,
            "a payment of 2026-03-31 on loan 1 states Rp 1000000.00 of principal and neither interest nor total: no "
            "interest counts as paid, and it stays owed",
        )
    ]  # fmt: skip


@pytest.mark.parametrize("stored", [None, 10_000_000])
def test_where_no_repayment_says_what_is_interest_an_empty_one_says_nothing(stored: int | None) -> None:
    payment: Row = {"principal": Decimal(1_000_000)}
    assert said(opened(stored, payment, payment)) == []


def test_a_penalty_alone_repays_nothing_and_is_said() -> None:
    result = opened(None, FULL, {"penalty": Decimal(5_000), "fee": Decimal(1_000)})
    assert result.positions["outstanding_principal"].to_list() == [Decimal(11_000_000)]
    assert said(result) == [
        (
            "RPY-PRT-01", 2,
            "a payment of 2026-03-31 on loan 1 states Rp 6000.00 of penalty and fee and neither principal, interest "
            "nor total: none of either counts as paid",
        )
    ]  # fmt: skip
