"""Which cooperatives a step may work on, and those that an earlier step had to stop.

A cooperative that cannot go on is halted with one sentence; later steps pass it by, the rest of the batch goes on.
"""

from koop_pipeline.staging.database import Staging

STEPS = ("extract", "map", "clean", "open", "gate", "promote", "verify")


def begin(staging: Staging, step: str, ids: list[str], part: str = "") -> list[str]:
    """Forget what this step (or the `part` of it) and later steps halted; the ids that nothing halts, in order."""
    later = STEPS[STEPS.index(step) + 1 :]
    staging.execute(
        "DELETE FROM gate.halts WHERE cooperative_id IN (SELECT unnest(?)) AND (step IN (SELECT unnest(?))"
        " OR (step = ? AND part = ?))",
        [ids, list(later) if step != "extract" else list(STEPS), step, part],
    )
    return healthy(staging, ids)


def healthy(staging: Staging, ids: list[str]) -> list[str]:
    """The ids that are extracted and not halted, in order."""
    rows = staging.rows("SELECT cooperative_id FROM raw.cooperatives ANTI JOIN gate.halts USING (cooperative_id)")
    going = {row[0] for row in rows}
    return [cooperative_id for cooperative_id in ids if cooperative_id in going]


def halt(staging: Staging, cooperative_id: str, step: str, message: str, part: str = "") -> None:
    """Stop one cooperative at this step (or part of it); the first message stays."""
    staging.execute(
        "INSERT INTO gate.halts SELECT ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM gate.halts WHERE cooperative_id = ?)",
        [cooperative_id, step, part, message, cooperative_id],
    )
