"""`koop demo`: the whole way on `data/sample`, into the embedded target, and whether it ended as written down there."""

import os
from decimal import Decimal
from pathlib import Path

import typer
from rich.markup import escape

from koop_pipeline.cli.migrate import run_batch
from koop_pipeline.cli.shared import console, print_status
from koop_pipeline.contracts import PROMOTED
from koop_pipeline.identifiers.rupiah import grouped
from koop_pipeline.program import yaml_file
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.status.answer_key import differences
from koop_pipeline.status.snapshot import Row

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"


def demo() -> None:
    """Run the sample programme: eight cooperatives on four legacy systems, with known faults."""
    os.environ.pop("KOOP_TARGET", None)
    folder = ProgramFolder(SAMPLE)
    out = console()
    batch = folder.batch_names[0]
    out.print(f"[bold]{escape(folder.program.name)}[/bold], batch {batch}, from {SAMPLE}\n")
    records = run_batch(folder, batch, [], quiet=False)
    print_status(records)
    _totals(records)
    out.print(f"\nData Docs:  {folder.docs_path(batch) / 'index.html'}")
    out.print(f"Target:     {folder.target.shown} (schema platform)")
    out.print("Dagster UI: .venv/bin/koop --program data/sample ui")
    wrong = differences(records, yaml_file.load(SAMPLE / "EXPECTED.yaml").data)
    for line in wrong:
        out.print(f"[red]not as written down: {escape(line)}[/red]")
    if not wrong:
        out.print("\nEverything ended as written down in data/sample/EXPECTED.yaml.")
    raise typer.Exit(3 if wrong else 0)


def _totals(records: list[Row]) -> None:
    def total(control: str) -> Decimal:
        return sum((Decimal(record["money"].get(control, {}).get("promoted") or 0) for record in records), Decimal(0))

    names = [table.name for table in PROMOTED]
    rows = sum(record["rows"].get(name, {}).get("promoted", 0) for record in records for name in names)
    there = sum(record["state"] == "verified" for record in records)
    savings, loans = (grouped(total(control)) for control in ("savings", "loans"))
    console().print(
        f"\n{there} of {len(records)} cooperatives promoted and verified: {rows} rows, savings Rp {savings},"
        f" loans Rp {loans}; every row and every rupiah read back."
    )
