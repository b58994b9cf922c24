"""Header accounts (akun induk): one with an amount must equal the net of its children.

Put here the tree of accounts. A header with 0/0 is a title: its value is that of what stands below it.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import rupiah, sen, whole

DEEPEST = 64
KEY = ["cooperative_id", "account_code"]


def header_failures(accounts: pl.DataFrame) -> pl.DataFrame:
    """`ACC-HDR-01`: headers with an amount (debit - credit) that is not the net of their direct children."""
    frame = accounts.with_columns(_net=sen("debit").fill_null(0) - sen("credit").fill_null(0), _is_header=_header())
    children = _children_net(frame)
    headers = frame.filter(pl.col("_is_header") & (pl.col("_net") != 0))
    headers = headers.join(children, on=KEY, how="left", maintain_order="left")
    headers = headers.with_columns(pl.col("_children").fill_null(whole(0)))
    gap = pl.col("_net") - pl.col("_children")
    return found(
        headers, gap != 0, rule="ACC-HDR-01", table="accounts", column="debit", before=rupiah(pl.col("_net")),
        note=pl.format(
            "the header account {} holds Rp {} net debit, its children Rp {}: a difference of Rp {}",
            "account_code", rupiah("_net"), rupiah("_children"), rupiah(gap),
        ),
    )  # fmt: skip


def _header() -> pl.Expr:
    return ~pl.col("is_detail").fill_null(True)


def _children_net(frame: pl.DataFrame) -> pl.DataFrame:
    """Net of the direct children of every account; a title counts with what stands below it.

    The amount of each account that has one rises through titles, a level a pass, until it meets a parent with an
    amount; a circle of titles is left after `DEEPEST` levels.
    """
    unique = frame.unique(KEY, keep="first", maintain_order=True)
    titles = unique.filter(pl.col("_is_header") & (pl.col("_net") == 0)).select(*KEY, _above="parent_code")
    rising = unique.filter(pl.col("_net") != 0).select("cooperative_id", account_code="parent_code", amount="_net")
    arrived = [rising.clear()]
    for _ in range(DEEPEST):
        rising = rising.drop_nulls("account_code").group_by(KEY).agg(pl.col("amount").sum())
        if rising.is_empty():
            break
        arrived.append(rising)
        through = rising.join(titles, on=KEY, how="inner")
        rising = through.select("cooperative_id", account_code="_above", amount="amount")
    return pl.concat(arrived).group_by(KEY).agg(_children=pl.col("amount").sum())
