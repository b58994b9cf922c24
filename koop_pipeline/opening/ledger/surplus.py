"""The surplus of the year (SHU berjalan) beside the income and expense that it comes from.

Put here which accounts hold it, and whether it counts twice. The balances themselves belong to `trial_balance.py`.

Charts name it in many ways and put it under any type: `SHU tahun berjalan`, `Laba/rugi berjalan`, plain `SHU`, `Sisa
Hasil Usaha`, `Surplus`, under equity as a rule, under liability in others. Accounts whose name has more to it (`SHU
tahun lalu`, `Cadangan dari SHU`) hold other money; they are only held against the exact amounts.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import RUPIAH, rupiah, sen, whole

WORDS = "shu|hasil usaha|laba|rugi|surplus|defisit|l/r|r/l"
THIS_YEAR = "berjalan|tahun ini|tahun buku ini|periode ini"
CURRENT = f"({WORDS}).*({THIS_YEAR})|({THIS_YEAR}).*({WORDS})|^[^a-z]*tahun berjalan[^a-z]*$"
OF_SOMETHING = "pajak|beban|biaya|pendapatan|cadangan|dana|jasa|jual|selisih|kurs"
MORE = "saldo|akun|sisa|hasil|usaha|bersih|dan|koperasi|tahun|buku"
BARE = f"^[^a-z0-9]*(({WORDS}|{MORE})[^a-z0-9]*)+$"
SURELY = "shu|sisa hasil usaha"
YEAR = r"((?:19|20)\d\d)"
RESULT = ["income", "expense"]


def surplus_failures(accounts: pl.DataFrame) -> pl.DataFrame:
    """`ACC-SHU-01`: the surplus of the year beside standing income and expense. `ACC-SHU-02`: it surely counts twice.

    Surely twice: the trial balance is out by exactly the one or the other; or it is right, and both are the same to
    the rupiah while no other equity takes the surplus back. A surplus of another amount in a trial balance that is
    right may be that of months already closed. An account with more to its name is found by the same amounts, where it
    is the surplus itself by which the trial balance is out.
    """
    detail = accounts.filter(pl.col("is_detail").fill_null(True)).with_columns(
        _net=sen("credit").fill_null(0) - sen("debit").fill_null(0), _is_current=_is_current(), _is_other=_is_other()
    )
    books = _books(detail)
    detail = detail.join(books, on="cooperative_id", how="inner", maintain_order="left")
    current = detail.filter(pl.col("_is_current") & (pl.col("_net") != 0))
    first = current.group_by("cooperative_id", maintain_order=True).agg(
        pl.col("_row").first(), pl.col("out", "income", "expense", "_opposed").first(), _holds=pl.col("_net").sum(),
        _codes=pl.col("account_code").sort().str.join(", "),
    )  # fmt: skip
    other = detail.filter(pl.col("_is_other") & ~pl.col("_is_current") & (pl.col("_net") != 0))
    other = other.with_columns(_holds="_net", _codes="account_code")
    out, result, holds = pl.col("out"), pl.col("income") - pl.col("expense"), pl.col("_holds")
    same = (out == 0) & ((holds - result).abs() < RUPIAH) & ~pl.col("_opposed").list.contains(whole(0) - holds)
    unequal = (out != 0) & (out == holds)
    by_result = (out != 0) & (out == result)
    return pl.concat([
        found(
            current, pl.lit(True), rule="ACC-SHU-01", table="accounts", column="credit", before=rupiah("_net"),
            note=pl.format(
                "the surplus of the year ({}) holds Rp {} while income of Rp {} and expense of Rp {} stand too",
                "account_code", rupiah("_net"), rupiah("income"), rupiah("expense"),
            ),
        ),
        _twice(first, (holds != 0) & (unequal | by_result | same)),
        _twice(other, unequal | same),
    ])  # fmt: skip


def _twice(frame: pl.DataFrame, where: pl.Expr) -> pl.DataFrame:
    exceeds = pl.format("credit exceeds debit by exactly Rp {}", rupiah("out"))
    why = pl.when(pl.col("out") != 0).then(exceeds).otherwise(
        pl.lit("they make exactly that, although debit equals credit")
    )  # fmt: skip
    return found(
        frame, where, rule="ACC-SHU-02", table="accounts", column="credit", before=rupiah("_holds"),
        note=pl.format(
            "the surplus of the year ({}) holds Rp {} while income of Rp {} and expense of Rp {} stand too, and {}: the"
            " surplus counts twice; close income and expense, or leave it empty",
            "_codes", rupiah("_holds"), rupiah("income"), rupiah("expense"), why,
        ),
    )  # fmt: skip


def _books(detail: pl.DataFrame) -> pl.DataFrame:
    """Of cooperatives whose income or expense stands: `out` (credit - debit), `income`, `expense`, and `_opposed`, the
    net amounts of equity accounts that are not the surplus; whole sen.
    """
    net, kind, own = pl.col("_net"), pl.col("account_type"), pl.col("_is_current")
    sums = detail.group_by("cooperative_id", maintain_order=True).agg(
        out=net.sum(),
        income=net.filter((kind == "income") & ~own).sum(),
        expense=whole(0) - net.filter((kind == "expense") & ~own).sum(),
        _stands=(kind.is_in(RESULT) & ~own & (net != 0)).any(),
        _opposed=net.filter((kind == "equity") & ~own),
    )
    return sums.filter("_stands")


def _is_current() -> pl.Expr:
    """Whether an account is named like the surplus of the year; its own year in figures counts as one of its words."""
    name = pl.col("name").str.to_lowercase()
    own_year = name.str.extract(YEAR) == pl.col("_as_of").dt.year().cast(pl.String)
    name = pl.when(own_year).then(name.str.replace_all(YEAR, "")).otherwise(name)
    named = name.str.contains(CURRENT) & ~name.str.contains(OF_SOMETHING)
    bare = name.str.contains(BARE) & name.str.contains(WORDS)
    in_books = ~pl.col("account_type").is_in(RESULT) | name.str.contains(SURELY)
    return (named | (bare & in_books)).fill_null(False)


def _is_other() -> pl.Expr:
    """Whether equity or a liability has the surplus in its name at all."""
    name = pl.col("name").str.to_lowercase().str.contains(rf"(^|[^a-z])({WORDS})([^a-z]|$)")
    return (name & pl.col("account_type").is_in(["equity", "liability"])).fill_null(False)
