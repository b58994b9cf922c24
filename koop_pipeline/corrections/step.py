"""Corrections between map and clean: reads the correction files, matches them and writes what the step clean applies.

`mapped.corrections` holds every correction with its outcome, `mapped.added_cells` the cells of rows that were missing,
`mapped.different_people` who is not the same person. One that matches nothing is an error of its cooperative
(COR-MATCH-01, blocks); a workbook that came back and was not applied is told (COR-WAIT-01, warns).
"""

from datetime import date
from typing import Any

import polars as pl

from koop_pipeline.corrections import files, match
from koop_pipeline.corrections.match import Said
from koop_pipeline.corrections.outcome import Delivery, Verdict, cells_needed, judge
from koop_pipeline.errors import ConfigError
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging
from koop_pipeline.staging.halts import begin, halt

PART = "corrections"
FIRST_ADDED_ROW = 1_000_000_000
TEXT, NUMBER = pl.String(), pl.Int64()
CORRECTIONS = {
    "cooperative_id": TEXT, "number": NUMBER, "place": TEXT, "action": TEXT, "table_name": TEXT, "row": NUMBER,
    "column_name": TEXT, "value": TEXT, "into_row": NUMBER, "who": TEXT, "decided_on": pl.Date(), "outcome": TEXT,
    "message": TEXT,
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
    verdicts = judged(staging, said, {one.id: run.as_of(one) for one in run.cooperatives})
    _store(staging, verdicts)


def judged(staging: Staging, said: list[Said], as_of: dict[str, date]) -> list[Verdict]:
    """The verdict on each correction, against what is mapped now."""
    rows = match.find_rows(staging, said)
    delivery = Delivery(
        rows=rows,
        survivors=match.find_survivors(staging, said),
        parents=match.find_parents(staging, said),
        cells=match.cells(staging, cells_needed(said, rows)),
        values=match.canonical_texts(said),
        as_of=as_of,
    )
    return judge(said, delivery)


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
    _fail(
        staging,
        [
            {
                "cooperative_id": one.said.cooperative_id,
                "rule": "COR-MATCH-01",
                "note": f"{one.said.place} ({one.said.item.action}): {one.message}",
            }
            for one in verdicts
            if one.outcome == "error"
        ],
    )


def _record(one: Verdict) -> dict[str, Any]:
    item = one.said.item
    return {
        "cooperative_id": one.said.cooperative_id, "number": one.said.number, "place": one.said.place,
        "action": item.action, "table_name": item.table, "row": one.row, "column_name": item.changed_column,
        "value": item.value, "into_row": one.into, "who": item.who, "decided_on": item.on, "outcome": one.outcome,
        "message": one.message,
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
