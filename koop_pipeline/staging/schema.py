"""The tables of a staging file, derived from the contracts.

`mapped.<table>` holds text, one row a mapped row, excluded rows included and marked. `cleaned.<table>` holds canonical
values. Columns that begin with `_` are lineage and bookkeeping: `_row` is unique per cooperative and table; `_as_of` is
the day of the row's source part in `mapped`, and in `cleaned` the day for which the row stands.
"""

import hashlib
from functools import cache

import duckdb

from koop_pipeline.contracts import OPENING, SOURCED, Table
from koop_pipeline.staging.changes import changes_view
from koop_pipeline.staging.names import FIRST_DERIVED_ROW
from koop_pipeline.staging.reach import REACHES

SCHEMAS = ("raw", "mapped", "cleaned", "opening", "checked", "gate", "proof", "verification")
LINEAGE = "_source_file VARCHAR, _source_table VARCHAR, _source_row BIGINT"
FAILURES = (
    "cooperative_id VARCHAR, table_name VARCHAR, row BIGINT, column_name VARCHAR, rule VARCHAR, before VARCHAR,"
    " source_file VARCHAR, source_table VARCHAR, source_row BIGINT, note VARCHAR"
)
FAILURE_SCHEMAS = ("raw", "mapped", "cleaned", "opening")

HOP_TOTALS = (
    "cooperative_id VARCHAR, hop VARCHAR, table_name VARCHAR, product_code VARCHAR, rows BIGINT, filled BIGINT,"
    " positive DECIMAL(38,2), negative DECIMAL(38,2), keys HUGEINT, content HUGEINT"
)
BOOKKEEPING = {
    "raw.cooperatives": "cooperative_id VARCHAR, ordinal INTEGER, name VARCHAR, profile VARCHAR, cutoff_on DATE,"
    " as_of DATE, sources_sha256 VARCHAR",
    "raw.files": "cooperative_id VARCHAR, branch VARCHAR, as_of DATE, source_file VARCHAR, sha256"
    " VARCHAR, bytes BIGINT",
    "raw.tables": "cooperative_id VARCHAR, branch VARCHAR, as_of DATE, source_file VARCHAR, source_table VARCHAR,"
    " relation VARCHAR, columns VARCHAR[], rows BIGINT, counted BIGINT",
    "mapped.blocks": "cooperative_id VARCHAR, table_name VARCHAR, block INTEGER, branch VARCHAR,"
    " source_tables VARCHAR[], leading_rows BIGINT, kept BIGINT, rows BIGINT, excluded BIGINT, lost BIGINT,"
    " multiplies VARCHAR",
    "mapped.excluded_rows": "cooperative_id VARCHAR, table_name VARCHAR, block INTEGER, row_id BIGINT, reason VARCHAR",
    "mapped.list_rows": "cooperative_id VARCHAR, table_name VARCHAR, block INTEGER, row_id BIGINT",
    "mapped.uses": "cooperative_id VARCHAR, table_name VARCHAR, source_table VARCHAR, column_name VARCHAR",
    "mapped.readings": "reading BIGINT, table_name VARCHAR, settings VARCHAR",
    "mapped.profiles": "cooperative_id VARCHAR, table_name VARCHAR, profile_sha256 VARCHAR",
    "mapped.controls": "cooperative_id VARCHAR, name VARCHAR, delivered DECIMAL(38,2)",
    "mapped.raw_accounts": "cooperative_id VARCHAR, source_file VARCHAR, source_table VARCHAR, rows BIGINT,"
    " counted BIGINT, used BIGINT, excluded BIGINT, ignored BIGINT, reason VARCHAR",
    "mapped.ignored_amounts": "cooperative_id VARCHAR, source_table VARCHAR, column_name VARCHAR, reason VARCHAR,"
    " cells BIGINT, total DECIMAL(38,2)",
    "mapped.corrections": "cooperative_id VARCHAR, number BIGINT, place VARCHAR, action VARCHAR, table_name VARCHAR,"
    " row BIGINT, column_name VARCHAR, value VARCHAR, into_row BIGINT, who VARCHAR, decided_on DATE, outcome VARCHAR,"
    " message VARCHAR, digest VARCHAR",
    "mapped.added_cells": "cooperative_id VARCHAR, table_name VARCHAR, row BIGINT, column_name VARCHAR, value VARCHAR,"
    " place VARCHAR, number BIGINT",
    "mapped.different_people": "cooperative_id VARCHAR, member_no_a VARCHAR, member_no_b VARCHAR",
    "mapped.correction_files": "cooperative_id VARCHAR, sha256 VARCHAR",
    "cleaned.exclusions": "cooperative_id VARCHAR, table_name VARCHAR, row BIGINT, rule VARCHAR, reason VARCHAR,"
    " key VARCHAR, product_code VARCHAR, amount DECIMAL(18,2), " + LINEAGE.replace("_source", "source"),
    "cleaned.merges": "cooperative_id VARCHAR, row BIGINT, member_no VARCHAR, into_row BIGINT, into_member_no VARCHAR,"
    " rule VARCHAR, score INTEGER, agreed VARCHAR",
    "cleaned.merge_changes": "cooperative_id VARCHAR, table_name VARCHAR, row BIGINT, column_name VARCHAR,"
    " from_row BIGINT, rule VARCHAR",
    "cleaned.probable_duplicates": "cooperative_id VARCHAR, row_a BIGINT, member_no_a VARCHAR, row_b BIGINT,"
    " member_no_b VARCHAR, score INTEGER, agreed VARCHAR",
    "cleaned.shared_people": "cooperative_id VARCHAR, people BIGINT",
    "opening.accrued_interest": "cooperative_id VARCHAR, table_name VARCHAR, _row BIGINT, account_no VARCHAR,"
    " product_code VARCHAR, accrued_to DATE, counted_from DATE, days INTEGER, basis VARCHAR, due DECIMAL(18,2),"
    " gross DECIMAL(18,2), tax DECIMAL(18,2), net DECIMAL(18,2), unknown VARCHAR",
    "opening.brought_entries": "cooperative_id VARCHAR, table_name VARCHAR, _row BIGINT",
    "opening.savings_positions": "cooperative_id VARCHAR, account_no VARCHAR, product_code VARCHAR, _row BIGINT,"
    " as_of DATE, moved DECIMAL(18,2), status VARCHAR",
    "opening.allowances": "cooperative_id VARCHAR, class VARCHAR, loans BIGINT, outstanding DECIMAL(18,2),"
    " percent DECIMAL(12,6), required DECIMAL(18,2)",
    "opening.schedule_explanations": "cooperative_id VARCHAR, loan_no VARCHAR, method VARCHAR, rate_basis VARCHAR,"
    " annual_rate DECIMAL(12,6), rounding_unit DECIMAL(18,2), rounding_mode VARCHAR, absorbs VARCHAR, rounds VARCHAR,"
    " exact BOOLEAN, largest_deviation DECIMAL(18,2), alike BIGINT, explanation VARCHAR",
    "opening.rate_findings": "cooperative_id VARCHAR, loan_no VARCHAR, method VARCHAR, rate_basis VARCHAR,"
    " annual_rate DECIMAL(12,6), deviation DECIMAL(18,2), methods VARCHAR, bases VARCHAR, tie BOOLEAN, claim VARCHAR,"
    " explanation VARCHAR",
    "opening.suspense": "cooperative_id VARCHAR, account_code VARCHAR, name VARCHAR, against_code VARCHAR,"
    " amount DECIMAL(18,2), rule VARCHAR, reason VARCHAR",
    "opening.not_proved": "cooperative_id VARCHAR, account_code VARCHAR, name VARCHAR, account_type VARCHAR,"
    " debit DECIMAL(18,2), credit DECIMAL(18,2), reason VARCHAR",
    "gate.halts": "cooperative_id VARCHAR, step VARCHAR, part VARCHAR, message VARCHAR",
    "gate.scope": "cooperative_id VARCHAR",
    "gate.declared": "cooperative_id VARCHAR, name VARCHAR, amount DECIMAL(18,2)",
    "gate.absent": "cooperative_id VARCHAR, category VARCHAR, reason VARCHAR",
    "gate.row_counts": "cooperative_id VARCHAR, table_name VARCHAR, extracted BIGINT, added BIGINT, merged BIGINT,"
    " excluded BIGINT, held BIGINT, kept BIGINT, lost BIGINT",
    "gate.fans": "cooperative_id VARCHAR, table_name VARCHAR, block INTEGER, rows BIGINT, amount DECIMAL(38,2),"
    " multiplies VARCHAR",
    "gate.money": "cooperative_id VARCHAR, control VARCHAR, delivered DECIMAL(38,2), extracted DECIMAL(38,2),"
    " corrected DECIMAL(38,2), kept DECIMAL(38,2), excluded DECIMAL(38,2), held DECIMAL(38,2)",
    "gate.decisions": "cooperative_id VARCHAR, verdict VARCHAR, message VARCHAR, sources_sha256 VARCHAR,"
    " profile_sha256 VARCHAR, suites_sha256 VARCHAR, corrections_sha256 VARCHAR, content_sha256 VARCHAR",
    "gate.contents": "cooperative_id VARCHAR, table_name VARCHAR, rows BIGINT, sha256 VARCHAR, state HUGEINT",
    "proof.totals": HOP_TOTALS,
    "proof.explained": HOP_TOTALS,
    "proof.sealed": "cooperative_id VARCHAR, table_name VARCHAR, rows BIGINT, content HUGEINT",
    "proof.breaks": "cooperative_id VARCHAR, number INTEGER, hop VARCHAR, table_name VARCHAR, product_code VARCHAR,"
    " measure VARCHAR, expected VARCHAR, found VARCHAR",
    "verification.promotions": "cooperative_id VARCHAR, load_id VARCHAR, outcome VARCHAR",
    "verification.deltas": "cooperative_id VARCHAR, table_name VARCHAR, action VARCHAR, rows BIGINT,"
    " amount_before DECIMAL(38,2)",
    "verification.rehearsed": "cooperative_id VARCHAR, load_id VARCHAR, outcome VARCHAR",
    "verification.earlier_loads": "cooperative_id VARCHAR, batch VARCHAR, load_id VARCHAR",
    "verification.standing": "cooperative_id VARCHAR, proved BOOLEAN, said VARCHAR",
    "verification.loaded": "cooperative_id VARCHAR",
    "verification.loaded_sources": "cooperative_id VARCHAR, sources_sha256 VARCHAR",
    "verification.loaded_corrections": "cooperative_id VARCHAR, digest VARCHAR",
    "verification.loaded_merges": "cooperative_id VARCHAR, row BIGINT, into_row BIGINT, rule VARCHAR",
    "verification.results": "cooperative_id VARCHAR, table_name VARCHAR, expected BIGINT, found BIGINT,"
    " missing BIGINT, unexpected BIGINT, differing BIGINT, ranges BIGINT",
    "verification.orphans": "cooperative_id VARCHAR, table_name VARCHAR, column_name VARCHAR, rows BIGINT",
    "verification.differences": "cooperative_id VARCHAR, table_name VARCHAR, key VARCHAR, column_name VARCHAR,"
    " expected VARCHAR, found VARCHAR",
    "verification.totals": "cooperative_id VARCHAR, control VARCHAR, expected DECIMAL(38,2), found DECIMAL(38,2)",
    "verification.samples": "cooperative_id VARCHAR, draw VARCHAR, draws INTEGER, seed VARCHAR, confidence VARCHAR,"
    " tolerable VARCHAR, in_target BOOLEAN, content_sha256 VARCHAR",
    "verification.sample_strata": "cooperative_id VARCHAR, ordinal BIGINT, stratum VARCHAR, method VARCHAR,"
    " population BIGINT, size BIGINT, book_value DECIMAL(38,2), tolerable_error DECIMAL(38,2),"
    " interval DECIMAL(38,6), start DECIMAL(38,6), start_units DECIMAL(38,0)",
    "verification.sample_items": "cooperative_id VARCHAR, ordinal BIGINT, stratum VARCHAR, token VARCHAR,"
    " book_value DECIMAL(38,2), hits BIGINT, always BOOLEAN",
    "verification.sample_lines": "cooperative_id VARCHAR, ordinal BIGINT, token VARCHAR, sheet VARCHAR, key VARCHAR,"
    " row BIGINT, owner VARCHAR, delivered DECIMAL(38,2), target DECIMAL(38,2), delivered_text VARCHAR,"
    " target_text VARCHAR, there BOOLEAN, state VARCHAR, detail VARCHAR, source_file VARCHAR, source_table VARCHAR,"
    " source_row BIGINT",
    "verification.sample_answers": "cooperative_id VARCHAR, ordinal BIGINT, token VARCHAR, place VARCHAR,"
    " answer VARCHAR, found DECIMAL(38,2), difference DECIMAL(38,2), said VARCHAR, remark VARCHAR",
    "verification.sample_results": "cooperative_id VARCHAR, ordinal BIGINT, stratum VARCHAR, lines BIGINT,"
    " errors BIGINT, upper_limit DECIMAL(38,2), tolerable_error DECIMAL(38,2), outcome VARCHAR",
}


def create_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every schema and table, in one transaction; nothing happens where the file has this layout already."""
    if _has_layout(connection):
        return
    connection.execute("BEGIN")
    for schema in SCHEMAS:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for name, columns in BOOKKEEPING.items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
    for schema in FAILURE_SCHEMAS:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {schema}.failures ({FAILURES})")
    for table in SOURCED:
        connection.execute(f"CREATE TABLE IF NOT EXISTS mapped.{table.name} ({mapped_columns(table)})")
        connection.execute(f"CREATE TABLE IF NOT EXISTS cleaned.{table.name} ({cleaned_columns(table)})")
    for table in OPENING:
        connection.execute(f"CREATE TABLE IF NOT EXISTS opening.{table.name} ({typed_columns(table)})")
    connection.execute(f"CREATE TABLE IF NOT EXISTS opening.loan_positions ({POSITIONS})")
    connection.execute(f"CREATE TABLE IF NOT EXISTS opening.repayment_parts ({REPAYMENT_PARTS})")
    for view in (changes_view(), *OPENING_VIEWS, VALUES_LOST):
        connection.execute(view)
    connection.execute("CREATE OR REPLACE TABLE gate.layout AS SELECT ? AS sha256", [layout()])
    connection.execute("COMMIT")


@cache
def layout() -> str:
    """A hash of the whole layout and of DuckDB's version; a staging file with another one is made anew."""
    parts = [
        duckdb.__version__,
        *BOOKKEEPING.items(),
        FAILURES,
        POSITIONS,
        REPAYMENT_PARTS,
        changes_view(),
        OPENING_VIEWS,
        VALUES_LOST,
    ]
    parts += [mapped_columns(table) + cleaned_columns(table) for table in (*SOURCED, *OPENING)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def layout_of(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The layout that a file says it has; None for an empty file."""
    there = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'gate' AND table_name = 'layout'"
    ).fetchone()
    if not there or not there[0]:
        return None
    row = connection.execute("SELECT sha256 FROM gate.layout").fetchone()
    return row[0] if row else None


def _has_layout(connection: duckdb.DuckDBPyConnection) -> bool:
    return layout_of(connection) == layout()


# failures that leave the value where it is: warnings about a form, roundings, duplicates, excluded parents
VALUE_KEPT = "(NIK-04|RGN-02|MNY-02|LGL-01|DUP-0[12]|EXCL-0[12])$"
VALUES_LOST = (
    "CREATE OR REPLACE VIEW proof.values_lost AS SELECT cooperative_id, table_name, column_name, rule, count(*) AS"
    " cells FROM (SELECT cooperative_id, table_name, column_name, rule, row FROM cleaned.failures UNION ALL SELECT"
    " cooperative_id, table_name, column_name, rule, row FROM mapped.failures) WHERE column_name IS NOT NULL AND row IS"
    f" NOT NULL AND NOT regexp_matches(rule, '{VALUE_KEPT}') GROUP BY ALL"
)
# the suspense account of a policy where the chart lacks it: a row of `accounts` without a balance of its own
ADDED_ACCOUNTS = (
    "CREATE OR REPLACE VIEW opening.added_accounts AS SELECT o.cooperative_id, o.account_code, o.name, o.account_type,"
    " CASE o.account_type WHEN 'asset' THEN 'debit' ELSE 'credit' END AS normal_side, NULL::VARCHAR AS parent_code,"
    " true AS is_detail, NULL::VARCHAR AS controls, 0::DECIMAL(18,2) AS debit, 0::DECIMAL(18,2) AS credit,"
    " NULL::VARCHAR AS branch, NULL::VARCHAR AS source_no, NULL::VARCHAR AS extras,"
    f" {FIRST_DERIVED_ROW + 1}::BIGINT AS _row FROM opening.opening_trial_balance o"
    " SEMI JOIN opening.suspense s ON s.cooperative_id = o.cooperative_id AND s.account_code = o.account_code"
    " ANTI JOIN cleaned.accounts a ON a.cooperative_id = o.cooperative_id AND a.account_code = o.account_code"
)
OPENING_VIEWS = (
    REACHES,
    "CREATE OR REPLACE VIEW opening.savings_by_product AS SELECT cooperative_id, product_code, count(*) AS accounts,"
    " sum(balance) AS balance, count(history_total) AS with_history, sum(balance) FILTER (history_total IS NOT NULL) AS"
    " balance_with_history, sum(history_total) AS history_total, sum(difference) AS difference,"
    " count(*) FILTER (difference <> 0) AS differing FROM opening.opening_savings_balances GROUP BY ALL",
    "CREATE OR REPLACE VIEW opening.left_with_balances AS SELECT cooperative_id, m.status,"
    " count(DISTINCT m.member_no) AS members, count(*) FILTER (serves = 'savings') AS savings_accounts,"
    " coalesce(sum(amount) FILTER (serves = 'savings'), 0) AS savings, count(*) FILTER (serves = 'loans') AS loans,"
    " coalesce(sum(amount) FILTER (serves = 'loans'), 0) AS outstanding FROM cleaned.members m JOIN (SELECT"
    " cooperative_id, member_no, 'savings' AS serves, balance AS amount FROM opening.opening_savings_balances"
    " UNION ALL SELECT t.cooperative_id, t.member_no, 'loans', coalesce(p.outstanding_principal,"
    " t.outstanding_principal) FROM cleaned.loans t LEFT JOIN opening.loan_positions p USING (cooperative_id, loan_no))"
    " USING (cooperative_id, member_no) WHERE m.status IN ('left', 'deceased') AND amount <> 0 GROUP BY ALL",
    ADDED_ACCOUNTS,
)
POSITIONS = (
    "cooperative_id VARCHAR, loan_no VARCHAR, annual_rate DECIMAL(12,6), rounding_unit DECIMAL(18,2),"
    " first_due_on DATE, maturity_on DATE, outstanding_principal DECIMAL(18,2),"
    " derived_outstanding_principal DECIMAL(18,2), outstanding_interest DECIMAL(18,2),"
    " derived_outstanding_interest DECIMAL(18,2), arrears_days INTEGER, derived_arrears_days INTEGER,"
    " collectability VARCHAR, derived_collectability VARCHAR, status VARCHAR, schedule_source VARCHAR,"
    " as_of DATE, moved DECIMAL(18,2)"
)
REPAYMENT_PARTS = (
    "cooperative_id VARCHAR, _row BIGINT, principal DECIMAL(18,2), interest DECIMAL(18,2), total DECIMAL(18,2)"
)


def mapped_columns(table: Table) -> str:
    """Columns of `mapped.<table>`: all text, with lineage and the marks of the mapping."""
    own = ", ".join(f'"{name}" VARCHAR' for name in table.names)
    return (
        f"cooperative_id VARCHAR, {own}, _row BIGINT, _block INTEGER, _reading BIGINT, _row_id BIGINT, _as_of DATE,"
        f" _stands_for DATE, _excluded VARCHAR, {LINEAGE}"
    )


def cleaned_columns(table: Table) -> str:
    """Columns of `cleaned.<table>`: canonical values with lineage and the day for which each row stands."""
    return f"{typed_columns(table)}, _as_of DATE, {LINEAGE}"


def typed_columns(table: Table) -> str:
    """Columns of a canonical table in staging, with `_row`."""
    own = ", ".join(f'"{column.name}" {column.sql_type}' for column in table.all_columns)
    return f"cooperative_id VARCHAR, {own}, _row BIGINT"
