"""Opens savings (tabungan, simpanan): the balance of every account at the end of the cut-off day, and its history.

Put here balances of single accounts. Their tie to the ledger belongs to `ledger.py`, the running balance within a
history to `savings_history.py`.
"""

from dataclasses import dataclass

import polars as pl

from koop_pipeline.opening.cutoffs import rolled_back, until_cutoff, with_cutoff
from koop_pipeline.opening.failures import found, gather
from koop_pipeline.opening.money import rupiah, sen
from koop_pipeline.opening.savings_history import running_balance_failures

COLUMNS = [
    "cooperative_id", "account_no", "member_no", "product_code", "nature", "balance", "history_total", "difference",
    "branch", "source_no", "extras", "_row",
]  # fmt: skip
KEY = ["cooperative_id", "account_no"]


@dataclass(frozen=True)
class OpenedSavings:
    """`balances` (opening_savings_balances, with the account's `_row`) and `failures`.

    `after_cutoff` lists the movements after the cut-off: cooperative_id, _row.
    """

    balances: pl.DataFrame
    after_cutoff: pl.DataFrame
    failures: pl.DataFrame


def open_savings(accounts: pl.DataFrame, transactions: pl.DataFrame, cutoffs: pl.DataFrame) -> OpenedSavings:
    """Open every savings account, one row each, in the order of `accounts`; rupiah.

    balance: the stored one, less the movements after the cut-off up to `as_of` where it stands for a later day.
    history_total: the sum of the movements up to the cut-off, null for an account without any movement; difference =
    balance - history_total. Where a number stands for several accounts, a movement under it belongs to none of them,
    and they have no history. ValueError where a cooperative has no cut-off.
    """
    dated = with_cutoff(transactions, cutoffs)
    twice = accounts.drop_nulls("account_no").group_by(KEY).agg(_twice=pl.len() > 1).filter("_twice")
    owned = dated.join(twice, on=KEY, how="anti", maintain_order="left")
    frame = with_cutoff(accounts, cutoffs)
    for other in (_movements(owned), twice):
        frame = frame.join(other, on=KEY, how="left", maintain_order="left")
    delivered = transactions["cooperative_id"].unique().to_list()
    frame = frame.with_columns(
        _balance=sen("balance") - pl.col("_after").fill_null(0),
        _has_history=pl.col("cooperative_id").is_in(delivered),
        _twice=pl.col("_twice").fill_null(False),
    ).with_columns(_difference=pl.col("_balance") - pl.col("_before"))
    later = dated.filter(pl.col("posted_on") > pl.col("cutoff_on")).select("cooperative_id", "_row")
    failures = [*_failures(frame), *_remarks(frame), running_balance_failures(owned)]
    return OpenedSavings(_balances(frame), later, gather(failures))


def _movements(transactions: pl.DataFrame) -> pl.DataFrame:
    """Per account the sums up to the cut-off and from there to `as_of`, in whole sen."""
    amount = sen("amount")
    return transactions.group_by(KEY).agg(
        _before=amount.filter(until_cutoff("posted_on")).sum(),
        _after=amount.filter(rolled_back("posted_on")).sum(),
    )


def _balances(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        balance=rupiah("_balance"),
        history_total=rupiah("_before"),
        difference=rupiah("_difference"),
        source_no=pl.lit(None, dtype=pl.String),
        extras=pl.lit(None, dtype=pl.String),
    ).select(COLUMNS)


def _failures(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """`CUT-01` (a balance of another day, not to be rolled back), `SAV-HIS-01` (unexplained by history)."""
    held = (pl.col("status") != "closed").fill_null(True) | (pl.col("balance") != 0)
    later = (pl.col("as_of") > pl.col("cutoff_on")) & (~pl.col("_has_history") | pl.col("_twice"))
    irreversible = held & ((pl.col("as_of") < pl.col("cutoff_on")) | later)
    unknown = pl.when("_twice").then(pl.lit("cannot be told from those of another account with its number"))
    product = ["cooperative_id", "product_code"]
    together = rupiah(pl.col("_difference").sum().over(product))
    more = pl.format(
        "; {} accounts of {} differ, by Rp {} together",
        pl.len().over(product), pl.col("product_code").fill_null("?"), together,
    )  # fmt: skip
    return [
        found(
            frame, irreversible, rule="CUT-01", table="savings_accounts", column="balance",
            before=pl.col("balance"),
            note=pl.format(
                "the balance of Rp {} stands for {} but the cut-off is {}, and the movements between the two days {}; "
                "deliver them, or a balance of the cut-off day",
                "balance", "as_of", "cutoff_on", unknown.otherwise(pl.lit("are not known")),
            ),
        ),
        found(
            frame, ~irreversible & (pl.col("_difference") != 0), rule="SAV-HIS-01", table="savings_accounts",
            column="balance", before=pl.col("balance"),
            note=pl.format(
                "the balance at the cut-off is Rp {}, its movements sum to Rp {}: a difference of Rp {}{}",
                rupiah("_balance"), rupiah("_before"), rupiah("_difference"),
                pl.when(_first_of_several(product)).then(more).otherwise(pl.lit("")),
            ),
        ),
    ]  # fmt: skip


def _remarks(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """`SAV-TRM-01`, `SAV-TRM-02` (term deposits without maturity, or past it), `SAV-BLK-02` (blocked in part)."""
    held = (pl.col("status") != "closed").fill_null(True) & (pl.col("_balance") != 0)
    term = held & (pl.col("product_kind") == "term")
    blocked = (pl.col("blocked_amount") > 0) & (sen("blocked_amount") < pl.col("_balance"))
    return [
        found(
            frame, term & pl.col("matures_on").is_null(), rule="SAV-TRM-01", table="savings_accounts",
            column="matures_on", before=pl.col("matures_on"),
            note=pl.format(
                "a term deposit of Rp {} without a day of maturity{}", rupiah("_balance"), _in_all("_balance")
            ),
        ),
        found(
            frame, term & (pl.col("matures_on") < pl.col("cutoff_on")), rule="SAV-TRM-02", table="savings_accounts",
            column="matures_on", before=pl.col("matures_on"),
            note=pl.format(
                "a term deposit of Rp {} matured on {}, before the cut-off of {}, and is still open{}",
                rupiah("_balance"), "matures_on", "cutoff_on", _in_all("_balance"),
            ),
        ),
        found(
            frame, blocked, rule="SAV-BLK-02", table="savings_accounts", column="blocked_amount",
            before=pl.col("blocked_amount"),
            note=pl.format(
                "Rp {} of Rp {} is blocked{}", "blocked_amount", rupiah("_balance"), _in_all(sen("blocked_amount"))
            ),
        ),
    ]  # fmt: skip


def _in_all(amount: str | pl.Expr) -> pl.Expr:
    """How many of one cooperative were found, and their sum (whole sen); said once, where there are several."""
    one = pl.col(amount) if isinstance(amount, str) else amount
    own = ["cooperative_id"]
    text = pl.format("; {} such accounts, Rp {} in all", pl.len().over(own), rupiah(one.sum().over(own)))
    return pl.when(_first_of_several(own)).then(text).otherwise(pl.lit(""))


def _first_of_several(keys: list[str]) -> pl.Expr:
    return (pl.len().over(keys) > 1) & (pl.int_range(pl.len()).over(keys) == 0)
