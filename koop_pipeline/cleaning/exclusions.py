"""Rows that are not carried: excluded by name, or superseded by a newer delivery of the same branch.

Each is kept with its rule, reason and amount; an amount that is not zero, and an excluded parent whose children hold
money, become failures.
"""

from koop_pipeline.contracts import Table
from koop_pipeline.staging import Staging, literal, quoted

FILLED = "_koop_cleaned"
NEWEST = "MAP-NEWEST-01"
BY_NAME = "MAP-EXCLUDED-01"
BY_CORRECTION = "COR-EXCLUDE-01"
MERGED = "MAP-MERGED-01"
MERGED_ACROSS_BRANCHES = ("cooperatives", "products")
SAME_PERSON = {"MBR-DUP-01": "the same person as another member", "COR-MERGE-01": "an officer said: the same person"}
REASONS = {
    NEWEST: "a newer delivery has this key",
    MERGED: "another branch delivered the same",
    BY_CORRECTION: "taken out by a correction",
    **SAME_PERSON,
}
AMOUNTS = {
    "savings_accounts": "balance",
    "savings_transactions": "amount",
    "loans": "coalesce(outstanding_principal, principal)",
    "loan_instalments": "coalesce(total, principal)",
    "loan_repayments": "coalesce(total, principal)",
    "collaterals": "appraised_value",
    "accounts": "coalesce(debit, 0) - coalesce(credit, 0)",
}
PARENTS = {
    "savings_accounts": ("members", "member_no", "balance"),
    "loans": ("members", "member_no", "outstanding_principal"),
}


def supersede(staging: Staging, table: Table) -> None:
    """Of several dumps of one branch the newest row a key wins; the older ones are marked."""
    if not table.key or not staging.value(
        f"SELECT count(*) FROM (SELECT 1 FROM {FILLED} WHERE _as_of IS NOT NULL GROUP BY cooperative_id, branch"
        " HAVING count(DISTINCT _as_of) > 1)"
    ):
        return
    keys = ["cooperative_id", "branch", *map(quoted, table.key)]
    there = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in table.key)
    same = " AND ".join(f"f.{key} IS NOT DISTINCT FROM n.{key}" for key in keys[:2])
    same += "".join(f" AND f.{key} = n.{key}" for key in keys[2:])
    staging.execute(
        f"UPDATE {FILLED} f SET _excluded = {literal(NEWEST)} FROM (SELECT {', '.join(keys)}, max(_as_of) AS newest"
        f" FROM {FILLED} WHERE {there} GROUP BY ALL) n WHERE f._excluded IS NULL AND f._as_of < n.newest AND {same}"
    )
    for schema in ("mapped", "cleaned"):
        staging.execute(
            f"DELETE FROM {schema}.failures WHERE table_name = ? AND (cooperative_id, row) IN"
            f" (SELECT (cooperative_id, _row) FROM {FILLED} WHERE _excluded = ?)",
            [table.name, NEWEST],
        )


def merge_branches(staging: Staging, table: Table) -> None:
    """Of rows that several branches deliver alike (the cooperative itself, its products), the first stays."""
    if table.name not in MERGED_ACROSS_BRANCHES:
        return
    alike = ", ".join(quoted(column.name) for column in table.columns)
    staging.execute(
        f"UPDATE {FILLED} f SET _excluded = {literal(MERGED)} FROM (SELECT cooperative_id, _row FROM {FILLED}"
        f" WHERE _excluded IS NULL AND branch IS NOT NULL QUALIFY row_number() OVER"
        f" (PARTITION BY cooperative_id, {alike} ORDER BY _row) > 1) n"
        " WHERE f.cooperative_id = n.cooperative_id AND f._row = n._row"
    )


def move_out(staging: Staging, table: Table) -> None:
    """Move marked rows to `cleaned.exclusions`."""
    key = f"{quoted(table.key[0])}::VARCHAR" if table.key else "NULL"
    product = "product_code" if table.has("product_code") else "NULL"
    amount = AMOUNTS.get(table.name, "NULL::DECIMAL(18,2)")
    rules = " ".join(f"WHEN {literal(rule)} THEN {literal(rule)}" for rule in REASONS)
    reasons = " ".join(f"WHEN {literal(rule)} THEN {literal(reason)}" for rule, reason in REASONS.items())
    staging.execute(
        f"INSERT INTO cleaned.exclusions SELECT cooperative_id, {literal(table.name)}, _row,"
        f" CASE _excluded {rules} ELSE {literal(BY_NAME)} END, CASE _excluded {reasons} ELSE _excluded END,"
        f" {key}, {product}, {amount}, _source_file, _source_table, _source_row FROM {FILLED}"
        " WHERE _excluded IS NOT NULL"
    )
    staging.execute(f"DELETE FROM {FILLED} WHERE _excluded IS NOT NULL")


def note_failures(staging: Staging, table: Table, ids: list[str]) -> None:
    """MAP-EXCL-02: excluded amounts that are not zero. MAP-EXCL-01: an excluded parent whose children hold money."""
    columns = "cooperative_id, table_name, row, column_name, rule, before, source_file, source_table, source_row, note"
    staging.execute(
        f"INSERT INTO cleaned.failures ({columns}) SELECT cooperative_id, table_name, NULL, NULL, 'MAP-EXCL-02',"
        " sum(amount)::VARCHAR, any_value(source_file ORDER BY row), any_value(source_table ORDER BY row),"
        " min(source_row), count(*) || ' rows excluded as \"' || reason || '\" hold Rp ' || sum(amount)"
        " FROM cleaned.exclusions WHERE table_name = ? AND rule IN (?, ?) AND amount <> 0"
        " AND cooperative_id IN (SELECT unnest(?)) GROUP BY cooperative_id, table_name, reason ORDER BY ALL",
        [table.name, BY_NAME, BY_CORRECTION, ids],
    )
    if table.name not in PARENTS:
        return
    parent, reference, amount = PARENTS[table.name]
    staging.execute(
        f"INSERT INTO cleaned.failures ({columns}) SELECT c.cooperative_id, {literal(table.name)}, c._row,"
        f" {literal(reference)}, 'MAP-EXCL-01', c.{quoted(reference)}, c._source_file, c._source_table, c._source_row,"
        f" 'the member was excluded as \"' || e.reason || '\", but this row holds Rp ' || c.{quoted(amount)}"
        f" FROM cleaned.{quoted(table.name)} c JOIN cleaned.exclusions e ON e.cooperative_id = c.cooperative_id"
        f" AND e.table_name = {literal(parent)} AND e.key = c.{quoted(reference)}"
        f" AND e.rule NOT IN ({', '.join(map(literal, SAME_PERSON))})"
        f" WHERE c.{quoted(amount)} <> 0 AND c.cooperative_id IN (SELECT unnest(?)) AND NOT EXISTS"
        f" (SELECT 1 FROM cleaned.{quoted(parent)} p WHERE p.cooperative_id = c.cooperative_id"
        f" AND p.{quoted(reference)} = c.{quoted(reference)})",
        [ids],
    )
