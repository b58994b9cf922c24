"""What goes wrong in PostgreSQL: the cooperative is untouched, the message says why, and passing failures pass."""

import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from postgres_server import new_database, on, server
from small_target import ROWS, World, lay, load, new_world, opened

from koop_pipeline.contracts import TABLES
from koop_pipeline.errors import RefusedError
from koop_pipeline.program.target_address import TargetAddress
from koop_pipeline.staging import Staging
from koop_pipeline.target.model import TargetError, load_order
from koop_pipeline.target.postgres import schema
from koop_pipeline.target.postgres.errors import PassingError
from koop_pipeline.target.postgres.target import connected

WHOLE = sum(map(len, ROWS.values()))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A new database with its target, and a connection of the database's owner beside it."""
    with new_world(tmp_path) as (staging, target, owner):
        yield staging, target, owner


def rows_of(owner: psycopg.Connection, cooperative_id: str) -> int:
    """Rows of a cooperative in all platform tables."""
    found = 0
    for name in ROWS:
        row = owner.execute(f"SELECT count(*) FROM platform.{name} WHERE cooperative_id = %s", [cooperative_id])
        found += (row.fetchone() or (0,))[0]
    return found


def on_members(owner: psycopg.Connection, body: str) -> None:
    """A trigger on members; `nextval('tries')` counts its calls, also those that were rolled back."""
    owner.execute("CREATE SEQUENCE public.tries; GRANT USAGE ON SEQUENCE public.tries TO koop_loader")
    owner.execute(
        "CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
        f" $$ BEGIN IF nextval('public.tries') = 1 THEN {body}; END IF; RETURN NULL; END $$"
    )
    owner.execute(
        "CREATE TRIGGER fails AFTER INSERT ON platform.members FOR EACH STATEMENT EXECUTE FUNCTION public.fail()"
    )


JOKO = "UPDATE new_members SET full_name = 'Joko' WHERE member_no = 'A-2'"
NPWP = "UPDATE new_members SET npwp = '1234' WHERE member_no = 'A-2'"
MEMBER = "the target refuses row A-2 of members: "
FREE = "DROP SCHEMA audit CASCADE; "  # a view holds the type of a column
OTHER_CODES = {"P0002": "no data found", "KP001": "database error", "42501": "insufficient privilege",
               "55000": "object not in prerequisite state", "22023": "invalid parameter value",
               "23505": "unique violation"}  # fmt: skip
PLACED = "SCHEMA = 'platform', TABLE = 'members', "
MADE_UP = [
    ("23514", "", "check violation"), ("23514", "SCHEMA = 'platform', TABLE = 'Joko', ", "check violation"),
    ("23514", PLACED, "check violation"), ("23505", PLACED, "unique violation"),
    ("23502", PLACED, "not null violation"), ("22023", PLACED, "invalid parameter value"),
]  # fmt: skip
"""The code of a trigger's error, the place that it gives, and what may be shown; its other names are made up."""


@pytest.mark.parametrize(
    ("constraint", "rows", "said"),
    [
        ("ALTER TABLE platform.members ADD CONSTRAINT no_joko CHECK (full_name NOT LIKE 'Joko%')", JOKO,
         MEMBER + "it breaks the constraint no_joko"),
        ("ALTER TABLE platform.members ADD CONSTRAINT same CHECK (true); ALTER TABLE platform.products ADD CONSTRAINT"
         " same CHECK (name <> 'Joko')", "UPDATE new_products SET name = 'Joko'",
         "the target refuses row P***K of products: it breaks the constraint same"),
        ("ALTER TABLE platform.members ALTER COLUMN address SET NOT NULL",
         "UPDATE new_members SET address = NULL WHERE member_no = 'A-2'", MEMBER + "address is empty"),
        ("INSERT INTO platform.cooperatives (cooperative_id, name, kind, form, savings_loan_unit, status) VALUES"
         " ('KSP-A', 'x', 'services', 'primary', 'none', 'active')", "SELECT 1",
         "the target refuses row KSP-A of cooperatives: its key is there already (cooperatives_pkey)"),
        ("CREATE UNIQUE INDEX one_name ON platform.members (cooperative_id, full_name)",
         "UPDATE new_members SET full_name = 'Joko'",
         "the target refuses row A-1 of members: another row has its value already, under the unique index one_name"),
        ("ALTER TABLE platform.savings_transactions ADD FOREIGN KEY (cooperative_id, source_no) REFERENCES"
         " platform.members", "UPDATE new_savings_transactions SET source_no = 'A-9'",
         "the target refuses row T-1 of savings_transactions: what it refers to is not there"),
        ("SELECT 1", "UPDATE new_accounts SET parent_code = '9' WHERE account_code = '1.1'",
         "the target refuses row 1.1 of accounts: what it refers to is not there"),
        (FREE + "ALTER TABLE platform.members ALTER npwp TYPE varchar(3)", NPWP, MEMBER + "npwp is too long"),
        (FREE + "ALTER TABLE platform.members ALTER npwp TYPE varchar(3)",
         f"{NPWP}; UPDATE new_members SET address = concat('Jalan', chr(10), '\"Mawar\"', chr(10), '1')",
         MEMBER + "npwp is too long"),
        (FREE + "CREATE DOMAIN public.short AS text CHECK (length(value) < 4); ALTER TABLE platform.members ALTER npwp"
         " TYPE public.short", NPWP, MEMBER + "npwp breaks the constraint short_check"),
        (FREE + "ALTER TABLE platform.loans ALTER outstanding_principal TYPE numeric(9,2)",
         "UPDATE new_loans SET outstanding_principal = 12345678",
         "the target refuses row P-1 of loans: outstanding_principal is too large"),
        ("SELECT 1", "UPDATE new_members SET full_name = concat('Jo', chr(0), 'ko') WHERE member_no = 'A-2'",
         MEMBER + "it holds a character that a text in PostgreSQL cannot (NUL)"),
        ("ALTER TABLE platform.members ADD CONSTRAINT no_joko CHECK (full_name NOT LIKE 'Joko%')",
         "UPDATE new_members SET full_name = 'Joko', member_no = '5301014101900001' WHERE member_no = 'A-2'",
         "the target refuses row 5301********0001 of members: it breaks the constraint no_joko"),
        ("CREATE TABLE platform.regions (code text PRIMARY KEY); ALTER TABLE platform.members ADD CONSTRAINT in_region"
         " FOREIGN KEY (region_code) REFERENCES platform.regions",
         "UPDATE new_members SET region_code = '99.99' WHERE member_no = 'A-2'",
         MEMBER + "what it refers to is not there, or rows still refer to it (in_region)"),
        ("CREATE UNIQUE INDEX one_name ON platform.members (cooperative_id, lower(full_name))",
         "UPDATE new_members SET full_name = CASE member_no WHEN 'A-2' THEN 'JOKO' ELSE 'Joko' END",
         "the target refuses row A-1 of members: another row has its value already, under the unique index one_name"),
        ("CREATE UNIQUE INDEX one_name ON platform.members (cooperative_id, full_name) WHERE nik IS NULL",
         "UPDATE new_members SET full_name = 'Joko'; INSERT INTO new_members BY NAME SELECT * REPLACE ('A-3' AS"
         " member_no) FROM new_members WHERE member_no = 'A-2'",
         MEMBER + "another row has its value already, under the unique index one_name"),
        ("CREATE UNIQUE INDEX one_npwp ON platform.members (npwp); INSERT INTO platform.cooperatives (cooperative_id,"
         " name, kind, form, savings_loan_unit, status) VALUES ('KSP-C', 'x', 'services', 'primary', 'none', 'active');"
         " INSERT INTO platform.members (cooperative_id, member_no, full_name, party, membership, status, npwp) VALUES"
         " ('KSP-C', 'C-1', 'x', 'person', 'member', 'active', '1234')", NPWP,
         MEMBER + "another row has its value already, under the unique index one_npwp"),
        ("ALTER TABLE platform.officers ADD CONSTRAINT of_member FOREIGN KEY (cooperative_id, member_no) REFERENCES"
         " platform.members DEFERRABLE INITIALLY DEFERRED", "UPDATE new_officers SET member_no = 'ZZ'",
         "the target refuses a row of officers: what it refers to is not there, or rows still refer to it (of_member)"),
        ("CREATE FUNCTION platform.says_no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.full_name ="
         " 'Joko' THEN RAISE EXCEPTION 'Joko' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$;"
         " CREATE TRIGGER says_no BEFORE INSERT ON platform.members FOR EACH"
         " ROW EXECUTE FUNCTION platform.says_no()", JOKO,
         MEMBER + "a trigger of the platform refuses it (check violation)"),
        ("CREATE FUNCTION platform.says_no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.full_name ="
         " 'Joko' THEN RAISE EXCEPTION 'Joko'; END IF; RETURN NEW; END $$; CREATE TRIGGER says_no AFTER INSERT ON"
         " platform.members FOR EACH ROW EXECUTE FUNCTION platform.says_no()", JOKO,
         MEMBER + "a trigger of the platform refuses it (raise exception)"),
        *((f"CREATE FUNCTION platform.says_no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.full_name = 'Joko'"
           f" THEN RAISE EXCEPTION 'member % NIK 5301014101900001', NEW.full_name USING ERRCODE = '{code}'; END IF;"
           " RETURN NEW; END $$; CREATE TRIGGER says_no BEFORE INSERT ON platform.members FOR EACH ROW EXECUTE FUNCTION"
           " platform.says_no()", JOKO, MEMBER + f"a trigger of the platform refuses it ({kind})")
          for code, kind in OTHER_CODES.items()),
        ("CREATE TABLE platform.seen (name text CONSTRAINT no_joko CHECK (name <> 'Joko')); CREATE FUNCTION"
         " platform.sees() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO platform.seen"
         " VALUES (NEW.full_name); RETURN NEW; END $$; CREATE TRIGGER sees AFTER INSERT ON platform.members FOR EACH"
         " ROW EXECUTE FUNCTION platform.sees()", JOKO,
         "the target refuses a row of seen: it breaks the constraint no_joko"),
        *(("CREATE FUNCTION platform.says_no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.full_name = 'Joko'"
           f" THEN RAISE EXCEPTION 'x' USING ERRCODE = '{code}', {place}CONSTRAINT = 'Joko 1234', COLUMN = 'Siti'; END"
           f" IF; RETURN NEW; END $$; CREATE {trigger} ON platform.members {when} FOR EACH ROW EXECUTE FUNCTION"
           " platform.says_no()", JOKO, f"{row}a trigger of the platform refuses it ({kind})")
          for code, place, kind in MADE_UP
          for trigger, when, row in [
              ("TRIGGER says_no BEFORE INSERT", "", MEMBER),
              ("CONSTRAINT TRIGGER says_no AFTER INSERT", "DEFERRABLE INITIALLY DEFERRED",
               "the target refuses a row of a table: "),
          ][: 2 if place == PLACED and code[:2] == "23" else 1]),
        ("CREATE FUNCTION platform.says_no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'Joko'; END"
         " $$; CREATE TRIGGER says_no AFTER INSERT ON platform.members FOR EACH STATEMENT WHEN (current_setting("
         "'koop.cooperatives') = 'KSP-A') EXECUTE FUNCTION platform.says_no()", "SELECT 1",
         "the target refuses a row of members: a trigger of the platform refuses it (raise exception)"),
        ("CREATE FUNCTION platform.says_no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT count(*) FROM"
         " platform.members WHERE full_name = 'Joko') = 2 THEN RAISE EXCEPTION 'Joko'; END IF; RETURN NULL; END $$;"
         " CREATE TRIGGER says_no AFTER INSERT ON platform.members FOR EACH STATEMENT EXECUTE FUNCTION"
         " platform.says_no()", "UPDATE new_members SET full_name = 'Joko'",
         "the target refuses a row of members: a trigger of the platform refuses it (raise exception)"),
    ],
)  # fmt: skip
def test_what_no_rule_foresaw_names_the_row_leaves_nothing_and_the_rest_goes_on(
    world: World, constraint: str, rows: str, said: str
) -> None:
    staging, target, owner = world
    owner.execute(constraint.encode())
    before = rows_of(owner, "KSP-A")
    lay(staging, "KSP-A")
    staging.execute(rows)
    with pytest.raises(TargetError) as refused, target.writing("KSP-A") as writing:
        for table in load_order():
            writing.insert(table, f"new_{table.name}")
    assert str(refused.value).startswith(said)
    assert not isinstance(refused.value, PassingError)
    for private in ("Siti", "Budi", "Joko", "1234", "5301014101900001", "Jalan"):
        assert private not in str(refused.value)
    assert rows_of(owner, "KSP-A") == before
    assert load(staging, target, "KSP-B") == WHOLE
    assert rows_of(owner, "KSP-B") == WHOLE


def test_a_row_that_cannot_be_taken_out_is_named(world: World) -> None:
    """The platform has given a member another account since."""
    staging, target, _ = world
    load(staging, target, "KSP-A")
    with pytest.raises(TargetError) as refused, target.writing("KSP-A") as writing:
        writing.remove(TABLES["members"], "(SELECT cooperative_id, member_no FROM new_members WHERE member_no = 'A-1')")
    assert str(refused.value).startswith("the target refuses row A-1 of members: what it refers to is not there, or")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("PERFORM pg_terminate_backend(pg_backend_pid())", "admin shutdown"),
        ("PERFORM pg_sleep(30)", "query canceled"),
        ("RAISE EXCEPTION 'x' USING ERRCODE = 'serialization_failure'", "the target says: serialization failure$"),
    ],
)
def test_a_passing_failure_is_tried_again_and_passes(
    world: World, monkeypatch: pytest.MonkeyPatch, body: str, said: str
) -> None:
    staging, target, owner = world
    target.close()
    monkeypatch.setenv("KOOP_TARGET_STATEMENT_TIMEOUT", "1s")
    on_members(owner, body)
    with pytest.raises(PassingError, match=said):
        load(staging, target, "KSP-A")
    assert rows_of(owner, "KSP-A") == 0
    owner.execute("SELECT setval('public.tries', 1, false)")
    assert target.retried(lambda: load(staging, target, "KSP-A")) == WHOLE
    assert rows_of(owner, "KSP-A") == WHOLE
    assert owner.execute("SELECT last_value FROM public.tries").fetchone() == (2,)


def test_a_session_that_was_ended_for_being_idle_is_opened_again(world: World) -> None:
    staging, target, owner = world
    target.close()
    owner.execute(f"ALTER DATABASE {owner.info.dbname} SET idle_session_timeout = '300ms'".encode())
    target.connection()
    time.sleep(1)
    with pytest.raises(PassingError, match="the target says: idle session timeout"):
        load(staging, target, "KSP-A")
    assert load(staging, target, "KSP-A") == WHOLE


def test_what_does_not_pass_is_given_up_after_a_few_tries(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    staging, target, owner = world
    monkeypatch.setattr("koop_pipeline.target.postgres.target.LONGEST_WAIT_SECONDS", 0.3)
    on_members(owner, "NULL; END IF; IF true THEN RAISE EXCEPTION 'x' USING ERRCODE = 'serialization_failure'")
    with pytest.raises(PassingError):
        target.retried(lambda: load(staging, target, "KSP-A"))
    assert owner.execute("SELECT last_value FROM public.tries").fetchone() == (5,)
    assert rows_of(owner, "KSP-A") == 0


def test_a_full_disk_is_not_tried_again_and_says_what_to_do(world: World) -> None:
    staging, target, owner = world
    on_members(owner, "RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'")
    with pytest.raises(TargetError, match="the target's disk is full; make room, then run koop migrate again"):
        target.retried(lambda: load(staging, target, "KSP-A"))
    assert owner.execute("SELECT last_value FROM public.tries").fetchone() == (1,)
    assert rows_of(owner, "KSP-A") == 0
    assert load(staging, target, "KSP-B") == WHOLE


def test_a_real_deadlock_ends_with_the_load_done(world: World) -> None:
    staging, target, owner = world
    owner.execute("GRANT USAGE ON SCHEMA public TO koop_loader")
    for table, number in (("members", 1), ("loans", 2)):
        owner.execute(
            f"CREATE FUNCTION public.take_{number}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN PERFORM pg_advisory_xact_lock({number}); RETURN NULL; END $$"
        )
        owner.execute(
            f"CREATE TRIGGER takes AFTER INSERT ON platform.{table} FOR EACH STATEMENT"
            f" EXECUTE FUNCTION public.take_{number}()"
        )
    ready = threading.Event()
    errors: list[BaseException] = []

    def other() -> None:
        try:
            with psycopg.connect(target.url) as rival:
                rival.execute("SELECT pg_advisory_xact_lock(2)")
                ready.set()
                for _ in range(200):
                    waits = rival.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
                    if waits and waits[0]:
                        break
                    time.sleep(0.02)
                rival.execute("SET deadlock_timeout = '1h'")
                rival.execute("SELECT pg_advisory_xact_lock(1)")
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=other)
    thread.start()
    assert ready.wait(10)
    assert target.retried(lambda: load(staging, target, "KSP-A")) == WHOLE
    thread.join(30)
    assert errors == []
    deadlocks = owner.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    for _ in range(100):
        if deadlocks and deadlocks[0]:
            break
        time.sleep(0.1)
        deadlocks = owner.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert deadlocks == (1,)


def test_of_two_runs_on_one_cooperative_one_wins_and_the_other_says_so(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("koop_pipeline.target.postgres.target.ALONE_SECONDS", 0.5)
    staging, target, owner = world
    with opened(target.url, tmp_path / "other") as (other_staging, other):
        lay(staging, "KSP-A")
        with target.writing("KSP-A") as writing:
            writing.insert(TABLES["cooperatives"], "new_cooperatives")
            with pytest.raises(TargetError, match="another run is loading this cooperative at this moment"):
                load(other_staging, other, "KSP-A")
            assert load(other_staging, other, "KSP-B") == WHOLE
    assert rows_of(owner, "KSP-A") == 1


OF_A_PARENT = {
    "opening_savings_balances": {"account_no": "'S-2'"},
    "loan_schedules": {"instalment_no": "2"},
    "opening_trial_balance": {"account_code": "'1'"},
}
"""What a further row has where its key refers to a parent; elsewhere the key is just another one."""


def copied(table: str, changed: dict[str, str]) -> str:
    """An INSERT of a row of KSP-A as one is, but for what is changed."""
    names = ["cooperative_id", *TABLES[table].names]
    values = [changed.get(name, name) for name in names]
    return (
        f"INSERT INTO platform.{table} ({', '.join(names)}) SELECT {', '.join(values)} FROM platform.{table}"
        " WHERE cooperative_id = 'KSP-A' LIMIT 1"
    )


@pytest.mark.parametrize("table", [table.name for table in load_order()])
def test_a_frozen_cooperative_waits_in_every_table_and_no_other_does(world: World, table: str) -> None:
    staging, target, owner = world
    load(staging, target, "KSP-A")
    load(staging, target, "KSP-B")
    owner.execute(copied("savings_accounts", {"account_no": "'S-2'"}).encode())
    writes = [f"UPDATE platform.{table} SET branch = 'x' WHERE cooperative_id = 'KSP-A'",
              f"DELETE FROM platform.{table} WHERE cooperative_id = 'KSP-A'"]  # fmt: skip
    if table != "cooperatives":
        writes.append(copied(table, OF_A_PARENT.get(table) or {TABLES[table].key[0]: "'new'"}))
    owner.execute("SET lock_timeout = '200ms'")
    with target.writing("KSP-A") as writing:
        writing.freeze()
        for write in writes:
            with pytest.raises(psycopg.errors.LockNotAvailable):
                owner.execute(write.encode())
        other = owner.execute(f"UPDATE platform.{table} SET branch = 'x' WHERE cooperative_id = 'KSP-B'".encode())
        assert other.rowcount == len(ROWS[table])
    for write in (writes[0], *writes[2:]):
        assert owner.execute(write.encode()).rowcount >= 1


def test_what_the_tenant_does_not_name_cannot_be_written(world: World) -> None:
    staging, target, owner = world
    lay(staging, "KSP-B")
    with pytest.raises(TargetError, match="row-level security"), target.writing("KSP-A") as writing:
        writing.insert(TABLES["cooperatives"], "new_cooperatives")
    assert rows_of(owner, "KSP-B") == 0


def test_values_arrive_as_they_are(world: World) -> None:
    staging, target, _ = world
    load(staging, target, "KSP-A")
    target.fetch(["KSP-A"])
    for name in ROWS:
        columns = ", ".join(TABLES[name].names)
        there = staging.rows(f"SELECT {columns} FROM {target.there}{name} ORDER BY ALL")
        assert there == staging.rows(f"SELECT {columns} FROM new_{name} ORDER BY ALL")
    assert staging.rows(f"SELECT full_name, nik, address FROM {target.there}members ORDER BY member_no") == [
        ("Siti Aminah", "5301014101900001", "Jalan Mawar 1"), ('Budi, "Karyanto"', None, ""),
    ]  # fmt: skip


def test_a_later_schema_is_refused_and_an_older_one_is_brought_up(world: World, tmp_path: Path) -> None:
    _, target, owner = world
    address = TargetAddress.of(target.url, tmp_path)
    with Staging.open(tmp_path / "batch-neu.duckdb", isolated=False) as staging:
        owner.execute("UPDATE migration.alembic_version SET version_num = '9999'")
        with (
            pytest.raises(RefusedError, match="schema version 9999, which this version of koop does not know"),
            connected(staging, address),
        ):
            pass
        for name in schema.Schemas().all:
            owner.execute(f"DROP SCHEMA {name} CASCADE")
        with (
            pytest.raises(RefusedError, match="there is no target of this version yet; run koop migrate first"),
            connected(staging, address, read_only=True),
        ):
            pass
        with connected(staging, address) as again:
            assert again.faults() == []


def test_a_user_who_may_make_nothing_is_told_so(world: World, tmp_path: Path) -> None:
    _, target, owner = world
    name = f"hanya_baca_{uuid.uuid4().hex[:8]}"
    owner.execute(f"CREATE ROLE {name} LOGIN")
    address = TargetAddress.of(on(urlsplit(target.url).path.strip("/"), name), tmp_path)
    for schema_name in schema.Schemas().all:
        owner.execute(f"DROP SCHEMA {schema_name} CASCADE")
    with (
        Staging.open(tmp_path / "batch-lain.duckdb", isolated=False) as staging,
        pytest.raises(RefusedError, match=r"the target says: insufficient privilege \(permission denied"),
        connected(staging, address),
    ):
        pass
    owner.execute(f"DROP ROLE {name}")


def test_a_user_who_is_no_superuser_loads_and_reads_back(tmp_path: Path) -> None:
    name = f"pemilik_{uuid.uuid4().hex[:8]}"
    with new_database() as url, psycopg.connect(url, autocommit=True) as owner:
        database = urlsplit(url).path.strip("/")
        with opened(url, tmp_path / "first"):
            owner.execute(f"CREATE ROLE {name} LOGIN; GRANT koop_loader TO {name}; GRANT CREATE ON DATABASE"
                          f" {database} TO {name}")  # fmt: skip
        for schema_name in schema.Schemas().all:
            owner.execute(f"DROP SCHEMA {schema_name} CASCADE")
        with opened(on(database, name), tmp_path / "second") as (staging, target):
            assert load(staging, target, "KSP-A") == WHOLE
            assert load(staging, target, "KSP-B") == WHOLE
            target.fetch(["KSP-A"])
            seen = staging.rows(f"SELECT DISTINCT cooperative_id FROM {target.there}members")
            assert seen == [("KSP-A",)]
            assert target.faults() == []
            hidden = target.connection().execute("SELECT count(*) FROM platform.members").fetchone()
            assert hidden == (0,)
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(f"DROP ROLE {name}")
