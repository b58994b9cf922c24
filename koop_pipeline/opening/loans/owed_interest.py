"""The outstanding interest that a source stores: what opens of it, and what is said of it.

Put here the stored sum of a loan. What its instalments hold in interest is `remaining.py`.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import rupiah, whole


def stored() -> pl.Expr:
    """The stored outstanding interest (rupiah) at the cut-off; null where none is stored, or less than none is left."""
    interest = brought()
    return pl.when(interest >= 0).then(interest)


def brought() -> pl.Expr:
    """The stored outstanding interest (rupiah), brought to the cut-off by the interest paid between; none of a loan
    that was disbursed after it. Null where none is stored; it may be negative.
    """
    interest = pl.col("outstanding_interest")
    brought = (interest + rupiah("_interest_moved")).cast(pl.Decimal(18, 2))
    same_day = pl.col("as_of") == pl.col("cutoff_on")
    return pl.when(pl.col("_later") & interest.is_not_null()).then(rupiah(whole(0))).otherwise(
        pl.when(same_day).then(interest).otherwise(brought)
    )  # fmt: skip


def opens() -> pl.Expr:
    """The outstanding interest that opens, rupiah: the stored one, else that of the schedule; null without both."""
    return pl.coalesce(stored(), of_schedule())


def of_schedule() -> pl.Expr:
    """What the remaining instalments hold in interest, rupiah; null without a schedule."""
    return pl.when(pl.col("schedule_source") != "none").then(rupiah("_interest_rest"))


def failures(loans: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-OUT-05` (the stored outstanding interest of a loan that owes is not that of its schedule, or is less than
    none and does not open) and `LON-OUT-06` (interest opens of a loan that is over or owes no principal); both name
    the amount.

    `loans` as `position.py` has them.
    """
    frame = loans.with_columns(
        _stored_interest=pl.when("_active").then(stored()), _rest=rupiah("_interest_rest"), _opens=opens(),
        _brought=brought(),
        _status=pl.when("_active").then(pl.lit("active")).when("_ended").then(pl.lit("settled")).otherwise("status"),
    )  # fmt: skip
    over = ~pl.col("_active") | (pl.col("_out") == 0).fill_null(False)
    where = pl.when(pl.col("schedule_source") == "none").then(pl.lit("beside it, in no schedule")).otherwise(
        pl.lit("with its instalments")
    )  # fmt: skip
    negative = pl.format(
        "the stored outstanding interest is Rp {} at the cut-off{}, which is less than none and does not open: {}",
        "_brought",
        pl.when(pl.col("as_of") != pl.col("cutoff_on")).then(
            pl.format(" (Rp {} on {}, and what was paid between)", "outstanding_interest", "as_of")
        ).otherwise(pl.lit("")),
        pl.when(pl.col("_opens").is_null()).then(pl.lit("nothing else tells it"))
        .otherwise(pl.format("the Rp {} of the remaining instalments do", "_opens")),
    )  # fmt: skip
    return [
        found(
            frame, pl.col("_active") & (pl.col("_brought") < 0), rule="LON-OUT-05", table="loans",
            column="outstanding_interest", before=pl.col("outstanding_interest"), note=negative,
        ),
        found(
            frame, (pl.col("schedule_source") != "none") & (pl.col("_stored_interest") != pl.col("_rest")),
            rule="LON-OUT-05", table="loans", column="outstanding_interest", before=pl.col("outstanding_interest"),
            note=pl.format(
                "the stored outstanding interest is Rp {} at the cut-off, the remaining instalments hold Rp {}: a "
                "difference of Rp {}; the stored one opens beside the schedule",
                "_stored_interest", "_rest", (pl.col("_stored_interest") - pl.col("_rest")).abs(),
            ),
        ),
        found(
            frame, over & (pl.col("_opens") > 0), rule="LON-OUT-06", table="loans", column="outstanding_interest",
            before=pl.col("outstanding_interest"),
            note=pl.format(
                "the loan is {} and owes Rp {} of principal, but Rp {} of outstanding interest opens {}",
                "_status", rupiah("_out").cast(pl.String).fill_null("?"), "_opens", where,
            ),
        ),
    ]  # fmt: skip
