"""No rate is stated: the yearly rate that the interest fixes opens and is said, or the reason why none does.

Loans of Rp 1,200,000 over 12 months: 1 % of it is 12,000 a month, 144,000 in all by flat and 78,000 (12,000 x 13 / 2)
by declining interest.
"""

from datetime import date
from decimal import Decimal

import numpy_financial
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_loan import Row, open_one

from koop_pipeline.opening.loans.annuity import RATE_SCALE, annuity_rate
from koop_pipeline.opening.loans.position import OpenedLoans

LOAN: dict[str, object] = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "flat", "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 6, 15), "outstanding_principal": Decimal(1_200_000),
}  # fmt: skip
EACH: dict[str, object] = {"instalment_interest": Decimal(12_000)}


def opened(loan: Row, instalments: list[Row] | None = None) -> OpenedLoans:
    return open_one({**LOAN, **loan}, instalments)


def rate(result: OpenedLoans) -> Decimal | None:
    value = result.positions["annual_rate"].to_list()[0]
    return None if value is None else Decimal(value)


def interest(result: OpenedLoans) -> list[int]:
    return [int(amount) for amount in result.schedules["interest"]]


def said(result: OpenedLoans) -> str:
    (note,) = result.failures.filter(pl.col("rule") == "LON-RTE-04")["note"].to_list()
    return str(note).removeprefix("no rate is stated")


@pytest.mark.parametrize(
    ("loan", "percent"),
    [
        (EACH, "12"),
        ({"interest_total": Decimal(144_000)}, "12"),
        ({**EACH, "interest_total": Decimal(144_000)}, "12"),
        ({**EACH, "interest_method": "margin"}, "12"),
        ({"interest_total": Decimal(144_000), "interest_method": "margin"}, "12"),
        ({**EACH, "interest_method": "bullet"}, "12"),
        ({**EACH, "interest_method": "declining"}, "12"),
        ({"interest_total": Decimal(78_000), "interest_method": "declining"}, "12"),
        ({**EACH, "interest_method": "annuity"}, "12"),
        # 12 x 106,619 - 1,200,000
        ({"interest_total": Decimal(79_428), "interest_method": "annuity"}, "12"),
        # 12,000 a week are 1 %, of 52 weeks
        ({**EACH, "frequency": "weekly"}, "52"),
        # 13,000 are 1.08333 % a month: 13 % a year
        ({"instalment_interest": Decimal(13_000)}, "13"),
        # 12,345 are no rate of two decimals: 1.02875 % a month
        ({"instalment_interest": Decimal(12_345)}, "12.345"),
        # Rp 100,001 at 1.75 % a month are 1,750.02
        ({"principal": Decimal(100_001), "outstanding_principal": Decimal(100_001),
          "instalment_interest": Decimal(1_750)}, "21"),
        # one instalment: all methods are alike
        ({"interest_total": Decimal(12_000), "interest_method": None, "tenor": 1}, "12"),
        ({**EACH, "interest_method": None}, "12"),
    ],
)  # fmt: skip
def test_the_rate_that_the_interest_fixes_opens_and_is_said(loan: Row, percent: str) -> None:
    result = opened(loan)
    assert rate(result) == Decimal(percent)
    assert f"is {percent} % a year" in said(result) and said(result).endswith(", which opens")


def test_what_it_follows_from_is_named() -> None:
    assert said(opened(EACH)) == (
        "; Rp 12000.00 of interest an instalment on Rp 1200000.00 over 12 instalments is 12 % a year flat, which opens"
    )


def test_a_declining_loan_without_a_rate_has_its_schedule() -> None:
    """1 % of 1,200,000, 1,100,000, ... 100,000."""
    result = opened({"interest_total": Decimal(78_000), "interest_method": "declining"})
    assert interest(result) == [1_000 * k for k in range(12, 0, -1)]
    assert result.failures["rule"].to_list() == ["LON-RTE-04"]


def test_the_schedule_that_is_delivered_tells_the_rate_before_stored_interest_does() -> None:
    """Each of the twelve instalments has 12,000, although 13,000 are stored."""
    rows: list[Row] = [
        {"instalment_no": no, "due_on": date(2026 + (6 + no - 1) // 12, (6 + no - 1) % 12 + 1, 15),
         "principal": Decimal(100_000), "interest": Decimal(12_000)}
        for no in range(1, 13)
    ]  # fmt: skip
    for stored in (None, Decimal(13_000)):
        result = opened({"instalment_interest": stored}, rows)
        assert (rate(result), interest(result)) == (Decimal(12), [12_000] * 12)
        assert said(result) == "; the delivered schedule tells it to the rupiah: 12 % a year flat, which opens"


def test_the_cap_sees_a_rate_that_nothing_states() -> None:
    """36,000 of 1,200,000 are 3 % a month; LON-CAP-01 asks what opens."""
    result = opened({"instalment_interest": Decimal(36_000)})
    assert (rate(result), result.failures["rule"].to_list()) == (Decimal(36), ["LON-RTE-04"])


def test_a_total_without_a_method_is_told_as_a_tie_and_held_against_the_cap_by_the_lower() -> None:
    """78,000 / 12 / 1,200,000 = 0.541667 % a month; 360,000 are 2.5 % flat, 30 % a year."""
    result = opened({"interest_total": Decimal(78_000), "interest_method": None})
    assert rate(result) is None
    note = result.failures.filter(pl.col("rule") == "LON-RTE-04")["note"][0]
    assert note == (
        "no rate and no method is stated; Rp 78000.00 of interest in all on Rp 1200000.00 over 12 instalments fits "
        "6.5 % a year flat and 12 % a year declining alike: none opens"
    )
    assert "LON-CAP-02" not in result.failures["rule"].to_list()
    dear = opened({"interest_total": Decimal(360_000), "interest_method": None})
    cap = dear.failures.filter(pl.col("rule") == "LON-CAP-02")["note"].to_list()
    assert cap == ["no rate is stated, but the interest is that of 30 % a year at least: above 24 %"]


@pytest.mark.parametrize(
    ("loan", "why"),
    [
        ({**EACH, "frequency": None}, " and Rp 12000.00 of interest an instalment tells none; not known: frequency"),
        ({**EACH, "principal": None}, " and Rp 12000.00 of interest an instalment tells none; not known: principal"),
        (
            {"interest_total": Decimal(144_000), "tenor": None},
            " and Rp 144000.00 of interest in all tells none; not known: tenor",
        ),
        (
            {"instalment_interest": Decimal(0)},
            " and the stored interest is 0: whether the loan bears none is not known",
        ),
        (
            {"instalment_interest": Decimal(400_000)},
            "; Rp 400000.00 of interest an instalment on Rp 1200000.00 over 12 instalments is 400 % a year, above "
            "200 %: none opens",
        ),
    ],
)
def test_why_no_rate_opens_is_said(loan: Row, why: str) -> None:
    result = opened(loan)
    assert (rate(result), said(result)) == (None, why)


@pytest.mark.parametrize(
    "loan",
    [
        {},
        {**EACH, "annual_rate": Decimal(12)},
        {**EACH, "source_rate": Decimal(1), "source_rate_basis": "per_month"},
        {**EACH, "status": "settled", "outstanding_principal": Decimal(0)},
    ],
)
def test_nothing_is_said_of_a_stated_rate_nor_without_interest_nor_of_a_loan_that_owes_nothing(loan: Row) -> None:
    assert "LON-RTE-04" not in opened(loan).failures["rule"].to_list()


def test_stored_sums_that_contradict_each_other_tell_no_rate() -> None:
    result = opened({**EACH, "interest_total": Decimal(500_000)})
    assert (rate(result), result.failures["rule"].to_list()) == (None, ["LON-RTE-03", "LON-SCH-02"])


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 2_000), st.integers(2, 120), st.integers(1_000_000, 900_000_000))
def test_an_annuity_is_solved_as_numpy_financial_does(basis_points: int, n: int, principal: int) -> None:
    """Of a rate of up to 20 % a period, from the interest in all; to a millionth, whole sen being what is known."""
    per_period = Decimal(basis_points) / 10_000
    total = Decimal(str(-numpy_financial.pmt(float(per_period), n, principal))) * n - principal
    solved = Decimal(annuity_rate(principal * 100, int(total * 100), n)) / RATE_SCALE
    assert abs(solved - per_period) < Decimal("0.000001")
