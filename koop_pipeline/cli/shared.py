"""What several commands share: the folder, the target option, tables on the terminal and JSON on stdout."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from koop_pipeline.errors import ConfigError
from koop_pipeline.identifiers.rupiah import grouped
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.target_address import carries_password

JsonOption = Annotated[bool, typer.Option("--json", help="A JSON list on stdout, and nothing else there.")]
TargetOption = Annotated[
    str | None,
    typer.Option(envvar="KOOP_TARGET", help="The target; default: the embedded one below var/target.", metavar="URL"),
]
BatchArgument = Annotated[str, typer.Argument(metavar="BATCH", help="The batch.")]
OnlyOption = Annotated[list[str] | None, typer.Option(help="Only this cooperative (may be given again).", metavar="ID")]
COLOURS = {
    "passed": "green",
    "warned": "yellow",
    "blocked": "red",
    "failed": "red",
    "verified": "green",
    "promoted": "green",
    "rehearsed": "green",
    "rolled_back": "yellow",
    "accepted": "green",
    "refused": "red",
}
OPEN_PASSWORD = (
    "warning: whoever works on this machine can read the password in --target, in the list of processes; put the"
    " address into KOOP_TARGET, or the password into PGPASSWORD"
)


def folder_of(context: typer.Context, target: str | None = None) -> ProgramFolder:
    """The programme folder of the call; ConfigError where it is none, or the target cannot be used."""
    folder: ProgramFolder = context.obj["folder"]
    if not (folder.root / "program.yaml").is_file():
        raise ConfigError(f"{folder.root}: no program.yaml here; name the programme folder with --program DIR")
    if target:
        given = context.get_parameter_source("target")
        if given is not None and given.name == "COMMANDLINE" and carries_password(target):
            typer.echo(OPEN_PASSWORD, err=True)
        os.environ["KOOP_TARGET"] = target
    _ = folder.target
    return folder


def staging_path_of(folder: ProgramFolder, batch: str) -> Path:
    """The staging file of a batch; ConfigError where nothing has run yet."""
    path = folder.staging_path(batch)
    if not path.exists():
        raise ConfigError(f"{path}: the batch has no staging file yet; run koop migrate {batch} first")
    return path


def print_json(records: Sequence[dict[str, Any]]) -> None:
    """A list on stdout."""
    typer.echo(json.dumps(records, indent=1, ensure_ascii=False))


def print_status(records: Sequence[dict[str, Any]]) -> None:
    """One line a cooperative: state, verdict, rows and money promoted, and the reason."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("cooperative", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("members", justify="right", no_wrap=True)
    table.add_column("savings Rp", justify="right", no_wrap=True)
    table.add_column("loans Rp", justify="right", no_wrap=True)
    table.add_column("reason", ratio=1, overflow="fold")
    for record in records:
        rows = record["rows"].get("members", {})
        table.add_row(
            record["cooperative_id"],
            coloured(record["state"]),
            coloured(record["verdict"] or "-"),
            str(rows.get("promoted", 0)),
            _rupiah(record, "savings"),
            _rupiah(record, "loans"),
            _plain(record["message"]),
        )
    console().print(table)


def _rupiah(record: dict[str, Any], control: str) -> str:
    amount = record["money"].get(control, {}).get("promoted")
    return grouped(amount or "0.00")


def coloured(word: str) -> str:
    """A word in the colour of its meaning."""
    colour = COLOURS.get(word)
    return f"[{colour}]{word}[/{colour}]" if colour else word


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def console() -> Console:
    """The terminal; wide enough to be read when it is not one."""
    made = Console(highlight=False)
    return made if made.is_terminal else Console(highlight=False, width=200)


def exit_code(records: Sequence[dict[str, Any]], ids: Sequence[str] | None = None) -> int:
    """0 where every cooperative meant is verified, else 3."""
    meant = [record for record in records if not ids or record["cooperative_id"] in ids]
    return 0 if all(record["state"] in {"verified", "accepted"} for record in meant) else 3
