"""Where a target is, and how its address may be shown: a password never, whatever characters it has."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koop_pipeline.errors import ConfigError
from koop_pipeline.program.target_address import TargetAddress

DEFAULT = Path("var/target/target.duckdb")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, "var/target/target.duckdb"),
        ("duckdb:////data/sasaran.duckdb", "/data/sasaran.duckdb"),
        ("duckdb:///sasaran.duckdb", "sasaran.duckdb"),
        ("postgresql://koop@db.example:5432/koperasi", "postgresql://koop@db.example:5432/koperasi"),
        ("postgresql://koop:geheim@db/koperasi?sslmode=require", "postgresql://koop@db/koperasi"),
        ("postgresql://koop:Rahasia#Besar@db/koperasi", "postgresql://koop@db/koperasi"),
        ("postgresql://koop:Rahasia?Besar@db/koperasi", "postgresql://koop@db/koperasi"),
        ("postgresql://koop:Rahasia/Besar@db/koperasi", "postgresql://koop@db/koperasi"),
        ("postgresql://koop:Raha[sia@db/koperasi", "postgresql://koop@db/koperasi"),
        ("postgresql:///koperasi?host=/tmp/pg&password=x", "postgresql:///koperasi"),
    ],
)
def test_an_address_is_shown_without_its_password(text: str | None, shown: str) -> None:
    assert TargetAddress.of(text, DEFAULT).shown == shown


@given(password=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=20))
def test_no_password_is_shown_whatever_its_characters(password: str) -> None:
    address = TargetAddress.of(f"postgresql://koop:{password}@db.example/koperasi", DEFAULT)
    assert address.shown == "postgresql://koop@db.example/koperasi"
    assert repr(address) == "TargetAddress(shown='postgresql://koop@db.example/koperasi', path=None, prefix='')"


@pytest.mark.parametrize("text", ["mysql://x", "postgresql", "duckdb://", "duckdb://x", "file.duckdb"])
def test_anything_else_is_refused_with_what_can_be_used(text: str) -> None:
    with pytest.raises(ConfigError, match="use postgresql://USER@HOST:PORT/DATABASE, duckdb:///FILE"):
        TargetAddress.of(text, DEFAULT)


def test_a_rehearsal_has_a_place_of_its_own_beside_the_target() -> None:
    embedded = TargetAddress.of(None, DEFAULT)
    postgres = TargetAddress.of("postgresql://koop@db/koperasi", DEFAULT)
    assert embedded.rehearsal("a").path not in {embedded.path, embedded.rehearsal("b").path}
    assert postgres.rehearsal("a").prefix.startswith("rehearsal_")
    assert postgres.rehearsal("a").prefix != postgres.rehearsal("b").prefix
