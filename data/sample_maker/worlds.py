"""The eight cooperatives of the sample, each with the faults that it is there to show.

Put here who they are and what is wrong with them. Facts, names and addresses are invented; EXPECTED.yaml and the
README are made from these records.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from sample_maker import faults
from sample_maker.ledger import Chart, invent_accounts
from sample_maker.lending import LendingPlan, invent_collaterals, invent_loans
from sample_maker.people import invent_members, invent_officers
from sample_maker.savings import SavingsPlan, invent_savings
from sample_maker.truth import Cooperative, Terms

FLAT = Terms("UMUM", "flat", "1.5", "per_month", "monthly", (10, 12, 18, 20, 24))
DECLINING = Terms("USAHA", "declining", "1.25", "per_month", "monthly", (12, 18, 24))
WEEKLY = Terms("MIKRO", "flat", "13", "per_year", "weekly", (24, 26, 40))
WHOLE = Terms("MUSIM", "flat", "18", "whole_term", "monthly", (12,))
DEAR = Terms("CEPAT", "flat", "2.5", "per_month", "monthly", (10, 12))
ANNUITY = Terms("USAHA", "annuity", "12", "per_year", "monthly", (12, 24))
YEARLY_FLAT = Terms("UMUM", "flat", "12", "per_year", "monthly", (10, 12, 20))
YEARLY_DECLINING = Terms("UMUM", "declining", "18", "per_year", "monthly", (12, 18, 24))

ROLES = "ASET LANCAR TETAP KEWAJIBAN EKUITAS PENDAPATAN BEBAN"
DETAILS = (
    "KAS BANK PIUTANG PENYISIHAN INVENTARIS AKUMULASI SUKARELA BERJANGKA POKOK WAJIB CADANGAN HIBAH"
    " JASA ADMIN BUNGA GAJI OPERASI"
)


def _codes(heads: str, details: str, **more: str) -> dict[str, str]:
    return {
        **dict(zip(ROLES.split(), heads.split(), strict=True)),
        **dict(zip(DETAILS.split(), details.split(), strict=True)),
        **more,
    }


_DOTTED = _codes(
    "1 1.1 1.2 2 3 4 5",
    "1.1.1 1.1.2 1.1.3 1.1.10 1.2.1 1.2.2 2.1 2.2 3.1 3.2 3.3 3.10 4.1 4.2 5.1 5.2 5.3",
)
DOTTED = Chart({**_DOTTED, "SUKARELA+HARIRAYA": "2.1"}, frozenset({"LANCAR", "TETAP", "EKUITAS"}))
DASHED = Chart(
    _codes(
        "1-0000 1-1000 1-2000 2-0000 3-0000 4-0000 5-0000",
        "1-1001 1-1002 1-1003 1-1009 1-2001 1-2002 2-1001 2-1002 3-1001 3-1002 3-1003 3-1004"
        " 4-1001 4-1002 5-1001 5-1002 5-1003",
    ),
    frozenset(ROLES.split()),
)
PLAIN = Chart(
    _codes(
        "100 110 120 200 300 400 500",
        "111 112 113 119 121 122 211 212 311 312 313 314 411 412 511 512 513",
        **{"PIUTANG UMUM": "113", "PIUTANG MIKRO": "114", "PIUTANG USAHA": "115"},
    ),
    loans_by_product=True,
)
LETTERS = Chart(_codes("A A1 A2 K M P B", "A11 A12 A13 A19 A21 A22 K10 K20 M10 M20 M30 M40 P10 P20 B10 B20 B30"))


@dataclass(frozen=True)
class World:
    """One cooperative of the sample and what it must come to."""

    id: str
    name: str
    system: str
    seed: int
    members: int
    member_form: str
    savings: SavingsPlan
    lending: LendingPlan
    chart: Chart
    verdict: str | None
    reason: str
    faults: tuple[str, ...] = ()
    people: Callable[[Cooperative], None] | None = None
    damage: Callable[[Cooperative], None] | None = None
    declared: tuple[str, ...] = ("members", "savings", "savings:POKOK", "loans", "assets")
    facts: dict[str, str] = field(default_factory=dict)
    excluded: dict[str, int] = field(default_factory=dict)
    overrides: bool = False
    old_report: bool = False

    @property
    def state(self) -> str:
        """Where a run leaves it."""
        return "verified" if self.verdict in ("passed", "warned") else "gated" if self.verdict else "failed"


def build(world: World) -> Cooperative:
    """The truth of one cooperative, the same at every run."""
    rng = random.Random(world.seed)
    truth = Cooperative(world.id, members=invent_members(rng, world.members, world.member_form))
    if world.people:
        world.people(truth)
    truth.officers = invent_officers(rng, truth.members)
    truth.savings = invent_savings(rng, truth.members, world.savings)
    truth.loans = invent_loans(rng, truth.members, world.lending)
    truth.collaterals = invent_collaterals(rng, truth.members, truth.loans)
    truth.accounts = invent_accounts(rng, truth, world.chart)
    if world.damage:
        world.damage(truth)
    return truth


def _facts(
    ordinal: int, *, region: str, address: str, founded: str, phone: str, kind: str = "savings_loan", unit: str = "ksp"
) -> dict[str, str]:
    """All that the cooperatives row needs; `ordinal` makes the numbers differ."""
    first8 = f"0{ordinal}245{ordinal}71"
    npwp = f"0{first8}{_luhn_digit(first8)}922000"
    assert len(npwp) == 16
    return {
        "kind": kind,
        "form": "primary",
        "savings_loan_unit": unit,
        "legal_entity_no": f"518.0{ordinal}/{ordinal + 10}/BH/XIV.10/VIII/{founded[:4]}",
        "legal_entity_on": founded,
        "cooperative_nik": f"5371010{ordinal:03d}{ordinal + 10:03d}",
        "npwp": npwp,
        "nib": f"91203{ordinal:02d}4567{ordinal:02d}",
        "address": address,
        "region_code": region,
        "phone": phone,
        "email": f"koperasi{ordinal}@example.org",
        "established_on": founded,
        "status": "active",
    }


def _luhn_digit(digits: str) -> int:
    total = 0
    for at, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if at % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


_CSV_SAVINGS = SavingsPlan(("POKOK", "WAJIB", "SUKARELA", "HARIRAYA", "BERJANGKA"), date(2025, 1, 1), False)
_SHEET_PRODUCTS = ("POKOK", "WAJIB", "SUKARELA")
_YEAR = date(2026, 1, 1)
_NO_VOLUNTARY = frozenset(f"{number:03d}" for number in range(3, 90, 6))

WORLDS: tuple[World, ...] = (
    World(
        id="KSP-MEKAR",
        name="KSP Mekar Sari",
        system="ksp-csv",
        seed=101,
        members=120,
        member_form="A{:04d}",
        savings=_CSV_SAVINGS,
        lending=LendingPlan((FLAT, DECLINING, WEEKLY, WHOLE), 36),
        chart=DOTTED,
        verdict="passed",
        reason="nothing is wrong: every amount ties, every identifier is valid, every declared total is met",
        facts=_facts(
            1,
            region="53.71.01",
            address="Jl. Yos Sudarso No. 12, Alak",
            founded="2008-08-12",
            phone="+6281246100001",
        ),
    ),
    World(
        id="KSU-TANI-MAJU",
        name="KSU Tani Maju",
        system="ksp-csv",
        seed=202,
        members=85,
        member_form="T{:03d}",
        savings=_CSV_SAVINGS,
        lending=LendingPlan((FLAT, DEAR, WEEKLY), 24, late={3: 1, 6: 2}),
        chart=DOTTED,
        verdict="warned",
        reason="warnings only: NIKs that disagree with the birth date, NIKs, phones and birth dates that are held, a"
        " member listed twice and merged, two who may be one, loans above 24 % a year, two loans with unpaid"
        " instalments, three rows excluded by name",
        faults=(
            "3 NIKs disagree with the birth date (warn)",
            "NIK `123456789`, `3.3E+15`, a NIK of 15 digits and a NIK `-` (held or empty)",
            "phones `08` (held) and `0` (empty)",
            "birth dates `Kupang, 10 Mei 200`, `0966-05-14` and `Juli 1980` (held)",
            "a member listed twice, as Aisyah and as AISJAH with the same NIK, voluntary savings under the second"
            " number (merged, warn); the declared number of members counts both rows",
            "two members born on one day, Yohanes and Yohanis, one without a NIK: perhaps the same person (warn)",
            "the manager is not a member, which a manager need not be (nothing)",
            "loans of product CEPAT at 2.5 % a month = 30 % a year (warn)",
            "2 loans with 1 and 2 instalments unpaid: that of the cut-off day is `due`, the one before it `overdue`;"
            " both loans stay current",
            "2 soft-deleted rows (flag 2) and 1 test row among the members, without savings (excluded by name)",
        ),
        damage=faults.tani,
        facts=_facts(
            2,
            region="53.03.04",
            address="Jl. Eltari No. 4, Noemuti",
            founded="2011-03-14",
            phone="+6281246100002",
            kind="consumer",
            unit="usp",
        ),
        excluded={"members": 3},
        overrides=True,
    ),
    World(
        id="KOPKAR-BAHARI",
        name="Kopkar Bahari Nusantara",
        system="koperasi-xlsx",
        seed=303,
        members=90,
        member_form="{:03d}",
        savings=SavingsPlan(
            _SHEET_PRODUCTS, _YEAR, True, "{product}.{member}", "BKT-{:05d}", without_voluntary=_NO_VOLUNTARY
        ),
        lending=LendingPlan((YEARLY_FLAT, WEEKLY), 24),
        chart=DASHED,
        verdict="warned",
        reason="warnings only: no declared totals, NIKs that disagree with the birth date, a NIK and a phone that are"
        " held, a birth date that is the day of joining, collateral without value, subtotal rows with amounts excluded"
        " by name, a file that nothing reads",
        faults=(
            "no declared totals (at best warned)",
            "2 NIKs disagree with the birth date (warn), NIK `3323` (held), phone `(0380) 88` (held)",
            "2 collaterals without a value, one of them an ATM card and a diploma (warn)",
            "12 subtotal rows (`Sub jumlah`) inside the six transaction sheets, excluded by name with their amounts",
            "15 members without a voluntary account: their empty cells are excluded by name, amount nil",
            "a birth date that is the day of joining, with NIK `0` (warn)",
            "1 balance that the workbook stores a little below whole rupiah, rounded (warn)",
            "`Neraca 2025.xls`, a web page under another name that nothing reads (warn)",
        ),
        damage=faults.bahari,
        old_report=True,
        declared=(),
        facts=_facts(
            3,
            region="53.06.03",
            address="Jl. Pelabuhan No. 1, Larantuka",
            founded="2012-08-20",
            phone="+6281246100003",
            kind="consumer",
            unit="usp",
        ),
        excluded={"savings_accounts": len(_NO_VOLUNTARY), "savings_transactions": 12},
    ),
    World(
        id="KOPKAR-SINAR",
        name="Kopkar Sinar Timur",
        system="koperasi-xlsx",
        seed=404,
        members=60,
        member_form="{:03d}",
        savings=SavingsPlan(_SHEET_PRODUCTS, _YEAR, True, "{product}.{member}", "BKT-{:05d}"),
        lending=LendingPlan((YEARLY_FLAT, WEEKLY), 14),
        chart=DASHED,
        verdict=None,
        reason="the workbook is cut off: its last 40 % is missing, so it cannot be opened (a damaged file)",
        faults=("the workbook is cut off after 60 % of its bytes (failed)",),
        facts=_facts(
            4,
            region="53.07.01",
            address="Jl. Gajah Mada No. 7, Paga",
            founded="2010-08-17",
            phone="+6281246100004",
            kind="consumer",
            unit="usp",
        ),
    ),
    World(
        id="PRIMKOP-LONTAR",
        name="Primkop Lontar Jaya",
        system="simkop-mysql",
        seed=505,
        members=150,
        member_form="LJ{:04d}",
        savings=SavingsPlan(_SHEET_PRODUCTS, _YEAR, False, "{product}{member}", "{:d}"),
        lending=LendingPlan((FLAT, WEEKLY), 40),
        chart=PLAIN,
        verdict="blocked",
        reason="the trial balance is out by exactly 500,000.00: debit exceeds credit (account 513, Beban Operasional)",
        faults=("the trial balance: debit exceeds credit by exactly 500,000.00 (block)",),
        damage=faults.lontar,
        facts=_facts(
            5,
            region="53.71.03",
            address="Jl. Timor Raya No. 88, Kelapa Lima",
            founded="2009-08-10",
            phone="+6281246100005",
            kind="services",
            unit="usp",
        ),
    ),
    World(
        id="KSP-CENDANA",
        name="KSP Cendana Wangi",
        system="simkop-mysql",
        seed=606,
        members=110,
        member_form="CW{:04d}",
        savings=SavingsPlan(_SHEET_PRODUCTS, _YEAR, False, "{product}{member}", "{:d}"),
        lending=LendingPlan((DECLINING, FLAT, WEEKLY), 30, late={3: 1, 4: 5}),
        chart=PLAIN,
        verdict="warned",
        reason="warnings only: a loan with five unpaid instalments that the source still calls current, three"
        " candidates as members, a leaving date of an active member, rows excluded by name",
        faults=(
            "one loan with 5 instalments unpaid since 2026-02-28 (4 overdue, 1 due at the cut-off): substandard, but"
            " the source says `Lancar` (warn); one with only that of the cut-off day unpaid",
            "3 candidates (`Calon`) who save (warn)",
            "2 members left on 2026-04-20 and were paid out; their accounts are closed with nothing",
            "1 member is active although a leaving date is filled in (warn)",
            "2 soft-deleted members and 1 soft-deleted savings account, all without money (excluded by name)",
        ),
        people=faults.cendana,
        damage=faults.cendana_source,
        declared=("savings", "savings:POKOK", "loans", "assets"),
        facts=_facts(
            6,
            region="53.71.04",
            address="Jl. Cak Doko No. 21, Oebobo",
            founded="2013-08-05",
            phone="+6281246100006",
        ),
        excluded={"members": 2, "savings_accounts": 1},
    ),
    World(
        id="KOPDIT-SOLIDARITAS",
        name="Kopdit Solidaritas",
        system="kopdit-sqlite",
        seed=707,
        members=200,
        member_form="{:05d}",
        savings=SavingsPlan(_SHEET_PRODUCTS, _YEAR, True, "{member}-{product}", "{:06d}"),
        lending=LendingPlan((ANNUITY, YEARLY_DECLINING), 45),
        chart=LETTERS,
        verdict="blocked",
        reason=f"{3 * faults.MISSING} savings accounts belong to {faults.MISSING} members who are not there",
        faults=(f"{3 * faults.MISSING} savings accounts of {faults.MISSING} members who are not there (block)",),
        damage=faults.solidaritas,
        declared=("savings", "savings:POKOK", "loans", "assets"),
        facts={"kind": "savings_loan", "form": "primary", "savings_loan_unit": "ksp"},
    ),
    World(
        id="KOPDIT-KASIH",
        name="Kopdit Kasih Bersaudara",
        system="kopdit-sqlite",
        seed=808,
        members=140,
        member_form="{:05d}",
        savings=SavingsPlan(_SHEET_PRODUCTS, _YEAR, True, "{member}-{product}", "{:06d}"),
        lending=LendingPlan((ANNUITY, YEARLY_DECLINING), 35),
        chart=LETTERS,
        verdict="passed",
        reason="nothing is wrong: delivered schedules, every amount ties, every declared total is met",
        facts={"kind": "savings_loan", "form": "primary", "savings_loan_unit": "ksp"},
    ),
)

BODY_FACTS = {
    "KOPDIT-SOLIDARITAS": _facts(
        7, region="53.08.03", address="Jl. Kelimutu No. 3, Ende", founded="2007-08-15", phone="+6281246100007"
    ),
    "KOPDIT-KASIH": _facts(
        8, region="53.07.04", address="Jl. Don Thomas No. 9, Nita", founded="2006-08-21", phone="+6281246100008"
    ),
}
