"""What a person is handed to look at, from file to verdict: late entries, broken balances, suspense, not proved.

Small books of a few rows; every amount is added up in the comments.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from small_program import Outcome, SmallProgram, run_steps

from koop_pipeline.gates import step as gate
from koop_pipeline.opening import step as opening

WORLD = SmallProgram()
FACTS = {"kind": "savings_loan", "form": "primary", "savings_loan_unit": "ksp"}
ABSENT = {"officers": "uji", "loans": "uji", "collaterals": "uji"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    root = tmp_path_factory.mktemp("lists")
    WORLD.write(root)
    with run_steps(root) as outcome:
        for step in (opening.open_savings, opening.open_loans, opening.open_ledger):
            step(outcome.staging, outcome.run)
        gate.set_scope(outcome.staging, outcome.run)
        gate.check_tables(outcome.staging)
        gate.decide(outcome.staging, outcome.run)
        yield outcome


def findings(world: Outcome, cooperative_id: str) -> dict[str, int]:
    rows = world.rows("SELECT rule, sum(failed) FROM gate.rule_counts WHERE cooperative_id = ? GROUP BY ALL",
                      [cooperative_id])  # fmt: skip
    return {rule: int(count) for rule, count in rows}


def found(world: Outcome, cooperative_id: str, rule: str) -> list[tuple[Any, ...]]:
    return world.rows(
        "SELECT source_file, source_row, note FROM opening.failures WHERE cooperative_id = ? AND rule = ?"
        " ORDER BY source_row",
        [cooperative_id, rule],
    )


SAVINGS = """
    members:
      from: anggota
      columns: {member_no: no, full_name: nama, membership: {value: member}, status: status, joined_on: masuk}
    savings_accounts:
      from: tabungan
      columns: {account_no: rek, member_no: no, product_code: jenis, balance: saldo, status: {value: open},
        product_kind: {from: jenis, values: {SUKA: voluntary, SIJANGKA: term}}, matures_on: tempo,
        blocked_amount: blokir, opened_on: {value: "2020-01-01"}}
    savings_transactions:
      from: mutasi
      columns: {entry_no: bukti, account_no: rek, posted_on: tgl, amount: jumlah, balance_after: saldo,
        kind: "case when rupiah(jumlah) < 0 then 'withdrawal' else 'deposit' end"}
"""
MEMBERS = "no;nama;status;masuk\nA1;Sari Contoh;active;01/01/2020\nA2;Budi Contoh;left;01/01/2020\n" + (
    "A3;Wati Contoh;deceased;01/01/2020\n"
)
ACCOUNTS = """
rek;no;jenis;saldo;tempo;blokir
R1;A1;SUKA;550;;80
R2;A2;SUKA;300;;
R3;A3;SIJANGKA;1.000;01/05/2026;
R4;A1;SIJANGKA;70;;
"""
MARCH = """
bukti;rek;tgl;jumlah;saldo
1;R1;10/01/2026;500;500
2;R1;20/03/2026;100;600
3;R2;05/02/2026;300;300
"""
# Entry 4 was not there in March; entry 5 should say 550, as 650 - 100; entry 6 comes after the cut-off.
JUNE = (
    MARCH
    + """4;R1;15/02/2026;50;650
5;R1;01/06/2026;-100;560
6;R2;07/07/2026;10;310
"""
)
BOOK = WORLD.add(
    "BUKU",
    SAVINGS,
    {
        **{f"{dump}/anggota.csv": MEMBERS for dump in ("maret", "juni")},
        **{f"{dump}/tabungan.csv": ACCOUNTS for dump in ("maret", "juni")},
        "maret/mutasi.csv": MARCH,
        "juni/mutasi.csv": JUNE,
    },
    source=[{"path": "maret", "as_of": "2026-03-31"}, {"path": "juni", "as_of": "2026-06-30"}],
    facts=FACTS, absent={**ABSENT, "accounts": "uji"},
)  # fmt: skip


def test_the_first_break_of_a_running_balance_names_its_file_and_row(world: Outcome) -> None:
    assert found(world, BOOK, "TRX-BAL-01") == [
        (
            "legacy/BUKU/juni/mutasi.csv", 6,
            "the running balance first breaks here: Rp 560.00 is written, Rp 550.00 follows from the balance before and"
            " the amount of Rp -100.00, a difference of Rp 10.00",
        )
    ]  # fmt: skip


def test_an_entry_that_the_older_dump_lacks_is_back_dated(world: Outcome) -> None:
    assert found(world, BOOK, "TRX-BCK-01") == [
        (
            "legacy/BUKU/juni/mutasi.csv", 5,
            "dated 2026-02-15, but written later: the source did not have it yet when it had an entry of 2026-03-20",
        )
    ]  # fmt: skip


def test_a_movement_after_the_cutoff_is_listed_with_file_and_row_and_not_carried(world: Outcome) -> None:
    assert found(world, BOOK, "CUT-02") == [
        ("legacy/BUKU/juni/mutasi.csv", 7, "a movement after the cut-off day 2026-06-30 is not carried")
    ]
    carried = world.rows(
        "SELECT count(*), sum(amount) FROM gate.promotable_savings_transactions WHERE cooperative_id = ?", [BOOK]
    )
    assert carried == [(5, Decimal(850))]


def test_term_blocked_and_late_are_remarks_and_nothing_else_is_wrong_with_the_savings(world: Outcome) -> None:
    """The two deposits have no movement; `SAV-HIS-01` says so. The last running balance is 560, the stored one 550."""
    seen = {rule: count for rule, count in findings(world, BOOK).items() if rule.startswith(("SAV", "TRX", "CUT"))}
    assert seen == {
        "SAV-BLK-02": 1, "SAV-TRM-01": 1, "SAV-TRM-02": 1, "SAV-MAN-01": 1, "TRX-BAL-01": 1, "TRX-BCK-01": 1,
        "CUT-02": 1, "SAV-HIS-01": 2, "SAV-HIS-02": 1,
    }  # fmt: skip


def test_balances_of_those_who_left_or_died_are_added_up(world: Outcome) -> None:
    assert findings(world, BOOK)["MBR-BAL-01"] == 2
    rows = world.rows(
        "SELECT status, members, savings_accounts, savings, loans FROM opening.left_with_balances"
        " WHERE cooperative_id = ? ORDER BY 1",
        [BOOK],
    )
    assert rows == [("deceased", 1, 1, Decimal(1000), 0), ("left", 1, 1, Decimal(300), 0)]


def test_savings_by_product_stored_and_derived(world: Outcome) -> None:
    """R1 500 + 100 + 50 - 100 = 550, R2 300; R3 and R4 have no history."""
    rows = world.rows(
        "SELECT product_code, accounts, balance, with_history, balance_with_history, history_total, difference,"
        " differing FROM opening.savings_by_product WHERE cooperative_id = ? ORDER BY 1",
        [BOOK],
    )
    assert rows == [
        ("SIJANGKA", 2, Decimal(1070), 0, None, None, None, 0),
        ("SUKA", 2, Decimal(850), 2, Decimal(850), Decimal(850), Decimal(0), 0),
    ]


LEDGER = """
    members:
      from: anggota
      columns: {member_no: no, full_name: nama, membership: {value: member}, status: {value: active}}
    savings_accounts:
      from: tabungan
      columns: {account_no: rek, member_no: no, product_code: {value: SUKA}, product_kind: {value: voluntary},
        balance: saldo, status: {value: open}}
    accounts:
      from: neraca
      columns: {account_code: kode, name: nama, account_type: jenis, is_detail: {value: "true"}, controls: buku,
        debit: d, credit: k}
"""
# The ledger has 98 of savings, the members 100; and debit 150 is 3 more than credit 98 + 49.
BOOKS = {
    "anggota.csv": "no;nama\nA1;Sari Contoh\n",
    "tabungan.csv": "rek;no;saldo\nR1;A1;60\nR2;A1;40\n",
    "neraca.csv": """
        kode;nama;jenis;buku;d;k
        1.1;Kas;asset;;150;0
        2.1;Simpanan;liability;savings;0;98
        3.1;Modal;equity;;0;49
        4.1;Pendapatan;income;;0;0
        """,
}
WITH_ACCOUNT = {**BOOKS, "neraca.csv": BOOKS["neraca.csv"].rstrip(" ") + "        2.9;Selisih Migrasi;liability;;0;0\n"}


def policy(most: str) -> dict[str, Any]:
    return {"suspense": {"account": "2.9", "name": "Selisih Migrasi", "reason": "berita acara 7 Juli", "most": most}}


KEYS: dict[str, Any] = {"facts": FACTS, "absent": ABSENT}
STRICT = WORLD.add("KETAT", LEDGER, BOOKS, **KEYS)
POSTED = WORLD.add("SELISIH", LEDGER, BOOKS, **KEYS, policies=policy("3"))
CHARTED = WORLD.add("ADA-AKUN", LEDGER, WITH_ACCOUNT, **KEYS, policies=policy("3"))
TOO_MUCH = WORLD.add("LEBIH", LEDGER, BOOKS, **KEYS, policies=policy("2.99"))


def ledger_rules(world: Outcome, cooperative_id: str) -> dict[str, int]:
    return {rule: count for rule, count in findings(world, cooperative_id).items() if rule[:3] in ("ACC", "OTB")}


def verdict(world: Outcome, cooperative_id: str) -> str:
    return str(world.rows("SELECT verdict FROM gate.decisions WHERE cooperative_id = ?", [cooperative_id])[0][0])


@pytest.mark.parametrize("cooperative_id", [STRICT, TOO_MUCH])
def test_without_a_policy_or_beyond_it_both_differences_block(world: Outcome, cooperative_id: str) -> None:
    assert ledger_rules(world, cooperative_id) == {"ACC-BAL-01": 1, "ACC-TIE-01": 1}
    assert verdict(world, cooperative_id) == "blocked"
    assert world.rows("SELECT * FROM opening.suspense WHERE cooperative_id = ?", [cooperative_id]) == []


@pytest.mark.parametrize("cooperative_id", [POSTED, CHARTED])
def test_with_a_policy_the_differences_stand_on_the_suspense_account_and_warn(
    world: Outcome, cooperative_id: str
) -> None:
    """Savings to 100 takes 2 debit, the balance 3 credit: 1 credit stays. 150 = 100 + 49 + 1."""
    assert ledger_rules(world, cooperative_id) == {"ACC-SUS-01": 2}
    assert verdict(world, cooperative_id) == "warned"
    carried = world.rows(
        "SELECT account_code, debit, credit FROM gate.promotable_opening_trial_balance WHERE cooperative_id = ?"
        " AND account_code <> '4.1' ORDER BY 1",
        [cooperative_id],
    )
    zero = Decimal(0)
    assert carried == [
        ("1.1", Decimal(150), zero), ("2.1", zero, Decimal(100)), ("2.9", zero, Decimal(1)), ("3.1", zero, Decimal(49)),
    ]  # fmt: skip
    assert world.table("opening.suspense", cooperative_id, "account_code, against_code, amount, rule", "rule DESC") == [
        ("2.9", "2.1", "2.00", "ACC-TIE-01"),
        ("2.9", None, "-3.00", "ACC-BAL-01"),
    ]


@pytest.mark.parametrize(("cooperative_id", "added"), [(POSTED, 1), (CHARTED, 0), (STRICT, 0)])
def test_a_suspense_account_that_the_chart_lacks_is_added_to_it(
    world: Outcome, cooperative_id: str, added: int
) -> None:
    """Four accounts of the file, five with the chart's own suspense account; the added one has no balance delivered."""
    delivered = 5 if cooperative_id == CHARTED else 4
    assert world.rows(
        "SELECT extracted, added, kept, lost FROM gate.row_counts WHERE table_name = 'accounts' AND cooperative_id = ?",
        [cooperative_id],
    ) == [(delivered, added, delivered + added, 0)]
    columns = "account_code, name, account_type, normal_side, is_detail, controls, debit, credit"
    new = [("2.9", "Selisih Migrasi", "liability", "credit", "true", None, "0.00", "0.00")]
    rows = world.table("gate.promotable_accounts", cooperative_id, columns)
    assert rows[delivered:] == new * added
    assert world.rows("SELECT * FROM proof.breaks WHERE table_name = 'accounts'") == []
    orphans = world.rows(
        "SELECT t.account_code FROM gate.promotable_opening_trial_balance t ANTI JOIN gate.promotable_accounts a"
        " USING (cooperative_id, account_code) WHERE t.cooperative_id = ?",
        [cooperative_id],
    )
    assert orphans == []


def test_the_delivered_balances_stay_what_they_were(world: Outcome) -> None:
    assert world.table("cleaned.accounts", POSTED, "account_code, debit, credit") == [
        ("1.1", "150.00", "0.00"), ("2.1", "0.00", "98.00"), ("3.1", "0.00", "49.00"), ("4.1", "0.00", "0.00"),
    ]  # fmt: skip


def test_the_message_says_amount_account_name_and_reason(world: Outcome) -> None:
    (message,) = world.rows("SELECT message FROM gate.decisions WHERE cooperative_id = ?", [POSTED])[0]
    assert "ACC-SUS-01" in message
    assert "Rp 1.00 credit stands on the suspense account 2.9 Selisih Migrasi" in message
    assert "berita acara 7 Juli" in message


@pytest.mark.parametrize(
    "spoiled",
    [
        "UPDATE opening.opening_trial_balance SET credit = 101, debit = 0 WHERE account_code = '2.1'",
        "UPDATE opening.opening_trial_balance SET credit = 2 WHERE account_code = '2.9'",
        "UPDATE opening.opening_trial_balance SET debit = 149 WHERE account_code = '1.1'",
    ],
)
def test_an_opening_balance_that_no_posting_explains_blocks(world: Outcome, spoiled: str) -> None:
    """Last in this file: it changes the opening trial balance of one cooperative and puts it back."""
    staging = world.staging
    staging.execute("CREATE OR REPLACE TEMP TABLE _kept AS SELECT * FROM opening.opening_trial_balance")
    for cooperative_id in (POSTED, CHARTED):
        staging.execute(f"{spoiled} AND cooperative_id = '{cooperative_id}'")
        gate.set_scope(staging, world.run)
        gate.check_tables(staging, ["opening_trial_balance"])
        seen = {rule for rule in ledger_rules(world, cooperative_id) if rule.startswith("OTB")}
        staging.execute("DELETE FROM opening.opening_trial_balance")
        staging.execute("INSERT INTO opening.opening_trial_balance SELECT * FROM _kept")
        assert {"OTB-BAL-01"} < seen
        assert seen & {"OTB-AMT-01", "OTB-REF-01"}


def test_what_nothing_proves_is_listed(world: Outcome) -> None:
    rows = world.table("opening.not_proved", STRICT, "account_code, name, debit, credit, reason", "account_code")
    reason = "no subledger of this account is migrated"
    assert rows == [("1.1", "Kas", "150.00", "0.00", reason), ("3.1", "Modal", "0.00", "49.00", reason)]
