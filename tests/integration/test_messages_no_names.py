"""The sentence of a verdict names no person, also where a workbook has a sheet a member, named like the member."""

from collections.abc import Iterator

import pytest
from small_program import Outcome, SmallProgram

from koop_pipeline.gates.messages import _without_people

WORLD = SmallProgram()
CARDS = WORLD.add(
    "KARTU",
    """
    members:
      from: anggota
      columns: {member_no: no, full_name: nama, status: {value: active}}
    """,
    {"anggota.csv": "no;nama\n1;Siti Aminah\n2;Budi"},
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with WORLD.outcome(tmp_path_factory.mktemp("names")) as outcome:
        yield outcome


def test_a_sheet_that_is_called_like_a_member_is_masked(world: Outcome) -> None:
    said = "TRX-DAT-01 Not a date (1 in savings_transactions, first in kartu.xlsx, SITI AMINAH, row 3)"
    shown = _without_people(world.staging, CARDS, said)
    assert "siti aminah" not in shown.lower()
    assert shown.startswith("TRX-DAT-01 Not a date (1 in savings_transactions, first in kartu.xlsx, ")
    assert shown.endswith(", row 3)")


def test_other_words_stay(world: Outcome) -> None:
    said = "SAV-REF-01 Owner of the savings does not exist (1 in savings_accounts, first in Data Anggota, row 3)"
    assert _without_people(world.staging, CARDS, said) == said
