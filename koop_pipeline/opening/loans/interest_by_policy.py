"""The interest that remains of each instalment where no history tells it.

Put here what counts as paid then. Interest that payments tell is laid in `remaining.py`.

Policy (ADR 0034). The interest of an instalment counts as paid with its principal; an instalment that has interest
only, if a later one is touched, or if it fell due before the cut-off and before the stored arrears begin. A settled
day (`interest_accrued_to`, up to the cut-off) tells more, as far as stored arrears do not contradict: an instalment
of interest only that fell due after it (by more than the days by which one pays early) is unpaid, and so is the
interest of any whose period begins on that day or later, though its principal is paid. A stored outstanding interest
goes before the day: where it is that of the balance, the day changes nothing; where it is that of the day, what fell
due by the day is paid too; where it shows instalments of interest only as unpaid, these are the latest. Sums are
alike within a rupiah an instalment.
"""

import polars as pl

from koop_pipeline.opening.money import RUPIAH, whole

EARLY_DAYS = 5
"""By how many days before it falls due an instalment may have been paid on the settled day."""


def by_policy(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame of `remaining.py` with `_by_policy` (sen), assumed_..., unsettled_... and reopened_...."""
    frame = frame.with_columns(_interest_only=pl.col("principal") == 0, _open=~pl.col("_told") & ~pl.col("_untouched"))
    frame = _with_balance(frame)
    frame = _with_day(frame)
    stored, n = pl.col("_stored_interest"), pl.len().over("_loan").cast(pl.Int128)
    of_day, of_balance = (pl.col(name).sum().over("_loan") for name in ("_of_day", "_of_balance"))
    like_balance = ((stored - of_balance).abs() <= n * RUPIAH).fill_null(False)
    like_day = ((stored - of_day).abs() <= n * RUPIAH).fill_null(False) & ~like_balance
    assumed = pl.col("_open") & pl.col("_assumed") & pl.col("arrears_days").is_null()
    sums = pl.when(assumed).then("interest").otherwise(whole(0))
    unpaid = stored - of_balance
    shows = (unpaid > 0) & (unpaid <= sums.sum().over("_loan")) & ~like_balance & ~like_day
    later = sums.sum().over("_loan") - sums.cum_sum().over("_loan")
    laid = pl.min_horizontal((unpaid - later).clip(0), sums)
    shows = shows.fill_null(False)
    by_day = pl.max_horizontal("_of_balance", "_of_day")
    since = (pl.col("arrears_days") > 0) & (pl.col("due_on") >= pl.col("_begins"))
    day_tells = pl.col("_day").is_not_null() & ~like_balance & (pl.col("arrears_days").is_null() | since)
    day_tells = day_tells.fill_null(False)
    rest = (
        pl.when(~pl.col("_open")).then("_of_balance")
        .when(like_day).then("_of_day")
        .when(shows).then(pl.when(assumed).then(laid).otherwise("_of_balance"))
        .when(day_tells).then(by_day)
        .otherwise("_of_balance")
    )  # fmt: skip
    frame = frame.with_columns(_by_policy=rest.cast(pl.Int128))
    unsettled = pl.col("_open") & (pl.col("_by_policy") > pl.col("_of_balance")) & ~shows & ~like_day
    passed = pl.col("_open") & (pl.col("_of_day") > pl.col("_by_policy")) & ~shows
    guessed = assumed & (pl.col("_by_policy") == 0) & ~shows & ~like_day
    guessed = guessed & ~(pl.col("due_on") <= pl.col("interest_accrued_to")).fill_null(False)
    nearly = (pl.col("rest_principal") > 0) & (pl.col("rest_principal") * 10 <= pl.col("principal"))
    whole_one = (pl.col("_by_policy") == pl.col("interest")) & (pl.col("interest") > 0)
    reopened = (nearly & whole_one & pl.col("_open") & (pl.col("due_on") < pl.col("cutoff_on"))).fill_null(False)
    return frame.with_columns(
        assumed_interest=pl.col("interest").filter(guessed).sum().over("_loan"),
        assumed_count=guessed.sum().over("_loan"),
        unsettled_interest=pl.col("_by_policy").filter(unsettled).sum().over("_loan"),
        unsettled_count=unsettled.sum().over("_loan"),
        passed_interest=(pl.col("_of_day") - pl.col("_by_policy")).filter(passed).sum().over("_loan"),
        reopened_principal=pl.col("rest_principal").filter(reopened).sum().over("_loan"),
        reopened_interest=pl.col("interest").filter(reopened).sum().over("_loan"),
    )


def _with_balance(frame: pl.DataFrame) -> pl.DataFrame:
    """`_of_balance`: what the balance and the stored arrears leave; `_assumed`: that one counts as paid by its day."""
    arrears_from = pl.col("as_of") - pl.duration(days=pl.col("arrears_days").clip(0, 40_000))
    begins = pl.min_horizontal("cutoff_on", pl.when(pl.col("arrears_days") > 0).then(arrears_from))
    paid_at = pl.when(pl.col("_closed") | pl.col("_touched")).then("instalment_no")
    overtaken = (pl.col("instalment_no") < paid_at.max().over("_loan")).fill_null(False)
    residue = pl.col("_touched") & (pl.col("small") | (pl.col("rest_principal") <= pl.col("_limit")))
    today = pl.col("due_on") == pl.col("cutoff_on")
    settled_today = (today & (pl.col("interest_accrued_to") >= pl.col("cutoff_on"))).fill_null(False)
    fell_due = (pl.col("due_on") < begins).fill_null(False) | settled_today
    paid = pl.col("_closed") | residue | (pl.col("_interest_only") & (fell_due | overtaken))
    return frame.with_columns(
        _of_balance=pl.when(paid & ~pl.col("_untouched")).then(whole(0)).otherwise("interest"),
        _assumed=pl.col("_interest_only") & fell_due & ~overtaken,
        _begins=begins,
    )


def _with_day(frame: pl.DataFrame) -> pl.DataFrame:
    """`_day`, the settled day up to the cut-off, and `_of_day`: what it leaves of instalments that fell due by then."""
    settled, due = pl.col("interest_accrued_to"), pl.col("due_on")
    frame = frame.with_columns(_day=pl.when(settled <= pl.col("cutoff_on")).then(settled))
    starts = pl.coalesce(due.shift(1).over("_loan"), "disbursed_on")
    alone = due > pl.col("_day") + pl.duration(days=EARLY_DAYS)
    after = pl.when("_interest_only").then(alone).otherwise(starts >= pl.col("_day"))
    unpaid = after & (due <= pl.col("cutoff_on"))
    of_day = pl.when(due <= pl.col("_day")).then(whole(0)).when(unpaid).then("interest").otherwise("_of_balance")
    return frame.with_columns(_of_day=pl.when(pl.col("_day").is_not_null()).then(of_day).otherwise("_of_balance"))
