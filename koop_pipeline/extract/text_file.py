"""Text files of any size in their declared encoding: decoded block by block, strictly.

Put here what csv files and dumps share before their own grammar begins. The independent counts decode for themselves.
"""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract.sources import unreadable

BLOCK = 8 << 20


def decoded(path: Path, encoding: str, *, keep_invalid: bool = False) -> Iterator[str]:
    """Yield the text in blocks, without a byte order mark.

    Raises DeliveryError for a byte that is not valid in the encoding, with its line and position. With `keep_invalid`
    such bytes come through as lone surrogates, for a caller that knows where raw bytes may stand.
    """
    name = _codec(path, encoding)
    decoder = codecs.getincrementaldecoder("utf-8-sig" if name == "utf-8" else name)(
        "surrogateescape" if keep_invalid else "strict"
    )
    fed = lines = 0
    for raw in _raw(path, name):
        start = fed - len(decoder.getstate()[0])
        try:
            yield decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            line = lines + error.object[: error.start].count(b"\n") + 1 - error.object.count(b"\n", 0, fed - start)
            refuse_byte(path, name, error.object[error.start], line, start + error.start + 1)
        except UnicodeError:
            raise DeliveryError(f"{path.name} is not valid {name}; {_advice(name)}.") from None
        fed, lines = fed + len(raw), lines + raw.count(b"\n")


def refuse_byte(path: Path, encoding: str, byte: int, line: int, position: int | None = None) -> NoReturn:
    """Raise the error for a byte that the encoding does not know; `position` counts bytes from 1."""
    place = f"line {line:,}" + (f" (byte {position:,})" if position else "")
    raise DeliveryError(
        f"{path.name}, {place}: byte 0x{byte:02x} is not valid {encoding}; {_advice(encoding)}."
    ) from None


def _codec(path: Path, encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise DeliveryError(
            f"{path.name}: `encoding: {encoding}` in the profile's `reads` is not known; write utf-8, cp1252 or latin1."
        ) from None


def _raw(path: Path, name: str) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            _check_mark(path, name, file.read(3))
            file.seek(0)
            while raw := file.read(BLOCK):
                yield raw
            yield b""
    except OSError as error:
        raise unreadable(path, error) from None


def _check_mark(path: Path, name: str, head: bytes) -> None:
    marked = "utf-8" if head == codecs.BOM_UTF8 else "utf-16" if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else ""
    if marked and not name.startswith(marked):
        raise DeliveryError(
            f"{path.name} is marked as {marked} by its first bytes but is read as {name}; "
            f"set `encoding: {marked}` in the profile's `reads`."
        )


def _advice(encoding: str) -> str:
    other = "cp1252 or latin1" if encoding.startswith("utf") else "utf-8 or latin1"
    return f"set the right `encoding` in the profile's `reads` (perhaps {other}), or save the file anew"
