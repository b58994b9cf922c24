"""Rows against rows: what differs is found by sha256, counted in full, and listed in an order that stays the same."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from koop_pipeline.contracts import TABLES
from koop_pipeline.staging import Staging
from koop_pipeline.staging.content import changed_since_gate, lay_hashes, table_states
from koop_pipeline.verification import ranges

ENTRIES = TABLES["savings_transactions"]
Row = tuple[str, str, str, Decimal]
NAMES = "cooperative_id, entry_no, account_no, amount"


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Staging]:
    """An open staging file with two empty relations of movements."""
    with Staging.open(tmp_path / "batch-uji.duckdb", isolated=False) as opened:
        for side in ("expected", "found"):
            columns = ", ".join(f'"{column.name}" {column.sql_type}' for column in ENTRIES.all_columns)
            opened.execute(f"CREATE TEMP TABLE side_{side} (cooperative_id VARCHAR, {columns})")
        yield opened


def lay(staging: Staging, side: str, rows: list[Row]) -> None:
    """Put these rows, and no others, on a side."""
    staging.execute(f"DELETE FROM side_{side}")
    for row in rows:
        staging.execute(f"INSERT INTO side_{side} ({NAMES}) VALUES (?, ?, ?, ?)", list(row))


def compared(staging: Staging, *ids: str, gate: bool = True) -> list[tuple[str, int, int, int, int, int]]:
    """Cooperative, expected, found, missing, unexpected, differing; with `gate` it has judged what is expected."""
    for name in ("results", "differences"):
        staging.execute(f"DELETE FROM verification.{name}")
    if gate:
        judged(staging)
    ranges.compare(staging, ENTRIES, list(ids), "side_expected", "side_found")
    return staging.rows(
        "SELECT cooperative_id, expected, found, missing, unexpected, differing FROM verification.results ORDER BY 1"
    )


def entry(number: int, account: str = "S-1", amount: str = "5.00", one: str = "KSP-A") -> Row:
    """A movement."""
    return one, f"T-{number:04}", account, Decimal(amount)


def test_nothing_rests_on_the_hash_of_duckdb(staging: Staging) -> None:
    """With a hash that is the same for everything, one sen of one row is found all the same."""
    forms = ", ".join(f"({', '.join('abcdefghijkl'[:count])}) AS 7::UBIGINT" for count in range(1, 13))
    staging.execute(f"CREATE TEMP MACRO hash {forms}")
    assert staging.rows("SELECT hash('x'), hash('x', 1)") == [(7, 7)]
    rows = [entry(number) for number in range(50)]
    lay(staging, "expected", rows)
    lay(staging, "found", rows)
    assert compared(staging, "KSP-A") == [("KSP-A", 50, 50, 0, 0, 0)]
    lay(staging, "found", [*rows[:-1], entry(49, amount="5.01")])
    assert compared(staging, "KSP-A") == [("KSP-A", 50, 50, 0, 0, 1)]


def test_what_is_cut_is_the_same_every_time_and_all_of_it_is_counted(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "SHOWN", 2)
    both = ("KSP-A", "KSP-B")
    lay(staging, "expected", [entry(number, one=one) for one in both for number in range(7, 0, -1)])
    lay(staging, "found", [
        *(entry(number, "S-2", "6.00", one) for one in both for number in (5, 3, 4)),
        *(entry(number, one=one) for one in both for number in (9, 8, 10)),
    ])  # fmt: skip
    assert compared(staging, *both) == [("KSP-A", 7, 6, 4, 3, 3), ("KSP-B", 7, 6, 4, 3, 3)]
    rows = staging.rows("SELECT cooperative_id, key, column_name, expected, found FROM verification.differences")
    one = [
        ("T-0001", None, "row", "no such row"), ("T-0002", None, "row", "no such row"),
        ("T-0003", "account_no", "S-1", "S-2"), ("T-0003", "amount", "5.00", "6.00"),
        ("T-0004", "account_no", "S-1", "S-2"), ("T-0004", "amount", "5.00", "6.00"),
        ("T-0008", None, "no such row", "row"), ("T-0009", None, "no such row", "row"),
    ]  # fmt: skip
    assert rows == [(each, *line) for each in both for line in one]


def judged(staging: Staging, sha256: str | None = None) -> None:
    """Let the gate have judged what stands on the expected side; `sha256` instead of the hash that it has."""
    staging.execute("DELETE FROM gate.contents")
    hashes = lay_hashes(staging, ENTRIES, "side_expected")
    staging.execute(
        f"INSERT INTO gate.contents SELECT h.cooperative_id, 'savings_transactions', h.rows, coalesce(?, h.sha256),"
        f" s.state FROM {hashes} h JOIN ({table_states(ENTRIES, 'side_expected')}) s"
        " USING (cooperative_id)",
        [sha256],
    )


def test_the_target_is_held_against_the_hash_of_the_gate(staging: Staging) -> None:
    """What staging holds is not hashed again; a hash of the gate that is another one is a difference all the same."""
    rows = [entry(number) for number in range(3)]
    lay(staging, "expected", rows)
    lay(staging, "found", rows)
    assert compared(staging, "KSP-A") == [("KSP-A", 3, 3, 0, 0, 0)]
    assert staging.rows("SELECT ranges FROM verification.results") == [(0,)]
    judged(staging, "0" * 64)
    assert compared(staging, "KSP-A", gate=False) == [("KSP-A", 3, 3, 0, 0, 0)]
    assert staging.rows("SELECT ranges FROM verification.results") == [(1,)]


def test_staging_that_changed_since_the_gate_proves_nothing(staging: Staging) -> None:
    """One sen changed in staging and target alike is a difference; of KSP-B nothing changed."""
    both = [entry(1), entry(1, one="KSP-B")]
    lay(staging, "expected", both)
    judged(staging)
    for side in ("expected", "found"):
        lay(staging, side, [entry(1, amount="5.01"), both[1]])
    assert compared(staging, "KSP-A", "KSP-B", gate=False) == [("KSP-A", 1, 1, 0, 0, 0), ("KSP-B", 1, 1, 0, 0, 0)]
    assert staging.rows("SELECT cooperative_id, ranges FROM verification.results ORDER BY 1") == [
        ("KSP-A", 1), ("KSP-B", 0),
    ]  # fmt: skip
    assert changed_since_gate(staging, ENTRIES, ["KSP-A", "KSP-B"], "side_expected") == ["KSP-A"]


Side = dict[str, tuple[str, str]]
TEXTS = st.text(alphabet="ab:1|N", max_size=3)
SIDE = st.dictionaries(TEXTS, st.tuples(TEXTS, st.sampled_from(["0.00", "1.00", "-1.00", "0.01"])), max_size=5)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(expected=SIDE, found=SIDE)
def test_the_counts_are_those_of_two_sets(staging: Staging, expected: Side, found: Side) -> None:
    for name, side in (("expected", expected), ("found", found)):
        lay(staging, name, [("KSP-A", key, account, Decimal(amount)) for key, (account, amount) in side.items()])
    differing = sum(expected[key] != found[key] for key in expected.keys() & found.keys())
    assert compared(staging, "KSP-A") == [(
        "KSP-A", len(expected), len(found), len(expected.keys() - found.keys()), len(found.keys() - expected.keys()),
        differing,
    )]  # fmt: skip
