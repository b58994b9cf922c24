"""Every row of the target against staging, by a hash for each key range, narrowed to the rows and columns that differ.

A row's hash is the sha256 of its typed, length-prefixed text (`staging/content.py`): nothing can move from one column
into the next unseen, and null, an empty text and 0 are three things. First the hash of a whole cooperative in the
target is held against the one that the gate took. Where it differs, its rows are compared with staging by ranges of
keys: a range's hash is the sha256 of its rows' hashes, sorted. So all stands and falls with sha256: who wants to pass
with another row needs a collision of it. Which range a key falls into is DuckDB's own hash of the key; nothing rests
on that, nor on a collation or an order. Where a range differs, its rows are compared cell by cell.
"""

from koop_pipeline.contracts import Table
from koop_pipeline.staging import Staging, literal, quoted, within
from koop_pipeline.staging.content import lay_hashes, row_hashes

RANGES = 256
SHOWN = 1_000
DIFFERING = "_koop_differing"


def compare(staging: Staging, table: Table, ids: list[str], expected: str, found: str) -> None:
    """Fill `verification.results` and `verification.differences` for a group of cooperatives.

    `expected` and `found` are relations with the contract's columns; the hashes of `expected` are those that the gate
    took. All differences are counted; of each kind and column the first `SHOWN` keys of a cooperative are listed, in
    the order of their bytes.
    """
    hashes = lay_hashes(staging, table, found, within(ids))
    judged = f"SELECT cooperative_id, rows, sha256 FROM gate.contents WHERE table_name = {literal(table.name)}"
    staging.execute(
        "CREATE OR REPLACE TEMP TABLE _koop_sides AS SELECT c.id, coalesce(e.rows, 0) AS expected, coalesce(f.rows, 0)"
        f" AS found, e.sha256 IS NOT DISTINCT FROM f.sha256 AS same FROM (SELECT unnest($ids::VARCHAR[]) AS id) c"
        f" LEFT JOIN ({judged}) e ON e.cooperative_id = c.id"
        f" LEFT JOIN {hashes} f ON f.cooperative_id = c.id",
        {"ids": ids},
    )
    staging.execute(
        "INSERT INTO verification.results SELECT id, ?, expected, found, 0, 0, 0, 0 FROM _koop_sides", [table.name]
    )
    differing = [row[0] for row in staging.rows("SELECT id FROM _koop_sides WHERE NOT same ORDER BY id")]
    if differing:
        scope = within(differing)
        _narrow(staging, table, {
            "expected": f"(SELECT * FROM {expected} WHERE {scope})", "found": f"(SELECT * FROM {found} WHERE {scope})",
        })  # fmt: skip


def _range(table: Table, alias: str) -> str:
    key = ", ".join(f"{alias}.{quoted(name)}" for name in table.full_key)
    return f"hash({key}) % {RANGES}"


def _narrow(staging: Staging, table: Table, sides: dict[str, str]) -> None:
    """Count the ranges that differ, and count and list what differs in them.

    A cooperative is here because its hash differs, so at least one range is counted, whatever is found.
    """
    hashed = " UNION ALL ".join(
        f"SELECT cooperative_id, {_range(table, 't')} AS range, {place} AS side, hash FROM"
        f" ({row_hashes(table, relation, table.full_key)}) t"
        for place, relation in enumerate(sides.values())
    )
    staging.execute(
        "CREATE OR REPLACE TEMP TABLE _koop_ranges AS SELECT cooperative_id, range,"
        " count(*) FILTER (side = 0) AS expected, count(*) FILTER (side = 1) AS found,"
        " sha256(string_agg(hash, '' ORDER BY hash) FILTER (side = 0)) IS NOT DISTINCT FROM"
        " sha256(string_agg(hash, '' ORDER BY hash) FILTER (side = 1)) AS same"
        f" FROM ({hashed}) GROUP BY ALL"
    )
    staging.execute(
        "UPDATE verification.results r SET ranges = greatest(n.ranges, 1) FROM (SELECT cooperative_id,"
        " count_if(NOT same OR expected <> found) AS ranges FROM _koop_ranges GROUP BY ALL) n"
        " WHERE r.cooperative_id = n.cooperative_id AND r.table_name = ?",
        [table.name],
    )
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
        f"SELECT coalesce(e.cooperative_id, f.cooperative_id) AS cooperative_id, {literal(table.name)} AS table_name,"
        f" {key} AS key, NULL AS column_name, {side.format('e')} AS expected, {side.format('f')} AS found FROM {pairs}"
        f" WHERE NOT ({both})"
    ]
    for name in table.names:
        column = quoted(name)
        select.append(
            f"SELECT e.cooperative_id, {literal(table.name)}, {key}, {literal(name)}, e.{column}::VARCHAR,"
            f" f.{column}::VARCHAR FROM {pairs} WHERE {both} AND e.{column} IS DISTINCT FROM f.{column}"
        )
    kind = "cooperative_id, column_name, CASE WHEN column_name IS NULL THEN expected END"
    staging.execute(
        f"INSERT INTO verification.differences SELECT * FROM ({' UNION ALL '.join(select)})"
        f" QUALIFY row_number() OVER (PARTITION BY {kind} ORDER BY key) <= {SHOWN} ORDER BY ALL"
    )
