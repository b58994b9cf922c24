"""Writing the failing rows of one rule to `gate.findings`, and counting them per cooperative.

Everything here is SQL inside DuckDB: no failing row passes through Python, so millions of them cost little.
"""

import duckdb

from koop_pipeline.gates.masking import masked_error
from koop_pipeline.gates.suites import Rule, holdable_columns


def write_findings(connection: duckdb.DuckDBPyConnection, rule: Rule, failing_sql: str, expected: int) -> str | None:
    """Insert the failing rows of the cooperatives in scope; return why the rule cannot be trusted, or None.

    `failing_sql` gives cooperative_id, row, column_name, before; `expected` is GX's own count. A finding that cannot be
    held (no row, or a column that may not be empty) blocks. On failure nothing of the rule remains.
    """
    try:
        inserted = _insert(connection, rule, failing_sql)
        reason = None if inserted == expected else _difference(connection, failing_sql, expected)
    except duckdb.Error as error:
        reason = masked_error(str(error))
    if reason is not None:
        connection.execute(
            "delete from gate.findings where table_name = ? and rule = ? and cooperative_id in (from gate.scope)",
            [rule.table, rule.id],
        )
    return reason


def _insert(connection: duckdb.DuckDBPyConnection, rule: Rule, failing_sql: str) -> int:
    cursor = connection.execute(
        f"""
        insert into gate.findings
        select f.cooperative_id, $table, $rule, {_consequence(rule)}, f.place, f.column_name, f.before
        from ({failing_sql}) f(cooperative_id, place, column_name, before)
        where f.cooperative_id in (from gate.scope)
        """,
        {"table": rule.table, "rule": rule.id},
    )
    return int(cursor.fetchall()[0][0])


def _consequence(rule: Rule) -> str:
    if rule.hold is None:
        return f"'{rule.meta.consequence}'"
    columns = ", ".join(f"'{name}'" for name in holdable_columns(rule.table))
    whole = "f.place is not null"
    holdable = whole if rule.hold == "row" else f"{whole} and coalesce(f.column_name in ({columns}), false)"
    return f"case when {holdable} then 'hold' else 'block' end"


def _difference(connection: duckdb.DuckDBPyConnection, failing_sql: str, expected: int) -> str | None:
    """Why fewer rows were written than GX counted; None where only cooperatives outside the scope are missing."""
    rows, named = connection.execute(
        f"select count(*), count(f.cooperative_id) from ({failing_sql}) f(cooperative_id, place, column_name, before)"
    ).fetchall()[0]
    if named != rows:
        return f"{rows - named} failing rows name no cooperative"
    if rows != expected:
        return f"Great Expectations counted {expected} failing rows, the query for them returns {rows}"
    return None


def write_counts(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Fill `gate.rule_counts` of one table from its findings, and the total of each rule in `gate.rules`."""
    connection.execute(
        """
        insert into gate.rule_counts
        select cooperative_id, table_name, rule, consequence, count(*)
        from gate.findings
        where table_name = ? and cooperative_id in (from gate.scope)
        group by all order by all
        """,
        [table],
    )
    connection.execute(
        """
        update gate.rules set failed = counted.failed
        from (
            select rule, sum(failed)::bigint as failed from gate.rule_counts where table_name = $table group by rule
        ) counted
        where gate.rules.table_name = $table and gate.rules.rule = counted.rule
        """,
        {"table": table},
    )
