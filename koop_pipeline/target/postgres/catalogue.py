"""Whether PostgreSQL itself still holds what the schema's version promises: keys, checks, tenants, grants, views.

What is promised is not described a second time: the revisions are run anew into schemas of another name, in a
transaction that is rolled back, and the catalogue of both is compared fact by fact (`catalogue.sql`). Put here what of
the database's own additions is let be, and what the roles may not be. Roles belong to the server, not to a schema.
"""

from typing import Any

import psycopg

from koop_pipeline.target.postgres.schema import FOLDER, ROLES, Schemas, promised

Facts = dict[tuple[str, str, str], str]
FURTHER = frozenset({"policy", "trigger", "rule", "grant"})
"""Kinds of facts of which a table may have no more than is promised. A platform may add tables, columns, indexes and
constraints of its own: they take nothing away."""
TELLING = 160
NOTHING = ["rolsuper", "rolbypassrls", "rolcanlogin", "rolcreaterole", "rolcreatedb", "rolreplication"]
LOOSENING = ("koop.cooperatives", "row_security", "session_replication_role", "search_path", "role")


def faults(url: str, schemas: Schemas) -> list[str]:
    """What is not there, is another or was added, one sentence each, in order; empty where all holds."""
    try:
        with promised(url) as (connection, anew):
            connection.execute("SET LOCAL search_path = pg_catalog; SET LOCAL lock_timeout = '30s'")
            meant, found = _facts(connection, anew), _facts(connection, schemas)
            return [*roles(connection, schemas), *_compared(meant, found)]
    except psycopg.errors.InsufficientPrivilege:
        return [
            "its constraints cannot be checked, for this user may not create schemas in the database; verify as the"
            " user that migrates"
        ]


def _compared(meant: Facts, found: Facts) -> list[str]:
    ours = {place for place, _, _ in meant}
    said = []
    for fact in sorted({*meant, *found}):
        place, kind, name = fact
        what = f"{kind} {name}".strip()
        if fact not in found:
            if kind != "grant" or name.endswith(tuple(f" to {role}" for role in (*ROLES, "PUBLIC"))):
                said.append(f"{place} has no {what}")
        elif fact not in meant:
            if place in ours and kind in FURTHER:
                said.append(f"{place} has a further {what}")
        elif meant[fact] != found[fact]:
            short = len(meant[fact] + found[fact]) < TELLING
            said.append(
                f"{place}: {what} is " + (f"{found[fact]}; promised: {meant[fact]}" if short else "another one")
            )
    return said


def _facts(connection: psycopg.Connection[Any], schemas: Schemas) -> Facts:
    """What the catalogue says of these schemas, under the names that they have without a prefix."""
    sql = (FOLDER / "catalogue.sql").read_text(encoding="utf-8")
    rows = connection.execute(sql.encode(), {"names": list(schemas.all)}).fetchall()
    plain = [[str(text).replace(schemas.prefix, "") if schemas.prefix else str(text) for text in row] for row in rows]
    return {(place, kind, name): detail for place, kind, name, detail in plain}


def roles(connection: psycopg.Connection[Any], schemas: Schemas) -> list[str]:
    """What makes one of the three roles more than it should be."""
    said = []
    listed = {"roles": list(ROLES), "schemas": list(schemas.all), "names": list(LOOSENING)}
    attributes = ", ".join(NOTHING)
    has = {row[0]: row[1:] for row in connection.execute(
        f"SELECT rolname, {attributes} FROM pg_roles WHERE rolname = ANY (%(roles)s)".encode(), listed
    ).fetchall()}  # fmt: skip
    for role in ROLES:
        if role not in has:
            said.append(f"there is no role {role}")
        said += [f"role {role} is {name[3:]}" for name, on in zip(NOTHING, has.get(role, ()), strict=False) if on]
    said += [f"role {role} is a member of {group}" for role, group in connection.execute(
        "SELECT r.rolname, g.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member JOIN pg_roles g ON"
        " g.oid = m.roleid WHERE r.rolname = ANY (%(roles)s) ORDER BY 1, 2", listed
    ).fetchall()]  # fmt: skip
    said += [f"role {role} owns the schema {name}" for role, name in connection.execute(
        "SELECT pg_get_userbyid(nspowner), nspname FROM pg_namespace WHERE nspname = ANY (%(schemas)s)"
        " AND pg_get_userbyid(nspowner) = ANY (%(roles)s) ORDER BY 1, 2", listed
    ).fetchall()]  # fmt: skip
    said += [f"{whose} sets {name} for every session" for whose, name in connection.execute(
        "SELECT coalesce('role ' || r.rolname, 'the database'), split_part(setting, '=', 1) FROM pg_db_role_setting s"
        " CROSS JOIN unnest(s.setconfig) AS setting LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d"
        " ON d.oid = s.setdatabase WHERE (s.setdatabase = 0 OR d.datname = current_database()) AND (s.setrole = 0 OR"
        " r.rolname = ANY (%(roles)s)) AND split_part(setting, '=', 1) = ANY (%(names)s) ORDER BY 1, 2", listed
    ).fetchall()]  # fmt: skip
    return said
