"""SQLite databases: every table as text, opened so that nothing is written beside the delivery.

Put here what is special to the file. The count does not ask SQLite for rows at all: it walks the pages of each table's
b-tree in the raw file and adds up the cells of the leaves, so that neither an index nor a query can mislead both.
"""

import mmap
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract.model import CHUNK_ROWS, Chunk
from koop_pipeline.extract.sources import require_kind, unreadable
from koop_pipeline.extract.values import chunk_of, empty_chunk, unique_names
from koop_pipeline.program.reading import Reading

_TABLES = (
    "select name, rootpage from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' "
    "and sql not like 'create virtual%' order by rowid"
)
_HEADER_BYTES = 100
_INDEX_INTERIOR, _TABLE_INTERIOR, _INDEX_LEAF, _TABLE_LEAF = 2, 5, 10, 13


def read(path: Path, reading: Reading) -> Iterator[Chunk]:
    """Yield the tables in the order in which they were created; views and SQLite's own tables are not read.

    `source_row` is the ordinal of the row in its table. REAL becomes its shortest decimal text, BLOB lower-case
    hexadecimal. Raises DeliveryError for a file that is damaged, cut, encrypted, or has changes in a journal beside it.
    """
    del reading
    with _opened(path) as database:
        problem = database.execute("pragma quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise DeliveryError(f"{path.name} is damaged (SQLite's own check fails); export the database again.")
        for name, _ in database.execute(_TABLES).fetchall():
            yield from _table(path, database, name)


def count(path: Path, reading: Reading) -> dict[str, int]:
    """Rows per table, from the pages of the file (see above); only the list of tables comes from SQLite."""
    del reading
    with _opened(path) as database:
        tables = database.execute(_TABLES).fetchall()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pages:
        size = struct.unpack(">H", pages[16:18])[0]
        size = 65536 if size == 1 else size
        return {name: _cells(path, pages, size, root) for name, root in tables}


def _table(path: Path, database: sqlite3.Connection, name: str) -> Iterator[Chunk]:
    quoted = '"' + name.replace('"', '""') + '"'
    cursor = database.execute(f"select * from {quoted} not indexed")
    columns = unique_names([column[0] for column in cursor.description], f"{path.name}, table `{name}`")
    read_rows = 0
    while rows := cursor.fetchmany(CHUNK_ROWS):
        yield chunk_of(name, columns, list(zip(*rows, strict=True)), read_rows + 1)
        read_rows += len(rows)
    if not read_rows:
        yield empty_chunk(name, columns)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    require_kind(path, "sqlite")
    _check_size(path)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            yield database
    except sqlite3.Error as error:
        reason = (
            "holds text that is not valid UTF-8; export it again"
            if "decode" in str(error).lower()
            else "is damaged, cut or encrypted; export the database again, without a password"
        )
        raise DeliveryError(f"{path.name} {reason}.") from None
    except OSError as error:
        raise unreadable(path, error) from None


def _check_size(path: Path) -> None:
    """A file shorter than its header says is cut; one with a journal beside it is not complete in itself."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        raise DeliveryError(f"{path.name} is cut ({len(header)} bytes); export the database again.")
    size, pages = struct.unpack(">H", header[16:18])[0], struct.unpack(">I", header[28:32])[0]
    expected = (65536 if size == 1 else size) * pages
    if header[24:28] == header[92:96] and path.stat().st_size < expected:
        raise DeliveryError(f"{path.name} is cut: {path.stat().st_size:,} of {expected:,} bytes; export it again.")
    for ending in ("-wal", "-journal"):
        journal = path.with_name(path.name + ending)
        if journal.exists() and journal.stat().st_size:
            raise DeliveryError(
                f"{path.name} is not complete: {journal.name} beside it holds changes; close the old application "
                "properly, or export the database, and deliver it again."
            )


def _cells(path: Path, pages: mmap.mmap, size: int, root: int) -> int:
    """Rows of the b-tree at page `root`: cells of its leaves, and of its inner pages in a table WITHOUT ROWID."""
    rows, waiting, seen = 0, [root], set[int]()
    while waiting:
        number = waiting.pop()
        page = pages[(number - 1) * size : number * size]
        start = _HEADER_BYTES if number == 1 else 0
        if number in seen or len(page) < size:
            raise DeliveryError(f"{path.name} is damaged (a page is missing or used twice); export it again.")
        seen.add(number)
        kind, cells = page[start], struct.unpack(">H", page[start + 3 : start + 5])[0]
        if kind in {_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR}:
            rows += cells
        if kind in {_TABLE_INTERIOR, _INDEX_INTERIOR}:
            offsets = struct.unpack(f">{cells}H", page[start + 12 : start + 12 + 2 * cells])
            waiting += [struct.unpack(">I", page[offset : offset + 4])[0] for offset in offsets]
            waiting.append(struct.unpack(">I", page[start + 8 : start + 12])[0])
    return rows
