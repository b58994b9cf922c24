"""Interest on the balance that is really there, where part of the principal was paid before its time.

Put here which instalments bear less interest than the schedule of the terms. What is paid of them is `remaining.py`.

Policy (ADR 0023). The interest of a declining, annuity or bullet loan is on the balance. An instalment whose period
begins after principal was paid ahead bears interest on what was left when it began, at most on the balance that the
schedule has. That is so for instalments that the terms give; a delivered one is the contract, and what it keeps is
said. Principal that was paid ahead together with the interest of its instalments is no prepayment: the borrower keeps
to the schedule, only earlier.
"""

from datetime import date

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.loans import rates
from koop_pipeline.opening.loans.contract import told
from koop_pipeline.opening.money import RUPIAH, half_up_to, rupiah, whole

FALLING = ("declining", "annuity", "bullet")


def lowered(contract: pl.DataFrame, loans: pl.DataFrame, repayments: pl.DataFrame) -> pl.DataFrame:
    """`contract` with the interest of instalments after a prepayment lowered, `lowered`, by how much (sen), and `kept`,
    by how much a delivered instalment would be lower and is not.

    `loans` as `outstanding.balances` gives them, `repayments` of `repayments.fill`; joined by `_loan`, whole sen.
    """
    falling = pl.col("interest_method").is_in(FALLING).fill_null(False)
    owing = rates.with_period_rate(loans.filter(told() & falling & pl.col("_principal").is_not_null()))
    terms = owing.select("_loan", "_num", "_den", "_unit", "_tolerance", "_principal", "cutoff_on", "tenor")
    rows = contract.sort("_loan", "instalment_no").with_columns(
        _begins=pl.col("due_on").shift(1).over("_loan").fill_null(date(1, 1, 1)),
        _before=pl.col("principal").sum().over("_loan") - pl.col("principal").cum_sum().over("_loan")
        + pl.col("principal"),
    ).join(terms, on="_loan", how="inner").with_columns(_at=pl.min_horizontal("_begins", "cutoff_on"))  # fmt: skip
    rows = _paid_by_then(rows, repayments)
    there = pl.col("_principal") - pl.col("_repaid")
    rounding = pl.max_horizontal("_unit", pl.col("tenor").fill_null(1).cast(pl.Int128) * RUPIAH)
    bare = (pl.col("_interest") + rounding < pl.col("_covered")) & (pl.col("_before") - there > pl.col("_tolerance"))
    on_what_is_left = half_up_to(there.clip(0) * pl.col("_num"), pl.col("_den"), pl.col("_unit"))
    by_terms = ~pl.col("delivered") | pl.col("added")
    known = bare & pl.col("_num").is_not_null()
    over = pl.when(known).then((pl.col("interest") - on_what_is_left).clip(0)).otherwise(whole(0)).cast(pl.Int128)
    lowers = pl.when(by_terms).then(over).otherwise(whole(0))
    found_rows = rows.select("_loan", "instalment_no", lowered=lowers, kept=over - lowers)
    frame = contract.join(found_rows, on=["_loan", "instalment_no"], how="left", maintain_order="left")
    frame = frame.with_columns(pl.col("lowered", "kept").fill_null(0))
    return frame.with_columns(pl.col(name) - pl.col("lowered") for name in ("interest", "total"))


def _paid_by_then(rows: pl.DataFrame, repayments: pl.DataFrame) -> pl.DataFrame:
    """`_repaid` and `_interest`, paid when each period begins or by the cut-off; `_covered`: the interest of the
    instalments that this principal covers.
    """
    daily = repayments.join(rows.select("_loan").unique(), on="_loan", how="semi").group_by("_loan", "paid_on").agg(
        pl.col("principal", "interest").sum()
    ).sort("_loan", "paid_on")  # fmt: skip
    so_far = daily.select(
        "_loan", _day="paid_on", _repaid=pl.col("principal").cum_sum().over("_loan"),
        _interest=pl.col("interest").cum_sum().over("_loan"),
    ).sort("_day")  # fmt: skip
    steps = rows.select(
        "_loan", _reached=pl.col("principal").cum_sum().over("_loan").cast(pl.Int64),
        _covered=pl.col("interest").cum_sum().over("_loan"),
    ).sort("_reached")  # fmt: skip
    frame = rows.sort("_at").join_asof(so_far, left_on="_at", right_on="_day", by="_loan", check_sortedness=False)
    frame = frame.with_columns(pl.col("_repaid", "_interest").fill_null(0))
    frame = frame.with_columns(_reach=pl.col("_repaid").cast(pl.Int64)).sort("_reach")
    frame = frame.join_asof(steps, left_on="_reach", right_on="_reached", by="_loan", check_sortedness=False)
    return frame.with_columns(pl.col("_covered").fill_null(0))


def failures(loans: pl.DataFrame, contract: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-INT-05` (of how much interest a prepayment relieves a loan that owes at the cut-off) and `LON-INT-10` (how
    much a delivered schedule keeps).
    """
    sums = contract.group_by("_loan").agg(_less=pl.col("lowered").sum(), _kept=pl.col("kept").sum())
    frame = loans.join(sums, on="_loan", how="inner", maintain_order="left")
    return [
        found(
            frame, pl.col("_active") & (pl.col("_less") > 0), rule="LON-INT-05", table="loans",
            column="instalment_interest", before=rupiah("_less"),
            note=pl.format(
                "principal was paid before its time: instalments that began after it bear interest on what was left, "
                "Rp {} less than by the schedule of the terms", rupiah("_less"),
            ),
        ),
        found(
            frame, pl.col("_active") & (pl.col("_kept") > 0), rule="LON-INT-10", table="loans",
            column="instalment_interest", before=rupiah("_kept"),
            note=pl.format(
                "principal was paid before its time, and the delivered schedule keeps its interest: Rp {} more than on "
                "what was left; if the lender charges less, deliver the schedule anew", rupiah("_kept"),
            ),
        ),
    ]  # fmt: skip
