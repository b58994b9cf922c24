"""Faults of the cooperative as a whole: its own row, declared totals, control totals, absent categories."""

from rule_world import Case, change, failure, remove

SPARE = "update checked.batch set as_of = as_of where {here}"


def without(table: str, finds: str, *more: str) -> Case:
    """The category taken away, with what hangs on it, and other statements besides."""
    return Case("; ".join([f"delete from checked.{table} where {{here}}", *more]), finds)


def absent(category: str) -> str:
    """The statement that declares a category absent."""
    return f"insert into checked.absent values ({{id}}, '{category}', 'letter of 2026-06-01')"


NO_LOANS = (
    "delete from checked.loan_instalments where {here}",
    "delete from checked.loan_repayments where {here}",
    "delete from checked.loan_schedules where {here}",
    "delete from checked.collaterals where {here}",
    "delete from checked.declared where {here} and name like 'loans%'",
    absent("collaterals"),
)
NO_SAVINGS = (
    "delete from checked.savings_transactions where {here}",
    "delete from checked.opening_savings_balances where {here}",
    "delete from checked.declared where {here} and name like 'savings%'",
)
NO_ACCOUNTS = (
    "delete from checked.opening_trial_balance where {here}",
    "delete from checked.declared where {here} and name = 'assets'",
)
NO_MEMBERS = (
    "update checked.declared set amount = 0 where {here} and name = 'members'",
    "update checked.officers set member_no = null, position = 'staff' where {here}",
    "delete from checked.savings_accounts where {here}",
    "delete from checked.loans where {here}",
    absent("savings_accounts"),
    absent("loans"),
    *NO_SAVINGS,
    *NO_LOANS,
)

COOPERATIVE_CASES: list[Case] = [
    Case(SPARE, ""),
    change("cooperatives", "true", "npwp = '12345'", "COP-NPW-03"),
    change("cooperatives", "true", "nib = '123456789012'", "COP-NIB-02"),
    change("cooperatives", "true", "phone = '(0380) 123'", "COP-PHN-02"),
    change("cooperatives", "true", "email = 'bersih@'", "COP-EML-02"),
    change("cooperatives", "true", "region_code = '5371.01.1'", "COP-RGN-03"),
    change("cooperatives", "true", "region_code = '53.71'", "COP-RGN-04"),
    change("cooperatives", "true", "region_code = null", ""),
    change("cooperatives", "true", "cooperative_nik = '123'", "COP-NIC-01"),
    change("cooperatives", "true", "established_on = date '2026-07-01'", "COP-RNG-01"),
    change("cooperatives", "true", "legal_entity_on = date '0990-05-02'", "COP-RNG-02"),
    change("cooperatives", "true", "savings_loan_unit = 'usp'", "COP-UNT-01"),
    change("cooperatives", "true", "kind = 'consumer', savings_loan_unit = 'usp'", ""),
    change("cooperatives", "true", "status = 'frozen'", "COP-STA-01"),
    change("batch", "true", "cutoff_on = null", "COP-CUT-01"),
    remove("batch", "true", "COP-CUT-01"),
    remove("cooperatives", "true", "COP-ROW-01"),
    remove("declared", "true", "DCL-NONE-01"),
    change("declared", "name = 'members'", "amount = 4", "DCL-TOT-01"),
    change("declared", "name = 'savings'", "amount = 800000.01", "DCL-TOT-02"),
    change("declared", "name = 'savings:SUKA'", "amount = 499999.99", "DCL-TOT-03"),
    change("declared", "name = 'loans'", "amount = 0", "DCL-TOT-04"),
    change("declared", "name = 'loans:UMUM'", "amount = 600001", "DCL-TOT-05"),
    change("declared", "name = 'assets'", "amount = 839999", "DCL-TOT-06"),
    change("declared", "name = 'savings:SUKA'", "name = 'savings:SUKAX'", "DCL-NAME-01"),
    change("declared", "name = 'loans:UMUM'", "name = 'savings:UMUM'", "DCL-NAME-01"),
    Case(
        "update checked.declared set name = 'savings:LAIN', amount = 5 where {here} and name = 'savings:SUKA';"
        " insert into checked.products by name select cooperative_id, 'LAIN' as product_code, 'Lain' as name,"
        " 'savings' as serves, 'voluntary' as kind, 9 as _row from checked.batch where {here}",
        "DCL-TOT-03",
    ),
    change("controls", "true", "mapped = 799999.99", "MAP-CTL-01"),
    change("counts", "true", "kept = 2", "COP-ROWS-01"),
    change("counts", "true", "kept = 2, lost = 1", ""),
    change("counts", "true", "added = 1", "COP-ROWS-01"),
    Case("insert into checked.fans values ({id}, 'savings_accounts', 0, 2, 150000.00, 'three kinds')", "MAP-FAN-01"),
    Case("insert into checked.fans values ({id}, 'loan_repayments', 1, 1, 1120000.00, null)", "MAP-FAN-02"),
    change("counts", "true", "table_name = 'loan_repayments', added = 1, kept = 4", ""),
    change("money", "true", "extracted = 800000.01", "COP-SUM-01"),
    change("money", "true", "extracted = 800000.01, excluded = 0.01", ""),
    change("money", "true", "extracted = 700000.00, corrected = 100000.00", ""),
    change("money", "true", "corrected = 0.01", "COP-SUM-01"),
    Case(
        "insert into checked.breaks values ({id}, 4, 'opened', 'members', '', 'rows', '3', '2'),"
        " ({id}, 3, 'cleaned', 'members', '', 'rows', '4', '3')",
        "COP-HOP-01",
    ),
    change("controls", "true", "mapped = null", "MAP-CTL-01"),
    change("controls", "true", "delivered = null", "MAP-CTL-01"),
    failure("members", "MBR-NEW-01", "COP-GATE-01"),
    failure("members", "LON-SCH-01", "COP-GATE-01"),
    without("officers", "ABS-OFFICERS-01"),
    without("officers", "ABS-OFFICERS-02", absent("officers")),
    without("members", "ABS-MEMBERS-01 ABS-SAVINGS_ACCOUNTS-02 ABS-LOANS-02 ABS-COLLATERALS-02", *NO_MEMBERS),
    without(
        "members",
        "ABS-MEMBERS-02 ABS-SAVINGS_ACCOUNTS-02 ABS-LOANS-02 ABS-COLLATERALS-02",
        *NO_MEMBERS,
        absent("members"),
    ),
    without("savings_accounts", "ABS-SAVINGS_ACCOUNTS-01", *NO_SAVINGS),
    without("savings_accounts", "ABS-SAVINGS_ACCOUNTS-02", *NO_SAVINGS, absent("savings_accounts")),
    without("loans", "ABS-LOANS-01 ABS-COLLATERALS-02", *NO_LOANS),
    without("loans", "ABS-LOANS-02 ABS-COLLATERALS-02", *NO_LOANS, absent("loans")),
    without("collaterals", "ABS-COLLATERALS-01"),
    without("collaterals", "ABS-COLLATERALS-02", absent("collaterals")),
    without("accounts", "ABS-ACCOUNTS-01", *NO_ACCOUNTS),
    without("accounts", "ABS-ACCOUNTS-02", *NO_ACCOUNTS, absent("accounts")),
    *[
        Case(absent(category), f"ABS-{category.upper()}-03")
        for category in ("officers", "members", "savings_accounts", "loans", "collaterals", "accounts")
    ],
]
