"""A bullet of which the source lists one instalment, the repayment at the end, by its principal or its total alone.

Put here how it is told, and the instalments of interest that its terms have before it. Interest that is taken beside
other principals is `contract.py`.
"""

import polars as pl

MOST_DAYS = 15
"""By how many days the listed day may lie off that of the terms; less where half of a period is less."""


def marked(frame: pl.DataFrame, generated: pl.DataFrame, loans: pl.DataFrame) -> pl.DataFrame:
    """`frame` (delivered instalments with `silent` and `taken`) with `_bullet` and `_lone`: the terms end with that
    instalment, and have others before it. A lone instalment of another day tells no interest: it is silent, and nothing
    is taken.

    `generated`: the instalments of the terms; all by `_loan`.
    """
    day = pl.col("due_on").sort()
    ends = generated.group_by("_loan").agg(
        _ends=day.last(), _before=day.slice(-2, 1).first(), _count=pl.len(), _all=pl.col("principal").sum()
    )  # fmt: skip
    own = loans.select("_loan", "disbursed_on", _bullet=(pl.col("interest_method") == "bullet").fill_null(False))
    frame = frame.join(own, on="_loan", how="left", maintain_order="left")
    frame = frame.join(ends, on="_loan", how="left", maintain_order="left")
    before = pl.when(pl.col("_count") > 1).then("_before").otherwise("disbursed_on")
    period = (pl.col("_ends") - before).dt.total_days().fill_null(2 * MOST_DAYS)
    off = (pl.col("due_on") - pl.col("_ends")).dt.total_days().abs()
    near = (off * 2 <= pl.min_horizontal(period, 2 * MOST_DAYS)).fill_null(False)
    bare = pl.col("interest").is_null() & (pl.col("principal").is_null() | pl.col("total").is_null())
    alone = pl.col("_bullet") & (pl.len().over("_loan") == 1) & bare
    sums = pl.coalesce("principal", "total")
    fits = near & ((sums - pl.col("_all")).abs() * 10 <= pl.col("_all"))
    frame = frame.with_columns(
        _lone=(alone & fits & (pl.col("_count") > 1)).fill_null(False),
        silent=pl.col("silent") | (alone & ~near),
        taken=pl.when(~alone | near).then("taken"),
    )
    return frame.drop("disbursed_on", "_ends", "_before", "_count", "_all")


def with_lone(frame: pl.DataFrame, generated: pl.DataFrame) -> pl.DataFrame:
    """`frame` with the instalments of the terms before each lone one, which has their last number; silent, with all the
    interest of the terms as `taken`.
    """
    lone = frame.filter("_lone").select("_loan")
    terms = generated.join(lone, on="_loan", how="semi")
    last = terms.group_by("_loan").agg(_last=pl.col("instalment_no").max(), _in_all=pl.col("interest").sum())
    frame = frame.join(last, on="_loan", how="left", maintain_order="left").with_columns(
        instalment_no=pl.coalesce("_last", "instalment_no"),
        silent=pl.col("silent") | pl.col("_lone"),
        taken=pl.when("_lone").then("_in_all").otherwise("taken"),
    )
    frame = frame.drop("_last", "_in_all", "_lone", "_bullet", "_terms", "by_terms")
    earlier = terms.filter(pl.col("instalment_no") < pl.col("instalment_no").max().over("_loan")).with_columns(
        delivered=True, added=False, divided=False, silent=False, taken=pl.lit(None, dtype=pl.Int128)
    )
    return pl.concat([frame, earlier.select(frame.columns)], how="vertical_relaxed").sort("_loan", "instalment_no")
