"""Savings at the cut-off: rolled back, explained by their history, or found."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koop_pipeline.contracts import TABLES
from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.savings.balances import OpenedSavings, open_savings

CUTOFF = date(2026, 6, 30)
ACCOUNT = {
    "cooperative_id": "A", "account_no": "1", "member_no": "M1", "product_code": "SUKARELA",
    "product_kind": "voluntary", "nature": "liability", "status": "open",
}  # fmt: skip


def opened(
    balances: list[int], movements: list[tuple[str, date, int]], as_of: date = CUTOFF, **account: object
) -> OpenedSavings:
    """Movements are known to the later of `as_of` and the cut-off, where there are any; `account` is laid over."""
    known = {**ACCOUNT, "_reach": max(as_of, CUTOFF) if movements else None, **account}
    accounts = [{**known, "account_no": str(no), "balance": Decimal(value)} for no, value in enumerate(balances, 1)]
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


def test_an_account_without_movements_beside_others_that_have_some_is_unexplained() -> None:
    """500 and 90 without any, 0 without any, 40 explained."""
    result = opened([500, 40, 0, 90], [("2", date(2026, 6, 1), 40)])
    assert amounts(result) == [(500, None, None), (40, 40, 0), (0, None, None), (90, None, None)]
    start = "the balance at the cut-off is Rp {}, and not one of the movements delivered is of this account: nothing"
    assert result.failures.select("row", "rule", "note").rows() == [
        (
            1,
            "SAV-HIS-01",
            f"{start.format('500.00')} explains it; 2 accounts of SUKARELA have none, Rp 590.00 together",
        ),
        (4, "SAV-HIS-01", f"{start.format('90.00')} explains it"),
    ]


def test_where_no_movement_is_delivered_none_is_missed() -> None:
    assert opened([500], []).failures.is_empty()


def test_an_account_brought_over_a_week_that_the_movements_lack_is_named() -> None:
    """750 on 31 May, of which 700 before May; the week with 50 is missing, and so perhaps is one in June."""
    moves = [("1", date(2026, 5, 1), 700), ("1", date(2026, 6, 2), 10)]
    result = opened([750, 20], moves, as_of=date(2026, 5, 31))
    assert amounts(result) == [(760, 710, 50), (20, None, None)]
    notes = dict(result.failures.filter(pl.col("rule") == "SAV-HIS-01").select("row", "note").rows())
    hole = "; brought here from 2026-05-31, it lacks what is missing of the movements between the two days"
    assert notes == {
        1: "the balance at the cut-off is Rp 760.00, its movements sum to Rp 710.00: a difference of Rp 50.00" + hole,
        2: "the balance at the cut-off is Rp 20.00, and not one of the movements delivered is of this account: "
        "nothing explains it" + hole,
    }


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
def test_a_balance_of_another_day_that_cannot_be_brought_to_the_cutoff(
    as_of: date, movements: list[tuple[str, date, int]]
) -> None:
    result = opened([500], movements, as_of=as_of, _reach=date(2026, 6, 29) if movements else None)
    assert result.failures["rule"].to_list() == ["CUT-01"]
    assert f"stands for {as_of} but the cut-off is 2026-06-30" in result.failures["note"][0]
    assert amounts(result)[0][0] == 500


def remarked(*rows: dict[str, object]) -> list[tuple[int, str, str]]:
    """Row, rule and note of accounts without any history."""
    accounts = [{**ACCOUNT, "account_no": str(number), **row} for number, row in enumerate(rows, 1)]
    cutoffs = pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [CUTOFF]})
    result = open_savings(frame("savings_accounts", accounts), frame("savings_transactions", []), cutoffs)
    return result.failures.select("row", "rule", "note").rows()


def test_unexplained_balances_of_one_product_are_added_up() -> None:
    """500 against 450 and 90 against 100: 50 too much and 10 too little."""
    result = opened([500, 90, 7], [("1", CUTOFF, 450), ("2", CUTOFF, 100), ("3", CUTOFF, 7)])
    assert amounts(result) == [(500, 450, 50), (90, 100, -10), (7, 7, 0)]
    assert [note.split(": ")[1] for note in result.failures["note"]] == [
        "a difference of Rp 50.00; 2 accounts of SUKARELA differ, by Rp 40.00 together",
        "a difference of Rp -10.00",
    ]


def test_the_history_takes_the_signed_amount_and_no_word() -> None:
    """A withdrawal with a positive amount (TRX-SGN-01 warns of it) adds, as its source wrote it."""
    rows = [
        {"cooperative_id": "A", "account_no": "1", "posted_on": CUTOFF, "kind": kind, "amount": Decimal(amount)}
        for kind, amount in (("deposit", 100), ("withdrawal", 30), ("withdrawal", -20))
    ]
    cutoffs = pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [CUTOFF]})
    accounts = frame("savings_accounts", [{**ACCOUNT, "balance": Decimal(110)}])
    result = open_savings(accounts, frame("savings_transactions", rows), cutoffs)
    assert amounts(result) == [(110, 110, 0)]


def test_a_movement_of_a_number_that_stands_twice_belongs_to_nobody() -> None:
    """Account 1 stands twice, with 300 and 500; its movements of 300 and 500 explain neither."""
    known = {**ACCOUNT, "_reach": date(2026, 7, 2)}
    accounts = [{**known, "balance": Decimal(balance)} for balance in (300, 500)]
    accounts.append({**known, "account_no": "2", "balance": Decimal(40)})
    moves = [("1", 300, 300), ("1", 500, 500), ("2", 40, 40)]
    rows = [
        {
            "cooperative_id": "A", "account_no": number, "posted_on": date(2026, 7, 1) if number == "1" else CUTOFF,
            "kind": "deposit", "amount": Decimal(amount), "balance_after": Decimal(after),
        }
        for number, amount, after in moves
    ]  # fmt: skip
    book, history = frame("savings_accounts", accounts), frame("savings_transactions", rows)
    days = {"cooperative_id": ["A"], "cutoff_on": [CUTOFF]}
    result = open_savings(book, history, pl.DataFrame({**days, "as_of": [CUTOFF]}))
    assert amounts(result) == [(300, None, None), (500, None, None), (40, 40, 0)]
    assert result.failures.is_empty()
    later = open_savings(book, history, pl.DataFrame({**days, "as_of": [date(2026, 7, 2)]}))
    assert later.failures.select("row", "rule").rows() == [(1, "CUT-01"), (2, "CUT-01")]
    assert "cannot be told from those of another account with its number" in later.failures["note"][0]


TERM = {"product_kind": "term", "product_code": "BERJANGKA", "balance": Decimal(1000)}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"matures_on": None}, ["SAV-TRM-01"]),
        ({"matures_on": date(2026, 6, 29)}, ["SAV-TRM-02"]),
        ({"matures_on": CUTOFF}, []),
        ({"matures_on": date(2026, 6, 29), "status": "closed", "balance": Decimal(0)}, []),
        ({"matures_on": None, "balance": Decimal(0)}, []),
        ({"matures_on": None, "status": "blocked"}, ["SAV-TRM-01"]),
        ({"matures_on": None, "product_kind": "holiday"}, []),
        ({"matures_on": CUTOFF, "blocked_amount": Decimal(1)}, ["SAV-BLK-02"]),
        ({"matures_on": CUTOFF, "blocked_amount": Decimal(1000)}, []),
        ({"matures_on": CUTOFF, "blocked_amount": Decimal(0)}, []),
    ],
)
def test_term_deposits_and_blocked_amounts(row: dict[str, object], found: list[str]) -> None:
    assert [rule for _, rule, _ in remarked({**TERM, **row})] == found


def test_what_is_remarked_is_added_up() -> None:
    """Two matured deposits of 1,000 and 250; two blocked amounts of 40 and 60."""
    past = {**TERM, "matures_on": date(2026, 1, 31)}
    notes = remarked(
        past, {**past, "balance": Decimal(250)}, {"balance": Decimal(100), "blocked_amount": Decimal(40)},
        {"balance": Decimal(100), "blocked_amount": Decimal(60)},
    )  # fmt: skip
    assert notes == [
        (3, "SAV-BLK-02", "Rp 40.00 of Rp 100.00 is blocked; 2 such accounts, Rp 100.00 in all"),
        (4, "SAV-BLK-02", "Rp 60.00 of Rp 100.00 is blocked"),
        (
            1, "SAV-TRM-02",
            "a term deposit of Rp 1000.00 matured on 2026-01-31, before the cut-off of 2026-06-30, and is still open;"
            " 2 such accounts, Rp 1250.00 in all",
        ),
        (
            2, "SAV-TRM-02",
            "a term deposit of Rp 250.00 matured on 2026-01-31, before the cut-off of 2026-06-30, and is still open",
        ),
    ]  # fmt: skip


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


def test_sums_of_more_digits_than_a_column_can_hold_are_said() -> None:
    """Twice 9,000,000,000,000,000 is 18,000,000,000,000,000, of 17 digits."""
    most = 9_000_000_000_000_000
    result = opened([5], [("1", date(2026, 1, 1), most), ("1", date(2026, 1, 2), most)])
    assert result.failures.filter(pl.col("rule") == "SAV-HIS-01")["note"].to_list() == [
        "the balance at the cut-off is Rp 5.00, its movements sum to Rp 18000000000000000.00: a difference of Rp "
        "-17999999999999995.00"
    ]
