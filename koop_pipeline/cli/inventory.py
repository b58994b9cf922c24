"""`koop inventory BATCH`: what each cooperative delivered, column by column, and what the profile does not use."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from koop_pipeline.cli.shared import JsonOption, console, folder_of, print_json
from koop_pipeline.program.run import BatchRun


def inventory(
    context: typer.Context,
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="The batch.")],
    only: Annotated[
        list[str] | None, typer.Option(help="Only this cooperative (may be given again).", metavar="ID")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what was delivered: tables, columns, rows, fill and quality, and what the profile does not use."""
    from koop_pipeline.extract.step import extract
    from koop_pipeline.mapping.inventory import take
    from koop_pipeline.staging import Staging

    folder = folder_of(context)
    run = BatchRun.of(folder, batch, only or [])
    with console().status("reading deliveries"), Staging.open(folder.staging_path(batch)) as staging:
        extract(staging, run)
        records = take(staging, run)
    if as_json:
        print_json(records)
    else:
        for record in records:
            _show(record)
    raise typer.Exit(3 if any(record["error"] for record in records) else 0)


def _show(record: dict[str, Any]) -> None:
    out = console()
    out.print(f"\n[bold]{record['cooperative_id']}[/bold]  {escape(record['name'])}")
    if record["error"]:
        out.print(f"  [red]{escape(record['error'])}[/red]")
    for item in record["tables"]:
        out.print(f"  [cyan]{escape(item['table'])}[/cyan]  {item['rows']} rows, {escape(item['file'])}, {item['use']}")
        table = Table(box=None, padding=(0, 2), header_style="dim")
        for name in ("column", "filled", "distinct", "looks like", "use"):
            table.add_column(name, justify="right" if name in {"filled", "distinct"} else "left")
        for column in item["columns"]:
            table.add_row(
                escape(column["column"]),
                f"{column['filled']}/{item['rows']}",
                str(column["distinct"]),
                column["looks_like"],
                escape(column["use"]),
            )
        out.print(table)
