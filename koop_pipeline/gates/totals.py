"""Row counts and money of every cooperative at the gate: the left side of law 1.

extracted + added = kept + merged + excluded + held + lost. What a blocked cooperative has waits as a whole, which is
said where the status is made. Money tables merge nothing.
"""

from koop_pipeline.contracts import OPENING, SOURCED, TABLES
from koop_pipeline.gates.checked import MOVEMENTS, SCOPE, table_sql
from koop_pipeline.staging import Staging, literal

MONEY = {
    "savings": ("savings_accounts", "balance", True),
    "savings_transactions": ("savings_transactions", "amount", False),
    "loans": ("loans", "outstanding_principal", True),
    "loan_repayments": ("loan_repayments", "total", False),
    "collaterals": ("collaterals", "appraised_value", False),
}


def book_rows(staging: Staging) -> None:
    """Fill `gate.row_counts` for the cooperatives in `gate.scope`; `kept` counts rows before anything is held."""
    staging.execute(f"DELETE FROM gate.row_counts WHERE {SCOPE}")
    for table in SOURCED:
        after = "SELECT NULL AS cooperative_id, 0 AS n WHERE false"
        if table.name in MOVEMENTS:
            after = (
                f"SELECT t.cooperative_id, count(*) AS n FROM cleaned.{table.name} t JOIN raw.cooperatives c"
                f" USING (cooperative_id) WHERE t.{MOVEMENTS[table.name]} > c.cutoff_on GROUP BY ALL"
            )
        staging.execute(
            "INSERT INTO gate.row_counts WITH blocks AS (SELECT cooperative_id, sum(kept) AS kept, sum(rows) AS rows,"
            " sum(excluded) AS excluded, sum(lost) AS lost FROM mapped.blocks WHERE table_name = $name GROUP BY ALL),"
            f" there AS (SELECT cooperative_id, count(*) AS n FROM cleaned.{table.name} GROUP BY ALL),"
            " older AS (SELECT cooperative_id, count(*) AS n FROM cleaned.exclusions WHERE table_name = $name"
            " AND rule = 'MAP-NEWEST-01' GROUP BY ALL), same AS (SELECT cooperative_id, count(*) AS n FROM"
            " cleaned.exclusions WHERE table_name = $name AND rule = 'MAP-MERGED-01' GROUP BY ALL),"
            f" after AS ({after})"
            " SELECT s.cooperative_id, $name, coalesce(b.kept + b.excluded + b.lost, 0),"
            " coalesce(t.n, 0) + coalesce(o.n, 0) + coalesce(m.n, 0) - coalesce(b.kept, 0), coalesce(m.n, 0),"
            " coalesce(b.excluded, 0) + coalesce(o.n, 0) + coalesce(a.n, 0), 0, coalesce(t.n, 0) - coalesce(a.n, 0)"
            " FROM gate.scope s LEFT JOIN blocks b USING (cooperative_id) LEFT JOIN there t USING (cooperative_id)"
            " LEFT JOIN older o USING (cooperative_id) LEFT JOIN same m USING (cooperative_id)"
            " LEFT JOIN after a USING (cooperative_id)",
            {"name": table.name},
        )
    for table in OPENING:
        staging.execute(
            f"INSERT INTO gate.row_counts SELECT s.cooperative_id, {literal(table.name)}, 0, count(t._row), 0, 0, 0,"
            f" count(t._row) FROM gate.scope s LEFT JOIN opening.{table.name} t USING (cooperative_id) GROUP BY ALL"
        )
    _carry_instalments(staging)


def _carry_instalments(staging: Staging) -> None:
    """Delivered instalments are carried as `loan_schedules` where they are not paid; the others stay behind by rule."""
    staging.execute(
        "UPDATE gate.row_counts r SET kept = s.carried, excluded = r.excluded + r.kept - s.carried FROM"
        " (SELECT i.cooperative_id, count(l._row) AS carried FROM cleaned.loan_instalments i"
        " LEFT JOIN opening.loan_positions p ON p.cooperative_id = i.cooperative_id AND p.loan_no = i.loan_no"
        " LEFT JOIN opening.loan_schedules l ON l.cooperative_id = i.cooperative_id AND l.loan_no = i.loan_no"
        " AND l.instalment_no = i.instalment_no AND p.schedule_source = 'delivered' GROUP BY ALL) s"
        f" WHERE r.cooperative_id = s.cooperative_id AND r.table_name = 'loan_instalments' AND r.{SCOPE}"
    )


def book_money(staging: Staging) -> None:
    """Fill `gate.money`: delivered (profile control), extracted, kept and excluded, per control and product."""
    staging.execute(f"DELETE FROM gate.money WHERE {SCOPE}")
    for control, (table, amount, by_product) in MONEY.items():
        for name in ["$control", "$control || ':' || product_code"] if by_product else ["$control"]:
            _book(staging, control, name, table, amount)
    for control, sign in (("debit", "debit"), ("credit", "credit")):
        _book_accounts(staging, control, f"CASE WHEN is_detail THEN {sign} END")
    _book_accounts(staging, "assets", "CASE WHEN is_detail AND account_type = 'asset' THEN debit - credit END")
    staging.execute(
        "INSERT INTO gate.money SELECT s.cooperative_id, 'members', NULL, r.kept + r.excluded, r.kept, r.excluded"
        " FROM gate.scope s JOIN gate.row_counts r ON r.cooperative_id = s.cooperative_id AND r.table_name = 'members'"
    )
    staging.execute(
        f"UPDATE gate.money m SET delivered = c.delivered FROM mapped.controls c"
        f" WHERE c.cooperative_id = m.cooperative_id AND c.name = m.control AND m.{SCOPE}"
    )
    staging.execute(
        "INSERT INTO gate.money SELECT c.cooperative_id, c.name, c.delivered, 0, 0, 0 FROM mapped.controls c WHERE c."
        + SCOPE
        + " AND NOT EXISTS (SELECT 1 FROM gate.money m"
        " WHERE m.cooperative_id = c.cooperative_id AND m.control = c.name)"
    )


def _book(staging: Staging, control: str, name: str, table: str, amount: str) -> None:
    """Kept is what stands at the cut-off; excluded is what was left behind by name, and what moved after the

    cut-off.
    """
    product = "product_code" if ":" in name else "NULL"
    staging.execute(
        f"INSERT INTO gate.money WITH kept AS (SELECT cooperative_id, {name} AS control, sum({amount}) AS total"
        f" FROM ({table_sql(TABLES[table])}) WHERE {SCOPE} GROUP BY ALL), stored AS (SELECT cooperative_id,"
        f" {name} AS control, sum(amount) AS total FROM (SELECT cooperative_id, {product} AS product_code,"
        f" {_stored(table, amount)} AS amount FROM {_stored_from(table)} UNION ALL SELECT cooperative_id, product_code,"
        f" amount FROM cleaned.exclusions WHERE table_name = '{table}') WHERE {SCOPE} GROUP BY ALL)"
        " SELECT coalesce(k.cooperative_id, s.cooperative_id), coalesce(k.control, s.control), NULL,"
        " coalesce(s.total, 0), coalesce(k.total, 0), coalesce(s.total, 0) - coalesce(k.total, 0)"
        " FROM kept k FULL JOIN stored s ON s.cooperative_id = k.cooperative_id AND s.control = k.control"
        " WHERE coalesce(k.control, s.control) IS NOT NULL",
        {"control": control},
    )


def _stored(table: str, amount: str) -> str:
    if table == "loans":
        return "coalesce(t.outstanding_principal, p.outstanding_principal)"
    if table == "loan_repayments":
        return "coalesce(t.total, p.total)"
    return f"t.{amount}"


def _stored_from(table: str) -> str:
    if table == "loans":
        return "(cleaned.loans t LEFT JOIN opening.loan_positions p USING (cooperative_id, loan_no))"
    if table == "loan_repayments":
        return "(cleaned.loan_repayments t LEFT JOIN opening.repayment_parts p USING (cooperative_id, _row))"
    return f"cleaned.{table} t"


def _book_accounts(staging: Staging, control: str, amount: str) -> None:
    staging.execute(
        f"INSERT INTO gate.money SELECT cooperative_id, ?, NULL, coalesce(sum({amount}), 0),"
        f" coalesce(sum({amount}), 0), 0 FROM cleaned.accounts WHERE {SCOPE} GROUP BY ALL",
        [control],
    )
