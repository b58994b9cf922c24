"""The SQL that selects a rule's failing rows: cooperative_id, row, column_name, before.

GX says how many rows fail; this module says which, as one query that DuckDB runs inside an INSERT. For column map
expectations it is the `unexpected_index_query` that GX returns, made whole where GX 1.24 leaves something out.
"""

from typing import Any

from koop_pipeline.gates.gx.engine import DuckDBExecutionEngine
from koop_pipeline.gates.gx.metrics import qualified, rendered_query
from koop_pipeline.gates.suites import LINEAGE, ROWS_QUERY, Rule

COMPOUND = "expect_compound_columns_to_be_unique"
DOMAIN_KEYS = ("column", "column_list", "column_A", "column_B", "row_condition", "condition_parser", "ignore_row_if")


def failing_rows_sql(rule: Rule, result: dict[str, Any], engine: DuckDBExecutionEngine, batch_id: str) -> str:
    """The query for the rule's failing rows; `result` is what GX returned for an expectation about rows."""
    if rule.kind == ROWS_QUERY:
        return _from_query(rule, engine)
    if rule.kind == COMPOUND:
        return _from_compound(rule, _domain_sql(rule, engine, batch_id))
    restricted = rule.kwargs.get("row_condition") or rule.kwargs.get("ignore_row_if")
    return _from_index_query(
        rule, result["unexpected_index_query"], _domain_sql(rule, engine, batch_id) if restricted else None
    )


def _from_query(rule: Rule, engine: DuckDBExecutionEngine) -> str:
    """The suite's own query; `before` is looked up in the table where the query does not return it."""
    query = rendered_query(rule.kwargs["unexpected_rows_query"], rule.table)
    returned = {row[0] for row in engine.rows(f"describe (\n{query}\n)")}
    name = literal(rule.named_column)
    name = f"coalesce(f.column_name, {name})" if "column_name" in returned else name
    lookup = rule.named_column is not None and "before" not in returned and "column_name" not in returned
    before = f"t.{quoted(rule.named_column or '')}" if lookup else "f.before" if "before" in returned else "null"
    join = (
        f" left join {qualified(rule.table)} t on t.cooperative_id = f.cooperative_id and t._row = f._row"
        if lookup
        else ""
    )
    return f"select f.cooperative_id, f._row, {name}, cast({before} as varchar) from (\n{query}\n) f{join}"


def _from_index_query(rule: Rule, index_query: str, domain: str | None) -> str:
    """GX's index query; it leaves out `row_condition`, so the rows are matched with those the condition admits."""
    names = [f"c{number}" for number in range(len(LINEAGE) + len(rule.columns))]
    place = len(LINEAGE) + rule.columns.index(rule.named_column) if rule.named_column in rule.columns else None
    before = "null" if place is None else f"f.{names[place]}"
    join = f" semi join ({domain}) d on d.cooperative_id = f.c0 and d._row = f.c1" if domain else ""
    return (
        f"select f.c0, f.c1, {literal(rule.named_column)}, cast({before} as varchar)"
        f" from ({index_query.strip().rstrip(';')}) f({', '.join(names)}){join}"
    )


def _from_compound(rule: Rule, domain: str) -> str:
    """Rows whose key occurs more than once; GX's own index query is a cartesian product and cannot run."""
    keys = ", ".join(quoted(name) for name in rule.columns)
    before = quoted(rule.named_column) if rule.named_column else "null"
    return (
        f"with d as ({domain}) select d.cooperative_id, d._row, {literal(rule.named_column)},"
        f" cast(d.{before} as varchar) from d"
        f" semi join (select {keys} from d group by {keys} having count(*) > 1) twice using ({keys})"
    )


def _domain_sql(rule: Rule, engine: DuckDBExecutionEngine, batch_id: str) -> str:
    """The rows that the expectation looks at, as GX itself selects them."""
    given = {key: rule.kwargs[key] for key in DOMAIN_KEYS if rule.kwargs.get(key) is not None}
    records = engine.get_domain_records({"batch_id": batch_id, **given})
    compiled = records.compile(engine.engine, compile_kwargs={"literal_binds": True})
    return str(compiled)


def quoted(name: str) -> str:
    """A column name as SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | None) -> str:
    """A text as SQL literal."""
    return "null" if text is None else "'" + text.replace("'", "''") + "'"
