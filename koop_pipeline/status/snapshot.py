"""Builds the status of a batch from its staging file and writes it atomically to `var/status/<batch>.json`.

Readers (`koop status`, the UI) read the snapshot: a second process cannot read an open DuckDB file. Amounts are decimal
text; nothing in it is personal.
"""

import json
import os
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from koop_pipeline.errors import ConfigError
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.program_file import Batch
from koop_pipeline.staging import Staging

Row = dict[str, Any]
ROW_FIELDS = ("extracted", "added", "promoted", "merged", "excluded", "held", "waiting")
ADMITTED = ("loaded", "unchanged", "amended", "delta")
DELTA = "a delta came in: {}, of which migration.deltas in the target has the rows and sums"


def build(staging: Staging, batch: Batch) -> list[Row]:
    """One record a cooperative of the batch, in the order of the batch file; the form is fixed (design section 8)."""
    states, there = _states(staging), _there(staging)
    rules = _rules(staging)
    rows = _rows(staging, states)
    money = _money(staging, states)
    corrections = _corrections(staging)
    result = []
    for cooperative in batch.cooperatives:
        state, verdict, message = states.get(cooperative.id, ("planned", None, ""))
        message = f"{message}{there.get(cooperative.id, '')}".strip()
        result.append(
            {
                "cooperative_id": cooperative.id,
                "name": cooperative.name,
                "state": state,
                "verdict": verdict,
                "message": message,
                "rules": rules.get(cooperative.id, []) if verdict else [],
                "rows": rows.get(cooperative.id, {}),
                "money": money.get(cooperative.id, {}),
                "corrections": corrections.get(cooperative.id, {}),
            }
        )
    return result


def _states(staging: Staging) -> dict[str, tuple[str, str | None, str]]:
    """State, verdict and message of every cooperative that was extracted or tried to be."""
    rows = staging.rows(
        "SELECT c.cooperative_id, d.verdict, d.message, p.outcome, h.step, h.message,"
        " EXISTS (SELECT 1 FROM verification.results v WHERE v.cooperative_id = c.cooperative_id), t.outcome"
        " FROM raw.cooperatives c LEFT JOIN gate.decisions d USING (cooperative_id)"
        " LEFT JOIN verification.promotions p USING (cooperative_id) LEFT JOIN gate.halts h USING (cooperative_id)"
        " LEFT JOIN verification.rehearsed t USING (cooperative_id)"
    )
    deltas = _deltas(staging)
    found: dict[str, tuple[str, str | None, str]] = {}
    for cooperative_id, verdict, reason, outcome, step, halted, verified, trial in rows:
        if step is not None:
            known = verdict if step in {"promote", "verify"} else None
            found[cooperative_id] = ("failed", known, halted)
        elif verdict is None:
            found[cooperative_id] = ("extracted", None, "")
        elif outcome in ADMITTED:
            came = "; ".join(filter(None, (reason, deltas.get(cooperative_id) if outcome == "delta" else "")))
            found[cooperative_id] = ("verified" if verified else "promoted", verdict, came)
        elif trial == "rehearsed" or outcome == "rolled_back":
            found[cooperative_id] = (trial or outcome, verdict, reason)
        else:
            found[cooperative_id] = ("gated", verdict, reason)
    return found


def _there(staging: Staging) -> dict[str, str]:
    """What is known of a load that stands in the target and is not what staging holds.

    It is what the last verification said of it; before one, that promote found it there.
    """
    said = dict(
        staging.rows(
            "SELECT cooperative_id, 'in the target, unchanged: its load of batch ' || e.batch FROM"
            " verification.earlier_loads e LEFT JOIN verification.promotions p USING (cooperative_id)"
            " WHERE p.outcome IS NULL OR p.outcome NOT IN (SELECT unnest(?))",
            [list(ADMITTED)],
        )
    )
    said |= dict(staging.rows("SELECT cooperative_id, said FROM verification.standing"))
    return {cooperative_id: f" ({each})" for cooperative_id, each in said.items()}


def _deltas(staging: Staging) -> dict[str, str]:
    """Of each delta the rows added, changed and removed, and of the removed ones the sum of the amounts by table."""
    parts: dict[str, list[str]] = {}
    for cooperative_id, action, count, tables, sums in staging.rows(
        "SELECT cooperative_id, action, sum(rows)::BIGINT, list(table_name ORDER BY table_name), list(amount_before"
        " ORDER BY table_name) FROM verification.deltas GROUP BY ALL ORDER BY ALL"
    ):
        gone = [f"{table} Rp {amount:,.2f}" for table, amount in zip(tables, sums, strict=True) if amount is not None]
        said = f" ({', '.join(gone)})" if gone and action == "removed" else ""
        parts.setdefault(cooperative_id, []).append(f"{count} rows {action}{said}")
    return {cooperative_id: DELTA.format(", ".join(said)) for cooperative_id, said in parts.items()}


def _rules(staging: Staging) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    if "rule_counts" not in staging.tables("gate"):
        return found
    for cooperative_id, table, rule, consequence, failed in staging.rows(
        "SELECT cooperative_id, table_name, rule, consequence, sum(failed)::BIGINT FROM gate.rule_counts"
        " WHERE failed > 0 GROUP BY ALL ORDER BY ALL"
    ):
        record = {"rule": rule, "table": table, "consequence": consequence, "failed": failed}
        found.setdefault(cooperative_id, []).append(record)
    return found


def _in_target(states: dict[str, tuple[str, str | None, str]], cooperative_id: str) -> bool:
    return states.get(cooperative_id, ("", None, ""))[0] in {"promoted", "verified"}


def _rows(staging: Staging, states: dict[str, tuple[str, str | None, str]]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for cooperative_id, table, extracted, added, merged, excluded, held, kept in staging.rows(
        "SELECT cooperative_id, table_name, extracted, added, merged, excluded, held, kept FROM gate.row_counts"
    ):
        if _in_target(states, cooperative_id):
            values = (extracted, added, kept, merged, excluded, held, 0)
        else:
            values = (extracted, added, 0, 0, 0, 0, extracted + added)
        found.setdefault(cooperative_id, {})[table] = dict(zip(ROW_FIELDS, values, strict=True))
    return found


def _money(staging: Staging, states: dict[str, tuple[str, str | None, str]]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for cooperative_id, control, delivered, extracted, corrected, kept, excluded, kept_back in staging.rows(
        "SELECT cooperative_id, control, delivered, extracted, corrected, kept, excluded, held FROM gate.money"
        " WHERE control <> 'members' ORDER BY ALL"
    ):
        there = _in_target(states, cooperative_id)
        zero = Decimal(0)
        promoted, left, held, waiting = (
            (kept, excluded, kept_back, zero) if there else (zero, zero, zero, extracted + corrected)
        )
        expected = (extracted if delivered is None else delivered) + corrected
        amounts = {
            "delivered": delivered,
            "extracted": extracted,
            "corrected": corrected,
            "promoted": promoted,
            "excluded": left,
            "held": held,
            "waiting": waiting,
            "difference": expected - promoted - left - held - waiting,
        }
        found.setdefault(cooperative_id, {})[control] = {
            name: None if amount is None else f"{amount:.2f}" for name, amount in amounts.items()
        }
    return found


def _corrections(staging: Staging) -> dict[str, Row]:
    """How many corrections of each cooperative came to which outcome."""
    found: dict[str, Row] = {}
    for cooperative_id, outcome, count in staging.rows(
        "SELECT cooperative_id, outcome, count(*) FROM mapped.corrections GROUP BY ALL ORDER BY ALL"
    ):
        found.setdefault(cooperative_id, {})[outcome] = count
    return found


def write(path: Path, status: list[Row]) -> None:
    """Write the snapshot so that a reader sees either the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in status)
    temporary.write_text(f"[{lines}]\n", encoding="utf-8")
    os.replace(temporary, path)


def read(folder: ProgramFolder, batch_name: str) -> list[Row]:
    """The last snapshot of a batch; every cooperative `planned` where nothing has run yet."""
    path = folder.status_path(batch_name)
    batch = folder.batch(batch_name)
    if not path.exists():
        return [
            {
                "cooperative_id": item.id, "name": item.name, "state": "planned", "verdict": None, "message": "",
                "rules": [], "rows": {}, "money": {}, "corrections": {},
            }
            for item in batch.cooperatives
        ]  # fmt: skip
    try:
        records: list[Row] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(f"{path}: not a status snapshot ({error}); run koop migrate {batch_name} again") from None
    return records


class Snapshots:
    """Writes snapshots while a step works, at most one a second and a twentieth of the time, and always a last one."""

    def __init__(self, staging: Staging, batch: Batch, path: Path) -> None:
        self.staging = staging
        self.batch = batch
        self.path = path
        self.next = 0.0

    def tick(self) -> None:
        """Write one if it is time."""
        if time.monotonic() >= self.next:
            self.now()

    def now(self) -> None:
        """Write one."""
        began = time.monotonic()
        write(self.path, build(self.staging, self.batch))
        self.next = time.monotonic() + max(1.0, 20 * (time.monotonic() - began))
