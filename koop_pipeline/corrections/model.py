"""A correction is data: what is wrong where, what stands there, what it should be, why, who says so and when.

`corrections/<cooperative_id>/*.yaml` holds them: written by hand by an engineer, or by `koop corrections apply` from a
workbook that came back. Values are canonical text (`2026-06-30`, `1250000.50`, `male`), so no setting of a profile is
needed to read them. Applying them is the work of `step.py`.
"""

import hashlib
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from koop_pipeline.contracts import SOURCED, TABLES
from koop_pipeline.program.base import Model

Action = Literal["set", "exclude", "merge", "add", "allocate"]
ACTIONS: tuple[Action, ...] = get_args(Action)
CORRECTABLE = tuple(table.name for table in SOURCED if table.name not in {"cooperatives", "products"})
ALLOCATED = {"savings_transactions": "account_no", "loan_repayments": "loan_no", "loan_instalments": "loan_no"}
MERGED = ("members",)


class At(Model):
    """The place of a row in the delivery: file, table (sheet) and row number there."""

    file: str
    table: str | None = None
    row: Annotated[int, Field(ge=1)]


class Correction(Model):
    """One correction. Which keys belong to which action:

    - `set`: `column`, `expected` (the text that stands there now, null for an empty cell), `value` (null empties it).
    - `exclude`: the row goes; `column` and `expected` may say what stands in it.
    - `merge`: the row is the same person as the member `into`, which stays.
    - `add`: a row that is missing: `values`.
    - `allocate`: a movement belongs to another account or loan: `expected` (the one it names now) and `value`.

    A row is found by its `key` (first key column, as delivered), by `at`, or by both where a key stands twice.
    """

    action: Action
    table: str
    key: str | None = None
    at: At | None = None
    column: str | None = None
    expected: str | None = None
    value: str | None = None
    into: str | None = None
    values: dict[str, str | None] | None = None
    reason: Annotated[str, Field(min_length=1)]
    who: Annotated[str, Field(min_length=1)]
    on: date
    cell: str | None = None

    @model_validator(mode="after")
    def _fits_its_action(self) -> "Correction":
        if self.table not in CORRECTABLE:
            raise ValueError(f"this is no table that can be corrected; use one of {', '.join(CORRECTABLE)}")
        fault = _fault(self)
        if fault:
            raise ValueError(f"{self.action}: {fault}")
        return self

    @property
    def digest(self) -> str:
        """What identifies the correction wherever it stands: a hash of all it says."""
        return hashlib.sha256(self.model_dump_json(exclude={"cell"}).encode()).hexdigest()

    @property
    def changed_column(self) -> str | None:
        """The column whose text changes: that of `set`, the reference of `allocate`."""
        return ALLOCATED.get(self.table) if self.action == "allocate" else self.column


class DifferentPeople(Model):
    """Two members that look alike and are not the same person; nobody is asked again."""

    members: Annotated[tuple[str, ...], Field(min_length=2)]
    reason: Annotated[str, Field(min_length=1)]
    who: Annotated[str, Field(min_length=1)]
    on: date
    cell: str | None = None


class Confirmed(Model):
    """A failed cell of which an officer says that it is right as it is. Nothing changes; it is kept as evidence."""

    table: str
    key: str | None = None
    at: At | None = None
    column: str | None = None
    reason: str
    who: Annotated[str, Field(min_length=1)]
    on: date
    cell: str | None = None


class CorrectionFile(Model):
    """One file of corrections of one cooperative; `workbook` is the one it was read from, if it was.

    Files of one day count in the order of their `sequence`, which `apply` gives.
    """

    cooperative: str
    workbook: str | None = None
    workbook_sha256: str | None = None
    sequence: Annotated[int, Field(ge=0)] = 0
    corrections: tuple[Correction, ...] = ()
    different_people: tuple[DifferentPeople, ...] = ()
    confirmed: tuple[Confirmed, ...] = ()


def _fault(item: Correction) -> str | None:
    """What is missing or too much for the action, in words."""
    table = TABLES[item.table]
    located = item.key is not None or item.at is not None
    if item.action != "add" and not located:
        return "say which row it means, by key or by at"
    if item.column is not None and not table.has(item.column):
        return f"{item.table} has no column {item.column!r}"
    match item.action:
        case "set" if item.column is None:
            return "say which column changes"
        case "set" if item.column in {"branch", "source_no"}:
            return f"{item.column} says where a row comes from and is never corrected"
        case "merge" if item.table not in MERGED or item.into is None:
            return "only members are merged; say in 'into' which member stays"
        case "merge" if item.into == item.key and item.at is None:
            return "a member cannot be merged into itself"
        case "allocate" if item.table not in ALLOCATED or item.value is None:
            return f"only {', '.join(ALLOCATED)} are allocated; say in 'value' to which account or loan"
        case "add" if not item.values:
            return "say in 'values' what the row holds"
        case "add":
            unknown = [name for name in item.values or {} if not table.has(name)]
            return f"{item.table} has no column {unknown[0]!r}" if unknown else None
    return None
