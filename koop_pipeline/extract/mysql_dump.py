"""MySQL dumps: mysqldump, phpMyAdmin, Navicat and HeidiSQL, read without a server.

Only INSERT and REPLACE statements that would run are data: what stands in comments (executable ones too), stored
programs and DELIMITER blocks is passed over, and the stand-in table that a dump makes for a view is no table. Values
are taken as the dump writes them: numbers unchanged, bytes (0x.., x'..', _binary '..') as hexadecimal, bits as their
digits, NULL as null.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import polars as pl

from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract import mysql_text as grammar
from koop_pipeline.extract.model import CHUNK_ROWS, Chunk
from koop_pipeline.extract.mysql_count import count
from koop_pipeline.extract.mysql_values import bytes_text, texts_of
from koop_pipeline.extract.sources import require_kind
from koop_pipeline.extract.text_file import decoded, refuse_byte
from koop_pipeline.extract.values import SOURCE_ROW, empty_chunk, slices, unique_names
from koop_pipeline.program.reading import Reading

__all__ = ["count", "read"]

_LONGEST = 128 << 20
_LOOK_AHEAD = 1 << 18
_FOOTERS = (
    (
        re.compile(r"\A(?:/\*M?![^\n]*\n)?-- (?:MySQL|MariaDB) dump"),
        "-- Dump completed",
        re.compile("-- Dump completed"),
    ),
    (
        re.compile(r"@OLD_CHARACTER_SET_CLIENT\s*=\s*@@"),
        "CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT",
        re.compile(r"CHARACTER_SET_CLIENT\s*=\s*(?:IFNULL\()?@OLD_CHARACTER_SET_CLIENT"),
    ),
    (
        re.compile(r"\A\s*/\*\s*Navicat[\s\S]*?FOREIGN_KEY_CHECKS\s*=\s*0"),
        "SET FOREIGN_KEY_CHECKS = 1",
        re.compile(r"FOREIGN_KEY_CHECKS\s*=\s*1"),
    ),
)
_SURROGATE = re.compile("[\udc80-\udcff]")


@dataclass
class _Table:
    """A table met so far. `columns` are those of its chunks; `defined` says that a CREATE TABLE gave them."""

    name: str
    columns: list[str] = field(default_factory=list)
    defined: bool = False
    rows: int = 0


@dataclass
class _Held:
    """Values of rows that wait to become a chunk, flat: `len(columns)` to a row, as they stand."""

    table: _Table
    columns: list[str]
    values: list[pl.Series] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows held."""
        return sum(map(len, self.values)) // len(self.columns)


def read(path: Path, reading: Reading) -> Iterator[Chunk]:
    """Yield the tables of a dump; `source_row` is the ordinal of the row in its table. Empty tables come last.

    Columns are those of CREATE TABLE; an INSERT that lists others of them leaves the rest null. Raises DeliveryError
    for a dump that is cut, for a row with a wrong number of values, and for bytes that are not valid in the encoding.
    """
    require_kind(path, "mysql_dump")
    yield from _Dump(path, reading.encoding).chunks()


class _Dump:
    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self._encoding = encoding
        self._window = grammar.Window(decoded(path, encoding, keep_invalid=True))
        self._tables: dict[str, _Table] = {}
        self._held: _Held | None = None

    def chunks(self) -> Iterator[Chunk]:
        """All tables of the dump."""
        self._window.more()
        footers = [(shown, foot) for head, shown, foot in _FOOTERS if head.search(self._window.text[:8192])]
        while self._next_statement():
            yield from self._statement()
        yield from self._release()
        self._check_end(footers)
        if not self._tables:
            self._refuse("there is no table in it; it may be an export of something else", place="")
        empty = (table for table in self._tables.values() if not table.rows)
        yield from (empty_chunk(table.name, table.columns) for table in empty if table.columns)

    def _next_statement(self) -> bool:
        window = self._window
        while True:
            found = grammar.BETWEEN.match(window.text, window.at)
            window.at = found.end() if found else window.at
            if len(window.text) - window.at >= _LOOK_AHEAD or not window.more():
                break
        if window.text.startswith("/*", window.at):
            while (end := window.text.find("*/", window.at + 2)) < 0 and window.more():
                pass
            if end < 0:
                self._refuse("a comment is opened and the dump ends inside it")
            return self._next_statement()
        return window.at < len(window.text)

    def _statement(self) -> Iterator[Chunk]:
        window = self._window
        text, at = window.text, window.at
        if grammar.DELIMITER.match(text, at):
            self._skip_delimiter_block()
        elif found := grammar.INSERT.match(text, at):
            yield from self._rows(found)
        elif found := grammar.CREATE_TABLE.match(text, at):
            self._create(found)
        elif found := grammar.CREATE_VIEW.match(text, at):
            self._drop_stand_in(grammar.plain_name(found.group(1)))
        elif grammar.CREATE_ROUTINE.match(text, at):
            self._skip_routine()
        else:
            self._other()

    def _other(self) -> None:
        text, at = self._window.text, self._window.at
        word = text[at : at + 8].upper()
        if word.startswith(("INSERT", "REPLACE")):
            self._refuse(
                "an INSERT without VALUES, or cut before them, cannot be read; export the dump again with its rows"
            )
        changed = grammar.CHANGES_ROWS.match(text, at)
        table = self._tables.get(grammar.plain_name(changed.group(1))) if changed else None
        if table and (self._has_rows(table) or word.startswith(("UPDATE", "LOAD"))):
            self._refuse(f"a statement changes rows of `{table.name}`, which cannot be followed; export the table anew")
        self._skip_statement()

    def _skip_statement(self) -> str:
        found = self._window.match(grammar.STATEMENT, limit=_LONGEST)
        if found is None:
            self._refuse("the dump ends in the middle of a statement, or a quote is not closed; export it again")
        self._window.at = found.end()
        return found.group()

    def _skip_delimiter_block(self) -> None:
        window = self._window
        begin = grammar.DELIMITER.match(window.text, window.at)
        if begin is None or begin.group(1) == ";":
            window.at = begin.end() if begin else window.at
            return
        window.at = begin.end()
        while (back := grammar.DELIMITER_BACK.search(window.text, window.at)) is None:
            if len(window.text) - window.at > _LONGEST or not window.more():
                self._refuse("a DELIMITER block is never closed; the dump is cut, export it again")
        window.at = back.end()

    def _skip_routine(self) -> None:
        """Pass over a stored program whose body has semicolons of its own: to the `;` at depth 0."""
        window = self._window
        depth, at = 0, window.at
        while True:
            for word in grammar.BLOCK_WORD.finditer(window.text, at):
                depth += (word.group(1) is not None) - (word.group(2) is not None and word.group(3) is None)
                if word.group(4) and depth <= 0:
                    window.at = word.end()
                    return
            depth, at = 0, 0
            if len(window.text) - window.at > _LONGEST or not window.more():
                self._refuse("a stored program is cut; export the dump again")

    def _create(self, found: re.Match[str]) -> None:
        name, opened, start = grammar.plain_name(found.group(1)), found.group(2), found.end() - found.start()
        line = self._window.line()
        statement = self._skip_statement()
        known = self._tables.get(name)
        if known and self._has_rows(known):
            self._refuse(
                f"table `{name}` is created again after rows of it; the file holds several databases or dumps, deliver "
                "one file for each",
                place=f", line {line:,}",
            )
        columns = grammar.defined_columns(statement, start) if opened else []
        self._tables[name] = _Table(name, unique_names(columns, f"{self._path.name}, table `{name}`"), bool(columns))

    def _drop_stand_in(self, name: str) -> None:
        self._skip_statement()
        if name in self._tables and not self._has_rows(self._tables[name]):
            del self._tables[name]

    def _has_rows(self, table: _Table) -> bool:
        return table.rows > 0 or (self._held is not None and self._held.table is table)

    def _rows(self, found: re.Match[str]) -> Iterator[Chunk]:
        name = grammar.plain_name(found.group(1))
        table = self._tables.setdefault(name, _Table(name))
        columns = self._targets(table, grammar.listed_names(found.group(2)) if found.group(2) else [])
        if self._held and (self._held.table is not table or self._held.columns != columns):
            yield from self._release()
        held = self._held = self._held or _Held(table, columns)
        self._window.at = found.end()
        ended = False
        while not ended:
            values, ended = self._some_rows(table, len(columns), found.group())
            held.values += values
            if held.rows >= CHUNK_ROWS:
                yield from self._release()
                held = self._held = _Held(table, columns)

    def _release(self) -> Iterator[Chunk]:
        """The rows held back so far as chunks; many INSERTs of one row become one chunk this way."""
        held, self._held = self._held, None
        if not held or not held.values:
            return
        flat = texts_of(pl.concat(held.values), self._encoding)
        table, width = held.table, len(held.columns)
        height = len(flat) // width
        given = {name: flat.gather_every(width, place) for place, name in enumerate(held.columns)}
        rows = pl.int_range(table.rows + 1, table.rows + height + 1, dtype=pl.Int64, eager=True).alias(SOURCE_ROW)
        nothing = pl.Series([None], dtype=pl.String).new_from_index(0, height)
        frame = pl.DataFrame([rows, *(given.get(name, nothing).alias(name) for name in table.columns)])
        table.rows += height
        yield from slices(Chunk(table.name, frame))

    def _targets(self, table: _Table, listed: Sequence[str]) -> list[str]:
        """The chunk columns that the values of an INSERT go to, in their order."""
        if not listed and not table.columns:
            self._refuse(f"the columns of `{table.name}` are not known; export it with CREATE TABLE statements")
        if not table.columns:
            table.columns = unique_names(listed, f"{self._path.name}, table `{table.name}`")
            return table.columns
        places = {name.casefold(): name for name in table.columns}
        strange = [name for name in listed if name.casefold() not in places]
        if strange:
            self._refuse(f"`{table.name}` has no column `{strange[0]}` so far; export it with CREATE TABLE statements")
        return [places[name.casefold()] for name in listed] or table.columns

    def _some_rows(self, table: _Table, width: int, head: str) -> tuple[list[pl.Series], bool]:
        """Values of the rows that the window holds whole, and whether the statement ended with them."""
        window = self._window
        found = grammar.rows_of(width, head).match(window.text, window.at)
        end = found.end() if found else window.at
        last = grammar.row_of(width).match(window.text, end)
        after = grammar.AFTER_ROWS.match(window.text, last.end()) if last else None
        end = last.end() if last and after else end
        if end == window.at:
            if len(window.text) - window.at > _LONGEST or not window.more():
                self._refuse_row(table, width)
            return [], False
        rows = window.text[window.at : end]
        if not rows.isascii() and _SURROGATE.search(rows):
            rows = self._bytes_as_hexadecimal(rows)
        window.at = end
        if after:
            self._skip_statement()
        return [grammar.values_of(rows, head)], after is not None

    def _bytes_as_hexadecimal(self, rows: str) -> str:
        """The rows with x'..' for each _binary '..', the only literal in which any byte may stand."""

        def hexadecimal(value: re.Match[str]) -> str:
            wrong = _SURROGATE.search(value.group())
            if wrong and not value.group().lower().startswith("_binary"):
                line = self._window.line() + rows.count("\n", 0, value.start() + wrong.start())
                refuse_byte(self._path, self._encoding, ord(wrong.group()) - 0xDC00, line)
            return f"x'{bytes_text(value.group(), self._encoding)}'" if wrong else value.group()

        return grammar.VALUES.sub(hexadecimal, rows)

    def _refuse_row(self, table: _Table, width: int) -> NoReturn:
        window = self._window
        found = grammar.ANY_ROW.match(window.text, window.at)
        window.at += len(window.text[window.at :]) - len(window.text[window.at :].lstrip())
        if found:
            given = len(grammar.VALUES.findall(found.group()))
            if given != width:
                self._refuse(
                    f"a row of `{table.name}` has {given} values instead of {width}; correct or export it again"
                )
        self._refuse(f"a row of `{table.name}` is cut, or a quote in it is not closed; export the dump again")

    def _check_end(self, footers: Sequence[tuple[str, re.Pattern[str]]]) -> None:
        with self._path.open("rb") as file:
            file.seek(max(0, self._path.stat().st_size - 4096))
            tail = file.read().decode("latin-1")
        missing = next((shown for shown, foot in footers if not foot.search(tail)), None)
        if missing:
            self._refuse(f"the dump does not end with its closing line ({missing} ...), so it is cut; export it again")

    def _refuse(self, what: str, *, place: str | None = None) -> NoReturn:
        where = f", line {self._window.line():,}" if place is None else place
        raise DeliveryError(f"{self._path.name}{where}: {what}.") from None
