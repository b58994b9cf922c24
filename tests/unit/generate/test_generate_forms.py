"""The texts that legacy systems write, by hand."""

from datetime import date

import polars as pl
import pytest

from koop_pipeline.generate import forms


@pytest.mark.parametrize(
    ("sen", "lot", "text"),
    [
        (0, 9, "0"),
        (5, 9, "0,05"),
        (100, 9, "1"),
        (125_000_000, 9, "1.250.000"),
        (125_000_000, 0, "1.250.000,00"),
        (125_000_000, 1, "Rp 1.250.000,-"),
        (125_000_000, 2, "1250000"),
        (125_000_050, 1, "1.250.000,50"),
        (100_000_000_000, 9, "1.000.000.000"),
        (99_900, 9, "999"),
        (1_000_700, 9, "10.007"),
    ],
)
def test_an_amount_as_people_type_it(sen: int, lot: int, text: str) -> None:
    assert pl.DataFrame({"sen": [sen]}).select(forms.indonesian(pl.col("sen"), pl.lit(lot))).item() == text


def test_a_day_as_people_type_it() -> None:
    frame = pl.DataFrame({"day": [date(2018, 12, 7)] * len(forms.TYPED)})
    texts = frame.select(forms.typed_day("day", pl.int_range(pl.len()))).to_series().to_list()
    assert set(texts) == {"07/12/2018", "07-12-2018", "7 Desember 2018", "07/12/18"}
    assert texts.count("07/12/2018") == 8


def test_a_two_digit_year_is_never_written_where_it_would_mean_another() -> None:
    frame = pl.DataFrame({"day": [date(2031, 1, 2)] * len(forms.TYPED)})
    texts = frame.select(forms.typed_day("day", pl.int_range(pl.len()))).to_series().to_list()
    assert all("2031" in text for text in texts)


def test_no_day_is_no_text() -> None:
    frame = pl.DataFrame({"day": [None]}, schema={"day": pl.Date})
    assert frame.select(forms.day("day")).item() is None


def test_decimals_and_phones() -> None:
    frame = pl.DataFrame({"sen": [5, 125_000_050], "phone": ["+6284000012345"] * 2, "lot": [0, 1]})
    assert frame.select(forms.decimal(pl.col("sen"))).to_series().to_list() == ["0.05", "1250000.50"]
    texts = frame.select(forms.phone("phone", pl.col("lot"))).to_series().to_list()
    assert texts == ["62 84000012345", "+62-0840-00012345"]


def test_lots_differ_from_row_to_row_and_from_seed_to_seed() -> None:
    frame = pl.DataFrame({"row": range(1000)}).select(one=forms.lots(1), two=forms.lots(2))
    assert frame["one"].n_unique() > 900
    assert (frame["one"] % 16).n_unique() == 16
    assert frame.filter(pl.col("one") == pl.col("two")).height < 10
