"""What every asset gets: the programme folder, for whom the run is (`only`), and whether it is a rehearsal.

Run config to work on some cooperatives only: `resources: {batch: {config: {only: [KSP-MEKAR]}}}`.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import dagster as dg

from koop_pipeline import progress
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging
from koop_pipeline.status.snapshot import Snapshots

PROGRAM_VARIABLE = "KOOP_PROGRAM"
LOG_EVERY = 10.0
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
if TYPE_CHECKING:
    Materialized: TypeAlias = dg.MaterializeResult[Any]
else:  # Dagster reads annotations and knows the bare class only
    Materialized = dg.MaterializeResult
batches = dg.DynamicPartitionsDefinition(name="batch")


def program_root() -> Path:
    """KOOP_PROGRAM, else the working directory if it is a programme folder, else the sample."""
    if os.environ.get(PROGRAM_VARIABLE):
        return Path(os.environ[PROGRAM_VARIABLE])
    here = Path.cwd()
    return here if (here / "program.yaml").is_file() else SAMPLE


@dataclass
class _Log:
    """Tells Dagster's log of a run how far a long step has come, every LOG_EVERY seconds."""

    write: Callable[[str], None]
    told: float = field(default_factory=time.monotonic)

    def __call__(self, now: progress.Standing) -> None:
        if time.monotonic() - self.told >= LOG_EVERY:
            self.told = time.monotonic()
            self.write(progress.sentence(now))


class BatchResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The programme folder and the scope of a run."""

    only: list[str] = []
    rehearse: bool = False

    @property
    def folder(self) -> ProgramFolder:
        """The programme folder this code location serves."""
        return ProgramFolder(program_root())

    def run(self, batch_name: str) -> BatchRun:
        """The batch of a partition, limited to `only`."""
        return BatchRun.of(self.folder, batch_name, self.only, rehearse=self.rehearse)

    @contextmanager
    def working(
        self, context: dg.AssetExecutionContext, step: str, *, isolated: bool = True, snapshot: bool = False
    ) -> Iterator[tuple[Staging, BatchRun]]:
        """Staging and run for one step; with `snapshot` the status is written when the step is done."""
        run = self.run(context.partition_key)
        logged = _Log(context.log.info)
        with (
            progress.listening(logged),
            Staging.open(run.folder.staging_path(run.batch.batch), isolated=isolated) as staging,
        ):
            progress.step(step, len(run.ids))
            yield staging, run
            if snapshot:
                Snapshots(staging, run.batch, run.folder.status_path(run.batch.batch)).now()
