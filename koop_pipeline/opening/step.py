"""The step open: reads the cleaned tables, in chunks of whole cooperatives, and writes what stands at the cut-off.

The arithmetic is in the pure functions beside this file; here is reading and writing only.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from koop_pipeline.opening.ledger import open_ledger as ledger_of
from koop_pipeline.opening.position import open_loans as loans_of
from koop_pipeline.opening.savings import open_savings as savings_of
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging, literal
from koop_pipeline.staging.chunks import groups
from koop_pipeline.staging.halts import healthy

CHUNK_ROWS = 1_000_000
AFTER_CUTOFF = {"savings_transactions": "posted_on", "loan_repayments": "paid_on"}


def open_savings(staging: Staging, run: BatchRun) -> None:
    """Fill `opening.opening_savings_balances`, and note movements after the cut-off."""
    ids = _begin(staging, run, ("opening.opening_savings_balances",), ("savings_accounts", "savings_transactions"))
    for group in _groups(staging, ("savings_accounts", "savings_transactions"), ids):
        accounts = _rows(staging, "savings_accounts", group)
        opened = savings_of(accounts, _rows(staging, "savings_transactions", group), _days(staging, group))
        _insert(staging, "opening.opening_savings_balances", opened.balances)
        _fail(staging, opened.failures)
    _note_after_cutoff(staging, "savings_transactions", ids)


def open_loans(staging: Staging, run: BatchRun) -> None:
    """Fill `opening.loan_schedules`, `opening.loan_positions` and the parts of repayments."""
    written = ("opening.loan_schedules", "opening.loan_positions", "opening.repayment_parts")
    ids = _begin(staging, run, written, ("loans", "loan_repayments"))
    tables = ("loans", "loan_instalments", "loan_repayments", "collaterals")
    for group in _groups(staging, tables, ids):
        loans, instalments, repayments, collaterals = (_rows(staging, name, group) for name in tables)
        opened = loans_of(loans, instalments, repayments, collaterals, _days(staging, group))
        _insert(staging, "opening.loan_schedules", opened.schedules)
        staging.insert("opening.loan_positions", opened.positions)
        staging.insert("opening.repayment_parts", opened.repayments)
        _fail(staging, opened.failures)
    _note_after_cutoff(staging, "loan_repayments", ids)


def open_ledger(staging: Staging, run: BatchRun) -> None:
    """Fill `opening.opening_trial_balance`, tied to savings and loans as they stand at the cut-off."""
    ids = _begin(staging, run, ("opening.opening_trial_balance",), ("accounts",))
    staging.clear("opening.failures", run.ids, "rule = 'ACC-TIE-02'")
    for group in _groups(staging, ("accounts", "savings_accounts", "loans"), ids):
        opened = ledger_of(
            _rows(staging, "accounts", group),
            _savings_at_cutoff(staging, group),
            _loans_at_cutoff(staging, group),
            _rows(staging, "products", group),
        )
        _insert(staging, "opening.opening_trial_balance", opened.trial_balance)
        _fail(staging, opened.failures)


def _begin(staging: Staging, run: BatchRun, written: Sequence[str], failing: Sequence[str]) -> list[str]:
    for name in written:
        staging.clear(name, run.ids)
    for table in failing:
        staging.clear("opening.failures", run.ids, f"table_name = {literal(table)}")
    return healthy(staging, run.ids)


def _groups(staging: Staging, tables: Sequence[str], ids: list[str]) -> Iterator[list[str]]:
    """Groups of cooperatives with at most about CHUNK_ROWS rows in `tables` together."""
    counts = " UNION ALL ".join(f"SELECT cooperative_id FROM cleaned.{name}" for name in tables)
    sizes = dict(staging.rows(f"SELECT cooperative_id, count(*) FROM ({counts}) GROUP BY 1"))
    return groups(((cooperative_id, sizes.get(cooperative_id, 0)) for cooperative_id in ids), CHUNK_ROWS)


def _rows(staging: Staging, table: str, group: list[str]) -> pl.DataFrame:
    return staging.frame(
        f"SELECT * EXCLUDE (_source_file, _source_table, _source_row) FROM cleaned.{table}"
        " WHERE cooperative_id IN (SELECT unnest(?)) ORDER BY cooperative_id, _row",
        [group],
    )


def _days(staging: Staging, group: list[str]) -> pl.DataFrame:
    return staging.frame(
        "SELECT cooperative_id, cutoff_on, as_of FROM raw.cooperatives WHERE cooperative_id IN (SELECT unnest(?))",
        [group],
    )


def _savings_at_cutoff(staging: Staging, group: list[str]) -> pl.DataFrame:
    return staging.frame(
        "SELECT t.* EXCLUDE (_source_file, _source_table, _source_row) REPLACE (coalesce(o.balance,"
        " t.balance) AS balance)"
        " FROM cleaned.savings_accounts t LEFT JOIN opening.opening_savings_balances o ON"
        " o.cooperative_id = t.cooperative_id AND o._row = t._row WHERE t.cooperative_id IN (SELECT unnest(?))"
        " ORDER BY t.cooperative_id, t._row",
        [group],
    )


def _loans_at_cutoff(staging: Staging, group: list[str]) -> pl.DataFrame:
    return staging.frame(
        "SELECT t.* EXCLUDE (_source_file, _source_table, _source_row) REPLACE"
        " (coalesce(p.outstanding_principal, t.outstanding_principal) AS outstanding_principal,"
        " coalesce(p.status, t.status) AS status) FROM cleaned.loans t LEFT JOIN opening.loan_positions p ON"
        " p.cooperative_id = t.cooperative_id AND p.loan_no = t.loan_no WHERE t.cooperative_id IN (SELECT unnest(?))"
        " ORDER BY t.cooperative_id, t._row",
        [group],
    )


def _insert(staging: Staging, table: str, frame: pl.DataFrame) -> None:
    """Append an opening table; `_row` is the row's place within its cooperative unless the frame brings one."""
    if "_row" not in frame.columns:
        place = pl.int_range(pl.len(), dtype=pl.Int64).over("cooperative_id") + 1
        frame = frame.with_columns(_row=place)
    staging.insert(table, frame)


def _fail(staging: Staging, failures: pl.DataFrame) -> None:
    """Append failures with the file and row they come from."""
    if failures.is_empty():
        return
    staging.connection.register("_found", failures.to_arrow())
    try:
        for table in failures["table_name"].unique().sort().to_list():
            staging.execute(
                "INSERT INTO opening.failures BY NAME SELECT f.*, t._source_file AS source_file,"
                " t._source_table AS source_table, t._source_row AS source_row FROM _found f"
                f" LEFT JOIN cleaned.{table} t ON t.cooperative_id = f.cooperative_id AND t._row = f.row"
                " WHERE f.table_name = ?",
                [table],
            )
    finally:
        staging.connection.unregister("_found")


def _note_after_cutoff(staging: Staging, table: str, ids: list[str]) -> None:
    """CUT-02: movements after the cut-off day, which are not carried, one failure a movement."""
    day = AFTER_CUTOFF[table]
    staging.execute(
        "INSERT INTO opening.failures BY NAME SELECT t.cooperative_id, ? AS table_name, t._row AS row,"
        f" ? AS column_name, 'CUT-02' AS rule, t.{day}::VARCHAR AS before, t._source_file AS source_file,"
        " t._source_table AS source_table, t._source_row AS source_row,"
        f" 'a movement after the cut-off day ' || c.cutoff_on || ' is not carried' AS note FROM cleaned.{table} t"
        f" JOIN raw.cooperatives c USING (cooperative_id) WHERE t.{day} > c.cutoff_on"
        " AND t.cooperative_id IN (SELECT unnest(?))",
        [table, day, ids],
    )
