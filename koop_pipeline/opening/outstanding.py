"""The principal that is outstanding at the end of the cut-off day: the stored one rolled back, and the re-derived one.

Put here what a loan owes in one sum. Which instalments that is belongs to `remaining.py`.
"""

import polars as pl

from koop_pipeline.opening.cutoffs import rolled_back, until_cutoff
from koop_pipeline.opening.failures import found
from koop_pipeline.opening.money import rupiah, sen, whole


def balances(loans: pl.DataFrame, repayments: pl.DataFrame) -> pl.DataFrame:
    """`loans` (with `_loan`, cutoff_on, as_of) and what they owe at the cut-off, in whole sen.

    `_out` outstanding (the stored one rolled back; the re-derived one where none is stored), `_derived` principal
    minus repaid principal (null where it cannot be known: no principal, a payment that cannot be split, or a
    cooperative that delivered no repayments), `_interest_paid`, `_interest_back` (paid after), `_unit`, `_tolerance`
    (n x rounding unit), `_active` (owes at the cut-off), `_irreversible` (cannot be rolled back), `_has_history`.
    """
    cooperatives = repayments["cooperative_id"].unique().to_list()
    frame = loans.join(_movements(repayments, loans), on="_loan", how="left", maintain_order="left").with_columns(
        pl.col("_before", "_after", "_interest_paid", "_interest_back", "_unknown_before", "_unknown_after").fill_null(
            0
        ),
        _has_history=pl.col("cooperative_id").is_in(cooperatives),
        _unit=sen("rounding_unit"),
        _later=((pl.col("disbursed_on") > pl.col("cutoff_on")) & (pl.col("as_of") > pl.col("cutoff_on"))).fill_null(
            False
        ),
    )
    instalments = pl.max_horizontal(pl.col("tenor").clip(1, 10_000), pl.col("_payments"), 1).cast(pl.Int128)
    frame = frame.with_columns(_tolerance=instalments * pl.col("_unit"), _derived=_derived(), _stored=_stored())
    frame = frame.with_columns(_out=pl.coalesce("_stored", "_derived"), _active=_active())
    return frame.with_columns(_irreversible=_irreversible())


def _movements(repayments: pl.DataFrame, loans: pl.DataFrame) -> pl.DataFrame:
    """Repaid principal and interest up to the cut-off and after it, per loan."""
    frame = repayments.join(loans.select("_loan", "cutoff_on", "as_of"), on="_loan", how="inner")
    early, back, unknown = until_cutoff("paid_on"), rolled_back("paid_on"), pl.col("principal").is_null()
    return frame.group_by("_loan").agg(
        _before=pl.col("principal").filter(early).sum(),
        _after=pl.col("principal").filter(back).sum(),
        _interest_paid=pl.col("interest").filter(early).sum(),
        _interest_back=pl.col("interest").filter(back).sum(),
        _unknown_before=(unknown & early).sum(),
        _unknown_after=(unknown & back).sum(),
        _payments=early.sum(),
    )


def _derived() -> pl.Expr:
    known = pl.col("_has_history") & (pl.col("_unknown_before") == 0)
    return pl.when(pl.col("_later")).then(whole(0)).when(known).then(sen("principal") - pl.col("_before"))


def _stored() -> pl.Expr:
    stored = sen("outstanding_principal")
    return pl.when(pl.col("_later") & stored.is_not_null()).then(whole(0)).otherwise(stored + pl.col("_after"))


def _active() -> pl.Expr:
    """Active at the cut-off: also a loan that was settled after it."""
    settled_since = (pl.col("status") == "settled") & (pl.col("_after") > 0)
    return ((pl.col("status") == "active") | settled_since) & ~pl.col("_later")


def _irreversible() -> pl.Expr:
    earlier = pl.col("as_of") < pl.col("cutoff_on")
    later = (pl.col("as_of") > pl.col("cutoff_on")) & (~pl.col("_has_history") | (pl.col("_unknown_after") > 0))
    stored = pl.col("outstanding_principal").is_not_null()
    return pl.col("_active") & (earlier | stored & later)


def failures(loans: pl.DataFrame) -> list[pl.DataFrame]:
    """`CUT-01` (a balance of another day that cannot be rolled back), `CUT-02` (a loan of after the cut-off),
    `LON-OUT-02` (history disagrees) and `LON-OUT-04` (it does by no more than rounding).
    """
    gap = (pl.col("_stored") - pl.col("_derived")).abs()
    ended = pl.col("status").is_in(["settled", "written_off"]) & (pl.col("_payments") > 0)
    compared = pl.col("_active") & ~pl.col("_irreversible") | ended
    both = pl.format(
        "the outstanding principal at the cut-off is Rp {} by the stored balance, Rp {} by principal and "
        "repayments: a difference of Rp {}",
        rupiah("_stored"), rupiah("_derived"), rupiah(gap),
    )  # fmt: skip
    within = pl.format("{}, within Rp {} of rounding", both, rupiah("_tolerance"))
    return [
        found(
            loans, pl.col("_irreversible"), rule="CUT-01", table="loans", column="outstanding_principal",
            before=pl.col("outstanding_principal"),
            note=pl.format(
                "the balance of Rp {} stands for {} but the cut-off is {}, and the repayments between the two days are "
                "not known; deliver them, or a balance of the cut-off day",
                pl.col("outstanding_principal"), "as_of", "cutoff_on",
            ),
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
