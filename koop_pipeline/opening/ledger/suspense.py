"""Postings to a suspense account (akun selisih): what does not tie, put where a batch's policy says, and said so.

Put here what is posted and what becomes of the opening trial balance. Whether anything is posted is the batch's policy
(`program/policies.py`, Suspense); without one this file does nothing.

All or nothing for a cooperative: either every difference is posted, and what the suspense account receives on either
side is at most `most`, or none is and the differences block as they do without a policy. One error seen twice (a
control short by 2 and the trial balance out by those 2) is posted on both sides and so counts once. A difference of a
control with several accounts is not posted, since nobody can say which account it belongs to. Nothing is posted to a
header or a control account, to income or expense, or to an account of the chart that has this code under another name.
An account that the chart lacks is added to it.
"""

from collections.abc import Mapping

import polars as pl

from koop_pipeline.opening.failures import found
from koop_pipeline.opening.ledger import controls
from koop_pipeline.opening.money import MONEY, rupiah, sen, whole
from koop_pipeline.program.policies import Policies
from koop_pipeline.staging.names import FIRST_DERIVED_ROW

POLICIES = {
    "cooperative_id": pl.String(),
    "account_code": pl.String(),
    "name": pl.String(),
    "reason": pl.String(),
    "most": MONEY,
}
COLUMNS = ["cooperative_id", "account_code", "name", "against_code", "amount", "rule", "reason"]
KEY = ["cooperative_id", "spec"]
CODE = ["cooperative_id", "account_code"]


def policy_rows(policies: Mapping[str, Policies]) -> pl.DataFrame:
    """POLICIES of the cooperatives whose policies name a suspense account."""
    rows = [
        {"cooperative_id": cooperative_id, "account_code": own.account, **own.model_dump(exclude={"account"})}
        for cooperative_id, each in policies.items()
        if (own := each.suspense)
    ]
    return pl.DataFrame(rows, schema=POLICIES)


def postings(accounts: pl.DataFrame, tied: pl.DataFrame, policies: pl.DataFrame) -> pl.DataFrame:
    """One row a posting: COLUMNS, `spec`, and the rows of the control (`_against`) and the suspense account (`_row`).

    `tied`: cooperative_id, spec, balance, subledger, gap. `policies`: POLICIES, one row a cooperative that has one.
    `amount` (whole sen) is what the suspense account receives, debit positive; the account against it receives the
    opposite. `rule` is the one that found the difference: ACC-TIE-01, or ACC-BAL-01, whose posting has no other side.
    """
    detail = accounts.filter(pl.col("is_detail").fill_null(True))
    wanted = pl.concat([_control_gaps(detail, tied), _imbalance(detail)], how="diagonal")
    chart = accounts.with_columns(spec=controls.normal_text()).unique(CODE, keep="first", maintain_order=True)
    same_name = (
        pl.col("_name").str.strip_chars().str.to_lowercase() == pl.col("name").str.strip_chars().str.to_lowercase()
    )
    balance_sheet = ~pl.col("account_type").is_in(["income", "expense"]).fill_null(False)
    free = pl.col("is_detail").fill_null(True) & pl.col("spec").is_null() & same_name & balance_sheet
    chart = chart.select(*CODE, "_row", "is_detail", "spec", "account_type", _name="name")
    usable = pl.col("_row").is_null() | free
    named = policies.join(chart, on=CODE, how="left", maintain_order="left")
    frame = wanted.join(
        named.filter(usable).drop("spec", "account_type", "_name"),
        on="cooperative_id",
        how="inner",
        maintain_order="left",
    )
    debits, credits = (pl.col("amount") * sign for sign in (1, -1))
    larger = pl.max_horizontal(*[side.clip(0).sum().over("cooperative_id") for side in (debits, credits)])
    whole_one = pl.col("_single").all().over("cooperative_id") & (larger <= sen("most"))
    return frame.filter(whole_one).select(*COLUMNS, "spec", "_against", "_row")


def _control_gaps(detail: pl.DataFrame, tied: pl.DataFrame) -> pl.DataFrame:
    """What brings each control to its subledger; `_single` where one account carries the control."""
    accounts = detail.with_columns(spec=controls.normal_text(), _debit=controls.on_debit_side()).drop_nulls("spec")
    carrying = accounts.group_by(KEY).agg(
        against_code=pl.col("account_code").first(), _against=pl.col("_row").first(), _debit=pl.col("_debit").first(),
        _single=pl.len() == 1,
    )  # fmt: skip
    gaps = tied.filter(pl.col("gap") != 0).join(carrying, on=KEY, how="inner", maintain_order="left")
    amount = pl.when("_debit").then("gap").otherwise(whole(0) - pl.col("gap"))
    return gaps.select(*KEY, "against_code", "_against", "_single", amount=amount, rule=pl.lit("ACC-TIE-01"))


def _imbalance(detail: pl.DataFrame) -> pl.DataFrame:
    """What makes debit and credit equal."""
    net = (sen("credit").fill_null(0) - sen("debit").fill_null(0)).sum()
    sums = detail.group_by("cooperative_id", maintain_order=True).agg(amount=net).filter(pl.col("amount") != 0)
    return sums.with_columns(rule=pl.lit("ACC-BAL-01"), _single=pl.lit(True))


def changes(posted: pl.DataFrame) -> pl.DataFrame:
    """What each account receives, one row an account: CODE, `_row` (null: not in the chart), name, `change` (sen)."""
    taking = posted.select(*CODE, "name", "_row", change="amount")
    giving = posted.drop_nulls("against_code").select(
        "cooperative_id", account_code="against_code", name=pl.lit(None, pl.String), _row="_against",
        change=whole(0) - pl.col("amount"),
    )  # fmt: skip
    keys = [*CODE, "name", "_row"]
    return pl.concat([taking, giving]).group_by(keys, maintain_order=True).agg(pl.col("change").sum())


def posted_to(trial_balance: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
    """`trial_balance` (with `_row`) after the postings; a suspense account that the chart lacks comes last."""
    each = changes(posted)
    frame = trial_balance.join(
        each.drop_nulls("_row").select("cooperative_id", "_row", "change"),
        on=["cooperative_id", "_row"], how="left", maintain_order="left",
    )  # fmt: skip
    change = pl.col("change")
    net = sen("debit").fill_null(0) - sen("credit").fill_null(0) + change
    frame = frame.with_columns(
        debit=pl.when(change.is_null()).then("debit").otherwise(_debit(net)),
        credit=pl.when(change.is_null()).then("credit").otherwise(_debit(whole(0) - net)),
    ).drop("change")
    new = each.filter(pl.col("_row").is_null()).select(
        *CODE, "name", account_type=pl.when(change < 0).then(pl.lit("liability")).otherwise(pl.lit("asset")),
        debit=_debit(change), credit=_debit(whole(0) - change),
    )  # fmt: skip
    return pl.concat([frame, new], how="diagonal")


def _debit(net: pl.Expr) -> pl.Expr:
    """A net debit (whole sen) as rupiah, 0 where it is a credit."""
    return rupiah(pl.when(net > 0).then(net).otherwise(whole(0)))


def suspense_failures(tied: pl.DataFrame, posted: pl.DataFrame) -> list[pl.DataFrame]:
    """`ACC-SUS-01`, one an account that was posted to. `before` is what it received: rupiah, debit positive. An
    account that the chart lacks is added to it, as the row after `FIRST_DERIVED_ROW`.
    """
    side = pl.when(pl.col("amount") > 0).then(pl.lit("debit")).otherwise(pl.lit("credit"))
    sums = posted.group_by(*CODE, "name", "reason", "_row", maintain_order=True).agg(
        pl.col("amount").sum(), _count=pl.len()
    ).with_columns(pl.col("_row").fill_null(FIRST_DERIVED_ROW + 1))  # fmt: skip
    against = posted.drop_nulls("against_code").drop("_row").rename({"_against": "_row"})
    against = against.join(tied.select(*KEY, "balance", "subledger"), on=KEY, how="left", maintain_order="left")
    return [
        found(
            sums, pl.lit(True), rule="ACC-SUS-01", table="accounts", column="account_code", before=rupiah("amount"),
            note=pl.format(
                "Rp {} {} stands on the suspense account {} {}, by {} posting(s) of the policy: {}",
                rupiah(pl.col("amount").abs()), side, "account_code", "name", "_count", "reason",
            ),
        ),
        found(
            against, pl.lit(True), rule="ACC-SUS-01", table="accounts", column="controls",
            before=rupiah(whole(0) - pl.col("amount")),
            note=pl.format(
                "the ledger holds Rp {} under the control {}, its subledger Rp {}: {} is brought to it, and Rp {}"
                " stands as {} on the suspense account {} {}: {}",
                rupiah("balance"), "spec", rupiah("subledger"), "against_code", rupiah(pl.col("amount").abs()), side,
                "account_code", "name", "reason",
            ),
        ),
    ]  # fmt: skip
