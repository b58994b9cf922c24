"""Takes the control totals of a hop when its step is done, so that a later change of the same table shows.

Hops: delivered (the second counter), extracted (raw rows that blocks read), mapped, cleaned, opened (what the gate
judges), promoted (the target when its step ends), read_back (the target when it is verified). Put here the taking;
what may differ between two hops, and why, is `explain.py`.
"""

import json

from koop_pipeline.contracts import PROMOTED, TABLES, Table
from koop_pipeline.identifiers.numeral import DecimalMark
from koop_pipeline.identifiers.sql import macros
from koop_pipeline.proof.measures import MEASURED, MODULUS, Measured, measure, measure_text
from koop_pipeline.staging import Staging, literal, quoted

HOPS = ("delivered", "extracted", "mapped", "cleaned", "opened", "promoted", "read_back")
TOTALS = "proof.totals"
SEALED = "proof.sealed"
OPENED = (
    "opening_savings_balances", "savings_positions", "loan_schedules", "loan_positions", "repayment_parts",
    "accrued_interest", "allowances", "opening_trial_balance",
)  # fmt: skip
"""What the step open leaves for the gate: nobody may change it in between."""
KEPT_TEXT = "t._excluded IS NULL"


def _forget(staging: Staging, hop: str, table: str, ids: list[str]) -> None:
    """Totals of this hop and of all later ones are no longer true."""
    staging.execute(
        f"DELETE FROM {TOTALS} WHERE table_name = ? AND hop IN (SELECT unnest(?)) AND cooperative_id IN"
        " (SELECT unnest(?))",
        [table, list(HOPS[HOPS.index(hop) :]), ids],
    )


def record_mapped(staging: Staging, table: Table, ids: list[str]) -> None:
    """Delivered, extracted and mapped totals of a table."""
    _forget(staging, "delivered", table.name, ids)
    blocks = "mapped.blocks WHERE table_name = $table AND cooperative_id IN (SELECT unnest($ids::VARCHAR[]))"
    parameters = {"table": table.name, "ids": ids}
    read = (
        f"(SELECT DISTINCT cooperative_id, block, branch, unnest(source_tables) AS source_table FROM {blocks}) b"
        " JOIN raw.tables r ON r.cooperative_id = b.cooperative_id AND r.source_table = b.source_table"
        " AND r.branch IS NOT DISTINCT FROM b.branch"
    )
    empty = "'', {0}, 0, 0, 0, 0, 0"
    staging.execute(
        f"INSERT INTO {TOTALS} SELECT b.cooperative_id, 'delivered', $table,"
        f" {empty.format('sum(coalesce(r.counted, r.rows))')} FROM {read} GROUP BY ALL",
        parameters,
    )
    staging.execute(
        f"INSERT INTO {TOTALS} SELECT cooperative_id, 'extracted', $table, {empty.format('sum(leading_rows)')}"
        f" FROM {blocks} GROUP BY ALL",
        parameters,
    )
    insert_text_measures(staging, TOTALS, MEASURED[table.name], "mapped", KEPT_TEXT, ids)


def insert_text_measures(staging: Staging, into: str, measured: Measured, hop: str, where: str, ids: list[str]) -> None:
    """Measure `mapped.<table>` rows that fulfil `where`, its amounts read by the decimal mark of each block."""
    table = TABLES[measured.table]
    amount, column = _amount_of_text(measured)
    by_mark: dict[DecimalMark, list[int]] = {",": [], ".": []}
    for reading, text in staging.rows(
        "SELECT reading, settings FROM mapped.readings WHERE table_name = ?", [table.name]
    ):
        settings = json.loads(text).get(column, {})
        by_mark["." if settings.get("final") else settings.get("decimal", ",")].append(reading)
    for mark, readings in by_mark.items():
        staging.use_macros(macros(dates="dmy", decimal=mark, strict=False))
        those = f"(list_contains(?::BIGINT[], t._reading){' OR t._reading IS NULL' if mark == '.' else ''})"
        scope = f"{where} AND {those} AND t.cooperative_id IN (SELECT unnest(?::VARCHAR[]))"
        sql = measure_text(measured, hop, f"mapped.{quoted(table.name)}", amount, scope)
        staging.execute(f"INSERT INTO {into} {sql}", [readings, ids])


def _amount_of_text(measured: Measured) -> tuple[str, str]:
    """SQL that reads the amount from mapped text, and the column whose settings say how it is written."""
    if measured.table == "accounts":
        return "coalesce(rupiah(t.debit), 0) - coalesce(rupiah(t.credit), 0)", "debit"
    column = measured.amount.removeprefix("t.")
    if not TABLES[measured.table].has(column):
        return measured.amount, ""
    return f"rupiah(t.{quoted(column)})", column


def record_cleaned(staging: Staging, table: Table, ids: list[str]) -> None:
    """Totals of `cleaned.<table>`, by product."""
    _record(staging, table, "cleaned", f"cleaned.{quoted(table.name)}", "cleaned.", ids)


def seal(staging: Staging, table: str, ids: list[str]) -> None:
    """Remember what the step open left of `opening.<table>`: rows and the hash of all columns, a row a cooperative."""
    scope = "cooperative_id IN (SELECT unnest(?::VARCHAR[]))"
    staging.execute(f"DELETE FROM {SEALED} WHERE table_name = ? AND {scope}", [table, ids])
    staging.execute(f"INSERT INTO {SEALED} {contents(table)} WHERE {scope} GROUP BY ALL", [ids])


def contents(table: str) -> str:
    """A SELECT of the columns of `proof.sealed` over `opening.<table>` as it is now; wants WHERE and GROUP BY."""
    return (
        f"SELECT cooperative_id, {literal(table)} AS table_name, count(*) AS rows,"
        f" sum(hash(hash(*COLUMNS(*)))) % {MODULUS} AS content FROM opening.{table}"
    )


def record_opened(staging: Staging, ids: list[str]) -> None:
    """Totals of what the gate judges: `checked.<table>`, by product."""
    for table in TABLES.values():
        _record(staging, table, "opened", f"checked.{quoted(table.name)}", "checked.", ids)


def record_target(staging: Staging, hop: str, ids: list[str], there: str) -> None:
    """Totals of what the target holds, at the end of the step promote or verify; `there` + table shows it."""
    for table in PROMOTED:
        _record(staging, table, hop, f"{there}{table.name}", there, ids)


def forget_target(staging: Staging, hop: str, ids: list[str]) -> None:
    """The target could not be read: what an earlier run found of this hop and of later ones is no longer said."""
    later = list(HOPS[HOPS.index(hop) :])
    for book in (TOTALS, "proof.breaks"):
        staging.clear(book, ids, f"hop IN ({', '.join(map(literal, later))})")


def _record(staging: Staging, table: Table, hop: str, source: str, parents: str, ids: list[str]) -> None:
    _forget(staging, hop, table.name, ids)
    sql = measure(MEASURED[table.name], hop, source, parents=parents, of=ids)
    staging.execute(f"INSERT INTO {TOTALS} {sql}")
