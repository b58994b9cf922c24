"""Instalments that a small rest of their principal keeps open, with the whole of their interest.

Put here the finding. Which rests are rounding, and close an instalment, is `remaining.py`.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import rupiah


def failures(loans: pl.DataFrame, rest: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-RES-03`: the interest of an overdue instalment opens whole beside a tenth of its principal or less, and no
    history that explains the balance tells whether it was paid. Both amounts are named.

    `loans` as `position.py` has them, `rest` of `remaining.remaining`; amounts in whole sen, joined by `_loan`.
    """
    sums = rest.group_by("_loan").agg(pl.col("reopened_principal", "reopened_interest").first())
    frame = loans.join(sums, on="_loan", how="inner", maintain_order="left")
    return [
        found(
            frame, pl.col("reopened_interest") > 0, rule="LON-RES-03", table="loans", column="outstanding_principal",
            before=pl.col("outstanding_principal"),
            note=pl.format(
                "Rp {} of principal is all that is unpaid of an instalment that fell due, and no repayments that "
                "explain the balance tell whether its interest was paid: Rp {} of it opens with the rest, as overdue; "
                "deliver the repayments, or the rounding unit if it is one of rounding",
                rupiah("reopened_principal"), rupiah("reopened_interest"),
            ),
        )
    ]  # fmt: skip
