"""Loans from file to verdict: what explains a delivered schedule, what a claim says, and what is owed at the cut-off.

One small book; the cut-off is 30 June 2026. Every amount is worked out in the comments.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from small_program import Outcome, SmallProgram, run_steps

from koop_pipeline.gates import step as gate
from koop_pipeline.gates.money_lists import read_lists
from koop_pipeline.opening import step as opening
from koop_pipeline.status import snapshot

WORLD = SmallProgram()
BOOK = WORLD.add(
    "BUKU",
    """
    members:
      from: anggota
      columns: {member_no: no, full_name: nama, membership: {value: member}, status: {value: active}}
    savings_accounts:
      from: titipan
      columns: {account_no: rek, member_no: no, product_code: {value: TITIPAN}, balance: saldo, loan_no: pinjaman,
        product_kind: {value: prepaid_instalment}, status: {value: open}}
    loans:
      from: pinjaman
      columns: {loan_no: pj, member_no: no, product_code: {value: UMUM}, disbursed_on: cair, principal: plafon,
        interest_method: {value: flat}, source_rate: bunga, source_rate_basis: {from: dasar, values: {BLN: per_month,
        THN: per_year}, otherwise: null}, tenor: lama, frequency: {value: monthly}, instalment_interest: jasa,
        outstanding_principal: sisa, status: {from: keadaan, values: {J: active, L: settled, H: written_off}}}
    loan_instalments:
      from: jadwal
      columns: {loan_no: pj, instalment_no: ke, due_on: tempo, principal: pokok, interest: jasa}
    loan_repayments:
      from: bayar
      columns: {entry_no: id, loan_no: pj, paid_on: tgl, total: jumlah}
    accounts:
      from: akun
      columns: {account_code: kode, name: nama, account_type: {from: jenis, values: {A: asset, K: liability,
        M: equity}}, is_detail: {value: "true"}, debit: debit, credit: kredit, controls: kendali}
    controls:
      loans: select sum(rupiah(sisa)) from pinjaman
      "loans:UMUM": select sum(rupiah(sisa)) from pinjaman where keadaan <> 'H'
    """,
    {
        "anggota.csv": "no;nama\nA1;Sari Contoh\n",
        # 50,000 paid ahead for P2
        "titipan.csv": "rek;no;saldo;pinjaman\nT1;A1;50.000;P2\n",
        # P1 delivered, falling interest although flat is claimed; P2 claims a year where a month fits (2 % of 1.2 m);
        # P3 settled; P4 written off; P5 owes more than it was lent; P6 has 4 rupiah left; P7 begins in July; P8 ties
        "pinjaman.csv": """
            pj;no;cair;plafon;bunga;dasar;lama;jasa;sisa;keadaan
            P1;A1;15/06/2026;1.200.000;1;BLN;4;;1.200.000;J
            P2;A1;30/04/2026;1.200.000;2;THN;12;24.000;1.060.000;J
            P3;A1;15/01/2026;300.000;1;BLN;3;;0;L
            P4;A1;15/01/2024;700.000;1;BLN;12;;600.000;H
            P5;A1;15/06/2026;1.000.000;1;BLN;12;;1.100.000;J
            P6;A1;15/05/2025;10.000.000;0;BLN;12;;4;J
            P7;A1;01/07/2026;900.000;1;BLN;12;;900.000;J
            P8;A1;15/06/2026;1.200.000;12;;12;12.000;1.200.000;J
        """,
        "jadwal.csv": """
            pj;ke;tempo;pokok;jasa
            P1;1;15/07/2026;300.000;12.000
            P1;2;15/08/2026;300.000;9.000
            P1;3;15/09/2026;300.000;6.000
            P1;4;15/10/2026;300.000;3.000
        """,
        # P2: 30 May in full (100,000 + the 24,000 that are stored), 40,000 and the interest on the day of the cut-off
        "bayar.csv": """
            id;pj;tgl;jumlah
            1;P2;30/05/2026;124.000
            2;P2;30/06/2026;64.000
            3;P3;15/02/2026;103.000
            4;P3;20/02/2026;203.000
            5;P9;03/03/2026;70.000
            6;P9;05/04/2026;5.500
            """,
        # receivable 1.2 + 1.06 + 1.1 + 0.000004 + 1.2 m; the 600,000 written off and July's 900,000 are not in it
        "akun.csv": """
            kode;nama;jenis;debit;kredit;kendali
            1;Piutang;A;4.560.004;0;loans
            2;Titipan;K;0;50.000;prepaid
            3;Modal;M;0;4.510.004;
        """,
    },
    facts={"kind": "savings_loan", "form": "primary", "savings_loan_unit": "ksp"},
    absent={"officers": "uji", "collaterals": "uji"},
    exported_on="2026-07-02",
    declared={"document": "Neraca", "members": "1", "loans": "5160004.00", "loans:UMUM": "4560004"},
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    root = tmp_path_factory.mktemp("loans")
    WORLD.write(root)
    with run_steps(root) as outcome:
        for step in (opening.open_savings, opening.open_loans, opening.open_ledger):
            step(outcome.staging, outcome.run)
        gate.set_scope(outcome.staging, outcome.run)
        gate.check_tables(outcome.staging)
        gate.decide(outcome.staging, outcome.run)
        yield outcome


def found(world: Outcome, rule: str) -> list[tuple[Any, ...]]:
    """(loan_no, what is said) of the findings of a rule on loans."""
    return world.rows(
        "SELECT l.loan_no, f.before FROM gate.findings f JOIN cleaned.loans l ON l.cooperative_id = f.cooperative_id"
        " AND l._row = f.row WHERE f.table_name = 'loans' AND f.rule = ? ORDER BY ALL",
        [rule],
    )


def money_list(world: Outcome, title: str) -> list[tuple[str, ...]]:
    lists = read_lists(world.staging.connection)[BOOK]
    return next((rows for each, rows in lists if each.title[1] == title), [])


def test_the_delivered_schedule_is_explained_and_the_other_method_said(world: Outcome) -> None:
    told = world.rows("SELECT loan_no, method, rate_basis, annual_rate, exact FROM opening.schedule_explanations")
    assert told == [("P1", "declining", "per_month", Decimal(12), True)]
    [(loan, text)] = found(world, "LON-EXP-03")
    assert loan == "P1"
    assert text.endswith("the source claims flat, 12 % a year")
    [line] = money_list(world, "Delivered schedules: what explains them")
    assert line[:2] == ("declining", "per_month")
    assert line[3:5] == ("ya/yes", "1")


def test_a_claim_that_does_not_fit_gives_way_to_the_stored_interest_and_both_are_named(world: Outcome) -> None:
    [(loan, text)] = found(world, "LON-RTE-01")
    assert loan == "P2"
    assert "fit flat per_month, 24 % a year" in text
    assert text.endswith("the source claims flat per_year, 2 % a year; 24 % a year opens")
    carried = world.rows(
        "SELECT annual_rate, source_rate, source_rate_basis FROM gate.promotable_loans WHERE loan_no = 'P2'"
    )
    assert carried == [(Decimal(24), Decimal(2), "per_year")]


def test_a_tie_is_reported_as_a_tie(world: Outcome) -> None:
    [(loan, text)] = found(world, "LON-RTE-02")
    assert loan == "P8"
    assert "the bases per_year, whole_term fit alike" in text


def test_a_loan_part_paid_on_the_day_of_the_cut_off(world: Outcome) -> None:
    rest = world.rows(
        "SELECT instalment_no, due_on::VARCHAR, principal, interest, state FROM opening.loan_schedules"
        " WHERE loan_no = 'P2' ORDER BY 1 LIMIT 2"
    )
    assert rest == [
        (2, "2026-06-30", Decimal(60_000), Decimal(0), "part_paid"),
        (3, "2026-07-30", Decimal(100_000), Decimal(24_000), "due"),
    ]


def test_a_settled_loan_keeps_its_history_and_has_no_schedule(world: Outcome) -> None:
    """1 % of 300,000 is 3,000; the second payment ends it early: 200,000 and the interest of the second month."""
    parts = world.rows(
        "SELECT p.principal, p.interest FROM cleaned.loan_repayments r JOIN opening.repayment_parts p USING"
        " (cooperative_id, _row) WHERE r.loan_no = 'P3' ORDER BY r.entry_no"
    )
    assert parts == [(Decimal(100_000), Decimal(3_000)), (Decimal(200_000), Decimal(3_000))]
    assert world.rows("SELECT count(*) FROM opening.loan_schedules WHERE loan_no = 'P3'") == [(0,)]


def test_written_off_loans_are_totalled_apart_and_outside_the_tie(world: Outcome) -> None:
    by_status = {line[0]: line for line in money_list(world, "Loans by status")}
    assert by_status["written_off"][1:4] == ("1", "700.000,00", "600.000,00")
    assert world.rows("SELECT note FROM opening.failures WHERE rule = 'ACC-TIE-01'") == []


def test_the_status_totals_written_off_loans_apart(world: Outcome) -> None:
    """P1 1.2, P2 1.06, P5 1.1, P6 4 rupiah, P8 1.2 = 4,560,004, July's P7 stays behind; P4 is written off.

    The profile's control of all loans is parted, that of a product without the written-off stays as it is.
    """
    rows = world.rows(
        "SELECT control, delivered, extracted, kept, excluded FROM gate.money WHERE control LIKE 'loans%' ORDER BY 1"
    )
    owed = (Decimal(5_460_004), Decimal(5_460_004), Decimal(4_560_004), Decimal(900_000))
    gone = (Decimal(600_000), Decimal(600_000), Decimal(0))
    assert rows == [
        ("loans", *owed), ("loans:UMUM", *owed),
        ("loans_written_off", Decimal(600_000), *gone), ("loans_written_off:UMUM", None, *gone),
    ]  # fmt: skip
    assert world.rows("SELECT * FROM gate.findings WHERE rule = 'MAP-CTL-01'") == []


def test_a_declared_total_with_the_written_off_says_so(world: Outcome) -> None:
    found_totals = world.rows("SELECT rule, before FROM gate.findings WHERE rule LIKE 'DCL-%'")
    assert found_totals == [("DCL-WOF-01", "loans declared 5160004.00, written off 600000.00")]


def test_the_snapshot_shows_them_apart_and_law_1_closes(world: Outcome) -> None:
    """The cooperative is blocked, so that everything waits."""
    money = snapshot.build(world.staging, world.run.batch)[0]["money"]
    assert {name: amounts["waiting"] for name, amounts in money.items() if name.startswith("loans")} == {
        "loans": "5460004.00", "loans:UMUM": "5460004.00",
        "loans_written_off": "600000.00", "loans_written_off:UMUM": "600000.00",
    }  # fmt: skip
    assert {amounts["difference"] for amounts in money.values()} == {"0.00"}


def test_more_than_the_principal_and_a_residue_are_remarks(world: Outcome) -> None:
    assert found(world, "LON-OUT-03") == [("P5", "1100000.00")]
    assert found(world, "LON-RES-01") == [("P6", "4.00")]
    assert world.rows("SELECT sum(principal) FROM opening.loan_schedules WHERE loan_no = 'P6'") == [(Decimal(4),)]


def test_a_loan_of_after_the_cut_off_owes_nothing_on_it(world: Outcome) -> None:
    [(loan, text)] = found(world, "CUT-02")
    assert loan == "P7"
    assert text.startswith("disbursed on 2026-07-01, after the cut-off day 2026-06-30")
    owed = world.rows("SELECT outstanding_principal FROM opening.loan_positions WHERE loan_no = 'P7'")
    assert owed == [(Decimal(0),)]


def test_prepaid_instalments_name_their_loan(world: Outcome) -> None:
    opened = world.rows(
        "SELECT t.product_kind, t.loan_no, o.balance FROM cleaned.savings_accounts t"
        " JOIN opening.opening_savings_balances o USING (cooperative_id, account_no)"
    )
    assert opened == [("prepaid_instalment", "P2", Decimal(50_000))]


def test_repayments_that_no_loan_claims_block_and_are_listed_with_their_total(world: Outcome) -> None:
    counts = world.rows("SELECT rule, failed FROM gate.rule_counts WHERE table_name = 'loan_repayments'")
    rules: dict[str, int] = dict(counts)
    assert rules["RPY-REF-01"] == 2
    assert money_list(world, "Repayments that no loan claims") == [("2", "75.500,00", "2026-03-03", "2026-04-05")]
    assert world.rows("SELECT verdict FROM gate.decisions") == [("blocked",)]
