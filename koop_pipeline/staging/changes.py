"""`cleaned.changes`: every value that cleaning changed, with row, column, before, after and the rule that changed it.

A view over `mapped` and `cleaned`, which keep both sides of every change, so it can never disagree with them and costs
nothing until it is read. A value that could not be read has no after; its failure names the rule.
"""

from koop_pipeline.contracts import SOURCED, Table
from koop_pipeline.contracts.model import Column
from koop_pipeline.staging.names import literal, quoted

RULES = {
    "money": "CLN-AMOUNT",
    "rate": "CLN-NUMBER",
    "integer": "CLN-NUMBER",
    "date": "CLN-DATE",
    "boolean": "CLN-BOOLEAN",
    "json": "CLN-TEXT",
}
FORM_RULES = {"plain": "CLN-TEXT", "code": "CLN-TEXT"}


def rule_of(column: Column) -> str:
    """The id of the rule by which cleaning changes values of a column."""
    return RULES.get(column.kind) or FORM_RULES.get(column.form) or f"CLN-{column.form.upper()}"


def changes_view() -> str:
    """DDL of `cleaned.changes`: cooperative_id, table_name, row, column_name, before, after, rule."""
    parts = [_changes(table, column) for table in SOURCED for column in table.all_columns]
    return f"CREATE OR REPLACE VIEW cleaned.changes AS {' UNION ALL '.join(parts)}"


def _changes(table: Table, column: Column) -> str:
    before, after = f"m.{quoted(column.name)}", f"CAST(c.{quoted(column.name)} AS VARCHAR)"
    rule = f"CASE WHEN {before} IS NULL THEN 'CLN-DERIVED' ELSE {literal(rule_of(column))} END"
    merged = ""
    if table.name == "members" or table.has("member_no"):
        rule = f"coalesce(x.rule, {rule})"
        merged = (
            " LEFT JOIN cleaned.merge_changes x ON x.cooperative_id = c.cooperative_id AND x.row = c._row"
            f" AND x.table_name = {literal(table.name)} AND x.column_name = {literal(column.name)}"
        )
    corrected = (
        " LEFT JOIN mapped.corrections k ON k.cooperative_id = m.cooperative_id AND k.row = m._row"
        f" AND k.table_name = {literal(table.name)} AND k.column_name = {literal(column.name)}"
        " AND k.outcome = 'applied' AND k.action IN ('set', 'allocate')"
    )
    rule = f"CASE WHEN k.row IS NOT NULL THEN 'COR-SET' ELSE {rule} END"
    return (
        f"SELECT m.cooperative_id, {literal(table.name)} AS table_name, m._row AS row,"
        f" {literal(column.name)} AS column_name, {before} AS before, {after} AS after, {rule} AS rule"
        f" FROM mapped.{table.name} m JOIN cleaned.{table.name} c"
        f" ON c.cooperative_id = m.cooperative_id AND c._row = m._row{merged}{corrected}"
        f" WHERE {before} IS DISTINCT FROM {after} AND NOT (coalesce(trim({before}), '') = '' AND {after} IS NULL)"
    )
