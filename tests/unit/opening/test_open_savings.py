"""Savings at the cut-off: rolled back, explained by their history, or found."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koop_pipeline.contracts import TABLES
from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.savings import OpenedSavings, open_savings

CUTOFF = date(2026, 6, 30)
ACCOUNT = {
    "cooperative_id": "A", "account_no": "1", "member_no": "M1", "product_code": "SUKARELA",
    "product_kind": "voluntary", "nature": "liability", "status": "open",
}  # fmt: skip


def opened(balances: list[int], movements: list[tuple[str, date, int]], as_of: date = CUTOFF) -> OpenedSavings:
    accounts = [{**ACCOUNT, "account_no": str(no), "balance": Decimal(value)} for no, value in enumerate(balances, 1)]
    rows = [
        {"cooperative_id": "A", "account_no": account, "posted_on": day, "kind": "deposit", "amount": Decimal(amount)}
        for account, day, amount in movements
    ]
    cutoffs = pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [as_of]})
    return open_savings(frame("savings_accounts", accounts), frame("savings_transactions", rows), cutoffs)


def amounts(result: OpenedSavings) -> list[tuple[int | None, ...]]:
    rows = result.balances.select("balance", "history_total", "difference").rows()
    return [tuple(None if value is None else int(value) for value in row) for row in rows]


def test_a_balance_that_its_movements_explain() -> None:
    result = opened([300], [("1", date(2026, 1, 1), 500), ("1", CUTOFF, -200)])
    assert amounts(result) == [(300, 300, 0)]
    assert result.failures.is_empty() and result.after_cutoff.is_empty()
    assert result.balances.columns == ["cooperative_id", *TABLES["opening_savings_balances"].names, "_row"]


def test_a_later_balance_is_rolled_back_and_the_later_movements_listed() -> None:
    movements = [("1", date(2026, 6, 30), 500), ("1", date(2026, 7, 1), 70), ("1", date(2026, 7, 3), 9)]
    result = opened([570], movements, as_of=date(2026, 7, 2))
    assert amounts(result) == [(500, 500, 0)]
    assert result.after_cutoff.rows() == [("A", 2), ("A", 3)]


def test_movements_after_the_cutoff_leave_a_balance_of_the_cutoff_alone() -> None:
    result = opened([500], [("1", date(2026, 6, 1), 500), ("1", date(2026, 7, 1), 70)])
    assert amounts(result) == [(500, 500, 0)]
    assert result.after_cutoff.rows() == [("A", 2)]


def test_an_account_without_movements_has_no_history() -> None:
    result = opened([500, 40], [("2", date(2026, 6, 1), 40)])
    assert amounts(result) == [(500, None, None), (40, 40, 0)]
    assert result.failures.is_empty()


def test_an_unexplained_balance_opens_and_is_found() -> None:
    result = opened([500], [("1", date(2026, 6, 1), 450)])
    assert amounts(result) == [(500, 450, 50)]
    assert result.failures.select("table_name", "row", "column_name", "rule", "before", "note").rows() == [
        (
            "savings_accounts", 1, "balance", "SAV-HIS-01", "500.00",
            "the balance at the cut-off is Rp 500.00, its movements sum to Rp 450.00: a difference of Rp 50.00",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("as_of", "movements"),
    [(date(2026, 6, 29), [("1", date(2026, 6, 1), 500)]), (date(2026, 6, 29), []), (date(2026, 7, 1), [])],
)
def test_a_balance_of_another_day_that_cannot_be_rolled_back(
    as_of: date, movements: list[tuple[str, date, int]]
) -> None:
    result = opened([500], movements, as_of=as_of)
    assert result.failures["rule"].to_list() == ["CUT-01"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.dates(date(2026, 6, 20), date(2026, 7, 10)), st.integers(-999, 999)), min_size=1, max_size=12)
)
def test_rolling_back_gives_the_sum_of_the_movements_up_to_the_cutoff(movements: list[tuple[date, int]]) -> None:
    as_of = date(2026, 7, 5)
    stored = sum(amount for day, amount in movements if day <= as_of)
    opening = sum(amount for day, amount in movements if day <= CUTOFF)
    result = opened([stored], [("1", day, amount) for day, amount in movements], as_of=as_of)
    assert amounts(result) == [(opening, opening, 0)]
