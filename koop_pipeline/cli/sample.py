"""`koop sample draw|evaluate BATCH`: worksheets out for people to tick off, filled-in worksheets in."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from koop_pipeline.cli.shared import (
    BatchArgument,
    JsonOption,
    OnlyOption,
    TargetOption,
    coloured,
    console,
    folder_of,
    print_json,
    staging_path_of,
)
from koop_pipeline.program.run import BatchRun

app = typer.Typer(no_args_is_help=True, help="A sample for people: worksheets out, filled-in worksheets in.")


@app.command()
def draw(
    context: typer.Context,
    batch: BatchArgument,
    only: OnlyOption = None,
    confidence: Annotated[str, typer.Option(help="The confidence in percent.", metavar="PERCENT")] = "95",
    tolerable: Annotated[
        str, typer.Option(help="The tolerable error: 5% of what is carried, or an amount.", metavar="5%|AMOUNT")
    ] = "5%",
    seed: Annotated[
        str | None, typer.Option(help="Any text; default: it follows from batch and content.", metavar="S")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to write; default var/samples/<batch>.", metavar="DIR")
    ] = None,
    target: TargetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a sample of every cooperative and write a worksheet for each."""
    from koop_pipeline.staging import Staging
    from koop_pipeline.verification.sampling.report import drawn_record
    from koop_pipeline.verification.sampling.send import send_all
    from koop_pipeline.verification.sampling.terms import Terms

    folder = folder_of(context, target)
    terms = Terms.of(confidence, tolerable, seed)
    run = BatchRun.of(folder, batch, only or [])
    today = datetime.now(tz=UTC).date()
    with console().status("drawing"), Staging.open(staging_path_of(folder, batch), isolated=False) as staging:
        sent = send_all(staging, run, terms, out or folder.home / "samples" / batch, today)
    if as_json:
        print_json([drawn_record(one) for one in sent])
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("cooperative", "lines", "draws", "seed", "file"):
        table.add_column(name, justify="right" if name in {"lines", "draws"} else "left", no_wrap=name != "file")
    for one in sent:
        sample = one.drawn.sample
        lines, made = (str(len(sample.lines)), str(one.drawn.draws)) if sample else ("-", "-")
        note = "- failed before the gate; see koop status" if sample is None else "- nothing to draw"
        table.add_row(
            one.drawn.cooperative_id, lines, made, sample.seed if sample else "-", str(one.path) if one.path else note
        )
    console().print(table)
    console().print(f"Send each worksheet to its cooperative; what comes back goes into {folder.root}/samples/<id>/.")


@app.command()
def evaluate(
    context: typer.Context, batch: BatchArgument, only: OnlyOption = None, as_json: JsonOption = False
) -> None:
    """Read the worksheets in samples/<id>/, and say what they prove: the upper limit, accepted or refused."""
    from koop_pipeline.staging import Staging
    from koop_pipeline.verification.sampling.evaluate import evaluate_all, strangers
    from koop_pipeline.verification.sampling.judge import ACCEPTED
    from koop_pipeline.verification.sampling.report import batch_record, judged_record

    folder = folder_of(context)
    run = BatchRun.of(folder, batch, only or [])
    with console().status("reading"), Staging.open(staging_path_of(folder, batch)) as staging:
        judged = evaluate_all(staging, run)
    records = [judged_record(one) for one in judged]
    whole = batch_record(batch, judged)
    if as_json:
        print_json([*records, whole])
    else:
        out = console()
        for record in records:
            _print_one(out, record)
        for name in strangers(run):
            out.print(f"samples/{name}/ is named like no cooperative of any batch; not read", markup=False)
        counts = ", ".join(f"{count} {outcome}" for outcome, count in whole["cooperatives"].items())
        out.print(f"\n[bold]{batch}[/bold]  {coloured(whole['outcome'])}: {counts}")
    raise typer.Exit(0 if whole["outcome"] == ACCEPTED else 3)


def _print_one(out: Console, record: dict[str, Any]) -> None:
    """A cooperative: its outcome, its strata, then everything that is missing or wrong in its worksheets."""
    from koop_pipeline.identifiers.rupiah import grouped
    from koop_pipeline.verification.sampling.report import missing_by_sheet

    out.print(f"[bold]{record['cooperative_id']}[/bold]  {coloured(str(record['outcome']))}")
    for stratum in record["strata"]:
        if not stratum["lines"]:
            continue
        limit = stratum["upper_limit"]
        said = f", upper limit Rp {grouped(limit)} of Rp {grouped(stratum['tolerable_error'])}" if limit else ""
        counts = f"{stratum['lines']} drawn, {stratum['errors']} wrong{said}"
        out.print(f"  {stratum['stratum']}: {stratum['outcome']} ({counts})", markup=False)
    for sheet, tokens in missing_by_sheet(record["missing"]).items():
        out.print(f"  {sheet}: no tick in {', '.join(tokens)}", markup=False)
    for sentence in record["problems"]:
        out.print(f"  {sentence}", markup=False)
