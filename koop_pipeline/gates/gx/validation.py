"""Running one suite with Great Expectations: counts and failing-row queries per rule, and the masked result.

One validation per table, in a context that lives in memory only. An expectation that fails while GX computes several
together is run once more alone, so that only the broken ones are reported as broken.
"""

import time
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import great_expectations as gx
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from koop_pipeline.gates.gx import metrics
from koop_pipeline.gates.gx.engine import DuckDBDatasource, DuckDBExecutionEngine, sql_engine
from koop_pipeline.gates.gx.failing import failing_rows_sql
from koop_pipeline.gates.gx.once import made_once
from koop_pipeline.gates.gx.quiet import quiet
from koop_pipeline.gates.masking import masked_error, masked_result
from koop_pipeline.gates.suites import LINEAGE, ROWS_QUERY, Rule, SuiteFile

RESULT_FORMAT: dict[str, Any] = {
    "result_format": "BASIC",
    "partial_unexpected_count": 0,
    "return_unexpected_index_query": True,
    "unexpected_index_column_names": list(LINEAGE),
}


@dataclass(frozen=True)
class Checked:
    """What GX found for one rule.

    `unexpected` is the number of failing rows of the whole batch, None with an `error`; `failing_sql` selects them,
    None where none fail; `document` is the masked result for Data Docs; `seconds` an equal share of the validation of
    its table.
    """

    rule: Rule
    unexpected: int | None
    failing_sql: str | None
    error: str | None
    document: dict[str, Any]
    seconds: float


class Session:
    """A GX context on one DuckDB connection; use as a context manager."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        with quiet():
            context = gx.get_context(mode="ephemeral", project_config=_config())
            # the context ends with the session, and GX would write all of it as YAML twice for each table
            context._save_project_config = lambda: None  # type: ignore[method-assign]
            self._source: DuckDBDatasource = context.data_sources.add_koop_duckdb(
                name="staging", connection_string="duckdb://"
            )
            self._engine: DuckDBExecutionEngine = self._source.use(sql_engine(connection))

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *error: object) -> None:
        self._engine.close()

    def check(self, suite: SuiteFile) -> list[Checked]:
        """Run every rule of the suite; one entry a rule, in the suite's order."""
        with quiet(), made_once():
            try:
                batch = self._batch(suite.table)
            except Exception as error:  # GX wraps whatever the table raises
                reason = f"the table {suite.table} cannot be read: {masked_error(str(error))}"
                return [_broken(rule, reason) for rule in suite.rules]
            together = self._validate(batch, list(suite.rules))
            return [each if each.error is None else self._validate(batch, [each.rule])[0] for each in together]

    def _batch(self, table: str) -> Batch:
        self._engine.rows(f"describe {metrics.qualified(table)}")
        asset = self._source.add_table_asset(name=table, table_name=table)
        return asset.add_batch_definition_whole_table("whole").get_batch()

    def _validate(self, batch: Batch, rules: list[Rule]) -> list[Checked]:
        started = time.perf_counter()
        configured = {rule.id: _configured(rule) for rule in rules}
        usable = [each for each in configured.values() if not isinstance(each, str)]
        results = _results(batch, usable)
        share = (time.perf_counter() - started) / max(len(rules), 1)
        checked = [self._checked(rule, configured[rule.id], results, batch.id) for rule in rules]
        return [replace(each, seconds=share) for each in checked]

    def _checked(
        self, rule: Rule, configured: Any, results: dict[str, ExpectationValidationResult] | str, batch_id: str
    ) -> Checked:
        if isinstance(configured, str):
            return _broken(rule, configured)
        if isinstance(results, str):
            return _broken(rule, results)
        found = results[rule.id]
        message = _exception_message(found)
        if message is not None:
            return _broken(rule, masked_error(message))
        return self._evaluated(rule, dict(found.result), batch_id)

    def _evaluated(self, rule: Rule, result: dict[str, Any], batch_id: str) -> Checked:
        if rule.kind != ROWS_QUERY and "unexpected_index_query" not in result:
            return _broken(rule, f"{rule.kind} does not say which rows fail, so no cooperative can be named")
        unexpected = int(result.get("unexpected_count", result.get("observed_value")) or 0)
        document = {"rule": rule.id, "success": unexpected == 0, "result": masked_result(result), "error": None}
        try:
            sql = failing_rows_sql(rule, result, self._engine, batch_id) if unexpected else None
        except Exception as error:  # SQLAlchemy, DuckDB and GX errors alike make the rule unusable
            return _broken(rule, masked_error(str(error)))
        return Checked(rule, unexpected, sql, None, document, 0.0)


def _config() -> DataContextConfig:
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
    )


def _configured(rule: Rule) -> Any:
    """The expectation as GX object; a sentence where GX does not accept it."""
    try:
        return ExpectationConfiguration(
            type=rule.kind, kwargs=dict(rule.kwargs), meta={"rule": rule.id}
        ).to_domain_obj()
    except Exception as error:  # pydantic v1 and GX errors have no common base
        return f"Great Expectations does not accept the expectation {rule.kind} ({type(error).__name__})"


def _results(batch: Batch, expectations: list[Any]) -> dict[str, ExpectationValidationResult] | str:
    """Results by rule; a sentence where GX gave up on all of them."""
    try:
        suite = gx.ExpectationSuite(name="suite", expectations=expectations)
        results = batch.validate(suite, result_format=RESULT_FORMAT).results
        return {str((each.expectation_config.meta or {})["rule"]): each for each in results if each.expectation_config}
    except Exception as error:
        return masked_error(str(error))


def _exception_message(result: ExpectationValidationResult) -> str | None:
    info: dict[str, Any] = dict(result.exception_info or {})
    flat = [info] if "raised_exception" in info else [each for each in info.values() if isinstance(each, dict)]
    raised = [str(each.get("exception_message")) for each in flat if each.get("raised_exception")]
    return raised[0] if raised else None


def _broken(rule: Rule, reason: str) -> Checked:
    document = {"rule": rule.id, "success": False, "result": {}, "error": reason}
    return Checked(rule, None, None, reason, document, 0.0)
