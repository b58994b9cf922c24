"""What `koop migrate --rehearse` shows: what was rehearsed, not what an earlier load brought."""

import json
from pathlib import Path

from koop_pipeline.cli.migrate import as_rehearsed
from koop_pipeline.program.folder import ProgramFolder

PROMOTED = {
    "cooperative_id": "KSP-A", "state": "promoted", "verdict": "passed", "message": "",
    "rows": {"members": {"promoted": 80, "waiting": 0}}, "money": {"savings": {"promoted": "100.00"}},
}  # fmt: skip
FAILED = {**PROMOTED, "cooperative_id": "KSP-B", "state": "failed", "message": "KSP-B: the target refuses a row"}
REPORT = [
    {"cooperative_id": "KSP-A", "passed": True, "verdict": "warned", "content_sha256": "x", "message": "3 held",
     "rows": {"members": 85}, "totals": {"savings": "463535391.90", "loans": "96938370.00"}},
    {"cooperative_id": "KSP-B", "passed": False, "verdict": "passed", "content_sha256": "y", "message": "", "rows": {},
     "totals": {}},
]  # fmt: skip


def reported(root: Path) -> ProgramFolder:
    """A folder with the report of a rehearsal."""
    made = ProgramFolder(root)
    path = made.rehearsal_path("b")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cooperatives": REPORT}))
    return made


def test_a_person_sees_the_amounts_that_were_rehearsed(tmp_path: Path) -> None:
    one, other = as_rehearsed(reported(tmp_path), "b", [PROMOTED, FAILED], shown=True)
    assert (one["state"], one["message"], one["rows"]["members"]["promoted"]) == ("rehearsed", "3 held", 85)
    assert {name: amounts["promoted"] for name, amounts in one["money"].items()} == REPORT[0]["totals"]
    assert (other["state"], other["message"], other["rows"], other["money"]) == (
        "failed", "KSP-B: the target refuses a row", {}, {},
    )  # fmt: skip


def test_a_program_gets_both(tmp_path: Path) -> None:
    one, other, third = as_rehearsed(reported(tmp_path), "b", [PROMOTED, FAILED, {"cooperative_id": "KSP-C"}])
    assert {name: value for name, value in one.items() if name != "rehearsal"} == PROMOTED
    assert one["rehearsal"] == {name: REPORT[0][name] for name in ("passed", "message", "rows", "totals")}
    assert [each["rehearsal"]["passed"] for each in (one, other, third)] == [True, False, False]
