"""The canonical tables, one file a family; in load order.

Read `TABLES` to go over all of them. Put a new canonical table in a file of its own and list it here.
"""

from koop_pipeline.contracts.accounts import ACCOUNTS
from koop_pipeline.contracts.collaterals import COLLATERALS
from koop_pipeline.contracts.cooperatives import COOPERATIVES
from koop_pipeline.contracts.loans import LOAN_INSTALMENTS, LOAN_REPAYMENTS, LOANS
from koop_pipeline.contracts.members import MEMBERS
from koop_pipeline.contracts.model import Column, Table
from koop_pipeline.contracts.officers import OFFICERS
from koop_pipeline.contracts.opening import LOAN_SCHEDULES, OPENING_SAVINGS_BALANCES, OPENING_TRIAL_BALANCE
from koop_pipeline.contracts.products import PRODUCTS
from koop_pipeline.contracts.savings import SAVINGS_ACCOUNTS, SAVINGS_TRANSACTIONS

SOURCED: tuple[Table, ...] = (
    COOPERATIVES,
    OFFICERS,
    MEMBERS,
    PRODUCTS,
    SAVINGS_ACCOUNTS,
    SAVINGS_TRANSACTIONS,
    LOANS,
    LOAN_INSTALMENTS,
    LOAN_REPAYMENTS,
    COLLATERALS,
    ACCOUNTS,
)
OPENING: tuple[Table, ...] = (OPENING_SAVINGS_BALANCES, LOAN_SCHEDULES, OPENING_TRIAL_BALANCE)
TABLES: dict[str, Table] = {table.name: table for table in (*SOURCED, *OPENING)}
PROMOTED: tuple[Table, ...] = tuple(table for table in TABLES.values() if table.promoted)
MOVEMENT_DAYS = {SAVINGS_TRANSACTIONS.name: "posted_on", LOAN_REPAYMENTS.name: "paid_on"}
"""Tables of movements with the column that says when each took place."""
REQUIRED_CATEGORIES = ("officers", "members", "savings_accounts", "loans", "collaterals", "accounts")

__all__ = ["MOVEMENT_DAYS", "OPENING", "PROMOTED", "REQUIRED_CATEGORIES", "SOURCED", "TABLES", "Column", "Table"]
