"""How the text of one canonical column becomes its value: value table first, then the verb of its kind or form.

Pure expressions: a Struct {value, fault} for each column. The fault codes are those of `identifiers/` and ENM-01.
"""

from collections.abc import Callable
from typing import Any

import polars as pl

from koop_pipeline.contracts.model import Column
from koop_pipeline.identifiers import (
    angka,
    cooperative_nik,
    email,
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
from koop_pipeline.identifiers.numeral import DecimalMark

Verb = Callable[[pl.Expr], pl.Expr]
FINAL: dict[str, Any] = {"final": True}
"""The settings by which canonical text is read, whatever a profile says."""
FORMS: dict[str, Verb] = {
    "plain": plain_text.canonical,
    "code": plain_text.canonical_code,
    "name": person_name.canonical,
    "nik": nik.canonical,
    "npwp": npwp.canonical,
    "nib": nib.canonical,
    "cooperative_nik": cooperative_nik.canonical,
    "legal_entity": legal_entity.canonical,
    "phone": phone.canonical,
    "email": email.canonical,
    "region": region.canonical,
}
YES = ("true", "t", "1", "y", "ya", "yes", "d", "detail")
NO = ("false", "f", "0", "n", "tidak", "no", "h", "header")
NO_FAULT = pl.lit(None, dtype=pl.String)


def canonical(column: Column, settings: dict[str, Any]) -> pl.Expr:
    """Struct {value, fault} for `column`, whose text stands in the frame under its own name."""
    text = pl.col(column.name)
    if "values" not in settings and "otherwise" not in settings:
        return _by_kind(column, text, settings)
    named, fault = _by_table(text, settings)
    read = _by_kind(column, named, {**settings, **FINAL})
    return pl.struct(value=read.struct.field("value"), fault=pl.coalesce(fault, read.struct.field("fault")))


def _by_table(text: pl.Expr, settings: dict[str, Any]) -> tuple[pl.Expr, pl.Expr]:
    """The text that the value table gives, and ENM-01 where neither it nor `otherwise` covers the value."""
    values: dict[str, str | None] = settings.get("values", {})
    trimmed = text.str.strip_chars().fill_null("")
    exact = {key.strip(): value for key, value in values.items()}
    folded = {key.lower(): value for key, value in exact.items()}
    named_exactly = trimmed.is_in(list(exact))
    known = named_exactly | trimmed.str.to_lowercase().is_in(list(folded))
    found = (
        pl.when(named_exactly)
        .then(trimmed.replace_strict(exact, default=None, return_dtype=pl.String))
        .otherwise(trimmed.str.to_lowercase().replace_strict(folded, default=None, return_dtype=pl.String))
    )
    if "otherwise" in settings:
        other = pl.lit(settings["otherwise"], dtype=pl.String)
        return pl.when(known).then(found).otherwise(other), NO_FAULT
    unnamed = ~known & (trimmed != "")
    return found, pl.when(unnamed).then(pl.lit("ENM-01")).otherwise(NO_FAULT)


def _by_kind(column: Column, text: pl.Expr, settings: dict[str, Any]) -> pl.Expr:
    final = bool(settings.get("final"))
    decimal: DecimalMark = "." if final else settings.get("decimal", ",")
    match column.kind:
        case "money":
            return rupiah.canonical(text, decimal=decimal)
        case "rate":
            return angka.canonical(text, decimal=decimal)
        case "integer":
            return angka.canonical_integer(text, decimal=decimal)
        case "date":
            dates: tanggal.DateOrder = "ymd" if final else settings.get("dates", "dmy")
            return tanggal.canonical(text, dates=dates, serials=bool(settings.get("serials")) and not final)
        case "boolean":
            return _boolean(text)
    if column.form == "enum":
        return _enumeration(column, text)
    return FORMS[column.form](text)


def _enumeration(column: Column, text: pl.Expr) -> pl.Expr:
    word = text.str.strip_chars().str.to_lowercase()
    known = word.is_in(list(column.values))
    empty = word.is_null() | (word == "")
    return pl.struct(
        value=pl.when(known).then(word).otherwise(NO_FAULT),
        fault=pl.when(~known & ~empty).then(pl.lit("ENM-01")).otherwise(NO_FAULT),
    )


def _boolean(text: pl.Expr) -> pl.Expr:
    word = text.str.strip_chars().str.to_lowercase()
    empty = word.is_null() | (word == "")
    value = pl.when(word.is_in(YES)).then(True).when(word.is_in(NO)).then(False).otherwise(None)
    return pl.struct(
        value=value.cast(pl.Boolean),
        fault=pl.when(value.is_null() & ~empty).then(pl.lit("BOL-01")).otherwise(NO_FAULT),
    )
