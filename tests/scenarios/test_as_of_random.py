"""Random books of random days, the whole way: what opens is the sum of what happened up to the cut-off, to the rupiah.

Each cooperative has the balances of one day and the movements to another; what it really held is kept beside it.
"""

import random
from datetime import date, timedelta
from pathlib import Path

import duckdb
from as_of_books import BOOK, SAID, book, parts
from small_program import BATCH, SmallProgram
from world import migrate

from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.staging import Staging

SEED, COOPERATIVES = 20260630, 24
CUTOFF = date(2026, 6, 30)
Moves = list[tuple[str, date, int]]


def moves_of(chance: random.Random, numbers: list[str], least: int) -> Moves:
    """A first movement of each number in May, and up to six later ones around the cut-off."""
    moves = [(number, date(2026, 5, 1), chance.randint(50_000, 90_000)) for number in numbers]
    for number in numbers:
        days = [date(2026, 5, 10) + timedelta(chance.randint(0, 75)) for _ in range(chance.randint(0, 6))]
        moves += [(number, day, chance.choice([1, least]) * chance.randint(1, 4_000)) for day in days]
    return moves


def until(moves: Moves, number: str, day: date) -> int:
    return sum(amount for own, posted, amount in moves if own == number and posted <= day)


def text(moves: Moves, row: str) -> str:
    return "\n".join(row.format(number, f"{day:%d/%m/%Y}", amount) for number, day, amount in moves)


def test_what_opens_is_what_happened_up_to_the_cutoff(tmp_path: Path) -> None:
    chance, program = random.Random(SEED), SmallProgram()
    truth: dict[str, dict[str, int]] = {}
    blocked = set()
    for number in range(COOPERATIVES):
        balances = CUTOFF + timedelta(chance.randint(-30, 10))
        known = CUTOFF + timedelta(chance.randint(-3, 15))
        saved, repaid = moves_of(chance, ["R1", "R2", "R3"], -1), moves_of(chance, ["P1", "P2"], 1)
        accounts = [f"{one};{until(saved, one, balances)};01/01/2024;B" for one in ("R1", "R2", "R3")]
        owed = {one: 200_000 - until(repaid, one, CUTOFF) for one in ("P1", "P2")}
        loans = [f"{one};200.000;01/01/2024;{200_000 - until(repaid, one, balances)};J" for one in owed]
        files = book(
            "\n".join(accounts),
            text([move for move in saved if move[1] <= known], "{};{};{}"),
            "\n".join(loans),
            text([move for move in repaid if move[1] <= known], "{0};{1};{2};0;{2}"),
            "saldo/",
            "mutasi/",
        )
        days = parts(("saldo", str(balances)), ("mutasi", str(known)))
        one = program.add(f"K{number:02}", BOOK, files, **SAID, source=days)
        truth[one] = {name: until(saved, name, CUTOFF) for name in ("R1", "R2", "R3")} | owed
        if balances != CUTOFF and known < max(balances, CUTOFF):
            blocked.add(one)
    program.write(tmp_path)
    status = migrate(tmp_path, BATCH)
    folder = ProgramFolder(tmp_path)
    with duckdb.connect(str(folder.target.path), read_only=True) as target:
        rows = target.execute(
            "SELECT cooperative_id, account_no, balance FROM platform.savings_accounts UNION ALL"
            " SELECT cooperative_id, loan_no, outstanding_principal FROM platform.loans"
        ).fetchall()
    opened: dict[str, dict[str, int]] = {}
    for one, name, amount in rows:
        if name not in ("R9", "P9"):
            opened.setdefault(one, {})[name] = int(amount)
    assert {one for one, row in status.items() if row["verdict"] == "blocked"} == blocked
    assert 2 < len(blocked) < COOPERATIVES - 10
    assert opened == {one: held for one, held in truth.items() if one not in blocked}
    assert {money["difference"] for row in status.values() for money in row["money"].values()} == {"0.00"}
    with Staging.open(folder.staging_path(BATCH)) as staging:
        assert staging.rows("SELECT * FROM proof.breaks") == []
