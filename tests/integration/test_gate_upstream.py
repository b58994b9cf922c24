"""What is assumed of Great Expectations 1.24 on DuckDB; a failure here says which workaround to look at again."""

import os
import sys
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from koop_pipeline.gates import gx as gx_package  # noqa: F401  (first: it keeps the import quiet)
from koop_pipeline.gates.gx.engine import DuckDBDatasource, sql_engine
from koop_pipeline.gates.gx.quiet import quiet
from koop_pipeline.gates.gx.validation import RESULT_FORMAT, _config


@pytest.fixture
def batch() -> Iterator[Any]:
    """Thirty rows of which each NIK fails, as a GX batch."""
    import great_expectations as gx

    connection = duckdb.connect()
    connection.execute("create schema checked")
    connection.execute(
        "create table checked.members as select 'KSP-A' as cooperative_id, i as _row, 'x' || i as nik,"
        " 'M' || i // 2 as member_no from range(30) r(i)"
    )
    with quiet():
        context = gx.get_context(mode="ephemeral", project_config=_config())
        source: DuckDBDatasource = context.data_sources.add_koop_duckdb(name="s", connection_string="duckdb://")
        engine = source.use(sql_engine(connection))
        yield source.add_table_asset(name="members").add_batch_definition_whole_table("b").get_batch()
    engine.close()
    connection.close()


def result(batch: Any, name: str, result_format: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """The result object of one expectation."""
    import great_expectations as gx

    found: dict[str, Any] = batch.validate(getattr(gx.expectations, name)(**kwargs), result_format=result_format).result
    return found


def test_the_index_query_is_returned_and_begins_with_the_index_columns(batch: Any) -> None:
    found = result(batch, "ExpectColumnValuesToMatchRegex", RESULT_FORMAT, column="nik", regex="^[0-9]+$")
    assert found["unexpected_count"] == 30
    assert found["unexpected_index_query"].startswith("SELECT cooperative_id, _row, nik")


def test_our_result_format_carries_no_values(batch: Any) -> None:
    found = result(batch, "ExpectColumnValuesToMatchRegex", RESULT_FORMAT, column="nik", regex="^[0-9]+$")
    assert found["partial_unexpected_list"] == []
    assert "x7" not in str(found)


def test_gx_lists_at_most_twenty_failing_rows(batch: Any) -> None:
    complete = {"result_format": "COMPLETE", "unexpected_index_column_names": ["cooperative_id", "_row"]}
    found = result(batch, "ExpectColumnValuesToMatchRegex", complete, column="nik", regex="^[0-9]+$")
    assert len(found["unexpected_index_list"]) == 20


def test_the_index_query_leaves_out_the_row_condition(batch: Any) -> None:
    from great_expectations.expectations.row_conditions import Column

    kwargs = {"column": "nik", "regex": "^[0-9]+$", "row_condition": Column("member_no") == "M1"}
    found = result(batch, "ExpectColumnValuesToMatchRegex", RESULT_FORMAT, **kwargs)
    assert found["unexpected_count"] == 2
    assert "member_no" not in found["unexpected_index_query"]


def test_the_index_query_of_compound_keys_cannot_run(batch: Any) -> None:
    columns = {"column_list": ["cooperative_id", "member_no"]}
    found = result(batch, "ExpectCompoundColumnsToBeUnique", RESULT_FORMAT, **columns)
    assert found["unexpected_count"] == 30
    assert "FROM members, (SELECT" in found["unexpected_index_query"]


def test_great_expectations_reports_nothing_home() -> None:
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
    assert _config().analytics_enabled is False
    assert "posthog" not in sys.modules
