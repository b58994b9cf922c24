"""Opens one loan of one cooperative: what tests of a single loan share."""

from collections.abc import Iterable
from datetime import date

import polars as pl

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.position import OpenedLoans, open_loans

Row = dict[str, object]
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
