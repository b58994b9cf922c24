"""People in several cooperatives: a keyed hash as Python's hmac makes it, and a count that says nothing else."""

import hashlib
import hmac
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koop_pipeline.cleaning.duplicate_shared import count, hmac_sql, pads
from koop_pipeline.contracts import TABLES
from koop_pipeline.staging import Staging


@given(st.binary(min_size=1, max_size=200), st.text(max_size=40))
def test_the_hash_is_hmac_sha256(key: bytes, text: str) -> None:
    inner, outer = pads(key)
    found = duckdb.sql(f"SELECT {hmac_sql('$text')}", params={"inner": inner, "outer": outer, "text": text}).fetchone()
    assert found == (hmac.new(key, text.encode(), hashlib.sha256).hexdigest(),)


@pytest.mark.parametrize("key", ["", "kunci"])
def test_members_of_two_cooperatives_are_counted_in_both(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOOP_NIK_KEY", key)
    with Staging.open(tmp_path / "staging.duckdb") as staging:
        staging.execute("INSERT INTO raw.cooperatives (cooperative_id) VALUES ('A'), ('B'), ('C')")
        rows = [
            *(("A", nik) for nik in ("1", "2", "3", "3")),
            ("B", "1"),
            ("B", "2"),
            ("B", None),
            ("C", "2"),
            ("C", None),
        ]
        insert = "INSERT INTO cleaned.members (cooperative_id, nik, party) VALUES (?, ?, ?)"
        staging.connection.executemany(insert, [[*row, "person"] for row in rows] + [["C", "1", "organisation"]])
        for _ in range(2):
            count(staging, TABLES["members"])
        assert staging.rows("FROM cleaned.shared_people ORDER BY ALL") == [("A", 2), ("B", 2), ("C", 1)]


def test_only_members_are_counted(tmp_path: Path) -> None:
    with Staging.open(tmp_path / "staging.duckdb") as staging:
        staging.execute("INSERT INTO raw.cooperatives (cooperative_id) VALUES ('A')")
        count(staging, TABLES["loans"])
        assert staging.rows("FROM cleaned.shared_people") == []
