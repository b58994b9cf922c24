"""The loss allowance (penyisihan, PPAP): what the classes of the loans require, against what the ledger has set aside.

Put here percentages of outstanding principal by class. The class itself is `collectability.py`; the percentages are a
policy of the batch.

Required: the outstanding principal of a class, summed, times its percentage, half-up to the sen. Nothing is taken off
for collateral. Loans without a class require nothing that could be told; they are a row of their own. Only an account
that controls `allowance` is compared; one that is merely named like an allowance counts as one that is there. Having
none is said where a loan is no longer current: whether to set aside for current loans too is the board's to decide.
"""

import polars as pl

from koop_pipeline.opening.failures import found, gather
from koop_pipeline.opening.ledger import controls
from koop_pipeline.opening.money import PERCENT, half_up, millionths, rupiah, sen, whole

COLUMNS = ["cooperative_id", "class", "loans", "outstanding", "percent", "required"]
CLASSES = ["current", "special_mention", "substandard", "doubtful", "loss"]
NAMED_LIKE_ONE = (
    r"\b(penyisihan|cadangan|allowance)\b.*\b(piutang|pinjaman|kredit|pembiayaan|kerugian|penghapusan|risiko|resiko|loan|loss)"
    r"|\b(ppap|ckpn)\b"
)


def by_class(positions: pl.DataFrame, percents: pl.DataFrame) -> pl.DataFrame:
    """One row a cooperative and class that has loans, columns `COLUMNS`, rupiah and percent.

    `positions`: those of `position.py`. `percents`: cooperative_id, class, percent. `class`, percent and required are
    null for active loans that have no class.
    """
    owing = positions.filter((pl.col("status") == "active") & (pl.col("outstanding_principal") > 0))
    sums = owing.group_by("cooperative_id", pl.col("collectability").alias("class")).agg(
        loans=pl.len().cast(pl.Int64), _sum=sen("outstanding_principal").sum()
    )
    rank = pl.col("class").replace_strict(CLASSES, range(len(CLASSES)), default=None, return_dtype=pl.Int64)
    frame = sums.join(percents, on=["cooperative_id", "class"], how="left").sort("cooperative_id", rank)
    required = half_up(pl.col("_sum") * millionths("percent"), whole(PERCENT))
    return frame.with_columns(outstanding=rupiah("_sum"), required=rupiah(required)).select(COLUMNS)


def tie_allowance(accounts: pl.DataFrame, allowances: pl.DataFrame) -> pl.DataFrame:
    """`ACC-ALW-01` (the declared allowance differs from what is required) and `ACC-ALW-02` (there is none at all)."""
    kept = accounts["cooperative_id"].unique().to_list()
    needed = _needed(allowances.filter(pl.col("cooperative_id").is_in(kept)))
    declared = controls.specs(accounts).filter(pl.col("spec") == "allowance")
    tied = declared.join(needed, on="cooperative_id", how="left", maintain_order="left").with_columns(
        pl.col("_required").fill_null(whole(0)), pl.col("split").fill_null("no loans")
    )
    gap = pl.col("balance") - pl.col("_required")
    own = pl.col("is_detail").fill_null(True) & pl.col("account_type").is_in(["asset", "liability", "equity"])
    there = accounts.filter(own & pl.col("name").str.to_lowercase().str.contains(NAMED_LIKE_ONE))
    without = needed.join(declared, on="cooperative_id", how="anti").join(there, on="cooperative_id", how="anti")
    return gather([
        found(
            tied, gap != 0, rule="ACC-ALW-01", table="accounts", column="controls", before=pl.col("controls"),
            note=pl.format(
                "the ledger has set aside Rp {} for losses, the classes require Rp {} ({}): a difference of Rp {}",
                rupiah("balance"), rupiah("_required"), "split", rupiah(gap),
            ),
        ),
        found(
            without.with_columns(_row=pl.lit(None, dtype=pl.Int64)), pl.col("_impaired") > 0, rule="ACC-ALW-02",
            table="accounts", column="controls", before=rupiah("_required"),
            note=pl.format(
                "the classes require an allowance of Rp {} ({}) and the ledger has no account for it",
                rupiah("_required"), "split",
            ),
        ),
    ])  # fmt: skip


def _needed(allowances: pl.DataFrame) -> pl.DataFrame:
    """`_required` (sen) of a cooperative, `_impaired` (of what is not current), and `split`, the sentence by class."""
    percent = pl.col("percent").cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
    text = pl.format("{} {} % of {} = {}", "class", percent, "outstanding", "required")
    unclassed = pl.format("{} of {} loans without a class", "outstanding", "loans")
    return allowances.group_by("cooperative_id", maintain_order=True).agg(
        _required=sen("required").sum(),
        _impaired=sen("required").filter(pl.col("class") != "current").sum(),
        split=pl.when(pl.col("class").is_null()).then(unclassed).otherwise(text).str.join(", "),
    )
