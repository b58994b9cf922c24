"""Contractual schedules: tables by hand for every method, and the laws that hold for any terms."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.engine import generate

LOAN: dict[str, object] = {
    "cooperative_id": "KSP-A", "loan_no": "L1", "disbursed_on": date(2026, 1, 15), "frequency": "monthly",
    "annual_rate": Decimal(12), "status": "active",
}  # fmt: skip


def schedule(**terms: object) -> list[tuple[int, int, int, int]]:
    """(principal, interest, total, balance after) of each instalment, whole rupiah."""
    rows = (
        generate(frame("loans", [{**LOAN, **terms}])).select("principal", "interest", "total", "balance_after").rows()
    )
    assert all(amount == amount.to_integral_value() for row in rows for amount in row)
    return [(int(row[0]), int(row[1]), int(row[2]), int(row[3])) for row in rows]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("flat", [
            (333_333, 10_000, 343_333, 666_667),
            (333_333, 10_000, 343_333, 333_334),
            (333_334, 10_000, 343_334, 0),
        ]),
        ("declining", [
            (333_333, 10_000, 343_333, 666_667),
            (333_333, 6_667, 340_000, 333_334),
            (333_334, 3_333, 336_667, 0),
        ]),
        # A = 1,000,000 x 0.01 / (1 - 1.01^-3) = 340,022.11
        ("annuity", [
            (330_022, 10_000, 340_022, 669_978),
            (333_322, 6_700, 340_022, 336_656),
            (336_656, 3_367, 340_023, 0),
        ]),
        ("bullet", [
            (0, 10_000, 10_000, 1_000_000),
            (0, 10_000, 10_000, 1_000_000),
            (1_000_000, 10_000, 1_010_000, 0),
        ]),
    ],
)  # fmt: skip
def test_three_instalments_of_a_million(method: str, expected: list[tuple[int, int, int, int]]) -> None:
    assert schedule(principal=Decimal(1_000_000), tenor=3, interest_method=method) == expected


def test_margin_is_paid_in_full_and_no_more() -> None:
    rows = schedule(principal=Decimal(1_000_000), tenor=3, interest_method="margin", interest_total=Decimal(100_000))
    assert rows == [
        (333_333, 33_333, 366_666, 666_667),
        (333_333, 33_333, 366_666, 333_334),
        (333_334, 33_334, 366_668, 0),
    ]


def test_the_worked_annuity_of_the_domain_page() -> None:
    rows = schedule(principal=Decimal(10_000_000), tenor=24, interest_method="annuity")
    assert rows[0] == (370_735, 100_000, 470_735, 9_629_265)
    assert {row[2] for row in rows[:-1]} == {470_735}


def test_an_annuity_without_interest_is_equal_parts() -> None:
    rows = schedule(principal=Decimal(1_000), tenor=3, interest_method="annuity", annual_rate=Decimal(0))
    assert rows == [(333, 0, 333, 667), (333, 0, 333, 334), (334, 0, 334, 0)]


@pytest.mark.parametrize(
    ("frequency", "rate", "interest"),
    [("weekly", "52", 10_000), ("daily", "36.5", 1_000), ("yearly", "12", 120_000)],
)
def test_a_period_bears_its_share_of_the_year(frequency: str, rate: str, interest: int) -> None:
    rows = schedule(
        principal=Decimal(1_000_000), tenor=2, interest_method="flat", frequency=frequency, annual_rate=Decimal(rate)
    )
    assert [row[1] for row in rows] == [interest, interest]


def test_a_seasonal_loan_bears_interest_for_the_months_to_its_harvest() -> None:
    rows = schedule(
        principal=Decimal(1_000_000),
        tenor=1,
        interest_method="bullet",
        frequency="seasonal",
        maturity_on=date(2026, 7, 15),
    )
    assert rows == [(1_000_000, 60_000, 1_060_000, 0)]


def test_the_rate_of_a_whole_term_is_taken_exactly_and_not_through_percent_a_year() -> None:
    # 18 % of 70,000,000,000 is 12,600,000,000, a seventh 1,800,000,000; 30.857143 % a year would give 1,800,000,008
    terms = {"annual_rate": None, "source_rate": Decimal(18), "source_rate_basis": "whole_term"}
    rows = schedule(principal=Decimal(70_000_000_000), tenor=7, interest_method="flat", **terms)
    assert [row[1] for row in rows] == [1_800_000_000] * 7


def test_a_unit_of_a_thousand_rounds_each_part_and_the_last_principal_absorbs() -> None:
    rows = schedule(
        principal=Decimal(10_000_000),
        tenor=12,
        interest_method="flat",
        annual_rate=Decimal(28),
        rounding_unit=Decimal(1000),
    )
    assert rows[0] == (833_000, 233_000, 1_066_000, 9_167_000)
    assert rows[-1] == (837_000, 233_000, 1_070_000, 0)


def test_a_unit_larger_than_the_instalments_never_overdraws() -> None:
    rows = schedule(principal=Decimal(11_000), tenor=7, interest_method="flat", rounding_unit=Decimal(1000))
    assert [row[0] for row in rows] == [2_000, 2_000, 2_000, 2_000, 2_000, 1_000, 0]


def test_a_flat_loan_without_a_rate_takes_its_stored_interest() -> None:
    rows = schedule(
        principal=Decimal(300), tenor=3, interest_method="flat", annual_rate=None, instalment_interest=Decimal(7)
    )
    assert [row[1] for row in rows] == [7, 7, 7]
    rows = schedule(
        principal=Decimal(300), tenor=3, interest_method="flat", annual_rate=None, interest_total=Decimal(20)
    )
    assert [row[1] for row in rows] == [7, 7, 6]


@pytest.mark.parametrize(
    "missing", ["principal", "interest_method", "annual_rate", "tenor", "frequency", "disbursed_on"]
)
def test_a_loan_that_lacks_a_term_gets_no_schedule(missing: str) -> None:
    terms: dict[str, object] = {"principal": Decimal(100), "tenor": 2, "interest_method": "declining", missing: None}
    assert schedule(**terms) == []


def present_value_annuity(principal: int, rate: Fraction, n: int) -> Fraction:
    """Independent of the engine's closed formula: the payment whose n discounted values sum to the principal."""
    discounted = sum(((1 / (1 + rate)) ** k for k in range(1, n + 1)), Fraction(0))
    return principal / discounted


@settings(max_examples=60, deadline=None)
@given(st.integers(100_000, 500_000_000), st.integers(1, 4_000), st.integers(2, 60))
def test_an_annuity_is_the_payment_whose_present_value_is_the_principal(
    principal: int, hundredths: int, n: int
) -> None:
    rate = Decimal(hundredths) / 100
    rows = schedule(principal=Decimal(principal), tenor=n, interest_method="annuity", annual_rate=rate)
    expected = present_value_annuity(principal, Fraction(hundredths, 120_000), n)
    assert abs(Fraction(rows[0][2]) - expected) <= Fraction(1, 2)
    assert abs(rows[-1][2] - rows[0][2]) <= 2 * n


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["flat", "declining", "annuity", "bullet", "margin"]),
    st.integers(1, 1_000_000_000),
    st.integers(0, 6_000),
    st.integers(1, 100),
    st.sampled_from([1, 50, 100, 1000]),
    st.integers(0, 50_000_000),
)
def test_laws_of_every_schedule(method: str, principal: int, hundredths: int, n: int, unit: int, margin: int) -> None:
    rows = schedule(
        principal=Decimal(principal), tenor=n, interest_method=method, annual_rate=Decimal(hundredths) / 100,
        rounding_unit=Decimal(unit), interest_total=Decimal(margin) if method == "margin" else None,
    )  # fmt: skip
    assert len(rows) == n
    assert sum(row[0] for row in rows) == principal
    assert rows[-1][3] == 0
    assert all(row[0] >= 0 and row[1] >= 0 and row[2] == row[0] + row[1] for row in rows)
    assert all(row[0] % unit == 0 for row in rows[:-1] if row[3] > 0)
    if method == "margin":
        assert sum(row[1] for row in rows) == margin


def test_loans_do_not_mix_between_cooperatives() -> None:
    rows = [
        {**LOAN, "cooperative_id": name, "principal": Decimal(amount), "tenor": 2, "interest_method": method}
        for name, amount, method in (("B", 200, "annuity"), ("A", 100, "flat"))
    ]
    got = generate(frame("loans", rows)).group_by("cooperative_id", maintain_order=True).agg(pl.col("principal").sum())
    assert got["cooperative_id"].to_list() == ["B", "A"]
    assert got["principal"].to_list() == [Decimal(200), Decimal(100)]
