"""The very hidden sheet of a workbook: what it is, and for each line what it is about. Written and read here only.

One record a row, as JSON in ASCII, cut into cells that every program keeps whole; the last record bears a sha256 of
the others. `shown` keeps the locked cells of a line, `Fixed` those of other rows, so that a changed one can be named.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = 2
CELL = 30_000
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class Workbook:
    """Which workbook it is."""

    programme: str
    batch: str
    cooperative_id: str
    day: str
    format: int = FORMAT


@dataclass(frozen=True)
class Sheet:
    """A sheet with lines (`failed`), pairs (`pairs`) or rows to add (`adding`).

    `columns`: the heading of each column. `names`: on a sheet to add to, the canonical column of each. `free`: numbers
    of the columns to fill in, from 0. `first_row`: where the lines begin, from 1. `given`: keys that we filled in.
    """

    name: str
    sort: str
    table: str
    columns: list[str]
    names: list[str]
    free: list[int]
    first_row: int
    given: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LineRecord:
    """One line of a sheet of failed cells; `into`: the member that its row was merged into as a sure duplicate."""

    token: str
    sheet: str
    key: str | None
    at: list[Any] | None
    column: str | None
    expected: str | None
    refers: str | None
    suggestion: str | None
    consequence: str
    reason: str
    shown: list[str]
    into: str | None = None


@dataclass(frozen=True)
class Fixed:
    """The first rows of a sheet, which nobody fills in: the texts from A1 on."""

    sheet: str
    rows: list[list[str]]


@dataclass(frozen=True)
class PairRecord:
    """One line of the sheet of look-alike members; `keys` and `at` of the first and the second."""

    token: str
    sheet: str
    keys: list[str | None]
    at: list[list[Any] | None]
    shown: list[str]


Record = Workbook | Sheet | Fixed | LineRecord | PairRecord
KINDS: dict[str, type[Record]] = {
    "workbook": Workbook, "sheet": Sheet, "fixed": Fixed, "line": LineRecord, "pair": PairRecord,
}  # fmt: skip
NAMES = {kind: name for name, kind in KINDS.items()}


class DamagedIdentityError(ValueError):
    """The hidden sheet is not as we wrote it."""


@dataclass
class Identity:
    """All records of a workbook."""

    workbook: Workbook
    sheets: dict[str, Sheet] = field(default_factory=dict)
    fixed: dict[str, list[list[str]]] = field(default_factory=dict)
    lines: dict[str, LineRecord] = field(default_factory=dict)
    pairs: dict[str, PairRecord] = field(default_factory=dict)


def rows_of(records: Iterable[Record]) -> Iterator[list[str]]:
    """The rows of the hidden sheet."""
    digest = hashlib.sha256()
    for record in records:
        text = json.dumps({"is": NAMES[type(record)], **asdict(record)}, separators=(",", ":"))
        digest.update(text.encode())
        yield [text[start : start + CELL] for start in range(0, len(text), CELL)]
    yield [json.dumps({"is": "end", "sha256": digest.hexdigest()})]


def read_rows(rows: Iterable[tuple[object, ...]]) -> Identity:
    """The records back from the rows; DamagedIdentityError where anything is missing or changed."""
    digest = hashlib.sha256()
    identity: Identity | None = None
    ended = False
    for row in rows:
        text = "".join(str(cell) for cell in row if cell is not None)
        if not text:
            continue
        content = _parsed(text)
        kind = content.pop("is", None)
        if kind == "end":
            ended = content.get("sha256") == digest.hexdigest()
            break
        digest.update(text.encode())
        identity = _taken(identity, _record(kind, content))
    if identity is None or not ended:
        raise DamagedIdentityError("it was changed or cut")
    return identity


def _parsed(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise DamagedIdentityError("it was changed or cut") from None
    if not isinstance(content, dict):
        raise DamagedIdentityError("it was changed or cut")
    return content


def _record(kind: object, content: dict[str, Any]) -> Record:
    if kind == "workbook" and content.get("format") != FORMAT:
        raise DamagedIdentityError(f"it has format {content.get('format')}, this program reads format {FORMAT}")
    try:
        return KINDS[str(kind)](**content)
    except (KeyError, TypeError):
        raise DamagedIdentityError("it was changed or cut") from None


def _taken(identity: Identity | None, record: Record) -> Identity:
    if isinstance(record, Workbook):
        return Identity(record)
    if identity is None:
        raise DamagedIdentityError("it was changed or cut")
    match record:
        case Sheet():
            identity.sheets[record.name] = record
        case Fixed():
            identity.fixed[record.sheet] = record.rows
        case LineRecord():
            identity.lines[record.token] = record
        case PairRecord():
            identity.pairs[record.token] = record
    return identity


def comparable(value: object) -> str:
    """A cell's text to compare with one that another program stored: blanks and line ends alike, escapes undone."""
    text = "" if value is None else str(value)
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return _BLANKS.sub(" ", text).strip()
