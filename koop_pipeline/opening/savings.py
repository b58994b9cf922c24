"""Opens savings (tabungan, simpanan): the balance of every account at the end of the cut-off day, and its history.

Put here balances of single accounts. Their tie to the ledger belongs to `ledger.py`.
"""

from dataclasses import dataclass

import polars as pl

from koop_pipeline.opening.cutoffs import rolled_back, until_cutoff, with_cutoff
from koop_pipeline.opening.failures import found, gather
from koop_pipeline.opening.money import rupiah, sen

COLUMNS = [
    "cooperative_id", "account_no", "member_no", "product_code", "nature", "balance", "history_total", "difference",
    "branch", "source_no", "extras", "_row",
]  # fmt: skip


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
    balance - history_total. ValueError where a cooperative has no cut-off.
    """
    dated = with_cutoff(transactions, cutoffs)
    frame = with_cutoff(accounts, cutoffs).join(
        _movements(dated), on=["cooperative_id", "account_no"], how="left", maintain_order="left"
    )
    delivered = transactions["cooperative_id"].unique().to_list()
    frame = frame.with_columns(
        _balance=sen("balance") - pl.col("_after").fill_null(0),
        _has_history=pl.col("cooperative_id").is_in(delivered),
    ).with_columns(_difference=pl.col("_balance") - pl.col("_before"))
    later = dated.filter(pl.col("posted_on") > pl.col("cutoff_on")).select("cooperative_id", "_row")
    return OpenedSavings(_balances(frame), later, gather(_failures(frame)))


def _movements(transactions: pl.DataFrame) -> pl.DataFrame:
    """Per account the sums up to the cut-off and from there to `as_of`, in whole sen."""
    amount = sen("amount")
    return transactions.group_by("cooperative_id", "account_no").agg(
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
    later = (pl.col("as_of") > pl.col("cutoff_on")) & ~pl.col("_has_history")
    irreversible = held & ((pl.col("as_of") < pl.col("cutoff_on")) | later)
    return [
        found(
            frame, irreversible, rule="CUT-01", table="savings_accounts", column="balance",
            before=pl.col("balance"),
            note=pl.format(
                "the balance of Rp {} stands for {} but the cut-off is {}, and the movements between the two days are "
                "not known; deliver them, or a balance of the cut-off day",
                "balance", "as_of", "cutoff_on",
            ),
        ),
        found(
            frame, ~irreversible & (pl.col("_difference") != 0), rule="SAV-HIS-01", table="savings_accounts",
            column="balance", before=pl.col("balance"),
            note=pl.format(
                "the balance at the cut-off is Rp {}, its movements sum to Rp {}: a difference of Rp {}",
                rupiah("_balance"), rupiah("_before"), rupiah("_difference"),
            ),
        ),
    ]  # fmt: skip
