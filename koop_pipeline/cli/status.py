"""`koop status [BATCH]`: one line a cooperative, from the last snapshot."""

from typing import Annotated

import typer

from koop_pipeline.cli.shared import JsonOption, console, folder_of, print_json, print_status
from koop_pipeline.status import control_totals, snapshot


def status(
    context: typer.Context,
    batch: Annotated[str | None, typer.Argument(metavar="BATCH", help="The batch; default: all.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show where every cooperative stands."""
    folder = folder_of(context)
    names = [batch] if batch else folder.batch_names
    everything = []
    for name in names:
        records = snapshot.read(folder, name)
        if as_json:
            totals = control_totals.read(folder, name)
            everything += [{**one, "control_totals": totals.get(one["cooperative_id"], {})} for one in records]
        else:
            console().print(f"[bold]{name}[/bold]")
            print_status(records)
    if as_json:
        print_json(everything)
