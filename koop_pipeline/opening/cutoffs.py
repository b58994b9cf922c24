"""The cut-off of each cooperative and the day of each row, and which entries were written down late.

Put here what `cutoffs` (cooperative_id, cutoff_on, as_of) means, and which movements lie between the day of a balance
and the cut-off. Bringing a balance to the cut-off belongs to the tables that have balances.
"""

import polars as pl

from koop_pipeline.opening.failures import found, gather

MOST_LATE = 10
FILE = ["_source_file", "_source_table"]


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
