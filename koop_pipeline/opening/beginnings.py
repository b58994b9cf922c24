"""What nothing shows to have been there on the cut-off day, and accounts of loans that were not.

Put here the proof that something had begun. In a list of a later day than the cut-off, what began in between must stay
behind or open with nothing; a row without the day of its beginning may be such a one. It counts as there on the
cut-off where a fact of that day or before names it: a movement, an instalment that fell due, an older list that has
it. Nothing is guessed from the length of a period.
"""

import polars as pl

from koop_pipeline.opening.cutoffs import with_cutoff
from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import rupiah, sen

LISTED = {"cooperative_id": pl.String(), "_row": pl.Int64(), "listed_on": pl.Date()}
"""Rows that an older list has too, and the day of the oldest."""


def savings_not_begun(
    accounts: pl.DataFrame, transactions: pl.DataFrame, listed: pl.DataFrame, cutoffs: pl.DataFrame
) -> pl.DataFrame:
    """`CUT-05` of savings accounts without `opened_on` that would open with money.

    `accounts` carry the balance at the cut-off; `listed` has the columns LISTED. ValueError where a cooperative has no
    cut-off.
    """
    frame = _seen(with_cutoff(accounts, cutoffs), transactions, "account_no", "posted_on")
    unknown = _unknown(frame, listed, pl.col("opened_on"))
    return found(
        unknown, pl.col("balance") != 0, rule="CUT-05", table="savings_accounts", column="opened_on",
        before=pl.col("opened_on"),
        note=pl.format(
            "the account would open with Rp {}, but its list is of {}, and neither an opening date nor a movement nor "
            "an older list shows that it was there on the cut-off day {}; give the date on which it was opened",
            "balance", "as_of", "cutoff_on",
        ),
    )  # fmt: skip


def loans_not_begun(
    loans: pl.DataFrame,
    instalments: pl.DataFrame,
    repayments: pl.DataFrame,
    listed: pl.DataFrame,
    cutoffs: pl.DataFrame,
) -> pl.DataFrame:
    """`CUT-05` of loans without `disbursed_on` that would open as owing, or of which it is not known what they owe.

    `loans` carry status and outstanding principal at the cut-off. ValueError where a cooperative has no cut-off.
    """
    frame = _seen(with_cutoff(loans, cutoffs), repayments, "loan_no", "paid_on", "_seen")
    frame = _seen(frame, instalments, "loan_no", "due_on", "_due")
    frame = frame.with_columns(_seen=pl.min_horizontal("_seen", "_due", "first_due_on"))
    unknown = _unknown(frame, listed, pl.col("disbursed_on"))
    owed = sen("outstanding_principal")
    owes = (owed != 0).fill_null(pl.col("status") != "settled")
    return found(
        unknown, owes, rule="CUT-05", table="loans", column="disbursed_on", before=pl.col("disbursed_on"),
        note=pl.format(
            "the loan would open with Rp {} outstanding, but its list is of {}, and neither a day of disbursement nor "
            "an instalment due or paid by then nor an older list shows that it was there on the cut-off day {}{}; give "
            "the day on which it was disbursed",
            rupiah(owed).cast(pl.String).fill_null("?"), "as_of", "cutoff_on",
            pl.when(pl.col("_seen").is_not_null())
            .then(pl.format(" (the first is of {})", "_seen")).otherwise(pl.lit("")),
        ),
    )  # fmt: skip


def of_later_loans(accounts: pl.DataFrame, loans: pl.DataFrame, cutoffs: pl.DataFrame) -> pl.DataFrame:
    """Accounts of a loan that was disbursed between the cut-off and the day of its row, and stays behind.

    `SAV-REF-04`: they go over without its number. `SAV-REF-05`: instalments that were prepaid by the cut-off for a loan
    that was not there yet. `accounts` carry the balance at the cut-off, `loans` are the cleaned ones.
    """
    later = with_cutoff(loans, cutoffs).filter(
        pl.col("disbursed_on") > pl.col("cutoff_on"), pl.col("disbursed_on") <= pl.col("as_of")
    )
    keys = ["cooperative_id", "loan_no"]
    frame = accounts.join(later.select(*keys, "disbursed_on", "cutoff_on").unique(keys), on=keys, maintain_order="left")
    prepaid = (pl.col("product_kind") == "prepaid_instalment").fill_null(False) & (pl.col("balance") != 0)
    start = pl.format("its loan was disbursed on {}, after the cut-off day {}", "disbursed_on", "cutoff_on")
    return pl.concat([
        found(
            frame, ~prepaid, rule="SAV-REF-04", table="savings_accounts", column="loan_no", before=pl.col("loan_no"),
            note=pl.format(
                "{}, and stays behind: the account opens with Rp {} and without the loan's number", start, "balance"
            ),
        ),
        found(
            frame, prepaid, rule="SAV-REF-05", table="savings_accounts", column="loan_no", before=pl.col("loan_no"),
            note=pl.format(
                "{}, and yet Rp {} of its instalments had been prepaid by then; correct the day of disbursement, or "
                "say to which account the money belongs", start, "balance",
            ),
        ),
    ])  # fmt: skip


def _seen(frame: pl.DataFrame, rows: pl.DataFrame, number: str, day: str, name: str = "_seen") -> pl.DataFrame:
    """`frame` with `name`, the first day of `rows` under its number."""
    keys = ["cooperative_id", number]
    first = rows.drop_nulls(number).group_by(keys).agg(pl.col(day).min().alias(name))
    return frame.join(first, on=keys, how="left", maintain_order="left")


def _unknown(frame: pl.DataFrame, listed: pl.DataFrame, began: pl.Expr) -> pl.DataFrame:
    """Rows of a list of a later day than the cut-off of which no fact up to it is known."""
    joined = frame.join(listed, on=["cooperative_id", "_row"], how="left", maintain_order="left")
    known = (pl.min_horizontal("_seen", "listed_on") <= pl.col("cutoff_on")).fill_null(False)
    return joined.filter(began.is_null() & (pl.col("as_of") > pl.col("cutoff_on")) & ~known)
