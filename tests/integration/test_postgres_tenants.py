"""Tenants and roles: nobody reads or writes across cooperatives, and an auditor sees masked values only."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from postgres_server import new_database
from psycopg.sql import SQL, Identifier
from small_target import COOPERATIVES, ROWS, load, opened

from koop_pipeline.contracts import PROMOTED
from koop_pipeline.identifiers.masking import mask_text

TABLES = [table.name for table in PROMOTED]
BOOKS = ("loads", "load_tables", "amended", "held", "verdicts", "evidence", "rollbacks", "rehearsals")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with two cooperatives loaded."""
    with new_database() as made:
        with opened(made, tmp_path_factory.mktemp("tenants")) as (staging, target):
            counts = [load(staging, target, cooperative_id) for cooperative_id in COOPERATIVES]
            assert counts == [sum(map(len, ROWS.values()))] * 2
        with psycopg.connect(made) as connection:
            for cooperative_id in COOPERATIVES:
                connection.execute(
                    "INSERT INTO migration.rehearsals VALUES (%s, 'b', 'x', true, '', now())", [cooperative_id]
                )
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


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize("role", ["koop_loader", "koop_auditor"])
def test_the_books_are_under_tenants_too(session: psycopg.Connection, role: str, book: str) -> None:
    become(session, role, "KSP-A")
    assert set(seen(session, "migration", book)) <= {"KSP-A"}


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
    assert {each for each in personal if each in shown} <= masked
    assert set(personal) - masked == {("members", "birth_date")}
    assert not {(table.name, "extras") for table in PROMOTED} & shown


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
