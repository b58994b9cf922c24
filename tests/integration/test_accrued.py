"""Accrued interest, collectability and loss allowance through staging and gate, with policies from a batch file."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from small_program import Outcome, SmallProgram

from koop_pipeline.gates.step import check_tables, set_scope
from koop_pipeline.opening import step as opening

MAPPING = """
decimal: ","
dates: dmy
savings_accounts:
  from: simpanan
  columns:
    account_no: no
    member_no: anggota
    product_code: produk
    product_kind: {value: term}
    nature: {value: liability}
    annual_rate: bunga
    interest_accrued_to: dihitung
    balance: saldo
    status: {value: open}
savings_transactions:
  from: mutasi
  columns: {account_no: no, posted_on: tanggal, kind: {value: deposit}, amount: jumlah}
loans:
  from: pinjaman
  columns:
    loan_no: no
    member_no: anggota
    product_code: {value: UMUM}
    principal: pokok
    interest_method: {value: flat}
    annual_rate: {value: "12"}
    tenor: {value: "12"}
    frequency: {value: monthly}
    disbursed_on: cair
    outstanding_principal: sisa
    source_collectability: {from: kol, values: {L: current, K: substandard}}
    status: {value: active}
accounts:
  from: akun
  columns:
    account_code: kode
    name: nama
    account_type: {from: jenis, values: {A: asset, K: liability}}
    normal_side: {from: sisi, values: {D: debit, K: credit}}
    is_detail: {value: "true"}
    controls: {from: kendali, otherwise: null, values: {P: interest_payable, R: interest_receivable, C: allowance}}
    debit: case when sisi = 'D' then rupiah(saldo) else 0 end
    credit: case when sisi = 'K' then rupiah(saldo) else 0 end
"""
# Deposit: 21 June to 30 June 2,400,000 more, so 10 days of 9,600,000 and 10 of 12,000,000, at 3.65 %: 21,600.
# Loan: disbursed 15 January, 100,000 + 12,000 a month; three paid, so 24,000 are due; 15 of 30 days: 6,000.
FILES = {
    "simpanan.csv": "no;anggota;produk;bunga;dihitung;saldo\nD1;M1;DEP;3,65;10/06/2026;12.000.000",
    "mutasi.csv": "no;tanggal;jumlah\nD1;01/01/2026;9.600.000\nD1;21/06/2026;2.400.000",
    "pinjaman.csv": "no;anggota;pokok;cair;sisa;kol\nL1;M1;1.200.000;15/01/2026;900.000;L",
    "akun.csv": "kode;nama;jenis;sisi;kendali;saldo\n101;Piutang bunga;A;D;R;30.000\n"
    "109;Penyisihan;A;K;C;4.500\n201;Utang bunga;K;K;P;21.600",
}

PROGRAM = SmallProgram()
TIED = PROGRAM.add("TIED", MAPPING, FILES)
BANK = PROGRAM.add(
    "BANK", MAPPING, {**FILES, "akun.csv": FILES["akun.csv"].replace("30.000", "6.000").replace("21.600", "20.000")},
    policies={"collectability": "bank", "allowance": {"special_mention": "4"}, "days": "30/360", "savings_tax": "none"},
)  # fmt: skip
OPEN = PROGRAM.add(
    "OPEN", MAPPING,
    {**FILES, "akun.csv": "kode;nama;jenis;sisi;kendali;saldo\n100;Kas;A;D;;5",
     "simpanan.csv": FILES["simpanan.csv"] + "\nD2;M1;DEP;6;02/07/2026;1.000\nD3;M1;DEP;6;;1.000"},
    policies={"collectability": "bank"},
)  # fmt: skip
SILENT = PROGRAM.add(
    "SILENT", MAPPING,
    {**FILES, "simpanan.csv": FILES["simpanan.csv"].replace("10/06/2026", ""),
     "akun.csv": "kode;nama;jenis;sisi;kendali;saldo\n100;Kas;A;D;;5"},
)  # fmt: skip
FOUND = ("ACC-INT", "ACC-ALW", "LON-ACR", "SAV-ACR", "LON-COL")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """All cooperatives opened twice (a second run changes nothing) and judged."""
    with PROGRAM.outcome(tmp_path_factory.mktemp("accrued")) as done:
        for _ in range(2):
            opening.open_savings(done.staging, done.run)
            opening.open_loans(done.staging, done.run)
            opening.open_ledger(done.staging, done.run)
        set_scope(done.staging, done.run)
        check_tables(done.staging, ["loans", "savings_accounts", "accounts"])
        yield done


def found(outcome: Outcome, cooperative_id: str) -> list[tuple[str, str]]:
    rows = outcome.rows(
        "SELECT rule, consequence FROM gate.findings WHERE cooperative_id = ? ORDER BY ALL", [cooperative_id]
    )
    return [(rule, consequence) for rule, consequence in rows if rule.startswith(FOUND)]


def amounts(outcome: Outcome, cooperative_id: str) -> list[tuple[object, ...]]:
    return outcome.rows(
        "SELECT account_no, due, gross, tax, net, basis FROM opening.accrued_interest WHERE cooperative_id = ?"
        " ORDER BY account_no",
        [cooperative_id],
    )


def test_what_ties_finds_nothing_and_stands_in_staging(outcome: Outcome) -> None:
    assert outcome.halt(TIED) == ""
    assert amounts(outcome, TIED) == [
        ("D1", Decimal(0), Decimal(21_600), Decimal(0), Decimal(21_600), "daily balance"),
        ("L1", Decimal(24_000), Decimal(6_000), Decimal(0), Decimal(6_000), "contract"),
    ]
    assert found(outcome, TIED) == []
    rows = outcome.rows(
        "SELECT class, loans, outstanding, required FROM opening.allowances WHERE cooperative_id = 'TIED'"
    )
    assert rows == [("current", 1, Decimal(900_000), Decimal(4_500))]


def test_a_cooperative_with_policies_of_its_own_is_judged_by_them(outcome: Outcome) -> None:
    """46 days of arrears are special mention for a bank, 4 % of 900,000 = 36,000. By a year of 360: 21,900."""
    assert amounts(outcome, BANK)[0][2] == Decimal(21_900)
    assert found(outcome, BANK) == [
        ("ACC-ALW-01", "warn"), ("ACC-INT-01", "block"), ("ACC-INT-02", "block"), ("LON-COL-02", "warn"),
    ]  # fmt: skip
    notes = outcome.rows("SELECT note FROM opening.failures WHERE rule = 'ACC-ALW-01' AND cooperative_id = 'BANK'")
    assert "special_mention 4 % of 900000.00 = 36000.00" in notes[0][0]


def test_without_accounts_for_them_interest_and_allowance_warn(outcome: Outcome) -> None:
    assert found(outcome, OPEN) == [
        ("ACC-ALW-02", "warn"), ("ACC-INT-04", "warn"), ("LON-COL-02", "warn"),
        ("SAV-ACR-01", "warn"),
    ]  # fmt: skip
    rows = outcome.rows(
        "SELECT account_no, gross, unknown FROM opening.accrued_interest WHERE cooperative_id = 'OPEN'"
        " AND account_no IN ('D2', 'D3') ORDER BY 1"
    )
    later = "interest is settled to a day after the cut-off; what had accrued by then is not known"
    assert rows == [("D2", None, later), ("D3", None, "the day to which interest is settled is not known")]


def test_a_source_that_says_nothing_of_accrued_interest_is_not_blamed(outcome: Outcome) -> None:
    assert found(outcome, SILENT) == []
    assert amounts(outcome, SILENT)[0][1:] == (Decimal(0), None, None, None, None)
