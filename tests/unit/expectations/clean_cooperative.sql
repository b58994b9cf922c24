-- One invented cooperative, BERSIH, on which no rule fires: three members, three savings products, one running and one
-- settled loan, a trial balance that balances. Cut-off 2026-06-30. Columns that are not named are null.
insert into checked.batch values ('BERSIH', date '2026-06-30', date '2026-06-30');
insert into checked.cooperatives by name select 'BERSIH' as cooperative_id, 'Koperasi Bersih' as name, '123/BH/XIV/1990' as legal_entity_no,
    date '1990-05-02' as legal_entity_on, '5371010000001' as cooperative_nik, '0012345674901000' as npwp, '1234567890123' as nib,
    'savings_loan' as kind, 'primary' as form, 'ksp' as savings_loan_unit, '53.71.01' as region_code, '+62380123456' as phone,
    'bersih@example.org' as email, date '1990-04-01' as established_on, 'active' as status, 1 as _row;
insert into checked.officers by name
    select 'BERSIH' as cooperative_id, * from (values
        ('P1', 'Ani Contoh', 'chair', 'M2', '5371016007850002', '+6281234567890', 'ani@example.org', date '2024-01-01', date '2027-12-31', 'active', 1),
        ('P2', 'Budi Pengelola', 'manager', null, null, null, null, date '2024-01-01', null, 'active', 2))
    as t(officer_no, full_name, position, member_no, nik, phone, email, term_start_on, term_end_on, status, _row);
insert into checked.members by name
    select 'BERSIH' as cooperative_id, * from (values
        ('M1', '5371011503800001', 'Dedi Contoh', 'person', 'male', date '1980-03-15', '53.71.01', '+6281234567891', '5371011503800001', date '2010-01-10', null, 'member', 'active', 1),
        ('M2', '5371016007850002', 'Ani Contoh', 'person', 'female', date '1985-07-20', null, null, null, date '2012-02-20', null, 'member', 'active', 2),
        ('M3', null, 'Kelompok Tani Contoh', 'organisation', null, null, null, null, null, date '2015-03-05', date '2020-12-31', 'member', 'left', 3))
    as t(member_no, nik, full_name, party, gender, birth_date, region_code, phone, npwp, joined_on, left_on, membership, status, _row);
insert into checked.products by name
    select 'BERSIH' as cooperative_id, * from (values
        ('POKOK', 'Simpanan Pokok', 'savings', 'principal', 'equity', null, 1), ('WAJIB', 'Simpanan Wajib', 'savings', 'mandatory', 'equity', null, 2),
        ('SUKA', 'Simpanan Sukarela', 'savings', 'voluntary', 'liability', 4.0, 3), ('UMUM', 'Pinjaman Umum', 'loans', 'flat', null, 24.0, 4))
    as t(product_code, name, serves, kind, nature, annual_rate, _row);
insert into checked.savings_accounts by name
    select 'BERSIH' as cooperative_id, * from (values
        ('S1', 'M1', 'POKOK', 'principal', 'equity', null, 100000.00, null, 'open', 1), ('S2', 'M1', 'WAJIB', 'mandatory', 'equity', null, 50000.00, null, 'open', 2),
        ('S3', 'M2', 'POKOK', 'principal', 'equity', null, 100000.00, null, 'open', 3), ('S4', 'M2', 'WAJIB', 'mandatory', 'equity', null, 50000.00, null, 'open', 4),
        ('S5', 'M2', 'SUKA', 'voluntary', 'liability', 4.0, 500000.00, 200000.00, 'open', 5))
    as t(account_no, member_no, product_code, product_kind, nature, annual_rate, balance, blocked_amount, status, _row);
update checked.savings_accounts set opened_on = date '2012-03-01' where account_no = 'S5';
insert into checked.savings_transactions by name
    select 'BERSIH' as cooperative_id, * from (values
        ('T1', 'S5', date '2012-03-01', 'deposit', 600000.00, 1), ('T2', 'S5', date '2020-05-05', 'withdrawal', -110000.00, 2),
        ('T3', 'S5', date '2021-12-31', 'interest', 10000.00, 3)) as t(entry_no, account_no, posted_on, kind, amount, _row);
insert into checked.loans by name
    select 'BERSIH' as cooperative_id, * from (values
        ('L1', 'M1', 'UMUM', date '2026-04-15', 1200000.00, 'flat', 24.0, 2.0, 'per_month', 4, 'monthly', 1.00, 300000.00, 24000.00, 96000.00, date '2026-05-15', date '2026-08-15', 600000.00, 48000.00, 0, 'current', 'active', 1),
        ('L2', 'M2', 'UMUM', date '2024-01-10', 1000000.00, 'flat', 24.0, 2.0, 'per_month', 4, 'monthly', 1.00, 250000.00, 20000.00, 80000.00, date '2024-02-10', date '2024-05-10', 0.00, 0.00, 0, 'current', 'settled', 2))
    as t(loan_no, member_no, product_code, disbursed_on, principal, interest_method, annual_rate, source_rate, source_rate_basis, tenor, frequency, rounding_unit,
        instalment_principal, instalment_interest, interest_total, first_due_on, maturity_on, outstanding_principal, outstanding_interest, arrears_days, collectability, status, _row);
insert into checked.loan_instalments by name
    select 'BERSIH' as cooperative_id, 'L1' as loan_no, n as instalment_no, date '2026-04-15' + to_months(n) as due_on, 300000.00 as principal,
        24000.00 as interest, 324000.00 as total, n as _row from (values (1), (2), (3), (4)) as t(n);
insert into checked.loan_repayments by name
    select 'BERSIH' as cooperative_id, 'L1' as loan_no, * from (values
        ('R1', date '2026-05-14', 1, 300000.00, 24000.00, 0.00, 0.00, 324000.00, 1), ('R2', date '2026-06-16', 2, 300000.00, 24000.00, 500.00, 0.00, 324500.00, 2))
    as t(entry_no, paid_on, instalment_no, principal, interest, penalty, fee, total, _row);
insert into checked.collaterals by name select 'BERSIH' as cooperative_id, 'C1' as collateral_no, 'L1' as loan_no, 'M1' as member_no, 'vehicle_title' as kind,
    'BPKB sepeda motor' as description, 5000000.00 as appraised_value, date '2026-04-10' as appraised_on, 'held' as status, 1 as _row;
insert into checked.accounts by name
    select 'BERSIH' as cooperative_id, * from (values
        ('1', 'Aset', 'asset', 'debit', null, false, null, 0.00, 0.00, 1), ('1.1', 'Kas', 'asset', 'debit', '1', true, null, 240000.00, 0.00, 2),
        ('1.2', 'Piutang Anggota', 'asset', 'debit', '1', true, 'loans', 600000.00, 0.00, 3), ('2.1', 'Simpanan Sukarela', 'liability', 'credit', null, true, 'savings:SUKA', 0.00, 500000.00, 4),
        ('3.1', 'Simpanan Pokok', 'equity', 'credit', null, true, 'savings:POKOK', 0.00, 200000.00, 5), ('3.2', 'Simpanan Wajib', 'equity', 'credit', null, true, 'savings:WAJIB', 0.00, 100000.00, 6),
        ('3.9', 'SHU Tahun Berjalan', 'equity', 'credit', null, true, null, 0.00, 0.00, 7), ('4.1', 'Pendapatan Bunga', 'income', 'credit', null, true, null, 0.00, 48000.00, 8),
        ('5.1', 'Beban Umum', 'expense', 'debit', null, true, null, 8000.00, 0.00, 9))
    as t(account_code, name, account_type, normal_side, parent_code, is_detail, controls, debit, credit, _row);
insert into checked.opening_savings_balances by name
    select cooperative_id, account_no, member_no, product_code, nature, balance, _row from checked.savings_accounts;
update checked.opening_savings_balances set history_total = 500000.00, difference = 0.00 where account_no = 'S5';
insert into checked.loan_schedules by name
    select cooperative_id, loan_no, instalment_no, due_on, principal, interest, total, 1200000.00 - 300000.00 * instalment_no as balance_after,
        'due' as state, instalment_no as _row from checked.loan_instalments where instalment_no > 2;
insert into checked.opening_trial_balance by name
    select cooperative_id, account_code, name, account_type, debit, credit, _row from checked.accounts where is_detail;
update checked.opening_trial_balance set subledger_total = 600000.00, difference = 0.00 where account_code = '1.2';
insert into checked.declared values ('BERSIH', 'members', 3), ('BERSIH', 'savings', 800000), ('BERSIH', 'savings:SUKA', 500000),
    ('BERSIH', 'loans', 600000), ('BERSIH', 'loans:UMUM', 600000), ('BERSIH', 'assets', 840000);
insert into checked.controls values ('BERSIH', 'savings', 800000, 800000);

insert into checked.counts values ('BERSIH', 'members', 3, 0, 0, 0, 0, 3, 0);
insert into checked.money values ('BERSIH', 'savings', null, 800000.00, 0.00, 800000.00, 0.00, 0.00);
