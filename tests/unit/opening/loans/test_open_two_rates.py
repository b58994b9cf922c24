"""Two stated rates that contradict each other: what the borrower pays decides, and where nothing does that blocks.

12,000,000 over 12 months: 1 % a month is 120,000 a month flat, 24 % a year 240,000. Disbursed on 31 January 2026, the
cut-off is 30 June 2026.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from one_loan import Row, open_one

from koop_pipeline.opening.loans.position import OpenedLoans

LOAN: Row = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(12_000_000),
    "interest_method": "flat", "annual_rate": Decimal(24), "source_rate": Decimal(1), "source_rate_basis": "per_month",
    "tenor": 12, "frequency": "monthly", "status": "active", "disbursed_on": date(2026, 1, 31),
    "outstanding_principal": Decimal(12_000_000),
}  # fmt: skip
BOTH = "the stated 24 % a year and the stored rate 1 (per_month), which is 12 % a year, contradict each other"


def opened(loan: Row, interest: int | None = None, instalments: list[Row] | None = None) -> OpenedLoans:
    paid: Row = {"paid_on": date(2026, 2, 28), "principal": Decimal(1_000_000)}
    made = [] if interest is None else [{**paid, "interest": Decimal(interest)}]
    left = {} if interest is None else {"outstanding_principal": Decimal(11_000_000)}
    return open_one({**LOAN, **left, **loan}, instalments, made)


def said(result: OpenedLoans) -> list[tuple[str, str]]:
    found = result.failures.filter(pl.col("rule").is_in(["LON-RTE-05", "LON-RTE-06"]))
    return list(zip(found["rule"], found["note"], strict=True))


def opens(result: OpenedLoans) -> tuple[Decimal, Decimal]:
    """The yearly rate and the interest of one instalment in the middle."""
    row = result.schedules.row(6, named=True)
    return result.positions["annual_rate"][0], row["interest"]


def test_where_nothing_decides_it_blocks_with_the_interest_that_would_open() -> None:
    """Twelve times 240,000 would open."""
    result = opened({})
    assert said(result) == [
        (
            "LON-RTE-06",
            f"{BOTH}, and no schedule, stored interest or payment decides: Rp 2880000.00 of interest would open by "
            "24 % a year; correct the wrong one",
        )
    ]


@pytest.mark.parametrize(("interest", "percent"), [(120_000, 12), (240_000, 24)])
def test_the_history_decides(interest: int, percent: int) -> None:
    result = opened({}, interest)
    assert opens(result) == (Decimal(percent), Decimal(interest))
    assert said(result) == [
        (
            "LON-RTE-05",
            f"{BOTH}; the history decides, 1 of its 1 payments of interest are of this rate and none of the other, the "
            f"first has Rp {interest}.00: {percent} % a year opens",
        )
    ]


def test_the_first_interest_tells_a_declining_loan_too() -> None:
    """1 % of 12,000,000 is 120,000; of the sixth balance before instalment 8, 5,000,000, it is 50,000."""
    result = opened({"interest_method": "declining"}, 120_000)
    assert opens(result) == (Decimal(12), Decimal(50_000))


def test_a_payment_of_neither_rate_decides_nothing() -> None:
    assert [rule for rule, _ in said(opened({}, 180_000))] == ["LON-RTE-06"]


def payments(*interest: int) -> list[Row]:
    return [
        {"entry_no": str(no), "paid_on": date(2026, 1 + no, 28), "principal": Decimal(1_000_000),
         "interest": Decimal(amount)}
        for no, amount in enumerate(interest, start=1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "paid", "percent", "counted"),
    [
        # the first was for 18 days; a sum of two months fits neither 120,000 nor 240,000
        ("flat", (72_000, 120_000, 120_000), 12, "2 of its 3"),
        ("flat", (360_000, 240_000), 24, "1 of its 2"),
        # 1 % of 12, 11 and 10 million; the first is a part
        ("declining", (50_000, 110_000, 100_000), 12, "2 of its 3"),
        # 2 % of 11 million
        ("declining", (180_000, 220_000), 24, "1 of its 2"),
    ],
)
def test_a_later_payment_decides_where_the_first_is_of_neither_rate(
    method: str, paid: tuple[int, ...], percent: int, counted: str
) -> None:
    left = Decimal(12_000_000 - 1_000_000 * len(paid))
    result = open_one({**LOAN, "interest_method": method, "outstanding_principal": left}, None, payments(*paid))
    assert result.positions["annual_rate"].to_list() == [Decimal(percent)]
    ((rule, note),) = said(result)
    assert (rule, f"the history decides, {counted} payments" in note) == ("LON-RTE-05", True)


def test_payments_of_both_rates_decide_nothing() -> None:
    """240,000 may be 24 % or two months at 12 %."""
    paid = payments(240_000, 120_000)
    ((rule, note),) = said(open_one({**LOAN, "outstanding_principal": Decimal(10_000_000)}, None, paid))
    assert rule == "LON-RTE-06"
    assert "of 2 payments of interest 1 are of the one and 1 of the other" in note


@pytest.mark.parametrize(("interest", "percent"), [(120_000, 12), (240_000, 24)])
def test_the_stored_interest_decides(interest: int, percent: int) -> None:
    result = opened({"instalment_interest": Decimal(interest)})
    assert opens(result) == (Decimal(percent), Decimal(interest))
    assert said(result) == [("LON-RTE-05", f"{BOTH}; the stored interest decides: {percent} % a year opens")]


def test_a_delivered_schedule_decides() -> None:
    days = [date(2026 + month // 13, (month - 1) % 12 + 1, 28) for month in range(2, 14)]
    rows: list[Row] = [
        {"instalment_no": no, "due_on": day, "principal": Decimal(1_000_000), "interest": Decimal(120_000)}
        for no, day in enumerate(days, start=1)
    ]
    result = opened({}, instalments=rows)
    assert opens(result) == (Decimal(12), Decimal(120_000))
    assert said(result) == [("LON-RTE-05", f"{BOTH}; the delivered schedule decides the interest: 12 % a year opens")]


@pytest.mark.parametrize(
    "loan",
    [
        {"annual_rate": Decimal(12)},
        {"annual_rate": Decimal("12.005")},
        # 20, 17 and 10 % a year are 1.6667, 1.4167 and 0.8333 a month; 1.66 is cut
        {"annual_rate": Decimal(20), "source_rate": Decimal("1.67")},
        {"annual_rate": Decimal(20), "source_rate": Decimal("1.66")},
        {"annual_rate": Decimal(20), "source_rate": Decimal("1.667")},
        {"annual_rate": Decimal(17), "source_rate": Decimal("1.42")},
        {"annual_rate": Decimal(10), "source_rate": Decimal("0.83"), "source_rate_basis": None},
        {"annual_rate": Decimal(12), "source_rate_basis": None},
        {"annual_rate": Decimal(12), "source_rate": Decimal(12), "source_rate_basis": "whole_term"},
        {"annual_rate": None},
        {"source_rate": None, "source_rate_basis": None},
    ],
)
def test_rates_that_agree_or_stand_alone_are_not_said(loan: Row) -> None:
    assert said(opened(loan)) == []


@pytest.mark.parametrize(
    "loan",
    [
        # a step of the second decimal is 0.12 a year, of the third 0.012, of a whole month nothing
        {"annual_rate": Decimal(20), "source_rate": Decimal("1.65")},
        {"annual_rate": Decimal(20), "source_rate": Decimal("1.665")},
        {"annual_rate": Decimal("12.1"), "source_rate": Decimal(1)},
        {"annual_rate": Decimal(18), "source_rate": Decimal("1.6")},
        # 18.34 over twelve months is 18.34 a year, and its step 0.01
        {"annual_rate": Decimal("18.30"), "source_rate": Decimal("18.34"), "source_rate_basis": "whole_term"},
    ],
)
def test_a_rate_that_is_no_rounding_of_the_other_is_said(loan: Row) -> None:
    assert [rule for rule, _ in said(opened(loan))] == ["LON-RTE-06"]


HIGHER: Row = {"annual_rate": Decimal(12), "source_rate": Decimal(2)}


def pay(day: date, principal: int, interest: int, **other: object) -> Row:
    return {
        "entry_no": f"{day}{principal}", "paid_on": day, "principal": Decimal(principal), "interest": Decimal(interest),
        **other,
    }  # fmt: skip


def left(paid: list[Row]) -> Decimal:
    return Decimal(12_000_000) - sum((Decimal(str(row["principal"])) for row in paid), Decimal(0))


@pytest.mark.parametrize(
    ("method", "paid"),
    [
        # two instalments of principal, so 240,000 may be two months at 12 %
        ("flat", [pay(date(2026, 3, 31), 2_000_000, 240_000), pay(date(2026, 5, 31), 2_000_000, 240_000)]),
        # 1 % of 12 and of 11 million
        ("declining", [pay(date(2026, 3, 31), 2_000_000, 230_000)]),
        # no principal tells: two months lie before each
        ("bullet", [pay(date(2026, 3, 31), 0, 240_000), pay(date(2026, 5, 31), 0, 240_000)]),
        # what was paid is taken back
        ("flat", [pay(date(2026, 2, 28), 1_000_000, 240_000), pay(date(2026, 3, 1), -1_000_000, -240_000)]),
    ],
)
def test_a_sum_of_months_or_a_payment_that_is_taken_back_decides_nothing(method: str, paid: list[Row]) -> None:
    loan = {**LOAN, **HIGHER, "interest_method": method, "outstanding_principal": left(paid)}
    ((rule, note),) = said(open_one(loan, None, paid))
    assert (rule, "no schedule, stored interest or payment decides" in note) == ("LON-RTE-06", True)


@pytest.mark.parametrize(
    ("method", "paid", "percent", "counted"),
    [
        # one instalment, though two months have passed: 240,000 beside one principal is of 24 %
        ("flat", [pay(date(2026, 3, 31), 1_000_000, 240_000)], 24, "1 of its 1"),
        # each month by itself
        ("bullet", [pay(date(2026, 2, 28), 0, 240_000), pay(date(2026, 3, 31), 0, 240_000)], 24, "2 of its 2"),
        # two instalments with the interest of one month at 12 %, which is of 24 % in no way
        ("flat", [pay(date(2026, 3, 31), 2_000_000, 120_000)], 12, "1 of its 1"),
        # the one of 24 % is taken back
        ("flat", [
            pay(date(2026, 2, 28), 1_000_000, 240_000), pay(date(2026, 3, 1), -1_000_000, -240_000),
            pay(date(2026, 3, 2), 1_000_000, 120_000),
        ], 12, "1 of its 1"),
    ],
)  # fmt: skip
def test_a_payment_of_one_month_that_stands_decides(method: str, paid: list[Row], percent: int, counted: str) -> None:
    loan = {**LOAN, **HIGHER, "interest_method": method, "outstanding_principal": left(paid)}
    result = open_one(loan, None, paid)
    assert result.positions["annual_rate"].to_list() == [Decimal(percent)]
    assert [(rule, f"the history decides, {counted}" in note) for rule, note in said(result)] == [("LON-RTE-05", True)]


def test_a_payment_of_two_instalments_that_is_no_sum_of_the_lower_rate_decides() -> None:
    """Two months at 10 % are 200,000."""
    paid = [pay(date(2026, 3, 31), 2_000_000, 240_000)]
    loan = {**LOAN, "source_rate": Decimal(10), "source_rate_basis": "per_year", "outstanding_principal": left(paid)}
    result = open_one(loan, None, paid)
    assert [rule for rule, _ in said(result)] == ["LON-RTE-05"]
    assert result.positions["annual_rate"].to_list() == [Decimal(24)]


def test_a_payment_on_a_balance_that_is_not_known_decides_nothing() -> None:
    """A principal that is empty was paid before: whether 120,000 are 1 % of what was left then is not known."""
    lost: Row = {"entry_no": "1", "paid_on": date(2026, 2, 10), "interest": Decimal(70_000)}
    loan = {**LOAN, "interest_method": "declining", "outstanding_principal": Decimal(11_000_000)}
    result = open_one(loan, None, [lost, pay(date(2026, 2, 28), 0, 120_000)])
    assert [rule for rule, _ in said(result)] == ["LON-RTE-06"]


def test_a_payment_within_a_thousand_decides_nothing_where_that_is_more_than_a_tenth() -> None:
    """Of 120,000 a month bears 1,200 or 2,400: 3,200 is 800 more than the higher, a third of it."""
    small: Row = {"principal": Decimal(120_000), "outstanding_principal": Decimal(110_000)}
    result = open_one({**LOAN, **small}, None, [pay(date(2026, 2, 28), 10_000, 3_200)])
    assert [rule for rule, _ in said(result)] == ["LON-RTE-06"]


def test_a_rate_that_is_the_other_by_no_base_is_said() -> None:
    """1 is 12 a month, 1 a year and 1 over a year's term: never 24."""
    result = opened({"source_rate_basis": None})
    assert [rule for rule, _ in said(result)] == ["LON-RTE-06"]
    assert "(base not stated), which is ? % a year" in said(result)[0][1]
