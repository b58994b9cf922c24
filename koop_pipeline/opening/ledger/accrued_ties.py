"""Accrued interest against the ledger: the accounts that control `interest_receivable` and `interest_payable`.

Put here the comparison. The amounts come from `accrued.py`.

Policies. Receivable: the loans' unpaid interest that fell due and what has accrued since, for a borrower owes both.
Payable: the gross of savings and term deposits, for the tax on it falls due only when it is paid. A control that is
declared must tie where all interest is known (`ACC-INT-01`, `ACC-INT-02`); a difference of at most Rp 1 a loan or
account is rounding. Where some interest is unknown, or only rounding differs, that is said (`ACC-INT-03`). Interest
that the source says it accrues while no account controls it is said too (`ACC-INT-04`); a source that names neither day
nor account books interest when it is paid, and has nothing to tie.
"""

import polars as pl

from koop_pipeline.opening.failures import found, gather
from koop_pipeline.opening.ledger import controls
from koop_pipeline.opening.money import RUPIAH, rupiah, sen, whole

SIDES = {"loans": "interest_receivable", "savings_accounts": "interest_payable"}
RULES = {"interest_receivable": "ACC-INT-01", "interest_payable": "ACC-INT-02"}
KEY = ["cooperative_id", "spec"]


def tie_interest(accounts: pl.DataFrame, accrued: pl.DataFrame) -> pl.DataFrame:
    """The failures `ACC-INT-01` to `ACC-INT-04` of the cooperatives that have accounts.

    `accrued`: rows of `accrued.Accrued`.
    """
    kept = accounts["cooperative_id"].unique().to_list()
    totals = _totals(accrued.filter(pl.col("cooperative_id").is_in(kept)))
    named = controls.specs(accounts).filter(pl.col("spec").is_in(list(SIDES.values())))
    tied = named.join(totals, on=KEY, how="left", maintain_order="left").with_columns(
        pl.col("total", "unknown", "count").fill_null(whole(0))
    )
    tied = tied.with_columns(gap=pl.col("balance") - pl.col("total"))
    open_ones = totals.join(named, on=KEY, how="anti").with_columns(_row=pl.lit(None, dtype=pl.Int64))
    return gather([*_differing(tied), _unproved(tied), _uncontrolled(open_ones)])


def _totals(accrued: pl.DataFrame) -> pl.DataFrame:
    """One row a cooperative and side: total (sen), count, unknown, stated (a day is named), due, split by product."""
    rows = accrued.with_columns(
        spec=pl.col("table_name").replace_strict(SIDES, return_dtype=pl.String),
        _amount=sen("due").fill_null(0) + sen("gross").fill_null(0),
    )
    by_product = rows.group_by(*KEY, "product_code").agg(pl.col("_amount").sum()).sort("_amount", descending=True)
    text = pl.format("{} {}", pl.col("product_code").fill_null("?"), rupiah("_amount"))
    split = by_product.filter(pl.col("_amount") != 0).group_by(KEY, maintain_order=True).agg(split=text.str.join(", "))
    sums = rows.group_by(KEY).agg(
        total=pl.col("_amount").sum(),
        count=pl.len().cast(pl.Int128),
        unknown=pl.col("unknown").is_not_null().sum().cast(pl.Int128),
        stated=pl.col("accrued_to").is_not_null().any(),
        due=sen("due").fill_null(0).sum(),
    )
    return sums.join(split, on=KEY, how="left").sort(KEY)


def _sentence() -> pl.Expr:
    """What the ledger holds, what stands against it, and of what that is made."""
    made_of = pl.when(pl.col("split").is_null()).then(pl.lit("")).otherwise(pl.format(" ({})", "split"))
    overdue = pl.when(pl.col("due") > 0).then(pl.format(", Rp {} of it fell due unpaid", rupiah("due")))
    return pl.format(
        "the ledger holds Rp {} under the control {}, the interest worked out is Rp {}{}{}: a difference of Rp {}",
        rupiah("balance"), "spec", rupiah("total"), made_of, overdue.otherwise(pl.lit("")), rupiah("gap"),
    )  # fmt: skip


def _within_rounding() -> pl.Expr:
    return pl.col("gap").abs() <= pl.col("count") * RUPIAH


def _differing(tied: pl.DataFrame) -> list[pl.DataFrame]:
    known = (pl.col("unknown") == 0) & ~_within_rounding()
    return [
        found(
            tied, known & (pl.col("spec") == spec), rule=rule, table="accounts", column="controls",
            before=pl.col("controls"), note=_sentence(),
        )
        for spec, rule in RULES.items()
    ]  # fmt: skip


def _unproved(tied: pl.DataFrame) -> pl.DataFrame:
    unknown = pl.format("; the interest of {} of {} is not known", "unknown", "count")
    why = pl.when(pl.col("unknown") > 0).then(unknown).otherwise(pl.lit("; no more than rounding to whole rupiah"))
    rounding = (pl.col("gap") != 0) & _within_rounding()
    return found(
        tied, (pl.col("unknown") > 0) | rounding, rule="ACC-INT-03", table="accounts", column="controls",
        before=pl.col("controls"), note=pl.format("{}{}", _sentence(), why),
    )  # fmt: skip


def _uncontrolled(totals: pl.DataFrame) -> pl.DataFrame:
    stated = pl.col("stated") & (pl.col("total") > 0)
    return found(
        totals, stated, rule="ACC-INT-04", table="accounts", column="controls", before=pl.col("spec"),
        note=pl.format(
            "Rp {} of interest has accrued ({}) and no account controls {}", rupiah("total"), "split", "spec"
        ),
    )  # fmt: skip
