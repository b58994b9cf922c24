"""A delta: brings the target from what was loaded to what is delivered now, where the batch's method allows it.

What was loaded is known row by row from `migration.loaded_rows`, and proved: the hashes of the rows must make the
digests that the last load noted. What the platform entered itself stays. Where it has written to a row that would
change or go, or entered one that would come, nothing is done. Each row that changes or goes is kept as it was, so that
a rollback can bring it back. What the gate holds by now takes nothing out that is there, and no more rows go than the
batch consents to. A phase (method phased) only adds rows, fills what was held and proves opening balances anew.
"""

from koop_pipeline.contracts import PROMOTED, Table
from koop_pipeline.errors import RefusedError
from koop_pipeline.promotion import amendment
from koop_pipeline.promotion.content import HELD
from koop_pipeline.proof.measures import MEASURED
from koop_pipeline.staging import Staging, literal, quoted
from koop_pipeline.staging.content import of_row_hashes, row_text
from koop_pipeline.target.bookkeeping import Load, columns
from koop_pipeline.target.model import (
    Target,
    TargetError,
    Writing,
    key_columns,
    key_text,
    load_order,
    loaded_hashes,
    references,
    same_key,
)

LOADED = "_koop_delta_loaded"
PLAN = "_koop_delta_plan"
LISTED = "_koop_delta_rows"
CAME = "_koop_delta_came"
BOOKS = ("loads", "load_tables", "loaded_rows", "loaded_digests", "held")
KEPT = ("parallel", "phased")
"""The methods under which the hash of each loaded row is kept."""
PROVED = ("history_total", "subledger_total", "difference")
"""What an opening balance is held against, of the whole cooperative: a phase may prove it anew, not change it."""
TOTALS_OF_LAST = f"SELECT cooperative_id, table_name, action, count(*), sum(amount_before) FROM {LISTED} GROUP BY ALL"
"""What the last `bring_in` did, in the columns of `verification.deltas`."""
ACTION = (
    "CASE WHEN new IS NOT DISTINCT FROM there OR (new IS NULL AND NOT ours) THEN 'alike'"
    " WHEN there IS DISTINCT FROM loaded OR NOT ours THEN 'written'"
    " WHEN loaded IS NULL THEN 'added' WHEN new IS NULL THEN 'removed' ELSE 'changed' END"
)
"""What is to be done with a row that was loaded otherwise than it is now: nothing where it is so already.

A row that the platform entered itself, alike, is not ours: it stays when it is no longer delivered."""


def keep_rows(staging: Staging, target: Target, writing: Writing, load: Load, new: str) -> None:
    """Note the hash of each row that this load left otherwise than the loads before it; its own line must be there.

    Of a delta the plan must be laid out: a row that the platform had entered itself is noted as its own.
    """
    own = load.cooperative_id
    target.fetch_books([own], ("loads", "loaded_rows"))
    _lay_loaded(staging, target, own)
    entered = f"(SELECT table_name, key FROM {PLAN} WHERE loaded IS NULL AND action = 'alike')"
    written = f"(table_name, key) NOT IN {entered}" if load.kind == "delta" else "true"
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {CAME} AS SELECT {literal(load.load_id)} AS load_id, {literal(own)} AS"
        f" cooperative_id, table_name, key, n.sha256, coalesce(l.ours, {written}) AS ours FROM"
        f" {LOADED} l FULL JOIN ({_hashed(new, own)}) n"
        " USING (table_name, key) WHERE l.sha256 IS DISTINCT FROM n.sha256"
    )
    writing.note("loaded_rows", CAME)
    left = of_row_hashes(f"SELECT table_name, sha256 AS hash FROM ({_hashed(new, own)})", "table_name")
    writing.note(
        "loaded_digests",
        f"(SELECT {literal(load.load_id)} AS load_id, {literal(own)} AS cooperative_id, * FROM ({left}))",
    )


def plan(staging: Staging, target: Target, last: Load, new: str, *, phased: bool, removes: int) -> None:
    """Lay out what is to be done with each row; RefusedError where that may not be done, or more than `removes` go.

    The target's rows and books of the cooperative must be fetched, and nobody else may write to them any more.
    """
    own = last.cooperative_id
    _lay_loaded(staging, target, own)
    known = _known(staging)
    if not known or known != loaded_hashes(staging, target, last, "loaded_digests"):
        raise RefusedError(
            "the hashes of its rows were not kept when it was loaded (the method of that batch was cutover), so it is"
            " not known which of them the platform has written to since"
        )
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {PLAN} AS SELECT *, {ACTION} AS action FROM (SELECT table_name, key,"
        f" l.sha256 AS loaded, l.ours, n.sha256 AS new, t.sha256 AS there FROM {LOADED} l FULL JOIN"
        f" ({_hashed(new, own)}) n"
        f" USING (table_name, key) LEFT JOIN ({_hashed(target.there, own)}) t USING (table_name, key)"
        " WHERE l.sha256 IS DISTINCT FROM n.sha256)"
    )
    if phased and (said := _more_than_a_phase(staging, target, last, new)):
        raise RefusedError(f"a phase only adds rows, and {said}")
    if said := _written(staging) or _left_alone(staging, target, own):
        raise RefusedError(f"the platform has since {said}")
    if said := _held_now(staging, target, own, new):
        raise RefusedError(
            f"the gate holds in this delivery what is in the target, and a delta empties nothing: {said}"
        )
    going = sum(_planned(staging, table, "removed") for table in PROMOTED)
    if going > removes:
        raise RefusedError(
            f"it would take out {_removed(staging, target, own)}, and its batch consents to {removes} rows: a file may"
            f" have been cut off; where they are to go, the batch file says `delta_removes: {going}`"
        )


def bring_in(
    staging: Staging, target: Target, writing: Writing, last: Load, new: str, load_id: str
) -> tuple[int, dict[str, str]]:
    """Do what the plan says; how many rows it was, and the relations for the books of a delta.

    Parents come before their children and go after them; a child that moves does so before its old parent goes.
    """
    own = last.cooperative_id
    going = {table.name: _going(target, table, own) for table in load_order() if _planned(staging, table, "removed")}
    if kept := writing.beside(going):
        raise RefusedError(f"the platform keeps more with rows that would be removed: {', '.join(kept)}")
    lines = [_lines(target, table, own, new, load_id) for table in PROMOTED if _planned(staging, table)]
    staging.execute(f"CREATE OR REPLACE TEMP TABLE {LISTED} AS {' UNION ALL '.join(lines) or _no_lines()}")
    for table in load_order():
        for action, write in (("added", writing.insert), ("changed", writing.change)):
            if _planned(staging, table, action):
                staging.execute(
                    f"CREATE OR REPLACE TEMP TABLE {CAME} AS SELECT n.* FROM {_rows(new, table, own)} n SEMI JOIN"
                    f" {_plan_of(table, action)} p ON p.key = {key_text(table, 'n')}"
                )
                _all_of(write(table, CAME), _planned(staging, table, action), table)
    for table in reversed(load_order()):
        if table.name in going:
            staging.execute(f"CREATE OR REPLACE TEMP TABLE {CAME} AS SELECT * FROM {going[table.name]}")
            _all_of(writing.remove(table, CAME), _planned(staging, table, "removed"), table)
    totals = (
        "(SELECT load_id, cooperative_id, table_name, action, count(*) AS rows, sum(amount_before) AS amount_before,"
        f" sum(amount_after) AS amount_after FROM {LISTED} GROUP BY ALL)"
    )
    return int(staging.value(f"SELECT count(*) FROM {LISTED}")), {"deltas": totals, "delta_rows": LISTED}


def take_back(staging: Staging, target: Target, writing: Writing, load_id: str) -> None:
    """Undo a delta: rows that it removed or changed are as they were, rows that it added are gone."""
    of_load = f"{target.books}delta_rows WHERE load_id = {literal(load_id)}"
    for table in load_order():
        before = ", ".join(
            f"CAST(json_extract_string(row_before, '$.{column.name}') AS {column.sql_type}) AS {quoted(column.name)}"
            for column in table.all_columns
        )
        of_table = f"{of_load} AND table_name = {literal(table.name)}"
        for action, write in (("removed", writing.insert), ("changed", writing.change)):
            staging.execute(
                f"CREATE OR REPLACE TEMP TABLE {CAME} AS SELECT cooperative_id, {before} FROM {of_table} AND action ="
                f" {literal(action)}"
            )
            if rows := int(staging.value(f"SELECT count(*) FROM {CAME}")):
                _all_of(write(table, CAME), rows, table)
    for name, relation in added_rows(target, load_id).items():
        staging.execute(f"CREATE OR REPLACE TEMP TABLE {CAME} AS SELECT * FROM {relation}")
        if rows := int(staging.value(f"SELECT count(*) FROM {CAME}")):
            table = next(each for each in PROMOTED if each.name == name)
            _all_of(writing.remove(table, CAME), rows, table)


def added_rows(target: Target, load_id: str) -> dict[str, str]:
    """The full keys of the rows that a delta added, by table, children before their parents."""
    of_load = f"{target.books}delta_rows WHERE load_id = {literal(load_id)} AND action = 'added'"
    return {
        table.name: f"(SELECT {key_columns(table, 'key')} FROM {of_load} AND table_name = {literal(table.name)})"
        for table in reversed(load_order())
    }


def _lay_loaded(staging: Staging, target: Target, cooperative_id: str) -> None:
    """Each row as the loads left it: its table, key and hash."""
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {LOADED} AS SELECT table_name, key, sha256, ours FROM (SELECT r.*, row_number()"
        f" OVER (PARTITION BY r.table_name, r.key ORDER BY l.number DESC) AS turn FROM {target.books}loaded_rows r JOIN"
        f" {target.books}loads l ON l.load_id = r.load_id WHERE l.cooperative_id = {literal(cooperative_id)})"
        " WHERE turn = 1 AND sha256 IS NOT NULL"
    )


def _known(staging: Staging) -> dict[str, tuple[int, str]]:
    """Rows of each table, and the hash over their hashes."""
    return {
        name: (rows, digest)
        for name, rows, digest in staging.rows(
            of_row_hashes(f"SELECT table_name, sha256 AS hash FROM {LOADED}", "table_name")
        )
    }


def _more_than_a_phase(staging: Staging, target: Target, last: Load, new: str) -> str | None:
    """What was loaded and is no longer delivered, or is another thing than what was held of it."""
    for table in PROMOTED:
        loaded = f"SELECT count(*) FROM {PLAN} WHERE table_name = {literal(table.name)} AND loaded IS NOT NULL"
        if gone := staging.value(f"{loaded} AND new IS NULL"):
            return f"{gone} rows of {table.name} that are in the target are no longer delivered"
        held = amendment.without_held(staging, target, table, last, new)
        as_before = f"loaded IN (SELECT sha256({row_text(table)}) FROM {held})"
        if other := staging.value(f"{loaded} AND NOT ({as_before} OR {_only_proved_anew(target, table, last, new)})"):
            return f"{other} rows of {table.name} that are in the target are delivered otherwise"
    return None


def _only_proved_anew(target: Target, table: Table, last: Load, new: str) -> str:
    """Whether a row of the plan differs from the target's in nothing but what proves it."""
    if not any(table.has(name) for name in PROVED):
        return "false"
    own = last.cooperative_id
    same = " AND ".join(
        f"o.{quoted(name)} IS NOT DISTINCT FROM n.{quoted(name)}" for name in table.names if name not in PROVED
    )
    sides = f"{_rows(target.there, table, own)} o JOIN {_rows(new, table, own)} n ON {same_key(table, 'o', 'n')}"
    return f"key IN (SELECT {key_text(table, 'n')} FROM {sides} WHERE {same})"


def _written(staging: Staging) -> str:
    """What the platform wrote to rows that are to come, change or go."""
    return " and ".join(
        f"{did} {rows} rows of {name}{which}"
        for name, did, which, rows in staging.rows(
            "SELECT table_name, CASE WHEN loaded IS NULL OR NOT ours THEN 'entered' WHEN there IS NULL THEN 'removed'"
            " ELSE 'written to' END, CASE WHEN loaded IS NULL OR NOT ours THEN ' itself' WHEN new IS NULL THEN"
            " ' that would be removed'"
            f" ELSE ' that would be changed' END, count(*) FROM {PLAN} WHERE action = 'written' GROUP BY ALL"
            " ORDER BY ALL"
        )
    )


def _held_now(staging: Staging, target: Target, cooperative_id: str, new: str) -> str:
    """The rows that would go, and the cells that would be empty, because the gate holds them by now; with its rule."""
    found = []
    for table in PROMOTED:
        held = f"(SELECT * FROM {HELD} WHERE cooperative_id = {literal(cooperative_id)} AND table_name ="
        held += f" {literal(table.name)})"
        of_rows = f"SELECT h.rule, count(DISTINCT p.key) FROM {_plan_of(table, 'removed')} p JOIN {held} h USING (key)"
        for rule, rows in staging.rows(f"{of_rows} WHERE h.column_name IS NULL GROUP BY ALL ORDER BY ALL"):
            found.append(f"{rows} rows of {table.name} ({rule})")
        sides = (
            f"{_plan_of(table, 'changed')} p JOIN {held} h USING (key) JOIN"
            f" {_rows(target.there, table, cooperative_id)} o ON {key_text(table, 'o')} = p.key JOIN"
            f" {_rows(new, table, cooperative_id)} n ON {key_text(table, 'n')} = p.key"
        )
        for (column,) in staging.rows(f"SELECT DISTINCT h.column_name FROM {sides} WHERE h.column_name IS NOT NULL"):
            emptied = f"o.{quoted(column)} IS NOT NULL AND n.{quoted(column)} IS NULL"
            found += [f"{table.name}.{column} in {rows} rows ({rule})" for rule, rows in staging.rows(
                f"SELECT h.rule, count(DISTINCT p.key) FROM {sides} WHERE h.column_name = {literal(column)} AND"
                f" {emptied} GROUP BY ALL ORDER BY ALL"
            )]  # fmt: skip
    return ", ".join(sorted(found))


def _removed(staging: Staging, target: Target, cooperative_id: str) -> str:
    """The rows that the plan removes, with the sum of their amounts, by table."""
    said = []
    for table in PROMOTED:
        if rows := _planned(staging, table, "removed"):
            amount = staging.value(
                f"SELECT sum(({MEASURED[table.name].amount})::DECIMAL(38,2)) FROM"
                f" {_rows(target.there, table, cooperative_id)} t SEMI JOIN {_plan_of(table, 'removed')} p ON p.key ="
                f" {key_text(table, 't')}"
            )
            said.append(f"{rows} rows of {table.name}" + ("" if amount is None else f" (Rp {amount:,.2f})"))
    return ", ".join(said)


def _left_alone(staging: Staging, target: Target, cooperative_id: str) -> str | None:
    """Rows of the platform's own that refer to a row that would go."""
    for table in PROMOTED:
        for column in references(table):
            parent = next(each for each in PROMOTED if each.name == column.references)
            if not _planned(staging, parent, "removed"):
                continue
            rows = staging.value(
                f"SELECT count(*) FROM {_rows(target.there, table, cooperative_id)} t SEMI JOIN"
                f" {_plan_of(parent, 'removed')} r ON r.key = t.{quoted(column.name)}::VARCHAR ANTI JOIN"
                f" (SELECT * FROM {PLAN} WHERE ours IS NOT false OR action <> 'alike') p ON"
                f" p.table_name = {literal(table.name)} AND p.key = {key_text(table, 't')}"
            )
            if rows:
                return f"written {rows} rows of {table.name} that refer to rows of {parent.name} that would be removed"
    return None


def _lines(target: Target, table: Table, cooperative_id: str, new: str, load_id: str) -> str:
    """A SELECT of the lines of `delta_rows` for one table."""
    amount = MEASURED[table.name].amount
    sides = {
        alias: f"(SELECT t.*, {key_text(table, 't')} AS _key, ({amount})::DECIMAL(38,2) AS _amount FROM"
        f" {_rows(prefix, table, cooperative_id)} t) {alias}"
        for alias, prefix in (("o", target.there), ("n", new))
    }
    differing = ", ".join(
        f"CASE WHEN o.{quoted(name)} IS DISTINCT FROM n.{quoted(name)} THEN {literal(name)} END" for name in table.names
    )
    texts = ", ".join(f"{literal(name)}, o.{quoted(name)}::VARCHAR" for name in table.names)
    return (
        f"SELECT {literal(load_id)} AS load_id, {literal(cooperative_id)} AS cooperative_id, p.table_name, p.key,"
        f" p.action, CASE WHEN p.action = 'changed' THEN concat_ws(',', {differing}) END AS changed_columns,"
        " o._amount AS amount_before, n._amount AS amount_after,"
        f" CASE WHEN p.action <> 'added' THEN json_object({texts})::VARCHAR END AS row_before"
        f" FROM {_plan_of(table)} p LEFT JOIN {sides['o']} ON o._key = p.key LEFT JOIN {sides['n']} ON n._key = p.key"
    )


def _no_lines() -> str:
    listed = ", ".join(
        f"NULL::{'DECIMAL(38,2)' if 'amount' in name else 'VARCHAR'} AS {name}" for name in columns("delta_rows")
    )
    return f"SELECT {listed} WHERE false"


def _hashed(prefix: str, cooperative_id: str) -> str:
    """A SELECT of table, key and hash of every row of the cooperative in `prefix` + table."""
    return " UNION ALL ".join(
        f"SELECT {literal(table.name)} AS table_name, {key_text(table, 't')} AS key, sha256({row_text(table)}) AS"
        f" sha256 FROM {_rows(prefix, table, cooperative_id)} t"
        for table in PROMOTED
    )


def _rows(prefix: str, table: Table, cooperative_id: str) -> str:
    return f"(SELECT * FROM {prefix}{table.name} WHERE cooperative_id = {literal(cooperative_id)})"


def _plan_of(table: Table, action: str | None = None) -> str:
    which = f"action = {literal(action)}" if action else "action <> 'alike'"
    return f"(SELECT * FROM {PLAN} WHERE table_name = {literal(table.name)} AND {which})"


def _planned(staging: Staging, table: Table, action: str | None = None) -> int:
    return int(staging.value(f"SELECT count(*) FROM {_plan_of(table, action)}"))


def _going(target: Target, table: Table, cooperative_id: str) -> str:
    """The full keys of the rows that the plan removes."""
    return (
        f"(SELECT {_full_key(table, 't')} FROM {_rows(target.there, table, cooperative_id)} t SEMI JOIN"
        f" {_plan_of(table, 'removed')} p ON p.key = {key_text(table, 't')})"
    )


def _full_key(table: Table, alias: str) -> str:
    return ", ".join(f"{alias}.{quoted(name)}" for name in table.full_key)


def _all_of(met: int, planned: int, table: Table) -> None:
    if met != planned:
        raise TargetError(f"the target took {met} of {planned} rows of {table.name}")
