"""Corrections between map and clean: reads the correction files, matches them and writes what the step clean applies.

`mapped.corrections` holds every correction with its outcome, `mapped.added_cells` the cells of rows that were missing,
`mapped.different_people` who is not the same person. One that matches nothing is an error of its cooperative
(COR-MATCH-01, blocks); one that came after the load, and a workbook that came back and was not applied, are told
(COR-LATE-01, COR-WAIT-01, warn).
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from koop_pipeline.corrections import files, match
from koop_pipeline.corrections.match import Said
from koop_pipeline.corrections.outcome import Delivery, Verdict, cells_needed, judge
from koop_pipeline.errors import ConfigError
from koop_pipeline.program.program_file import Cooperative
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging
from koop_pipeline.staging.halts import begin, halt
from koop_pipeline.staging.names import FIRST_ADDED_ROW

PART = "corrections"
TEXT, NUMBER = pl.String(), pl.Int64()
HELD = (
    "SELECT cooperative_id, table_name, row, column_name FROM gate.held WHERE cooperative_id IN"
    " (SELECT cooperative_id FROM verification.loaded)"
)
CORRECTIONS = {
    "cooperative_id": TEXT, "number": NUMBER, "place": TEXT, "action": TEXT, "table_name": TEXT, "row": NUMBER,
    "column_name": TEXT, "value": TEXT, "into_row": NUMBER, "who": TEXT, "decided_on": pl.Date(), "outcome": TEXT,
    "message": TEXT, "digest": TEXT,
}  # fmt: skip
ADDED = {
    "cooperative_id": TEXT, "table_name": TEXT, "row": NUMBER, "column_name": TEXT, "value": TEXT, "place": TEXT,
    "number": NUMBER,
}  # fmt: skip
FAILED = {"cooperative_id": TEXT, "table_name": TEXT, "rule": TEXT, "note": TEXT}
TABLES = ("mapped.corrections", "mapped.added_cells", "mapped.different_people", "mapped.correction_files")


def load_corrections(staging: Staging, run: BatchRun) -> None:
    """Judge every correction of the cooperatives in scope against what was mapped, and store the outcome."""
    ids = begin(staging, "map", run.ids, PART)
    for name in TABLES:
        staging.clear(name, run.ids)
    staging.clear("mapped.failures", run.ids, "rule LIKE 'COR-%'")
    said: list[Said] = []
    for cooperative in run.cooperatives:
        if cooperative.id in ids:
            said += _read_one(staging, run, cooperative.id)
    verdicts = judged(staging, said, run.cooperatives, run)
    _store(staging, verdicts)
    _refuse_strange_people(staging, ids)


def judged(staging: Staging, said: list[Said], cooperatives: Sequence[Cooperative], run: BatchRun) -> list[Verdict]:
    """The verdict on each correction, against what is mapped now."""
    rows = match.find_rows(staging, said)
    delivery = Delivery(
        rows=rows,
        survivors=match.find_survivors(staging, said),
        parents=match.find_parents(staging, said),
        cells=match.cells(staging, cells_needed(said, rows)),
        values=match.canonical_texts(said),
        as_of={one.id: run.as_of(one) for one in cooperatives},
        loaded=_loaded(staging),
        held=_held(staging),
        branches={one.id: [each for each in one.branches if each] for one in cooperatives if one.prefixes_keys},
        again=_loaded_and_delivered_anew(staging, run),
    )
    return judge(said, delivery)


def _refuse_strange_people(staging: Staging, ids: list[str]) -> None:
    """COR-MATCH-01 for two people of whom one is no member, or whom another correction merges."""
    number = "(trim(m.member_no) = d.{0} OR m.branch || '-' || trim(m.member_no) = d.{0})"
    member = "EXISTS (SELECT 1 FROM mapped.members m WHERE m.cooperative_id = d.cooperative_id AND {0})"
    there = " AND ".join(member.format(number.format(side)) for side in ("member_no_a", "member_no_b"))
    merged = (
        "EXISTS (SELECT 1 FROM mapped.corrections c JOIN mapped.members a ON a.cooperative_id = c.cooperative_id AND"
        " a._row = c.row JOIN mapped.members b ON b.cooperative_id = c.cooperative_id AND b._row = c.into_row WHERE"
        " c.action = 'merge' AND c.outcome = 'applied' AND c.cooperative_id = d.cooperative_id AND"
        " list_sort([trim(a.member_no), trim(b.member_no)]) = list_sort([d.member_no_a, d.member_no_b]))"
    )
    staging.execute(
        "INSERT INTO mapped.failures BY NAME SELECT cooperative_id, 'cooperatives' AS table_name,"
        " 'COR-MATCH-01' AS rule,"
        f" 'different people ' || member_no_a || ' and ' || member_no_b || CASE WHEN {there} THEN ': another correction"
        " merges them' ELSE ': one of them is no member of the delivery' END AS note FROM mapped.different_people d"
        f" WHERE (NOT ({there}) OR {merged}) AND cooperative_id IN (SELECT unnest(?))",
        [ids],
    )


def _loaded(staging: Staging) -> dict[str, set[str]]:
    """The cooperatives that are in the target, with the digests of the corrections in their load."""
    loaded = staging.rows("SELECT cooperative_id FROM verification.loaded")
    found: dict[str, set[str]] = {row[0]: set() for row in loaded}
    for cooperative_id, digest in staging.rows("SELECT cooperative_id, digest FROM verification.loaded_corrections"):
        found.setdefault(cooperative_id, set()).add(digest)
    return found


def _loaded_and_delivered_anew(staging: Staging, run: BatchRun) -> frozenset[str]:
    """The cooperatives that this staging file loaded, in a batch whose method allows another delivery, and whose source
    is another one since.
    """
    if run.batch.method == "cutover":
        return frozenset()
    rows = staging.rows(
        "SELECT l.cooperative_id FROM verification.loaded_sources l JOIN raw.cooperatives r USING (cooperative_id)"
        " WHERE r.sources_sha256 <> l.sources_sha256"
    )
    return frozenset(row[0] for row in rows)


def _held(staging: Staging) -> set[tuple[str, str, int, str | None]]:
    """What the last gate held of cooperatives that are in the target."""
    if "held" not in staging.tables("gate"):
        return set()
    return {(row[0], row[1], row[2], row[3]) for row in staging.rows(HELD)}


def _read_one(staging: Staging, run: BatchRun, cooperative_id: str) -> list[Said]:
    """The corrections of one cooperative; a file that is wrong stops it."""
    try:
        read = files.read_all(run.folder, cooperative_id)
    except (ConfigError, OSError) as error:
        halt(staging, cooperative_id, "map", f"{cooperative_id}: {error}", PART)
        return []
    staging.execute(
        "INSERT INTO mapped.correction_files VALUES (?, ?)",
        [cooperative_id, files.fingerprint(run.folder, cooperative_id)],
    )
    for path in files.waiting(run.folder, cooperative_id, read):
        note = f"corrections/{cooperative_id}/{path.name} came back; run koop corrections apply {run.batch.batch}"
        _fail(staging, [{"cooperative_id": cooperative_id, "rule": "COR-WAIT-01", "note": note}])
    found = [
        Said(cooperative_id, 0, one.place("corrections", number), item)
        for one in read
        for number, item in enumerate(one.content.corrections)
    ]
    _store_different(staging, cooperative_id, read)
    return [Said(one.cooperative_id, number, one.place, one.item) for number, one in enumerate(found, start=1)]


def _store_different(staging: Staging, cooperative_id: str, read: list[files.Read]) -> None:
    pairs = [
        (cooperative_id, one, other)
        for each in read
        for item in each.content.different_people
        for index, one in enumerate(item.members)
        for other in item.members[index + 1 :]
    ]
    if pairs:
        staging.connection.executemany("INSERT INTO mapped.different_people VALUES (?, ?, ?)", pairs)


def _store(staging: Staging, verdicts: list[Verdict]) -> None:
    staging.insert("mapped.corrections", pl.DataFrame([_record(one) for one in verdicts], schema=CORRECTIONS))
    added = [cell for one in verdicts if one.outcome == "applied" for cell in _added_cells(one)]
    staging.insert("mapped.added_cells", pl.DataFrame(added, schema=ADDED))
    rules = {"error": "COR-MATCH-01", "late": "COR-LATE-01"}
    _fail(
        staging,
        [
            {
                "cooperative_id": one.said.cooperative_id,
                "rule": rules[one.outcome],
                "note": f"{one.said.place} ({one.said.item.action}): {one.message}",
            }
            for one in verdicts
            if one.outcome in rules
        ],
    )


def _record(one: Verdict) -> dict[str, Any]:
    item = one.said.item
    return {
        "cooperative_id": one.said.cooperative_id, "number": one.said.number, "place": one.said.place,
        "action": item.action, "table_name": item.table, "row": one.row, "column_name": item.changed_column,
        "value": item.value, "into_row": one.into, "who": item.who, "decided_on": item.on, "outcome": one.outcome,
        "message": one.message, "digest": item.digest,
    }  # fmt: skip


def _added_cells(one: Verdict) -> list[dict[str, Any]]:
    if one.said.item.action != "add":
        return []
    return [
        {
            "cooperative_id": one.said.cooperative_id, "table_name": one.said.item.table,
            "row": FIRST_ADDED_ROW + one.said.number, "column_name": name, "value": value, "place": one.said.place,
            "number": one.said.number,
        }
        for name, value in (one.said.item.values or {}).items()
    ]  # fmt: skip


def _fail(staging: Staging, records: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame([{**one, "table_name": "cooperatives"} for one in records], schema=FAILED)
    staging.insert("mapped.failures", frame)
