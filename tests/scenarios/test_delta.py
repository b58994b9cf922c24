"""Deltas into both kinds of target: other content than was loaded comes in where the batch's method allows it.

`delivered_again.py` says what changes. Amounts are worked out by hand: the head accounts 1.1 (485,155,036.90) and 3
(-219,752,000) and the details 1.1.1 (6,946,000), 2.1 (-106,910,391.90) and 3.1 (-42,500,000) make 122,938,645. What
the platform wrote and what is not consented to is in `test_delta_kept_out.py`.
"""

from decimal import Decimal
from pathlib import Path

import pytest
from delivered_again import FILLED, MOVED, PLEDGED, RETURNED, SAVED, TRADED, Deliveries, books
from promotable import (
    BATCH,
    ONLY,
    Place,
    differences,
    do_promote,
    do_roll_back,
    do_verify,
    place_of,
    promote_and_kill,
)  # fmt: skip

from koop_pipeline.errors import RefusedError

TOTALS = [
    ("accounts", "changed", 5, Decimal("122938645.00"), Decimal("123038645.00")),
    ("collaterals", "removed", 1, Decimal("29750000.00"), None),
    ("members", "added", 1, None, None),
    ("members", "changed", 1, None, None),
    ("opening_savings_balances", "added", 1, None, Decimal("500000.00")),
    ("opening_savings_balances", "changed", 1, Decimal("1005455.93"), Decimal("1105455.93")),
    ("opening_trial_balance", "changed", 3, Decimal("-142464391.90"), Decimal("-142464391.90")),
    ("savings_accounts", "added", 1, None, Decimal("500000.00")),
    ("savings_accounts", "changed", 1, Decimal("1005455.93"), Decimal("1105455.93")),
    ("savings_transactions", "added", 2, None, Decimal("600000.00")),
]
COUNTED = "SELECT table_name, action, rows, amount_before, amount_after FROM migration.deltas ORDER BY 1, 2"


def test_a_second_delivery_comes_in_is_listed_verified_and_taken_out_again(
    deliveries: Deliveries, place: Place, tmp_path: Path
) -> None:
    assert do_promote(deliveries.after()) == ("loaded", "")
    before, noted = place.rows(), books(place)
    again = deliveries.after(MOVED, RETURNED, SAVED)
    assert do_promote(again) == ("delta", "")
    assert do_promote(again) == ("unchanged", "")
    assert (do_verify(again), differences(again)) == ([], [])
    after = place.rows()
    assert place.ask("SELECT number, kind, rows FROM migration.loads ORDER BY 1") == [
        (1, "full", sum(map(len, before.values()))), (2, "delta", 17),
    ]  # fmt: skip
    assert place.ask(COUNTED) == TOTALS
    assert place.ask(
        "SELECT table_name, key, action, changed_columns FROM migration.delta_rows WHERE table_name IN ('members',"
        " 'collaterals', 'savings_accounts', 'savings_transactions') ORDER BY 1, 2"
    ) == [
        ("collaterals", "AG-0002", "removed", None), ("members", "T002", "changed", "address"),
        ("members", "T086", "added", None), ("savings_accounts", "PO-T086", "added", None),
        ("savings_accounts", "SU-T085", "changed", "balance"), ("savings_transactions", "M003101", "added", None),
        ("savings_transactions", "M003102", "added", None),
    ]  # fmt: skip
    with place_of("embedded", tmp_path / "fresh") as fresh, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KOOP_TARGET", fresh.url)
        assert do_promote(deliveries.after(MOVED, RETURNED, SAVED)) == ("loaded", "")
        assert fresh.rows() == after
    assert do_roll_back(again, only_last=True) == ["delta"]
    assert (place.rows(), books(place)) == (before, noted)
    assert do_promote(again) == ("delta", "")
    assert place.rows() == after
    assert do_roll_back(again) == ["delta", "full"]
    assert sum(map(len, place.rows().values())) == 0


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("UPDATE platform.members SET phone = 'x' WHERE member_no = 'T002'",
         "written to 1 rows of members that would be changed"),
        ("DELETE FROM platform.opening_trial_balance WHERE account_code = '1.1.1'",
         "removed 1 rows of opening_trial_balance that would be changed"),
        ("UPDATE platform.collaterals SET description = 'x' WHERE collateral_no = 'AG-0002'",
         "written to 1 rows of collaterals that would be removed"),
        ("INSERT INTO platform.members (cooperative_id, member_no, full_name, party, membership, status) VALUES"
         f" ('{ONLY}', 'T086', 'Lain', 'person', 'member', 'active')", "entered 1 rows of members itself"),
    ],
)  # fmt: skip
def test_where_the_platform_wrote_to_a_row_of_the_delta_nothing_is_done(
    deliveries: Deliveries, delivered: Place, written: str, said: str
) -> None:
    delivered.do(written)
    before, noted = delivered.rows(), books(delivered)
    outcome, message = do_promote(deliveries.after(MOVED, RETURNED, SAVED))
    assert outcome == "halted"
    assert f"no delta can bring that in, and nothing was changed: the platform has since {said}; restore" in message
    assert "koop rollback" not in message
    with pytest.raises(RefusedError, match="the platform has written to its rows since they were loaded"):
        do_roll_back(deliveries.after())
    assert (delivered.rows(), books(delivered)) == (before, noted)


def test_a_row_to_which_the_platform_has_tied_its_own_does_not_go(deliveries: Deliveries, place: Place) -> None:
    """The delivery takes the member and her account back to whom the platform has given another account."""
    assert do_promote(deliveries.after(MOVED, RETURNED, SAVED)) == ("loaded", "")
    place.do(
        "INSERT INTO platform.savings_accounts (cooperative_id, account_no, member_no, product_code, product_kind,"
        f" nature, balance, status) VALUES ('{ONLY}', 'BARU', 'T086', 'POKOK', 'principal', 'equity', 1, 'open')"
    )
    before = place.rows()
    outcome, message = do_promote(deliveries.after(MOVED, RETURNED))
    assert outcome == "halted"
    assert (
        "the platform has since written 1 rows of savings_accounts that refer to rows of members that would be removed"
    ) in message
    assert place.rows() == before


@pytest.mark.parametrize("delay", [0.2, 0.6])
def test_law_5_killed_at_some_instant_the_next_run_ends_the_same(
    deliveries: Deliveries, delivered: Place, delay: float
) -> None:
    before, again = delivered.rows(), deliveries.after(MOVED, RETURNED, SAVED)
    promote_and_kill(again, delay)
    at_once = delivered.rows()
    assert do_promote(again)[0] == ("delta" if at_once == before else "unchanged")
    assert (delivered.ask(COUNTED), delivered.ask("SELECT max(number) FROM migration.loads")) == (TOTALS, [(2,)])
    assert do_verify(again) == []


@pytest.mark.parametrize("delivered", ["postgres"], indirect=True)
def test_a_row_that_the_database_refuses_is_named_and_nothing_of_the_delta_stays(
    deliveries: Deliveries, delivered: Place
) -> None:
    delivered.do(
        "ALTER TABLE platform.opening_savings_balances ADD CONSTRAINT not_hers CHECK (account_no <> 'PO-T086')"
    )
    before, noted = delivered.rows(), books(delivered)
    outcome, message = do_promote(deliveries.after(MOVED, RETURNED, SAVED))
    assert outcome == "halted"
    assert (
        "nothing was loaded; the target refuses row PO-T086 of opening_savings_balances: it breaks the constraint"
        " not_hers"
    ) in message
    assert (delivered.rows(), books(delivered)) == (before, noted)


@pytest.mark.parametrize("delivered", ["postgres"], indirect=True)
def test_rows_that_trade_a_value_under_a_unique_index_of_the_platform_come_in_without_it(
    deliveries: Deliveries, delivered: Place
) -> None:
    delivered.do("CREATE UNIQUE INDEX one_home ON platform.members (cooperative_id, address)")
    before, again = delivered.rows(), deliveries.after(TRADED)
    outcome, message = do_promote(again)
    assert outcome == "halted"
    assert (
        "nothing was loaded; the target refuses row T001 of members: another row has its value already, under the"
        " unique index one_home of the platform; where that row gives it up in this same delivery, drop the index while"
    ) in message
    assert delivered.rows() == before
    delivered.do("DROP INDEX platform.one_home")
    assert do_promote(again) == ("delta", "")
    assert do_verify(again) == []


def test_a_delta_brings_in_what_was_held_too_and_an_amendment_may_stand_on_it(
    deliveries: Deliveries, delivered: Place
) -> None:
    assert do_promote(deliveries.after(PLEDGED)) == ("delta", "")
    again = deliveries.after(FILLED, PLEDGED)
    assert do_promote(again) == ("amended", "")
    assert do_promote(deliveries.after(FILLED)) == ("delta", "")
    assert do_promote(again) == ("delta", "")
    assert do_verify(again) == []
    assert do_roll_back(again) == ["delta", "delta", "amendment", "delta", "full"]


def test_a_phase_only_adds_rows_and_fills_what_was_held(deliveries: Deliveries, place: Place) -> None:
    assert do_promote(deliveries.after(method="phased")) == ("loaded", "")
    before = place.rows()
    outcome, message = do_promote(deliveries.after(MOVED, RETURNED, method="phased"))
    assert outcome == "halted"
    assert (
        "nothing was changed: a phase only adds rows, and 1 rows of members that are in the target are delivered"
        f" otherwise; restore the earlier delivery, take the load out (koop rollback {BATCH} {ONLY})"
    ) in message
    assert place.rows() == before
    again = deliveries.after(FILLED, PLEDGED, method="phased")
    assert do_promote(again) == ("delta", "")
    assert place.ask("SELECT table_name, action, rows FROM migration.deltas ORDER BY 1") == [
        ("collaterals", "added", 1), ("members", "changed", 1),
    ]  # fmt: skip
    assert do_verify(again) == []
    message = do_promote(deliveries.after(method="phased"))[1]
    assert "1 rows of members that are in the target are delivered otherwise" in message
    assert do_roll_back(again, only_last=True) == ["delta"]
    assert place.rows() == before
    assert do_promote(deliveries.after(PLEDGED, method="phased")) == ("delta", "")
    message = do_promote(deliveries.after(method="phased"))[1]
    assert "1 rows of collaterals that are in the target are no longer delivered; restore" in message


def test_a_row_that_the_platform_entered_itself_is_never_taken_for_a_loaded_one(
    deliveries: Deliveries, place: Place
) -> None:
    """It entered the collateral AG-0099 before the old system delivered it; then it is no longer delivered."""
    assert do_promote(deliveries.after(PLEDGED)) == ("loaded", "")
    of_it = "platform.collaterals WHERE collateral_no = 'AG-0099'"
    place.do(f"CREATE TABLE platform.kept AS SELECT * FROM {of_it}")
    assert do_promote(deliveries.after()) == ("delta", "")
    place.do("INSERT INTO platform.collaterals SELECT * FROM platform.kept")
    assert do_promote(deliveries.after(FILLED, PLEDGED)) == ("delta", "")
    assert place.ask("SELECT ours FROM migration.loaded_rows WHERE key = 'AG-0099' ORDER BY ours") == [
        (False,), (True,), (True,),
    ]  # fmt: skip
    assert do_promote(deliveries.after(FILLED, removes=0)) == ("delta", "")
    assert place.ask(f"SELECT count(*) FROM {of_it}") == [(1,)]
