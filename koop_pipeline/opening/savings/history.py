"""The history of savings accounts (mutasi) as the source wrote it: does each balance follow from the one before?

Put here what a row says about the row before it, and where the chain ends. What a history sums to, and how it explains
a balance, is `balances.py`.

An account's rows are read by date and place in the source. Sources also list the newest first, or keep rows that were
dated back in the order of entry; so where a chain breaks, the other orders are tried, and the one with the fewest
breaks is taken for the source's own.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import rupiah, sen

KEY = ["cooperative_id", "account_no"]
ORDERS: tuple[tuple[list[str], list[bool]], ...] = (
    (["posted_on", "_row"], [False, False]),
    (["posted_on", "_row"], [False, True]),
    (["_row"], [False]),
    (["_row"], [True]),
)


def chains(transactions: pl.DataFrame) -> pl.DataFrame:
    """One row an account that has a `balance_after`: `_end` (the running balance after all its rows, sen; what is
    written last and the amounts after it), and of its first break `_row`, `_amount`, `_written`, `_follows`; `_count`
    of breaks.

    `transactions`: savings_transactions of accounts whose number stands once.
    """
    entries = transactions.select(
        *KEY, "posted_on", "_row", _amount=sen("amount").fill_null(0), _written=sen("balance_after")
    )
    rest = entries.drop_nulls("account_no").filter(pl.col("_written").count().over(KEY) > 0)
    tried = []
    for place, (columns, descending) in enumerate(ORDERS):
        ordered = _ordered(rest, columns, descending)
        breaks = ordered.filter((pl.col("_written") != pl.col("_follows")).fill_null(False))
        tried.append(_first(ordered, breaks, place))
        rest = rest.join(breaks.select(KEY).unique(), on=KEY, how="semi", maintain_order="left")
    return pl.concat(tried).sort(*KEY, "_count", "_place").unique(KEY, keep="first", maintain_order=True)


def running_balance_failures(best: pl.DataFrame) -> pl.DataFrame:
    """`TRX-BAL-01`: the first row of each account whose `balance_after` is not the one before plus the amount.

    `best`: of `chains`. A row without `balance_after` is passed over, its amount is not; the first balance of an
    account has nothing before it and is taken as it is.
    """
    several = pl.format("; {} breaks in this account", "_count")
    return found(
        best, pl.col("_count") > 0, rule="TRX-BAL-01", table="savings_transactions", column="balance_after",
        before=rupiah("_written"),
        note=pl.format(
            "the running balance first breaks here: Rp {} is written, Rp {} follows from the balance before and the"
            " amount of Rp {}, a difference of Rp {}{}",
            rupiah("_written"), rupiah("_follows"), rupiah("_amount"), rupiah(pl.col("_written") - pl.col("_follows")),
            pl.when(pl.col("_count") > 1).then(several).otherwise(pl.lit("")),
        ),
    )  # fmt: skip


def _ordered(entries: pl.DataFrame, columns: list[str], descending: list[bool]) -> pl.DataFrame:
    """The rows in that order; `_start`, what a written balance leaves before all amounts, and `_follows`, the balance
    that the chain so far leads to.
    """
    ordered = entries.sort(*KEY, *columns, descending=[False, False, *descending])
    so_far = pl.col("_amount").cum_sum().over(KEY)
    ordered = ordered.with_columns(_so_far=so_far).with_columns(_start=pl.col("_written") - pl.col("_so_far"))
    known = pl.col("_start").forward_fill().shift(1).over(KEY)
    return ordered.with_columns(_follows=known + pl.col("_so_far"))


def _first(ordered: pl.DataFrame, breaks: pl.DataFrame, place: int) -> pl.DataFrame:
    """One row an account: its first break in this order, how many there are (0 and nulls where the chain holds), and
    where it ends.
    """
    counts = breaks.group_by(KEY, maintain_order=True).agg(
        pl.col("_row").first(), pl.col("_amount").first(), pl.col("_written").first(), pl.col("_follows").first(),
        _count=pl.len(),
    )  # fmt: skip
    ends = ordered.group_by(KEY, maintain_order=True).agg(
        _end=pl.col("_start").drop_nulls().last() + pl.col("_amount").sum()
    )
    frame = ends.join(counts, on=KEY, how="left", maintain_order="left")
    return frame.with_columns(pl.col("_count").fill_null(0), _place=pl.lit(place))
