-- The bookkeeping of loads as of revision 0001; `promotion/bookkeeping.py` names the same columns.
CREATE TABLE :migration.loads (
    cooperative_id text NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    load_id text NOT NULL UNIQUE,
    batch text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('full', 'amendment')),
    content_sha256 text NOT NULL,
    before_sha256 text NOT NULL,
    sources_sha256 text NOT NULL,
    profile_sha256 text NOT NULL,
    suites_sha256 text NOT NULL,
    corrections_sha256 text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('passed', 'warned')),
    rows bigint NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cooperative_id, number)
);

CREATE TABLE :migration.load_tables (
    load_id text NOT NULL REFERENCES :migration.loads (load_id) ON DELETE CASCADE,
    cooperative_id text NOT NULL,
    table_name text NOT NULL,
    rows bigint NOT NULL,
    sha256 text NOT NULL,
    PRIMARY KEY (load_id, table_name)
);

CREATE TABLE :migration.amended (
    load_id text NOT NULL REFERENCES :migration.loads (load_id) ON DELETE CASCADE,
    cooperative_id text NOT NULL,
    table_name text NOT NULL,
    key text NOT NULL,
    column_name text
);
CREATE INDEX ON :migration.amended (load_id);

CREATE TABLE :migration.held (
    load_id text NOT NULL REFERENCES :migration.loads (load_id) ON DELETE CASCADE,
    cooperative_id text NOT NULL,
    table_name text NOT NULL,
    key text,
    column_name text,
    rule text NOT NULL
);
CREATE INDEX ON :migration.held (load_id);

CREATE TABLE :migration.verdicts (
    load_id text NOT NULL REFERENCES :migration.loads (load_id) ON DELETE CASCADE,
    cooperative_id text NOT NULL,
    table_name text NOT NULL,
    rule text NOT NULL,
    consequence text NOT NULL CHECK (consequence IN ('block', 'hold', 'warn')),
    failed bigint NOT NULL,
    PRIMARY KEY (load_id, table_name, rule)
);

CREATE TABLE :migration.evidence (
    load_id text NOT NULL REFERENCES :migration.loads (load_id) ON DELETE CASCADE,
    cooperative_id text NOT NULL,
    control text NOT NULL,
    delivered numeric(38,2),
    extracted numeric(38,2) NOT NULL,
    corrected numeric(38,2) NOT NULL,
    promoted numeric(38,2) NOT NULL,
    excluded numeric(38,2) NOT NULL,
    held numeric(38,2) NOT NULL,
    PRIMARY KEY (load_id, control)
);

CREATE TABLE :migration.rollbacks (
    cooperative_id text NOT NULL,
    load_id text NOT NULL,
    batch text NOT NULL,
    kind text NOT NULL,
    content_sha256 text NOT NULL,
    before_sha256 text NOT NULL,
    rolled_back_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE :migration.rehearsals (
    cooperative_id text NOT NULL,
    batch text NOT NULL,
    content_sha256 text NOT NULL,
    passed boolean NOT NULL,
    message text NOT NULL,
    rehearsed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON :migration.rehearsals (cooperative_id, content_sha256);
