"""The account of every raw table after mapping: used + excluded + ignored = rows, and rows = the second count.

Also lists what nothing uses and `ignore` does not name, and amounts that were left behind by name.
"""

from fnmatch import fnmatchcase

from koop_pipeline.errors import ConfigError, DeliveryError
from koop_pipeline.mapping import raw_views
from koop_pipeline.mapping.block_run import FAILURE_COLUMNS, set_macros
from koop_pipeline.mapping.controls import control_shape, read_controls
from koop_pipeline.program.folder import Mapping
from koop_pipeline.program.program_file import Cooperative
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging, StagingError, literal, quoted, safe_message
from koop_pipeline.staging.halts import begin, halt

_NO_AMOUNT = (
    "id|no|nomor|kode|code|nik|nip|ktp|npwp|telp|telepon|hp|phone|kontak|rekening|rek|tgl|tanggal|tahun|thn|bulan|bln"
    "|periode|tenor|urut|level|ranking|status|flag|jk|pos|kodepos|port|rt|rw|umur|usia|persen|ke|date|time"
)
NOT_AMOUNT = f"^({_NO_AMOUNT})(_|$)|_({_NO_AMOUNT})$|^id|id$"
OWN = "unused"


def account_raw(staging: Staging, run: BatchRun) -> None:
    """Book every raw table of the cooperatives in scope, and read their control totals."""
    for name in ("mapped.raw_accounts", "mapped.ignored_amounts", "mapped.controls"):
        staging.clear(name, run.ids)
    staging.clear("mapped.failures", run.ids, f"note LIKE '{OWN}:%'")
    going = set(begin(staging, "map", run.ids, OWN))
    for cooperative in run.cooperatives:
        if cooperative.id in going:
            try:
                read_controls(staging, run, cooperative)
                _account_one(staging, run, cooperative)
            except (DeliveryError, ConfigError) as error:
                halt(staging, cooperative.id, "map", f"{cooperative.id}: {error}", OWN)
            except StagingError as error:
                reason = f"{cooperative.id}: its raw tables cannot be accounted for: {safe_message(error)}"
                halt(staging, cooperative.id, "map", reason, OWN)


def ignored_reason(mapping: Mapping, table: str, column: str | None = None) -> str | None:
    """Why the profile ignores a raw table, or a column of it; None where it does not."""
    for pattern, reason in mapping.profile.ignore.items():
        name = table if column is None else f"{table}.{column}"
        whole = column is not None and fnmatchcase(table.casefold(), pattern.casefold())
        if whole or fnmatchcase(name.casefold(), pattern.casefold()):
            return reason or "ignored"
    return None


def _account_one(staging: Staging, run: BatchRun, cooperative: Cooperative) -> None:
    mapping = run.mappings[cooperative.id]
    uses: dict[str, set[str]] = {}
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
    _book_tables(staging, mapping, cooperative, uses)


def _book_tables(staging: Staging, mapping: Mapping, cooperative: Cooperative, uses: dict[str, set[str]]) -> None:
    for file, table, rows, counted in staging.rows(
        "SELECT source_file, source_table, sum(rows)::BIGINT, sum(counted)::BIGINT FROM raw.tables"
        " WHERE cooperative_id = ? GROUP BY ALL ORDER BY ALL",
        [cooperative.id],
    ):
        used = excluded = ignored = 0
        reason = None
        if table in uses:
            excluded = _excluded_everywhere(staging, cooperative.id, file, table)
            used = _used(staging, cooperative.id, file, table, rows)
        else:
            reason = ignored_reason(mapping, table)
            ignored = rows
            if reason is None:
                reason = "not named"
                note = f"nothing in the profile uses the table {table} ({rows} rows), and 'ignore' does not name it"
                _list_unused(staging, cooperative.id, table, file, note)
        lost = _named_as_lost(staging, cooperative.id, file, table)
        if rows != used + excluded + ignored + lost:
            note = f"{table}: {rows} rows, but {used} used + {excluded} excluded + {ignored} ignored + {lost} lost"
            _list_failure(staging, cooperative.id, "MAP-RAW-01", table, file, note)
        staging.execute(
            "INSERT INTO mapped.raw_accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [cooperative.id, file, table, rows, counted, used, excluded, ignored, reason],
        )


def _named_as_lost(staging: Staging, cooperative_id: str, file: str, table: str) -> int:
    """Rows that a failure of their own already says did not come back."""
    return int(
        staging.value(
            "SELECT count(DISTINCT source_row) FROM mapped.failures WHERE cooperative_id = ? AND source_file = ?"
            " AND source_table = ? AND row IS NULL AND rule IN ('MAP-LOST-01', 'MAP-EXPR-01')"
            " AND note NOT LIKE 'the condition of the exclusion%'",
            [cooperative_id, file, table],
        )
    )


def _used(staging: Staging, cooperative_id: str, file: str, table: str, rows: int) -> int:
    """Rows of one file and raw table that came back from some block; all of them where it is only looked up."""
    leads = staging.rows(
        "SELECT DISTINCT table_name FROM mapped.blocks WHERE cooperative_id = ? AND list_contains(source_tables, ?)",
        [cooperative_id, table],
    )
    if not leads:
        return rows
    came_back = [
        f"SELECT _row_id AS row_id FROM mapped.{name} WHERE cooperative_id = $id AND _excluded IS NULL"
        for (name,) in leads
    ]
    came_back.append("SELECT row_id FROM mapped.list_rows WHERE cooperative_id = $id")
    relation = staging.value(
        "SELECT relation FROM raw.tables WHERE cooperative_id = ? AND source_table = ?", [cooperative_id, table]
    )
    return int(
        staging.value(
            f"SELECT count(*) FROM {relation} r WHERE r.cooperative_id = $id AND r.source_table = $table"
            f" AND r.source_file = $file AND r.row_id IN ({' UNION ALL '.join(came_back)})",
            {"id": cooperative_id, "table": table, "file": file},
        )
    )


def _excluded_everywhere(staging: Staging, cooperative_id: str, file: str, table: str) -> int:
    """Rows of one file and table that every block which leads from it excludes by name."""
    blocks = (
        "SELECT count(*) FROM mapped.blocks b WHERE b.cooperative_id = $id AND list_contains(b.source_tables, $table)"
        " AND b.branch IS NOT DISTINCT FROM r.branch"
    )
    relation = staging.value(
        "SELECT relation FROM raw.tables WHERE cooperative_id = ? AND source_table = ?", [cooperative_id, table]
    )
    return int(
        staging.value(
            f"SELECT count(*) FROM (SELECT e.row_id FROM mapped.excluded_rows e JOIN {relation} r USING (row_id)"
            " WHERE e.cooperative_id = $id AND r.cooperative_id = $id AND r.source_table = $table"
            f" AND r.source_file = $file GROUP BY e.row_id, r.branch HAVING count(*) >= ({blocks}))",
            {"id": cooperative_id, "table": table, "file": file},
        )
    )


def _unused_columns(
    staging: Staging, mapping: Mapping, raw: raw_views.RawTables, table: str, uses: dict[str, set[str]]
) -> None:
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
