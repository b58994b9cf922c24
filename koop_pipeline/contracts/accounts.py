"""`accounts` (bagan akun, COA): the chart of accounts with its balances at the cut-off."""

from koop_pipeline.contracts.model import Column, Table, code, enum, money, text

ACCOUNTS = Table(
    name="accounts",
    title="akun",
    key=("account_code",),
    columns=(
        code("account_code"),
        text("name"),
        enum("account_type", "asset liability equity income expense"),
        enum("normal_side", "debit credit", derived=True),
        code("parent_code", required=False, references="accounts"),
        Column("is_detail", kind="boolean"),
        text("controls", required=False),
        money("debit"),
        money("credit"),
    ),
)
