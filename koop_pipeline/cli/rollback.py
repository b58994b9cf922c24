"""`koop rollback BATCH ID`: takes one cooperative out of the target again."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from koop_pipeline.cli.shared import BatchArgument, JsonOption, TargetOption, console, folder_of, print_json
from koop_pipeline.program.run import BatchRun
from koop_pipeline.status import snapshot


def rollback(
    context: typer.Context,
    batch: BatchArgument,
    cooperative_id: Annotated[str, typer.Argument(metavar="ID", help="The cooperative.")],
    last: Annotated[
        bool, typer.Option("--last", help="Only the last load: an amendment or a delta, without what it stands on.")
    ] = False,
    target: TargetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take exactly that batch's load out of the target, and prove that the state before it is back."""
    from koop_pipeline.promotion.rollback import roll_back
    from koop_pipeline.staging import Staging

    folder = folder_of(context, target)
    run = BatchRun.of(folder, batch, [cooperative_id])
    known = folder.staging_path(batch)
    with console().status("rolling back"), TemporaryDirectory() as scratch:
        path = known if known.exists() else Path(scratch) / known.name
        with Staging.open(path, isolated=False) as staging:
            taken = roll_back(staging, run, cooperative_id, only_last=last)
            if path == known:
                snapshot.write(folder.status_path(batch), snapshot.build(staging, run.batch))
    if as_json:
        print_json([
            {"cooperative_id": cooperative_id, "load_id": load.load_id, "kind": load.kind, "rows": load.rows}
            for load in taken
        ])  # fmt: skip
        return
    for load in taken:
        if load.rows is None:
            console().print(
                f"{cooperative_id}: load {load.load_id} was out already: an earlier rollback was cut off when the"
                " target had done it. It no longer counts as loaded here either; nothing more was taken out."
            )
            continue
        rows = "cells and rows" if load.kind == "amendment" else "rows"
        console().print(f"{cooperative_id}: load {load.load_id} ({load.kind}, {load.rows} {rows}) is out again")
    if taken[0].rows is not None:
        console().print("The target hashed what it holds of it: it is what it was before.")
