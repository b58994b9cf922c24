"""Repayments written after the day of a loan's balance and dated before it; the day is 31 May, the cut-off 30 June."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.late_repayments import with_late_repayments
from koop_pipeline.opening.written import WRITTEN

CUTOFF, MAY = date(2026, 6, 30), date(2026, 5, 31)
Row = dict[str, object]
Paid = tuple[date, int | None, date | None]
LOAN: Row = {
    "cooperative_id": "A", "loan_no": "P1", "principal": Decimal(1_000), "outstanding_principal": Decimal(800),
    "status": "active", "_as_of": MAY, "_reach": CUTOFF,
}  # fmt: skip
FIRST: Paid = (date(2026, 2, 5), 200, None)
LATE: Paid = (date(2026, 5, 20), 30, date(2026, 6, 1))


def lowered(paid: list[Paid], *loans: Row) -> tuple[list[tuple[object, ...]], list[int]]:
    """Outstanding principal, status and outstanding interest of each loan, and the repayments that are taken off it."""
    rows = [
        {"cooperative_id": "A", "loan_no": "P1", "paid_on": day, "total": Decimal(99), "interest": Decimal(4)}
        | ({} if principal is None else {"principal": Decimal(principal)})
        for day, principal, _ in paid
    ]
    late = [("A", number, day) for number, (_, _, day) in enumerate(paid, 1) if day]
    found = with_late_repayments(
        frame("loans", [{**LOAN, **loan} for loan in loans or ({},)]), frame("loan_repayments", rows),
        pl.DataFrame(late, schema=WRITTEN, orient="row"),
        pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [CUTOFF]}),
    )  # fmt: skip
    columns = found.loans.select("outstanding_principal", "status", "outstanding_interest").rows()
    return columns, found.brought["_row"].to_list()


def test_a_balance_that_lacks_a_late_repayment_is_lowered_by_it() -> None:
    """1,000 less 200 is 800; 30 of 20 May were written on 1 June or later: 770. Of the interest of 50, 4 were paid."""
    assert lowered([FIRST, LATE], {"outstanding_interest": Decimal(50)}) == ([(770, "active", 46)], [2])


def test_what_pays_it_off_settles_it() -> None:
    assert lowered([FIRST, (date(2026, 5, 20), 800, date(2026, 6, 1))]) == ([(0, "settled", None)], [2])


@pytest.mark.parametrize(
    ("paid", "loan"),
    [
        ([FIRST, LATE], {"outstanding_principal": Decimal(770)}),  # holds it already
        ([FIRST, LATE], {"outstanding_principal": Decimal(790)}),  # nothing adds up
        ([FIRST, LATE], {"outstanding_principal": None}),
        ([FIRST, LATE], {"principal": None}),
        ([FIRST, LATE], {"_reach": date(2026, 6, 29)}),
        ([FIRST, LATE], {"status": "written_off"}),
        ([FIRST, (date(2026, 5, 20), 30, MAY)], {}),  # may have been written on the day of the balance
        ([FIRST, (date(2026, 6, 5), 30, date(2026, 6, 9))], {}),  # after the balance's day: among those between
        ([FIRST, LATE, (date(2026, 3, 5), None, None)], {}),  # a total that nothing divides
    ],
)
def test_what_is_not_proved_stays(paid: list[Paid], loan: Row) -> None:
    before = {**LOAN, **loan}
    assert lowered(paid, loan) == ([(before["outstanding_principal"], before["status"], None)], [])


def test_a_number_that_stands_twice_proves_nothing() -> None:
    assert lowered([FIRST, LATE], {}, {}) == ([(800, "active", None)] * 2, [])
