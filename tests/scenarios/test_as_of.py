"""As of when: balances of other days than the cut-off (30 June 2026), the whole way to the target and read back.

Each cooperative is one case, a few rows long; its amounts are added up beside it.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from as_of_books import BOOK, JULY, JUNE, MAY, MOVES, PAID, SAID, World, book, migrated, parts
from small_program import SmallProgram

from koop_pipeline.gates.money_lists import read_lists

WORLD = SmallProgram()


def add(name: str, files: dict[str, str], mapping: str = BOOK, **keys: Any) -> str:
    return WORLD.add(name, mapping, files, **{**SAID, **keys})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with migrated(WORLD, tmp_path_factory.mktemp("asof")) as whole:
        yield whole


# R1 500 + 100 - 30 (on the cut-off day) = 570; R2 stands still; P1 800 - 100 = 700; P2 is paid off in June.
FORWARD = add(
    "MAJU",
    book(
        "R1;500;01/01/2026;B\nR2;200;01/01/2026;B",
        "R1;05/01/2026;500\nR2;31/05/2026;200\nR1;01/06/2026;100\nR1;30/06/2026;-30\nR1;01/07/2026;9",
        "P1;1.000;05/01/2026;800;J\nP2;90;05/01/2026;50;J",
        "P1;05/04/2026;200;0;200\nP2;05/04/2026;40;0;40\nP1;15/06/2026;100;10;110\nP2;20/06/2026;50;0;50",
        "mei/", "juni/",
    ),
    source=parts(MAY, JUNE),
)  # fmt: skip


def test_a_balance_of_may_is_brought_forward_by_the_movements_of_june(world: World) -> None:
    assert world.state(FORWARD) == ("verified", "warned")
    assert world.savings(FORWARD) == [("R1", 570, "open"), ("R2", 200, "open")]
    assert world.loans(FORWARD) == [("P1", 700, "active"), ("P2", 0, "settled")]
    assert world.rules(FORWARD) == {"savings_accounts CUT-03": 1, "loans CUT-03": 2, "savings_transactions CUT-02": 1}
    assert world.notes(FORWARD, "CUT-03")[1] == (
        "the balance of Rp 500.00 stands for 2026-05-31; the movements between it and the cut-off day 2026-06-30, "
        "Rp 70.00 together, bring it to Rp 570.00"
    )


def test_what_was_brought_is_booked_and_listed(world: World) -> None:
    """Delivered 500 + 200 + 1 (R9) = 701; promoted 771, 70 more."""
    savings = world.status[FORWARD]["money"]["savings"]
    assert [savings[name] for name in ("extracted", "promoted", "excluded", "difference")] == [
        "701.00", "771.00", "-70.00", "0.00",
    ]  # fmt: skip
    lists = {each.title[1]: rows for each, rows in read_lists(world.staging.connection)[FORWARD]}
    assert lists["Balances of other days, brought to the cut-off"] == [
        ("loans", "UMUM", "2026-05-31", "3", "2", "859,00", "-150,00", "709,00"),
        ("savings_accounts", "SUKA", "2026-05-31", "3", "1", "701,00", "70,00", "771,00"),
    ]


MIRROR = add(
    "CERMIN",
    book(
        "R1;500;01/01/2026;B", "R1;05/01/2026;500\nR1;10/07/2026;40", "P1;1.000;05/01/2026;800;J",
        "P1;05/04/2026;200;0;200\nP1;10/07/2026;60;0;60", "juni/", "juli/",
    ),
    source=parts(JUNE, JULY),
)  # fmt: skip


def test_a_balance_of_the_cut_off_is_left_alone_whatever_the_day_of_its_movements(world: World) -> None:
    assert world.state(MIRROR) == ("verified", "warned")
    assert world.savings(MIRROR) == [("R1", 500, "open")]
    assert world.loans(MIRROR) == [("P1", 800, "active")]
    assert world.rules(MIRROR) == {"savings_transactions CUT-02": 1, "loan_repayments CUT-02": 1}


# R1 570 - 70; R2 closed on 3 July with 300; R3 opened on 2 July; R4 withdrew on the cut-off day; R5 was closed before.
# P1 settled on 2 July by 700; P2 disbursed on 1 July, and paid on the 4th; P3 settled in May.
BACK = add(
    "MUNDUR",
    book(
        "R1;570;01/01/2026;B\nR2;0;01/01/2026;T\nR3;90;02/07/2026;B\nR4;600;30/06/2026;B\nR5;0;01/01/2026;T",
        "R1;05/01/2026;500\nR1;02/07/2026;70\nR2;05/01/2026;300\nR2;03/07/2026;-300\nR3;02/07/2026;90\n"
        "R4;30/06/2026;1.000\nR4;30/06/2026;-400\nR5;05/01/2026;20\nR5;05/02/2026;-20",
        "P1;1.000;05/01/2026;0;L\nP2;900;01/07/2026;850;J\nP3;70;05/01/2026;0;L",
        "P1;05/04/2026;300;0;300\nP1;02/07/2026;700;9;709\nP2;04/07/2026;50;0;50\nP3;05/05/2026;70;0;70",
    ),
    exported_on="2026-07-05",
)  # fmt: skip


def test_what_happened_after_the_cut_off_is_taken_back(world: World) -> None:
    assert world.state(BACK) == ("verified", "warned")
    assert world.savings(BACK) == [
        ("R1", 500, "open"), ("R2", 300, "open"), ("R3", 0, "open"), ("R4", 600, "open"), ("R5", 0, "closed"),
    ]  # fmt: skip
    assert world.loans(BACK) == [("P1", 700, "active"), ("P3", 0, "settled")]
    assert world.rules(BACK) == {
        "savings_accounts CUT-03": 3, "savings_accounts SAV-CLS-02": 1, "savings_transactions CUT-02": 3,
        "loans CUT-02": 1, "loans CUT-03": 1, "loan_repayments CUT-02": 2,
    }  # fmt: skip
    assert world.notes(BACK, "SAV-CLS-02") == [
        "closed after the cut-off day 2026-06-30, on which it held Rp 300.00: it opens as open"
    ]


def test_an_account_closed_since_earned_interest_up_to_the_cut_off(world: World) -> None:
    """300 at 7.3 % for 21 to 30 June: 300 x 0.073 x 10 / 365 = 0.60."""
    rows = world.staging.rows(
        "SELECT account_no, gross FROM opening.accrued_interest WHERE cooperative_id = ? ORDER BY 1",
        [BACK],
    )
    assert dict(rows)["R2"] == Decimal("0.60")
    assert "R5" not in dict(rows)


# Every one of these blocks by CUT-01, on the table named.
REFUSED = {
    # movements known to the middle of June only
    add("PENDEK", book("R1;500;01/01/2026;B", "R1;05/01/2026;500\nR1;02/06/2026;10", "P1;9;05/01/2026;5;J",
                       "P1;05/02/2026;4;0;4", "mei/", "tengah/"),
        source=parts(MAY, ("tengah", "2026-06-15"))): ("savings_accounts", "loans"),
    # balances of 5 July, movements to the cut-off
    add("KURANG", book("R1;500;01/01/2026;B", "R1;05/01/2026;500", "P1;9;05/01/2026;5;J", "P1;05/02/2026;4;0;4",
                       "awal/", "juni/"),
        source=parts(("awal", "2026-07-05"), JUNE)): ("savings_accounts", "loans"),
    # settled on 2 July in a list of 5 July, by a total that nothing divides
    add("UTUH", book(loans="P1;700;;0;L", paid="P1;02/07/2026;;;700"),
        exported_on="2026-07-05"): ("loans",),
    # settled in a list of 5 July; the repayments up to the cut-off leave 600
    add("LUNAS", book("R1;0;01/01/2026;T", "R1;05/01/2026;40", "P1;700;05/01/2026;0;L", "P1;05/02/2026;100;0;100",
                      "awal/", "juni/"),
        source=parts(("awal", "2026-07-05"), JUNE)): ("savings_accounts", "loans"),
    # said to be of the cut-off, but the movements of July are in it
    add("KELIRU", book("R1;570;01/01/2026;B", "R1;05/01/2026;500\nR1;02/07/2026;70", "P1;700;05/01/2026;600;J",
                       "P1;02/07/2026;100;0;100")): ("savings_accounts", "loans"),
}  # fmt: skip


@pytest.mark.parametrize("one", list(REFUSED))
def test_a_balance_that_cannot_be_brought_to_the_cut_off_blocks(world: World, one: str) -> None:
    assert world.state(one) == ("gated", "blocked")
    found = world.rules(one)
    assert {name for name in found if name.endswith("CUT-01")} == {f"{table} CUT-01" for table in REFUSED[one]}
    assert not any("COP-" in name for name in found)
    assert {money["difference"] for money in world.status[one]["money"].values()} == {"0.00"}


def test_the_message_says_which_day_and_what_to_do(world: World) -> None:
    assert "stands for 2026-05-31 but the cut-off is 2026-06-30" in world.notes("PENDEK", "CUT-01")[1]
    assert "cannot be divided into principal and interest" in " ".join(world.notes("UTUH", "CUT-01"))
    assert world.notes("KELIRU", "CUT-01")[0].startswith(
        "the balance of Rp 570.00 is said to stand for 2026-06-30, but the movements up to then sum to Rp 500.00 and "
        "those up to 2026-07-02 to the balance itself"
    )


# PST of the cut-off, CBG a month earlier: R1 200 + 25 in June where June's movements came, else refused
BRANCHED = {
    **{f"PSTjuni/{name}": text for name, text in book("R1;500;;B", "R1;05/01/2026;500\nR1;05/07/2026;3").items()},
    **{f"CBGmei/{name}": text for name, text in book("R1;200;;B", "R1;05/01/2026;200").items()},
}
HALF = add("SEPARUH", BRANCHED, source=[*parts(JUNE, branch="PST"), *parts(MAY, branch="CBG")])
LATER = {
    "CBGjuni/mutasi.csv": MOVES + "R9;01/01/2020;1\nR1;05/01/2026;200\nR1;05/06/2026;25",
    "CBGjuni/angsuran.csv": PAID + "P9;01/02/2020;1;0;1",
}
WHOLE = add("LENGKAP", {**BRANCHED, **LATER}, source=[*parts(JUNE, branch="PST"), *parts(MAY, JUNE, branch="CBG")])


def test_each_branch_has_its_own_days(world: World) -> None:
    assert world.state(HALF) == ("gated", "blocked")
    assert world.rules(HALF) == {
        "savings_accounts CUT-01": 2, "loans CUT-01": 1, "savings_transactions CUT-02": 1,
    }  # fmt: skip
    assert world.state(WHOLE) == ("verified", "warned")
    assert world.savings(WHOLE) == [("CBG-R1", 225, "open"), ("PST-R1", 500, "open")]


# The dump of June has no R2 any more: closed on 10 June, its 200 paid out. Both have R1, the newer one wins.
DUMPED = add(
    "DUADUMP",
    {
        **book("R1;400;;B\nR2;200;;B", "R1;05/01/2026;400\nR2;05/01/2026;200", at="mei/", moved="mei/"),
        **book("R1;450;;B", "R1;05/01/2026;400\nR2;05/01/2026;200\nR1;05/06/2026;50\nR2;10/06/2026;-200", at="juni/",
               moved="juni/"),
    },
    source=parts(MAY, JUNE),
)  # fmt: skip


def test_a_row_that_only_the_older_dump_has_is_brought_from_its_own_day(world: World) -> None:
    assert world.state(DUMPED) == ("verified", "warned")
    assert world.savings(DUMPED) == [("R1", 450, "open"), ("R2", 0, "open")]
    assert world.rules(DUMPED) == {"savings_accounts CUT-03": 1}


AHEAD = {
    add("MUKA", book(loans="P1;900;02/07/2026;900;J"), exported_on="2026-06-30"): {"loans CUT-04": 1},
    add("MUKA2", book(loans="P1;900;02/07/2026;900;J", paid="P1;29/06/2026;50;0;50"),
        exported_on="2026-07-05"): {"loans CUT-02": 1, "loan_repayments RPY-REF-01": 1},
    add("MUKA3", book(loans="P1;900;02/07/2027;900;J"), exported_on="2026-07-05"): {"loans CUT-04": 1},
    add("BUKA", book("R1;50;02/07/2026;B", "R1;29/06/2026;50")): {"savings_accounts CUT-04": 1},
}  # fmt: skip


@pytest.mark.parametrize("one", list(AHEAD))
def test_what_began_after_its_day_blocks(world: World, one: str) -> None:
    assert world.state(one) == ("gated", "blocked")
    assert {name: count for name, count in world.rules(one).items() if "COP-" not in name} == AHEAD[one]
    assert {money["difference"] for money in world.status[one]["money"].values()} == {"0.00"}


SCHEDULED = BOOK + (
    """
    loan_instalments:
      from: jadwal
      columns: {loan_no: pj, instalment_no: ke, due_on: tempo, principal: pokok, interest: jasa}
    """
)
NEW = add(
    "BARU",
    {**book(loans="P1;900;02/07/2026;900;J"), "jadwal.csv": "pj;ke;tempo;pokok;jasa\nP1;1;02/08/2026;900;9\n"},
    SCHEDULED, exported_on="2026-07-05",
)  # fmt: skip


def test_the_schedule_of_a_loan_of_july_stays_behind_with_it(world: World) -> None:
    assert world.state(NEW) == ("verified", "warned")
    assert world.loans(NEW) == []
    assert world.rules(NEW) == {"loans CUT-02": 1}
    rows = world.status[NEW]["rows"]["loan_instalments"]
    assert (rows["extracted"], rows["promoted"], rows["excluded"]) == (1, 0, 1)
    assert world.status[NEW]["money"]["loans"]["excluded"] == "900.00"


# R1 by SQL: 500 up to the cut-off, whatever the day of the export
SUMMED = add(
    "JUMLAH",
    book("R1;0;;B", "R1;05/01/2026;500\nR1;02/07/2026;70"),
    BOOK.replace("balance: saldo, opened_on", "balance: jumlah, opened_on").replace(
        "      from: tabungan\n",
        "      from: tabungan\n      stands_for: cutoff\n      sql: select t.row_id, t.rek, t.buka, t.keadaan,"
        " sum(rupiah(m.jumlah)) as jumlah from tabungan t join mutasi m on m.rek = t.rek and tanggal(m.tgl) <="
        " $cutoff_on group by all\n",
    ),
    exported_on="2026-07-05",
)


def test_a_balance_that_a_profile_adds_up_to_the_cut_off_is_not_taken_back_again(world: World) -> None:
    assert world.state(SUMMED) == ("verified", "warned")
    assert world.savings(SUMMED) == [("R1", 500, "open")]


LEDGER = BOOK + (
    """
    accounts:
      from: neraca
      columns: {account_code: kode, name: nama, account_type: jenis, is_detail: {value: "true"}, controls: buku,
        debit: d, credit: k}
    """
)
# Receivable 9 (P9), savings 500 + 1 (R9), cash 512 - 20: capital 0. Nothing else moved after the cut-off but R1's 70.
SHEET = "kode;nama;jenis;buku;d;k\n1;Kas;asset;;492;0\n2;Piutang;asset;loans;9;0\n3;Simpanan;liability;savings;0;501\n"
LEDGERED = {**book("R1;570;;B", "R1;05/01/2026;500\nR1;02/07/2026;70"), "neraca.csv": SHEET}
WITH_LEDGER = {**SAID["absent"]}
del WITH_LEDGER["accounts"]
UNSAID = add("NERACA", LEDGERED, LEDGER, exported_on="2026-07-05", absent=WITH_LEDGER)
OWN_PART = add(
    "NERACA-SENDIRI", LEDGERED, LEDGER, exported_on="2026-07-05", absent=WITH_LEDGER,
    source=[{"path": ""}, {"path": "neraca.csv", "as_of": "2026-06-30"}],
)  # fmt: skip
STATED = add(
    "NERACA-PROFIL", LEDGERED, LEDGER.replace("from: neraca", "from: neraca\n      stands_for: cutoff"),
    exported_on="2026-07-05", absent=WITH_LEDGER,
)  # fmt: skip


def test_a_trial_balance_of_another_day_blocks_and_says_the_ways_out(world: World) -> None:
    """Its ties hold at the cut-off, which proves the controls and not the cash."""
    assert world.state(UNSAID) == ("gated", "blocked")
    assert world.rules(UNSAID)["accounts CUT-01"] == 3
    assert world.notes(UNSAID, "CUT-01")[0] == (
        "the account 1 holds Rp 492.00 net debit on 2026-07-05, but the cut-off is 2026-06-30, and no journal is "
        "migrated that could bring it there; deliver the trial balance of the cut-off day, or, if it is that, say so: "
        "as_of on a part of its own in the batch file, or stands_for: cutoff on accounts in the profile"
    )


@pytest.mark.parametrize("one", [OWN_PART, STATED])
def test_a_trial_balance_that_is_said_to_be_of_the_cut_off_opens(world: World, one: str) -> None:
    assert world.state(one) == ("verified", "warned")
    assert world.savings(one) == [("R1", 500, "open")]
    assert {name for name in world.rules(one) if name.startswith("accounts")} == set()
    assert world.status[one]["rows"]["accounts"]["extracted"] == 3


SIGNED = "reason: dari buku, who: Ketua, on: 2026-07-10"
ADDED = add(
    "TAMBAH", LEDGERED, LEDGER.replace("from: neraca", "from: neraca\n      stands_for: cutoff"),
    exported_on="2026-07-05", absent=WITH_LEDGER,
)  # fmt: skip
WORLD.files[f"corrections/{ADDED}/perbaikan.yaml"] = f"""cooperative: {ADDED}
corrections:
  - {{action: add, table: accounts, values: {{account_code: "4", name: Bank, account_type: asset, is_detail: "true",
      debit: "20", credit: "0"}}, {SIGNED}}}
  - {{action: set, table: accounts, key: "1", column: debit, expected: "492", value: "472", {SIGNED}}}
"""


def test_an_account_that_officers_add_stands_for_the_day_of_the_others(world: World) -> None:
    """Its cooperative was exported on 5 July, but the trial balance is of the cut-off: 472 + 20 = 492."""
    assert world.state(ADDED) == ("verified", "warned")
    held = world.promoted(ADDED, "opening_trial_balance", "account_code, debit")
    assert [(code, int(debit)) for code, debit in held] == [("1", 472), ("2", 9), ("3", 0), ("4", 20)]


def test_in_every_case_no_hop_breaks_and_no_rupiah_is_lost(world: World) -> None:
    assert world.staging.rows("SELECT DISTINCT cooperative_id FROM proof.breaks") == []
    differing = [
        (one, control) for one, row in world.status.items() for control, money in row["money"].items()
        if money["difference"] != "0.00"
    ]  # fmt: skip
    assert differing == []
    booked = world.staging.rows(
        "SELECT cooperative_id, table_name FROM gate.row_counts WHERE extracted + added <> kept + merged + excluded +"
        " held + lost"
    )
    assert booked == []
