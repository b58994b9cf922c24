"""Tenants and roles: nobody reads or writes across cooperatives, and an auditor sees masked values only."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from postgres_server import new_database
from psycopg.sql import SQL, Identifier
from small_target import COOPERATIVES, ROWS, load, opened

from koop_pipeline.contracts import PROMOTED
from koop_pipeline.identifiers.masking import mask_key, mask_text

TABLES = [table.name for table in PROMOTED]
BOOKS = (
    "loads", "load_tables", "amended", "held", "verdicts", "evidence", "rollbacks", "rehearsals", "loaded_rows",
    "loaded_digests", "deltas", "delta_rows",
)  # fmt: skip
HIDDEN = ("amended", "held", "delta_rows")
"""Books with keys in them: the auditor reads them in masked views, but for `loaded_rows`, which nobody reads."""
LINES = {
    "loads": "'KSP', 1, 'L-KSP', 'b', 'full', 'c', 'd', 'e', 'f', 'g', 'h', 'passed', 5, now()",
    "load_tables": "'L-KSP', 'KSP', 'members', 2, 'c'",
    "amended": "'L-KSP', 'KSP', 'members', '5301014101900001', 'nik'",
    "held": "'L-KSP', 'KSP', 'members', '5301014101900001', 'nik', 'MBR-NIK-01'",
    "verdicts": "'L-KSP', 'KSP', 'members', 'MBR-NIK-01', 'hold', 1",
    "evidence": "'L-KSP', 'KSP', 'savings', 1, 1, 0, 1, 0, 0",
    "rollbacks": "'KSP', 'L-0', 'b', 'full', 'c', 'd', now()",
    "rehearsals": "'KSP', 'b', 'x', true, '', now()",
    "loaded_rows": "'L-KSP', 'KSP', 'members', '5301014101900001', 'c'",
    "loaded_digests": "'L-KSP', 'KSP', 'members', 2, 'c'",
    "deltas": "'L-KSP', 'KSP', 'members', 'added', 1, NULL, NULL",
    "delta_rows": "'L-KSP', 'KSP', 'members', '5301014101900001', 'removed', NULL, NULL, NULL, '{}'",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with two cooperatives loaded."""
    with new_database() as made:
        with opened(made, tmp_path_factory.mktemp("tenants")) as (staging, target):
            counts = [load(staging, target, cooperative_id) for cooperative_id in COOPERATIVES]
            assert counts == [sum(map(len, ROWS.values()))] * 2
        with psycopg.connect(made) as connection:
            for cooperative_id in COOPERATIVES:
                for book, line in LINES.items():
                    values = line.replace("KSP", cooperative_id)
                    connection.execute(f"INSERT INTO migration.{book} VALUES ({values})".encode())
        yield made


@pytest.fixture
def session(url: str) -> Iterator[psycopg.Connection]:
    """A connection whose changes are undone."""
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


def become(session: psycopg.Connection, role: str, cooperatives: str | None) -> None:
    """Work as a role on the cooperatives named."""
    session.execute(SQL("SET LOCAL ROLE {}").format(Identifier(role)))
    if cooperatives is not None:
        session.execute("SELECT set_config('koop.cooperatives', %s, true)", [cooperatives])


def seen(session: psycopg.Connection, schema: str, table: str) -> list[str]:
    """The cooperatives whose rows a session sees in a table."""
    query = SQL("SELECT DISTINCT cooperative_id FROM {} ORDER BY 1").format(Identifier(schema, table))
    return [row[0] for row in session.execute(query).fetchall()]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    ("role", "schema"), [("koop_loader", "platform"), ("koop_platform", "platform"), ("koop_auditor", "audit")]
)
def test_a_role_sees_the_cooperatives_that_it_names(
    session: psycopg.Connection, role: str, schema: str, table: str
) -> None:
    become(session, role, None)
    assert seen(session, schema, table) == []
    become(session, role, "KSP-A")
    assert seen(session, schema, table) == ["KSP-A"]
    become(session, role, "KSP-A,KSP-B")
    assert seen(session, schema, table) == ["KSP-A", "KSP-B"]


@pytest.mark.parametrize(
    ("role", "book"),
    [*(("koop_loader", book) for book in BOOKS), *(("koop_auditor", book) for book in BOOKS if book != "loaded_rows")],
)
def test_the_books_are_under_tenants_too(session: psycopg.Connection, role: str, book: str) -> None:
    schema = "audit" if role == "koop_auditor" and book in HIDDEN else "migration"
    become(session, role, None)
    assert seen(session, schema, book) == []
    become(session, role, "KSP-A")
    assert seen(session, schema, book) == ["KSP-A"]
    become(session, role, "KSP-A,KSP-B")
    assert seen(session, schema, book) == ["KSP-A", "KSP-B"]


@pytest.mark.parametrize("book", BOOKS)
def test_the_loader_cannot_write_a_line_of_another_cooperative(session: psycopg.Connection, book: str) -> None:
    become(session, "koop_loader", "KSP-A")
    gone = session.execute(SQL("DELETE FROM {} WHERE cooperative_id = 'KSP-B'").format(Identifier("migration", book)))
    assert gone.rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        session.execute(SQL("UPDATE {} SET cooperative_id = 'KSP-B'").format(Identifier("migration", book)))


@pytest.mark.parametrize(
    "place", ["migration.held", "migration.amended", "migration.loaded_rows", "migration.delta_rows", "audit.secret"]
)
def test_the_auditor_reads_no_key_and_not_the_secret_behind_its_mark(session: psycopg.Connection, place: str) -> None:
    become(session, "koop_auditor", "KSP-A")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(f"SELECT 1 FROM {place}".encode())


@pytest.mark.parametrize("role", ["koop_loader", "koop_platform"])
@pytest.mark.parametrize("table", TABLES)
def test_a_role_cannot_change_another_cooperative(session: psycopg.Connection, role: str, table: str) -> None:
    become(session, role, "KSP-A")
    place = Identifier("platform", table)
    changed = session.execute(SQL("UPDATE {} SET branch = 'x' WHERE cooperative_id = 'KSP-B'").format(place))
    assert changed.rowcount == 0
    gone = session.execute(SQL("DELETE FROM {} WHERE cooperative_id = 'KSP-B'").format(place))
    assert gone.rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        session.execute(
            SQL("UPDATE {} SET cooperative_id = 'KSP-B' WHERE cooperative_id = 'KSP-A'").format(place)
        )  # fmt: skip


@pytest.mark.parametrize("role", ["koop_loader", "koop_platform"])
def test_a_role_cannot_add_to_another_cooperative(session: psycopg.Connection, role: str) -> None:
    become(session, role, "KSP-A")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        session.execute(
            "INSERT INTO platform.products (cooperative_id, product_code, name, serves, kind)"
            " VALUES ('KSP-B', 'X', 'X', 'savings', 'other')"
        )


def test_a_setting_is_one_list_of_names_and_no_pattern(session: psycopg.Connection) -> None:
    for hostile in ("%", "KSP-%", "", "ksp-a", "KSP-A' OR true --", "{KSP-A,KSP-B}"):
        become(session, "koop_platform", hostile)
        assert seen(session, "platform", "members") == []


@pytest.mark.parametrize("table", TABLES)
def test_the_auditor_has_no_table_of_the_platform(session: psycopg.Connection, table: str) -> None:
    become(session, "koop_auditor", "KSP-A")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(SQL("SELECT 1 FROM {}").format(Identifier("platform", table)))


def test_the_auditor_reads_masked_people_and_plain_amounts(session: psycopg.Connection) -> None:
    become(session, "koop_auditor", "KSP-A")
    people = "SELECT member_no, nik, full_name, address, birth_year FROM audit.members ORDER BY 1"
    assert session.execute(people).fetchall() == [
        ("A-1", "5301********0001", "S**i A****h", "J***n M***r *", 1990),
        ("A-2", None, 'B***, "********"', "", None),
    ]
    assert session.execute("SELECT phone FROM audit.cooperatives").fetchall() == [("+************0",)]
    assert session.execute("SELECT description, owner_name FROM audit.collaterals").fetchall() == [
        ("C****n", "S**i A****h")
    ]
    assert str(session.execute("SELECT balance FROM audit.savings_accounts").fetchall()[0][0]) == "100000.50"


@pytest.mark.parametrize(
    "text", ["Siti Aminah", "5301010101010001", "53010101010100011", "abc", "", "a  b", "Ó-é zzzz"]
)
def test_the_mask_of_the_views_is_that_of_the_program(session: psycopg.Connection, text: str) -> None:
    row = session.execute("SELECT audit.mask(%s)", [text]).fetchone()
    assert row == (mask_text(text),)


def test_a_number_that_is_a_nik_is_masked_and_still_joins(session: psycopg.Connection) -> None:
    for one in COOPERATIVES:
        become(session, "koop_platform", one)
        session.execute(
            "INSERT INTO platform.members (cooperative_id, member_no, full_name, party, membership, status, branch)"
            " VALUES (%s, '5301014101900001', 'x', 'person', 'member', 'active', 'Rumah Siti')", [one],
        )  # fmt: skip
        session.execute(
            "INSERT INTO platform.savings_accounts (cooperative_id, account_no, member_no, product_code, product_kind,"
            " nature, balance, status, source_no) VALUES (%s, 'S-2', '5301014101900001', 'SITI AMINAH', 'voluntary',"
            " 'liability', 1, 'open', '0812-3456-7890')", [one],
        )  # fmt: skip
    become(session, "koop_auditor", "KSP-A,KSP-B")
    rows = session.execute(
        "SELECT m.member_no, m.branch, s.account_no, s.product_code, s.source_no FROM audit.members m JOIN"
        " audit.savings_accounts s USING (cooperative_id, member_no) WHERE s.account_no = 'S-2' ORDER BY cooperative_id"
    ).fetchall()
    shapes = [[re.sub("~[0-9a-f]{8}$", "~", value) for value in row] for row in rows]
    assert shapes == [["5301********0001~", "R***h S**i~", "S-2", "S**I A****H~", "0************0~"]] * 2
    assert rows[0][0] != rows[1][0], "a person is not known again in another cooperative"
    held = session.execute(
        "SELECT DISTINCT key FROM audit.held UNION SELECT key FROM audit.amended UNION SELECT key FROM audit.delta_rows"
    ).fetchall()
    assert {row[0] for row in held} == {row[0] for row in rows}


def test_names_of_products_and_accounts_are_masked(session: psycopg.Connection) -> None:
    become(session, "koop_auditor", "KSP-A")
    assert session.execute("SELECT name FROM audit.products").fetchall() == [("P***k",)]
    assert session.execute("SELECT account_code, name FROM audit.accounts ORDER BY 1").fetchall() == [
        ("1", "A**t"), ("1.1", "***"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["A-0012", "1.01.02", "123456789", "1234567890", "12-34-56-78-90", "POKOK", "ab-cd", "Ó-é", "óéñ", "", "SITI"],
)
def test_what_the_views_mask_of_a_key_is_what_messages_mask(session: psycopg.Connection, text: str) -> None:
    row = session.execute("SELECT split_part(audit.code('KSP-A', %s, 'x'), '~', 1)", [text]).fetchone()
    assert row == (mask_key(text),)


def test_no_view_of_the_auditor_shows_a_personal_column_as_it_is(session: psycopg.Connection) -> None:
    shown = {
        (table, column)
        for table, column in session.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'audit'"
        ).fetchall()
    }
    personal = [(table.name, column.name) for table in PROMOTED for column in table.all_columns if column.personal]
    definitions: dict[str, str] = dict(
        session.execute("SELECT viewname, definition FROM pg_views WHERE schemaname = 'audit'").fetchall()
    )
    masked = {
        (table, name)
        for table, text in definitions.items()
        for name in re.findall(r"mask\((?:t\.)?(\w+)\) AS \w+", text)
    }
    coded = {
        (table, name)
        for table, text in definitions.items()
        for name in re.findall(r"code\(t\.cooperative_id, t\.(\w+), s\.secret\) AS \w+", text)
    }
    keys = {
        (table.name, column.name)
        for table in PROMOTED
        for column in table.all_columns
        if column.form == "code" or column.name in {"branch", "source_no"}
    }
    assert keys | {("held", "key"), ("amended", "key"), ("delta_rows", "key"), ("accounts", "controls")} == coded
    assert {each for each in personal if each in shown} <= masked
    assert set(personal) - masked == {("members", "birth_date")}
    assert not {(table.name, "extras") for table in PROMOTED} & shown
    assert ("delta_rows", "row_before") not in shown


@pytest.mark.parametrize("role", ["koop_loader", "koop_platform", "koop_auditor"])
def test_no_role_passes_by_row_level_security_or_logs_in(session: psycopg.Connection, role: str) -> None:
    row = session.execute(
        "SELECT rolbypassrls, rolsuper, rolcanlogin, rolcreaterole FROM pg_roles WHERE rolname = %s", [role]
    ).fetchone()
    assert row == (False, False, False, False)


def test_the_tenant_leads_every_key_and_index(session: psycopg.Connection) -> None:
    rows = session.execute(
        "SELECT i.indexrelid::regclass::text, a.attname FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN"
        " pg_namespace s ON s.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]"
        " WHERE s.nspname = 'platform'"
    ).fetchall()
    assert len(rows) > len(TABLES)
    assert {name for _, name in rows} == {"cooperative_id"}
