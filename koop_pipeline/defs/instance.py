"""The Dagster instance of a programme folder, below `var/dagster`, and running the job in this process."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import yaml
from filelock import FileLock, Timeout

from koop_pipeline.defs.resources import PROGRAM_VARIABLE, batches
from koop_pipeline.errors import RefusedError
from koop_pipeline.program.folder import ProgramFolder

STORAGE_VARIABLE = "KOOP_DAGSTER_URL"
STORAGES = "koop_pipeline.defs.storage"
SETTINGS = Path(__file__).resolve().parents[2] / "dagster.yaml"


def dagster_home(folder: ProgramFolder) -> Path:
    """`var/dagster` with the repo's dagster.yaml in it; with SQLite files where STORAGE_VARIABLE is not set."""
    home = (folder.home / "dagster").resolve()
    home.mkdir(parents=True, exist_ok=True)
    settings = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))
    if not os.environ.get(STORAGE_VARIABLE):
        base = {"base_dir": str(home)}
        settings["storage"] = {"custom": {"module": STORAGES, "class": "SqliteStorage", "config": base}}
    temporary = home / f"dagster.yaml.{os.getpid()}"
    temporary.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    os.replace(temporary, home / "dagster.yaml")
    return home


def storage_of(folder: ProgramFolder) -> str:
    """Where Dagster keeps its runs, as a sentence for the terminal."""
    if os.environ.get(STORAGE_VARIABLE):
        return f"PostgreSQL ({STORAGE_VARIABLE})"
    return f"SQLite files in {dagster_home(folder)}; set {STORAGE_VARIABLE} to keep them in PostgreSQL"


def prepare_ui(folder: ProgramFolder) -> dict[str, str]:
    """Register the batch files as partitions; returns the environment that Dagster's processes need."""
    home = dagster_home(folder)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        instance.add_dynamic_partitions(batches.name or "", folder.batch_names)
    return {"DAGSTER_HOME": str(home), PROGRAM_VARIABLE: str(folder.root.resolve())}


@contextmanager
def _alone(folder: ProgramFolder, batch: str) -> Iterator[None]:
    """Only one run from the command line works on a batch; RefusedError where another one does."""
    path = folder.staging_path(batch).with_suffix(".run")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path, timeout=1):
            yield
    except Timeout:
        raise RefusedError(f"batch {batch}: another koop migrate is at work on it; wait until it has ended") from None


def run_job(folder: ProgramFolder, batch: str, only: Sequence[str], *, rehearse: bool = False) -> bool:
    """Run `migrate_batch` for one batch in this process; whether every step of it succeeded."""
    from koop_pipeline.defs.assembly import build

    os.environ[PROGRAM_VARIABLE] = str(folder.root.resolve())
    home = dagster_home(folder)
    os.environ["DAGSTER_HOME"] = str(home)
    with _alone(folder, batch), dg.DagsterInstance.from_config(str(home)) as instance:
        instance.add_dynamic_partitions(batches.name or "", [batch])
        job = build().resolve_job_def("migrate_batch")
        result = job.execute_in_process(
            instance=instance,
            partition_key=batch,
            run_config={
                "resources": {"batch": {"config": {"only": list(only), "rehearse": rehearse}}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            raise_on_error=True,
        )
    return bool(result.success)
