"""Row counts and money of every cooperative at the gate: the left side of law 1.

extracted + added = kept + merged + excluded + held + lost. What a blocked cooperative has waits as a whole, which is
said where the status is made. Money tables merge nothing.
"""

import json

from koop_pipeline.contracts import MOVEMENT_DAYS, OPENING, SOURCED, TABLES, Table
from koop_pipeline.gates.checked import LEFT_BEHIND, NOT_OPENED, SCOPE, table_sql
from koop_pipeline.identifiers.numeral import DecimalMark
from koop_pipeline.identifiers.sql import macros
from koop_pipeline.staging import Staging, literal
from koop_pipeline.staging.names import FIRST_DERIVED_ROW

MERGED = "('MAP-MERGED-01', 'MBR-DUP-01', 'COR-MERGE-01')"
STORED = "cooperative_id VARCHAR, product_code VARCHAR, total DECIMAL(38,2), replaced DECIMAL(38,2), apart BOOLEAN"
PARTS = {
    "loans": " LEFT JOIN opening.loan_positions p ON p.cooperative_id = c.cooperative_id AND p.loan_no = c.loan_no",
    "loan_repayments": " LEFT JOIN opening.repayment_parts p ON p.cooperative_id = m.cooperative_id"
    " AND p._row = m._row",
}
DERIVED = {"loans": "p.outstanding_principal", "loan_repayments": "p.total"}
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
        staging.execute(
            "INSERT INTO gate.row_counts WITH blocks AS (SELECT cooperative_id, sum(kept) AS kept, sum(rows) AS rows,"
            " sum(excluded) AS excluded, sum(lost) AS lost FROM mapped.blocks WHERE table_name = $name GROUP BY ALL),"
            f" kept AS (SELECT cooperative_id, count(*) AS n FROM ({table_sql(table)}) GROUP BY ALL),"
            " older AS (SELECT cooperative_id, count(*) AS n FROM cleaned.exclusions WHERE table_name = $name"
            " AND rule IN ('MAP-NEWEST-01', 'COR-EXCLUDE-01') GROUP BY ALL),"
            " same AS (SELECT cooperative_id, count(*) AS n FROM cleaned.exclusions WHERE table_name = $name"
            f" AND rule IN {MERGED} GROUP BY ALL),"
            f" after AS ({_after(table)}), derived AS ({_derived(table)})"
            " SELECT s.cooperative_id, $name, coalesce(b.kept + b.excluded + b.lost, 0),"
            " coalesce(b.rows - b.kept, 0) + coalesce(d.n, 0) + coalesce(c.n, 0), coalesce(m.n, 0),"
            " coalesce(b.excluded, 0) + coalesce(o.n, 0) + coalesce(a.n, 0), 0, coalesce(k.n, 0), coalesce(b.lost, 0)"
            " FROM gate.scope s LEFT JOIN blocks b USING (cooperative_id) LEFT JOIN kept k USING (cooperative_id)"
            " LEFT JOIN older o USING (cooperative_id) LEFT JOIN same m USING (cooperative_id)"
            " LEFT JOIN after a USING (cooperative_id) LEFT JOIN derived d USING (cooperative_id)"
            " LEFT JOIN (SELECT cooperative_id, count(DISTINCT row) AS n FROM mapped.added_cells"
            " WHERE table_name = $name GROUP BY ALL) c USING (cooperative_id)",
            {"name": table.name},
        )
    for table in OPENING:
        staging.execute(
            f"INSERT INTO gate.row_counts SELECT s.cooperative_id, {literal(table.name)}, 0, count(t._row), 0, 0, 0,"
            f" count(t._row), 0 FROM gate.scope s LEFT JOIN opening.{table.name} t USING (cooperative_id) GROUP BY ALL"
        )
    _carry_instalments(staging)


NOBODY = "SELECT NULL::VARCHAR AS cooperative_id, 0 AS n WHERE false"


def _after(table: Table) -> str:
    """Movements of after the cut-off day and loans disbursed since with their instalments, which are not carried."""
    if table.name == "loans":
        return (
            "SELECT t.cooperative_id, count(*) AS n FROM cleaned.loans t JOIN raw.cooperatives c"
            f" USING (cooperative_id) WHERE {NOT_OPENED} GROUP BY ALL"
        )
    if table.name == "loan_instalments":
        return (
            f"SELECT cooperative_id, count(*) AS n FROM cleaned.loan_instalments JOIN ({LEFT_BEHIND} GROUP BY ALL)"
            " USING (cooperative_id, loan_no) GROUP BY ALL"
        )
    if table.name not in MOVEMENT_DAYS:
        return NOBODY
    return (
        f"SELECT t.cooperative_id, count(*) AS n FROM cleaned.{table.name} t JOIN raw.cooperatives c"
        f" USING (cooperative_id) WHERE t.{MOVEMENT_DAYS[table.name]} > c.cutoff_on GROUP BY ALL"
    )


def _derived(table: Table) -> str:
    """Rows that no source row gave: the cooperative's own row from the facts, products from accounts and loans, a
    suspense account that the chart lacks.
    """
    if table.name == "cooperatives":
        return "SELECT cooperative_id, count(*) AS n FROM mapped.cooperatives WHERE _block IS NULL GROUP BY ALL"
    if table.name == "products":
        derived = f"cleaned.products WHERE _row > {FIRST_DERIVED_ROW}"
        return f"SELECT cooperative_id, count(*) AS n FROM {derived} GROUP BY ALL"
    if table.name == "accounts":
        return "SELECT cooperative_id, count(*) AS n FROM opening.added_accounts GROUP BY ALL"
    return NOBODY


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


WRITTEN_OFF = "_written_off"
"""What follows `loans` in the name of the control that holds the loans written off."""


def book_money(staging: Staging) -> None:
    """Fill `gate.money`: delivered (profile control), extracted, kept and excluded, per control and product.

    Written-off loans are totalled apart: `loans` is without them, they are `loans_written_off`.
    """
    staging.execute(f"DELETE FROM gate.money WHERE {SCOPE}")
    for control, (table, amount, by_product) in MONEY.items():
        label = f"$control || CASE WHEN apart THEN '{WRITTEN_OFF}' ELSE '' END"
        for name in [label, f"{label} || ':' || product_code"] if by_product else [label]:
            _book(staging, control, name, table, amount)
    _book_accounts(staging, "debit", "CASE WHEN is_detail THEN debit END", "greatest(amount, 0)")
    _book_accounts(staging, "credit", "CASE WHEN is_detail THEN credit END", "greatest(-amount, 0)")
    _book_accounts(staging, "assets", "CASE WHEN is_detail AND account_type = 'asset' THEN debit - credit END", "0")
    staging.execute(
        "INSERT INTO gate.money SELECT s.cooperative_id, 'members', NULL, r.kept + r.merged + r.excluded, 0, r.kept,"
        " r.merged + r.excluded, 0"
        " FROM gate.scope s JOIN gate.row_counts r ON r.cooperative_id = s.cooperative_id AND r.table_name = 'members'"
    )
    staging.execute(
        f"UPDATE gate.money m SET delivered = c.delivered FROM mapped.controls c"
        f" WHERE c.cooperative_id = m.cooperative_id AND c.name = m.control AND m.{SCOPE}"
    )
    staging.execute(
        "INSERT INTO gate.money SELECT c.cooperative_id, c.name, c.delivered, 0, 0, 0, 0, 0 FROM mapped.controls c"
        f" WHERE c.{SCOPE}"
        " AND NOT EXISTS (SELECT 1 FROM gate.money m"
        " WHERE m.cooperative_id = c.cooperative_id AND m.control = c.name)"
    )
    _part_delivered(staging)


def _part_delivered(staging: Staging) -> None:
    """Part a profile's control of all loans, written off or not, into the two; one without them stays as it is."""
    apart = f"regexp_replace(m.control, '^loans', 'loans{WRITTEN_OFF}')"
    both = (
        "SELECT m.cooperative_id, m.control AS owed, w.control AS gone, w.extracted FROM gate.money m JOIN gate.money w"
        f" ON w.cooperative_id = m.cooperative_id AND w.control = {apart}"
        " WHERE regexp_matches(m.control, '^loans(:|$)') AND w.delivered IS NULL AND w.extracted <> 0"
        f" AND m.delivered = m.extracted + w.extracted AND m.{SCOPE}"
    )
    staging.execute(
        "UPDATE gate.money m SET delivered = CASE WHEN m.control = b.gone THEN b.extracted"
        f" ELSE m.delivered - b.extracted END FROM ({both}) b WHERE b.cooperative_id = m.cooperative_id"
        " AND m.control IN (b.owed, b.gone)"
    )


def _book(staging: Staging, control: str, name: str, table: str, amount: str) -> None:
    """Four sums that are taken apart from each other, so that the gate can hold them together.

    Extracted: the mapped text, read by the SQL functions and not by the cleaning. Corrected: what corrections changed
    of it, and the rows they added. Kept: what stands at the cut-off. Excluded: rows left behind by name, what moved
    after the cut-off, and what was rolled back to it.
    """
    by_product = "product_code" in name
    staging.execute(f"CREATE OR REPLACE TEMP TABLE _koop_stored ({STORED})")
    for decimal, readings in _decimals(staging, table, amount).items():
        staging.use_macros(macros(dates="dmy", decimal=decimal, strict=False))
        staging.execute(
            "INSERT INTO _koop_stored SELECT cooperative_id, product_code, sum(amount), coalesce(sum(amount)"
            f" FILTER (replaced), 0), apart FROM ({_stored(table, amount, by_product)}"
            " AND m._reading IN (SELECT unnest(?::BIGINT[]))) GROUP BY ALL",
            [readings],
        )
    staging.execute(
        f"INSERT INTO gate.money WITH kept AS (SELECT cooperative_id, {name} AS control, sum({amount}) AS total"
        f" FROM (SELECT *, {_apart(table, 't.status')} AS apart FROM ({table_sql(TABLES[table])}) t) WHERE {SCOPE}"
        " GROUP BY ALL), stored AS (SELECT cooperative_id,"
        f" {name} AS control, sum(total) AS total FROM _koop_stored WHERE {SCOPE} GROUP BY ALL),"
        f" corrected AS (SELECT cooperative_id, {name} AS control, sum(total) AS total FROM (SELECT cooperative_id,"
        f" product_code, -replaced AS total, apart FROM _koop_stored UNION ALL {_corrected(table, amount, by_product)})"
        f" WHERE {SCOPE} GROUP BY ALL),"
        f" left_behind AS (SELECT cooperative_id, {name} AS control, sum(total) AS total FROM"
        f" ({_left_behind(table, amount)}) WHERE {SCOPE} GROUP BY ALL)"
        " SELECT cooperative_id, control, NULL, coalesce(any_value(s), 0), coalesce(any_value(c), 0),"
        " coalesce(any_value(k), 0), coalesce(any_value(l), 0), 0 FROM"
        " (SELECT cooperative_id, control, total AS s, NULL AS c, NULL AS k, NULL AS l FROM stored"
        " UNION ALL SELECT cooperative_id, control, NULL, total, NULL, NULL FROM corrected"
        " UNION ALL SELECT cooperative_id, control, NULL, NULL, total, NULL FROM kept"
        " UNION ALL SELECT cooperative_id, control, NULL, NULL, NULL, total FROM left_behind)"
        " WHERE control IS NOT NULL GROUP BY ALL",
        {"control": control},
    )


def _decimals(staging: Staging, table: str, amount: str) -> dict[DecimalMark, list[int]]:
    """Which readings of a table read its amount with which decimal mark."""
    found: dict[DecimalMark, list[int]] = {",": [], ".": []}
    for reading, text in staging.rows("SELECT reading, settings FROM mapped.readings WHERE table_name = ?", [table]):
        settings = json.loads(text).get(amount, {})
        found["." if settings.get("final") else settings.get("decimal", ",")].append(reading)
    return found


def _stored(table: str, amount: str, by_product: bool) -> str:
    """The amounts of the mapped text, each read once, and whether a correction replaces it.

    An amount that no source says is the one that was derived, or that of the exclusion.
    """
    derived = DERIVED.get(table, "NULL::DECIMAL(18,2)")
    read = f"rupiah(nullif(trim(m.{amount}), ''))"
    product = "coalesce(c.product_code, x.product_code)" if by_product else "NULL::VARCHAR"
    source = f"mapped.{table} m"
    if by_product or table in PARTS:
        source += (
            f" LEFT JOIN cleaned.{table} c ON c.cooperative_id = m.cooperative_id AND c._row = m._row"
            f" LEFT JOIN cleaned.exclusions x ON x.table_name = '{table}' AND x.cooperative_id = m.cooperative_id"
            " AND x.row = m._row"
        )
        read = f"CASE WHEN coalesce(trim(m.{amount}), '') = '' THEN coalesce({derived}, x.amount) ELSE {read} END"
        source += PARTS.get(table, "")
    replaced = f"coalesce((m.cooperative_id, m._row) IN ({_changed(table, amount)}), false)"
    return (
        f"SELECT m.cooperative_id, {product} AS product_code, {read} AS amount, {replaced} AS replaced,"
        f" {_apart(table, 'coalesce(c.status, m.status)')} AS apart FROM {source} WHERE true"
    )


def _apart(table: str, status: str) -> str:
    """Whether a row is totalled apart: a loan that is written off; of one that is not cleaned, by its mapped text."""
    return f"coalesce(trim({status}) = 'written_off', false)" if table == "loans" else "false"


def _changed(table: str, amount: str) -> str:
    """Pairs of cooperative and row whose amount a correction changed."""
    return (
        f"SELECT (cooperative_id, row) FROM mapped.corrections WHERE table_name = '{table}'"
        f" AND column_name = '{amount}' AND action = 'set' AND outcome = 'applied'"
    )


def _corrected(table: str, amount: str, by_product: bool) -> str:
    """The amounts of rows that a correction changed or added, as they were cleaned or derived."""
    product = "coalesce(c.product_code, x.product_code)" if by_product else "NULL::VARCHAR"
    derived = DERIVED.get(table, "NULL::DECIMAL(18,2)")
    text = f" LEFT JOIN mapped.{table} s ON s.cooperative_id = m.cooperative_id AND s._row = m._row"
    return (
        f"SELECT m.cooperative_id, {product} AS product_code, coalesce(c.{amount}, {derived}, x.amount) AS total,"
        f" {_apart(table, 'coalesce(c.status, s.status)')} AS apart FROM"
        f" (SELECT DISTINCT cooperative_id, row AS _row FROM mapped.added_cells WHERE table_name = '{table}'"
        f" UNION SELECT cooperative_id, row FROM mapped.corrections WHERE table_name = '{table}'"
        f" AND column_name = '{amount}' AND action = 'set' AND outcome = 'applied') m"
        f" LEFT JOIN cleaned.{table} c ON c.cooperative_id = m.cooperative_id AND c._row = m._row"
        f" LEFT JOIN cleaned.exclusions x ON x.table_name = '{table}' AND x.cooperative_id = m.cooperative_id"
        f" AND x.row = m._row{PARTS.get(table, '')}{text if table == 'loans' else ''}"
    )


def _left_behind(table: str, amount: str) -> str:
    """Amounts that are not carried: excluded rows, movements after the cut-off, balances rolled back to it."""
    product = "t.product_code" if TABLES[table].has("product_code") else "NULL"
    parts = [
        f"SELECT x.cooperative_id, x.product_code, x.amount AS total, {_apart(table, 's.status')} AS apart FROM"
        f" cleaned.exclusions x LEFT JOIN mapped.{table} s ON s.cooperative_id = x.cooperative_id AND s._row = x.row"
        f" WHERE x.table_name = '{table}'"
    ]
    if table in MOVEMENT_DAYS:
        total = f"coalesce(t.{amount}, p.{amount})" if table in PARTS else f"t.{amount}"
        joined = " LEFT JOIN opening.repayment_parts p USING (cooperative_id, _row)" if table in PARTS else ""
        parts.append(
            f"SELECT t.cooperative_id, {product}, {total}, false FROM cleaned.{table} t{joined} JOIN raw.cooperatives r"
            f" USING (cooperative_id) WHERE t.{MOVEMENT_DAYS[table]} > r.cutoff_on"
        )
    if table == "savings_accounts":
        parts.append(
            "SELECT t.cooperative_id, t.product_code, t.balance - o.balance, false FROM cleaned.savings_accounts t JOIN"
            " opening.opening_savings_balances o ON o.cooperative_id = t.cooperative_id AND o._row = t._row"
        )
    if table == "loans":
        parts.append(
            "SELECT t.cooperative_id, t.product_code, t.outstanding_principal - p.outstanding_principal,"
            f" {_apart(table, 't.status')} FROM"
            " cleaned.loans t JOIN opening.loan_positions p USING (cooperative_id, loan_no)"
        )
    return " UNION ALL ".join(parts)


def _book_accounts(staging: Staging, control: str, amount: str, left_behind: str) -> None:
    """Sums of the ledger: what is kept, and what stands on the accounts that were excluded by name."""
    staging.execute(
        f"INSERT INTO gate.money WITH kept AS (SELECT cooperative_id, coalesce(sum({amount}), 0) AS total"
        f" FROM cleaned.accounts WHERE {SCOPE} GROUP BY ALL), behind AS (SELECT cooperative_id,"
        f" coalesce(sum({left_behind}), 0) AS total FROM cleaned.exclusions WHERE table_name = 'accounts' AND {SCOPE}"
        " GROUP BY ALL) SELECT cooperative_id, ?, NULL, coalesce(k.total, 0) + coalesce(b.total, 0),"
        " 0, coalesce(k.total, 0), coalesce(b.total, 0), 0 FROM kept k FULL JOIN behind b USING (cooperative_id)",
        [control],
    )
