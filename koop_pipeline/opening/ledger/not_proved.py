"""Balances that nothing proves: detail accounts of the trial balance behind which no subledger is migrated.

Put here which balances open on the ledger's word alone (cash, stock, payables, reserves) and why. They are listed in
the evidence, not failed: a person has to count the cash and confirm the payables.
"""

import polars as pl

COLUMNS = ["cooperative_id", "account_code", "name", "account_type", "debit", "credit", "reason"]


def not_proved(trial_balance: pl.DataFrame) -> pl.DataFrame:
    """One row for each account with a balance that controls nothing: COLUMNS; rupiah.

    `trial_balance`: opening_trial_balance with `spec`, the account's control text or null.
    """
    of_the_year = pl.col("account_type").is_in(["income", "expense"])
    journals = pl.lit("income or expense of the year: its journals are not migrated")
    reason = pl.when(of_the_year).then(journals).otherwise(pl.lit("no subledger of this account is migrated"))
    alone = pl.col("spec").is_null() & ((pl.col("debit") != 0) | (pl.col("credit") != 0))
    return trial_balance.filter(alone).with_columns(reason=reason).select(COLUMNS)
