"""Rounding of a quotient in every mode, and which policy a loan has."""

from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koop_pipeline.opening.loans.rounding import Mode, Policy, by_policy, with_policy
from koop_pipeline.opening.money import whole


def rounded(mode: Mode, numerator: int, denominator: int, unit: int = 1) -> int:
    expr = Policy(mode).quotient(whole(numerator), whole(denominator), whole(unit))
    return int(pl.select(expr).item())


@pytest.mark.parametrize(
    ("numerator", "denominator", "unit", "nearest", "up", "down"),
    [
        (10_000_000, 12, 1, 833_333, 833_334, 833_333),  # 833,333.33
        (10_000_000, 12, 50, 833_350, 833_350, 833_300),
        (10_000_000, 12, 100, 833_300, 833_400, 833_300),
        (10_000_000, 12, 500, 833_500, 833_500, 833_000),
        (10_000_000, 12, 1_000, 833_000, 834_000, 833_000),
        (1_500, 1, 1_000, 2_000, 2_000, 1_000),  # a half goes up
        (2_500, 1, 1_000, 3_000, 3_000, 2_000),
        (3_000, 1, 1_000, 3_000, 3_000, 3_000),  # a multiple stays in every mode
        (1, 1_000, 1_000, 0, 1_000, 0),
        (10_000, 3, 7, 3_332, 3_339, 3_332),  # any positive unit: 476 x 7, 477 x 7
        (0, 12, 100, 0, 0, 0),
    ],
)
def test_every_mode(numerator: int, denominator: int, unit: int, nearest: int, up: int, down: int) -> None:
    got = [rounded(mode, numerator, denominator, unit) for mode in ("nearest", "up", "down")]
    assert got == [nearest, up, down]


@pytest.mark.parametrize(
    ("numerator", "denominator", "sen"),
    [(1, 2, 0), (3, 2, 2), (5, 2, 2), (7, 2, 4), (1_000_000_000, 12, 83_333_333), (5, 3, 2), (4, 3, 1), (6, 3, 2)],
)
def test_without_rounding_a_half_sen_goes_to_the_even_one_whatever_the_unit(
    numerator: int, denominator: int, sen: int
) -> None:
    assert rounded("none", numerator, denominator, 1_000) == sen


def test_what_has_no_positive_denominator_is_null() -> None:
    modes: tuple[Mode, ...] = ("nearest", "up", "down", "none")
    for mode in modes:
        assert pl.select(Policy(mode).quotient(whole(5), whole(0), whole(1))).item() is None


@given(st.integers(0, 10**18), st.integers(1, 10**6), st.sampled_from([1, 50, 100, 500, 1_000, 12_345]))
def test_rounding_stays_within_its_unit(numerator: int, denominator: int, unit: int) -> None:
    exact = Fraction(numerator, denominator)
    up, down = rounded("up", numerator, denominator, unit), rounded("down", numerator, denominator, unit)
    nearest = rounded("nearest", numerator, denominator, unit)
    assert down <= exact <= up
    assert up - down in (0, unit)
    assert nearest in (up, down)
    assert abs(nearest - exact) <= Fraction(unit, 2)


def test_a_loan_without_a_policy_has_the_default_of_the_design() -> None:
    loans = pl.DataFrame({"loan_no": ["1", "2"], "absorbs": [None, "first"]})
    got = with_policy(loans)
    assert got.rows() == [("1", "last", "nearest", "parts"), ("2", "first", "nearest", "parts")]
    assert [policy for policy, _ in by_policy(got)] == [Policy(absorbs="first"), Policy()]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("rounding_mode", "rounding_mode: 'sideways' is none of nearest, up, down, none"),
        ("absorbs", "absorbs: 'sideways' is none of last, first, none"),
        ("rounds", "rounds: 'sideways' is none of parts, level, total"),
    ],
)
def test_an_unknown_policy_is_named(column: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        with_policy(pl.DataFrame({column: ["sideways", None]}))
