"""The step clean: canonical values, recorded changes, facts, derived columns, sameness of two runs, no floats."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_program import ORDER, Outcome, SmallProgram, run_steps

WORLD = SmallProgram()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with WORLD.outcome(tmp_path_factory.mktemp("cleaning")) as outcome:
        yield outcome


VALUES = WORLD.add(
    "VALUES",
    """
    members:
      from: anggota
      columns: {member_no: no, nik: nik, full_name: nama, phone: hp, birth_date: lahir, address: alamat, status: st}
    """,
    {
        "anggota.csv": """
        no;nik;nama;hp;lahir;alamat;st
        007;5301014107800001;Siti   Rahma;0812-3456-7890;1/7/80;Jl. Melati  1;active
        8;3323;12345;08;31/02/1980;;Active
        """
    },
)


def test_cleaned_holds_canonical_values_and_null_where_there_is_none(world: Outcome) -> None:
    columns = "member_no, nik, full_name, phone, birth_date, address, status"
    assert world.table("cleaned.members", VALUES, columns) == [
        ("007", "5301014107800001", "Siti Rahma", "+6281234567890", "1980-07-01", "Jl. Melati 1", "active"),
        ("8", None, None, None, None, None, "active"),
    ]


def test_a_value_that_cannot_be_read_is_a_failure_with_rule_place_and_text(world: Outcome) -> None:
    assert world.failures("cleaned", VALUES) == [
        ("members", 3, "birth_date", "MBR-DAT-01", "31/02/1980"),
        ("members", 3, "full_name", "MBR-NAM-01", "12345"),
        ("members", 3, "nik", "MBR-NIK-02", "3323"),
        ("members", 3, "phone", "MBR-PHN-01", "08"),
    ]


def test_every_change_is_recorded_with_before_after_and_rule(world: Outcome) -> None:
    changes = world.rows(
        "SELECT row, column_name, before, after, rule FROM cleaned.changes WHERE cooperative_id = ?"
        " AND table_name = 'members' AND rule <> 'CLN-DERIVED' ORDER BY ALL",
        [VALUES],
    )
    assert changes == [
        (1, "address", "Jl. Melati  1", "Jl. Melati 1", "CLN-TEXT"),
        (1, "birth_date", "1/7/80", "1980-07-01", "CLN-DATE"),
        (1, "full_name", "Siti   Rahma", "Siti Rahma", "CLN-NAME"),
        (1, "phone", "0812-3456-7890", "+6281234567890", "CLN-PHONE"),
        (2, "birth_date", "31/02/1980", None, "CLN-DATE"),
        (2, "full_name", "12345", None, "CLN-NAME"),
        (2, "nik", "3323", None, "CLN-NIK"),
        (2, "phone", "08", None, "CLN-PHONE"),
        (2, "status", "Active", "active", "CLN-ENUM"),
    ]


def test_the_party_is_a_person_where_no_source_says_otherwise_and_that_is_recorded(world: Outcome) -> None:
    assert world.table("cleaned.members", VALUES, "party") == [("person",), ("person",)]
    sql = "SELECT row, before, after FROM cleaned.changes WHERE cooperative_id = ? AND column_name = 'party' ORDER BY 1"
    assert world.rows(sql, [VALUES]) == [(1, None, "person"), (2, None, "person")]


ORGANISED = WORLD.add(
    "ORGANISED",
    """
    members:
      from: anggota
      columns: {member_no: no, full_name: nama, party: {from: jenis, values: {B: organisation}}}
    """,
    {"anggota.csv": "no;nama;jenis\n1;PT Maju;B\n2;Siti;\n"},
)


def test_a_party_that_the_source_gives_is_kept(world: Outcome) -> None:
    assert world.table("cleaned.members", ORGANISED, "party") == [("organisation",), ("person",)]


FACTS = {
    "kind": "savings_loan",
    "form": "primary",
    "region_code": "53.71",
    "phone": "0812-3456-7890",
    "established_on": "1998-05-20",
}
LONE = WORLD.add(
    "LONE",
    "members: {from: anggota, columns: {member_no: no, full_name: nama}}\n",
    {"anggota.csv": "no;nama\n1;Siti\n"},
    facts=FACTS,
)
FILLED = WORLD.add(
    "FILLED",
    "cooperatives: {from: profil, columns: {legal_entity_no: badan_hukum, address: alamat}}\n",
    {"profil.csv": "badan_hukum;alamat\n123/BH/XIV/1990;Jl. Timor 1\n"},
    facts=FACTS,
)
STATED = WORLD.add(
    "STATED",
    "cooperatives: {from: profil, columns: {name: nama, form: bentuk, established_on: berdiri}}\n",
    {"profil.csv": "nama;bentuk;berdiri\nKoperasi Menurut Sumber;secondary;01/02/2003\n"},
    facts=FACTS,
)
FACT_COLUMNS = "kind, form, region_code, phone, established_on, savings_loan_unit, status"
FACT_ROW = ("savings_loan", "primary", "53.71", "+6281234567890", "1998-05-20", "ksp", "active")


def test_facts_make_the_cooperatives_row_where_no_block_does(world: Outcome) -> None:
    assert world.table("cleaned.cooperatives", LONE, "name, " + FACT_COLUMNS) == [("Koperasi LONE", *FACT_ROW)]
    sql = "SELECT extracted, added, kept FROM gate.row_counts WHERE cooperative_id = ? AND table_name = 'cooperatives'"
    assert world.rows(sql, [LONE]) == [(0, 1, 1)]


def test_facts_fill_what_a_block_leaves_open_in_the_same_canonical_form(world: Outcome) -> None:
    assert world.table("cleaned.cooperatives", FILLED, "name, " + FACT_COLUMNS) == [("Koperasi FILLED", *FACT_ROW)]
    assert world.table("cleaned.cooperatives", FILLED, "address") == [("Jl. Timor 1",)]


def test_what_the_source_says_stands_before_facts(world: Outcome) -> None:
    assert world.table("cleaned.cooperatives", STATED, "name, form, established_on, kind") == [
        ("Koperasi Menurut Sumber", "secondary", "2003-02-01", "savings_loan")
    ]


WRONGFACT = WORLD.add(
    "WRONGFACT",
    "cooperatives: {from: profil, columns: {address: alamat}}\n",
    {"profil.csv": "alamat\nJl. Timor 2\n"},
    facts={"established_on": "20 Mei", "kind": "simpan pinjam"},
)


def test_a_fact_that_cannot_be_read_is_a_failure_never_silently_empty(world: Outcome) -> None:
    columns = {row[2] for row in world.failures("cleaned", WRONGFACT)}
    assert columns == {"established_on", "kind"}


DERIVED = WORLD.add(
    "DERIVED",
    """
    savings_accounts:
      from: tabungan
      columns:
        account_no: rek
        member_no: no
        product_code: produk
        product_kind: {from: produk, values: {POKOK: principal, WAJIB: mandatory, SUKA: voluntary, JANGKA: term}}
        nature: sifat
        annual_rate: bunga
        balance: saldo
    loans:
      from: pinjaman
      columns: {loan_no: pj, member_no: no, product_code: {value: UMUM}, annual_rate: bunga, principal: sisa}
    accounts:
      from: akun
      columns: {account_code: kode, name: nama, account_type: jenis, normal_side: sisi, debit: d, credit: k}
    """,
    {
        "tabungan.csv": """
        rek;no;produk;sifat;bunga;saldo
        P1;1;POKOK;;;100
        W1;1;WAJIB;liability;;100
        S1;1;SUKA;;3;100
        S2;2;SUKA;;3;100
        J1;2;JANGKA;;5;100
        J2;2;JANGKA;;6;100
        """,
        "pinjaman.csv": "pj;no;bunga;sisa\nL1;1;24;100\n",
        "akun.csv": """
        kode;nama;jenis;sisi;d;k
        1.1;Kas;asset;;100,50;
        1.2;Akumulasi Penyusutan Gedung;asset;;;40
        1.3;Penyisihan Pinjaman;asset;;;
        1.4;Margin Murabahah Ditangguhkan;asset;;0;10
        2.1;Simpanan Sukarela;liability;;;50
        3.1;Simpanan Pokok;equity;;;50
        4.1;Jasa Pinjaman;income;;;7
        5.1;Beban Penyusutan;expense;;7;
        1.5;Akumulasi lain;asset;debit;5;
        1.6;Bank;asset;;seratus;
        """,
    },
)


def test_the_nature_of_savings_follows_from_the_kind_unless_given(world: Outcome) -> None:
    assert world.table("cleaned.savings_accounts", DERIVED, "account_no, nature") == [
        ("P1", "equity"),
        ("W1", "liability"),
        ("S1", "liability"),
        ("S2", "liability"),
        ("J1", "liability"),
        ("J2", "liability"),
    ]


def test_products_follow_from_the_accounts_and_loans_that_name_them(world: Outcome) -> None:
    columns = "product_code, serves, kind, nature, annual_rate"
    assert world.table("cleaned.products", DERIVED, columns, "1") == [
        ("JANGKA", "savings", "term", "liability", None),
        ("POKOK", "savings", "principal", "equity", None),
        ("SUKA", "savings", "voluntary", "liability", "3.000000"),
        ("UMUM", "loans", "loan", None, "24.000000"),
        ("WAJIB", "savings", "mandatory", "liability", None),
    ]


def test_the_normal_side_follows_from_type_and_contra_name_unless_given(world: Outcome) -> None:
    rows = world.table("cleaned.accounts", DERIVED, "account_code, normal_side")
    assert {row[0]: row[1] for row in rows} == {
        "1.1": "debit",
        "1.2": "credit",
        "1.3": "credit",
        "1.4": "credit",
        "1.5": "debit",
        "1.6": "debit",
        "2.1": "credit",
        "3.1": "credit",
        "4.1": "credit",
        "5.1": "debit",
    }


def test_one_side_of_a_balance_is_zero_where_the_other_stands_and_never_for_a_bad_value(world: Outcome) -> None:
    rows = {row[0]: row[1:] for row in world.table("cleaned.accounts", DERIVED, "account_code, debit, credit")}
    assert rows["1.1"] == ("100.50", "0.00")
    assert rows["1.3"] == ("0.00", "0.00")
    assert rows["1.6"][0] is None


MOVES = """
    officers:
      from: pengurus
      columns: {full_name: nama, position: jabatan, nik: nik}
    savings_transactions:
      from: mutasi
      columns: {account_no: rek, posted_on: tgl, kind: {value: deposit}, amount: jumlah, balance_after: saldo}
    loan_repayments:
      from: angsuran
      columns: {loan_no: pj, paid_on: tgl, total: jumlah, fee: biaya}
    """
MOVED = {
    "pengurus.csv": "nama;jabatan;nik\nSiti;chair;5301014107800001\nBudi;staff;5301010107800002\n"
    "Budi;staff;5301010107810003\n",
    "mutasi.csv": "rek;tgl;jumlah;saldo\nR1;01/02/2020;500;\nR2;01/02/2020;500;\nR1;01/02/2020;500;\n"
    "R1;02/02/2020;500;\nR1;01/02/2020;-500;\n",
    "angsuran.csv": "pj;tgl;jumlah;biaya\nL1;01/02/2020;700;0\nL1;01/02/2020;700;50\nL2;01/02/2020;700;0\n",
}
KEYED = WORLD.add("KEYED", MOVES, MOVED)
TURNED = WORLD.add(
    "TURNED",
    MOVES,
    {name: "\n".join([text.splitlines()[0], *reversed(text.splitlines()[1:])]) for name, text in MOVED.items()},
)


def test_equal_movements_get_keys_of_their_own_from_content_and_ordinal(world: Outcome) -> None:
    rows = world.table("cleaned.savings_transactions", KEYED, "entry_no, account_no, posted_on, amount")
    keys = [row[0] for row in rows]
    assert len(set(keys)) == 5
    assert keys[0].rpartition("-")[0] == keys[2].rpartition("-")[0], "equal content, told apart by the ordinal"
    assert [key.rpartition("-")[2] for key in keys] == ["1", "1", "2", "1", "1"]


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("savings_transactions", "entry_no, account_no, posted_on, amount"),
        ("loan_repayments", "entry_no, loan_no, paid_on, total, fee"),
        ("officers", "officer_no, full_name, position, nik"),
    ],
)
def test_derived_keys_do_not_depend_on_the_order_of_rows(world: Outcome, table: str, columns: str) -> None:
    rows = world.table(f"cleaned.{table}", KEYED, columns, "ALL")
    assert len(rows) == len({row[0] for row in rows}) == {"savings_transactions": 5}.get(table, 3)
    assert rows == world.table(f"cleaned.{table}", TURNED, columns, "ALL")


GIVEN = WORLD.add(
    "GIVEN",
    """
    savings_transactions:
      from: mutasi
      columns: {entry_no: bukti, account_no: rek, posted_on: tgl, kind: {value: deposit}, amount: jumlah}
    """,
    {"mutasi.csv": "bukti;rek;tgl;jumlah\nB-1;R1;01/02/2020;500\n;R1;01/02/2020;500\n"},
)


def test_a_key_that_the_source_gives_is_kept(world: Outcome) -> None:
    keys = world.table("cleaned.savings_transactions", GIVEN, "entry_no")
    assert keys[0] == ("B-1",)
    assert keys[1][0] not in {None, "", "B-1"}


JSONS = WORLD.add(
    "JSONS",
    """
    members:
      from: anggota
      columns: {member_no: no, full_name: nama, extras: lain}
    """,
    {"anggota.csv": "no;nama;lain\n1;Siti;{'a': 1\n2;Budi;bukan json\n"},
)


def test_extras_are_json_or_a_named_failure(world: Outcome) -> None:
    broken = world.rows(
        "SELECT _source_row FROM cleaned.members WHERE cooperative_id = ? AND NOT coalesce(json_valid(extras), true)",
        [JSONS],
    )
    failed = {row[1] for row in world.failures("cleaned", JSONS) if row[2] == "extras"}
    assert [row for (row,) in broken if row not in failed] == []


def everything(outcome: Outcome) -> dict[str, list[tuple[object, ...]]]:
    """All rows of every table of the mapped and cleaned schemas, and of raw accounts and row counts."""
    names = [f"{schema}.{table}" for schema in ("mapped", "cleaned") for table in ORDER]
    names += ["mapped.failures", "mapped.blocks", "mapped.raw_accounts", "mapped.controls", "mapped.ignored_amounts"]
    names += ["mapped.uses", "cleaned.failures", "cleaned.exclusions", "cleaned.changes", "gate.row_counts"]
    return {name: outcome.rows(f"SELECT * FROM {name} ORDER BY ALL") for name in names}


def test_the_same_input_gives_the_same_rows_in_the_same_file_and_in_a_new_one(world: Outcome, tmp_path: Path) -> None:
    first = everything(world)
    WORLD.write(tmp_path)
    runs = []
    for _ in range(2):
        with run_steps(tmp_path) as outcome:
            runs.append(everything(outcome))
    assert sum(len(rows) for rows in first.values()) > 200
    assert runs[0] == first
    assert runs[1] == first


def test_running_one_cooperative_alone_changes_nothing(tmp_path: Path) -> None:
    WORLD.write(tmp_path)
    with run_steps(tmp_path) as outcome:
        before = everything(outcome)
    with run_steps(tmp_path, [KEYED]) as outcome:
        after = everything(outcome)
    assert {**after, "gate.row_counts": []} == {**before, "gate.row_counts": []}


def test_no_staging_column_is_a_binary_float(world: Outcome) -> None:
    found = world.rows(
        "SELECT schema_name || '.' || table_name || '.' || column_name FROM duckdb_columns()"
        " WHERE database_name = current_database() AND data_type SIMILAR TO '.*(DOUBLE|FLOAT|REAL).*'"
    )
    assert [name for (name,) in found if "second" not in name and "timing" not in name] == []
    assert world.rows(
        "SELECT count(*) > 300 FROM duckdb_columns() WHERE schema_name = 'cleaned' OR schema_name = 'mapped'"
    ) == [(True,)]
