"""Suggested values for failed cells: only where the delivered text can be read in one way; else none.

Frame to frame. A suggestion is canonical text. Nothing is invented: a NIK against a birth date, a damaged number or a
cut date gets none.
"""

from collections.abc import Callable
from difflib import get_close_matches

import polars as pl

from koop_pipeline.contracts import Column, Table
from koop_pipeline.corrections.workbook.layout import choices
from koop_pipeline.identifiers import nik, npwp, phone, rupiah, tanggal
from koop_pipeline.identifiers.tanggal import MONTH_NAME

SYNONYMS = {
    "male": ("l", "lk", "pria", "laki2", "lelaki"),
    "female": ("p", "pr", "wanita", "perempuan"),
    "left": ("berhenti", "non aktif keluar"),
    "deceased": ("wafat", "almarhum", "alm"),
}
NEAR = 0.8
_WRITTEN_DATE = rf"([0-9]{{1,2}} +(?:{MONTH_NAME}) +[0-9]{{4}})(?:[^0-9]|$)"
_TWO_MARKS = r"[0-9][.,][0-9]{3}[.,][0-9]"
Reading = Callable[[pl.Expr], pl.Expr]


def with_suggestions(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` (column_name, rules, mapped, corrected, nearest) with a column `suggestion`."""
    named = [each.name for each in table.columns]
    suggestion = pl.lit(None, dtype=pl.String)
    for name in set(frame["column_name"].drop_nulls()) & set(named):
        column = table.column(name)
        here = (pl.col("column_name") == name) & pl.col("corrected").is_null()
        for ending, reading in _readings(table, column):
            applies = here & pl.col("rules").list.eval(pl.element().str.contains(ending)).list.any()
            suggestion = pl.when(applies).then(reading(pl.col("mapped"))).otherwise(suggestion)
        if column.references:
            applies = here & pl.col("rules").list.eval(pl.element().str.contains("-REF-")).list.any()
            suggestion = pl.when(applies).then(pl.col("nearest")).otherwise(suggestion)
    return frame.with_columns(suggestion.alias("suggestion"))


def _readings(table: Table, column: Column) -> list[tuple[str, Reading]]:
    """By rule, how the text of a column may be read after all."""
    listed = choices(table, column)
    if listed:
        return [("-(ENM|BOL|SET)-", lambda text: _nearest_choice(text, listed))]
    if column.kind == "date":
        return [("-DAT-0[12]$", _date)]
    if column.kind == "money":
        return [("-MNY-01$", _amount)]
    forms: dict[str, list[tuple[str, Reading]]] = {
        "phone": [("-PHN-01$", lambda text: _value(phone.canonical(_numbers(text, "+() .-"))))],
        "npwp": [("-NPW-01$", lambda text: _value(npwp.canonical(_numbers(text, " .-"))))],
        "nik": [("-NIK-01$", lambda text: _value(nik.canonical(_numbers(text, " .-"))))],
    }
    return forms.get(column.form, [])


def _value(verdict: pl.Expr) -> pl.Expr:
    return verdict.struct.field("value").cast(pl.String)


def _numbers(text: pl.Expr, marks: str) -> pl.Expr:
    """The text without words in front of or behind the number; null where words stand inside it."""
    inside = "".join("\\" + mark for mark in marks)
    return text.str.extract(rf"^[^0-9+(]*([0-9{inside}]+)[^0-9]*$", 1)


def _date(text: pl.Expr) -> pl.Expr:
    """The one date that the text can be, whatever the order of its numbers; or the one that is written in words."""
    orders: list[tanggal.DateOrder] = ["dmy", "mdy", "ymd"]
    days = pl.concat_list([tanggal.canonical(text, dates=order).struct.field("value") for order in orders])
    only = days.list.drop_nulls().list.unique()
    written = tanggal.canonical(text.str.extract(_WRITTEN_DATE, 1), dates="dmy").struct.field("value")
    return pl.when(only.list.len() == 1).then(only.list.first()).otherwise(written).cast(pl.String)


def _amount(text: pl.Expr) -> pl.Expr:
    """Thousands and cents marked the other way about; only where the text has both marks, so nothing is open."""
    both = [rupiah.canonical(text, decimal=mark).struct.field("value") for mark in (",", ".")]
    found = pl.coalesce(both)
    one_only = both[0].is_null() != both[1].is_null()
    return pl.when(text.str.contains(_TWO_MARKS) & one_only).then(found).cast(pl.String)


def _nearest_choice(text: pl.Expr, listed: dict[str, str]) -> pl.Expr:
    """The one value whose word is near to the text."""
    words: dict[str, str] = {}
    for value, label in listed.items():
        for word in (value, label, *SYNONYMS.get(value, ())):
            words[word.casefold()] = value

    def nearest(series: pl.Series) -> pl.Series:
        known = {each: _near(each, words) for each in series.drop_nulls().unique()}
        return series.replace_strict(known, default=None, return_dtype=pl.String)

    return text.map_batches(nearest, return_dtype=pl.String)


def _near(text: str, words: dict[str, str]) -> str | None:
    given = text.strip().casefold()
    if given in words:
        return words[given]
    found = {words[word] for word in get_close_matches(given, words, n=3, cutoff=NEAR)}
    return found.pop() if len(found) == 1 else None
