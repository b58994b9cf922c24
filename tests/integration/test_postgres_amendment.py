"""An amendment on a few rows: held rows that come in later, and what the platform may have done in between."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from small_target import World, lay, new_world

from koop_pipeline.promotion import amendment
from koop_pipeline.staging import Staging, literal
from koop_pipeline.staging.content import lay_hashes
from koop_pipeline.target.bookkeeping import Load
from koop_pipeline.target.model import TargetError, Writing, load_order
from koop_pipeline.target.postgres.target import PostgresTarget

LAST = Load("KSP-A", 1, "eins", "b", "full", "c", "d", "e", "f", "g", "h", "warned", 0)
HELD = (
    "('eins', 'KSP-A', 'officers', 'O-1', NULL, 'OFF-REQ-01'), ('eins', 'KSP-A', 'members', 'A-2', 'nik', 'MBR-NIK-01')"
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """KSP-A as it was loaded: its officer held back, and the NIK of one member; both are delivered by now."""
    with new_world(tmp_path) as (staging, target, owner):
        lay(staging, "KSP-A")
        staging.execute("CREATE TEMP TABLE later AS FROM new_officers; DELETE FROM new_officers")
        with target.writing("KSP-A") as writing:
            for table in load_order():
                writing.insert(table, f"new_{table.name}")
            book(staging, writing)
        staging.execute("INSERT INTO new_officers FROM later")
        staging.execute("UPDATE new_members SET nik = '5303012901980021' WHERE member_no = 'A-2'")
        yield staging, target, owner


def book(staging: Staging, writing: Writing) -> None:
    """What a load writes into its books that an amendment reads."""
    writing.note("loads", f"(SELECT {', '.join(map(shown, vars(LAST).items()))})")
    for table in load_order():
        hashes = lay_hashes(staging, table, f"new_{table.name}")
        named = f"'eins' AS load_id, cooperative_id, {literal(table.name)} AS table_name, rows, sha256"
        writing.note("load_tables", f"(SELECT {named} FROM {hashes})")
    names = "load_id, cooperative_id, table_name, key, column_name, rule"
    writing.note("held", f"(SELECT * FROM (VALUES {HELD}) AS t ({names}))")


def amended(staging: Staging, target: PostgresTarget) -> int | str:
    """Bring in what was held; how many cells and rows came, or why it stays out."""
    with target.writing("KSP-A") as writing:
        target.fetch(["KSP-A"])
        target.fetch_books(["KSP-A"], ("loads", "load_tables", "held"))
        if reason := amendment.changed(staging, target, writing, LAST, "new_"):
            return f"changed: {reason}"
        if reason := amendment.hindered(staging, target, LAST, "new_"):
            return f"hindered: {reason}"
        came, listed = amendment.bring_in(staging, target, writing, LAST, "new_", "zwei")
        second = replace(LAST, load_id="zwei", number=2, kind="amendment")
        writing.note("loads", f"(SELECT {', '.join(map(shown, vars(second).items()))})")
        writing.note("amended", listed)
        return came


def shown(item: tuple[str, object]) -> str:
    """A value with its name."""
    name, value = item
    return f"{literal(value) if isinstance(value, str) else value} AS {name}"


def test_a_held_row_and_a_held_cell_come_in_and_are_listed(world: World) -> None:
    staging, target, owner = world
    owner.execute("UPDATE platform.members SET address = 'Jalan Baru' WHERE member_no = 'A-1'")
    assert amended(staging, target) == 2
    assert owner.execute("SELECT table_name, key, column_name FROM migration.amended ORDER BY 1").fetchall() == [
        ("members", "A-2", "nik"), ("officers", "O-1", None),
    ]  # fmt: skip
    assert owner.execute("SELECT member_no, nik, address FROM platform.members ORDER BY 1").fetchall() == [
        ("A-1", "5301014101900001", "Jalan Baru"), ("A-2", "5303012901980021", ""),
    ]  # fmt: skip
    assert owner.execute("SELECT officer_no FROM platform.officers").fetchall() == [("O-1",)]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("INSERT INTO platform.officers (cooperative_id, officer_no, full_name, position, status) VALUES ('KSP-A',"
         " 'O-1', 'Lain', 'chair', 'active')", "hindered: entered 1 rows of officers itself"),
        ("DELETE FROM platform.members WHERE member_no = 'A-2'", "hindered: removed 1 rows of members"),
        ("UPDATE platform.members SET nik = '5303012901980099' WHERE member_no = 'A-2'",
         "hindered: written another members.nik in 1 rows"),
    ],
)  # fmt: skip
def test_what_the_platform_wrote_in_its_place_keeps_it_out(world: World, written: str, said: str) -> None:
    staging, target, owner = world
    owner.execute(written.encode())
    assert amended(staging, target) == said


@pytest.mark.parametrize(
    ("delivered", "said"),
    [
        ("UPDATE new_officers SET officer_no = 'O-2'", "changed: 1 rows of officers are new"),
        ("UPDATE new_members SET gender = 'female' WHERE member_no = 'A-2'",
         "changed: members.gender differs in 1 rows"),
        ("UPDATE new_members SET nik = NULL WHERE member_no = 'A-1'", "changed: members.nik differs in 1 rows"),
        ("DELETE FROM new_products", "changed: 1 rows of products that are in the target are no longer delivered"),
        ("UPDATE new_savings_accounts SET balance = 100000.51",
         "changed: savings_accounts.balance differs in 1 rows"),
    ],
)  # fmt: skip
def test_a_delivery_that_changed_anything_else_is_none(world: World, delivered: str, said: str) -> None:
    staging, target, _ = world
    staging.execute(delivered)
    assert amended(staging, target) == said


def test_a_delivery_that_says_what_the_platform_wrote_meanwhile_is_none_either(world: World) -> None:
    """The target holds it, but it was not loaded: who entered it is known, and stays known."""
    staging, target, owner = world
    owner.execute("UPDATE platform.members SET gender = 'female' WHERE member_no = 'A-2'")
    staging.execute("UPDATE new_members SET gender = 'female' WHERE member_no = 'A-2'")
    assert amended(staging, target) == (
        "changed: members is not what was loaded (with what the platform has written there since)"
    )


def test_what_the_platform_writes_at_the_last_moment_is_not_written_over(world: World) -> None:
    """Between the look and the act: the cell is not empty any more."""
    staging, target, owner = world
    with (
        pytest.raises(TargetError, match="the target took 0 of 1 rows of members"),
        target.writing("KSP-A") as writing,
    ):
        target.fetch(["KSP-A"])
        target.fetch_books(["KSP-A"], ("loads", "load_tables", "held"))
        owner.execute("UPDATE platform.members SET nik = '5303012901980099' WHERE member_no = 'A-2'")
        amendment.bring_in(staging, target, writing, LAST, "new_", "zwei")
    kept = owner.execute("SELECT nik FROM platform.members WHERE member_no = 'A-2'").fetchone()
    assert kept == ("5303012901980099",)
