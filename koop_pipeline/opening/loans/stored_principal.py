"""The stored principal of an instalment against the schedule that is generated.

Put here the finding only; how a stored principal tells the rounding is `derive.py`.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import rupiah, sen


def failures(loans: pl.DataFrame, schedule: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-PRN-01`: the stored principal of an instalment is not that of the generated schedule; both are named.

    `loans` as `position.py` has them, `schedule` of `contract.py` in whole sen, joined by `_loan`. Compared with the
    first instalment, of a bullet with the last too; an annuity may differ by a rounding unit. Nothing is found of a
    loan with one instalment, and of one that owes nothing.
    """
    number = pl.col("instalment_no")
    ends = schedule.filter(~pl.col("delivered")).group_by("_loan").agg(
        _first_part=pl.col("principal").sort_by(number).first(), _last_part=pl.col("principal").sort_by(number).last(),
        _rows=pl.len(),
    )  # fmt: skip
    frame = loans.join(ends, on="_loan", how="inner", maintain_order="left")
    method, stored = pl.col("interest_method"), sen("instalment_principal")
    allowed = pl.when(method == "annuity").then("_unit").otherwise(0)
    differs = (stored - pl.col("_first_part")).abs() > allowed
    differs = differs & ((method != "bullet") | (stored != pl.col("_last_part")))
    generated = (pl.col("schedule_source") == "generated") & (pl.col("_rows") > 1)
    return [
        found(
            frame, generated & differs, rule="LON-PRN-01", table="loans", column="instalment_principal",
            before=pl.col("instalment_principal"),
            note=pl.format(
                "Rp {} of principal an instalment is stored, which no rounding to Rp {} makes of Rp {} over {} "
                "instalments ({}): Rp {} opens",
                "instalment_principal", "rounding_unit", "principal", "_rows", method, rupiah("_first_part"),
            ),
        )
    ]  # fmt: skip
