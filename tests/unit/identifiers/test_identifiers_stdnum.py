"""NPWP and Luhn agree with python-stdnum; NIK differs from it in three places, where python-stdnum is wrong.

Source of the three: domain.md section 1. Each test pins what python-stdnum says too, so that a mended release is seen.
"""

from datetime import date

import polars as pl
import pytest
import stdnum.id.nik
import stdnum.id.npwp
import stdnum.luhn
from hypothesis import given, settings
from hypothesis import strategies as st

from koop_pipeline.identifiers import nik, npwp, region
from koop_pipeline.identifiers.verbs import judged, look


def values(texts: list[str]) -> list[str | None]:
    """What `npwp.canonical` makes of a column of texts."""
    return judged(pl.lit(pl.Series(texts, dtype=pl.String)), npwp.canonical)["value"].to_list()


digits_8 = st.text("0123456789", min_size=8, max_size=8)
old_stems = st.lists(digits_8.filter(lambda digits: digits != "00000000"), min_size=1, max_size=20)


@given(stems=old_stems)
@settings(max_examples=50)
def test_the_ninth_digit_of_an_old_npwp_is_the_luhn_digit_and_no_other(stems: list[str]) -> None:
    texts = [f"{stem}{digit}123000" for stem in stems for digit in "0123456789"]
    accepted = [text[8] for text, value in zip(texts, values(texts), strict=True) if value is not None]

    assert accepted == [stdnum.luhn.calc_check_digit(stem) for stem in stems]


@given(texts=st.lists(st.from_regex(r"[0-9]{12}000", fullmatch=True), min_size=1, max_size=30))
@settings(max_examples=50)
def test_an_old_npwp_of_a_head_office_is_valid_where_python_stdnum_says_so(texts: list[str]) -> None:
    usable = [text for text in texts if len(set(text)) > 1]
    expected = ["0" + text if stdnum.id.npwp.is_valid(text) else None for text in usable]

    assert values(usable) == expected
    assert values([stdnum.id.npwp.format(text) for text in usable]) == expected


@given(texts=st.lists(st.from_regex(r"[1-9][0-9]{10}000", fullmatch=True), min_size=1, max_size=30))
@settings(max_examples=50)
def test_fourteen_digits_are_an_old_npwp_without_its_zero_where_python_stdnum_says_so(texts: list[str]) -> None:
    assert values(texts) == ["00" + text if stdnum.id.npwp.is_valid("0" + text) else None for text in texts]


@given(
    niks=st.lists(
        st.builds(
            lambda place, day, month, year, serial: f"{place}{day:02}{month:02}{year:02}{serial:04}",
            st.sampled_from(["110101", "317101", "337302", "530101", "737103"]),
            st.integers(1, 28) | st.integers(41, 68),
            st.integers(1, 12),
            st.integers(0, 99),
            st.integers(1, 9999),
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=50)
def test_a_usual_nik_is_valid_for_both(niks: list[str]) -> None:
    column = judged(pl.lit(pl.Series(niks, dtype=pl.String)), nik.canonical)

    assert all(stdnum.id.nik.is_valid(number) for number in niks)
    assert column["value"].to_list() == niks
    assert column["fault"].null_count() == len(niks)


@pytest.mark.parametrize("day", [81, 85, 99])
def test_fault_1_of_python_stdnum_it_accepts_days_81_to_99(day: int) -> None:
    number = f"530101{day}01010001"

    assert stdnum.id.nik.is_valid(number)
    assert look(number, nik.canonical) == (None, "NIK-01")


@pytest.mark.parametrize(
    ("number", "theirs", "ours"),
    [
        ("5301010105040001", date(1904, 5, 1), date(2004, 5, 1)),
        ("5301014105060001", date(1906, 5, 1), date(2006, 5, 1)),
    ],
)
def test_fault_2_of_python_stdnum_it_puts_births_of_this_century_into_the_last(
    number: str, theirs: date, ours: date
) -> None:
    born = pl.select(nik.birth_date(pl.lit(number), on=date(2026, 6, 30))).item()

    assert stdnum.id.nik.get_birth_date(number) == theirs
    assert born == ours


@pytest.mark.parametrize("province", ["65", "92", "93", "95", "96"])
def test_fault_3_of_python_stdnum_it_refuses_provinces_in_force(province: str) -> None:
    number = f"{province}01010101010001"

    assert not stdnum.id.nik.is_valid(number)
    assert look(number, nik.canonical) == (number, None)


def test_the_provinces_of_a_nik_are_those_of_the_region_reference() -> None:
    assert set(nik.PROVINCES) == {code for code in region.names() if len(code) == 2}
    assert len(nik.PROVINCES) == 38
