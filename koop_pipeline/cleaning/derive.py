"""Columns that a profile may leave out and that follow from the row itself: keys, party, sides, natures, products.

SQL on the table that is being cleaned (`_koop_cleaned`), for all cooperatives at once. What needs history or a
schedule is
derived in `opening/`.
"""

from koop_pipeline.contracts import Table
from koop_pipeline.contracts.cooperatives import COOPERATIVES
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging, quoted

FILLED = "_koop_cleaned"
CONTRA_ASSET = (
    "akumulasi|penyusutan|penyisihan|cadangan kerugian|cadangan piutang|cadangan penghapusan|cadangan pinjaman"
)
CONTENT = {
    "savings_transactions": ("entry_no", ["account_no", "posted_on", "kind", "amount", "balance_after"]),
    "loan_repayments": (
        "entry_no",
        ["loan_no", "paid_on", "instalment_no", "principal", "interest", "penalty", "total"],
    ),
    "officers": ("officer_no", ["full_name", "position", "member_no", "term_start_on"]),
}


def derive(staging: Staging, run: BatchRun, table: Table, ids: list[str]) -> None:
    """Fill the derived columns of the table being cleaned."""
    if table.name in CONTENT:
        _content_keys(staging, *CONTENT[table.name])
    for statement in STATEMENTS.get(table.name, ()):
        staging.execute(statement)
    if table.name == "cooperatives":
        _facts(staging, run, ids)
    if table.name == "products":
        _products(staging, ids)


def _content_keys(staging: Staging, key: str, content: list[str]) -> None:
    """A key from the row's content and its ordinal among equal rows of one delivery."""
    if not staging.value(f"SELECT count(*) FROM {FILLED} WHERE {key} IS NULL"):
        return
    packed = " || ".join(
        f"coalesce(length({name}::VARCHAR) || ':' || {name}::VARCHAR, '-')"
        for name in map(quoted, ["branch", *content])
    )
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {FILLED} AS WITH hashed AS (SELECT *, substr(md5({packed}), 1, 16) AS _hash"
        f" FROM {FILLED}) SELECT * EXCLUDE (_hash) REPLACE (coalesce({key}, _hash || '-' || row_number() OVER"
        f" (PARTITION BY cooperative_id, _as_of, _excluded IS NULL, {key} IS NULL, _hash ORDER BY _row)) AS {key})"
        " FROM hashed"
    )


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
    with_block = {item.id for item in run.cooperatives if run.mappings[item.id].profile.blocks.get("cooperatives")}
    for cooperative in run.cooperatives:
        if cooperative.id not in ids or cooperative.id not in with_block:
            continue
        facts = {"name": cooperative.name, **{key: value for key, value in cooperative.facts.items() if value}}
        sets = ", ".join(
            f"{quoted(name)} = coalesce({quoted(name)}, TRY_CAST(? AS {COOPERATIVES.column(name).sql_type}))"
            for name in facts
        )
        staging.execute(f"UPDATE {FILLED} SET {sets} WHERE cooperative_id = ?", [*facts.values(), cooperative.id])
    staging.execute(
        f"UPDATE {FILLED} SET status = coalesce(status, 'active'), savings_loan_unit = coalesce(savings_loan_unit,"
        " CASE WHEN kind = 'savings_loan' THEN 'ksp' WHEN kind IS NOT NULL THEN 'usp' END)"
    )


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
        f" 1000000 + row_number() OVER (PARTITION BY n.cooperative_id ORDER BY n.serves, n.product_code) FROM named n"
        f" WHERE n.cooperative_id IN (SELECT unnest(?)) AND NOT EXISTS (SELECT 1 FROM {FILLED} f WHERE"
        " f.cooperative_id = n.cooperative_id AND f.product_code = n.product_code)"
        " QUALIFY row_number() OVER (PARTITION BY n.cooperative_id, n.product_code ORDER BY n.serves DESC) = 1",
        [ids],
    )
