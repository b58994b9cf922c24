"""How values that a source stores as numbers, dates or bytes become text, and how text becomes a chunk.

Put here what more than one reader needs to write values and column names the same way. Keep file formats out. The
independent counts use nothing of this module.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal

import polars as pl

from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract.model import CHUNK_ROWS, MAX_COLUMNS, Chunk

SOURCE_ROW = "source_row"
_EXACT_INTEGERS = 10.0**25
_SMALLEST_PLAIN = 10.0**-15


_MARK: ContextVar[str] = ContextVar("decimal_mark", default=".")


@contextmanager
def numbers_with(decimal_mark: str) -> Iterator[None]:
    """Write what a source itself stores as a number with this decimal mark, as its program would show it here.

    Text is read by the profile's mark. A stored 640.125 written with a point would be read as 640125 where the point
    parts thousands; written `640,125` it means the same everywhere.
    """
    token = _MARK.set(decimal_mark)
    try:
        yield
    finally:
        _MARK.reset(token)


def marked(text: str) -> str:
    """A plain decimal text with the mark that stored numbers are written with now."""
    return text.replace(".", _MARK.get())


def number_text(value: float) -> str:
    """The shortest decimal text that means this float (law 2): no `.0`, no exponent for ordinary magnitudes.

    >>> number_text(500000.0), number_text(74999.99999999907), number_text(3.201010101010001e15)
    ('500000', '74999.99999999907', '3201010101010001')
    """
    if value.is_integer() and abs(value) < _EXACT_INTEGERS:
        return str(int(value))
    text = repr(value)
    return marked(format(Decimal(text), "f") if "e" in text and abs(value) >= _SMALLEST_PLAIN else text)


def moment_text(value: dt.date | dt.time) -> str:
    """ISO text of a date, a time or both; the time of midnight is left out, as sheets cannot tell it from none.

    >>> moment_text(dt.datetime(2026, 6, 30)), moment_text(dt.datetime(2026, 6, 30, 8, 5))
    ('2026-06-30', '2026-06-30 08:05:00')
    """
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return value.isoformat()


def duration_text(value: dt.timedelta) -> str:
    """Hours, minutes and seconds of a duration, hours beyond 24 included: `26:30:00`."""
    sign, seconds = ("-", -value.total_seconds()) if value < dt.timedelta() else ("", value.total_seconds())
    minutes, rest = divmod(round(seconds), 60)
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"


def text_of(value: object) -> str | None:
    """Text of a value as a database driver hands it out; None stays None. Bytes become lower-case hexadecimal."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, Decimal):
        return marked(format(value, "f"))
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.timedelta):
        return duration_text(value)
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def unique_names(names: Iterable[str], place: str) -> list[str]:
    """Column names made usable: a repeated one gets `_2`, `_3`, an empty one becomes `column_N` (N its position).

    Names that differ only in case count as repeated, since SQL cannot tell them apart; so does `source_row`, which a
    chunk itself uses. `place` names the file (and sheet) in the error for more than `MAX_COLUMNS` names.
    """
    wanted = [name if name.strip() else f"column_{position}" for position, name in enumerate(names, 1)]
    if len(wanted) > MAX_COLUMNS:
        raise DeliveryError(
            f"{place} has {len(wanted):,} columns, more than the {MAX_COLUMNS:,} that are read; "
            "check the delimiter or the header row, or delete the empty columns and deliver it again."
        )
    reserved = {name.casefold() for name in wanted}
    used = {SOURCE_ROW}
    return [_unused(name, used, reserved) for name in wanted]


def _unused(name: str, used: set[str], reserved: set[str]) -> str:
    chosen, ordinal = name, 1
    while chosen.casefold() in used or (ordinal > 1 and chosen.casefold() in reserved):
        ordinal += 1
        chosen = f"{name}_{ordinal}"
    used.add(chosen.casefold())
    return chosen


def chunk_of(table: str, columns: Sequence[str], values: Sequence[Sequence[object]], first_row: int) -> Chunk:
    """A chunk from column-wise driver values (`values[i]` belongs to `columns[i]`), rows numbered from `first_row`."""
    series = [pl.Series(name, _texts(column), pl.String) for name, column in zip(columns, values, strict=True)]
    height = len(values[0]) if values else 0
    rows = pl.int_range(first_row, first_row + height, dtype=pl.Int64, eager=True).alias(SOURCE_ROW)
    return Chunk(table, pl.DataFrame([rows, *series]))


def empty_chunk(table: str, columns: Sequence[str]) -> Chunk:
    """The chunk of a table without rows."""
    return chunk_of(table, columns, [()] * len(columns), 1)


def slices(chunk: Chunk) -> Iterable[Chunk]:
    """The chunk in parts of at most `CHUNK_ROWS` rows; an empty chunk as it is."""
    return (Chunk(chunk.table, part) for part in chunk.frame.iter_slices(CHUNK_ROWS)) if chunk.frame.height else [chunk]


def _texts(column: Sequence[object]) -> Sequence[object]:
    kinds = set(map(type, column))
    if kinds <= {str, type(None)}:
        return column
    return list(map(str, column)) if kinds == {int} else list(map(text_of, column))
