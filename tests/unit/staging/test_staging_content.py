"""Content hashes: typed and length-prefixed, so that no two different tables can look alike."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from koop_pipeline.contracts import TABLES
from koop_pipeline.errors import RefusedError
from koop_pipeline.staging import Staging, StagingError, content, safe_message
from koop_pipeline.staging.content import combine, table_hashes
from koop_pipeline.staging.schema import typed_columns

COLLATERALS = TABLES["collaterals"]
Rows = list[tuple[str | None, str | None]]


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    """An isolated staging file."""
    with Staging.open(tmp_path_factory.mktemp("staging") / "batch-uji.duckdb") as opened:
        opened.execute(f"CREATE TEMP TABLE t ({typed_columns(COLLATERALS)})")
        yield opened


def digest(staging: Staging, rows: Rows) -> str:
    """The hash of collaterals with these descriptions and relations."""
    staging.execute("DELETE FROM t")
    for number, (description, relation) in enumerate(rows):
        staging.execute(
            "INSERT INTO t (cooperative_id, collateral_no, description, owner_relation, _row)"
            " VALUES ('K', 'C', ?, ?, ?)",
            [description, relation, number],
        )
    found = table_hashes(staging, COLLATERALS, "t")
    return found[0][2] if found else ""


TEXT = st.none() | st.text(alphabet="a1:N-t|", max_size=4)
ROWS = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(left=ROWS, right=ROWS)
def test_equal_hashes_mean_equal_rows(staging: Staging, left: Rows, right: Rows) -> None:
    same = sorted(map(repr, left)) == sorted(map(repr, right))
    assert (digest(staging, left) == digest(staging, right)) is same


def test_null_is_not_empty_and_fields_do_not_run_together(staging: Staging) -> None:
    assert digest(staging, [(None, None)]) != digest(staging, [("", None)])
    assert digest(staging, [("ab", "c")]) != digest(staging, [("a", "bc")])


def by_hand(description: str | None, relation: str | None) -> bytes:
    """The text of a row of `digest`: 17 columns, of which four have values."""
    said = ("t" if value is None else f"{len(value)}t{value}" for value in (description, relation))
    return "1tK1tCttt{}tt{}mdttjttj".format(*said).encode()


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("part", [1, 2, 5, 6])
def test_a_hash_is_what_the_definition_says(staging: Staging, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    """Texts in the order of their bytes, so many to a part, and the hash over the hashes of the parts."""
    monkeypatch.setattr(content, "PART", part)
    rows: Rows = [("b", "zwei"), ("Ä", None), ("a", ""), ("B", "x"), (None, None)]
    texts = sorted(by_hand(*row) for row in rows)
    parts = [sha(b"".join(texts[at : at + part])) for at in range(0, 5, part)]
    assert digest(staging, rows) == sha("".join(parts).encode())


def test_each_cooperative_has_its_own_hash_however_rows_are_fetched(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2,048 rows are the fewest that DuckDB hands over together; here a cooperative begins in the midst of them."""
    staging.execute("DELETE FROM t")
    staging.execute(
        "INSERT INTO t (cooperative_id, collateral_no, _row) SELECT CASE WHEN range < 3000 THEN 'A' ELSE 'B' END,"
        " range, range FROM range(7000)"
    )
    together = table_hashes(staging, COLLATERALS, "t")
    assert [each[:2] for each in together] == [("A", 3000), ("B", 4000)]
    monkeypatch.setattr(content, "BATCH", 2048)
    assert table_hashes(staging, COLLATERALS, "t") == together
    apart = [table_hashes(staging, COLLATERALS, "t", f"cooperative_id = '{each}'")[0] for each in "AB"]
    assert apart == together
    assert together[0][2] != together[1][2]


def test_tables_without_rows_do_not_change_the_hash_of_a_cooperative() -> None:
    assert combine({"a": (1, "x"), "b": (0, "")}) == combine({"a": (1, "x")})
    assert combine({"a": (1, "x")}) != combine({"b": (1, "x")})


def test_a_second_writer_is_told_to_wait(tmp_path: Path) -> None:
    path = tmp_path / "batch-uji.duckdb"
    refused = pytest.raises(RefusedError, match="another run is at work on this batch")
    with Staging.open(path), refused, Staging.open(path):
        pass
    with Staging.open(path) as opened:
        assert opened.value("SELECT 1") == 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/koop-leak.csv'",
        "ATTACH '/tmp/other.duckdb'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
    ],
)
def test_an_isolated_connection_reaches_nothing_outside(staging: Staging, sql: str) -> None:
    with pytest.raises(StagingError):
        staging.execute(sql)


def test_a_file_of_another_layout_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "batch-uji.duckdb"
    with Staging.open(path) as opened:
        opened.execute("INSERT INTO gate.scope VALUES ('K')")
        opened.execute("UPDATE gate.layout SET sha256 = 'older'")
    with Staging.open(path) as opened:
        assert opened.value("SELECT count(*) FROM gate.scope") == 0


def test_a_database_message_shows_no_value() -> None:
    text = safe_message(ValueError("Could not convert string 'Siti Aminah' to INT32\nmore"))
    assert "Siti" not in text
    assert text.startswith("Could not convert string 'S")
