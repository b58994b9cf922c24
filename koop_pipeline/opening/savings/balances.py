"""Opens savings (tabungan, simpanan): the balance of every account at the end of the cut-off day, and its history.

Put here balances of single accounts. Their tie to the ledger belongs to `ledger/`, the running balance within a
history to `history.py`.
"""

from dataclasses import dataclass

import polars as pl

from koop_pipeline.opening.cutoffs import (
    another_day,
    begins_late,
    between,
    brought_note,
    known_between,
    until_cutoff,
    with_cutoff,
    with_first,
)
from koop_pipeline.opening.failures import found, gather
from koop_pipeline.opening.money import amount_text, rupiah, sen, whole
from koop_pipeline.opening.savings.history import chains, running_balance_failures
from koop_pipeline.opening.written import WRITTEN

COLUMNS = [
    "cooperative_id", "account_no", "member_no", "product_code", "nature", "balance", "history_total", "difference",
    "branch", "source_no", "extras", "_row",
]  # fmt: skip
POSITION_COLUMNS = ["cooperative_id", "account_no", "product_code", "_row", "as_of", "moved", "status"]
KEY = ["cooperative_id", "account_no"]


@dataclass(frozen=True)
class OpenedSavings:
    """`balances` (opening_savings_balances, with the account's `_row`), `positions`, `brought` and `failures`.

    `positions`: POSITION_COLUMNS, a row an account: the day its balance stands for, what the movements between brought
    (rupiah), and its status at the cut-off. `after_cutoff` lists the movements after the cut-off: cooperative_id, _row;
    `brought` likewise those of an earlier day that a balance lacked because they were written after it.
    """

    balances: pl.DataFrame
    positions: pl.DataFrame
    after_cutoff: pl.DataFrame
    brought: pl.DataFrame
    failures: pl.DataFrame


def open_savings(
    accounts: pl.DataFrame, transactions: pl.DataFrame, cutoffs: pl.DataFrame, written: pl.DataFrame | None = None
) -> OpenedSavings:
    """Open every savings account, one row each, in the order of `accounts`; rupiah.

    balance: the stored one; where it stands for a later day than the cut-off, less the movements since, and where it
    stands for an earlier one, with the movements up to the cut-off, if all of them are known. A movement of the
    balance's day or before that was written after it (`written`, the columns WRITTEN) is brought in too where the
    balance is, to the sen, what the other movements up to its day make. status: an account that was closed after the
    cut-off was open on it.
    history_total: the sum of the movements up to the cut-off, null for an account without any movement; difference =
    balance - history_total. Where a number stands for several accounts, a movement under it belongs to none of them,
    and they have no history. ValueError where a cooperative has no cut-off.
    """
    dated = with_cutoff(transactions, cutoffs)
    twice = accounts.drop_nulls("account_no").group_by(KEY).agg(_twice=pl.len() > 1).filter("_twice")
    owned = dated.join(twice, on=KEY, how="anti", maintain_order="left")
    frame = with_cutoff(accounts, cutoffs)
    owned = _with_written(owned, frame, written)
    running = chains(owned)
    for other in (_movements(owned), twice, running.select(*KEY, "_end")):
        frame = frame.join(other, on=KEY, how="left", maintain_order="left")
    frame = with_first(frame, transactions, "posted_on")
    delivered = pl.col("cooperative_id").is_in(transactions["cooperative_id"].unique().to_list())
    frame = frame.with_columns(_silent=delivered & pl.col("_before").is_null())
    frame = frame.with_columns(pl.col("_twice").fill_null(False), _known=known_between())
    frame = frame.with_columns(_known=pl.col("_known") & ~pl.col("_twice"), _late=pl.col("_late").fill_null(whole(0)))
    later_amounts = pl.col("_ever") - pl.col("_stored")
    frame = frame.with_columns(_lacks=_lacks(), _sum="_stored", _runs=pl.col("_end") - later_amounts).with_columns(
        _stored=pl.when("_lacks").then(pl.col("_stored") - pl.col("_late")).otherwise("_stored"),
        _brought=pl.when("_lacks").then("_late").otherwise(whole(0)),
    )
    frame = frame.with_columns(
        _moved=pl.when("_known").then(pl.col("_between") + pl.col("_brought")).fill_null(whole(0))
    )
    frame = frame.with_columns(_balance=sen("balance") + pl.col("_moved"))
    frame = frame.with_columns(_difference=pl.col("_balance") - pl.col("_before"), _reopened=_reopened())
    later = dated.filter(pl.col("posted_on") > pl.col("cutoff_on")).select("cooperative_id", "_row")
    brought = owned.filter("_written_late").join(frame.filter("_lacks").select(KEY), on=KEY, how="semi")
    brought = brought.select("cooperative_id", "_row")
    failures = [*_failures(frame), *_remarks(frame), running_balance_failures(running)]
    return OpenedSavings(_balances(frame), _positions(frame), later, brought, gather(failures))


def _lacks() -> pl.Expr:
    """The balance is what the movements up to its day make without those that were written after it."""
    without = sen("balance") == pl.col("_stored") - pl.col("_late")
    return (pl.col("_known") & (pl.col("_late") != 0) & without).fill_null(False)


def _with_written(transactions: pl.DataFrame, accounts: pl.DataFrame, written: pl.DataFrame | None) -> pl.DataFrame:
    """The movements of known accounts with the days of their account, and `_written_late`: of the day of its balance or
    before, and written after it.
    """
    days = accounts.select(*KEY, "cutoff_on", "as_of").unique(KEY, keep="first")
    dated = transactions.drop("cutoff_on", "as_of", strict=False).join(days, on=KEY, how="left", maintain_order="left")
    known = pl.DataFrame(schema=WRITTEN) if written is None else written
    dated = dated.join(known, on=["cooperative_id", "_row"], how="left", maintain_order="left")
    late = (pl.col("posted_on") <= pl.col("as_of")) & (pl.col("not_before") > pl.col("as_of"))
    return dated.with_columns(_written_late=late.fill_null(False))


def _movements(dated: pl.DataFrame) -> pl.DataFrame:
    """Per account, whole sen: `_before` up to the cut-off, `_between` what brings the stored balance to it, `_stored`
    up to the day of the stored balance, `_late` those of them that were written after it, `_ever` in all; `_since`
    whether any is later, `_last` the last day.
    """
    amount, stored = sen("amount"), pl.col("posted_on") <= pl.col("as_of")
    return dated.group_by(KEY).agg(
        _before=amount.filter(until_cutoff("posted_on")).sum(),
        _between=(amount * between("posted_on")).sum(),
        _stored=amount.filter(stored).sum(),
        _late=amount.filter("_written_late").sum(),
        _ever=amount.sum(),
        _since=(~stored).any(),
        _last=pl.col("posted_on").max(),
    )


def _reopened() -> pl.Expr:
    """Closed after the cut-off: it held money at the cut-off, and movements since then took it out."""
    closed = (pl.col("status") == "closed") & (pl.col("as_of") > pl.col("cutoff_on"))
    return (closed & (pl.col("_moved") != 0) & (pl.col("_balance") != 0)).fill_null(False)


def _positions(frame: pl.DataFrame) -> pl.DataFrame:
    status = pl.when("_reopened").then(pl.lit("open")).otherwise("status")
    return frame.with_columns(moved=rupiah("_moved"), status=status).select(POSITION_COLUMNS)


def _balances(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        balance=rupiah("_balance"),
        history_total=rupiah("_before"),
        difference=rupiah("_difference"),
        source_no=pl.lit(None, dtype=pl.String),
        extras=pl.lit(None, dtype=pl.String),
    ).select(COLUMNS)


def _failures(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """`CUT-01` (a balance of another day that cannot be brought to the cut-off, or of a later day than it is said to
    be), `CUT-03` (one that was brought to it), `SAV-CLS-02` (closed since), `SAV-HIS-01` (unexplained by history).
    """
    held = (pl.col("status") != "closed").fill_null(True) | (pl.col("balance") != 0) | (pl.col("_before") != 0)
    own = (sen("balance") == pl.col("_stored").fill_null(0)).fill_null(False)
    partial = (pl.col("_known") & ~own & begins_late()).fill_null(False)
    irreversible = held & another_day() & (~pl.col("_known") | partial)
    unlike = (sen("balance") == pl.col("_ever")) & (sen("balance") != pl.col("_stored")) & pl.col("_since")
    unlike = (unlike & ~irreversible).fill_null(False)
    unknown = (
        pl.when("_twice").then(pl.lit("cannot be told from those of another account with its number"))
        .when(partial).then(pl.format("are known from {} on only", "_first"))
        .otherwise(pl.lit("are not known"))
    )  # fmt: skip
    return [
        found(
            frame, irreversible, rule="CUT-01", table="savings_accounts", column="balance",
            before=pl.col("balance"),
            note=pl.format(
                "the balance of Rp {} stands for {} but the cut-off is {}, and the movements between the two days {}; "
                "deliver them, or a balance of the cut-off day",
                "balance", "as_of", "cutoff_on", unknown,
            ),
        ),
        found(
            frame, unlike, rule="CUT-01", table="savings_accounts", column="balance", before=pl.col("balance"),
            note=pl.format(
                "the balance of Rp {} is said to stand for {}, but the movements up to then sum to Rp {} and those up "
                "to {} to the balance itself: it is of a later day; say of which (as_of of the source part, or "
                "exported_on)", "balance", "as_of", amount_text("_stored"), "_last",
            ),
        ),
        found(
            frame, pl.col("_moved") != 0, rule="CUT-03", table="savings_accounts", column="balance",
            before=pl.col("balance"),
            note=pl.format(
                "{}{}", brought_note("balance", amount_text("_moved"), amount_text("_balance")), _of_them_late()
            ),
        ),
        found(
            frame, pl.col("_reopened"), rule="SAV-CLS-02", table="savings_accounts", column="status",
            before=pl.col("status"),
            note=pl.format(
                "closed after the cut-off day {}, on which it held Rp {}: it opens as open", "cutoff_on",
                rupiah("_balance"),
            ),
        ),
        *_unexplained(frame.filter(~irreversible.fill_null(False) & ~unlike)),
    ]  # fmt: skip


def _of_them_late() -> pl.Expr:
    """What of the movements that were brought in bears the day of the balance or an earlier one."""
    text = pl.format("; Rp {} of them bear an earlier day, but were written after the balance", rupiah("_brought"))
    return pl.when(pl.col("_lacks")).then(text).otherwise(pl.lit(""))


def _unexplained(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """`SAV-HIS-01`: balances that differ from what their movements sum to, and balances without a single movement in a
    cooperative that delivered movements; `SAV-HIS-02`: balances that differ from the running balance beside them, where
    that is not the sum itself.
    """
    product = ["cooperative_id", "product_code"]
    code = pl.col("product_code").fill_null("?")
    apart = pl.format(
        "; {} accounts of {} differ, by Rp {} together",
        pl.len().over(product), code, amount_text(pl.col("_difference").sum().over(product)),
    )  # fmt: skip
    alone = pl.format(
        "; {} accounts of {} have none, Rp {} together",
        pl.len().over(product), code, amount_text(pl.col("_balance").sum().over(product)),
    )  # fmt: skip
    apart, alone = (pl.when(_first_of_several(product)).then(text).otherwise(pl.lit("")) for text in (apart, alone))
    hole = pl.format("; brought here from {}, it lacks what is missing of the movements between the two days", "as_of")
    hole = pl.when(another_day()).then(hole).otherwise(pl.lit(""))
    late = pl.format(
        "; Rp {} of the movements up to {} were written after it, and whether it holds them is not proved",
        amount_text("_late"), "as_of",
    )  # fmt: skip
    late = pl.when((pl.col("_late") != 0) & ~pl.col("_lacks")).then(late).otherwise(pl.lit(""))
    stored = sen("balance") + pl.col("_brought")
    return [
        found(
            frame, pl.col("_difference") != 0, rule="SAV-HIS-01", table="savings_accounts", column="balance",
            before=pl.col("balance"),
            note=pl.format(
                "the balance at the cut-off is Rp {}, its movements sum to Rp {}: a difference of Rp {}{}{}{}",
                amount_text("_balance"), amount_text("_before"), amount_text("_difference"), late, hole, apart,
            ),
        ),
        found(
            frame, pl.col("_silent") & ~pl.col("_twice") & (pl.col("_balance") != 0), rule="SAV-HIS-01",
            table="savings_accounts", column="balance", before=pl.col("balance"),
            note=pl.format(
                "the balance at the cut-off is Rp {}, and not one of the movements delivered is of this account: "
                "nothing explains it{}{}", amount_text("_balance"), hole, alone,
            ),
        ),
        found(
            frame, (pl.col("_runs") != stored) & (pl.col("_runs") != pl.col("_sum")), rule="SAV-HIS-02",
            table="savings_accounts", column="balance", before=pl.col("balance"),
            note=pl.format(
                "the running balance that stands beside its movements is Rp {} at the end of {}, the stored balance Rp "
                "{}: a difference of Rp {}; the stored one opens",
                amount_text("_runs"), "as_of", amount_text(stored), amount_text(stored - pl.col("_runs")),
            ),
        ),
    ]  # fmt: skip


def _remarks(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """`SAV-TRM-01`, `SAV-TRM-02` (term deposits without maturity, or past it), `SAV-BLK-02` (blocked in part)."""
    held = ((pl.col("status") != "closed").fill_null(True) | pl.col("_reopened")) & (pl.col("_balance") != 0)
    term = held & (pl.col("product_kind") == "term")
    blocked = (pl.col("blocked_amount") > 0) & (sen("blocked_amount") < pl.col("_balance"))
    return [
        found(
            frame, term & pl.col("matures_on").is_null(), rule="SAV-TRM-01", table="savings_accounts",
            column="matures_on", before=pl.col("matures_on"),
            note=pl.format(
                "a term deposit of Rp {} without a day of maturity{}", rupiah("_balance"), _in_all("_balance")
            ),
        ),
        found(
            frame, term & (pl.col("matures_on") < pl.col("cutoff_on")), rule="SAV-TRM-02", table="savings_accounts",
            column="matures_on", before=pl.col("matures_on"),
            note=pl.format(
                "a term deposit of Rp {} matured on {}, before the cut-off of {}, and is still open{}",
                rupiah("_balance"), "matures_on", "cutoff_on", _in_all("_balance"),
            ),
        ),
        found(
            frame, blocked, rule="SAV-BLK-02", table="savings_accounts", column="blocked_amount",
            before=pl.col("blocked_amount"),
            note=pl.format(
                "Rp {} of Rp {} is blocked{}", "blocked_amount", rupiah("_balance"), _in_all(sen("blocked_amount"))
            ),
        ),
    ]  # fmt: skip


def _in_all(amount: str | pl.Expr) -> pl.Expr:
    """How many of one cooperative were found, and their sum (whole sen); said once, where there are several."""
    one = pl.col(amount) if isinstance(amount, str) else amount
    own = ["cooperative_id"]
    text = pl.format("; {} such accounts, Rp {} in all", pl.len().over(own), amount_text(one.sum().over(own)))
    return pl.when(_first_of_several(own)).then(text).otherwise(pl.lit(""))


def _first_of_several(keys: list[str]) -> pl.Expr:
    return (pl.len().over(keys) > 1) & (pl.int_range(pl.len()).over(keys) == 0)
