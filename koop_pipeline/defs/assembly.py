"""Puts the definitions together. Put no asset here."""

import dagster as dg

from koop_pipeline.defs.automation import migrate_batch, register_batches, start_batches
from koop_pipeline.defs.extract_map_clean import CLEANED, MAPPED, corrections, raw_accounting, raw_assets
from koop_pipeline.defs.open_gate import OPENED, data_docs, gated_assets, verdicts
from koop_pipeline.defs.promote_verify import control_totals, promoted_assets, verified_assets
from koop_pipeline.defs.resources import BatchResource


def build() -> dg.Definitions:
    """All definitions of the code location."""
    return dg.Definitions(
        assets=[
            raw_assets, *MAPPED, raw_accounting, corrections, *CLEANED, *OPENED,
            gated_assets, verdicts, data_docs, promoted_assets, verified_assets, control_totals,
        ],
        jobs=[migrate_batch],
        schedules=[start_batches],
        sensors=[register_batches],
        resources={"batch": BatchResource()},
        executor=dg.in_process_executor,
    )  # fmt: skip
