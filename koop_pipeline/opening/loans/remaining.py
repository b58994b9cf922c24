"""Which instalments are not fully paid at the end of the cut-off day, and what remains of them.

Put here how repaid money is laid on instalments. Where a contract comes from (delivered or generated) is
`contract.py`.

Principal. What is repaid (original minus outstanding principal) is laid on the instalments in order; where the
history explains the outstanding principal, a payment that names its instalment goes to that one first. A residue of
rounding neither leaves an instalment open nor opens the next one: at most one unit or a rupiah an instalment so far,
or, in a generated schedule with equal principals, what comes about if each payment was rounded up, down or not at all,
to the unit or, where that is a rupiah, to any of `UNITS`; never more than a tenth of the instalment. In a generated
schedule the last instalment takes such residues, and what exceeds the original principal after a restructuring, so its
principal sums to the outstanding principal exactly: after arrears or early payment the instalments not fully paid carry
what remains. A delivered schedule is the contract: its amounts stay, except those of an instalment paid in part.

Interest. Where the history explains the outstanding principal, the interest paid is laid on the instalments in the
same way, and nothing is forgiven: in a generated schedule what remains is the contract's interest less what was paid,
a residue of rounding again in the last instalment; in a delivered one such a residue counts as paid, and is said. Of
a loan whose principal is repaid, the interest that fell due by its last payment stays owed, later interest is not.
Without such a history, or where no repayment of the cooperative says what of it is interest, it is that of
`interest_by_policy.py`. A delivered schedule that holds just the outstanding principal and does not begin at
instalment 1 is unpaid as it is; so is one of a bullet, whose principal is the whole one to the end, where its interest
is that of what remains.
"""

import polars as pl

from koop_pipeline.opening.loans import owed_interest
from koop_pipeline.opening.loans.interest_by_policy import by_policy
from koop_pipeline.opening.loans.rounding import UNITS
from koop_pipeline.opening.money import RUPIAH, sen, whole

LEVEL = ("flat", "declining", "margin")


def remaining(contract: pl.DataFrame, loans: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """The instalments that are not fully paid, one row each, amounts in whole sen.

    `contract`: `_loan`, instalment_no, due_on, principal, interest, total, delivered (Boolean). `loans`: one row a
    loan, as `outstanding.balances` makes them. `named`: `_loan`, instalment_no, named_principal, named_interest (paid
    by name). Adds rest_principal, rest_interest, touched (part of it is paid), and of the loan as a whole `small` (what
    is left of it is a residue of rounding), by_history (payments told the interest), moved_principal and moved_interest
    (residues that the last instalment took, or a delivered schedule lost), closed_interest (that of the instalments
    whose principal is paid), begun_interest (with that of the ones begun by the cut-off), all_interest, completed
    (instalments were added to the delivered ones), untouched (it counts as delivered), own_sum (the interest that was
    delivered), assumed_interest and assumed_count (of instalments of interest alone that fell due and count as paid by
    the policy only: no payment, arrears or settled day says so), reopened_principal and reopened_interest (of overdue
    instalments of which no more than a tenth of the principal, and all interest, is unpaid, and no payment tells so),
    unsettled_interest and unsettled_count (of instalments that fell due after the settled day, and open for that),
    passed_interest (of such that counts as paid all the same, for stored arrears or interest say so).
    """
    frame = contract.join(named, on=["_loan", "instalment_no"], how="left", maintain_order="left")
    loans = loans.with_columns(_stored_interest=sen(owed_interest.stored()))
    frame = frame.join(loans.select(_LOAN), on="_loan", how="inner", maintain_order="left").sort(
        "_loan", "instalment_no"
    )
    frame = _modes(frame)
    frame = _rest(frame, "principal", pl.col("_repaid"))
    frame = _carry(_settle_principal(_limited(frame)))
    frame = _settle_interest(_rest(frame, "interest", pl.when("_told").then("_interest_paid").otherwise(whole(0))))
    some_interest = pl.col("rest_interest") < pl.col("interest")
    frame = frame.with_columns(touched=pl.col("_touched") | pl.col("_closed") | some_interest)
    open_ones = (pl.col("rest_principal") > 0) | (pl.col("rest_interest") > 0)
    owed_at_the_end = (pl.col("_out") == 0) & pl.col("_told") & (pl.col("due_on") <= pl.col("_ended_on"))
    return _compared(frame).filter(open_ones & ((pl.col("_out") > 0) | owed_at_the_end)).select(
        *contract.columns, "rest_principal", "rest_interest", "touched", *_OF_LOAN
    )  # fmt: skip


_OF_LOAN = [
    "small", "by_history", "moved_principal", "moved_interest", "closed_interest", "begun_interest", "all_interest",
    "completed", "untouched", "own_sum", "assumed_interest", "assumed_count",
    "reopened_principal", "reopened_interest", "unsettled_interest", "unsettled_count",
    "passed_interest",
]  # fmt: skip
_LOAN = [
    "_loan", "_out", "_derived", "_unit", "_tolerance", "_has_history", "_interest_paid", "_principal", "arrears_days",
    "cutoff_on", "as_of", "interest_method", "_tells_interest", "_ended_on",
    "interest_accrued_to", "disbursed_on", "_stored_interest",
]  # fmt: skip


def _modes(frame: pl.DataFrame) -> pl.DataFrame:
    """`_untouched` (a schedule of what remains), `_history` (payments explain the balance), `_repaid`, `_position`."""
    total, first = pl.col("principal").sum().over("_loan"), pl.col("instalment_no").min().over("_loan")
    full = ((total - pl.col("_principal")).abs() <= pl.col("_tolerance")).fill_null(False)
    untouched = ~full & ((first > 1) | ((total - pl.col("_out")).abs() <= pl.col("_tolerance")))
    untouched = (pl.col("delivered") & (untouched.fill_null(False) | (full & _resumed_bullet()))).fill_null(False)
    explained = ((pl.col("_derived") - pl.col("_out")).abs() <= pl.col("_tolerance")).fill_null(False)
    original = pl.when(pl.col("delivered")).then(pl.coalesce("_principal", total)).otherwise(total)
    frame = frame.with_columns(
        completed=pl.col("added").any().over("_loan"), own_sum=pl.col("own_interest").sum().over("_loan")
    )
    frame = frame.with_columns(_untouched=untouched, _history=pl.col("_has_history") & explained & ~untouched)
    frame = frame.with_columns(_told=pl.col("_history") & pl.col("_tells_interest").fill_null(False))
    before = (pl.col("principal").sum() - pl.col("own_principal").sum()).over("_loan")
    repaid = pl.when("completed").then(before).otherwise((original - pl.col("_out")).clip(0))
    return frame.with_columns(
        _repaid=pl.when("_untouched").then(whole(0)).otherwise(repaid),
        _position=pl.int_range(1, pl.len() + 1, dtype=pl.Int128).over("_loan"),
        _last=pl.col("instalment_no") == pl.col("instalment_no").max().over("_loan"),
    )


def _resumed_bullet() -> pl.Expr:
    """Whether the delivered schedule of a bullet is one of what remains: by its terms; without any, by its numbers, or
    where more interest is paid than it has begun by the cut-off.
    """
    begun = pl.col("interest").filter(_begun()).sum().over("_loan")
    beyond = pl.col("_interest_paid") > begun + pl.len().over("_loan") * RUPIAH
    by_itself = (pl.col("instalment_no").min().over("_loan") > 1) | beyond
    resumed = pl.col("in_all").is_not_null() | pl.coalesce("resumes", by_itself)
    whole_one = pl.col("added").any().over("_loan")
    return ((pl.col("interest_method") == "bullet") & ~whole_one & resumed).fill_null(False)


def _rest(frame: pl.DataFrame, part: str, paid: pl.Expr) -> pl.DataFrame:
    """Lay `paid` (a sum for the loan) on the instalments' `part`: `rest_<part>`, and `_taken` from the pool."""
    by_name = (
        pl.when(pl.col("_history") & ~(pl.col("completed") & pl.lit(part == "principal")))
        .then(pl.min_horizontal(pl.col(f"named_{part}").fill_null(0).clip(0), part))
        .otherwise(0)
    )
    frame = frame.with_columns(_paid=paid, _named=by_name.cast(pl.Int128))
    enough = pl.col("_named").sum().over("_loan") <= pl.col("_paid")
    frame = frame.with_columns(_named=pl.when(enough).then("_named").otherwise(whole(0)))
    left = pl.col(part) - pl.col("_named")
    pool = pl.col("_paid") - pl.col("_named").sum().over("_loan")
    taken = pl.min_horizontal((pool - (left.cum_sum().over("_loan") - left)).clip(0), left)
    return frame.with_columns(_taken=taken).with_columns((left - pl.col("_taken")).alias(f"rest_{part}"))


def _limited(frame: pl.DataFrame) -> pl.DataFrame:
    """`_limit`: how much of each instalment's principal rounding can explain; `_made` and `_before`: whether payments
    that were rounded otherwise sum to what is repaid, with this instalment and without it.
    """
    level = ~pl.col("delivered") & pl.col("interest_method").is_in(LEVEL).fill_null(False)
    count = pl.len().over("_loan").cast(pl.Int128)
    coarser = [pl.when(pl.col("_unit") <= RUPIAH).then(whole(unit * RUPIAH)) for unit in UNITS]

    def made(k: pl.Expr) -> pl.Expr:
        rounded = [
            (pl.col("_repaid") - k * part).abs() <= k * RUPIAH
            for unit in (pl.col("_unit"), *coarser)
            for down in (pl.col("_principal") // (count * unit) * unit,)
            for part in (down, down + unit)
        ]
        exact = (pl.col("_repaid") * count - k * pl.col("_principal")).abs() <= k * count * RUPIAH
        return (level & pl.any_horizontal(exact, *rounded)).fill_null(False)

    return frame.with_columns(
        _limit=_residue_limit("principal"), _made=made(pl.col("_position")), _before=made(pl.col("_position") - 1)
    )  # fmt: skip


def _residue_limit(part: str) -> pl.Expr:
    return pl.min_horizontal(pl.max_horizontal(pl.col("_position") * RUPIAH, "_unit"), pl.col(part) // 10)


def _settle_principal(frame: pl.DataFrame) -> pl.DataFrame:
    """Close instalments with only a residue left, reopen one with only a residue paid; `_residue`: what that moved."""
    rest, full, most = pl.col("rest_principal"), pl.col("principal"), pl.col("principal") // 10
    left = (rest <= pl.col("_limit")) | (pl.col("_made") & (rest <= most))
    paid = (full - rest <= pl.col("_limit")) | (pl.col("_before") & (full - rest <= most))
    closes = ~pl.col("_last") & (rest > 0) & left
    reopens = ~pl.col("_last") & (rest > 0) & paid & (full > rest) & ~closes
    settled = pl.when(closes).then(whole(0)).when(reopens).then(full).otherwise(rest)
    return frame.with_columns(
        _settled=settled.cast(pl.Int128),
        small=(pl.col("_last") & left & (rest > 0) & (pl.col("_out") == rest)).any().over("_loan"),
    ).with_columns(_residue=(rest.sum() - pl.col("_settled").sum()).over("_loan"))


def _carry(frame: pl.DataFrame) -> pl.DataFrame:
    """The last instalment of a generated schedule takes the residue; where it cannot (it would be negative), none
    moves.
    """
    last_rest = pl.col("rest_principal").filter(pl.col("_last")).first().over("_loan")
    keeps = pl.col("delivered") | (last_rest + pl.col("_residue") >= 0)
    settled = pl.when(keeps).then("_settled").otherwise("rest_principal")
    over_paid = pl.col("principal").sum().over("_loan")
    excess = pl.when(pl.col("delivered")).then(whole(0)).otherwise((pl.col("_out") - over_paid).clip(0))
    moved = pl.when(pl.col("delivered") | ~keeps).then(whole(0)).otherwise("_residue") + excess
    touched = (pl.col("principal") > settled) & (settled > 0)
    return frame.with_columns(
        moved_principal=pl.when(keeps).then("_residue").otherwise(whole(0)),
        rest_principal=pl.when("_last").then(settled + moved).otherwise(settled),
        _closed=(settled == 0) & (pl.col("principal") > 0),
        _touched=touched,
    )


def _settle_interest(frame: pl.DataFrame) -> pl.DataFrame:
    """Interest that remains: by the history where there is one, else with the principal (see the module's policy)."""
    by_history, moved = _interest_by_history()
    frame = by_policy(frame)
    begun = _begun() | (pl.col("principal") == 0)
    by_history = pl.when(pl.col("added") & ~begun).then(whole(0)).otherwise(by_history)
    return frame.with_columns(
        rest_interest=pl.when("_told").then(by_history).otherwise("_by_policy"),
        moved_interest=pl.when("_told").then(moved).otherwise(whole(0)),
    )  # fmt: skip


def _interest_by_history() -> tuple[pl.Expr, pl.Expr]:
    """What remains of each instalment's interest, and what residues moved in the loan; see the module's policy."""
    rest, full, limit = pl.col("rest_interest"), pl.col("interest"), _residue_limit("interest")
    delivered, last = pl.col("delivered"), pl.col("_last")
    closes = (rest > 0) & (rest <= limit) & (delivered | ~last)
    reopens = (full > rest) & (full - rest <= limit) & (delivered | ~last) & ~closes
    settled = pl.when(closes).then(whole(0)).when(reopens).then(full).otherwise(rest)
    moved = rest.sum().over("_loan") - settled.sum().over("_loan")
    keeps = delivered | (rest.filter(last).first().over("_loan") + moved >= 0)
    moved = pl.when(keeps).then(moved).otherwise(whole(0))
    carried = settled + pl.when(last & ~delivered).then(moved).otherwise(whole(0))
    return pl.when(keeps).then(carried).otherwise(rest), moved


def _compared(frame: pl.DataFrame) -> pl.DataFrame:
    """The interest that the history is held against; after a prepayment that of closed instalments once it fell due."""
    reached = pl.col("_closed") | pl.col("_touched") | _begun()
    prepaid = (pl.col("lowered") > 0).any().over("_loan")
    closed = pl.col("_closed") & (~prepaid | (pl.col("due_on") < pl.col("cutoff_on")))
    return frame.with_columns(
        by_history="_told",
        untouched="_untouched",
        closed_interest=pl.when(closed).then("interest").otherwise(whole(0)).sum().over("_loan"),
        begun_interest=pl.col("interest").filter(reached).sum().over("_loan"),
        all_interest=pl.col("interest").sum().over("_loan"),
    )


def _begun() -> pl.Expr:
    """Whether the period of an instalment has begun by the cut-off: when the one before it fell due."""
    return (pl.col("due_on").shift(1).over("_loan") < pl.col("cutoff_on")).fill_null(True)
