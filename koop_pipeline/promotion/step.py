"""The step promote: reads the verdict itself, and loads each admitted cooperative in one transaction.

Refuses without a verdict, and where source, profile, rules or content changed since the gate. A second run of the same
content changes nothing; changed content is refused with the way out, unless it only fills what was held (an amendment)
or the batch's method allows a delta. A rehearsal does the same in a place that is thrown away.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from koop_pipeline import progress
from koop_pipeline.contracts import TABLES
from koop_pipeline.errors import RefusedError
from koop_pipeline.program.program_file import Batch
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion import amendment, delta
from koop_pipeline.promotion.content import EMPTY, NEW, Content, books_of, prepared
from koop_pipeline.promotion.rehearsal import begin_rehearsal, refuse_unrehearsed
from koop_pipeline.promotion.rollback import may_go
from koop_pipeline.proof.compare import compare
from koop_pipeline.proof.record import forget_target, record_target
from koop_pipeline.staging import Staging, StagingError, literal, quoted, safe_message, within
from koop_pipeline.staging.halts import begin, halt, healthy
from koop_pipeline.target.bookkeeping import Load
from koop_pipeline.target.model import Target, TargetError, Writing, fetched, load_order, loads_of
from koop_pipeline.target.opening import open_target

SOURCES = {"loaded_sources": "SELECT cooperative_id, sources_sha256 FROM gate.decisions WHERE cooperative_id = ?"}
REMEMBERED = {
    "loaded": "SELECT ?",
    "loaded_corrections": "SELECT cooperative_id, digest FROM mapped.corrections WHERE cooperative_id = ?"
    " AND outcome NOT IN ('late', 'error')",
    "loaded_merges": "SELECT cooperative_id, row, into_row, rule FROM cleaned.merges WHERE cooperative_id = ?",
}
JUDGED = ("the source", "the profile or the batch file", "the rules", "its corrections")
Hashes = Callable[[str], tuple[str, str, str, str]]


def promote(staging: Staging, run: BatchRun, current: Hashes, after_each: Callable[[], None]) -> None:
    """Load every cooperative in scope whose verdict admits it.

    `current` gives the present sha256 of a cooperative's source, profile, rules and corrections. `after_each` is called
    after every cooperative, when its transaction is done.
    """
    ids = begin(staging, "promote", run.ids)
    staging.clear("verification.rehearsed", run.ids)
    if not run.rehearse:
        staging.clear("verification.promotions", run.ids)
        staging.clear("verification.deltas", run.ids)
        staging.clear("verification.standing", run.ids)
    if run.rehearse:
        begin_rehearsal(staging, run)
    else:
        refuse_unrehearsed(staging, run, ids)
    with open_target(staging, run.target) as target:
        if not run.rehearse:
            _note_earlier_loads(staging, target, run.ids)
        for group in prepared(staging, ids):
            for content in group:
                _admit(staging, run, target, content, current)
                after_each()
                progress.advance(1, content.rows)
            _record(staging, target, promoted(staging, [each.cooperative_id for each in group], rehearsed=run.rehearse))
        if _anything_came(staging, ids):
            with suppress(TargetError):  # slower queries are no reason to halt what was loaded
                target.measure()
    compare(staging, ("promoted",), healthy(staging, promoted(staging, ids, rehearsed=run.rehearse)))


def _anything_came(staging: Staging, ids: list[str]) -> bool:
    """Whether this run wrote rows of any of these cooperatives into the target, a rehearsal's apart."""
    came = f"outcome IN ('loaded', 'amended', 'delta') AND {within(ids)}"
    return bool(staging.value(f"SELECT count(*) FROM verification.promotions WHERE {came}"))


def _admit(staging: Staging, run: BatchRun, target: Target, content: Content, current: Hashes) -> None:
    """Promote one cooperative, or halt it with the reason."""
    cooperative_id = content.cooperative_id
    try:
        load_id, outcome = _promote_one(staging, run, target, content, current)
        book = "rehearsed" if run.rehearse else "promotions"
        with staging.transaction():
            staging.execute(f"INSERT INTO verification.{book} VALUES (?, ?, ?)", [cooperative_id, load_id, outcome])
            if outcome == "delta":
                staging.execute(f"INSERT INTO verification.deltas {delta.TOTALS_OF_LAST}")
            if outcome not in {"blocked", "rehearsed"}:
                _remember(staging, cooperative_id, keeps=run.batch.method not in delta.KEPT)
    except RefusedError as error:
        halt(staging, cooperative_id, "promote", f"{cooperative_id}: {error}")
    except TargetError as error:
        ended = "the load did not end; koop migrate again finishes it" if error.passing else "nothing was loaded"
        place = _place(staging, cooperative_id, error)
        halt(staging, cooperative_id, "promote", f"{cooperative_id}: {ended}; {error}{place}")
    except StagingError as error:
        halt(staging, cooperative_id, "promote", f"{cooperative_id}: nothing was loaded; {safe_message(error)}")


def _place(staging: Staging, cooperative_id: str, error: TargetError) -> str:
    """Where the row that the target refuses stands in the delivery; empty where no row is to blame."""
    if error.table not in TABLES or not error.key or TABLES[error.table].opening:
        return ""
    key = " AND ".join(f"{quoted(name)}::VARCHAR = ?" for name in TABLES[error.table].key) or "true"
    rows = staging.rows(
        f"SELECT _source_file, _source_row FROM cleaned.{error.table} WHERE cooperative_id = ? AND {key} LIMIT 1",
        [cooperative_id, *(error.key if TABLES[error.table].key else ())],
    )
    return f" ({rows[0][0]}, row {rows[0][1]})" if rows and rows[0][0] else ""


def _remember(staging: Staging, cooperative_id: str, *, keeps: bool) -> None:
    """Keep of which source the load is, and which corrections and merges it has, so that later runs leave it as it is.

    Not where a delta may change it: then each delivery is corrected and merged anew, for its rows may be others.
    """
    for table in SOURCES | REMEMBERED:
        staging.clear(f"verification.{table}", [cooperative_id])
    for table, sql in (SOURCES | REMEMBERED if keeps else SOURCES).items():
        staging.execute(f"INSERT INTO verification.{table} {sql}", [cooperative_id])


def promoted(staging: Staging, ids: list[str], *, rehearsed: bool = False) -> list[str]:
    """Those of `ids` that the step loaded, or found there, in order; `rehearsed`: that it loaded on trial."""
    book = "rehearsed" if rehearsed else "promotions"
    rows = staging.rows(f"SELECT cooperative_id FROM verification.{book} WHERE outcome <> 'blocked'")
    done = {row[0] for row in rows}
    return [cooperative_id for cooperative_id in ids if cooperative_id in done]


def _record(staging: Staging, target: Target, ids: list[str]) -> None:
    """Take the control totals of what the target now holds of these cooperatives; halt those that cannot be read."""
    for group, error in fetched(target, ids) if ids else ():
        if not error:
            record_target(staging, "promoted", group, target.there)
            continue
        forget_target(staging, "promoted", group)
        for cooperative_id in group:
            reason = (
                f"{cooperative_id}: it was loaded, its control totals were not taken; {error}; run koop migrate again"
            )
            halt(staging, cooperative_id, "promote", reason)


def _note_earlier_loads(staging: Staging, target: Target, ids: list[str]) -> None:
    """Remember which cooperatives are in the target from an earlier run, whatever becomes of this one."""
    staging.clear("verification.earlier_loads", ids)
    earlier = target.retried(lambda: loads_of(staging, target, ids))
    for cooperative_id, loads in earlier.items():
        if loads:
            last = [cooperative_id, loads[-1].batch, loads[-1].load_id]
            staging.execute("INSERT INTO verification.earlier_loads VALUES (?, ?, ?)", last)


@dataclass(frozen=True)
class _Decision:
    verdict: str
    judged: tuple[str, str, str, str]
    content_sha256: str


def _promote_one(staging: Staging, run: BatchRun, target: Target, content: Content, current: Hashes) -> tuple[str, str]:
    decision = _decision(staging, content.cooperative_id)
    if decision.verdict == "blocked":
        return "", "blocked"
    for now, then, what in zip(current(content.cooperative_id), decision.judged, JUDGED, strict=True):
        if now != then:
            raise RefusedError(f"{what} changed since the gate; run koop migrate again")
    if not content.unchanged or content.sha256 != decision.content_sha256:
        raise RefusedError("the staging content changed since the gate; run the gate again")
    load = _load_of(run, content, decision)
    load_id, outcome = target.retried(lambda: _load(staging, target, content, load, run.batch))
    return load_id, "rehearsed" if run.rehearse else outcome


def _decision(staging: Staging, cooperative_id: str) -> _Decision:
    rows = staging.rows(
        "SELECT verdict, sources_sha256, profile_sha256, suites_sha256, corrections_sha256, content_sha256"
        " FROM gate.decisions WHERE cooperative_id = ?",
        [cooperative_id],
    )
    if not rows:
        raise RefusedError("there is no verdict; run the gate first (koop migrate does)")
    verdict, source, profile, suites, corrections, content = rows[0]
    return _Decision(verdict, (source, profile, suites, corrections), content)


def _load_of(run: BatchRun, content: Content, decision: _Decision) -> Load:
    """The line of a first load; its fingerprint is that of the content."""
    cooperative_id, digest = content.cooperative_id, content.sha256
    load_id = hashlib.sha256(f"{cooperative_id}\n{digest}".encode()).hexdigest()[:16]
    cutoff_on = run.cutoff_on(run.batch.cooperative(cooperative_id)).isoformat()
    return Load(
        cooperative_id, 1, load_id, run.batch.batch, "full", digest, EMPTY, *decision.judged, decision.verdict,
        content.rows, cutoff_on=cutoff_on,
    )  # fmt: skip


def _load(staging: Staging, target: Target, content: Content, load: Load, batch: Batch) -> tuple[str, str]:
    """One transaction: nothing where the content is there, else all of it or what it lacks; the load's id."""
    cooperative_id = load.cooperative_id
    with target.writing(cooperative_id) as writing:
        loads = loads_of(staging, target, [cooperative_id])[cooperative_id]
        if loads and loads[-1].content_sha256 == load.content_sha256:
            return loads[-1].load_id, "unchanged"
        if not loads:
            own = f"WHERE cooperative_id = {literal(cooperative_id)}"
            for table in load_order():
                if table.name in content.tables:
                    writing.insert(table, f"(SELECT * FROM {NEW}{table.name} {own})")
            _book(writing, load, content)
            if batch.method in delta.KEPT:
                delta.keep_rows(staging, target, writing, load, NEW)
            return load.load_id, "loaded"
        return _load_more(staging, target, writing, content, load, loads[-1], batch)


def _load_more(
    staging: Staging, target: Target, writing: Writing, content: Content, load: Load, last: Load, batch: Batch
) -> tuple[str, str]:
    """What the target lacks of a content that is not the one loaded last; RefusedError where it may not come in."""
    one = [last.cooperative_id]
    load = replace(load, number=last.number + 1, load_id=_next_id(last, content))
    if batch.method in delta.KEPT:
        writing.freeze()
    target.fetch(one)
    target.fetch_books(one, delta.BOOKS)
    before = Content(last.cooperative_id, writing.hashes()).sha256
    if reason := amendment.changed(staging, target, writing, last, NEW):
        kind, outcome = "delta", "delta"
        came, books = _delta(staging, target, writing, last, load, reason, batch)
    else:
        kind, outcome = "amendment", "amended"
        came, books = _amendment(staging, target, writing, last, load)
    after = Content(last.cooperative_id, writing.hashes()).sha256
    after = "" if after == load.content_sha256 else after
    load = replace(load, kind=kind, before_sha256=before, after_sha256=after, rows=came)
    _book(writing, load, content)
    for book, relation in books.items():
        writing.note(book, relation)
    if batch.method in delta.KEPT:
        delta.keep_rows(staging, target, writing, load, NEW)
    return load.load_id, outcome


def _next_id(last: Load, content: Content) -> str:
    """The id of a load that stands on another: content may come back to what it was, ids may not."""
    return hashlib.sha256(f"{last.cooperative_id}\n{last.load_id}\n{content.sha256}".encode()).hexdigest()[:16]


def _amendment(
    staging: Staging, target: Target, writing: Writing, last: Load, load: Load
) -> tuple[int, dict[str, str]]:
    if reason := amendment.hindered(staging, target, last, NEW):
        raise RefusedError(
            "what was held of it cannot come in, and nothing was changed: the platform has since"
            f" {reason}, and an amendment changes nothing that is there; settle it in the platform, and deliver the"
            " same or keep it held"
        )
    came, listed = amendment.bring_in(staging, target, writing, last, NEW, load.load_id)
    return came, {"amended": listed}


def _delta(
    staging: Staging, target: Target, writing: Writing, last: Load, load: Load, changed: str, batch: Batch
) -> tuple[int, dict[str, str]]:
    said = f"it was promoted before (batch {last.batch}) and its content changed since: {changed}"
    if batch.method not in delta.KEPT:
        raise RefusedError(f"{said}; {_way_out(staging, target, writing, last)}")
    if last.cutoff_on not in {"", load.cutoff_on}:
        raise RefusedError(
            f"{said}; no delta can bring that in, and nothing was changed: its cut-off is {load.cutoff_on}, and that of"
            f" the loads before was {last.cutoff_on}; {_way_out(staging, target, writing, last)}"
        )
    try:
        delta.plan(staging, target, last, NEW, phased=batch.method == "phased", removes=batch.delta_removes)
        return delta.bring_in(staging, target, writing, last, NEW, load.load_id)
    except RefusedError as error:
        way_out = _way_out(staging, target, writing, last)
        raise RefusedError(f"{said}; no delta can bring that in, and nothing was changed: {error}; {way_out}") from None


def _way_out(staging: Staging, target: Target, writing: Writing, last: Load) -> str:
    """What is left to do; a rollback only where nothing that the platform wrote would refuse it."""
    goes = may_go(staging, target, writing, last)
    taken = f", take the load out (koop rollback {last.batch} {last.cooperative_id})," if goes else ""
    return f"restore the earlier delivery{taken} or enter the difference in the platform itself"


def _book(writing: Writing, load: Load, content: Content) -> None:
    for book, relation in books_of(load, content).items():
        writing.note(book, relation)
