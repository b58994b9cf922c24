"""The job, the schedule that starts batches, and the sensor that registers batch files as partitions."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import yaml

from koop_pipeline.defs.resources import BatchResource, batches
from koop_pipeline.errors import KoopError
from koop_pipeline.program.folder import ProgramFolder

LATEST_START = timedelta(days=1)
STARTED_TAG = "koop/started"
"""On the run of a batch that started by itself: the batch and its hour."""
STARTS_AT = re.compile(rb"^starts_at[ \t]*:(.*)$", re.MULTILINE)

migrate_batch = dg.define_asset_job(
    name="migrate_batch",
    selection=dg.AssetSelection.all(),
    partitions_def=batches,
    executor_def=dg.in_process_executor,
    description="Extract to verify for one batch. Limit it to some cooperatives by resources.batch.config.only.",
)


@dg.schedule(
    job=migrate_batch,
    cron_schedule="* * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Starts each batch once, at its starts_at. One missed by more than a day is left to a person.",
)
def start_batches(
    context: dg.ScheduleEvaluationContext, batch: BatchResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """A run for every batch whose time has come, and that was not started for it yet.

    Dagster holds a run key of a schedule against the runs of the same minute alone; the tag is held against all.
    """
    now = context.scheduled_execution_time.astimezone(UTC)
    hours = {name: _hour(batch.folder, name, now) for name in batch.folder.batch_names}
    due = {name: f"{name} {hour.isoformat()}" for name, hour in hours.items() if hour}
    fresh = {name: mark for name, mark in due.items() if not _was_started(context.instance, mark)}
    for name, mark in fresh.items():
        context.instance.add_dynamic_partitions(batches.name or "", [name])
        yield dg.RunRequest(run_key=f"start-{mark}", partition_key=name, tags={STARTED_TAG: mark})
    if not fresh:
        yield dg.SkipReason("no batch is due")


def _was_started(instance: dg.DagsterInstance, mark: str) -> bool:
    return bool(instance.get_runs(dg.RunsFilter(tags={STARTED_TAG: mark}), limit=1))


def _hour(folder: ProgramFolder, name: str, now: datetime) -> datetime | None:
    """When a batch starts, if that is this minute or was within the last day; None where its file is wrong.

    Asked of every batch every minute: a file of a thousand cooperatives is read as YAML only where its line `starts_at`
    says a time that counts, or cannot be told by itself.
    """
    text = (folder.root / "batches" / f"{name}.yaml").read_bytes()
    line = STARTS_AT.search(text)
    if b"starts_at" not in text or (line and _counts(line.group(1), now) is False):
        return None
    try:
        start = folder.batch(name).starts_at
    except KoopError:
        return None
    hour = start.astimezone(UTC) if start else None
    return hour if hour and now - LATEST_START < hour <= now else None


def _counts(value: bytes, now: datetime) -> bool | None:
    """Whether a time in a line is within the last day; None where the line is no time with an offset."""
    try:
        start = yaml.safe_load(value)
    except yaml.YAMLError:
        return None
    if not isinstance(start, datetime) or start.tzinfo is None:
        return None
    return now - LATEST_START < start.astimezone(UTC) <= now


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Registers every file in batches/ as a partition.",
)
def register_batches(context: dg.SensorEvaluationContext, batch: BatchResource) -> dg.SensorResult:
    """Partitions for the batch files that have none yet."""
    known = set(context.instance.get_dynamic_partitions(batches.name or ""))
    new = [name for name in batch.folder.batch_names if name not in known]
    return dg.SensorResult(dynamic_partitions_requests=[batches.build_add_request(new)] if new else [])
