"""The principal that is outstanding at the end of the cut-off day: the stored one brought to it, and that derived.

Put here what a loan owes in one sum. Which instalments that is belongs to `remaining.py`.
"""

import polars as pl

from koop_pipeline.opening.cutoffs import (
    another_day,
    begins_late,
    between,
    brought_note,
    known_between,
    until_cutoff,
    with_first,
)
from koop_pipeline.opening.failures import found
from koop_pipeline.opening.loans.rounding import most_explained
from koop_pipeline.opening.money import rupiah, sen, whole

WRITTEN_OFF_ON = "$.written_off_on"
"""Where the extras of a loan say the day on which it was written off, year-month-day."""


def balances(loans: pl.DataFrame, repayments: pl.DataFrame) -> pl.DataFrame:
    """`loans` (with `_loan`, cutoff_on, as_of) and what they owe at the cut-off, in whole sen.

    `_out` outstanding (the stored one brought to the cut-off; the re-derived one where none is stored), `_derived`
    principal minus repaid principal (null where it cannot be known: no principal, a payment that cannot be split, or a
    cooperative that delivered no repayments), `_moved` (by which the stored one was brought to it), `_interest_paid`,
    `_interest_moved` (likewise), `_unit`, `_tolerance` (what rounding explains), `_active` (owes at the cut-off),
    `_ended` (paid off between its day and the cut-off), `_irreversible` (cannot be brought to it), `_has_history`,
    `_later` (disbursed between the cut-off and the day of its row).
    """
    cooperatives = repayments["cooperative_id"].unique().to_list()
    frame = loans.join(_movements(repayments, loans), on="_loan", how="left", maintain_order="left").with_columns(
        pl.col(COUNTED).fill_null(0),
        _has_history=pl.col("cooperative_id").is_in(cooperatives),
        _unit=sen("rounding_unit"),
        _written_off_on=pl.col("extras").str.json_path_match(WRITTEN_OFF_ON).str.to_date("%Y-%m-%d", strict=False),
        _later=((pl.col("disbursed_on") > pl.col("cutoff_on")) & (pl.col("disbursed_on") <= pl.col("as_of"))).fill_null(
            False
        ),
    )
    known = known_between() & (pl.col("_unknown_between") == 0) & ~pl.col("_later")
    frame = frame.with_columns(_known=known).with_columns(
        _moved=pl.when("_known").then(whole(0) - pl.col("_between")).otherwise(whole(0)),
        _interest_moved=pl.when("_known").then(whole(0) - pl.col("_interest_between")).otherwise(whole(0)),
    )
    instalments = pl.max_horizontal(pl.col("tenor").clip(1, 10_000), pl.col("_payments"), 1).cast(pl.Int128)
    principal = sen(pl.coalesce("principal", "outstanding_principal"))
    tolerance = most_explained(instalments, pl.col("_unit"), principal.clip(0))
    frame = frame.with_columns(_tolerance=tolerance, _derived=_derived(), _stored=_stored())
    frame = frame.with_columns(_out=pl.coalesce("_stored", "_derived"))
    frame = frame.with_columns(_active=_active(), _ended=_ended())
    dated = repayments.join(loans.select("_loan", "branch"), on="_loan", how="inner")
    frame = with_first(frame, dated, "paid_on").with_columns(_partial=_partial())
    return frame.with_columns(_irreversible=_irreversible(), _unlike=_unlike())


COUNTED = [
    "_before", "_between", "_interest_paid", "_interest_between", "_unknown_before", "_unknown_between", "_ever",
    "_till_stored", "_unknown_ever",
]  # fmt: skip


def _movements(repayments: pl.DataFrame, loans: pl.DataFrame) -> pl.DataFrame:
    """Repaid principal and interest per loan: up to the cut-off, between the loan's day and it (negative where they
    were paid after the cut-off), up to the loan's day, in all; how many of each cannot be divided.
    """
    frame = repayments.join(loans.select("_loan", "cutoff_on", "as_of"), on="_loan", how="inner")
    early, sign, unknown = until_cutoff("paid_on"), between("paid_on"), pl.col("principal").is_null()
    return frame.group_by("_loan").agg(
        _before=pl.col("principal").filter(early).sum(),
        _between=(pl.col("principal") * sign).sum(),
        _interest_paid=pl.col("interest").filter(early).sum(),
        _interest_between=(pl.col("interest") * sign).sum(),
        _unknown_before=(unknown & early).sum(),
        _unknown_between=(unknown & (sign != 0)).sum(),
        _payments=early.sum(),
        _ever=pl.col("principal").sum(),
        _till_stored=pl.col("principal").filter(pl.col("paid_on") <= pl.col("as_of")).sum(),
        _unknown_ever=unknown.sum(),
        _last=pl.col("paid_on").max(),
    )


def _derived() -> pl.Expr:
    known = pl.col("_has_history") & (pl.col("_unknown_before") == 0)
    return pl.when(pl.col("_later")).then(whole(0)).when(known).then(sen("principal") - pl.col("_before"))


def _stored() -> pl.Expr:
    stored = sen("outstanding_principal")
    return pl.when(pl.col("_later") & stored.is_not_null()).then(whole(0)).otherwise(stored + pl.col("_moved"))


def _active() -> pl.Expr:
    """Owes at the cut-off: also a loan that was settled after it, by what it paid since or by what it owed then, and
    one whose source says that it was written off after it.
    """
    later = pl.col("as_of") > pl.col("cutoff_on")
    undivided, owed = pl.col("_unknown_between") > 0, pl.col("_derived") > pl.col("_tolerance")
    paid_since = (pl.col("_moved") > 0) | undivided | (owed & ~pl.col("_known"))
    settled_since = (pl.col("status") == "settled") & later & paid_since.fill_null(False)
    active = (pl.col("status") == "active") | settled_since | _written_off_since()
    return active & ~pl.col("_later") & ~_ended()


def _written_off_later() -> pl.Expr:
    """Written off in a list of a later day than the cut-off."""
    return (pl.col("status") == "written_off") & (pl.col("as_of") > pl.col("cutoff_on")) & ~pl.col("_later")


def _written_off_since() -> pl.Expr:
    return (_written_off_later() & (pl.col("_written_off_on") > pl.col("cutoff_on"))).fill_null(False)


def _ended() -> pl.Expr:
    """Active on the day of its row, and paid off between that and the cut-off."""
    earlier = pl.col("as_of") < pl.col("cutoff_on")
    ended = earlier & (pl.col("status") == "active") & (pl.col("_moved") < 0) & (pl.col("_out") == 0)
    return ended.fill_null(False)


def _irreversible() -> pl.Expr:
    """A stored balance of another day without the repayments between; none stored, and repayments not up to the
    cut-off.
    """
    stored = pl.col("outstanding_principal").is_not_null()
    short = (pl.col("_reach") < pl.col("cutoff_on")).fill_null(another_day())
    gone = (pl.col("status") == "written_off") & (pl.col("outstanding_principal") != 0) & ~pl.col("_later")
    holds = pl.col("_active") | gone
    return holds & pl.when(stored).then(another_day() & (~pl.col("_known") | pl.col("_partial"))).otherwise(short)


def _partial() -> pl.Expr:
    """The repayments begin after the loan's day, and those up to it do not explain its balance: some may be missing."""
    return (pl.col("_known") & ~_explained_by_day() & begins_late()).fill_null(False)


def _explained_by_day() -> pl.Expr:
    left = sen("principal") - pl.col("_till_stored")
    return ((sen("outstanding_principal") - left).abs() <= pl.col("_tolerance")).fill_null(False)


def _unlike() -> pl.Expr:
    """The stored balance is what all repayments leave, and not what those up to the day it is said to stand for do."""
    stored, principal = sen("outstanding_principal"), sen("principal")
    by_all = (
        (stored == principal - pl.col("_ever")) & (pl.col("_unknown_ever") == 0) & (pl.col("status") != "written_off")
    )
    return (by_all & ~_explained_by_day() & (pl.col("_last") > pl.col("as_of")) & ~pl.col("_later")).fill_null(False)


def failures(loans: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-WOF-01` (written off in a later list, of which the source does not say that it was by the cut-off); `CUT-01`
    (a balance of another day that cannot be brought to the cut-off, or of a later day than it is said to be), `CUT-02`
    (a loan of after the cut-off), `CUT-03` (brought to it), `LON-OUT-02` (history disagrees) and `LON-OUT-04` (it does
    by no more than rounding).
    """
    gap = (pl.col("_stored") - pl.col("_derived")).abs()
    over = pl.col("status").is_in(["settled", "written_off"]) & pl.col("_has_history")
    undivided = pl.col("_unknown_between") > 0
    stored, derived = rupiah("_stored"), rupiah("_derived")
    owed = rupiah("_out").cast(pl.String).fill_null("?")
    unlike = pl.col("_unlike") & ~pl.col("_irreversible")
    sound = ~pl.col("_irreversible") & ~pl.col("_unlike")
    compared = (pl.col("_active") | pl.col("_ended") | over) & sound
    none_paid = over & (pl.col("_payments").fill_null(0) == 0)
    both = pl.format(
        "the outstanding principal at the cut-off is Rp {} by the stored balance, Rp {} by principal and "
        "repayments: a difference of Rp {}{}",
        stored, derived, rupiah(gap),
        pl.when(none_paid).then(pl.format("; the loan is {} and no repayment of it is delivered", "status"))
        .otherwise(pl.lit("")),
    )  # fmt: skip
    within = pl.format("{}, within Rp {} of rounding", both, rupiah("_tolerance"))
    return [
        found(
            loans, pl.col("_irreversible"), rule="CUT-01", table="loans", column="outstanding_principal",
            before=pl.col("outstanding_principal"),
            note=pl.format(
                "the balance of Rp {} stands for {} but the cut-off is {}, and {}; deliver them, or a balance of the "
                "cut-off day", pl.col("outstanding_principal").cast(pl.String).fill_null("?"), "as_of", "cutoff_on",
                pl.when(undivided).then(
                    pl.lit("a repayment between the two days cannot be divided into principal and interest: its parts "
                           "are not known")
                ).when("_partial").then(pl.format("the repayments are known from {} on only", "_first"))
                .otherwise(pl.lit("the repayments between the two days are not known")),
            ),
        ),
        found(
            loans, unlike, rule="CUT-01", table="loans", column="outstanding_principal",
            before=pl.col("outstanding_principal"),
            note=pl.format(
                "the balance of Rp {} is said to stand for {}, but the repayments up to then leave Rp {} and those up "
                "to {} the balance itself: it is of a later day; say of which (as_of of the source part, or "
                "exported_on)",
                "outstanding_principal", "as_of", rupiah(sen("principal") - pl.col("_till_stored")), "_last",
            ),
        ),
        found(
            loans, (pl.col("_moved") != 0) & pl.col("outstanding_principal").is_not_null(), rule="CUT-03",
            table="loans", column="outstanding_principal", before=pl.col("outstanding_principal"),
            note=brought_note("outstanding_principal", rupiah("_moved"), stored),
        ),
        found(
            loans, _written_off_later() & (pl.col("_written_off_on").is_null() | _written_off_since()),
            rule="LON-WOF-01", table="loans", column="status", before=pl.col("status"),
            note=pl.when(_written_off_since()).then(pl.format(
                "written off on {}, after the cut-off day {}: it opens as active with Rp {} of principal, and the "
                "writing off belongs to the books of the new system", "_written_off_on", "cutoff_on", owed,
            )).otherwise(pl.format(
                "the list of {} has it as written off with Rp {} of principal; whether it was by the cut-off day {} is "
                "not known, and it opens as written off: deliver its status of that day, or say the day in the extras "
                "(written_off_on)", "as_of", owed, "cutoff_on",
            )),
        ),
        found(
            loans, pl.col("_later"), rule="CUT-02", table="loans", column="disbursed_on", before=pl.col("disbursed_on"),
            note=pl.format(
                "disbursed on {}, after the cut-off day {}: nothing of it was outstanding then; it belongs to the "
                "books of the new system", "disbursed_on", "cutoff_on",
            ),
        ),
        found(
            loans, compared & (gap > pl.col("_tolerance")), rule="LON-OUT-02", table="loans",
            column="outstanding_principal", before=pl.col("outstanding_principal"), note=both,
        ),
        found(
            loans, compared & (gap > 0) & (gap <= pl.col("_tolerance")), rule="LON-OUT-04", table="loans",
            column="outstanding_principal", before=pl.col("outstanding_principal"), note=within,
        ),
    ]  # fmt: skip
