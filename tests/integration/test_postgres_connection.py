"""A target that cannot be reached: what was tried and why it failed stands in one sentence, and no password ever."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from killable_server import KillableServer, killable_server

from koop_pipeline.errors import RefusedError
from koop_pipeline.program.target_address import TargetAddress
from koop_pipeline.staging import Staging
from koop_pipeline.target.postgres.errors import unreached
from koop_pipeline.target.postgres.target import connected


@pytest.fixture(scope="module")
def guarded() -> Iterator[KillableServer]:
    """A server at which the user `pengguna` needs a password, and may log into the database `postgres` only."""
    with killable_server() as server:
        with psycopg.connect(server.url, autocommit=True) as owner:
            owner.execute("CREATE ROLE pengguna LOGIN PASSWORD 'benar'; CREATE ROLE tamu")
            rules = server.folder / "pg_hba.conf"
            rules.write_text("local all pengguna scram-sha-256\n" + rules.read_text())
            owner.execute("SELECT pg_reload_conf()")
        yield server


def refused(url: str, folder: Path) -> str:
    """The sentence with which a target cannot be opened."""
    with (
        Staging.open(folder / "batch-uji.duckdb", isolated=False) as staging,
        pytest.raises(RefusedError) as said,
        connected(staging, TargetAddress.of(url, folder)),
    ):
        pass
    assert "geheim" not in str(said.value)
    return str(said.value)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were tried, one for each time."""
    tried: list[str] = []
    connect = psycopg.connect

    def counted(url: str, **settings: Any) -> psycopg.Connection:
        tried.append(url)
        return connect(url, **settings)

    monkeypatch.setattr(psycopg, "connect", counted)
    monkeypatch.setattr("koop_pipeline.target.postgres.target.LONGEST_WAIT_SECONDS", 0.1)
    return tried


def test_a_server_that_does_not_answer_is_named_and_asked_again(tmp_path: Path, asked: list[str]) -> None:
    assert refused("postgresql://koop:geheim@127.0.0.1:1/tidakada", tmp_path) == (
        "postgresql://koop@127.0.0.1:1/tidakada: it cannot be reached (host 127.0.0.1, port 1, database tidakada,"
        " user koop): Connection refused"
    )
    assert len(asked) == 5


@pytest.mark.parametrize(
    ("user", "database", "said"),
    [
        ("pengguna:geheim", "postgres", "password authentication failed for user '***'"),
        ("pengguna", "postgres", "no password supplied"),
        ("pengguna:benar", "tidakada", "database '***' does not exist"),
        ("tidakada", "postgres", "role '***' does not exist"),
        ("tamu", "postgres", "role '***' is not permitted to log in"),
    ],
)
def test_a_server_that_refuses_is_asked_once_and_says_why(
    guarded: KillableServer, tmp_path: Path, asked: list[str], user: str, database: str, said: str
) -> None:
    name = user.partition(":")[0]
    sentence = refused(f"postgresql://{user}@/{database}?host={guarded.folder}", tmp_path)
    assert f"it cannot be reached (host {guarded.folder}, port 5432, database {database}, user {name}): " in sentence
    assert sentence.endswith((f": {said}", f": fe_sendauth: {said}"))
    assert len(asked) == 1


def test_the_right_password_opens(guarded: KillableServer, tmp_path: Path) -> None:
    with psycopg.connect(guarded.url, autocommit=True) as owner:
        owner.execute("GRANT CREATE ON DATABASE postgres TO pengguna; ALTER ROLE pengguna CREATEROLE")
    url = f"postgresql://pengguna:benar@/postgres?host={guarded.folder}"
    with (
        Staging.open(tmp_path / "batch-uji.duckdb", isolated=False) as staging,
        connected(staging, TargetAddress.of(url, tmp_path)) as target,
    ):
        assert target.faults() == []


@pytest.mark.parametrize("password", [f"raha{sign}sia{end}" for sign in "@/?#[%:" for end in ("", "@", "%zz")])
def test_no_part_of_a_password_is_told_where_it_breaks_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setattr("koop_pipeline.target.postgres.target.ATTEMPTS", 1)
    sentence = refused(f"postgresql://koop:{password}@127.0.0.1:1/kosong", tmp_path)
    assert sentence.startswith("postgresql://koop@127.0.0.1:1/kosong: ")
    assert "raha" not in sentence
    assert "sia" not in sentence


@pytest.mark.parametrize(
    ("text", "passing"),
    [
        ("FATAL:  the database system is starting up", True),
        ("FATAL:  sorry, too many clients already", True),
        ("FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute", True),
        ("server closed the connection unexpectedly", True),
        ("FATAL:  password authentication failed for user \"koop\"", False),
        ("server does not support SSL, but SSL was required", False),
    ],
)  # fmt: skip
def test_what_may_pass_is_tried_again_and_nothing_else(text: str, passing: bool) -> None:
    said = f'connection failed: connection to server at "db", port 5432 failed: {text}'
    assert unreached(psycopg.OperationalError(said), "postgresql://koop@db/k").passing is passing
