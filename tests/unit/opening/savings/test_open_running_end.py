"""A running balance that ends elsewhere than the stored balance. The book begins with 100,000 of the book before."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.savings.balances import open_savings

CUTOFF = date(2026, 6, 30)
Line = tuple[date, int, int | None]
BOOK: list[Line] = [(date(2026, 5, 4), 30_000, 130_000), (date(2026, 5, 9), 50_000, 180_000)]
JUNE: Line = (date(2026, 6, 2), 7_000, 187_000)


def said(balance: int, book: list[Line], as_of: date = CUTOFF) -> list[str]:
    account = {
        "cooperative_id": "A", "account_no": "1", "member_no": "M1", "product_code": "SUKARELA",
        "product_kind": "voluntary", "nature": "liability", "status": "open", "balance": Decimal(balance),
        "_reach": date(2026, 7, 31),
    }  # fmt: skip
    rows = [
        {"cooperative_id": "A", "account_no": "1", "posted_on": day, "kind": "deposit", "amount": Decimal(amount),
         "balance_after": None if after is None else Decimal(after)}
        for day, amount, after in book
    ]  # fmt: skip
    cutoffs = pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [as_of]})
    result = open_savings(frame("savings_accounts", [account]), frame("savings_transactions", rows), cutoffs)
    return result.failures.filter(pl.col("rule") == "SAV-HIS-02")["note"].to_list()


def sentence(runs: int, stored: int, gap: int, day: date = CUTOFF) -> list[str]:
    return [
        f"the running balance that stands beside its movements is Rp {runs}.00 at the end of {day}, the stored balance "
        f"Rp {stored}.00: a difference of Rp {gap}.00; the stored one opens"
    ]


@pytest.mark.parametrize("book", [BOOK, BOOK[::-1], [*BOOK[:1], (date(2026, 5, 9), 50_000, None)], BOOK[1:]])
def test_both_amounts_are_said(book: list[Line]) -> None:
    """180,000 is written last, or follows from 130,000 and 50,000."""
    assert said(150_000, book) == sentence(180_000, 150_000, -30_000)
    assert said(180_000, book) == []


def test_a_running_balance_that_is_the_sum_of_the_movements_is_said_with_that() -> None:
    """30,000 and 50,000 from nothing: SAV-HIS-01 has both amounts."""
    from_nothing: list[Line] = [(date(2026, 5, 4), 30_000, 30_000), (date(2026, 5, 9), 50_000, 80_000)]
    assert said(150_000, from_nothing) == []


def test_it_is_held_against_the_balance_of_its_own_day() -> None:
    """187,000 at the end less 7,000 of June is 180,000 on 31 May."""
    assert said(180_000, [*BOOK, JUNE], date(2026, 5, 31)) == []
    assert said(150_000, [*BOOK, JUNE], date(2026, 5, 31)) == sentence(180_000, 150_000, -30_000, date(2026, 5, 31))
    assert said(187_000, [*BOOK, JUNE]) == []


def test_a_history_without_running_balances_says_nothing() -> None:
    assert said(150_000, [(day, amount, None) for day, amount, _ in BOOK]) == []
