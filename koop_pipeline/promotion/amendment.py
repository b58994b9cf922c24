"""An amendment: what was held may come in later, in a load of its own that changes nothing that is there.

Whether a delivery is one is asked of what was loaded, not of what the target holds by now: the new content (`new` +
table) without the cells and rows that were held must have the hashes of the last load. So a platform that has gone on
working is no hindrance, and what it wrote is never touched. Only where it wrote into the very cells and rows that come
in, they stay out.
"""

from koop_pipeline.contracts import PROMOTED, Table
from koop_pipeline.staging import Staging, literal, quoted
from koop_pipeline.staging.content import table_hashes
from koop_pipeline.target.bookkeeping import Load
from koop_pipeline.target.model import Target, Writing, key_columns, key_text, load_order, loaded_hashes, same_key

CAME = "_koop_came"
AMENDED = "_koop_amended"
NOTHING = (0, "")


def changed(staging: Staging, target: Target, writing: Writing, last: Load, new: str) -> str | None:
    """Why the new content is no amendment: the first table that lost, gained or changed what was not held."""
    one = last.cooperative_id
    loaded = loaded_hashes(staging, target, last)
    for table in PROMOTED:
        hashed = table_hashes(staging, table, without_held(staging, target, table, last, new))
        if (hashed[0][1:] if hashed else NOTHING) == loaded.get(table.name, NOTHING):
            continue
        said = _difference(staging, target, one, table, last, new) or f"{table.name} is not what was loaded"
        if writing.hashes().get(table.name, NOTHING) != loaded.get(table.name, NOTHING):
            said += " (with what the platform has written there since)"
        return said
    return None


def hindered(staging: Staging, target: Target, last: Load, new: str) -> str | None:
    """What the platform wrote since that stands where held cells and rows would come in."""
    one = last.cooperative_id
    for table in PROMOTED:
        there, now = _sides(target, table, one, new)
        same = same_key(table, "o", "n")
        for column in _held_columns(staging, target, table, last):
            rows = f"{now} n LEFT JOIN {there} o ON {same} WHERE {_is_held(target, table, last, column)}"
            if column is None:
                own = staging.value(f"SELECT count(*) FROM {rows} AND o.cooperative_id IS NOT NULL")
                if own:
                    return f"entered {own} rows of {table.name} itself"
                continue
            name = quoted(column)
            gone = staging.value(f"SELECT count(*) FROM {rows} AND n.{name} IS NOT NULL AND o.cooperative_id IS NULL")
            if gone:
                return f"removed {gone} rows of {table.name}"
            filled = staging.value(f"SELECT count(*) FROM {rows} AND o.{name} <> n.{name}")
            if filled:
                return f"written another {table.name}.{column} in {filled} rows"
    return None


def bring_in(staging: Staging, target: Target, writing: Writing, last: Load, new: str, load_id: str) -> tuple[int, str]:
    """Fill the held cells and add the held rows; how many cells and rows came in, and the relation that lists them."""
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {AMENDED} (load_id VARCHAR, cooperative_id VARCHAR, table_name VARCHAR,"
        " key VARCHAR, column_name VARCHAR)"
    )
    listed = f"INSERT INTO {AMENDED} SELECT {literal(load_id)}, n.cooperative_id, {{table}}, {{key}}, {{column}} FROM"
    came = 0
    for table in load_order():
        there, now = _sides(target, table, last.cooperative_id, new)
        same = same_key(table, "o", "n")
        said = {"table": literal(table.name), "key": key_text(table, "n")}
        full_key = ", ".join(f"n.{quoted(name)}" for name in table.full_key)
        for column in _held_columns(staging, target, table, last):
            held = _is_held(target, table, last, column)
            if column is None:
                staging.execute(f"CREATE OR REPLACE TEMP TABLE {CAME} AS SELECT n.* FROM {now} n WHERE {held}")
            else:
                name = quoted(column)
                staging.execute(
                    f"CREATE OR REPLACE TEMP TABLE {CAME} AS SELECT {full_key}, n.{name} AS value FROM {there} o JOIN"
                    f" {now} n ON {same} WHERE {held} AND o.{name} IS NULL AND n.{name} IS NOT NULL"
                )
            if staging.value(f"SELECT count(*) FROM {CAME}"):
                came += writing.insert(table, CAME) if column is None else writing.fill(table, column, CAME)
                staging.execute(f"{listed.format(**said, column=literal(column) if column else 'NULL')} {CAME} n")
    return came, AMENDED


def take_back(staging: Staging, target: Target, writing: Writing, load_id: str) -> None:
    """Undo an amendment: the cells that it filled are empty again, the rows that it added are gone."""
    own = f"load_id = {literal(load_id)}"
    for table in reversed(load_order()):
        of_table = f"{target.books}amended a WHERE a.{own} AND a.table_name = {literal(table.name)}"
        names = [row[0] for row in staging.rows(f"SELECT DISTINCT column_name FROM {of_table} ORDER BY 1")]
        for name in names:
            which = "a.column_name IS NULL" if name is None else f"a.column_name = {literal(name)}"
            staging.execute(
                f"CREATE OR REPLACE TEMP TABLE {CAME} AS SELECT {key_columns(table, 'key')} FROM {of_table} AND {which}"
            )
            if name is None:
                writing.remove(table, CAME)
            else:
                writing.empty(table, name, CAME)


def _difference(
    staging: Staging, target: Target, cooperative_id: str, table: Table, last: Load, new: str
) -> str | None:
    """How the rows of a table that were not held differ from those in the target: the first kind of difference."""
    there, now = _sides(target, table, cooperative_id, new)
    same = same_key(table, "o", "n")
    gone = staging.value(f"SELECT count(*) FROM {there} o WHERE NOT EXISTS (SELECT 1 FROM {now} n WHERE {same})")
    if gone:
        return f"{gone} rows of {table.name} that are in the target are no longer delivered"
    fresh = staging.value(
        f"SELECT count(*) FROM {now} n WHERE NOT EXISTS (SELECT 1 FROM {there} o WHERE {same})"
        f" AND NOT {_is_held(target, table, last, None)}"
    )
    if fresh:
        return f"{fresh} rows of {table.name} are new"
    for column in table.names:
        name = quoted(column)
        differing = staging.value(
            f"SELECT count(*) FROM {there} o JOIN {now} n ON {same} WHERE o.{name} IS DISTINCT FROM n.{name}"
            f" AND NOT (o.{name} IS NULL AND {_is_held(target, table, last, column)})"
        )
        if differing:
            return f"{table.name}.{column} differs in {differing} rows"
    return None


def _sides(target: Target, table: Table, cooperative_id: str, new: str) -> tuple[str, str]:
    where = f"WHERE cooperative_id = {literal(cooperative_id)}"
    return f"(SELECT * FROM {target.there}{table.name} {where})", f"(SELECT * FROM {new}{table.name} {where})"


def without_held(staging: Staging, target: Target, table: Table, last: Load, new: str) -> str:
    """The new rows of a table as the last load had them if nothing but held values came: those are null again."""
    held = _held_columns(staging, target, table, last)
    columns = ", ".join(
        f"CASE WHEN NOT {_is_held(target, table, last, name)} THEN n.{quoted(name)} END AS {quoted(name)}"
        if name in held
        else f"n.{quoted(name)}"
        for name in table.names
    )
    rows = f"NOT {_is_held(target, table, last, None)}" if None in held else "true"
    _, now = _sides(target, table, last.cooperative_id, new)
    return f"(SELECT n.cooperative_id, {columns} FROM {now} n WHERE {rows})"


def _held_columns(staging: Staging, target: Target, table: Table, last: Load) -> list[str | None]:
    """The columns of a table in which the last load held cells, and None where it held rows."""
    own = f"load_id = {literal(last.load_id)} AND table_name = {literal(table.name)}"
    return [row[0] for row in staging.rows(
        f"SELECT DISTINCT column_name FROM {target.books}held WHERE {own} ORDER BY 1 NULLS LAST"
    )]  # fmt: skip


def _is_held(target: Target, table: Table, last: Load, column: str | None) -> str:
    """Whether the last load held that cell of a row `n`, or the row."""
    of_column = f"column_name = {literal(column)}" if column else "column_name IS NULL"
    return (
        f"({key_text(table, 'n')} IN (SELECT key FROM {target.books}held WHERE load_id = {literal(last.load_id)} AND"
        f" table_name = {literal(table.name)} AND {of_column} AND key IS NOT NULL))"
    )
