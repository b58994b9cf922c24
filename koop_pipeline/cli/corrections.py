"""`koop corrections export|apply BATCH`: workbooks out to the cooperatives, corrected workbooks in."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from koop_pipeline.cli.shared import (
    BatchArgument,
    JsonOption,
    OnlyOption,
    console,
    folder_of,
    print_json,
    staging_path_of,
)
from koop_pipeline.program.run import BatchRun

app = typer.Typer(no_args_is_help=True, help="Workbooks out to the cooperatives, corrected workbooks in.")


@app.command()
def export(
    context: typer.Context,
    batch: BatchArgument,
    only: OnlyOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to write; default var/corrections/<batch>.", metavar="DIR")
    ] = None,
    as_yaml: Annotated[bool, typer.Option("--yaml", help="YAML for engineers instead of workbooks.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write one workbook a cooperative with what only the cooperative can correct."""
    from koop_pipeline.corrections.export import export_all
    from koop_pipeline.gates import step as gate
    from koop_pipeline.staging import Staging

    folder = folder_of(context)
    run = BatchRun.of(folder, batch, only or [])
    target = out or folder.home / "corrections" / batch
    with console().status("writing"), Staging.open(staging_path_of(folder, batch)) as staging:
        today = datetime.now(tz=UTC).date()
        written = export_all(staging, run, target, gate.suites(), today, as_yaml=as_yaml)
    if as_json:
        print_json([{**one.record, "file": str(one.path) if one.path else None} for one in written])
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("cooperative", "must", "should", "look", "file"):
        table.add_column(
            name, justify="right" if name in {"must", "should", "look"} else "left", no_wrap=name != "file"
        )
    for one in written:
        counts = [str(one.record[name]) for name in ("must", "should", "look")]
        table.add_row(one.record["cooperative_id"], *counts, str(one.path) if one.path else f"- {one.record['note']}")
    console().print(table)
    console().print(
        f"Send each workbook to its cooperative; what comes back goes into {folder.root}/corrections/<id>/."
    )


@app.command()
def apply(context: typer.Context, batch: BatchArgument, only: OnlyOption = None, as_json: JsonOption = False) -> None:
    """Read the workbooks in corrections/<id>/, check each correction, and keep what is right for the next run."""
    from koop_pipeline.corrections.apply import apply_returned
    from koop_pipeline.staging import Staging

    folder = folder_of(context)
    run = BatchRun.of(folder, batch, only or [])
    with console().status("reading"), Staging.open(staging_path_of(folder, batch)) as staging:
        answers = apply_returned(staging, run, datetime.now(tz=UTC).date())
    wrong = [answer for answer in answers if answer.problems]
    if as_json:
        print_json(
            [
                {
                    "cooperative_id": one.cooperative_id, "file": one.file, **one.outcomes,
                    "different_people": one.different, "confirmed": one.confirmed, "notes": one.notes,
                    "problems": one.problems,
                }
                for one in answers
            ]
        )  # fmt: skip
    else:
        for one in answers:
            said_else = {"different people": one.different, "confirmed as right": one.confirmed}
            named = [*sorted(one.outcomes.items()), *((name, count) for name, count in said_else.items() if count)]
            counts = ", ".join(f"{count} {outcome}" for outcome, count in named)
            said = "REFUSED, nothing of it is used" if one.problems else counts or "says nothing"
            console().print(f"{one.cooperative_id}  {one.file}: {said}", markup=False)
            for sentence in [*one.problems, *one.notes]:
                console().print(f"  {sentence}", markup=False)
        if not answers:
            console().print(f"Nothing came back: there is no workbook in {folder.root}/corrections/<id>/.")
        elif len(wrong) < len(answers):
            console().print(f"They take effect at the next koop migrate {batch}.")
    raise typer.Exit(2 if wrong else 0)
