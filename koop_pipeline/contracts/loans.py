"""`loans`, `loan_instalments`, `loan_repayments` (pinjaman, jadwal angsuran, angsuran)."""

from koop_pipeline.contracts.model import Table, code, date, enum, integer, money, rate

LOANS = Table(
    name="loans",
    title="pinjaman",
    key=("loan_no",),
    columns=(
        code("loan_no"),
        code("member_no", references="members"),
        code("product_code"),
        date("disbursed_on"),
        money("principal", required=False),
        enum("interest_method", "flat declining annuity bullet margin", required=False),
        rate("annual_rate", derived=True),
        rate("source_rate"),
        enum("source_rate_basis", "per_month per_year whole_term", required=False),
        integer("tenor"),
        enum("frequency", "daily weekly monthly seasonal yearly", required=False),
        money("rounding_unit", required=False, derived=True),
        money("instalment_principal", required=False),
        money("instalment_interest", required=False),
        money("interest_total", required=False),
        date("first_due_on", derived=True),
        date("maturity_on", derived=True),
        date("interest_accrued_to"),
        money("outstanding_principal", derived=True),
        money("outstanding_interest", required=False, derived=True),
        integer("arrears_days", derived=True),
        enum("collectability", "current special_mention substandard doubtful loss", required=False, derived=True),
        enum("source_collectability", "current special_mention substandard doubtful loss", required=False),
        enum("status", "active settled written_off"),
    ),
)

LOAN_INSTALMENTS = Table(
    name="loan_instalments",
    title="jadwal angsuran",
    key=("loan_no", "instalment_no"),
    promoted=False,
    columns=(
        code("loan_no", references="loans"),
        integer("instalment_no", required=True),
        date("due_on", required=True),
        money("principal", required=False),
        money("interest", required=False),
        money("total", required=False, derived=True),
    ),
)

LOAN_REPAYMENTS = Table(
    name="loan_repayments",
    title="angsuran",
    key=("entry_no",),
    columns=(
        code("entry_no", derived=True),
        code("loan_no", references="loans"),
        date("paid_on", required=True),
        integer("instalment_no"),
        money("principal", required=False, derived=True),
        money("interest", required=False, derived=True),
        money("penalty", required=False),
        money("fee", required=False),
        money("total", derived=True),
    ),
)
