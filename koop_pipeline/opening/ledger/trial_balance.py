"""Opens the ledger: the opening trial balance (neraca saldo awal) and its ties to savings and loans.

Put here accounts and their balances. What a `controls` text means is `controls.py`, what is posted to suspense is
`suspense.py`, what nothing proves is `not_proved.py`, and the surplus of the year is `surplus.py`.
"""

from dataclasses import dataclass

import polars as pl

from koop_pipeline.opening.failures import found, gather
from koop_pipeline.opening.ledger import controls, suspense
from koop_pipeline.opening.ledger.headers import doubled_failures, header_failures
from koop_pipeline.opening.ledger.not_proved import not_proved
from koop_pipeline.opening.ledger.surplus import surplus_failures
from koop_pipeline.opening.money import amount_text, rupiah, sen

COLUMNS = [
    "cooperative_id", "account_code", "name", "account_type", "debit", "credit", "subledger_total", "difference",
    "branch", "source_no", "extras",
]  # fmt: skip
KEY = ["cooperative_id", "spec"]


@dataclass(frozen=True)
class OpenedLedger:
    """`trial_balance` (opening_trial_balance: detail accounts only), `failures`, and what stands beside them.

    `postings` to suspense: `suspense.COLUMNS`; `not_proved`: `not_proved.COLUMNS`. Rupiah.
    """

    trial_balance: pl.DataFrame
    failures: pl.DataFrame
    postings: pl.DataFrame
    not_proved: pl.DataFrame


def open_ledger(
    accounts: pl.DataFrame,
    savings: pl.DataFrame,
    loans: pl.DataFrame,
    products: pl.DataFrame | None = None,
    policies: pl.DataFrame | None = None,
) -> OpenedLedger:
    """Open the ledger of many cooperatives; rupiah.

    `savings` (savings_accounts) and `loans` carry what stands at the cut-off in `balance`, `outstanding_principal`
    and `status`. `products`, if given, names products that exist without an account. Where several accounts share one
    control, `subledger_total` and `difference` on each are those of the control as a whole. A cooperative without
    accounts has nothing to tie and gives no findings. `policies` (`suspense.POLICIES`): the cooperatives that may post
    to suspense.
    """
    kept = pl.col("cooperative_id").is_in(accounts["cooperative_id"].unique().to_list())
    subledger = controls.subledgers(savings, loans).filter(kept)
    found_specs = controls.specs(accounts)
    spec_parts = controls.parts(found_specs)
    claimed = controls.claims(spec_parts, subledger)
    tied = _tied(found_specs, spec_parts, claimed)
    allowed = policies if policies is not None else pl.DataFrame(schema=suspense.POLICIES)
    posted = suspense.postings(accounts, tied, allowed)
    left = _without_posted(tied, posted)
    explained = left.join(_carrying(accounts), on=KEY, how="left", maintain_order="left")
    unknown = controls.unknown_parts(spec_parts, _known_products(savings, loans, products))
    rows = [
        _ties_that_fail(explained.join(_split(claimed), on=KEY, how="left", maintain_order="left")),
        _unclaimed(subledger, claimed),
        _claimed_twice(claimed, found_specs),
        _unknown(unknown),
        surplus_failures(accounts),
        _natures(accounts, claimed, savings),
        header_failures(accounts),
        doubled_failures(accounts),
        *suspense.suspense_failures(tied, posted),
    ]
    trial_balance = _trial_balance(accounts, left, posted)
    postings = posted.with_columns(amount=rupiah("amount")).select(suspense.COLUMNS)
    return OpenedLedger(trial_balance.select(COLUMNS), gather(rows), postings, not_proved(trial_balance))


def _known_products(savings: pl.DataFrame, loans: pl.DataFrame, products: pl.DataFrame | None) -> pl.DataFrame:
    columns = ["cooperative_id", "serves", "product_code"]
    known = [savings.with_columns(serves=pl.lit("savings")).select(columns)]
    known.append(loans.with_columns(serves=pl.lit("loans")).select(columns))
    return pl.concat([*known, products.select(columns)] if products is not None else known).unique()


def _tied(found_specs: pl.DataFrame, spec_parts: pl.DataFrame, claimed: pl.DataFrame) -> pl.DataFrame:
    """`specs` with `subledger` (null where the word has none) and `gap` = balance - subledger, whole sen."""
    counted = spec_parts.filter(pl.col("head").is_in(controls.WITH_SUBLEDGER)).select(KEY).unique()
    sums = claimed.group_by(KEY).agg(subledger=pl.col("total").sum())
    totals = counted.join(sums, on=KEY, how="left").with_columns(pl.col("subledger").fill_null(0))
    frame = found_specs.join(totals, on=KEY, how="left", maintain_order="left")
    return frame.with_columns(gap=pl.col("balance") - pl.col("subledger"))


def _without_posted(tied: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
    """`tied` without the gaps that a posting to suspense closed."""
    closed = posted.drop_nulls("spec").select(*KEY, _closed=pl.lit(True))
    frame = tied.join(closed, on=KEY, how="left", maintain_order="left")
    return frame.with_columns(gap=pl.when("_closed").then(pl.col("gap") * 0).otherwise("gap")).drop("_closed")


def _trial_balance(accounts: pl.DataFrame, tied: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
    """Detail accounts with their ties after the postings to suspense: COLUMNS and `spec`."""
    detail = accounts.filter(pl.col("is_detail").fill_null(True)).with_columns(spec=controls.normal_text())
    frame = detail.join(tied.select(*KEY, "subledger", "gap"), on=KEY, how="left", maintain_order="left")
    frame = frame.with_columns(subledger_total=rupiah("subledger"), difference=rupiah("gap"))
    return suspense.posted_to(frame, posted).with_columns(
        source_no=pl.lit(None, dtype=pl.String), extras=pl.lit(None, dtype=pl.String)
    )


def _ties_that_fail(tied: pl.DataFrame) -> pl.DataFrame:
    return found(
        tied, pl.col("gap") != 0, rule="ACC-TIE-01", table="accounts", column="controls", before=pl.col("controls"),
        note=pl.format(
            "the ledger holds Rp {} under the control {}{}, its subledger Rp {}{}: a difference of Rp {}",
            amount_text("balance"), "spec", pl.col("carried").fill_null(""), amount_text("subledger"),
            pl.col("split").fill_null(""), amount_text("gap"),
        ),
    )  # fmt: skip


def _carrying(accounts: pl.DataFrame) -> pl.DataFrame:
    """`carried`: the accounts that make up the balance of a control, the largest first; null where it is one."""
    detail = accounts.filter(pl.col("is_detail").fill_null(True)).with_columns(
        spec=controls.normal_text(), amount=controls.net()
    )
    named = pl.format("{} {}", "account_code", amount_text("amount"))
    parts = (
        detail.drop_nulls(["spec", "account_code"])
        .sort("amount", descending=True)
        .group_by(KEY, maintain_order=True)
        .agg(carried=named.str.join(", "), accounts=pl.len())
    )
    carried = pl.when(pl.col("accounts") > 1).then(pl.format(" ({})", "carried"))
    return parts.select(*KEY, carried=carried)


def _split(claimed: pl.DataFrame) -> pl.DataFrame:
    """What makes up the subledger of a control, by product, the largest first; null where it is one product."""
    named = pl.format("{} {}", pl.col("product_code").fill_null("?"), amount_text("total"))
    parts = (
        claimed.filter(pl.col("total") != 0)
        .sort("total", descending=True)
        .group_by(KEY, maintain_order=True)
        .agg(split=named.str.join(", "), products=pl.len())
    )
    split = pl.when(pl.col("products") > 1).then(pl.format(" ({})", "split"))
    return parts.select(*KEY, split=split)


def _natures(accounts: pl.DataFrame, claimed: pl.DataFrame, savings: pl.DataFrame) -> pl.DataFrame:
    """`ACC-NAT-01`: savings that open as equity under a liability account, or the other way; one a control account."""
    detail = accounts.filter(pl.col("is_detail").fill_null(True)).with_columns(spec=controls.normal_text())
    charted = detail.filter(pl.col("account_type").is_in(["liability", "equity"]))
    product = ["cooperative_id", "product_code"]
    held = savings.group_by(*product, "nature").agg(amount=sen("balance").sum()).filter(pl.col("amount") != 0)
    claims = claimed.filter(pl.col("serves") == "savings").select(*KEY, "product_code").unique()
    pairs = charted.join(claims, on=KEY, how="inner").join(held, on=product, how="inner")
    named = pl.format("{} {}", "product_code", amount_text("amount"))
    differing = (
        pairs.filter(pl.col("nature") != pl.col("account_type"))
        .sort("amount", "product_code", descending=[True, False])
        .group_by("cooperative_id", "_row", "account_code", "account_type", "nature", maintain_order=True)
        .agg(products=named.str.join(", "))
    )
    return found(
        differing, pl.lit(True), rule="ACC-NAT-01", table="accounts", column="account_type",
        before=pl.col("account_type"),
        note=pl.format(
            "{} is {} in the chart, but the savings under it open as {}: {}", "account_code", "account_type", "nature",
            "products",
        ),
    )  # fmt: skip


def _unclaimed(subledger: pl.DataFrame, claimed: pl.DataFrame) -> pl.DataFrame:
    keys = ["cooperative_id", "head", "serves", "product_code"]
    rows = subledger.join(claimed.select(keys).unique(), on=keys, how="anti", maintain_order="left")
    parts = []
    for serves, table in (("savings", "savings_accounts"), ("loans", "loans")):
        note = pl.format(
            "Rp {} of the {} product {} is under no control account", amount_text("total"), "serves", "product_code"
        )
        where = (pl.col("serves") == serves) & (pl.col("total") != 0)
        parts.append(
            found(
                rows,
                where,
                rule="ACC-TIE-02",
                table=table,
                column="product_code",
                before=pl.col("product_code"),
                note=note,
            )
        )
    return pl.concat(parts)


def _claimed_twice(claimed: pl.DataFrame, found_specs: pl.DataFrame) -> pl.DataFrame:
    keys = ["cooperative_id", "head", "serves", "product_code"]
    several = claimed.group_by(keys).agg(
        total=pl.col("total").first(), count=pl.col("spec").n_unique(), all=pl.col("spec").sort().str.join(" and "),
        spec=pl.col("spec").max(),
    )  # fmt: skip
    rows = several.filter(pl.col("count") > 1).join(found_specs.select(*KEY, "_row"), on=KEY, how="left")
    return found(
        rows, pl.lit(True), rule="ACC-TIE-03", table="accounts", column="controls", before=pl.col("spec"),
        note=pl.format(
            "the {} product {} (Rp {}) is claimed by more than one control: {}",
            "serves", "product_code", amount_text("total"), "all",
        ),
    )  # fmt: skip


def _unknown(unknown: pl.DataFrame) -> pl.DataFrame:
    word = pl.format("the control names {}, which is none of {}", "spec", pl.lit(", ".join(controls.WORDS)))
    product = pl.format("the control {} names the product {}, which does not exist", "spec", "named")
    takes_products = pl.col("head").is_in(controls.WITH_PRODUCTS) & pl.col("named").is_not_null()
    return found(
        unknown, pl.lit(True), rule="ACC-TIE-04", table="accounts", column="controls", before=pl.col("controls"),
        note=pl.when(takes_products).then(product).otherwise(word),
    )  # fmt: skip
