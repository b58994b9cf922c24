"""Opens one loan of one cooperative, or many loans each by itself: what tests of a single loan share."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import polars as pl

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.position import OpenedLoans, open_loans

Row = dict[str, object]
Case = tuple[Row, Sequence[Row], Sequence[Row]]
CUTOFF = date(2026, 6, 30)
OWN: Row = {"cooperative_id": "A", "loan_no": "1"}


def open_one(
    loan: Row, instalments: Iterable[Row] | None = None, repayments: Iterable[Row] | None = None
) -> OpenedLoans:
    """The loan as of the cut-off, with its delivered instalments and repayments and no collateral."""
    cutoffs = pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [CUTOFF]})
    return open_loans(
        frame("loans", [loan]), frame("loan_instalments", [{**OWN, **row} for row in instalments or []]),
        frame("loan_repayments", [{**OWN, **row} for row in repayments or []]), frame("collaterals", []), cutoffs,
    )  # fmt: skip


def open_each(cases: Sequence[Case]) -> OpenedLoans:
    """Loans, each with its delivered instalments and repayments, in one opening, which costs no more than one loan.

    Each is in a cooperative of its own, "0", "1", ..., so that none tells anything of another.
    """
    own: list[Row] = [{**OWN, "cooperative_id": str(number)} for number in range(len(cases))]
    owned = list(zip(own, cases, strict=True))
    days = {"cooperative_id": [str(one["cooperative_id"]) for one in own], "cutoff_on": CUTOFF, "as_of": CUTOFF}
    return open_loans(
        frame("loans", [{**loan, **one} for one, (loan, _, _) in owned]),
        frame("loan_instalments", [{**row, **one} for one, (_, plan, _) in owned for row in plan]),
        frame("loan_repayments", [{**row, **one} for one, (_, _, history) in owned for row in history]),
        frame("collaterals", []), pl.DataFrame(days),
    )  # fmt: skip


def sums(result: OpenedLoans, count: int) -> list[tuple[Any, ...]]:
    """Principal and interest (rupiah) of the schedule of each loan of `open_each`, 0 where it has none."""
    each = pl.DataFrame({"cooperative_id": list(map(str, range(count)))})
    opens = result.schedules.group_by("cooperative_id").agg(pl.col("principal", "interest").sum())
    found = each.join(opens, on="cooperative_id", how="left", maintain_order="left").fill_null(0)
    return found.select("principal", "interest").rows()


def saying(result: OpenedLoans, rule: str) -> set[int]:
    """The loans of `open_each` of which that rule says something."""
    return {int(number) for number in result.failures.filter(pl.col("rule") == rule)["cooperative_id"]}
