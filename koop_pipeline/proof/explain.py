"""What may lawfully differ between two hops, taken apart from the totals themselves.

Each entry is a difference of measures that a booked event makes: a row merged, excluded, corrected or added, a movement
after the cut-off, a balance brought to it, a value held. What is left over after them is a loss (or a gain).
"""

from koop_pipeline.contracts import MOVEMENT_DAYS, PROMOTED, SOURCED, Table
from koop_pipeline.proof.measures import MEASURED, MEASURES, measure
from koop_pipeline.proof.record import KEPT_TEXT, insert_text_measures
from koop_pipeline.staging import Staging, literal, quoted
from koop_pipeline.staging.names import FIRST_DERIVED_ROW
from koop_pipeline.staging.reach import reach_of

EXPLAINED = "proof.explained"
BEFORE, AFTER = "_koop_before", "_koop_after"


def explain(staging: Staging, hop: str, ids: list[str]) -> None:
    """Fill `proof.explained` for the way into `hop` (mapped, cleaned, opened, promoted)."""
    staging.execute(
        f"DELETE FROM {EXPLAINED} WHERE hop = ? AND cooperative_id IN (SELECT unnest(?))",
        [hop, ids],
    )
    if hop == "mapped":
        _mapped(staging, ids)
    ways = {"cleaned": (SOURCED, _cleaned), "opened": (SOURCED, _opened), "promoted": (PROMOTED, _promoted)}
    tables, explain_table = ways.get(hop, ((), _cleaned))
    for table in tables:
        for name in (BEFORE, AFTER):
            staging.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM proof.totals WHERE false")
        explain_table(staging, table, ids)
        _store(staging, hop, table)


def _mapped(staging: Staging, ids: list[str]) -> None:
    """Rows that a block's SQL adds or folds, rows excluded by name, the cooperative's own row from the facts: one where
    no block gives it, whatever `mapped` holds by now.

    A row that the block lost is not explained: it is what is looked for. Whether a block may give more rows than it
    reads is for MAP-FAN-02 to say (`gates/fans.py`): the pipeline did what the profile says.
    """
    staging.execute(
        f"INSERT INTO {EXPLAINED} SELECT cooperative_id, 'mapped', table_name, '', sum(rows + lost - leading_rows), 0,"
        " 0, 0, 0, 0 FROM mapped.blocks WHERE cooperative_id IN (SELECT unnest(?)) GROUP BY ALL",
        [ids],
    )
    staging.execute(
        f"INSERT INTO {EXPLAINED} SELECT cooperative_id, 'mapped', 'cooperatives', '', 1, 0, 0, 0, 0, 0 FROM"
        " raw.cooperatives c WHERE cooperative_id IN (SELECT unnest(?)) AND NOT EXISTS (SELECT 1 FROM mapped.blocks b"
        " WHERE b.cooperative_id = c.cooperative_id AND b.table_name = 'cooperatives')",
        [ids],
    )


def _cleaned(staging: Staging, table: Table, ids: list[str]) -> None:
    """Rows merged, superseded or taken out by a correction; rows added; rows whose amount a correction changed."""
    measured = MEASURED[table.name]
    name = literal(table.name)
    gone = (
        f"SELECT (cooperative_id, row) FROM cleaned.exclusions WHERE table_name = {name} AND rule <> 'MAP-EXCLUDED-01'"
    )
    changed = (
        f"SELECT (cooperative_id, row) FROM mapped.corrections WHERE table_name = {name} AND outcome = 'applied'"
        " AND action IN ('set', 'allocate')"
    )
    here = f"(t.cooperative_id, t._row) IN ({gone} UNION {changed})"
    if staging.value(f"SELECT count(*) FROM ({gone} UNION ALL {changed})"):
        insert_text_measures(staging, BEFORE, measured, "cleaned", f"{KEPT_TEXT} AND {here}", ids)
    added = f"SELECT (cooperative_id, row) FROM mapped.added_cells WHERE table_name = {name} UNION {changed}"
    where = f"(t.cooperative_id, t._row) IN ({added})"
    if table.name == "products":
        where = f"({where} OR t._row > {FIRST_DERIVED_ROW})"
    _measure(staging, AFTER, table, f"cleaned.{quoted(table.name)}", ids, where)


def _opened(staging: Staging, table: Table, ids: list[str]) -> None:
    """Movements after the cut-off, loans disbursed since, balances brought to the cut-off by the movements between
    (worked out here once more, from those movements), amounts that a source leaves to be derived, a suspense account
    that the chart lacks.
    """
    source = f"cleaned.{quoted(table.name)}"
    if table.name in MOVEMENT_DAYS:
        late = f"t.{MOVEMENT_DAYS[table.name]} > (SELECT cutoff_on FROM raw.cooperatives c WHERE"
        _measure(staging, BEFORE, table, source, ids, f"{late} c.cooperative_id = t.cooperative_id)")
    if table.name == "accounts":
        _measure(staging, AFTER, table, "opening.added_accounts", ids, "true")
    if table.name == "loan_repayments":
        _replaced(staging, table, ids, REPAYMENTS)
        for into, parents in ((BEFORE, "cleaned."), (AFTER, "checked.")):
            _measure(staging, into, table, f"({ORPHANS})", ids, "true", parents)
    if table.name == "savings_accounts":
        _replaced(staging, table, ids, SAVINGS)
    if table.name == "loans":
        _measure(staging, BEFORE, table, source, ids, f"(t.cooperative_id, t._row) IN ({NOT_OPENED})")
        _replaced(staging, table, ids, LOANS)
    if table.name == "loan_instalments":
        _measure(staging, BEFORE, table, source, ids, f"(t.cooperative_id, t.loan_no) IN ({NUMBERS_NOT_OPENED})")


DISBURSED_SINCE = (
    "FROM cleaned.loans l JOIN raw.cooperatives c USING (cooperative_id)"
    " WHERE l.disbursed_on > c.cutoff_on AND l.disbursed_on <= l._as_of"
)
NOT_OPENED = f"SELECT (l.cooperative_id, l._row) {DISBURSED_SINCE}"
NUMBERS_NOT_OPENED = f"SELECT (l.cooperative_id, l.loan_no) {DISBURSED_SINCE}"


def _dated(table: str, number: str) -> str:
    """Rows whose balance stands for another day than the cut-off and can be brought to it: the number stands once, and
    the movements between are known.
    """
    return (
        f"(SELECT t.cooperative_id, t.{number}, t._as_of, c.cutoff_on FROM (SELECT * FROM cleaned.{table} QUALIFY"
        f" count(*) OVER (PARTITION BY cooperative_id, {number}) = 1) t JOIN raw.cooperatives c ON c.cooperative_id ="
        f" t.cooperative_id WHERE t._as_of <> c.cutoff_on AND {reach_of(table)} >= greatest(t._as_of, c.cutoff_on)) d"
    )


def _moved(amount: str, day: str) -> str:
    """The sum that brings a balance of `d._as_of` to the cut-off."""
    return (
        f"sum(CASE WHEN {day} > d._as_of AND {day} <= d.cutoff_on THEN {amount} WHEN {day} > d.cutoff_on AND"
        f" {day} <= d._as_of THEN -{amount} END)::DECIMAL(18,2)"
    )


def _brought(table: str) -> str:
    """Entries `x` of a table that a balance lacked because they were written after it."""
    return (
        f"(SELECT x.* FROM opening.brought_entries e JOIN cleaned.{table} x ON x.cooperative_id = e.cooperative_id AND"
        f" x._row = e._row WHERE e.table_name = {literal(table)}) x"
    )


# with the entries that a balance lacked because they were written after it: each counts once where it is of the cut-off
# or before, and not at all where it is of after it
SAVINGS = (
    "SELECT t.* REPLACE (t.balance + s.moved AS balance) FROM cleaned.savings_accounts t JOIN (SELECT cooperative_id,"
    f" account_no, sum(moved) AS moved FROM (SELECT d.cooperative_id, d.account_no, {_moved('x.amount', 'x.posted_on')}"
    f" AS moved FROM {_dated('savings_accounts', 'account_no')} JOIN cleaned.savings_transactions x ON"
    " x.cooperative_id = d.cooperative_id AND x.account_no = d.account_no GROUP BY ALL UNION ALL SELECT"
    f" x.cooperative_id, x.account_no, sum(x.amount) FROM {_brought('savings_transactions')} GROUP BY ALL) GROUP BY ALL"
    " HAVING sum(moved) IS NOT NULL) s"
    " ON s.cooperative_id = t.cooperative_id AND s.account_no = t.account_no"
)
# of a loan without a stored balance, and of one whose number stands twice, what was derived; its interest and rounding
# as the step open left them (`proof.sealed` holds that nobody changed them since)
LOANS = (
    "SELECT t.* REPLACE (CASE WHEN t.outstanding_principal IS NULL OR n.twice THEN p.outstanding_principal ELSE"
    " t.outstanding_principal - coalesce(s.repaid, 0) - coalesce(b.late, 0) END AS outstanding_principal,"
    " coalesce(p.outstanding_interest, t.outstanding_interest) AS outstanding_interest,"
    " coalesce(p.rounding_unit, t.rounding_unit) AS rounding_unit) FROM"
    " cleaned.loans t LEFT JOIN (SELECT x.cooperative_id, x.loan_no, sum(x.principal) AS late FROM"
    f" {_brought('loan_repayments')} GROUP BY ALL) b ON b.cooperative_id = t.cooperative_id AND b.loan_no = t.loan_no"
    " JOIN opening.loan_positions p ON p.cooperative_id = t.cooperative_id AND p.loan_no = t.loan_no JOIN (SELECT"
    " cooperative_id, loan_no, count(*) > 1 AS twice FROM cleaned.loans GROUP BY ALL) n ON n.cooperative_id ="
    " t.cooperative_id AND n.loan_no = t.loan_no LEFT JOIN (SELECT d.cooperative_id, d.loan_no,"
    f" {_moved('y.principal', 'x.paid_on')} AS repaid FROM {_dated('loans', 'loan_no')} JOIN cleaned.loan_repayments x"
    " ON x.cooperative_id = d.cooperative_id AND x.loan_no = d.loan_no AND x.paid_on > least(d._as_of, d.cutoff_on)"
    " AND x.paid_on <= greatest(d._as_of, d.cutoff_on) JOIN opening.repayment_parts y ON y.cooperative_id ="
    " x.cooperative_id AND y._row = x._row GROUP BY ALL HAVING count(y.principal) = count(*)) s ON s.cooperative_id ="
    " t.cooperative_id AND s.loan_no = t.loan_no WHERE (t.outstanding_principal IS NULL OR n.twice OR s.repaid <> 0 OR"
    " b.late <> 0 OR p.outstanding_interest <> t.outstanding_interest OR p.rounding_unit <> t.rounding_unit OR"
    " (t.outstanding_interest IS NULL AND p.outstanding_interest IS NOT NULL) OR"
    " (t.rounding_unit IS NULL AND p.rounding_unit IS NOT NULL))"
    f" AND (t.cooperative_id, t._row) NOT IN ({NOT_OPENED})"
)
PARTS = ", ".join(f"coalesce(t.{name}, p.{name}) AS {name}" for name in ("principal", "interest", "total"))
REPAYMENTS = (
    f"SELECT t.* REPLACE ({PARTS}) FROM cleaned.loan_repayments t JOIN opening.repayment_parts p ON"
    " p.cooperative_id = t.cooperative_id AND p._row = t._row JOIN raw.cooperatives c ON"
    " c.cooperative_id = t.cooperative_id WHERE (t.principal IS NULL OR t.interest IS NULL OR t.total IS NULL) AND"
    " coalesce(t.paid_on <= c.cutoff_on, true)"
)

# repayments up to the cut-off on a loan that stays behind: no loan lends them its product any more (RPY-REF-01 blocks)
ORPHANS = (
    f"SELECT t.* REPLACE ({PARTS}) FROM cleaned.loan_repayments t JOIN raw.cooperatives c ON"
    " c.cooperative_id = t.cooperative_id LEFT JOIN opening.repayment_parts p ON p.cooperative_id = t.cooperative_id"
    " AND p._row = t._row WHERE coalesce(t.paid_on <= c.cutoff_on, true) AND (t.cooperative_id, t.loan_no) IN"
    f" ({NUMBERS_NOT_OPENED})"
)


def _replaced(staging: Staging, table: Table, ids: list[str], after: str) -> None:
    """The rows of `after` instead of the same rows of the cleaned table."""
    source = f"cleaned.{quoted(table.name)}"
    here = f"(t.cooperative_id, t._row) IN (SELECT (cooperative_id, _row) FROM ({after}))"
    _measure(staging, BEFORE, table, source, ids, here)
    _measure(staging, AFTER, table, f"({after})", ids, "true")


def _promoted(staging: Staging, table: Table, ids: list[str]) -> None:
    """Rows and values that are held: what is promoted of the rows that hold some, instead of what was judged."""
    held = (
        "(t.cooperative_id, t._row) IN (SELECT (cooperative_id, row) FROM gate.held"
        f" WHERE table_name = {literal(table.name)})"
    )
    _measure(staging, BEFORE, table, f"checked.{quoted(table.name)}", ids, held, "checked.")
    _measure(staging, AFTER, table, f"gate.promotable_{table.name}", ids, held, "checked.")


def _measure(
    staging: Staging, into: str, table: Table, source: str, ids: list[str], where: str, parents: str = "cleaned."
) -> None:
    sql = measure(MEASURED[table.name], "", source, parents=parents, of=ids, where=where)
    staging.execute(f"INSERT INTO {into} {sql}")


def _store(staging: Staging, hop: str, table: Table) -> None:
    """after - before, by product; of the hashes as it is (their sums are compared modulo 2^64)."""
    signed = ", ".join(f"sum(sign * {name})" for name in MEASURES)
    both = f"SELECT -1 AS sign, * FROM {BEFORE} UNION ALL SELECT 1, * FROM {AFTER}"
    staging.execute(
        f"INSERT INTO {EXPLAINED} SELECT cooperative_id, ?, ?, product_code, {signed} FROM ({both}) GROUP BY ALL",
        [hop, table.name],
    )
