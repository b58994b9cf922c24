"""The cut-off of each cooperative, laid beside its rows, and which entries were written down late.

Put here what `cutoffs` (cooperative_id, cutoff_on, as_of) means. Rolling back belongs to the tables that are rolled
back.
"""

import polars as pl

from koop_pipeline.opening.failures import found, gather

MOST_LATE = 10
FILE = ["_source_file", "_source_table"]


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


def back_dated(
    entries: pl.DataFrame, cutoffs: pl.DataFrame, *, of: str, day: str, rule: str, table: str
) -> pl.DataFrame:
    """`rule`: entries up to the cut-off that the source wrote after a later-dated entry of the same account or loan.

    `entries`: cooperative_id, `of` (account_no, loan_no), `day`, `_row` (their order in the source), `_source_file`,
    `_source_table`, `first_seen` (the day of the first dump that has the entry; null for a single dump). An older dump
    proves it where it covers that time and lacks the entry. The order of a file proves it where the file is in the
    order of writing, newest first or last: where at most MOST_LATE percent of its entries are out of it.
    """
    known = with_cutoff(entries.drop_nulls([of, day]), cutoffs)
    groups = ["cooperative_id", of]
    seen = _after_an_older_dump(_out_of_order(known, groups, day), groups, day)
    dump = pl.format("the source did not have it yet when it had an entry of {}", "_had")
    order = pl.format("it stands after an entry of {}", "_above")
    return gather([
        found(
            seen, until_cutoff(day) & pl.any_horizontal(pl.col("_had", "_above").is_not_null()), rule=rule,
            table=table, column=day, before=pl.col(day),
            note=pl.format("dated {}, but written later: {}", day, pl.coalesce(dump, order)),
        )
    ])  # fmt: skip


def _out_of_order(entries: pl.DataFrame, groups: list[str], day: str) -> pl.DataFrame:
    """`_above`: the latest day among the entries written before, where it is later; null in a file without an order."""
    within = [*groups, *FILE]
    frame = entries.sort("cooperative_id", "_row").with_columns(
        _up=pl.col(day).cum_max().shift(1).over(within),
        _down=pl.col(day).cum_max(reverse=True).shift(-1).over(within),
        _several=pl.len().over(within) > 1,
    )
    late = {side: (pl.col(day) < pl.col(side)).fill_null(False) for side in ("_up", "_down")}
    file = ["cooperative_id", *FILE]
    ups, downs = (late[side].sum().over(file) for side in ("_up", "_down"))
    ordered = pl.min_horizontal(ups, downs) * 100 <= pl.col("_several").sum().over(file) * MOST_LATE
    above = {side: pl.when(found_late).then(side) for side, found_late in late.items()}
    written = pl.when(ups <= downs).then(above["_up"]).otherwise(above["_down"])
    return frame.with_columns(_above=pl.when(ordered).then(written))


def _after_an_older_dump(entries: pl.DataFrame, groups: list[str], day: str) -> pl.DataFrame:
    """`_had`: the latest day that older dumps have of this account, where they reach from before the entry to after."""
    dumps = (
        entries.drop_nulls("first_seen")
        .group_by(*groups, "first_seen")
        .agg(_first=pl.col(day).min(), _last=pl.col(day).max())
        .sort(*groups, "first_seen")
        .with_columns(
            _from=pl.col("_first").cum_min().shift(1).over(groups), _to=pl.col("_last").cum_max().shift(1).over(groups)
        )
        .select(*groups, "first_seen", "_from", "_to")
    )
    frame = entries.join(dumps, on=[*groups, "first_seen"], how="left", maintain_order="left")
    inside = (pl.col(day) >= pl.col("_from")) & (pl.col(day) < pl.col("_to"))
    return frame.with_columns(_had=pl.when(inside).then("_to"))
