"""Reads the target back: every row of every promoted cooperative against staging, counts, control totals, references.

Works in groups of whole cooperatives. How rows are compared is `ranges.py`; what is proved of a load that staging does
not hold is `standing.py`; what is compared besides stands here.
"""

from collections.abc import Iterator

from koop_pipeline import progress
from koop_pipeline.contracts import PROMOTED
from koop_pipeline.program.run import BatchRun
from koop_pipeline.proof.compare import compare, first_breaks
from koop_pipeline.proof.record import forget_target, record_target
from koop_pipeline.staging import Staging, quoted, within
from koop_pipeline.staging.chunks import groups
from koop_pipeline.staging.content import changed_since_gate
from koop_pipeline.staging.halts import begin, halt
from koop_pipeline.target.bookkeeping import Load
from koop_pipeline.target.model import Target, TargetError, fetched, load_order, references
from koop_pipeline.target.opening import open_target
from koop_pipeline.verification import ranges, standing

CHUNK_ROWS = 1_000_000
FAULTS = 5
AGAIN = "run koop verify again"
CONTROLS = {
    "savings": ("savings_accounts", "balance"),
    "savings_transactions": ("savings_transactions", "amount"),
    "loans": ("loans", "CASE WHEN status <> 'written_off' THEN outstanding_principal END"),
    "loans_written_off": ("loans", "CASE WHEN status = 'written_off' THEN outstanding_principal END"),
    "loan_repayments": ("loan_repayments", "total"),
    "collaterals": ("collaterals", "appraised_value"),
    "opening_savings_balances": ("opening_savings_balances", "balance"),
    "loan_schedules": ("loan_schedules", "principal"),
    "debit": ("opening_trial_balance", "debit"),
    "credit": ("opening_trial_balance", "credit"),
}


def verify(staging: Staging, run: BatchRun) -> None:
    """Compare the target with staging for every promoted cooperative in scope; those that differ are halted.

    Of each other one that has a load of this batch in the target, `verification.standing` says what was proved.
    """
    begin(staging, "verify", run.ids)
    for name in ("results", "differences", "totals", "orphans"):
        staging.clear(f"verification.{name}", run.ids)
    if not run.rehearse:
        staging.clear("verification.standing", run.ids)
    ids = promoted_ids(staging, run.ids, rehearsed=run.rehearse)
    with open_target(staging, run.target, read_only=True) as target:
        ids, others = _parted(staging, target, run, ids)
        ids = [each for group in _groups(staging, ids) for each in _compare(staging, target, group)]
        read = standing.prove(staging, target, others, CHUNK_ROWS)
        faults = _faults(staging, target, ids)
    compare(staging, ("read_back",), ids)
    _halt_differing(staging, ids)
    for cooperative_id, sentence in first_breaks(staging, ids).items():
        halt(staging, cooperative_id, "verify", f"{cooperative_id}: the control totals break {sentence}")
    for cooperative_id in [*ids, *read] if faults else []:
        more = f"; and {len(faults) - FAULTS} more" if len(faults) > FAULTS else ""
        reason = f"{cooperative_id}: the target is not what its schema promises: {'; '.join(faults[:FAULTS])}{more}"
        halt(staging, cooperative_id, "verify", reason)


def _parted(staging: Staging, target: Target, run: BatchRun, promoted: list[str]) -> tuple[list[str], dict[str, Load]]:
    """Those whose rows can be compared with staging, and the loads of others that stand; none where nothing is read."""
    if run.rehearse:
        return promoted, {}
    try:
        others = target.retried(lambda: standing.find(staging, target, run, promoted))
    except TargetError as error:
        _halt_unread(staging, promoted, error)
        standing.unread(staging, [each for each in run.ids if each not in promoted], error)
        return [], {}
    return [each for each in promoted if each not in others], others


def _compare(staging: Staging, target: Target, group: list[str]) -> list[str]:
    """Compare whole cooperatives, and return them; those of which the target cannot be read are halted."""
    compared: list[str] = []
    for ids, error in fetched(target, group):
        if error:
            _halt_unread(staging, ids, error)
        else:
            _compare_fetched(staging, target, ids)
            compared += ids
    return compared


def _compare_fetched(staging: Staging, target: Target, group: list[str]) -> None:
    for table in PROMOTED:
        promotable = f"gate.promotable_{table.name}"
        ranges.compare(staging, table, group, promotable, target.there + table.name)
        for cooperative_id in changed_since_gate(staging, table, group, promotable):
            reason = f"{cooperative_id}: staging changed since the gate ({table.name}), so it proves nothing any more"
            halt(staging, cooperative_id, "verify", f"{reason}; run koop migrate again")
    _compare_totals(staging, target, group)
    _find_orphans(staging, target, group)
    record_target(staging, "read_back", group, target.there)


def _halt_unread(staging: Staging, ids: list[str], error: TargetError) -> None:
    forget_target(staging, "read_back", ids)
    for cooperative_id in ids:
        halt(staging, cooperative_id, "verify", f"{cooperative_id}: nothing of it was verified; {error}; {AGAIN}")


def _faults(staging: Staging, target: Target, ids: list[str]) -> list[str]:
    """What the target's schema lacks; where that cannot be found out, the cooperatives are halted."""
    try:
        return target.faults()
    except TargetError as error:
        for cooperative_id in ids:
            reason = f"{cooperative_id}: its rows were compared, the target's schema could not be; {error}; {AGAIN}"
            halt(staging, cooperative_id, "verify", reason)
        return []


def promoted_ids(staging: Staging, ids: list[str], *, rehearsed: bool = False) -> list[str]:
    """The cooperatives in scope that this staging file promoted (or loaded for a rehearsal), in order."""
    book = "rehearsed" if rehearsed else "promotions"
    rows = staging.rows(
        f"SELECT cooperative_id FROM verification.{book} WHERE outcome NOT IN ('blocked', 'rolled_back')"
    )
    done = {row[0] for row in rows}
    return [cooperative_id for cooperative_id in ids if cooperative_id in done]


def _groups(staging: Staging, ids: list[str]) -> Iterator[list[str]]:
    sizes = dict(staging.rows("SELECT cooperative_id, sum(kept)::BIGINT FROM gate.row_counts GROUP BY 1"))
    return progress.through(groups(((each, sizes.get(each, 0)) for each in ids), CHUNK_ROWS), sizes)


def _compare_totals(staging: Staging, target: Target, ids: list[str]) -> None:
    for control, (table, amount) in CONTROLS.items():
        total = f"SELECT cooperative_id, sum({amount}) AS total FROM {{}} WHERE {within(ids)}"
        expected, found = total.format(f"gate.promotable_{table}"), total.format(f"{target.there}{table}")
        staging.execute(
            "INSERT INTO verification.totals SELECT c.id, $control, coalesce(e.total, 0), coalesce(f.total, 0) FROM"
            f" (SELECT unnest($ids) AS id) c LEFT JOIN ({expected} GROUP BY ALL) e ON e.cooperative_id = c.id"
            f" LEFT JOIN ({found} GROUP BY ALL) f ON f.cooperative_id = c.id",
            {"control": control, "ids": ids},
        )


def _find_orphans(staging: Staging, target: Target, ids: list[str]) -> None:
    """Rows of the target whose parent, of the same cooperative, is not in the target."""
    for table in load_order():
        for column in references(table):
            parent = next(each for each in PROMOTED if each.name == column.references)
            parents = f"(SELECT * FROM {target.there}{parent.name} WHERE {within(ids)})"
            staging.execute(
                "INSERT INTO verification.orphans SELECT t.cooperative_id, ?, ?, count(*) FROM"
                f" {target.there}{table.name} t ANTI JOIN {parents} p ON p.cooperative_id = t.cooperative_id"
                f" AND p.{quoted(parent.key[0])} = t.{quoted(column.name)}"
                f" WHERE t.{quoted(column.name)} IS NOT NULL AND {within(ids, 't')} GROUP BY ALL",
                [table.name, column.name],
            )


def _halt_differing(staging: Staging, ids: list[str]) -> None:
    for cooperative_id, table, *counts, expected, found in staging.rows(
        "SELECT cooperative_id, table_name, missing, unexpected, differing, expected, found FROM verification.results"
        " WHERE (missing + unexpected + differing + ranges > 0 OR expected <> found)"
        " AND cooperative_id IN (SELECT unnest(?)) ORDER BY ALL",
        [ids],
    ):
        missing, unexpected, differing = counts
        cut = f", which lists the first {ranges.SHOWN:,} of each kind" if max(counts) > ranges.SHOWN else ""
        message = (
            f"{cooperative_id}: the target is not what was promoted: {table} has {missing} rows missing, {unexpected}"
            f" unexpected and {differing} differing ({found} rows, {expected} expected); see"
            f" verification.differences{cut}"
        )
        halt(staging, cooperative_id, "verify", message)
    for cooperative_id, control, expected, found in staging.rows(
        "SELECT cooperative_id, control, expected, found FROM verification.totals WHERE expected <> found"
        " AND cooperative_id IN (SELECT unnest(?)) ORDER BY ALL",
        [ids],
    ):
        halt(
            staging, cooperative_id, "verify",
            f"{cooperative_id}: the control total {control} is {found} in the target, {expected} was promoted",
        )  # fmt: skip
    for cooperative_id, table, column, rows in staging.rows(
        "SELECT cooperative_id, table_name, column_name, rows FROM verification.orphans WHERE cooperative_id IN"
        " (SELECT unnest(?)) ORDER BY ALL",
        [ids],
    ):
        halt(
            staging, cooperative_id, "verify",
            f"{cooperative_id}: {rows} rows of {table} in the target refer to a {column} that is not there",
        )  # fmt: skip
