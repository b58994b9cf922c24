"""Repayments of which a part is empty and nothing tells it: an empty cell, or an amount that the profile cannot cast.

Put here when such a part counts as nothing, and what is said of it. The arithmetic of parts is `repayments.py`.

Policy (ADR 0029). An empty principal beside a stated interest, without a total, is not known: taken as 0 it would open
a loan too high. It is 0 only where the stored balance proves it: principal less the stated principals of the loan up to
the balance's day is that balance to the sen. An empty interest beside a principal, and both beside a penalty or a fee,
count as nothing paid and are said: nothing is forgiven by them.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import MONEY, rupiah, sen

PARTS = ("principal", "interest", "penalty", "fee")


def proved(made: pl.DataFrame, loans: pl.DataFrame) -> pl.DataFrame:
    """`made` (repayments with `_loan`) with 0 for empty principals that the stored balance proves to be none.

    `loans`: with `_loan` and as_of, the day of the stored balance. Payments after that day stay as they are.
    """
    own = loans.select("_loan", "as_of", _lent=sen("principal"), _left=sen("outstanding_principal"))
    frame = made.with_row_index("_at").join(own, on="_loan", how="left", maintain_order="left")
    principal, rest = sen("principal"), sen("total") - sen("interest") - _side()
    known = pl.coalesce(principal, rest, pl.when(_aside()).then(0))
    early = pl.col("paid_on") <= pl.col("as_of")
    sums = frame.filter(early).group_by("_loan").agg(
        _known=known.sum(), _told=(known.is_not_null() | _lost()).all()
    )  # fmt: skip
    frame = frame.join(sums, on="_loan", how="left", maintain_order="left")
    ties = pl.col("_told") & (pl.col("_lent") - pl.col("_known") == pl.col("_left"))
    none = pl.when((_lost() & early & ties).fill_null(False)).then(pl.lit(0).cast(MONEY))
    return frame.sort("_at").with_columns(principal=pl.coalesce("principal", none)).select(made.columns)


def failures(made: pl.DataFrame) -> list[pl.DataFrame]:
    """`RPY-PRT-01` (an empty part counts as nothing paid) and `RPY-PRT-02` (an empty principal is not known).

    `made`: of `proved`. An empty interest is said only in a cooperative whose repayments say of others what of them is
    interest.
    """
    told = pl.any_horizontal(pl.col("interest", "total").is_not_null()).any().over("cooperative_id")
    beside = pl.col("principal").is_not_null() & pl.col("interest").is_null() & pl.col("total").is_null() & told
    loan, day = pl.col("loan_no").fill_null("?"), pl.col("paid_on").cast(pl.String).fill_null("?")
    return [
        found(
            made, beside | _aside(), rule="RPY-PRT-01", table="loan_repayments", column="interest",
            before=pl.col("interest"),
            note=pl.when(pl.col("principal").is_not_null()).then(pl.format(
                "a payment of {} on loan {} states Rp {} of principal and neither interest nor total: no interest "
                "counts as paid, and it stays owed", day, loan, "principal",
            )).otherwise(pl.format(
                "a payment of {} on loan {} states Rp {} of penalty and fee and neither principal, interest nor total: "
                "none of either counts as paid",
                day, loan, rupiah(_side()),
            )),
        ),
        found(
            made, _lost(), rule="RPY-PRT-02", table="loan_repayments", column="principal", before=pl.col("principal"),
            note=pl.format(
                "a payment of {} on loan {} states Rp {} of interest and neither principal nor total, and no stored "
                "balance proves that it repaid nothing: what the loan owes is not derived; deliver the principal (0 if "
                "it is none) or the total",
                day, loan, "interest",
            ),
        ),
    ]  # fmt: skip


def _side() -> pl.Expr:
    return sen("penalty").fill_null(0) + sen("fee").fill_null(0)


def _lost() -> pl.Expr:
    """An empty principal beside an interest, without a total."""
    return pl.col("principal").is_null() & pl.col("interest").is_not_null() & pl.col("total").is_null()


def _aside() -> pl.Expr:
    """Penalty or fee alone."""
    rest = pl.all_horizontal(pl.col("principal", "interest", "total").is_null())
    return rest & pl.any_horizontal(pl.col("penalty", "fee").is_not_null())
