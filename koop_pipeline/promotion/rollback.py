"""The rollback: takes exactly one batch's load of one cooperative out of the target again, and proves it.

Inside the transaction the target hashes what it holds: before anything is removed it must be what was loaded (else the
platform has written to it since, and nothing is removed), afterwards it must be what was there before the load.
"""

from dataclasses import dataclass
from itertools import pairwise

from koop_pipeline.errors import RefusedError
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion import amendment, delta
from koop_pipeline.promotion.content import Content
from koop_pipeline.staging import Staging, literal
from koop_pipeline.target.bookkeeping import OF_A_LOAD, Load
from koop_pipeline.target.model import Target, TargetError, Writing, load_order, loaded_hashes, loads_of, otherwise
from koop_pipeline.target.opening import open_target

FORGOTTEN = (
    "promotions", "deltas", "rehearsed", "earlier_loads", "loaded", "loaded_sources", "loaded_corrections",
    "loaded_merges", "results", "standing",
)  # fmt: skip
FORGOTTEN_OF_THE_LAST = ("promotions", "deltas", "rehearsed", "results", "standing")
"""What is no longer so where an earlier load stays: it keeps its corrections and merges."""


@dataclass(frozen=True)
class Taken:
    """A load that was taken out; `rows` is None where an earlier rollback did it that was cut off at its very end."""

    load_id: str
    kind: str
    rows: int | None


def roll_back(staging: Staging, run: BatchRun, cooperative_id: str, *, only_last: bool = False) -> list[Taken]:
    """Take the load (and its amendments and deltas, or the last of them alone) out; what was, the last one first.

    Where an earlier rollback ended in the target and not here, that one is brought to its end, and nothing else is
    taken out. RefusedError, and nothing is changed, where there is no such load, where a later batch's load stands on
    it, or where the platform has written to its rows since.
    """
    with open_target(staging, run.folder.target) as target:
        try:
            taken = target.retried(lambda: _cut_off(staging, target, run.batch.batch, cooperative_id))
            if not taken:
                meant: list[Load] = []
                target.retried(lambda: _roll_back(staging, target, run.batch.batch, cooperative_id, meant, only_last))
                taken = [Taken(load.load_id, load.kind, load.rows) for load in meant]
        except TargetError as error:
            raise RefusedError(f"{cooperative_id}: nothing was removed; {error}") from None
    _forget(staging, cooperative_id, taken[-1])
    return taken


def _forget(staging: Staging, cooperative_id: str, first: Taken) -> None:
    """What staging remembers of loads that are out, the first of which is named."""
    with staging.transaction():
        for name in FORGOTTEN if first.kind == "full" else FORGOTTEN_OF_THE_LAST:
            staging.clear(f"verification.{name}", [cooperative_id])
        staging.execute(
            "INSERT INTO verification.promotions VALUES (?, ?, 'rolled_back')", [cooperative_id, first.load_id]
        )


def _cut_off(staging: Staging, target: Target, batch: str, cooperative_id: str) -> list[Taken]:
    """What an earlier rollback took out of the target that staging still counts as loaded."""
    rows = staging.rows(
        "SELECT load_id FROM verification.promotions WHERE cooperative_id = ? AND outcome NOT IN ('blocked',"
        " 'rolled_back')",
        [cooperative_id],
    )
    loads = loads_of(staging, target, [cooperative_id])[cooperative_id]
    if not rows or any(load.load_id == rows[0][0] for load in loads):
        return []
    target.fetch_books([cooperative_id], ("rollbacks",))
    kinds = staging.rows(f"SELECT kind FROM {target.books}rollbacks WHERE load_id = ? LIMIT 1", [rows[0][0]])
    if not kinds:
        return []
    kind = kinds[0][0] if any(load.batch == batch for load in loads) else "full"
    return [Taken(rows[0][0], kind, None)]


def _roll_back(
    staging: Staging, target: Target, batch: str, cooperative_id: str, meant: list[Load], only_last: bool
) -> None:
    """One try. `meant` is filled by the first one, so that a later one takes out the same loads or none.

    A try whose commit was answered by a lost connection may have taken them out.
    """
    with target.writing(cooperative_id) as writing:
        loads = loads_of(staging, target, [cooperative_id])[cooperative_id]
        if meant and not any(load in meant for load in loads):
            return
        ours = _to_take(loads, batch, cooperative_id)[: 1 if only_last else None]
        if meant and ours != meant:
            raise RefusedError(f"{cooperative_id}: another run loaded more of it meanwhile; nothing was removed")
        meant[:] = ours
        target.fetch_books([cooperative_id], ("load_tables", "amended", "delta_rows"))
        writing.freeze()
        alike = _refuse_hindered(staging, target, writing, ours)
        for load in ours[-1:] if ours[-1].kind == "full" else ours:
            _undo(staging, target, writing, load)
        for load in ours:
            for book in OF_A_LOAD:
                writing.strike(book, load.load_id)
            writing.note("rollbacks", f"(SELECT {_line(load)})")
        proof = {ours[-1].before_sha256, *(load.content_sha256 for load in loads[-len(ours) - 1 : -len(ours)] if alike)}
        if Content(cooperative_id, writing.hashes()).sha256 not in proof:
            raise TargetError("the state before the load did not come back, so all of it was left as it was")


def may_go(staging: Staging, target: Target, writing: Writing, last: Load) -> bool:
    """Whether all that the batch of the last load has loaded could be taken out again."""
    target.fetch_books([last.cooperative_id], ("load_tables", "delta_rows"))
    try:
        loads = loads_of(staging, target, [last.cooperative_id])[last.cooperative_id]
        _refuse_hindered(staging, target, writing, _to_take(loads, last.batch, last.cooperative_id))
    except RefusedError:
        return False
    return True


def _refuse_hindered(staging: Staging, target: Target, writing: Writing, ours: list[Load]) -> bool:
    """Refuse where something of the platform's would be lost.

    True where the target holds just what was delivered last, though the platform had written elsewhere before: what it
    wrote is no longer there to be lost, and the content of the load before comes back.
    """
    last, now = ours[0], Content(ours[0].cooperative_id, writing.hashes()).sha256
    alike = now == last.content_sha256 != last.left_sha256
    if now != last.left_sha256 and not alike:
        _refuse_written(staging, target, writing, last)
    _refuse_written_between(ours)
    _refuse_beside(target, writing, ours)
    return alike


def _to_take(loads: list[Load], batch: str, cooperative_id: str) -> list[Load]:
    """The loads of this batch that stand last, the last one first."""
    if not any(load.batch == batch for load in loads):
        known = f" (it was loaded by batch {loads[-1].batch})" if loads else ""
        raise RefusedError(f"{cooperative_id}: batch {batch} has loaded nothing of it into this target{known}")
    if loads[-1].batch != batch:
        raise RefusedError(
            f"{cooperative_id}: the later load of batch {loads[-1].batch} stands on that of batch {batch}; roll that"
            f" back first (koop rollback {loads[-1].batch} {cooperative_id})"
        )
    ours = []
    for load in reversed(loads):
        if load.batch != batch:
            break
        ours.append(load)
    return ours


def _undo(staging: Staging, target: Target, writing: Writing, load: Load) -> None:
    if load.kind == "full":
        for table in reversed(load_order()):
            writing.remove(table, None)
    elif load.kind == "delta":
        delta.take_back(staging, target, writing, load.load_id)
    else:
        amendment.take_back(staging, target, writing, load.load_id)


def _refuse_written_between(ours: list[Load]) -> None:
    """Refuse where a load did not begin with what the one before it had left."""
    for later, earlier in pairwise(ours):
        if later.before_sha256 != earlier.left_sha256:
            raise RefusedError(
                f"{later.cooperative_id}: the platform has written to its rows between load {earlier.number} and load"
                f" {later.number}; what members did there would be lost. The last load alone may be taken out (--last)"
            )


def _refuse_written(staging: Staging, target: Target, writing: Writing, last: Load) -> None:
    """Refuse, for the target does not hold what the last load left there.

    Only the tables of the content are known one by one, not what the platform had written before the last load.
    """
    written = otherwise(loaded_hashes(staging, target, last), writing.hashes())
    before = "" if last.left_sha256 == last.content_sha256 else ", what it wrote before the last load among it"
    raise RefusedError(
        f"{last.cooperative_id}: the platform has written to its rows since they were loaded: {', '.join(written)}"
        f"{before}; what members did there would be lost. Undo it in the platform first, or leave the load where it is"
    )


def _refuse_beside(target: Target, writing: Writing, ours: list[Load]) -> None:
    """Refuse where rows that go would take with them, or leave without their parent, what the platform wrote."""
    last = ours[0]
    alone = len(ours) == 1 and last.kind == "delta"
    if kept := writing.beside(delta.added_rows(target, last.load_id) if alone else None):
        raise RefusedError(
            f"{last.cooperative_id}: the platform keeps more with its rows: {', '.join(kept)}; it would be lost with"
            " them. Take it out in the platform first, or leave the load where it is"
        )


def _line(load: Load) -> str:
    names = ("cooperative_id", "load_id", "batch", "kind", "content_sha256", "before_sha256")
    return ", ".join(f"{literal(getattr(load, name))} AS {name}" for name in names)
