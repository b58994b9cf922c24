"""The macros agree with the Polars expressions on every text, and behave inside TRY. Pins two facts about DuckDB."""

from collections.abc import Callable, Iterator
from typing import get_args

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koop_pipeline.identifiers import angka, rupiah, sql, tanggal
from koop_pipeline.identifiers.numeral import DecimalMark
from koop_pipeline.identifiers.tanggal import DateOrder
from koop_pipeline.identifiers.verbs import judged

NUMBER_PARTS = ["Rp", "Rp.", "IDR", " ", "\u00a0", "-", "+", "(", ")", ".", ",", ",-", "'", "%", "nihil", "E", "\u2212"]
NUMBER_PARTS += ["0", "5", "00", "50", "005", "015", "250", "1", "12", "000000", "1.250", "1,250", "99999999"]
DATE_PARTS = ["1", "01", "12", "13", "31", "29", "00", "2", "2000", "2020", "1899", "2101", "0006", "31", "99", "'"]
DATE_PARTS += ["/", "-", ".", " ", ",", "Jan", "januari", "MEI", "Agust", "T", "00:00", " 10:11:12", "Z", "2024-01-31"]
number_texts = st.lists(st.sampled_from(NUMBER_PARTS), max_size=7).map("".join)
date_texts = st.lists(st.sampled_from(DATE_PARTS), max_size=7).map("".join)
shaped_dates = st.builds(
    lambda one, mark, two, year, tail: f"{one}{mark}{two}{mark}{year}{tail}",
    st.integers(0, 33),
    st.sampled_from(["/", "-", ".", " "]),
    st.sampled_from(["1", "02", "12", "13", "Feb", "Agustus", "okt", "Janruari"]),
    st.sampled_from(["2024", "1900", "2100", "2101", "30", "31", "'99", "64", "0064"]),
    st.sampled_from(["", "", " 00:00:00", "'", "x"]),
)
any_text = st.text(max_size=8) | st.text("0123456789\u0663\uff15\u00a0\u2212/-.,'\n", max_size=12)
ORDERS: tuple[DateOrder, ...] = get_args(DateOrder)
MARKS: tuple[DecimalMark, ...] = get_args(DecimalMark)


def connection(dates: DateOrder, decimal: DecimalMark, *, strict: bool) -> duckdb.DuckDBPyConnection:
    connected = duckdb.connect()
    connected.execute(f"SET disabled_optimizers = '{sql.DISABLED_OPTIMIZER}'")
    for statement in sql.macros(dates=dates, decimal=decimal, strict=strict):
        connected.execute(statement)
    return connected


@pytest.fixture(scope="module")
def lenient() -> Iterator[dict[str, duckdb.DuckDBPyConnection]]:
    opened: dict[str, duckdb.DuckDBPyConnection] = {mark: connection("dmy", mark, strict=False) for mark in MARKS}
    opened |= {order: connection(order, ",", strict=False) for order in ORDERS}
    yield opened
    for connected in opened.values():
        connected.close()


@pytest.fixture(scope="module")
def strict() -> Iterator[duckdb.DuckDBPyConnection]:
    connected = connection("dmy", ",", strict=True)
    yield connected
    connected.close()


def fails(connected: duckdb.DuckDBPyConnection, call: str, text: str) -> bool:
    """Whether the macro raises for a text that no optimizer sees beforehand."""
    try:
        connected.execute(f"SELECT {call}(t) FROM (SELECT unnest($1::VARCHAR[]) AS t)", [[text]]).fetchall()
    except duckdb.ConversionException:
        return True
    return False


def in_sql(connected: duckdb.DuckDBPyConnection, call: str, texts: list[str]) -> list[object]:
    rows = connected.execute(f"SELECT {call}(t) FROM (SELECT unnest($1::VARCHAR[]) AS t)", [texts]).fetchall()
    return [row[0] for row in rows]


def in_polars(texts: list[str], canonical: pl.Expr) -> list[object]:
    frame = pl.DataFrame({"t": texts}, schema={"t": pl.String})
    return frame.select(canonical.struct.field("value"))["value"].to_list()


@pytest.mark.parametrize("mark", MARKS)
@given(texts=st.lists(number_texts | any_text, min_size=1, max_size=60))
@settings(max_examples=80, deadline=None)
def test_numbers_agree(lenient: dict[str, duckdb.DuckDBPyConnection], mark: DecimalMark, texts: list[str]) -> None:
    texts = [text.replace("\0", "") for text in texts]

    assert in_sql(lenient[mark], "rupiah", texts) == in_polars(texts, rupiah.canonical(pl.col("t"), decimal=mark))
    assert in_sql(lenient[mark], "angka", texts) == in_polars(texts, angka.canonical(pl.col("t"), decimal=mark))


@pytest.mark.parametrize("order", ORDERS)
@given(texts=st.lists(date_texts | shaped_dates | any_text, min_size=1, max_size=60))
@settings(max_examples=80, deadline=None)
def test_dates_agree(lenient: dict[str, duckdb.DuckDBPyConnection], order: DateOrder, texts: list[str]) -> None:
    texts = [text.replace("\0", "") for text in texts]

    assert in_sql(lenient[order], "tanggal", texts) == in_polars(texts, tanggal.canonical(pl.col("t"), dates=order))


VERBS: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "rupiah": rupiah.canonical,
    "angka": angka.canonical,
    "tanggal": tanggal.canonical,
}


@pytest.mark.parametrize("call", VERBS)
@given(texts=st.lists(number_texts | date_texts | shaped_dates | any_text, min_size=1, max_size=12))
@settings(max_examples=40)
def test_strict_fails_exactly_the_texts_that_have_a_fault_and_no_value(
    strict: duckdb.DuckDBPyConnection, call: str, texts: list[str]
) -> None:
    texts = [text.replace("\0", "") for text in texts]
    verdicts = judged(pl.lit(pl.Series(texts, dtype=pl.String)), VERBS[call])

    assert [fails(strict, call, text) for text in texts] == [
        value is None and fault is not None for value, fault in verdicts.rows()
    ]


@pytest.mark.parametrize("mark", MARKS)
def test_exact_numbers_pass_unchanged_and_floats_are_refused(mark: DecimalMark) -> None:
    strict = connection("dmy", mark, strict=True)
    query = "SELECT rupiah(1234.50::DECIMAL(18,2))::VARCHAR, rupiah(7)::VARCHAR, rupiah(1.005::DECIMAL(9,3))::VARCHAR"

    assert strict.execute(query).fetchone() == ("1234.50", "7.00", "1.00")
    with pytest.raises(duckdb.ConversionException, match="binary float"):
        strict.execute("SELECT rupiah(x) FROM (SELECT random() AS x)").fetchall()


@pytest.mark.parametrize(("call", "bad", "good"), [("rupiah", "1.25", "1.250"), ("angka", "x", "2,5")])
def test_strict_fails_the_row_and_try_saves_the_others(call: str, bad: str, good: str) -> None:
    strict = connection("dmy", ",", strict=True)
    strict.execute("CREATE TABLE t AS SELECT unnest([?, ?, NULL]) AS x", [bad, good])

    with pytest.raises(duckdb.ConversionException):
        strict.execute(f"SELECT {call}(x) FROM t").fetchall()
    rows = strict.execute(f"SELECT TRY({call}(x)) IS NULL, TRY({call}(x) + {call}(x)) IS NULL FROM t").fetchall()
    assert rows == [(True, True), (False, False), (True, True)]


def test_strict_dates_fail_for_impossible_incomplete_and_far_away_days() -> None:
    strict = connection("dmy", ",", strict=True)
    strict.execute("CREATE TABLE t AS SELECT unnest(['31/02/2020', 'Juli', '0006-01-01', '0000-00-00']) AS x")

    with pytest.raises(duckdb.ConversionException):
        strict.execute("SELECT tanggal(x) FROM t WHERE x <> '0000-00-00'").fetchall()
    assert strict.execute("SELECT TRY(tanggal(x)) FROM t").fetchall() == [(None,)] * 4
    assert strict.execute("SELECT tanggal(x) FROM t WHERE x = '0000-00-00'").fetchall() == [(None,)]


def test_duckdb_takes_a_repeated_failure_out_of_try_unless_its_optimizer_is_off() -> None:
    plain = duckdb.connect()
    plain.execute("CREATE TABLE t AS SELECT unnest(['1', 'x']) AS x")
    query = "SELECT TRY(CAST(x AS INTEGER) + CAST(x AS INTEGER)) FROM t"

    with pytest.raises(duckdb.ConversionException):
        plain.execute(query).fetchall()
    plain.execute(f"SET disabled_optimizers = '{sql.DISABLED_OPTIMIZER}'")
    assert plain.execute(query).fetchall() == [(2,), (None,)]


def test_both_engines_read_more_decimals_than_a_decimal_holds() -> None:
    text = "1.005" + "0" * 60 + "1"

    assert duckdb.connect().execute("SELECT CAST(? AS DECIMAL(18,2))::VARCHAR", [text]).fetchone() == ("1.01",)
    assert str(pl.Series([text]).cast(pl.Decimal(18, 2))[0]) == "1.01"
