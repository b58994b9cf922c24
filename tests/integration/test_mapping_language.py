"""The mapping language of design section 4: columns, settings, constants, blocks, globs, exclusions, overrides.

Profile SQL is in `test_mapping_sql.py`, what is left unused in `test_mapping_account.py`, branches and several dumps in
`test_mapping_branches.py`.
"""

from collections.abc import Iterator

import pytest
from small_program import Outcome, SmallProgram

WORLD = SmallProgram()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with WORLD.outcome(tmp_path_factory.mktemp("language")) as outcome:
        yield outcome


NAMES = WORLD.add(
    "NAMES",
    """
    members:
      from: anggota
      columns:
        member_no: no
        full_name: Nama Lengkap
        joined_on: 2tgl
        address: alamat - kota
        phone: NO_HP
        birth_place: upper(kota) || ', ' || "alamat - kota"
        source_no: order
    """,
    {
        "anggota.csv": """
        no;Nama Lengkap;2tgl;alamat - kota;kota;No_hp;order
        010;Siti Rahmawati;03/04/2020;Jl. Melati 1;Kupang;081234567890;x1
        1.10;Budi Santoso;28/02/2021;Jl. Mawar 2;Ende;081234567891;x2
        """
    },
)


def test_a_raw_column_is_taken_by_its_exact_name_however_odd(world: Outcome) -> None:
    columns = "member_no, full_name, joined_on, address, phone, source_no"
    assert world.table("cleaned.members", NAMES, columns) == [
        ("010", "Siti Rahmawati", "2020-04-03", "Jl. Melati 1", "+6281234567890", "x1"),
        ("1.10", "Budi Santoso", "2021-02-28", "Jl. Mawar 2", "+6281234567891", "x2"),
    ]


def test_what_is_no_raw_column_is_an_expression(world: Outcome) -> None:
    assert world.table("cleaned.members", NAMES, "birth_place") == [("KUPANG, Jl. Melati 1",), ("ENDE, Jl. Mawar 2",)]


def test_mapped_keeps_the_text_as_delivered_and_the_place_it_came_from(world: Outcome) -> None:
    columns = "joined_on, phone, _source_file, _source_table, _source_row"
    assert world.table("mapped.members", NAMES, columns) == [
        ("03/04/2020", "081234567890", "legacy/NAMES/anggota.csv", "anggota", "2"),
        ("28/02/2021", "081234567891", "legacy/NAMES/anggota.csv", "anggota", "3"),
    ]


SETTINGS = WORLD.add(
    "SETTINGS",
    """
    savings_accounts:
      from: tabungan
      columns:
        account_no: norek
        member_no: anggota
        product_code: {value: "010"}
        product_kind: {from: jenis, values: {P: principal, W: mandatory, X: null}, otherwise: voluntary}
        nature: {from: sifat, values: {M: equity, K: liability}, otherwise: null}
        opened_on: {from: buka, dates: mdy}
        matures_on: tempo
        balance: saldo
        blocked_amount: {from: blokir, decimal: "."}
        annual_rate: {from: bunga, decimal: "."}
        status: {from: aktif, values: {Y: open, N: closed}}
        source_no: {value: null}
    """,
    {
        "tabungan.csv": """
        norek;anggota;jenis;sifat;buka;tempo;saldo;blokir;bunga;aktif
        T1;A1;P;M;04/03/2020;04/03/2027;1.250.000,50;1,250.50;2.5;Y
        T2;A2;Q;??;12/31/2021;;0;0;6;n
        T3;A3;X;K;01/02/2022;;10;;;Z
        T4;A4; p ;m;01/02/2022;;10;;;
        """
    },
)


def test_settings_of_one_column_overrule_those_of_the_profile(world: Outcome) -> None:
    columns = "opened_on, matures_on, balance, blocked_amount, annual_rate"
    assert world.table("cleaned.savings_accounts", SETTINGS, columns)[:2] == [
        ("2020-04-03", "2027-03-04", "1250000.50", "1250.50", "2.500000"),
        ("2021-12-31", None, "0.00", "0.00", "6.000000"),
    ]


def test_a_value_table_names_values_null_and_the_rest(world: Outcome) -> None:
    rows = world.table("cleaned.savings_accounts", SETTINGS, "product_kind, nature")
    assert rows[0] == ("principal", "equity")
    assert rows[1] == ("voluntary", "liability"), "Q by `otherwise`; the nature is empty by `otherwise: null`, derived"
    assert rows[2] == (None, "liability"), "X is named, and means nothing"
    assert rows[3] == ("principal", "equity"), "blanks around a value and its case do not matter"


def test_a_value_that_neither_the_table_nor_otherwise_covers_is_a_failed_rule(world: Outcome) -> None:
    assert world.table("cleaned.savings_accounts", SETTINGS, "status") == [("open",), ("closed",), (None,), (None,)]
    assert world.failures("cleaned", SETTINGS) == [("savings_accounts", 4, "status", "SAV-ENM-01", "Z")]


def test_a_constant_stands_in_every_row(world: Outcome) -> None:
    assert world.table("cleaned.savings_accounts", SETTINGS, "product_code, source_no") == [("010", None)] * 4


CASED = WORLD.add(
    "CASED",
    """
    members:
      from: anggota
      columns: {member_no: no, full_name: nama, gender: {from: jk, values: {A: null, a: female, B: male}}}
    """,
    {"anggota.csv": "no;nama;jk\n1;Ana;a\n2;Ani;A\n3;Beni;b\n"},
)


def test_a_value_table_that_tells_cases_apart_is_obeyed_to_the_letter(world: Outcome) -> None:
    assert world.table("cleaned.members", CASED, "gender") == [("female",), (None,), ("male",)]


BLOCKS = WORLD.add(
    "BLOCKS",
    """
    savings_accounts:
      - from: simpanan_pokok
        columns: {account_no: "'P-' || no", member_no: no, product_code: {value: POKOK}, balance: jumlah}
      - from: tabungan
        columns: {account_no: rek, member_no: no, product_code: {value: SUKA}, balance: {from: saldo, decimal: "."}}
    """,
    {
        "simpanan_pokok.csv": "no;jumlah\n1;100.000,00\n2;100.000,00\n",
        "tabungan.csv": "rek;no;saldo\nR1;1;2,500.75\n",
    },
)


def test_several_blocks_feed_one_table_each_read_its_own_way(world: Outcome) -> None:
    assert world.table("cleaned.savings_accounts", BLOCKS, "account_no, product_code, balance") == [
        ("P-1", "POKOK", "100000.00"),
        ("P-2", "POKOK", "100000.00"),
        ("R1", "SUKA", "2500.75"),
    ]
    assert world.blocks(BLOCKS, "savings_accounts") == [(2, 2, 2, 0, 0), (1, 1, 1, 0, 0)]


GLOB = WORLD.add(
    "GLOB",
    """
    savings_transactions:
      from: tran*
      columns: {account_no: rek, posted_on: tgl, amount: jumlah, source_no: source_table, kind: {value: deposit}}
    """,
    {
        "tran1115.csv": "rek;tgl;jumlah\nR1;01/11/2015;10.000\nR2;02/11/2015;20.000\n",
        "tran1215.csv": "jumlah;rek;tgl;ket\n30.000;R1;01/12/2015;setor\n",
        "TRAN0116.csv": "rek;tgl;jumlah\nR3;05/01/2016;40.000\n",
        "lain.csv": "rek\nR9\n",
    },
)


def test_a_glob_makes_one_table_of_many_files(world: Outcome) -> None:
    rows = world.table("cleaned.savings_transactions", GLOB, "source_no, account_no, posted_on, amount", "posted_on")
    assert rows == [
        ("tran1115", "R1", "2015-11-01", "10000.00"),
        ("tran1115", "R2", "2015-11-02", "20000.00"),
        ("tran1215", "R1", "2015-12-01", "30000.00"),
        ("TRAN0116", "R3", "2016-01-05", "40000.00"),
    ]
    assert world.blocks(GLOB, "savings_transactions") == [(4, 4, 4, 0, 0)]


EXCLUDE = WORLD.add(
    "EXCLUDE",
    """
    savings_accounts:
      from: tabungan
      exclude: {soft-deleted: "flag = '2'", test row: "nama like 'TEST%'", after the day: "tanggal(buka) > $cutoff_on"}
      columns: {account_no: rek, member_no: rek, product_code: {value: S}, balance: saldo, opened_on: buka}
    """,
    {
        "tabungan.csv": """
        rek;nama;flag;saldo;buka
        R1;Siti;1;100.000;01/01/2020
        R2;TEST satu;2;7.500;01/01/2020
        R3;TEST dua;1;0;01/01/2020
        R4;Budi;2;2.500;01/01/2020
        R5;Wati;1;9.000;01/07/2026
        """
    },
)


def test_rows_are_excluded_by_name_and_the_first_match_wins(world: Outcome) -> None:
    assert world.table("cleaned.savings_accounts", EXCLUDE, "account_no") == [("R1",)]
    assert world.table("cleaned.exclusions", EXCLUDE, "key, reason, rule, amount, source_row", "row") == [
        ("R2", "soft-deleted", "MAP-EXCLUDED-01", "7500.00", "3"),
        ("R3", "test row", "MAP-EXCLUDED-01", "0.00", "4"),
        ("R4", "soft-deleted", "MAP-EXCLUDED-01", "2500.00", "5"),
        ("R5", "after the day", "MAP-EXCLUDED-01", "9000.00", "6"),
    ]
    assert world.blocks(EXCLUDE, "savings_accounts") == [(5, 1, 1, 4, 0)]


def test_excluded_amounts_that_are_not_zero_are_listed_with_their_sum(world: Outcome) -> None:
    assert world.failures("cleaned", EXCLUDE) == [
        ("savings_accounts", 3, None, "MAP-EXCL-02", "10000.00"),
        ("savings_accounts", 6, None, "MAP-EXCL-02", "9000.00"),
    ]


ORPHANS = WORLD.add(
    "ORPHANS",
    """
    members:
      from: anggota
      exclude: {left: "status = 'K'"}
      columns: {member_no: no, full_name: nama}
    savings_accounts:
      from: tabungan
      columns: {account_no: rek, member_no: no, product_code: {value: S}, balance: saldo}
    loans:
      from: pinjaman
      columns: {loan_no: pj, member_no: no, product_code: {value: U}, outstanding_principal: sisa, principal: pokok}
    """,
    {
        "anggota.csv": "no;nama;status\n1;Siti;A\n2;Budi;K\n3;Wati;K\n",
        "tabungan.csv": "rek;no;saldo\nR1;1;10.000\nR2;2;5.000\nR3;3;0\n",
        "pinjaman.csv": "pj;no;sisa;pokok\nL1;3;75.000;100.000\n",
    },
)


def test_an_excluded_parent_whose_children_hold_money_is_a_failed_rule(world: Outcome) -> None:
    assert world.failures("cleaned", ORPHANS) == [
        ("loans", 2, "member_no", "MAP-EXCL-01", "3"),
        ("savings_accounts", 3, "member_no", "MAP-EXCL-01", "2"),
    ]


OPTIONAL = WORLD.add(
    "OPTIONAL",
    """
    members:
      from: anggota
      optional: [no_hp, surel, "tgl masuk"]
      exclude: {no mail: "surel = 'none'"}
      columns: {member_no: no, full_name: nama, phone: no_hp, joined_on: tgl masuk, email: lower(surel)}
    """,
    {"anggota.csv": "no;nama;no_hp\n1;Siti;081234567890\n"},
)


def test_optional_admits_that_a_column_is_not_there(world: Outcome) -> None:
    assert world.halt(OPTIONAL) == ""
    columns = "member_no, phone, joined_on, email"
    assert world.table("cleaned.members", OPTIONAL, columns) == [("1", "+6281234567890", None, None)]
    assert world.failures("mapped", OPTIONAL) == []


LAID = WORLD.add(
    "LAID",
    """
    members:
      from: anggota
      exclude: {test row: "nama like 'TEST%'", left: "keluar <> ''"}
      columns:
        member_no: no
        full_name: nama
        gender: {from: jk, values: {L: male, P: female}}
        address: alamat
    savings_accounts:
      - {from: pokok, columns: {account_no: no, balance: jml}}
      - {from: wajib, columns: {account_no: no, balance: jml}}
    """,
    {
        "anggota.csv": "no;nama;jk;alamat;keluar\n1;Siti;W;Ende;\n2;TEST;L;Ende;\n3;Budi;L;Ende;2020\n",
        "pokok.csv": "no;jml\n1;10\n",
        "wajib.csv": "no;jml\n1;20\n",
    },
    overrides="""
    members:
      exclude: {left: null}
      columns: {gender: {values: {W: female}}, address: null, birth_place: alamat}
    savings_accounts:
      - {from: wajib, columns: {account_no: "'W' || no", balance: jml}}
    """,
)


def test_overrides_merge_maps_replace_lists_and_remove_by_null(world: Outcome) -> None:
    assert world.table("cleaned.members", LAID, "member_no, gender, address, birth_place") == [
        ("1", "female", None, "Ende"),
        ("3", "male", None, "Ende"),
    ]
    assert world.table("cleaned.exclusions", LAID, "key, reason", "row") == [("2", "test row")]
    assert world.table("cleaned.savings_accounts", LAID, "account_no, balance") == [("W1", "20.00")]
