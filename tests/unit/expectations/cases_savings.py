"""Faults in products, savings accounts, their transactions and opening balances, and the rules that find them.

A changed balance also breaks the declared totals and the opening balance; those rules stand in the line too.
"""

from rule_world import Case, change, copy_row, failure, remove

S5 = "account_no = 'S5'"
T1 = "entry_no = 'T1'"

SAVINGS_CASES: list[Case] = [
    change("products", "product_code = 'UMUM'", "annual_rate = 30", "PRD-CAP-01"),
    change("products", "product_code = 'SUKA'", "annual_rate = 9.5", "PRD-CAP-02"),
    change("products", "product_code = 'SUKA'", "annual_rate = 9", ""),
    change("products", "product_code = 'UMUM'", "annual_rate = 201", "PRD-RNG-01"),
    change("savings_accounts", S5, "member_no = 'M9'", "SAV-REF-01 OSB-REF-02"),
    change("savings_accounts", S5, "loan_no = 'L9'", "SAV-REF-02"),
    change("savings_accounts", S5, "loan_no = 'L1'", ""),
    change("savings_accounts", S5, "product_kind = 'prepaid_instalment', loan_no = null", "SAV-PRE-01"),
    change("savings_accounts", S5, "product_kind = 'prepaid_instalment', loan_no = 'L1'", "SAV-PRE-01"),
    *(
        Case(
            "update checked.savings_accounts set loan_no = 'L9' where {here} and account_no = 'S5'; insert into"
            " checked.failures (cooperative_id, table_name, row, column_name, rule, before) values ({id},"
            f" 'savings_accounts', 5, 'loan_no', '{found}', 'L9')",
            found,
        )
        for found in ("SAV-REF-04", "SAV-REF-05")
    ),
    change("savings_accounts", "account_no = 'S1'", "product_code = 'POKOX'", "SAV-REF-03"),
    change("savings_accounts", S5, "balance = -1", "SAV-NEG-01 DCL-TOT-02 DCL-TOT-03 OSB-BAL-01"),
    change("savings_accounts", S5, "blocked_amount = 500000.01", "SAV-BLK-01"),
    change("savings_accounts", S5, "blocked_amount = -0.01", "SAV-BLK-01"),
    change("savings_accounts", S5, "blocked_amount = 500000.00", ""),
    change("savings_accounts", S5, "annual_rate = -1", "SAV-RNG-01"),
    change("savings_accounts", S5, "annual_rate = 250", "SAV-RNG-01"),
    change("savings_accounts", S5, "annual_rate = 12", "SAV-CAP-01"),
    change("savings_accounts", S5, "opened_on = date '2026-07-01'", "CUT-04"),
    change("savings_accounts", S5, "opened_on = date '2026-06-30'", ""),
    change("savings_accounts", S5, "opened_on = date '1899-12-31'", "SAV-RNG-02"),
    change("savings_accounts", S5, "matures_on = date '2012-02-29'", "SAV-MAT-01"),
    change("savings_accounts", S5, "status = 'closed'", "SAV-CLS-01"),
    change("savings_accounts", S5, "nature = 'equity'", "SAV-NAT-01"),
    change("savings_accounts", "account_no = 'S1'", "nature = 'liability'", "SAV-NAT-01"),
    change("savings_accounts", "product_kind = 'mandatory'", "product_kind = 'other'", "SAV-MAN-01"),
    change("savings_transactions", T1, "account_no = 'S9'", "TRX-REF-01"),
    change("savings_transactions", T1, "account_no = null", "TRX-REQ-02"),
    change("savings_transactions", T1, "posted_on = date '1899-12-31'", "TRX-RNG-01"),
    change("savings_transactions", T1, "amount = -600000.00", "TRX-SGN-01"),
    change("savings_transactions", "entry_no = 'T2'", "amount = 110000.00", "TRX-SGN-01"),
    change("savings_transactions", T1, "kind = 'transfer', amount = -1", ""),
    change("opening_savings_balances", S5, "account_no = 'S9'", "OSB-REF-01 OSB-MIS-01"),
    change("opening_savings_balances", S5, "member_no = 'M1'", "OSB-REF-02"),
    remove("opening_savings_balances", S5, "OSB-MIS-01"),
    change(
        "opening_savings_balances",
        S5,
        "balance = 400000.00, difference = -100000.00",
        "OSB-BAL-01",
    ),
    change("opening_savings_balances", S5, "balance = -1, difference = -500001", "OSB-BAL-01 OSB-NEG-01"),
    change("opening_savings_balances", S5, "difference = 1", "OSB-DIF-01"),
    change("opening_savings_balances", S5, "difference = null, history_total = null", ""),
    Case(
        "insert into checked.failures (cooperative_id, table_name, row, column_name, rule, before)"
        " values ({id}, 'savings_accounts', 5, 'member_no', 'MAP-EXCL-01', 'M2');"
        " update checked.savings_accounts set member_no = 'M9' where {here} and account_no = 'S5';"
        " update checked.opening_savings_balances set member_no = 'M9' where {here} and account_no = 'S5'",
        "MAP-EXCL-01",
    ),
    copy_row("savings_transactions", T1, "'T9' as entry_no, 'S9' as account_no", "TRX-REF-01"),
    failure("savings_accounts", "CUT-01", "CUT-01", row="5", column="'balance'"),
    failure("savings_accounts", "SAV-HIS-01", "SAV-HIS-01", row="5", column="'balance'"),
]
