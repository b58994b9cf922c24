"""The day to which interest is said to be settled, against instalments that open with that interest unpaid.

Rp 1,200,000 flat at 12 % over 12 months from 15 January 2026: 100,000 and 12,000 a month, from 15 February on. The
cut-off is 30 June. Three instalments are paid by the balance: those of 15 May and 15 June are not.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from one_loan import Row, open_one

from koop_pipeline.opening.loans.position import OpenedLoans

LOAN: Row = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "flat", "annual_rate": Decimal(12), "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 1, 15), "outstanding_principal": Decimal(900_000),
}  # fmt: skip
CURRENT: Row = {"outstanding_principal": Decimal(700_000)}


def paid(*interest: int, principal: int = 100_000) -> list[Row]:
    return [
        {"entry_no": str(no), "paid_on": date(2026, 1 + no, 15), "principal": Decimal(principal if no < 4 else 0),
         "interest": Decimal(amount)}
        for no, amount in enumerate(interest, start=1)
    ]  # fmt: skip


def opened(settled: date | None, loan: Row | None = None, repayments: list[Row] | None = None) -> OpenedLoans:
    return open_one({**LOAN, "interest_accrued_to": settled, **(loan or {})}, None, repayments)


def said(result: OpenedLoans) -> list[tuple[str, str]]:
    found = result.failures.filter(pl.col("rule").is_in(["LON-ACR-02", "LON-ACR-03"]))
    return list(zip(found["rule"], found["note"], strict=True))


@pytest.mark.parametrize(
    ("settled", "amount"),
    [(date(2026, 6, 15), "24000.00"), (date(2026, 6, 29), "24000.00"), (date(2026, 5, 31), "12000.00")],
)
def test_instalments_that_fell_due_by_the_day_block_where_only_the_balance_tells_them_unpaid(
    settled: date, amount: str
) -> None:
    assert said(opened(settled)) == [
        (
            "LON-ACR-03",
            f"interest is said to be settled to {settled}, but Rp {amount} of interest of instalments that fell due by "
            "then would open as unpaid, and neither repayments nor an outstanding interest tell which is true: it would"
            " be charged again, or lost; deliver one of them, or correct the day",
        )
    ]


def test_the_history_stands_against_the_day_and_forgives_nothing() -> None:
    """Three payments with their interest: 24,000 of May and June open, though they are said to be settled."""
    result = opened(date(2026, 6, 15), repayments=paid(12_000, 12_000, 12_000))
    assert result.schedules["interest"].sum() == Decimal(9 * 12_000)
    assert said(result) == [
        (
            "LON-ACR-02",
            "interest is said to be settled to 2026-06-15, but Rp 24000.00 of interest up to that day opens as unpaid, "
            "as the repayments leave it",
        )
    ]


@pytest.mark.parametrize(("sixth", "rules"), [(2_000, []), (1_999, []), (1_998, ["LON-ACR-02"])])
def test_a_rupiah_of_a_period_in_which_the_day_lies_is_rounding(sixth: int, rules: list[str]) -> None:
    """Five are paid, and of the 2,000 for 5 of 30 days this."""
    history = [
        {"entry_no": str(no), "paid_on": date(2026, 1 + min(no, 5), 15), "principal": Decimal(100_000 if no < 6 else 0),
         "interest": Decimal(12_000 if no < 6 else sixth)}
        for no in range(1, 7)
    ]  # fmt: skip
    assert [rule for rule, _ in said(opened(date(2026, 6, 20), CURRENT, history))] == rules


def test_interest_that_was_paid_alone_bears_the_day_out() -> None:
    """Five times 12,000, of which two without principal."""
    result = opened(date(2026, 6, 15), repayments=paid(*[12_000] * 5))
    assert result.schedules["interest"].to_list()[:3] == [Decimal(0), Decimal(0), Decimal(12_000)]
    assert said(result) == []


def test_a_stored_outstanding_interest_that_is_the_schedules_stands_against_the_day() -> None:
    """Nine instalments hold 108,000."""
    ((rule, note),) = said(opened(date(2026, 6, 15), {"outstanding_interest": Decimal(108_000)}))
    assert rule == "LON-ACR-02"
    assert note.endswith(
        "Rp 24000.00 of interest up to that day opens as unpaid, as the stored outstanding interest has it"
    )


def test_a_stored_outstanding_interest_that_is_off_by_rounding_stands_against_the_day_too() -> None:
    """Nine rupiah are a rupiah an instalment; ten are more."""
    for stored, rule in ((107_991, "LON-ACR-02"), (107_990, "LON-ACR-03")):
        found = said(opened(date(2026, 6, 15), {"outstanding_interest": Decimal(stored)}))
        assert [one for one, _ in found] == [rule]


def test_a_stored_outstanding_interest_that_is_that_of_the_day_bears_it_out() -> None:
    """108,000 less the 24,000 of May and June, whose principal stays overdue since 15 May."""
    result = opened(date(2026, 6, 15), {"outstanding_interest": Decimal(84_000)})
    assert result.schedules["interest"].to_list() == [Decimal(0), Decimal(0), *[Decimal(12_000)] * 7]
    assert result.positions["arrears_days"].to_list() == [46]
    assert result.failures["rule"].to_list() == []


def test_a_stored_outstanding_interest_that_bears_out_neither_is_named() -> None:
    ((rule, note),) = said(opened(date(2026, 6, 15), {"outstanding_interest": Decimal(96_000)}))
    assert rule == "LON-ACR-03"
    assert "the stored outstanding interest of Rp 96000.00 is neither that with it nor that without it" in note
    assert note.endswith("correct one of the three")


def test_repayments_that_cannot_be_laid_on_the_delivered_schedule_are_not_said_to_be_missing() -> None:
    """The terms are of 11.9 %; nine remain from 15 May on, whose 24,000 of May and June were paid on 20 June."""
    rest: list[Row] = [
        {"instalment_no": no - 3, "due_on": date(2026 + no // 12, no % 12 + 1, 15), "principal": Decimal(100_000),
         "interest": Decimal(12_000)}
        for no in range(4, 13)
    ]  # fmt: skip
    loan = {**LOAN, "annual_rate": Decimal("11.9"), "interest_accrued_to": date(2026, 6, 15)}
    ((rule, note),) = said(open_one(loan, rest, paid(*[12_000] * 5)))
    assert rule == "LON-ACR-03"
    assert "the delivered schedule of what remains holds it, on which the repayments cannot be laid" in note


def test_repayments_that_do_not_explain_the_balance_are_not_said_to_be_missing() -> None:
    """Two of three principals are in the history."""
    ((rule, note),) = said(opened(date(2026, 6, 15), repayments=paid(12_000, 12_000)))
    assert rule == "LON-ACR-03"
    assert "the repayments do not tell which is true: they do not explain the outstanding principal" in note


def test_an_instalment_that_falls_due_after_the_cut_off_did_not_fall_due_by_a_later_day() -> None:
    """The 12,000 of 15 July run; nothing of them can be in doubt as overdue."""
    assert [rule for rule, _ in said(opened(date(2026, 7, 15), CURRENT))] == ["LON-ACR-02"]


def test_of_a_period_in_which_the_day_lies_its_days_are_said() -> None:
    """15 June to 15 July has 30 days, of which 5 are settled by 20 June: 2,000 of 12,000."""
    assert said(opened(date(2026, 6, 20), CURRENT)) == [
        (
            "LON-ACR-02",
            "interest is said to be settled to 2026-06-20, but Rp 2000.00 of interest up to that day opens as unpaid "
            "with its instalment",
        )
    ]


@pytest.mark.parametrize(
    ("settled", "loan"),
    [
        (date(2026, 6, 15), CURRENT),
        (date(2026, 4, 15), {}),
        (date(2026, 5, 20), CURRENT),
        (None, {}),
        (date(2026, 6, 15), {"status": "settled", "outstanding_principal": Decimal(0)}),
        (date(2026, 6, 15), {"status": "written_off"}),
        (date(2026, 6, 15), {"tenor": None}),
    ],
)
def test_where_nothing_settled_opens_nothing_is_said(settled: date | None, loan: Row) -> None:
    assert said(opened(settled, loan)) == []
