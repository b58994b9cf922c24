"""Cleans a frame of mapped rows of one table that are read by the same settings: a pure function.

Row conservation: every row that goes in comes out, in the same order.
"""

from dataclasses import dataclass
from typing import Any

import polars as pl

from koop_pipeline.cleaning.columns import FINAL, canonical
from koop_pipeline.contracts import Table

PREFIXES = {
    "cooperatives": "COP",
    "officers": "OFF",
    "members": "MBR",
    "products": "PRD",
    "savings_accounts": "SAV",
    "savings_transactions": "TRX",
    "loans": "LON",
    "loan_instalments": "INS",
    "loan_repayments": "RPY",
    "collaterals": "COL",
    "accounts": "ACC",
}
TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "json": pl.String(),
    "money": pl.Decimal(18, 2),
    "rate": pl.Decimal(12, 6),
    "integer": pl.Int32(),
    "date": pl.Date(),
    "boolean": pl.Boolean(),
}
LINEAGE = ["_source_file", "_source_table", "_source_row"]
MARKS = ["_excluded", "_as_of", "_stands_for"]
BRANCH_KEYS = (
    "officer_no", "member_no", "account_no", "entry_no", "loan_no", "collateral_no", "account_code", "parent_code",
)  # fmt: skip


@dataclass(frozen=True)
class Cleaned:
    """`values`: the canonical rows with `_row`, `MARKS` and lineage. `failures`: one row a fault."""

    values: pl.DataFrame
    failures: pl.DataFrame


def clean(table: Table, mapped: pl.DataFrame, settings: dict[str, dict[str, Any]]) -> Cleaned:
    """Clean rows of `mapped.<table>` by the reading settings of each column; `branch` is carried as it is."""
    columns = [column for column in table.all_columns if column.name != "branch"]
    structs = (
        mapped.lazy()
        .select(canonical(column, settings.get(column.name, {})).alias(column.name) for column in columns)
        .collect()
    )
    values = mapped.select("cooperative_id", "branch", "_row", *MARKS, *LINEAGE).with_columns(
        structs[column.name].struct.field("value").cast(TYPES[column.kind]).alias(column.name) for column in columns
    )
    faults = [
        mapped.select(
            "cooperative_id",
            pl.lit(table.name).alias("table_name"),
            pl.col("_row").alias("row"),
            pl.lit(column.name).alias("column_name"),
            (pl.lit(PREFIXES[table.name] + "-") + structs[column.name].struct.field("fault")).alias("rule"),
            pl.col(column.name).alias("before"),
            *(pl.col(name).alias(name[1:]) for name in LINEAGE),
            pl.lit(None, dtype=pl.String).alias("note"),
            "_excluded",
        ).filter(pl.col("rule").is_not_null() & pl.col("_excluded").is_null())
        for column in columns
    ]
    failures = pl.concat(faults).drop("_excluded")
    return Cleaned(values.select("cooperative_id", *table.names, "_row", *MARKS, *LINEAGE), failures)


def final(table: Table) -> dict[str, dict[str, Any]]:
    """The settings by which every column of a table is read as canonical text."""
    return {column.name: FINAL for column in table.all_columns}


def prefix_keys(table: Table, values: pl.DataFrame) -> pl.DataFrame:
    """Put the branch before every key and reference; the key as the source has it stays in `source_no`."""
    if table.key:
        values = values.with_columns(source_no=pl.coalesce("source_no", pl.col(table.key[0]).cast(pl.String)))
    present = [name for name in BRANCH_KEYS if table.has(name)]
    return values.with_columns((pl.col("branch") + "-" + pl.col(name)).alias(name) for name in present)
