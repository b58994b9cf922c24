"""Profiles that do not fit: each stops its own cooperative with one sentence that names file, line and nearest name."""

from collections.abc import Iterator

import pytest
from small_program import Outcome, SmallProgram

WORLD = SmallProgram()
ANGGOTA = {"anggota.csv": "no;nama;saldo\n1;Siti;10\n"}
OF_A_COLUMN = {
    "NEAR": ("nma", ["line 8", "columns.full_name", "'nma'", "did you mean 'nama'?"]),
    "NEAREXPR": ("upper(nma)", ["line 8", "columns.full_name", "'nma'", "did you mean 'nama'?"]),
    "DOUBLE": ("cast(no as double)", ["line 8", "columns.full_name", "DOUBLE"]),
    "FLOAT": ("cast(no as float)", ["line 8", "columns.full_name", "FLOAT"]),
    "RATIO": ("rupiah(saldo) / 3", ["line 8", "columns.full_name", "DOUBLE"]),
    "SHAPE": ("string_split(nama, ' ')", ["line 8", "columns.full_name", "VARCHAR[]"]),
    "CLOCK": ("current_date", ["line 8", "columns.full_name", "current_date"]),
    "NOW": ("now()::varchar", ["line 8", "columns.full_name", "now()"]),
    "CHANCE": ("random()::varchar", ["line 8", "columns.full_name", "random()"]),
    "PARAM": ("nama || $today", ["line 8", "columns.full_name", "$today", "$cutoff_on"]),
    "BROKEN": ("upper(nama", ["line 8", "columns.full_name", "not valid SQL"]),
    "ENV": ("getenv('HOME')", ["line 8", "columns.full_name", "getenv"]),
}
OF_A_QUERY = {
    "NOTABLE": ("select row_id, no as member_no from angota", ["line 6", "'angota'", "did you mean 'anggota'?"]),
    "NOROWID": ("select no as member_no from anggota", ["line 6", "row_id"]),
    "TEXTROWID": ("select row_id::varchar as row_id, no as member_no from anggota", ["line 6", "row_id"]),
    "NOQCOL": ("select row_id, nmo as member_no from anggota", ["line 6", "nmo"]),
    "QDOUBLE": ("select row_id, no as member_no, 1e0 as full_name from anggota", ["full_name", "DOUBLE"]),
    "FILE": ("select 1::bigint as row_id, * from read_csv('/etc/passwd')", ["line 6", "read_csv", "not allowed"]),
    "FILEPATH": ("select 1::bigint as row_id, * from '/etc/passwd'", ["line 6", "/etc/passwd"]),
    "GLOBFS": ("select 1::bigint as row_id, * from glob('/*')", ["line 6", "glob", "not allowed"]),
    "OTHERS": ('select row_id, no as member_no from raw."NEAR/anggota"', ["line 6", "only the raw tables"]),
    "STAGING": ("select 1::bigint as row_id, m.* from mapped.members m", ["line 6", "only the raw tables"]),
    "CATALOG": ("select 1::bigint as row_id, * from duckdb_tables()", ["line 6", "duckdb_tables", "not allowed"]),
    "PRAGMA": ("pragma version", ["line 6", "SELECT"]),
    "DDL": ("drop table anggota", ["line 6", "only one SELECT"]),
    "TWO": ("select row_id from anggota; select 1", ["line 6", "only one SELECT"]),
    "SAMPLED": ("select row_id, no as member_no from anggota using sample 1", ["line 6", "sample"]),
    "STRANGER": ("select row_id + 5 as row_id, no as member_no from anggota", ["line 6", "leading table"]),
    "NULLID": ("select null::bigint as row_id, no as member_no from anggota", ["row_id"]),
    "TWICE": ("select row_id, no as member_no, nama as member_no from anggota", ["line 6", "alias"]),
    "USELESS": ("select row_id, no as membr_no from anggota", ["line 6", "membr_no"]),
}
for name, (expression, _) in OF_A_COLUMN.items():
    WORLD.add(
        name,
        f"members:\n  from: anggota\n  columns:\n    member_no: no\n    full_name: {expression}\n",
        ANGGOTA,
    )
for name, (query, _) in OF_A_QUERY.items():
    WORLD.add(name, f"members:\n  from: anggota\n  sql: >-\n    {query}\n", ANGGOTA)
TABLE = WORLD.add("TABLE", "members:\n  from: angota\n  columns: {member_no: no}\n", ANGGOTA)
EXCLUDED = WORLD.add(
    "EXCLUDED",
    "members:\n  from: anggota\n  exclude:\n    gone: sldo = '2'\n  columns: {member_no: no}\n",
    ANGGOTA,
)
CONTROL = WORLD.add(
    "CONTROL",
    "members: {from: anggota, columns: {member_no: no}}\ncontrols:\n  savings: select sum(rupiah(saldo)) from angota\n",
    ANGGOTA,
)
CONTROLDOUBLE = WORLD.add(
    "CONTROLDOUBLE",
    "members: {from: anggota, columns: {member_no: no}}\ncontrols:\n  savings: select sum(no::double) from anggota\n",
    ANGGOTA,
)
GOOD = WORLD.add("GOOD", "members: {from: anggota, columns: {member_no: no, full_name: nama}}\n", ANGGOTA)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with WORLD.outcome(tmp_path_factory.mktemp("refused")) as outcome:
        yield outcome


@pytest.mark.parametrize(("cooperative_id", "expected"), [(key, value[1]) for key, value in OF_A_COLUMN.items()])
def test_a_column_that_cannot_be_made_stops_the_cooperative(
    world: Outcome, cooperative_id: str, expected: list[str]
) -> None:
    message = world.halt(cooperative_id)
    assert [part for part in [f"{cooperative_id}.yaml", *expected] if part not in message] == [], message
    assert "\n" not in message
    assert world.table("mapped.members", cooperative_id, "member_no") == []


@pytest.mark.parametrize(("cooperative_id", "expected"), [(key, value[1]) for key, value in OF_A_QUERY.items()])
def test_a_query_that_reaches_elsewhere_or_is_wrong_stops_the_cooperative(
    world: Outcome, cooperative_id: str, expected: list[str]
) -> None:
    message = world.halt(cooperative_id)
    assert [part for part in [f"{cooperative_id}.yaml", *expected] if part not in message] == [], message
    assert "\n" not in message
    assert world.table("mapped.members", cooperative_id, "member_no") == []


def test_a_leading_table_that_was_not_delivered_is_named_with_the_nearest(world: Outcome) -> None:
    assert "line 5" in world.halt(TABLE)
    assert "'angota'; did you mean 'anggota'?" in world.halt(TABLE)


def test_an_exclusion_that_names_no_column_is_refused_at_its_line(world: Outcome) -> None:
    assert "line 7" in world.halt(EXCLUDED)
    assert "'sldo'; did you mean 'saldo'?" in world.halt(EXCLUDED)


def test_controls_are_held_to_the_same_rules(world: Outcome) -> None:
    assert "line 6" in world.halt(CONTROL)
    assert "did you mean 'anggota'?" in world.halt(CONTROL)
    assert "DOUBLE" in world.halt(CONTROLDOUBLE)


def test_one_cooperative_never_harms_another(world: Outcome) -> None:
    assert world.halt(GOOD) == ""
    assert world.table("cleaned.members", GOOD, "member_no, full_name") == [("1", "Siti")]
