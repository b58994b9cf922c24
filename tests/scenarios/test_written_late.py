"""Entries dated in May and written in June, the whole way: balances of 31 May, movements of two dumps."""

from collections.abc import Iterator

import pytest
from as_of_books import BOOK, JUNE, MAY, MOVES, PAID, SAID, World, book, migrated, parts
from small_program import SmallProgram

from koop_pipeline.gates.money_lists import read_lists

WORLD = SmallProgram()
OLD = "R9;01/01/2020;1\nR1;05/01/2026;500\nR1;25/05/2026;20\nR2;05/01/2026;70\nR2;25/05/2026;5\n"
NEW = "R1;20/05/2026;30\nR2;20/05/2026;9\nR1;05/06/2026;40\n"
OLD_PAID = f"{PAID}P9;01/02/2020;1;0;1\nP1;05/02/2026;100;9;109\nP1;25/05/2026;100;9;109\nP2;05/02/2026;60;0;60\n" + (
    "P2;25/05/2026;10;0;10\nP3;05/02/2026;80;0;80\nP3;25/05/2026;5;0;5\n"
)
NEW_PAID = "P1;20/05/2026;30;3;33\nP1;05/06/2026;40;4;44\nP2;20/05/2026;7;0;7\nP3;20/05/2026;15;0;15\n"
PAYMENTS = {"mei/angsuran.csv": OLD_PAID, "juni/angsuran.csv": OLD_PAID + NEW_PAID}
# P1 of 1,000 owed 800 on 31 May, without the 30 of 20 May; P2 of 100 owed 23, with the 7; P3 owed 15, without them.
# R1 held 520 on 31 May, without the 30 of 20 May; R2 held 84, with the 9 of 20 May that May's own dump lacks.
TWO_DUMPS = WORLD.add(
    "TERLAMBAT", BOOK,
    {
        **book(
            "R1;520;;B\nR2;84;;B", "", "P1;1.000;05/01/2026;800;J\nP2;100;05/01/2026;23;J\nP3;100;05/01/2026;15;J",
            at="mei/", moved="mei/",
        ),
        **PAYMENTS,
        "mei/mutasi.csv": MOVES + OLD, "juni/mutasi.csv": MOVES + OLD + NEW,
    },
    **SAID, source=parts(MAY, JUNE),
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with migrated(WORLD, tmp_path_factory.mktemp("late")) as whole:
        yield whole


def test_a_balance_of_may_gains_what_was_written_in_june_where_the_dumps_prove_it(world: World) -> None:
    """R1: 520 + 30 + 40 = 590, which is 500 + 20 + 30 + 40. R2: 84 already is 70 + 5 + 9."""
    assert world.state(TWO_DUMPS) == ("verified", "warned")
    assert world.savings(TWO_DUMPS) == [("R1", 590, "open"), ("R2", 84, "open")]
    assert {name: count for name, count in world.rules(TWO_DUMPS).items() if "loans" not in name} == {
        "savings_accounts CUT-03": 1
    }
    assert any(
        note.endswith(
            "Rp 70.00 together, bring it to Rp 590.00; Rp 30.00 of them bear an earlier day, but were written after the"
            " balance"
        )
        for note in world.notes(TWO_DUMPS, "CUT-03")
    )
    assert len(world.notes(TWO_DUMPS, "TRX-BCK-01")) == 2


def test_a_loan_of_may_loses_what_was_written_in_june_where_the_dumps_prove_it(world: World) -> None:
    """P1: 800 - 30 - 40 = 1,000 - 100 - 100 - 30 - 40. P2: 23 already is 100 - 60 - 10 - 7. P3 is paid off."""
    assert world.loans(TWO_DUMPS) == [("P1", 730, "active"), ("P2", 23, "active"), ("P3", 0, "settled")]
    assert {name: count for name, count in world.rules(TWO_DUMPS).items() if "loans" in name} == {"loans CUT-03": 2}
    assert (
        "the balance of Rp 800.00 stands for 2026-05-31; repayments bring it to Rp 730.00 at the cut-off day "
        "2026-06-30; Rp 30.00 of them bear an earlier day, but were written after the balance"
    ) in world.notes(TWO_DUMPS, "CUT-03")
    assert len(world.notes(TWO_DUMPS, "RPY-BCK-01")) == 3


def test_it_is_booked_and_listed_and_no_hop_breaks(world: World) -> None:
    assert world.staging.rows("SELECT * FROM proof.breaks") == []
    savings = world.status[TWO_DUMPS]["money"]["savings"]
    assert [savings[name] for name in ("extracted", "promoted", "excluded", "difference")] == [
        "605.00", "675.00", "-70.00", "0.00",
    ]  # fmt: skip
    loans = world.status[TWO_DUMPS]["money"]["loans"]
    assert [loans[name] for name in ("extracted", "promoted", "excluded", "difference")] == [
        "847.00", "762.00", "85.00", "0.00",
    ]  # fmt: skip
    lists = {each.title[1]: rows for each, rows in read_lists(world.staging.connection)[TWO_DUMPS]}
    assert ("savings_accounts", "SUKA", "2026-05-31", "3", "1", "605,00", "70,00", "675,00") in lists[
        "Balances of other days, brought to the cut-off"
    ]
