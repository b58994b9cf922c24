"""The real exports of ../shared/legacy, each with a profile written for it, through one whole run of one batch.

The exports are not part of this repository: they are looked for beside it. Every expected figure was read from the
exports by other means and stands in `legacy_exports/EXPECTED.yaml` or here; `test_figures_*` take the main ones from
the files again.
"""

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import world
import yaml

from koop_pipeline.status.snapshot import Row

REPOSITORY = Path(__file__).resolve().parents[2]
EXPORTS = REPOSITORY.parent / "shared" / "legacy"
FOLDER = Path(__file__).parent / "legacy_exports"
SHOP, LENDER, NAVICAT = "KOPKAR-SHOP", "LENDER-ROUNDING", "KOPKAR-NAVICAT"
VARCHAR, DAILY, TEMPLATES = "ALL-VARCHAR", "DAILY", "CSV-TEMPLATES"
EXPECTED: dict[str, Any] = yaml.safe_load((FOLDER / "EXPECTED.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Migrated:
    """The status of each cooperative, and both databases, opened for reading."""

    status: dict[str, Row]
    staging: duckdb.DuckDBPyConnection
    target: duckdb.DuckDBPyConnection

    def promoted(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the target."""
        return self.target.execute(sql).fetchall()

    def staged(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of staging."""
        return self.staging.execute(sql).fetchall()


@pytest.fixture(scope="module")
def exports() -> Path:
    """Where the exports lie; skipped where they are not, unless everything is required."""
    if not EXPORTS.is_dir():
        reason = "the legacy exports are not at ../shared/legacy beside the repository"
        if os.environ.get("KOOP_TEST_REQUIRE") == "all":
            pytest.fail(reason)
        pytest.skip(reason)
    return EXPORTS


@pytest.fixture(scope="module")
def migrated(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Migrated]:
    root = tmp_path_factory.mktemp("legacy") / "program"
    shutil.copytree(FOLDER, root)
    (root / "legacy").symlink_to(exports, target_is_directory=True)
    status = world.migrate(root, "legacy")
    with (
        duckdb.connect(str(root / "var/staging/batch-legacy.duckdb"), read_only=True) as staging,
        duckdb.connect(str(root / "var/target/target.duckdb"), read_only=True) as target,
    ):
        yield Migrated(status, staging, target)


@pytest.mark.parametrize("cooperative_id", EXPECTED)
def test_every_export_migrates_or_blocks(migrated: Migrated, cooperative_id: str) -> None:
    record, expected = migrated.status[cooperative_id], EXPECTED[cooperative_id]
    assert (record["state"], record["verdict"]) == (expected["state"], expected["verdict"])


@pytest.mark.parametrize("cooperative_id", EXPECTED)
def test_exactly_these_rules_find_something(migrated: Migrated, cooperative_id: str) -> None:
    found = {rule["rule"]: rule["failed"] for rule in migrated.status[cooperative_id]["rules"]}
    found.pop("COL-RED-01", None)
    assert found == EXPECTED[cooperative_id]["rules"]


@pytest.mark.parametrize("cooperative_id", EXPECTED)
def test_rows_of_every_table(migrated: Migrated, cooperative_id: str) -> None:
    blocked = EXPECTED[cooperative_id]["verdict"] == "blocked"
    expected = {}
    for table, (extracted, added, excluded) in EXPECTED[cooperative_id]["rows"].items():
        kept = extracted + added - excluded
        expected[table] = {
            "extracted": extracted, "added": added, "promoted": 0 if blocked else kept, "merged": 0,
            "excluded": excluded, "held": 0, "waiting": kept if blocked else 0,
        }  # fmt: skip
    counted = migrated.status[cooperative_id]["rows"]
    assert {table: counts for table, counts in counted.items() if any(counts.values())} == expected


@pytest.mark.parametrize("cooperative_id", EXPECTED)
def test_what_was_promoted_stands_in_the_target(migrated: Migrated, cooperative_id: str) -> None:
    blocked = EXPECTED[cooperative_id]["verdict"] == "blocked"
    for table, (extracted, added, excluded) in EXPECTED[cooperative_id]["rows"].items():
        if table == "loan_instalments":  # carried as loan_schedules
            continue
        found = migrated.promoted(f"SELECT count(*) FROM platform.{table} WHERE cooperative_id = '{cooperative_id}'")
        assert found == [(0 if blocked else extracted + added - excluded,)], table


@pytest.mark.parametrize("cooperative_id", EXPECTED)
def test_money_of_every_product(migrated: Migrated, cooperative_id: str) -> None:
    where = "waiting" if EXPECTED[cooperative_id]["verdict"] == "blocked" else "promoted"
    money = migrated.status[cooperative_id]["money"]
    assert {control: amounts[where] for control, amounts in money.items()} == EXPECTED[cooperative_id]["money"]
    assert {amounts["difference"] for amounts in money.values()} == {"0.00"}


@pytest.mark.parametrize("cooperative_id", EXPECTED)
def test_totals_straight_from_raw_tie(migrated: Migrated, cooperative_id: str) -> None:
    money, expected = migrated.status[cooperative_id]["money"], EXPECTED[cooperative_id]
    delivered = {name: amounts["delivered"] for name, amounts in money.items() if amounts["delivered"] is not None}
    assert delivered == {name: expected["money"][name] for name in expected["controls"]}


@pytest.mark.parametrize("cooperative_id", EXPECTED)
def test_every_raw_row_is_used_or_ignored_by_name(migrated: Migrated, cooperative_id: str) -> None:
    booked = migrated.staged(
        "SELECT count(*), sum(rows)::INT, sum(used)::INT, sum(ignored)::INT, bool_and(rows = counted),"
        " bool_or(excluded <> 0), bool_or(ignored > 0 AND coalesce(reason, '') = '')"
        f" FROM mapped.raw_accounts WHERE cooperative_id = '{cooperative_id}'"
    )
    assert booked == [(*EXPECTED[cooperative_id]["raw"], True, False, False)]


def test_the_rounding_of_the_lender_is_read_off_its_schedule(migrated: Migrated) -> None:
    """11 x (867,000 + 233,000), then 863,000 + 237,000: up to Rp 1,000, the last absorbs, the total stays equal."""
    told = migrated.staged(
        "SELECT method, rate_basis, annual_rate, rounding_unit, rounding_mode, absorbs, rounds, exact FROM"
        f" opening.schedule_explanations WHERE cooperative_id = '{LENDER}'"
    )
    assert told == [("flat", "per_month", Decimal("26.88"), 1_000, "up", "last", "level", True)]
    unit = migrated.promoted(f"SELECT rounding_unit FROM platform.loans WHERE cooperative_id = '{LENDER}'")
    assert unit == [(1_000,)]


def test_the_audit_trail_of_the_lender_is_ignored(migrated: Migrated) -> None:
    found = migrated.staged("SELECT rows, ignored FROM mapped.raw_accounts WHERE source_table = 't99_audittrail'")
    assert found == [(1024, 1024)]


def test_ignored_amounts_are_listed_with_their_sum(migrated: Migrated) -> None:
    listed = migrated.staged(
        "SELECT source_table || '.' || column_name, total FROM mapped.ignored_amounts WHERE column_name IN"
        " ('jumlah_pinjaman', 'harga_beli', 'shu') AND source_table IN ('tb_pengajuan', 'barang', 'shu_rincian')"
        " ORDER BY 1"
    )
    assert listed == [
        ("barang.harga_beli", Decimal("28246113.00")),
        ("shu_rincian.shu", Decimal("130385456.00")),
        ("tb_pengajuan.jumlah_pinjaman", Decimal("604660221.00")),
    ]


SECRETS = [
    (SHOP, "kopkar-shop/anggota", "password", 23),
    (SHOP, "kopkar-shop/akses", "password", 4),
    (NAVICAT, "kopkar-navicat/tb_anggota", "password", 4),
    (NAVICAT, "kopkar-navicat/tb_anggota", "token", 4),
    (VARCHAR, "all-varchar/tbluser", "password", 1),
    (LENDER, "lender-rounding/t96_employees", "Password", 1),
]


@pytest.mark.parametrize(("cooperative_id", "table", "column", "count"), SECRETS)
def test_passwords_are_kept_as_hashes_only(
    migrated: Migrated, cooperative_id: str, table: str, column: str, count: int
) -> None:
    cells = migrated.staged(f'SELECT "{column}" FROM raw."{table}" WHERE cooperative_id = \'{cooperative_id}\'')
    assert len(cells) == count
    assert all(re.fullmatch("hash:[0-9a-f]{64}", cell) for (cell,) in cells)


# kopkar-shop


def test_the_shop_blocks_because_the_ledger_does_not_hold_what_the_members_have(migrated: Migrated) -> None:
    notes = migrated.staged(
        f"SELECT note FROM opening.failures WHERE cooperative_id = '{SHOP}' AND rule = 'ACC-TIE-01' ORDER BY note"
    )
    assert [note for (note,) in notes] == [
        "the ledger holds Rp 2000000.00 under the control savings, its subledger Rp 89470000.00 (WAJIB 46850000.00,"
        " HARIRAYA 33000000.00, SUKARELA 4400000.00, POKOK 3900000.00, LOYALITAS 1500000.00, TANPA-JENIS -180000.00):"
        " a difference of Rp -87470000.00",
        "the ledger holds Rp 9000000.00 under the control loans, its subledger Rp 8000000.00:"
        " a difference of Rp 1000000.00",
    ]
    message = migrated.status[SHOP]["message"]
    assert "ACC-TIE-01" in message
    assert "9000000.00" in message
    assert "8000000.00" in message


def test_the_message_of_the_shop_says_both_numbers_of_its_savings(migrated: Migrated) -> None:
    message = migrated.status[SHOP]["message"]
    assert "2000000.00" in message
    assert "89470000.00" in message


def test_the_failed_tie_of_the_shop_is_taken_apart_by_product(migrated: Migrated) -> None:
    notes = migrated.staged(
        f"SELECT string_agg(note, ' ') FROM opening.failures WHERE cooperative_id = '{SHOP}' AND rule LIKE 'ACC-TIE%'"
    )[0][0]
    for control, amount in EXPECTED[SHOP]["money"].items():
        head, _, product = control.partition(":")
        if head == "savings" and product:
            assert product in notes
            assert amount in notes


def test_the_trial_balance_of_the_shop_is_its_journals(migrated: Migrated) -> None:
    """sum(D) - sum(K) of the 64 journal lines by account, the largest: 1.1.1.3 10,000,000 + 2,500 + 110,000 + ..."""
    found = migrated.staged(
        "SELECT account_code, debit - credit, difference FROM opening.opening_trial_balance"
        f" WHERE cooperative_id = '{SHOP}' AND (debit <> 0 OR credit <> 0) ORDER BY 1"
    )
    assert {code: int(amount) for code, amount, _ in found} == {
        "1.1.1.1.1": 1_220_000,
        "1.1.1.2.3": -100_000,
        "1.1.1.2.5": 2_100_000,
        "1.1.1.3": -10_232_500,
        "1.1.3.4": 9_000_000,
        "2.1.1": 2_500,
        "2.3": -2_000_000,
        "4.1": -100_000,
        "5.1.4": 100_000,
        "5.3.4": 20_000,
        "5.4": -10_000,
    }
    differences = {code: int(difference) for code, _, difference in found if difference is not None}
    assert differences == {"1.1.3.4": 9_000_000 - 8_000_000, "2.3": 2_000_000 - 89_470_000}


def test_the_loan_of_the_shop_goes_on_after_the_two_instalments_paid_ahead(migrated: Migrated) -> None:
    found = migrated.staged(
        "SELECT instalment_no, due_on, principal, interest, state FROM opening.loan_schedules"
        f" WHERE cooperative_id = '{SHOP}' ORDER BY 1"
    )
    assert [row[0] for row in found] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert (found[0][1], found[-1][1]) == (date(2025, 7, 1), date(2026, 2, 1))
    assert {row[2:] for row in found} == {(Decimal(1_000_000), Decimal(100_000), "due")}


def test_figures_of_the_shop_taken_from_the_file_by_regular_expressions(exports: Path) -> None:
    text = (exports / "kopkar-shop.sql").read_text(encoding="utf-8")
    savings = re.findall(r"^\(\d+, '\w{36}', .*, '(Penarikan|Simpanan [^']+)', '[^']*', (\d+)\)[,;]$", text, re.M)
    totals: dict[str, int] = {}
    for category, amount in savings:
        totals[category] = totals.get(category, 0) + int(amount)
    assert len(savings) == 368
    assert totals == {
        "Simpanan Wajib": 46_850_000,
        "Simpanan Hari Raya": 33_000_000,
        "Simpanan Suka rela": 4_000_000,
        "Simpanan Suka rela(Tabungan)": 400_000,
        "Simpanan Pokok": 4_000_000,
        "Simpanan Loyalitas": 1_500_000,
        "Penarikan": 280_000,
    }
    withdrawn = totals.pop("Penarikan")
    assert sum(totals.values()) - withdrawn == 89_750_000 - 280_000 == 89_470_000
    journal = re.findall(r"^\(\d+, '\w+', '\w+', .*, '([\d.]+)', '[^']*', '([DK])', (\d+)\)[,;]$", text, re.M)
    assert len(journal) == 64
    net = {code: 0 for code, _, _ in journal}
    for code, side, amount in journal:
        net[code] += int(amount) if side == "D" else -int(amount)
    assert (net["2.3"], net["1.1.3.4"], sum(net.values())) == (-2_000_000, 9_000_000, 0)


# lender-rounding


def test_the_schedule_of_the_lender_goes_over_to_the_rupiah(migrated: Migrated) -> None:
    """Instalment 1 is paid on the cut-off day; ten of 867,000 + 233,000 and one of 863,000 + 237,000 remain."""
    found = migrated.promoted(
        "SELECT instalment_no, due_on, principal, interest, total, balance_after, state FROM platform.loan_schedules"
        f" WHERE cooperative_id = '{LENDER}' ORDER BY 1"
    )
    month_ends = [
        date(2018, 12, 31), date(2019, 1, 31), date(2019, 2, 28), date(2019, 3, 31), date(2019, 4, 30),
        date(2019, 5, 31), date(2019, 6, 30), date(2019, 7, 31), date(2019, 8, 31), date(2019, 9, 30),
        date(2019, 10, 31),
    ]  # fmt: skip
    expected = [
        (number, month_ends[number - 2], 867_000, 233_000, 1_100_000, 10_400_000 - number * 867_000, "due")
        for number in range(2, 12)
    ]
    assert found == [*expected, (12, month_ends[-1], 863_000, 237_000, 1_100_000, 0, "due")]


def test_the_loan_of_the_lender(migrated: Migrated) -> None:
    """11 x 867,000 + 863,000 = 10,400,000; interest left 10 x 233,000 + 237,000; 2.24 % a month."""
    found = migrated.promoted(
        "SELECT principal, outstanding_principal, outstanding_interest, annual_rate, rounding_unit, tenor, first_due_on"
        f" FROM platform.loans WHERE cooperative_id = '{LENDER}'"
    )
    assert found == [(10_400_000, 9_533_000, 2_567_000, Decimal("26.88"), 1_000, 12, date(2018, 11, 30))]
    assert 11 * 867_000 + 863_000 == 10_400_000


def test_money_paid_ahead_is_a_prepaid_account_that_names_its_loan(migrated: Migrated) -> None:
    account = migrated.promoted(
        "SELECT account_no, product_kind, nature, loan_no, balance FROM platform.savings_accounts"
        f" WHERE cooperative_id = '{LENDER}'"
    )
    assert account == [("TTP-1", "prepaid_instalment", "liability", "1", 0)]
    movements = migrated.promoted(
        "SELECT kind, amount, balance_after FROM platform.savings_transactions"
        f" WHERE cooperative_id = '{LENDER}' ORDER BY entry_no"
    )
    assert movements == [("deposit", 200_000, 200_000), ("withdrawal", -200_000, 0)]


RED_FLAGS = f"SELECT before FROM gate.findings WHERE cooperative_id = '{LENDER}' AND rule = 'COL-RED-01'"


def test_two_atm_cards_are_red_flags(migrated: Migrated) -> None:
    assert migrated.staged(RED_FLAGS).count(("ATM",)) == 2


def test_a_diploma_spelled_the_old_way_is_a_red_flag_too(migrated: Migrated) -> None:
    assert ("Ijasah",) in migrated.staged(RED_FLAGS)


# kopkar-navicat


def test_stored_totals_of_navicat_that_the_events_do_not_explain(migrated: Migrated) -> None:
    """3001: 129,814,435 in, 65,000,000 out, 65,014,435 stored. 3003: 25,858 + 252,525 + 25 in, 2,328,912 stored."""
    found = migrated.promoted(
        "SELECT account_no, balance, history_total, difference FROM platform.opening_savings_balances"
        f" WHERE cooperative_id = '{NAVICAT}' ORDER BY 1"
    )
    assert found == [
        ("SP-000001", 100_000, None, None),
        ("SS-000001", 65_014_435, 64_814_435, 200_000),
        ("SS-000002", 2_328_912, 278_408, 2_050_504),
        ("SW-000001", 100_000, None, None),
    ]
    said = [note for (note,) in migrated.staged("SELECT note FROM opening.failures WHERE rule = 'SAV-HIS-01'")]
    assert any("Rp 65014435.00, its movements sum to Rp 64814435.00" in note for note in said)


def test_four_rupiah_stay_after_the_last_payment(migrated: Migrated) -> None:
    """12 x 833,333 = 9,999,996 of 10,000,000; the last instalment holds the rest and the loan stays active."""
    loan = migrated.promoted(
        "SELECT status, outstanding_principal, arrears_days, collectability FROM platform.loans"
        f" WHERE cooperative_id = '{NAVICAT}' AND loan_no = 'PJ2310180003'"
    )
    assert loan == [("active", 4, 0, "current")]
    rest = migrated.promoted(
        "SELECT instalment_no, due_on, principal, interest, state FROM platform.loan_schedules"
        f" WHERE cooperative_id = '{NAVICAT}' AND loan_no = 'PJ2310180003'"
    )
    assert rest == [(12, date(2025, 8, 10), 4, 0, "part_paid")]


def test_the_four_rupiah_are_reported(migrated: Migrated) -> None:
    found = migrated.staged(
        "SELECT f.rule FROM gate.findings f JOIN cleaned.loans l ON l.cooperative_id = f.cooperative_id"
        " AND l._row = f.row WHERE f.table_name = 'loans' AND l.loan_no = 'PJ2310180003'"
    )
    assert found != []


def test_what_remains_of_every_loan_of_navicat(migrated: Migrated) -> None:
    """Without interest the stored rest is the principal; instalments are P/n, the last takes what remains."""
    found = migrated.promoted(
        "SELECT loan_no, count(*), min(instalment_no), sum(principal), sum(interest) FROM platform.loan_schedules"
        f" WHERE cooperative_id = '{NAVICAT}' GROUP BY 1 ORDER BY 1"
    )
    assert found == [
        ("PJ2310180001", 23, 2, 958_333, 0),
        ("PJ2310180003", 1, 12, 4, 0),
        ("PJ2409190001", 10, 3, 833_334, 0),
        ("PJ2412240001", 23, 2, 14_375_000, 0),
        ("PJ2412240002", 22, 3, 13_750_000, 0),
        ("PJ2412260004", 6, 1, 2_000_000, 0),
        ("PJ2412260005", 2, 1, 100_000, 0),
    ]


def test_figures_of_navicat_taken_from_the_file_by_regular_expressions(exports: Path) -> None:
    text = (exports / "kopkar-navicat.sql").read_text(encoding="latin1")
    events = re.findall(r"`tb_kegiatan_simpanan` VALUES \(\d+, '\w+', '(\d+)', 'Sukarela', '(\w+)', (\d+),", text)
    sums = {member: 0 for member, _, _ in events}
    for member, action, amount in events:
        sums[member] += int(amount) if action == "Masuk" else -int(amount)
    assert (len(events), sums) == (39, {"3001": 64_814_435, "3003": 278_408})
    paid = re.findall(r"`tb_pembayaran` VALUES \(.*, (\d+), 0, 1, '[\d-]+', '\d+'\);", text)
    assert (len(paid), sum(map(int, paid))) == (20, 247_829_685)
    assert paid.count("833333") == 12


# all-varchar, daily, csv-templates


def test_dates_and_months_that_are_text(migrated: Migrated) -> None:
    found = migrated.promoted(
        "SELECT t.posted_on, t.amount, json_extract_string(t.extras, '$.untuk_bulan'), a.opened_on, a.member_no"
        " FROM platform.savings_transactions t JOIN platform.savings_accounts a USING (cooperative_id, account_no)"
        f" WHERE t.cooperative_id = '{VARCHAR}'"
    )
    assert found == [(date(2018, 12, 17), 200_000, "2018-12", date(2018, 12, 17), "052A")]


def test_what_is_held_of_the_members_is_empty_in_the_target(migrated: Migrated) -> None:
    found = migrated.promoted(f"SELECT member_no, nik, phone FROM platform.members WHERE cooperative_id = '{VARCHAR}'")
    assert sorted(found) == [("051A", None, None), ("052A", None, None)]
    held = migrated.staged(f"SELECT count(*) FROM gate.held WHERE cooperative_id = '{VARCHAR}'")
    assert held == [(4,)]


def test_a_settled_loan_keeps_its_three_repayments_and_no_schedule(migrated: Migrated, exports: Path) -> None:
    with closing(sqlite3.connect(f"{(exports / 'daily.sqlite').as_uri()}?mode=ro&immutable=1", uri=True)) as source:
        loans = source.execute("SELECT jumlah_pinjaman, sisa_pinjaman, status FROM pinjaman").fetchall()
        paid = source.execute("SELECT tanggal, jumlah_bayar FROM angsuran ORDER BY id_angsuran").fetchall()
    assert loans == [(500_000, 0, "Lunas")]
    assert paid == [("2025-09-21", 100_000), ("2025-09-21", 200_000), ("2025-09-21", 200_000)]
    loan = migrated.promoted(
        f"SELECT status, principal, outstanding_principal FROM platform.loans WHERE cooperative_id = '{DAILY}'"
    )
    assert loan == [("settled", 500_000, 0)]
    repayments = migrated.promoted(
        "SELECT paid_on, principal, interest, total FROM platform.loan_repayments"
        f" WHERE cooperative_id = '{DAILY}' ORDER BY entry_no"
    )
    assert repayments == [(date(2025, 9, 21), amount, 0, amount) for amount in (100_000, 200_000, 200_000)]


def test_one_file_per_product_meets_by_the_nik(migrated: Migrated) -> None:
    found = migrated.promoted(
        "SELECT m.nik, m.member_no, sum(s.balance), count(*) FROM platform.members m JOIN platform.savings_accounts s"
        f" USING (cooperative_id, member_no) WHERE m.cooperative_id = '{TEMPLATES}' GROUP BY ALL ORDER BY 1"
    )
    totals = (3_500_000, 3_000_000, 2_500_000, 2_000_000, 1_500_000)  # 1,500,000 and what is voluntary
    assert found == [(f"320101010101000{n}", f"K00{n}", total, 3) for n, total in enumerate(totals, start=1)]
