"""`savings_accounts` and `savings_transactions` (tabungan, simpanan): balances and the movements behind them."""

from koop_pipeline.contracts.model import Table, code, date, enum, money, rate

SAVINGS_ACCOUNTS = Table(
    name="savings_accounts",
    title="rekening simpanan",
    key=("account_no",),
    columns=(
        code("account_no"),
        code("member_no", references="members"),
        code("product_code"),
        enum("product_kind", "principal mandatory voluntary term holiday prepaid_instalment other"),
        enum("nature", "equity liability", derived=True),
        date("opened_on"),
        date("matures_on"),
        rate("annual_rate"),
        date("interest_accrued_to"),
        money("balance"),
        money("blocked_amount", required=False),
        code("loan_no", required=False, references="loans"),
        enum("status", "open blocked closed"),
    ),
)

SAVINGS_TRANSACTIONS = Table(
    name="savings_transactions",
    title="mutasi simpanan",
    key=("entry_no",),
    columns=(
        code("entry_no", derived=True),
        code("account_no", references="savings_accounts"),
        date("posted_on", required=True),
        enum("kind", "deposit withdrawal interest fee tax transfer correction opening"),
        money("amount"),
        money("balance_after", required=False),
    ),
)
