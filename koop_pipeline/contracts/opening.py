"""The three opening tables that the step `opening/` makes: savings balances, loan schedules, trial balance."""

from koop_pipeline.contracts.model import Table, code, date, enum, integer, money, text

OPENING_SAVINGS_BALANCES = Table(
    name="opening_savings_balances",
    title="saldo awal simpanan",
    key=("account_no",),
    opening=True,
    columns=(
        code("account_no", references="savings_accounts"),
        code("member_no", references="members"),
        code("product_code"),
        enum("nature", "equity liability"),
        money("balance"),
        money("history_total", required=False),
        money("difference", required=False),
    ),
)

LOAN_SCHEDULES = Table(
    name="loan_schedules",
    title="jadwal angsuran tersisa",
    key=("loan_no", "instalment_no"),
    opening=True,
    columns=(
        code("loan_no", references="loans"),
        integer("instalment_no", required=True),
        date("due_on", required=True),
        money("principal"),
        money("interest"),
        money("total"),
        money("balance_after"),
        enum("state", "paid part_paid due overdue"),
    ),
)

OPENING_TRIAL_BALANCE = Table(
    name="opening_trial_balance",
    title="neraca saldo awal",
    key=("account_code",),
    opening=True,
    columns=(
        code("account_code", references="accounts"),
        text("name"),
        enum("account_type", "asset liability equity income expense"),
        money("debit"),
        money("credit"),
        money("subledger_total", required=False),
        money("difference", required=False),
    ),
)
