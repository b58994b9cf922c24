"""The day to which a source says that a loan's interest is settled, against the unpaid interest that opens.

Put here the findings. What has accrued since that day is `accrued.py`, what is unpaid of an instalment `remaining.py`.

Policy (ADR 0034). The day forgives nothing by itself: what opens is what the schedule and the payments leave. Where
the history told the interest, or the stored outstanding interest is that of the schedule (within a rupiah an
instalment), these stand against the day and that is said. Where only the balance tells what is unpaid, nothing shows
whether the interest of instalments that fell due by the day was paid alone: that blocks. Of a period in which the day
lies, interest counts as settled by its days; a rupiah is rounding.
"""

import polars as pl

from koop_pipeline.opening.accrued import days_between, periods
from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import RUPIAH, half_up, rupiah, sen, whole


def failures(
    loans: pl.DataFrame, contract: pl.DataFrame, rest: pl.DataFrame, stored_interest: pl.Expr
) -> list[pl.DataFrame]:
    """`LON-ACR-02` (interest said to be settled opens as unpaid, and something else tells so), `LON-ACR-03` (nothing
    does, of instalments that fell due) and `LON-ACR-04` (interest that fell due after the day opens, as the day alone
    tells). Each names the amount; said of loans that owe at the cut-off and have a schedule.

    The frames are those of `accrued.of_loans`; `stored_interest`: the stored outstanding interest at the cut-off.
    """
    asking = pl.col("_active") & (pl.col("schedule_source") != "none") & pl.col("interest_accrued_to").is_not_null()
    owing = loans.filter(asking.fill_null(False))
    dated = periods(owing, contract, rest).with_columns(_again=_again())
    by_then = pl.col("due_on") <= pl.min_horizontal("interest_accrued_to", "cutoff_on")
    sums = dated.group_by("_loan").agg(pl.col("_again").sum(), _fell_due=pl.col("_again").filter(by_then).sum())
    told = rest.group_by("_loan").agg(
        pl.col("by_history", "untouched", "unsettled_interest", "unsettled_count", "passed_interest").first(),
        _rows=pl.len(),
    )
    frame = owing.join(sums, on="_loan", how="inner", maintain_order="left")
    frame = frame.join(told, on="_loan", how="inner", maintain_order="left")
    off = (sen(stored_interest) - pl.col("_interest_rest")).abs()
    stored = (off <= pl.col("_rows").cast(pl.Int128) * RUPIAH).fill_null(False)
    blocks = ~pl.col("by_history") & ~stored & (pl.col("_fell_due") > 0)
    why = (
        pl.when("by_history").then(pl.lit(", as the repayments leave it"))
        .when(stored).then(pl.lit(", as the stored outstanding interest has it"))
        .otherwise(pl.lit(" with its instalment"))
    )  # fmt: skip
    settled = pl.col("interest_accrued_to")
    untold = (
        pl.when(stored_interest.is_not_null()).then(pl.format(
            "the stored outstanding interest of Rp {} is neither that with it nor that without it", stored_interest,
        ))
        .when("untouched").then(pl.lit(
            "the delivered schedule of what remains holds it, on which the repayments cannot be laid"
        ))
        .when(pl.col("_payments") > 0).then(pl.lit(
            "the repayments do not tell which is true: they do not explain the outstanding principal, or say no "
            "interest"
        ))
        .otherwise(pl.lit("neither repayments nor an outstanding interest tell which is true"))
    )  # fmt: skip
    way_out = (
        pl.when(stored_interest.is_not_null()).then(pl.lit("correct one of the three"))
        .when("untouched").then(pl.lit("deliver the whole schedule, or correct it or the day"))
        .when(pl.col("_payments") > 0).then(pl.lit("correct them or the balance, or the day"))
        .otherwise(pl.lit("deliver one of them, or correct the day"))
    )  # fmt: skip
    opens = pl.when(pl.col("unsettled_interest") > 0).then(pl.format(
        "Rp {} of interest in {} instalments opens as unpaid, though no principal of theirs does; if it was paid, "
        "correct the day, or deliver the payments", rupiah("unsettled_interest"), "unsettled_count",
    ))  # fmt: skip
    passes = pl.when(pl.col("passed_interest") > 0).then(pl.format(
        "Rp {} of interest counts as paid, for the stored {} so; correct the one that is wrong",
        rupiah("passed_interest"),
        pl.when(stored).then(pl.lit("outstanding interest says")).otherwise(pl.lit("arrears say")),
    ))  # fmt: skip
    return [
        found(
            frame, (pl.col("_again") > RUPIAH) & ~blocks, rule="LON-ACR-02", table="loans",
            column="interest_accrued_to", before=settled,
            note=pl.format(
                "interest is said to be settled to {}, but Rp {} of interest up to that day opens as unpaid{}",
                settled, rupiah("_again"), why,
            ),
        ),
        found(
            frame, blocks, rule="LON-ACR-03", table="loans", column="interest_accrued_to", before=settled,
            note=pl.format(
                "interest is said to be settled to {}, but Rp {} of interest of instalments that fell due by then would"
                " open as unpaid, and {}: it would be charged again, or lost; {}",
                settled, rupiah("_fell_due"), untold, way_out,
            ),
        ),
        found(
            frame, (pl.col("unsettled_interest") > 0) | (pl.col("passed_interest") > 0), rule="LON-ACR-04",
            table="loans", column="interest_accrued_to", before=settled,
            note=pl.format(
                "interest is said to be settled to {} only, and no repayment tells of what fell due after it: {}",
                settled, pl.concat_str(opens, passes, separator="; ", ignore_nulls=True),
            ),
        ),
    ]  # fmt: skip


def _again() -> pl.Expr:
    """Interest of a period that is said to be settled and opens as unpaid all the same, sen."""
    start, due, day = pl.col("_start"), pl.col("due_on"), pl.col("interest_accrued_to")
    part = half_up(pl.col("interest") * days_between(start, day), pl.max_horizontal(days_between(start, due), whole(1)))
    running = pl.when(day > start).then(part).otherwise(whole(0))
    settled = pl.when(day >= due).then("interest").otherwise(running)
    return (settled - (pl.col("interest") - pl.col("_rest"))).clip(0)
