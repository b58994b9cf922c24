"""SQL of a profile that gives more rows than it reads: named with its money, blocked unless the profile says why."""

from collections.abc import Iterator

import pytest
from as_of_books import World, migrated
from small_program import SmallProgram

WORLD = SmallProgram()
FACTS = {"kind": "savings_loan", "form": "primary", "savings_loan_unit": "ksp"}
EVERY = ("officers", "savings_accounts", "loans", "collaterals", "accounts")
MEMBERS = """
members:
  from: anggota
  columns: {member_no: no, full_name: nama, membership: {value: member}, status: {value: active}}
"""
LOANS = """
loans:
  from: pinjaman
  columns: {loan_no: pj, member_no: {value: A1}, product_code: {value: UMUM}, principal: plafon, disbursed_on: cair,
    outstanding_principal: sisa, status: {value: active}}
"""


def add(name: str, category: str, mapping: str, **files: str) -> str:
    tables = {"anggota.csv": "no;nama\nA1;Sari Contoh", **{f"{key}.csv": text for key, text in files.items()}}
    absent = dict.fromkeys((each for each in EVERY if each != category), "uji")
    return WORLD.add(name, MEMBERS + mapping, tables, facts=FACTS, absent=absent)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with migrated(WORLD, tmp_path_factory.mktemp("multiplied")) as whole:
        yield whole


def said(world: World, one: str) -> dict[str, list[str]]:
    """What MAP-FAN-01 and MAP-FAN-02 say."""
    rows = world.staging.rows(
        "SELECT rule, list(before ORDER BY before) FROM gate.findings WHERE cooperative_id = ? AND rule LIKE 'MAP-FAN%'"
        " GROUP BY ALL",
        [one],
    )
    return dict(rows)


ACCOUNTS = """
savings_accounts:
  from: tabungan
  {says}
  sql: select t.row_id, t.rek || '-' || x.b as account_no, 'A1' as member_no, 'SUKA' as product_code,
    'voluntary' as product_kind, t.saldo as balance, 'open' as status from tabungan t join x on x.rek = t.rek
"""
# R1 of Rp 100,000 has two partners, R2 of Rp 200,000 has one: Rp 400,000 instead of Rp 300,000
TWICE = {"tabungan": "rek;saldo\nR1;100000\nR2;200000", "x": "rek;b\nR1;1\nR1;2\nR2;1"}
SAVINGS = add("TABGANDA", "savings_accounts", ACCOUNTS.format(says="exclude: {}"), **TWICE)
REASON = add("TABALASAN", "savings_accounts", ACCOUNTS.format(says="multiplies: R1 belongs to two books"), **TWICE)
ONCE = add(
    "TABSATU",
    "savings_accounts",
    ACCOUNTS.format(says="exclude: {}"),
    tabungan=TWICE["tabungan"],
    x="rek;b\nR1;1\nR2;1",
)
# two repayments of Rp 1,000,000 and 120,000 of interest, joined 1:2
PAID = add(
    "ANGGANDA", "loans",
    LOANS + """
loan_repayments:
  from: angsuran
  sql: select a.row_id, a.pj as loan_no, a.tgl as paid_on, a.pokok as principal, a.jasa as interest
    from angsuran a join x on x.pj = a.pj
""",
    pinjaman="pj;plafon;cair;sisa\nP1;12000000;31/01/2026;",
    angsuran="pj;tgl;pokok;jasa\nP1;28/02/2026;1000000;120000\nP1;31/03/2026;1000000;120000",
    x="pj;b\nP1;1\nP1;2",
)  # fmt: skip
# a loan of Rp 12,000,000, joined 1:2
LENT = add(
    "PJGANDA", "loans",
    """
loans:
  from: pinjaman
  sql: select p.row_id, p.pj || x.b as loan_no, 'A1' as member_no, 'UMUM' as product_code, p.plafon as principal,
    p.sisa as outstanding_principal, 'active' as status from pinjaman p join x on x.pj = p.pj
""",
    pinjaman="pj;plafon;cair;sisa\nP1;12000000;31/01/2026;12000000", x="pj;b\nP1;1\nP1;2",
)  # fmt: skip
# one row of the chart, in the debit and in the credit: the surplus row holds Rp 500 in all
CHART = add(
    "COAGANDA", "accounts",
    """
accounts:
  from: neraca
  sql: select n.row_id, n.kode || x.b as account_code, n.nama as name, 'asset' as account_type, 'true' as is_detail,
    n.d as debit, n.k as credit from neraca n join x on x.kode = n.kode
""",
    neraca="kode;nama;d;k\n1;Kas;300;200", x="kode;b\n1;1\n1;2",
)  # fmt: skip


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (SAVINGS, "savings_accounts, block 1: 1 row more than it reads, with Rp 100000.00"),
        (PAID, "loan_repayments, block 1: 2 rows more than it reads, with Rp 2240000.00"),
        (LENT, "loans, block 1: 1 row more than it reads, with Rp 12000000.00"),
        (CHART, "accounts, block 1: 1 row more than it reads, with Rp 500.00"),
    ],
)
def test_money_that_a_join_multiplies_blocks_with_its_amount(world: World, one: str, text: str) -> None:
    assert said(world, one) == {"MAP-FAN-02": [text]}
    assert world.state(one)[1] == "blocked"


def test_where_the_profile_gives_its_reason_it_is_a_remark_with_the_amount(world: World) -> None:
    text = "savings_accounts, block 1: 1 row more than it reads, with Rp 100000.00; the profile says: "
    assert said(world, REASON) == {"MAP-FAN-01": [f"{text}R1 belongs to two books"]}
    assert world.state(REASON)[1] == "warned"


def test_a_join_that_finds_one_partner_each_says_nothing(world: World) -> None:
    assert said(world, ONCE) == {}


def test_the_pipeline_is_not_at_fault_for_what_the_profile_says(world: World) -> None:
    assert world.staging.rows("SELECT * FROM proof.breaks") == []
