"""A load that stands in the target while staging holds other content is named by verify, with what was proved of it.

Both kinds of target. T002's address is what changes between the deliveries; the cooperative has 85 members.
"""

from pathlib import Path

import pytest
from delivered_again import MOVED, RETURNED, Deliveries
from promotable import BATCH, ONLY, Place, do_promote, do_roll_back, do_verify, run_of
from typer.testing import CliRunner

from koop_pipeline.cli.app import app
from koop_pipeline.staging import Staging
from koop_pipeline.status.snapshot import Row, build

UNCOMPARED = "its rows were not compared with staging, which does not hold what was loaded"
AS_LEFT = "all that it holds of it makes the hash that the books noted when that load was done"
PHONE = "UPDATE platform.members SET phone = '+6281234567890' WHERE member_no = 'T001'"


def standing(number: int, kind: str, said: str) -> str:
    """What is said of the load that stands."""
    return f"(in the target: load {number} ({kind}) of batch {BATCH}, and {said}; {UNCOMPARED})"


def record_of(root: Path) -> Row:
    """What the status says of the cooperative."""
    run = run_of(root)
    with Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging:
        assert staging.value("SELECT count(*) FROM verification.results WHERE cooperative_id = ?", [ONLY]) in {0, 13}
        return next(record for record in build(staging, run.batch) if record["cooperative_id"] == ONLY)


def test_the_load_before_a_delta_that_was_taken_out_is_proved_by_its_hash(
    deliveries: Deliveries, delivered: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = deliveries.after(MOVED, RETURNED)
    assert do_promote(again) == ("delta", "")
    assert do_verify(again) == []
    assert (record_of(again)["state"], "(in the target" in record_of(again)["message"]) == ("verified", False)
    assert do_roll_back(again, only_last=True) == ["delta"]
    monkeypatch.setattr("os.environ", {"KOOP_TARGET": delivered.url, "COLUMNS": "1000"})
    done = CliRunner().invoke(app, ["--program", str(again), "verify", BATCH])
    assert done.exit_code == 3
    assert "0 of 8 cooperatives are in the target and were compared, 0 rows." in done.output
    assert "1 more were not compared: staging does not hold what was loaded of them, or the target" in done.output
    assert "Of 1 the target's hash is the one that its books noted, as the reason says." in done.output
    record = record_of(again)
    assert record["state"] == "rolled_back"
    assert record["message"].endswith(standing(1, "full", AS_LEFT))
    delivered.do(PHONE)
    assert do_verify(again) == [f"{ONLY}: the target does not hold what its last load left"]
    record = record_of(again)
    assert record["state"] == "failed"
    assert record["message"].endswith(
        standing(1, "full", "since then written to: members (loaded 85 rows, now 85)")
    )  # fmt: skip


def test_the_load_before_a_refused_delta_is_proved_too_and_so_is_what_the_platform_had_written_by_then(
    deliveries: Deliveries, delivered: Place
) -> None:
    """The platform writes a phone before the delta, which notes what it holds; then it takes the phone back."""
    ((phone,),) = delivered.ask("SELECT phone FROM platform.members WHERE member_no = 'T001'")
    refused = deliveries.after(RETURNED, removes=0)
    outcome, message = do_promote(refused)
    assert outcome == "halted"
    assert do_verify(refused) == [message]
    record = record_of(refused)
    assert (record["state"], record["message"]) == ("failed", f"{message} {standing(1, 'full', AS_LEFT)}")
    delivered.do(PHONE)
    assert do_promote(deliveries.after(MOVED)) == ("delta", "")
    assert do_promote(refused)[0] == "halted"
    assert record_of(refused)["message"].endswith(f"(in the target, unchanged: its load of batch {BATCH})")
    do_verify(refused)
    assert record_of(refused)["message"].endswith(standing(2, "delta", AS_LEFT))
    delivered.do(f"UPDATE platform.members SET phone = '{phone}' WHERE member_no = 'T001'")
    do_verify(refused)
    without = "all that it holds of it makes the hash of what was loaded, without what the platform had written since"
    assert record_of(refused)["message"].endswith(standing(2, "delta", without))
    delivered.do("DELETE FROM platform.opening_trial_balance WHERE account_code = '1.1.1'")
    do_verify(refused)
    said = record_of(refused)["message"]
    assert "and since then written to: opening_trial_balance (loaded " in said
    assert f"), what the platform wrote before that load among it; {UNCOMPARED})" in said


def test_a_staging_file_of_before_the_last_load_does_not_call_its_rows_differences(
    deliveries: Deliveries, place: Place
) -> None:
    first = deliveries.after()
    assert do_promote(first) == ("loaded", "")
    assert do_promote(deliveries.after(MOVED)) == ("delta", "")
    assert do_verify(first) == []
    record = record_of(first)
    assert record["state"] == "promoted"
    assert record["message"].endswith(standing(2, "delta", AS_LEFT))


def test_a_load_is_named_where_staging_knows_of_none(deliveries: Deliveries, delivered: Place) -> None:
    """The staging file is another one, which never reached the promotion."""
    again = deliveries.after(MOVED)
    assert do_verify(again) == []
    record = record_of(again)
    assert record["state"] == "gated"
    assert record["message"].endswith(standing(1, "full", AS_LEFT))


@pytest.mark.parametrize("delivered", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    ("unread", "halts", "said"),
    [
        ("platform.members", [f"{ONLY}: what the target holds of it was not read"],
         f"(in the target: load 1 (full) of batch {BATCH}, of which nothing was verified: the target could not be"),
        ("migration.loads", [], "(what the target has loaded of it is not known: the target could not be"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_too(
    deliveries: Deliveries, delivered: Place, monkeypatch: pytest.MonkeyPatch, unread: str, halts: list[str], said: str
) -> None:
    """A policy of somebody's own divides by zero for whoever reads the table."""
    monkeypatch.setattr("koop_pipeline.target.postgres.target.LONGEST_WAIT_SECONDS", 0.1)
    delivered.do(
        f"CREATE POLICY breaks ON {unread} AS RESTRICTIVE FOR SELECT USING (1 / (CASE cooperative_id WHEN '{ONLY}' THEN"
        " 0 ELSE 1 END) = 1)"
    )
    again = deliveries.after(MOVED)
    assert do_verify(again) == halts
    record = record_of(again)
    assert record["state"] == ("failed" if halts else "gated")
    assert said in record["message"]
    assert record["message"].endswith("division by zero; run koop verify again)")
