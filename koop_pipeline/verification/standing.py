"""What stands in the target where staging holds other content: its hash is held against the target's own books.

So it is after a rollback of the last load alone, and where a later delivery was refused, blocked or only rehearsed:
with what staging holds by now its rows cannot be compared. Every table is read back and hashed here all the same, and
must make the hash that the books noted when the last load was done. What that proves is said; verified it is not.
"""

from koop_pipeline.contracts import PROMOTED
from koop_pipeline.program.run import BatchRun
from koop_pipeline.proof.record import forget_target
from koop_pipeline.staging import Staging, within
from koop_pipeline.staging.chunks import groups
from koop_pipeline.staging.content import combine, table_hashes
from koop_pipeline.staging.halts import halt
from koop_pipeline.target.bookkeeping import Load
from koop_pipeline.target.model import Hashes, Target, TargetError, fetched, loaded_hashes, loads_of, otherwise

UNCOMPARED = "its rows were not compared with staging, which does not hold what was loaded"
AS_LEFT = "all that it holds of it makes the hash that the books noted when that load was done"
AS_DELIVERED = "all that it holds of it makes the hash of what was loaded, without what the platform had written since"


def find(staging: Staging, target: Target, run: BatchRun, promoted: list[str]) -> dict[str, Load]:
    """The last load of each cooperative in scope that has one of this batch and where it is not what staging promoted.

    Their lines of `load_tables` are fetched too.
    """
    judged = dict(staging.rows("SELECT cooperative_id, content_sha256 FROM gate.decisions"))
    found = {
        cooperative_id: loads[-1]
        for cooperative_id, loads in loads_of(staging, target, run.ids).items()
        if any(load.batch == run.batch.batch for load in loads)
        and (cooperative_id not in promoted or loads[-1].content_sha256 != judged.get(cooperative_id))
    }
    target.fetch_books(list(found), ("load_tables",))
    return found


def prove(staging: Staging, target: Target, loads: dict[str, Load], most: int) -> list[str]:
    """Fill `verification.standing`, in groups of `most` rows; those that could be read.

    One that holds something else than the books say, or that cannot be read, is halted.
    """
    forget_target(staging, "read_back", list(loads))
    noted = {cooperative_id: loaded_hashes(staging, target, load) for cooperative_id, load in loads.items()}
    sizes = ((cooperative_id, sum(rows for rows, _ in tables.values())) for cooperative_id, tables in noted.items())
    found: dict[str, Hashes] = {}
    for group in groups(sizes, most):
        for ids, error in fetched(target, group):
            if error:
                _halt_unread(staging, [loads[each] for each in ids], error)
            else:
                found |= _held(staging, target, ids)
    for cooperative_id, now in found.items():
        _judge(staging, loads[cooperative_id], noted[cooperative_id], now)
    return list(found)


def _halt_unread(staging: Staging, loads: list[Load], error: TargetError) -> None:
    for load in loads:
        own = load.cooperative_id
        _say(staging, own, f"{_place(load)}, of which nothing was verified: {error}; run koop verify again")
        halt(staging, own, "verify", f"{own}: what the target holds of it was not read")


def unread(staging: Staging, ids: list[str], error: TargetError) -> None:
    """Say of all in scope that the books could not be read, so that it is not known what stands."""
    for cooperative_id in ids:
        _say(staging, cooperative_id, f"what the target has loaded of it is not known: {error}; run koop verify again")


def _held(staging: Staging, target: Target, group: list[str]) -> dict[str, Hashes]:
    """Rows and hash of every table that the target holds of these cooperatives, as they are now."""
    found: dict[str, Hashes] = {cooperative_id: {} for cooperative_id in group}
    for table in PROMOTED:
        for cooperative_id, rows, digest in table_hashes(staging, table, target.there + table.name, within(group)):
            found[cooperative_id][table.name] = (rows, digest)
    return found


def _judge(staging: Staging, load: Load, noted: Hashes, now: Hashes) -> None:
    """Hold what the target holds against the books of the last load."""
    own, digest = load.cooperative_id, combine(now)
    if digest in {load.left_sha256, load.content_sha256}:
        proof = AS_LEFT if digest == load.left_sha256 else AS_DELIVERED
        _say(staging, own, f"{_place(load)}, and {proof}; {UNCOMPARED}", proved=True)
        return
    differing = ", ".join(otherwise(noted, now)) or "the books contradict themselves"
    before = "" if load.left_sha256 == load.content_sha256 else ", what the platform wrote before that load among it"
    _say(staging, own, f"{_place(load)}, and since then written to: {differing}{before}; {UNCOMPARED}")
    halt(staging, own, "verify", f"{own}: the target does not hold what its last load left")


def _place(load: Load) -> str:
    return f"in the target: load {load.number} ({load.kind}) of batch {load.batch}"


def _say(staging: Staging, cooperative_id: str, said: str, *, proved: bool = False) -> None:
    staging.execute("INSERT INTO verification.standing VALUES (?, ?, ?)", [cooperative_id, proved, said])
