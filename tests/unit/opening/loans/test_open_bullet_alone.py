"""A bullet whose delivered schedule is the repayment at the end alone: its interest is that of the terms, or blocks.

Rp 1,200,000 at 12 % over 12 months: 12,000 of interest each month from 15 February 2026 on, the principal on 15 January
2027. By the cut-off of 30 June five were paid, 60,000; 84,000 remain.
"""

from datetime import date, timedelta
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
PAID: list[Row] = [
    {"paid_on": date(2026, 1 + no, 15), "principal": Decimal(0), "interest": Decimal(12_000)} for no in range(1, 6)
]
ALONE: Row = {"principal": Decimal(1_200_000)}


def at_the_end(amounts: Row, number: int = 1, day: date = date(2027, 1, 15)) -> list[Row]:
    return [{"instalment_no": number, "due_on": day, **amounts}]


def said(result: OpenedLoans, rule: str) -> list[str]:
    return result.failures.filter(pl.col("rule") == rule)["note"].to_list()


@pytest.mark.parametrize("number", [1, 12])
@pytest.mark.parametrize("amounts", [ALONE, {"total": Decimal(1_212_000)}])
def test_the_interest_before_the_end_is_that_of_the_terms_and_is_said(number: int, amounts: Row) -> None:
    result = open_one(LOAN, at_the_end(amounts, number), PAID)
    assert result.schedules.select("instalment_no", "principal", "interest").rows() == [
        *[(no, Decimal(0), Decimal(12_000)) for no in range(6, 12)], (12, Decimal(1_200_000), Decimal(12_000))
    ]  # fmt: skip
    kind = "a principal" if "principal" in amounts else "a total"
    assert said(result, "LON-INT-06") == [
        f"1 delivered instalments state {kind} alone; the terms give Rp 144000.00 of interest beside them, which counts"
    ]


def test_the_listed_day_stays() -> None:
    result = open_one(LOAN, at_the_end(ALONE, day=date(2027, 1, 30)), PAID)
    assert result.schedules["due_on"].to_list()[-2:] == [date(2026, 12, 15), date(2027, 1, 30)]
    assert result.schedules["interest"].sum() == Decimal(84_000)


@pytest.mark.parametrize("loan", [{"tenor": None}, {"tenor": 11}, {"annual_rate": None}])
def test_terms_that_do_not_end_there_block(loan: Row) -> None:
    """Eleven instalments end on 15 December; without a tenor the one that is listed was taken for the whole term."""
    assert len(said(open_one({**LOAN, **loan}, at_the_end(ALONE), PAID), "LON-INT-07")) == 1


def test_a_total_of_another_day_blocks_too() -> None:
    row = at_the_end({"total": Decimal(1_212_000)}, day=date(2027, 4, 15))
    assert len(said(open_one(LOAN, row, PAID), "LON-INT-07")) == 1


@pytest.mark.parametrize("tenor", [1, None])
def test_a_year_without_instalments_between_is_one_instalment(tenor: int | None) -> None:
    result = open_one({**LOAN, "frequency": "yearly", "tenor": tenor}, at_the_end(ALONE))
    assert result.schedules["interest"].to_list() == [Decimal(144_000)]


def test_interest_of_the_end_alone_is_not_that_of_the_months_before() -> None:
    """The source lists the twelfth with its own 12,000; those of the sixth to the eleventh are not paid."""
    row = at_the_end({**ALONE, "interest": Decimal(12_000)}, 12)
    result = open_one(LOAN, row, PAID)
    assert result.schedules["interest"].to_list() == [Decimal(12_000)] * 7
    assert said(result, "LON-INT-03")[0].endswith("Rp 72000.00 of earlier instalments is not paid and opens with them")


@pytest.mark.parametrize("rounded", [46_000, 46_100])
def test_totals_alone_of_a_bullet_are_interest_whatever_it_is_rounded_to(rounded: int) -> None:
    """Rp 10,000,000 at 24 % bears 46,153.85 a week; the last of twenty is due on 4 June with the principal."""
    repaid = 10_000_000
    rows: list[Row] = [
        {"instalment_no": no, "due_on": date(2026, 1, 15) + timedelta(days=7 * no),
         "total": Decimal(rounded + (repaid if no == 20 else 0))}
        for no in range(1, 21)
    ]  # fmt: skip
    weekly: Row = {"principal": Decimal(repaid), "outstanding_principal": Decimal(repaid), "frequency": "weekly",
                   "tenor": 20, "annual_rate": Decimal(24)}  # fmt: skip
    result = open_one({**LOAN, **weekly}, rows)
    assert result.schedules.select("principal", "interest").rows() == [(Decimal(repaid), Decimal(rounded))]
    assert said(result, "LON-SCH-01") == []
