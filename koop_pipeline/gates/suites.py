"""The suite files (`expectations/<table>.json`): reading them and checking what each rule says about itself.

Put here what can be known about a rule without running it; nothing here imports great_expectations, so that definitions
and the command line load fast. Running rules belongs to `run.py`.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from koop_pipeline.contracts import TABLES
from koop_pipeline.errors import ConfigError

Consequence = Literal["block", "hold", "warn"]
Dimension = Literal["completeness", "validity", "uniqueness", "consistency", "integrity", "accuracy"]
ROWS_QUERY = "unexpected_rows_expectation"
LINEAGE = ("cooperative_id", "_row")


class Words(BaseModel):
    """One text in Indonesian and in English."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Meta(BaseModel):
    """What an expectation's `meta` says: the identity of the rule and what follows from a failure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str = Field(min_length=1)
    title: Words
    explanation: Words
    dimension: Dimension
    consequence: Consequence
    hold: Literal["value", "row"] | None = None
    column: str | None = None


@dataclass(frozen=True)
class Rule:
    """One expectation of a suite: its meta and, in `expectation`, the JSON object as GX wrote it."""

    table: str
    meta: Meta
    expectation: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def id(self) -> str:
        """The stable id, unique within its suite."""
        return self.meta.rule

    @property
    def kind(self) -> str:
        """The expectation's type as GX names it."""
        return str(self.expectation["type"])

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """The expectation's arguments."""
        kwargs: Mapping[str, Any] = self.expectation.get("kwargs", {})
        return kwargs

    @property
    def hold(self) -> Literal["value", "row"] | None:
        """What is held when the consequence is `hold`: the value unless the rule says the row."""
        return (self.meta.hold or "value") if self.meta.consequence == "hold" else None

    @property
    def columns(self) -> list[str]:
        """The columns that the expectation is about; empty for a query."""
        pair = [self.kwargs[name] for name in ("column_A", "column_B") if name in self.kwargs]
        single = [self.kwargs["column"]] if "column" in self.kwargs else []
        return [str(name) for name in (*single, *self.kwargs.get("column_list", []), *pair)]

    @property
    def named_column(self) -> str | None:
        """The column that findings name: what `meta` says, else the last one that is not lineage."""
        named = [name for name in self.columns if name not in LINEAGE]
        return self.meta.column or (named[-1] if named else None)


@dataclass(frozen=True)
class SuiteFile:
    """One suite: the rules of one canonical table, and the sha256 of the file that states them."""

    table: str
    path: Path
    sha256: str
    rules: tuple[Rule, ...]


def load_suites(folder: Path) -> list[SuiteFile]:
    """Every `<table>.json` of the folder, by table name.

    Raises ConfigError, naming file and rule, for a file that is not a suite, a missing or unknown meta key, an unknown
    consequence, a rule id that is there twice, and a hold that could not be carried out.
    """
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise ConfigError(f"{folder}: there is no suite (*.json) here; a batch without rules cannot be gated.")
    return [_load_suite(path) for path in paths]


def suites_fingerprint(suites: Iterable[SuiteFile]) -> str:
    """A sha256 over all suites, whatever their order; it changes when any suite file changes."""
    lines = sorted(f"{suite.table} {suite.sha256}\n" for suite in suites)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _load_suite(path: Path) -> SuiteFile:
    content = path.read_bytes()
    try:
        expectations = [dict(each) for each in json.loads(content)["expectations"]]
        rules = tuple(_load_rule(path, number, each) for number, each in enumerate(expectations, start=1))
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path}: this is not a suite as Great Expectations writes it ({type(error).__name__});"
            " write it with to_json_dict."
        ) from None
    _refuse_twice(path, rules)
    return SuiteFile(path.stem, path, hashlib.sha256(content).hexdigest(), rules)


def _load_rule(path: Path, number: int, expectation: Mapping[str, Any]) -> Rule:
    raw = dict(expectation.get("meta") or {})
    place = f"{path}, rule {raw.get('rule') or f'number {number}'}"
    try:
        rule = Rule(path.stem, Meta.model_validate(raw), expectation)
    except ValidationError as error:
        raise ConfigError(f"{place}: {_first_fault(error)}; correct the rule's meta.") from None
    if not isinstance(expectation["type"], str):
        raise ConfigError(f"{place}: the expectation has no type; write it with to_json_dict.")
    _refuse_mostly(place, rule)
    _refuse_hold(place, rule)
    return rule


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"])
    kinds = {"missing": "is missing", "extra_forbidden": "is not a known key"}
    return f"meta key '{key}' {kinds.get(fault['type'], 'has a value that is not allowed: ' + fault['msg'])}"


def _refuse_twice(path: Path, rules: tuple[Rule, ...]) -> None:
    twice = [rule for rule, times in Counter(rule.id for rule in rules).items() if times > 1]
    if twice:
        raise ConfigError(f"{path}, rule {twice[0]}: the rule id is there twice; give each expectation its own.")


def _refuse_mostly(place: str, rule: Rule) -> None:
    if rule.kwargs.get("mostly", 1) != 1:
        raise ConfigError(
            f"{place}: 'mostly' is a share of the whole batch, and one cooperative's verdict must not depend on others;"
            " leave it out."
        )
    if rule.kind == ROWS_QUERY and rule.kwargs.get("row_condition"):
        raise ConfigError(f"{place}: a query cannot also have a row_condition; write the condition into the query.")


def _refuse_hold(place: str, rule: Rule) -> None:
    table = TABLES.get(rule.table)
    if rule.meta.hold and rule.meta.consequence != "hold":
        raise ConfigError(f"{place}: 'hold' needs the consequence 'hold', not '{rule.meta.consequence}'.")
    if rule.hold is None:
        return
    if table is None:
        raise ConfigError(f"{place}: '{rule.table}' is not a canonical table, so nothing of it can be held; use block.")
    if rule.hold == "row" and not table.holds_rows:
        raise ConfigError(f"{place}: rows of {rule.table} are never held, only of officers and collaterals; use block.")
    column = rule.named_column
    if rule.hold == "value" and column and column not in holdable_columns(rule.table):
        raise ConfigError(
            f"{place}: {rule.table}.{column} may not be empty in the target, so it cannot be held; use block."
        )


def holdable_columns(table: str) -> list[str]:
    """The columns of a canonical table that may be null in the target; none for any other table."""
    contract = TABLES.get(table)
    return [column.name for column in contract.all_columns if not column.required] if contract else []
