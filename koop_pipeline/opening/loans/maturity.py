"""A stated maturity against the last due date that the rest of the loan gives.

Put here the finding only; the calendar is `due_dates.py`.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.loans.due_dates import due_on, with_calendar


def failures(stated: pl.DataFrame, loans: pl.DataFrame, contract: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-DUE-03`: the maturity of a loan that owes is not the day of its last instalment; both days are named.

    `stated`: loans as the source has them, `loans` the same as `outstanding.balances` gives them, `contract` of
    `contract.py`; joined by `_loan`. The last instalment is that of a delivered schedule which reaches the tenor, else
    it follows from tenor, frequency and the first due date (stated, or from the disbursement). Where these do not tell
    it, the maturity is all there is, and nothing is found.
    """
    without = stated.with_columns(maturity_on=pl.lit(None, dtype=pl.Date))
    last = with_calendar(without).select("_loan", "_first", "_n", _by_terms=due_on(pl.col("_n")))
    ends = contract.filter("delivered").group_by("_loan").agg(
        _number=pl.col("instalment_no").max(), _by_schedule=pl.col("due_on").max()
    )  # fmt: skip
    frame = loans.select("_loan", "cooperative_id", "_row", "_active").join(
        stated.select("_loan", "maturity_on", "tenor", "first_due_on"), on="_loan", how="inner", maintain_order="left"
    )
    frame = frame.join(last, on="_loan", how="left", maintain_order="left")
    frame = frame.join(ends, on="_loan", how="left", maintain_order="left")
    reaches = (pl.col("_number") == pl.col("_n")).fill_null(False)
    by_schedule = pl.when(reaches).then("_by_schedule")
    by_terms = pl.when(pl.col("_number").is_null()).then("_by_terms")
    source = pl.when(by_schedule.is_not_null()).then(pl.lit("the delivered schedule")).otherwise(
        pl.format("{} instalments from {} on", "_n", pl.coalesce("first_due_on", "_first"))
    )  # fmt: skip
    frame = frame.with_columns(_last=pl.coalesce(by_schedule, by_terms))
    return [
        found(
            frame, pl.col("_active") & (pl.col("maturity_on") != pl.col("_last")), rule="LON-DUE-03", table="loans",
            column="maturity_on", before=pl.col("maturity_on"),
            note=pl.format(
                "the maturity is said to be {}, but the last instalment is due on {} by {}: {} days {}",
                "maturity_on", "_last", source, (pl.col("maturity_on") - pl.col("_last")).dt.total_days().abs(),
                pl.when(pl.col("maturity_on") > pl.col("_last")).then(pl.lit("later")).otherwise(pl.lit("earlier")),
            ),
        )
    ]  # fmt: skip
