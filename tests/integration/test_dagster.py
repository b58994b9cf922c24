"""The Dagster side: what is defined, how it hangs together, what starts by itself. Runs are in tests/scenarios."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::Warning:dagster.*")

STEPS = {
    "extract": "raw_",
    "map": "mapped_",
    "clean": "cleaned_",
    "gate": "gated_",
    "promote": "promoted_",
    "verify": "verified_",
}
CATEGORIES = (
    "cooperatives", "officers", "members", "savings_accounts", "savings_transactions", "loans", "loan_repayments",
    "collaterals", "accounts",
)  # fmt: skip
BATCH = """batch: {name}
cutoff_on: 2026-06-30
{starts}
cooperatives:
  - {{id: KSP-A, name: KSP A, profile: p, source: legacy/a}}
"""


@pytest.fixture
def programme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A programme folder with two batches, one of which starts by itself."""
    for folder in ("batches", "mappings", "legacy/a"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "program.yaml").write_text("program: uji\nname: Uji\n")
    (tmp_path / "mappings" / "p.yaml").write_text("profile: p\nreads: {format: csv}\n")
    starts = "starts_at: 2026-07-03T19:00:00+08:00"
    (tmp_path / "batches" / "satu.yaml").write_text(BATCH.format(name="satu", starts=starts))
    (tmp_path / "batches" / "dua.yaml").write_text(BATCH.format(name="dua", starts=""))
    monkeypatch.setenv("KOOP_PROGRAM", str(tmp_path))
    return tmp_path


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Any]:
    """A Dagster instance on SQLite in a folder of its own."""
    import dagster as dg

    home = tmp_path / "dagster"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as made:
        yield made


def nodes() -> dict[str, Any]:
    """Asset name -> its node in the graph."""
    from koop_pipeline.defs.assembly import build

    graph = build().resolve_asset_graph()
    return {node.key.to_user_string(): node for node in graph.asset_nodes}


@pytest.mark.parametrize(("group", "prefix"), STEPS.items())
def test_every_step_has_an_asset_for_every_category(group: str, prefix: str) -> None:
    found = {name for name, node in nodes().items() if node.group_name == group}
    assert {prefix + category for category in CATEGORIES} <= found


def test_the_opening_tables_are_a_step_of_their_own() -> None:
    assert {name for name, node in nodes().items() if node.group_name == "open"} == {
        "opening_savings_balances",
        "loan_schedules",
        "opening_trial_balance",
    }


def test_every_asset_is_partitioned_by_batch_and_the_way_leads_from_raw_to_verified() -> None:
    every = nodes()
    assert {node.partitions_def.name for node in every.values()} == {"batch"}
    seen: set[str] = set()
    waiting = ["verified_members"]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += [key.to_user_string() for key in every[name].parent_keys]
    assert {"promoted_members", "verdicts", "gated_members", "cleaned_members", "mapped_members", "raw_members"} <= seen


def test_a_suite_is_one_check_and_so_is_the_comparison_of_a_table() -> None:
    from koop_pipeline.defs.assembly import build

    names = [key.name for key in build().resolve_asset_graph().asset_check_keys]
    assert sum(name.startswith("suite_") for name in names) == 14
    assert sum(name.startswith("same_") for name in names) == 13
    assert names.count("nothing_blocked") == 1


def test_the_sensor_registers_batch_files_as_partitions(programme: Path, instance: Any) -> None:
    import dagster as dg

    from koop_pipeline.defs.automation import register_batches
    from koop_pipeline.defs.resources import BatchResource

    with dg.build_sensor_context(instance=instance, resources={"batch": BatchResource()}) as context:
        result: Any = register_batches(context)
        assert [request.partition_keys for request in result.dynamic_partitions_requests] == [["dua", "satu"]]
        instance.add_dynamic_partitions("batch", ["dua", "satu"])
        again: Any = register_batches(context)
    assert not again.dynamic_partitions_requests


def asked(instance: Any, now: str) -> list[Any]:
    """The runs that the schedule asks for at that minute; where there are none it gives a reason, never both."""
    import dagster as dg

    from koop_pipeline.defs.automation import start_batches
    from koop_pipeline.defs.resources import BatchResource

    with dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=datetime.fromisoformat(now),
        resources={"batch": BatchResource()},
    ) as context:
        answers: Any = list(start_batches(context))  # type: ignore[arg-type]
    requests = [answer for answer in answers if isinstance(answer, dg.RunRequest)]
    assert requests == answers or [type(answer) for answer in answers] == [dg.SkipReason]
    return requests


@pytest.mark.parametrize(
    ("now", "started"),
    [
        ("2026-07-03T18:59:00+08:00", []),
        ("2026-07-03T19:00:00+08:00", ["satu"]),
        ("2026-07-03T11:05:00+00:00", ["satu"]),
        ("2026-07-04T18:59:00+08:00", ["satu"]),
        ("2026-07-04T19:00:00+08:00", []),
    ],
)
def test_a_batch_starts_at_its_hour_and_not_a_day_later(
    programme: Path, instance: Any, now: str, started: list[str]
) -> None:
    runs = asked(instance, now)
    assert [run.partition_key for run in runs] == started
    assert {run.run_key for run in runs} == {f"start-{name} 2026-07-03T11:00:00+00:00" for name in started}


def test_a_batch_is_started_once_for_an_hour_and_again_for_another(programme: Path, instance: Any) -> None:
    """The schedule asks every minute of a whole day; a rollback in that day must not be undone a minute later."""
    import dagster as dg
    from dagster._core.utils import make_new_run_id

    def started(now: str) -> list[str]:
        requests = asked(instance, now)
        for request in requests:
            instance.add_run(dg.DagsterRun("migrate_batch", make_new_run_id(), tags=dict(request.tags)))
        return [str(request.partition_key) for request in requests]

    assert started("2026-07-03T11:00:00+00:00") == ["satu"]
    assert started("2026-07-03T11:01:00+00:00") == []
    assert started("2026-07-04T10:59:00+00:00") == []
    path = programme / "batches" / "satu.yaml"
    path.write_text(path.read_text().replace("2026-07-03T19:00:00+08:00", "2026-07-04T19:00:00+08:00"))
    assert started("2026-07-04T11:00:00+00:00") == ["satu"]
    assert started("2026-07-04T11:01:00+00:00") == []


@pytest.mark.parametrize(
    ("starts", "read"),
    [
        ("starts_at: 2026-07-09T19:00:00+08:00", False),
        ("starts_at: '2026-07-09T19:00:00+08:00'", True),
        ("# starts_at: at night", True),
        ("", False),
    ],
)
def test_a_batch_file_is_read_whole_only_where_its_time_may_have_come(
    programme: Path, instance: Any, monkeypatch: pytest.MonkeyPatch, starts: str, read: bool
) -> None:
    """Two hundred batches of a thousand cooperatives are asked every minute; 2026-07-03 19:00 +08:00 is 11:00 UTC."""
    from koop_pipeline.program.folder import ProgramFolder
    from koop_pipeline.program.program_file import Batch

    whole: list[str] = []
    batch = ProgramFolder.batch

    def told(folder: ProgramFolder, name: str) -> Batch:
        whole.append(name)
        return batch(folder, name)

    monkeypatch.setattr(ProgramFolder, "batch", told)
    (programme / "batches" / "tiga.yaml").write_text(BATCH.format(name="tiga", starts=starts))
    assert [request.partition_key for request in asked(instance, "2026-07-03T11:00:00+00:00")] == ["satu"]
    assert whole == (["satu", "tiga"] if read else ["satu"])


def test_great_expectations_is_not_imported_when_definitions_load() -> None:
    import subprocess
    import sys

    code = (
        "import sys, koop_pipeline.definitions, koop_pipeline.defs.assembly as a; a.build();"
        " print('great_expectations' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "False"


def test_dagster_keeps_its_runs_in_postgresql_where_the_environment_names_one(
    programme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dagster as dg
    import psycopg
    from postgres_server import new_database

    from koop_pipeline.defs.instance import prepare_ui, storage_of
    from koop_pipeline.program.folder import ProgramFolder

    folder = ProgramFolder(programme)
    monkeypatch.delenv("KOOP_DAGSTER_URL", raising=False)
    assert storage_of(folder).startswith(f"SQLite files in {programme.resolve() / 'var' / 'dagster'}")
    home = Path(prepare_ui(folder)["DAGSTER_HOME"])
    assert "postgres" not in (home / "dagster.yaml").read_text()
    with new_database() as url:
        monkeypatch.setenv("KOOP_DAGSTER_URL", url)
        assert storage_of(folder) == "PostgreSQL (KOOP_DAGSTER_URL)"
        prepare_ui(folder)
        assert url not in (home / "dagster.yaml").read_text()
        with dg.DagsterInstance.from_config(str(home)) as made:
            run = made.create_run_for_job(job_def=dg.JobDefinition(graph_def=dg.GraphDefinition(name="kosong")))
            assert [each.run_id for each in made.get_runs()] == [run.run_id]
        with psycopg.connect(url) as connection:
            kept = connection.execute("SELECT run_id FROM runs").fetchall()
            partitions = connection.execute("SELECT partition FROM dynamic_partitions ORDER BY 1").fetchall()
    assert kept == [(run.run_id,)]
    assert partitions == [("dua",), ("satu",)]


def test_the_event_log_keeps_a_few_connections_open_and_loses_no_event(programme: Path) -> None:
    """Ten runs of one op: 3 events of the step each, whether their file is still open or was closed meanwhile."""
    import dagster as dg

    from koop_pipeline.defs.instance import dagster_home
    from koop_pipeline.defs.storage import KEPT, SqliteEventLog
    from koop_pipeline.program.folder import ProgramFolder

    @dg.op
    def satu() -> None:
        """Does nothing."""

    @dg.job
    def kosong() -> None:
        satu()

    with dg.DagsterInstance.from_config(str(dagster_home(ProgramFolder(programme)))) as made:
        log = made.event_log_storage
        assert isinstance(log, SqliteEventLog)
        runs = [kosong.execute_in_process(instance=made).run_id for _ in range(10)]
        assert len(log._engines) == KEPT < len(runs)
        for run_id in runs:
            kinds = [each.event_log_entry.dagster_event_type for each in log.get_records_for_run(run_id).records]
            assert [kind.value for kind in kinds if kind and kind.value.startswith("STEP")] == [
                "STEP_START", "STEP_OUTPUT", "STEP_SUCCESS",
            ]  # fmt: skip
        with log.index_connection() as index:
            asked = [index.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("journal_mode", "synchronous")]
        assert asked == ["wal", 1], "SQLite does not wait for the disk, which only its own log makes safe"
        assert [log.has_table(name) for name in ("dynamic_partitions", "no_table", "dynamic_partitions")] == [
            True, False, True,
        ]  # fmt: skip
    assert log._engines == {}


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_a_run_stores_its_events_in_postgresql(programme: Path, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    import dagster as dg
    import psycopg
    from postgres_server import new_database

    from koop_pipeline.defs.instance import dagster_home
    from koop_pipeline.program.folder import ProgramFolder

    @dg.op
    def satu() -> None:
        """Does nothing."""

    @dg.job
    def kosong() -> None:
        satu()

    with new_database() as url:
        monkeypatch.setenv("KOOP_DAGSTER_URL", f"{scheme}://{url.partition('://')[2]}")
        with dg.DagsterInstance.from_config(str(dagster_home(ProgramFolder(programme)))) as made:
            done = kosong.execute_in_process(instance=made)
        with psycopg.connect(url) as connection:
            kept = connection.execute(
                "SELECT dagster_event_type FROM event_logs WHERE run_id = %s AND dagster_event_type LIKE 'STEP%%'"
                " ORDER BY id", [done.run_id]
            ).fetchall()  # fmt: skip
    assert done.success
    assert kept == [("STEP_START",), ("STEP_OUTPUT",), ("STEP_SUCCESS",)]


def test_a_run_goes_through_the_steps_that_the_bar_counts_and_keeps_its_pace(programme: Path) -> None:
    import dagster as dg

    from koop_pipeline import progress
    from koop_pipeline.cli.migrate import STEPS as NAMES
    from koop_pipeline.defs.instance import dagster_home, run_job
    from koop_pipeline.program.folder import ProgramFolder

    (programme / "mappings" / "p.yaml").write_text(
        "profile: p\nreads: {format: csv}\nmembers: {from: anggota, columns: {member_no: kode, full_name: nama}}\n"
    )
    (programme / "legacy" / "a" / "anggota.csv").write_text("kode,nama\nA1,Siti\nA2,Budi\n")
    heard: list[progress.Standing] = []
    with progress.listening(heard.append):
        assert run_job(ProgramFolder(programme), "satu", [])
    begun = [now.step for now in heard]
    assert begun[0] == "extract"
    assert set(begun) == set(NAMES)
    ended = {now.step: (now.done, now.of) for now in heard}
    filled = ("extract", "map members", "map: account of raw tables", "clean members")
    for name in (*filled, "verdicts", "data docs", "control totals"):
        assert ended[name] == (1, 1), f"{name} ends with {ended[name]} cooperatives"
    assert len(NAMES) == len(set(NAMES))
    with dg.DagsterInstance.from_config(str(dagster_home(ProgramFolder(programme)))) as made:
        events = [made.get_latest_materialization_event(key) for key in made.all_asset_keys()]
        kept = [event.asset_materialization for event in events if event]
        metadata = {each.asset_key.to_user_string(): each.metadata for each in kept if each}
    assert len(metadata) == 3 * 11 + 2 + 3 + 14 + 2 + 2 * 13 + 1
    assert all(isinstance(each["seconds"].value, float) for each in metadata.values())
    assert metadata["mapped_members"]["rows worked through"].value == 2
    assert metadata["cleaned_members"]["cooperatives done"].value == 1
