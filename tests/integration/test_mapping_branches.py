"""Several branches of one cooperative: keys and references carry their branch, and never meet."""

from collections.abc import Iterator

import pytest
from small_program import Outcome, SmallProgram

WORLD = SmallProgram()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with WORLD.outcome(tmp_path_factory.mktemp("branches")) as outcome:
        yield outcome


TWO = WORLD.add(
    "TWO",
    """
    officers:
      from: pengurus
      columns: {officer_no: kode, full_name: nama, position: jabatan, member_no: no}
    members:
      from: anggota
      exclude: {test row: "nama like 'TEST%'"}
      columns: {member_no: no, full_name: nama}
    products:
      from: produk
      columns: {product_code: kode, name: nama, serves: {value: savings}, kind: {value: voluntary}}
    savings_accounts:
      from: tabungan
      columns: {account_no: rek, member_no: no, product_code: produk, balance: saldo, loan_no: pj}
    savings_transactions:
      from: mutasi
      columns: {account_no: rek, posted_on: tgl, kind: {value: deposit}, amount: jumlah}
    loans:
      from: pinjaman
      columns: {loan_no: pj, member_no: no, product_code: {value: U}, outstanding_principal: sisa, source_no: lama}
    loan_repayments:
      from: angsuran
      columns: {entry_no: bukti, loan_no: pj, paid_on: tgl, total: jumlah}
    collaterals:
      from: agunan
      columns: {collateral_no: no, loan_no: pj, member_no: anggota, kind: {value: gold}}
    accounts:
      from: akun
      columns: {account_code: kode, name: nama, parent_code: induk, account_type: {value: asset}, debit: saldo}
    controls: {savings: select sum(rupiah(saldo)) from tabungan}
    """,
    {
        f"{branch}/{name}.csv": text
        for branch, balance in (("pusat", "100.000"), ("cabang", "25.000"))
        for name, text in {
            "pengurus": f"kode;nama;jabatan;no\n1;Ketua {branch};chair;1\n",
            "anggota": f"no;nama\n1;Siti {branch}\n2;TEST\n",
            "produk": "kode;nama\n01;Tabungan\n",
            "tabungan": f"rek;no;produk;saldo;pj\nR1;1;01;{balance};L1\n",
            "mutasi": "rek;tgl;jumlah\nR1;01/02/2020;7.500\n",
            "pinjaman": "pj;no;sisa;lama\nL1;1;5.000;K-77\n",
            "angsuran": "bukti;pj;tgl;jumlah\nB1;L1;01/03/2021;1.000\n",
            "agunan": "no;pj;anggota\nG1;L1;1\nG2;;1\n",
            "akun": "kode;nama;induk;saldo\n1;Aset;;0\n1.1;Kas;1;500\n",
        }.items()
    },
    source=[{"path": "pusat", "branch": "PST"}, {"path": "cabang", "branch": "CBG"}],
)
REFERRING = {
    "officers": ("officer_no, member_no", [("CBG-1", "CBG-1"), ("PST-1", "PST-1")]),
    "members": ("member_no, full_name", [("CBG-1", "Siti cabang"), ("PST-1", "Siti pusat")]),
    "savings_accounts": (
        "account_no, member_no, loan_no, balance",
        [("CBG-R1", "CBG-1", "CBG-L1", "25000.00"), ("PST-R1", "PST-1", "PST-L1", "100000.00")],
    ),
    "savings_transactions": ("account_no, amount", [("CBG-R1", "7500.00"), ("PST-R1", "7500.00")]),
    "loans": ("loan_no, member_no", [("CBG-L1", "CBG-1"), ("PST-L1", "PST-1")]),
    "loan_repayments": ("entry_no, loan_no", [("CBG-B1", "CBG-L1"), ("PST-B1", "PST-L1")]),
    "collaterals": (
        "collateral_no, loan_no, member_no",
        [
            ("CBG-G1", "CBG-L1", "CBG-1"),
            ("CBG-G2", None, "CBG-1"),
            ("PST-G1", "PST-L1", "PST-1"),
            ("PST-G2", None, "PST-1"),
        ],
    ),
    "accounts": (
        "account_code, parent_code",
        [("CBG-1", None), ("CBG-1.1", "CBG-1"), ("PST-1", None), ("PST-1.1", "PST-1")],
    ),
}


@pytest.mark.parametrize("table", REFERRING)
def test_keys_and_references_of_two_branches_carry_the_branch(world: Outcome, table: str) -> None:
    columns, expected = REFERRING[table]
    assert world.halt(TWO) == ""
    assert world.table(f"cleaned.{table}", TWO, columns, "1") == expected


def test_the_key_as_the_source_has_it_stays_in_source_no(world: Outcome) -> None:
    assert world.table("cleaned.members", TWO, "branch, source_no", "1") == [("CBG", "1"), ("PST", "1")]
    assert world.table("cleaned.savings_accounts", TWO, "branch, source_no", "1") == [("CBG", "R1"), ("PST", "R1")]
    assert world.table("cleaned.loans", TWO, "branch, source_no", "1") == [("CBG", "K-77"), ("PST", "K-77")]


def test_no_key_of_one_branch_meets_that_of_another(world: Outcome) -> None:
    keys = {
        "officers": "officer_no", "members": "member_no", "products": "product_code", "savings_accounts": "account_no",
        "savings_transactions": "entry_no", "loans": "loan_no", "loan_repayments": "entry_no",
        "collaterals": "collateral_no", "accounts": "account_code",
    }  # fmt: skip
    rows = {
        table: world.rows(
            f"SELECT count(*), count(DISTINCT {key}) FROM cleaned.{table} WHERE cooperative_id = ?", [TWO]
        )
        for table, key in keys.items()
    }
    assert [table for table, [(total, distinct)] in rows.items() if total != distinct or total == 0] == []


def test_equal_movements_of_two_branches_get_two_keys(world: Outcome) -> None:
    rows = world.table("cleaned.savings_transactions", TWO, "entry_no, posted_on, amount")
    assert [row[1:] for row in rows] == [("2020-02-01", "7500.00")] * 2
    assert rows[0][0] != rows[1][0]


def test_each_branch_is_accounted_for_with_what_it_excludes(world: Outcome) -> None:
    assert world.blocks(TWO, "members") == [(2, 1, 1, 1, 0), (2, 1, 1, 1, 0)]
    accounts = [row for row in world.accounts(TWO) if row[0] == "anggota"]
    assert accounts == [("anggota", 2, 2, 1, 1, 0), ("anggota", 2, 2, 1, 1, 0)]


def test_controls_sum_over_the_branches(world: Outcome) -> None:
    sql = "SELECT delivered::VARCHAR FROM mapped.controls WHERE cooperative_id = ?"
    assert world.rows(sql, [TWO]) == [("125000.00",)]


ONE = WORLD.add(
    "ONE",
    "members: {from: anggota, columns: {member_no: no, full_name: nama}}\n",
    {"pusat/anggota.csv": "no;nama\n1;Siti\n"},
    source=[{"path": "pusat", "branch": "PST"}],
)


def test_a_single_branch_needs_no_prefix(world: Outcome) -> None:
    assert world.table("cleaned.members", ONE, "member_no, branch") == [("1", "PST")]


BOTH = WORLD.add(
    "BOTH",
    "members: {from: anggota, columns: {member_no: no, full_name: nama}}\n",
    {
        "p1/anggota.csv": "no;nama\n1;Siti lama\n",
        "p2/anggota.csv": "no;nama\n1;Siti baru\n",
        "c1/anggota.csv": "no;nama\n1;Budi\n",
    },
    source=[
        {"path": "p2", "branch": "PST", "as_of": "2026-06-30"},
        {"path": "p1", "branch": "PST", "as_of": "2026-05-31"},
        {"path": "c1", "branch": "CBG", "as_of": "2026-05-31"},
    ],
)


def test_the_newest_wins_within_its_branch_only_in_whatever_order_the_dumps_stand(world: Outcome) -> None:
    rows = world.table("cleaned.members", BOTH, "member_no, full_name", "1")
    assert rows == [("CBG-1", "Budi"), ("PST-1", "Siti baru")]


def test_rows_of_every_table_are_conserved(world: Outcome) -> None:
    booked = world.rows(
        "SELECT cooperative_id, table_name, extracted + added - kept - merged - excluded - held FROM gate.row_counts"
        " WHERE extracted > 0"
    )
    assert len(booked) >= 9
    assert [row for row in booked if row[2] != 0] == []
    accounts = world.rows("SELECT used + excluded + ignored - rows, counted - rows FROM mapped.raw_accounts")
    assert set(accounts) == {(0, 0)}
