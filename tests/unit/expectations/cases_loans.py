"""Faults in loans, their instalments, repayments and remaining schedules, and the rules that find them."""

from rule_world import Case, change, copy_row, failure, remove

L1 = "loan_no = 'L1'"
I3 = "instalment_no = 3"
COARSE = "update checked.loans set rounding_unit = 100000 where {here} and loan_no = 'L1'; "
R2 = "entry_no = 'R2'"

LOAN_CASES: list[Case] = [
    change("loans", L1, "member_no = 'M9'", "LON-REF-01"),
    change("loans", "loan_no = 'L2'", "product_code = 'LAIN'", "LON-REF-02"),
    change("loans", L1, "tenor = 0", "LON-RNG-01"),
    change("loans", L1, "annual_rate = 200.5", "LON-RNG-02"),
    change("loans", L1, "source_rate = -0.1", "LON-RNG-03"),
    change("loans", "loan_no = 'L2'", "principal = 0", "LON-RNG-04"),
    change("loans", L1, "outstanding_interest = -1", "LON-RNG-05"),
    change("loans", L1, "arrears_days = -1", "LON-RNG-06"),
    change("loans", L1, "rounding_unit = 0", "LON-RNG-07"),
    change("loans", "loan_no = 'L2'", "disbursed_on = date '1899-12-31'", "LON-RNG-08"),
    change(
        "loans", "loan_no = 'L2'", "disbursed_on = date '2026-07-01', first_due_on = null, maturity_on = null", "CUT-04"
    ),
    change("loans", "loan_no = 'L2'", "disbursed_on = date '2026-06-30', first_due_on = null, maturity_on = null", ""),
    change("loans", "loan_no = 'L2'", "outstanding_principal = -1", "LON-OUT-01 DCL-TOT-04 DCL-TOT-05"),
    change("loans", L1, "principal = 500000", "LON-OUT-03 INS-SUM-01"),
    change("loans", "loan_no = 'L2'", "outstanding_principal = 0.01", "LON-STA-01 DCL-TOT-04 DCL-TOT-05"),
    change("loans", "loan_no = 'L2'", "status = 'active'", "LON-STA-02"),
    change(
        "loans",
        "loan_no = 'L2'",
        "status = 'active', outstanding_principal = 1",
        "DCL-TOT-04 DCL-TOT-05 LON-RES-01 LON-SCH-03",
    ),
    # half of an instalment of L2 is 125,000; four units of 100,000 are no residue
    change(
        "loans",
        "loan_no = 'L2'",
        "status = 'active', rounding_unit = 100000, outstanding_principal = 125000",
        "DCL-TOT-04 DCL-TOT-05 LON-RES-01 LON-SCH-03",
    ),
    change(
        "loans",
        "loan_no = 'L2'",
        "status = 'active', rounding_unit = 100000, outstanding_principal = 125001",
        "DCL-TOT-04 DCL-TOT-05 LON-SCH-03",
    ),
    change("loans", "loan_no = 'L2'", "status = 'written_off'", ""),
    change("loans", "loan_no = 'L2'", "status = 'written_off', outstanding_principal = 100000", ""),
    Case(
        "update checked.loans set status = 'written_off', outstanding_principal = 100000 where {here}"
        " and loan_no = 'L2'; update checked.declared set amount = 700000 where {here} and name = 'loans'",
        "DCL-WOF-01",
    ),
    Case(
        "update checked.loans set status = 'written_off', outstanding_principal = 100000 where {here}"
        " and loan_no = 'L2'; update checked.declared set amount = 650000 where {here} and name = 'loans:UMUM'",
        "DCL-TOT-05",
    ),
    change("loans", L1, "annual_rate = 24.01", "LON-CAP-01"),
    change("loans", L1, "first_due_on = date '2026-04-14'", "LON-DUE-01"),
    change("loans", L1, "maturity_on = date '2026-05-14'", "LON-DUE-02"),
    remove("loan_schedules", L1, "LON-SCH-03"),
    Case(
        "delete from checked.loan_schedules where {here};"
        " insert into checked.failures (cooperative_id, table_name, row, rule) values ({id}, 'loans', 1, 'LON-SCH-02')",
        "LON-SCH-02",
    ),
    change("loan_instalments", "instalment_no = 1", "loan_no = 'L9'", "INS-REF-01"),
    change("loan_instalments", "instalment_no = 1", "instalment_no = 0", "INS-RNG-01"),
    change("loan_instalments", "instalment_no = 4", "instalment_no = 5", "INS-GAP-01"),
    change("loan_instalments", I3, "principal = null, total = null", "INS-AMT-01"),
    change("loan_instalments", I3, "interest = -1, total = 299999", "INS-NEG-01"),
    change("loan_instalments", I3, "total = 324001", "INS-TOT-01"),
    change("loan_instalments", I3, "due_on = date '2026-06-14'", "INS-ORD-01"),
    change("loan_instalments", I3, "principal = 300004, total = 324004", ""),
    change("loan_instalments", I3, "principal = 300004.01, total = 324004.01", "INS-SUM-01"),
    # 4 x 100,000 would be rounding by the unit; half of an instalment is 1,200,000 / 8 = 150,000
    Case(
        COARSE + "update checked.loan_instalments"
        " set principal = 450000, total = 474000 where {here} and instalment_no = 3",
        "",
    ),
    Case(
        COARSE + "update checked.loan_instalments"
        " set principal = 450001, total = 474001 where {here} and instalment_no = 3",
        "INS-SUM-01",
    ),
    change("loan_instalments", "instalment_no = 1", "due_on = date '2026-04-14'", "INS-DUE-01"),
    change("loan_repayments", R2, "loan_no = 'L9'", "RPY-REF-01"),
    change("loan_repayments", R2, "total = 324000", "RPY-TOT-01"),
    change("loan_repayments", R2, "total = 325000", "RPY-TOT-01"),
    change("loan_repayments", R2, "penalty = null", "RPY-TOT-02"),
    change("loan_repayments", R2, "penalty = null, total = 323999", "RPY-TOT-01"),
    change("loan_repayments", R2, "principal = null, interest = null", ""),
    change(
        "loan_repayments", R2, "principal = -300000, interest = -24000, penalty = -500, total = -324500", "RPY-NEG-01"
    ),
    change("loan_repayments", R2, "instalment_no = 0", "RPY-RNG-01"),
    change("loan_repayments", R2, "paid_on = date '1899-12-31'", "RPY-RNG-02"),
    change("loan_repayments", R2, "paid_on = date '2026-04-14'", "RPY-PAY-01"),
    copy_row("loan_schedules", I3, "'L9' as loan_no, 0 as balance_after", "LSC-REF-01"),
    change("loan_schedules", I3, "instalment_no = 0", "LSC-RNG-01"),
    change("loan_schedules", I3, "interest = -1, total = 299999", "LSC-NEG-01"),
    change("loan_schedules", I3, "total = 324000.01", "LSC-TOT-01"),
    change("loan_schedules", I3, "principal = 300004, total = 324004", "LSC-SUM-02"),
    change("loan_schedules", I3, "principal = 300004.01, total = 324004.01", "LSC-SUM-01"),
    Case(
        COARSE + "update checked.loan_schedules"
        " set principal = 450000, total = 474000 where {here} and instalment_no = 3",
        "LSC-SUM-02",
    ),
    Case(
        COARSE + "update checked.loan_schedules"
        " set principal = 450001, total = 474001 where {here} and instalment_no = 3",
        "LSC-SUM-01",
    ),
    change("loan_schedules", "instalment_no = 4", "due_on = date '2026-07-14'", "LSC-ORD-01"),
    change("loan_schedules", I3, "balance_after = 299999", "LSC-BAL-01"),
    change("loan_schedules", I3, "due_on = date '2026-06-29'", "LSC-STA-01"),
    change("loan_schedules", I3, "due_on = date '2026-06-29', state = 'overdue'", ""),
    change("loan_schedules", I3, "state = 'overdue'", "LSC-STA-01"),
    change("loan_schedules", I3, "due_on = date '2026-06-30'", ""),
    change("loan_schedules", I3, "due_on = date '2026-06-29', state = 'part_paid'", ""),
    Case(
        "update checked.loan_schedules set principal = 200000, total = 224000 where {here} and instalment_no = 3;"
        " insert into checked.failures (cooperative_id, table_name, row, rule) values ({id}, 'loans', 1, 'LON-SCH-01')",
        "LON-SCH-01",
    ),
    failure("loans", "CUT-01", "CUT-01", column="'outstanding_principal'"),
    failure("loans", "LON-COL-02", "LON-COL-02", column="'collectability'"),
]
