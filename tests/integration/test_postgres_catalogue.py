"""What the database promises is held against what it holds: every way of taking a promise away is told."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from postgres_server import new_database, on
from small_target import opened

from koop_pipeline.contracts import PROMOTED, Table
from koop_pipeline.target.bookkeeping import BOOKS
from koop_pipeline.target.model import loads_of
from koop_pipeline.target.postgres.catalogue import roles
from koop_pipeline.target.postgres.schema import Schemas, upgrade
from koop_pipeline.target.postgres.target import PostgresTarget

World = tuple[PostgresTarget, psycopg.Connection]
TYPES = {
    "text": "text", "money": "numeric(18,2)", "rate": "numeric(12,6)", "integer": "integer", "date": "date",
    "boolean": "boolean", "json": "json",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A new database with its target, and a connection of the database's owner beside it."""
    with (
        new_database() as url,
        opened(url, tmp_path_factory.mktemp("catalogue")) as (_, target),
        psycopg.connect(url, autocommit=True) as owner,
    ):
        yield target, owner


ACCOUNTS = "platform.savings_accounts(cooperative_id, account_no)"
TO_ACCOUNTS = f"constraint FOREIGN KEY (cooperative_id, account_no) REFERENCES {ACCOUNTS}"
TO_CHART = (
    "constraint FOREIGN KEY (cooperative_id, parent_code) REFERENCES platform.accounts(cooperative_id, account_code)"
    " DEFERRABLE INITIALLY DEFERRED"
)
ENTRY_TO_ACCOUNT = "savings_transactions_cooperative_id_account_no_fkey"
TENANT = "CREATE POLICY tenant ON platform.officers USING (cooperative_id = ANY ((SELECT platform.tenants())::text[]))"


@pytest.mark.parametrize(
    ("spoil", "mend", "said"),
    [
        ("ALTER TABLE platform.collaterals DROP CONSTRAINT collaterals_pkey",
         "ALTER TABLE platform.collaterals ADD PRIMARY KEY (cooperative_id, collateral_no)",
         "platform.collaterals has no constraint PRIMARY KEY (cooperative_id, collateral_no)"),
        (f"ALTER TABLE platform.savings_transactions DROP CONSTRAINT {ENTRY_TO_ACCOUNT}",
         "ALTER TABLE platform.savings_transactions ADD FOREIGN KEY (cooperative_id, account_no) REFERENCES"
         " platform.savings_accounts",
         f"platform.savings_transactions has no {TO_ACCOUNTS}"),
        (f"ALTER TABLE platform.savings_transactions DROP CONSTRAINT {ENTRY_TO_ACCOUNT}, ADD CONSTRAINT"
         f" {ENTRY_TO_ACCOUNT} FOREIGN KEY (cooperative_id, entry_no) REFERENCES platform.savings_accounts",
         f"ALTER TABLE platform.savings_transactions DROP CONSTRAINT {ENTRY_TO_ACCOUNT}, ADD FOREIGN KEY"
         " (cooperative_id, account_no) REFERENCES platform.savings_accounts",
         f"platform.savings_transactions has no {TO_ACCOUNTS}"),
        (f"ALTER TABLE platform.savings_transactions DROP CONSTRAINT {ENTRY_TO_ACCOUNT}, ADD FOREIGN KEY"
         " (cooperative_id, account_no) REFERENCES platform.savings_accounts NOT VALID",
         f"ALTER TABLE platform.savings_transactions VALIDATE CONSTRAINT {ENTRY_TO_ACCOUNT}",
         f"platform.savings_transactions has no {TO_ACCOUNTS}"),
        ("ALTER TABLE platform.accounts DROP CONSTRAINT accounts_cooperative_id_parent_code_fkey",
         "ALTER TABLE platform.accounts ADD FOREIGN KEY (cooperative_id, parent_code) REFERENCES platform.accounts"
         " DEFERRABLE INITIALLY DEFERRED",
         f"platform.accounts has no {TO_CHART}"),
        ("ALTER TABLE platform.savings_transactions DISABLE TRIGGER ALL",
         "ALTER TABLE platform.savings_transactions ENABLE TRIGGER ALL",
         f"platform.savings_transactions: {TO_ACCOUNTS} is not enforced; promised: enforced"),
        ("DO $$ DECLARE g record; BEGIN FOR g IN SELECT tgname FROM pg_trigger WHERE tgrelid ="
         " 'platform.savings_transactions'::regclass LOOP EXECUTE format('ALTER TABLE platform.savings_transactions"
         " ENABLE REPLICA TRIGGER %I', g.tgname); END LOOP; END $$",
         "ALTER TABLE platform.savings_transactions ENABLE TRIGGER ALL",
         f"platform.savings_transactions: {TO_ACCOUNTS} is not enforced; promised: enforced"),
        ("ALTER TABLE platform.members ALTER full_name DROP NOT NULL",
         "ALTER TABLE platform.members ALTER full_name SET NOT NULL",
         "platform.members: column full_name is text; promised: text not null"),
        ("ALTER TABLE platform.members ALTER extras TYPE jsonb", "ALTER TABLE platform.members ALTER extras TYPE json",
         "platform.members: column extras is jsonb; promised: json"),
        ("ALTER TABLE platform.loan_repayments ALTER total SET DEFAULT 0",
         "ALTER TABLE platform.loan_repayments ALTER total DROP DEFAULT",
         "platform.loan_repayments: column total is numeric(18,2) not null default 0; promised:"),
        ("ALTER TABLE platform.members DROP CONSTRAINT members_party_check",
         "ALTER TABLE platform.members ADD CHECK (party IN ('person', 'organisation'))",
         "platform.members has no constraint CHECK ((party = ANY (ARRAY['person'::text, 'organisation'::text])))"),
        ("ALTER TABLE platform.savings_accounts DROP CONSTRAINT savings_accounts_balance_check",
         "ALTER TABLE platform.savings_accounts ADD CHECK (balance >= 0)",
         "platform.savings_accounts has no constraint CHECK ((balance >= (0)::numeric))"),
        ("ALTER TABLE platform.savings_accounts DROP CONSTRAINT savings_accounts_balance_check,"
         " ADD CONSTRAINT savings_accounts_balance_check CHECK (balance >= -1)",
         "ALTER TABLE platform.savings_accounts DROP CONSTRAINT savings_accounts_balance_check,"
         " ADD CHECK (balance >= 0)",
         "platform.savings_accounts has no constraint CHECK ((balance >= (0)::numeric))"),
        ("ALTER TABLE migration.load_tables DROP CONSTRAINT load_tables_pkey",
         "ALTER TABLE migration.load_tables ADD PRIMARY KEY (load_id, table_name)",
         "migration.load_tables has no constraint PRIMARY KEY (load_id, table_name)"),
        ("ALTER TABLE platform.officers NO FORCE ROW LEVEL SECURITY",
         "ALTER TABLE platform.officers FORCE ROW LEVEL SECURITY",
         "platform.officers: row-level security is on, but not for the owner; promised: on, for the owner too"),
        ("ALTER TABLE migration.loads DISABLE ROW LEVEL SECURITY",
         "ALTER TABLE migration.loads ENABLE ROW LEVEL SECURITY",
         "migration.loads: row-level security is off; promised: on, for the owner too"),
        ("DROP POLICY tenant ON platform.officers", TENANT, "platform.officers has no policy tenant"),
        ("DROP POLICY tenant ON platform.officers; CREATE POLICY tenant ON platform.officers USING (true)",
         f"DROP POLICY tenant ON platform.officers; {TENANT}",
         "platform.officers: policy tenant is permissive for * to PUBLIC using true; promised: "),
        ("ALTER POLICY tenant ON platform.officers WITH CHECK (true)",
         f"DROP POLICY tenant ON platform.officers; {TENANT}", "platform.officers: policy tenant is another one"),
        ("ALTER POLICY tenant ON platform.officers TO koop_loader",
         "ALTER POLICY tenant ON platform.officers TO PUBLIC",
         "platform.officers: policy tenant is another one"),
        ("CREATE POLICY wide ON platform.members USING (true)", "DROP POLICY wide ON platform.members",
         "platform.members has a further policy wide"),
        ("GRANT SELECT ON platform.members TO koop_auditor", "REVOKE SELECT ON platform.members FROM koop_auditor",
         "platform.members has a further grant SELECT to koop_auditor"),
        ("GRANT SELECT (nik) ON platform.members TO koop_auditor",
         "REVOKE SELECT (nik) ON platform.members FROM koop_auditor",
         "platform.members has a further grant SELECT (nik) to koop_auditor"),
        ("GRANT TRUNCATE ON migration.loads TO PUBLIC", "REVOKE TRUNCATE ON migration.loads FROM PUBLIC",
         "migration.loads has a further grant TRUNCATE to PUBLIC"),
        ("GRANT CREATE ON SCHEMA platform TO koop_platform", "REVOKE CREATE ON SCHEMA platform FROM koop_platform",
         "platform has a further grant CREATE to koop_platform"),
        ("GRANT SELECT ON platform.members TO koop_platform WITH GRANT OPTION",
         "REVOKE GRANT OPTION FOR SELECT ON platform.members FROM koop_platform",
         "platform.members: grant SELECT to koop_platform is may be passed on; promised: as it is"),
        ("REVOKE SELECT ON platform.members FROM koop_platform", "GRANT SELECT ON platform.members TO koop_platform",
         "platform.members has no grant SELECT to koop_platform"),
        ("GRANT SELECT ON audit.secret TO koop_auditor", "REVOKE SELECT ON audit.secret FROM koop_auditor",
         "audit.secret has a further grant SELECT to koop_auditor"),
        ("CREATE FUNCTION public.more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.balance := NEW.balance + 1;"
         " RETURN NEW; END $$; CREATE TRIGGER more BEFORE INSERT ON platform.savings_accounts FOR EACH ROW EXECUTE"
         " FUNCTION public.more()",
         "DROP FUNCTION public.more() CASCADE", "platform.savings_accounts has a further trigger more"),
        ("CREATE RULE quiet AS ON DELETE TO platform.members DO INSTEAD NOTHING", "DROP RULE quiet ON platform.members",
         "platform.members has a further rule quiet"),
        ("DROP INDEX platform.savings_accounts_cooperative_id_loan_no_idx",
         "CREATE INDEX ON platform.savings_accounts (cooperative_id, loan_no)",
         "platform.savings_accounts has no index CREATE INDEX ON platform.savings_accounts USING btree"
         " (cooperative_id, loan_no)"),
        ("ALTER VIEW audit.members SET (security_barrier = false)",
         "ALTER VIEW audit.members SET (security_barrier = true)",
         "audit.members: kind is v p {security_barrier=false}; promised: v p {security_barrier=true}"),
        ("CREATE OR REPLACE FUNCTION platform.tenants() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS"
         " $$ SELECT array_agg(cooperative_id) FROM platform.cooperatives $$",
         "CREATE OR REPLACE FUNCTION platform.tenants() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE RETURN"
         " string_to_array(current_setting('koop.cooperatives', true), ',')",
         "platform.tenants(): function is another one"),
    ],
)  # fmt: skip
def test_what_somebody_took_away_or_added_is_told(made: World, spoil: str, mend: str, said: str) -> None:
    target, owner = made
    assert target.faults() == []
    owner.execute(spoil.encode())
    try:
        found = target.faults()
    finally:
        owner.execute(mend.encode())
    assert any(sentence.startswith(said) for sentence in found), found
    assert target.faults() == []


def test_a_view_that_shows_more_is_told(made: World) -> None:
    target, owner = made
    found = owner.execute("SELECT pg_get_viewdef('audit.members'::regclass)").fetchone()
    assert found
    owner.execute(f"CREATE OR REPLACE VIEW audit.members AS {found[0].replace('audit.mask(t.nik)', 't.nik')}".encode())
    assert "audit.members: rule _RETURN is another one" in target.faults()
    owner.execute(f"CREATE OR REPLACE VIEW audit.members WITH (security_barrier) AS {found[0]}".encode())
    assert target.faults() == []


@pytest.mark.parametrize(
    ("added", "undone"),
    [
        ("CREATE TABLE platform.reports (id integer PRIMARY KEY)", "DROP TABLE platform.reports"),
        ("ALTER TABLE platform.members ADD photo bytea", "ALTER TABLE platform.members DROP photo"),
        ("CREATE INDEX more ON platform.members (cooperative_id, full_name)", "DROP INDEX platform.more"),
        ("ALTER TABLE platform.loans ADD CONSTRAINT more CHECK (tenor < 999)",
         "ALTER TABLE platform.loans DROP CONSTRAINT more"),
        ("ALTER TABLE platform.members SET (fillfactor = 80)", "ALTER TABLE platform.members RESET (fillfactor)"),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor",
         "ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM pg_monitor"),
    ],
)  # fmt: skip
def test_what_takes_nothing_away_is_let_be(made: World, added: str, undone: str) -> None:
    target, owner = made
    owner.execute(added.encode())
    found = target.faults()
    owner.execute(undone.encode())
    assert found == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("ALTER ROLE koop_platform BYPASSRLS", "role koop_platform is bypassrls"),
        ("ALTER ROLE koop_loader SUPERUSER", "role koop_loader is super"),
        ("ALTER ROLE koop_auditor LOGIN", "role koop_auditor is canlogin"),
        ("GRANT koop_loader TO koop_auditor", "role koop_auditor is a member of koop_loader"),
        ("GRANT pg_read_all_data TO koop_platform", "role koop_platform is a member of pg_read_all_data"),
        ("ALTER SCHEMA platform OWNER TO koop_platform", "role koop_platform owns the schema platform"),
        ("ALTER ROLE koop_auditor SET koop.cooperatives = 'KSP-A'",
         "role koop_auditor sets koop.cooperatives for every session"),
    ],
)  # fmt: skip
def test_a_role_that_may_more_is_told(made: World, spoil: str, said: str) -> None:
    """Roles belong to the server, which others use at the same time: what is done here is never committed."""
    target, _ = made
    with psycopg.connect(target.url) as connection:
        assert roles(connection, Schemas()) == []
        connection.execute(spoil.encode())
        assert roles(connection, Schemas()) == [said]
        connection.rollback()


def test_a_user_who_may_make_no_schema_is_told_how_to_verify(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    target, owner = made
    owner.execute("CREATE ROLE tanpa_hak LOGIN")
    try:
        monkeypatch.setattr(target, "url", on(urlsplit(target.url).path.strip("/"), "tanpa_hak"))
        assert target.faults() == [
            "its constraints cannot be checked, for this user may not create schemas in the database; verify as the"
            " user that migrates"
        ]
    finally:
        owner.execute("DROP ROLE tanpa_hak")


@pytest.mark.parametrize("table", PROMOTED, ids=lambda table: table.name)
def test_a_new_schema_is_what_the_contract_says(made: World, table: Table) -> None:
    _, owner = made
    rows = owner.execute(
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped ORDER BY attnum", [f"platform.{table.name}"],
    ).fetchall()  # fmt: skip
    must = {"cooperative_id", *table.key, *(column.name for column in table.columns if column.required)}
    assert rows == [("cooperative_id", "text", True)] + [
        (column.name, TYPES[column.kind], column.name in must) for column in table.all_columns
    ]
    said = [row[0].replace('"', "") for row in owner.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass", [f"platform.{table.name}"]
    ).fetchall()]  # fmt: skip
    assert f"PRIMARY KEY ({', '.join(table.full_key)})" in said
    for column in table.columns:
        if column.values:
            listed = ", ".join(f"'{value}'::text" for value in column.values)
            assert f"CHECK (({column.name} = ANY (ARRAY[{listed}])))" in said
        if column.references and (table.name, column.name) != ("officers", "member_no"):
            refers = f"(cooperative_id, {column.name}) REFERENCES platform.{column.references}("
            assert any(refers in each for each in said), column.name


def test_every_book_has_the_columns_that_are_written_there(made: World) -> None:
    _, owner = made
    for book, listed in BOOKS.items():
        there = {row[0] for row in owner.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'migration' AND table_name = %s",
            [book],
        ).fetchall()}  # fmt: skip
        assert {part.split()[0] for part in listed.replace("(38,2)", "").split(", ")} <= there


def test_every_reference_is_served_by_an_index(made: World) -> None:
    """Without one, taking out a parent reads the whole child table, once for each row."""
    _, owner = made
    unserved = owner.execute(
        "SELECT c.conrelid::regclass::text, pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_namespace s ON"
        " s.oid = c.connamespace WHERE c.contype = 'f' AND s.nspname IN ('platform', 'migration') AND NOT EXISTS"
        " (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND"
        " (i.indkey::smallint[])[0:cardinality(c.conkey) - 1] = c.conkey)"
    ).fetchall()
    assert unserved == []


def test_a_database_of_an_earlier_version_is_brought_up_with_the_loads_that_it_has(tmp_path: Path) -> None:
    with new_database() as url:
        upgrade(url, Schemas(), "0001")
        with psycopg.connect(url) as owner:
            owner.execute(
                "INSERT INTO migration.loads (cooperative_id, number, load_id, batch, kind, content_sha256,"
                " before_sha256, sources_sha256, profile_sha256, suites_sha256, corrections_sha256, verdict, rows)"
                " VALUES ('KSP-A', 1, 'L-1', 'b', 'full', 'inhalt', 'leer', 'd', 'e', 'f', 'g', 'passed', 5)"
            )
        with opened(url, tmp_path) as (staging, target):
            (load,) = loads_of(staging, target, ["KSP-A"])["KSP-A"]
            assert target.faults() == []
        assert (load.content_sha256, load.after_sha256, load.left_sha256) == ("inhalt", "", "inhalt")
