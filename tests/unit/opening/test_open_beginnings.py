"""What had begun by the cut-off of 30 June in a list of 5 July: a fact of that day or before must name it."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.opening.beginnings import LISTED, loans_not_begun, of_later_loans, savings_not_begun
from koop_pipeline.opening.frames import frame

CUTOFF, LIST = date(2026, 6, 30), date(2026, 7, 5)
AUGUST = date(2026, 8, 15)
Row = dict[str, object]
ACCOUNT: Row = {"cooperative_id": "A", "account_no": "R1", "balance": Decimal(500), "status": "open"}
LOAN: Row = {"cooperative_id": "A", "loan_no": "P1", "outstanding_principal": Decimal(900), "status": "active"}


def days(as_of: date = LIST) -> pl.DataFrame:
    return pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [as_of]})


def listed(on: date | None) -> pl.DataFrame:
    return pl.DataFrame([("A", 1, on)] if on else [], schema=LISTED, orient="row")


def accounts(moved: date | None = None, older: date | None = None, as_of: date = LIST, **more: object) -> list[str]:
    moves = [{"cooperative_id": "A", "account_no": "R1", "posted_on": moved, "amount": Decimal(1)}] if moved else []
    found = savings_not_begun(
        frame("savings_accounts", [{**ACCOUNT, **more}]), frame("savings_transactions", moves), listed(older),
        days(as_of),
    )  # fmt: skip
    assert found.select("rule", "column_name").unique().rows() in ([], [("CUT-05", "opened_on")])
    return found["note"].to_list()


def loans(
    paid: date | None = None, due: date | None = None, older: date | None = None, as_of: date = LIST, **more: object
) -> list[str]:
    repaid = [{"cooperative_id": "A", "loan_no": "P1", "paid_on": paid, "total": Decimal(1)}] if paid else []
    planned = [{"cooperative_id": "A", "loan_no": "P1", "instalment_no": 1, "due_on": due}] if due else []
    found = loans_not_begun(
        frame("loans", [{**LOAN, **more}]), frame("loan_instalments", planned), frame("loan_repayments", repaid),
        listed(older), days(as_of),
    )  # fmt: skip
    assert found.select("rule", "column_name").unique().rows() in ([], [("CUT-05", "disbursed_on")])
    return found["note"].to_list()


def test_an_account_that_nothing_names_by_the_cutoff_is_found_with_its_amount() -> None:
    assert accounts() == [
        "the account would open with Rp 500.00, but its list is of 2026-07-05, and neither an opening date nor a "
        "movement nor an older list shows that it was there on the cut-off day 2026-06-30; give the date on which it "
        "was opened"
    ]
    assert len(accounts(moved=date(2026, 7, 1))) == 1
    assert len(accounts(older=date(2026, 7, 1))) == 1


@pytest.mark.parametrize(
    "known",
    [
        {"moved": CUTOFF}, {"older": CUTOFF}, {"opened_on": date(2020, 1, 1)}, {"opened_on": date(2026, 7, 2)},
        {"balance": Decimal(0)}, {"as_of": CUTOFF}, {"as_of": date(2026, 5, 31)}, {"_as_of": CUTOFF},
    ],
)  # fmt: skip
def test_an_account_that_was_there_or_opens_with_nothing_is_not(known: dict[str, object]) -> None:
    """One opened in July by its date is another matter (`CUT-04`); so is a list of the cut-off."""
    assert accounts(**known) == []  # type: ignore[arg-type]


def test_a_loan_that_falls_due_in_august_and_nothing_else_is_found_with_its_amount() -> None:
    assert loans(first_due_on=AUGUST) == [
        "the loan would open with Rp 900.00 outstanding, but its list is of 2026-07-05, and neither a day of "
        "disbursement nor an instalment due or paid by then nor an older list shows that it was there on the cut-off "
        "day 2026-06-30 (the first is of 2026-08-15); give the day on which it was disbursed"
    ]
    assert len(loans(due=date(2026, 7, 1))) == 1
    assert len(loans(paid=date(2026, 7, 4))) == 1
    assert "open with Rp ? outstanding" in loans(outstanding_principal=None)[0]
    assert len(loans(status="written_off")) == 1


@pytest.mark.parametrize(
    "known",
    [
        {"first_due_on": CUTOFF}, {"due": CUTOFF, "first_due_on": AUGUST}, {"paid": CUTOFF}, {"older": CUTOFF},
        {"disbursed_on": CUTOFF}, {"as_of": CUTOFF}, {"status": "settled", "outstanding_principal": None},
        {"status": "settled", "outstanding_principal": Decimal(0)}, {"_as_of": date(2026, 5, 31)},
    ],
)  # fmt: skip
def test_a_loan_that_was_there_or_owes_nothing_is_not(known: dict[str, object]) -> None:
    assert loans(**known) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("loan", "account", "rule"),
    [
        ({"disbursed_on": date(2026, 7, 2)}, {"balance": Decimal(0)}, ["SAV-REF-04"]),
        ({"disbursed_on": date(2026, 7, 2)}, {}, ["SAV-REF-05"]),
        ({"disbursed_on": date(2026, 7, 2)}, {"product_kind": "voluntary"}, ["SAV-REF-04"]),
        ({"disbursed_on": date(2026, 7, 6)}, {}, []),
        ({"disbursed_on": CUTOFF}, {}, []),
        ({"disbursed_on": date(2026, 7, 2)}, {"loan_no": "P2"}, []),
        ({"disbursed_on": date(2026, 7, 2)}, {"loan_no": None}, []),
    ],
)
def test_an_account_of_a_loan_that_stays_behind(loan: Row, account: Row, rule: list[str]) -> None:
    """A loan booked ahead of its own list is another matter (`CUT-04`); money may be pledged to a later loan."""
    own = {**ACCOUNT, "product_kind": "prepaid_instalment", "loan_no": "P1", **account}
    found = of_later_loans(frame("savings_accounts", [own]), frame("loans", [{**LOAN, **loan}]), days())
    assert found["rule"].to_list() == rule
    if rule == ["SAV-REF-05"]:
        assert found["note"].to_list() == [
            "its loan was disbursed on 2026-07-02, after the cut-off day 2026-06-30, and yet Rp 500.00 of its "
            "instalments had been prepaid by then; correct the day of disbursement, or say to which account the money "
            "belongs"
        ]
