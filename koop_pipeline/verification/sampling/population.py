"""The lists that are drawn from: what was delivered (`mapped`, as the profile turned raw into rows) and the target.

A delivered key carries its branch in front where there is one. A delivered amount is read from its text by the decimal
mark of its block; one that cannot be read is null.
"""

import polars as pl

from koop_pipeline.contracts import TABLES
from koop_pipeline.identifiers import rupiah
from koop_pipeline.identifiers.numeral import DecimalMark
from koop_pipeline.staging import Staging, literal, quoted
from koop_pipeline.verification.sampling.strata import AMOUNTS
from koop_pipeline.verification.sampling.target import Relation

AMOUNT = pl.Decimal(18, 2)


def key_sql(table: str, alias: str) -> str:
    """The key as delivered, '' where a row has none."""
    key = TABLES[table].key
    if not key:
        return f"{alias}.cooperative_id"
    text = f"trim({alias}.{quoted(key[0])})"
    return f"coalesce(CASE WHEN {alias}.branch IS NULL THEN {text} ELSE {alias}.branch || '-' || {text} END, '')"


def delivered(staging: Staging, cooperative_id: str, table: str) -> pl.DataFrame:
    """Every delivered row: key, row; of a table with amounts also amount (null: none to read) and left_behind."""
    if table not in AMOUNTS:
        return staging.frame(
            f"SELECT {key_sql(table, 'm')} AS key, m._row AS row FROM mapped.{quoted(table)} m"
            " WHERE m.cooperative_id = ?",
            [cooperative_id],
        )
    column = AMOUNTS[table]
    frame = staging.frame(
        f"SELECT {key_sql(table, 'm')} AS key, m._row AS row, m.{quoted(column)} AS text, {mark_sql(column)} AS mark,"
        " m._excluded IS NOT NULL OR x.row IS NOT NULL AS left_behind"
        f" FROM mapped.{quoted(table)} m LEFT JOIN mapped.readings r ON r.reading = m._reading"
        " LEFT JOIN (SELECT DISTINCT row FROM cleaned.exclusions WHERE cooperative_id = $id"
        f" AND table_name = {literal(table)}) x ON x.row = m._row WHERE m.cooperative_id = $id",
        {"id": cooperative_id},
    )
    return frame.select("key", "row", read_amount().alias("amount"), "left_behind")


def in_target(staging: Staging, cooperative_id: str, table: str, relation: Relation) -> pl.DataFrame:
    """Every row of the target: key, row (0), amount."""
    return staging.frame(
        f"SELECT t.{quoted(TABLES[table].key[0])} AS key, 0::BIGINT AS row, t.{quoted(AMOUNTS[table])} AS amount"
        f" FROM {relation(table)} t WHERE t.cooperative_id = ?",
        [cooperative_id],
    )


def mark_sql(column: str) -> str:
    """The decimal mark by which a column of a mapped row is read; `r` is its reading."""
    return (
        f"CASE WHEN r.reading IS NULL OR coalesce((r.settings::JSON ->> '$.{column}.final')::BOOLEAN, false) THEN '.'"
        f" ELSE coalesce(r.settings::JSON ->> '$.{column}.decimal', ',') END"
    )


def read_amount() -> pl.Expr:
    """The amount that `text` says by `mark`."""
    text = pl.col("text").cast(pl.String)
    return pl.when(pl.col("mark") == ".").then(_by_mark(text, ".")).otherwise(_by_mark(text, ",")).cast(AMOUNT)


def _by_mark(text: pl.Expr, mark: DecimalMark) -> pl.Expr:
    return rupiah.canonical(text, decimal=mark).struct.field("value")
