"""The account of every raw table after mapping: used + excluded + ignored = rows, and rows = the second count.

Also lists what nothing uses and `ignore` does not name, and amounts that were left behind by name.
"""

from fnmatch import fnmatchcase

import polars as pl

from koop_pipeline import progress
from koop_pipeline.errors import ConfigError, DeliveryError
from koop_pipeline.mapping import raw_views
from koop_pipeline.mapping.block_run import FAILURE_COLUMNS, set_macros
from koop_pipeline.mapping.controls import control_shape, read_controls
from koop_pipeline.program.folder import Mapping
from koop_pipeline.program.program_file import Cooperative
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging, StagingError, literal, quoted, safe_message
from koop_pipeline.staging.chunks import groups
from koop_pipeline.staging.halts import begin, halt

_NO_AMOUNT = (
    "id|no|nomor|kode|code|nik|nip|ktp|npwp|telp|telepon|hp|phone|kontak|rekening|rek|tgl|tanggal|tahun|thn|bulan|bln"
    "|periode|tenor|urut|level|ranking|status|flag|jk|pos|kodepos|port|rt|rw|umur|usia|persen|ke|date|time"
)
NOT_AMOUNT = f"^({_NO_AMOUNT})(_|$)|_({_NO_AMOUNT})$|^id|id$"
OWN = "unused"
CHUNK_ROWS = 1_000_000
SCOPE = "cooperative_id IN (SELECT unnest($ids))"
Uses = dict[str, set[str]]
Counts = dict[tuple[str, str, str], int]
ACCOUNTS = {
    "cooperative_id": pl.String(), "source_file": pl.String(), "source_table": pl.String(), "rows": pl.Int64(),
    "counted": pl.Int64(), "used": pl.Int64(), "excluded": pl.Int64(), "ignored": pl.Int64(), "reason": pl.String(),
}  # fmt: skip


def account_raw(staging: Staging, run: BatchRun) -> None:
    """Book every raw table of the cooperatives in scope, and read their control totals."""
    for name in ("mapped.raw_accounts", "mapped.ignored_amounts", "mapped.controls"):
        staging.clear(name, run.ids)
    staging.clear("mapped.failures", run.ids, f"note LIKE '{OWN}:%'")
    going = set(begin(staging, "map", run.ids, OWN))
    sizes = dict(staging.rows("SELECT cooperative_id, sum(rows)::BIGINT FROM raw.tables GROUP BY 1"))
    cooperatives = {one.id: one for one in run.cooperatives if one.id in going}
    for group in progress.through(groups(((each, sizes.get(each, 0)) for each in cooperatives), CHUNK_ROWS), sizes):
        found = ((each, _uses_or_halt(staging, run, cooperatives[each])) for each in group)
        _book_tables(staging, run, {each: uses for each, uses in found if uses is not None})


def _uses_or_halt(staging: Staging, run: BatchRun, cooperative: Cooperative) -> Uses | None:
    """Read its control totals; what its profile uses, None where it was halted."""
    try:
        read_controls(staging, run, cooperative)
        return _uses(staging, run, cooperative)
    except (DeliveryError, ConfigError) as error:
        halt(staging, cooperative.id, "map", f"{cooperative.id}: {error}", OWN)
    except StagingError as error:
        reason = f"{cooperative.id}: its raw tables cannot be accounted for: {safe_message(error)}"
        halt(staging, cooperative.id, "map", reason, OWN)
    return None


def ignored_reason(mapping: Mapping, table: str, column: str | None = None) -> str | None:
    """Why the profile ignores a raw table, or a column of it; None where it does not."""
    for pattern, reason in mapping.profile.ignore.items():
        name = table if column is None else f"{table}.{column}"
        whole = column is not None and fnmatchcase(table.casefold(), pattern.casefold())
        if whole or fnmatchcase(name.casefold(), pattern.casefold()):
            return reason or "ignored"
    return None


def _uses(staging: Staging, run: BatchRun, cooperative: Cooperative) -> Uses:
    """What the profile uses of each raw table, casefolded; lists the columns that it does not."""
    mapping = run.mappings[cooperative.id]
    uses: Uses = {}
    for table, column in staging.rows(
        "SELECT DISTINCT source_table, column_name FROM mapped.uses WHERE cooperative_id = ?", [cooperative.id]
    ):
        uses.setdefault(table, set()).update([column.casefold()] if column else [])
    for branch in cooperative.branches:
        raw = raw_views.load(staging, cooperative.id, branch)
        for name in mapping.profile.controls:
            shape = control_shape(staging, mapping, raw, name)
            mentioned = {part.casefold() for names in shape.columns for part in names}
            for table in shape.tables:
                uses.setdefault(table, set()).update(
                    column.casefold() for column in raw.columns[table] if column.casefold() in mentioned
                )
        raw_views.make_views(staging, raw, set(raw.relations), {})
        set_macros(staging, mapping)
        try:
            for table in sorted(raw.relations):
                _unused_columns(staging, mapping, raw, table, uses)
        finally:
            raw_views.drop_views(staging, raw)
    return uses


def _book_tables(staging: Staging, run: BatchRun, uses: dict[str, Uses]) -> None:
    """The account of every raw table of the cooperatives whose uses these are."""
    ids = list(uses)
    lost_rows, excluded_rows, used_rows = (count(staging, ids) for count in (_named_as_lost, _excluded, _used))
    leading = _leading(staging, ids)
    booked = []
    for cooperative_id, file, table, rows, counted in staging.rows(
        "SELECT cooperative_id, source_file, source_table, sum(rows)::BIGINT, sum(counted)::BIGINT FROM raw.tables"
        f" WHERE {SCOPE} GROUP BY ALL ORDER BY ALL",
        {"ids": ids},
    ):
        place = (cooperative_id, file, table)
        used = excluded = ignored = 0
        reason = None
        if table in uses[cooperative_id]:
            excluded = excluded_rows.get(place, 0)
            used = used_rows.get(place, 0) if (cooperative_id, table) in leading else rows
        else:
            reason = ignored_reason(run.mappings[cooperative_id], table)
            ignored = rows
            if reason is None:
                reason = "not named"
                note = f"nothing in the profile uses the table {table} ({rows} rows), and 'ignore' does not name it"
                _list_unused(staging, cooperative_id, table, file, note)
        lost = lost_rows.get(place, 0)
        if rows != used + excluded + ignored + lost:
            note = f"{table}: {rows} rows, but {used} used + {excluded} excluded + {ignored} ignored + {lost} lost"
            _list_failure(staging, cooperative_id, "MAP-RAW-01", table, file, note)
        booked.append((*place, rows, counted, used, excluded, ignored, reason))
    staging.insert("mapped.raw_accounts", pl.DataFrame(booked, schema=ACCOUNTS, orient="row"))


def _named_as_lost(staging: Staging, ids: list[str]) -> Counts:
    """Rows that a failure of their own already says did not come back."""
    rows = staging.rows(
        "SELECT cooperative_id, source_file, source_table, count(DISTINCT source_row) FROM mapped.failures"
        f" WHERE {SCOPE} AND row IS NULL AND rule IN ('MAP-LOST-01', 'MAP-EXPR-01')"
        " AND note NOT LIKE 'the condition of the exclusion%' GROUP BY ALL",
        {"ids": ids},
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _leading(staging: Staging, ids: list[str]) -> set[tuple[str, str]]:
    """The raw tables that lead a block, by cooperative; the others are only looked up."""
    sql = f"SELECT DISTINCT cooperative_id, unnest(source_tables) FROM mapped.blocks WHERE {SCOPE}"
    return {(row[0], row[1]) for row in staging.rows(sql, {"ids": ids})}


def _used(staging: Staging, ids: list[str]) -> Counts:
    """Rows of each file and raw table that came back from some block."""
    leads = staging.rows(f"SELECT DISTINCT table_name FROM mapped.blocks WHERE {SCOPE} ORDER BY 1", {"ids": ids})
    came_back = [
        f"SELECT cooperative_id, _row_id AS row_id FROM mapped.{quoted(name)} WHERE {SCOPE} AND _excluded IS NULL"
        for (name,) in leads
    ]
    came_back.append(f"SELECT cooperative_id, row_id FROM mapped.list_rows WHERE {SCOPE}")
    return _counts(
        staging,
        ids,
        "SELECT r.cooperative_id, r.source_file, r.source_table, count(*) FROM {raw} r SEMI JOIN"
        f" ({' UNION ALL '.join(came_back)}) b USING (cooperative_id, row_id) WHERE r.{SCOPE} GROUP BY ALL",
    )


def _excluded(staging: Staging, ids: list[str]) -> Counts:
    """Rows of each file and raw table that every block which leads from it excludes by name."""
    blocks = (
        "SELECT cooperative_id, branch, source_table, count(*) AS n FROM (SELECT cooperative_id, branch,"
        f" unnest(source_tables) AS source_table FROM mapped.blocks WHERE {SCOPE}) GROUP BY ALL"
    )
    return _counts(
        staging,
        ids,
        "SELECT x.cooperative_id, x.source_file, x.source_table, count(*) FROM (SELECT r.cooperative_id, r.source_file,"
        " r.source_table, r.row_id, r.branch, count(*) AS times FROM mapped.excluded_rows e JOIN {raw} r"
        f" USING (cooperative_id, row_id) WHERE r.{SCOPE} GROUP BY ALL) x LEFT JOIN ({blocks}) b"
        " ON b.cooperative_id = x.cooperative_id AND b.source_table = x.source_table"
        " AND b.branch IS NOT DISTINCT FROM x.branch WHERE x.times >= coalesce(b.n, 0) GROUP BY ALL",
    )


def _counts(staging: Staging, ids: list[str], sql: str) -> Counts:
    """Counts by cooperative, file and raw table over all raw relations of these cooperatives."""
    found: Counts = {}
    for (relation,) in staging.rows(f"SELECT DISTINCT relation FROM raw.tables WHERE {SCOPE} ORDER BY 1", {"ids": ids}):
        for cooperative_id, file, table, rows in staging.rows(sql.replace("{raw}", relation), {"ids": ids}):
            found[cooperative_id, file, table] = rows
    return found


def _unused_columns(staging: Staging, mapping: Mapping, raw: raw_views.RawTables, table: str, uses: Uses) -> None:
    """List columns nothing uses, and the sums of amounts in columns that are left behind by name."""
    for column in raw.columns[table]:
        if column.casefold() in uses.get(table, set()):
            continue
        reason = ignored_reason(mapping, table, column)
        if reason is None and table in uses:
            filled = staging.value(
                f"SELECT count(*) FROM {quoted(table)} WHERE nullif({quoted(column)}, '') IS NOT NULL"
            )
            if filled:
                note = f"nothing in the profile uses {table}.{column} ({filled} filled), and 'ignore' does not name it"
                _list_unused(staging, raw.cooperative_id, f"{table}.{column}", None, note)
        if reason is not None:
            _sum_ignored(staging, raw, table, column, reason)


def _sum_ignored(staging: Staging, raw: raw_views.RawTables, table: str, column: str, reason: str) -> None:
    cell = quoted(column)
    staging.execute(
        f"INSERT INTO mapped.ignored_amounts SELECT ?, ?, ?, ?, count(*), sum(amount) FROM"
        f" (SELECT {cell} AS cell, TRY(rupiah({cell})) AS amount FROM {quoted(table)} WHERE trim({cell}) <> '')"
        f" WHERE NOT regexp_matches(lower(?), {literal(NOT_AMOUNT)})"
        " HAVING count(amount) * 2 > count(*) AND sum(abs(amount)) > 0",
        [raw.cooperative_id, table, column, reason, column],
    )


def _list_unused(staging: Staging, cooperative_id: str, name: str, file: str | None, note: str) -> None:
    _list_failure(staging, cooperative_id, "MAP-UNUSED-01", name, file, note)


def _list_failure(staging: Staging, cooperative_id: str, rule: str, name: str, file: str | None, note: str) -> None:
    staging.execute(
        f"INSERT INTO mapped.failures ({FAILURE_COLUMNS})"
        " VALUES (?, 'cooperatives', NULL, NULL, ?, ?, ?, NULL, NULL, ?)",
        [cooperative_id, rule, name, file, f"{OWN}: {note}"],
    )
