"""The content of a table as hashes: typed, length-prefixed, independent of row order and of any collation.

A row's text is, for each column in contract order, the length of the value's text, the type's letter and the text; of a
null the letter alone. A row hash is its sha256. The row hashes that begin with the same two digits are sorted and put
one after the other; a table's hash is the sha256 of the sha256 of each of these parts, in their order. So no part needs
more memory than the 256th of a table, and another database can compute the same hash with its own functions.

A table's state is a sum of DuckDB's own hashes of typed rows: fifteen times as fast, the same only within one version
and so within one staging file. It says whether a table is still what it was.
"""

from collections.abc import Sequence

from koop_pipeline.contracts import Table
from koop_pipeline.contracts.model import Column
from koop_pipeline.staging.database import Staging
from koop_pipeline.staging.names import literal, quoted


def row_text(table: Table) -> str:
    """SQL for the length-prefixed text of one row, `cooperative_id` included."""
    columns = (Column("cooperative_id"), *table.all_columns)
    return f"concat({', '.join(map(_field, columns))})"


def _field(column: Column) -> str:
    """What `concat` puts together: it passes over nulls, so of a null nothing but the letter remains."""
    text = f"CAST({quoted(column.name)} AS VARCHAR)"
    return f"length({text}), '{column.kind[0]}', {text}"


def row_hashes(table: Table, relation: str, where: str = "true", keep: Sequence[str] = ("cooperative_id",)) -> str:
    """A SELECT of `keep` and `hash`, the sha256 of the text, for every row; each value becomes text only once."""
    names = ("cooperative_id", *table.names)
    texts = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in map(quoted, names))
    kept = ", ".join(f"{quoted(name)} AS _kept_{place}" for place, name in enumerate(keep))
    shown = ", ".join(f"_kept_{place} AS {quoted(name)}" for place, name in enumerate(keep))
    return (
        f"SELECT {shown}, sha256({row_text(table)}) AS hash FROM (SELECT {kept}, {texts} FROM {relation} WHERE {where})"
    )


def table_states(table: Table, relation: str, where: str = "true") -> str:
    """A SELECT of cooperative_id, state for every cooperative in `relation`."""
    values = ", ".join(map(quoted, ("cooperative_id", *table.names)))
    return (
        f"SELECT cooperative_id, sum(hash(hash({values})))::HUGEINT AS state FROM {relation} WHERE {where}"
        " GROUP BY cooperative_id"
    )


def table_hashes(table: Table, relation: str, where: str = "true") -> str:
    """A SELECT of cooperative_id, rows, sha256 for every cooperative in `relation`."""
    return hashes_of(row_hashes(table, relation, where), "cooperative_id")


def hashes_of(rows: str, by: str) -> str:
    """A SELECT of `by`, rows, sha256 over a query of `by` and `hash`, the hashes of rows."""
    return (
        f"SELECT {by}, sum(rows)::BIGINT AS rows, sha256(string_agg(part, '' ORDER BY range)) AS sha256 FROM"
        f" (SELECT {by}, left(hash, 2) AS range, count(*) AS rows, sha256(string_agg(hash, '' ORDER BY hash)) AS part"
        f" FROM ({rows}) GROUP BY {by}, range) GROUP BY {by}"
    )


def changed_since_gate(staging: Staging, table: Table, ids: Sequence[str], relation: str) -> list[str]:
    """The cooperatives of which `relation` is no longer what the gate hashed, in order."""
    scope = f"cooperative_id IN ({', '.join(map(literal, ids))})"
    now = dict(staging.rows(table_states(table, relation, scope)))
    then = dict(staging.rows("SELECT cooperative_id, state FROM gate.contents WHERE table_name = ?", [table.name]))
    return [each for each in ids if now.get(each) != then.get(each)]


def combine(hashes: dict[str, tuple[int, str]]) -> str:
    """One hash over the tables of a cooperative: name, rows and hash of each, in the order given."""
    import hashlib

    text = "\n".join(f"{name} {rows} {digest}" for name, (rows, digest) in hashes.items() if rows)
    return hashlib.sha256(text.encode()).hexdigest()
