"""Balances below zero at the cut-off: lawful or not, the pipeline that carried them is not at fault (COP-HOP-01)."""

from collections.abc import Iterator

import pytest
from as_of_books import BOOK as MAPPING
from as_of_books import SAID, World, book, migrated
from small_program import SmallProgram

WORLD = SmallProgram()


def add(name: str, files: dict[str, str], exported_on: str) -> str:
    return WORLD.add(name, MAPPING, files, exported_on=exported_on, **SAID)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with migrated(WORLD, tmp_path_factory.mktemp("negative")) as whole:
        yield whole


# 50,000 on 15 July, of which 100,000 came on 2 July: -50,000 on 30 June.
SAVINGS = add(
    "TABMINUS", book("R1;50000;01/01/2020;B", "R1;01/01/2026;50000\nR1;02/07/2026;100000"), "2026-07-15"
)  # fmt: skip
# 500,000 owed on 15 July, after a repayment of 1,000,000 was taken back on 10 July: -500,000 on 30 June.
BROUGHT = add(
    "PJMINUS",
    book(
        loans="P1;12000000;31/01/2026;500000;J",
        paid="P1;28/02/2026;12500000;0;12500000\nP1;10/07/2026;-1000000;0;-1000000",
    ),
    "2026-07-15",
)
# No stored balance; 15,000,000 were repaid of 12,000,000: -3,000,000.
DERIVED = add(
    "PJLEBIH", book(loans="P1;12000000;31/01/2026;;J", paid="P1;28/02/2026;15000000;0;15000000"), "2026-06-30"
)  # fmt: skip


@pytest.mark.parametrize(
    ("one", "table", "column", "total"),
    [
        (SAVINGS, "savings_accounts", "balance", "-50000.00"),
        (BROUGHT, "loans", "outstanding_principal", "-500000.00"),
        (DERIVED, "loans", "outstanding_principal", "-3000000.00"),
    ],
)
def test_a_balance_below_zero_is_no_break(world: World, one: str, table: str, column: str, total: str) -> None:
    opened = f"SELECT min({column})::VARCHAR FROM checked.{table} WHERE cooperative_id = ?"
    assert world.staging.value(opened, [one]) == total
    assert world.staging.rows("SELECT * FROM proof.breaks WHERE cooperative_id = ?", [one]) == []
    assert [rule for rule in world.rules(one) if "COP-HOP" in rule] == []
