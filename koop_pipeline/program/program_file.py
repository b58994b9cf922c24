"""`program.yaml` and `batches/*.yaml` as typed models.

Put here what a programme and a batch declare. How a source is read or mapped belongs to `profile.py`.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, field_validator, model_validator

from koop_pipeline.contracts import REQUIRED_CATEGORIES, TABLES
from koop_pipeline.program.base import Model
from koop_pipeline.program.policies import Policies

SAFE_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
Identifier = Annotated[str, Field(pattern=SAFE_ID)]
CATEGORIES = ("cooperatives", *REQUIRED_CATEGORIES)


class Responsible(Model):
    """Who answers for it."""

    name: str
    contact: str | None = None


class Program(Model):
    """`program.yaml`."""

    program: Identifier
    name: str
    target_cooperatives: Annotated[int, Field(ge=1)] | None = None
    responsible: Responsible | None = None


class SourcePart(Model):
    """One delivered source: a folder, file, database URL or `env:NAME`; its branch and the day it stands for."""

    path: str
    branch: Identifier | None = None
    as_of: date | None = None


def _as_parts(value: object) -> object:
    if isinstance(value, str):
        return [{"path": value}]
    return [value] if isinstance(value, dict) else value


def _exact(value: object) -> object:
    if isinstance(value, str):
        amount = Decimal(value) if _looks_decimal(value) else None
        if amount is None or not amount.is_finite():
            raise ValueError("must be an amount such as 150000000.00")
        return amount
    return value


def _looks_decimal(value: str) -> bool:
    return value.lstrip("-").replace(".", "", 1).isdigit()


Amount = Annotated[Decimal, BeforeValidator(_exact), Field(max_digits=18, decimal_places=2)]


class Declared(Model):
    """Totals that the cooperative itself declares, with the document that says so. Amounts in rupiah."""

    document: str
    totals: dict[str, Amount] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, data: object) -> object:
        if not isinstance(data, dict) or "totals" in data:
            return data
        totals = {name: value for name, value in data.items() if name != "document"}
        return {**({"document": data["document"]} if "document" in data else {}), "totals": totals}

    @field_validator("totals")
    @classmethod
    def _known_names(cls, totals: dict[str, Decimal]) -> dict[str, Decimal]:
        for name in totals:
            head, _, product = name.partition(":")
            if name not in {"members", "savings", "loans", "assets"} and not (head in {"savings", "loans"} and product):
                raise ValueError(
                    f"{name!r} is not a total that can be declared; "
                    "use members, savings, savings:PRODUCT, loans, loans:PRODUCT or assets"
                )
        return totals


class Cooperative(Model):
    """One cooperative of a batch."""

    id: Identifier
    name: str
    profile: Identifier
    overrides: str | None = None
    source: Annotated[tuple[SourcePart, ...], BeforeValidator(_as_parts), Field(min_length=1)]
    exported_on: date | None = None
    cutoff_on: date | None = None
    facts: dict[str, str | None] = Field(default_factory=dict)
    absent: dict[str, str] = Field(default_factory=dict)
    rat: tuple[date, ...] = ()
    responsible: Responsible | None = None
    declared: Declared | None = None
    policies: Policies | None = None
    _in_phases: bool = PrivateAttr(default=False)

    @field_validator("facts")
    @classmethod
    def _known_facts(cls, facts: dict[str, str | None]) -> dict[str, str | None]:
        for name in facts:
            if not TABLES["cooperatives"].has(name) or name in {"branch", "source_no", "extras"}:
                raise ValueError(f"{name!r} is not a column of cooperatives")
        return facts

    @field_validator("absent")
    @classmethod
    def _known_categories(cls, absent: dict[str, str]) -> dict[str, str]:
        for name, reason in absent.items():
            if name not in REQUIRED_CATEGORIES:
                raise ValueError(f"{name!r} is not a category; use one of {', '.join(REQUIRED_CATEGORIES)}")
            if not reason.strip():
                raise ValueError(f"absent.{name} needs a reason")
        return absent

    @property
    def branches(self) -> list[str | None]:
        """The branches that delivered, in order of first mention."""
        return list(dict.fromkeys(part.branch for part in self.source))

    @property
    def prefixes_keys(self) -> bool:
        """Whether keys carry their branch: more than one branch delivered, or further ones may come as phases."""
        return len(self.branches) > 1 or (self._in_phases and self.branches != [None])


class Batch(Model):
    """`batches/<batch>.yaml`: one wave of cooperatives that share method and cut-off.

    delta_removes: the most rows of one cooperative that a delta may take out of the target.
    """

    batch: Identifier
    method: Literal["cutover", "parallel", "phased"] = "cutover"
    cutoff_on: date
    starts_at: datetime | None = None
    policies: Policies = Policies()
    requires_rehearsal: bool = False
    delta_removes: Annotated[int, Field(ge=0)] = 0
    cooperatives: Annotated[tuple[Cooperative, ...], Field(min_length=1)]

    @field_validator("starts_at")
    @classmethod
    def _with_zone(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs a time zone, such as 2026-07-03T19:00:00+08:00")
        return value

    @model_validator(mode="after")
    def _in_phases(self) -> "Batch":
        for one in self.cooperatives if self.method == "phased" else ():
            one._in_phases = True
        return self

    def cooperative(self, cooperative_id: str) -> Cooperative:
        """The cooperative of that id; KeyError where the batch has none."""
        for cooperative in self.cooperatives:
            if cooperative.id == cooperative_id:
                return cooperative
        raise KeyError(cooperative_id)
