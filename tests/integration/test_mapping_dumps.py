"""Several dumps of one branch: the newest row a key wins; the older ones are counted, named and fail nothing."""

from collections.abc import Iterator

import pytest
from small_program import Outcome, SmallProgram

WORLD = SmallProgram()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with WORLD.outcome(tmp_path_factory.mktemp("dumps")) as outcome:
        yield outcome


DUMPS = WORLD.add(
    "DUMPS",
    """
    members:
      from: anggota
      exclude: {soft-deleted: "flag = '2'"}
      columns: {member_no: no, full_name: nama, birth_date: lahir, joined_on: tanggal(masuk)}
    savings_accounts:
      from: tabungan
      columns: {account_no: rek, member_no: no, product_code: {value: S}, balance: saldo}
    savings_transactions:
      from: mutasi
      columns: {account_no: rek, posted_on: tgl, kind: {value: deposit}, amount: jumlah}
    """,
    {
        "juni/anggota.csv": """
        no;nama;flag;lahir;masuk
        1;Siti lama;1;31/31/1980;salah
        2;Budi;1;02/02/1981;01/01/2010
        3;Wati;1;03/03/1982;01/01/2010
        """,
        "juli/anggota.csv": """
        no;nama;flag;lahir;masuk
        1;Siti baru;1;01/01/1980;01/01/2010
        3;Wati;2;03/03/1982;01/01/2010
        4;Rina;1;04/04/1983;01/01/2010
        """,
        "juni/tabungan.csv": "rek;no;saldo\nR1;1;1.000\nR2;2;2.000\n",
        "juli/tabungan.csv": "rek;no;saldo\nR1;1;1.500\n",
        "juni/mutasi.csv": "rek;tgl;jumlah\nR1;01/05/2026;500\nR1;01/05/2026;500\n",
        "juli/mutasi.csv": "rek;tgl;jumlah\nR1;01/05/2026;500\nR1;01/05/2026;500\nR1;20/06/2026;500\n",
    },
    source=[{"path": "juni", "as_of": "2026-05-31"}, {"path": "juli", "as_of": "2026-06-30"}],
)


def test_of_several_dumps_the_newest_row_a_key_wins(world: Outcome) -> None:
    rows = world.table("cleaned.members", DUMPS, "member_no, full_name, birth_date", "1")
    assert [row for row in rows if row[0] != "3"] == [
        ("1", "Siti baru", "1980-01-01"),
        ("2", "Budi", "1981-02-02"),
        ("4", "Rina", "1983-04-04"),
    ]
    assert world.table("cleaned.savings_accounts", DUMPS, "account_no, balance", "1") == [
        ("R1", "1500.00"),
        ("R2", "2000.00"),
    ]


def test_a_row_that_the_newest_dump_excludes_does_not_come_back_from_an_older_one(world: Outcome) -> None:
    assert [row for row in world.table("cleaned.members", DUMPS, "member_no") if row == ("3",)] == []


def test_older_rows_are_counted_and_named_with_rule_reason_and_amount(world: Outcome) -> None:
    columns = "table_name, key, rule, amount, source_file"
    rows = world.table("cleaned.exclusions", DUMPS, columns, "table_name, key, row")
    assert ("savings_accounts", "R1", "MAP-NEWEST-01", "1000.00", "legacy/DUMPS/juni/tabungan.csv") in rows
    assert ("members", "1", "MAP-NEWEST-01", None, "legacy/DUMPS/juni/anggota.csv") in rows
    sql = "SELECT extracted, added, excluded, kept FROM gate.row_counts WHERE cooperative_id = ? AND table_name = ?"
    assert world.rows(sql, [DUMPS, "savings_accounts"]) == [(3, 0, 1, 2)]


def test_equal_movements_of_two_dumps_are_one_movement_each(world: Outcome) -> None:
    rows = world.table("cleaned.savings_transactions", DUMPS, "posted_on, amount, _source_file", "1")
    assert rows == [
        ("2026-05-01", "500.00", "legacy/DUMPS/juli/mutasi.csv"),
        ("2026-05-01", "500.00", "legacy/DUMPS/juli/mutasi.csv"),
        ("2026-06-20", "500.00", "legacy/DUMPS/juli/mutasi.csv"),
    ]


def test_what_was_wrong_in_an_older_row_fails_nothing(world: Outcome) -> None:
    assert world.failures("mapped", DUMPS) + world.failures("cleaned", DUMPS) == []


KEYLESS = WORLD.add(
    "KEYLESS",
    """
    savings_accounts:
      from: tabungan
      columns: {account_no: rek, member_no: no, product_code: {value: S}, balance: saldo}
    """,
    {"lama/tabungan.csv": "rek;no;saldo\n;1;1.000\n", "baru/tabungan.csv": "rek;no;saldo\n;2;9.000\nR1;1;5\n"},
    source=[{"path": "lama", "as_of": "2026-05-31"}, {"path": "baru", "as_of": "2026-06-30"}],
)


def test_a_row_without_a_key_is_not_taken_for_another_without_a_key(world: Outcome) -> None:
    rows = world.table("cleaned.savings_accounts", KEYLESS, "member_no, balance", "2")
    assert sorted(row[1] or "" for row in rows) == ["1000.00", "5.00", "9000.00"]


def test_rows_of_every_table_are_conserved(world: Outcome) -> None:
    booked = world.rows(
        "SELECT cooperative_id, table_name, extracted + added - kept - merged - excluded - held FROM gate.row_counts"
        " WHERE extracted > 0"
    )
    assert len(booked) >= 4
    assert [row for row in booked if row[2] != 0] == []
    accounts = world.rows("SELECT used + excluded + ignored - rows, counted - rows FROM mapped.raw_accounts")
    assert set(accounts) == {(0, 0)}
