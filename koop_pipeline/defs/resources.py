"""What every asset gets: the programme folder, for whom the run is (`only`), and whether it is a rehearsal.

Run config to work on some cooperatives only: `resources: {batch: {config: {only: [KSP-MEKAR]}}}`.
"""

import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import dagster as dg
from pydantic import PrivateAttr

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


class Desk:
    """What the steps of one run share: the batch as it was read, and the staging file, open.

    A run has some 34 steps; each would read the batch file of 1,000 cooperatives again, and open and close the file.
    """

    def __init__(self) -> None:
        self.run: BatchRun | None = None
        self._open: tuple[Path, bool, Staging] | None = None
        self._closing = ExitStack()

    @contextmanager
    def staging(self, path: Path, *, isolated: bool) -> Iterator[Staging]:
        """The open file for one step; what the step leaves in temporary tables is dropped. Closed where it fails."""
        if self._open is None or self._open[:2] != (path, isolated):
            self.close()
            self._open = path, isolated, self._closing.enter_context(Staging.open(path, isolated=isolated))
        try:
            yield self._open[2]
            self._open[2].sweep()
        except BaseException:
            self._open = None
            with self._closing.pop_all():
                raise

    def close(self) -> None:
        """Close the file."""
        self._open = None
        self._closing.close()


class BatchResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The programme folder and the scope of a run."""

    only: list[str] = []
    rehearse: bool = False
    _desk: Desk = PrivateAttr(default_factory=Desk)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["BatchResource", None, None]:
        """The resource of one run; the staging file is closed when the run ends."""
        try:
            yield self
        finally:
            self._desk.close()
            self._desk.run = None

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
        desk = self._desk
        run = desk.run = desk.run or self.run(context.partition_key)
        path = run.folder.staging_path(run.batch.batch)
        logged = _Log(context.log.info)
        with progress.listening(logged), desk.staging(path, isolated=isolated) as staging:
            progress.step(step, len(run.ids))
            with progress.beating(LOG_EVERY):
                yield staging, run
            if snapshot:
                Snapshots(staging, run.batch, run.folder.status_path(run.batch.batch)).now()
