"""What is said of remaining instalments: residues of rounding that moved, and the interest paid against the terms.

Put here findings only; what remains of each instalment is `remaining.py`.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import RUPIAH, rupiah

OF_LOAN = ["by_history", "moved_principal", "moved_interest", "closed_interest", "begun_interest"]


def failures(loans: pl.DataFrame, rest: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-RES-02` (a residue of principal beyond one unit moved), `LON-INT-01` (the interest paid is not that of a
    generated schedule) and `LON-INT-02` (a residue of interest moved beyond one unit, or counts as paid).

    `loans` as `position.py` has them, `rest` of `remaining.remaining`; amounts in whole sen, joined by `_loan`.
    """
    sums = rest.group_by("_loan").agg(pl.col(OF_LOAN).first())
    frame = loans.join(sums, on="_loan", how="inner", maintain_order="left")
    generated = pl.col("schedule_source") == "generated"
    principal, interest = pl.col("moved_principal"), pl.col("moved_interest")
    rounding = pl.max_horizontal(pl.col("_unit"), pl.col("tenor").fill_null(1).cast(pl.Int128) * RUPIAH)
    short = pl.col("closed_interest") - pl.col("_interest_paid")
    over = pl.col("_interest_paid") - pl.col("begun_interest")
    differs = generated & pl.col("by_history") & ((short > rounding) | (over > rounding))
    most = pl.when(short > 0).then("closed_interest").otherwise("begun_interest")
    said = pl.when(short > 0).then(pl.lit("whose principal is paid")).otherwise(pl.lit("begun by the cut-off"))
    effect = pl.when(short > 0).then(pl.lit("stays owed")).otherwise(pl.lit("counts for those to come"))
    whither = pl.when(generated).then(pl.lit("the last instalment takes it")).otherwise(pl.lit("it counts as paid"))
    moves = pl.when(interest > 0).then(whither).otherwise(pl.lit("what was paid of it opens no instalment"))
    stated = (generated & (interest.abs() > pl.col("_unit"))) | (~generated & (interest != 0))
    return [
        found(
            frame, generated & (principal.abs() > pl.col("_unit")), rule="LON-RES-02", table="loans",
            column="outstanding_principal", before=pl.col("outstanding_principal"),
            note=pl.format(
                "payments rounded otherwise than the instalments leave Rp {} of principal {}, which the last instalment"
                " takes", rupiah(principal.abs()),
                pl.when(principal > 0).then(pl.lit("unpaid")).otherwise(pl.lit("paid beforehand")),
            ),
        ),
        found(
            frame, differs, rule="LON-INT-01", table="loans", column="instalment_interest",
            before=rupiah("_interest_paid"),
            note=pl.format(
                "the history shows Rp {} of interest paid, the instalments {} hold Rp {} by the loan's terms: Rp {} {}",
                rupiah("_interest_paid"), said, rupiah(most),
                rupiah(pl.when(short > 0).then(short).otherwise(over)), effect,
            ),
        ),
        found(
            frame, stated, rule="LON-INT-02", table="loans", column="instalment_interest", before=rupiah(interest),
            note=pl.format("a residue of rounding of Rp {} of interest: {}", rupiah(interest.abs()), moves),
        ),
    ]  # fmt: skip
