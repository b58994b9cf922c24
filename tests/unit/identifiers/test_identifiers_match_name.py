"""Specification of `match_name`: which spellings are one name, and which stay two. All names are invented."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koop_pipeline.identifiers.match_name import key_of, match_key

KEYS: list[tuple[str, str | None]] = [
    ("SITI AMINAH", "siti aminah"),
    ("  Siti \u00a0 Aminah ", "siti aminah"),
    ("Jos\u00e9 Fern\u00e1ndez", "jose fernandez"),
    ("Jose\u0301 Fernandez", "jose fernandez"),
    ("Ma'arif", "marif"),
    (r"Ma\'arif", "marif"),
    ("Ma\u2019arif", "marif"),
    ("Maarif", "marif"),
    ("Nur-Hayati", "nur hayati"),
    ("A.R. Saleh", "a r saleh"),
    ("H. Budi Santoso", "budi santoso"),
    ("H.Budi Santoso", "budi santoso"),
    ("Haji Budi Santoso", "budi santoso"),
    ("Hadji Budi Santoso", "budi santoso"),
    ("Hj. Siti Aminah", "siti aminah"),
    ("K.H. Budi Santoso", "budi santoso"),
    ("Drs. H. Budi Santoso, M.Si", "budi santoso"),
    ("Dra. Siti Aminah", "siti aminah"),
    ("Prof. Dr. Ir. Budi Santoso, S.E., M.M.", "budi santoso"),
    ("BUDI SANTOSO SE", "budi santoso"),
    ("Budi Santoso SH", "budi santoso"),
    ("Budi Santoso, S.H., M.H.", "budi santoso"),
    ("Budi Santoso S.Kom", "budi santoso"),
    ("Budi Santoso SKom", "budi santoso"),
    ("Budi Santoso, S. Kom.", "budi santoso"),
    ("Siti Aminah, A.Md", "siti aminah"),
    ("Siti Aminah A.Md.Keb", "siti aminah"),
    ("Siti Aminah, S.Pd.I", "siti aminah"),
    ("Siti Aminah, MA", "siti aminah"),
    ("Alm. Budi Santoso", "budi santoso"),
    ("Almh. Siti Aminah", "siti aminah"),
    ("Budi Santoso (Alm)", "budi santoso"),
    ("Bpk Budi Santoso", "budi santoso"),
    ("Bpk. H. Budi Santoso", "budi santoso"),
    ("Ibu Siti Aminah", "siti aminah"),
    ("Sdr. Budi Santoso", "budi santoso"),
    ("Sdri. Siti Aminah", "siti aminah"),
    ("Soekarno", "sukarno"),
    ("Tjahjo", "cahjo"),
    ("Djojohadikoesoemo", "jojohadikusumo"),
    ("AISYAH", "aisyah"),
    ("AISJAH", "aisyah"),
    ("Njoman", "nyoman"),
    ("Panjaitan", "panyaitan"),
    ("Pandjaitan", "panyaitan"),
    ("Masdjid", "masyid"),
    ("Masjid", "masyid"),
    ("Soeoed", "sud"),
    ("Nurr Hayatti", "nur hayati"),
    ("MOHAMMAD ALI", "muhamad ali"),
    ("Muhammad Ali", "muhamad ali"),
    ("Mohamad Ali", "muhamad ali"),
    ("Muhamad Ali", "muhamad ali"),
    ("Mohammed Ali", "muhamad ali"),
    ("Mochammad Ali", "muhamad ali"),
    ("Moh. Ali", "muhamad ali"),
    ("Moch Ali", "muhamad ali"),
    ("Muh.Ali", "muhamad ali"),
    ("Mohd. Ali", "muhamad ali"),
    ("Ali Muhammad, S.Ag", "ali muhamad"),
    ("Siti 2", "siti 2"),
    ("12345", None),
    ("-", None),
    ("", None),
]
KEPT: list[tuple[str, str]] = [
    ("M. Ali", "m ali"),
    ("Md. Ali", "md ali"),
    ("Muhammadiyah", "muhamadiyah"),
    ("Petrus Ama", "petrus ama"),
    ("Maria Sak", "maria sak"),
    ("Nona Maria", "nona maria"),
    ("Haji", "haji"),
    ("H. Haji", "h haji"),
    ("Ibu", "ibu"),
    ("Drs. S.H.", "drs s h"),
    ("Hasan", "hasan"),
    ("Siti H", "siti h"),
    ("Irwan", "irwan"),
    ("Drajat", "drajat"),
    ("Achmad", "achmad"),
    ("Abdurrahman", "abdurahman"),
]


@pytest.mark.parametrize(("name", "key"), KEYS)
def test_one_name_in_many_spellings(name: str, key: str | None) -> None:
    assert key_of(name) == key


@pytest.mark.parametrize(("name", "key"), KEPT)
def test_what_is_not_a_title_and_what_is_not_folded(name: str, key: str) -> None:
    assert key_of(name) == key


# Polars knows a newer Unicode than Python 3.11: the two may differ on what Python has not assigned yet
names = st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=20) | st.lists(
    st.sampled_from(
        ["Hj.", "H", "Drs.", "S.Kom", ", ", ",SE", "Siti", "Moh.", "oe", "ndj", "sdj", "tj", "'", "\u00c9", "aaa"]
    ),
    max_size=6,
).map(" ".join)


@given(delivered=st.lists(names, min_size=1, max_size=8))
@settings(max_examples=60)
def test_a_column_says_what_the_scalar_form_says(delivered: list[str]) -> None:
    frame = pl.DataFrame({"n": [*delivered, None]}, schema={"n": pl.String})

    keys = frame.select(match_key(pl.col("n")))["match_key"].to_list()

    assert keys == [*(key_of(name) for name in delivered), None]


@given(names)
@settings(max_examples=150)
def test_a_name_with_a_letter_has_a_key_and_no_other_has(name: str) -> None:
    key = key_of(name)

    assert (key is not None) == any(letter.isalpha() for letter in name)
    assert key is None or (key == key.strip() and "  " not in key and "," not in key)


words = st.lists(st.from_regex(r"[B-Zb-z][a-z]{3,8}", fullmatch=True), min_size=2, max_size=3).map(" ".join)


@given(words)
@settings(max_examples=60)
def test_case_blanks_titles_and_doubled_letters_make_no_difference(name: str) -> None:
    variants = [name.upper(), name.replace(" ", "  "), f"Drs. H. {name}, S.Kom, M.Si", f"{name} (Alm)"]
    doubled = "".join(2 * letter if letter in "lmnrst" else letter for letter in name.lower())

    assert {key_of(variant) for variant in [*variants, doubled]} == {key_of(name)}
