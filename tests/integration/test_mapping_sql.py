"""Profile SQL of design section 4: row_id and lists of them, joins, several rows a row, final types, failed values."""

from collections.abc import Iterator

import pytest
from small_program import Outcome, SmallProgram

WORLD = SmallProgram()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with WORLD.outcome(tmp_path_factory.mktemp("sql")) as outcome:
        yield outcome


JOINED = WORLD.add(
    "JOINED",
    """
    loans:
      from: pinjaman
      exclude: {void: "status = 'B'"}
      sql: |
        select p.row_id, p.no_pj as loan_no, a.kode as member_no, 'UMUM' as product_code, p.tgl as disbursed_on,
          rupiah(p.pokok) - coalesce(t.bayar, 0) as outstanding_principal,
          p.pokok as principal, case when tanggal(p.tgl) > $cutoff_on then 'L' else 'J' end as jalan
        from pinjaman p
        join anggota a on a.id = p.id_anggota
        left join (
          select no_pj, sum(rupiah(bayar)) as bayar from angsuran where tanggal(tgl) <= $cutoff_on group by no_pj
        ) t on t.no_pj = p.no_pj
      columns:
        disbursed_on: {from: disbursed_on, dates: mdy}
        status: {from: jalan, values: {J: active, L: written_off}}
    """,
    {
        "pinjaman.csv": """
        no_pj;id_anggota;tgl;pokok;status
        L1;7;05/04/2024;1.000.000,00;J
        L2;8;06/05/2024;2.000.000,50;J
        L3;8;07/06/2024;3.000.000;B
        L4;7;01/07/2026;500.000;J
        """,
        "anggota.csv": "id;kode\n7;A-7\n8;A-8\n",
        "angsuran.csv": """
        no_pj;tgl;bayar
        L1;01/05/2024;100.000,25
        L1;30/06/2026;200.000
        L1;01/07/2026;400.000
        """,
    },
)


def test_sql_joins_and_takes_columns_settings_over_its_result(world: Outcome) -> None:
    columns = "loan_no, member_no, disbursed_on, principal, outstanding_principal, status"
    assert world.table("cleaned.loans", JOINED, columns) == [
        ("L1", "A-7", "2024-05-04", "1000000.00", "699999.75", "active"),
        ("L2", "A-8", "2024-06-05", "2000000.50", "2000000.50", "active"),
        ("L4", "A-7", "2026-01-07", "500000.00", "500000.00", "written_off"),
    ]


def test_sql_is_shown_the_excluded_rows_apart_so_that_their_money_stands(world: Outcome) -> None:
    columns = "key, reason, amount, source_row"
    assert world.table("cleaned.exclusions", JOINED, columns, "row") == [("L3", "void", "3000000.00", "4")]
    assert world.blocks(JOINED, "loans") == [(4, 3, 3, 1, 0)]


def test_tables_that_are_only_joined_are_used_too(world: Outcome) -> None:
    assert world.accounts(JOINED) == [
        ("anggota", 2, 2, 2, 0, 0),
        ("angsuran", 3, 3, 3, 0, 0),
        ("pinjaman", 4, 4, 3, 1, 0),
    ]


SPREAD = WORLD.add(
    "SPREAD",
    """
    savings_accounts:
      from: saldo_awal
      sql: |
        select s.row_id, s.no as member_no, s.no || '-' || p.kind as account_no, p.kind as product_code,
          case p.kind when 'POKOK' then rupiah(s.pokok) else rupiah(s.wajib) end as balance
        from saldo_awal s, (values ('POKOK'), ('WAJIB')) as p(kind)
        where rupiah(case p.kind when 'POKOK' then s.pokok else s.wajib end) <> 0
    """,
    {"saldo_awal.csv": "no;pokok;wajib\n1;100.000;25.000,50\n2;100.000;0\n3;0;0\n"},
)


def test_sql_may_return_several_rows_a_leading_row(world: Outcome) -> None:
    assert world.table("cleaned.savings_accounts", SPREAD, "account_no, balance, _source_row") == [
        ("1-POKOK", "100000.00", "2"),
        ("1-WAJIB", "25000.50", "2"),
        ("2-POKOK", "100000.00", "3"),
    ]


def test_a_leading_row_that_does_not_come_back_is_lost_by_rule(world: Outcome) -> None:
    assert world.failures("mapped", SPREAD) == [("savings_accounts", 4, None, "MAP-LOST-01", None)]
    assert world.blocks(SPREAD, "savings_accounts") == [(3, 2, 3, 0, 1)]


GROUPED = WORLD.add(
    "GROUPED",
    """
    savings_accounts:
      from: mutasi
      exclude: {void: "ket = 'BATAL'"}
      sql: |
        select list(row_id order by row_id) as row_id, rek as account_no, any_value(no) as member_no,
          sum(rupiah(jumlah)) as balance, 'SUKA' as product_code
        from mutasi group by rek
    """,
    {
        "mutasi.csv": """
        rek;no;jumlah;ket
        R2;2;10.000,10;
        R1;1;20.000;
        R1;1;-5.000;
        R2;2;1.000;BATAL
        R2;2;0,05;
        """
    },
)


def test_sql_may_return_a_list_of_leading_rows_for_each_row(world: Outcome) -> None:
    assert world.table("cleaned.savings_accounts", GROUPED, "account_no, balance, _source_row") == [
        ("R2", "10000.15", "2"),
        ("R1", "15000.00", "3"),
    ]
    assert world.table("cleaned.exclusions", GROUPED, "key, amount", "row") == [("R2", "1000.00")]
    assert world.blocks(GROUPED, "savings_accounts") == [(5, 2, 2, 1, 0)]
    assert world.failures("mapped", GROUPED) == []


FINAL = WORLD.add(
    "FINAL",
    """
    dates: mdy
    savings_accounts:
      from: tabungan
      columns:
        account_no: rek
        member_no: rek
        product_code: length(bunga)
        balance: rupiah(saldo) * 2
        blocked_amount: cast('1250.125' as decimal(18,3))
        annual_rate: angka(bunga)
        opened_on: tanggal(buka)
        matures_on: tanggal(buka) + interval 1 month
        interest_accrued_to: $cutoff_on
    """,
    {"tabungan.csv": "rek;saldo;bunga;buka\nT1;1.250,75;2,5;01/31/2024\n"},
)


def test_dates_and_decimals_are_final_whatever_the_profile_reads(world: Outcome) -> None:
    columns = "product_code, balance, blocked_amount, annual_rate, opened_on, matures_on, interest_accrued_to"
    assert world.table("cleaned.savings_accounts", FINAL, columns) == [
        ("3", "2501.50", "1250.12", "2.500000", "2024-01-31", "2024-02-29", "2026-06-30")
    ]


def test_decimals_beyond_the_second_are_rounded_half_even_and_recorded(world: Outcome) -> None:
    assert world.failures("cleaned", FINAL) == [("savings_accounts", 2, "blocked_amount", "SAV-MNY-02", "1250.125")]


FAILING = WORLD.add(
    "FAILING",
    """
    savings_accounts:
      from: tabungan
      exclude: {void: "ket = 'BATAL'"}
      columns:
        account_no: rek
        member_no: cast(no as integer)
        product_code: {value: S}
        balance: rupiah(saldo) - rupiah(blokir)
        opened_on: tanggal(buka)
    """,
    {
        "tabungan.csv": """
        rek;no;saldo;blokir;buka;ket
        T1;1;10.000;1.000;01/02/2020;
        T2;x;sepuluh ribu;500;02/02/2020;
        T3;3;20.000;0;31/02/2020;
        T4;y;abc;0;03/02/2020;BATAL
        T5;5;;;;
        """
    },
)


def test_one_bad_value_fails_its_row_and_never_the_table(world: Outcome) -> None:
    columns = "account_no, member_no, balance, opened_on"
    assert world.table("cleaned.savings_accounts", FAILING, columns) == [
        ("T1", "1", "9000.00", "2020-02-01"),
        ("T2", None, None, "2020-02-02"),
        ("T3", "3", "20000.00", None),
        ("T5", "5", None, None),
    ]
    failures = world.failures("mapped", FAILING)
    assert [row[:4] for row in failures] == [
        ("savings_accounts", 3, "balance", "MAP-EXPR-01"),
        ("savings_accounts", 3, "member_no", "MAP-EXPR-01"),
        ("savings_accounts", 4, "opened_on", "MAP-EXPR-01"),
    ]
    assert "sepuluh ribu" in failures[0][4]
    assert failures[2][4] == "31/02/2020"


SQLFAIL = WORLD.add(
    "SQLFAIL",
    """
    savings_accounts:
      from: tabungan
      exclude: {void: "ket = 'BATAL'"}
      sql: |
        select row_id, rek as account_no, rek as member_no, 'S' as product_code, rupiah(saldo) as balance
        from tabungan
    """,
    {"tabungan.csv": "rek;saldo;ket\nT1;10.000;\nT2;sepuluh ribu;\nT3;5.000;\nT4;rusak;BATAL\n"},
)


def test_a_profile_function_that_cannot_read_a_value_fails_that_row_of_a_query(world: Outcome) -> None:
    assert world.table("cleaned.savings_accounts", SQLFAIL, "account_no, balance") == [
        ("T1", "10000.00"),
        ("T2", None),
        ("T3", "5000.00"),
    ]
    assert [(row[1], row[3], row[4]) for row in world.failures("mapped", SQLFAIL)] == [
        (3, "MAP-EXPR-01", "sepuluh ribu")
    ], "the excluded row T4 is not carried, so its text fails nothing"


CASTFAIL = WORLD.add(
    "CASTFAIL",
    """
    members:
      from: anggota
      sql: |
        select row_id, no as member_no, nama as full_name, cast(urut as integer)::varchar as source_no from anggota
    """,
    {"anggota.csv": "no;nama;urut\n1;Siti;1\n2;Budi;dua\n3;Wati;3\n"},
)


def test_a_cast_that_fails_in_a_query_fails_its_row_and_never_the_table(world: Outcome) -> None:
    assert world.halt(CASTFAIL) == ""
    rows = world.table("cleaned.members", CASTFAIL, "member_no, source_no")
    assert [row for row in rows if row[0] != "2"] == [("1", "1"), ("3", "3")]
    assert [row[3] for row in world.failures("mapped", CASTFAIL)] == ["MAP-EXPR-01"]


WRAPPED = WORLD.add(
    "WRAPPED",
    """
    savings_accounts:
      from: tabungan
      sql: |
        select row_id, rek as account_no, rek as member_no, 'S' as product_code,
          rupiah(replace(saldo, 'IDR/', '')) as balance
        from tabungan
    """,
    {"tabungan.csv": "rek;saldo\nT1;IDR/10.000\nT2;rusak\nT3;IDR/5.000\n"},
)


def test_only_the_row_that_fails_is_named_where_the_query_prepares_the_text(world: Outcome) -> None:
    rows = world.table("cleaned.savings_accounts", WRAPPED, "account_no, balance")
    assert rows == [("T1", "10000.00"), ("T2", None), ("T3", "5000.00")]
    assert [row[1] for row in world.failures("mapped", WRAPPED)] == [3]


LINEAGE = WORLD.add(
    "LINEAGE",
    """
    members:
      from: anggota
      columns:
        member_no: source_row
        full_name: nama
        source_no: source_row + 100
        joined_on: as_of
        left_on: as_of - interval 1 month
        address: source_file || '#' || source_table || '#' || source_row
    """,
    {"anggota.csv": "no;nama\n1;Siti\n"},
    exported_on="2026-07-02",
)


def test_an_expression_sees_lineage_as_what_it_is_numbers_and_dates(world: Outcome) -> None:
    assert world.halt(LINEAGE) == ""
    assert world.table("cleaned.members", LINEAGE, "member_no, source_no, joined_on, left_on, address") == [
        ("2", "102", "2026-07-02", "2026-06-02", "legacy/LINEAGE/anggota.csv#anggota#2")
    ]


LAMBDA = WORLD.add(
    "LAMBDA",
    """
    members:
      from: anggota
      columns:
        member_no: no
        full_name: >-
          array_to_string(list_transform(string_split(nama, '_'), lambda w: upper(w)), ' ')
    """,
    {"anggota.csv": "no;nama\n1;siti_rahma\n"},
)


def test_an_expression_is_any_duckdb_expression_lambdas_too(world: Outcome) -> None:
    assert world.halt(LAMBDA) == ""
    assert world.table("cleaned.members", LAMBDA, "full_name") == [("SITI RAHMA",)]


WITH = WORLD.add(
    "WITH",
    """
    members:
      from: anggota
      optional: surel
      sql: |
        with kota as (select kode, nama as kota from wilayah)
        select a.row_id, a.no as member_no, a.nama as full_name, k.kota as birth_place, a.surel as email,
          a.source_file || ':' || a.source_row as source_no, a.as_of::varchar as address
        from anggota a left join kota k using (kode)
    """,
    {"anggota.csv": "no;nama;kode\n1;Siti;5371\n2;Budi;5399\n", "wilayah.csv": "kode;nama\n5371;Kupang\n"},
)


def test_sql_sees_lineage_of_each_row_and_may_use_with(world: Outcome) -> None:
    assert world.table("cleaned.members", WITH, "member_no, birth_place, email, source_no, address") == [
        ("1", "Kupang", None, "legacy/WITH/anggota.csv:2", "2026-06-30"),
        ("2", None, None, "legacy/WITH/anggota.csv:3", "2026-06-30"),
    ]
