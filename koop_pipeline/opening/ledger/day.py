"""The day for which the trial balance stands: no journal is migrated, so one of another day cannot be brought to the
cut-off.

Put here what the day of an account's balance says. The balances and their ties belong to `trial_balance.py`.
"""

import polars as pl

from koop_pipeline.opening.cutoffs import another_day, with_cutoff
from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import rupiah, sen


def of_another_day(accounts: pl.DataFrame, cutoffs: pl.DataFrame) -> pl.DataFrame:
    """`CUT-01`: accounts with an amount whose row stands for another day than the cut-off.

    `accounts`: with `_as_of`. ValueError where a cooperative has no cut-off.
    """
    net = sen("debit").fill_null(0) - sen("credit").fill_null(0)
    frame = with_cutoff(accounts, cutoffs).with_columns(_net=net)
    holds = (pl.col("debit") != 0).fill_null(False) | (pl.col("credit") != 0).fill_null(False)
    return found(
        frame, holds & another_day(), rule="CUT-01", table="accounts", column="debit", before=rupiah("_net"),
        note=pl.format(
            "the account {} holds Rp {} net debit on {}, but the cut-off is {}, and no journal is migrated that could "
            "bring it there; deliver the trial balance of the cut-off day, or, if it is that, say so: as_of on a part "
            "of its own in the batch file, or stands_for: cutoff on accounts in the profile",
            "account_code", rupiah("_net"), "as_of", "cutoff_on",
        ),
    )  # fmt: skip
