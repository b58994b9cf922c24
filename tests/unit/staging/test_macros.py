"""Macros in force: made once, made again where others came between or where a transaction was undone."""

from decimal import Decimal
from pathlib import Path

import pytest

from koop_pipeline.identifiers.sql import macros
from koop_pipeline.staging import Staging, StagingError

COMMA = macros(dates="dmy", decimal=",", strict=False)
POINT = macros(dates="dmy", decimal=".", strict=False)


def _read(staging: Staging) -> Decimal:
    """A thousand by the comma, one by the point."""
    return Decimal(staging.value("SELECT rupiah('1.000')"))


def test_macros_are_those_that_were_asked_for_last(tmp_path: Path) -> None:
    """Whatever was in force before."""
    with Staging.open(tmp_path / "s.duckdb") as staging:
        for wanted, amount in ((COMMA, 1000), (POINT, 1), (POINT, 1), (COMMA, 1000)):
            staging.use_macros(wanted)
            assert _read(staging) == amount


def test_macros_of_a_transaction_that_is_undone_are_made_again(tmp_path: Path) -> None:
    """DuckDB undoes them with the rest; who asks next gets what he asks for, not what was before."""
    with Staging.open(tmp_path / "s.duckdb") as staging:
        staging.use_macros(COMMA)
        with pytest.raises(ZeroDivisionError), staging.transaction():
            staging.use_macros(POINT)
            raise ZeroDivisionError
        staging.use_macros(POINT)
        assert _read(staging) == 1


def test_where_a_macro_cannot_be_made_all_are_made_again(tmp_path: Path) -> None:
    """What was made before the one that failed is not taken for the old one."""
    with Staging.open(tmp_path / "s.duckdb") as staging:
        staging.use_macros(COMMA)
        with pytest.raises(StagingError):
            staging.use_macros([*POINT, "CREATE TEMP MACRO"])
        staging.use_macros(COMMA)
        assert _read(staging) == 1000
