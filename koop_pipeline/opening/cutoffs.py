"""The cut-off of each cooperative and the day of each row.

Put here what `cutoffs` (cooperative_id, cutoff_on, as_of) means, and which movements lie between the day of a balance
and the cut-off. Bringing a balance to the cut-off belongs to the tables that have balances; which entries were written
down late is `written.py`.
"""

import polars as pl


def with_cutoff(frame: pl.DataFrame, cutoffs: pl.DataFrame) -> pl.DataFrame:
    """`frame` with `cutoff_on` and `as_of`, the day for which a row stands, one row for each row of `frame`.

    as_of: the row's own `_as_of`, else the day of its cooperative, else the cut-off. ValueError where a cooperative has
    no cut-off, or two.
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
    dated = frame.join(days, on="cooperative_id", how="left", maintain_order="left")
    return dated.with_columns(as_of=pl.coalesce("_as_of", "as_of")) if "_as_of" in frame.columns else dated


def until_cutoff(day: str) -> pl.Expr:
    """Whether a movement is in the balances that open: `day` is the cut-off day or earlier."""
    return pl.col(day) <= pl.col("cutoff_on")


def between(day: str) -> pl.Expr:
    """How a movement counts towards bringing a balance of `as_of` to the cut-off: 1 where it is not in it yet, -1 where
    it must be taken out (it is of after the cut-off), else 0.
    """
    forward = (pl.col(day) > pl.col("as_of")) & (pl.col(day) <= pl.col("cutoff_on"))
    back = (pl.col(day) > pl.col("cutoff_on")) & (pl.col(day) <= pl.col("as_of"))
    return (pl.when(forward).then(1).when(back).then(-1).otherwise(0)).cast(pl.Int128)


def another_day() -> pl.Expr:
    """Whether a balance stands for another day than the cut-off."""
    return pl.col("as_of") != pl.col("cutoff_on")


def known_between() -> pl.Expr:
    """Whether all movements between `as_of` and the cut-off are known: `_reach`, the day to which they are delivered,
    is not before the later of the two.
    """
    return (pl.col("_reach") >= pl.max_horizontal("as_of", "cutoff_on")).fill_null(False)


def with_first(balances: pl.DataFrame, movements: pl.DataFrame, day: str) -> pl.DataFrame:
    """`balances` with `_first`, the day of the first movement of their branch; both frames name the branch."""
    branch = ["cooperative_id", "branch"]
    first = movements.group_by(branch).agg(_first=pl.col(day).min())
    return balances.join(first, on=branch, how="left", nulls_equal=True, maintain_order="left")


def begins_late() -> pl.Expr:
    """Whether the movements of a branch begin after the earlier of both days, so that some between may be missing."""
    return pl.col("_first") > pl.min_horizontal("as_of", "cutoff_on") + pl.duration(days=1)


def brought_note(stored: str, moved: pl.Expr, balance: pl.Expr) -> pl.Expr:
    """The sentence of `CUT-03`; rupiah."""
    return pl.format(
        "the balance of Rp {} stands for {}; the movements between it and the cut-off day {}, Rp {} together, bring it"
        " to Rp {}", stored, "as_of", "cutoff_on", moved, balance,
    )  # fmt: skip
