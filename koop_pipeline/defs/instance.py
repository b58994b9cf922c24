"""The Dagster instance of a programme folder, below `var/dagster`, and running the job in this process."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from filelock import FileLock, Timeout

from koop_pipeline.defs.resources import PROGRAM_VARIABLE, batches
from koop_pipeline.errors import RefusedError
from koop_pipeline.program.folder import ProgramFolder

SETTINGS = Path(__file__).resolve().parents[2] / "dagster.yaml"


def dagster_home(folder: ProgramFolder) -> Path:
    """`var/dagster` with the repo's dagster.yaml in it."""
    home = (folder.home / "dagster").resolve()
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(SETTINGS, home / "dagster.yaml")
    return home


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


def run_job(folder: ProgramFolder, batch: str, only: Sequence[str]) -> bool:
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
                "resources": {"batch": {"config": {"only": list(only)}}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            raise_on_error=True,
        )
    return bool(result.success)
