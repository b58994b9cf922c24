"""Promotion into both kinds of target: only what the verdict admits, in one transaction, once, through any
interruption, and amendments.

One cooperative of the sample (with held values) is brought to the gate once; each test works on a copy of that folder.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from promotable import (
    BATCH,
    MEMBERS,
    ONLY,
    FirstLoads,
    Place,
    Rows,
    change_line,
    do_promote,
    place_of,
    promote_and_kill,
    run_of,
)  # fmt: skip
from world import finish, prepare

from koop_pipeline.defs.promote_verify import current_hashes
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion.step import promote
from koop_pipeline.staging import Staging
from koop_pipeline.target.opening import open_target


@pytest.fixture
def folder(gated: Path, tmp_path: Path) -> Path:
    """A copy to work on."""
    root = tmp_path / "program"
    shutil.copytree(gated, root)
    return root


@pytest.fixture(scope="module")
def reference(gated: Path, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """What an embedded target holds after one undisturbed promotion."""
    here = tmp_path_factory.mktemp("reference")
    shutil.copytree(gated, here / "program")
    with place_of("embedded", here) as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KOOP_TARGET", made.url)
        assert do_promote(here / "program") == ("loaded", "")
        return made.rows()


def test_it_loads_once_and_a_second_time_changes_nothing(folder: Path, place: Place, reference: Rows) -> None:
    assert do_promote(folder)[0] == "loaded"
    assert do_promote(folder)[0] == "unchanged"
    assert place.rows() == reference
    assert len(reference["members"]) == 85


def spoil_verdict(root: Path) -> None:
    """Take the verdict away."""
    with duckdb.connect(root / "var" / "staging" / f"batch-{BATCH}.duckdb") as staging:
        staging.execute("CREATE TABLE kept AS FROM gate.decisions; DELETE FROM gate.decisions")


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
def test_law_6_it_refuses_what_the_gate_did_not_judge(
    folder: Path, place: Place, spoil: Callable[[Path], None], reason: str
) -> None:
    spoil(folder)
    assert do_promote(folder) == ("halted", reason)
    assert place.rows()["members"] == []


@pytest.mark.parametrize("place", ["embedded"], indirect=True)
def test_a_load_is_there_though_its_log_could_not_be_taken_into_the_file(
    folder: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, attached: str = "", **__: object) -> None:
        if attached:
            raise duckdb.OutOfMemoryException("no room")

    with monkeypatch.context() as patch:
        patch.setattr("koop_pipeline.staging.checkpoints.checkpoint", full)
        assert do_promote(folder) == ("loaded", "")
    assert len(place.rows()["members"]) == 85
    assert do_promote(folder) == ("unchanged", "")


def test_law_6_a_batch_file_that_changed_after_the_run_had_read_it_is_refused(folder: Path, place: Place) -> None:
    run = run_of(folder)
    spoil_policies(folder)
    reason = f"{ONLY}: the profile or the batch file changed since the gate; run koop migrate again"
    assert do_promote(folder, run) == ("halted", reason)
    assert place.rows()["members"] == []


def test_law_6_changed_rules_are_refused(folder: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("koop_pipeline.gates.suites.suites_fingerprint", lambda suites: "other rules")
    assert do_promote(folder) == ("halted", f"{ONLY}: the rules changed since the gate; run koop migrate again")


def test_a_failure_half_way_leaves_the_cooperative_untouched(folder: Path, place: Place) -> None:
    spoil_verdict(folder)
    assert do_promote(folder)[0] == "halted"
    with duckdb.connect(folder / "var" / "staging" / f"batch-{BATCH}.duckdb") as staging:
        staging.execute("INSERT INTO gate.decisions SELECT * FROM kept")
    place.do("CREATE UNIQUE INDEX one_state ON platform.loans (status)")
    outcome, message = do_promote(folder)
    assert outcome == "halted"
    assert message.startswith(f"{ONLY}: nothing was loaded; the target ")
    assert [place.ask(f"SELECT count(*) FROM platform.{name}") for name in ("members", "officers", "cooperatives")] == [
        [(0,)], [(0,)], [(0,)],
    ]  # fmt: skip


@pytest.mark.parametrize("delay", [0.0, 0.15, 0.4, 0.7])
def test_law_5_killed_at_some_instant_the_next_run_ends_the_same(
    folder: Path, place: Place, delay: float, reference: Rows
) -> None:
    promote_and_kill(folder, delay)
    assert do_promote(folder)[0] in {"loaded", "unchanged"}
    assert place.rows() == reference


def test_what_was_held_comes_in_later_and_nothing_else_changes(mended: Path, loaded: Place, reference: Rows) -> None:
    assert finish(run_of(mended))[ONLY]["state"] == "verified"
    before, after = reference.copy(), loaded.rows()
    changed = [(old, new) for old, new in zip(before.pop("members"), after.pop("members"), strict=True) if old != new]
    assert after == before
    assert len(changed) == 1
    assert [pair for pair in zip(*changed[0], strict=True) if pair[0] != pair[1]] == [(None, "5303012901980021")]
    assert loaded.ask("SELECT number, kind, rows FROM migration.loads ORDER BY number")[-1] == (2, "amendment", 1)
    assert loaded.ask("SELECT table_name, column_name FROM migration.amended") == [("members", "nik")]


WRITTEN = f"""
    UPDATE platform.members SET address = 'Jalan Baru' WHERE member_no = (SELECT min(member_no) FROM platform.members);
    UPDATE platform.savings_accounts SET balance = balance + 1000 WHERE account_no = (SELECT min(account_no) FROM
        platform.savings_accounts);
    INSERT INTO platform.products (cooperative_id, product_code, name, serves, kind) VALUES
        ('{ONLY}', 'BARU', 'Baru', 'savings', 'voluntary');
    DELETE FROM platform.loan_repayments WHERE entry_no = (SELECT min(entry_no) FROM platform.loan_repayments)
"""


def test_what_the_platform_wrote_since_is_no_hindrance_to_an_amendment_and_stays(mended: Path, loaded: Place) -> None:
    for sql in WRITTEN.split(";"):
        loaded.do(sql)
    before = loaded.rows()
    assert do_promote(mended) == ("amended", "")
    after = loaded.rows()
    changed = [(old, new) for old, new in zip(before.pop("members"), after.pop("members"), strict=True) if old != new]
    assert after == before
    assert [pair for pair in zip(*changed[0], strict=True) if pair[0] != pair[1]] == [(None, "5303012901980021")]
    assert len(changed) == 1
    assert do_promote(mended)[0] == "unchanged"


def test_what_was_held_of_officers_without_a_number_comes_in(folder: Path, place: Place) -> None:
    """The chair's NIK lacks a digit and the vice chair has no name; a delivery mends one, a correction the other."""
    path = folder / "legacy" / ONLY / "pengurus.csv"
    delivered = path.read_bytes()
    damaged = delivered.replace(b";5303013005730017;", b";530301300573001;").replace(b"Lusia Sila;", b";")
    path.write_bytes(damaged)
    prepare(run_of(folder))
    assert do_promote(folder) == ("loaded", "")
    officers = "SELECT officer_no, full_name, nik FROM platform.officers ORDER BY 1"
    before = place.ask(officers)
    assert ("Benediktus Lamanepa", None) in [row[1:] for row in before]
    assert "Lusia Sila" not in [row[1] for row in before]
    path.write_bytes(damaged.replace(b";530301300573001;", b";5303013005730017;"))
    said = folder / "corrections" / ONLY / "pengurus.yaml"
    said.parent.mkdir(parents=True)
    said.write_text(
        f"cooperative: {ONLY}\ncorrections:\n  - {{action: set, table: officers, at: {{file: pengurus.csv, row: 3}},"
        " column: full_name, expected: null, value: Lusia Sila, reason: SK, who: Ketua, on: 2026-07-10}\n"
    )
    prepare(run_of(folder))
    assert do_promote(folder) == ("amended", "")
    after = place.ask(officers)
    assert {row[0] for row in before} < {row[0] for row in after}
    assert len(after) == len(before) + 1 == len(set(after))
    assert {("Benediktus Lamanepa", "5303013005730017"), ("Lusia Sila", "5303014408670061")} <= {
        row[1:] for row in after
    }  # fmt: skip


def test_where_the_platform_has_filled_the_cell_otherwise_the_amendment_stays_out(mended: Path, loaded: Place) -> None:
    loaded.do("UPDATE platform.members SET nik = '5303012901980099' WHERE member_no = 'T034'")
    before = loaded.rows()
    outcome, message = do_promote(mended)
    assert outcome == "halted"
    assert message.startswith(
        f"{ONLY}: what was held of it cannot come in, and nothing was changed: the platform has since written another"
        " members.nik in 1 rows"
    )
    assert "53030129" not in message
    assert loaded.rows() == before


def test_where_the_platform_has_filled_the_cell_alike_there_is_nothing_to_do(mended: Path, loaded: Place) -> None:
    loaded.do("UPDATE platform.members SET nik = '5303012901980021' WHERE member_no = 'T034'")
    before = loaded.rows()
    assert do_promote(mended) == ("amended", "")
    assert loaded.rows() == before
    assert loaded.ask("SELECT rows FROM migration.loads WHERE number = 2") == [(0,)]


@pytest.fixture(scope="module")
def renamed(mended_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programme after its load, with that NIK mended and the name of its member changed, at the gate."""
    root = tmp_path_factory.mktemp("renamed") / "program"
    shutil.copytree(mended_once, root)
    change_line(root, 37, "Kleden;5303012901980021", "Kledan;5303012901980021")
    prepare(run_of(root))
    return root


def test_a_changed_delivery_and_a_platform_that_wrote_are_told_apart(
    renamed: Path, loaded: Place, tmp_path: Path
) -> None:
    folder = tmp_path / "program"
    shutil.copytree(renamed, folder)
    loaded.do("UPDATE platform.savings_accounts SET status = 'blocked'")
    outcome, message = do_promote(folder)
    assert outcome == "halted"
    assert "its content changed since: members.full_name differs in 1 rows; restore" in message
    assert "savings_accounts" not in message
    loaded.do("UPDATE platform.members SET full_name = 'Lain' WHERE member_no = 'T001'")
    message = do_promote(folder)[1]
    assert "members.full_name differs in 2 rows (with what the platform has written there since); restore" in message


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_a_row_that_the_database_refuses_is_named_by_its_place_and_the_rest_goes_on(
    gated: Path, tmp_path: Path, place: Place, reference: Rows
) -> None:
    """KSP-MEKAR stands first in the batch; its member A0002 is on line 3 of its list."""
    root = tmp_path / "program"
    shutil.copytree(gated, root)
    run = BatchRun.of(ProgramFolder(root), BATCH, ["KSP-MEKAR", ONLY])
    prepare(run)
    with Staging.open(tmp_path / "batch-x.duckdb", isolated=False) as staging, open_target(staging, run.target):
        pass
    place.do("ALTER TABLE platform.members ADD CONSTRAINT not_him CHECK (cooperative_id <> 'KSP-MEKAR' OR member_no"
             " <> 'A0002')")  # fmt: skip
    with Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging:
        promote(staging, run, current_hashes(run), lambda: None)
        halts = staging.rows("SELECT cooperative_id, message FROM gate.halts")
        outcomes = staging.rows("SELECT cooperative_id, outcome FROM verification.promotions")
    assert halts == [(
        "KSP-MEKAR",
        "KSP-MEKAR: nothing was loaded; the target refuses row A0002 of members: it breaks the constraint not_him"
        " (legacy/KSP-MEKAR/anggota.csv, row 3)",
    )]  # fmt: skip
    assert outcomes == [(ONLY, "loaded")]
    assert place.rows() == reference


@pytest.fixture(scope="module")
def moved(first_loads: FirstLoads, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programme after its load, with another address of the first member, at the gate."""
    folder = tmp_path_factory.mktemp("moved") / "program"
    shutil.copytree(first_loads.programme(), folder)
    with duckdb.connect(folder / "var" / "staging" / f"batch-{BATCH}.duckdb", read_only=True) as staging:
        row = staging.execute("SELECT _source_row, address FROM cleaned.members ORDER BY _row LIMIT 1").fetchone()
    assert row is not None
    change_line(folder, row[0], row[1], "Jalan Baru 1")
    prepare(run_of(folder))
    return folder


def test_changed_content_is_refused_with_the_way_out(
    moved: Path, loaded: Place, tmp_path: Path, reference: Rows
) -> None:
    folder = tmp_path / "program"
    shutil.copytree(moved, folder)
    record = finish(run_of(folder))[ONLY]
    assert record["state"] == "failed"
    assert "its content changed since: members.address differs in 1 rows" in record["message"]
    assert loaded.rows() == reference
