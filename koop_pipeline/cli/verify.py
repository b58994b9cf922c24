"""`koop verify BATCH`: compares the target with staging again, at any later time."""

import typer

from koop_pipeline.cli.shared import (
    BatchArgument,
    JsonOption,
    TargetOption,
    console,
    exit_code,
    folder_of,
    print_json,
    print_status,
    staging_path_of,
)
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging
from koop_pipeline.status import snapshot
from koop_pipeline.verification.step import verify as compare


def verify(
    context: typer.Context,
    batch: BatchArgument,
    target: TargetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the target back and compare every row with staging."""
    folder = folder_of(context, target)
    run = BatchRun.of(folder, batch)
    with Staging.open(staging_path_of(folder, batch), isolated=False) as staging:
        compare(staging, run)
        compared = staging.value("SELECT count(DISTINCT cooperative_id) FROM verification.results")
        total = staging.value("SELECT coalesce(sum(expected), 0)::BIGINT FROM verification.results")
        standing, proved = staging.rows("SELECT count(*), count_if(proved) FROM verification.standing")[0]
        records = snapshot.build(staging, run.batch)
        snapshot.write(folder.status_path(batch), records)
    if as_json:
        print_json(records)
    else:
        print_status(records)
        console().print(f"{compared} of {len(records)} cooperatives are in the target and were compared, {total} rows.")
        if standing:
            console().print(
                f"{standing} more were not compared: staging does not hold what was loaded of them, or the target was"
                f" not read. Of {proved} the target's hash is the one that its books noted, as the reason says."
            )
    raise typer.Exit(exit_code(records))
