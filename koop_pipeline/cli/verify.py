"""`koop verify BATCH`: compares the target with staging again, at any later time."""

from typing import Annotated

import typer

from koop_pipeline.cli.shared import JsonOption, TargetOption, console, exit_code, folder_of, print_json, print_status
from koop_pipeline.errors import ConfigError
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging
from koop_pipeline.status import snapshot
from koop_pipeline.verification.step import promoted_ids
from koop_pipeline.verification.step import verify as compare


def verify(
    context: typer.Context,
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="The batch.")],
    target: TargetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the target back and compare every row with staging."""
    folder = folder_of(context, target)
    run = BatchRun.of(folder, batch)
    path = folder.staging_path(batch)
    if not path.exists():
        raise ConfigError(f"{path}: the batch has no staging file yet; run koop migrate {batch} first")
    with Staging.open(path, isolated=False) as staging:
        compare(staging, run)
        compared = promoted_ids(staging, run.ids)
        total = staging.value("SELECT coalesce(sum(expected), 0)::BIGINT FROM verification.results")
        records = snapshot.build(staging, run.batch)
        snapshot.write(folder.status_path(batch), records)
    if as_json:
        print_json(records)
    else:
        print_status(records)
        console().print(
            f"{len(compared)} of {len(records)} cooperatives are in the target and were compared, {total} rows."
        )
    raise typer.Exit(exit_code(records))
