"""Looks through profile SQL before it runs: it may read its own raw tables and nothing else, and nothing volatile.

Works on DuckDB's own parse tree, so what is checked is what would run. The connection is isolated besides.
"""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from koop_pipeline.program.profile import nearest
from koop_pipeline.staging import Staging

TABLE_FUNCTIONS = frozenset({"unnest", "generate_series", "range"})
PROFILE_FUNCTIONS = frozenset({"rupiah", "tanggal", "angka"})
REFUSED_FUNCTIONS = frozenset(
    word
    for words in (
        "age current_setting getvariable current_schema current_schemas current_database current_catalog",
        "current_user user session_user version txid_current nextval currval error query query_table",
        "in_search_path set_config read_text read_blob write_log parse_duckdb_log_message",
        "get_current_timestamp today current_localtime current_localtimestamp current_query_id",
        "current_transaction_id current_connection_id reservoir_quantile approx_quantile approx_top_k",
    )
    for word in words.split()
)  # age(x) with one argument counts from today
CLOCK_NAMES = frozenset(
    word
    for words in (
        "current_date current_time current_timestamp localtime localtimestamp current_user session_user user",
        "current_catalog current_schema current_role",
    )
    for word in words.split()
)
RESERVED_PREFIX = "_koop"


class SqlRefused(Exception):
    """Profile SQL that is not allowed or names what is not there; the text is for the user."""


@dataclass
class Shape:
    """What a query mentions: raw tables, column references (as written), parameters, and whether it takes `*`."""

    tables: set[str] = field(default_factory=set)
    columns: set[tuple[str, ...]] = field(default_factory=set)
    parameters: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    lambda_names: set[str] = field(default_factory=set)
    star: bool = False
    windows: bool = False

    def aggregates(self, staging: Staging) -> list[str]:
        """The aggregate functions it calls, sorted; they take many rows."""
        return sorted(self.functions & _aggregate_functions(staging))


def inspect(staging: Staging, sql: str, tables: dict[str, list[str]]) -> Shape:
    """The shape of a SELECT over `tables` (name -> columns); SqlRefused for anything it may not do."""
    tree = _tree(staging, sql)
    shape = Shape()
    ctes: set[str] = set()
    for node in _nodes(tree):
        _look_at(node, shape, ctes)
    known = {name.casefold(): name for name in tables}
    for name in sorted(shape.tables):
        if name.casefold() in ctes:
            continue
        if name.casefold() not in known:
            raise SqlRefused(f"there is no raw table {name!r}{nearest(name, list(tables))}")
    shape.columns = {names for names in shape.columns if len(names) > 1 or names[0] not in shape.lambda_names}
    shape.tables = {known[name.casefold()] for name in shape.tables if name.casefold() in known}
    volatile = _volatile_functions(staging)
    for name in sorted(shape.functions - PROFILE_FUNCTIONS):
        if name in volatile or name in REFUSED_FUNCTIONS or name.startswith(("duckdb_", "pragma_", "pg_", "has_")):
            raise SqlRefused(f"the function {name}() is not allowed: a profile may use nothing volatile or outside")
    every = {column.casefold() for name in shape.tables for column in tables[name]}
    for names in shape.columns:
        if len(names) == 1 and names[0].casefold() in CLOCK_NAMES and names[0].casefold() not in every:
            raise SqlRefused(f"{names[0]} is not allowed: the same input must give the same output")
    if shape.parameters - {"cutoff_on"}:
        raise SqlRefused(f"${min(shape.parameters - {'cutoff_on'})} is not known; the only parameter is $cutoff_on")
    return shape


def _tree(staging: Staging, sql: str) -> Any:
    answer = json.loads(staging.value("SELECT json_serialize_sql(?::VARCHAR)", [sql]))
    if answer["error"]:
        message = str(answer.get("error_message", "")).splitlines()[0]
        if "Only SELECT" in message:
            raise SqlRefused("only one SELECT is allowed here")
        raise SqlRefused(f"not valid SQL: {message}")
    if len(answer["statements"]) != 1:
        raise SqlRefused("only one SELECT is allowed here")
    return answer["statements"][0]


def _nodes(tree: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            found.append(item)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return found


def _look_at(node: dict[str, Any], shape: Shape, ctes: set[str]) -> None:
    kind = node.get("type")
    if "cte_map" in node:
        for entry in node["cte_map"]["map"]:
            name = str(entry["key"])
            if name.casefold().startswith(RESERVED_PREFIX):
                raise SqlRefused(f"names that begin with {RESERVED_PREFIX} are reserved")
            ctes.add(name.casefold())
    if kind == "BASE_TABLE":
        if node.get("schema_name") or node.get("catalog_name"):
            raise SqlRefused(f"{node.get('schema_name')}.{node['table_name']}: only the raw tables, by their own names")
        shape.tables.add(str(node["table_name"]))
    elif kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name", "")).casefold()
        if name not in TABLE_FUNCTIONS:
            raise SqlRefused(f"{name}() is not allowed: a profile can reach nothing but its raw tables")
    elif kind == "SHOW_REF":
        raise SqlRefused("SHOW and DESCRIBE are not allowed here")
    elif kind == "COLUMN_REF":
        shape.columns.add(tuple(str(name) for name in node["column_names"]))
    elif kind == "STAR":
        shape.star = True
    elif kind == "LAMBDA":
        shape.lambda_names |= {str(part["column_names"][0]) for part in _nodes(node["lhs"]) if "column_names" in part}
    if node.get("class") == "WINDOW":
        shape.windows = True
    if node.get("class") == "FUNCTION" and "function_name" in node:
        shape.functions.add(str(node["function_name"]).casefold())
    if node.get("class") == "PARAMETER":
        shape.parameters.add(str(node.get("identifier", "")))
    if node.get("sample"):
        raise SqlRefused("a sample is not allowed: the same input must give the same output")


_CACHE: dict[str, frozenset[str]] = {}


def _volatile_functions(staging: Staging) -> frozenset[str]:
    where = "stability IS NOT NULL AND stability <> 'CONSISTENT' AND function_type = 'scalar'"
    return _functions(staging, where) - TABLE_FUNCTIONS


def _aggregate_functions(staging: Staging) -> frozenset[str]:
    return _functions(staging, "function_type = 'aggregate'") - _functions(staging, "function_type = 'scalar'")


def _functions(staging: Staging, where: str) -> frozenset[str]:
    if where not in _CACHE:
        rows = staging.rows(f"SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE {where}")
        _CACHE[where] = frozenset(row[0] for row in rows)
    return _CACHE[where]


@lru_cache(maxsize=4096)
def is_plain_name(text: str) -> bool:
    """Whether an expression is just a name, so that a miss deserves the nearest name."""
    return text.replace("_", "a").replace(" ", "a").isalnum()
