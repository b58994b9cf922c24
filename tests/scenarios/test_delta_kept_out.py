"""Deltas beside what the platform wrote itself, and deltas that stay out, in both kinds of target.

`delivered_again.py` says what changes between the deliveries.
"""

import json
from pathlib import Path

import pytest
from delivered_again import BROKEN, LATER, MOVED, RETURNED, Deliveries, books
from promotable import BATCH, ONLY, Place, do_promote, do_roll_back, do_verify, run_of
from world import finish

from koop_pipeline.errors import RefusedError
from koop_pipeline.staging import Staging
from koop_pipeline.status.snapshot import build


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
    deliveries: Deliveries, delivered: Place
) -> None:
    delivered.do("UPDATE platform.members SET phone = '+6281234567890' WHERE member_no = 'T001'")
    delivered.do("DELETE FROM platform.collaterals WHERE collateral_no = 'AG-0001'")
    before = delivered.rows()
    again = deliveries.after(MOVED, RETURNED)
    assert do_promote(again) == ("delta", "")
    after = delivered.rows()
    assert {name for name in before if before[name] != after[name]} == {"members", "collaterals"}
    assert delivered.ask("SELECT phone FROM platform.members WHERE member_no = 'T001'") == [("+6281234567890",)]
    with pytest.raises(RefusedError, match="the platform has written to its rows between load 1 and load 2"):
        do_roll_back(again)
    assert delivered.rows() == after
    assert do_roll_back(again, only_last=True) == ["delta"]
    assert delivered.rows() == before


def test_what_the_platform_took_back_itself_hinders_no_rollback(deliveries: Deliveries, delivered: Place) -> None:
    """A phone written before the delta is again, after it, what was loaded; written once more, it hinders."""
    before = delivered.rows()
    ((phone,),) = delivered.ask("SELECT phone FROM platform.members WHERE member_no = 'T001'")
    delivered.do("UPDATE platform.members SET phone = '+6281234567890' WHERE member_no = 'T001'")
    again = deliveries.after(MOVED)
    assert do_promote(again) == ("delta", "")
    delivered.do(f"UPDATE platform.members SET phone = '{phone}' WHERE member_no = 'T001'")
    delivered.do("UPDATE platform.collaterals SET description = 'y' WHERE collateral_no = 'AG-0001'")
    with pytest.raises(
        RefusedError,
        match=r": collaterals \(loaded (\d+) rows, now \1\), what it wrote before the last load among it; what members",
    ):
        do_roll_back(again, only_last=True)
    delivered.do("UPDATE platform.collaterals SET description = 'SHM tanah 69 m2' WHERE collateral_no = 'AG-0001'")
    assert do_roll_back(again, only_last=True) == ["delta"]
    assert delivered.rows() == before
    assert do_promote(again) == ("delta", "")
    assert do_roll_back(again) == ["delta", "full"]


def test_a_delta_on_which_the_platform_has_written_stays(deliveries: Deliveries, delivered: Place) -> None:
    again = deliveries.after(MOVED, RETURNED)
    assert do_promote(again) == ("delta", "")
    delivered.do("UPDATE platform.members SET phone = '+6281234567890' WHERE member_no = 'T001'")
    before = delivered.rows()
    with pytest.raises(RefusedError, match="the platform has written to its rows since they were loaded: members"):
        do_roll_back(again, only_last=True)
    assert delivered.rows() == before


@pytest.mark.parametrize("delivered", ["postgres"], indirect=True)
def test_only_what_the_platform_keeps_with_a_row_that_would_go_hinders(
    deliveries: Deliveries, delivered: Place
) -> None:
    delivered.do(
        "ALTER TABLE platform.collaterals ADD box int; UPDATE platform.collaterals SET box = 1 WHERE collateral_no ="
        " 'AG-0001'; CREATE TABLE platform.scans (cooperative_id text, collateral_no text, FOREIGN KEY (cooperative_id,"
        " collateral_no) REFERENCES platform.collaterals ON DELETE CASCADE); INSERT INTO platform.scans SELECT"
        " cooperative_id, collateral_no FROM platform.collaterals WHERE collateral_no IN ('AG-0001', 'AG-0002')"
    )
    before = delivered.rows()
    again = deliveries.after(MOVED, RETURNED)
    assert (
        "the platform keeps more with rows that would be removed: table platform.scans, which refers to collaterals"
        " (1 row); restore"
    ) in do_promote(again)[1]
    assert delivered.rows() == before
    delivered.do("DELETE FROM platform.scans WHERE collateral_no = 'AG-0002'")
    assert do_promote(again) == ("delta", "")
    assert delivered.ask("SELECT collateral_no FROM platform.scans") == [("AG-0001",)]
    assert do_roll_back(again, only_last=True) == ["delta"]
    assert delivered.rows() == before


def test_what_the_platform_wrote_alike_needs_nothing(deliveries: Deliveries, delivered: Place) -> None:
    delivered.do("UPDATE platform.members SET address = 'Jl. Baru No. 1' WHERE member_no = 'T002'")
    again = deliveries.after(MOVED, RETURNED)
    assert do_promote(again) == ("delta", "")
    assert delivered.ask("SELECT table_name, action, rows FROM migration.deltas") == [("collaterals", "removed", 1)]
    assert do_verify(again) == []


def test_what_was_loaded_by_cutover_is_not_known_row_by_row(deliveries: Deliveries, place: Place) -> None:
    assert do_promote(deliveries.after(method="cutover")) == ("loaded", "")
    assert place.ask("SELECT count(*) FROM migration.loaded_rows") == [(0,)]
    before = place.rows()
    message = do_promote(deliveries.after(MOVED, RETURNED, method="cutover"))[1]
    assert "its content changed since: members.address differs in 1 rows; restore the earlier delivery" in message
    assert "the hashes of its rows were not kept when it was loaded" in do_promote(deliveries.after(MOVED, RETURNED))[1]
    assert place.rows() == before


def test_what_the_gate_holds_by_now_stays_in_the_target(deliveries: Deliveries, delivered: Place) -> None:
    """One NIK and one loan number were broken between the deliveries: neither the NIK nor the collateral goes."""
    before, noted = delivered.rows(), books(delivered)
    outcome, message = do_promote(deliveries.after(BROKEN))
    assert outcome == "halted"
    assert (
        "nothing was changed: the gate holds in this delivery what is in the target, and a delta empties nothing:"
        " 1 rows of collaterals (COL-REF-01), members.nik in 1 rows (MBR-NIK-01); restore the earlier delivery"
    ) in message
    assert (delivered.rows(), books(delivered)) == (before, noted)


def test_rows_go_only_where_the_batch_consents_and_the_status_says_what_went(
    deliveries: Deliveries, delivered: Place
) -> None:
    """The list of collaterals came cut off: AG-0002 (29,750,000) is missing; T002 has moved."""
    before, noted = delivered.rows(), books(delivered)
    outcome, message = do_promote(deliveries.after(MOVED, RETURNED, removes=0))
    assert outcome == "halted"
    assert (
        "nothing was changed: it would take out 1 rows of collaterals (Rp 29,750,000.00), and its batch consents to 0"
        " rows: a file may have been cut off; where they are to go, the batch file says `delta_removes: 1`; restore"
    ) in message
    assert (delivered.rows(), books(delivered)) == (before, noted)
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


def test_a_delta_of_another_cut_off_is_refused(deliveries: Deliveries, delivered: Place) -> None:
    assert delivered.ask("SELECT cutoff_on FROM migration.loads") == [("2026-06-30",)]
    before, noted = delivered.rows(), books(delivered)
    outcome, message = do_promote(deliveries.after(MOVED, LATER))
    assert outcome == "halted"
    assert (
        "nothing was changed: its cut-off is 2026-07-31, and that of the loads before was 2026-06-30; restore"
    ) in message
    assert (delivered.rows(), books(delivered)) == (before, noted)
