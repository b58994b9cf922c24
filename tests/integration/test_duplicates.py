"""Duplicates from delivery to the cleaned tables: what is merged, what follows it, and how every row is booked."""

from collections.abc import Iterator

import pytest
from small_program import Outcome, SmallProgram

from koop_pipeline.cleaning.step import clean_table
from koop_pipeline.contracts import TABLES
from koop_pipeline.defs.extract_map_clean import CLEANED
from koop_pipeline.gates.step import set_scope

WORLD = SmallProgram()
MAPPING = """
members:
  from: anggota
  exclude: {test row: "nama = 'TEST'"}
  columns:
    member_no: no
    full_name: nama
    nik: ktp
    birth_date: lahir
    phone: hp
    address: alamat
    joined_on: masuk
    membership: {value: member}
    status: {from: st, values: {A: active, K: left}}
savings_accounts:
  from: tabungan
  columns:
    {account_no: rek, member_no: no, product_code: {value: POKOK}, product_kind: {value: principal}, balance: saldo}
loans:
  from: pinjaman
  columns: {loan_no: pj, member_no: no, product_code: {value: UMUM}, principal: sisa, outstanding_principal: sisa}
officers:
  from: pengurus
  columns: {full_name: nama, member_no: no, position: {value: chair}, status: {value: active}}
collaterals:
  from: agunan
  columns: {collateral_no: ag, member_no: no, kind: {value: goods}, status: {value: held}}
"""
FILES = {
    "anggota.csv": """
    no;nama;ktp;lahir;hp;alamat;masuk;st
    001;Siti Aminah;5301014101800001;;0812;Jl. Timor 1;01/02/2010;A
    002;SITI AMINAH;5301014101800001;01/01/1980;081234567890;;01/02/2005;K
    003;Budi Santoso;;02/02/1975;;Jl. Mawar No 3;;A
    004;Budi Santosa;;02/02/1975;;Jalan Mawar 3;;A
    005;TEST;5301014101800001;;;;;A
    """,
    "tabungan.csv": "rek;no;saldo\nR1;001;100\nR2;002;50\nR3;004;10\n",
    "pinjaman.csv": "pj;no;sisa\nP1;002;70\n",
    "pengurus.csv": "nama;no\nSiti Aminah;002\n",
    "agunan.csv": "ag;no\nA1;002\n",
}
TWICE = WORLD.add("TWICE", MAPPING, FILES)
ONCE = WORLD.add("ONCE", MAPPING, {**FILES, "anggota.csv": "\n".join(FILES["anggota.csv"].strip().splitlines()[:2])})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with WORLD.outcome(tmp_path_factory.mktemp("duplicates")) as outcome:
        clean_table(outcome.staging, outcome.run, TABLES["officers"])
        set_scope(outcome.staging, outcome.run)
        yield outcome


def test_the_sure_pair_is_one_member_with_the_cells_of_both(world: Outcome) -> None:
    assert world.table("cleaned.members", TWICE, "member_no, status, birth_date, phone, address, joined_on") == [
        ("001", "active", "1980-01-01", "+6281234567890", "Jl. Timor 1", "2010-02-01"),
        ("003", "active", "1975-02-02", None, "Jl. Mawar No 3", None),
        ("004", "active", "1975-02-02", None, "Jalan Mawar 3", None),
    ]
    assert world.table("cleaned.merges", TWICE, "row, member_no, into_row, into_member_no, rule, score", "row") == [
        ("2", "002", "1", "001", "MBR-DUP-01", "185")
    ]


def test_the_merged_row_is_booked_as_merged_and_no_row_is_lost(world: Outcome) -> None:
    sql = "SELECT table_name, extracted, added, kept, merged, excluded FROM gate.row_counts WHERE cooperative_id = ?"
    booked = {row[0]: row[1:] for row in world.rows(sql, [TWICE])}
    assert booked["members"] == (5, 0, 3, 1, 1)
    assert booked["savings_accounts"] == (3, 0, 3, 0, 0)
    assert booked["loans"] == (1, 0, 1, 0, 0)
    exclusions = "SELECT row, rule, key, source_row FROM cleaned.exclusions WHERE cooperative_id = ? ORDER BY row"
    assert world.rows(exclusions, [TWICE]) == [(2, "MBR-DUP-01", "002", 3), (5, "MAP-EXCLUDED-01", "005", 6)]


def test_the_control_of_members_counts_what_was_merged(world: Outcome) -> None:
    sql = "SELECT extracted, kept, excluded FROM gate.money WHERE cooperative_id = ? AND control = 'members'"
    assert [tuple(map(int, row)) for row in world.rows(sql, [TWICE])] == [(5, 3, 2)]


@pytest.mark.parametrize("table", ["savings_accounts", "loans", "officers", "collaterals"])
def test_what_refers_to_the_merged_member_follows(world: Outcome, table: str) -> None:
    numbers = [row[0] for row in world.table(f"cleaned.{table}", TWICE, "member_no")]
    assert numbers == (["001", "001", "004"] if table == "savings_accounts" else ["001"])
    changes = (
        "SELECT row, before, after, rule FROM cleaned.changes WHERE cooperative_id = ? AND table_name = ?"
        " AND column_name = 'member_no'"
    )
    row = 2 if table == "savings_accounts" else 1
    assert world.rows(changes, [TWICE, table]) == [(row, "002", "001", "MBR-DUP-01")]


def test_filled_cells_name_the_merge_as_their_rule(world: Outcome) -> None:
    sql = (
        "SELECT row, column_name, before, after, rule FROM cleaned.changes WHERE cooperative_id = ?"
        " AND table_name = 'members' AND row = 1 AND column_name IN ('phone', 'birth_date') ORDER BY ALL"
    )
    assert world.rows(sql, [TWICE]) == [
        (1, "birth_date", "", "1980-01-01", "MBR-DUP-01"),
        (1, "phone", "0812", "+6281234567890", "MBR-DUP-01"),
    ]


def test_the_findings_are_the_merge_and_the_probable_pair_and_nothing_about_a_missing_parent(world: Outcome) -> None:
    sql = "SELECT rule, row, source_row, before, note FROM cleaned.failures WHERE cooperative_id = ? ORDER BY rule"
    assert world.rows(sql, [TWICE]) == [
        ("MBR-DUP-01", 2, 3, "002", "member 002 was merged into member 001: same nik, same full name, score 185"),
        (
            "MBR-DUP-02", 4, 5, "004",
            "member 004 may be the same person as member 003: same birth date, similar full name, same address,"
            " score 85",
        ),
    ]  # fmt: skip


def test_cooperatives_learn_how_many_they_share_and_keep_their_own_members(world: Outcome) -> None:
    assert world.rows("FROM cleaned.shared_people ORDER BY ALL") == [(ONCE, 1), (TWICE, 1)]
    assert [row[0] for row in world.table("cleaned.members", ONCE, "member_no")] == ["001"]
    assert world.table("cleaned.savings_accounts", ONCE, "member_no") == [("001",), ("002",), ("004",)]


def test_cleaning_again_gives_the_same(world: Outcome) -> None:
    tables = ("members", "merges", "merge_changes", "probable_duplicates", "shared_people", "exclusions", "failures")
    before = [world.rows(f"FROM cleaned.{name} ORDER BY ALL") for name in tables]
    for name in ("members", "savings_accounts", "loans", "officers", "collaterals"):
        clean_table(world.staging, world.run, TABLES[name])
    assert [world.rows(f"FROM cleaned.{name} ORDER BY ALL") for name in tables] == before


def test_members_are_cleaned_before_what_refers_to_them() -> None:
    above = {asset.key.to_user_string(): {key.to_user_string() for key in asset.dependency_keys} for asset in CLEANED}
    for name in ("savings_accounts", "loans", "officers", "collaterals"):
        assert "cleaned_members" in above[f"cleaned_{name}"]


def test_a_row_of_the_raw_delivery_can_still_be_found(world: Outcome) -> None:
    sql = (
        "SELECT f.rule, m.full_name FROM cleaned.failures f JOIN mapped.members m ON m.cooperative_id ="
        " f.cooperative_id AND m._row = f.row WHERE f.cooperative_id = ? ORDER BY ALL"
    )
    assert world.rows(sql, [TWICE]) == [("MBR-DUP-01", "SITI AMINAH"), ("MBR-DUP-02", "Budi Santosa")]
