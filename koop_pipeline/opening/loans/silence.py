"""A delivered schedule that says nothing of the interest beside its principals, or 0 beside all of them.

Put here what counts as silence, and the findings; which interest is taken from the terms is `contract.py`.

Policy (ADR 0029). An interest of 0 in every instalment of a loan that bears interest is silence: an empty column, or
dashes. Where stored interest or the history shows interest, and the schedule is the whole one, the terms give it. Else
only a rate speaks against the 0, or the source may have ended the interest of what remains: that blocks.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.loans import rates
from koop_pipeline.opening.money import rupiah, sen, shown

TERMS = ("annual_rate", "source_rate", "instalment_interest", "interest_total")


def zeroed(instalments: pl.DataFrame, loans: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """`_loan`, `_shown` (stored interest or the history shows interest, and the schedule is whole): loans that bear
    interest, all of whose delivered instalments state 0 of it.

    All three with `_loan`: delivered instalments, loans as the source has them, repayments.
    """
    interest, total, principal = sen("interest"), sen("total"), sen("principal")
    bare = (interest == 0) & principal.is_not_null() & (total.is_null() | (total == principal))
    schedules = instalments.drop_nulls("_loan").group_by("_loan").agg(
        _zero=bare.fill_null(False).all(), _begins=pl.col("instalment_no").min(), _sum=principal.sum()
    ).filter("_zero")  # fmt: skip
    paid = made.filter(interest > 0)["_loan"].drop_nulls().unique().implode()
    frame = schedules.join(loans, on="_loan", how="inner", maintain_order="left")
    stored = pl.any_horizontal(pl.col("instalment_interest", "interest_total") > 0).fill_null(False)
    shows = stored | pl.col("_loan").is_in(paid)
    whole_one = ((pl.col("_begins") == 1) & (pl.col("_sum") == principal)).fill_null(False)
    rated = pl.any_horizontal([pl.col(name) > 0 for name in TERMS]).fill_null(False)
    return frame.filter(rated | shows).select("_loan", _shown=shows & whole_one)


def emptied(instalments: pl.DataFrame, silent: pl.DataFrame) -> pl.DataFrame:
    """`instalments` without interest and total in those loans of `zeroed`."""
    silence = pl.col("_loan").is_in(silent["_loan"].implode()).fill_null(False)
    return instalments.with_columns(pl.when(~silence).then(name).alias(name) for name in ("interest", "total"))


def counted(loans: pl.DataFrame, instalments: pl.DataFrame) -> pl.DataFrame:
    """`loans` with the tenor that their delivered principals count, where none is stated and the terms have to give the
    interest beside them: those of the whole principal, or of the outstanding one under their first numbers.

    Both with `_loan`; the schedule has no gap. Same rows, same order.
    """
    number, principal = pl.col("instalment_no"), sen("principal")
    silent = pl.all_horizontal(pl.col("interest", "total").is_null()) & principal.is_not_null()
    plans = instalments.drop_nulls("_loan").group_by("_loan").agg(
        _silent=silent.any(), _begins=number.min(), _tenor=number.max(), _rows=number.n_unique(), _count=pl.len(),
        _sum=principal.sum(),
    )  # fmt: skip
    frame = loans.join(plans, on="_loan", how="left", maintain_order="left")
    gapless = (pl.col("_tenor") - pl.col("_begins") + 1 == pl.col("_rows")) & (pl.col("_rows") == pl.col("_count"))
    held = pl.when(pl.col("_begins") == 1).then(principal).otherwise(sen("outstanding_principal"))
    known = (pl.col("_silent") & gapless & (pl.col("_begins") >= 1) & (pl.col("_sum") == held)).fill_null(False)
    tenor = pl.when(known).then(pl.col("_tenor").cast(loans.schema["tenor"]))
    return frame.with_columns(tenor=pl.coalesce("tenor", tenor)).select(loans.columns)


def failures(loans: pl.DataFrame, schedule: pl.DataFrame, silent_ones: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-INT-06` (interest that the delivered schedule does not state is that of the terms, or nothing says that the
    loan bears any) and `LON-INT-07` (the loan bears interest, and nothing tells how much stands beside a principal).

    `loans` as `position.py` has them, `schedule` of `contract.py`, `silent_ones` of `zeroed`; amounts in whole sen,
    joined by `_loan`. Said of loans that owe at the cut-off.
    """
    silent, unknown = pl.col("silent"), pl.col("silent") & pl.col("taken").is_null()
    sums = schedule.filter(silent.any().over("_loan") & ~pl.col("added")).group_by("_loan").agg(
        _silent_count=silent.sum(), _taken=pl.col("taken").sum(), _unknown_count=unknown.sum(),
        _beside=pl.col("principal").filter(unknown).sum(), _elsewhere=pl.col("interest").sum(),
        _totals=(silent & pl.col("divided")).any(),
    )  # fmt: skip
    frame = loans.join(sums, on="_loan", how="inner", maintain_order="left")
    frame = frame.join(silent_ones, on="_loan", how="left", maintain_order="left")
    doubtful, zero = (~pl.col("_shown")).fill_null(False), pl.col("_shown").is_not_null()
    stated = pl.any_horizontal([pl.col(name) > 0 for name in TERMS])
    bears = (stated.fill_null(False) | (pl.col("_elsewhere") > 0) | (pl.col("_interest_paid") > 0)).fill_null(False)
    owes, untold = pl.col("_active") & (pl.col("_out") > 0), pl.col("_unknown_count") > 0
    by_terms = pl.format(
        "{} delivered instalments state {}; the terms give Rp {} of interest beside them, which counts",
        "_silent_count",
        pl.when(zero).then(pl.lit("an interest of 0")).when("_totals").then(pl.lit("a total alone"))
        .otherwise(pl.lit("a principal alone")), rupiah("_taken"),
    )  # fmt: skip
    none = pl.format(
        "{} delivered instalments with Rp {} of principal state no interest, and neither a rate nor any interest is "
        "stated: they open without interest", "_unknown_count", rupiah("_beside"),
    )  # fmt: skip
    doubt = pl.format(
        "{} delivered instalments state an interest of 0 beside {} % a year, by which Rp {} would stand there: whether "
        "the loan bears none is not known; deliver the interest of the schedule, or correct the rate",
        "_silent_count", rates.percent_text(pl.col("annual_rate")), rupiah("_taken"),
    )  # fmt: skip
    by_none = untold & ~bears
    blocks = (untold & bears) | (doubtful & (pl.col("_taken") > 0))
    return [
        found(
            frame, owes & ((~untold & ~doubtful & (pl.col("_taken") > 0)) | by_none), rule="LON-INT-06", table="loans",
            column="interest_total", before=rupiah("_taken"), note=pl.when(untold).then(none).otherwise(by_terms),
        ),
        found(
            frame, owes & blocks, rule="LON-INT-07", table="loans", column="interest_total",
            before=pl.col("interest_total"),
            note=pl.when(~untold).then(doubt).otherwise(pl.format(
                "{} delivered instalments with Rp {} of principal state no interest, and the terms ({} % a year, {} of "
                "interest an instalment, {} in all) do not give it for these principals: deliver the interest or the "
                "totals of the schedule",
                "_unknown_count", rupiah("_beside"), rates.percent_text(pl.col("annual_rate")),
                shown(pl.col("instalment_interest")), shown(pl.col("interest_total")),
            )),
        ),
    ]  # fmt: skip
