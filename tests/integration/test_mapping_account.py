"""Nothing is lost between raw and cleaned: controls, `ignore`, what is unused, and the account of every raw table."""

from collections.abc import Iterator

import pytest
from small_program import Outcome, SmallProgram

WORLD = SmallProgram()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with WORLD.outcome(tmp_path_factory.mktemp("account")) as outcome:
        yield outcome


FULL = WORLD.add(
    "FULL",
    """
    members:
      from: anggota
      exclude: {test row: "nama like 'TEST%'"}
      columns: {member_no: no, full_name: nama}
    savings_accounts:
      from: tabungan
      exclude: {closed: "flag = '2'"}
      columns: {account_no: rek, member_no: no, product_code: {value: SUKA}, balance: saldo}
    loans:
      from: pinjaman
      sql: |
        select list(row_id) as row_id, pj as loan_no, any_value(no) as member_no, 'UMUM' as product_code,
          sum(rupiah(sisa)) as outstanding_principal
        from pinjaman group by pj
    controls:
      savings: select sum(rupiah(saldo)) from tabungan where flag <> '2'
      loans: select sum(rupiah(sisa)) from pinjaman
      members: select count(*) from anggota
      assets: select sum(rupiah(nilai)) from neraca where tanggal(tgl) <= $cutoff_on
    ignore:
      log_*: not migrated
      anggota.kode_sandi: passwords stay behind
      "*.catatan": remarks stay behind
      tabungan.saldo_lama: replaced by saldo
      tabungan.setoran_bulan_ini: replaced by saldo
    """,
    {
        "anggota.csv": """
        no;nama;kode_sandi;catatan;umur;kosong
        1;Siti;rahasia;x;30;
        2;TEST;rahasia;;;
        """,
        "tabungan.csv": """
        rek;no;saldo;flag;saldo_lama;setoran_bulan_ini
        R1;1;10.000,50;1;9.000;150.000
        R2;1;5.000;2;-1.000,25;0
        R3;1;0;1;;25.000
        """,
        "pinjaman.csv": "pj;no;sisa\nL1;1;100.000\nL1;1;50.000\nL2;1;75.000\n",
        "neraca.csv": "tgl;nilai\n30/06/2026;900.000\n01/07/2026;1\n",
        "log_harian.csv": "id;jumlah;ket\n1;2.500;a\n2;1.500;b\n",
        "lain.csv": "a;b\n1;2\n3;4\n5;6\n",
    },
)


def test_every_raw_table_is_used_excluded_or_ignored_and_counted_twice(world: Outcome) -> None:
    assert world.accounts(FULL) == [
        ("anggota", 2, 2, 1, 1, 0),
        ("lain", 3, 3, 0, 0, 3),
        ("log_harian", 2, 2, 0, 0, 2),
        ("neraca", 2, 2, 2, 0, 0),
        ("pinjaman", 3, 3, 3, 0, 0),
        ("tabungan", 3, 3, 2, 1, 0),
    ]


def test_every_raw_table_of_every_cooperative_adds_up(world: Outcome) -> None:
    sums = world.rows(
        "SELECT cooperative_id, source_table, used + excluded + ignored - rows, counted - rows FROM mapped.raw_accounts"
    )
    assert len(sums) == world.rows("SELECT count(*) FROM raw.tables")[0][0]
    assert {row[2:] for row in sums} == {(0, 0)}


def test_a_table_or_column_that_nothing_uses_and_ignore_does_not_name_is_listed(world: Outcome) -> None:
    notes = world.notes(FULL, "MAP-UNUSED-01")
    assert [note for note in notes if "table lain" in note and "3 rows" in note]
    assert [note for note in notes if "anggota.umur" in note and "1 filled" in note]
    assert len(notes) == 2, notes


def test_ignored_amounts_that_are_not_zero_are_listed_with_their_sum(world: Outcome) -> None:
    amounts = world.rows(
        "SELECT source_table, column_name, reason, cells, total::VARCHAR FROM mapped.ignored_amounts"
        " WHERE cooperative_id = ? ORDER BY ALL",
        [FULL],
    )
    assert ("log_harian", "jumlah", "not migrated", 2, "4000.00") in amounts
    assert ("tabungan", "saldo_lama", "replaced by saldo", 2, "7999.75") in amounts


def test_an_ignored_amount_is_listed_whatever_period_its_column_names(world: Outcome) -> None:
    amounts = world.rows(
        "SELECT column_name, total::VARCHAR FROM mapped.ignored_amounts WHERE cooperative_id = ?", [FULL]
    )
    assert ("setoran_bulan_ini", "175000.00") in amounts


def test_controls_are_totals_straight_from_raw(world: Outcome) -> None:
    sql = "SELECT name, delivered::VARCHAR FROM mapped.controls WHERE cooperative_id = ? ORDER BY name"
    assert world.rows(sql, [FULL]) == [
        ("assets", "900000.00"),
        ("loans", "225000.00"),
        ("members", "2.00"),
        ("savings", "10000.50"),
    ]


MIXED = WORLD.add(
    "MIXED",
    """
    members: {from: anggota, columns: {member_no: no, full_name: nama}}
    ignore: {log_*: not migrated}
    """,
    {"anggota.csv": "no;nama\n1;Siti\n", "log_a.csv": "jumlah\n1.000\n2.000\nbatal\n"},
)


def test_one_unreadable_cell_does_not_hide_the_sum_of_an_ignored_column(world: Outcome) -> None:
    sql = "SELECT column_name, total::VARCHAR FROM mapped.ignored_amounts WHERE cooperative_id = ?"
    assert world.rows(sql, [MIXED]) == [("jumlah", "3000.00")]


BADCONTROL = WORLD.add(
    "BADCONTROL",
    """
    members: {from: anggota, columns: {member_no: no, full_name: nama}}
    controls: {savings: select sum(rupiah(saldo)) from anggota}
    """,
    {"anggota.csv": "no;nama;saldo\n1;Siti;seribu\n"},
)


def test_a_control_that_cannot_be_computed_is_delivered_as_unknown_never_as_zero(world: Outcome) -> None:
    assert world.halt(BADCONTROL) == ""
    sql = "SELECT name, delivered FROM mapped.controls WHERE cooperative_id = ?"
    assert world.rows(sql, [BADCONTROL]) == [("savings", None)]


TWICE = WORLD.add(
    "TWICE",
    """
    members:
      - {from: orang, exclude: {no member: "anggota <> 'Y'"}, columns: {member_no: no, full_name: nama}}
    officers:
      - from: orang
        exclude: {no officer: "jabatan = ''"}
        columns: {full_name: nama, position: jabatan, status: {value: active}}
    """,
    {"orang.csv": "no;nama;anggota;jabatan\n1;Siti;Y;chair\n2;Budi;Y;\n3;Wati;T;treasurer\n4;Tamu;T;\n"},
)


def test_a_row_is_excluded_only_where_every_block_that_leads_from_it_excludes_it(world: Outcome) -> None:
    assert world.accounts(TWICE) == [("orang", 4, 4, 3, 1, 0)]
    assert world.table("cleaned.members", TWICE, "member_no") == [("1",), ("2",)]
    assert world.table("cleaned.officers", TWICE, "full_name") == [("Siti",), ("Wati",)]


EMPTY = WORLD.add(
    "EMPTY",
    """
    members: {from: anggota, columns: {member_no: no, full_name: nama}}
    collaterals: {from: agunan, columns: {collateral_no: no, kind: {value: other}}}
    """,
    {"anggota.csv": "no;nama\n1;Siti\n", "agunan.csv": "no;jenis\n"},
    absent={"collaterals": "unsecured loans only, letter of 2026-06-01"},
)


def test_an_absent_category_is_declared_with_its_reason_and_maps_to_nothing(world: Outcome) -> None:
    assert world.halt(EMPTY) == ""
    assert world.blocks(EMPTY, "collaterals") == [(0, 0, 0, 0, 0)]
    assert world.rows("SELECT * FROM gate.absent WHERE cooperative_id = ?", [EMPTY]) == [
        (EMPTY, "collaterals", "unsecured loans only, letter of 2026-06-01")
    ]


def test_rows_of_every_table_are_conserved(world: Outcome) -> None:
    wrong = world.rows(
        "SELECT r.cooperative_id, r.table_name FROM gate.row_counts r LEFT JOIN (SELECT cooperative_id, table_name,"
        " sum(lost) AS lost FROM mapped.blocks GROUP BY ALL) b USING (cooperative_id, table_name) WHERE"
        " extracted + added <> kept + merged + excluded + held + coalesce(b.lost, 0)"
    )
    assert wrong == []
    booked = world.rows(
        "SELECT table_name, extracted, added, merged, excluded, held, kept FROM gate.row_counts"
        " WHERE cooperative_id = ? AND (extracted > 0 OR added > 0) ORDER BY table_name",
        [FULL],
    )
    assert booked == [
        ("cooperatives", 0, 1, 0, 0, 0, 1),
        ("loans", 2, 0, 0, 0, 0, 2),
        ("members", 2, 0, 0, 1, 0, 1),
        ("products", 0, 2, 0, 0, 0, 2),
        ("savings_accounts", 3, 0, 0, 1, 0, 2),
    ]
