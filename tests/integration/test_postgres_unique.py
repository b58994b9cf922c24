"""Rows that trade or hand on a value under a unique index of the platform: PostgreSQL holds it row after row."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_target import World, lay, load, new_world

from koop_pipeline.contracts import TABLES
from koop_pipeline.target.model import TargetError

MEMBERS = TABLES["members"]
TRADED = "UPDATE new_members SET full_name = CASE member_no WHEN 'A-1' THEN 'Budi, \"Karyanto\"' ELSE 'Siti Aminah' END"
TAKEN = (
    "the target refuses row {} of members: another row has its value already, under the unique index one_name of the"
    " platform; where that row gives it up in this same delivery, drop the index while koop migrate runs (rows that"
    " only trade values pass under a DEFERRABLE constraint)"
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A loaded cooperative with the members A-1, Siti, and A-2, Budi."""
    with new_world(tmp_path) as (staging, target, owner):
        load(staging, target, "KSP-A")
        lay(staging, "KSP-A")
        yield staging, target, owner


def changed(world: World, rows: str) -> list[tuple[str, str]]:
    """Both members written anew; what they are then called."""
    staging, target, owner = world
    staging.execute(rows)
    with target.writing("KSP-A") as writing:
        assert writing.change(MEMBERS, "new_members") == 2
    return owner.execute("SELECT member_no, full_name FROM platform.members ORDER BY 1").fetchall()


@pytest.mark.parametrize(
    "index",
    [
        "CREATE UNIQUE INDEX one_name ON platform.members (cooperative_id, full_name)",
        "ALTER TABLE platform.members ADD CONSTRAINT one_name UNIQUE (cooperative_id, full_name)",
        "CREATE UNIQUE INDEX one_name ON platform.members (cooperative_id, lower(full_name)) WHERE status = 'active'",
    ],
)
def test_two_rows_that_trade_a_value_are_refused_with_what_to_do(world: World, index: str) -> None:
    world[2].execute(index.encode())
    with pytest.raises(TargetError) as refused:
        changed(world, TRADED)
    assert str(refused.value) == TAKEN.format("A-1")
    world[2].execute(
        b"ALTER TABLE platform.members DROP CONSTRAINT IF EXISTS one_name; DROP INDEX IF EXISTS platform.one_name"
    )
    assert changed(world, TRADED) == [("A-1", 'Budi, "Karyanto"'), ("A-2", "Siti Aminah")]


def test_they_pass_under_a_constraint_that_can_be_deferred(world: World) -> None:
    world[2].execute("ALTER TABLE platform.members ADD UNIQUE (cooperative_id, full_name) DEFERRABLE")
    assert changed(world, TRADED) == [("A-1", 'Budi, "Karyanto"'), ("A-2", "Siti Aminah")]


def test_of_rows_that_change_the_one_is_named_that_takes_the_value_of_another(world: World) -> None:
    """A-1 keeps its name, which is no fault; A-3 has the one that A-2 takes."""
    world[2].execute(
        "INSERT INTO platform.members (cooperative_id, member_no, full_name, party, membership, status) VALUES"
        " ('KSP-A', 'A-3', 'Joko', 'person', 'member', 'active');"
        " CREATE UNIQUE INDEX one_name ON platform.members (cooperative_id, full_name)"
    )
    with pytest.raises(TargetError) as refused:
        changed(world, "UPDATE new_members SET full_name = 'Joko' WHERE member_no = 'A-2'")
    assert str(refused.value) == TAKEN.format("A-2")
