"""The process that dies: promote and verify in a child of its own, which says on stdout how far it is.

Run as a script it is a nursery: it has everything imported and forks a child for every line on stdin (JSON: the
programme folder and the target's URL), so that a trial need not wait for imports. A child says one word as it enters a
part of the work (`PARTS`), `again` for every retry, and how it ended. The nursery says `ended` when it is gone, and
reaps it at the next line, so that its number is not given to another process while it may still be killed.
"""

import importlib
import json
import os
import sys
from pathlib import Path

import stamina.instrumentation
from promotable import BATCH, do_verify, run_of

from koop_pipeline.defs.promote_verify import current_hashes
from koop_pipeline.errors import KoopError
from koop_pipeline.promotion.step import promote
from koop_pipeline.staging import Staging
from koop_pipeline.verification.step import AGAIN

PARTS = ("opening", "loading", "closing", "verifying")
"""Before the transaction (target and staging are opened, the schema is made), the transaction, what follows it in the
step promote, and the step verify."""
LATE = ("koop_pipeline.target.embedded", "koop_pipeline.target.postgres.target", "alembic.command", "pandas")
"""What the work imports on its way (duckdb the last one)."""


def say(text: str) -> None:
    """One line to whoever watches, at once."""
    os.write(1, (text.replace("\n", " ") + "\n").encode())


def work(root: Path) -> str:
    """Promote and verify; how it ended."""
    say("opening")
    run = run_of(root)
    with Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging:
        hashes = current_hashes(run)

        def current(cooperative_id: str) -> tuple[str, str, str, str]:
            found = hashes(cooperative_id)
            say("loading")
            return found

        promote(staging, run, current, lambda: say("closing"))
        if halts := staging.rows("SELECT message FROM gate.halts"):
            return f"halted: {halts[0][0]}"
    say("verifying")
    if halted := do_verify(root):
        return f"{'halted' if all(AGAIN in each for each in halted) else 'differs'}: {halted[0]}"
    return "done"


def child(root: str, url: str) -> None:
    """The whole life of a child; it never returns."""
    os.environ["KOOP_TARGET"] = url
    stamina.instrumentation.set_on_retry_hooks([lambda details: say("again")])
    try:
        say(work(Path(root)))
    except KoopError as error:
        say(f"stopped: {error}")
    except BaseException as error:
        say(f"crashed: {type(error).__name__}: {error}")
    os._exit(0)


def main() -> None:
    """Fork a child a line, until stdin ends."""
    for name in LATE:
        importlib.import_module(name)
    say("ready")
    before = 0
    for line in sys.stdin:
        if before:
            os.waitpid(before, 0)
        before = os.fork()
        if not before:
            child(**json.loads(line))
        say(f"child {before}")
        os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT)
        say("ended")


if __name__ == "__main__":
    main()
