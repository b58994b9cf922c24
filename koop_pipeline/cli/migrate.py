"""`koop migrate BATCH`: extract to verify, with the same assets as in the Dagster UI, in this process."""

import json
import logging
from typing import Annotated

import typer

from koop_pipeline.cli import bar
from koop_pipeline.cli.shared import JsonOption, TargetOption, console, exit_code, folder_of, print_json, print_status
from koop_pipeline.contracts import OPENING, SOURCED
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.status import snapshot

STEPS = (
    "extract", *(f"map {table.name}" for table in SOURCED), "map: account of raw tables", "corrections",
    *(f"clean {table.name}" for table in SOURCED), *(f"open {table.name}" for table in OPENING), "gate", "verdicts",
    "data docs", "promote", "verify", "control totals",
)  # fmt: skip
"""The names that the assets give their steps."""


def migrate(
    context: typer.Context,
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="The batch: a file in batches/, without ending.")],
    only: Annotated[
        list[str] | None, typer.Option(help="Only this cooperative (may be given again).", metavar="ID")
    ] = None,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Load into a place that is thrown away, and leave a report.")
    ] = False,
    target: TargetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a batch of cooperatives from their deliveries into the target, and verify it."""
    folder = folder_of(context, target)
    records = run_batch(folder, batch, only or [], quiet=as_json, rehearse=rehearse)
    meant = [record for record in records if not only or record["cooperative_id"] in only]
    if rehearse:
        meant = as_rehearsed(folder, batch, meant, shown=not as_json)
    if as_json:
        print_json(meant)
    else:
        print_status(meant)
        if rehearse:
            console().print(f"\nNothing was loaded into the target. Report: {folder.rehearsal_path(batch)}")
    failed = rehearse and not all(record["rehearsal"]["passed"] for record in meant)
    raise typer.Exit((3 if failed else 0) if rehearse else exit_code(meant))


def as_rehearsed(
    folder: ProgramFolder, batch: str, records: list[snapshot.Row], *, shown: bool = False
) -> list[snapshot.Row]:
    """The records with what the rehearsal read back as `rehearsal`: passed, message, rows by table, totals in rupiah.

    A record of a cooperative in production keeps its own state and amounts; `shown`: those of the rehearsal take their
    place, for a person who reads one line of it.
    """
    report = json.loads(folder.rehearsal_path(batch).read_text(encoding="utf-8"))
    names = ("passed", "message", "rows", "totals")
    lines = {line["cooperative_id"]: {name: line[name] for name in names} for line in report["cooperatives"]}
    never = {"passed": False, "message": "", "rows": {}, "totals": {}}
    found = [{**record, "rehearsal": lines.get(record["cooperative_id"], never)} for record in records]
    return [_shown(record) for record in found] if shown else found


def _shown(record: snapshot.Row) -> snapshot.Row:
    said = record["rehearsal"]
    return {
        **record,
        "state": "rehearsed" if said["passed"] else record["state"],
        "message": said["message"] if said["passed"] else record["message"],
        "rows": {table: {"promoted": rows} for table, rows in said["rows"].items()},
        "money": {control: {"promoted": amount} for control, amount in said["totals"].items()},
    }


def run_batch(
    folder: ProgramFolder, batch: str, only: list[str], *, quiet: bool, rehearse: bool = False
) -> list[snapshot.Row]:
    """Run the job and show its progress; returns the status afterwards."""
    BatchRun.of(folder, batch, only)
    from koop_pipeline.defs.instance import run_job

    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    with bar.shown(STEPS, quiet=quiet):
        run_job(folder, batch, only, rehearse=rehearse)
    return snapshot.read(folder, batch)
