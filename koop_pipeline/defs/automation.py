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
    """A run for every batch whose time has come."""
    now = context.scheduled_execution_time.astimezone(UTC)
    due = [name for name in batch.folder.batch_names if _is_due(batch.folder, name, now)]
    for name in due:
        context.instance.add_dynamic_partitions(batches.name or "", [name])
        yield dg.RunRequest(run_key=f"start-{name}", partition_key=name)
    if not due:
        yield dg.SkipReason("no batch is due")


def _is_due(folder: ProgramFolder, name: str, now: datetime) -> bool:
    """Whether a batch starts at this minute or should have within the last day; not where its file is wrong.

    Asked of every batch every minute: a file of a thousand cooperatives is read as YAML only where its line `starts_at`
    says a time that counts, or cannot be told by itself.
    """
    text = (folder.root / "batches" / f"{name}.yaml").read_bytes()
    line = STARTS_AT.search(text)
    if b"starts_at" not in text or (line and _counts(line.group(1), now) is False):
        return False
    try:
        start = folder.batch(name).starts_at
    except KoopError:
        return False
    return start is not None and now - LATEST_START < start.astimezone(UTC) <= now


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
