"""What is said of remaining instalments: residues of rounding that moved, and the interest paid against the terms and
against a delivered schedule of what remains.

Put here findings only, also of interest that counts as paid by policy. What remains of each instalment is
`remaining.py`.
"""

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.loans.contract import told
from koop_pipeline.opening.money import RUPIAH, rupiah, sen, whole

OF_LOAN = ["by_history", "moved_principal", "moved_interest", "closed_interest", "begun_interest", "all_interest"]


def failures(loans: pl.DataFrame, rest: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-RES-02` (a residue of principal beyond one unit moved), `LON-INT-01` (the interest paid is not that of the
    schedule, or counts for nothing because the repayments do not explain the principal) and `LON-INT-02` (a residue of
    interest moved beyond one unit, or counts as paid).

    `loans` as `position.py` has them, `rest` of `remaining.remaining`; amounts in whole sen, joined by `_loan`.
    """
    days = loans.select("_loan", "cutoff_on")
    ahead = (pl.col("rest_principal") == 0) & (pl.col("due_on") >= pl.col("cutoff_on")) & (pl.col("kept").sum() > 0)
    sums = rest.join(days, on="_loan", how="inner", maintain_order="left").group_by("_loan").agg(
        pl.col(OF_LOAN).exclude("closed_interest").first(), pl.col("completed", "untouched").first(),
        closed_interest=pl.col("closed_interest").first() - pl.col("interest").filter(ahead).sum(),
        _opens=pl.col("rest_interest").sum(),
    )  # fmt: skip
    frame = loans.join(sums, on="_loan", how="inner", maintain_order="left")
    generated = pl.col("schedule_source") == "generated"
    principal, interest = pl.col("moved_principal"), pl.col("moved_interest")
    rounding = pl.max_horizontal(pl.col("_unit"), pl.col("tenor").fill_null(1).cast(pl.Int128) * RUPIAH)
    short = pl.col("closed_interest") - pl.col("_interest_paid")
    over = pl.col("_interest_paid") - pl.col("begun_interest")
    differs = ~pl.col("completed") & pl.col("by_history") & ((short > rounding) | (over > rounding))
    by_terms = generated | pl.col("_divided") | pl.col("_silent")
    source = pl.when(by_terms).then(pl.lit("by the loan's terms")).otherwise(pl.lit("by the delivered schedule"))
    most = pl.when(short > 0).then("closed_interest").otherwise("begun_interest")
    said = pl.when(short > 0).then(pl.lit("whose principal is paid")).otherwise(pl.lit("begun by the cut-off"))
    to_come = pl.min_horizontal(over, pl.col("all_interest") - pl.col("begun_interest"))
    beyond = pl.format("Rp {} is more than the interest of the whole loan", rupiah(over - to_come))
    counts = pl.format("Rp {} counts for those to come", rupiah(to_come))
    effect = (
        pl.when(short > 0).then(pl.format("Rp {} stays owed", rupiah(short)))
        .when(to_come == over).then(counts)
        .when(to_come > 0).then(pl.format("{}, {}", counts, beyond))
        .otherwise(beyond)
    )  # fmt: skip
    whither = pl.when(generated).then(pl.lit("the last instalment takes it")).otherwise(pl.lit("it counts as paid"))
    moves = pl.when(interest > 0).then(whither).otherwise(pl.lit("what was paid of it opens no instalment"))
    stated = (generated & (interest.abs() > pl.col("_unit"))) | (~generated & (interest != 0))
    return [
        found(
            frame, generated & (principal.abs() > pl.col("_unit")), rule="LON-RES-02", table="loans",
            column="outstanding_principal", before=pl.col("outstanding_principal"),
            note=pl.format(
                "payments rounded otherwise than the instalments leave Rp {} of principal {}, which the last instalment"
                " takes", rupiah(principal.abs()),
                pl.when(principal > 0).then(pl.lit("unpaid")).otherwise(pl.lit("paid beforehand")),
            ),
        ),
        found(
            frame, differs, rule="LON-INT-01", table="loans", column="instalment_interest",
            before=rupiah("_interest_paid"),
            note=pl.format(
                "the history shows Rp {} of interest paid, the instalments {} hold Rp {} {}: {}",
                rupiah("_interest_paid"), said, rupiah(most), source, effect,
            ),
        ),
        _unexplained(frame, rounding),
        found(
            frame, stated, rule="LON-INT-02", table="loans", column="instalment_interest", before=rupiah(interest),
            note=pl.format("a residue of rounding of Rp {} of interest: {}", rupiah(interest.abs()), moves),
        ),
    ]  # fmt: skip


def _unexplained(frame: pl.DataFrame, rounding: pl.Expr) -> pl.DataFrame:
    """`LON-INT-01` of a loan whose repayments tell its interest and do not explain its principal."""
    unlike = ((pl.col("_derived") - pl.col("_out")).abs() > pl.col("_tolerance")).fill_null(False)
    tells = pl.col("_tells_interest").fill_null(False) & (pl.col("_payments") > 0).fill_null(False)
    counts = pl.col("all_interest") - pl.col("_opens")
    gap = counts - pl.col("_interest_paid")
    effect = pl.when(gap > 0).then(pl.lit("would be lost")).otherwise(pl.lit("would be charged again"))
    return found(
        frame, unlike & tells & ~pl.col("untouched") & (gap.abs() > rounding), rule="LON-INT-01", table="loans",
        column="instalment_interest", before=rupiah("_interest_paid"),
        note=pl.format(
            "the history shows Rp {} of interest paid, but its principal is not that of the balance, by which Rp {} of "
            "interest counts as paid and Rp {} opens: if the history is right, Rp {} {}",
            rupiah("_interest_paid"), rupiah(counts), rupiah("_opens"), rupiah(gap.abs()), effect,
        ),
    )  # fmt: skip


def of_remains(loans: pl.DataFrame, rest: pl.DataFrame) -> list[pl.DataFrame]:
    """What contradicts a delivered schedule of what remains: `LON-INT-03` (the history shows another interest, and that
    opens) and `LON-INT-04` (so it does, but nothing tells of which instalments).

    The frames are those of `failures`.
    """
    late, double = pl.col("rest_interest"), pl.col("own_interest") - pl.col("rest_interest")
    sums = rest.group_by("_loan").agg(
        pl.col("completed", "untouched", "own_sum", "in_all").first(), _opens=pl.col("rest_interest").sum(),
        _late=late.filter("added").sum(), _double=double.filter(double > 0).sum(),
        _more=whole(0) - double.filter(double < 0).sum(),
    )  # fmt: skip
    frame = loans.join(sums, on="_loan", how="inner", maintain_order="left")
    pieces = [
        pl.when(pl.col(name) > 0).then(pl.format(text, rupiah(name)))
        for name, text in (
            ("_late", "Rp {} of earlier instalments is not paid and opens with them"),
            ("_double", "Rp {} is paid already and is not charged again"),
            ("_more", "Rp {} that it left out is not paid"),
        )
    ]
    differs = pl.col("completed") & pl.any_horizontal(pl.col("_late", "_double", "_more") > 0)
    total, paid = pl.coalesce(sen("interest_total"), "in_all"), pl.col("_interest_paid")
    level = _level()
    rounding = pl.max_horizontal(pl.col("_unit"), pl.col("tenor").fill_null(1).cast(pl.Int128) * RUPIAH)
    gap = (total - paid).clip(0) - pl.col("own_sum")
    open_gap = pl.col("untouched") & told() & level & (gap.abs() > rounding)
    return [
        found(
            frame, differs, rule="LON-INT-03", table="loans", column="instalment_interest", before=rupiah("own_sum"),
            note=pl.format(
                "the delivered schedule of what remains holds Rp {} of interest, by the terms and the history Rp {}"
                " remain: {}",
                rupiah("own_sum"), rupiah("_opens"), pl.concat_str(pieces, separator="; ", ignore_nulls=True),
            ),
        ),
        found(
            frame, open_gap, rule="LON-INT-04", table="loans", column="interest_total", before=rupiah("own_sum"),
            note=pl.format(
                "of Rp {} of interest in all Rp {} is paid, so Rp {} remain, but the delivered schedule of what remains"
                " holds Rp {}: Rp {} {}; deliver the whole schedule, or correct it",
                rupiah(total), rupiah(paid), rupiah((total - paid).clip(0)), rupiah("own_sum"), rupiah(gap.abs()),
                pl.when(gap > 0).then(pl.lit("would be lost")).otherwise(pl.lit("would be charged twice")),
            ),
        ),
    ]  # fmt: skip


def not_given(loans: pl.DataFrame, rest: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-INT-11`: the terms do not give a delivered schedule of what remains, so that the history cannot be laid on
    it: what fell due before it and what is paid is named, or that nothing tells it.

    The frames are those of `failures`. What `LON-INT-04` holds against the interest in all is not said again.
    """
    sums = rest.group_by("_loan").agg(
        pl.col("completed", "untouched", "own_sum", "in_all", "fell_before").first()
    )  # fmt: skip
    frame = loans.join(sums, on="_loan", how="inner", maintain_order="left")
    total, paid = pl.coalesce(sen("interest_total"), "in_all"), pl.col("_interest_paid")
    rounding = pl.max_horizontal(pl.col("_unit"), pl.col("tenor").fill_null(1).cast(pl.Int128) * RUPIAH)
    unheld = pl.col("untouched") & told() & ~pl.col("completed") & ~(_level() & total.is_not_null())
    short = pl.col("fell_before") - paid
    by_terms = pl.format(
        "the delivered schedule of what remains is not that of the terms; by these Rp {} of interest fell due before it"
        ", and Rp {} is paid: {}", rupiah("fell_before"), rupiah(paid),
        pl.when(short > 0).then(pl.format("Rp {} stands in neither and would be lost", rupiah(short)))
        .otherwise(pl.format("Rp {} more, which is charged again unless the schedule takes it off",
                             rupiah(short.abs()))),
    )  # fmt: skip
    untold = pl.format(
        "the delivered schedule of what remains holds Rp {} of interest, and Rp {} is paid; what fell due before it is "
        "not known, for no terms give it, so that nothing is lost or charged twice is not proved",
        rupiah("own_sum"), rupiah(paid),
    )  # fmt: skip
    return [
        found(
            frame, unheld & (short.is_null() | (short.abs() > rounding)), rule="LON-INT-11", table="loans",
            column="interest_total", before=rupiah("own_sum"),
            note=pl.when(short.is_null()).then(untold).otherwise(by_terms),
        )
    ]  # fmt: skip


def _level() -> pl.Expr:
    """Whether the stored interest in all is what a loan's schedule is held against."""
    return pl.col("interest_method").is_in(["flat", "margin", "bullet"]).fill_null(False)


def assumed(loans: pl.DataFrame, rest: pl.DataFrame, stored_interest: pl.Expr) -> list[pl.DataFrame]:
    """`LON-INT-08`: interest that fell due counts as paid though nothing says so; the amount is named.

    The frames are those of `failures`. `stored_interest`: the stored outstanding interest; where it is that of the
    schedule it says so.
    """
    sums = rest.group_by("_loan").agg(pl.col("assumed_interest", "assumed_count").first())
    frame = loans.join(sums, on="_loan", how="inner", maintain_order="left")
    borne_out = (stored_interest == rupiah("_interest_rest")).fill_null(False)
    return [
        found(
            frame, ~borne_out & (pl.col("assumed_interest") > 0), rule="LON-INT-08", table="loans",
            column="arrears_days", before=rupiah("assumed_interest"),
            note=pl.format(
                "Rp {} of interest in {} instalments of interest alone fell due before the cut-off, and neither "
                "repayments nor stored arrears tell whether it was paid: it counts as paid",
                rupiah("assumed_interest"), "assumed_count",
            ),
        )
    ]  # fmt: skip
