"""Every identifier has the same five verbs, and they agree with one another on every text."""

import inspect
from types import ModuleType

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
from koop_pipeline.identifiers.errors import IdentifierError
from koop_pipeline.identifiers.verbs import judged, plain

VERBS = ("compact", "validate", "is_valid", "format", "canonical")
STORED = [nik, npwp, nib, cooperative_nik, kbli, region, phone, email, person_name, legal_entity, plain_text]
READ = [rupiah, angka, tanggal]
ADVERSARIAL = "0123456789.,-+/ '\\\u00a0\u200b\t\n\u0301\u00e9\u2212\u0663\uff15E@#RpJanuari()%\x00"
DIGITS = "0123456789 .-'"
EXAMPLES = {
    nik: "53.01.01.410101.0001",
    npwp: "01.312.166.0-091.000",
    nib: "1234567890123",
    cooperative_nik: "5371010000001",
    kbli: "64141",
    region: "53.71.01",
    phone: "(0353) 886 039",
    email: "Ketua@Example.org",
    person_name: "Hj. Siti Aminah",
    legal_entity: "123/BH/XIV/1990",
    plain_text: "Jl. Merdeka 5",
    rupiah: "Rp 1.250.000,50",
    angka: "2,5 %",
    tanggal: "17/08/1945",
}
texts = (
    st.text(ADVERSARIAL, max_size=20)
    | st.text(DIGITS, min_size=10, max_size=24)
    | st.sampled_from(sorted(EXAMPLES.values()))
    | st.text(max_size=10)
)


@pytest.mark.parametrize("module", STORED + READ, ids=lambda module: module.__name__.rpartition(".")[2])
def test_the_verbs_are_there_and_say_what_they_do(module: ModuleType) -> None:
    verbs = [getattr(module, verb) for verb in VERBS]

    assert all(inspect.getdoc(verb) for verb in verbs)
    assert all(next(iter(inspect.signature(verb).parameters)) in {"text", "expr"} for verb in verbs)
    assert module.is_valid(EXAMPLES[module])


@pytest.mark.parametrize("module", STORED + READ, ids=lambda module: module.__name__.rpartition(".")[2])
@given(delivered=st.lists(texts, min_size=1, max_size=4))
@settings(max_examples=25)
def test_the_scalar_verbs_say_what_the_column_says(module: ModuleType, delivered: list[str]) -> None:
    column = judged(pl.lit(pl.Series([*delivered, None], dtype=pl.String)), module.canonical)

    assert column.row(-1) == (None, None)
    for text, (value, fault) in zip(delivered, column.rows()[:-1], strict=True):
        assert module.is_valid(text) == (value is not None)
        if value is not None:
            assert module.validate(text) == plain(value)
            continue
        with pytest.raises(IdentifierError) as refused:
            module.validate(text)
        assert refused.value.fault == fault


@pytest.mark.parametrize("module", STORED, ids=lambda module: module.__name__.rpartition(".")[2])
@given(delivered=st.lists(texts, min_size=1, max_size=8))
@settings(max_examples=25)
def test_what_is_stored_is_read_again_as_itself_and_so_is_the_compact_text(
    module: ModuleType, delivered: list[str]
) -> None:
    usable = judged(pl.lit(pl.Series([*delivered, EXAMPLES[module]])), module.canonical)
    rows = [(text, value) for text, value in zip([*delivered, EXAMPLES[module]], usable["value"], strict=True) if value]
    again = judged(pl.lit(pl.Series([value for _, value in rows])), module.canonical)
    compact = judged(pl.lit(pl.Series([module.compact(text) for text, _ in rows])), module.canonical)

    assert again["value"].to_list() == [value for _, value in rows]
    assert compact["value"].to_list() == [value for _, value in rows]


@pytest.mark.parametrize(
    ("module", "written"), [(rupiah, "Rp 1.250.000,50"), (angka, "2,5"), (tanggal, "17 Agustus 1945")]
)
def test_what_is_read_is_written_as_indonesians_do_and_read_again(module: ModuleType, written: str) -> None:
    assert module.format(EXAMPLES[module]) == written
    assert module.validate(written) == module.validate(EXAMPLES[module])


@pytest.mark.parametrize("module", STORED + READ, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_column_without_rows_or_without_values_has_none(module: ModuleType) -> None:
    for nothing in ([], [None, None]):
        column = pl.DataFrame({"t": nothing}, schema={"t": pl.String}).select(module.canonical(pl.col("t")).alias("v"))
        assert column.unnest("v").rows() == [(None, None)] * len(nothing)
