"""A delivered schedule that says nothing of the interest beside its principals.

Put here the findings only; which interest is taken from the terms is `contract.py`.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.loans import rates
from koop_pipeline.opening.money import rupiah, shown


def failures(loans: pl.DataFrame, schedule: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-INT-06` (interest that the delivered schedule does not state is that of the terms, or nothing says that the
    loan bears any) and `LON-INT-07` (the loan bears interest, and nothing tells how much stands beside a principal).

    `loans` as `position.py` has them, `schedule` of `contract.py`; amounts in whole sen, joined by `_loan`. Said of
    loans that owe at the cut-off.
    """
    silent, unknown = pl.col("silent"), pl.col("silent") & pl.col("taken").is_null()
    sums = schedule.filter(silent.any().over("_loan") & ~pl.col("added")).group_by("_loan").agg(
        _silent_count=silent.sum(), _taken=pl.col("taken").sum(), _unknown_count=unknown.sum(),
        _beside=pl.col("principal").filter(unknown).sum(), _elsewhere=pl.col("interest").sum(),
    )  # fmt: skip
    frame = loans.join(sums, on="_loan", how="inner", maintain_order="left")
    terms = ("annual_rate", "source_rate", "instalment_interest", "interest_total")
    stated = pl.any_horizontal([pl.col(name) > 0 for name in terms])
    bears = (stated.fill_null(False) | (pl.col("_elsewhere") > 0) | (pl.col("_interest_paid") > 0)).fill_null(False)
    owes, untold = pl.col("_active") & (pl.col("_out") > 0), pl.col("_unknown_count") > 0
    by_terms = pl.format(
        "{} delivered instalments state a principal alone; the terms give Rp {} of interest beside them, which counts",
        "_silent_count", rupiah("_taken"),
    )  # fmt: skip
    none = pl.format(
        "{} delivered instalments with Rp {} of principal state no interest, and neither a rate nor any interest is "
        "stated: they open without interest", "_unknown_count", rupiah("_beside"),
    )  # fmt: skip
    return [
        found(
            frame, owes & ((~untold & (pl.col("_taken") > 0)) | (untold & ~bears)), rule="LON-INT-06", table="loans",
            column="interest_total", before=rupiah("_taken"), note=pl.when(untold).then(none).otherwise(by_terms),
        ),
        found(
            frame, owes & untold & bears, rule="LON-INT-07", table="loans", column="interest_total",
            before=pl.col("interest_total"),
            note=pl.format(
                "{} delivered instalments with Rp {} of principal state no interest, and the terms ({} % a year, {} of "
                "interest an instalment, {} in all) do not give it for these principals: deliver the interest or the "
                "totals of the schedule",
                "_unknown_count", rupiah("_beside"), rates.percent_text(pl.col("annual_rate")),
                shown(pl.col("instalment_interest")), shown(pl.col("interest_total")),
            ),
        ),
    ]  # fmt: skip
