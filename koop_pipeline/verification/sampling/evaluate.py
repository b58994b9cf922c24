"""Evaluates the worksheets that came back in `samples/<cooperative_id>/`, and keeps answers and results in staging."""

from pathlib import Path

from koop_pipeline.errors import DeliveryError, RefusedError
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging
from koop_pipeline.verification.sampling import record
from koop_pipeline.verification.sampling.draw import promoted
from koop_pipeline.verification.sampling.judge import INCOMPLETE, NOT_DRAWN, OUTDATED, WAITING, Judged, Result, judge
from koop_pipeline.verification.sampling.model import Sample
from koop_pipeline.verification.sampling.returned import Answer, Returned, merged, read_worksheet

HIDDEN = (".", "~$")


def evaluate_all(staging: Staging, run: BatchRun) -> list[Judged]:
    """One judgement a cooperative in scope, in the order of the batch; RefusedError where nothing was drawn yet."""
    if not staging.value("SELECT count(*) FROM verification.samples"):
        raise RefusedError(f"nothing is drawn yet; run koop sample draw {run.batch.batch} first")
    now = dict(staging.rows("SELECT cooperative_id, content_sha256 FROM gate.decisions"))
    there = promoted(staging)
    return [_evaluate(staging, run, one, now.get(one) if one in there else None) for one in run.ids]


def strangers(run: BatchRun) -> list[str]:
    """Folders below `samples/` that are named like no cooperative of the programme."""
    here = run.folder.root / "samples"
    known = {one.id for name in run.folder.batch_names for one in run.folder.batch(name).cooperatives}
    every = sorted(path.name for path in here.iterdir() if path.is_dir()) if here.is_dir() else []
    return [name for name in every if name not in known and not name.startswith(HIDDEN)]


def returned_folder(run: BatchRun, cooperative_id: str) -> Path:
    """Where the worksheets of a cooperative come back to."""
    return run.folder.root / "samples" / cooperative_id


def _evaluate(staging: Staging, run: BatchRun, one: str, content: str | None) -> Judged:
    """Judge one cooperative; `content` is that of its load in the target now, None where it has none."""
    sample = record.read(staging, one)
    if sample is None:
        said = f"{one}: nothing is drawn of it; it failed before the gate (koop status), or --only left it out"
        return Judged(one, NOT_DRAWN, problems=[said])
    returned = _returned(run, sample)
    judged = judge(sample, returned.answers, returned.problems) if returned else _nothing_came(run, one)
    if content is None:
        judged.outcome = WAITING
    elif content != sample.content_sha256 or not sample.in_target:
        judged.outcome = OUTDATED
        judged.problems.append(f"{one}: what is in the target changed since the draw; draw again")
    _keep(staging, one, returned.answers if returned else [], judged)
    return judged


def _nothing_came(run: BatchRun, one: str) -> Judged:
    said = f"{one}: no worksheet came back; there is none (.xlsx) in {returned_folder(run, one)}"
    return Judged(one, INCOMPLETE, problems=[said])


def _returned(run: BatchRun, sample: Sample) -> Returned | None:
    """What all worksheets of a cooperative say, None where none came back; one that cannot be read is a problem."""
    here = returned_folder(run, sample.cooperative_id)
    parts = []
    for path in sorted(here.iterdir()) if here.is_dir() else []:
        if path.name.startswith(HIDDEN) or path.suffix.lower() != ".xlsx":
            continue
        try:
            parts.append(read_worksheet(path, run.batch.batch, sample))
        except DeliveryError as error:
            parts.append(Returned(problems=[str(error)]))
    return merged(parts) if parts else None


def _keep(staging: Staging, one: str, answers: list[Answer], judged: Judged) -> None:
    for table in ("sample_answers", "sample_results"):
        staging.clear(f"verification.{table}", [one])
    record.insert(staging, "sample_answers", one, Answer, answers)
    record.insert(staging, "sample_results", one, Result, judged.results)
