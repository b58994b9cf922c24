"""Specification of the other identifiers, of names and texts, and of masking. All data is invented."""

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koop_pipeline.identifiers import (
    angka,
    cooperative_nik,
    email,
    kbli,
    legal_entity,
    masking,
    nib,
    nik,
    npwp,
    person_name,
    phone,
    plain_text,
    region,
    rupiah,
    tanggal,
)
from koop_pipeline.identifiers.errors import InvalidForm, Placeholder
from koop_pipeline.identifiers.verbs import is_valid, judged, look, plain, validate

Canonical = Callable[[pl.Expr], pl.Expr]
TABLE: list[tuple[Canonical, str | None, str | None, str | None]] = [
    (nib.canonical, "1234567890123", "1234567890123", None),
    (nib.canonical, "123456789012", None, "NIB-01"),
    (nib.canonical, "-", None, None),
    (cooperative_nik.canonical, "5371010000001", "5371010000001", None),
    (cooperative_nik.canonical, "123456789", None, "CNK-01"),
    (cooperative_nik.canonical, "12345678901234567", None, "CNK-01"),
    (phone.canonical, "081234567890", "+6281234567890", None),
    (phone.canonical, "8123456789", "+628123456789", None),
    (phone.canonical, "62 812 3456 789", "+628123456789", None),
    (phone.canonical, "+62-0812-3456-789", "+628123456789", None),
    (phone.canonical, "(0353) 886 039", "+62353886039", None),
    (phone.canonical, "021-5551234", "+62215551234", None),
    (phone.canonical, "0812345678", "+62812345678", None),
    (phone.canonical, "081234567", None, "PHN-01"),
    (phone.canonical, "08", None, "PHN-01"),
    (phone.canonical, "886039", None, "PHN-01"),
    (phone.canonical, "081234567890/081234567891", None, "PHN-01"),
    (phone.canonical, "81234567890.0", None, "PHN-01"),
    (phone.canonical, "+60123456789", "+60123456789", None),
    (phone.canonical, "-", None, None),
    (phone.canonical, "0", None, None),
    (region.canonical, "53.71.01", "53.71.01", None),
    (region.canonical, "537101", "53.71.01", None),
    (region.canonical, "53", "53", None),
    (region.canonical, "5371011001", "53.71.01.1001", None),
    (region.canonical, "53.99", "53.99", "RGN-02"),
    (region.canonical, "54", "54", "RGN-02"),
    (region.canonical, "53.1", None, "RGN-01"),
    (region.canonical, "5300", None, "RGN-01"),
    (region.canonical, "Kupang", None, "RGN-01"),
    (region.canonical, "", None, None),
    (email.canonical, " Ketua@Example.org ", "ketua@example.org", None),
    (email.canonical, "ketua@example", None, "EML-01"),
    (email.canonical, "a@example.org;b@example.org", None, "EML-01"),
    (email.canonical, "-", None, None),
    (person_name.canonical, r"Ma\'arif", "Ma'arif", None),
    (person_name.canonical, " Hj.  SITI\n AMINAH, S.Kom ", "Hj. SITI AMINAH, S.Kom", None),
    (person_name.canonical, "Jose\u0301", "Jos\u00e9", None),
    (person_name.canonical, "12345", None, "NAM-01"),
    (person_name.canonical, " ", None, None),
    (plain_text.canonical, "Jl. Merdeka\r\n 5\x00", "Jl. Merdeka 5", None),
    (plain_text.canonical, "  ", None, None),
    (plain_text.canonical_code, " 1.10  A ", "1.10  A", None),
    (legal_entity.canonical, "AHU-0012345.AH.01.26.TAHUN 2021", "AHU-0012345.AH.01.26.TAHUN 2021", None),
    (legal_entity.canonical, "123/BH/XIV/1990", "123/BH/XIV/1990", None),
    (legal_entity.canonical, "518.08/12/BH/XIV.10/VIII/2008", "518.08/12/BH/XIV.10/VIII/2008", None),
    (legal_entity.canonical, "akta notaris", "akta notaris", "LGL-01"),
    (legal_entity.canonical, "-", None, None),
    (kbli.canonical, "64141", "64141", None),
    (kbli.canonical, "6414", None, "KBL-01"),
]


@pytest.mark.parametrize(("canonical", "text", "value", "fault"), TABLE)
def test_as_delivered(canonical: Canonical, text: str | None, value: str | None, fault: str | None) -> None:
    assert look(text, canonical) == (value, fault)


ALL_CANONICAL: list[Canonical] = [
    rupiah.canonical,
    angka.canonical,
    tanggal.canonical,
    nik.canonical,
    npwp.canonical,
    *dict.fromkeys(row[0] for row in TABLE),
]
near_misses = st.text("0123456789.,-+/ '\u00a0aE@RpJan", max_size=20) | st.text(max_size=10)


@pytest.mark.parametrize("canonical", ALL_CANONICAL)
@given(texts=st.lists(near_misses, min_size=1, max_size=5))
@settings(max_examples=10, deadline=None)
def test_a_column_says_of_each_text_what_the_scalar_verbs_say(canonical: Canonical, texts: list[str]) -> None:
    column = judged(pl.lit(pl.Series(texts, dtype=pl.String)), canonical)

    for text, value in zip(texts, column["value"], strict=True):
        assert is_valid(text, canonical) == (value is not None)
        if value is not None:
            assert validate(text, canonical, "text") == plain(value)


def test_kbli_2025_merges_the_conventional_codes_only() -> None:
    codes = pl.DataFrame({"c": ["64141", "64143", "64145", "47111"]})

    assert codes.select(kbli.in_2025(pl.col("c")))["literal"].to_list() == ["64191", "64191", None, None]
    assert codes.select(kbli.is_savings_and_loan(pl.col("c")))["c"].to_list() == [True, True, True, False]


def test_the_region_reference_has_the_counts_that_its_source_states() -> None:
    levels = pl.read_csv(region.REFERENCE, schema_overrides={"code": pl.String})["level"].value_counts()

    assert dict(levels.iter_rows()) == {"province": 38, "regency": 514, "district": 7285}


def test_a_refusal_masks_the_text() -> None:
    with pytest.raises(InvalidForm, match=r"'k\*+e' is not a usable e-mail address \(EML-01\)"):
        email.validate("ketua@example")


def test_an_empty_text_is_a_placeholder() -> None:
    with pytest.raises(Placeholder, match="there is no NIB in it"):
        nib.validate("-")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("5301010101010001", "5301********0001"),
        ("Siti Aminah", "S**i A****h"),
        ("Ali bin Abu", "*** *** ***"),
        ("081234567890", "0**********0"),
        ("", ""),
    ],
)
def test_masked_texts(text: str, masked: str) -> None:
    assert masking.mask_text(text) == masked


@given(st.lists(st.text(max_size=20) | st.from_regex(r"[0-9]{15,17}", fullmatch=True), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_the_mask_of_a_column_is_the_mask_of_each_text(texts: list[str]) -> None:
    column = pl.DataFrame({"t": texts}).select(masking.mask(pl.col("t")))["t"]

    assert column.to_list() == [masking.mask_text(text) for text in texts]
