"""Faults in the chart of accounts and the opening trial balance, and the rules that find them.

A changed balance also differs from the opening trial balance and upsets the balance; those rules stand in the line too.
"""

from rule_world import Case, change, copy_row, failure, remove

KAS = "account_code = '1.1'"
PIUTANG = "account_code = '1.2'"

LEDGER_CASES: list[Case] = [
    change("accounts", KAS, "parent_code = '9'", "ACC-REF-01"),
    change("accounts", "account_code = '1'", "parent_code = '1'", "ACC-CYC-01"),
    change("accounts", "account_code = '1'", "parent_code = '1.1', is_detail = false", "ACC-CYC-01=2 ACC-PAR-01"),
    change("accounts", "account_code = '1'", "is_detail = true", "ACC-PAR-01"),
    Case(
        "update checked.accounts set debit = 740000 where {here} and account_code = '1.1';"
        " update checked.opening_trial_balance set debit = 740000 where {here} and account_code = '1.1'",
        "ACC-BAL-01 DCL-TOT-06",
    ),
    change("accounts", KAS, "debit = 240000.01", "ACC-BAL-01 DCL-TOT-06 OTB-AMT-01"),
    Case(
        "update checked.accounts set debit = 250000, credit = 10000 where {here} and account_code = '1.1';"
        " update checked.opening_trial_balance set debit = 250000, credit = 10000"
        " where {here} and account_code = '1.1'",
        "ACC-AMT-01",
    ),
    Case(
        "update checked.accounts set debit = 0, credit = -240000 where {here} and account_code = '1.1';"
        " update checked.opening_trial_balance set debit = 0, credit = -240000 where {here} and account_code = '1.1'",
        "ACC-AMT-02",
    ),
    Case(
        "update checked.accounts set debit = 0, credit = 240000 where {here} and account_code = '1.1';"
        " update checked.opening_trial_balance set debit = 0, credit = 240000 where {here} and account_code = '1.1'",
        "ACC-CSH-01 ACC-BAL-01 DCL-TOT-06",
    ),
    change("accounts", "account_code = '4.1'", "account_type = 'liability'", "ACC-INC-01"),
    change("accounts", PIUTANG, "controls = 'savings:SUKA'", "ACC-CTL-01"),
    change("accounts", "account_code = '2.1'", "controls = 'loans:UMUM'", "ACC-CTL-01"),
    change("accounts", "account_code = '1'", "debit = 840000", ""),
    copy_row("opening_trial_balance", KAS, "'9' as account_code, 0 as debit", "OTB-REF-01"),
    copy_row("opening_trial_balance", KAS, "'1' as account_code, 0 as debit", "OTB-HDR-01"),
    remove("opening_trial_balance", KAS, "OTB-MIS-01 OTB-BAL-01"),
    change("opening_trial_balance", KAS, "debit = 240001", "OTB-AMT-01 OTB-BAL-01"),
    change("opening_trial_balance", PIUTANG, "difference = 1", "OTB-TIE-01"),
    Case(
        "update checked.opening_trial_balance set difference = 1 where {here} and account_code = '1.2';"
        " insert into checked.failures (cooperative_id, table_name, row, rule)"
        " values ({id}, 'accounts', 3, 'ACC-TIE-01')",
        "ACC-TIE-01",
    ),
    failure("savings_accounts", "ACC-TIE-02", "ACC-TIE-02", row="5", column="'product_code'"),
]
