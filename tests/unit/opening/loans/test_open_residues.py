"""What is not paid stays owed: the contract's interest less what was paid; residues only where rounding explains them.

Rp 1,200,000 flat at 12 % over 12 months is 100,000 and 12,000 a month, due on the 15th from February 2026; the cut-off
is 30 June, so five instalments are due and the sixth has begun.
"""

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_loan import CUTOFF, Row, open_each, open_one, sums

from koop_pipeline.opening.loans.position import OpenedLoans

LOAN: dict[str, object] = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "flat", "annual_rate": Decimal(12), "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 1, 15),
}  # fmt: skip
PLAN: tuple[Row, ...] = tuple(
    {"instalment_no": no, "due_on": date(2026 + no // 12, no % 12 + 1, 15), "principal": Decimal(100_000),
     "interest": Decimal(12_000)}
    for no in range(1, 13)
)  # fmt: skip


def opened(loan: Row, repayments: list[Row], instalments: tuple[Row, ...] = ()) -> OpenedLoans:
    return open_one({**LOAN, **loan}, instalments, repayments)


def paid(*parts: tuple[int, int], named: bool = False) -> list[Row]:
    """Payments of principal and interest on the due dates from February on."""
    return [
        {"paid_on": date(2026, 1 + no, 15), "principal": Decimal(p), "interest": Decimal(i),
         **({"instalment_no": no} if named else {})}
        for no, (p, i) in enumerate(parts, start=1)
    ]  # fmt: skip


def rows(result: OpenedLoans) -> list[tuple[int, int, int, str]]:
    listed = result.schedules.select("instalment_no", "principal", "interest", "state").rows()
    return [(no, int(principal), int(interest), state) for no, principal, interest, state in listed]


def rules(result: OpenedLoans) -> list[str]:
    return result.failures["rule"].to_list()


FIVE_PAID: Row = {"outstanding_principal": Decimal(700_000)}


@pytest.mark.parametrize(("plan", "by"), [((), "by the loan's terms"), (PLAN, "by the delivered schedule")])
def test_a_generated_schedule_keeps_unpaid_interest_as_a_delivered_one_does(plan: tuple[Row, ...], by: str) -> None:
    """Five principals are paid and 55,000 of 60,000 interest: 5,000 is less than half an instalment, and owed."""
    result = opened(FIVE_PAID, paid(*[(100_000, 12_000)] * 4, (100_000, 7_000)), plan)
    assert rows(result)[:2] == [(5, 0, 5_000, "part_paid"), (6, 100_000, 12_000, "due")]
    assert result.schedules["interest"].sum() == 7 * 12_000 + 5_000
    assert result.positions["outstanding_interest"].to_list() == [Decimal(89_000)]
    assert result.failures.select("rule", "note").rows() == [
        (
            "LON-INT-01",
            "the history shows Rp 55000.00 of interest paid, the instalments whose principal is paid hold Rp 60000.00 "
            f"{by}: Rp 5000.00 stays owed",
        )
    ]


@pytest.mark.parametrize(
    ("each", "effect"),
    [
        (0, "whose principal is paid hold Rp 60000.00 by the delivered schedule: Rp 60000.00 stays owed"),
        # 75,000 are paid, six instalments have begun
        (
            15_000,
            "begun by the cut-off hold Rp 72000.00 by the delivered schedule: Rp 3000.00 counts for those to come",
        ),
        (12_000, None),
    ],
)
def test_interest_that_is_not_that_of_a_delivered_schedule_is_said(each: int, effect: str | None) -> None:
    result = opened(FIVE_PAID, paid(*[(100_000, each)] * 5), PLAN)
    assert result.schedules["interest"].sum() == 144_000 - 5 * each
    notes = result.failures.filter(pl.col("rule") == "LON-INT-01")["note"].to_list()
    assert [note.endswith(effect) for note in notes if effect] == [True] * len(notes) == [True] * (effect is not None)


@pytest.mark.parametrize("plan", [(), PLAN])
@pytest.mark.parametrize(
    ("loan", "interest", "counts", "opens", "effect"),
    [
        # 401,000 are repaid by the balance: four instalments with 48,000, of which the history shows nothing
        ({"outstanding_principal": Decimal(799_000)}, (0, 0, 0, 0), 48_000, 96_000, "Rp 48000.00 would be lost"),
        # the history shows 36,000 more than the 48,000 of the four instalments
        ({"outstanding_principal": Decimal(799_000)}, (12_000, 12_000, 12_000, 48_000), 48_000, 96_000,
         "Rp 36000.00 would be charged again"),
    ],
)  # fmt: skip
def test_interest_of_a_history_that_does_not_explain_the_balance_is_said(
    plan: tuple[Row, ...], loan: Row, interest: tuple[int, ...], counts: int, opens: int, effect: str
) -> None:
    result = opened(loan, paid(*[(100_000, each) for each in interest]), plan)
    assert result.schedules["interest"].sum() == opens
    assert result.failures.filter(pl.col("rule") == "LON-INT-01").select("before", "note").rows() == [
        (
            f"{sum(interest)}.00",
            f"the history shows Rp {sum(interest)}.00 of interest paid, but its principal is not that of the balance, "
            f"by which Rp {counts}.00 of interest counts as paid and Rp {opens}.00 opens: if the history is right, "
            f"{effect}",
        )
    ]


@pytest.mark.parametrize(
    ("interest", "stored"),
    [
        # the balance and the history have the same interest paid
        (12_000, 799_000),
        # no repayment of it is delivered
        (None, 799_000),
        # what was repaid is within rounding
        (12_000, 800_012),
    ],
)
def test_interest_of_a_history_is_not_said_where_it_is_that_of_the_balance(interest: int | None, stored: int) -> None:
    made = [] if interest is None else paid(*[(100_000, interest)] * 4)
    result = opened({"outstanding_principal": Decimal(stored)}, made)
    assert "LON-INT-01" not in rules(result)


def test_interest_that_is_not_that_of_the_terms_is_said_with_both_sums() -> None:
    """The source took 10,000 a month."""
    result = opened(FIVE_PAID, paid(*[(100_000, 10_000)] * 5))
    assert result.failures.select("rule", "before", "note").rows() == [
        (
            "LON-INT-01", "50000.00",
            "the history shows Rp 50000.00 of interest paid, the instalments whose principal is paid hold Rp 60000.00 "
            "by the loan's terms: Rp 10000.00 stays owed",
        )
    ]  # fmt: skip
    assert result.schedules["interest"].sum() == 12 * 12_000 - 50_000


def test_more_interest_than_has_begun_is_said_and_counts_for_what_comes() -> None:
    """75,000 are paid; six instalments have begun, 72,000."""
    result = opened(FIVE_PAID, paid(*[(100_000, 15_000)] * 5))
    assert rules(result) == ["LON-INT-01"]
    assert str(result.failures["note"][0]).endswith(
        "begun by the cut-off hold Rp 72000.00 by the loan's terms: Rp 3000.00 counts for those to come"
    )
    assert result.schedules["interest"].sum() == 12 * 12_000 - 75_000


@pytest.mark.parametrize(
    ("each", "effect"),
    [
        # 72,000 have begun and 72,000 are to come
        (28_800, "Rp 72000.00 counts for those to come"),
        (30_000, "Rp 72000.00 counts for those to come, Rp 6000.00 is more than the interest of the whole loan"),
    ],
)
def test_no_more_counts_for_what_comes_than_that_can_take(each: int, effect: str) -> None:
    (note,) = opened(FIVE_PAID, paid(*[(100_000, each)] * 5)).failures["note"]
    assert note.endswith(f"hold Rp 72000.00 by the loan's terms: {effect}")


def test_a_residue_of_interest_goes_to_the_last_instalment_of_a_generated_schedule() -> None:
    """11,999 a month: 5 rupiah short, no instalment stays open for them."""
    result = opened(FIVE_PAID, paid(*[(100_000, 11_999)] * 5))
    assert rows(result)[0] == (6, 100_000, 12_000, "due")
    assert rows(result)[-1] == (12, 100_000, 12_005, "due")
    assert (rules(result), result.failures["before"].to_list()) == (["LON-INT-02"], ["5.00"])


def test_a_residue_of_interest_counts_as_paid_in_a_delivered_schedule_and_is_said() -> None:
    result = opened(FIVE_PAID, paid(*[(100_000, 11_999)] * 5), PLAN)
    assert rows(result) == [(no, 100_000, 12_000, "due") for no in range(6, 13)]
    assert result.failures["note"].to_list() == ["a residue of rounding of Rp 5.00 of interest: it counts as paid"]


def test_a_whole_instalment_of_interest_is_no_rounding_however_coarse_the_unit() -> None:
    """Twelve times Rp 1,000 is just the 12,000 that are missing."""
    loan = {**FIVE_PAID, "rounding_unit": Decimal(1_000)}
    result = opened(loan, paid(*[(100_000, 12_000)] * 4, (100_000, 0)), PLAN)
    assert rows(result)[0] == (5, 0, 12_000, "part_paid")


TWELVE: Row = {
    "principal": Decimal(12_000_000), "annual_rate": Decimal(0), "rounding_unit": Decimal(1_000),
    "outstanding_principal": Decimal(7_011_000),
}  # fmt: skip


@pytest.mark.parametrize("history", [True, False])
def test_a_missed_part_of_an_instalment_is_overdue_however_coarse_the_unit(history: bool) -> None:
    """A million a month to Rp 1,000; 989,000 were paid in June: 11,000 are no rounding of 12,000,000 / 12."""
    payments = paid(*[(1_000_000, 0)] * 4, (989_000, 0)) if history else []
    result = opened(TWELVE, payments)
    assert rows(result)[:2] == [(5, 11_000, 0, "part_paid"), (6, 1_000_000, 0, "due")]
    assert result.positions["arrears_days"].to_list() == [15]
    assert rules(result) == []


def test_a_missing_part_in_the_middle_is_overdue_since_then() -> None:
    payments = paid((1_000_000, 0), (1_000_000, 0), (989_000, 0), (1_000_000, 0), (1_000_000, 0), named=True)
    result = opened(TWELVE, payments)
    assert rows(result)[:2] == [(3, 11_000, 0, "part_paid"), (6, 1_000_000, 0, "due")]
    assert result.positions["arrears_days"].to_list() == [76]


@pytest.mark.parametrize(
    ("principal", "part", "ordinary", "last", "said"),
    [
        # 833,333 is 833,000 to the nearest thousand; the lender takes 834,000, so 5 x 1,000 are paid beforehand
        (10_000_000, 834_000, 833_000, 832_000, "Rp 5000.00 of principal paid beforehand"),
        # 841,666 is 842,000 to the nearest; the lender takes 841,000
        (10_100_000, 841_000, 842_000, 843_000, "Rp 5000.00 of principal unpaid"),
    ],
)  # fmt: skip
def test_payments_rounded_otherwise_leave_a_residue_for_the_last_instalment(
    principal: int, part: int, ordinary: int, last: int, said: str
) -> None:
    loan = {**TWELVE, "principal": Decimal(principal), "outstanding_principal": Decimal(principal - 5 * part)}
    result = opened(loan, paid(*[(part, 0)] * 5))
    assert [row[1] for row in rows(result)] == [ordinary] * 6 + [last]
    assert {row[3] for row in rows(result)} == {"due"}
    assert result.positions["arrears_days"].to_list() == [0]
    assert (rules(result), said in str(result.failures["note"][0])) == (["LON-RES-02"], True)


def test_a_daily_loan_half_paid_is_in_arrears_although_the_unit_times_its_days_is_the_whole_loan() -> None:
    """100 days of 1,000 to Rp 1,000, 50 paid; the 51st was due on 21 April, 70 days before the cut-off."""
    loan: Row = {
        "principal": Decimal(100_000), "annual_rate": Decimal(0), "tenor": 100, "frequency": "daily",
        "rounding_unit": Decimal(1_000), "disbursed_on": date(2026, 3, 1), "outstanding_principal": Decimal(50_000),
    }  # fmt: skip
    payments = [{"paid_on": date(2026, 3, 1) + timedelta(days=no), "total": Decimal(1_000)} for no in range(1, 51)]
    result = opened(loan, payments)
    assert (len(rows(result)), rows(result)[0]) == (50, (51, 1_000, 0, "overdue"))
    assert result.positions["arrears_days"].to_list() == [70]


FIVE = paid(*[(100_000, 12_000)] * 5)


@pytest.mark.parametrize(("stored", "off"), [("700012", "12.00"), ("699999.99", "0.01")])
def test_a_difference_within_rounding_is_shown_with_both_sums(stored: str, off: str) -> None:
    """Twelve instalments to Rp 1: up to 12 rupiah are rounding."""
    result = opened({"outstanding_principal": Decimal(stored)}, FIVE)
    assert rules(result) == ["LON-OUT-04"]
    assert result.failures["note"][0] == (
        f"the outstanding principal at the cut-off is Rp {Decimal(stored):.2f} by the stored balance, Rp 700000.00 by "
        f"principal and repayments: a difference of Rp {off}, within Rp 12.00 of rounding"
    )


@pytest.mark.parametrize(("left", "found"), [(0, "LON-OUT-04"), (50_000, "LON-OUT-02")])
def test_a_loan_that_ended_is_compared_with_its_history_too(left: int, found: str) -> None:
    """1,199,996 of 1,200,000 were repaid; settled at 0, or written off with 50,000."""
    loan: Row = {"status": "settled" if left == 0 else "written_off", "outstanding_principal": Decimal(left)}
    result = opened(loan, paid((400_000, 12_000), (400_000, 12_000), (399_996, 12_000)))
    assert rules(result) == [found]
    assert result.schedules.is_empty()


def test_interest_that_is_unpaid_when_the_principal_is_repaid_stays_owed() -> None:
    """Twelve principals of a year ago are paid, the interest of the last two is not: 24,000, due since 15 December."""
    loan: Row = {"disbursed_on": date(2025, 1, 15), "outstanding_principal": Decimal(0)}
    days = [*[date(2025, 1 + no, 15) for no in range(1, 12)], date(2026, 1, 15)]
    payments: list[Row] = [
        {"paid_on": day, "principal": Decimal(100_000), "interest": Decimal(12_000 if no <= 10 else 0)}
        for no, day in enumerate(days, start=1)
    ]
    result = opened(loan, payments)
    assert rows(result) == [(11, 0, 12_000, "part_paid"), (12, 0, 12_000, "part_paid")]
    got = result.positions.select("outstanding_interest", "arrears_days", "schedule_source").rows()
    assert got == [(Decimal(24_000), (CUTOFF - date(2025, 12, 15)).days, "generated")]
    assert result.accrued.select("due", "gross").rows() == [(Decimal(24_000), Decimal(0))]


def test_a_loan_repaid_in_one_sum_owes_no_interest_of_later_months() -> None:
    result = opened({"outstanding_principal": Decimal(0)}, paid((1_200_000, 12_000)))
    assert rows(result) == []
    assert result.positions["schedule_source"].to_list() == ["none"]


def test_repayments_that_never_say_what_is_interest_leave_none_overdue() -> None:
    """The source lists principal only: its interest is not known to be unpaid."""
    payments = [{"paid_on": date(2026, 1 + no, 15), "principal": Decimal(100_000)} for no in range(1, 6)]
    result = opened(FIVE_PAID, payments)
    assert rows(result) == [(no, 100_000, 12_000, "due") for no in range(6, 13)]
    assert rules(result) == []


def test_a_reversal_by_its_total_alone_is_taken_back_and_said() -> None:
    """112,000 of 15 June are taken back on the 20th: four instalments are paid, and no balance is stored."""
    back: Row = {"paid_on": date(2026, 6, 20), "total": Decimal(-112_000)}
    result = opened({}, [*paid(*[(100_000, 12_000)] * 5, named=True), back])
    assert rows(result)[0] == (5, 100_000, 12_000, "overdue")
    assert result.positions["outstanding_principal"].to_list() == [Decimal(800_000)]
    assert result.failures.select("rule", "table_name", "row", "before", "note").rows() == [
        (
            "RPY-REV-01", "loan_repayments", 6, "-112000.00",
            "takes back the payment of 2026-06-15 of the same amount: Rp 100000.00 of principal and Rp 12000.00 of "
            "interest",
        )
    ]  # fmt: skip


def test_a_reversal_that_fits_no_payment_leaves_nothing_derived_and_is_said() -> None:
    back: Row = {"paid_on": date(2026, 6, 20), "total": Decimal(-50_000)}
    result = opened({}, [*FIVE, back])
    assert result.positions["outstanding_principal"].to_list() == [None]
    note = result.failures.filter(pl.col("rule") == "RPY-REV-01")["note"][0]
    assert str(note).startswith("no payment of Rp 50000.00 that it could take back was made on this loan before it")


def totals(*days: date) -> list[Row]:
    return [{"entry_no": str(day), "paid_on": day, "total": Decimal(112_000)} for day in days]


@pytest.mark.parametrize("plan", [(), PLAN])
def test_totals_beside_a_reversal_that_says_its_parts_pay_their_instalments(plan: tuple[Row, ...]) -> None:
    """Five of 112,000, the second taken back on 20 March: four instalments are paid, 8 x 12,000 of interest is left."""
    back: Row = {
        "paid_on": date(2026, 3, 20), "principal": Decimal(-100_000), "interest": Decimal(-12_000),
        "total": Decimal(-112_000),
    }  # fmt: skip
    result = opened({}, [*totals(*[date(2026, month, 15) for month in range(2, 7)]), back], plan)
    assert rows(result) == [(5, 100_000, 12_000, "overdue"), *[(no, 100_000, 12_000, "due") for no in range(6, 13)]]


def test_a_reversal_of_after_the_cut_off_leaves_the_loan_as_it_was() -> None:
    """336,000 of 20 April, taken back on 3 July, are three instalments. 448,000 of 20 May pay the 24,000 of the fourth
    and the fifth, which has begun, and 424,000 of principal: 1,200,000 - 724,000 and 144,000 - 60,000 are left.
    """
    made: list[Row] = [
        {"paid_on": day, "total": Decimal(total)}
        for day, total in ((date(2026, 4, 20), 336_000), (date(2026, 5, 20), 448_000), (date(2026, 7, 3), -336_000))
    ]
    schedule = opened({}, made).schedules
    assert (schedule["principal"].sum(), schedule["interest"].sum()) == (476_000, 84_000)


PARTS = st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 14_000)), min_size=1, max_size=5)


@settings(max_examples=4, deadline=None)
@given(st.lists(st.tuples(PARTS, st.booleans()), min_size=20, max_size=20))
def test_law_what_was_paid_and_what_is_owed_make_the_contract(made: list[tuple[list[tuple[int, int]], bool]]) -> None:
    """Of generated schedules, to the rupiah, in principal and in interest; twenty loans are opened together."""
    sums_paid = [(sum(p for p, _ in parts), sum(i for _, i in parts)) for parts, _ in made]
    result = open_each([
        ({**LOAN, "outstanding_principal": Decimal(1_200_000 - principal)}, (), paid(*parts, named=named))
        for (parts, named), (principal, _) in zip(made, sums_paid, strict=True)
    ])  # fmt: skip
    assert sums(result, len(made)) == [(1_200_000 - principal, 144_000 - interest) for principal, interest in sums_paid]
    assert (result.schedules["interest"] >= 0).all()
