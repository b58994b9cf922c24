"""When entries were written down: those that bear an earlier day than the source's own books had reached by then.

Put here what an older dump or the order of a file proves. What follows for a balance belongs to the tables that have
balances.
"""

import polars as pl

from koop_pipeline.opening.cutoffs import until_cutoff, with_cutoff
from koop_pipeline.opening.failures import found, gather

MOST_LATE = 10
FILE = ["_source_file", "_source_table"]
WRITTEN = {"cooperative_id": pl.String(), "_row": pl.Int64(), "not_before": pl.Date()}
"""Entries that were written late, and the first day on which that can have been."""


def as_written(entries: pl.DataFrame, *, of: str, day: str) -> pl.DataFrame:
    """Entries with `_above` and `_had`: the latest day that the source's books had reached when they were written.

    `entries`: cooperative_id, `of` (account_no, loan_no), `day`, `_row` (their order in the source), `_source_file`,
    `_source_table`, `first_seen` and `last_seen` (the days of the first and last dump that have the entry; null for a
    single dump). An older dump proves it where it covers that time and lacks the entry (`_lacked`, its day). The order
    of a file proves it where the file is in the order of writing, newest first or last: where at most MOST_LATE percent
    of its entries are out of it.
    """
    groups = ["cooperative_id", of]
    return _after_an_older_dump(_out_of_order(entries.drop_nulls([of, day]), groups, day), groups, day)


def written_late(seen: pl.DataFrame, *, of: str, day: str) -> pl.DataFrame:
    """The columns WRITTEN, a row an entry that was surely written late; `seen` of `as_written`.

    Not before the day after the last dump that lacks it, nor before the day of an entry that stands before it in the
    order of writing. None of an account or loan from which a full newer dump took entries away: an entry that was
    changed looks like one that is new.
    """
    groups = ["cooperative_id", of]
    after = pl.when(pl.col("_had").is_not_null()).then(pl.col("_lacked") + pl.duration(days=1))
    late = seen.with_columns(not_before=pl.max_horizontal(after, "_above")).drop_nulls("not_before")
    if late.is_empty():
        return pl.DataFrame(schema=WRITTEN)
    return late.join(_taken_away(seen, groups, day), on=groups, how="anti").select(list(WRITTEN))


def _taken_away(entries: pl.DataFrame, groups: list[str], day: str) -> pl.DataFrame:
    """Accounts or loans of which the newest dump repeats older entries, but not all of the days that it covers."""
    newest = pl.col("last_seen") == pl.col("last_seen").max().over(groups)
    repeats = (newest & (pl.col("first_seen") < pl.col("last_seen"))).any().over(groups)
    covered = pl.col(day) >= pl.col(day).filter(newest).min().over(groups)
    return entries.filter((repeats & ~newest & covered).fill_null(False)).select(groups).unique()


def back_dated(seen: pl.DataFrame, cutoffs: pl.DataFrame, *, day: str, rule: str, table: str) -> pl.DataFrame:
    """`rule`: entries up to the cut-off that the source wrote after a later-dated entry of the same account or loan;
    `seen` of `as_written`.
    """
    seen = with_cutoff(seen, cutoffs)
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
    if not _any_falls(entries, within, day):
        return entries.sort("cooperative_id", "_row").with_columns(_above=pl.lit(None, pl.Date))
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


def _any_falls(entries: pl.DataFrame, within: list[str], day: str) -> bool:
    """Whether any entry bears an earlier day than the one before it in its account or loan and file."""
    numbers = entries.select(within).unique().with_row_index("_within")
    frame = entries.select(*within, "_row", day).join(numbers, on=within, how="left", nulls_equal=True)
    frame = frame.select("_within", "_row", day).sort("_within", "_row")
    falls = (pl.col("_within") == pl.col("_within").shift(1)) & (pl.col(day) < pl.col(day).shift(1))
    return bool(frame.select(falls.any()).item())


def _after_an_older_dump(entries: pl.DataFrame, groups: list[str], day: str) -> pl.DataFrame:
    """`_had`: the latest day that older dumps have of this account, where they reach from before the entry to after;
    `_lacked`: the day of the last of them.
    """
    seen = entries.drop_nulls("first_seen")
    if seen.is_empty():
        return entries.with_columns(_had=pl.lit(None, pl.Date), _lacked=pl.lit(None, pl.Date))
    dumps = (
        seen.group_by(*groups, "first_seen")
        .agg(_first=pl.col(day).min(), _last=pl.col(day).max())
        .sort(*groups, "first_seen")
        .with_columns(
            _from=pl.col("_first").cum_min().shift(1).over(groups),
            _to=pl.col("_last").cum_max().shift(1).over(groups),
            _lacked=pl.col("first_seen").shift(1).over(groups),
        )
        .select(*groups, "first_seen", "_from", "_to", "_lacked")
    )
    frame = entries.join(dumps, on=[*groups, "first_seen"], how="left", maintain_order="left")
    inside = (pl.col(day) >= pl.col("_from")) & (pl.col(day) < pl.col("_to"))
    return frame.with_columns(_had=pl.when(inside).then("_to"))
