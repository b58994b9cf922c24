"""Corrections laid over what was delivered: cells that change, rows that go, rows that were missing.

What was delivered is read by the settings of its profile; what a correction says is canonical text already. Both go
through the same verbs, so a wrong correction is a named failure like a wrong delivery.
"""

import polars as pl

from koop_pipeline.cleaning.frame import BRANCH_KEYS, LINEAGE, MARKS, Cleaned, clean, final
from koop_pipeline.contracts import Table
from koop_pipeline.staging import Staging, literal

FILLED = "_koop_cleaned"
EXCLUDED = "COR-EXCLUDE-01"
KEY = ["cooperative_id", "_row"]
APPLIED = "outcome = 'applied' AND action IN ('set', 'allocate')"


def corrected_cells(staging: Staging, table: Table, ids: list[str]) -> pl.DataFrame:
    """The cells that change: cooperative_id, _row, column_name, value; one row a cell."""
    return staging.frame(
        "SELECT cooperative_id, row AS _row, column_name, value FROM mapped.corrections"
        f" WHERE table_name = ? AND {APPLIED} AND cooperative_id IN (SELECT unnest(?)) ORDER BY ALL",
        [table.name, ids],
    )


def without_corrected(mapped: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """The mapped rows with the cells that are corrected left empty, so that what stood there fails no rule."""
    for column in cells["column_name"].unique(maintain_order=True):
        wrong = cells.filter(pl.col("column_name") == column).select(*KEY, _wrong=pl.lit(True))
        joined = mapped.join(wrong, on=KEY, how="left", maintain_order="left")
        mapped = joined.with_columns(pl.when(pl.col("_wrong").is_null()).then(pl.col(column)).alias(column)).drop(
            "_wrong"
        )
    return mapped


def lay_over(
    table: Table, mapped: pl.DataFrame, values: pl.DataFrame, cells: pl.DataFrame, branches: dict[str, list[str]]
) -> Cleaned:
    """`values` (cleaned from `without_corrected`) with the corrected cells, and the failures of the corrections.

    `branches`: those of each cooperative whose keys carry them. A corrected number without one gets that of its row.
    """
    columns = cells["column_name"].unique(maintain_order=True).to_list()
    said = mapped.join(cells.select(KEY).unique(), on=KEY, how="semi")
    said = said.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in table.names if name != "branch")
    for column in columns:
        new = cells.filter(pl.col("column_name") == column).select(*KEY, _new="value")
        joined = said.join(new, on=KEY, how="left", maintain_order="left")
        said = joined.with_columns(pl.col("_new").alias(column)).drop("_new")
    read = clean(table, said, final(table))
    for column in columns:
        changed = cells.filter(pl.col("column_name") == column).select(KEY)
        new = read.values.join(changed, on=KEY, how="semi").with_columns(_branched(table, column, branches))
        new = new.select(*KEY, _new=column, _is=pl.lit(True))
        joined = values.join(new, on=KEY, how="left", maintain_order="left")
        values = joined.with_columns(
            pl.when(pl.col("_is").is_null()).then(pl.col(column)).otherwise(pl.col("_new")).alias(column)
        ).drop("_new", "_is")
    return Cleaned(values, read.failures)


def _branched(table: Table, column: str, branches: dict[str, list[str]]) -> pl.Expr:
    """A key or reference with the branch of its row before it, where the cooperative has branches and it names none."""
    if column not in BRANCH_KEYS or not branches:
        return pl.col(column)
    named = pl.any_horizontal(
        (pl.col("cooperative_id") == one) & pl.col(column).str.starts_with(f"{branch}-")
        for one, listed in branches.items()
        for branch in listed
    )
    wants = pl.col("cooperative_id").is_in(list(branches)) & ~named
    return pl.when(wants).then(pl.col("branch") + "-" + pl.col(column)).otherwise(pl.col(column)).alias(column)


def add_missing(staging: Staging, table: Table, ids: list[str]) -> None:
    """Insert the rows that corrections add into the table being cleaned; their failures into `cleaned.failures`."""
    cells = staging.frame(
        "SELECT cooperative_id, row AS _row, column_name, value, place, number FROM mapped.added_cells"
        " WHERE table_name = ? AND cooperative_id IN (SELECT unnest(?)) ORDER BY ALL",
        [table.name, ids],
    )
    if cells.is_empty():
        return
    wide = cells.pivot(on="column_name", index=[*KEY, "place", "number"], values="value")
    absent = [name for name in table.names if name not in wide.columns]
    wide = wide.with_columns(
        *(pl.lit(None, dtype=pl.String).alias(name) for name in [*absent, "_excluded", "_source_table"]),
        *(pl.lit(None, dtype=pl.Date).alias(name) for name in ("_as_of", "_stands_for")),
        _source_file=pl.lit("correction: ") + pl.col("place"),
        _source_row=pl.col("number"),
    )
    cleaned = clean(table, wide.select("cooperative_id", *table.names, "_row", *MARKS, *LINEAGE), final(table))
    staging.insert(FILLED, cleaned.values)
    staging.insert("cleaned.failures", cleaned.failures)


def take_out(staging: Staging, table: Table) -> None:
    """Mark the rows that corrections take out."""
    staging.execute(
        f"UPDATE {FILLED} f SET _excluded = {literal(EXCLUDED)} FROM mapped.corrections c WHERE c.table_name = ?"
        " AND c.action = 'exclude' AND c.outcome = 'applied' AND c.cooperative_id = f.cooperative_id"
        " AND c.row = f._row AND f._excluded IS NULL",
        [table.name],
    )
