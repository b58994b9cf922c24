"""Cleans a frame of mapped rows of one table that are read by the same settings: a pure function.

Row conservation: every row that goes in comes out, in the same order.
"""

from dataclasses import dataclass
from typing import Any

import polars as pl

from koop_pipeline.cleaning.columns import FINAL, canonical
from koop_pipeline.contracts import Table
from koop_pipeline.contracts.model import Column

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
    read = {column.name: _read(column, mapped[column.name], settings.get(column.name, {})) for column in columns}
    values = mapped.select("cooperative_id", "branch", "_row", *MARKS, *LINEAGE).with_columns(
        cells["value"].alias(name) for name, cells in read.items()
    )
    faults = [_faults(table, mapped, name, cells["fault"]) for name, cells in read.items()]
    return Cleaned(values.select("cooperative_id", *table.names, "_row", *MARKS, *LINEAGE), pl.concat(faults))


def _read(column: Column, texts: pl.Series, settings: dict[str, Any]) -> pl.DataFrame:
    """`value` and `fault` of each text; where texts repeat, each different one is read only once."""
    different = texts.unique()
    read = different.to_frame().select(column.name, canonical(column, settings).alias("_read"))
    read = read.select(
        column.name,
        pl.col("_read").struct.field("value").cast(TYPES[column.kind]),
        pl.col("_read").struct.field("fault").cast(pl.String),
    )
    return texts.to_frame().join(read, on=column.name, how="left", nulls_equal=True, maintain_order="left")


def _faults(table: Table, mapped: pl.DataFrame, name: str, fault: pl.Series) -> pl.DataFrame:
    """One row a fault of a column, excluded rows left out."""
    faulty = fault.is_not_null() & mapped["_excluded"].is_null()
    return mapped.with_columns(fault.alias("_fault")).filter(faulty).select(
        "cooperative_id",
        pl.lit(table.name).alias("table_name"),
        pl.col("_row").alias("row"),
        pl.lit(name).alias("column_name"),
        (pl.lit(PREFIXES[table.name] + "-") + pl.col("_fault")).alias("rule"),
        pl.col(name).alias("before"),
        *(pl.col(lineage).alias(lineage[1:]) for lineage in LINEAGE),
        pl.lit(None, dtype=pl.String).alias("note"),
    )  # fmt: skip


def final(table: Table) -> dict[str, dict[str, Any]]:
    """The settings by which every column of a table is read as canonical text."""
    return {column.name: FINAL for column in table.all_columns}


def prefix_keys(table: Table, values: pl.DataFrame) -> pl.DataFrame:
    """Put the branch before every key and reference; the key as the source has it stays in `source_no`."""
    if table.key:
        values = values.with_columns(source_no=pl.coalesce("source_no", pl.col(table.key[0]).cast(pl.String)))
    present = [name for name in BRANCH_KEYS if table.has(name)]
    return values.with_columns((pl.col("branch") + "-" + pl.col(name)).alias(name) for name in present)
