"""The arrears and the class of each loan at the cut-off, compared with what the source says.

Put here what joins schedule, collateral and source class. The decision table itself is `collectability.py`.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.loans import collectability
from koop_pipeline.opening.money import rupiah, whole

HANDED_OVER = "$.handed_over"


def arrears(loans: pl.DataFrame, rest: pl.DataFrame, contract: pl.DataFrame) -> pl.DataFrame:
    """`loans` with oldest_principal_due, oldest_interest_due, gap_days, `_interest_rest`, `_interest_due`.

    Only what fell due before the cut-off day counts. A loan that owes no more than a rounding residue is not in
    arrears. A loan without a schedule has the oldest due date that its stored arrears tell, at the day they stand
    for.
    """
    late = pl.col("due_on") < pl.col("cutoff_on")
    dated = rest.join(loans.select("_loan", "cutoff_on"), on="_loan", how="inner")
    sums = dated.group_by("_loan").agg(
        oldest_principal_due=pl.col("due_on").filter(late & (pl.col("rest_principal") > 0)).min(),
        oldest_interest_due=pl.col("due_on").filter(late & (pl.col("rest_interest") > 0)).min(),
        _interest_rest=pl.col("rest_interest").sum(),
        _interest_due=pl.col("rest_interest").filter(late).sum(),
        _small=pl.col("small").first(),
    )
    span = (pl.col("due_on").max() - pl.col("due_on").min()).dt.total_days()
    gaps = contract.group_by("_loan").agg(gap_days=pl.when(pl.len() > 1).then(span // (pl.len() - 1).clip(1)))
    frame = loans.join(sums, on="_loan", how="left", maintain_order="left")
    frame = frame.join(gaps, on="_loan", how="left", maintain_order="left")
    stored = pl.col("as_of") - pl.duration(days=pl.when(pl.col("arrears_days") > 0).then("arrears_days"))
    stored = pl.when((pl.col("schedule_source") == "none") & (stored < pl.col("cutoff_on"))).then(stored)
    matters = ~pl.coalesce("_small", pl.col("_out") <= pl.col("_tolerance")).fill_null(False)
    return frame.with_columns(
        oldest_principal_due=pl.when(matters).then(pl.coalesce("oldest_principal_due", stored)),
        oldest_interest_due=pl.when(matters).then("oldest_interest_due"),
        gap_days=pl.coalesce("gap_days", (pl.col("maturity_on") - pl.col("disbursed_on")).dt.total_days()).cast(
            pl.Int64
        ),
    )


def classified(loans: pl.DataFrame, collaterals: pl.DataFrame) -> pl.DataFrame:
    """`loans` with derived_arrears_days, derived_collectability, `by_collateral`, `_unvalued`, `_source_class`, one row
    each.

    `loans` carry scheme and rescuable, the policies of their cooperative. Derived values are null where the loan is not
    active, or has neither a schedule nor stored arrears.
    """
    active = loans.filter(pl.col("_active"))
    values = collectability.collateral_value(active, collaterals)
    frame = loans.join(values, on="_loan", how="left", maintain_order="left").with_columns(
        due=pl.col("_out") + pl.col("_interest_due").fill_null(0),
        handed_over=pl.col("extras").str.json_path_match(HANDED_OVER) == "true",
    )
    unknown = pl.col("unvalued").fill_null(False) & (pl.col("collateral") < pl.col("due"))
    frame = frame.with_columns(collateral=pl.when(~unknown).then("collateral"), _unvalued=unknown)
    frame = collectability.classify(frame)
    stated = pl.col("arrears_days").is_not_null() | (pl.col("_out") <= 0)
    known = pl.col("_active") & ((pl.col("schedule_source") != "none") | stated)
    return frame.with_columns(
        derived_arrears_days=pl.when(known).then(collectability.arrears_days()),
        derived_collectability=pl.when(known).then("class"),
        by_collateral=known & pl.col("by_collateral"),
        _source_class=pl.coalesce("source_collectability", "collectability"),
        collateral=pl.coalesce("collateral", whole(0)),
    )


def failures(loans: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-COL-02` (the source's class differs from the derived one) and `LON-COL-03` (loss by collateral)."""
    unvalued = pl.format(
        "the class depends on the collateral and at least one held collateral has no value; loss is assumed "
        "for Rp {} of principal and interest due",
        rupiah("due"),
    )
    too_little = pl.format(
        "the class depends on the collateral: Rp {} is held against Rp {} of principal and interest due, so it is loss",
        rupiah("collateral"), rupiah("due"),
    )  # fmt: skip
    shared = pl.format(
        "; {} more of Rp {} held of the member, who has several loans, counts for none of them: say for which it is",
        "shared", rupiah("shared_value"),
    )  # fmt: skip
    shared = pl.when(pl.col("shared") > 0).then(shared).otherwise(pl.lit(""))
    differs = pl.col("_source_class") != pl.col("derived_collectability")
    return [
        found(
            loans, differs, rule="LON-COL-02", table="loans", column="source_collectability",
            before=pl.col("_source_class"),
            note=pl.format(
                "the source says {}, but {} days of arrears at the cut-off make it {}",
                "_source_class", "derived_arrears_days", "derived_collectability",
            ),
        ),
        found(
            loans, pl.col("by_collateral"), rule="LON-COL-03", table="loans", column="collectability",
            before=pl.col("_source_class"),
            note=pl.format("{}{}", pl.when("_unvalued").then(unvalued).otherwise(too_little), shared),
        ),
    ]  # fmt: skip
