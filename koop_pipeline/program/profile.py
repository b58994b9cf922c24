"""`mappings/<profile>.yaml`: how one legacy system's structure becomes the canonical tables.

Put here the shape of the mapping language only. Its SQL is made in `mapping/`, its file settings are in `reading.py`.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from koop_pipeline.contracts import SOURCED, TABLES
from koop_pipeline.program.base import Model
from koop_pipeline.program.program_file import Identifier
from koop_pipeline.program.reading import Reading

DateOrder = Literal["dmy", "mdy", "ymd"]
DecimalMark = Literal[",", "."]


class ColumnRule(Model):
    """Where one canonical column comes from: `from` (raw column or SQL expression) or a constant `value`.

    `otherwise` set (even to null) covers every value that `values` does not name. `serials: true` reads bare numbers in
    a date column as Excel's day numbers.
    """

    source: str | None = Field(default=None, alias="from")
    value: str | None = None
    values: dict[str, str | None] | None = None
    otherwise: str | None = None
    dates: DateOrder | None = None
    serials: bool = False
    decimal: DecimalMark | None = None

    @property
    def has_otherwise(self) -> bool:
        """Whether the profile says what becomes of values that no value table names."""
        return "otherwise" in self.model_fields_set

    @model_validator(mode="after")
    def _one_origin(self) -> "ColumnRule":
        if ("source" in self.model_fields_set) == ("value" in self.model_fields_set):
            raise ValueError("needs either 'from' or 'value'")
        if "source" in self.model_fields_set and not self.source:
            raise ValueError("'from' is empty")
        return self


def _column_rules(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {name: {"from": rule} if isinstance(rule, str) else rule for name, rule in value.items()}


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str | dict) else value


class Block(Model):
    """One leading table that feeds one canonical table. Grain of its result: a row, or several, a leading row.

    `stands_for: cutoff`: its balances are those of the cut-off day, whatever the day of the source (SQL that adds up to
    `$cutoff_on`, a report printed for that day).
    `multiplies`: why its SQL gives more rows than it reads (a row holds three kinds of savings); without it such rows
    of a table with money block (`MAP-FAN-02`).
    """

    source: str = Field(alias="from")
    columns: Annotated[dict[str, ColumnRule], BeforeValidator(_column_rules)] = Field(default_factory=dict)
    exclude: dict[str, str] = Field(default_factory=dict)
    sql: str | None = None
    optional: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = ()
    stands_for: Literal["cutoff"] | None = None
    multiplies: Annotated[str, Field(min_length=1)] | None = None

    @field_validator("sql")
    @classmethod
    def _without_end(cls, sql: str | None) -> str | None:
        return without_end(sql) if sql else sql

    @model_validator(mode="after")
    def _has_columns(self) -> "Block":
        if not self.columns and not self.sql:
            raise ValueError("needs 'columns' or 'sql'")
        return self


class Profile(Model):
    """A whole mapping profile. `blocks[table]` are the blocks that feed a canonical table."""

    profile: Identifier
    version: Annotated[int, Field(ge=1)] = 1
    reads: Annotated[tuple[Reading, ...], BeforeValidator(_as_list), Field(min_length=1)]
    dates: DateOrder = "dmy"
    decimal: DecimalMark = ","
    controls: dict[str, str] = Field(default_factory=dict)
    ignore: dict[str, str] = Field(default_factory=dict)
    blocks: dict[str, tuple[Block, ...]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather_blocks(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        blocks = {name: _as_list(data[name]) for name in data if name in BLOCK_TABLES}
        return {**{name: value for name, value in data.items() if name not in BLOCK_TABLES}, "blocks": blocks}


BLOCK_TABLES = tuple(table.name for table in SOURCED)
BALANCES = ("savings_accounts", "loans", "accounts")
CONTROL_HEADS = (
    "members",
    "savings",
    "savings_transactions",
    "loans",
    "loans_written_off",
    "loan_repayments",
    "collaterals",
    "assets",
    "debit",
    "credit",
)
BY_PRODUCT = ("savings", "loans", "loans_written_off")


def first_fault(profile: Profile) -> tuple[tuple[str | int, ...], str] | None:
    """The first name that the canonical tables do not have: its place in the file and what is wrong."""
    for table, blocks in profile.blocks.items():
        for number, block in enumerate(blocks):
            if block.stands_for and table not in BALANCES:
                return (
                    table,
                    number,
                    "stands_for",
                ), f"{table} has no balances; {', '.join(BALANCES)} have"
            for name in block.columns:
                if not TABLES[table].has(name) or name == "branch":
                    known = [column for column in TABLES[table].names if column != "branch"]
                    return (table, number, "columns", name), f"{table} has no column {name!r}{nearest(name, known)}"
    for name in profile.controls:
        head, apart, product = name.partition(":")
        if head not in CONTROL_HEADS:
            return ("controls", name), f"the control {name!r} is not known; use one of {', '.join(CONTROL_HEADS)}"
        if apart and not (product and head in BY_PRODUCT):
            allowed = ", ".join(f"{word}:PRODUCT" for word in BY_PRODUCT)
            return ("controls", name), f"the control {name!r} is not known; by product there are {allowed}"
    return None


def without_end(sql: str) -> str:
    """SQL without the semicolon and comments that may end it."""
    return re.sub(r";\s*(?:--[^\n']*\n?\s*)*\Z", "", sql)


def nearest(name: str, known: list[str] | tuple[str, ...]) -> str:
    """`; did you mean 'x'?` with the nearest known name, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(name.casefold(), [item.casefold() for item in known], n=1, cutoff=0.5)
    if not close:
        return ""
    match = next(item for item in known if item.casefold() == close[0])
    return f"; did you mean {match!r}?"
