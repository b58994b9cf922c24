"""Turns one block of a profile into SQL over the raw views, checked before it runs.

The plan depends on the profile and on the columns delivered, not on the cooperative, so cooperatives that ran the same
system share it. Execution and lineage are in `block_run.py`.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from koop_pipeline.contracts import Table
from koop_pipeline.contracts.model import Column
from koop_pipeline.errors import ConfigError
from koop_pipeline.identifiers.secrets import SECRET_COLUMN
from koop_pipeline.mapping.guard import Shape, SqlRefused, inspect, is_plain_name
from koop_pipeline.mapping.raw_views import LINEAGE, RawTables
from koop_pipeline.program.folder import Mapping
from koop_pipeline.program.profile import Block, ColumnRule, nearest
from koop_pipeline.staging import Staging, StagingError, literal, quoted

ANY_DAY = date(2000, 1, 1)
LINEAGE_TYPES = {"row_id": "BIGINT", "source_row": "BIGINT", "as_of": "DATE"}
DAYS = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE")
NUMBERS = ("DECIMAL", "BIGINT", "INTEGER", "HUGEINT", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER", "UHUGEINT")


@dataclass(frozen=True)
class ColumnPlan:
    """How one canonical column is computed: SQL text, whether it may fail, and how its text is to be read later."""

    name: str
    sql: str
    fallible: bool
    reads: tuple[str, ...]
    settings: dict[str, Any]


@dataclass(frozen=True)
class BlockPlan:
    """A checked block: leading table, exclusions, its own SQL if any, and the plan of each column."""

    table: Table
    number: int
    place: tuple[str | int, ...]
    block: Block
    columns: tuple[ColumnPlan, ...]
    uses: dict[str, set[str]] = field(default_factory=dict)
    tables: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    listed: bool = False

    @property
    def settings(self) -> str:
        """The reading of each column as JSON; equal texts are cleaned together."""
        return json.dumps({plan.name: plan.settings for plan in self.columns}, sort_keys=True, ensure_ascii=False)

    @property
    def reading(self) -> int:
        """A number that stands for `settings`."""
        return int(hashlib.sha256(f"{self.table.name}|{self.settings}".encode()).hexdigest()[:15], 16)


class Planner:
    """Plans the blocks of one table for one cooperative and branch, whose views exist."""

    def __init__(self, staging: Staging, mapping: Mapping, raw: RawTables, table: Table):
        self.staging = staging
        self.mapping = mapping
        self.raw = raw
        self.table = table

    def plan(self, number: int, block: Block) -> BlockPlan:
        """Check one block and plan it; ConfigError (with file and line) where the profile does not fit."""
        place = self._place(number)
        catalogue = self.raw.catalogue(block.source)
        leading = [*LINEAGE, *self.raw.view_columns(block.source), *block.optional]
        uses: dict[str, set[str]] = {}
        parameters: set[str] = set()
        for name, condition in block.exclude.items():
            shape = self._inspect(f"SELECT ({condition})", leading, (*place, "exclude", name))
            self._use(uses, shape, block, catalogue)
            parameters |= shape.parameters
        origin, types, listed = (
            leading,
            {name.casefold(): LINEAGE_TYPES.get(name, "VARCHAR") for name in leading},
            False,
        )
        tables = {block.source}
        if block.sql:
            shape = self._inspect_query(block.sql, catalogue, (*place, "sql"))
            self._use(uses, shape, block, catalogue)
            tables |= shape.tables
            parameters |= shape.parameters
            types, listed = self._result_types(block.sql, shape, (*place, "sql"))
            origin = list(types)
            self._check_result(block, origin, (*place, "sql"))
        plans = []
        for name, rule in self._rules(block, origin).items():
            where = (*place, "columns", name) if name in block.columns else (*place, "sql")
            plan, mentioned = self._column(name, rule, origin, types, block, where)
            plans.append(plan)
            if mentioned and not block.sql:
                self._use(uses, mentioned, block, catalogue)
            if mentioned:
                parameters |= mentioned.parameters
        return BlockPlan(
            self.table, number, place, block, tuple(plans), uses, frozenset(tables), frozenset(parameters), listed
        )

    def _place(self, number: int) -> tuple[str | int, ...]:
        in_list = isinstance(self.mapping.file.data.get(self.table.name), list)
        return (self.table.name, number) if in_list else (self.table.name,)

    def _error(self, place: tuple[str | int, ...], message: str) -> ConfigError:
        where = ".".join(str(part) for part in place)
        return self.mapping.file.error(place, f"{where}: {message}")

    def _rules(self, block: Block, origin: list[str]) -> dict[str, ColumnRule]:
        rules = dict(block.columns)
        if block.sql:
            known = {name.casefold() for name in origin}
            for name in self.table.names:
                if name not in rules and name != "branch" and name.casefold() in known:
                    rules[name] = ColumnRule.model_validate({"from": name})
        return rules

    def _inspect(self, sql: str, origin: list[str], place: tuple[str | int, ...]) -> Shape:
        """Check an expression over `origin`: no tables, and only columns that are there."""
        try:
            shape = inspect(self.staging, sql, {})
        except SqlRefused as error:
            raise self._error(place, str(error)) from None
        if shape.windows or shape.aggregates(self.staging):
            name = (*shape.aggregates(self.staging), "a window function")[0]
            raise self._error(place, f"{name} takes many rows, an expression sees one row only; use 'sql' for it")
        known = {name.casefold() for name in origin}
        for names in sorted(shape.columns):
            if not known & {part.casefold() for part in names}:
                raise self._error(place, f"there is no column {names[-1]!r}{self._hint(names[-1], origin)}")
        return shape

    def _hint(self, name: str, origin: list[str]) -> str:
        """The nearest delivered name; none where the first row of the file may be data, not names (law 8)."""
        known = {column.casefold() for column in origin if column not in LINEAGE}
        asked = {
            str(rule.source).casefold()
            for block in self.mapping.profile.blocks.get(self.table.name, ())
            for rule in block.columns.values()
        }
        if not known & asked:
            return "; none of the columns this block names is there: does the file begin with its column names?"
        return nearest(name, origin)

    def _inspect_query(self, sql: str, catalogue: dict[str, list[str]], place: tuple[str | int, ...]) -> Shape:
        try:
            return inspect(self.staging, sql, catalogue)
        except SqlRefused as error:
            raise self._error(place, str(error)) from None

    def _result_types(self, sql: str, shape: Shape, place: tuple[str | int, ...]) -> tuple[dict[str, str], bool]:
        try:
            rows = self.staging.rows(f"DESCRIBE {sql}", dict.fromkeys(shape.parameters, ANY_DAY))
        except StagingError as error:
            raise self._error(place, _binder_message(error)) from None
        types = {str(row[0]).casefold(): str(row[1]) for row in rows}
        if len(types) != len(rows):
            raise self._error(place, "two columns of the result have one name; give each an alias of its own")
        if "row_id" not in types:
            raise self._error(place, "the result has no row_id; select the leading table's row_id (or a list of them)")
        if types["row_id"] not in {"BIGINT", "BIGINT[]"}:
            raise self._error(
                place, f"row_id is {types['row_id']}; it must be the leading table's row_id or a list of them"
            )
        return types, types["row_id"] == "BIGINT[]"

    def _check_result(self, block: Block, origin: list[str], place: tuple[str | int, ...]) -> None:
        mentioned = " ".join(rule.source or "" for rule in block.columns.values()).casefold()
        for name in origin:
            if name in LINEAGE or self.table.has(name) or name in mentioned:
                continue
            hint = nearest(name, self.table.names)
            raise self._error(place, f"the result column {name!r} is no column of {self.table.name}{hint}")

    def _column(
        self,
        name: str,
        rule: ColumnRule,
        origin: list[str],
        types: dict[str, str],
        block: Block,
        place: tuple[str | int, ...],
    ) -> tuple[ColumnPlan, Shape | None]:
        column = self.table.column(name)
        profile = self.mapping.profile
        if rule.decimal and rule.decimal != profile.decimal and any(item.format != "csv" for item in profile.reads):
            raise self._error(
                place,
                f"numbers that the source stores as numbers are written with {profile.decimal!r} here;"
                " set 'decimal' for the whole profile",
            )
        if rule.source is None:
            constant = "NULL" if rule.value is None else literal(rule.value)
            return ColumnPlan(name, constant, False, (), {**self._settings(column, rule), "final": True}), None
        exact = next((item for item in origin if item == rule.source), None)
        exact = exact or next((item for item in origin if item.casefold() == rule.source.casefold()), None)
        if exact is not None and types[exact.casefold()] == "VARCHAR":
            shape = Shape(columns={(exact,)})
            return ColumnPlan(name, quoted(exact), False, (exact,), self._settings(column, rule)), shape
        sql = quoted(exact) if exact is not None else rule.source
        if exact is None and is_plain_name(rule.source):
            raise self._error(
                place, f"there is no column {rule.source!r} in {block.source}{self._hint(rule.source, origin)}"
            )
        shape = self._inspect(f"SELECT ({sql})", origin, place)
        reads = tuple(item for item in origin if any(item.casefold() == part[-1].casefold() for part in shape.columns))
        kind = types[exact.casefold()] if exact else self._type_of(sql, block, types, shape, place)
        text, final = self._as_text(name, sql, kind, place)
        settings = self._settings(column, rule)
        return ColumnPlan(name, text, exact is None, reads, {**settings, **({"final": True} if final else {})}), shape

    def _type_of(
        self, sql: str, block: Block, types: dict[str, str], shape: Shape, place: tuple[str | int, ...]
    ) -> str:
        source = ", ".join(f"NULL::{kind} AS {quoted(name)}" for name, kind in types.items())
        alias = quoted(block.source if not block.sql else "result")
        query = f"SELECT ({sql}) AS value FROM (SELECT {source}) AS {alias}"
        try:
            return str(self.staging.rows(f"DESCRIBE {query}", dict.fromkeys(shape.parameters, ANY_DAY))[0][1])
        except StagingError as error:
            raise self._error(place, _binder_message(error)) from None

    def _as_text(self, name: str, sql: str, kind: str, place: tuple[str | int, ...]) -> tuple[str, bool]:
        head = kind.partition("(")[0]
        if head in {"DOUBLE", "FLOAT", "REAL"}:
            raise self._error(place, f"{name} is a {head}; amounts are exact: use rupiah(x), angka(x) or a DECIMAL")
        if head in DAYS:
            return f"CAST(CAST(({sql}) AS DATE) AS VARCHAR)", True
        if head in NUMBERS:
            return f"CAST(({sql}) AS VARCHAR)", True
        if head in {"VARCHAR", "JSON", "BOOLEAN", '"NULL"', "NULL"} or head.startswith("ENUM"):
            return f"CAST(({sql}) AS VARCHAR)", False
        raise self._error(place, f"{name} is a {kind}; it must be text, a date or an exact number")

    def _settings(self, column: Column, rule: ColumnRule) -> dict[str, Any]:
        profile = self.mapping.profile
        settings: dict[str, Any] = {}
        if column.kind == "date":
            settings["dates"] = rule.dates or profile.dates
            if rule.serials:
                settings["serials"] = True
        if column.kind in {"money", "rate", "integer"}:
            settings["decimal"] = rule.decimal or profile.decimal
        if rule.values is not None:
            settings["values"] = rule.values
        if rule.has_otherwise:
            settings["otherwise"] = rule.otherwise
        return settings

    def _use(self, uses: dict[str, set[str]], shape: Shape, block: Block, catalogue: dict[str, list[str]]) -> None:
        tables = {*shape.tables, block.source}
        mentioned = {part.casefold() for names in shape.columns for part in names}
        for table in (name for pattern in tables for name in self.raw.matching(pattern)):
            columns = catalogue[table]
            used = columns if shape.star else [column for column in columns if column.casefold() in mentioned]
            secret = next((column for column in used if SECRET_COLUMN.search(column) and not shape.star), None)
            if secret:
                raise self._error(
                    (self.table.name,),
                    f"{table}.{secret} is a secret: raw keeps only a hash of it, it is never carried",
                )
            uses.setdefault(table, set()).update(column for column in used if column not in LINEAGE)


def _binder_message(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    message = lines[0].partition(": ")[2] or lines[0]
    candidates = next((line for line in lines[1:] if line.startswith(("Candidate", "Did you mean"))), "")
    return f"{message} {candidates}".strip()
