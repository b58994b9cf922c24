"""Rows per table of a MySQL dump, counted without reading a single value.

The reader parses statements and values; this module wipes every string and comment out of the raw bytes, which leaves
a skeleton (`INSERT INTO t VALUES (,,),(,,);`) in which a row is a parenthesis that opens at depth 0. It shares no code
with the reader.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from koop_pipeline.errors import DeliveryError
from koop_pipeline.program.reading import Reading

_BLOCK = 4 << 20
_WIPED = (
    rb"""'[^'\\]*+(?:\\.[^'\\]*+)*+'|"[^"\\]*+(?:\\.[^"\\]*+)*+"|/\*.*?\*/"""
    rb"""|(?:--[ \t\r]|--(?=\n)|---|\#)[^\n]*+(?=\n)"""
)
_WHOLE = re.compile(rb"(?:[^'\"`/#-]++|" + _WIPED + rb"|`[^`]*+`|/(?=[^*])|-(?=[^-])|--(?=[^ \t\r\n-]))*+", re.DOTALL)
_WIPE = re.compile(_WIPED + rb"|(`[^`]*+`)", re.DOTALL)
_WIPE_STRINGS = re.compile(_WIPED, re.DOTALL)
_QUOTE_IN_NAME = re.compile(rb"`[^`\n]*+['\"#/-][^`\n]*+`")
_CHANGE = re.compile(rb"^[ \t]*delimiter[ \t]+(\S+)[ \t\r]*\n", re.IGNORECASE | re.MULTILINE)
_NAME = rb"((?:`[^`]+`|[\w$]+)(?:\s*\.\s*(?:`[^`]+`|[\w$]+))?)"
_INSERT = re.compile(
    rb"\s*(?:insert|replace)\b[^(`]*?(?:\binto\s+)?" + _NAME + rb"\s*(?:\([^()]*\)\s*)?values?\s*", re.I
)
_CREATE = re.compile(rb"\s*create\s+(?:temporary\s+)?table\s+(?:if\s+not\s+exists\s+)?" + _NAME, re.I)
_VIEW = re.compile(rb"\s*create\b[^;]*?\bview\s+" + _NAME, re.I)
_PROGRAM = re.compile(rb"\s*create\b[^;(]*?\b(?:procedure|function|trigger|event|package)\b", re.I)
_BLOCKS = re.compile(rb"\b(?:(begin|case)|end\s+(?:if|loop|while|repeat)|end(?:\s+case)?)\b", re.I)
_NO_BLOCK = re.compile(rb"end\s+(?:if|loop|while|repeat)", re.I)
_CALL = re.compile(rb"(?<=\w)\([^()]*\)")


def count(path: Path, reading: Reading) -> dict[str, int]:
    """Rows per table, 0 for a table that is only created. Raises DeliveryError when the dump is cut."""
    rows: dict[str, int] = defaultdict(int)
    depth = 0
    for statement in _statements(path):
        if depth or _PROGRAM.match(statement):
            words = [found for found in _BLOCKS.finditer(statement) if not _NO_BLOCK.fullmatch(found.group())]
            depth += sum(1 if found.group(1) else -1 for found in words)
        elif found := _INSERT.match(statement):
            rows[_name(found.group(1), reading)] += _rows(statement[found.end() :])
        elif found := _CREATE.match(statement):
            rows[_name(found.group(1), reading)] += 0
        elif (found := _VIEW.match(statement)) and not rows.get(_name(found.group(1), reading)):
            rows.pop(_name(found.group(1), reading), None)
    return dict(rows)


def _rows(values: bytes) -> int:
    return _CALL.sub(b"", values.split(b"duplicate")[0].split(b"DUPLICATE")[0]).count(b"(")


def _name(name: bytes, reading: Reading) -> str:
    last = name.split(b".")[-1].strip() if b"`" not in name else re.split(rb"`\s*\.\s*", name)[-1]
    return last.strip(b"` ").decode(reading.encoding)


def _statements(path: Path) -> Iterator[bytes]:
    """Skeletons of the statements that run, without those under another DELIMITER."""
    held = b""
    hidden = False
    for skeleton in _skeletons(path):
        held += skeleton
        line = held.rfind(b"\n") + 1
        lines, held = held[:line], held[line:]
        while change := _CHANGE.search(lines):
            if not hidden:
                yield from lines[: change.start()].split(b";")
            lines, hidden = lines[change.end() :], change.group(1) != b";"
        *whole, last = lines.split(b";") if not hidden else [b""]
        yield from whole
        held = last + held
    if hidden or held.strip():
        raise DeliveryError(f"{path.name} ends in the middle of a statement; export the dump again.")


def _skeletons(path: Path) -> Iterator[bytes]:
    rest = b""
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            rest += block or b"\n"
            found = _WHOLE.match(rest)
            end = found.end() if found else 0
            yield _WIPE.sub(rb"\1", rest[:end]) if _QUOTE_IN_NAME.search(rest) else _WIPE_STRINGS.sub(b"", rest[:end])
            rest = rest[end:]
            if not block:
                break
    if rest.strip():
        raise DeliveryError(f"{path.name} ends inside a quote or a comment; export the dump again.")
