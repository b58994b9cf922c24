"""An amendment: what was held may come in later, in a load of its own that changes nothing that is there.

Compares what a cooperative would promote now with what the target holds. Allowed are only cells that were held and are
empty in the target, and rows that were held.
"""

from koop_pipeline.contracts import PROMOTED, Table
from koop_pipeline.staging import Staging, literal, quoted


def key_text(table: Table, alias: str) -> str:
    """The key of a row as one text."""
    return " || '|' || ".join(f"{alias}.{quoted(name)}::VARCHAR" for name in table.key) or "''"


def forbidden(staging: Staging, cooperative_id: str) -> str | None:
    """Why the new content is no amendment: the first table that would lose, gain or change what was not held."""
    for table in PROMOTED:
        old, new = _sides(table, cooperative_id)
        same = _same_key(table)
        gone = staging.value(f"SELECT count(*) FROM {old} o WHERE NOT EXISTS (SELECT 1 FROM {new} n WHERE {same})")
        if gone:
            return f"{gone} rows of {table.name} that are in the target are no longer delivered"
        held = _held(cooperative_id, table)
        fresh = staging.value(
            f"SELECT count(*) FROM {new} n WHERE NOT EXISTS (SELECT 1 FROM {old} o WHERE {same})"
            f" AND {key_text(table, 'n')} NOT IN (SELECT key FROM {held} WHERE column_name IS NULL)"
        )
        if fresh:
            return f"{fresh} rows of {table.name} are new"
        for column in table.names:
            name = quoted(column)
            changed = staging.value(
                f"SELECT count(*) FROM {old} o JOIN {new} n ON {same} WHERE o.{name} IS DISTINCT FROM n.{name}"
                f" AND NOT (o.{name} IS NULL AND {key_text(table, 'n')} IN"
                f" (SELECT key FROM {held} WHERE column_name = {literal(column)}))"
            )
            if changed:
                return f"{table.name}.{column} differs in {changed} rows"
    return None


def bring_in(staging: Staging, cooperative_id: str) -> int:
    """Fill the held cells and add the held rows; returns how many cells and rows came in. Inside a transaction."""
    came = 0
    for table in PROMOTED:
        old, new = _sides(table, cooperative_id)
        same = _same_key(table)
        for column in table.names:
            name = quoted(column)
            filled = f"{old} o JOIN {new} n ON {same} WHERE o.{name} IS NULL AND n.{name} IS NOT NULL"
            count = staging.value(f"SELECT count(*) FROM {filled}")
            if count:
                staging.execute(
                    f"UPDATE target.platform.{table.name} o SET {name} = n.{name} FROM {new} n"
                    f" WHERE o.cooperative_id = {literal(cooperative_id)} AND {same} AND o.{name} IS NULL"
                )
                came += count
        added = f"{new} n WHERE NOT EXISTS (SELECT 1 FROM {old} o WHERE {same})"
        columns = ", ".join(["cooperative_id", *map(quoted, table.names)])
        came += staging.value(f"SELECT count(*) FROM {added}")
        staging.execute(f"INSERT INTO target.platform.{table.name} ({columns}) SELECT {columns} FROM {added}")
    return came


def _sides(table: Table, cooperative_id: str) -> tuple[str, str]:
    where = f"WHERE cooperative_id = {literal(cooperative_id)}"
    return (
        f"(SELECT * FROM target.platform.{table.name} {where})",
        f"(SELECT * FROM gate.promotable_{table.name} {where})",
    )


def _same_key(table: Table) -> str:
    return " AND ".join(f"o.{quoted(name)} = n.{quoted(name)}" for name in table.full_key)


def _held(cooperative_id: str, table: Table) -> str:
    return (
        f"(SELECT * FROM target.migration.held WHERE cooperative_id = {literal(cooperative_id)}"
        f" AND table_name = {literal(table.name)})"
    )
