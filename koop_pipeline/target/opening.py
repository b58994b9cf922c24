"""Opens the target that an address names, and throws a rehearsal's away."""

from collections.abc import Iterator
from contextlib import contextmanager

from koop_pipeline.errors import RefusedError
from koop_pipeline.program.target_address import TargetAddress
from koop_pipeline.staging import Staging
from koop_pipeline.target.model import Target


@contextmanager
def open_target(staging: Staging, address: TargetAddress, *, read_only: bool = False) -> Iterator[Target]:
    """The target, made or brought to this version's schema where it is opened for writing.

    RefusedError where it is only to be read and is not there.
    """
    if address.path is not None:
        from koop_pipeline.target.embedded import attached

        if read_only and not address.path.exists():
            raise RefusedError(f"{address.shown}: there is no target yet; run koop migrate first")
        with attached(staging, address.path, read_only=read_only) as target:
            yield target
        return
    from koop_pipeline.target.postgres.target import connected

    with connected(staging, address, read_only=read_only) as postgres:
        yield postgres


def thrown_away(staging: Staging, address: TargetAddress) -> None:
    """Remove the place of a rehearsal; nothing happens where there is none."""
    if address.path is not None:
        for path in (address.path, address.path.with_suffix(".lock"), address.path.with_suffix(".duckdb.wal")):
            path.unlink(missing_ok=True)
        return
    from koop_pipeline.target.postgres.target import PostgresTarget

    PostgresTarget(staging, address).throw_away()
