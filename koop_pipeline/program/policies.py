"""Policies of a batch: how accounting questions are answered that a source leaves open. Each has a stated default.

`policies:` in `batches/<batch>.yaml` holds for all its cooperatives; a cooperative's own `policies:` replaces single
keys of it. Percentages are percent; amounts are rupiah.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from koop_pipeline.program.base import Model

Class = Literal["current", "special_mention", "substandard", "doubtful", "loss"]
DEFAULT_ALLOWANCE: dict[Class, Decimal] = {
    "current": Decimal("0.5"),
    "special_mention": Decimal(5),
    "substandard": Decimal(10),
    "doubtful": Decimal(50),
    "loss": Decimal(100),
}


def _decimal(value: object) -> object:
    if isinstance(value, str):
        if not value.lstrip("-").replace(".", "", 1).isdigit():
            raise ValueError("must be a number such as 0.5")
        return Decimal(value)
    return value


Percent = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0, le=100, decimal_places=6)]
Rupiah = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0, max_digits=18, decimal_places=2)]


class SavingsTax(Model):
    """Final tax on savings interest of members: `rate` percent of the gross of a month that is above `exempt`.

    Default: PP 15/2009, 10 % where a member's interest of a calendar month is above Rp 240,000 (then on the whole
    gross).
    """

    rate: Percent = Decimal(10)
    exempt: Rupiah = Decimal(240_000)


class Suspense(Model):
    """A named account that takes what does not tie; nothing is ever posted to it unless a batch says so.

    `most`: the largest amount (rupiah, a cooperative) that it may receive in debit, and in credit; more blocks as
    before.
    """

    account: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1)]
    most: Rupiah


class Policies(Model):
    """All policies; whatever a batch does not say has the default here.

    - `collectability`: which decision table classifies loans. `rescuable`: whether a doubtful loan with collateral of
      75 to 100 % counts as rescuable.
    - `allowance`: percent of the outstanding principal set aside a class; what is left out has the default.
    - `days`: how interest of a part of a month is counted: actual days of 365, or 30 days a month of 360.
    - `savings_tax`: final tax on accrued savings interest, or `none`.
    - `suspense`: see Suspense; without one, nothing is posted.
    """

    collectability: Literal["cooperative", "bank"] = "cooperative"
    rescuable: bool = False
    allowance: dict[Class, Percent] = Field(default_factory=lambda: dict(DEFAULT_ALLOWANCE))
    days: Literal["actual/365", "30/360"] = "actual/365"
    savings_tax: SavingsTax | Literal["none"] = SavingsTax()
    suspense: Suspense | None = None

    @field_validator("allowance")
    @classmethod
    def _every_class(cls, value: dict[Class, Decimal]) -> dict[Class, Decimal]:
        return {**DEFAULT_ALLOWANCE, **value}
