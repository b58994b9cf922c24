"""`koop`: the root command, its options, and how errors and exit codes reach the shell.

Exit codes: 0 all promoted and verified; 3 finished, at least one cooperative blocked or failed; 2 the call, a
config or a
profile is wrong; 1 anything else.
"""

import atexit
import gc
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from koop_pipeline.cli import corrections, demo, generate, inventory, migrate, rollback, sample, status, ui, verify
from koop_pipeline.errors import ConfigError, KoopError
from koop_pipeline.program.folder import ProgramFolder

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Moves Indonesian cooperatives into a digital platform and proves that nothing was lost.",
)
app.command("demo")(demo.demo)
app.command("generate")(generate.generate)
app.command("inventory")(inventory.inventory)
app.command("migrate")(migrate.migrate)
app.command("status")(status.status)
app.command("verify")(verify.verify)
app.add_typer(corrections.app, name="corrections")
app.command("rollback")(rollback.rollback)
app.add_typer(sample.app, name="sample")
app.command("ui")(ui.ui)


@app.callback()
def root(
    context: typer.Context,
    program: Annotated[Path, typer.Option(help="The programme folder.", metavar="DIR")] = Path("."),
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Options before the command."""
    context.obj = {"folder": ProgramFolder(program), "debug": debug}


def run() -> None:
    """What the shell starts: `main`, with the libraries' objects looked through seldom, and never taken apart.

    A run imports some 4,000 modules that live to its end. Looking through them for garbage took 2 of 22 seconds, taking
    them apart at the end another 1.4.
    """
    gc.set_threshold(100_000, 50, 100)
    try:
        main()
    except SystemExit as stop:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(stop.code if isinstance(stop.code, int) else int(stop.code is not None))


def main() -> None:
    """Run the command line; a user's error is one sentence on stderr, never a traceback (unless --debug)."""
    debug = "--debug" in sys.argv
    try:
        code = app(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except KoopError as error:
        if debug:
            raise
        _say(str(error))
        sys.exit(2 if isinstance(error, ConfigError) else 1)
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except KeyboardInterrupt:
        _say("interrupted; the same command again goes on from what was done")
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        sys.exit(_unexpected(error))


def _unexpected(error: Exception) -> int:
    """Usage errors exit 2, anything else 1."""
    show = getattr(error, "show", None)
    if show is not None:
        show()
        return int(getattr(error, "exit_code", 2))
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
        if isinstance(cause, KoopError):
            _say(str(cause))
            return 2 if isinstance(cause, ConfigError) else 1
    _say(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''} (--debug shows where)")
    return 1


def _say(message: str) -> None:
    Console(stderr=True, soft_wrap=True).print(f"koop: {message}", style="red", markup=False, highlight=False)
