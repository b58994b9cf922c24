"""The rehearsal (uji coba): the whole way into a place that is thrown away, and what is kept of it.

Put here where a rehearsal begins and ends, its report, and the rule that a batch may demand one. What a rehearsal loads
and how it is verified are the steps themselves.
"""

import json
import os
from datetime import UTC, datetime
from functools import partial
from typing import Any

from koop_pipeline.program.run import BatchRun
from koop_pipeline.program.target_address import TargetAddress
from koop_pipeline.promotion.delta import KEPT
from koop_pipeline.staging import Staging, literal
from koop_pipeline.staging.halts import halt
from koop_pipeline.target.bookkeeping import Load
from koop_pipeline.target.model import Target, TargetError, loads_of
from koop_pipeline.target.opening import open_target, thrown_away

BOOK = "rehearsals"
ALONE = (
    "it is in the target already with other content (load {} of batch {}): what was rehearsed is the load of all of it"
    " into an empty place, not {} that koop migrate would make of it"
)


def begin_rehearsal(staging: Staging, run: BatchRun) -> None:
    """Remove what an interrupted rehearsal of this batch left."""
    thrown_away(staging, run.target)


def end_rehearsal(staging: Staging, run: BatchRun) -> list[dict[str, Any]]:
    """Write the report, note in the target's books who passed, and throw the place away; the report's lines."""
    lines = _lines(staging, run)
    thrown_away(staging, run.target)
    _note(staging, run.folder.target, run, lines)
    for name in ("results", "differences", "totals", "orphans"):
        staging.clear(f"verification.{name}", _in_production(staging, run.ids))
    path = run.folder.rehearsal_path(run.batch.batch)
    path.parent.mkdir(parents=True, exist_ok=True)
    report = {
        "batch": run.batch.batch,
        "rehearsed_at": datetime.now(tz=UTC).isoformat(timespec="seconds"),
        "target": run.folder.target.shown,
        "cooperatives": lines,
    }
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    os.replace(temporary, path)
    return lines


def _in_production(staging: Staging, ids: list[str]) -> list[str]:
    """Those that were promoted before: what was found on trial is not found of them."""
    rows = staging.rows(
        "SELECT cooperative_id FROM verification.promotions WHERE outcome IN ('loaded', 'unchanged', 'amended',"
        " 'delta')"
        " AND cooperative_id IN (SELECT unnest(?)) ORDER BY 1",
        [ids],
    )
    return [row[0] for row in rows]


def _lines(staging: Staging, run: BatchRun) -> list[dict[str, Any]]:
    """One line a cooperative that was judged: what was loaded on trial, and whether all of it was read back."""
    counts: dict[str, dict[str, int]] = {}
    for cooperative_id, table, found in staging.rows(
        "SELECT cooperative_id, table_name, found FROM verification.results ORDER BY ALL"
    ):
        counts.setdefault(cooperative_id, {})[table] = found
    totals: dict[str, dict[str, str]] = {}
    for cooperative_id, control, found in staging.rows(
        "SELECT cooperative_id, control, found FROM verification.totals ORDER BY ALL"
    ):
        totals.setdefault(cooperative_id, {})[control] = f"{found:.2f}"
    lines = []
    for cooperative_id, verdict, message, content, outcome, halted in staging.rows(
        "SELECT d.cooperative_id, d.verdict, d.message, d.content_sha256, p.outcome, h.message FROM gate.decisions d"
        " LEFT JOIN verification.rehearsed p USING (cooperative_id) LEFT JOIN gate.halts h USING (cooperative_id)"
        " WHERE d.cooperative_id IN (SELECT unnest(?)) ORDER BY 1",
        [run.ids],
    ):
        passed = outcome == "rehearsed" and halted is None and cooperative_id in counts
        lines.append({
            "cooperative_id": cooperative_id, "passed": passed, "verdict": verdict, "content_sha256": content,
            "message": halted or message, "rows": counts.get(cooperative_id, {}),
            "totals": totals.get(cooperative_id, {}),
        })  # fmt: skip
    return lines


def _note(staging: Staging, address: TargetAddress, run: BatchRun, lines: list[dict[str, Any]]) -> None:
    """Note each line in the books of the target that was spared, and in the line what it did not try there.

    A line that cannot be noted has not passed: a batch that demands a rehearsal would not find it.
    """
    ids = [line["cooperative_id"] for line in lines]
    with open_target(staging, address) as target:
        try:
            loads = target.retried(lambda: loads_of(staging, target, ids))
        except TargetError as error:
            for line in lines:
                _not_noted(line, error)
            return
        for line in lines:
            untried = _not_rehearsed(run, line, loads[line["cooperative_id"]])
            line["message"] = "; ".join(filter(None, (line["message"], untried)))
            try:
                target.retried(partial(_note_one, target, run.batch.batch, line))
            except TargetError as error:
                _not_noted(line, error)


def _note_one(target: Target, batch: str, line: dict[str, Any]) -> None:
    said = (line["cooperative_id"], batch, line["content_sha256"])
    values = ", ".join(map(literal, said)) + f", {line['passed']}, {literal(line['message'])}"
    names = "cooperative_id, batch, content_sha256, passed, message"
    with target.writing(line["cooperative_id"]) as writing:
        writing.note(BOOK, f"(SELECT * FROM (VALUES ({values})) AS t ({names}))")


def _not_noted(line: dict[str, Any], error: TargetError) -> None:
    line["passed"] = False
    line["message"] = f"the target's books could not take that it was rehearsed: {error}; rehearse it again"


def _not_rehearsed(run: BatchRun, line: dict[str, Any], loads: list[Load]) -> str:
    """What a rehearsal that passed has not shown of a cooperative of which other content is loaded; else empty."""
    if not line["passed"] or not loads or loads[-1].content_sha256 == line["content_sha256"]:
        return ""
    kinds = "the delta or amendment" if run.batch.method in KEPT else "the amendment or refusal"
    return ALONE.format(loads[-1].number, loads[-1].batch, kinds)


def refuse_unrehearsed(staging: Staging, run: BatchRun, ids: list[str]) -> None:
    """Halt those whose content no rehearsal passed, where the batch demands one."""
    if not run.batch.requires_rehearsal or not ids:
        return
    with open_target(staging, run.target) as target:
        target.retried(lambda: target.fetch_books(ids, (BOOK,)))
        rows = staging.rows(
            "SELECT d.cooperative_id FROM gate.decisions d WHERE d.verdict <> 'blocked' AND NOT EXISTS (SELECT 1 FROM"
            f" {target.books}{BOOK} r WHERE r.cooperative_id = d.cooperative_id AND r.passed"
            " AND r.content_sha256 = d.content_sha256) ORDER BY 1"
        )
    for (cooperative_id,) in rows:
        if cooperative_id in ids:
            halt(
                staging, cooperative_id, "promote",
                f"{cooperative_id}: batch {run.batch.batch} requires a passed rehearsal of the same content; run"
                f" koop migrate {run.batch.batch} --rehearse first",
            )  # fmt: skip
            ids.remove(cooperative_id)
