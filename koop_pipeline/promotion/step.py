"""The step promote: reads the verdict itself, and loads each admitted cooperative in one transaction.

Refuses without a verdict, and where source, profile, rules or content changed since the gate. A second run of the same
content changes nothing; changed content is refused with the way out, unless it only fills what was held.
"""

import hashlib
from collections.abc import Callable

from koop_pipeline.contracts import PROMOTED
from koop_pipeline.errors import RefusedError
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion import amendment
from koop_pipeline.promotion.duckdb_target import attached
from koop_pipeline.proof.compare import compare
from koop_pipeline.proof.record import record_target
from koop_pipeline.staging import Staging, StagingError, literal, quoted, safe_message
from koop_pipeline.staging.content import combine, table_hashes
from koop_pipeline.staging.halts import begin, halt

REMEMBERED = {
    "loaded": "SELECT ?",
    "loaded_corrections": "SELECT cooperative_id, digest FROM mapped.corrections WHERE cooperative_id = ?"
    " AND outcome NOT IN ('late', 'error')",
    "loaded_merges": "SELECT cooperative_id, row, into_row, rule FROM cleaned.merges WHERE cooperative_id = ?",
}
Hashes = Callable[[str], tuple[str, str, str, str]]


def promote(staging: Staging, run: BatchRun, current: Hashes, after_each: Callable[[], None]) -> None:
    """Load every cooperative in scope whose verdict admits it.

    `current` gives the present sha256 of a cooperative's source, profile, rules and corrections. `after_each` is called
    after every cooperative, when its transaction is done.
    """
    ids = begin(staging, "promote", run.ids)
    staging.clear("verification.promotions", run.ids)
    with attached(staging, run.folder.target_path):
        _note_earlier_loads(staging, run.ids)
        for cooperative_id in ids:
            try:
                load_id, outcome = _promote_one(staging, run, cooperative_id, current)
                staging.execute(
                    "INSERT INTO verification.promotions VALUES (?, ?, ?)", [cooperative_id, load_id, outcome]
                )
                if outcome != "blocked":
                    _remember(staging, cooperative_id)
            except RefusedError as error:
                halt(staging, cooperative_id, "promote", f"{cooperative_id}: {error}")
            except StagingError as error:
                reason = safe_message(error)
                halt(
                    staging,
                    cooperative_id,
                    "promote",
                    f"{cooperative_id}: nothing was loaded, the target says: {reason}",
                )
            after_each()
        _record(staging, ids)


def _remember(staging: Staging, cooperative_id: str) -> None:
    """Keep which corrections and merges the load contains, so that later runs leave it as it is."""
    for table, sql in REMEMBERED.items():
        staging.clear(f"verification.{table}", [cooperative_id])
        staging.execute(f"INSERT INTO verification.{table} {sql}", [cooperative_id])


def _record(staging: Staging, ids: list[str]) -> None:
    """Take the control totals of what the target now holds of these cooperatives."""
    rows = staging.rows("SELECT cooperative_id FROM verification.promotions WHERE outcome <> 'blocked'")
    there = [cooperative_id for (cooperative_id,) in rows if cooperative_id in ids]
    if there:
        record_target(staging, "promoted", there)
        compare(staging, ("promoted",), there)


def _note_earlier_loads(staging: Staging, ids: list[str]) -> None:
    """Remember which cooperatives are in the target from an earlier run, whatever becomes of this one."""
    staging.clear("verification.earlier_loads", ids)
    staging.execute(
        "INSERT INTO verification.earlier_loads SELECT cooperative_id, last(batch ORDER BY rowid),"
        " last(load_id ORDER BY rowid) FROM target.migration.loads"
        " WHERE cooperative_id IN (SELECT unnest(?)) GROUP BY ALL",
        [ids],
    )


def _promote_one(staging: Staging, run: BatchRun, cooperative_id: str, current: Hashes) -> tuple[str, str]:
    decision = staging.rows(
        "SELECT verdict, sources_sha256, profile_sha256, suites_sha256, corrections_sha256, content_sha256"
        " FROM gate.decisions WHERE cooperative_id = ?",
        [cooperative_id],
    )
    if not decision:
        raise RefusedError("there is no verdict; run the gate first (koop migrate does)")
    verdict, *hashes, content = decision[0]
    if verdict == "blocked":
        return "", "blocked"
    for now, then, what in zip(
        current(cooperative_id),
        hashes,
        ("the source", "the profile or the batch file", "the rules", "its corrections"),
        strict=True,
    ):
        if now != then:
            raise RefusedError(f"{what} changed since the gate; run koop migrate again")
    if content_hash(staging, cooperative_id) != content:
        raise RefusedError("the staging content changed since the gate; run the gate again")
    load_id = hashlib.sha256(f"{cooperative_id}\n{content}".encode()).hexdigest()[:16]
    outcome = _load(staging, run, cooperative_id, load_id, (content, *hashes, verdict))
    return load_id, outcome


def content_hash(staging: Staging, cooperative_id: str) -> str:
    """The hash of what one cooperative would promote now."""
    hashes: dict[str, tuple[int, str]] = {}
    for table in PROMOTED:
        where = f"cooperative_id = {literal(cooperative_id)}"
        for _, rows, digest in staging.rows(table_hashes(table, f"gate.promotable_{table.name}", where)):
            hashes[table.name] = (rows, digest)
    return combine(hashes)


def _load(staging: Staging, run: BatchRun, cooperative_id: str, load_id: str, record: tuple[str, ...]) -> str:
    loads = staging.rows(
        "SELECT load_id, batch FROM target.migration.loads WHERE cooperative_id = ? ORDER BY rowid", [cooperative_id]
    )
    if loads and loads[-1][0] == load_id:
        return "unchanged"
    if not loads:
        with staging.transaction():
            rows = sum(_insert(staging, table.name, cooperative_id) for table in PROMOTED)
            _book(staging, run, cooperative_id, load_id, "full", rows, record)
        return "loaded"
    reason = amendment.forbidden(staging, cooperative_id)
    if reason:
        raise RefusedError(
            f"it was promoted before (batch {loads[-1][1]}) and its content changed since: {reason};"
            f" restore the earlier"
            " delivery, or enter the difference in the platform itself"
        )
    with staging.transaction():
        rows = amendment.bring_in(staging, cooperative_id)
        _book(staging, run, cooperative_id, load_id, "amendment", rows, record)
    return "amended"


def _insert(staging: Staging, table: str, cooperative_id: str) -> int:
    names = next(item.names for item in PROMOTED if item.name == table)
    columns = ", ".join(["cooperative_id", *map(quoted, names)])
    where = f"WHERE cooperative_id = {literal(cooperative_id)}"
    source = f"gate.promotable_{table}"
    staging.execute(
        f"INSERT INTO target.platform.{table} ({columns}) SELECT {columns} FROM {source} {where} ORDER BY _row"
    )
    return int(staging.value(f"SELECT count(*) FROM {source} {where}"))


def _book(
    staging: Staging,
    run: BatchRun,
    cooperative_id: str,
    load_id: str,
    kind: str,
    rows: int,
    record: tuple[str, ...],
) -> None:
    content, sources, profile, suites, corrections, verdict = record
    staging.execute(
        "INSERT INTO target.migration.loads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            load_id,
            cooperative_id,
            run.batch.batch,
            kind,
            content,
            sources,
            profile,
            suites,
            corrections,
            verdict,
            rows,
        ],
    )
    staging.execute("DELETE FROM target.migration.held WHERE cooperative_id = ?", [cooperative_id])
    for table in PROMOTED:
        staging.execute(
            f"INSERT INTO target.migration.held SELECT ?, h.cooperative_id, h.table_name,"
            f" {amendment.key_text(table, 't')}, h.column_name, h.rule FROM gate.held h JOIN checked.{table.name} t"
            f" ON t.cooperative_id = h.cooperative_id AND t._row = h.row WHERE h.table_name = ? AND"
            f" h.cooperative_id = ?",
            [load_id, table.name, cooperative_id],
        )
