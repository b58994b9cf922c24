"""The session that reads back: what breaks it off is a failure in passing, and it waits for nothing without end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_target import World, load, new_world

from koop_pipeline.contracts import TABLES
from koop_pipeline.target.model import TargetError
from koop_pipeline.target.postgres.errors import PassingError
from koop_pipeline.target.postgres.session import SETTINGS

MEMBERS = [TABLES["members"]]
MANY = 20_000


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A loaded cooperative, and a connection of the database's owner beside it."""
    monkeypatch.setattr("koop_pipeline.target.postgres.target.LONGEST_WAIT_SECONDS", 0.1)
    with new_world(tmp_path) as (staging, target, owner):
        load(staging, target, "KSP-A")
        yield staging, target, owner


@pytest.fixture
def cut(world: World, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Each reading session is ended between its first rows and its last ones, as often as the list says."""
    _, target, owner = world
    owner.execute(
        "INSERT INTO platform.members (cooperative_id, member_no, full_name, party, address, membership, status)"
        f" SELECT 'KSP-A', 'M-' || i, 'Siti', 'person', repeat('x', 2000), 'member', 'active'"
        f" FROM generate_series(1, {MANY}) AS i"
    )
    left = [1]
    store = target.reading._store

    def cutting(into: str, types: dict[str, str], batches: Any) -> None:
        if left[0]:
            left[0] -= 1
            ended = owner.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
                " AND query LIKE '%FROM platform.members%' AND state = 'active' AND pid <> pg_backend_pid()"
            ).fetchone()
            assert ended == (1,)
        store(into, types, batches)

    monkeypatch.setattr(target.reading, "_store", cutting)
    return left


def test_a_reading_that_is_broken_off_is_done_again(world: World, cut: list[int]) -> None:
    staging, target, _ = world
    with pytest.raises(PassingError, match=r"the target could not be read: .*(terminating|closed)"):
        target.fetch(["KSP-A"], MEMBERS)
    cut[0] = 1
    target.retried(lambda: target.fetch(["KSP-A"], MEMBERS))
    assert cut == [0]
    assert staging.value(f"SELECT count(*) FROM {target.there}members") == 2 + MANY


def test_a_reading_that_is_always_broken_off_is_given_up(world: World, cut: list[int]) -> None:
    _, target, _ = world
    cut[0] = 9
    with pytest.raises(PassingError):
        target.retried(lambda: target.fetch(["KSP-A"], MEMBERS))
    assert cut == [9 - 5]


FREE = "DROP SCHEMA audit CASCADE; "  # a view holds the type of a column
MEMBER = "UPDATE platform.members SET {} WHERE member_no = 'A-1'"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("UPDATE platform.loans SET annual_rate = 'NaN'",
         r"platform.loans holds .*: Conversion Error: .*'\*\*\*' to DECIMAL\(12,6\) .* column annual_rate"),
        ("UPDATE platform.savings_accounts SET balance = 'NaN'", "platform.savings_accounts holds .* column balance"),
        (MEMBER.format("left_on = 'infinity'"), "members holds .*: a value of left_on is infinite, before"),
        (MEMBER.format("left_on = '-infinity'"), "members holds .*: a value of left_on is infinite, before"),
        (MEMBER.format("left_on = '0044-03-15 BC'"), "members holds .*: a value of left_on is infinite, before"),
        (FREE + "ALTER TABLE platform.members ALTER birth_date TYPE text; " + MEMBER.format("birth_date = 'Joko'"),
         r"platform.members holds cannot be read: .* birth_date is infinite, before the year 1 or no date$"),
    ],
)  # fmt: skip
def test_a_value_that_duckdb_cannot_hold_is_an_error_that_does_not_pass(world: World, written: str, said: str) -> None:
    staging, target, owner = world
    load(staging, target, "KSP-B")
    owner.execute(written.encode())
    with pytest.raises(TargetError, match=said) as refused:
        target.retried(lambda: target.fetch(["KSP-A", "KSP-B"]))
    assert not refused.value.passing
    assert "Joko" not in str(refused.value)


def test_one_with_such_a_value_does_not_keep_another_from_being_read(world: World) -> None:
    staging, target, owner = world
    load(staging, target, "KSP-B")
    owner.execute("UPDATE platform.members SET left_on = 'infinity' WHERE cooperative_id = 'KSP-B'")
    with pytest.raises(TargetError):
        target.fetch(["KSP-B"])
    target.fetch(["KSP-A"])
    assert staging.value(f"SELECT count(*) FROM {target.there}members") == 2


@pytest.mark.parametrize("day", ["0001-01-01", "1990-01-01", "19900-12-31"])
def test_a_date_of_whatever_year_is_read_as_it_is(world: World, day: str) -> None:
    staging, target, owner = world
    owner.execute(MEMBER.format("left_on = %s"), [day])
    target.fetch(["KSP-A"], MEMBERS)
    read = staging.rows(f"SELECT member_no, left_on::VARCHAR FROM {target.there}members ORDER BY 1")
    assert read == [("A-1", day), ("A-2", None)]


@pytest.mark.parametrize(
    ("lock", "statement", "said"),
    [("200ms", "30min", "lock timeout"), ("30s", "200ms", "statement timeout")],
)
def test_a_reading_waits_for_no_lock_and_no_statement_without_end(
    world: World, monkeypatch: pytest.MonkeyPatch, lock: str, statement: str, said: str
) -> None:
    _, target, owner = world
    monkeypatch.setitem(SETTINGS, "lock_timeout", lock)
    monkeypatch.setenv("KOOP_TARGET_STATEMENT_TIMEOUT", statement)
    with owner.transaction():
        owner.execute("LOCK TABLE platform.members IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(PassingError, match=f"the target could not be read: .*{said}"):
            target.fetch(["KSP-A"], MEMBERS)
    target.fetch(["KSP-A"], MEMBERS)
