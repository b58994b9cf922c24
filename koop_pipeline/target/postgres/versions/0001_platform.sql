-- The platform's tables as of revision 0001. :platform, :migration and :audit are the names of the schemas.
-- A parent stands before its children: rows are loaded in this order. An officer need not be a member.
-- The key of a parent is made after its other indexes. While a new table has no statistics PostgreSQL takes an index of
-- the cooperative and another column for as good as the key, and of two such the newer one; each check of a foreign key
-- would then read all rows that the cooperative has in the parent.
CREATE SCHEMA IF NOT EXISTS :platform;

CREATE TABLE :platform.cooperatives (
    cooperative_id text NOT NULL,
    name text NOT NULL,
    legal_entity_no text,
    legal_entity_on date,
    cooperative_nik text,
    npwp text,
    nib text,
    kind text NOT NULL CHECK (kind IN ('consumer', 'producer', 'services', 'marketing', 'savings_loan')),
    form text NOT NULL CHECK (form IN ('primary', 'secondary')),
    savings_loan_unit text NOT NULL CHECK (savings_loan_unit IN ('ksp', 'usp', 'kspps', 'uspps', 'none')),
    address text,
    region_code text,
    phone text,
    email text,
    established_on date,
    status text NOT NULL CHECK (status IN ('active', 'inactive', 'frozen', 'dissolved')),
    branch text,
    source_no text,
    extras json,
    PRIMARY KEY (cooperative_id)
);

CREATE TABLE :platform.members (
    cooperative_id text NOT NULL,
    member_no text NOT NULL,
    nik text,
    full_name text NOT NULL,
    party text NOT NULL CHECK (party IN ('person', 'organisation')),
    gender text CHECK (gender IN ('male', 'female')),
    birth_place text,
    birth_date date,
    address text,
    region_code text,
    phone text,
    email text,
    npwp text,
    joined_on date,
    left_on date,
    membership text NOT NULL CHECK (membership IN ('member', 'candidate', 'customer')),
    status text NOT NULL CHECK (status IN ('active', 'inactive', 'left', 'deceased')),
    branch text,
    source_no text,
    extras json,
    PRIMARY KEY (cooperative_id, member_no),
    FOREIGN KEY (cooperative_id) REFERENCES :platform.cooperatives
);

CREATE TABLE :platform.officers (
    cooperative_id text NOT NULL,
    officer_no text NOT NULL,
    full_name text NOT NULL,
    position text NOT NULL
        CHECK (position IN ('chair', 'vice_chair', 'secretary', 'treasurer', 'supervisor', 'manager', 'staff',
            'other')),
    member_no text,
    nik text,
    phone text,
    email text,
    term_start_on date,
    term_end_on date,
    status text NOT NULL CHECK (status IN ('active', 'inactive')),
    branch text,
    source_no text,
    extras json,
    PRIMARY KEY (cooperative_id, officer_no),
    FOREIGN KEY (cooperative_id) REFERENCES :platform.cooperatives
);

CREATE TABLE :platform.products (
    cooperative_id text NOT NULL,
    product_code text NOT NULL,
    name text NOT NULL,
    serves text NOT NULL CHECK (serves IN ('savings', 'loans')),
    kind text NOT NULL,
    nature text CHECK (nature IN ('equity', 'liability')),
    annual_rate numeric(12,6),
    branch text,
    source_no text,
    extras json,
    PRIMARY KEY (cooperative_id, product_code),
    FOREIGN KEY (cooperative_id) REFERENCES :platform.cooperatives
);

CREATE TABLE :platform.loans (
    cooperative_id text NOT NULL,
    loan_no text NOT NULL,
    member_no text NOT NULL,
    product_code text NOT NULL,
    disbursed_on date,
    principal numeric(18,2),
    interest_method text CHECK (interest_method IN ('flat', 'declining', 'annuity', 'bullet', 'margin')),
    annual_rate numeric(12,6),
    source_rate numeric(12,6),
    source_rate_basis text CHECK (source_rate_basis IN ('per_month', 'per_year', 'whole_term')),
    tenor integer,
    frequency text CHECK (frequency IN ('daily', 'weekly', 'monthly', 'seasonal', 'yearly')),
    rounding_unit numeric(18,2),
    instalment_principal numeric(18,2),
    instalment_interest numeric(18,2),
    interest_total numeric(18,2),
    first_due_on date,
    maturity_on date,
    interest_accrued_to date,
    outstanding_principal numeric(18,2) NOT NULL,
    outstanding_interest numeric(18,2),
    arrears_days integer,
    collectability text
        CHECK (collectability IN ('current', 'special_mention', 'substandard', 'doubtful', 'loss')),
    source_collectability text
        CHECK (source_collectability IN ('current', 'special_mention', 'substandard', 'doubtful', 'loss')),
    status text NOT NULL CHECK (status IN ('active', 'settled', 'written_off')),
    branch text,
    source_no text,
    extras json,
    FOREIGN KEY (cooperative_id, member_no) REFERENCES :platform.members,
    CHECK (principal > 0),
    CHECK (tenor >= 1),
    CHECK (outstanding_principal >= 0),
    CHECK (arrears_days >= 0),
    CHECK (rounding_unit > 0),
    CHECK (status <> 'settled' OR outstanding_principal = 0)
);
CREATE INDEX ON :platform.loans (cooperative_id, member_no);
ALTER TABLE :platform.loans ADD PRIMARY KEY (cooperative_id, loan_no);

CREATE TABLE :platform.savings_accounts (
    cooperative_id text NOT NULL,
    account_no text NOT NULL,
    member_no text NOT NULL,
    product_code text NOT NULL,
    product_kind text NOT NULL
        CHECK (product_kind IN ('principal', 'mandatory', 'voluntary', 'term', 'holiday', 'prepaid_instalment',
            'other')),
    nature text NOT NULL CHECK (nature IN ('equity', 'liability')),
    opened_on date,
    matures_on date,
    annual_rate numeric(12,6),
    interest_accrued_to date,
    balance numeric(18,2) NOT NULL,
    blocked_amount numeric(18,2),
    loan_no text,
    status text NOT NULL CHECK (status IN ('open', 'blocked', 'closed')),
    branch text,
    source_no text,
    extras json,
    FOREIGN KEY (cooperative_id, member_no) REFERENCES :platform.members,
    FOREIGN KEY (cooperative_id, loan_no) REFERENCES :platform.loans,
    CHECK (balance >= 0),
    CHECK (blocked_amount >= 0)
);
CREATE INDEX ON :platform.savings_accounts (cooperative_id, member_no);
CREATE INDEX ON :platform.savings_accounts (cooperative_id, loan_no);
ALTER TABLE :platform.savings_accounts ADD PRIMARY KEY (cooperative_id, account_no);

CREATE TABLE :platform.savings_transactions (
    cooperative_id text NOT NULL,
    entry_no text NOT NULL,
    account_no text NOT NULL,
    posted_on date NOT NULL,
    kind text NOT NULL
        CHECK (kind IN ('deposit', 'withdrawal', 'interest', 'fee', 'tax', 'transfer', 'correction', 'opening')),
    amount numeric(18,2) NOT NULL,
    balance_after numeric(18,2),
    branch text,
    source_no text,
    extras json,
    PRIMARY KEY (cooperative_id, entry_no),
    FOREIGN KEY (cooperative_id, account_no) REFERENCES :platform.savings_accounts
);
CREATE INDEX ON :platform.savings_transactions (cooperative_id, account_no, posted_on);

CREATE TABLE :platform.loan_repayments (
    cooperative_id text NOT NULL,
    entry_no text NOT NULL,
    loan_no text NOT NULL,
    paid_on date NOT NULL,
    instalment_no integer,
    principal numeric(18,2),
    interest numeric(18,2),
    penalty numeric(18,2),
    fee numeric(18,2),
    total numeric(18,2) NOT NULL,
    branch text,
    source_no text,
    extras json,
    PRIMARY KEY (cooperative_id, entry_no),
    FOREIGN KEY (cooperative_id, loan_no) REFERENCES :platform.loans,
    CHECK (instalment_no >= 1)
);
CREATE INDEX ON :platform.loan_repayments (cooperative_id, loan_no, paid_on);

CREATE TABLE :platform.collaterals (
    cooperative_id text NOT NULL,
    collateral_no text NOT NULL,
    loan_no text,
    member_no text,
    kind text NOT NULL
        CHECK (kind IN ('vehicle_title', 'land_certificate', 'building_right', 'sale_deed', 'salary_decree',
            'deposit', 'gold', 'goods', 'joint_liability', 'other')),
    description text,
    document_no text,
    owner_name text,
    owner_relation text,
    appraised_value numeric(18,2),
    appraised_on date,
    binding text,
    status text NOT NULL CHECK (status IN ('held', 'returned')),
    documents json,
    branch text,
    source_no text,
    extras json,
    PRIMARY KEY (cooperative_id, collateral_no),
    FOREIGN KEY (cooperative_id) REFERENCES :platform.cooperatives,
    FOREIGN KEY (cooperative_id, loan_no) REFERENCES :platform.loans,
    FOREIGN KEY (cooperative_id, member_no) REFERENCES :platform.members
);
CREATE INDEX ON :platform.collaterals (cooperative_id, loan_no);
CREATE INDEX ON :platform.collaterals (cooperative_id, member_no);

CREATE TABLE :platform.accounts (
    cooperative_id text NOT NULL,
    account_code text NOT NULL,
    name text NOT NULL,
    account_type text NOT NULL CHECK (account_type IN ('asset', 'liability', 'equity', 'income', 'expense')),
    normal_side text NOT NULL CHECK (normal_side IN ('debit', 'credit')),
    parent_code text,
    is_detail boolean NOT NULL,
    controls text,
    debit numeric(18,2) NOT NULL,
    credit numeric(18,2) NOT NULL,
    branch text,
    source_no text,
    extras json,
    FOREIGN KEY (cooperative_id) REFERENCES :platform.cooperatives,
    CHECK (debit >= 0 AND credit >= 0 AND (debit = 0 OR credit = 0))
);
CREATE INDEX ON :platform.accounts (cooperative_id, parent_code);
ALTER TABLE :platform.accounts ADD PRIMARY KEY (cooperative_id, account_code);
ALTER TABLE :platform.accounts
    ADD FOREIGN KEY (cooperative_id, parent_code) REFERENCES :platform.accounts DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE :platform.opening_savings_balances (
    cooperative_id text NOT NULL,
    account_no text NOT NULL,
    member_no text NOT NULL,
    product_code text NOT NULL,
    nature text NOT NULL CHECK (nature IN ('equity', 'liability')),
    balance numeric(18,2) NOT NULL,
    history_total numeric(18,2),
    difference numeric(18,2),
    branch text,
    source_no text,
    extras json,
    PRIMARY KEY (cooperative_id, account_no),
    FOREIGN KEY (cooperative_id, account_no) REFERENCES :platform.savings_accounts,
    FOREIGN KEY (cooperative_id, member_no) REFERENCES :platform.members,
    CHECK (balance >= 0),
    CHECK (difference = balance - history_total)
);
CREATE INDEX ON :platform.opening_savings_balances (cooperative_id, member_no);

CREATE TABLE :platform.loan_schedules (
    cooperative_id text NOT NULL,
    loan_no text NOT NULL,
    instalment_no integer NOT NULL,
    due_on date NOT NULL,
    principal numeric(18,2) NOT NULL,
    interest numeric(18,2) NOT NULL,
    total numeric(18,2) NOT NULL,
    balance_after numeric(18,2) NOT NULL,
    state text NOT NULL CHECK (state IN ('paid', 'part_paid', 'due', 'overdue')),
    branch text,
    source_no text,
    extras json,
    PRIMARY KEY (cooperative_id, loan_no, instalment_no),
    FOREIGN KEY (cooperative_id, loan_no) REFERENCES :platform.loans,
    CHECK (instalment_no >= 1),
    CHECK (principal >= 0 AND interest >= 0 AND balance_after >= 0),
    CHECK (total = principal + interest)
);

CREATE TABLE :platform.opening_trial_balance (
    cooperative_id text NOT NULL,
    account_code text NOT NULL,
    name text NOT NULL,
    account_type text NOT NULL CHECK (account_type IN ('asset', 'liability', 'equity', 'income', 'expense')),
    debit numeric(18,2) NOT NULL,
    credit numeric(18,2) NOT NULL,
    subledger_total numeric(18,2),
    difference numeric(18,2),
    branch text,
    source_no text,
    extras json,
    PRIMARY KEY (cooperative_id, account_code),
    FOREIGN KEY (cooperative_id, account_code) REFERENCES :platform.accounts,
    CHECK (debit >= 0 AND credit >= 0 AND (debit = 0 OR credit = 0))
);
