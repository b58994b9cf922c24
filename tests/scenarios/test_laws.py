"""Laws that must catch the pipeline itself at fault: each test breaks one on purpose and sees it found.

Law 1 (nothing is lost, rows and rupiah), law 4 (one harms no other), law 6 (a rule that cannot be evaluated), law 7
(same input, same output). Laws 2, 3 and 8 are in test_sample.py, 5 and the rest of 6 in test_promotion.py.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from world import prepare

from koop_pipeline.gates import step as gate
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
BATCH, ONLY = "gelombang-01", "KSP-MEKAR"


def run_of(root: Path) -> BatchRun:
    """The batch, limited to the one clean cooperative."""
    return BatchRun.of(ProgramFolder(root), BATCH, [ONLY])


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with one clean cooperative brought to the step before the gate."""
    root = tmp_path_factory.mktemp("laws") / "program"
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns("var"))
    prepare(run_of(root), gated=False)
    return root


def verdict_after(opened: Path, tmp_path: Path, fault: str) -> tuple[str, set[str]]:
    """The verdict, and the blocking rules of the cooperatives suite, after this fault in staging."""
    root = tmp_path / "program"
    shutil.copytree(opened, root)
    run = run_of(root)
    with Staging.open(run.folder.staging_path(BATCH)) as staging:
        staging.execute(fault)
        gate.set_scope(staging, run)
        gate.check_tables(staging, ["cooperatives"])
        gate.decide(staging, run)
        rules = staging.rows("SELECT DISTINCT rule FROM gate.rule_counts WHERE consequence = 'block'")
        verdict = staging.value("SELECT verdict FROM gate.decisions")
    return verdict, {rule for (rule,) in rules}


def test_without_a_fault_nothing_is_found(opened: Path, tmp_path: Path) -> None:
    assert verdict_after(opened, tmp_path, "SELECT 1") == ("passed", set())


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("DELETE FROM cleaned.members WHERE _row = 5", "COP-ROWS-01"),
        ("INSERT INTO cleaned.savings_transactions SELECT * FROM cleaned.savings_transactions LIMIT 1", "COP-ROWS-01"),
        ("DELETE FROM cleaned.collaterals WHERE _row = 1", "COP-ROWS-01"),
        ("UPDATE cleaned.savings_transactions SET amount = amount + 1 WHERE _row = 1", "COP-SUM-01"),
        ("UPDATE cleaned.collaterals SET appraised_value = NULL WHERE _row = 1", "COP-SUM-01"),
        ("UPDATE opening.opening_savings_balances SET balance = balance - 1 WHERE account_no = 'x'", ""),
        ("UPDATE mapped.controls SET delivered = delivered + 1 WHERE name = 'loans'", "MAP-CTL-01"),
        ("UPDATE cleaned.savings_accounts SET product_code = 'WAJIB' WHERE _row = 1", "DCL-TOT-03"),
    ],
)
def test_law_1_a_row_or_rupiah_lost_doubled_or_moved_is_found(
    opened: Path, tmp_path: Path, fault: str, rule: str
) -> None:
    verdict, rules = verdict_after(opened, tmp_path, fault)
    assert (verdict, rule in rules) == (("blocked", True) if rule else ("passed", False))


def test_law_6_a_rule_that_cannot_be_evaluated_blocks_and_says_which(opened: Path, tmp_path: Path) -> None:
    root = tmp_path / "program"
    shutil.copytree(opened, root)
    run = run_of(root)
    with Staging.open(run.folder.staging_path(BATCH)) as staging:
        gate.set_scope(staging, run)
        staging.execute("DROP VIEW checked.officers")
        gate.check_tables(staging, ["cooperatives"])
        gate.decide(staging, run)
        ((verdict, message),) = staging.rows("SELECT verdict, message FROM gate.decisions")
        broken = staging.value("SELECT count(*) FROM gate.rules WHERE NOT evaluated")
    assert verdict == "blocked"
    assert "ABS-OFFICERS-01 (cooperatives) could not be evaluated, so nothing is promoted" in message
    assert broken == 3


def broken_extract(*_: object) -> None:
    """A reader that fails in a way nobody foresaw."""
    raise RuntimeError("5301011203900001 is not what I expected")


def test_law_4_a_crash_in_one_cooperative_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from koop_pipeline.extract import step

    root = tmp_path / "program"
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns("var"))
    run = BatchRun.of(ProgramFolder(root), BATCH, [ONLY, "KSU-TANI-MAJU"])
    mirror: Callable[..., None] = step._mirror
    chosen = "KSU-TANI-MAJU"
    monkeypatch.setattr(step, "_mirror", lambda *args: broken_extract() if args[2].id == chosen else mirror(*args))
    with Staging.open(run.folder.staging_path(BATCH)) as staging:
        step.extract(staging, run)
        halts = staging.rows("SELECT cooperative_id, message FROM gate.halts")
        rows = staging.rows("SELECT DISTINCT cooperative_id FROM raw.tables")
    assert rows == [(ONLY,)]
    assert [cooperative_id for cooperative_id, _ in halts] == [chosen]
    assert "5301011203900001" not in halts[0][1]


def test_law_7_the_same_input_gives_the_same_content(opened: Path, tmp_path: Path) -> None:
    hashes = []
    for name in ("first", "second"):
        root = tmp_path / name
        shutil.copytree(opened, root, ignore=shutil.ignore_patterns("var") if name == "second" else None)
        run = run_of(root)
        if name == "second":
            prepare(run, gated=False)
        with Staging.open(run.folder.staging_path(BATCH)) as staging:
            gate.set_scope(staging, run)
            gate.check_tables(staging, ["loans"])
            gate.decide(staging, run)
            hashes.append(staging.rows("SELECT content_sha256 FROM gate.decisions"))
    assert hashes[0] == hashes[1]
    assert len(hashes[0][0][0]) == 64
