"""The metrics that GX cannot compute on DuckDB, or not without loading rows, registered for our engine.

Importing this module registers them. Each class overrides one metric of GX for `DuckDBExecutionEngine` only.
"""

from typing import Any

import sqlalchemy as sa
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.query_metric_provider import QueryMetricProvider
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from koop_pipeline.gates.gx.engine import SCHEMA, DuckDBExecutionEngine


class MatchRegex(ColumnMapMetricProvider):
    """`column_values.match_regex`: somewhere in the text, as everywhere in GX; RE2 syntax."""

    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _sqlalchemy(cls, column: Any, regex: str, **kwargs: Any) -> Any:
        return sa.func.regexp_matches(column, regex)


class NotMatchRegex(ColumnMapMetricProvider):
    """`column_values.not_match_regex`."""

    condition_metric_name = "column_values.not_match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _sqlalchemy(cls, column: Any, regex: str, **kwargs: Any) -> Any:
        return sa.not_(sa.func.regexp_matches(column, regex))


class ColumnTypes(TableMetricProvider):
    """`table.column_types` from DuckDB itself: reflection would mix tables of the same name in other schemas."""

    metric_name = "table.column_types"
    value_keys = ("include_nested",)
    default_kwarg_values = {"include_nested": True}

    @metric_value(engine=DuckDBExecutionEngine)
    def _sqlalchemy(
        cls, execution_engine: DuckDBExecutionEngine, metric_domain_kwargs: dict[str, Any], **kwargs: Any
    ) -> list[dict[str, str]]:
        described = execution_engine.rows(f"describe {qualified(_table(execution_engine, metric_domain_kwargs))}")
        return [{"name": row[0], "type": row[1]} for row in described]


class FailingRows(QueryMetricProvider):
    """`unexpected_rows_query.table`: no rows. They are written to `gate.findings` in SQL and never read into Python."""

    metric_name = "unexpected_rows_query.table"
    value_keys = ("unexpected_rows_query",)
    query_param_name = "unexpected_rows_query"

    @metric_value(engine=DuckDBExecutionEngine)
    def _sqlalchemy(cls, **kwargs: Any) -> list[dict[str, Any]]:
        return []


class FailingRowCount(QueryMetricProvider):
    """`unexpected_rows_query.row_count`, with `{batch}` standing for the plain table name, which takes an alias."""

    metric_name = "unexpected_rows_query.row_count"
    value_keys = ("unexpected_rows_query",)
    query_param_name = "unexpected_rows_query"

    @metric_value(engine=DuckDBExecutionEngine)
    def _sqlalchemy(
        cls,
        execution_engine: DuckDBExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **kwargs: Any,
    ) -> int:
        table = _table(execution_engine, metric_domain_kwargs)
        sql = rendered_query(metric_value_kwargs["unexpected_rows_query"], table)
        return int(execution_engine.rows(f"select count(*) from (\n{sql}\n) failing")[0][0])


def qualified(table: str) -> str:
    """The table's name with its schema, quoted."""
    return f'{SCHEMA}."{table}"'


def rendered_query(query: str, table: str) -> str:
    """The query of an `UnexpectedRowsExpectation` with `{batch}` filled in; literal braces are doubled, as GX wants."""
    return query.format(batch=qualified(table)).rstrip("; \n\t")


def _table(engine: DuckDBExecutionEngine, domain: dict[str, Any]) -> str:
    """The table of the batch that a metric is asked for."""
    batch: Any = engine.batch_manager.batch_data_cache[domain["batch_id"]]
    return str(batch.source_table_name)
