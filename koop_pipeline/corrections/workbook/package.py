"""A returned workbook as a file: looked at before it is opened, since it comes from outside.

Refused with one sentence: what is no .xlsx, what inflates beyond reason, a sheet with too many rows, what declares XML
entities. Everything is read once, in blocks; nothing is kept.
"""

import re
import zipfile
import zlib
from pathlib import Path

from koop_pipeline.errors import DeliveryError

MOST_PARTS = 1_000
MOST_BYTES = 100 << 20
MOST_ROWS = 200_000
BLOCK = 1 << 20
OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
MARKS = (b"<!DOCTYPE", b"<!ENTITY")
ROW = re.compile(rb"<(?:[A-Za-z_][^<>\s:/]*:)?row[\s/>]")
LONGEST_START = 64
"""What of a tag is looked at: its name, or a mark."""


def refuse_unsafe(path: Path) -> None:
    """DeliveryError, in one sentence, unless the file is a workbook that can be opened without harm."""
    try:
        with zipfile.ZipFile(path) as package:
            _refuse_large(path, package)
            for part in package.infolist():
                _look_through(path, package, part)
    except FileNotFoundError:
        raise DeliveryError(f"{path.name} is not there.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        raise DeliveryError(_not_a_workbook(path)) from None


def damaged(path: Path) -> DeliveryError:
    """The error for a package whose parts cannot be understood."""
    return DeliveryError(f"{path.name} is damaged or cut; open it in a spreadsheet program and save it as .xlsx anew.")


def _not_a_workbook(path: Path) -> str:
    try:
        with path.open("rb") as file:
            old = file.read(4) == OLD_OR_LOCKED
    except OSError:
        old = False
    if old:
        return f"{path.name} is an old .xls file or locked with a password; save it as .xlsx without a password."
    return f"{path.name} is not a workbook, or is damaged or cut; save it as .xlsx anew."


def _refuse_large(path: Path, package: zipfile.ZipFile) -> None:
    parts = package.infolist()
    names = {part.filename for part in parts}
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        raise DeliveryError(f"{path.name} is a zip file but not an .xlsx workbook; save it as .xlsx.")
    size = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or size > MOST_BYTES:
        raise DeliveryError(
            f"{path.name} inflates to {size >> 20:,} MB in {len(parts)} parts, more than is read"
            f" ({MOST_BYTES >> 20} MB, {MOST_PARTS} parts); it is not the workbook that was sent out."
        )


def _look_through(path: Path, package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse entities and too many rows. A tag that a block cuts is looked at with the next block."""
    if not part.filename.lower().endswith((".xml", ".rels", ".vml")):
        return
    behind, rows = b"", 0
    with package.open(part) as file:
        while block := file.read(BLOCK):
            text = behind + block
            last = text.rfind(b"<")
            end = last if last >= len(text) - LONGEST_START and len(block) == BLOCK else len(text)
            if any(mark in text for mark in MARKS) or text[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"):
                raise DeliveryError(
                    f"{path.name} declares XML entities, which no workbook does; save it as .xlsx anew."
                )
            rows += len(ROW.findall(text, 0, end))
            if rows > MOST_ROWS:
                raise DeliveryError(
                    f"{path.name} has more than {MOST_ROWS:,} rows on a sheet; it is not the workbook that was sent."
                )
            behind = text[end:]
