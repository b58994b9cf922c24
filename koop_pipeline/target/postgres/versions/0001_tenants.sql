-- Tenants and roles as of revision 0001. A session names the cooperatives that it works on:
--     SELECT set_config('koop.cooperatives', 'KSP-MEKAR,KSP-CENDANA', false)
-- and sees and writes rows of those only, whatever its role; without the setting it sees none.
-- koop_loader loads, koop_platform is the platform's application, koop_auditor reads masked views.
CREATE SCHEMA IF NOT EXISTS :audit;

DO $roles$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['koop_loader', 'koop_platform', 'koop_auditor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOBYPASSRLS', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;
            END;
        END IF;
    END LOOP;
    BEGIN
        EXECUTE format('GRANT koop_loader TO %I', current_user);
    EXCEPTION WHEN insufficient_privilege THEN
        IF NOT pg_has_role(current_user, 'koop_loader', 'MEMBER') THEN
            RAISE;
        END IF;
    END;
END
$roles$;

CREATE FUNCTION :platform.tenants() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN string_to_array(current_setting('koop.cooperatives', true), ',');

DO $tenants$
DECLARE
    place record;
BEGIN
    FOR place IN
        SELECT c.table_schema, c.table_name FROM information_schema.columns c
        JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE c.table_schema IN (':platform', ':migration') AND c.column_name = 'cooperative_id'
        AND t.table_type = 'BASE TABLE'
    LOOP
        EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', place.table_schema, place.table_name);
        EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', place.table_schema, place.table_name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I.%I USING (cooperative_id = ANY ((SELECT :platform.tenants())::text[]))',
            place.table_schema, place.table_name
        );
    END LOOP;
END
$tenants$;

-- The masks of `identifiers/masking.py`: a 16-digit number shows four digits at each end, a word its first and last
-- letter, a word of up to three letters nothing.
CREATE FUNCTION :audit.mask(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE WHEN value = '' THEN '' ELSE (
    SELECT string_agg(
        CASE
            WHEN length(word) <= 3 THEN repeat('*', length(word))
            WHEN word ~ '^[0-9]{16}$' THEN left(word, 4) || repeat('*', 8) || right(word, 4)
            ELSE left(word, 1) || repeat('*', length(word) - 2) || right(word, 1)
        END, ' ' ORDER BY place
    )
    FROM unnest(string_to_array(value, ' ')) WITH ORDINALITY AS words (word, place)
) END;

-- A key, a number of the source or a branch, of which some sources make a person's number or name. It is shown as it is
-- where it can be neither (no three letters in a row, fewer than ten digits, as `identifiers/masking.py` says), else
-- masked, with a mark by which the same value is known again within its cooperative. The mark is keyed by a secret that
-- no role reads, so that nobody finds the value by trying.
CREATE TABLE :audit.secret (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    secret text NOT NULL DEFAULT gen_random_uuid()::text || gen_random_uuid()::text
);
INSERT INTO :audit.secret DEFAULT VALUES;

CREATE FUNCTION :audit.code(tenant text, value text, secret text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    CASE WHEN value !~ '[^\u0020-\u0040\u005b-\u0060\u007b-\u007e]{3}'
        AND length(regexp_replace(value, '[^0-9]', '', 'g')) < 10 THEN value
    ELSE :audit.mask(value) || '~'
        || left(encode(sha256(convert_to(secret || tenant || ':' || value, 'UTF8')), 'hex'), 8) END;

CREATE VIEW :audit.cooperatives WITH (security_barrier) AS SELECT
    t.cooperative_id, t.name, t.legal_entity_no, t.legal_entity_on, t.cooperative_nik, t.npwp, t.nib, t.kind, t.form,
    t.savings_loan_unit, t.address, t.region_code, :audit.mask(t.phone) AS phone, :audit.mask(t.email) AS email,
    t.established_on, t.status, :audit.code(t.cooperative_id, t.branch, s.secret) AS branch,
    :audit.code(t.cooperative_id, t.source_no, s.secret) AS source_no
FROM :platform.cooperatives t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

CREATE VIEW :audit.members WITH (security_barrier) AS SELECT
    t.cooperative_id, :audit.code(t.cooperative_id, t.member_no, s.secret) AS member_no, :audit.mask(t.nik) AS nik,
    :audit.mask(t.full_name) AS full_name, t.party, t.gender, :audit.mask(t.birth_place) AS birth_place,
    extract(year FROM t.birth_date)::integer AS birth_year, :audit.mask(t.address) AS address, t.region_code,
    :audit.mask(t.phone) AS phone, :audit.mask(t.email) AS email, :audit.mask(t.npwp) AS npwp, t.joined_on, t.left_on,
    t.membership, t.status, :audit.code(t.cooperative_id, t.branch, s.secret) AS branch,
    :audit.code(t.cooperative_id, t.source_no, s.secret) AS source_no
FROM :platform.members t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

CREATE VIEW :audit.officers WITH (security_barrier) AS SELECT
    t.cooperative_id, :audit.code(t.cooperative_id, t.officer_no, s.secret) AS officer_no,
    :audit.mask(t.full_name) AS full_name, t.position,
    :audit.code(t.cooperative_id, t.member_no, s.secret) AS member_no, :audit.mask(t.nik) AS nik,
    :audit.mask(t.phone) AS phone, :audit.mask(t.email) AS email, t.term_start_on, t.term_end_on, t.status,
    :audit.code(t.cooperative_id, t.branch, s.secret) AS branch,
    :audit.code(t.cooperative_id, t.source_no, s.secret) AS source_no
FROM :platform.officers t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

CREATE VIEW :audit.products WITH (security_barrier) AS SELECT
    t.cooperative_id, :audit.code(t.cooperative_id, t.product_code, s.secret) AS product_code,
    :audit.mask(t.name) AS name, t.serves, t.kind, t.nature, t.annual_rate,
    :audit.code(t.cooperative_id, t.branch, s.secret) AS branch,
    :audit.code(t.cooperative_id, t.source_no, s.secret) AS source_no
FROM :platform.products t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

CREATE VIEW :audit.loans WITH (security_barrier) AS SELECT
    t.cooperative_id, :audit.code(t.cooperative_id, t.loan_no, s.secret) AS loan_no,
    :audit.code(t.cooperative_id, t.member_no, s.secret) AS member_no,
    :audit.code(t.cooperative_id, t.product_code, s.secret) AS product_code, t.disbursed_on, t.principal,
    t.interest_method, t.annual_rate, t.source_rate, t.source_rate_basis, t.tenor, t.frequency, t.rounding_unit,
    t.instalment_principal, t.instalment_interest, t.interest_total, t.first_due_on, t.maturity_on,
    t.interest_accrued_to, t.outstanding_principal, t.outstanding_interest, t.arrears_days, t.collectability,
    t.source_collectability, t.status, :audit.code(t.cooperative_id, t.branch, s.secret) AS branch,
    :audit.code(t.cooperative_id, t.source_no, s.secret) AS source_no
FROM :platform.loans t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

CREATE VIEW :audit.savings_accounts WITH (security_barrier) AS SELECT
    t.cooperative_id, :audit.code(t.cooperative_id, t.account_no, s.secret) AS account_no,
    :audit.code(t.cooperative_id, t.member_no, s.secret) AS member_no,
    :audit.code(t.cooperative_id, t.product_code, s.secret) AS product_code, t.product_kind, t.nature, t.opened_on,
    t.matures_on, t.annual_rate, t.interest_accrued_to, t.balance, t.blocked_amount,
    :audit.code(t.cooperative_id, t.loan_no, s.secret) AS loan_no, t.status,
    :audit.code(t.cooperative_id, t.branch, s.secret) AS branch,
    :audit.code(t.cooperative_id, t.source_no, s.secret) AS source_no
FROM :platform.savings_accounts t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

CREATE VIEW :audit.savings_transactions WITH (security_barrier) AS SELECT
    t.cooperative_id, :audit.code(t.cooperative_id, t.entry_no, s.secret) AS entry_no,
    :audit.code(t.cooperative_id, t.account_no, s.secret) AS account_no, t.posted_on, t.kind, t.amount,
    t.balance_after, :audit.code(t.cooperative_id, t.branch, s.secret) AS branch,
    :audit.code(t.cooperative_id, t.source_no, s.secret) AS source_no
FROM :platform.savings_transactions t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

CREATE VIEW :audit.loan_repayments WITH (security_barrier) AS SELECT
    t.cooperative_id, :audit.code(t.cooperative_id, t.entry_no, s.secret) AS entry_no,
    :audit.code(t.cooperative_id, t.loan_no, s.secret) AS loan_no, t.paid_on, t.instalment_no, t.principal,
    t.interest, t.penalty, t.fee, t.total, :audit.code(t.cooperative_id, t.branch, s.secret) AS branch,
    :audit.code(t.cooperative_id, t.source_no, s.secret) AS source_no
FROM :platform.loan_repayments t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

CREATE VIEW :audit.collaterals WITH (security_barrier) AS SELECT
    t.cooperative_id, :audit.code(t.cooperative_id, t.collateral_no, s.secret) AS collateral_no,
    :audit.code(t.cooperative_id, t.loan_no, s.secret) AS loan_no,
    :audit.code(t.cooperative_id, t.member_no, s.secret) AS member_no, t.kind,
    :audit.mask(t.description) AS description, :audit.mask(t.document_no) AS document_no,
    :audit.mask(t.owner_name) AS owner_name, :audit.mask(t.owner_relation) AS owner_relation, t.appraised_value,
    t.appraised_on, :audit.mask(t.binding) AS binding, t.status,
    :audit.code(t.cooperative_id, t.branch, s.secret) AS branch,
    :audit.code(t.cooperative_id, t.source_no, s.secret) AS source_no
FROM :platform.collaterals t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

CREATE VIEW :audit.accounts WITH (security_barrier) AS SELECT
    t.cooperative_id, :audit.code(t.cooperative_id, t.account_code, s.secret) AS account_code,
    :audit.mask(t.name) AS name, t.account_type, t.normal_side,
    :audit.code(t.cooperative_id, t.parent_code, s.secret) AS parent_code, t.is_detail,
    :audit.code(t.cooperative_id, t.controls, s.secret) AS controls, t.debit, t.credit,
    :audit.code(t.cooperative_id, t.branch, s.secret) AS branch,
    :audit.code(t.cooperative_id, t.source_no, s.secret) AS source_no
FROM :platform.accounts t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

CREATE VIEW :audit.opening_savings_balances WITH (security_barrier) AS SELECT
    t.cooperative_id, :audit.code(t.cooperative_id, t.account_no, s.secret) AS account_no,
    :audit.code(t.cooperative_id, t.member_no, s.secret) AS member_no,
    :audit.code(t.cooperative_id, t.product_code, s.secret) AS product_code, t.nature, t.balance, t.history_total,
    t.difference, :audit.code(t.cooperative_id, t.branch, s.secret) AS branch,
    :audit.code(t.cooperative_id, t.source_no, s.secret) AS source_no
FROM :platform.opening_savings_balances t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

CREATE VIEW :audit.loan_schedules WITH (security_barrier) AS SELECT
    t.cooperative_id, :audit.code(t.cooperative_id, t.loan_no, s.secret) AS loan_no, t.instalment_no, t.due_on,
    t.principal, t.interest, t.total, t.balance_after, t.state,
    :audit.code(t.cooperative_id, t.branch, s.secret) AS branch,
    :audit.code(t.cooperative_id, t.source_no, s.secret) AS source_no
FROM :platform.loan_schedules t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

CREATE VIEW :audit.opening_trial_balance WITH (security_barrier) AS SELECT
    t.cooperative_id, :audit.code(t.cooperative_id, t.account_code, s.secret) AS account_code,
    :audit.mask(t.name) AS name, t.account_type, t.debit, t.credit, t.subledger_total, t.difference,
    :audit.code(t.cooperative_id, t.branch, s.secret) AS branch,
    :audit.code(t.cooperative_id, t.source_no, s.secret) AS source_no
FROM :platform.opening_trial_balance t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

CREATE VIEW :audit.held WITH (security_barrier) AS SELECT
    t.load_id, t.cooperative_id, t.table_name, :audit.code(t.cooperative_id, t.key, s.secret) AS key, t.column_name, t.rule
FROM :migration.held t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

CREATE VIEW :audit.amended WITH (security_barrier) AS SELECT
    t.load_id, t.cooperative_id, t.table_name, :audit.code(t.cooperative_id, t.key, s.secret) AS key, t.column_name
FROM :migration.amended t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

GRANT USAGE ON SCHEMA :platform, :migration TO koop_loader;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA :platform, :migration TO koop_loader;
GRANT USAGE ON SCHEMA :platform TO koop_platform;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA :platform TO koop_platform;
GRANT USAGE ON SCHEMA :audit, :migration TO koop_auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA :audit, :migration TO koop_auditor;
REVOKE ALL ON :audit.secret, :migration.held, :migration.amended FROM koop_auditor;
