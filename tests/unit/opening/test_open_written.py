"""Entries written after the day of a balance and dated before it: brought in where the books prove it to the sen.

The day of the balance is 31 May, the cut-off 30 June.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.savings.balances import OpenedSavings, open_savings
from koop_pipeline.opening.written import WRITTEN, as_written, written_late

CUTOFF, MAY, JUNE, JULY = date(2026, 6, 30), date(2026, 5, 31), date(2026, 6, 30), date(2026, 7, 31)
APRIL = date(2026, 4, 30)


def may(day: int) -> date:
    return date(2026, 5, day)


def opened(
    balance: int, moves: list[tuple[date, int, date | None]], as_of: date = MAY, reach: date = JULY
) -> OpenedSavings:
    """Day, amount, and the day before which a movement cannot have been written."""
    account = {
        "cooperative_id": "A", "account_no": "1", "member_no": "M1", "product_code": "SUKA", "nature": "liability",
        "product_kind": "voluntary", "status": "open", "balance": Decimal(balance), "_as_of": as_of, "_reach": reach,
    }  # fmt: skip
    rows = [
        {"cooperative_id": "A", "account_no": "1", "posted_on": day, "amount": Decimal(amount)}
        for day, amount, _ in moves
    ]
    late = [("A", row, day) for row, (_, _, day) in enumerate(moves, 1) if day]
    return open_savings(
        frame("savings_accounts", [account]), frame("savings_transactions", rows),
        pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [CUTOFF]}),
        pl.DataFrame(late, schema=WRITTEN, orient="row"),
    )  # fmt: skip


def result(found: OpenedSavings) -> tuple[int, list[str], list[int]]:
    """Balance, rules, and the rows that were brought in."""
    return (int(found.balances["balance"][0]), found.failures["rule"].to_list(), found.brought["_row"].to_list())


LATE = (may(20), 30, date(2026, 6, 10))


def test_what_was_written_after_the_balance_is_brought_into_it() -> None:
    """500 on 31 May; 30 of 20 May came in on 10 June, 40 of 5 June in June: 570."""
    found = opened(500, [(may(1), 500, None), LATE, (date(2026, 6, 5), 40, None)])
    assert result(found) == (570, ["CUT-03"], [2])
    assert found.failures["note"].to_list() == [
        "the balance of Rp 500.00 stands for 2026-05-31; the movements between it and the cut-off day 2026-06-30, "
        "Rp 70.00 together, bring it to Rp 570.00; Rp 30.00 of them bear an earlier day, but were written after the "
        "balance"
    ]
    assert found.positions["moved"].to_list() == [Decimal(70)]


def test_what_the_balance_holds_already_is_not_brought_in_again() -> None:
    """530 holds the 30: whoever wrote them late did so by the end of May."""
    assert result(opened(530, [(may(1), 500, None), LATE])) == (530, [], [])
    assert result(opened(500, [(may(1), 500, None), (may(20), 30, may(31))])) == (500, ["SAV-HIS-01"], [])


def test_where_nothing_adds_up_the_entry_is_named_and_left_out() -> None:
    found = opened(510, [(may(1), 500, None), LATE])
    assert result(found) == (510, ["SAV-HIS-01"], [])
    assert (
        "a difference of Rp -20.00; Rp 30.00 of the movements up to 2026-05-31 were written after it, and whether it "
        "holds them is not proved" in found.failures["note"][0]
    )


def test_a_balance_of_the_cutoff_lacks_what_was_written_after_it_too() -> None:
    """500 on 30 June; 30 of 20 May came in on 10 July."""
    late = (may(20), 30, date(2026, 7, 10))
    assert result(opened(500, [(may(1), 500, None), late], as_of=CUTOFF)) == (530, ["CUT-03"], [2])
    assert result(opened(500, [(may(1), 500, None), late], as_of=CUTOFF, reach=MAY)) == (500, ["SAV-HIS-01"], [])


def test_a_later_balance_lacks_them_too_and_those_after_the_cutoff_do_not_count() -> None:
    """500 on 5 July; 30 of 20 May and 7 of 2 July came in on 10 July: at the cut-off 530."""
    written = date(2026, 7, 10)
    moves = [(may(1), 500, None), (may(20), 30, written), (date(2026, 7, 2), 7, written)]
    assert result(opened(500, moves, as_of=date(2026, 7, 5))) == (530, ["CUT-03"], [2, 3])


def test_an_entry_in_a_file_of_another_day_needs_all_movements_to_be_known() -> None:
    found = opened(500, [(may(1), 500, None), LATE], reach=date(2026, 6, 15))
    assert result(found) == (500, ["CUT-01"], [])


Entry = tuple[date, date | None, date | None]


def late(*entries: Entry) -> list[tuple[int, date]]:
    """Day, first and last dump; in the order of the source, one account."""
    rows = [
        {
            "cooperative_id": "A", "account_no": "1", "posted_on": day, "_row": row, "_source_file": f"{last}.csv",
            "_source_table": "mutasi", "first_seen": first, "last_seen": last,
        }
        for row, (day, first, last) in enumerate(entries, 1)
    ]  # fmt: skip
    text, dates = ("account_no", "_source_file", "_source_table"), ("posted_on", "first_seen", "last_seen")
    types = {"cooperative_id": pl.String(), "_row": pl.Int64(), **dict.fromkeys(text, pl.String()),
             **dict.fromkeys(dates, pl.Date())}  # fmt: skip
    seen = as_written(pl.DataFrame(rows, schema=types), of="account_no", day="posted_on")
    return written_late(seen, of="account_no", day="posted_on").select("_row", "not_before").rows()


FULL: list[Entry] = [(may(1), MAY, JUNE), (may(25), MAY, JUNE), (date(2026, 6, 3), JUNE, JUNE)]


def test_a_dump_of_may_that_lacks_an_entry_proves_it_was_written_in_june() -> None:
    assert late(*FULL, (may(20), JUNE, JUNE)) == [(4, date(2026, 6, 1))]


def test_a_file_of_each_month_proves_it_too() -> None:
    """The file of June has only June, and the entry of 20 May among them."""
    monthly: list[Entry] = [(may(1), MAY, MAY), (may(25), MAY, MAY), (may(20), JUNE, JUNE), (JUNE, JUNE, JUNE)]
    assert late(*monthly) == [(3, date(2026, 6, 1))]


def test_an_entry_that_took_another_one_s_place_proves_nothing() -> None:
    """The dump of June has the rest of May again, but not the entry of 22 May: 20 May may be that one, corrected."""
    assert late(*FULL, (may(22), MAY, MAY), (may(20), JUNE, JUNE)) == []


@pytest.mark.parametrize("day", [APRIL, date(2026, 5, 25), date(2026, 6, 2)])
def test_what_the_older_dump_does_not_cover_proves_nothing(day: date) -> None:
    assert [row for row, not_before in late(*FULL, (day, JUNE, JUNE)) if not_before == date(2026, 6, 1)] == []


def test_the_order_of_a_file_proves_it_by_the_entry_above() -> None:
    """Twenty entries from 20 May on, one a day, the last but one dated 8 May: not before 7 June."""
    days = [date.fromordinal(may(20).toordinal() + step) for step in range(20)]
    days.insert(19, may(8))
    assert late(*((day, None, None) for day in days)) == [(20, date(2026, 6, 7))]
