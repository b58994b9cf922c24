"""A part prepayment of a loan whose interest is on the balance: what is no longer there bears no interest.

Rp 1,200,000 at 1 % a month over 12 months, disbursed on 15 January 2026: declining principal is 100,000 a month,
interest 12,000, 11,000, ... 1,000, due on the 15th from February on. The cut-off is 30 June.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from one_loan import CUTOFF, Case, Row, open_each, open_one, saying, sums

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.position import OpenedLoans, open_loans

LOAN: dict[str, object] = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "declining", "annual_rate": Decimal(12), "tenor": 12, "frequency": "monthly",
    "status": "active", "disbursed_on": date(2026, 1, 15),
}  # fmt: skip


def pay(day: date, principal: int, interest: int) -> Row:
    return {"paid_on": day, "principal": Decimal(principal), "interest": Decimal(interest)}


def opened(left: int, repayments: list[Row], **loan: object) -> OpenedLoans:
    return open_one({**LOAN, "outstanding_principal": Decimal(left), **loan}, None, repayments)


def rows(result: OpenedLoans) -> list[tuple[int, int, int]]:
    listed = result.schedules.select("instalment_no", "principal", "interest").rows()
    return [(no, int(principal), int(interest)) for no, principal, interest in listed]


def rules(result: OpenedLoans) -> list[str]:
    return result.failures["rule"].to_list()


FIVE = [pay(date(2026, 1 + no, 15), 100_000, (13 - no) * 1_000) for no in range(1, 6)]


def test_instalments_that_begin_after_a_prepayment_bear_interest_on_what_is_left() -> None:
    """300,000 are paid ahead on 20 June, 400,000 are left: 1 % of it is 4,000 until 100,000 are due in October.

    The sixth period had begun on 15 June with 700,000, so its 7,000 stay.
    """
    result = opened(400_000, [*FIVE, pay(date(2026, 6, 20), 300_000, 0)])
    assert rows(result) == [
        (6, 0, 7_000), (7, 0, 4_000), (8, 0, 4_000), (9, 100_000, 4_000), (10, 100_000, 3_000), (11, 100_000, 2_000),
        (12, 100_000, 1_000),
    ]  # fmt: skip
    assert result.positions["outstanding_interest"].to_list() == [Decimal(25_000)]
    assert result.failures.select("rule", "before", "note").rows() == [
        (
            "LON-INT-05", "3000.00",
            "principal was paid before its time: instalments that began after it bear interest on what was left, "
            "Rp 3000.00 less than by the schedule of the terms",
        )
    ]  # fmt: skip
    # 15 of the 30 days of the sixth period
    assert result.accrued.select("due", "gross").rows() == [(Decimal(0), Decimal(3_500))]


def test_interest_that_was_paid_on_the_lower_balance_is_paid() -> None:
    """300,000 more on 15 April leave 600,000: 6,000 in May, 5,000 in June, then 1 % of 400,000.

    Periods four to six bear 6,000, 5,000 and 4,000 instead of 9,000, 8,000 and 7,000, seven and eight 4,000 instead of
    6,000 and 5,000: 12,000 less. 78,000 - 12,000 - 44,000 paid = 22,000.
    """
    history = [
        pay(date(2026, 2, 15), 100_000, 12_000), pay(date(2026, 3, 15), 100_000, 11_000),
        pay(date(2026, 4, 15), 400_000, 10_000), pay(date(2026, 5, 15), 100_000, 6_000),
        pay(date(2026, 6, 15), 100_000, 5_000),
    ]  # fmt: skip
    result = opened(400_000, history)
    assert rows(result) == [
        (6, 0, 4_000), (7, 0, 4_000), (8, 0, 4_000), (9, 100_000, 4_000), (10, 100_000, 3_000), (11, 100_000, 2_000),
        (12, 100_000, 1_000),
    ]  # fmt: skip
    assert (rules(result), result.failures["before"].to_list()) == (["LON-INT-05"], ["12000.00"])


def test_a_delivered_schedule_keeps_its_interest_and_that_is_said() -> None:
    """The whole schedule with 6,000 and 5,000 for seven and eight, where 1 % of 400,000 would be 4,000: 3,000 more."""
    plan: list[Row] = [
        {"instalment_no": no, "due_on": date(2026 + no // 12, no % 12 + 1, 15), "principal": Decimal(100_000),
         "interest": Decimal((13 - no) * 1_000)}
        for no in range(1, 13)
    ]  # fmt: skip
    history = [*FIVE, pay(date(2026, 6, 20), 300_000, 0)]
    result = open_one({**LOAN, "outstanding_principal": Decimal(400_000)}, plan, history)
    assert result.schedules["interest"].sum() == Decimal(28_000)
    assert result.failures.select("rule", "before", "note").rows() == [
        (
            "LON-INT-10", "3000.00",
            "principal was paid before its time, and the delivered schedule keeps its interest: Rp 3000.00 more than "
            "on what was left; if the lender charges less, deliver the schedule anew",
        )
    ]  # fmt: skip
    assert rules(open_one({**LOAN, "outstanding_principal": Decimal(700_000)}, plan, FIVE)) == []


def test_instalments_paid_ahead_with_their_interest_are_no_prepayment() -> None:
    """Six and seven are paid on 14 June with 7,000 and 6,000: the schedule goes on with the eighth as agreed."""
    result = opened(500_000, [*FIVE, pay(date(2026, 6, 14), 200_000, 13_000)])
    assert rows(result) == [(no, 100_000, (13 - no) * 1_000) for no in range(8, 13)]
    assert rules(result) == []


def test_arrears_bear_no_more_than_the_schedule_of_the_terms() -> None:
    result = opened(900_000, FIVE[:3])
    assert rows(result) == [(no, 100_000, (13 - no) * 1_000) for no in range(4, 13)]
    assert rules(result) == []


def test_a_bullet_bears_interest_on_what_is_left_of_it() -> None:
    """200,000 of 1,200,000 are paid on 1 June; the sixth period begins on 15 June: 1 % of 1,000,000."""
    history = [*[pay(date(2026, 1 + no, 15), 0, 12_000) for no in range(1, 6)], pay(date(2026, 6, 1), 200_000, 0)]
    result = opened(1_000_000, history, interest_method="bullet")
    assert rows(result) == [*[(no, 0, 10_000) for no in range(6, 12)], (12, 1_000_000, 10_000)]
    assert result.failures["before"].to_list() == ["14000.00"]


def test_an_annuity_bears_interest_on_what_is_left() -> None:
    """1,200,000 at 1 % over 3 is 408,027 a month (1,200,000 x 0.01 / (1 - 1.01 ^ -3) = 408,026.53).

    Interest 12,000, 8,040 (of 803,973), 4,040 (of 403,986). With the first, 500,000 more are paid on 15 June: 303,973
    are left. The second begins that day and bears 1 % of it, 3,040; so does the third.
    """
    history = [pay(date(2026, 6, 15), 896_027, 12_000)]
    result = opened(303_973, history, interest_method="annuity", tenor=3, disbursed_on=date(2026, 5, 15))
    assert rows(result) == [(2, 0, 3_040), (3, 303_973, 3_040)]
    assert result.failures["before"].to_list() == ["6000.00"]


@pytest.mark.parametrize("method", ["flat", "margin"])
def test_level_interest_does_not_depend_on_the_balance(method: str) -> None:
    """144,000 in all, 60,000 are paid: 84,000 remain although 300,000 of principal were paid ahead."""
    history = [
        *[pay(date(2026, 1 + no, 15), 100_000, 12_000) for no in range(1, 6)],
        pay(date(2026, 6, 20), 300_000, 0),
    ]
    result = opened(400_000, history, interest_method=method)
    assert result.schedules["interest"].sum() == 84_000
    assert "LON-INT-05" not in rules(result)


def test_law_each_instalment_bears_one_percent_of_what_is_left_when_it_begins() -> None:
    """`paid` regular instalments up to the 15th of a month, and on the day after what leaves `left` times 100,000.

    An instalment begins on the due date of the one before, so the first after the prepayment has begun by then.
    One that is paid ahead is that one: only a second one lowers interest. Every `paid` with every `left`.
    """
    made = [(paid, left) for paid in range(1, 6) for left in range(2, 13 - paid)]
    cases: list[Case] = []
    expected = []
    for paid, left in made:
        ahead = 12 - paid - left
        before = [pay(date(2026, 1 + paid, 16), ahead * 100_000, 0)] if ahead else []
        cases.append(({**LOAN, "outstanding_principal": Decimal(left * 100_000)}, (), [*FIVE[:paid], *before]))
        later = sum(min(left, 13 - number) for number in range(paid + 2, 13))
        expected.append((left * 100_000, 1_000 * (12 - paid + later)))
    result = open_each(cases)
    assert sums(result, len(made)) == expected
    assert saying(result, "LON-INT-05") == {no for no, (paid, left) in enumerate(made) if 12 - paid - left > 1}


def test_many_loans_open_together_as_each_would() -> None:
    """3,000 flat loans and 3,000 declining ones with the prepayment of 20 June: frames come in several pieces."""
    history = [*FIVE, pay(date(2026, 6, 20), 300_000, 0)]
    numbers = pl.DataFrame({"number": range(3_000)})
    kinds = [
        {**LOAN, "loan_no": "flat", "interest_method": "flat", "outstanding_principal": Decimal(1_200_000)},
        {**LOAN, "loan_no": "falls", "outstanding_principal": Decimal(400_000)},
    ]
    own = {"cooperative_id": "A", "loan_no": "falls"}

    def many(table: str, rows: list[Row]) -> pl.DataFrame:
        name = pl.concat_str("loan_no", "number", separator="-")
        all_rows = frame(table, rows).join(numbers, how="cross").with_columns(loan_no=name).drop("number")
        return all_rows.with_columns(_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))

    paid = many("loan_repayments", [{**own, **row} for row in history])
    result = open_loans(
        many("loans", kinds), frame("loan_instalments", []), paid,
        frame("collaterals", []), pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [CUTOFF]}),
    )  # fmt: skip
    found = result.failures.filter(pl.col("rule") == "LON-INT-05")
    assert (found.height, found["before"].unique().to_list()) == (3_000, ["3000.00"])
