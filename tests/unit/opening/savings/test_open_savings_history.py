"""The running balance of a history, and entries written late: passbooks small enough to read line by line."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koop_pipeline.opening.frames import frame, schema
from koop_pipeline.opening.savings.history import chains, running_balance_failures
from koop_pipeline.opening.written import as_written, back_dated

CUTOFF = date(2026, 6, 30)

# day of May 2026, amount, balance written
GOOD = [(1, 500, 500), (4, 100, 600), (4, -200, 400), (4, 50, 450), (9, 25, 475)]
DATED_BACK = [(1, 500, 500), (9, 100, 600), (4, 50, 650), (12, -150, 500)]  # the balance goes by entry, not by date
GAPS = [(1, 500, None), (2, 100, 600), (3, 7, None), (4, 3, 610)]
CARRIED_OVER = [(1, 100, 1100), (2, 100, 1200)]  # the book begins with 1,000 of the book before


def passbook(lines: Sequence[tuple[int, int, int | None]], account: str = "1") -> list[dict[str, object]]:
    return [
        {
            "cooperative_id": "A", "account_no": account, "posted_on": date(2026, 5, day), "kind": "deposit",
            "amount": Decimal(amount), "balance_after": None if balance is None else Decimal(balance),
        }
        for day, amount, balance in lines
    ]  # fmt: skip


def breaks(rows: list[dict[str, object]]) -> list[tuple[int, str]]:
    return running_balance_failures(chains(frame("savings_transactions", rows))).select("row", "note").rows()


@pytest.mark.parametrize("lines", [GOOD, GOOD[::-1], DATED_BACK, DATED_BACK[::-1], GAPS, CARRIED_OVER, GOOD[:1], []])
def test_a_chain_that_holds_in_the_order_of_the_source(lines: list[tuple[int, int, int | None]]) -> None:
    assert breaks(passbook(lines)) == []


def test_the_first_break_is_located_and_the_others_counted() -> None:
    lines = [(1, 500, 500), (4, 100, 700), (4, -200, 500), (9, 25, 520), (9, 5, 525)]
    assert breaks(passbook(lines)) == [
        (
            2,
            "the running balance first breaks here: Rp 700.00 is written, Rp 600.00 follows from the balance before and"
            " the amount of Rp 100.00, a difference of Rp 100.00; 2 breaks in this account",
        )
    ]


def test_a_break_in_a_file_with_the_newest_first_is_found_where_it_happened() -> None:
    """By date: 500, 600, 400, 450, then 480 where 475 follows. In the file that is the first line."""
    newest_first = [(9, 25, 480), *GOOD[::-1][1:]]
    ((row, note),) = breaks(passbook(newest_first))
    assert (row, "Rp 480.00 is written, Rp 475.00 follows" in note, "breaks in" in note) == (1, True, False)


def test_a_row_without_a_balance_does_not_hide_a_break_over_it() -> None:
    lines = [(1, 500, 500), (2, 100, None), (3, 10, 600)]
    ((row, note),) = breaks(passbook(lines))
    assert row == 3
    assert "Rp 600.00 is written, Rp 610.00 follows" in note


def test_each_account_has_its_own_chain_and_one_finding() -> None:
    """Two accounts, line by line in turn; account 2 breaks at its second line, which is row 4."""
    one, two = passbook(GOOD), passbook([(1, 70, 70), (4, 5, 80), (5, 5, 85), (6, 5, 95), (7, 5, 100)], "2")
    rows = [row for pair in zip(one, two, strict=True) for row in pair]
    assert [row for row, _ in breaks(rows)] == [4]


@given(
    st.dictionaries(st.integers(1, 31), st.integers(1, 900), min_size=6, max_size=12),
    st.integers(1, 99),
    st.integers(0),
)
def test_one_wrong_balance_is_found_at_its_row(moves: dict[int, int], wrong: int, pick: int) -> None:
    """A wrong balance breaks at its own row; a wrong first balance, which nothing stands before, at the second row."""
    days = sorted(moves)
    book = [(day, moves[day], sum(moves[earlier] for earlier in days if earlier <= day)) for day in days]
    sound = passbook(book, "2")
    at = pick % len(book)
    day, amount, total = book[at]
    broken = [*book[:at], (day, amount, total + wrong), *book[at + 1 :]]
    assert breaks(passbook(book) + sound) == []
    assert [row for row, _ in breaks(passbook(broken) + sound)] == [max(at, 1) + 1]


# --- entries written late

Entry = tuple[str, date, str, date | None]
START = date(2026, 5, 1)


def written(entries: Sequence[Entry]) -> pl.DataFrame:
    """account, day, file, first dump that has it; in the order of the source."""
    rows = [
        {
            "cooperative_id": "A", "account_no": account, "posted_on": day, "_row": row, "_source_file": file,
            "_source_table": "mutasi", "first_seen": seen, "last_seen": None,
        }
        for row, (account, day, file, seen) in enumerate(entries, 1)
    ]  # fmt: skip
    types = schema("savings_transactions")
    kept = {name: types[name] for name in ("cooperative_id", "account_no", "posted_on", "_row")}
    extra = {"_source_file": pl.String(), "_source_table": pl.String(), "first_seen": pl.Date(), "last_seen": pl.Date()}
    return pl.DataFrame(rows, schema={**kept, **extra})


def late(entries: Sequence[Entry]) -> list[tuple[int, str]]:
    cutoffs = pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [CUTOFF]})
    seen = as_written(written(entries), of="account_no", day="posted_on")
    found = back_dated(seen, cutoffs, day="posted_on", rule="TRX-BCK-01", table="savings_transactions")
    return found.select("row", "note").rows()


def journal(days: list[int], account: str = "1", file: str = "mutasi.csv") -> list[Entry]:
    return [(account, START + timedelta(days=day), file, None) for day in days]


RISING = [*range(12)]


@pytest.mark.parametrize(
    "entries",
    [
        journal(RISING),
        journal(RISING[::-1]),
        [*journal(RISING), *journal(RISING, "2")],  # sorted by account
        [*journal(RISING, "2"), *journal(RISING[::-1], "1")],  # two orders in one file: no order of writing to be seen
        journal([5, 1, 9, 3, 11, 0, 7, 2]),  # no order at all
        [*journal([8, 9]), *journal([1, 2], file="mutasi_lama.csv")],  # an older file listed after a newer one
        journal([3, 3, 3]),
        journal([4, 2]),
    ],
)
def test_the_order_of_a_file_alone_makes_no_entry_late(entries: list[Entry]) -> None:
    assert late(entries) == []


def test_an_entry_below_a_later_one_was_written_late() -> None:
    entries = journal([*RISING, 4, 13])
    assert late(entries) == [(13, "dated 2026-05-05, but written later: it stands after an entry of 2026-05-12")]


def test_an_entry_above_a_later_one_was_written_late_where_the_newest_stands_first() -> None:
    entries = journal([*RISING, 4, 13][::-1])
    assert late(entries) == [(2, "dated 2026-05-05, but written later: it stands after an entry of 2026-05-12")]


def test_an_early_day_of_another_account_is_not_late() -> None:
    assert late([*journal(RISING), ("2", START, "mutasi.csv", None)]) == []


def test_what_was_entered_late_after_the_cutoff_is_not_back_dated_into_the_balance() -> None:
    entries = journal([*RISING, 70, 65])
    assert entries[-1][1] > CUTOFF
    assert late(entries) == []


MARCH, MAY = date(2026, 3, 31), date(2026, 5, 31)


def test_an_entry_that_the_older_dump_did_not_have_was_written_late() -> None:
    """The dump of March has 10 January and 20 March; the dump of May also has one of 15 February."""
    file = "mei.sql"
    entries = [
        ("1", date(2026, 1, 10), file, MARCH), ("1", date(2026, 2, 15), file, MAY),
        ("1", date(2026, 3, 20), file, MARCH), ("1", date(2026, 5, 2), file, MAY),
    ]  # fmt: skip
    assert late(entries) == [
        (2, "dated 2026-02-15, but written later: the source did not have it yet when it had an entry of 2026-03-20")
    ]


def test_a_dump_that_reaches_further_back_makes_nothing_late() -> None:
    """The older dump holds one year only; the newer one the years before it too."""
    file = "mei.sql"
    entries = [
        ("1", date(2024, 1, 10), file, MAY), ("1", date(2025, 1, 10), file, MAY), ("1", date(2026, 1, 10), file, MARCH),
        ("1", date(2026, 3, 20), file, MARCH),
    ]  # fmt: skip
    assert late(entries) == []
