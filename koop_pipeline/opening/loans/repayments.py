"""Repayments in their parts: principal, interest, total, where a source gives only some of them.

Put here how a payment is read. What it settles belongs to `remaining.py`.

Policy. total = principal + interest + penalty + fee, and the one that is missing is what the others leave. Where only
the total is given, penalty and fee are taken out first; the rest pays the contract's instalments in order, in each
its interest first and then its principal. Interest of a period that has not begun by the day of payment is never
paid: what exceeds it is principal, so a loan settled early in one sum pays no future interest. Without a contract to
go by the parts stay null: what the loan owes is then not derived. A reversal (a negative total) that does not say its
parts has those of the payment that it takes back (`reversals.py`); a total alone that is taken back by one that says
them has these. Neither of the two counts for the division of others; a reversal of after the cut-off changes nothing up
to it. An amount that is empty where nothing tells it is not known, and no 0: a principal beside an interest without a
total, unless the stored balance is what the loan owes without it (`empty_parts.py`). An interest that is empty beside a
principal counts as none paid, so it stays owed; so do both parts beside a penalty or fee alone.
"""

from datetime import date

import polars as pl

from koop_pipeline.opening.loans import reversals
from koop_pipeline.opening.money import rupiah, sen, whole

PARTS = ["principal", "interest", "total"]


def fill(repayments: pl.DataFrame, contract: pl.DataFrame, cutoffs: pl.DataFrame) -> pl.DataFrame:
    """Repayments (with `_loan`) with principal, interest and total in whole sen (Int128), one row a repayment.

    `contract`: `_loan`, instalment_no, due_on, principal, interest in sen. `cutoffs`: cooperative_id, cutoff_on. Also
    kept: cooperative_id, _row, _loan, paid_on, instalment_no, `_asks` (a reversal by its total alone) and `_taken_on`
    (the day of the payment it takes back).
    """
    days = cutoffs.select("cooperative_id", _cutoff="cutoff_on")
    frame = _arithmetic(repayments).join(days, on="cooperative_id", how="left", maintain_order="left")
    pairs = _pairs(frame)
    frame = frame.join(_shares(frame, contract, pairs), on="_key", how="left", maintain_order="left")
    told = pairs.join(frame.filter(~pl.col("_asks")), on="_key", how="semi")
    told = told.join(frame.select("_key", _p="principal", _i="interest"), on="_key", how="left")
    frame = frame.join(told.select("_later", "_p", "_i", _key="_of"), on="_key", how="left", maintain_order="left")
    told_cash = (pl.col("_p") + pl.col("_i") + pl.col("_cash") == 0).fill_null(False)
    by_reversal = told_cash & (~pl.col("_later") | pl.col("_share").is_null())
    undivided = pl.col("_cash").is_not_null()
    share = pl.when(by_reversal).then(whole(0) - pl.col("_i")).otherwise("_share")
    frame = frame.with_columns(
        principal=pl.when(undivided).then(pl.col("_cash") - share).otherwise("principal"),
        interest=pl.when(undivided).then(share).otherwise("interest"),
    )
    asking = pairs.join(frame.filter("_asks"), on="_key", how="semi")
    return reversals.with_parts(frame, asking).select(
        "cooperative_id", "_row", "_loan", "paid_on", "instalment_no", *PARTS, "_asks", "_taken_on"
    )


def standing(repayments: pl.DataFrame) -> pl.DataFrame:
    """`repayments` (with `_loan`) without the reversals that take back a payment, and without that payment."""
    frame = _arithmetic(repayments)
    kept = _without(frame, reversals.paired(_reversed(frame)))["_key"]
    return repayments.with_row_index("_key").filter(pl.col("_key").is_in(kept.implode())).drop("_key")


def _reversed(frame: pl.DataFrame) -> pl.DataFrame:
    """The entries of loans that have a reversal."""
    return frame.join(frame.filter(pl.col("total") < 0).select("_loan").unique(), on="_loan", how="semi")


def _pairs(frame: pl.DataFrame) -> pl.DataFrame:
    """`_key`, `_of`: reversals and the payments that they take back; `_later`: of before the cut-off and after it."""
    pairs = reversals.paired(_reversed(frame))
    days = frame.select("_key", "paid_on", "_cutoff")
    both = pairs.join(days, on="_key", how="left").join(days.select(_of="_key", _paid="paid_on"), on="_of", how="left")
    later = (pl.col("_paid") <= pl.col("_cutoff")) & (pl.col("paid_on") > pl.col("_cutoff"))
    return both.select("_key", "_of", _later=later.fill_null(False))


def _without(frame: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """`frame` without both entries of each pair."""
    return frame.filter(~pl.col("_key").is_in(pl.concat([pairs["_key"], pairs["_of"]]).implode()))


def _shares(frame: pl.DataFrame, contract: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """`_key`, `_share` (interest) of undivided payments: of up to the cut-off as the reversals of that time leave them,
    of later ones as all do; of a payment that is taken back as if no reversal had been.
    """
    closed = pairs.filter(~pl.col("_later"))
    split = _divided(_without(frame, closed), contract)
    crossed = frame.filter(pl.col("_key").is_in(pairs.filter("_later")["_of"].implode()))["_loan"].implode()
    late = frame.filter(pl.col("_loan").is_in(crossed) & (pl.col("paid_on") > pl.col("_cutoff"))).select("_key")
    after = _divided(_without(frame.filter(pl.col("_loan").is_in(crossed)), pairs), contract)
    touched = frame.filter(pl.col("_key").is_in(closed["_of"].implode()))["_loan"].implode()
    paid = ~pl.col("_asks") & ~pl.col("_key").is_in(pairs["_key"].implode())
    before = _divided(frame.filter(pl.col("_loan").is_in(touched) & paid), contract)
    return pl.concat([
        split.join(late, on="_key", how="anti"), after.join(late, on="_key", how="semi"),
        before.join(closed.select(_key="_of"), on="_key", how="semi"),
    ])  # fmt: skip


def _divided(entries: pl.DataFrame, contract: pl.DataFrame) -> pl.DataFrame:
    """`_key`, `_share` of the payments of loans that have an undivided one."""
    open_loans = entries.filter(pl.col("_cash").is_not_null())["_loan"].drop_nulls().unique()
    return _waterfall(entries.filter(pl.col("_loan").is_in(open_loans.implode())), contract)


def as_entries(filled: pl.DataFrame) -> pl.DataFrame:
    """The filled parts as they are handed on: cooperative_id, _row, principal, interest, total in rupiah."""
    return filled.select("cooperative_id", "_row", *[rupiah(part).alias(part) for part in PARTS])


def _arithmetic(repayments: pl.DataFrame) -> pl.DataFrame:
    """Parts that follow from the others; `_cash` is what is left to be split where only a total is given."""
    p, i, total = sen("principal"), sen("interest"), sen("total")
    side = sen("penalty").fill_null(0) + sen("fee").fill_null(0)
    stated = pl.any_horizontal([pl.col(name).is_not_null() for name in ("principal", "interest", "penalty", "fee")])
    summed = pl.when(total.is_null() & stated).then(whole(0))
    lost = p.is_null() & i.is_not_null() & total.is_null()
    neither = p.is_null() & i.is_null() & total.is_not_null()
    return repayments.with_row_index("_key").with_columns(
        principal=pl.coalesce(p, total - i - side, pl.when(~lost).then(summed)),
        interest=pl.coalesce(i, total - p - side, summed),
        total=pl.coalesce(total, pl.when(stated & ~lost).then(p.fill_null(0) + i.fill_null(0) + side)),
        _cash=pl.when(neither & (total - side >= 0)).then(total - side),
        _side=side,
        _asks=neither & (total < 0),
    )


def _waterfall(entries: pl.DataFrame, contract: pl.DataFrame) -> pl.DataFrame:
    """`_key`, `_share`: the interest in each payment of loans that have an undivided one, by the policy above.

    x(t), the interest paid so far, is the most that neither exceeds what has begun or what the cash reaches in order,
    nor grows by more than the payment; that is C(t) + min over s <= t of (limit(s) - C(s)), with C the cash so far.
    Where an entry takes cash back x falls by its interest alone, so its principal stays in C, and it limits nothing.
    """
    cash = pl.coalesce("_cash", pl.col("principal").fill_null(0) + pl.col("interest").fill_null(0)).cast(pl.Int64)
    back = pl.when(cash < 0).then(pl.col("principal").fill_null(0)).otherwise(whole(0)).cast(pl.Int64)
    paid = entries.select("_key", "_loan", "paid_on", "_row", cash=cash, back=back).sort("_loan", "paid_on", "_row")
    paid = paid.with_columns(
        so_far=pl.col("cash").cum_sum().over("_loan"), held=(pl.col("cash") - pl.col("back")).cum_sum().over("_loan")
    )
    limit = pl.min_horizontal(pl.col("begun"), pl.col("reached"))
    limit = pl.when(pl.col("begun").is_not_null() & pl.col("reached").is_not_null()).then(limit)
    frame = _limits(paid, contract).sort("_loan", "paid_on", "_row").with_columns(limit=limit)
    least = pl.when(pl.col("cash") >= 0).then(pl.col("limit") - pl.col("held")).cum_min().forward_fill().over("_loan")
    frame = frame.with_columns(x=pl.col("held") + pl.min_horizontal(least, 0))
    share = (pl.col("x") - pl.col("x").shift(1).over("_loan").fill_null(0)).clip(0, pl.col("cash"))
    return frame.select("_key", _share=pl.when(pl.col("limit").is_not_null()).then(share).cast(pl.Int128))


def _limits(paid: pl.DataFrame, contract: pl.DataFrame) -> pl.DataFrame:
    """`begun`: interest of the periods begun by the day; `reached`: interest within the cash so far, in order."""
    before = pl.col("due_on").shift(1).over("_loan").fill_null(date(1, 1, 1))
    steps = contract.sort("_loan", "instalment_no").with_columns(
        begins=before,
        begun=pl.col("interest").cum_sum().over("_loan"),
        reached_at=(pl.col("principal") + pl.col("interest")).cum_sum().over("_loan")
        - (pl.col("principal") + pl.col("interest")),
    )
    steps = steps.select(
        "_loan", "begins", "begun", "reached_at", earlier=pl.col("begun") - pl.col("interest"), here="interest"
    )
    by_day = paid.sort("paid_on").join_asof(
        steps.sort("begins").select("_loan", "begins", "begun"),
        left_on="paid_on", right_on="begins", by="_loan", allow_exact_matches=False, check_sortedness=False,
    )  # fmt: skip
    by_cash = by_day.sort("so_far").join_asof(
        steps.sort("reached_at").select("_loan", "reached_at", "earlier", "here"),
        left_on="so_far", right_on="reached_at", by="_loan", check_sortedness=False,
    )  # fmt: skip
    within = pl.min_horizontal(pl.col("so_far") - pl.col("reached_at"), pl.col("here"))
    return by_cash.with_columns(reached=pl.when(pl.col("reached_at").is_not_null()).then(pl.col("earlier") + within))
