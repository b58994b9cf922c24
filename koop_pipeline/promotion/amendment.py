"""An amendment: what was held may come in later, in a load of its own that changes nothing that is there.

Compares what a cooperative would promote now (`new` + table) with what the target holds (`Target.there` + table).
Allowed are only cells that were held and are empty in the target, and rows that were held.
"""

from koop_pipeline.contracts import PROMOTED, Table
from koop_pipeline.staging import Staging, literal, quoted
from koop_pipeline.target.model import Target, Writing, key_text, load_order, same_key

CAME = "_koop_came"
AMENDED = "_koop_amended"


def forbidden(staging: Staging, target: Target, cooperative_id: str, new: str) -> str | None:
    """Why the new content is no amendment: the first table that would lose, gain or change what was not held."""
    for table in PROMOTED:
        there, now = _sides(target, table, cooperative_id, new)
        same = same_key(table, "o", "n")
        gone = staging.value(f"SELECT count(*) FROM {there} o WHERE NOT EXISTS (SELECT 1 FROM {now} n WHERE {same})")
        if gone:
            return f"{gone} rows of {table.name} that are in the target are no longer delivered"
        held = _held(target, cooperative_id, table)
        fresh = staging.value(
            f"SELECT count(*) FROM {now} n WHERE NOT EXISTS (SELECT 1 FROM {there} o WHERE {same})"
            f" AND {key_text(table, 'n')} NOT IN (SELECT key FROM {held} WHERE column_name IS NULL)"
        )
        if fresh:
            return f"{fresh} rows of {table.name} are new"
        for column in table.names:
            name = quoted(column)
            changed = staging.value(
                f"SELECT count(*) FROM {there} o JOIN {now} n ON {same} WHERE o.{name} IS DISTINCT FROM n.{name}"
                f" AND NOT (o.{name} IS NULL AND {key_text(table, 'n')} IN"
                f" (SELECT key FROM {held} WHERE column_name = {literal(column)}))"
            )
            if changed:
                return f"{table.name}.{column} differs in {changed} rows"
    return None


def bring_in(
    staging: Staging, target: Target, writing: Writing, cooperative_id: str, new: str, load_id: str
) -> tuple[int, str]:
    """Fill the held cells and add the held rows; how many cells and rows came in, and the relation that lists them."""
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {AMENDED} (load_id VARCHAR, cooperative_id VARCHAR, table_name VARCHAR,"
        " key VARCHAR, column_name VARCHAR)"
    )
    listed = f"INSERT INTO {AMENDED} SELECT {literal(load_id)}, n.cooperative_id, {{table}}, {{key}}, {{column}} FROM"
    came = 0
    for table in load_order():
        there, now = _sides(target, table, cooperative_id, new)
        same = same_key(table, "o", "n")
        said = {"table": literal(table.name), "key": key_text(table, "n")}
        full_key = ", ".join(f"n.{quoted(name)}" for name in table.full_key)
        for column in table.names:
            name = quoted(column)
            staging.execute(
                f"CREATE OR REPLACE TEMP TABLE {CAME} AS SELECT {full_key}, n.{name} AS value FROM {there} o JOIN {now}"
                f" n ON {same} WHERE o.{name} IS NULL AND n.{name} IS NOT NULL"
            )
            if staging.value(f"SELECT count(*) FROM {CAME}"):
                came += writing.fill(table, column, CAME)
                staging.execute(f"{listed.format(**said, column=literal(column))} {CAME} n")
        added = f"{now} n WHERE NOT EXISTS (SELECT 1 FROM {there} o WHERE {same})"
        staging.execute(f"CREATE OR REPLACE TEMP TABLE {CAME} AS SELECT n.* FROM {added}")
        if staging.value(f"SELECT count(*) FROM {CAME}"):
            came += writing.insert(table, CAME)
            staging.execute(f"{listed.format(**said, column='NULL')} {CAME} n")
    return came, AMENDED


def take_back(staging: Staging, target: Target, writing: Writing, cooperative_id: str, load_id: str) -> None:
    """Undo an amendment: the cells that it filled are empty again, the rows that it added are gone."""
    own = f"load_id = {literal(load_id)}"
    for table in reversed(load_order()):
        there = f"(SELECT * FROM {target.there}{table.name} WHERE cooperative_id = {literal(cooperative_id)})"
        of_table = f"{target.books}amended a WHERE a.{own} AND a.table_name = {literal(table.name)}"
        names = [row[0] for row in staging.rows(f"SELECT DISTINCT column_name FROM {of_table} ORDER BY 1")]
        full_key = ", ".join(f"t.{quoted(name)}" for name in table.full_key)
        for name in names:
            which = "a.column_name IS NULL" if name is None else f"a.column_name = {literal(name)}"
            staging.execute(
                f"CREATE OR REPLACE TEMP TABLE {CAME} AS SELECT {full_key} FROM {there} t WHERE {key_text(table, 't')}"
                f" IN (SELECT a.key FROM {of_table} AND {which})"
            )
            if name is None:
                writing.remove(table, CAME)
            else:
                writing.empty(table, name, CAME)


def _sides(target: Target, table: Table, cooperative_id: str, new: str) -> tuple[str, str]:
    where = f"WHERE cooperative_id = {literal(cooperative_id)}"
    return f"(SELECT * FROM {target.there}{table.name} {where})", f"(SELECT * FROM {new}{table.name} {where})"


def _held(target: Target, cooperative_id: str, table: Table) -> str:
    return (
        f"(SELECT h.* FROM {target.books}held h JOIN {target.books}loads l USING (load_id) WHERE h.cooperative_id ="
        f" {literal(cooperative_id)} AND h.table_name = {literal(table.name)} AND l.number = (SELECT max(number) FROM"
        f" {target.books}loads WHERE cooperative_id = {literal(cooperative_id)}))"
    )
