"""The step open: reads the cleaned tables, in chunks of whole cooperatives, and writes what stands at the cut-off.

The arithmetic is in the pure functions beside this file; here is reading and writing only.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from koop_pipeline import progress
from koop_pipeline.contracts import MOVEMENT_DAYS
from koop_pipeline.opening import accrued
from koop_pipeline.opening.beginnings import loans_not_begun, of_later_loans, savings_not_begun
from koop_pipeline.opening.ledger.accrued_ties import tie_interest
from koop_pipeline.opening.ledger.day import of_another_day
from koop_pipeline.opening.ledger.suspense import policy_rows
from koop_pipeline.opening.ledger.trial_balance import open_ledger as ledger_of
from koop_pipeline.opening.loans.allowance import by_class, tie_allowance
from koop_pipeline.opening.loans.late_repayments import with_late_repayments
from koop_pipeline.opening.loans.position import open_loans as loans_of
from koop_pipeline.opening.policies import percent_frame, policy_frame
from koop_pipeline.opening.savings.balances import open_savings as savings_of
from koop_pipeline.opening.written import as_written, back_dated, written_late
from koop_pipeline.program.policies import Policies
from koop_pipeline.program.run import BatchRun
from koop_pipeline.proof.record import seal
from koop_pipeline.staging import Staging, literal
from koop_pipeline.staging.chunks import groups
from koop_pipeline.staging.halts import healthy
from koop_pipeline.staging.reach import MOVEMENTS, reach_of

CHUNK_ROWS = 1_000_000
BACK_DATED = {
    "savings_transactions": ("account_no", "TRX-BCK-01"),
    "loan_repayments": ("loan_no", "RPY-BCK-01"),
}


def open_savings(staging: Staging, run: BatchRun) -> None:
    """Fill `opening.opening_savings_balances` and the interest accrued on savings, and note movements after the
    cut-off.
    """
    written = ("opening.opening_savings_balances", "opening.savings_positions")
    ids = _begin(staging, run, written, ("savings_accounts", "savings_transactions"))
    staging.clear("opening.accrued_interest", run.ids, "table_name = 'savings_accounts'")
    staging.clear("opening.brought_entries", run.ids, "table_name = 'savings_transactions'")
    policies = policy_frame(_policies(run))
    for group in _groups(staging, ("savings_accounts", "savings_transactions"), ids):
        accounts, days = _rows(staging, "savings_accounts", group), _days(staging, group)
        transactions = _rows(staging, "savings_transactions", group)
        entries = _as_written(staging, "savings_transactions", group)
        opened = savings_of(accounts, transactions, days, written_late(entries, of="account_no", day="posted_on"))
        _insert(staging, "opening.opening_savings_balances", opened.balances)
        staging.insert("opening.savings_positions", opened.positions)
        staging.insert(
            "opening.brought_entries", opened.brought.with_columns(table_name=pl.lit("savings_transactions"))
        )
        _fail(staging, opened.failures)
        _fail(staging, _back_dated("savings_transactions", entries, days))
        at_cutoff = _savings_at_cutoff(staging, group)
        listed = _listed(staging, "savings_accounts", "account_no", group)
        _fail(staging, savings_not_begun(at_cutoff, transactions, listed, days))
        if at_cutoff["loan_no"].count():
            _fail(staging, of_later_loans(at_cutoff, _rows(staging, "loans", group), days))
        earned = accrued.of_savings(at_cutoff, transactions, days, policies)
        staging.insert("opening.accrued_interest", earned.rows)
        _fail(staging, earned.failures)
    _note_after_cutoff(staging, "savings_transactions", ids)
    for name in ("opening_savings_balances", "savings_positions", "accrued_interest"):
        seal(staging, name, run.ids)


def open_loans(staging: Staging, run: BatchRun) -> None:
    """Fill `opening.loan_schedules`, `opening.loan_positions`, the parts of repayments, the interest accrued on loans,
    the loss allowance that their classes require, and how schedules and rates are explained.
    """
    written = ("loan_schedules", "loan_positions", "repayment_parts", "allowances", "schedule_explanations",
               "rate_findings")  # fmt: skip
    ids = _begin(staging, run, [f"opening.{name}" for name in written], ("loans", "loan_repayments"))
    staging.clear("opening.accrued_interest", run.ids, "table_name = 'loans'")
    staging.clear("opening.brought_entries", run.ids, "table_name = 'loan_repayments'")
    policies, percents = policy_frame(_policies(run)), percent_frame(_policies(run))
    tables = ("loans", "loan_instalments", "loan_repayments", "collaterals")
    for group in _groups(staging, tables, ids):
        loans, instalments, repayments, collaterals = (_rows(staging, name, group) for name in tables)
        days = _days(staging, group)
        entries = _as_written(staging, "loan_repayments", group)
        late = with_late_repayments(loans, repayments, written_late(entries, of="loan_no", day="paid_on"), days)
        opened = loans_of(late.loans, instalments, repayments, collaterals, days, policies)
        positions = late.moved(opened.positions)
        _insert(staging, "opening.loan_schedules", opened.schedules)
        staging.insert("opening.loan_positions", positions)
        staging.insert("opening.brought_entries", late.brought.with_columns(table_name=pl.lit("loan_repayments")))
        staging.insert("opening.repayment_parts", opened.repayments.unique(["cooperative_id", "_row"], keep="first"))
        staging.insert("opening.accrued_interest", opened.accrued)
        staging.insert("opening.schedule_explanations", opened.explanations)
        staging.insert("opening.rate_findings", opened.rates)
        staging.insert("opening.allowances", by_class(opened.positions, percents))
        _fail(staging, late.failures(opened.failures, positions))
        listed = _listed(staging, "loans", "loan_no", group)
        _fail(staging, loans_not_begun(_loans_at_cutoff(staging, group), instalments, repayments, listed, days))
        _fail(staging, _back_dated("loan_repayments", entries, days))
    _note_after_cutoff(staging, "loan_repayments", ids)
    for name in ("loan_schedules", "loan_positions", "repayment_parts", "accrued_interest", "allowances"):
        seal(staging, name, run.ids)


def open_ledger(staging: Staging, run: BatchRun) -> None:
    """Fill `opening.opening_trial_balance`, tied to savings, loans, accrued interest and allowance at the cut-off."""
    written = ("opening.opening_trial_balance", "opening.suspense", "opening.not_proved")
    ids = _begin(staging, run, written, ("accounts",))
    staging.clear("opening.failures", run.ids, "rule = 'ACC-TIE-02'")
    suspense = policy_rows(_policies(run))
    for group in _groups(staging, ("accounts", "savings_accounts", "loans"), ids):
        accounts = _rows(staging, "accounts", group)
        opened = ledger_of(
            accounts,
            _savings_at_cutoff(staging, group),
            _loans_at_cutoff(staging, group),
            _rows(staging, "products", group),
            suspense,
        )
        _insert(staging, "opening.opening_trial_balance", opened.trial_balance)
        staging.insert("opening.suspense", opened.postings)
        staging.insert("opening.not_proved", opened.not_proved)
        _fail(staging, opened.failures)
        _fail(staging, of_another_day(accounts, _days(staging, group)))
        _fail(staging, tie_interest(accounts, _opened(staging, "accrued_interest", group)))
        _fail(staging, tie_allowance(accounts, _opened(staging, "allowances", group)))
    seal(staging, "opening_trial_balance", run.ids)


def _policies(run: BatchRun) -> dict[str, Policies]:
    return {cooperative.id: run.policies(cooperative) for cooperative in run.cooperatives}


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
    sized = ((cooperative_id, sizes.get(cooperative_id, 0)) for cooperative_id in ids)
    return progress.through(groups(sized, CHUNK_ROWS), sizes)


def _rows(staging: Staging, table: str, group: list[str]) -> pl.DataFrame:
    """The cleaned rows; those of a table with a history have `_reach`, the day to which its movements are known."""
    reach = f", {reach_of(table)} AS _reach" if table in MOVEMENTS else ""
    return staging.frame(
        f"SELECT * EXCLUDE (_source_file, _source_table, _source_row){reach} FROM cleaned.{table} t"
        " WHERE cooperative_id IN (SELECT unnest(?))",
        [group],
    ).sort("cooperative_id", "_row")


def _opened(staging: Staging, table: str, group: list[str]) -> pl.DataFrame:
    return staging.frame(f"SELECT * FROM opening.{table} WHERE cooperative_id IN (SELECT unnest(?))", [group])


def _days(staging: Staging, group: list[str]) -> pl.DataFrame:
    return staging.frame(
        "SELECT cooperative_id, cutoff_on, as_of FROM raw.cooperatives WHERE cooperative_id IN (SELECT unnest(?))",
        [group],
    )


def _savings_at_cutoff(staging: Staging, group: list[str]) -> pl.DataFrame:
    return staging.frame(
        "SELECT t.* EXCLUDE (_source_file, _source_table, _source_row) REPLACE (coalesce(o.balance,"
        " t.balance) AS balance, coalesce(p.status, t.status) AS status)"
        " FROM cleaned.savings_accounts t LEFT JOIN opening.opening_savings_balances o ON"
        " o.cooperative_id = t.cooperative_id AND o._row = t._row LEFT JOIN opening.savings_positions p ON"
        " p.cooperative_id = t.cooperative_id AND p._row = t._row WHERE t.cooperative_id IN (SELECT unnest(?))"
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


def _listed(staging: Staging, table: str, number: str, group: list[str]) -> pl.DataFrame:
    """Rows of which an older list was superseded, and the day of the oldest one: the columns `beginnings.LISTED`."""
    return staging.frame(
        f"SELECT t.cooperative_id, t._row, min(o._as_of) AS listed_on FROM cleaned.{table} t JOIN cleaned.exclusions x"
        f" ON x.cooperative_id = t.cooperative_id AND x.key = t.{number} JOIN mapped.{table} o"
        " ON o.cooperative_id = x.cooperative_id AND o._row = x.row WHERE x.table_name = ? AND x.rule = 'MAP-NEWEST-01'"
        " AND t.cooperative_id IN (SELECT unnest(?)) GROUP BY ALL",
        [table, group],
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
    day = MOVEMENT_DAYS[table]
    staging.execute(
        "INSERT INTO opening.failures BY NAME SELECT t.cooperative_id, ? AS table_name, t._row AS row,"
        f" ? AS column_name, 'CUT-02' AS rule, t.{day}::VARCHAR AS before, t._source_file AS source_file,"
        " t._source_table AS source_table, t._source_row AS source_row,"
        f" 'a movement after the cut-off day ' || c.cutoff_on || ' is not carried' AS note FROM cleaned.{table} t"
        f" JOIN raw.cooperatives c USING (cooperative_id) WHERE t.{day} > c.cutoff_on"
        " AND t.cooperative_id IN (SELECT unnest(?))",
        [table, day, ids],
    )


def _back_dated(table: str, entries: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """The rule of BACK_DATED: entries that the source wrote down late, one failure an entry."""
    rule, day = BACK_DATED[table][1], MOVEMENT_DAYS[table]
    return back_dated(entries, days, day=day, rule=rule, table=table)


def _as_written(staging: Staging, table: str, group: list[str]) -> pl.DataFrame:
    """Entries with what the source's books had reached when they were written (`written.as_written`)."""
    of, day = BACK_DATED[table][0], MOVEMENT_DAYS[table]
    return as_written(_entries(staging, table, of, day, group), of=of, day=day)


def _entries(staging: Staging, table: str, of: str, day: str, group: list[str]) -> pl.DataFrame:
    """Entries with their place in the source, and the days of the first and last dump that have them where there are
    several.
    """
    columns = f"t.cooperative_id, t.{of}, t.{day}, t._row, t._source_file, t._source_table"
    within = "WHERE cooperative_id IN (SELECT unnest($group))"
    dumps = f"SELECT count(DISTINCT _as_of) AS dumps FROM mapped.{table} {within} GROUP BY cooperative_id"
    several = staging.value(f"SELECT max(dumps) > 1 FROM ({dumps})", {"group": group})
    if not several:
        return staging.frame(
            f"SELECT {columns}, NULL::DATE AS first_seen, NULL::DATE AS last_seen FROM cleaned.{table} t {within}",
            {"group": group},
        ).sort("cooperative_id", "_row")
    return staging.frame(
        f"SELECT {columns}, least(m._as_of, e.as_of) AS first_seen, m._as_of AS last_seen FROM cleaned.{table} t"
        f" JOIN mapped.{table} m USING (cooperative_id, _row) LEFT JOIN (SELECT x.cooperative_id, x.key,"
        f" min(o._as_of) AS as_of FROM cleaned.exclusions x JOIN mapped.{table} o ON o.cooperative_id ="
        " x.cooperative_id AND o._row = x.row WHERE x.table_name = $table AND x.rule = 'MAP-NEWEST-01' GROUP BY ALL) e"
        f" ON e.cooperative_id = t.cooperative_id AND e.key = t.entry_no {within.replace('WHERE ', 'WHERE t.')}",
        {"group": group, "table": table},
    ).sort("cooperative_id", "_row")
