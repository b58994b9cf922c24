-- What deltas need, as of revision 0002; `target/bookkeeping.py` names the same columns.
ALTER TABLE :migration.loads DROP CONSTRAINT loads_kind_check;
ALTER TABLE :migration.loads ADD CHECK (kind IN ('full', 'amendment', 'delta'));
-- what the platform held when a load was done, where that is not the content alone; '' where it is
ALTER TABLE :migration.loads ADD COLUMN after_sha256 text NOT NULL DEFAULT '';
-- the day of the opening balances; '' of loads before this revision
ALTER TABLE :migration.loads ADD COLUMN cutoff_on text NOT NULL DEFAULT '';

-- A line for each row that a load brought or changed, with its hash, or removed, without one.
-- `ours` is false where the platform had entered the row itself, alike: it is never changed or removed.
CREATE TABLE :migration.loaded_rows (
    load_id text NOT NULL REFERENCES :migration.loads (load_id) ON DELETE CASCADE,
    cooperative_id text NOT NULL,
    table_name text NOT NULL,
    key text NOT NULL,
    sha256 text,
    ours boolean NOT NULL DEFAULT true,
    PRIMARY KEY (load_id, table_name, key)
);

-- One hash over the hashes of all rows of a table as a load left them: what `loaded_rows` must add up to.
CREATE TABLE :migration.loaded_digests (
    load_id text NOT NULL REFERENCES :migration.loads (load_id) ON DELETE CASCADE,
    cooperative_id text NOT NULL,
    table_name text NOT NULL,
    rows bigint NOT NULL,
    sha256 text NOT NULL,
    PRIMARY KEY (load_id, table_name)
);

CREATE TABLE :migration.deltas (
    load_id text NOT NULL REFERENCES :migration.loads (load_id) ON DELETE CASCADE,
    cooperative_id text NOT NULL,
    table_name text NOT NULL,
    action text NOT NULL CHECK (action IN ('added', 'changed', 'removed')),
    rows bigint NOT NULL,
    amount_before numeric(38,2),
    amount_after numeric(38,2),
    PRIMARY KEY (load_id, table_name, action)
);

-- `row_before` is the whole row as it was, as JSON of texts: with it a rollback brings the row back.
CREATE TABLE :migration.delta_rows (
    load_id text NOT NULL REFERENCES :migration.loads (load_id) ON DELETE CASCADE,
    cooperative_id text NOT NULL,
    table_name text NOT NULL,
    key text NOT NULL,
    action text NOT NULL CHECK (action IN ('added', 'changed', 'removed')),
    changed_columns text,
    amount_before numeric(38,2),
    amount_after numeric(38,2),
    row_before text CHECK ((row_before IS NULL) = (action = 'added')),
    PRIMARY KEY (load_id, table_name, key)
);

DO $tenants$
DECLARE
    place text;
BEGIN
    FOREACH place IN ARRAY ARRAY['loaded_rows', 'loaded_digests', 'deltas', 'delta_rows'] LOOP
        EXECUTE format('ALTER TABLE :migration.%I ENABLE ROW LEVEL SECURITY', place);
        EXECUTE format('ALTER TABLE :migration.%I FORCE ROW LEVEL SECURITY', place);
        EXECUTE format(
            'CREATE POLICY tenant ON :migration.%I USING (cooperative_id = ANY ((SELECT :platform.tenants())::text[]))',
            place
        );
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON :migration.%I TO koop_loader', place);
    END LOOP;
END
$tenants$;

CREATE VIEW :audit.delta_rows WITH (security_barrier) AS SELECT
    t.load_id, t.cooperative_id, t.table_name, :audit.code(t.cooperative_id, t.key, s.secret) AS key, t.action,
    t.changed_columns, t.amount_before, t.amount_after
FROM :migration.delta_rows t CROSS JOIN :audit.secret s
WHERE t.cooperative_id = ANY ((SELECT :platform.tenants())::text[]);

GRANT SELECT ON :migration.loaded_digests, :migration.deltas, :audit.delta_rows TO koop_auditor;
