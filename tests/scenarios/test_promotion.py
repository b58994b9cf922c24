"""Promotion: only what the verdict admits, in one transaction, once, through any interruption, and amendments.

One cooperative of the sample (with held values) is brought to the gate once; each test works on a copy of that folder.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from world import migrate, prepare

from koop_pipeline.contracts import PROMOTED
from koop_pipeline.defs.promote_verify import current_hashes
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion.step import promote
from koop_pipeline.staging import Staging

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
BATCH, ONLY = "gelombang-01", "KSU-TANI-MAJU"
MEMBERS = Path("legacy") / ONLY / "anggota.csv"


def run_of(root: Path) -> BatchRun:
    """The batch, limited to the one cooperative."""
    return BatchRun.of(ProgramFolder(root), BATCH, [ONLY])


def do_promote(root: Path) -> tuple[str, str]:
    """Promote; the outcome (or `halted`) and the sentence that halted it."""
    run = run_of(root)
    with Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging:
        promote(staging, run, current_hashes(run), lambda: None)
        halts = staging.rows("SELECT message FROM gate.halts")
        if halts:
            return "halted", halts[0][0]
        return staging.value("SELECT outcome FROM verification.promotions"), ""


def platform(root: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the target's platform tables."""
    with duckdb.connect(root / "var" / "target" / "target.duckdb", read_only=True) as target:
        return {
            table.name: target.execute(f"SELECT * FROM platform.{table.name} ORDER BY ALL").fetchall()
            for table in PROMOTED
        }


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with one cooperative brought to the gate."""
    root = tmp_path_factory.mktemp("gated") / "program"
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns("var"))
    prepare(run_of(root))
    return root


@pytest.fixture
def folder(gated: Path, tmp_path: Path) -> Path:
    """A copy to work on."""
    root = tmp_path / "program"
    shutil.copytree(gated, root)
    return root


@pytest.fixture(scope="module")
def reference(gated: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    """What the target holds after one undisturbed promotion."""
    root = tmp_path_factory.mktemp("reference") / "program"
    shutil.copytree(gated, root)
    assert do_promote(root) == ("loaded", "")
    return platform(root)


def test_it_loads_once_and_a_second_time_changes_nothing(folder: Path, reference: dict[str, list[object]]) -> None:
    assert do_promote(folder)[0] == "loaded"
    assert do_promote(folder)[0] == "unchanged"
    assert platform(folder) == reference
    assert len(reference["members"]) == 85


def spoil_verdict(root: Path) -> None:
    """Take the verdict away."""
    with duckdb.connect(root / "var" / "staging" / f"batch-{BATCH}.duckdb") as staging:
        staging.execute("DELETE FROM gate.decisions")


def spoil_source(root: Path) -> None:
    """The delivered file is another one now."""
    with (root / MEMBERS).open("ab") as file:
        file.write(b"\r\n")


def spoil_profile(root: Path) -> None:
    """The profile says something else now."""
    path = root / "mappings" / "ksp-csv.yaml"
    path.write_text(path.read_text().replace("version: 3", "version: 4"))


def spoil_policies(root: Path) -> None:
    """The batch answers an accounting question otherwise now."""
    path = root / "batches" / f"{BATCH}.yaml"
    path.write_text(path.read_text() + "policies: {collectability: bank}\n")


def spoil_corrections(root: Path) -> None:
    """An officer's correction comes in after the gate."""
    path = root / "corrections" / ONLY / "late.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(f"cooperative: {ONLY}\ncorrections: []\n")


def spoil_staging(root: Path) -> None:
    """Somebody writes into staging after the gate."""
    with duckdb.connect(root / "var" / "staging" / f"batch-{BATCH}.duckdb") as staging:
        staging.execute("UPDATE cleaned.members SET address = 'elsewhere' WHERE _row = 1")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (spoil_verdict, f"{ONLY}: there is no verdict; run the gate first (koop migrate does)"),
        (spoil_source, f"{ONLY}: the source changed since the gate; run koop migrate again"),
        (spoil_profile, f"{ONLY}: the profile or the batch file changed since the gate; run koop migrate again"),
        (spoil_policies, f"{ONLY}: the profile or the batch file changed since the gate; run koop migrate again"),
        (spoil_corrections, f"{ONLY}: its corrections changed since the gate; run koop migrate again"),
        (spoil_staging, f"{ONLY}: the staging content changed since the gate; run the gate again"),
    ],
)
def test_law_6_it_refuses_what_the_gate_did_not_judge(folder: Path, spoil: Callable[[Path], None], reason: str) -> None:
    spoil(folder)
    assert do_promote(folder) == ("halted", reason)
    assert platform(folder)["members"] == []


def test_law_6_changed_rules_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("koop_pipeline.gates.suites.suites_fingerprint", lambda suites: "other rules")
    assert do_promote(folder) == ("halted", f"{ONLY}: the rules changed since the gate; run koop migrate again")


def test_a_failure_half_way_leaves_the_cooperative_untouched(folder: Path) -> None:
    target = folder / "var" / "target" / "target.duckdb"
    target.parent.mkdir(parents=True)
    with duckdb.connect(target) as database:
        database.execute("CREATE SCHEMA platform; CREATE TABLE platform.loans (cooperative_id VARCHAR)")
    outcome, message = do_promote(folder)
    assert outcome == "halted"
    assert "nothing was loaded; the target says" in message
    with duckdb.connect(target, read_only=True) as database:
        counts = [
            database.execute(f"SELECT count(*) FROM platform.{name}").fetchone() for name in ("members", "officers")
        ]
    assert counts == [(0,), (0,)]


CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import test_promotion
print("ready", flush=True)
test_promotion.do_promote(Path(sys.argv[1]))
print("done", flush=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.15, 0.4, 0.7])
def test_law_5_killed_at_some_instant_the_next_run_ends_the_same(
    folder: Path, delay: float, reference: dict[str, list[object]]
) -> None:
    command = [sys.executable, "-c", CHILD, str(folder), str(Path(__file__).parent)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(delay)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert do_promote(folder)[0] in {"loaded", "unchanged"}
    assert platform(folder) == reference


def change_line(root: Path, number: int, before: str, after: str) -> None:
    """Change one text in one line (1-based) of the delivered member list."""
    lines = (root / MEMBERS).read_bytes().split(b"\r\n")
    assert before.encode() in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(before.encode(), after.encode())
    (root / MEMBERS).write_bytes(b"\r\n".join(lines))


def test_what_was_held_comes_in_later_and_nothing_else_changes(
    folder: Path, reference: dict[str, list[tuple[object, ...]]]
) -> None:
    assert do_promote(folder)[0] == "loaded"
    change_line(folder, 37, "530301290198002", "5303012901980021")
    assert migrate(folder, BATCH, [ONLY])[ONLY]["state"] == "verified"
    before, after = reference.copy(), platform(folder)
    changed = [(old, new) for old, new in zip(before.pop("members"), after.pop("members"), strict=True) if old != new]
    assert after == before
    assert len(changed) == 1
    assert [pair for pair in zip(*changed[0], strict=True) if pair[0] != pair[1]] == [(None, "5303012901980021")]
    with duckdb.connect(folder / "var" / "target" / "target.duckdb", read_only=True) as target:
        assert target.execute("SELECT kind, rows FROM migration.loads ORDER BY rowid").fetchall()[-1] == (
            "amendment",
            1,
        )


def test_changed_content_is_refused_with_the_way_out(
    folder: Path, reference: dict[str, list[tuple[object, ...]]]
) -> None:
    assert do_promote(folder)[0] == "loaded"
    with duckdb.connect(folder / "var" / "staging" / f"batch-{BATCH}.duckdb", read_only=True) as staging:
        row = staging.execute("SELECT _source_row, address FROM cleaned.members ORDER BY _row LIMIT 1").fetchone()
    assert row is not None
    change_line(folder, row[0], row[1], "Jalan Baru 1")
    record = migrate(folder, BATCH, [ONLY])[ONLY]
    assert record["state"] == "failed"
    assert "its content changed since: members.address differs in 1 rows" in record["message"]
    assert platform(folder) == reference
