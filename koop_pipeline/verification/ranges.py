"""Every row of the target against staging, by a hash for each key range, narrowed to the rows and columns that differ.

A row's hash takes every value by itself, by its type and whole length, before they are put together, and is mixed once
more: nothing can move from one column into the next unseen, two rows cannot trade a value unseen, and null, an empty
text and 0 are three things. A range is a set of keys with one remainder of their own hash: no collation, no order. Its
hash is the sum of its rows' hashes. Where a range differs, its rows are compared cell by cell.
"""

from koop_pipeline.contracts import Table
from koop_pipeline.staging import Staging, literal, quoted

RANGES = 256
SHOWN = 1_000
DIFFERING = "_koop_differing"


def compare(staging: Staging, table: Table, ids: list[str], expected: str, found: str) -> None:
    """Fill `verification.results` and `verification.differences` for a group of cooperatives.

    `expected` and `found` are relations with the contract's columns. Of each kind of difference and column the first
    `SHOWN` of a group are listed; all are counted.
    """
    listed = ", ".join(map(literal, ids))
    scope = f"cooperative_id IN ({listed})"
    sides = {"expected": f"(SELECT * FROM {expected} WHERE {scope})", "found": f"(SELECT * FROM {found} WHERE {scope})"}
    sums = " UNION ALL ".join(
        f"SELECT cooperative_id, {_range(table, 't')} AS range, {place} AS side, count(*) AS n, sum({_row(table)})"
        f" AS content FROM {relation} t GROUP BY ALL"
        for place, relation in enumerate(sides.values())
    )
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE _koop_ranges AS SELECT cooperative_id, range,"
        " coalesce(sum(n) FILTER (side = 0), 0) AS expected, coalesce(sum(n) FILTER (side = 1), 0) AS found,"
        " coalesce(sum(content) FILTER (side = 0), 0) = coalesce(sum(content) FILTER (side = 1), 0) AS same"
        f" FROM ({sums}) GROUP BY ALL"
    )
    staging.execute(
        "INSERT INTO verification.results SELECT c.id, ?, coalesce(sum(r.expected), 0), coalesce(sum(r.found), 0),"
        " 0, 0, 0, count_if(NOT r.same OR r.expected <> r.found) FROM (SELECT unnest(?) AS id) c"
        " LEFT JOIN _koop_ranges r ON r.cooperative_id = c.id GROUP BY c.id",
        [table.name, ids],
    )
    if staging.value("SELECT count(*) FROM _koop_ranges WHERE NOT same OR expected <> found"):
        _narrow(staging, table, sides)


def _range(table: Table, alias: str) -> str:
    key = ", ".join(f"{alias}.{quoted(name)}" for name in table.full_key)
    return f"hash({key}) % {RANGES}"


def _row(table: Table) -> str:
    values = ", ".join(f"t.{quoted(name)}" for name in ("cooperative_id", *table.names))
    return f"hash(hash({values}))::HUGEINT"


def _narrow(staging: Staging, table: Table, sides: dict[str, str]) -> None:
    """Count and list what differs in the ranges that do."""
    for name, relation in sides.items():
        staging.execute(
            f"CREATE OR REPLACE TEMP TABLE {DIFFERING}_{name} AS SELECT t.* FROM {relation} t JOIN _koop_ranges r ON"
            f" r.cooperative_id = t.cooperative_id AND r.range = {_range(table, 't')} WHERE NOT r.same"
            " OR r.expected <> r.found"
        )
    expected, found = (f"{DIFFERING}_{name}" for name in sides)
    same = " AND ".join(f"e.{quoted(name)} = f.{quoted(name)}" for name in table.full_key)
    both = "e.cooperative_id IS NOT NULL AND f.cooperative_id IS NOT NULL"
    differs = " OR ".join(f"e.{quoted(name)} IS DISTINCT FROM f.{quoted(name)}" for name in table.names)
    staging.execute(
        "UPDATE verification.results r SET missing = n.missing, unexpected = n.unexpected, differing = n.differing FROM"
        " (SELECT coalesce(e.cooperative_id, f.cooperative_id) AS id, count_if(f.cooperative_id IS NULL) AS missing,"
        " count_if(e.cooperative_id IS NULL) AS unexpected,"
        f" count_if({both} AND ({differs})) AS differing FROM {expected} e FULL JOIN {found} f ON {same} GROUP BY 1) n"
        " WHERE r.cooperative_id = n.id AND r.table_name = ?",
        [table.name],
    )
    _list(staging, table, f"{expected} e FULL JOIN {found} f ON {same}", both)


def _list(staging: Staging, table: Table, pairs: str, both: str) -> None:
    key = " || '|' || ".join(f"coalesce(e.{name}, f.{name})::VARCHAR" for name in map(quoted, table.key)) or "''"
    side = "CASE WHEN {0}.cooperative_id IS NULL THEN 'no such row' ELSE 'row' END"
    select = [
        f"SELECT coalesce(e.cooperative_id, f.cooperative_id), {literal(table.name)}, {key}, NULL,"
        f" {side.format('e')}, {side.format('f')} FROM {pairs} WHERE NOT ({both})"
    ]
    for name in table.names:
        column = quoted(name)
        select.append(
            f"SELECT e.cooperative_id, {literal(table.name)}, {key}, {literal(name)}, e.{column}::VARCHAR,"
            f" f.{column}::VARCHAR FROM {pairs} WHERE {both} AND e.{column} IS DISTINCT FROM f.{column}"
        )
    union = " UNION ALL ".join(f"({part} LIMIT {SHOWN})" for part in select)
    staging.execute(f"INSERT INTO verification.differences SELECT * FROM ({union})")
