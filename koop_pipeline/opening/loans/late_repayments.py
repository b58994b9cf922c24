"""Repayments that a loan's stored balance lacks: they bear its day or an earlier one, but were written after it.

Put here the proof and the balance with them; everything else of a loan takes that balance for the stored one. The same
of savings is in `savings/balances.py`, and when an entry was written in `written.py`.
"""

from dataclasses import dataclass

import polars as pl

from koop_pipeline.opening.cutoffs import known_between, with_cutoff
from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import rupiah, sen, whole

KEY = ["cooperative_id", "loan_no"]


@dataclass(frozen=True)
class LateRepayments:
    """`loans` with the balances that hold the late repayments; `lacking`, the loans that did not; `brought`.

    `lacking`: cooperative_id, loan_no, _row, as_of, cutoff_on, outstanding_principal (as delivered) and late, rupiah.
    `brought`: cooperative_id and _row of the repayments.
    """

    loans: pl.DataFrame
    lacking: pl.DataFrame
    brought: pl.DataFrame

    def moved(self, positions: pl.DataFrame) -> pl.DataFrame:
        """`positions` whose `moved` counts the late repayments too."""
        late = self.lacking.select(*KEY, _late="late")
        frame = positions.join(late, on=KEY, how="left", maintain_order="left")
        whole_moved = rupiah(sen("moved") - sen("_late").fill_null(0))
        return frame.with_columns(moved=whole_moved).select(positions.columns)

    def failures(self, failures: pl.DataFrame, positions: pl.DataFrame) -> pl.DataFrame:
        """`failures` with what `CUT-03` says of these loans: by how much both kinds of repayments brought them on."""
        opened = positions.select(*KEY, _opens="outstanding_principal", _moved="moved")
        frame = self.lacking.join(opened, on=KEY, how="left", maintain_order="left")
        said = found(
            frame, pl.lit(True), rule="CUT-03", table="loans", column="outstanding_principal",
            before=pl.col("outstanding_principal"),
            note=pl.format(
                "the balance of Rp {} stands for {}; repayments bring it to Rp {} at the cut-off day {}; Rp {} of them "
                "bear an earlier day, but were written after the balance",
                "outstanding_principal", "as_of", "_opens", "cutoff_on", "late",
            ),
        )  # fmt: skip
        own = self.lacking.select("cooperative_id", pl.lit("CUT-03").alias("rule"), row="_row")
        return pl.concat([failures.join(own, on=["cooperative_id", "rule", "row"], how="anti"), said])


def with_late_repayments(
    loans: pl.DataFrame, repayments: pl.DataFrame, written: pl.DataFrame, cutoffs: pl.DataFrame
) -> LateRepayments:
    """Take off a loan what was repaid by its day, but written after it (`written`, the columns WRITTEN).

    Proved where all repayments up to that day name their principal, the stored balance is to the sen what the others
    leave of the loan, and all repayments between its day and the cut-off are known. A number that stands twice proves
    nothing. What is paid off by them is settled.
    """
    frame = with_cutoff(loans, cutoffs)
    once = frame.filter(pl.col("loan_no").is_not_null() & pl.len().over(KEY).eq(1))
    paid = repayments.join(once.select(*KEY, "as_of"), on=KEY, how="inner")
    paid = paid.join(written, on=["cooperative_id", "_row"], how="left").filter(pl.col("paid_on") <= pl.col("as_of"))
    paid = paid.with_columns(_late=(pl.col("not_before") > pl.col("as_of")).fill_null(False))
    sums = paid.group_by(KEY).agg(
        _others=sen("principal").filter(~pl.col("_late")).sum(),
        _late=sen("principal").filter("_late").sum(),
        _late_interest=sen("interest").filter("_late").sum(),
        _unknown=pl.col("principal").is_null().any(),
    )
    tied = sen("outstanding_principal") == sen("principal") - pl.col("_others")
    proved = tied & (pl.col("_late") != 0) & ~pl.col("_unknown") & known_between() & (pl.col("status") == "active")
    lacking = once.join(sums, on=KEY, how="inner").filter(proved)
    keep = [*KEY, "_row", "as_of", "cutoff_on", "outstanding_principal", "late"]
    return LateRepayments(
        _lowered(loans, lacking.select(*KEY, "_late", "_late_interest")),
        lacking.with_columns(late=rupiah("_late")).select(keep),
        paid.filter("_late").join(lacking.select(KEY), on=KEY, how="semi").select("cooperative_id", "_row"),
    )


def _lowered(loans: pl.DataFrame, late: pl.DataFrame) -> pl.DataFrame:
    frame = loans.join(late, on=KEY, how="left", maintain_order="left").with_columns(
        pl.col("_late", "_late_interest").fill_null(whole(0))
    )
    left = sen("outstanding_principal") - pl.col("_late")
    paid_off = ((pl.col("_late") != 0) & (left == 0)).fill_null(False)
    return frame.with_columns(
        outstanding_principal=rupiah(left),
        outstanding_interest=rupiah(sen("outstanding_interest") - pl.col("_late_interest")),
        status=pl.when(paid_off).then(pl.lit("settled")).otherwise("status"),
    ).select(loans.columns)
