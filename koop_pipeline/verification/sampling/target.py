"""The one door to the target: its platform tables, read back in the staging connection.

Everything else in this package knows the target only as a `Relation`: a function from a table's name to the name of
the relation that holds what the target has of it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from koop_pipeline.errors import RefusedError
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion.duckdb_target import attached
from koop_pipeline.staging import Staging

Relation = Callable[[str], str]


@contextmanager
def read_back(staging: Staging, run: BatchRun) -> Iterator[Relation]:
    """The relations of the target as long as the context lasts; RefusedError where there is no target yet."""
    if not run.folder.target_path.exists():
        raise RefusedError(f"{run.folder.target_path}: there is no target yet; run koop migrate first")
    with attached(staging, run.folder.target_path, read_only=True):
        yield platform


def platform(table: str) -> str:
    """The platform table of that name in the attached target."""
    return f"target.platform.{table}"
