"""Reads the target back: every row of every promoted cooperative against staging, counts and control totals.

Rows are joined on their typed key and compared column by column, so no hash can hide a difference. Works in chunks of
whole cooperatives.
"""

from collections.abc import Iterator

from koop_pipeline.contracts import PROMOTED, Table
from koop_pipeline.errors import RefusedError
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion.duckdb_target import attached
from koop_pipeline.proof.compare import compare, first_breaks
from koop_pipeline.proof.record import record_target
from koop_pipeline.staging import Staging, literal, quoted
from koop_pipeline.staging.chunks import groups
from koop_pipeline.staging.halts import begin, halt

CHUNK_ROWS = 1_000_000
SHOWN = 1_000
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
    """Compare the target with staging for every promoted cooperative in scope; those that differ are halted."""
    begin(staging, "verify", run.ids)
    for name in ("results", "differences", "totals"):
        staging.clear(f"verification.{name}", run.ids)
    if not run.folder.target_path.exists():
        raise RefusedError(f"{run.folder.target_path}: there is no target yet; run koop migrate first")
    ids = promoted_ids(staging, run.ids)
    with attached(staging, run.folder.target_path, read_only=True):
        for table in PROMOTED:
            for group in _groups(staging, table, ids):
                _compare(staging, table, group)
        _compare_totals(staging, ids)
        record_target(staging, "read_back", ids)
    compare(staging, ("read_back",), ids)
    _halt_differing(staging)
    for cooperative_id, sentence in first_breaks(staging, ids).items():
        halt(staging, cooperative_id, "verify", f"{cooperative_id}: the control totals break {sentence}")


def promoted_ids(staging: Staging, ids: list[str]) -> list[str]:
    """The cooperatives in scope that this staging file promoted, in order."""
    rows = staging.rows("SELECT cooperative_id FROM verification.promotions WHERE outcome <> 'blocked'")
    done = {row[0] for row in rows}
    return [cooperative_id for cooperative_id in ids if cooperative_id in done]


def _groups(staging: Staging, table: Table, ids: list[str]) -> Iterator[list[str]]:
    rows = staging.rows(
        "SELECT cooperative_id, kept FROM gate.row_counts WHERE table_name = ? AND cooperative_id IN (SELECT unnest(?))"
        " ORDER BY 1",
        [table.name, ids],
    )
    return groups(rows, CHUNK_ROWS)


def _compare(staging: Staging, table: Table, ids: list[str]) -> None:
    listed = ", ".join(map(literal, ids))
    expected = f"(SELECT * FROM gate.promotable_{table.name} WHERE cooperative_id IN ({listed}))"
    found = f"(SELECT * FROM target.platform.{table.name} WHERE cooperative_id IN ({listed}))"
    same = " AND ".join(f"e.{quoted(name)} = f.{quoted(name)}" for name in table.full_key)
    differs = " OR ".join(f"e.{quoted(name)} IS DISTINCT FROM f.{quoted(name)}" for name in table.names)
    staging.execute(
        f"INSERT INTO verification.results WITH pairs AS (SELECT coalesce(e.cooperative_id, f.cooperative_id) AS id,"
        " e.cooperative_id IS NULL AS is_unexpected, f.cooperative_id IS NULL AS is_missing,"
        f" e.cooperative_id IS NOT NULL AND f.cooperative_id IS NOT NULL AND ({differs}) AS is_different"
        f" FROM {expected} e FULL JOIN {found} f ON {same}), sides AS (SELECT id, count_if(is_missing) AS missing,"
        " count_if(is_unexpected) AS unexpected, count_if(is_different) AS differing FROM pairs GROUP BY id),"
        f" counts AS (SELECT cooperative_id, sum(e) AS expected, sum(f) AS found FROM"
        f" (SELECT cooperative_id, count(*) AS e, 0 AS f FROM {expected} GROUP BY ALL UNION ALL"
        f" SELECT cooperative_id, 0, count(*) FROM {found} GROUP BY ALL) GROUP BY ALL)"
        " SELECT c.id, ?, coalesce(n.expected, 0), coalesce(n.found, 0), coalesce(s.missing, 0),"
        " coalesce(s.unexpected, 0), coalesce(s.differing, 0) FROM (SELECT unnest(?) AS id) c"
        " LEFT JOIN sides s ON s.id = c.id LEFT JOIN counts n ON n.cooperative_id = c.id",
        [table.name, ids],
    )
    if staging.value(
        "SELECT count(*) FROM verification.results WHERE table_name = ? AND cooperative_id IN (SELECT unnest(?))"
        " AND missing + unexpected + differing > 0",
        [table.name, ids],
    ):
        _list_differences(staging, table, expected, found, same)


def _list_differences(staging: Staging, table: Table, expected: str, found: str, same: str) -> None:
    key = " || '|' || ".join(f"coalesce(e.{name}, f.{name})::VARCHAR" for name in map(quoted, table.key)) or "''"
    both = "e.cooperative_id IS NOT NULL AND f.cooperative_id IS NOT NULL"
    side = "CASE WHEN {0}.cooperative_id IS NULL THEN 'no such row' ELSE 'row' END"
    select = [
        f"SELECT coalesce(e.cooperative_id, f.cooperative_id), {literal(table.name)}, {key}, NULL,"
        f" {side.format('e')}, {side.format('f')} FROM {expected} e FULL JOIN {found} f ON {same} WHERE NOT ({both})"
    ]
    for name in table.names:
        column = quoted(name)
        select.append(
            f"SELECT e.cooperative_id, {literal(table.name)}, {key}, {literal(name)}, e.{column}::VARCHAR,"
            f" f.{column}::VARCHAR FROM {expected} e JOIN {found} f ON {same} WHERE e.{column} IS DISTINCT"
            f" FROM f.{column}"
        )
    union = " UNION ALL ".join(f"({part} LIMIT {SHOWN})" for part in select)
    staging.execute(f"INSERT INTO verification.differences SELECT * FROM ({union})")


def _compare_totals(staging: Staging, ids: list[str]) -> None:
    for control, (table, amount) in CONTROLS.items():
        staging.execute(
            "INSERT INTO verification.totals SELECT c.id, ?, coalesce(e.total, 0), coalesce(f.total, 0) FROM"
            f" (SELECT unnest(?) AS id) c LEFT JOIN (SELECT cooperative_id, sum({amount}) AS total FROM"
            f" gate.promotable_{table} GROUP BY ALL) e ON e.cooperative_id = c.id LEFT JOIN (SELECT cooperative_id,"
            f" sum({amount}) AS total FROM target.platform.{table} GROUP BY ALL) f ON f.cooperative_id = c.id",
            [control, ids],
        )


def _halt_differing(staging: Staging) -> None:
    rows = staging.rows(
        "SELECT cooperative_id, table_name, missing, unexpected, differing, expected, found FROM verification.results"
        " WHERE missing + unexpected + differing > 0 OR expected <> found ORDER BY ALL"
    )
    for cooperative_id, table, missing, unexpected, differing, expected, found in rows:
        message = (
            f"{cooperative_id}: the target is not what was promoted: {table} has {missing} rows missing, {unexpected}"
            f" unexpected and {differing} differing ({found} rows, {expected} expected); see verification.differences"
        )
        halt(staging, cooperative_id, "verify", message)
    for cooperative_id, control, expected, found in staging.rows(
        "SELECT cooperative_id, control, expected, found FROM verification.totals WHERE expected <> found ORDER BY ALL"
    ):
        halt(
            staging, cooperative_id, "verify",
            f"{cooperative_id}: the control total {control} is {found} in the target, {expected} was promoted",
        )  # fmt: skip
