"""What the step finds and writes down: the frame `failures`, one row a finding.

Put here the shape and how it is filled. Which findings there are stands with the code that makes them; what follows
from a finding stands in `expectations/`.
"""

import polars as pl

SCHEMA: dict[str, pl.DataType] = {
    "cooperative_id": pl.String(),
    "table_name": pl.String(),
    "row": pl.Int64(),
    "column_name": pl.String(),
    "rule": pl.String(),
    "before": pl.String(),
    "note": pl.String(),
}


def found(
    frame: pl.DataFrame, where: pl.Expr, *, rule: str, table: str, column: str, before: pl.Expr, note: pl.Expr
) -> pl.DataFrame:
    """The rows of `frame` (with `cooperative_id`, `_row`) where `where` is true, as failures of `rule`.

    `before` is the source's own value as text, `note` one English sentence; amounts may stand in it, persons may not.
    Rows lie in one piece when sentences are made of them: Polars 2.1 fails on a column whose first piece is empty.
    """
    return (
        frame.filter(where.fill_null(False))
        .rechunk()
        .select(
            pl.col("cooperative_id").cast(pl.String),
            pl.lit(table).alias("table_name"),
            pl.col("_row").cast(pl.Int64).alias("row"),
            pl.lit(column).alias("column_name"),
            pl.lit(rule).alias("rule"),
            before.cast(pl.String).alias("before"),
            note.cast(pl.String).alias("note"),
        )
    )


def gather(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """All findings in a stable order."""
    frame = pl.concat([pl.DataFrame(schema=SCHEMA), *parts])
    return frame.sort("cooperative_id", "rule", "table_name", "row", "column_name")
