"""Monetary-unit sampling and random strata against published factors, scipy, and the method's own laws."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from koop_pipeline.verification.sampling import chance
from koop_pipeline.verification.sampling.factors import factor, random_size
from koop_pipeline.verification.sampling.monetary import Error, Plan, rupiah, sen, take, upper_limit

MILLION = 1_000_000 * 100
CONFIDENCES = {90: Decimal("0.90"), 95: Decimal("0.95"), 99: Decimal("0.99")}


def items(sizes: list[int], *, keys: list[str] | None = None) -> pl.DataFrame:
    """Items of these sizes in sen; keys A, B, C, ... unless given."""
    named = keys or [f"{number:04}" for number in range(len(sizes))]
    return pl.DataFrame(
        {"key": named, "row": list(range(len(sizes))), "amount": [rupiah(size) for size in sizes]},
        schema={"key": pl.String, "row": pl.Int64, "amount": pl.Decimal(18, 2)},
    )


@pytest.mark.parametrize(
    ("percent", "published"),
    [
        (90, ["2.30", "3.89", "5.32", "6.68", "7.99"]),
        (95, ["3.00", "4.74", "6.30", "7.75", "9.15"]),
        (99, ["4.61", "6.64", "8.41", "10.05", "11.60"]),
    ],
)
def test_factors_are_those_of_the_poisson_table(percent: int, published: list[str]) -> None:
    found = [factor(errors, CONFIDENCES[percent]).quantize(Decimal("0.01")) for errors in range(5)]
    assert found == [Decimal(text) for text in published]


@given(st.integers(0, 120), st.sampled_from(["0.5", "0.8", "0.9", "0.95", "0.975", "0.99", "0.9999"]))
def test_a_factor_is_half_the_inverse_of_chi_square(errors: int, confidence: str) -> None:
    reference = Decimal(repr(float(chi2.ppf(float(confidence), 2 * (errors + 1)) / 2)))
    assert abs(factor(errors, Decimal(confidence)) - reference) < reference * Decimal("1e-11")


@pytest.mark.parametrize(("percent", "size"), [(90, 47), (95, 60), (99, 93)])
def test_the_size_for_a_tolerable_error_of_five_percent(percent: int, size: int) -> None:
    plan = Plan(1000 * MILLION, 50 * MILLION, CONFIDENCES[percent])
    assert plan.size == size
    assert plan.interval == Fraction(1000 * MILLION, size)


def test_one_error_of_a_quarter_refuses_the_list() -> None:
    plan = Plan(1000 * MILLION, 50 * MILLION, CONFIDENCES[95])
    limit = rupiah(upper_limit(plan, [Error(sen(Decimal(400_000)), sen(Decimal(100_000)))]))
    assert limit == Decimal("57212755.58")
    assert limit > Decimal(50_000_000)


def test_no_error_accepts_the_list() -> None:
    plan = Plan(1000 * MILLION, 50 * MILLION, CONFIDENCES[95])
    assert rupiah(upper_limit(plan, [])) == Decimal("49928871.23")  # 1,000 m / 60 x 2.99573227355...


def test_an_error_in_an_item_that_is_always_taken_is_known_and_not_projected() -> None:
    plan = Plan(1000 * MILLION, 50 * MILLION, CONFIDENCES[95])
    limit = upper_limit(plan, [Error(20 * MILLION, 60_000_00)])
    assert rupiah(limit) == Decimal("49988871.23")


def test_taintings_descend_whatever_the_order_of_the_errors() -> None:
    plan = Plan(1000 * MILLION, 50 * MILLION, CONFIDENCES[95])
    errors = [Error(1000, 100), Error(1000, 900), Error(1000, 500)]
    # 1,000 m / 60 x [2.995732 + 0.9 x 1.748132 + 0.5 x 1.551929 + 0.1 x 1.457864]
    assert abs(rupiah(upper_limit(plan, errors)) - Decimal("91513400")) < 100
    assert upper_limit(plan, errors) == upper_limit(plan, errors[::-1])


def test_the_worked_walk() -> None:
    sizes = [40, 25, 12, 9, 6, 4, 3, 1]
    plan = Plan(100 * MILLION, 30 * MILLION, CONFIDENCES[95])
    assert (plan.size, plan.interval) == (10, Fraction(10 * MILLION))
    units = 35 * MILLION  # a start of 3.5 m in tenths of a sen
    assert plan.start(units) == Fraction(7 * MILLION, 2)
    taken = take(items([size * MILLION for size in sizes], keys=list("ABCDEFGH")), plan, units)
    assert taken["key"].to_list() == ["A", "B", "C", "D", "F"]
    assert taken["hits"].to_list() == [4, 3, 1, 1, 1]
    assert taken["always"].to_list() == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("confidence", "rate", "size"),
    [("0.95", "0.05", 59), ("0.90", "0.05", 45), ("0.99", "0.05", 90), ("0.99", "0.01", 459)],
)
def test_the_size_of_a_random_stratum(confidence: str, rate: str, size: int) -> None:
    assert random_size(Decimal(confidence), Decimal(rate)) == size


LISTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=60)


@st.composite
def drawn(draw: st.DrawFn) -> tuple[list[int], Plan, int]:
    """A list, a plan for it, and a start."""
    sizes = draw(LISTS)
    whole = sum(sizes)
    plan = Plan(
        whole, draw(st.integers(max(1, whole // 200), whole)), draw(st.sampled_from(list(CONFIDENCES.values())))
    )
    return sizes, plan, draw(st.integers(1, whole))


@given(drawn())
def test_every_point_lies_in_one_item_and_large_items_hold_one_always(case: tuple[list[int], Plan, int]) -> None:
    sizes, plan, units = case
    taken = take(items(sizes), plan, units)
    assert taken["hits"].sum() == plan.size
    large = {f"{number:04}" for number, size in enumerate(sizes) if size >= plan.interval}
    assert large == set(taken.filter("always")["key"])
    assert taken.filter(~pl.col("always"))["hits"].to_list() == [1] * (taken.height - len(large))


@given(drawn())
def test_the_walk_over_cumulated_intervals_finds_the_same_points(case: tuple[list[int], Plan, int]) -> None:
    sizes, plan, units = case
    points = [plan.start(units) + number * plan.interval for number in range(plan.size)]
    ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
    held = [sum(end - size < point <= end for point in points) for size, end in zip(sizes, ends, strict=True)]
    found = dict(take(items(sizes), plan, units).select("key", "hits").iter_rows())
    assert [found.get(f"{number:04}", 0) for number in range(len(sizes))] == held


@given(st.lists(st.integers(1, 25), min_size=1, max_size=8), st.integers(1, 20))
def test_the_chance_of_an_item_is_exactly_proportional_to_its_size(sizes: list[int], tolerable: int) -> None:
    whole = sum(sizes)
    plan = Plan(whole, min(tolerable, whole), CONFIDENCES[95])
    listed = items(sizes)
    counts = dict.fromkeys(listed["key"], 0)
    for units in range(1, whole + 1):
        for key in take(listed, plan, units)["key"]:
            counts[key] += 1
    chances = [Fraction(counts[f"{number:04}"], whole) for number in range(len(sizes))]
    assert chances == [min(Fraction(1), size / plan.interval) for size in sizes]


@given(drawn(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(case: tuple[list[int], Plan, int], random: Any) -> None:
    sizes, plan, units = case
    places = list(range(len(sizes)))
    random.shuffle(places)
    assert take(items(sizes)[places], plan, units).equals(take(items(sizes), plan, units))


@given(drawn(), st.data())
def test_a_limit_grows_with_errors_and_without_any_is_tolerable(
    case: tuple[list[int], Plan, int], data: st.DataObject
) -> None:
    sizes, plan, units = case
    assert upper_limit(plan, []) <= plan.tolerable
    taken = [sen(amount) for amount in take(items(sizes), plan, units)["amount"]][:12]
    errors = [Error(size, data.draw(st.integers(1, size))) for size in taken]
    limits = [upper_limit(plan, errors[:count]) for count in range(len(errors) + 1)]
    assert limits == sorted(limits)
    assert limits[-1] >= sum(error.wrong_by for error in errors if error.book_value >= plan.interval)


def test_amounts_beyond_what_64_bits_hold_are_walked_exactly() -> None:
    sizes = [9_999_999_999_999_999_99] * 9 + [1]
    plan = Plan(sum(sizes), sum(sizes) // 1000, CONFIDENCES[99])
    taken = take(items(sizes), plan, plan.book_value)
    assert taken["hits"].sum() == plan.size == 4606
    assert taken["key"].to_list()[-1] == "0009"  # the last point of the last start is the last sen


def test_a_list_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        take(items([5, 6]), Plan(12, 3, CONFIDENCES[95]), 1)


def test_chance_follows_from_the_seed_on_every_machine() -> None:
    """What sha256sum says of `4:seed` and `4:seed4:KSP-`, modulo 1000 and 97 by bc."""
    assert chance.below(1000, "seed") == 673
    assert chance.below(97, "seed", "KSP-") == 34


@given(st.integers(0, 300), st.integers(0, 80), st.text(max_size=5))
def test_positions_are_different_sorted_and_within_the_list(population: int, size: int, seed: str) -> None:
    found = chance.positions(population, size, seed)
    assert found == sorted(set(found)) == chance.positions(population, size, seed)
    assert len(found) == min(population, size)
    assert all(0 <= place < population for place in found)


def test_every_position_is_as_likely_as_the_other() -> None:
    counts = [0] * 20
    for number in range(4000):
        for place in chance.positions(20, 5, str(number)):
            counts[place] += 1
    # 1,000 expected of each; the chi-square of 19 degrees of freedom stays below its 99.99 % point
    assert sum((count - 1000) ** 2 / (1000 * 0.75) for count in counts) * 19 / 20 < 52
