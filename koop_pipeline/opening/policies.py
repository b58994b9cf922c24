"""A batch's policies as frames, so that cooperatives with different ones are worked on together.

Put here how policies are laid beside rows. What they mean and their defaults stand in `program/policies.py`.
"""

from collections.abc import Mapping

import polars as pl

from koop_pipeline.opening.money import MONEY, RATE
from koop_pipeline.program.policies import Policies

SCHEMA: dict[str, pl.DataType] = {
    "cooperative_id": pl.String(),
    "scheme": pl.String(),
    "rescuable": pl.Boolean(),
    "day_count": pl.String(),
    "tax_rate": RATE,
    "tax_exempt": MONEY,
}
PERCENTS: dict[str, pl.DataType] = {"cooperative_id": pl.String(), "class": pl.String(), "percent": RATE}


def policy_frame(policies: Mapping[str, Policies]) -> pl.DataFrame:
    """One row a cooperative, columns `SCHEMA`; a tax of `none` is one of 0 percent."""
    rows = [{"cooperative_id": key, **_row(chosen)} for key, chosen in policies.items()]
    return pl.DataFrame(rows, schema=SCHEMA)


def _row(chosen: Policies) -> dict[str, object]:
    tax = None if chosen.savings_tax == "none" else chosen.savings_tax
    return {
        "scheme": chosen.collectability,
        "rescuable": chosen.rescuable,
        "day_count": chosen.days,
        "tax_rate": tax.rate if tax else 0,
        "tax_exempt": tax.exempt if tax else 0,
    }


def percent_frame(policies: Mapping[str, Policies]) -> pl.DataFrame:
    """The allowance in percent of the outstanding principal: one row a cooperative and class."""
    rows = [
        {"cooperative_id": key, "class": name, "percent": percent}
        for key, chosen in policies.items()
        for name, percent in chosen.allowance.items()
    ]
    return pl.DataFrame(rows, schema=PERCENTS)


def with_policies(frame: pl.DataFrame, policies: pl.DataFrame | None) -> pl.DataFrame:
    """`frame` with the columns of `policy_frame`; a cooperative that it does not name has the defaults."""
    known = policy_frame({}) if policies is None else policies
    joined = frame.join(known, on="cooperative_id", how="left", maintain_order="left")
    defaults = _row(Policies())
    return joined.with_columns(
        pl.col(name).fill_null(pl.lit(value, dtype=SCHEMA[name])) for name, value in defaults.items()
    )
