"""Terms and delivered instalments that a profile leaves out."""

from datetime import date
from decimal import Decimal

import pytest

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans import derive


def terms(**loan: object) -> dict[str, object]:
    base = {
        "cooperative_id": "A", "loan_no": "1", "frequency": "monthly", "tenor": 12, "disbursed_on": date(2026, 1, 31),
        "principal": Decimal(10_000_000), "interest_method": "flat",
    }  # fmt: skip
    return derive.terms(frame("loans", [{**base, **loan}])).row(0, named=True)


@pytest.mark.parametrize(
    ("loan", "percent"),
    [
        ({"source_rate": "2", "source_rate_basis": "per_month"}, "24"),
        ({"source_rate": "2.24", "source_rate_basis": "per_month"}, "26.88"),
        ({"source_rate": "18", "source_rate_basis": "per_year"}, "18"),
        ({"source_rate": "18", "source_rate_basis": "whole_term", "tenor": 4}, "54"),
        ({"source_rate": "18", "source_rate_basis": "whole_term", "tenor": 7}, "30.857143"),
        ({"source_rate": "10", "source_rate_basis": "whole_term", "tenor": 13, "frequency": "weekly"}, "40"),
        ({"source_rate": "1", "source_rate_basis": "per_month", "frequency": "weekly"}, "12"),
        (
            {"source_rate": "9", "source_rate_basis": "whole_term", "tenor": None, "frequency": "seasonal",
             "maturity_on": date(2026, 7, 31)},
            "18",
        ),
    ],
)  # fmt: skip
def test_percent_a_year_is_rate_a_period_times_periods_a_year(loan: dict[str, object], percent: str) -> None:
    loan = {**loan, "source_rate": Decimal(str(loan["source_rate"]))}
    assert terms(**loan)["annual_rate"] == Decimal(percent)


@pytest.mark.parametrize(
    ("rate", "interest", "tenor", "percent"),
    [
        ("2", "200000", 12, "24"),  # 2 % of 10 m a month
        ("24", "200000", 12, "24"),  # 24 % a year
        ("18", "450000", 4, "54"),  # 18 % over 4 months: 1.8 m / 4
        ("2.33", "233000", 12, "27.96"),
    ],
)
def test_a_base_that_is_not_stated_is_fitted_to_the_stored_interest(
    rate: str, interest: str, tenor: int, percent: str
) -> None:
    got = terms(source_rate=Decimal(rate), instalment_interest=Decimal(interest), tenor=tenor)
    assert got["annual_rate"] == Decimal(percent)


def test_a_base_that_does_not_fit_leaves_the_rate_unknown() -> None:
    assert terms(source_rate=Decimal(5), instalment_interest=Decimal(123_456))["annual_rate"] is None


@pytest.mark.parametrize("method", ["annuity", "declining"])
def test_a_base_is_not_taken_where_the_claimed_method_does_not_fit(method: str) -> None:
    """2,400,000 in all is flat 2 % a month of 10,000,000 over 12; falling interest would be 1,300,000 and less."""
    got = terms(source_rate=Decimal(2), interest_total=Decimal(2_400_000), interest_method=method)
    assert (got["annual_rate"], got["source_rate_basis"]) == (None, None)


def test_the_base_of_falling_interest_is_fitted_too() -> None:
    got = terms(source_rate=Decimal(2), interest_total=Decimal(1_300_000), interest_method="declining")
    assert (got["annual_rate"], got["source_rate_basis"]) == (Decimal(24), "per_month")


def test_what_is_stated_is_never_changed() -> None:
    stated = {
        "annual_rate": Decimal(20), "source_rate": Decimal(2), "source_rate_basis": "per_month",
        "rounding_unit": Decimal(500), "first_due_on": date(2026, 3, 5), "maturity_on": date(2027, 9, 9),
    }  # fmt: skip
    got = terms(**stated)
    assert {name: got[name] for name in stated} == stated


def test_first_due_date_and_maturity_follow_from_the_disbursement() -> None:
    got = terms()
    assert (got["first_due_on"], got["maturity_on"]) == (date(2026, 2, 28), date(2027, 1, 31))


@pytest.mark.parametrize(
    ("instalment", "unit"),
    [
        (None, 1),
        (833_333, 1),
        (833_350, 50),
        (833_300, 100),
        (833_500, 500),
        (833_000, 1000),
        (834_000, 1000),
        (834_001, 1),
    ],
)
def test_the_rounding_unit_is_the_smallest_that_gives_the_stored_instalment(instalment: int | None, unit: int) -> None:
    got = terms(instalment_principal=None if instalment is None else Decimal(instalment))
    assert got["rounding_unit"] == Decimal(unit)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("100", "20", None), ("100", "20", "120")),
        (("100", None, "120"), ("100", "20", "120")),
        ((None, "20", "120"), ("100", "20", "120")),
        (("100", None, None), ("100", None, None)),
        ((None, None, "120"), (None, None, "120")),
        ((None, None, None), (None, None, None)),
        (("867000", "233000", "1100000"), ("867000", "233000", "1100000")),
    ],
)
def test_the_missing_part_of_an_instalment(given: tuple[str | None, ...], expected: tuple[str | None, ...]) -> None:
    names = ("principal", "interest", "total")
    amounts = {name: None if text is None else Decimal(text) for name, text in zip(names, given, strict=True)}
    row = {"cooperative_id": "A", "loan_no": "1", "instalment_no": 1, "due_on": date(2026, 1, 1), **amounts}
    got = derive.instalments(frame("loan_instalments", [row])).select(names).row(0)
    assert got == tuple(None if text is None else Decimal(text) for text in expected)
