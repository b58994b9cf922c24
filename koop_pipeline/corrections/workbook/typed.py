"""What an officer typed into a cell, as canonical text or as a sentence that says why it cannot be.

Cells come as any spreadsheet program stores them: numbers, dates, texts. Numbers are taken exactly (a float by its
shortest text); a number that may have lost digits is refused. Texts are read as Indonesians write: `1.250.000,50`,
`31/01/2001`, `1 Januari 2001`, the labels of `layout`. Sentences never repeat personal data in full.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from koop_pipeline.cleaning.columns import FINAL, canonical
from koop_pipeline.contracts import Column, Table
from koop_pipeline.corrections.workbook.layout import choices, column_label, value_of
from koop_pipeline.identifiers.masking import mask_text

EXACT_DIGITS = 15
EXACT_NUMBER = 2**53
WORDS = {
    "nik": "a NIK (16 digits with a possible birth date)",
    "npwp": "an NPWP",
    "nib": "a NIB (13 digits)",
    "phone": "a telephone number",
    "email": "an e-mail address",
    "region": "a region code",
    "name": "a name",
    "money": "an amount in rupiah",
    "rate": "a percentage",
    "integer": "a whole number",
    "date": "a complete date (day, month, year)",
    "json": "JSON",
}
INDONESIAN: dict[str, Any] = {"decimal": ",", "dates": "dmy"}
SERIOUS_WITH_VALUE = "MNY-02"
OPEN_KINDS = {"money", "rate", "integer", "date"}
OPEN_TEXT = re.compile(r"(?=(?:[^0-9]*[0-9]){0,8}[^0-9]*$)(?:Rp)?[0-9.,/% -]*", re.IGNORECASE)
"""At most eight digits: no telephone number, no NIK."""
MOST_SHOWN = 40


class UnreadableCellError(ValueError):
    """The cell cannot be taken as it is; the message is the rest of a sentence about it."""


@dataclass(frozen=True)
class Asked:
    """A text of one column to be read: `final` where it is canonical already, since it was a number or a date."""

    table: Table
    column: Column
    text: str
    final: bool


@dataclass(frozen=True)
class Answer:
    """The canonical text, or the rest of a sentence about the cell."""

    value: str | None
    fault: str | None = None


def text_of(table: Table, column: Column, value: object, data_type: str) -> Asked | None:
    """A cell as text; None for an empty one. UnreadableCellError where it may not be what was meant."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    refuse_formula(data_type)
    if isinstance(value, str):
        return Asked(table, column, value.strip(), final=False)
    if isinstance(value, bool):
        return Asked(table, column, str(value).lower(), final=True)
    if isinstance(value, int | float):
        return Asked(table, column, _number(column, value), final=True)
    if isinstance(value, date):
        return Asked(table, column, _day(column, value), final=True)
    raise UnreadableCellError("holds a time of day; type it as text")


def refuse_formula(data_type: str) -> None:
    """UnreadableCellError for a formula or an error value."""
    if data_type == "f":
        raise UnreadableCellError("holds a formula; type the value itself")
    if data_type == "e":
        raise UnreadableCellError("holds an error value of the spreadsheet; type the value itself")


def plain_text(value: object, data_type: str) -> str:
    """A cell that is only read as words (an action, a remark); '' for an empty one."""
    if value is None:
        return ""
    refuse_formula(data_type)
    if isinstance(value, time | timedelta):
        raise UnreadableCellError("holds a time of day; type it as text")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.date().isoformat() if isinstance(value, datetime) else str(value).strip()


def _day(column: Column, value: date) -> str:
    if column.kind != "date":
        raise UnreadableCellError("was turned into a date by the spreadsheet; format the cell as text and type it anew")
    return value.date().isoformat() if isinstance(value, datetime) else value.isoformat()


def _number(column: Column, value: int | float) -> str:
    number = Decimal(repr(value))
    if column.kind == "date":
        raise UnreadableCellError("holds a number where a date is wanted; type it as 31/01/2001")
    if column.kind in {"money", "rate", "integer"}:
        if abs(number) >= 10**EXACT_DIGITS:
            raise UnreadableCellError("holds a number of which a spreadsheet loses digits; type it as text")
        return f"{number:f}"
    if number != number.to_integral_value():
        return f"{number:f}"
    digits = f"{number.to_integral_value():f}"
    if len(digits) > EXACT_DIGITS and (abs(number) >= EXACT_NUMBER or digits.endswith("0")):
        raise UnreadableCellError(
            f"was typed as a number of {len(digits)} digits; a spreadsheet keeps only {EXACT_DIGITS} of them, so the"
            " last ones may be lost: format the cell as text and type it anew"
        )
    return digits


def read_all(asked: Iterable[Asked]) -> dict[Asked, Answer]:
    """The answer to every text, one pass a column."""
    by_column: dict[tuple[str, str, bool], list[Asked]] = {}
    for one in dict.fromkeys(asked):
        by_column.setdefault((one.table.name, one.column.name, one.final), []).append(one)
    answers: dict[Asked, Answer] = {}
    for group in by_column.values():
        texts = _canonical(group[0].table, group[0].column, [one.text for one in group], final=group[0].final)
        answers |= dict(zip(group, texts, strict=True))
    return answers


def _canonical(table: Table, column: Column, texts: list[str], *, final: bool) -> list[Answer]:
    listed = choices(table, column)
    if listed:
        return [_chosen(table, column, text) for text in texts]
    frame = pl.DataFrame({column.name: texts}, schema={column.name: pl.String})
    read = frame.select(canonical(column, FINAL if final else INDONESIAN).alias("read")).unnest("read")
    values = read["value"].cast(pl.String).to_list()
    return [_answer(column, *one) for one in zip(texts, values, read["fault"].to_list(), strict=True)]


def _chosen(table: Table, column: Column, text: str) -> Answer:
    value = value_of(table, column, text)
    listed = ", ".join(choices(table, column).values())
    return Answer(value, None if value else f"{_shown(column, text)} is none of: {listed}")


def _answer(column: Column, text: str, value: str | None, fault: str | None) -> Answer:
    if fault == SERIOUS_WITH_VALUE:
        return Answer(None, f"{_shown(column, text)} has more than two decimals")
    if value is None:
        code = f" ({fault})" if fault else ""
        return Answer(None, f"{_shown(column, text)} cannot be read as {_wanted(column)}{code}")
    if column.kind == "json" and not _is_json(value):
        return Answer(None, "is not valid JSON")
    if column.kind == "rate" and "." in value:
        value = value.rstrip("0").rstrip(".")
    return Answer(value)


def _wanted(column: Column) -> str:
    return WORDS.get(column.kind) or WORDS.get(column.form) or column_label("", column.name)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _shown(column: Column, text: str) -> str:
    """The text in a message: masked unless it can only be an amount, a rate or a date that concerns nobody."""
    is_open = not column.personal and column.kind in OPEN_KINDS and OPEN_TEXT.fullmatch(text)
    return repr(text if is_open else masked(text))


def masked(text: str) -> str:
    """The beginning of any typed text, masked."""
    return mask_text(" ".join(text.split()))[:MOST_SHOWN]
