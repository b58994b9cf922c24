"""Frames of canonical tables with the types that this package works on: `cooperative_id`, the columns, `_row`.

Put here types only; the columns themselves are declared in `contracts/`.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from koop_pipeline.contracts import TABLES
from koop_pipeline.contracts.model import Kind
from koop_pipeline.opening.money import MONEY, RATE

TYPES: dict[Kind, pl.DataType] = {
    "text": pl.String(),
    "money": MONEY,
    "rate": RATE,
    "integer": pl.Int32(),
    "date": pl.Date(),
    "boolean": pl.Boolean(),
    "json": pl.String(),
}

DAYS: dict[str, pl.DataType] = {"_as_of": pl.Date(), "_reach": pl.Date()}
"""Beside a row with a balance: the day for which it stands, and the day to which its branch's movements are known."""
WITH_BALANCE = ("savings_accounts", "loans", "accounts")


def schema(table: str) -> dict[str, pl.DataType]:
    """The Polars types of a canonical table, with `cooperative_id` first and `_row` (the row's number) last."""
    columns = {column.name: TYPES[column.kind] for column in TABLES[table].all_columns}
    return {"cooperative_id": pl.String(), **columns, "_row": pl.Int64()}


def frame(table: str, rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Rows as a frame of that table; a column that a row leaves out is null, `_row` counts from 1.

    A table in WITH_BALANCE has the columns DAYS too.
    """
    numbered = [{**row, "_row": number} for number, row in enumerate(rows, start=1)]
    return pl.DataFrame(numbered, schema=schema(table) | (DAYS if table in WITH_BALANCE else {}))
