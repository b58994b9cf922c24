"""Delivered schedules explained, stored rates compared with stored interest: tables by hand, and what always holds."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.due_dates import add_months
from koop_pipeline.opening.loans.engine import generate
from koop_pipeline.opening.loans.explanations import COLUMNS, explain
from koop_pipeline.opening.loans.rate_fits import INFERRED, infer

Parts = list[tuple[int | str | None, int | str | None]]
START = date(2026, 1, 15)
LENDER: Parts = [*[(867_000, 233_000)] * 11, (863_000, 237_000)]


def loan(number: object = "1", **terms: object) -> dict[str, object]:
    base = {"cooperative_id": "KSP-A", "loan_no": number, "disbursed_on": START, "frequency": "monthly"}
    return {**base, **{name: _decimal(value) for name, value in terms.items()}}


def delivered(parts: Parts, number: str = "1", first: int = 1) -> list[dict[str, object]]:
    months = pl.select(add_months(pl.lit(START), pl.int_range(1, len(parts) + 1))).to_series().to_list()
    return [
        {"cooperative_id": "KSP-A", "loan_no": number, "instalment_no": place, "due_on": month,
         "principal": _money(principal), "interest": _money(interest)}
        for place, month, (principal, interest) in zip(range(first, first + len(parts)), months, parts, strict=True)
    ]  # fmt: skip


def _decimal(value: object) -> object:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _money(value: int | str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def explained(loans: list[dict[str, object]], rows: list[dict[str, object]]) -> list[dict[str, object]]:
    plain = [{**one, "tenor": int(str(one["tenor"])) if "tenor" in one else None} for one in loans]
    return explain(frame("loans", plain), frame("loan_instalments", rows)).to_dicts()


def named(found: dict[str, object]) -> tuple[object, ...]:
    names = ("method", "rate_basis", "annual_rate", "rounding_unit", "rounding_mode", "absorbs", "rounds")
    return tuple(found[name] for name in names)


@pytest.mark.parametrize(
    ("terms", "parts", "expected"),
    [
        (  # 1 % a month of 1,000,000
            {"principal": 1_000_000, "source_rate": 1, "source_rate_basis": "per_month"},
            [(250_000, 10_000)] * 4,
            ("flat", "per_month", "12", "1", "nearest", "last", "parts"),
        ),
        (  # the interest falls by 1 % of 250,000
            {"principal": 1_000_000, "annual_rate": 12},
            [(250_000, 10_000), (250_000, 7_500), (250_000, 5_000), (250_000, 2_500)],
            ("declining", "per_year", "12", "1", "nearest", "last", "parts"),
        ),
        (  # A = 340,022.11
            {"principal": 1_000_000, "annual_rate": 12},
            [(330_022, 10_000), (333_322, 6_700), (336_656, 3_367)],
            ("annuity", "per_year", "12", "1", "nearest", "last", "parts"),
        ),
        (
            {"principal": 1_000_000, "annual_rate": 12},
            [(0, 10_000), (0, 10_000), (0, 10_000), (1_000_000, 10_000)],
            ("bullet", "per_year", "12", "1", "nearest", "last", "parts"),
        ),
        (  # a margin of 100,000
            {"principal": 1_000_000, "interest_method": "margin", "interest_total": 100_000},
            [(333_333, 33_333), (333_333, 33_333), (333_334, 33_334)],
            ("margin", None, "40", "1", "nearest", "last", "parts"),
        ),
        (  # 18 % for four months: 1,800,000 / 4
            {"principal": 10_000_000, "source_rate": 18},
            [(2_500_000, 450_000)] * 4,
            ("flat", "whole_term", "54", "1", "nearest", "last", "parts"),
        ),
        (  # no rate is stored: 200,000 of 10,000,000 is 2 % a month
            {"principal": 10_000_000},
            [(2_500_000, 200_000)] * 4,
            ("flat", None, "24", "1", "nearest", "last", "parts"),
        ),
        (  # truncated or nearest, nobody absorbs: four rupiah remain
            {"principal": 10_000_000, "annual_rate": 0},
            [(833_333, 0)] * 12,
            ("flat", "per_year", "0", "1", "nearest", "none", "parts"),
        ),
        (  # in whole sen
            {"principal": 10_000_000, "annual_rate": 0},
            [*[("833333.33", 0)] * 11, ("833333.37", 0)],
            ("flat", "per_year", "0", "0.01", "none", "last", "parts"),
        ),
        (  # 833,333.33 down to 1,000, the first takes 837,000
            {"principal": 10_000_000, "annual_rate": 0},
            [(837_000, 0), *[(833_000, 0)] * 11],
            ("flat", "per_year", "0", "1000", "nearest", "first", "parts"),
        ),
        (  # 343,333 -> 343,000; 333,333 + 6,670 -> 340,000; interest on 333,670 is 3,337
            {"principal": 1_000_000, "annual_rate": 12},
            [(333_000, 10_000), (333_330, 6_670), (333_670, 3_337)],
            ("declining", "per_year", "12", "1000", "nearest", "last", "total"),
        ),
    ],
)  # fmt: skip
def test_a_schedule_is_explained_by_method_base_and_rounding(
    terms: dict[str, object], parts: Parts, expected: tuple[str | None, ...]
) -> None:
    [found] = explained([loan(tenor=len(parts), **terms)], delivered(parts))
    numbers = {2, 3}
    exact = [Decimal(text) if place in numbers and text else text for place, text in enumerate(expected)]
    assert named(found) == tuple(exact)
    assert (found["exact"], found["largest_deviation"]) == (True, Decimal(0))


def test_an_annuity_whose_parts_are_rounded_each_by_itself() -> None:
    """A = 517,808.19, of which 411,886.27 + 105,921.92 are due in the second month, and so on: totals differ by 1.

    11,000,000 at 12 % over 24 months; the rows are those of another program (data/sample_maker/lending.py).
    """
    parts: Parts = [
        (407_808, 110_000), (411_886, 105_922), (416_005, 101_803), (420_165, 97_643), (424_367, 93_441),
        (428_611, 89_198), (432_897, 84_912), (437_226, 80_583), (441_598, 76_210), (446_014, 71_794),
        (450_474, 67_334), (454_979, 62_829), (459_528, 58_280), (464_124, 53_684), (468_765, 49_043),
        (473_453, 44_356), (478_187, 39_621), (482_969, 34_839), (487_799, 30_009), (492_677, 25_131),
        (497_604, 20_205), (502_580, 15_229), (507_605, 10_203), (512_679, 5_127),
    ]  # fmt: skip
    terms = {"principal": 11_000_000, "tenor": 24, "source_rate": 12, "source_rate_basis": "per_year"}
    [found] = explained([loan(**terms)], delivered(parts))
    assert named(found) == ("annuity", "per_year", Decimal(12), Decimal(1), "nearest", "last", "apart")
    assert found["exact"]


def test_many_loans_of_one_habit_and_a_few_of_another_are_all_explained() -> None:
    """200 loans at 2 % a month, every twentieth truncated, one that nothing explains: the sample decides nothing."""
    loans, rows = [], []
    for number in range(1, 201):
        unit = 1_000 if number != 77 else 7
        principal = 1_200_000 + number * 12 * unit
        part = principal // 12 if number % 20 else principal // 12 // 1_000 * 1_000
        last = principal - 11 * part
        interest = principal * 2 // 100 + (0 if number != 77 else 3_333 * 50)
        parts: Parts = [*[(part, interest)] * 11, (last, interest if number != 77 else 1)]
        loans.append(loan(str(number), principal=principal, tenor=12, source_rate=2, interest_method="flat"))
        rows += delivered(parts, str(number))
    found = explained(loans, rows)
    assert [each["loan_no"] for each in found if not each["exact"]] == ["77"]
    assert {(each["method"], each["annual_rate"]) for each in found if each["exact"]} == {("flat", Decimal(24))}


def test_the_schedule_of_the_lender_that_keeps_the_total_equal() -> None:
    terms = {"principal": 10_400_000, "tenor": 12, "source_rate": Decimal("2.24"), "source_rate_basis": "per_month"}
    [found] = explained([loan(**terms)], delivered(LENDER))
    assert list(found) == COLUMNS
    assert named(found) == ("flat", "per_month", Decimal("26.88"), Decimal(1_000), "up", "last", "level")
    assert (found["exact"], found["alike"]) == (True, 2)
    assert found["explanation"] == (
        "12 instalments, flat, 26.88 % a year (stored per_month), each part, the total kept equal, rounded up"
        " to Rp 1000, the last instalment absorbs: every amount is reproduced;"
        " fits alike: nearest Rp 1000 last level or up Rp 500 last level"
    )


def test_what_remains_of_a_schedule_is_explained_with_the_tenor_of_the_loan() -> None:
    terms = {"principal": 10_400_000, "tenor": 12, "source_rate": Decimal("2.24")}
    [found] = explained([loan(**terms)], delivered(LENDER[4:], first=5))
    assert named(found) == ("flat", "per_month", Decimal("26.88"), Decimal(1_000), "up", "last", "level")
    assert found["exact"]


def test_other_loans_of_the_cooperative_decide_between_policies_that_fit_alike() -> None:
    # 833,600 -> 834,000 is up or nearest, called up where it stands alone; 833,333 -> 833,000 is not up
    loans = [
        loan("1", principal=10_000_000, tenor=12, annual_rate=0),
        loan("2", principal=10_003_200, tenor=12, annual_rate=0),
    ]  # fmt: skip
    rows = [
        *delivered([*[(833_000, 0)] * 11, (837_000, 0)], "1"),
        *delivered([*[(834_000, 0)] * 11, (829_200, 0)], "2"),
    ]
    assert [found["rounding_mode"] for found in explained(loans, rows)] == ["nearest", "nearest"]
    assert [found["rounding_mode"] for found in explained(loans[1:], rows[12:])] == ["up"]


def test_a_schedule_of_totals_only_is_compared_by_its_totals() -> None:
    rows = [{**row, "total": Decimal(260_000)} for row in delivered([(None, None)] * 4)]
    [found] = explained([loan(principal=1_000_000, tenor=4, annual_rate=12, interest_method="flat")], rows)
    assert (found["method"], found["exact"]) == ("flat", True)


def test_one_amount_beside_the_rule_is_told_with_its_deviation() -> None:
    parts: Parts = [(250_000, 10_000), (250_000, 10_000), (250_000, 10_300), (250_000, 10_000), (250_000, 10_000)]
    [found] = explained([loan(principal=1_250_000, tenor=5, annual_rate=Decimal("9.6"), interest_method="flat")],
                        delivered([*parts]))  # fmt: skip
    assert not found["exact"]
    assert found["largest_deviation"] == Decimal(300)
    assert "deviates by up to Rp 300.00" in str(found["explanation"])


def test_an_irregular_schedule_is_called_so() -> None:
    parts: Parts = [(100_000, 50_000), (700_000, 3_000), (50_000, 90_000), (150_000, 12_345)]
    [found] = explained([loan(principal=1_000_000, tenor=4, annual_rate=12)], delivered(parts))
    assert named(found) == ("irregular", None, None, None, None, None, None)
    assert not found["exact"] and found["largest_deviation"]
    assert str(found["explanation"]).startswith("irregular: no method and rounding comes nearer than Rp ")


def test_a_total_that_is_not_the_sum_of_its_parts_is_not_exact() -> None:
    rows = [{**row, "total": Decimal(265_000)} for row in delivered([(250_000, 10_000)] * 4)]
    [found] = explained([loan(principal=1_000_000, tenor=4, annual_rate=12)], rows)
    assert (found["exact"], found["largest_deviation"]) == (False, Decimal(5_000))


@pytest.mark.parametrize("number", [0, -1, 2_000_000_000])
def test_an_impossible_instalment_number_explains_nothing(number: int) -> None:
    rows = [{**row, "instalment_no": number} for row in delivered([(250_000, 10_000)])]
    [found] = explained([loan(principal=1_000_000, annual_rate=12)], rows)
    assert (found["method"], found["exact"], found["largest_deviation"]) == (None, False, None)


def test_loans_without_a_delivered_schedule_are_not_explained() -> None:
    assert explained([loan(principal=1_000_000, tenor=4, annual_rate=12)], []) == []


POLICIES = st.tuples(
    st.sampled_from(["nearest", "up", "down", "none"]),
    st.sampled_from(["last", "first", "none"]),
    st.sampled_from(["parts", "level", "total", "apart"]),
)
TERMS = st.fixed_dictionaries(
    {
        "interest_method": st.sampled_from(["flat", "declining", "annuity", "bullet", "margin"]),
        "principal": st.integers(10_000_000, 500_000_000).map(Decimal),
        "source_rate": st.integers(50, 300).map(lambda hundredths: Decimal(hundredths) / 100),
        "tenor": st.integers(4, 36),
        "rounding_unit": st.sampled_from([1, 50, 100, 500, 1_000]).map(Decimal),
    }
)


@settings(max_examples=4, deadline=None)
@given(st.lists(st.tuples(TERMS, POLICIES), min_size=10, max_size=20))
def test_what_the_engine_makes_is_explained_to_the_rupiah(
    made: list[tuple[dict[str, object], tuple[str, str, str]]],
) -> None:
    loans = frame("loans", [{**loan(str(number)), **terms} for number, (terms, _) in enumerate(made)])
    policies = [
        pl.Series(name, [policy[place] for _, policy in made], dtype=pl.String)
        for place, name in enumerate(("rounding_mode", "absorbs", "rounds"))
    ]
    schedules = generate(loans.with_columns(*policies, source_rate_basis=pl.lit("per_month")))
    found = explain(loans, schedules)
    assert found.height == len(made)
    assert found.filter(~pl.col("exact") | (pl.col("largest_deviation") != 0)).rows() == []


def inferred(**terms: object) -> dict[str, object]:
    tenor = int(str(terms.pop("tenor", 12)))
    row = {**loan(principal=terms.pop("principal", 10_000_000), **terms), "tenor": tenor}
    return infer(frame("loans", [row])).row(0, named=True)


@pytest.mark.parametrize(
    ("terms", "method", "bases", "percent", "deviation"),
    [
        ({"source_rate": 2, "instalment_interest": 200_000}, "flat", "per_month", "24", 0),
        # for twelve months the year is the whole term: a tie
        ({"source_rate": 24, "instalment_interest": 200_000}, "flat", "per_year, whole_term", "24", 0),
        ({"source_rate": 24, "instalment_interest": 200_000, "tenor": 10}, "flat", "per_year", "24", 0),
        ({"source_rate": 18, "instalment_interest": 450_000, "tenor": 4}, "flat", "whole_term", "54", 0),
        ({"source_rate": 18, "interest_total": 1_800_000, "tenor": 4}, "flat", "whole_term", "54", 0),
        # 232,960 rounded up to 1,000
        ({"source_rate": Decimal("2.24"), "instalment_interest": 233_000, "principal": 10_400_000}, "flat", "per_month",
         "26.88", 40),
        # one instalment bears all of it: month and whole term are one
        ({"source_rate": 2, "instalment_interest": 200_000, "tenor": 1}, "flat", "per_month, whole_term", "24", 0),
        # 1 % a month on 10,000,000, falling by a twelfth: 100,000 x 13 / 2
        ({"source_rate": 1, "interest_total": 650_000}, "declining", "per_month", "12", 0),
        # A = 470,734.72; 24 of them less the principal are 1,297,633.33
        ({"source_rate": 12, "interest_total": 1_297_633, "tenor": 24}, "annuity", "per_year", "12", 0),
        ({"source_rate": 1, "instalment_interest": 100_000, "instalment_principal": 0}, "bullet", "per_month", "12", 0),
        # weekly: 52 / 52 = 1 % a week of 10,000,000
        ({"source_rate": 52, "instalment_interest": 100_000, "frequency": "weekly"}, "flat", "per_year", "52", 0),
        ({"source_rate": Decimal("36.5"), "instalment_interest": 10_000, "frequency": "daily"}, "flat", "per_year",
         "36.5", 0),
        ({"source_rate": 10, "instalment_interest": 1_000_000, "frequency": "yearly", "tenor": 3}, "flat", "per_year",
         "10", 0),
        ({"annual_rate": 24, "instalment_interest": 200_000}, "flat", "per_year", "24", 0),
        ({"source_rate": 12, "interest_total": 1_200_000, "interest_method": "margin"}, "margin",
         "per_year, whole_term", "12", 0),
    ],
)  # fmt: skip
def test_method_base_and_nominal_rate_are_found(
    terms: dict[str, object], method: str, bases: str, percent: str, deviation: int
) -> None:
    found = inferred(**terms)
    assert list(found) == INFERRED
    assert (found["method"], found["bases"], found["annual_rate"]) == (method, bases, Decimal(percent))
    assert found["rate_basis"] == bases.split(", ")[0]
    assert found["tie"] == (", " in bases)
    assert abs(Decimal(str(found["deviation"])) - deviation) < 1


def test_the_interest_of_one_instalment_does_not_tell_the_method() -> None:
    assert inferred(source_rate=2, instalment_interest=200_000)["methods"] == "flat, declining, annuity"
    assert inferred(source_rate=2, interest_total=2_400_000)["methods"] == "flat"


CLAIM = {"interest_method": "flat", "source_rate_basis": "per_year"}


@pytest.mark.parametrize(
    ("terms", "claim"),
    [
        ({"source_rate": 24, "instalment_interest": 200_000, **CLAIM}, "agrees"),
        ({"source_rate": 24, "instalment_interest": 200_000, "source_rate_basis": "whole_term"}, "agrees"),  # a tie
        ({"source_rate": 2, "instalment_interest": 200_000, **CLAIM}, "disagrees"),
        ({"source_rate": 2, "interest_total": 1_300_000, "interest_method": "flat"}, "disagrees"),  # it is declining
        ({"source_rate": 2, "interest_total": 1_300_000, "interest_method": "declining"}, "agrees"),
        ({"source_rate": 2, "instalment_interest": 200_000, "annual_rate": 24}, "agrees"),
        ({"source_rate": 2, "instalment_interest": 200_000, "annual_rate": 2}, "disagrees"),
        ({"source_rate": 5, "instalment_interest": 123_456, **CLAIM}, "disagrees"),  # nothing fits
        ({"source_rate": 24, "instalment_interest": 200_000}, "cannot_tell"),  # nothing is claimed
        ({"source_rate": 24, **CLAIM}, "cannot_tell"),
        ({"instalment_interest": 200_000, **CLAIM}, "cannot_tell"),
        ({"source_rate": 2, "instalment_interest": 200_000, "frequency": None, "source_rate_basis": "per_month"},
         "cannot_tell"),
    ],
)  # fmt: skip
def test_the_claim_of_the_source_is_compared(terms: dict[str, object], claim: str) -> None:
    assert inferred(**terms)["claim"] == claim


def test_a_disagreement_says_what_is_found_and_what_is_claimed() -> None:
    text = str(inferred(source_rate=18, instalment_interest=450_000, tenor=4, **CLAIM)["explanation"])
    assert text == (
        "18 stored and Rp 450000.00 of interest an instalment fit flat whole_term, 54 % a year, to Rp 0.00 an"
        " instalment; the source claims flat per_year, 18 % a year"
    )


def test_a_rate_that_fits_in_no_way_names_the_nearest() -> None:
    found = inferred(source_rate=5, instalment_interest=490_000, source_rate_basis="per_month", rounding_unit=1)
    assert (found["method"], found["rate_basis"], found["annual_rate"]) == (None, None, None)
    assert found["deviation"] == Decimal(10_000)
    assert "in no way; the nearest, flat per_month, would give Rp 500000.00" in str(found["explanation"])


def test_interest_that_fits_beside_a_principal_that_does_not_names_the_principal() -> None:
    """2 % of 10,000,000 is 200,000; a twelfth of it is 833,333, and 500,000 is stored."""
    claim = {**CLAIM, "source_rate_basis": "per_month"}
    found = inferred(source_rate=2, instalment_interest=200_000, instalment_principal=500_000, **claim)
    assert found["claim"] == "disagrees"
    assert "in no way" not in str(found["explanation"])
    assert str(found["explanation"]).startswith(
        "2 stored and Rp 200000.00 of interest an instalment fit flat per_month, 24 % a year, to Rp 0.00 an instalment,"
        " but the stored principal of Rp 500000.00 does not: it would be Rp 833333.33; the source claims flat per_month"
    )


def test_what_is_not_known_is_named() -> None:
    assert inferred(source_rate=2)["explanation"] == "nothing to compare: not known stored interest"
    assert inferred(instalment_interest=5)["explanation"] == "nothing to compare: not known stored rate"


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([("per_month", 12), ("per_year", 1)]), st.integers(1_000_000, 900_000_000), st.integers(10, 4_000),
    st.integers(2, 60),
)  # fmt: skip
def test_the_base_that_made_the_interest_is_among_those_found(
    base: tuple[str, int], principal: int, hundredths: int, n: int
) -> None:
    interest = (2 * principal * hundredths * base[1] + 120_000) // 240_000  # half-up: P x rate / 100 / 12
    found = inferred(
        principal=principal, source_rate=Decimal(hundredths) / 100, instalment_interest=interest, tenor=n,
        interest_method="flat", source_rate_basis=base[0],
    )  # fmt: skip
    assert (found["claim"], found["rate_basis"]) == ("agrees", base[0])
    assert found["annual_rate"] == Decimal(hundredths) * base[1] / 100
