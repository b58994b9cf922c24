"""The job, the schedule that starts batches, and the sensor that registers batch files as partitions."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from koop_pipeline.defs.resources import BatchResource, batches
from koop_pipeline.errors import KoopError

LATEST_START = timedelta(days=1)

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
    due = [name for name, start in _starts(batch) if now - LATEST_START < start <= now]
    for name in due:
        context.instance.add_dynamic_partitions(batches.name or "", [name])
        yield dg.RunRequest(run_key=f"start-{name}", partition_key=name)
    if not due:
        yield dg.SkipReason("no batch is due")


def _starts(batch: BatchResource) -> Iterator[tuple[str, datetime]]:
    for name in batch.folder.batch_names:
        try:
            start = batch.folder.batch(name).starts_at
        except KoopError:
            continue
        if start is not None:
            yield name, start.astimezone(UTC)


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
