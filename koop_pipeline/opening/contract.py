"""The contract of each loan: the schedule that the source delivers, else the one its terms give.

Put here which schedule counts and how gaps of a delivered one are filled. What is paid of it belongs to `remaining.py`.
"""

import polars as pl

from koop_pipeline.opening import derive, engine
from koop_pipeline.opening.money import sen, whole

COLUMNS = ["_loan", "instalment_no", "due_on", "principal", "interest", "total", "delivered"]


def contract(loans: pl.DataFrame, instalments: pl.DataFrame) -> pl.DataFrame:
    """One row an instalment, amounts in whole sen (Int128); `delivered` says whether the source has it.

    `loans` and `instalments` carry `_loan`. A delivered schedule that lacks a part takes the interest that the loan's
    terms give for that instalment, and the rest of its total as principal; one that has neither part nor total is not
    used.
    """
    generated = engine.instalments(loans)
    amounts = [pl.col(name).cast(pl.Int128) for name in ("principal", "interest")]
    generated = generated.with_columns(*amounts, delivered=False)
    generated = generated.with_columns(total=pl.col("principal") + pl.col("interest"))
    delivered = _delivered(instalments, generated)
    rest = generated.join(delivered.select("_loan").unique(), on="_loan", how="anti")
    return pl.concat([delivered.select(COLUMNS), rest.select(COLUMNS)]).sort("_loan", "instalment_no")


def _delivered(instalments: pl.DataFrame, generated: pl.DataFrame) -> pl.DataFrame:
    frame = derive.instalments(instalments.drop_nulls("_loan")).select(
        "_loan", "instalment_no", "due_on", *[sen(name).alias(name) for name in ("principal", "interest", "total")]
    )
    known = generated.select("_loan", "instalment_no", by_terms="interest")
    frame = frame.join(known, on=["_loan", "instalment_no"], how="left", maintain_order="left")
    share = pl.min_horizontal(pl.coalesce(pl.col("by_terms"), whole(0)), pl.col("total"))
    frame = frame.with_columns(
        interest=pl.coalesce("interest", share), principal=pl.coalesce("principal", pl.col("total") - share)
    ).with_columns(total=pl.coalesce("total", pl.col("principal") + pl.col("interest")), delivered=True)
    broken = pl.any_horizontal(pl.col("principal", "total", "due_on", "instalment_no").is_null()).any().over("_loan")
    return frame.filter(~broken)
