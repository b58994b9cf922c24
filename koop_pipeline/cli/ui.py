"""`koop ui`: Dagster on this programme folder."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from koop_pipeline.cli.shared import console, folder_of


def ui(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 3000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
) -> None:
    """Open the Dagster UI on this programme folder (stop it with Ctrl-C)."""
    folder = folder_of(context)
    from koop_pipeline.defs.instance import prepare_ui, storage_of

    environment = prepare_ui(folder)
    console().print(f"Dagster on http://{host}:{port} for {folder.root.resolve()}")
    console().print(f"Runs are kept in {storage_of(folder)}.")
    command = [sys.executable, "-m", "dagster", "dev", "-m", "koop_pipeline.definitions", "-h", host, "-p", str(port)]
    raise typer.Exit(subprocess.run(command, env={**os.environ, **environment}, check=False).returncode)
