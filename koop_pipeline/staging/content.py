"""The content of a table as hashes: typed, length-prefixed, independent of row order and of any collation.

A row's text is, for each column in contract order, `N` for null or the type's letter, the length of the value's text, a
colon and the text. A row hash is its sha256; a table's hash is the sha256 of its sorted row hashes, one after the
other.
"""

from koop_pipeline.contracts import Table
from koop_pipeline.contracts.model import Column
from koop_pipeline.staging.names import quoted


def row_text(table: Table) -> str:
    """SQL for the length-prefixed text of one row, `cooperative_id` included."""
    parts = [_field(Column("cooperative_id")), *(_field(column) for column in table.all_columns)]
    return " || ".join(parts)


def _field(column: Column) -> str:
    text = f"CAST({quoted(column.name)} AS VARCHAR)"
    return (
        f"CASE WHEN {quoted(column.name)} IS NULL THEN 'N' ELSE '{column.kind[0]}' || length({text})"
        f" || ':' || {text} END"
    )


def table_hashes(table: Table, relation: str, where: str = "true") -> str:
    """A SELECT of cooperative_id, rows, sha256 for every cooperative in `relation`."""
    return (
        "SELECT cooperative_id, count(*) AS rows, sha256(string_agg(hash, '' ORDER BY hash)) AS sha256 FROM"
        f" (SELECT cooperative_id, sha256({row_text(table)}) AS hash FROM {relation} WHERE {where}) GROUP"
        f" BY cooperative_id"
    )


def combine(hashes: dict[str, tuple[int, str]]) -> str:
    """One hash over the tables of a cooperative: name, rows and hash of each, in the order given."""
    import hashlib

    text = "\n".join(f"{name} {rows} {digest}" for name, (rows, digest) in hashes.items() if rows)
    return hashlib.sha256(text.encode()).hexdigest()
