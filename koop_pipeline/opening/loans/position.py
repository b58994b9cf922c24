"""Opens loans (pinjaman): what each owes at the end of the cut-off day, by which instalments, and in which class.

Put here the order of the work and the shape of what it gives. Each part has a file of its own: `derive.py` (terms),
`contract.py` (schedule), `repayments.py` (parts), `outstanding.py` (balance), `remaining.py` (what is paid),
`classes.py` (arrears and class), `accrued.py` (interest since the last settled day), `claims.py` (what is claimed
against what fits).
"""

from dataclasses import dataclass

import polars as pl

from koop_pipeline.opening import accrued
from koop_pipeline.opening.cutoffs import with_cutoff
from koop_pipeline.opening.failures import found, gather
from koop_pipeline.opening.loans import (
    claims,
    classes,
    derive,
    empty_parts,
    maturity,
    on_balance,
    outstanding,
    owed_interest,
    rates,
    remaining,
    reopened,
    repayments,
    residues,
    reversals,
    settled_interest,
    silence,
    stored_interest,
    stored_principal,
    two_rates,
    unrated,
)
from koop_pipeline.opening.loans.contract import contract, decided
from koop_pipeline.opening.loans.explanations import explain
from koop_pipeline.opening.loans.rate_fits import infer
from koop_pipeline.opening.loans.rounding import most_explained
from koop_pipeline.opening.money import rupiah
from koop_pipeline.opening.policies import with_policies

SCHEDULE_COLUMNS = [
    "cooperative_id", "loan_no", "instalment_no", "due_on", "principal", "interest", "total", "balance_after", "state",
    "branch", "source_no", "extras",
]  # fmt: skip
POSITION_COLUMNS = [
    "cooperative_id", "loan_no", "annual_rate", "rounding_unit", "first_due_on", "maturity_on", "outstanding_principal",
    "derived_outstanding_principal", "outstanding_interest", "derived_outstanding_interest", "arrears_days",
    "derived_arrears_days", "collectability", "derived_collectability", "status", "schedule_source", "as_of", "moved",
]  # fmt: skip


@dataclass(frozen=True)
class OpenedLoans:
    """`schedules` (loan_schedules), `positions` (a row a loan), `repayments` (parts by `_row`), `accrued`,
    `explanations` (a row a delivered schedule), `rates` (a row a loan: what stored rate and interest say), `failures`.

    In `positions` a stated value opens and the derived one stands beside it (`derived_...`); `status` is that at the
    cut-off: a loan settled after it is active, one paid off between the day of its row and it is settled, and one
    disbursed after it owes nothing yet. as_of, moved: for which day the stored balance stands, and what brought it to
    the cut-off.
    """

    schedules: pl.DataFrame
    positions: pl.DataFrame
    repayments: pl.DataFrame
    accrued: pl.DataFrame
    explanations: pl.DataFrame
    rates: pl.DataFrame
    failures: pl.DataFrame


def open_loans(
    loans: pl.DataFrame,
    instalments: pl.DataFrame,
    repayments_made: pl.DataFrame,
    collaterals: pl.DataFrame,
    cutoffs: pl.DataFrame,
    policies: pl.DataFrame | None = None,
) -> OpenedLoans:
    """Open the loans of many cooperatives. All frames have the contract's columns, cooperative_id and `_row`.

    Of loans with one number in a cooperative only the first is opened. `policies`: those of each cooperative
    (`policies.py`). ValueError where a cooperative has no cut-off.
    """
    unique = loans.unique(["cooperative_id", "loan_no"], keep="first", maintain_order=True).with_row_index("_loan")
    numbers = unique.select("cooperative_id", "loan_no", "_loan")
    made = empty_parts.proved(_numbered(repayments_made, numbers), with_cutoff(unique, cutoffs))
    plans = _numbered(instalments, numbers)
    zeroed = silence.zeroed(plans, unique, made)
    plans = silence.emptied(plans, zeroed)
    unique = silence.counted(unique, plans)
    explained, inferred = explain(unique.drop("_loan"), plans.drop("_loan")), infer(unique.drop("_loan"))
    told = unrated.filled(stored_interest.followed(unique, explained, inferred), unique, explained)
    told = two_rates.followed(told, unique, made)
    terms = derive.terms(claims.with_explained_unit(told, explained))
    schedule = contract(claims.with_explained_policy(terms, unique, explained), plans)
    filled = repayments.fill(made, schedule, cutoffs)
    owed = outstanding.balances(with_policies(with_cutoff(terms, cutoffs), policies), filled)
    owed = owed.with_columns(_principal=pl.col("principal").cast(pl.Decimal(18, 2)).to_physical().cast(pl.Int128))
    owed = with_history(owed, repayments_made, filled)
    schedule = on_balance.lowered(decided(schedule, owed), owed, filled)
    active = owed.filter(pl.col("_active"))
    rest = remaining.remaining(schedule, active, _by_name(filled, active))
    owed = _with_source(owed, schedule, rest)
    owed = classes.classified(classes.arrears(owed, rest, schedule), collaterals)
    earned = accrued.of_loans(owed, schedule, rest, filled)
    found_rows = [*outstanding.failures(owed), *_schedule_failures(owed, rest), *classes.failures(owed)]
    found_rows += [
        *residues.failures(owed, rest),
        *residues.of_remains(owed, rest),
        *residues.not_given(owed, rest),
        *residues.assumed(owed, rest, owed_interest.stored()),
        *reopened.failures(owed, rest),
        *on_balance.failures(owed, schedule),
        *reversals.failures(filled),
        *empty_parts.failures(made),
        *silence.failures(owed, schedule, zeroed),
        *stored_principal.failures(owed, schedule),
        *stored_principal.rounded_interest(owed, unique, schedule),
        *two_rates.failures(owed),
        *unrated.failures(owed),
        *maturity.failures(unique, owed, schedule),
        *owed_interest.failures(owed),
        *settled_interest.failures(owed, schedule, rest, owed_interest.stored()),
        earned.failures,
        *claims.failures(unique, terms, explained, inferred),
    ]
    return OpenedLoans(
        _schedules(rest, owed), _positions(owed), repayments.as_entries(filled), earned.rows, explained, inferred,
        gather(found_rows),
    )  # fmt: skip


def _numbered(frame: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    return frame.join(numbers, on=["cooperative_id", "loan_no"], how="left", maintain_order="left")


def _by_name(filled: pl.DataFrame, loans: pl.DataFrame) -> pl.DataFrame:
    """What was paid up to the cut-off on instalments that the payment names."""
    dated = filled.drop_nulls("instalment_no").join(loans.select("_loan", "cutoff_on"), on="_loan", how="inner")
    early = dated.filter(pl.col("paid_on") <= pl.col("cutoff_on"))
    return early.group_by("_loan", "instalment_no").agg(
        named_principal=pl.col("principal").sum(), named_interest=pl.col("interest").sum()
    )


def with_history(loans: pl.DataFrame, made: pl.DataFrame, filled: pl.DataFrame) -> pl.DataFrame:
    """`_tells_interest`: whether the cooperative's repayments say what of them is interest; `_ended_on`: the day of the
    last payment up to the cut-off.
    """
    told = pl.any_horizontal(pl.col("interest", "total").is_not_null()).any()
    tells = made.group_by("cooperative_id").agg(_tells_interest=told)
    dated = filled.join(loans.select("_loan", "cutoff_on"), on="_loan", how="inner")
    ends = (
        dated.filter(pl.col("paid_on") <= pl.col("cutoff_on")).group_by("_loan").agg(_ended_on=pl.col("paid_on").max())
    )
    frame = loans.join(tells, on="cooperative_id", how="left", maintain_order="left")
    return frame.join(ends, on="_loan", how="left", maintain_order="left")


def _with_source(loans: pl.DataFrame, schedule: pl.DataFrame, rest: pl.DataFrame) -> pl.DataFrame:
    """`schedule_source` (delivered, generated, none), `_divided` (totals were delivered, their interest is that of the
    terms), `_silent` (so it is beside principals alone) and `_lacks`, what a schedule would need.
    """
    kinds = schedule.group_by("_loan").agg(
        pl.col("delivered").first(), _divided=pl.col("divided").any(), _silent=pl.col("silent").any()
    )
    frame = loans.join(kinds, on="_loan", how="left", maintain_order="left")
    known = pl.when(pl.col("delivered")).then(pl.lit("delivered")).otherwise(pl.lit("generated"))
    remains = (pl.col("_out") > 0) | pl.col("_loan").is_in(rest["_loan"].unique().to_list())
    has_one = pl.col("_active") & remains & pl.col("delivered").is_not_null()
    needs = ["principal", "interest_method", "annual_rate", "tenor", "frequency", "first_due_on"]
    missing = pl.concat_str(
        [pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in needs], separator=", ", ignore_nulls=True
    )
    return frame.with_columns(
        schedule_source=pl.when(has_one).then(known).otherwise(pl.lit("none")),
        _lacks=pl.when(missing == "").then(pl.lit("usable terms")).otherwise(missing),
    )


def _schedules(rest: pl.DataFrame, loans: pl.DataFrame) -> pl.DataFrame:
    owners = loans.select("_loan", "cooperative_id", "loan_no", "cutoff_on")
    frame = rest.join(owners, on="_loan", how="inner", maintain_order="left")
    principal, interest = pl.col("rest_principal"), pl.col("rest_interest")
    whole_one = (principal == pl.col("principal")) & (interest == pl.col("interest"))
    after = principal.sum().over("_loan") - principal.cum_sum().over("_loan")
    late = pl.when(pl.col("due_on") < pl.col("cutoff_on")).then(pl.lit("overdue")).otherwise(pl.lit("due"))
    return frame.select(
        "cooperative_id",
        "loan_no",
        "instalment_no",
        "due_on",
        principal=rupiah(principal),
        interest=rupiah(interest),
        total=rupiah(pl.when(whole_one).then("total").otherwise(principal + interest)),
        balance_after=rupiah(after),
        state=pl.when("touched").then(pl.lit("part_paid")).otherwise(late),
        branch=pl.lit(None, dtype=pl.String),
        source_no=pl.lit(None, dtype=pl.String),
        extras=pl.lit(None, dtype=pl.String),
    ).select(SCHEDULE_COLUMNS)


def _positions(loans: pl.DataFrame) -> pl.DataFrame:
    """The opening value of each loan: what is stated and stands for the cut-off, else what is derived."""
    same_day = pl.col("as_of") == pl.col("cutoff_on")
    status = pl.when("_active").then(pl.lit("active")).when("_ended").then(pl.lit("settled")).otherwise("status")
    return loans.with_columns(
        outstanding_principal=rupiah("_out"),
        derived_outstanding_principal=rupiah("_derived"),
        outstanding_interest=owed_interest.opens(),
        derived_outstanding_interest=owed_interest.of_schedule(),
        arrears_days=pl.coalesce(pl.when(same_day).then("arrears_days"), "derived_arrears_days"),
        collectability=pl.coalesce("collectability", "derived_collectability", "source_collectability"),
        status=status,
        moved=pl.when(pl.col("outstanding_principal").is_not_null()).then(rupiah("_moved")),
    ).select(POSITION_COLUMNS)


def _schedule_failures(loans: pl.DataFrame, rest: pl.DataFrame) -> list[pl.DataFrame]:
    """`LON-SCH-01` (principal does not sum to what is outstanding), `LON-SCH-02` (no schedule) and `LON-RTE-03`
    (the interest is that of the terms, and the stored one could not be followed).
    """
    sums = rest.group_by("_loan").agg(_scheduled=pl.col("rest_principal").sum(), _count=pl.len())
    frame = loans.join(sums, on="_loan", how="left", maintain_order="left")
    frame = frame.with_columns(pl.col("_scheduled").fill_null(0), pl.col("_count").fill_null(0))
    gap = (pl.col("_scheduled") - pl.col("_out")).abs()
    count = pl.max_horizontal(pl.col("_count"), 1).cast(pl.Int128)
    explained = most_explained(count, pl.col("_unit"), pl.col("_out").clip(0))
    bound = pl.max_horizontal(pl.col("_tolerance"), explained)
    scheduled = pl.col("schedule_source") != "none"
    by_terms = (pl.col("schedule_source") != "delivered") | pl.col("_divided") | pl.col("_silent")
    owes = pl.col("_active") & (pl.col("_out").is_null() | (pl.col("_out") > 0))
    return [
        found(
            frame, scheduled & (gap > bound), rule="LON-SCH-01", table="loans", column="outstanding_principal",
            before=pl.col("outstanding_principal"),
            note=pl.format(
                "the remaining instalments hold Rp {} of principal, Rp {} is outstanding: a difference of Rp {}",
                rupiah("_scheduled"), rupiah("_out"), rupiah(gap),
            ),
        ),
        found(
            frame, owes & ~scheduled, rule="LON-SCH-02", table="loans", column="loan_no", before=pl.col("loan_no"),
            note=pl.format(
                "Rp {} is outstanding and no schedule can be made (not known: {}); the loan opens without one",
                rupiah("_out").cast(pl.String).fill_null("?"), "_lacks",
            ),
        ),
        found(
            frame, owes & by_terms & pl.col("_unreconciled").is_not_null(),
            rule="LON-RTE-03", table="loans", column="source_rate", before=pl.coalesce("source_rate", "annual_rate"),
            note=pl.format(
                "the stored interest contradicts the claimed {}, {} % a year, and cannot be followed: {}",
                "interest_method", rates.percent_text(pl.col("annual_rate")), "_unreconciled",
            ),
        ),
    ]  # fmt: skip
