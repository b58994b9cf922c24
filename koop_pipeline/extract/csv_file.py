"""Delimited text files: read by Arrow in blocks of whole records, counted as lines or by Python's csv module.

A record is a line, or several where a quoted field holds line ends. Put here what makes such a file readable strictly:
where records end, how many fields each has. Nothing is guessed, trimmed or repaired.

Decisions: a quote inside a field that does not begin with one is an ordinary character; text after a closing quote is
an error; an empty line is no record (in a file of one column too: writers write `""` there), but keeps its row number.
"""

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

import polars as pl
import pyarrow as pa
import pyarrow.csv as arrow_csv

from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract.model import Chunk
from koop_pipeline.extract.sources import require_kind
from koop_pipeline.extract.text_file import BLOCK, decoded
from koop_pipeline.extract.values import SOURCE_ROW, empty_chunk, slices, unique_names
from koop_pipeline.program.reading import Reading

_LINED = {"utf-8", "cp1252", "iso8859-1"}
_LONGEST_RECORD = 64 << 20
_EMPTY_LINES = (b"\n\n", b"\n\r\n", b"\r\r")


@dataclass(frozen=True)
class _Dialect:
    """Delimiter and quote as bytes, and the grammar they give. Patterns are possessive: a scan never backtracks."""

    delimiter: bytes
    quote: bytes

    def _pattern(self, pattern: bytes) -> re.Pattern[bytes]:
        quoted = rb'"[^"]*+(?:""[^"]*+)*+"|(?!")' if self.quote else b""
        field = rb"(?:%b[^,\r\n]*+)" % quoted if self.quote else rb"[^,\r\n]*+"
        whole = pattern.replace(b"FIELD", field).replace(b'"', b"\x00Q").replace(b",", re.escape(self.delimiter))
        return re.compile(whole.replace(b"\x00Q", re.escape(self.quote)))

    @cached_property
    def field(self) -> re.Pattern[bytes]:
        """One field with the delimiter before it."""
        return self._pattern(rb"(?:\A|,)(FIELD)")

    @cached_property
    def record(self) -> re.Pattern[bytes]:
        """One record with its line end; a carriage return that ends a block may still get its line feed."""
        return self._pattern(rb"(?:FIELD,)*+FIELD(?:\r\n|\n|\r(?=[\s\S]))")

    @cached_property
    def records(self) -> re.Pattern[bytes]:
        """As many whole records as there are."""
        return self._pattern(rb"(?:(?:FIELD,)*+FIELD(?:\r\n|\n|\r(?=[\s\S])))*+")

    @cached_property
    def broken(self) -> re.Pattern[bytes]:
        """A record with text between a closing quote and the next delimiter."""
        return self._pattern(rb'(?:FIELD,)*+"[^"]*+(?:""[^"]*+)*+"[^",\r\n]')


def read(path: Path, reading: Reading) -> Iterator[Chunk]:
    """Yield the rows of a delimited file; the table is named as the file without its ending.

    `source_row` is the row as a spreadsheet numbers it: records and empty lines from the top, titles and header
    included. Raises DeliveryError for a file that is empty, not in the declared encoding, without header, ragged, or
    with a quote that is not closed.
    """
    require_kind(path, "csv")
    dialect = _dialect(path, reading)
    titles: list[bytes] = []
    names: list[str] = []
    row = read_rows = 0
    for block in _whole_records(path, reading.encoding, dialect):
        body = block
        if not names:
            found = [match.group() for match in islice(dialect.record.finditer(block), reading.header - len(titles))]
            titles, body = titles + found, block[sum(map(len, found)) :]
            if len(titles) < reading.header:
                continue
            names, row = _header(path, titles[-1], reading.header, dialect), reading.header
        chunk, row = _parse(path, body, names, row, dialect)
        read_rows += chunk.frame.height
        if chunk.frame.height:
            yield from slices(chunk)
    if names and not read_rows:
        yield empty_chunk(path.stem, names)
    if not names:
        raise DeliveryError(f"{path.name} ends before row {reading.header}, where the header should be; {_HEADER}.")


def count(path: Path, reading: Reading) -> dict[str, int]:
    """Rows below the header, by other means than `read` uses; an empty line is no row.

    Lines are counted where no quote can join two of them, else the records of Python's csv module.
    """
    options: dict[str, Any] = {"delimiter": "\t" if reading.delimiter == r"\t" else reading.delimiter, "strict": True}
    options |= {"quotechar": reading.quote} if reading.quote else {"quotechar": None, "quoting": csv.QUOTE_NONE}
    csv.field_size_limit(1 << 30)
    encoding = "utf-8-sig" if reading.encoding.lower() in {"utf-8", "utf8", "utf_8"} else reading.encoding
    try:
        above, rows = _lines(path, reading) or (-1, 0)
        if above < 0:
            with path.open(encoding=encoding, newline="") as file:
                records = csv.reader(file, **options)
                above = len(list(islice(records, reading.header)))
                rows = sum(map(bool, records))
    except (OSError, UnicodeError, LookupError, TypeError, csv.Error) as error:
        raise DeliveryError(f"{path.name} cannot be counted ({type(error).__name__}); export it again.") from None
    if above < reading.header:
        raise DeliveryError(f"{path.name} ends before row {reading.header}, where the header should be; {_HEADER}.")
    return {path.stem: rows}


def _lines(path: Path, reading: Reading) -> tuple[int, int] | None:
    """Lines up to the header and filled lines below it; None where a line need not be a record."""
    if codecs.lookup(reading.encoding).name not in _LINED:
        return None
    above = rows = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK) + file.readline():
            if reading.quote.encode() in block and reading.quote:
                return None
            lines = block.splitlines()
            title = min(reading.header - above, len(lines))
            above += title
            rows += len(lines) - title - lines[title:].count(b"")
    return above, rows


_HEADER = "set `header` in the profile's `reads` to the row of the column names, or deliver a file that has one"


def _dialect(path: Path, reading: Reading) -> _Dialect:
    delimiter = b"\t" if reading.delimiter == r"\t" else reading.delimiter.encode()
    quote = reading.quote.encode()
    if len(delimiter) != 1 or len(quote) > 1 or delimiter in b"\r\n" + quote:
        raise DeliveryError(
            f"{path.name}: delimiter {reading.delimiter!r} with quote {reading.quote!r} cannot be read; both must be "
            "one plain (ASCII) character and must differ; correct `reads` in the profile."
        )
    return _Dialect(delimiter, quote)


def _whole_records(path: Path, encoding: str, dialect: _Dialect) -> Iterator[bytes]:
    """The file as UTF-8 in blocks that begin and end where a record does."""
    rest = b""
    line = 1
    for text in decoded(path, encoding):
        rest += text.encode() if text else b"" if not rest or rest.endswith(b"\n") else b"\n"
        end = _end_of_records(rest, dialect)
        block, rest = rest[:end], rest[end:]
        line += block.count(b"\n")
        if block:
            yield block
        if dialect.quote and dialect.broken.match(rest):
            _refuse(path, line, "text follows a closing quote; a quote inside a quoted field must be doubled")
        if len(rest) > _LONGEST_RECORD:
            _refuse(path, line, f"a record is longer than {_LONGEST_RECORD >> 20} MB, so a quote is not closed")
    if rest:
        _refuse(path, line, "a quote is opened and never closed")


def _refuse(path: Path, line: int, what: str) -> NoReturn:
    raise DeliveryError(
        f"{path.name}, record that begins in line {line:,}: {what}; correct the file, or set `quote` in the profile's "
        'reads (`quote: ""` if quotes are ordinary characters).'
    )


def _end_of_records(text: bytes, dialect: _Dialect) -> int:
    if not dialect.quote or dialect.quote not in text:
        end = text.rfind(b"\n") + 1
        if end:
            return end
    found = dialect.records.match(text)
    return found.end() if found else 0


def _header(path: Path, record: bytes, row: int, dialect: _Dialect) -> list[str]:
    if b"\0" in record:
        text = "the header holds NUL bytes, so this is not text in the declared encoding; set `encoding` in `reads`"
        raise DeliveryError(f"{path.name}, row {row}: {text} (it may be utf-16).")
    names = [_unquoted(field.decode(), dialect.quote.decode()) for field in _fields(record, dialect)]
    if not any(name.strip() for name in names):
        raise DeliveryError(f"{path.name}, row {row}: there is no header; {_HEADER}.")
    return unique_names(names, path.name)


def _fields(record: bytes, dialect: _Dialect) -> list[bytes]:
    found: list[bytes] = dialect.field.findall(record.rstrip(b"\r\n"))
    return found


def _unquoted(field: str, quote: str) -> str:
    return field[1:-1].replace(quote * 2, quote) if quote and field.startswith(quote) else field


def _parse(path: Path, body: bytes, names: list[str], before: int, dialect: _Dialect) -> tuple[Chunk, int]:
    """A chunk of whole records and the number of its last row; `before` is the row above the first."""
    keys = [str(position) for position in range(len(names))]
    try:
        table = (
            arrow_csv.read_csv(
                pa.BufferReader(body),
                arrow_csv.ReadOptions(use_threads=False, block_size=len(body) + 1, column_names=keys),
                arrow_csv.ParseOptions(
                    delimiter=dialect.delimiter.decode(),
                    quote_char=dialect.quote.decode() or False,
                    newlines_in_values=True,
                    ignore_empty_lines=True,
                ),
                arrow_csv.ConvertOptions(column_types=dict.fromkeys(keys, pa.string()), check_utf8=False),
            )
            if body.strip(b"\r\n")
            else pa.table({key: pa.array([], pa.string()) for key in keys})
        )
    except pa.ArrowInvalid:
        _refuse_ragged(path, body, len(names), before, dialect)
    rows, last = _numbers(body, before, table.num_rows, dialect)
    frame = pl.DataFrame(pl.from_arrow(table.rename_columns(names)))
    return Chunk(path.stem, frame.insert_column(0, rows)), last


def _numbers(body: bytes, before: int, rows: int, dialect: _Dialect) -> tuple[pl.Series, int]:
    """Row numbers of the records, and the last row; a block with empty lines is walked once more."""
    if not body.startswith((b"\r", b"\n")) and not any(ends in body for ends in _EMPTY_LINES):
        return pl.int_range(before + 1, before + rows + 1, dtype=pl.Int64, eager=True).alias(SOURCE_ROW), before + rows
    filled = pl.Series([record.strip(b"\r\n") != b"" for record in dialect.record.findall(body)], dtype=pl.Boolean)
    numbers = pl.int_range(before + 1, before + len(filled) + 1, dtype=pl.Int64, eager=True)
    return numbers.filter(filled).alias(SOURCE_ROW), before + len(filled)


def _refuse_ragged(path: Path, body: bytes, expected: int, before: int, dialect: _Dialect) -> NoReturn:
    widths = (
        len(_fields(record, dialect)) if record.strip(b"\r\n") else expected for record in _records(body, dialect)
    )
    row, found = next(((row, width) for row, width in enumerate(widths, before + 1) if width != expected), (before, 0))
    raise DeliveryError(
        f"{path.name}, row {row:,}: {expected} fields expected as in the header, {found} found; check `delimiter` and "
        "`quote` in the profile's `reads`, or correct the row in the file."
    ) from None


def _records(body: bytes, dialect: _Dialect) -> Iterator[bytes]:
    return (match.group() for match in dialect.record.finditer(body))
