"""The entry point that Dagster loads. Everything Dagster is in `defs/`."""

import dagster as dg

from koop_pipeline.defs.assembly import build


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs, schedules and sensors of the programme folder."""
    return build()
