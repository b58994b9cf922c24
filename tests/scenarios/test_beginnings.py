"""Lists of a later day, the whole way: what began in between, and what nothing shows to have been there on 30 June."""

from collections.abc import Iterator
from typing import Any

import pytest
from as_of_books import BOOK, JULY, JUNE, SAID, World, book, migrated, parts
from small_program import SmallProgram

WORLD = SmallProgram()


def add(name: str, files: dict[str, str], mapping: str = BOOK, **keys: Any) -> str:
    return WORLD.add(name, mapping, files, **{**SAID, **keys})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with migrated(WORLD, tmp_path_factory.mktemp("begun")) as whole:
        yield whole


# In a list of 5 July: R1 and P1 say nothing of their beginning, R2 and P2 moved before the cut-off.
UNDATED = add(
    "TANPATGL",
    book("R1;500;;B\nR2;70;;B", "R2;05/01/2026;70", "P1;900;;900;J\nP2;900;;850;J", "P2;05/06/2026;50;0;50"),
    exported_on="2026-07-05",
)  # fmt: skip


def test_what_nothing_shows_to_have_been_there_blocks_with_its_amount(world: World) -> None:
    assert world.state(UNDATED) == ("gated", "blocked")
    assert world.rules(UNDATED) == {
        "savings_accounts CUT-05": 1, "loans CUT-05": 1, "savings_accounts SAV-HIS-01": 1,
    }  # fmt: skip
    notes = world.notes(UNDATED, "CUT-05")
    assert ["Rp 500.00, but its list is of 2026-07-05" in notes[0], "Rp 900.00 outstanding" in notes[1]] == [True] * 2


# The same, but an older list of the cut-off has both.
LISTED = add(
    "SUDAHADA",
    {
        **book("R1;500;;B", "", "P1;900;;900;J", at="juni/", moved="juni/"),
        **book("R1;500;;B", "", "P1;900;;900;J", at="juli/", moved="juli/"),
    },
    source=parts(JUNE, JULY),
)  # fmt: skip


def test_what_an_older_list_has_was_there(world: World) -> None:
    assert world.state(LISTED) == ("verified", "warned")
    assert world.savings(LISTED) == [("R1", 500, "open")]
    assert world.loans(LISTED) == [("P1", 900, "active")]


# T1 holds what was prepaid for P1 on 3 July, and T2 what was prepaid before it was disbursed.
TITIPAN = BOOK.replace("member_no: {value: A1}, product_code: {value: SUKA}, product_kind: {value: voluntary},",
                       "member_no: {value: A1}, product_code: {value: TITIP}, loan_no: pinjaman, product_kind:"
                       " {value: prepaid_instalment},")  # fmt: skip
LATE_LOAN = "P1;900;02/07/2026;900;J"
PREPAID, TOO_SOON = (
    add(
        name,
        {
            **book(moves=f"T1;{day};50", loans=LATE_LOAN),
            "tabungan.csv": "rek;saldo;buka;keadaan;pinjaman\nR9;1;01/01/2020;B;P9\nT1;50;;B;P1",
        },
        TITIPAN, exported_on="2026-07-05",
    )
    for name, day in (("TITIPAN", "03/07/2026"), ("TITIPAN-DINI", "29/06/2026"))
)  # fmt: skip


def test_a_prepaid_account_of_a_loan_of_july_opens_empty_and_without_its_number(world: World) -> None:
    assert world.state(PREPAID) == ("verified", "warned")
    assert world.promoted(PREPAID, "savings_accounts", "account_no, loan_no, balance") == [
        ("R9", "P9", 1), ("T1", None, 0),
    ]  # fmt: skip
    assert world.notes(PREPAID, "SAV-REF-04") == [
        "its loan was disbursed on 2026-07-02, after the cut-off day 2026-06-30, and stays behind: the account opens "
        "with Rp 0.00 and without the loan's number"
    ]


def test_instalments_prepaid_before_the_loan_was_there_block(world: World) -> None:
    assert world.state(TOO_SOON) == ("gated", "blocked")
    found = {each["rule"] for each in world.status[TOO_SOON]["rules"] if each["consequence"] == "block"}
    assert found == {"SAV-REF-05"}
