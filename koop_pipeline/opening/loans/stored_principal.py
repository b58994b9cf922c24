"""The stored principal of an instalment against the schedule that is generated, and the interest that it rounds.

Put here the findings only; how a stored principal tells the rounding is `derive.py`.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.loans import derive, rates
from koop_pipeline.opening.money import RUPIAH, half_up_to, rupiah, sen


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


def rounded_interest(loans: pl.DataFrame, stated: pl.DataFrame, schedule: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-INT-09`: what it makes, in the whole schedule, that interest which nothing stores is rounded as the stored
    principal is. Nothing is found where that is no more than a rupiah an instalment.

    The frames are those of `failures`; `stated`: the same loans as the source has them. Compared with the interest
    rounded to the nearest of the stated unit, or of Rp 1. Of a flat or a declining loan: the sum of a margin is fixed,
    and an annuity or a bullet tells no rounding.
    """
    unit = pl.when(pl.col("rounding_unit") > 0).then(sen("rounding_unit")).otherwise(RUPIAH)
    own = stated.select("_loan", _plain=unit.cast(pl.Int128))
    bare = pl.all_horizontal(pl.col("instalment_interest", "interest_total").is_null())
    told = pl.col("_fitted_mode").is_not_null() & pl.col("instalment_principal").is_not_null() & bare
    asking = told & pl.col("_active") & (pl.col("schedule_source") == "generated")
    asking = asking & pl.col("interest_method").is_in(["flat", "declining"])
    owing = derive.rounding_mode(loans).filter(asking.fill_null(False))
    frame = rates.with_period_rate(owing).join(own, on="_loan", how="left")
    part = pl.col("part")
    rows = schedule.sort("_loan", "instalment_no").select(
        "_loan", part="principal", own=pl.col("interest") + pl.col("lowered")
    )
    rows = rows.join(frame.select("_loan", "interest_method", "_principal", "_num", "_den", "_plain"), on="_loan")
    before = (part.sum() - part.cum_sum() + part).over("_loan")
    on = pl.when(pl.col("interest_method") == "flat").then("_principal").otherwise(before)
    plain = half_up_to(on * pl.col("_num"), pl.col("_den"), pl.col("_plain"))
    sums = rows.with_columns(_off=pl.col("own") - plain).group_by("_loan").agg(
        _makes=pl.col("_off").sum(), _rows=pl.len()
    )  # fmt: skip
    frame = frame.join(sums, on="_loan", how="inner").sort("_loan")
    makes = pl.col("_makes")
    mode, to = pl.col("_fitted_mode"), rupiah("_unit")
    way = (
        pl.when(mode == "up").then(pl.format("up to Rp {}", to))
        .when(mode == "down").then(pl.format("down to Rp {}", to))
        .when(mode == "none").then(pl.lit("to whole sen"))
        .otherwise(pl.format("to the nearest Rp {}", to))
    )  # fmt: skip
    return [
        found(
            frame, makes.abs() > pl.col("_rows") * RUPIAH, rule="LON-INT-09", table="loans",
            column="instalment_principal", before=pl.col("instalment_principal"),
            note=pl.format(
                "no interest is stored, and that of {} instalments is rounded {}, as the stored principal of Rp {} is: "
                "Rp {} {} in all than rounded to the nearest Rp {}",
                "_rows", way, "instalment_principal", rupiah(makes.abs()),
                pl.when(makes > 0).then(pl.lit("more")).otherwise(pl.lit("less")), rupiah("_plain"),
            ),
        )
    ]  # fmt: skip
