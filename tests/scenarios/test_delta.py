"""Deltas into both kinds of target: other content than was loaded comes in where the batch's method allows it.

`delivered_again.py` says what changes. Amounts are worked out by hand: the head accounts 1.1 (485,155,036.90) and 3
(-219,752,000) and the details 1.1.1 (6,946,000), 2.1 (-106,910,391.90) and 3.1 (-42,500,000) make 122,938,645.
"""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from delivered_again import BROKEN, FILLED, LATER, MOVED, PLEDGED, RETURNED, SAVED, TRADED, Deliveries
from promotable import (
    BATCH,
    ONLY,
    Place,
    differences,
    do_promote,
    do_roll_back,
    do_verify,
    gated_sample,
    place_of,
    promote_and_kill,
    run_of,
)  # fmt: skip
from world import finish

from koop_pipeline.errors import RefusedError
from koop_pipeline.staging import Staging
from koop_pipeline.status.snapshot import build

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


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> Deliveries:
    """The sample with one cooperative at the gate, in a batch in which both systems run side by side."""
    return Deliveries(gated_sample(tmp_path_factory.mktemp("delta") / "program"))


def books(place: Place) -> list[list[tuple[object, ...]]]:
    """What the books of loads and of their rows hold."""
    return [
        sorted(place.ask(f"SELECT * FROM migration.{book}"), key=repr)
        for book in ("load_tables", "loaded_rows", "deltas", "delta_rows", "held", "amended")
    ]


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


def test_content_may_go_and_come_back_and_each_time_is_a_load(deliveries: Deliveries, place: Place) -> None:
    first, second = deliveries.after(), deliveries.after(MOVED, RETURNED)
    assert do_promote(first) == ("loaded", "")
    before = place.rows()
    for root in (second, first, second, first):
        assert do_promote(root) == ("delta", "")
    assert place.rows() == before
    assert place.ask("SELECT count(DISTINCT load_id) FROM migration.loads") == [(5,)]
    assert do_roll_back(first, only_last=True) == ["delta"]
    assert place.rows() != before
    assert do_roll_back(first) == ["delta", "delta", "delta", "full"]


def test_what_the_platform_wrote_elsewhere_stays_and_the_delta_alone_can_be_taken_out(
    deliveries: Deliveries, place: Place
) -> None:
    assert do_promote(deliveries.after()) == ("loaded", "")
    place.do("UPDATE platform.members SET phone = '+6281234567890' WHERE member_no = 'T001'")
    place.do("DELETE FROM platform.collaterals WHERE collateral_no = 'AG-0001'")
    before = place.rows()
    again = deliveries.after(MOVED, RETURNED)
    assert do_promote(again) == ("delta", "")
    after = place.rows()
    assert {name for name in before if before[name] != after[name]} == {"members", "collaterals"}
    assert place.ask("SELECT phone FROM platform.members WHERE member_no = 'T001'") == [("+6281234567890",)]
    with pytest.raises(RefusedError, match="the platform has written to its rows between load 1 and load 2"):
        do_roll_back(again)
    assert place.rows() == after
    assert do_roll_back(again, only_last=True) == ["delta"]
    assert place.rows() == before


def test_what_the_platform_took_back_itself_hinders_no_rollback(deliveries: Deliveries, place: Place) -> None:
    """A phone written before the delta is again, after it, what was loaded; written once more, it hinders."""
    assert do_promote(deliveries.after()) == ("loaded", "")
    before = place.rows()
    ((phone,),) = place.ask("SELECT phone FROM platform.members WHERE member_no = 'T001'")
    place.do("UPDATE platform.members SET phone = '+6281234567890' WHERE member_no = 'T001'")
    again = deliveries.after(MOVED)
    assert do_promote(again) == ("delta", "")
    place.do(f"UPDATE platform.members SET phone = '{phone}' WHERE member_no = 'T001'")
    place.do("UPDATE platform.collaterals SET description = 'y' WHERE collateral_no = 'AG-0001'")
    with pytest.raises(
        RefusedError,
        match=r": collaterals \(loaded (\d+) rows, now \1\), what it wrote before the last load among it; what members",
    ):
        do_roll_back(again, only_last=True)
    place.do("UPDATE platform.collaterals SET description = 'SHM tanah 69 m2' WHERE collateral_no = 'AG-0001'")
    assert do_roll_back(again, only_last=True) == ["delta"]
    assert place.rows() == before
    assert do_promote(again) == ("delta", "")
    assert do_roll_back(again) == ["delta", "full"]


def test_a_delta_on_which_the_platform_has_written_stays(deliveries: Deliveries, place: Place) -> None:
    assert do_promote(deliveries.after()) == ("loaded", "")
    again = deliveries.after(MOVED, RETURNED)
    assert do_promote(again) == ("delta", "")
    place.do("UPDATE platform.members SET phone = '+6281234567890' WHERE member_no = 'T001'")
    before = place.rows()
    with pytest.raises(RefusedError, match="the platform has written to its rows since they were loaded: members"):
        do_roll_back(again, only_last=True)
    assert place.rows() == before


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
    deliveries: Deliveries, place: Place, written: str, said: str
) -> None:
    assert do_promote(deliveries.after()) == ("loaded", "")
    place.do(written)
    before, noted = place.rows(), books(place)
    outcome, message = do_promote(deliveries.after(MOVED, RETURNED, SAVED))
    assert outcome == "halted"
    assert f"no delta can bring that in, and nothing was changed: the platform has since {said}; restore" in message
    assert "koop rollback" not in message
    with pytest.raises(RefusedError, match="the platform has written to its rows since they were loaded"):
        do_roll_back(deliveries.after())
    assert (place.rows(), books(place)) == (before, noted)


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
    deliveries: Deliveries, place: Place, delay: float
) -> None:
    assert do_promote(deliveries.after()) == ("loaded", "")
    before, again = place.rows(), deliveries.after(MOVED, RETURNED, SAVED)
    promote_and_kill(again, delay)
    at_once = place.rows()
    assert do_promote(again)[0] == ("delta" if at_once == before else "unchanged")
    assert (place.ask(COUNTED), place.ask("SELECT max(number) FROM migration.loads")) == (TOTALS, [(2,)])
    assert do_verify(again) == []


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_a_row_that_the_database_refuses_is_named_and_nothing_of_the_delta_stays(
    deliveries: Deliveries, place: Place
) -> None:
    assert do_promote(deliveries.after()) == ("loaded", "")
    place.do("ALTER TABLE platform.opening_savings_balances ADD CONSTRAINT not_hers CHECK (account_no <> 'PO-T086')")
    before, noted = place.rows(), books(place)
    outcome, message = do_promote(deliveries.after(MOVED, RETURNED, SAVED))
    assert outcome == "halted"
    assert (
        "nothing was loaded; the target refuses row PO-T086 of opening_savings_balances: it breaks the constraint"
        " not_hers"
    ) in message
    assert (place.rows(), books(place)) == (before, noted)


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_rows_that_trade_a_value_under_a_unique_index_of_the_platform_come_in_without_it(
    deliveries: Deliveries, place: Place
) -> None:
    assert do_promote(deliveries.after()) == ("loaded", "")
    place.do("CREATE UNIQUE INDEX one_home ON platform.members (cooperative_id, address)")
    before, again = place.rows(), deliveries.after(TRADED)
    outcome, message = do_promote(again)
    assert outcome == "halted"
    assert (
        "nothing was loaded; the target refuses row T001 of members: another row has its value already, under the"
        " unique index one_home of the platform; where that row gives it up in this same delivery, drop the index while"
    ) in message
    assert place.rows() == before
    place.do("DROP INDEX platform.one_home")
    assert do_promote(again) == ("delta", "")
    assert do_verify(again) == []


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_only_what_the_platform_keeps_with_a_row_that_would_go_hinders(deliveries: Deliveries, place: Place) -> None:
    assert do_promote(deliveries.after()) == ("loaded", "")
    place.do(
        "ALTER TABLE platform.collaterals ADD box int; UPDATE platform.collaterals SET box = 1 WHERE collateral_no ="
        " 'AG-0001'; CREATE TABLE platform.scans (cooperative_id text, collateral_no text, FOREIGN KEY (cooperative_id,"
        " collateral_no) REFERENCES platform.collaterals ON DELETE CASCADE); INSERT INTO platform.scans SELECT"
        " cooperative_id, collateral_no FROM platform.collaterals WHERE collateral_no IN ('AG-0001', 'AG-0002')"
    )
    before = place.rows()
    again = deliveries.after(MOVED, RETURNED)
    assert (
        "the platform keeps more with rows that would be removed: table platform.scans, which refers to collaterals"
        " (1 row); restore"
    ) in do_promote(again)[1]
    assert place.rows() == before
    place.do("DELETE FROM platform.scans WHERE collateral_no = 'AG-0002'")
    assert do_promote(again) == ("delta", "")
    assert place.ask("SELECT collateral_no FROM platform.scans") == [("AG-0001",)]
    assert do_roll_back(again, only_last=True) == ["delta"]
    assert place.rows() == before


def test_what_the_platform_wrote_alike_needs_nothing(deliveries: Deliveries, place: Place) -> None:
    assert do_promote(deliveries.after()) == ("loaded", "")
    place.do("UPDATE platform.members SET address = 'Jl. Baru No. 1' WHERE member_no = 'T002'")
    again = deliveries.after(MOVED, RETURNED)
    assert do_promote(again) == ("delta", "")
    assert place.ask("SELECT table_name, action, rows FROM migration.deltas") == [("collaterals", "removed", 1)]
    assert do_verify(again) == []


def test_a_delta_brings_in_what_was_held_too_and_an_amendment_may_stand_on_it(
    deliveries: Deliveries, place: Place
) -> None:
    assert do_promote(deliveries.after()) == ("loaded", "")
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


def test_what_was_loaded_by_cutover_is_not_known_row_by_row(deliveries: Deliveries, place: Place) -> None:
    assert do_promote(deliveries.after(method="cutover")) == ("loaded", "")
    assert place.ask("SELECT count(*) FROM migration.loaded_rows") == [(0,)]
    before = place.rows()
    message = do_promote(deliveries.after(MOVED, RETURNED, method="cutover"))[1]
    assert "its content changed since: members.address differs in 1 rows; restore the earlier delivery" in message
    assert "the hashes of its rows were not kept when it was loaded" in do_promote(deliveries.after(MOVED, RETURNED))[1]
    assert place.rows() == before


def test_what_the_gate_holds_by_now_stays_in_the_target(deliveries: Deliveries, place: Place) -> None:
    """One NIK and one loan number were broken between the deliveries: neither the NIK nor the collateral goes."""
    assert do_promote(deliveries.after()) == ("loaded", "")
    before, noted = place.rows(), books(place)
    outcome, message = do_promote(deliveries.after(BROKEN))
    assert outcome == "halted"
    assert (
        "nothing was changed: the gate holds in this delivery what is in the target, and a delta empties nothing:"
        " 1 rows of collaterals (COL-REF-01), members.nik in 1 rows (MBR-NIK-01); restore the earlier delivery"
    ) in message
    assert (place.rows(), books(place)) == (before, noted)


def test_rows_go_only_where_the_batch_consents_and_the_status_says_what_went(
    deliveries: Deliveries, place: Place
) -> None:
    """The list of collaterals came cut off: AG-0002 (29,750,000) is missing; T002 has moved."""
    assert do_promote(deliveries.after()) == ("loaded", "")
    before, noted = place.rows(), books(place)
    outcome, message = do_promote(deliveries.after(MOVED, RETURNED, removes=0))
    assert outcome == "halted"
    assert (
        "nothing was changed: it would take out 1 rows of collaterals (Rp 29,750,000.00), and its batch consents to 0"
        " rows: a file may have been cut off; where they are to go, the batch file says `delta_removes: 1`; restore"
    ) in message
    assert (place.rows(), books(place)) == (before, noted)
    again = deliveries.after(MOVED, RETURNED, removes=1)
    assert do_promote(again) == ("delta", "")
    run = run_of(again)
    with Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging:
        said = {record["cooperative_id"]: record["message"] for record in build(staging, run.batch)}
    assert (
        "a delta came in: 1 rows changed, 1 rows removed (collaterals Rp 29,750,000.00), of which migration.deltas"
    ) in said[ONLY]


@pytest.mark.parametrize(
    ("method", "kinds"), [("parallel", "the delta or amendment"), ("cutover", "the amendment or refusal")]
)
def test_a_rehearsal_says_that_the_delta_was_not_rehearsed(
    deliveries: Deliveries, place: Place, method: str, kinds: str
) -> None:
    def rehearsed(root: Path) -> str:
        finish(run_of(root, rehearse=True))
        (line,) = json.loads((root / "var" / "rehearsals" / f"{BATCH}.json").read_text())["cooperatives"]
        assert line["passed"]
        return str(line["message"])

    said = (
        f"it is in the target already with other content (load 1 of batch {BATCH}): what was rehearsed is the load of"
        f" all of it into an empty place, not {kinds} that koop migrate would make of it"
    )
    first, again = deliveries.after(method=method), deliveries.after(MOVED, method=method)
    assert said not in rehearsed(again)
    assert do_promote(first) == ("loaded", "")
    assert "into an empty place" not in rehearsed(first)
    assert rehearsed(again).endswith(said)
    assert len(place.ask(f"SELECT message FROM migration.rehearsals WHERE message LIKE '%{kinds}%'")) == 1


def test_a_delta_of_another_cut_off_is_refused(deliveries: Deliveries, place: Place) -> None:
    assert do_promote(deliveries.after()) == ("loaded", "")
    assert place.ask("SELECT cutoff_on FROM migration.loads") == [("2026-06-30",)]
    before, noted = place.rows(), books(place)
    outcome, message = do_promote(deliveries.after(MOVED, LATER))
    assert outcome == "halted"
    assert (
        "nothing was changed: its cut-off is 2026-07-31, and that of the loads before was 2026-06-30; restore"
    ) in message
    assert (place.rows(), books(place)) == (before, noted)


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
