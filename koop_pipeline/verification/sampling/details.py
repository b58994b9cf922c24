"""What the worksheet says of the rows that were drawn: both sides, whose it is, and why the target lacks a row.

Read for drawn rows only. A delivered row and its row in the target belong together by the key that cleaning gave it.
"""

import json
from collections.abc import Sequence
from typing import Any

import polars as pl

from koop_pipeline.contracts import TABLES, Column
from koop_pipeline.corrections.workbook.layout import column_label, value_label
from koop_pipeline.identifiers.rupiah import grouped
from koop_pipeline.staging import Staging, literal, quoted
from koop_pipeline.verification.sampling.population import key_sql, mark_sql, read_amount
from koop_pipeline.verification.sampling.strata import AMOUNTS, FIELDS
from koop_pipeline.verification.sampling.target import Relation

OWNED_BY = {
    "savings_transactions": ("savings_accounts", "account_no"),
    "loan_repayments": ("loans", "loan_no"),
}
OWN_NAME = {"members": "full_name", "officers": "full_name", "cooperatives": "name", "accounts": "name"}
NO_TEXT = "(kosong)"


def read_details(
    staging: Staging, cooperative_id: str, table: str, rows: Sequence[int], keys: Sequence[str], relation: Relation,
    *, there: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """One record a delivered row in `rows`, and one a key of the target in `keys` that no delivered row has.

    `there`: whether the cooperative is in the target; where not, every row waits.
    """
    parameters = {"id": cooperative_id, "rows": list(rows), "keys": list(keys)}
    frame = staging.frame(_details_sql(table, relation, there=there), parameters)
    if table in AMOUNTS:
        frame = frame.with_columns(delivered=read_amount(), target=pl.col("target_amount"))
    return [_record(table, record) for record in frame.to_dicts()]


def rows_of(staging: Staging, cooperative_id: str, table: str, keys: Sequence[str]) -> dict[str, int]:
    """The delivered row behind each key of the target that has one."""
    found = staging.rows(
        f"SELECT c.{quoted(TABLES[table].key[0])}, c._row FROM cleaned.{quoted(table)} c JOIN mapped.{quoted(table)} m"
        " ON m.cooperative_id = c.cooperative_id AND m._row = c._row WHERE c.cooperative_id = ?"
        f" AND c.{quoted(TABLES[table].key[0])} IN (SELECT unnest(?::VARCHAR[])) ORDER BY c._row DESC",
        [cooperative_id, list(keys)],
    )
    return dict(found)


def _details_sql(table: str, relation: Relation, *, there: bool) -> str:
    """One row a drawn row; `base` has the delivered row and the key by which the target knows it."""
    contract = TABLES[table]
    key = f"c.{quoted(contract.key[0])}::VARCHAR" if contract.key else "c.cooperative_id"
    same = f"t.{quoted(contract.key[0])}::VARCHAR = b.linked" if contract.key else "true"
    own = f"WHERE cooperative_id = $id AND table_name = {literal(table)}"
    fields = FIELDS.get(table, ())
    amount = AMOUNTS.get(table)
    texts = (
        f"m.{quoted(amount)} AS text, {mark_sql(amount)} AS mark, t.{quoted(amount)} AS target_amount,"
        if amount
        else ""
    )
    name = quoted(table)
    return f"""
        WITH c AS (SELECT * FROM cleaned.{name} WHERE cooperative_id = $id),
        x AS (SELECT row, any_value(rule) AS rule, any_value(reason) AS reason, any_value(key) AS key
              FROM cleaned.exclusions {own} GROUP BY row),
        base AS (SELECT d._row AS row, coalesce({key}, x.key) AS linked FROM mapped.{name} d
                 LEFT JOIN c ON c._row = d._row LEFT JOIN x ON x.row = d._row
                 WHERE d.cooperative_id = $id AND d._row IN (SELECT unnest($rows::BIGINT[]))
                 UNION ALL SELECT NULL, unnest($keys::VARCHAR[])),
        held AS (SELECT row, string_agg(DISTINCT rule, ', ' ORDER BY rule) FILTER (column_name IS NULL) AS rules,
                 list(DISTINCT column_name ORDER BY column_name) FILTER (column_name IS NOT NULL) AS columns
                 FROM gate.held {own} GROUP BY row),
        standing AS (SELECT _row FROM gate.promotable_{table} WHERE cooperative_id = $id
                     AND _row IN (SELECT unnest($rows::BIGINT[])))
        SELECT b.row, b.linked, CASE WHEN b.row IS NULL THEN b.linked ELSE {key_sql(table, "m")} END AS key, {texts}
               {_json("m", fields)} AS delivered_cells, {_json("t", fields)} AS target_cells,
               t.cooperative_id IS NOT NULL AS there, {_state(there=there)} AS state,
               coalesce(h.rules, x.rule || chr(10) || x.reason, '') AS detail,
               coalesce(h.columns, []) AS held_columns, {_owner(table)} AS owner,
               coalesce(m._source_file, a._source_file) AS source_file,
               coalesce(m._source_table, a._source_table) AS source_table,
               coalesce(m._source_row, a._source_row) AS source_row
        FROM base b LEFT JOIN mapped.{name} m ON m.cooperative_id = $id AND m._row = b.row
        LEFT JOIN mapped.readings r ON r.reading = m._reading
        LEFT JOIN c k ON k._row = b.row LEFT JOIN c a ON b.row IS NULL AND {key.replace("c.", "a.", 1)} = b.linked
        LEFT JOIN x ON x.row = b.row LEFT JOIN held h ON h.row = b.row LEFT JOIN standing s ON s._row = b.row
        LEFT JOIN {relation(table)} t ON {str(there).lower()} AND t.cooperative_id = $id AND {same}
        {_owner_joins(table)}
        ORDER BY key, b.row
    """


def _state(*, there: bool) -> str:
    if not there:
        return "'waiting'"
    return (
        "CASE WHEN b.row IS NULL THEN 'added' WHEN x.row IS NOT NULL THEN 'excluded'"
        " WHEN t.cooperative_id IS NOT NULL THEN 'carried' WHEN h.rules IS NOT NULL THEN 'held'"
        " WHEN k._row IS NOT NULL AND s._row IS NULL THEN 'later' ELSE 'lost' END"
    )


def _json(alias: str, fields: Sequence[str]) -> str:
    cells = ", ".join(f"{literal(name)}, {alias}.{quoted(name)}::VARCHAR" for name in fields)
    return f"json_object({cells})" if cells else "'{}'"


def _owner(table: str) -> str:
    """Whose row it is: the name in it, or that of the member behind it."""
    return f"coalesce(k.{OWN_NAME[table]}, m.{OWN_NAME[table]})" if table in OWN_NAME else "p.full_name"


def _owner_joins(table: str) -> str:
    """The member behind a row: its own, or that of its account or loan; `k` and `a` are the cleaned row."""
    if table in OWN_NAME:
        return ""
    joins = ""
    if table in OWNED_BY:
        parent, column = OWNED_BY[table]
        joins = (
            f" LEFT JOIN (SELECT {column}, any_value(member_no ORDER BY _row) AS member_no FROM cleaned.{parent}"
            f" WHERE cooperative_id = $id GROUP BY ALL) o ON o.{column} = coalesce(k.{column}, a.{column})"
        )
        member = "o.member_no"
    else:
        member = "coalesce(k.member_no, a.member_no, m.member_no)"
    return joins + (
        " LEFT JOIN (SELECT member_no, any_value(full_name ORDER BY _row) AS full_name FROM cleaned.members"
        f" WHERE cooperative_id = $id GROUP BY ALL) p ON p.member_no = {member}"
    )


def _record(table: str, found: dict[str, Any]) -> dict[str, Any]:
    """The record with both sides as words."""
    delivered, target = (json.loads(found.pop(name)) for name in ("delivered_cells", "target_cells"))
    held = [column_label(table, name) for name in found.pop("held_columns") if name in FIELDS.get(table, ())]
    return {
        **found,
        "delivered_text": "" if found["row"] is None else _worded(table, delivered, canonical=False),
        "target_text": _worded(table, target, canonical=True) if found["there"] else "",
        "held": held if found["there"] else [],
    }


def _worded(table: str, cells: dict[str, str | None], *, canonical: bool) -> str:
    """`Label: text` line by line; canonical values as Indonesians write them."""
    lines = []
    for name, text in cells.items():
        shown = text
        if text and canonical:
            shown = _indonesian(table, TABLES[table].column(name), text)
        lines.append(f"{column_label(table, name)}: {(shown or '').strip() or NO_TEXT}")
    return "\n".join(lines)


def _indonesian(table: str, column: Column, text: str) -> str:
    if column.values:
        return value_label(table, column.name, text)
    if column.kind == "date":
        return "/".join(reversed(text.split("-")))
    return grouped(text) if column.kind == "money" else text
