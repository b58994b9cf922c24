"""What each cooperative delivered, seen before any mapping: tables, columns, fill, quality, and what the profile uses.

Nothing personal is shown: counts and forms only.
"""

from typing import Any

from koop_pipeline.contracts import TABLES
from koop_pipeline.errors import ConfigError, DeliveryError
from koop_pipeline.mapping import raw_views
from koop_pipeline.mapping.accounting import ignored_reason
from koop_pipeline.mapping.block_plan import Planner
from koop_pipeline.mapping.controls import control_shape
from koop_pipeline.mapping.step import open_views
from koop_pipeline.program.folder import Mapping
from koop_pipeline.program.program_file import Cooperative
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging, quoted

FORMS = {
    "empty": "false",
    "16 digits": r"regexp_full_match({0}, '[0-9]{{16}}')",
    "date": r"regexp_full_match({0}, '([0-9]{{4}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}|[0-9]{{1,2}}[-/.][0-9]{{1,2}}"
    r"[-/.][0-9]{{4}}|[0-9]{{1,2}}[-/][0-9]{{1,2}}[-/][0-9]{{2}})( [0-9:.]+)?')",
    "whole number": r"regexp_full_match({0}, '-?[0-9]+')",
    "amount": r"regexp_full_match({0}, '(Rp\.? ?)?[(-]?[0-9][0-9.,]*[)-]?(,-)?')",
}


def take(staging: Staging, run: BatchRun) -> list[dict[str, Any]]:
    """One record a cooperative: its error if it could not be read or its profile does not fit, and its tables."""
    return [_cooperative(staging, run, cooperative) for cooperative in run.cooperatives]


def _cooperative(staging: Staging, run: BatchRun, cooperative: Cooperative) -> dict[str, Any]:
    halted = staging.value("SELECT message FROM gate.halts WHERE cooperative_id = ?", [cooperative.id])
    mapping = run.mappings[cooperative.id]
    tables: list[dict[str, Any]] = []
    error = halted or ""
    for branch in cooperative.branches:
        raw = raw_views.load(staging, cooperative.id, branch)
        uses, problem = usage(staging, mapping, raw) if raw.relations else ({}, None)
        error = error or problem or ""
        raw_views.make_views(staging, raw, set(raw.relations), {})
        try:
            tables += [_table(staging, mapping, raw, name, uses) for name in sorted(raw.relations)]
        finally:
            raw_views.drop_views(staging, raw)
    return {"cooperative_id": cooperative.id, "name": cooperative.name, "error": error, "tables": tables}


def usage(staging: Staging, mapping: Mapping, raw: raw_views.RawTables) -> tuple[dict[str, set[str]], str | None]:
    """Which raw columns the profile uses (casefolded), and the first thing in it that does not fit, if any."""
    uses: dict[str, set[str]] = {}
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


def _table(
    staging: Staging, mapping: Mapping, raw: raw_views.RawTables, name: str, uses: dict[str, set[str]]
) -> dict[str, Any]:
    rows = staging.value(f"SELECT count(*) FROM {quoted(name)}")
    files = staging.rows(
        "SELECT DISTINCT source_file FROM raw.tables WHERE cooperative_id = ? AND source_table = ? ORDER BY 1",
        [raw.cooperative_id, name],
    )
    ignored = ignored_reason(mapping, name)
    use = "used" if name in uses else f"ignored: {ignored}" if ignored else "NOT USED"
    columns = [_column(staging, mapping, name, column, uses) for column in raw.columns[name]]
    return {
        "table": name, "file": ", ".join(row[0] for row in files), "branch": raw.branch, "rows": rows, "use": use,
        "columns": columns,
    }  # fmt: skip


def _column(staging: Staging, mapping: Mapping, table: str, column: str, uses: dict[str, set[str]]) -> dict[str, Any]:
    cell = quoted(column)
    forms = ", ".join(f"count_if({sql.format(cell)})" for sql in FORMS.values())
    filled, distinct, *counts = staging.rows(
        f"SELECT count(*), count(DISTINCT {cell}), {forms} FROM {quoted(table)} WHERE trim({cell}) <> ''"
    )[0]
    looks = next(
        (name for name, count in zip(FORMS, counts, strict=True) if filled and count * 10 >= filled * 9), "text"
    )
    reason = ignored_reason(mapping, table, column)
    if table in uses and column.casefold() in uses[table]:
        use = "used"
    elif reason:
        use = f"ignored: {reason}"
    else:
        use = "NOT USED" if filled else "empty"
    looks = looks if filled else "empty"
    return {"column": column, "filled": filled, "distinct": distinct, "looks_like": looks, "use": use}
