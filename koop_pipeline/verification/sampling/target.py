"""The one door to the target: its platform tables, read back in the staging connection.

Everything else in this package knows the target only as a `Relation`: a function from a table's name to the name of
the relation that holds what the target has of it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging
from koop_pipeline.target.opening import open_target

Relation = Callable[[str], str]


@contextmanager
def read_back(staging: Staging, run: BatchRun) -> Iterator[Callable[[str], Relation]]:
    """What gives the relations of a cooperative, as long as the context lasts; RefusedError without a target."""
    with open_target(staging, run.folder.target, read_only=True) as target:

        def of(cooperative_id: str) -> Relation:
            target.retried(lambda: target.fetch([cooperative_id]))
            return lambda table: f"{target.there}{table}"

        yield of
