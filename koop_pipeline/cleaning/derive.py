"""Columns that a profile may leave out and that follow from the row itself: keys, party, sides, natures, products.

SQL on the table that is being cleaned (`_koop_cleaned`), for all cooperatives at once. What needs history or a
schedule is
derived in `opening/`.
"""

import polars as pl

from koop_pipeline.cleaning.frame import clean, final
from koop_pipeline.contracts import Table
from koop_pipeline.contracts.cooperatives import COOPERATIVES
from koop_pipeline.program.program_file import Cooperative
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging, quoted
from koop_pipeline.staging.names import FIRST_DERIVED_ROW

FILLED = "_koop_cleaned"
CONTRA_ASSET = (
    "akumulasi|penyusutan|penyisihan|cadangan kerugian|cadangan piutang|cadangan penghapusan|cadangan pinjaman"
    "|ditangguhkan"
)
CONTENT = {
    "savings_transactions": ("entry_no", ["account_no", "posted_on", "kind", "amount", "balance_after"]),
    "loan_repayments": (
        "entry_no",
        ["loan_no", "paid_on", "instalment_no", "principal", "interest", "penalty", "fee", "total"],
    ),
    "officers": ("officer_no", ["full_name", "position"]),
}
"""What a key that no source gives is made of. Of an officer that is what is never held without his row: a number, a day
or a reference that is held and filled later leaves his key as it is."""
AMONG_EQUALS = {"officers": ["term_start_on", "term_end_on", "member_no", "nik", "phone", "status"]}
"""What further tells equal rows apart; their ordinals follow it."""


def derive(staging: Staging, run: BatchRun, table: Table, ids: list[str]) -> None:
    """Fill the derived columns of the table being cleaned."""
    _refuse_what_is_not_json(staging, table)
    if table.name in CONTENT:
        _content_keys(staging, table, *CONTENT[table.name])
    for statement in STATEMENTS.get(table.name, ()):
        staging.execute(statement)
    if table.name == "cooperatives":
        _facts(staging, run, ids)
    if table.name == "products":
        _products(staging, ids)


def _content_keys(staging: Staging, table: Table, key: str, content: list[str]) -> None:
    """A key from the row's content and its ordinal among equal rows of one delivery.

    Where a row can be held for an empty cell, what a correction filled counts as empty: so the row keeps its key.
    """
    if not staging.value(f"SELECT count(*) FROM {FILLED} WHERE {key} IS NULL"):
        return
    packed = " || ".join(
        f"coalesce(length({name}::VARCHAR) || ':' || {name}::VARCHAR, '-')"
        for name in (_as_delivered(table, name) for name in ["branch", *content])
    )
    order = ", ".join(map(quoted, [*AMONG_EQUALS.get(table.name, []), "_row"]))
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {FILLED} AS WITH hashed AS (SELECT *, substr(md5({packed}), 1, 16) AS _hash"
        f" FROM {FILLED}) SELECT * EXCLUDE (_hash) REPLACE (coalesce({key}, _hash || '-' || row_number() OVER"
        f" (PARTITION BY cooperative_id, _as_of, _excluded IS NULL, {key} IS NULL, _hash ORDER BY {order})) AS {key})"
        " FROM hashed"
    )


def _as_delivered(table: Table, column: str) -> str:
    """SQL for a cell; in tables that hold rows, null where a correction filled what was delivered empty."""
    if not table.holds_rows or column == "branch":
        return quoted(column)
    filled = (
        "SELECT 1 FROM mapped.corrections c JOIN mapped.{0} m ON m.cooperative_id = c.cooperative_id AND m._row = c.row"
        " WHERE c.cooperative_id = {1}.cooperative_id AND c.row = {1}._row AND c.table_name = '{0}' AND c.column_name ="
        " '{2}' AND c.action = 'set' AND c.outcome = 'applied' AND trim(coalesce(m.{2}, '')) = ''"
    )
    return f"CASE WHEN NOT EXISTS ({filled.format(table.name, FILLED, column)}) THEN {quoted(column)} END"


STATEMENTS: dict[str, tuple[str, ...]] = {
    "members": (f"UPDATE {FILLED} SET party = 'person' WHERE party IS NULL",),
    "savings_accounts": (
        f"UPDATE {FILLED} SET nature = CASE WHEN product_kind IN ('principal', 'mandatory') THEN 'equity'"
        " ELSE 'liability' END WHERE nature IS NULL AND product_kind IS NOT NULL",
    ),
    "accounts": (
        f"UPDATE {FILLED} SET debit = coalesce(debit, 0), credit = coalesce(credit, 0)"
        " WHERE (debit IS NULL OR credit IS NULL) AND NOT EXISTS (SELECT 1 FROM cleaned.failures f WHERE"
        f" f.cooperative_id = {FILLED}.cooperative_id AND f.table_name = 'accounts' AND f.row = {FILLED}._row"
        " AND f.column_name IN ('debit', 'credit'))",
        f"UPDATE {FILLED} SET normal_side = CASE WHEN account_type = 'asset' AND"
        f" regexp_matches(lower(name), '{CONTRA_ASSET}') THEN 'credit' WHEN account_type IN ('asset', 'expense')"
        " THEN 'debit' ELSE 'credit' END WHERE normal_side IS NULL AND account_type IS NOT NULL",
    ),
}


def _facts(staging: Staging, run: BatchRun, ids: list[str]) -> None:
    """Facts of the batch file fill what no source says; then the unit follows from the kind, and status is active."""
    beside = [
        item
        for item in run.cooperatives
        if item.id in ids and run.mappings[item.id].profile.blocks.get(COOPERATIVES.name)
    ]
    if beside:
        _fill_from_facts(staging, beside)
    staging.execute(
        f"UPDATE {FILLED} SET status = coalesce(status, 'active'), savings_loan_unit = coalesce(savings_loan_unit,"
        " CASE WHEN kind = 'savings_loan' THEN 'ksp' WHEN kind IS NOT NULL THEN 'usp' END)"
    )


def _fill_from_facts(staging: Staging, cooperatives: list[Cooperative]) -> None:
    """Facts go through the same cleaning as a delivered row, then fill the columns that are still empty."""
    rows = [
        {
            "cooperative_id": item.id,
            "_row": 0,
            "_source_file": "facts of the batch file",
            "name": item.name,
            **item.facts,
        }
        for item in cooperatives
    ]
    text = ["cooperative_id", *COOPERATIVES.names, "_excluded", "_source_file", "_source_table"]
    days = dict.fromkeys(("_as_of", "_stands_for"), pl.Date())
    schema = {**dict.fromkeys(text, pl.String()), "_row": pl.Int64(), "_source_row": pl.Int64(), **days}
    facts = clean(COOPERATIVES, pl.DataFrame(rows, schema=schema), final(COOPERATIVES))
    staging.connection.register("_facts", facts.values.to_arrow())
    names = [column.name for column in COOPERATIVES.columns]
    sets = ", ".join(f"{quoted(name)} = coalesce(t.{quoted(name)}, f.{quoted(name)})" for name in names)
    staging.execute(f"UPDATE {FILLED} t SET {sets} FROM _facts f WHERE f.cooperative_id = t.cooperative_id")
    staging.connection.unregister("_facts")
    staging.insert("cleaned.failures", facts.failures.with_columns(row=pl.lit(1, dtype=pl.Int64)))


def _refuse_what_is_not_json(staging: Staging, table: Table) -> None:
    """`extras` and `documents` are JSON; what is not fails like any expression that cannot be read."""
    for column in (column for column in table.all_columns if column.kind == "json"):
        name = quoted(column.name)
        bad = f"FROM {FILLED} WHERE {name} IS NOT NULL AND NOT json_valid({name})"
        staging.execute(
            "INSERT INTO cleaned.failures BY NAME SELECT cooperative_id, ? AS table_name, _row AS row,"
            f" ? AS column_name, 'MAP-EXPR-01' AS rule, {name} AS before, _source_file AS source_file,"
            f" _source_table AS source_table, _source_row AS source_row, 'not valid JSON' AS note {bad}"
            " AND _excluded IS NULL",
            [table.name, column.name],
        )
        staging.execute(f"UPDATE {FILLED} SET {name} = NULL WHERE {name} IS NOT NULL AND NOT json_valid({name})")


def _products(staging: Staging, ids: list[str]) -> None:
    """Products that no source lists, from the accounts and loans that name them."""
    staging.execute(
        f"INSERT INTO {FILLED} (cooperative_id, product_code, name, serves, kind, nature, annual_rate, _row)"
        " WITH named AS (SELECT cooperative_id, product_code, 'savings' AS serves, min(product_kind) AS kind,"
        " min(nature) AS nature, CASE WHEN count(DISTINCT annual_rate) = 1 THEN min(annual_rate) END AS annual_rate"
        " FROM cleaned.savings_accounts WHERE product_code IS NOT NULL GROUP BY ALL UNION ALL"
        " SELECT cooperative_id, product_code, 'loans', coalesce(min(interest_method), 'loan'), NULL,"
        " CASE WHEN count(DISTINCT annual_rate) = 1 THEN min(annual_rate) END FROM cleaned.loans"
        " WHERE product_code IS NOT NULL GROUP BY ALL)"
        " SELECT n.cooperative_id, n.product_code, n.product_code, n.serves, n.kind, n.nature, n.annual_rate,"
        f" {FIRST_DERIVED_ROW} + row_number() OVER (PARTITION BY n.cooperative_id ORDER BY n.serves, n.product_code)"
        f" FROM named n WHERE n.cooperative_id IN (SELECT unnest(?)) AND NOT EXISTS (SELECT 1 FROM {FILLED} f WHERE"
        " f.cooperative_id = n.cooperative_id AND f.product_code = n.product_code)"
        " QUALIFY row_number() OVER (PARTITION BY n.cooperative_id, n.product_code ORDER BY n.serves DESC) = 1",
        [ids],
    )
