"""Reference cases of the loan engine, worked out by hand: read the tables, they are the specification.

Amounts are rupiah; dates are those of a calendar.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.engine import generate

JAN31 = date(2026, 1, 31)
POLICY = ("rounding_mode", "absorbs", "rounds")


def generated(**terms: object) -> pl.DataFrame:
    """The schedule of one monthly loan disbursed on 31 January 2026, with the terms and the policy given."""
    policy = {name: pl.lit(terms.pop(name)) for name in POLICY if name in terms}
    loan = {"cooperative_id": "KSP-A", "loan_no": "1", "disbursed_on": JAN31, "frequency": "monthly", **terms}
    return generate(frame("loans", [loan]).with_columns(**policy))


def parts(**terms: object) -> list[tuple[Decimal, Decimal]]:
    """(principal, interest) of each instalment."""
    return generated(**terms).select("principal", "interest").rows()


def amounts(*pairs: tuple[object, object]) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(str(principal)), Decimal(str(interest))) for principal, interest in pairs]


# 1,000,000 in three instalments at 1 % a period; A = 1,000,000 x 0.01 / (1 - 1.01^-3) = 340,022.11
METHODS = {
    "flat": amounts((333_333, 10_000), (333_333, 10_000), (333_334, 10_000)),
    "declining": amounts((333_333, 10_000), (333_333, 6_667), (333_334, 3_333)),
    "annuity": amounts((330_022, 10_000), (333_322, 6_700), (336_656, 3_367)),
    "bullet": amounts((0, 10_000), (0, 10_000), (1_000_000, 10_000)),
    "margin": amounts((333_333, 10_000), (333_333, 10_000), (333_334, 10_000)),
}
# percent a year that are 1 % a period, and the due dates of a loan of 31 January 2026
FREQUENCIES = {
    "daily": ("365", [date(2026, 2, 1), date(2026, 2, 2), date(2026, 2, 3)]),
    "weekly": ("52", [date(2026, 2, 7), date(2026, 2, 14), date(2026, 2, 21)]),
    "monthly": ("12", [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]),
    "seasonal": ("2", [date(2026, 7, 31), date(2027, 1, 31), date(2027, 7, 31)]),  # 18 months, a harvest each six
    "yearly": ("1", [date(2027, 1, 31), date(2028, 1, 31), date(2029, 1, 31)]),
}


@pytest.mark.parametrize("frequency", FREQUENCIES)
@pytest.mark.parametrize("method", METHODS)
def test_each_method_at_each_frequency(method: str, frequency: str) -> None:
    percent, days = FREQUENCIES[frequency]
    matures = days[-1] if frequency == "seasonal" else None
    got = generated(
        principal=Decimal(1_000_000), tenor=3, interest_method=method, frequency=frequency,
        annual_rate=Decimal(percent), maturity_on=matures,
    )  # fmt: skip
    assert got.select("principal", "interest").rows() == METHODS[method]
    assert got["due_on"].to_list() == days


def test_the_annuity_of_ten_million_at_12_percent_over_two_years() -> None:
    got = generated(principal=Decimal(10_000_000), tenor=24, interest_method="annuity", annual_rate=Decimal(12))
    assert set(got["total"].head(23)) == {Decimal(470_735)}
    assert got.select("principal", "interest", "balance_after").rows()[:3] == [
        (Decimal(370_735), Decimal(100_000), Decimal(9_629_265)),
        (Decimal(374_442), Decimal(96_293), Decimal(9_254_823)),
        (Decimal(378_187), Decimal(92_548), Decimal(8_876_636)),
    ]


# 10,000,000 in 12 instalments is 833,333.33 each: mode, unit, absorbs -> first, second, last principal, what remains
ROUNDING = [
    ("nearest", "1", "last", "833333", "833333", "833337", "0"),
    ("nearest", "50", "last", "833350", "833350", "833150", "0"),
    ("nearest", "100", "last", "833300", "833300", "833700", "0"),
    ("nearest", "500", "last", "833500", "833500", "831500", "0"),
    ("nearest", "1000", "last", "833000", "833000", "837000", "0"),
    ("up", "1", "last", "833334", "833334", "833326", "0"),
    ("up", "50", "last", "833350", "833350", "833150", "0"),
    ("up", "100", "last", "833400", "833400", "832600", "0"),
    ("up", "500", "last", "833500", "833500", "831500", "0"),
    ("up", "1000", "last", "834000", "834000", "826000", "0"),
    ("down", "1", "last", "833333", "833333", "833337", "0"),
    ("down", "50", "last", "833300", "833300", "833700", "0"),
    ("down", "100", "last", "833300", "833300", "833700", "0"),
    ("down", "500", "last", "833000", "833000", "837000", "0"),
    ("down", "1000", "last", "833000", "833000", "837000", "0"),
    ("none", "1", "last", "833333.33", "833333.33", "833333.37", "0"),
    ("nearest", "1000", "first", "837000", "833000", "833000", "0"),
    ("up", "1000", "first", "826000", "834000", "834000", "0"),
    ("none", "1", "first", "833333.37", "833333.33", "833333.33", "0"),
    ("down", "1", "none", "833333", "833333", "833333", "4"),  # truncated: four rupiah remain after the last payment
    ("none", "1", "none", "833333.33", "833333.33", "833333.33", "0.04"),
    ("up", "1000", "none", "834000", "834000", "834000", "-8000"),
]


@pytest.mark.parametrize(("mode", "unit", "absorbs", "first", "second", "last", "remains"), ROUNDING)
@pytest.mark.parametrize("method", ["flat", "declining"])
def test_each_rounding_of_ten_million_in_twelve(
    method: str, mode: str, unit: str, absorbs: str, first: str, second: str, last: str, remains: str
) -> None:
    got = generated(
        principal=Decimal(10_000_000), tenor=12, interest_method=method, annual_rate=Decimal(0),
        rounding_unit=Decimal(unit), rounding_mode=mode, absorbs=absorbs,
    )  # fmt: skip
    principal = got["principal"].to_list()
    assert [principal[0], *principal[1:11], principal[11]] == [Decimal(first), *[Decimal(second)] * 10, Decimal(last)]
    assert got["balance_after"][11] == Decimal(remains)


def test_a_schedule_without_correction_may_repay_too_much() -> None:
    # 10,000,000 / 240 = 41,666.67; 240 x 41,667 = 10,000,080
    got = generated(
        principal=Decimal(10_000_000), tenor=240, interest_method="flat", annual_rate=Decimal(0), absorbs="none"
    )
    assert got["principal"].sum() == Decimal(10_000_080)


def test_the_lender_that_rounds_up_to_a_thousand_and_keeps_the_total_equal() -> None:
    # 10,400,000 at 2.24 % a month: 866,666.67 and 232,960; the last gives in interest what it takes in principal
    terms: dict[str, object] = {
        "principal": Decimal(10_400_000), "tenor": 12, "interest_method": "flat", "source_rate": Decimal("2.24"),
        "source_rate_basis": "per_month", "rounding_unit": Decimal(1_000), "rounding_mode": "up",
        "disbursed_on": date(2018, 10, 31),
    }  # fmt: skip
    got = generated(rounds="level", **terms)
    assert got.select("principal", "interest").rows() == amounts(*[(867_000, 233_000)] * 11, (863_000, 237_000))
    assert set(got["total"]) == {Decimal(1_100_000)}
    assert got["due_on"].to_list()[:5] == [
        date(2018, 11, 30), date(2018, 12, 31), date(2019, 1, 31), date(2019, 2, 28), date(2019, 3, 31),
    ]  # fmt: skip
    assert parts(rounds="parts", **terms)[11] == (Decimal(863_000), Decimal(233_000))


HALF = {"principal": Decimal(1_000_000), "tenor": 3, "annual_rate": Decimal(12)}


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (  # up to 1,000: 334,000 + 10,000; the first takes 332,000 and gives 12,000
            {"interest_method": "flat", "rounding_unit": 1_000, "rounding_mode": "up", "absorbs": "first",
             "rounds": "level"},
            [(332_000, 12_000), (334_000, 10_000), (334_000, 10_000)],
        ),
        (  # 343,333.33 up to 344,000; interest 10,000
            {"interest_method": "flat", "rounding_unit": 1_000, "rounding_mode": "up", "rounds": "total"},
            [(334_000, 10_000), (334_000, 10_000), (332_000, 10_000)],
        ),
        (  # 28 % a year: 23,333.33 and 356,666.67, down to 356,600; principal is the difference to 23,333
            {"interest_method": "flat", "annual_rate": Decimal(28), "rounding_unit": 100, "rounding_mode": "down",
             "rounds": "total"},
            [(333_267, 23_333), (333_267, 23_333), (333_466, 23_333)],
        ),
        (  # 343,333 -> 343,000; 333,333 + 6,670 = 340,003 -> 340,000; interest on 333,670 is 3,337
            {"interest_method": "declining", "rounding_unit": 1_000, "rounds": "total"},
            [(333_000, 10_000), (333_330, 6_670), (333_670, 3_337)],
        ),
        (  # first absorbs: 332,000 leaves 668,000, then 334,000
            {"interest_method": "declining", "rounding_unit": 1_000, "rounding_mode": "up", "absorbs": "first"},
            [(332_000, 10_000), (334_000, 7_000), (334_000, 4_000)],
        ),
        (  # a total of 341,000: interest on 669,000 and on 334,690
            {"interest_method": "annuity", "rounding_unit": 1_000, "rounding_mode": "up", "rounds": "total"},
            [(331_000, 10_000), (334_310, 6_690), (334_690, 3_347)],
        ),
        (  # the total of 340,022 is kept: 336,656 + 3,366
            {"interest_method": "annuity", "rounds": "level"},
            [(330_022, 10_000), (333_322, 6_700), (336_656, 3_366)],
        ),
        (  # uncorrected 330,022 + 333,322 + 336,655 is one rupiah short
            {"interest_method": "annuity", "absorbs": "first"},
            [(330_023, 10_000), (333_322, 6_700), (336_655, 3_367)],
        ),
        ({"interest_method": "annuity", "absorbs": "none"}, [(330_022, 10_000), (333_322, 6_700), (336_655, 3_367)]),
        (  # A = 340,022.1115; interest on 669,977.89 is 6,699.7789
            {"interest_method": "annuity", "rounding_mode": "none"},
            [("330022.11", 10_000), ("333322.33", "6699.78"), ("336655.56", "3366.56")],
        ),
        (
            {"interest_method": "margin", "annual_rate": None, "interest_total": Decimal(100_000), "absorbs": "first"},
            [(333_334, 33_334), (333_333, 33_333), (333_333, 33_333)],
        ),
        (  # 1,100,000 / 3 = 366,666.67 up to 366,700; margin 33,333 each, the last what remains of it
            {"interest_method": "margin", "annual_rate": None, "interest_total": Decimal(100_000),
             "rounding_unit": 100, "rounding_mode": "up", "rounds": "total"},
            [(333_367, 33_333), (333_367, 33_333), (333_266, 33_334)],
        ),
        (  # 333,400 + 33,400 = 366,800; the last 333,200 + 33,600
            {"interest_method": "margin", "annual_rate": None, "interest_total": Decimal(100_000),
             "rounding_unit": 100, "rounding_mode": "up", "rounds": "level"},
            [(333_400, 33_400), (333_400, 33_400), (333_200, 33_600)],
        ),
        (  # a bullet is repaid at the end whatever absorbs
            {"interest_method": "bullet", "absorbs": "first"}, [(0, 10_000), (0, 10_000), (1_000_000, 10_000)],
        ),
    ],
)  # fmt: skip
def test_what_is_rounded_and_which_instalment_absorbs(
    terms: dict[str, object], expected: list[tuple[object, object]]
) -> None:
    unit = Decimal(str(terms.get("rounding_unit", 1)))
    assert parts(**{**HALF, **terms, "rounding_unit": unit}) == amounts(*expected)


@pytest.mark.parametrize("absorbs", ["last", "first"])
@pytest.mark.parametrize("rounds", ["parts", "level"])
def test_a_unit_too_coarse_never_repays_more_than_the_principal(absorbs: str, rounds: str) -> None:
    # 11,000 / 7 up to 1,000 is 2,000: six of them would be 12,000
    got = parts(
        principal=Decimal(11_000), tenor=7, interest_method="flat", annual_rate=Decimal(12), rounding_mode="up",
        rounding_unit=Decimal(1_000), absorbs=absorbs, rounds=rounds,
    )  # fmt: skip
    full = [2_000] * 5 + [1_000, 0]
    expected = full if absorbs == "last" else full[::-1]
    assert got == amounts(*[(principal, 1_000) for principal in expected])


@pytest.mark.parametrize(
    ("disbursed", "days"),
    [
        (date(2026, 1, 31), ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        (date(2028, 1, 31), ["2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31"]),
        (date(2025, 11, 30), ["2025-12-30", "2026-01-30", "2026-02-28", "2026-03-30"]),
    ],
)
def test_a_loan_over_month_ends(disbursed: date, days: list[str]) -> None:
    got = generated(
        principal=Decimal(400), tenor=4, interest_method="flat", annual_rate=Decimal(0), disbursed_on=disbursed
    )
    assert [str(day) for day in got["due_on"]] == days


def test_a_portfolio_of_several_policies_is_generated_in_its_own_order() -> None:
    loan = {"cooperative_id": "A", "frequency": "monthly", "disbursed_on": JAN31, "tenor": 3, "interest_method": "flat",
            "annual_rate": Decimal(0), "principal": Decimal(1_000)}  # fmt: skip
    loans = frame("loans", [{**loan, "loan_no": number} for number in ("3", "1", "2")])
    got = generate(loans.with_columns(pl.Series("absorbs", ["first", None, "none"])))
    assert got.group_by("loan_no", maintain_order=True).agg("principal").rows() == [
        ("3", [Decimal(334), Decimal(333), Decimal(333)]),
        ("1", [Decimal(333), Decimal(333), Decimal(334)]),
        ("2", [Decimal(333), Decimal(333), Decimal(333)]),
    ]
