"""Verification of both kinds of target: what differs is found by its range, and narrowed to the row and column."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from promotable import BATCH, ONLY, Place, differences, do_promote, do_verify, place_of, run_of

from koop_pipeline.staging import Staging

FIRST = "(SELECT min(member_no) FROM platform.members)"


@pytest.fixture(scope="module", params=["embedded", "postgres"])
def loaded(
    request: pytest.FixtureRequest, gated: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Place]]:
    """A programme whose cooperative is in a target of each kind."""
    here = tmp_path_factory.mktemp("loaded")
    shutil.copytree(gated, here / "program")
    with place_of(request.param, here) as place, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KOOP_TARGET", place.url)
        assert do_promote(here / "program") == ("loaded", "")
        yield here / "program", place


@pytest.fixture
def spoilt(loaded: tuple[Path, Place], request: pytest.FixtureRequest) -> Iterator[tuple[Path, Place]]:
    """The same, with something done to the target that is undone afterwards."""
    root, place = loaded
    done, undone = request.param
    place.do(done)
    yield root, place
    place.do(undone)


def test_nothing_differs_after_a_load(loaded: tuple[Path, Place]) -> None:
    root, _ = loaded
    assert do_verify(root) == []
    assert differences(root) == []


def test_staging_that_changed_since_the_gate_proves_nothing(loaded: tuple[Path, Place]) -> None:
    """The target is as it was loaded; a cell of staging is another one, and back again."""
    root, _ = loaded
    run = run_of(root)
    for value, said in (
        ("'DIUBAH'", [f"{ONLY}: staging changed since the gate (members), so it proves nothing any more; run koop"
                      " migrate again"]),
        ("NULL", []),
    ):  # fmt: skip
        with Staging.open(run.folder.staging_path(BATCH)) as staging:
            staging.execute(f"UPDATE cleaned.members SET extras = {value} WHERE _row = 1")
        assert do_verify(root) == said
        assert differences(root) == []


BRANCH = ("UPDATE platform.members SET branch = '' WHERE member_no = " + FIRST,
          "UPDATE platform.members SET branch = NULL WHERE branch = ''")  # fmt: skip
SEN = ("UPDATE platform.savings_accounts SET balance = balance + 0.01 WHERE account_no = (SELECT min(account_no)"
       " FROM platform.savings_accounts)",
       "UPDATE platform.savings_accounts SET balance = balance - 0.01 WHERE account_no = (SELECT min(account_no)"
       " FROM platform.savings_accounts)")  # fmt: skip
ONE = "officer_no = (SELECT min(officer_no) FROM platform.officers)"
GONE = (
    f"CREATE TABLE platform.kept AS SELECT * FROM platform.officers WHERE {ONE};"
    f" DELETE FROM platform.officers WHERE {ONE}",
    "INSERT INTO platform.officers SELECT * FROM platform.kept; DROP TABLE platform.kept",
)


@pytest.mark.parametrize("spoilt", [BRANCH], indirect=True)
def test_an_empty_text_is_not_null(spoilt: tuple[Path, Place]) -> None:
    root, _ = spoilt
    (said,) = do_verify(root)
    assert said.startswith(
        f"{ONLY}: the target is not what was promoted: members has 0 rows missing, 0 unexpected and 1"
    )
    ((table, _, column, expected, found),) = differences(root)
    assert (table, column, expected, found) == ("members", "branch", None, "")


@pytest.mark.parametrize("spoilt", [SEN], indirect=True)
def test_one_sen_is_found(spoilt: tuple[Path, Place]) -> None:
    root, _ = spoilt
    (said,) = do_verify(root)
    assert "savings_accounts has 0 rows missing, 0 unexpected and 1 differing" in said
    ((table, _, column, _, _),) = differences(root)
    assert (table, column) == ("savings_accounts", "balance")


@pytest.mark.parametrize(
    "swapped", [("address", "members", "member_no"), ("amount", "savings_transactions", "entry_no")]
)
def test_two_rows_that_trade_a_value_are_found(loaded: tuple[Path, Place], swapped: tuple[str, str, str]) -> None:
    root, place = loaded
    column, table, key = swapped
    pair = [row[0] for row in place.ask(
        f"SELECT min({key}) FROM platform.{table} GROUP BY {column} ORDER BY 1 LIMIT 2"
    )]  # fmt: skip
    trade = (
        f"UPDATE platform.{table} SET {column} = (SELECT o.{column} FROM platform.{table} o WHERE o.{key} ="
        f" CASE platform.{table}.{key} WHEN '{pair[0]}' THEN '{pair[1]}' ELSE '{pair[0]}' END)"
        f" WHERE {key} IN ('{pair[0]}', '{pair[1]}')"
    )
    place.do(trade)
    (said,) = do_verify(root)
    assert f"{table} has 0 rows missing, 0 unexpected and 2 differing" in said
    assert {(name, key_, column_) for name, key_, column_, _, _ in differences(root)} == {
        (table, each, column) for each in pair
    }  # fmt: skip
    place.do(trade)
    assert do_verify(root) == []


def test_a_row_that_came_from_nowhere_is_found(loaded: tuple[Path, Place]) -> None:
    root, place = loaded
    place.do(
        "INSERT INTO platform.products (cooperative_id, product_code, name, serves, kind) VALUES"
        f" ('{ONLY}', 'BARU', 'Baru', 'savings', 'other')"
    )
    (said,) = do_verify(root)
    assert "products has 0 rows missing, 1 unexpected and 0 differing" in said
    assert differences(root) == [("products", "BARU", None, "no such row", "row")]
    place.do("DELETE FROM platform.products WHERE product_code = 'BARU'")
    assert do_verify(root) == []


@pytest.mark.parametrize("spoilt", [GONE], indirect=True)
def test_a_row_that_is_gone_is_found(spoilt: tuple[Path, Place]) -> None:
    root, _ = spoilt
    (said,) = do_verify(root)
    assert "officers has 1 rows missing, 0 unexpected and 0 differing" in said
    ((table, _, column, expected, found),) = differences(root)
    assert (table, column, expected, found) == ("officers", None, "row", "no such row")


@pytest.mark.parametrize("loaded", ["postgres"], indirect=True)
def test_a_missing_constraint_of_the_database_is_told(loaded: tuple[Path, Place]) -> None:
    root, place = loaded
    place.do("ALTER TABLE platform.loan_schedules DROP CONSTRAINT loan_schedules_cooperative_id_loan_no_fkey")
    assert do_verify(root) == [
        f"{ONLY}: the target is not what its schema promises: platform.loan_schedules has no constraint FOREIGN KEY"
        " (cooperative_id, loan_no) REFERENCES platform.loans(cooperative_id, loan_no)"
    ]
