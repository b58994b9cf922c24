"""`koop generate DIR`: a synthetic programme of any size, with known faults and the answer key."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from koop_pipeline.generate import plan


def generate(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder to make; it must not be there, or be empty.")
    ],
    cooperatives: Annotated[int, typer.Option(help="How many cooperatives.", metavar="N")],
    members: Annotated[int, typer.Option(help="Members a cooperative, on average.", metavar="N")],
    seed: Annotated[int, typer.Option(help="The same seed and sizes give the same bytes.", metavar="S")] = 1,
    transactions: Annotated[
        int, typer.Option(help="Months of history, and savings transactions an account: 2 to 36.", metavar="N")
    ] = 12,
    system: Annotated[
        list[str] | None, typer.Option(help="Only this legacy system: csv, mysql, sqlite (may be given again).")
    ] = None,
    faults: Annotated[
        str, typer.Option(help="A factor on the stated rates; 0 for none; `all` for every kind in turn.", metavar="F")
    ] = "1",
) -> None:
    """Make a synthetic programme: deliveries of three legacy systems, profiles, batch files and the answer key."""
    asked = plan.Plan(cooperatives, members, seed, transactions, tuple(system or ()), faults)
    from koop_pipeline.generate.programme import Written
    from koop_pipeline.generate.programme import generate as write

    started = time.monotonic()
    console = Console(stderr=True)
    with _progress(console) as bar:
        task = bar.add_task("generating", total=cooperatives * members, speed="")

        def show(written: Written) -> None:
            seconds = max(time.monotonic() - started, 0.001)
            said = f"{written.cooperatives:,} cooperatives, {written.rows:,} rows, {written.rows / seconds:,.0f} rows/s"
            bar.update(task, completed=written.members, speed=said)

        written = write(folder, asked, show)
    came = ", ".join(f"{count} {verdict}" for verdict, count in sorted(written.verdicts.items()))
    console.print(
        f"{folder}: {written.cooperatives:,} cooperatives ({came}), {written.members:,} members,"
        f" {written.rows:,} rows in {time.monotonic() - started:,.1f} s",
        highlight=False,
        markup=False,
    )


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
