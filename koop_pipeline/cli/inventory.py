"""`koop inventory BATCH`: what each cooperative delivered, its data grade, and what the profile does not use."""

from collections import Counter
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from koop_pipeline.cli.shared import JsonOption, console, folder_of, print_json

COLOURS = {"A": "green", "B": "cyan", "C": "yellow", "D": "red"}
TABLES_UP_TO = 20
Record = dict[str, Any]


class Detail(StrEnum):
    """How much is shown."""

    GRADES = "grades"
    TABLES = "tables"
    COLUMNS = "columns"


def inventory(
    context: typer.Context,
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="The batch.")],
    only: Annotated[
        list[str] | None, typer.Option(help="Only this cooperative (may be given again).", metavar="ID")
    ] = None,
    show: Annotated[
        Detail | None,
        typer.Option(
            help="How much to show; default: columns of one cooperative, tables of up to 20, grades of more.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Grade what was delivered from A to D, and show its tables, columns, faults, and what the profile does not use."""
    from koop_pipeline.extract.step import extract
    from koop_pipeline.mapping.inventory import take
    from koop_pipeline.mapping.inventory_run import open_run
    from koop_pipeline.staging import Staging

    folder = folder_of(context)
    run = open_run(folder, batch, only or [])
    with console().status("reading deliveries"), Staging.open(folder.staging_path(batch)) as staging:
        extract(staging, run)
        records = take(staging, run)
    if as_json:
        print_json(records)
    else:
        _print(records, show or _usual(len(records)))
    if run.problems:
        raise typer.Exit(2)
    raise typer.Exit(3 if any(record["error"] for record in records) else 0)


def _usual(cooperatives: int) -> Detail:
    if cooperatives == 1:
        return Detail.COLUMNS
    return Detail.TABLES if cooperatives <= TABLES_UP_TO else Detail.GRADES


def _print(records: list[Record], show: Detail) -> None:
    out = console()
    _print_grades(out, records)
    for record in records:
        if show is not Detail.GRADES and record["tables"]:
            out.print(f"\n[bold]{record['cooperative_id']}[/bold]  {escape(record['name'])}")
            for item in [record] if show is Detail.TABLES else []:
                out.print(_tables(item["tables"]))
            for item in record["tables"] if show is Detail.COLUMNS else []:
                _print_columns(out, item)
    for error in dict.fromkeys(record["error"] for record in records if record["error"]):
        ids = [record["cooperative_id"] for record in records if record["error"] == error]
        out.print(f"\n[red]{escape(', '.join(ids))}: {escape(error)}[/red]")
    if show is not Detail.COLUMNS:
        out.print("\n[dim]--only ID shows the columns of one cooperative; --json everything.[/dim]")


def _print_grades(out: Console, records: list[Record]) -> None:
    table = _table("cooperative", "grade", "", ">rows", "filled", "in form", "damaged", "duplicate", "decided by")
    for record in records:
        value = {mark["measure"]: mark["value"] for mark in record["measures"]}
        table.add_row(
            escape(record["cooperative_id"]),
            _coloured(record["grade"]),
            record["meaning"],
            f"{sum(item['rows'] for item in record['tables']):,}",
            *(value.get(name, "-") for name in ("fill", "form", "damage", "duplicates")),
            escape(_reason(record)),
        )
    out.print(table)
    count = Counter(record["grade"] for record in records)
    meaning = {record["grade"]: record["meaning"] for record in records}
    told = [f"{count[grade]} {_coloured(grade)} {meaning[grade]}" for grade in sorted(count)]
    out.print("\nGrades: " + ", ".join(told))


def _reason(record: Record) -> str:
    marks = [mark for mark in record["measures"] if mark["measure"] in record["decided_by"]]
    return "; ".join(record["worst"]) or ", ".join(f"{mark['title']} {mark['value']}" for mark in marks)


def _tables(items: list[Record]) -> Table:
    table = _table("  table", ">rows", ">columns", "key", "use", "worth a look")
    for item in items:
        unused = [column["column"] for column in item["columns"] if column["use"] == "NOT USED"]
        notes = [*_row_notes(item), *_column_notes(item)]
        if unused and item["use"] == "used":
            notes.append(f"not used: {', '.join(unused)}")
        key = item["keys"][0] if item["keys"] else "none"
        table.add_row(
            f"  [cyan]{escape(item['table'])}[/cyan]",
            f"{item['rows']:,}",
            str(len(item["columns"])),
            escape(key),
            escape(item["use"]),
            escape("; ".join(notes)),
        )
    return table


def _row_notes(item: Record) -> list[str]:
    notes = []
    if item["rows"] != item["counted"]:
        notes.append(f"the second counter finds {item['counted']:,} rows")
    if item["empty_rows"]:
        notes.append(f"{item['empty_rows']:,} empty rows")
    if item["duplicate_rows"]:
        notes.append(f"{item['duplicate_rows']:,} duplicate rows")
    return notes


def _column_notes(item: Record) -> list[str]:
    """The findings of a table's columns, those that are read without help left out."""
    return [
        f"{quality['column']}: {_said(found)}"
        for quality in item["quality"]
        if (found := {name: cells for name, cells in quality["findings"].items() if name not in READ_ANYWAY})
    ]


READ_ANYWAY = {"without meaning", "quote around", "blank around"}


def _said(findings: dict[str, int], all_equal: bool = False) -> str:
    told = [f"{cells:,} {name}" for name, cells in findings.items()]
    return ", ".join([*told, "always the same"] if all_equal else told)


def _print_columns(out: Console, item: Record) -> None:
    keys = f"key: {' or '.join(item['keys'][:3])}" if item["keys"] else "no key"
    notes = "".join(f", {note}" for note in _row_notes(item))
    out.print(
        f"\n  [cyan]{escape(item['table'])}[/cyan]  {item['rows']:,} rows{notes}, {escape(item['file'])},"
        f" {escape(item['use'])}, {escape(keys)}"
    )
    table = _table(
        "  column", ">filled", ">distinct", "looks like", ">in form", "range", "shapes", "worth a look", "use"
    )
    for column, quality in zip(item["columns"], item["quality"], strict=True):
        table.add_row(
            f"  {escape(column['column'])}",
            f"{column['filled']:,}",
            f"{'' if quality['distinct_is_exact'] else 'about '}{column['distinct']:,}",
            column["looks_like"],
            "" if quality["in_form"] is None else f"{quality['in_form']} %",
            quality["range"],
            escape("  ".join(quality["examples"][:2])),
            escape(_said(quality["findings"], quality["all_equal"])),
            escape(column["use"]),
        )
    out.print(table)


def _table(*names: str) -> Table:
    """A table without lines; a name that begins with `>` is a column of numbers."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name.removeprefix(">"), justify="right" if name.startswith(">") else "left", overflow="fold")
    return table


def _coloured(grade: str) -> str:
    return f"[{COLOURS[grade]}]{grade}[/{COLOURS[grade]}]"
