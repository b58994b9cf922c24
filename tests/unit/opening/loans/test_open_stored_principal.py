"""The stored principal of an instalment: the schedule is generated as it is rounded, or the difference is said.

10,000,000 over 12 instalments are 833,333.33 each. Disbursed on 15 June 2026, the cut-off is 30 June 2026.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_loan import Case, open_each, open_one

from koop_pipeline.opening.loans.position import OpenedLoans

LOAN: dict[str, object] = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(10_000_000),
    "interest_method": "flat", "annual_rate": Decimal(12), "instalment_interest": Decimal(100_000), "tenor": 12,
    "frequency": "monthly", "status": "active", "disbursed_on": date(2026, 6, 15),
    "outstanding_principal": Decimal(10_000_000),
}  # fmt: skip


def opened(**loan: object) -> OpenedLoans:
    return open_one({**LOAN, **loan})


def principals(result: OpenedLoans) -> list[Decimal]:
    return result.schedules["principal"].to_list()


def said(result: OpenedLoans) -> list[str]:
    return result.failures.filter(pl.col("rule") == "LON-PRN-01")["note"].to_list()


@pytest.mark.parametrize(
    ("stored", "last"),
    [
        ("834000", "826000"),  # up to 1,000: 10,000,000 - 11 x 834,000
        ("833400", "832600"),  # up to 100
        ("833334", "833326"),  # up to 1
        ("833333", "833337"),  # nearest 1
        ("833000", "837000"),  # nearest 1,000
        ("833300", "833700"),  # nearest 100
        ("833333.33", "833333.37"),  # not rounded at all
    ],
)
def test_a_stored_principal_that_a_rounding_gives_generates_the_schedule(stored: str, last: str) -> None:
    result = opened(instalment_principal=Decimal(stored))
    assert principals(result) == [Decimal(stored)] * 11 + [Decimal(last)]
    assert (said(result), result.schedules["interest"].to_list()) == ([], [Decimal(100_000)] * 12)


def test_a_principal_rounded_down_is_not_rounded_to_the_nearest() -> None:
    """20,000,000 over 12 are 1,666,666.67: 1,666,666 is truncated, and 1,666,674 is left for the last."""
    result = opened(
        principal=Decimal(20_000_000), outstanding_principal=Decimal(20_000_000),
        instalment_interest=Decimal(200_000), instalment_principal=Decimal(1_666_666),
    )  # fmt: skip
    assert principals(result) == [Decimal(1_666_666)] * 11 + [Decimal(1_666_674)]


def test_a_stated_unit_stays_and_the_stored_principal_tells_the_way() -> None:
    result = opened(instalment_principal=Decimal(834_000), rounding_unit=Decimal(1_000))
    assert principals(result) == [Decimal(834_000)] * 11 + [Decimal(826_000)]


@pytest.mark.parametrize(
    ("loan", "note"),
    [
        (
            {"instalment_principal": Decimal(500_000)},
            "Rp 500000.00 of principal an instalment is stored, which no rounding to Rp 1.00 makes of Rp 10000000.00 "
            "over 12 instalments (flat): Rp 833333.00 opens",
        ),
        # 1 % a month: 10,000,000 x 0.01 / (1 - 1.01 ^ -12) = 888,487.89, of which the first 100,000 are interest
        (
            {"instalment_principal": Decimal(834_000), "interest_method": "annuity"},
            "Rp 834000.00 of principal an instalment is stored, which no rounding to Rp 1.00 makes of Rp 10000000.00 "
            "over 12 instalments (annuity): Rp 788488.00 opens",
        ),
    ],
)
def test_a_stored_principal_that_nothing_explains_is_said_with_both_amounts(loan: dict[str, object], note: str) -> None:
    assert said(opened(**loan)) == [note]


@pytest.mark.parametrize(
    "loan",
    [
        {"interest_method": "annuity", "instalment_principal": Decimal(788_488)},
        {"interest_method": "bullet", "instalment_principal": Decimal(0)},
        {"interest_method": "bullet", "instalment_principal": Decimal(10_000_000)},
        {"tenor": 1, "instalment_principal": Decimal(5)},
        {},
    ],
)
def test_a_stored_principal_of_another_method_that_agrees_is_not_said(loan: dict[str, object]) -> None:
    assert said(opened(**loan)) == []


TERMS = st.tuples(
    st.integers(5_000_000, 50_000_000), st.integers(2, 36), st.sampled_from([1, 50, 100, 500, 1000])
)  # fmt: skip


@settings(max_examples=3, deadline=None)
@given(st.lists(TERMS, min_size=15, max_size=15))
def test_principals_rounded_up_are_repaid_in_full_with_the_rest_last(made: list[tuple[int, int, int]]) -> None:
    """Every instalment but the last is the stored one, and the sum is what was lent; fifteen loans at a time."""
    stored = [-(-lent // (tenor * unit)) * unit for lent, tenor, unit in made]
    cases: list[Case] = [
        ({**LOAN, "principal": Decimal(lent), "outstanding_principal": Decimal(lent), "tenor": tenor,
          "instalment_interest": Decimal(0), "annual_rate": Decimal(0), "instalment_principal": Decimal(each)}, (), ())
        for (lent, tenor, _), each in zip(made, stored, strict=True)
    ]  # fmt: skip
    opens = open_each(cases).schedules.group_by("cooperative_id", maintain_order=True).agg("principal")
    got = {int(number): amounts for number, amounts in opens.rows()}
    assert [(got[no][:-1], sum(got[no])) for no in range(len(made))] == [
        ([Decimal(each)] * (tenor - 1), Decimal(lent)) for (lent, tenor, _), each in zip(made, stored, strict=True)
    ]


def rounded(**loan: object) -> list[str]:
    result = opened(instalment_interest=None, instalment_principal=Decimal(834_000), **loan)
    return result.failures.filter(pl.col("rule") == "LON-INT-09")["note"].to_list()


@pytest.mark.parametrize(
    ("loan", "makes"),
    [
        # 1.005 % of 10,000,000 is 100,500, which goes up to 101,000: 12 x 500
        ({"annual_rate": Decimal("12.06")}, "up to Rp 1000.00, as the stored principal of Rp 834000.00 is: Rp 6000.00 "
                                            "more in all than rounded to the nearest Rp 1.00"),
        # the nearest 1,000 of 100,400 is 100,000, up is 101,000: 12 x 1,000
        ({"annual_rate": Decimal("12.048"), "rounding_unit": Decimal(1_000)},
         "up to Rp 1000.00, as the stored principal of Rp 834000.00 is: Rp 12000.00 more in all than rounded to the "
         "nearest Rp 1000.00"),
        # 1 % of 10,000,000, 9,166,000, ... 826,000: the thirteenths of 834,000 are 660, 320, 980, 640, 300, 960, 620,
        # 280, 940, 600, 260 above a thousand: 340 + 680 + 20 + 360 + 700 + 40 + 380 + 720 + 60 + 400 + 740
        ({"interest_method": "declining"}, "up to Rp 1000.00, as the stored principal of Rp 834000.00 is: Rp 4440.00 "
                                           "more in all than rounded to the nearest Rp 1.00"),
    ],
)  # fmt: skip
def test_interest_that_is_rounded_as_the_stored_principal_is_is_said(loan: dict[str, object], makes: str) -> None:
    assert rounded(**loan) == [f"no interest is stored, and that of 12 instalments is rounded {makes}"]


@pytest.mark.parametrize(
    "loan",
    [
        {},
        {"interest_total": Decimal(1_206_000), "annual_rate": Decimal("12.06")},
        {"interest_method": "margin", "annual_rate": Decimal("12.06")},
        {"annual_rate": Decimal("12.06"), "status": "settled", "outstanding_principal": Decimal(0)},
    ],
)
def test_interest_that_the_rounding_does_not_change_is_not_said(loan: dict[str, object]) -> None:
    """100,000 an instalment is a whole thousand; stored interest and a margin have their sum."""
    assert rounded(**loan) == []
