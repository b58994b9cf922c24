"""Runs a planned block for one cooperative and branch: rows, exclusions, failures and the account of leading rows.

One bad value fails its row (rule MAP-EXPR-01), never the table. A leading row that neither comes back nor is
excluded by
name is a failure of its own (MAP-LOST-01).
"""

from dataclasses import dataclass
from datetime import date

from koop_pipeline.identifiers.sql import macros
from koop_pipeline.mapping.block_plan import BlockPlan, ColumnPlan
from koop_pipeline.mapping.query_run import LEADING, BadRows, Query, called_with
from koop_pipeline.mapping.raw_views import RawTables
from koop_pipeline.program.folder import Mapping
from koop_pipeline.staging import Staging, literal, quoted

OUTPUT = "_koop_output"
FAILURE_COLUMNS = (
    "cooperative_id, table_name, row, column_name, rule, before, source_file, source_table, source_row, note"
)


@dataclass(frozen=True)
class Context:
    """For whom a block runs."""

    staging: Staging
    mapping: Mapping
    raw: RawTables
    cutoff_on: date


def set_macros(staging: Staging, mapping: Mapping, *, strict: bool = True) -> None:
    """Make rupiah, tanggal and angka read by this profile's settings; nothing happens where they do already."""
    staging.use_macros(macros(dates=mapping.profile.dates, decimal=mapping.profile.decimal, strict=strict))


def run_block(context: Context, plan: BlockPlan, first_row: int) -> int:
    """Append the block's rows to `mapped.<table>`; returns how many. `_row` continues from `first_row`."""
    _prepare_leading(context, plan)
    bad = BadRows()
    if plan.block.sql:
        bad = _run_query(context, plan)
    else:
        _run_columns(context, plan)
    produced = _append(context, plan, first_row)
    _name_bad_rows(context, plan, bad)
    _account(context, plan, bad)
    return produced


def _parameters(context: Context, plan: BlockPlan) -> dict[str, date]:
    return dict.fromkeys(plan.parameters, context.cutoff_on)


def _prepare_leading(context: Context, plan: BlockPlan) -> None:
    """The leading rows with the name of the exclusion that takes each, if any."""
    excluded = excluded_sql(plan)
    context.staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {LEADING} AS SELECT row_id, as_of, source_file, source_table, source_row,"
        f" {excluded} AS excluded FROM {quoted(plan.block.source)}",
        {name: context.cutoff_on for name in plan.parameters if f"${name}" in excluded},
    )
    for name, condition in plan.block.exclude.items():
        context.staging.execute(
            f"INSERT INTO mapped.failures ({FAILURE_COLUMNS}) SELECT {literal(context.raw.cooperative_id)},"
            f" {literal(plan.table.name)}, NULL, NULL, 'MAP-EXPR-01', NULL, source_file, source_table, source_row,"
            f" {literal(f'the condition of the exclusion {name!r} fails on this row')}"
            f" FROM {quoted(plan.block.source)} WHERE TRY(struct_pack(v := ({condition})::BOOLEAN)) IS NULL",
            {parameter: context.cutoff_on for parameter in plan.parameters if f"${parameter}" in condition},
        )


def excluded_sql(plan: BlockPlan) -> str:
    """SQL for the name of the exclusion that takes a leading row, null where none does."""
    cases = " ".join(
        f"WHEN TRY(({condition})::BOOLEAN) THEN {literal(name)}" for name, condition in plan.block.exclude.items()
    )
    return f"CASE {cases} END" if cases else "NULL::VARCHAR"


def _run_columns(context: Context, plan: BlockPlan) -> None:
    source = quoted(plan.block.source)
    body = select_columns(plan.columns)
    text = " ".join(column.sql for column in plan.columns)
    context.staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {OUTPUT} AS SELECT row_id AS _row_id, NULL::BIGINT[] AS _row_ids,"
        f" {body} FROM {source}",
        {name: context.cutoff_on for name in plan.parameters if f"${name}" in text},
    )


def select_columns(columns: tuple[ColumnPlan, ...]) -> str:
    """Select list: each column as text (in a struct that is null where it failed), and what its expression read."""
    parts = []
    checks = []
    for column in columns:
        if column.fallible:
            parts.append(f"TRY(struct_pack(v := {column.sql})) AS {quoted(column.name)}")
            before = " || ' | ' || ".join(f"coalesce({quoted(name)}::VARCHAR, '')" for name in column.reads[:3])
            checks.append(f"{before or 'NULL'} AS {quoted('_before_' + column.name)}")
        else:
            parts.append(f"{column.sql} AS {quoted(column.name)}")
    return ", ".join([*parts, *checks]) or "NULL AS _nothing"


def _run_query(context: Context, plan: BlockPlan) -> BadRows:
    """Run the block's own SQL over the kept leading rows, then over the excluded ones so that their money shows."""
    staging = context.staging
    ids = "list_min(row_id) AS _row_id, row_id AS _row_ids" if plan.listed else "row_id AS _row_id, NULL AS _row_ids"
    select = f"SELECT {ids}, {select_columns(plan.columns)}"
    query = Query(
        staging,
        plan,
        context.raw.made[plan.block.source],
        _parameters(context, plan),
        lambda strict: set_macros(staging, context.mapping, strict=strict),
    )
    query.open_view()
    try:
        bad = query.run(f"CREATE OR REPLACE TEMP TABLE {OUTPUT} AS {select}", excluded=False)
        if staging.value(f"SELECT count(*) FROM {LEADING} WHERE excluded IS NOT NULL"):
            query.run(f"INSERT INTO {OUTPUT} {select}", excluded=True)
    finally:
        query.close_view()
    return bad


def _name_bad_rows(context: Context, plan: BlockPlan, bad: BadRows) -> None:
    """MAP-EXPR-01 for each row and column on which the block's SQL failed."""
    row_is = "list_contains(o._row_ids, $id)" if plan.listed else "o._row_id = $id"
    before = _unreadable_cell(context, plan)
    for row_id, columns in sorted(bad.columns.items()):
        note = "the block's SQL fails on this row" + (", so it did not come back" if row_id in bad.lost else "")
        named: list[str | None] = [*columns] or [None]
        for column in named:
            context.staging.execute(
                f"INSERT INTO mapped.failures ({FAILURE_COLUMNS}) SELECT $cooperative, $table, o._row, $column,"
                f" 'MAP-EXPR-01', {before}, l.source_file, l.source_table, l.source_row, $note"
                f" FROM {LEADING} l JOIN {quoted(plan.block.source)} r ON r.row_id = l.row_id"
                f" LEFT JOIN _koop_numbered o ON {row_is} WHERE l.row_id = $id",
                {
                    "cooperative": context.raw.cooperative_id,
                    "table": plan.table.name,
                    "column": column,
                    "note": note,
                    "id": row_id,
                },
            )


def _unreadable_cell(context: Context, plan: BlockPlan) -> str:
    """SQL for the first cell of the leading row (`r`) that a profile function, called with it, cannot read."""
    columns = sorted({column for name in context.raw.matching(plan.block.source) for column in plan.uses.get(name, ())})
    cells = [
        f"CASE WHEN TRY(struct_pack(v := {function}(r.{quoted(column)}))) IS NULL THEN r.{quoted(column)} END"
        for function in ("rupiah", "tanggal", "angka")
        for column in columns
        if called_with(plan.block.sql or "", function, column)
    ]
    return f"coalesce({', '.join(cells)}, NULL)" if cells else "NULL"


def _append(context: Context, plan: BlockPlan, first_row: int) -> int:
    """Move the output to `mapped`, ordered by leading row, with lineage; record failed expressions."""
    staging, table = context.staging, plan.table
    given = {column.name: column for column in plan.columns}
    values = []
    for name in table.names:
        column = given.get(name)
        if name == "branch":
            values.append(f"{literal(context.raw.branch)}" if context.raw.branch else "NULL")
        elif column is None:
            values.append("NULL")
        else:
            values.append(f"o.{quoted(name)}.v" if column.fallible else f"o.{quoted(name)}")
    day = f"DATE {literal(str(context.cutoff_on))}" if plan.block.stands_for else "l.as_of"
    order = ", ".join(
        ["o._row_id", *(f"o.{quoted(column.name)}" for column in plan.columns)] if plan.block.sql else ["o._row_id"]
    )
    selected = ", ".join(values)
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE _koop_numbered AS SELECT o.*, {first_row} + row_number() OVER (ORDER BY {order})"
        f" AS _row FROM {OUTPUT} o"
    )
    staging.execute(
        f"INSERT INTO mapped.{quoted(table.name)} SELECT {literal(context.raw.cooperative_id)}, {selected}, o._row,"
        f" {plan.number}, {plan.reading}, o._row_id, l.as_of, {day}, l.excluded, l.source_file, l.source_table,"
        f" l.source_row FROM _koop_numbered o LEFT JOIN {LEADING} l ON l.row_id = o._row_id ORDER BY o._row"
    )
    for column in plan.columns:
        if column.fallible:
            staging.execute(
                f"INSERT INTO mapped.failures ({FAILURE_COLUMNS}) SELECT {literal(context.raw.cooperative_id)},"
                f" {literal(table.name)}, o._row, {literal(column.name)}, 'MAP-EXPR-01',"
                f" o.{quoted('_before_' + column.name)}, l.source_file, l.source_table, l.source_row,"
                f" {literal(f'the expression for {column.name} fails on this row')}"
                f" FROM _koop_numbered o JOIN {LEADING} l ON l.row_id = o._row_id"
                f" WHERE o.{quoted(column.name)} IS NULL AND l.excluded IS NULL"
            )
    return int(staging.value("SELECT count(*) FROM _koop_numbered"))


def _account(context: Context, plan: BlockPlan, bad: BadRows) -> None:
    """Book the block's units (distinct leading rows, or lists of them): kept, excluded by name, lost."""
    staging, cooperative_id = context.staging, context.raw.cooperative_id
    back = (
        "SELECT unnest(_row_ids) AS row_id FROM _koop_numbered"
        if plan.listed
        else ("SELECT _row_id AS row_id FROM _koop_numbered")
    )
    strangers = staging.value(
        f"SELECT count(*) FROM ({back}) WHERE row_id IS NULL OR row_id NOT IN (SELECT row_id FROM {LEADING})"
    )
    if strangers:
        raise context.mapping.file.error(
            (*plan.place, "sql"), f"{strangers} row_id values are not of the leading table {plan.block.source!r}"
        )
    lost = f"SELECT * FROM {LEADING} WHERE excluded IS NULL AND row_id NOT IN (SELECT row_id FROM ({back}))"
    staging.execute(
        f"INSERT INTO mapped.failures ({FAILURE_COLUMNS}) SELECT ?, ?, NULL, NULL, 'MAP-LOST-01', NULL,"
        f" source_file, source_table, source_row, ? FROM ({lost}) WHERE NOT list_contains(?::BIGINT[], row_id)",
        [
            cooperative_id,
            plan.table.name,
            "this row neither comes back from the block nor is excluded by name",
            sorted(bad.lost),
        ],
    )
    if plan.listed:
        staging.execute(
            f"INSERT INTO mapped.list_rows SELECT ?, ?, ?, unnest(o._row_ids) FROM _koop_numbered o JOIN {LEADING} l"
            " ON l.row_id = o._row_id WHERE l.excluded IS NULL",
            [cooperative_id, plan.table.name, plan.number],
        )
    unit = "_row_ids" if plan.listed else "_row_id"
    joined = f"_koop_numbered o LEFT JOIN {LEADING} l ON l.row_id = o._row_id"
    silent = f"SELECT 1 FROM {LEADING} WHERE excluded IS NOT NULL AND row_id NOT IN (SELECT row_id FROM ({back}))"
    staging.execute(
        f"INSERT INTO mapped.blocks SELECT ?, ?, ?, ?, ?, (SELECT count(*) FROM {LEADING}),"
        f" count(DISTINCT {unit}) FILTER (excluded IS NULL), count(*) FILTER (excluded IS NULL),"
        f" count(DISTINCT {unit}) FILTER (excluded IS NOT NULL) + (SELECT count(*) FROM ({silent})),"
        f" (SELECT count(*) FROM ({lost})), ? FROM {joined}",
        [
            cooperative_id, plan.table.name, plan.number, context.raw.branch,
            context.raw.matching(plan.block.source), plan.block.multiplies,
        ],
    )  # fmt: skip
    staging.execute(
        f"INSERT INTO mapped.excluded_rows SELECT ?, ?, ?, row_id, excluded FROM {LEADING} WHERE excluded IS NOT NULL",
        [cooperative_id, plan.table.name, plan.number],
    )
