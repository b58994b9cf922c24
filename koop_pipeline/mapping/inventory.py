"""What each cooperative delivered, graded before any mapping: tables, columns, what is wrong, what the profile uses.

Nothing personal is shown: counts, shapes, amounts and years only. Measuring is in `column_profile`, the thresholds of
the grade in `grading`, how a batch with a missing profile is opened in `inventory_run`.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from koop_pipeline.contracts import TABLES
from koop_pipeline.errors import ConfigError, DeliveryError
from koop_pipeline.mapping import raw_views
from koop_pipeline.mapping.accounting import ignored_reason
from koop_pipeline.mapping.block_plan import Planner
from koop_pipeline.mapping.column_profile import ColumnProfile, TableProfile, measure
from koop_pipeline.mapping.controls import control_shape
from koop_pipeline.mapping.grading import MEANINGS, Graded, Mark, grade, out_of_form
from koop_pipeline.mapping.inventory_run import InventoryRun
from koop_pipeline.mapping.step import open_views
from koop_pipeline.program.folder import Mapping
from koop_pipeline.program.program_file import Cooperative
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging, StagingError, safe_message

Uses = dict[str, set[str]]


def take(staging: Staging, run: BatchRun) -> list[dict[str, Any]]:
    """One record a cooperative: grade and measures, the error if its delivery or profile has one, and its tables."""
    return [_cooperative(staging, run, cooperative) for cooperative in run.cooperatives]


def _cooperative(staging: Staging, run: BatchRun, cooperative: Cooperative) -> dict[str, Any]:
    problems = run.problems if isinstance(run, InventoryRun) else {}
    error, faults = _delivery(staging, cooperative)
    error = error or problems.get(cooperative.id, "")
    tables: list[dict[str, Any]] = []
    profiles: list[TableProfile] = []
    for branch in cooperative.branches:
        raw = _delivered(staging, cooperative, branch)
        mapping = run.mappings[cooperative.id]
        uses, problem = usage(staging, mapping, raw) if raw.relations else ({}, None)
        error = error or problem or ""
        for name in sorted(raw.relations):
            try:
                profile = measure(staging, name, raw_views.select_sql(raw, name), raw.columns[name])
            except StagingError as failure:  # law 4: the inventory of the others goes on
                faults.append(f"{name}: cannot be measured")
                error = error or f"{name}: cannot be measured: {safe_message(failure)}"
                continue
            profiles.append(profile)
            tables.append(_table(mapping, raw, profile, uses) | _booked(staging, raw, name))
    graded = grade(profiles, len(faults))
    return {
        "cooperative_id": cooperative.id,
        "name": cooperative.name,
        "grade": graded.grade,
        "meaning": MEANINGS[graded.grade],
        "decided_by": [mark.measure.name for mark in graded.deciding],
        "measures": [_mark(mark) for mark in graded.marks],
        "worst": _worst(graded, profiles, faults),
        "error": error,
        "unread": _unread(staging, cooperative),
        "tables": tables,
    }


def _delivery(staging: Staging, cooperative: Cooperative) -> tuple[str, list[str]]:
    """What stopped the reading of the delivery ('' if nothing did), and its faults in words."""
    error = staging.value(
        "SELECT message FROM gate.halts WHERE cooperative_id = ? AND step = 'extract'", [cooperative.id]
    )
    faults = ["could not be read"] if error else []
    faults += [
        f"{table}: {rows:,} rows read, the second counter finds {counted:,}"
        for table, rows, counted in staging.rows(
            "SELECT source_table, rows, counted FROM raw.tables WHERE cooperative_id = ? AND rows <> counted"
            " ORDER BY ALL",
            [cooperative.id],
        )
    ]
    return error or "", faults


def _delivered(staging: Staging, cooperative: Cooperative, branch: str | None) -> raw_views.RawTables:
    """The raw tables that have columns; a table that only the second counter found has no relation."""
    raw = raw_views.load(staging, cooperative.id, branch)
    raw.relations = {name: relation for name, relation in raw.relations.items() if raw.columns[name]}
    return raw


def _unread(staging: Staging, cooperative: Cooperative) -> list[str]:
    rows = staging.rows(
        "SELECT source_file FROM raw.failures WHERE cooperative_id = ? AND rule = 'EXT-UNREAD-01' ORDER BY 1",
        [cooperative.id],
    )
    return [row[0] for row in rows]


def usage(staging: Staging, mapping: Mapping, raw: raw_views.RawTables) -> tuple[Uses, str | None]:
    """Which raw columns the profile uses (casefolded), and the first thing in it that does not fit, if any."""
    uses: Uses = {}
    problem = None
    for name, blocks in mapping.profile.blocks.items():
        try:
            open_views(staging, mapping, raw, TABLES[name], blocks)
            for number, block in enumerate(blocks):
                plan = Planner(staging, mapping, raw, TABLES[name]).plan(number, block)
                for table, columns in plan.uses.items():
                    uses.setdefault(table, set()).update(column.casefold() for column in columns)
        except (ConfigError, DeliveryError) as error:
            problem = problem or str(error)
        except StagingError as error:
            problem = problem or str(mapping.file.error((name,), f"{name}: {safe_message(error)}"))
        finally:
            raw_views.drop_views(staging, raw)
    for name in mapping.profile.controls:
        try:
            shape = control_shape(staging, mapping, raw, name)
        except DeliveryError as error:
            problem = problem or str(error)
            continue
        for table in shape.tables:
            mentioned = {part.casefold() for names in shape.columns for part in names}
            uses.setdefault(table, set()).update(mentioned)
    return uses, problem


def _booked(staging: Staging, raw: raw_views.RawTables, name: str) -> dict[str, Any]:
    """The files of a table and the rows that the second counter found in them."""
    rows = staging.rows(
        "SELECT source_file, counted FROM raw.tables WHERE cooperative_id = ? AND source_table = ?"
        " AND branch IS NOT DISTINCT FROM ? ORDER BY 1",
        [raw.cooperative_id, name, raw.branch],
    )
    return {"file": ", ".join(dict.fromkeys(row[0] for row in rows)), "counted": sum(row[1] for row in rows)}


def _table(mapping: Mapping, raw: raw_views.RawTables, profile: TableProfile, uses: Uses) -> dict[str, Any]:
    name = profile.table
    ignored = ignored_reason(mapping, name)
    return {
        "table": name,
        "branch": raw.branch,
        "rows": profile.rows,
        "empty_rows": profile.empty_rows,
        "duplicate_rows": profile.duplicate_rows,
        "keys": profile.keys,
        "use": "used" if name in uses else f"ignored: {ignored}" if ignored else "NOT USED",
        "columns": [_column(mapping, name, column, uses) for column in profile.columns],
        "quality": [_quality(column) for column in profile.columns],
    }


def _column(mapping: Mapping, table: str, profile: ColumnProfile, uses: Uses) -> dict[str, Any]:
    """What a column is and whether the profile uses it."""
    reason = ignored_reason(mapping, table, profile.column)
    if table in uses and profile.column.casefold() in uses[table]:
        use = "used"
    elif reason:
        use = f"ignored: {reason}"
    else:
        use = "NOT USED" if profile.filled else "empty"
    return {
        "column": profile.column,
        "filled": profile.filled,
        "distinct": profile.distinct,
        "looks_like": profile.looks_like,
        "use": use,
    }


def _quality(profile: ColumnProfile) -> dict[str, Any]:
    """What the cells of a column look like; shares as percent, one decimal, cut."""
    return {
        "column": profile.column,
        "fill": _percent(profile.filled, profile.rows),
        "in_form": _percent(profile.conforming, profile.told),
        "forms": [
            {"form": form.form.replace("_", " "), "share": _percent(form.cells, profile.filled)}
            for form in profile.forms[:2]
        ],
        "range": profile.range,
        "examples": profile.examples,
        "findings": profile.findings,
        "distinct_is_exact": profile.distinct_exact,
        "all_equal": profile.all_equal,
    }


def _percent(part: int, whole: int) -> float | None:
    return part * 1000 // whole / 10 if whole else None


def _mark(mark: Mark) -> dict[str, Any]:
    return {
        "measure": mark.measure.name,
        "title": mark.measure.title,
        "value": mark.measure.shown(mark.value),
        "grade": mark.grade,
    }


def _worst(graded: Graded, tables: Sequence[TableProfile], faults: Sequence[str]) -> list[str]:
    """Where to look first: for each measure that decided, the column or table that is worst in it."""
    columns = [(table.table, column) for table in tables for column in table.columns if column.filled]
    worst: list[str] = []
    for mark in graded.deciding:
        if mark.measure.name == "delivery":
            worst += faults or ["no filled cell"]
        elif mark.measure.name == "duplicates":
            table = max(tables, key=lambda item: item.duplicate_rows / max(item.rows, 1))
            worst.append(f"{table.table}: {table.duplicate_rows} duplicate rows")
        elif mark.measure.name == "fill":
            name, column = min(columns, key=lambda item: item[1].told / item[1].rows)
            worst.append(f"{name}.{column.column}: {column.told} of {column.rows} filled")
        elif mark.measure.name in {"form", "mixed", "column"}:
            name, column = max(columns, key=lambda item: _out_of_form(mark, item[1]))
            worst.append(f"{name}.{column.column}: {column.told - column.conforming} of {column.told} in another form")
        elif mark.measure.name == "damage":
            name, column = max(columns, key=lambda item: sum(item[1].damage.values()) / item[1].filled)
            said = ", ".join(f"{cells} {label}" for label, cells in column.damage.items())
            worst.append(f"{name}.{column.column}: {said}")
    return list(dict.fromkeys(worst))


def _out_of_form(mark: Mark, column: ColumnProfile) -> Fraction:
    if mark.measure.name == "column" or not column.told:
        return out_of_form(column)
    return 1 - Fraction(column.conforming, column.told)
