"""Collectability: the worked examples of the domain page are the specification."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.opening.collectability import Scheme, classify, collateral_value
from koop_pipeline.opening.frames import frame

CUTOFF = date(2026, 6, 30)


def decide(
    oldest: date | None, cover: str | None = "0", *, frequency: str | None = "monthly", method: str = "flat",
    interest: date | None = None, gap: int | None = None, handed_over: bool = False, scheme: Scheme = "cooperative",
    rescuable: bool = False,
) -> tuple[str, bool]:  # fmt: skip
    """Class and whether it is assumed, for a debt of Rp 1,000,000 and a collateral of `cover` times that."""
    loan = {
        "cutoff_on": CUTOFF, "oldest_principal_due": oldest, "oldest_interest_due": interest, "frequency": frequency,
        "interest_method": method, "gap_days": gap, "handed_over": handed_over, "due": 100_000_000,
        "collateral": None if cover is None else int(Decimal(cover) * 100_000_000),
    }  # fmt: skip
    dates = {"cutoff_on": pl.Date, "oldest_principal_due": pl.Date, "oldest_interest_due": pl.Date}
    amounts = {"due": pl.Int128, "collateral": pl.Int128, "gap_days": pl.Int64, "frequency": pl.String}
    row = classify(pl.DataFrame([loan], schema_overrides={**dates, **amounts}), scheme=scheme, rescuable=rescuable)
    return row["class"][0], row["assumed"][0]


@pytest.mark.parametrize(
    ("oldest", "cover", "frequency", "method", "expected"),
    [
        (date(2026, 3, 30), "0", "monthly", "flat", "current"),
        (date(2026, 3, 29), "0", "monthly", "flat", "substandard"),
        (date(2025, 12, 31), "0", "monthly", "flat", "substandard"),
        (date(2025, 12, 29), "1.0", "monthly", "flat", "doubtful"),
        (date(2025, 12, 29), "0.5", "monthly", "flat", "loss"),
        (date(2024, 3, 29), "2", "monthly", "flat", "loss"),
        (date(2024, 3, 30), "2", "monthly", "flat", "doubtful"),
        (date(2026, 5, 29), "0", "weekly", "flat", "substandard"),
        (date(2026, 5, 30), "0", "weekly", "flat", "current"),
        (date(2026, 4, 29), "1", "daily", "flat", "doubtful"),
        (date(2026, 6, 29), "0", "monthly", "bullet", "substandard"),
        (date(2026, 6, 30), "0", "monthly", "bullet", "current"),
        (date(2026, 3, 29), "1", "monthly", "bullet", "doubtful"),
        (date(2025, 12, 30), "0", "yearly", "flat", "current"),
        (date(2025, 12, 29), "0", "yearly", "flat", "substandard"),
        (None, "0", "monthly", "flat", "current"),
    ],
)  # fmt: skip
def test_worked_examples(oldest: date | None, cover: str, frequency: str, method: str, expected: str) -> None:
    assert decide(oldest, cover, frequency=frequency, method=method) == (expected, False)


def test_a_cover_of_four_fifths_is_as_the_setting_says() -> None:
    assert decide(date(2025, 12, 29), "0.8", rescuable=True) == ("doubtful", False)
    assert decide(date(2025, 12, 29), "0.8", rescuable=False) == ("loss", False)
    assert decide(date(2025, 12, 29), "0.74", rescuable=True) == ("loss", False)
    assert decide(date(2025, 12, 29), "0.75", rescuable=True) == ("doubtful", False)


def test_an_unknown_collateral_is_loss_and_says_so_only_where_it_decides() -> None:
    assert decide(date(2025, 12, 29), None) == ("loss", True)
    assert decide(date(2026, 3, 29), None) == ("substandard", False)
    assert decide(date(2024, 3, 29), None) == ("loss", False)


def test_the_worse_of_principal_and_interest_counts() -> None:
    assert decide(date(2026, 6, 1), interest=date(2026, 3, 29)) == ("substandard", False)
    assert decide(None, "1", frequency="weekly", interest=date(2026, 3, 29)) == ("doubtful", False)
    assert decide(None, "1", frequency="weekly", interest=date(2026, 3, 30)) == ("substandard", False)
    assert decide(date(2025, 12, 30), frequency="yearly", interest=date(2026, 3, 29)) == ("substandard", False)


def test_handed_to_a_court_or_insurer_is_loss() -> None:
    assert decide(None, "2", handed_over=True) == ("loss", False)


@pytest.mark.parametrize(("gap", "expected"), [(182, "current"), (120, "substandard"), (14, "loss")])
def test_a_seasonal_loan_is_judged_by_its_real_gap(gap: int, expected: str) -> None:
    assert decide(date(2026, 1, 30), frequency="seasonal", gap=gap) == (expected, False)


@pytest.mark.parametrize(
    ("oldest", "expected"),
    [
        (None, "current"),
        (date(2026, 6, 29), "special_mention"),  # 1 day
        (date(2026, 4, 1), "special_mention"),  # 90
        (date(2026, 3, 31), "substandard"),  # 91
        (date(2026, 3, 2), "substandard"),  # 120
        (date(2026, 3, 1), "doubtful"),  # 121
        (date(2026, 1, 1), "doubtful"),  # 180
        (date(2025, 12, 31), "loss"),  # 181
    ],
)
def test_banks_count_days(oldest: date | None, expected: str) -> None:
    assert decide(oldest, scheme="bank") == (expected, False)


def test_collateral_is_what_is_held_for_the_loan() -> None:
    loans = frame("loans", [
        {"cooperative_id": "A", "loan_no": number, "member_no": member}
        for number, member in (("1", "M1"), ("2", "M2"), ("3", "M2"), ("4", "M4"))
    ]).with_row_index("_loan")  # fmt: skip
    held = {"cooperative_id": "A", "kind": "gold", "status": "held"}
    collaterals = frame("collaterals", [
        {**held, "collateral_no": "a", "loan_no": "1", "appraised_value": Decimal(100)},
        {**held, "collateral_no": "b", "member_no": "M1", "appraised_value": Decimal(50)},
        {**held, "collateral_no": "c", "loan_no": "1", "appraised_value": Decimal(70), "status": "returned"},
        {**held, "collateral_no": "d", "member_no": "M2", "appraised_value": Decimal(9)},
        {**held, "collateral_no": "e", "loan_no": "3"},
        {**held, "collateral_no": "f", "loan_no": "4", "appraised_value": Decimal(5), "cooperative_id": "B"},
    ])  # fmt: skip
    got = collateral_value(loans, collaterals)
    assert got["collateral"].to_list() == [15_000, 0, 0, 0]
    assert got["unvalued"].to_list() == [False, False, True, False]
