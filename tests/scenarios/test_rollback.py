"""Rollback and rehearsal in both kinds of target: one load goes, and the state before it is proved to be back."""

import json
import shutil
import threading
from pathlib import Path

import psycopg
import pytest
from promotable import BATCH, ONLY, FirstLoads, Place, do_promote, do_roll_back, do_verify, mend, run_of
from world import finish, migrate, prepare

from koop_pipeline.errors import RefusedError
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion.rollback import roll_back
from koop_pipeline.staging import Staging


@pytest.fixture
def folder(gated: Path, tmp_path: Path) -> Path:
    """A copy to work on."""
    root = tmp_path / "program"
    shutil.copytree(gated, root)
    return root


def counted(place: Place) -> int:
    """Rows in all platform tables together."""
    return sum(len(rows) for rows in place.rows().values())


def test_a_load_is_taken_out_whole_and_can_be_loaded_again(folder: Path, place: Place) -> None:
    assert do_promote(folder)[0] == "loaded"
    before = place.rows()
    assert do_roll_back(folder) == ["full"]
    assert counted(place) == 0
    books = ("loads", "load_tables", "held", "verdicts", "evidence", "amended")
    assert [place.ask(f"SELECT count(*) FROM migration.{book}") for book in books] == [[(0,)]] * len(books)
    assert place.ask("SELECT cooperative_id, batch, kind FROM migration.rollbacks") == [(ONLY, BATCH, "full")]
    assert do_promote(folder)[0] == "loaded"
    assert place.rows() == before


def test_a_load_and_its_amendment_go_together(mended: Path, loaded: Place) -> None:
    assert finish(run_of(mended))[ONLY]["state"] == "verified"
    assert do_roll_back(mended) == ["amendment", "full"]
    assert counted(loaded) == 0


@pytest.fixture(scope="module")
def later_once(first_loads: FirstLoads, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programme after its load, with a NIK that was held mended in the delivery of a later batch, at the gate."""
    root = tmp_path_factory.mktemp("later") / "program"
    shutil.copytree(first_loads.programme(), root)
    mend(root)
    text = (root / "batches" / f"{BATCH}.yaml").read_text()
    (root / "batches" / "susulan.yaml").write_text(text.replace(f"batch: {BATCH}", "batch: susulan"))
    prepare(later_run(root))
    return root


@pytest.fixture
def later(later_once: Path, tmp_path: Path) -> Path:
    """A copy of it to work on."""
    return Path(shutil.copytree(later_once, tmp_path / "program"))


def later_run(root: Path) -> BatchRun:
    """The later batch, limited to the one cooperative."""
    return BatchRun.of(ProgramFolder(root), "susulan", [ONLY])


def test_an_amendment_of_a_later_batch_goes_alone(later: Path, loaded: Place) -> None:
    before = loaded.rows()
    run = later_run(later)
    assert finish(run)[ONLY]["state"] == "verified"
    assert loaded.rows() != before
    with pytest.raises(RefusedError, match="the later load of batch susulan stands on that of batch gelombang-01"):
        do_roll_back(later)
    with Staging.open(run.folder.staging_path("susulan"), isolated=False) as staging:
        assert [load.kind for load in roll_back(staging, run, ONLY)] == ["amendment"]
    assert loaded.rows() == before
    assert do_roll_back(later) == ["full"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("UPDATE platform.members SET address = 'Jalan Baru' WHERE member_no = (SELECT min(member_no) FROM"
         " platform.members)", "members (loaded 85 rows, now 85)"),
        ("INSERT INTO platform.products (cooperative_id, product_code, name, serves, kind) VALUES ('KSU-TANI-MAJU',"
         " 'BARU', 'Baru', 'savings', 'voluntary')", "products (loaded"),
    ],
)  # fmt: skip
def test_what_the_platform_wrote_since_keeps_the_load(folder: Path, place: Place, written: str, said: str) -> None:
    assert do_promote(folder)[0] == "loaded"
    place.do(written)
    before = place.rows()
    with pytest.raises(RefusedError, match="the platform has written to its rows since they were loaded") as refused:
        do_roll_back(folder)
    assert said in str(refused.value)
    assert place.rows() == before


def test_what_was_never_loaded_cannot_be_taken_out(folder: Path, place: Place) -> None:
    with pytest.raises(RefusedError, match=f"{ONLY}: batch {BATCH} has loaded nothing of it into this target"):
        do_roll_back(folder)


def test_a_rehearsal_leaves_a_report_and_nothing_else(
    folder: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place.is_postgres:
        monkeypatch.setenv("KOOP_TARGET", f"{place.url}{'&' if '?' in place.url else '?'}password=geheim")
    record = finish(run_of(folder, rehearse=True))[ONLY]
    assert (record["state"], record["verdict"]) == ("rehearsed", "warned")
    assert {field: record["rows"]["members"][field] for field in ("promoted", "waiting")} == {
        "promoted": 0, "waiting": record["rows"]["members"]["extracted"],
    }  # fmt: skip
    report = json.loads((folder / "var" / "rehearsals" / f"{BATCH}.json").read_text())
    (line,) = report["cooperatives"]
    assert (line["cooperative_id"], line["passed"], line["rows"]["members"]) == (ONLY, True, 85)
    assert line["totals"]["savings"] == "463535391.90"
    assert "geheim" not in json.dumps(report)
    assert counted(place) == 0
    assert place.ask("SELECT cooperative_id, batch, passed FROM migration.rehearsals") == [(ONLY, BATCH, True)]
    if place.is_postgres:
        left = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rehearsal%'"
        assert place.ask(left) == []
    else:
        assert list((folder.parent).glob("rehearsal-*")) == []


@pytest.fixture(scope="module")
def demanding(gated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, of a batch that demands a rehearsal."""
    root = tmp_path_factory.mktemp("demanding") / "program"
    shutil.copytree(gated, root)
    path = root / "batches" / f"{BATCH}.yaml"
    path.write_text(path.read_text() + "requires_rehearsal: true\n")
    prepare(run_of(root))
    return root


@pytest.fixture(scope="module")
def demanding_of_more(demanding: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That batch with other content."""
    root = tmp_path_factory.mktemp("more") / "program"
    shutil.copytree(demanding, root)
    mend(root)
    prepare(run_of(root))
    return root


def test_a_batch_may_demand_a_rehearsal_of_the_same_content(
    demanding: Path, demanding_of_more: Path, tmp_path: Path, place: Place
) -> None:
    folder, changed = tmp_path / "program", tmp_path / "changed"
    shutil.copytree(demanding, folder)
    shutil.copytree(demanding_of_more, changed)
    demanded = f"{ONLY}: batch {BATCH} requires a passed rehearsal of the same content; run koop migrate"
    record = finish(run_of(folder))[ONLY]
    assert (record["state"], record["message"].startswith(demanded)) == ("failed", True)
    assert finish(run_of(folder, rehearse=True))[ONLY]["state"] == "rehearsed"
    assert migrate(folder, BATCH, [ONLY])[ONLY]["state"] == "verified"
    assert do_roll_back(folder) == ["full"]
    record = finish(run_of(changed))[ONLY]
    assert (record["state"], record["message"].startswith(demanded)) == ("failed", True)


def test_a_rehearsal_says_nothing_new_of_what_is_in_production(folder: Path, place: Place) -> None:
    assert finish(run_of(folder))[ONLY]["state"] == "verified"
    record = migrate(folder, BATCH, [ONLY], rehearse=True)[ONLY]
    assert (record["state"], record["rows"]["members"]["promoted"]) == ("promoted", 85)
    place.do(f"UPDATE platform.members SET address = 'PALSU' WHERE cooperative_id = '{ONLY}'")
    (said,) = do_verify(folder)
    assert "members has 0 rows missing, 0 unexpected and 85 differing" in said


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_a_rehearsal_that_cannot_be_noted_is_reported_and_has_not_passed(
    folder: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("koop_pipeline.target.postgres.target.ALONE_SECONDS", 0.0)
    assert do_promote(folder)[0] == "loaded"
    with psycopg.connect(place.url) as busy:
        busy.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"koop platform {ONLY}"])
        finish(run_of(folder, rehearse=True))
    (line,) = json.loads(run_of(folder).folder.rehearsal_path(BATCH).read_text())["cooperatives"]
    assert (line["passed"], line["message"]) == (
        False,
        "the target's books could not take that it was rehearsed: another run is loading this cooperative at this"
        " moment; this run left it alone; rehearse it again",
    )
    assert place.ask("SELECT count(*) FROM migration.rehearsals") == [(0,)]


def test_what_was_held_can_come_in_again_after_the_amendment_was_taken_out(later: Path, loaded: Place) -> None:
    held = sorted(loaded.ask("SELECT table_name, key, column_name, rule FROM migration.held"), key=repr)
    assert held
    for again in (False, True):
        run = later_run(later)
        if again:
            prepare(run)
        assert finish(run)[ONLY]["state"] == "verified"
        with Staging.open(run.folder.staging_path("susulan"), isolated=False) as staging:
            assert [load.kind for load in roll_back(staging, run, ONLY)] == ["amendment"]
        assert sorted(loaded.ask("SELECT table_name, key, column_name, rule FROM migration.held"), key=repr) == held


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_a_rollback_waits_for_a_writer_and_then_refuses(folder: Path, place: Place) -> None:
    assert do_promote(folder)[0] == "loaded"
    with psycopg.connect(place.url) as writer:
        writer.execute("UPDATE platform.members SET address = 'Jalan Baru' WHERE cooperative_id = %s", [ONLY])
        done = threading.Timer(2.0, writer.commit)
        done.start()
        with pytest.raises(RefusedError, match="the platform has written to its rows since they were loaded: members"):
            do_roll_back(folder)
        done.join()
    assert place.ask("SELECT DISTINCT address FROM platform.members") == [("Jalan Baru",)]


FIRST = f"cooperative_id = '{ONLY}' AND member_no = (SELECT min(member_no) FROM platform.members)"
KEY = "cooperative_id text, member_no text"
PAIR = f"SELECT cooperative_id, member_no FROM platform.members WHERE {FIRST}"


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    ("written", "said"),
    [
        (f"ALTER TABLE platform.members ADD tier int; UPDATE platform.members SET tier = 3 WHERE {FIRST}",
         "column tier of members (1 row)"),
        (f"ALTER TABLE platform.members ADD tags jsonb DEFAULT '[]'; UPDATE platform.members SET tags = '[1]' WHERE"
         f" {FIRST}", "column tags of members (1 row)"),
        (f"CREATE TABLE platform.cards ({KEY}, card text, FOREIGN KEY (cooperative_id, member_no) REFERENCES"
         f" platform.members ON DELETE CASCADE); INSERT INTO platform.cards {PAIR}",
         "table platform.cards, which refers to members (1 row)"),
        (f"CREATE SCHEMA app; CREATE TABLE app.cards ({KEY}, FOREIGN KEY (cooperative_id, member_no) REFERENCES"
         f" platform.members ON DELETE SET NULL); INSERT INTO app.cards {PAIR}; INSERT INTO app.cards {PAIR};"
         " ALTER TABLE app.cards ENABLE ROW LEVEL SECURITY",
         "table app.cards, which refers to members (2 rows)"),
        ("ALTER TABLE platform.members ADD code text; UPDATE platform.members SET code = member_no;"
         " ALTER TABLE platform.members ADD UNIQUE (code);"
         " CREATE TABLE platform.tokens (code text REFERENCES platform.members (code) ON DELETE CASCADE);"
         " INSERT INTO platform.tokens SELECT code FROM platform.members LIMIT 1",
         "column code of members (85 rows), table platform.tokens, which refers to members (1 row)"),
    ],
)  # fmt: skip
def test_what_the_platform_keeps_beside_its_rows_keeps_the_load(
    folder: Path, place: Place, written: str, said: str
) -> None:
    assert do_promote(folder)[0] == "loaded"
    place.do(written)
    before = place.rows()
    with pytest.raises(RefusedError, match="the platform keeps more with its rows") as refused:
        do_roll_back(folder)
    assert f": {said}; it would be lost" in str(refused.value)
    assert place.rows() == before


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_the_moment_of_the_load_as_default_hinders_no_rollback_and_another_moment_does(
    folder: Path, place: Place
) -> None:
    assert do_promote(folder)[0] == "loaded"
    assert do_roll_back(folder) == ["full"]
    place.do(
        "ALTER TABLE platform.members ADD made timestamptz DEFAULT now(), ADD day date NOT NULL DEFAULT CURRENT_DATE,"
        " ADD utc timestamp DEFAULT timezone('utc', now()), ADD local timestamp DEFAULT LOCALTIMESTAMP"
    )
    assert do_promote(folder)[0] == "loaded"
    place.do(f"UPDATE platform.members SET made = made + interval '1 microsecond' WHERE {FIRST}")
    place.do(f"UPDATE platform.members SET day = day - 1 WHERE {FIRST}")
    with pytest.raises(RefusedError, match=r"column day of members \(1 row\), column made of members \(1 row\); it"):
        do_roll_back(folder)
    place.do(f"UPDATE platform.members SET made = made - interval '1 microsecond', day = day + 1 WHERE {FIRST}")
    place.do("ALTER TABLE platform.members ADD token uuid DEFAULT gen_random_uuid()")
    with pytest.raises(RefusedError, match=r"column token of members \(85 rows\); it"):
        do_roll_back(folder)
    place.do("ALTER TABLE platform.members DROP token")
    assert do_roll_back(folder) == ["full"]


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_what_holds_nothing_of_the_cooperative_hinders_no_rollback(folder: Path, place: Place) -> None:
    """Empty columns and those that only hold their default, and rows of another cooperative."""
    assert do_promote(folder)[0] == "loaded"
    place.do(
        "ALTER TABLE platform.members ADD tier int, ADD level text DEFAULT 'biasa', ADD tags jsonb DEFAULT '[]';"
        f"CREATE TABLE platform.cards ({KEY}, FOREIGN KEY (cooperative_id, member_no) REFERENCES platform.members"
        " ON DELETE CASCADE);"
        "INSERT INTO platform.cooperatives (cooperative_id, name, kind, form, savings_loan_unit, status) VALUES"
        " ('LAIN', 'x', 'services', 'primary', 'none', 'active');"
        "INSERT INTO platform.members (cooperative_id, member_no, full_name, party, membership, status, tier) VALUES"
        " ('LAIN', '1', 'x', 'person', 'member', 'active', 5);"
        "INSERT INTO platform.cards VALUES ('LAIN', '1')"
    )
    assert do_roll_back(folder) == ["full"]
    assert place.ask("SELECT * FROM platform.cards") == [("LAIN", "1")]
