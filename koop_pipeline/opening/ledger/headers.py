"""Header accounts (akun induk): one with an amount must equal the net of its children, and must not count as detail.

Put here the tree of accounts. An account with 0/0 that has others below it is a title: its value is that of what stands
below it.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import rupiah, sen, whole

DEEPEST = 64
KEY = ["cooperative_id", "account_code"]
SEPARATORS = ".-/ "


def header_failures(accounts: pl.DataFrame) -> pl.DataFrame:
    """`ACC-HDR-01`: headers with an amount (debit - credit) that is not the net of their direct children."""
    frame = _with_net(accounts)
    headers = frame.filter(~pl.col("_is_detail") & (pl.col("_net") != 0))
    headers = headers.join(_below(frame, "parent_code"), on=KEY, how="left", maintain_order="left")
    headers = headers.with_columns(pl.col("_children").fill_null(whole(0)))
    gap = pl.col("_net") - pl.col("_children")
    return found(
        headers, gap != 0, rule="ACC-HDR-01", table="accounts", column="debit", before=rupiah(pl.col("_net")),
        note=pl.format(
            "the header account {} holds Rp {} net debit, its children Rp {}: a difference of Rp {}",
            "account_code", rupiah("_net"), rupiah("_children"), rupiah(gap),
        ),
    )  # fmt: skip


def doubled_failures(accounts: pl.DataFrame) -> pl.DataFrame:
    """`ACC-HDR-02`: detail accounts that hold, to the sen, what the accounts below them hold: headers in disguise.

    Below are the accounts that name them as their parent; of those that name none, the ones whose codes continue
    theirs (`1` and `11`, `1.1` and `1.1.2`, `100` and `110`, `1-1000` and `1-1100`). By codes alone, one account below
    with the same amount may be chance: it counts where the trial balance is out by no more without such accounts, or is
    right without them. Where it is right with them only, they are accounts of their own.
    """
    frame = _with_net(accounts).unique(KEY, keep="first", maintain_order=True)
    stated = _alike(frame, _below(frame, "parent_code"), "is their parent")
    trees = (_parents_by_code(frame, separators) for separators in (SEPARATORS, None))
    by_code = [_alike(frame, _below(tree, "_parent"), "stands above them by their codes") for tree in trees]
    alike = pl.concat([stated, *by_code]).unique(KEY, keep="first", maintain_order=True)
    total = frame.filter("_is_detail").group_by("cooperative_id").agg(_out=pl.col("_net").sum())
    alike = alike.join(total, on="cooperative_id", how="left", maintain_order="left")
    without = pl.col("_out") - pl.col("_net").sum().over("cooperative_id")
    supported = (without == 0) | (without == pl.col("_out"))
    sure = (pl.col("_how") == "is their parent") | (pl.col("_count") > 1) | supported
    return found(
        alike, sure, rule="ACC-HDR-02", table="accounts", column="is_detail", before=pl.col("account_code"),
        note=pl.format(
            "the account {} is marked as detail and holds Rp {} net debit, exactly what the accounts below it hold ({} "
            "with an amount; it {}): the same money would stand twice; make it a header (is_detail: false in the "
            "profile)", "account_code", rupiah("_net"), "_count", "_how",
        ),
    )  # fmt: skip


def _with_net(accounts: pl.DataFrame) -> pl.DataFrame:
    return accounts.with_columns(
        _net=sen("debit").fill_null(0) - sen("credit").fill_null(0), _is_detail=pl.col("is_detail").fill_null(True)
    )


def _alike(frame: pl.DataFrame, below: pl.DataFrame, how: str) -> pl.DataFrame:
    """Detail accounts whose amount is that of what stands below them."""
    alike = frame.join(below, on=KEY, maintain_order="left").filter(
        pl.col("_is_detail") & (pl.col("_net") != 0) & (pl.col("_net") == pl.col("_children"))
    )
    return alike.select(*KEY, "_row", "_net", "_count", _how=pl.lit(how))


def _parents_by_code(frame: pl.DataFrame, separators: str | None) -> pl.DataFrame:
    """Accounts with `_parent`: the one they name, else the nearest account whose code theirs continues.

    A code is continued after a separator, or, with `separators` None, by any character; zeros (`1.00`, `1-1000`) at the
    end of a code only fill it up to the length of the codes below it.
    """
    own = frame.select(*KEY, "parent_code", "_net")
    code = pl.col("account_code")
    filled = code.str.strip_chars_end("0" + SEPARATORS) if separators is None else code.str.replace(r"([./ -]0+)+$", "")
    heads = pl.concat([
        own.select("cooperative_id", _parent=code, _stem=code, _length=pl.lit(None, dtype=pl.UInt32)),
        own.select("cooperative_id", _parent=code, _stem=filled, _length=code.str.len_chars()).filter(
            pl.col("_stem") != pl.col("_parent"), pl.col("_stem") != ""
        ),
    ])  # fmt: skip
    length = code.str.len_chars()
    starts = own.select("cooperative_id", "account_code", _at=pl.int_ranges(1, length.cast(pl.Int64))).explode("_at")
    starts = starts.drop_nulls("_at").with_columns(_stem=code.str.slice(0, pl.col("_at")))
    if separators is not None:
        starts = starts.filter(code.str.slice(pl.col("_at"), 1).is_in(list(separators)))
    fits = pl.col("_length").is_null() | (pl.col("_length") == length)
    pairs = starts.join(heads, on=["cooperative_id", "_stem"]).filter(pl.col("_parent") != code, fits)
    nearest = pairs.sort(pl.col("_stem").str.len_chars(), pl.col("_parent").str.len_chars()).unique(KEY, keep="last")
    own = own.join(nearest.select(*KEY, "_parent"), on=KEY, how="left", maintain_order="left")
    return own.with_columns(_parent=pl.coalesce("parent_code", "_parent"))


def _below(frame: pl.DataFrame, parent: str) -> pl.DataFrame:
    """Of every account with children: `_children`, their net, and `_count`, how many amounts make it; a title counts
    with what stands below it.

    The amount of each account that has one rises through titles, a level a pass, until it meets a parent with an
    amount; a circle of titles is left after `DEEPEST` levels.
    """
    unique = frame.unique(KEY, keep="first", maintain_order=True)
    titles = unique.filter(pl.col("_net") == 0).select(*KEY, _above=parent)
    rising = unique.filter(pl.col("_net") != 0).select(
        "cooperative_id", account_code=parent, amount="_net", count=pl.lit(1, dtype=pl.Int64)
    )
    arrived = [rising.clear()]
    for _ in range(DEEPEST):
        rising = rising.drop_nulls("account_code").group_by(KEY).agg(pl.col("amount", "count").sum())
        if rising.is_empty():
            break
        arrived.append(rising)
        through = rising.join(titles, on=KEY, how="inner")
        rising = through.select("cooperative_id", "amount", "count", account_code="_above")
        rising = rising.select(arrived[0].columns)
    return pl.concat(arrived).group_by(KEY).agg(_children=pl.col("amount").sum(), _count=pl.col("count").sum())
