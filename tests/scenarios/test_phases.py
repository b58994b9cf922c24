"""A cooperative that comes in by phases: its head office first, a branch with people and books of its own later.

Two cooperatives of the sample stand for the two; what each holds is known from the sample: 120 and 85 members, savings
of the second Rp 463,535,391.90.
"""

import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from promotable import BATCH, ONLY, SAMPLE, Place, do_promote, do_roll_back, do_verify, run_of
from world import prepare

HEAD, BRANCH = "{path: legacy/KSP-MEKAR, branch: PST}", "{path: legacy/KSU-TANI-MAJU, branch: CBG}"


def phase(root: Path, *parts: str) -> Path:
    """The sample with one cooperative that delivered these parts, at the gate."""
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns("var"))
    members = root / "legacy" / ONLY / "anggota.csv"
    text = members.read_bytes().replace(b";hp;", b";telepon;", 1)
    members.write_bytes(text[: text.index(b"T999;TEST")])
    path = root / "batches" / f"{BATCH}.yaml"
    batch = path.read_text().replace("method: cutover", "method: phased")
    one = batch[batch.index(f"  - id: {ONLY}") : batch.index("  - id: KOPKAR-BAHARI")]
    one = re.sub(r"    (declared|overrides): .*\n", "", one)
    one = one.replace(f"source: legacy/{ONLY}", f"source: [{', '.join(parts)}]")
    path.write_text(batch[: batch.index("  - id: ")] + one)
    prepare(run_of(root))
    return root


@pytest.fixture(scope="module")
def phases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The programme in the first phase and in the second."""
    here = tmp_path_factory.mktemp("phases")
    return phase(here / "first", HEAD), phase(here / "second", HEAD, BRANCH)


def test_a_branch_that_comes_later_is_added_and_what_is_there_stays(phases: tuple[Path, Path], place: Place) -> None:
    first, second = phases
    assert do_promote(first) == ("loaded", "")
    before = place.rows()
    assert {row[1][:4] for row in before["members"]} == {"PST-"}
    assert do_promote(second) == ("delta", "")
    after = place.rows()
    assert (do_verify(second), do_promote(second)) == ([], ("unchanged", ""))
    for table in set(before) - {"opening_trial_balance"}:
        assert set(before[table]) <= set(after[table]), table
    found = {
        (table, action): (rows, amount)
        for table, action, rows, amount in place.ask(
            "SELECT table_name, action, rows, amount_after FROM migration.deltas"
        )
    }
    assert (found["members", "added"][0], found["savings_accounts", "added"][1]) == (85, Decimal("463535391.90"))
    assert {table for table, action in found if action != "added"} == {"opening_trial_balance"}
    proved = place.ask("SELECT DISTINCT changed_columns FROM migration.delta_rows WHERE action = 'changed'")
    assert {row[0] for row in proved} <= {"subledger_total", "difference", "subledger_total,difference"}
    assert do_roll_back(second, only_last=True) == ["delta"]
    assert place.rows() == before
    assert do_roll_back(second) == ["full"]
