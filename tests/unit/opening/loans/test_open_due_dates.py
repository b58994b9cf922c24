"""Due dates: readable tables, worked out on a calendar by hand."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.due_dates import due_on, with_calendar


def dues(**loan: object) -> list[date | None]:
    row = {"cooperative_id": "KSP-A", "loan_no": "1", **loan}
    dated = with_calendar(frame("loans", [row])).with_columns(k=pl.int_ranges(1, pl.col("_n") + 1)).explode("k")
    return dated.select(due_on(pl.col("k"))).to_series().to_list()


JAN31 = date(2026, 1, 31)


@pytest.mark.parametrize(
    ("loan", "expected"),
    [
        (
            {"frequency": "monthly", "tenor": 4, "disbursed_on": JAN31, "first_due_on": date(2026, 2, 28)},
            [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)],
        ),
        (
            {"frequency": "monthly", "tenor": 3, "disbursed_on": date(2026, 1, 28), "first_due_on": date(2026, 2, 28)},
            [date(2026, 2, 28), date(2026, 3, 28), date(2026, 4, 28)],
        ),
        (
            {"frequency": "monthly", "tenor": 3, "disbursed_on": JAN31, "first_due_on": date(2026, 3, 5)},
            [date(2026, 3, 5), date(2026, 4, 5), date(2026, 5, 5)],
        ),
        (
            {"frequency": "monthly", "tenor": 2, "disbursed_on": date(2024, 1, 30)},
            [date(2024, 2, 29), date(2024, 3, 30)],
        ),
        (
            {"frequency": "monthly", "tenor": 3, "maturity_on": date(2026, 5, 31)},
            [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)],
        ),
        (
            {"frequency": "weekly", "tenor": 3, "disbursed_on": date(2026, 2, 20)},
            [date(2026, 2, 27), date(2026, 3, 6), date(2026, 3, 13)],
        ),
        (
            {"frequency": "daily", "tenor": 3, "disbursed_on": date(2026, 2, 27)},
            [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)],
        ),
        (
            {"frequency": "yearly", "tenor": 2, "disbursed_on": date(2024, 2, 29)},
            [date(2025, 2, 28), date(2026, 2, 28)],
        ),
        (
            {"frequency": "yearly", "tenor": 4, "disbursed_on": date(2024, 2, 29), "first_due_on": date(2025, 2, 28)},
            [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)],
        ),
        ({"frequency": "seasonal", "disbursed_on": JAN31, "maturity_on": date(2026, 7, 15)}, [date(2026, 7, 15)]),
        (
            {"frequency": "seasonal", "tenor": 1, "first_due_on": date(2026, 6, 1), "maturity_on": date(2026, 7, 15)},
            [date(2026, 6, 1)],
        ),
        (
            {
                "frequency": "seasonal", "tenor": 3, "disbursed_on": date(2026, 1, 10),
                "first_due_on": date(2026, 5, 10), "maturity_on": date(2027, 1, 20),
            },
            [date(2026, 5, 10), date(2026, 9, 10), date(2027, 1, 20)],
        ),
        (
            {"frequency": "seasonal", "tenor": 2, "disbursed_on": JAN31, "first_due_on": date(2026, 5, 31)},
            [date(2026, 5, 31), date(2026, 9, 30)],
        ),
        (
            {"frequency": "seasonal", "tenor": 2, "disbursed_on": date(2026, 1, 5), "maturity_on": date(2027, 1, 5)},
            [date(2026, 7, 5), date(2027, 1, 5)],
        ),
    ],
)  # fmt: skip
def test_due_dates_are_those_of_the_calendar(loan: dict[str, object], expected: list[date]) -> None:
    assert dues(**loan) == expected


@pytest.mark.parametrize(
    "loan",
    [
        {"frequency": "monthly", "tenor": 2},
        {"frequency": None, "tenor": 2, "disbursed_on": JAN31},
        {"frequency": "seasonal", "tenor": 2, "disbursed_on": JAN31},
    ],
)
def test_what_cannot_be_told_stays_null(loan: dict[str, object]) -> None:
    assert dues(**loan) == [None, None]


@pytest.mark.parametrize("tenor", [0, -3, 3_661, 2_000_000_000])
def test_an_impossible_tenor_gives_no_instalments(tenor: int) -> None:
    loan = {"cooperative_id": "A", "loan_no": "1", "frequency": "monthly", "tenor": tenor, "disbursed_on": JAN31}
    assert with_calendar(frame("loans", [loan]))["_n"].to_list() == [None]


@settings(max_examples=40, deadline=None)
@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)), st.integers(2, 60))
def test_monthly_dates_ascend_by_one_month_and_keep_the_day(disbursed: date, tenor: int) -> None:
    days = [day for day in dues(frequency="monthly", tenor=tenor, disbursed_on=disbursed) if day]
    assert len(days) == tenor
    months = [day.year * 12 + day.month for day in days]
    assert months == list(range(months[0], months[0] + tenor))
    assert all(day.day <= disbursed.day for day in days)
    assert {day.day for day in days if day.month in (1, 3, 5, 7, 8, 10, 12)} <= {disbursed.day}
