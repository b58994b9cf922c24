"""What an account `controls`: the specs of the column, taken apart, and the parts of the subledger that each claims.

Put here the reading of `savings`, `savings:A+B`, `loans`, `loans:P`, `prepaid`, `allowance`, `interest_receivable` and
`interest_payable`. Ties are taken in `trial_balance.py`.
"""

import polars as pl

from koop_pipeline.opening.money import sen

WITH_PRODUCTS = ("savings", "loans")
WITH_SUBLEDGER = ("savings", "loans", "prepaid")
WORDS = (*WITH_SUBLEDGER, "allowance", "interest_receivable", "interest_payable")
OWED = ("loans", "interest_receivable")


def subledgers(savings: pl.DataFrame, loans: pl.DataFrame) -> pl.DataFrame:
    """The subledger, one row per cooperative_id, head (savings, prepaid, loans), serves (savings, loans),
    product_code.

    total: balances of savings accounts, outstanding principal of active loans, whole sen. `_row`, the first of the
    product.
    """
    prepaid = pl.col("product_kind") == "prepaid_instalment"
    accounts = savings.select(
        "cooperative_id", "product_code", "_row", amount=sen("balance"), serves=pl.lit("savings"),
        head=pl.when(prepaid.fill_null(False)).then(pl.lit("prepaid")).otherwise(pl.lit("savings")),
    )  # fmt: skip
    active = pl.when(pl.col("status") == "active").then(sen("outstanding_principal"))
    owed = loans.select(
        "cooperative_id", "product_code", "_row", amount=active, serves=pl.lit("loans"), head=pl.lit("loans")
    )
    keys = ["cooperative_id", "head", "serves", "product_code"]
    rows = pl.concat([accounts, owed.select(accounts.columns)])
    return rows.group_by(keys).agg(total=pl.col("amount").sum(), _row=pl.col("_row").min()).sort(keys)


def specs(accounts: pl.DataFrame) -> pl.DataFrame:
    """Every spec of detail accounts, one row per cooperative_id and spec: balance (whole sen) and `_row` of the first.

    Accounts of several branches with the same spec are one control, and so is an account with its contra account.
    """
    detail = accounts.filter(pl.col("is_detail").fill_null(True)).with_columns(spec=normal_text())
    return (
        detail.drop_nulls("spec")
        .group_by("cooperative_id", "spec")
        .agg(balance=net().sum(), _row=pl.col("_row").min(), controls=pl.col("controls").first())
        .sort("cooperative_id", "spec")
    )


def normal_text() -> pl.Expr:
    """The column `controls` without spaces around its parts; null where it says nothing."""
    text = pl.col("controls").str.strip_chars().str.replace_all(r"\s*([:+])\s*", "$1")
    return pl.when(text != "").then(text)


def net() -> pl.Expr:
    """An account's balance on the side on which its control stands (`on_debit_side`), whole sen: a contra account in a
    control is deducted.
    """
    debit, credit = sen("debit").fill_null(0), sen("credit").fill_null(0)
    return pl.when(on_debit_side()).then(debit - credit).otherwise(credit - debit)


def on_debit_side() -> pl.Expr:
    """Whether the control that the account names stands on the debit side: what is owed to the cooperative does. Where
    its word is none of ours, as the account normally stands, and where it does not say so, as its type does.
    """
    head = normal_text().str.splitn(":", 2).struct.field("field_0")
    by_type = pl.col("account_type").is_in(["asset", "expense"])
    own = pl.coalesce(pl.col("normal_side") == "debit", by_type)
    return pl.when(head.is_in(WORDS)).then(head.is_in(OWED)).otherwise(own)


def parts(found_specs: pl.DataFrame) -> pl.DataFrame:
    """`specs` with `head`, and one row for each product it names (`named`, null for a spec without products)."""
    split = pl.col("spec").str.splitn(":", 2)
    frame = found_specs.with_columns(head=split.struct.field("field_0"), _names=split.struct.field("field_1"))
    return frame.with_columns(named=pl.col("_names").str.split("+")).explode("named").drop("_names")


def unknown_parts(spec_parts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The parts that name a word or a product that does not exist. `known`: cooperative_id, serves, product_code."""
    exists = known.select("cooperative_id", head="serves", named="product_code", _exists=pl.lit(True)).unique()
    frame = spec_parts.join(exists, on=["cooperative_id", "head", "named"], how="left", maintain_order="left")
    allowed = pl.col("head").is_in(WITH_PRODUCTS) & pl.col("_exists").fill_null(False)
    plain = pl.col("named").is_null() & pl.col("head").is_in(WORDS)
    return frame.filter(~(allowed | plain)).drop("_exists")


def claims(spec_parts: pl.DataFrame, subledger: pl.DataFrame) -> pl.DataFrame:
    """Which spec claims which part of the subledger: cooperative_id, spec, and the columns of `subledger` but `_row`.

    `savings` claims all savings but prepaid instalments, `prepaid` those, `loans` all loans; a product by name claims
    all of that product.
    """
    sub = subledger.drop("_row")
    every = spec_parts.filter(pl.col("named").is_null() & pl.col("head").is_in(WITH_SUBLEDGER)).select(
        "cooperative_id", "spec", "head"
    )
    some = spec_parts.filter(pl.col("named").is_not_null() & pl.col("head").is_in(WITH_PRODUCTS)).select(
        "cooperative_id", "spec", serves="head", product_code="named"
    )
    by_head = every.join(sub, on=["cooperative_id", "head"])
    by_name = some.join(sub, on=["cooperative_id", "serves", "product_code"])
    columns = ["cooperative_id", "spec", "head", "serves", "product_code", "total"]
    return pl.concat([by_head.select(columns), by_name.select(columns)]).unique().sort(columns[:5])
