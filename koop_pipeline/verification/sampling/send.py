"""Draws the samples of a batch and writes a worksheet for each cooperative that has one."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from koop_pipeline.program.program_file import Cooperative
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging
from koop_pipeline.verification.sampling.cover import Cover
from koop_pipeline.verification.sampling.draw import Drawn, draw_all
from koop_pipeline.verification.sampling.terms import Terms
from koop_pipeline.verification.sampling.worksheet import write_worksheet


@dataclass(frozen=True)
class Sent:
    """One cooperative's draw, and its worksheet; None where nothing of it could be drawn."""

    drawn: Drawn
    path: Path | None


def send_all(staging: Staging, run: BatchRun, terms: Terms, folder: Path, today: date) -> list[Sent]:
    """Draw for every cooperative in scope and write `folder`/<id>.xlsx; one answer each, in the order of the batch."""
    by_id = {cooperative.id: cooperative for cooperative in run.cooperatives}
    sent = []
    for drawn in draw_all(staging, run, terms):
        path = None
        if drawn.sample is not None and drawn.sample.lines:
            path = folder / f"{drawn.cooperative_id}.xlsx"
            write_worksheet(path, _cover(run, by_id[drawn.cooperative_id], today), drawn.sample)
        sent.append(Sent(drawn, path))
    return sent


def _cover(run: BatchRun, cooperative: Cooperative, today: date) -> Cover:
    program = run.folder.program
    to = program.responsible
    contact = f" ({to.contact})" if to and to.contact else ""
    return Cover(
        programme_name=program.name,
        batch=run.batch.batch,
        cooperative_id=cooperative.id,
        name=cooperative.name,
        cutoff_on=run.cutoff_on(cooperative),
        made_on=today,
        send_to=f"{to.name}{contact}" if to else program.name,
    )
