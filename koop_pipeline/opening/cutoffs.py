"""The cut-off of each cooperative, laid beside its rows.

Put here what `cutoffs` (cooperative_id, cutoff_on, as_of) means. Rolling back belongs to the tables that are rolled
back.
"""

import polars as pl


def with_cutoff(frame: pl.DataFrame, cutoffs: pl.DataFrame) -> pl.DataFrame:
    """`frame` with `cutoff_on` and `as_of` (the cut-off itself where it is null), one row for each row of `frame`.

    ValueError where a cooperative has no cut-off, or two.
    """
    days = cutoffs.select("cooperative_id", "cutoff_on", as_of=pl.coalesce("as_of", "cutoff_on"))
    twice = days.filter(days["cooperative_id"].is_duplicated())
    if not twice.is_empty():
        raise ValueError(f"cooperative {twice['cooperative_id'][0]} has more than one cut-off")
    missing = (
        frame.select("cooperative_id").unique().join(days.drop_nulls("cutoff_on"), on="cooperative_id", how="anti")
    )
    if not missing.is_empty():
        raise ValueError(f"cooperative {missing['cooperative_id'].sort()[0]} has no cut-off")
    return frame.join(days, on="cooperative_id", how="left", maintain_order="left")


def until_cutoff(day: str) -> pl.Expr:
    """Whether a movement is in the balances that open: `day` is the cut-off day or earlier."""
    return pl.col(day) <= pl.col("cutoff_on")


def rolled_back(day: str) -> pl.Expr:
    """Whether a movement is in the delivered balances and must be taken out: after the cut-off, not after `as_of`."""
    return (pl.col(day) > pl.col("cutoff_on")) & (pl.col(day) <= pl.col("as_of"))
