"""The contract of each loan: the schedule that the source delivers, else the one its terms give.

Put here which schedule counts, how gaps of a delivered one are filled, and which instalments lie before a delivered
schedule of what remains. What is paid of it belongs to `remaining.py`.
"""

import polars as pl

from koop_pipeline.opening.loans import derive, engine
from koop_pipeline.opening.loans.lone import marked, with_lone
from koop_pipeline.opening.money import sen, whole

AMOUNTS = ["principal", "interest", "total"]
OWN = [f"own_{name}" for name in AMOUNTS]
COLUMNS = [
    "_loan", "instalment_no", "due_on", *AMOUNTS, "delivered", "added", "divided", "silent", "taken", "in_all", *OWN,
]  # fmt: skip
OFF_DAYS = 5
"""By how many days due dates of one plan may lie off: months have 28 to 31."""


def contract(loans: pl.DataFrame, instalments: pl.DataFrame) -> pl.DataFrame:
    """One row an instalment, amounts in whole sen (Int128); `delivered` says whether the source has a schedule.

    `loans` and `instalments` carry `_loan`. A delivered schedule that lacks a part takes the interest that the loan's
    terms give there (`_placed`), and the rest of its total as principal (`divided`: that was done); one that has
    neither part nor total is not used. Where a principal stands alone (`silent`) its interest is that of the terms too
    (`taken`), as far as they have that principal: within a tenth of it, or less in a first instalment, which may be
    paid in part. Else it is not known: `taken` is null, and 0 stands for it (`silence.py` says both). A bullet of which
    the source lists the repayment at the end alone has the other instalments of its terms too (`with_lone`).

    A delivered schedule of what remains is completed by the instalments before it (`added`), where the loan's terms
    (as `loans` have them, `_as_stated`: they are the stated ones) give the delivered ones to the sen; the first may be
    less, for it may be paid in part, and has the amounts of the terms then. `own_...` are the amounts as delivered,
    null in an added row. Whether the whole or only what was delivered counts is decided by `decided`. A schedule that
    is numbered anew is not completed; where its instalments are the last of the terms, `in_all` (else null) is the
    interest that these have in the whole term. `fell_before`: the interest that the stated terms have before the first
    delivered due date; null without such terms. `resumes`: whether the delivered schedule begins later than
    the terms (by its own period) and its interest is nearer to that of theirs from then on than to that of the whole
    term; null without terms.
    """
    generated = engine.instalments(loans)
    amounts = [pl.col(name).cast(pl.Int128) for name in ("principal", "interest")]
    none = pl.lit(None, dtype=pl.Int128)
    generated = generated.with_columns(
        *amounts, delivered=False, added=False, divided=False, silent=False, taken=none, in_all=none
    )
    generated = generated.with_columns(total=pl.col("principal") + pl.col("interest"))
    generated = generated.with_columns(pl.col(AMOUNTS).name.prefix("own_"))
    stated = generated.join(loans.filter("_as_stated").select("_loan"), on="_loan", how="semi")
    delivered = _completed(_delivered(instalments, generated, loans), stated)
    rest = generated.join(delivered.select("_loan").unique(), on="_loan", how="anti")
    both = pl.concat([delivered.select(COLUMNS), rest.select(COLUMNS)])
    both = both.join(_fell_before(delivered, stated), on="_loan", how="left")
    both = both.join(_resumes(delivered, generated), on="_loan", how="left")
    return both.sort("_loan", "instalment_no")


def _fell_before(delivered: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """`_loan`, `fell_before` of loans with a delivered schedule and stated terms."""
    begins = delivered.filter(~pl.col("added")).group_by("_loan").agg(_first=pl.col("due_on").min())
    rows = stated.join(begins, on="_loan", how="inner")
    earlier = pl.col("due_on") < pl.col("_first")
    return rows.group_by("_loan").agg(pl.col("interest").filter(earlier).sum().alias("fell_before"))


def _resumes(delivered: pl.DataFrame, generated: pl.DataFrame) -> pl.DataFrame:
    """`_loan`, `resumes` of loans with a delivered schedule and terms."""
    own = delivered.filter(~pl.col("added")).group_by("_loan").agg(
        _first=pl.col("due_on").min(), _own=pl.col("own_interest").sum(),
        _days=(pl.col("due_on").max() - pl.col("due_on").min()).dt.total_days()
        // pl.max_horizontal(pl.len().cast(pl.Int64) - 1, 1),
    )  # fmt: skip
    earlier = pl.col("due_on") < pl.col("_first")
    sums = generated.join(own, on="_loan", how="inner").group_by("_loan", "_own", "_first", "_days").agg(
        _before=pl.col("interest").filter(earlier).sum(), _after=pl.col("interest").filter(~earlier).sum(),
        _begins=pl.col("due_on").min(),
    )  # fmt: skip
    nearer = (pl.col("_own") - pl.col("_after")) * 2 < pl.col("_before")
    later = pl.col("_first") - pl.duration(days=pl.col("_days") - OFF_DAYS) >= pl.col("_begins")
    return sums.select("_loan", (nearer & later & (pl.col("_before") > 0)).alias("resumes"))


def decided(schedule: pl.DataFrame, loans: pl.DataFrame) -> pl.DataFrame:
    """`schedule` without the added instalments where nothing can be laid on them: as delivered.

    They count where the repayments explain the outstanding principal and say what of them is interest (`told`), and
    the delivered instalments hold that principal.
    """
    owed = loans.filter(told()).select("_loan", "_out", "_tolerance")
    held = schedule.join(owed, on="_loan", how="inner").group_by("_loan").agg(
        _off=(pl.col("own_principal").sum() - pl.col("_out").first()).abs(), _tolerance=pl.col("_tolerance").first()
    )  # fmt: skip
    whole_ones = held.filter(pl.col("_off") <= pl.col("_tolerance"))["_loan"].to_list()
    counts = pl.col("_loan").is_in(whole_ones)
    return schedule.filter(~pl.col("added") | counts).with_columns(
        pl.when(counts).then(name).otherwise(f"own_{name}").alias(name) for name in AMOUNTS
    )


def told() -> pl.Expr:
    """Whether the repayments explain the outstanding principal of a loan and say what of them is interest."""
    explained = ((pl.col("_derived") - pl.col("_out")).abs() <= pl.col("_tolerance")).fill_null(False)
    return pl.col("_has_history") & explained & pl.col("_tells_interest").fill_null(False)


def _delivered(instalments: pl.DataFrame, generated: pl.DataFrame, loans: pl.DataFrame) -> pl.DataFrame:
    frame = derive.instalments(instalments.drop_nulls("_loan")).select(
        "_loan", "instalment_no", "due_on", *[sen(name).alias(name) for name in AMOUNTS]
    )
    frame = marked(_with_taken(_placed(frame, generated)), generated, loans)
    beside = pl.col("total") - pl.col("_terms")
    rounded = (pl.col("_bullet") & ((beside - pl.col("by_terms")).abs() * 10 <= pl.col("by_terms"))).fill_null(False)
    least = pl.min_horizontal(pl.coalesce(pl.col("by_terms"), whole(0)), pl.col("total"))
    share = pl.when(rounded).then(beside).otherwise(least)
    unknown = pl.when("silent").then(whole(0))
    frame = frame.with_columns(
        divided=pl.col("interest").is_null() & pl.col("total").is_not_null(),
        interest=pl.coalesce("interest", "taken", share, unknown),
        principal=pl.coalesce("principal", pl.col("total") - share),
    ).with_columns(total=pl.coalesce("total", pl.col("principal") + pl.col("interest")), delivered=True, added=False)
    broken = pl.any_horizontal(pl.col("principal", "total", "due_on", "instalment_no").is_null()).any().over("_loan")
    return with_lone(frame.filter(~broken), generated).with_columns(pl.col(AMOUNTS).name.prefix("own_"))


def _placed(frame: pl.DataFrame, generated: pl.DataFrame) -> pl.DataFrame:
    """`frame` with `_terms` and `by_terms`, the principal and the interest that the terms have at each place.

    A schedule of what remains that is numbered anew is held against the last instalments of the terms, unless its dates
    are nearer to those of the first ones.
    """
    number, count = pl.col("instalment_no"), pl.len().over("_loan").cast(pl.Int32)
    ends = generated.group_by("_loan").agg(_last=number.max())
    frame = frame.join(ends, on="_loan", how="left", maintain_order="left")
    anew = ((number.min().over("_loan") == 1) & (count < pl.col("_last"))).fill_null(False)
    frame = frame.with_columns(_no=pl.when(anew).then(number + pl.col("_last") - count).otherwise(number))
    for place, day in (("_no", "_day"), ("instalment_no", "_first_day")):
        days = generated.select("_loan", pl.col("instalment_no").alias(place), pl.col("due_on").alias(day))
        frame = frame.join(days, on=["_loan", place], how="left", maintain_order="left")
    off, off_first = (
        (pl.col("due_on") - pl.col(day)).dt.total_days().abs().sum().over("_loan") for day in ("_day", "_first_day")
    )
    frame = frame.with_columns(_no=pl.when(off_first < off).then(number).otherwise("_no"))
    terms = generated.select("_loan", _no="instalment_no", _terms="principal", by_terms="interest")
    return frame.join(terms, on=["_loan", "_no"], how="left", maintain_order="left").drop(
        "_last", "_no", "_day", "_first_day"
    )


def _with_taken(frame: pl.DataFrame) -> pl.DataFrame:
    """`silent` (a principal stands alone) and `taken`, the interest that the terms have beside such a principal."""
    number, count = pl.col("instalment_no"), pl.len().over("_loan")
    silent = pl.all_horizontal(pl.col("interest", "total").is_null()) & pl.col("principal").is_not_null()
    off = pl.col("principal") - pl.col("_terms")
    netted = (number == number.min().over("_loan")) & (count > 1) & (off <= 0)
    fits = silent & ((off.abs() * 10 <= pl.col("_terms")) | netted)
    return frame.with_columns(silent=silent, taken=pl.when(fits.fill_null(False)).then("by_terms"))


def _completed(delivered: pl.DataFrame, generated: pl.DataFrame) -> pl.DataFrame:
    """`delivered` with the instalments before a schedule of what remains, where the terms give that schedule."""
    number, count = pl.col("instalment_no"), pl.len().over("_loan")
    ends = generated.group_by("_loan").agg(
        _last=number.max(), _ends=pl.col("due_on").max(), _in_all=pl.col("interest").sum()
    )  # fmt: skip
    frame = delivered.join(ends, on="_loan", how="left", maintain_order="left").with_columns(
        _anew=(number.min().over("_loan") == 1) & (count < pl.col("_last"))
    )
    anew = number + pl.col("_last") - count.cast(pl.Int32)
    frame = frame.with_columns(_no=pl.when("_anew").then(anew).otherwise(number).cast(pl.Int32))
    terms = generated.select("_loan", _no="instalment_no", **{f"_{name}": name for name in AMOUNTS})
    frame = frame.join(terms, on=["_loan", "_no"], how="left", maintain_order="left")
    less = pl.all_horizontal([pl.col(name) <= pl.col(f"_{name}") for name in AMOUNTS])
    same = pl.all_horizontal([pl.col(name) == pl.col(f"_{name}") for name in AMOUNTS])
    first = (pl.col("_no") == pl.col("_no").min().over("_loan")) & (count > 1)
    frame = frame.with_columns(_agrees=(same | (first & less)).fill_null(False))
    no = pl.col("_no")
    gapless = (no.max() - no.min() + 1 == pl.len()) & (no.n_unique() == pl.len())
    known = frame.group_by("_loan").agg(
        pl.col("_anew").first(), pl.col("_in_all").first(), _begins=no.min(), _due=pl.col("due_on").min(),
        _whole=pl.col("_agrees").all() & gapless & (no.min() > 1) & (no.max() == pl.col("_last").first()),
        _in_time=pl.col("due_on").max() == pl.col("_ends").first(),
    ).filter(pl.col("_whole").fill_null(False))  # fmt: skip
    anew_ones = known.filter(pl.col("_anew") & pl.col("_in_time")).select("_loan", in_all="_in_all")
    frame = frame.join(anew_ones, on="_loan", how="left", maintain_order="left")
    known = known.filter(~pl.col("_anew"))
    before = generated.join(known.select("_loan", "_begins", "_due"), on="_loan").filter(number < pl.col("_begins"))
    in_time = (pl.col("due_on").max() < pl.col("_due").first()).over("_loan")
    none = pl.lit(None, dtype=pl.Int128)
    before = before.filter(in_time).with_columns(delivered=True, added=True, in_all=none, **dict.fromkeys(OWN, none))
    completed = pl.col("_loan").is_in(before["_loan"].unique().to_list())
    frame = frame.with_columns(pl.when(completed).then(f"_{name}").otherwise(name).alias(name) for name in AMOUNTS)
    return pl.concat([frame.select(COLUMNS), before.select(COLUMNS)])
