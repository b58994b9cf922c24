"""What the gate looks at, as views: the cleaned tables with what the step `open` derived, as of the cut-off day.

`checked.<table>` shows the cooperatives in `gate.scope`. `gate.promotable_<table>` is what promotion carries: the same
rows with held values empty and held rows left out. Both come from one definition, so what was judged is what is
carried. Only `checked.failures` is put together once and kept, in `gate.failures`.
"""

from koop_pipeline.contracts import MOVEMENT_DAYS, PROMOTED, TABLES, Table
from koop_pipeline.staging import Staging, literal, quoted
from koop_pipeline.staging.schema import FAILURE_SCHEMAS

SCOPE = "cooperative_id IN (SELECT cooperative_id FROM gate.scope)"
FROM_POSITIONS = (
    "annual_rate", "rounding_unit", "first_due_on", "maturity_on", "outstanding_principal", "outstanding_interest",
    "arrears_days", "collectability", "status",
)  # fmt: skip
UNCORRECTED = (
    " WHERE NOT EXISTS (SELECT 1 FROM mapped.corrections c WHERE c.outcome = 'applied'"
    " AND c.cooperative_id = f.cooperative_id AND c.table_name = f.table_name AND c.row = f.row"
    " AND (c.action = 'exclude' OR c.column_name = f.column_name))"
)
# loans disbursed between the cut-off day and the day of their row: they belong to the books of the new system
NOT_OPENED = "coalesce(t.disbursed_on > c.cutoff_on AND t.disbursed_on <= t._as_of, false)"
LEFT_BEHIND = (
    "SELECT t.cooperative_id, t.loan_no FROM cleaned.loans t JOIN raw.cooperatives c USING (cooperative_id)"
    f" WHERE {NOT_OPENED}"
)


def table_sql(table: Table) -> str:
    """A SELECT of cooperative_id, the contract's columns and `_row`, one row a row that stands at the cut-off."""
    if table.opening:
        return f"SELECT * FROM opening.{table.name}"
    columns = ["cooperative_id", *table.names, "_row"]
    shown = {name: f"t.{quoted(name)}" for name in columns}
    source = f"cleaned.{table.name} t"
    where = ""
    if table.name == "loans":
        source += " LEFT JOIN opening.loan_positions p ON p.cooperative_id = t.cooperative_id AND p.loan_no = t.loan_no"
        shown |= {name: f"coalesce(p.{name}, t.{name})" for name in FROM_POSITIONS}
        source += " LEFT JOIN raw.cooperatives c ON c.cooperative_id = t.cooperative_id"
        where = f" WHERE NOT {NOT_OPENED}"
    if table.name == "savings_accounts":
        source += (
            " LEFT JOIN opening.opening_savings_balances o"
            " ON o.cooperative_id = t.cooperative_id AND o._row = t._row AND o.balance <> t.balance"
        )
        source += (
            " LEFT JOIN opening.savings_positions s"
            " ON s.cooperative_id = t.cooperative_id AND s._row = t._row AND s.status <> t.status"
        )
        shown |= {"balance": "coalesce(o.balance, t.balance)", "status": "coalesce(s.status, t.status)"}
    if table.name == "loan_repayments":
        source += " LEFT JOIN opening.repayment_parts p ON p.cooperative_id = t.cooperative_id AND p._row = t._row"
        shown |= {name: f"coalesce(t.{name}, p.{name})" for name in ("principal", "interest", "total")}
    if table.name == "loan_instalments":
        same = "b.cooperative_id = t.cooperative_id AND b.loan_no = t.loan_no"
        where = f" WHERE NOT EXISTS (SELECT 1 FROM ({LEFT_BEHIND}) b WHERE {same})"
    if table.name in MOVEMENT_DAYS:
        source += " LEFT JOIN raw.cooperatives c ON c.cooperative_id = t.cooperative_id"
        where = f" WHERE coalesce(t.{MOVEMENT_DAYS[table.name]} <= c.cutoff_on, true)"
    listed = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in shown.items())
    added = f" UNION ALL SELECT {listed} FROM opening.added_accounts t" if table.name == "accounts" else ""
    return f"SELECT {listed} FROM {source}{where}{added}"


def make_views(staging: Staging) -> None:
    """Create the relations of schema `checked` for the scope in `gate.scope`."""
    everyone = staging.value(
        "SELECT count(*) = 0 FROM raw.cooperatives c ANTI JOIN gate.scope USING (cooperative_id)"
        " WHERE NOT EXISTS (SELECT 1 FROM gate.halts h WHERE h.cooperative_id = c.cooperative_id)"
    )
    limit = "" if everyone else f" WHERE {SCOPE}"
    for table in TABLES.values():
        staging.execute(f"CREATE OR REPLACE VIEW checked.{table.name} AS SELECT * FROM ({table_sql(table)}){limit}")
    failures = " UNION ALL ".join(
        f"SELECT * FROM {schema}.failures f{UNCORRECTED if schema == 'mapped' else ''}" for schema in FAILURE_SCHEMAS
    )
    # two rules in five ask for the failures of one kind: put together by each of them, they took a third of the gate
    staging.execute(f"CREATE OR REPLACE TABLE gate.failures AS SELECT * FROM ({failures}) WHERE {SCOPE}")
    related = {
        "failures": "SELECT * FROM gate.failures",
        "batch": "SELECT cooperative_id, cutoff_on, as_of FROM raw.cooperatives",
        "declared": "SELECT * FROM gate.declared",
        "absent": "SELECT * FROM gate.absent",
        "counts": "SELECT * FROM gate.row_counts",
        "breaks": "SELECT * FROM proof.breaks WHERE hop NOT IN ('promoted', 'read_back')",
        "money": "SELECT * FROM gate.money",
        "fans": "SELECT * FROM gate.fans",
        "controls": "SELECT c.cooperative_id, c.name, coalesce(m.delivered, c.delivered) AS delivered,"
        " m.extracted AS mapped FROM mapped.controls c"
        " LEFT JOIN gate.money m ON m.cooperative_id = c.cooperative_id AND m.control = c.name",
    }
    for name, sql in related.items():
        staging.execute(f"CREATE OR REPLACE VIEW checked.{name} AS SELECT * FROM ({sql}) WHERE {SCOPE}")


def make_promotable(staging: Staging) -> None:
    """Create `gate.promotable_<table>` with what `gate.held` holds back taken out."""
    for table in PROMOTED:
        columns = [
            row[0]
            for row in staging.rows(
                "SELECT DISTINCT column_name FROM gate.held WHERE table_name = ? AND column_name IS NOT"
                " NULL ORDER BY 1",
                [table.name],
            )
        ]
        staging.execute(f"CREATE OR REPLACE VIEW gate.promotable_{table.name} AS {_without_held(table, columns)}")


def _without_held(table: Table, columns: list[str]) -> str:
    name = literal(table.name)
    rows = f"SELECT cooperative_id, row FROM gate.held WHERE table_name = {name} AND column_name IS NULL"
    left = f"SELECT t.* FROM ({table_sql(table)}) t"
    keep = (
        f" WHERE NOT EXISTS (SELECT 1 FROM ({rows}) h WHERE h.cooperative_id = t.cooperative_id AND h.row = t._row)"
        if table.holds_rows
        else ""
    )
    if not columns:
        return left + keep
    flags = ", ".join(f"bool_or(column_name = {literal(column)}) AS {quoted(column)}" for column in columns)
    cells = f"SELECT cooperative_id, row, {flags} FROM gate.held WHERE table_name = {name} GROUP BY ALL"
    shown = ", ".join(
        f"CASE WHEN c.{quoted(column)} THEN NULL ELSE t.{quoted(column)} END AS {quoted(column)}" for column in columns
    )
    return (
        f"SELECT t.* REPLACE ({shown}) FROM ({table_sql(table)}) t LEFT JOIN ({cells}) c"
        f" ON c.cooperative_id = t.cooperative_id AND c.row = t._row{keep}"
    )
