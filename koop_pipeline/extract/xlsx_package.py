"""What an Excel workbook is as a file: a zip of XML parts, found, checked and opened.

Put here the zip, its limits, the list of sheets, shared strings and date formats. What a sheet's cells mean is
`xlsx_file`. The count has its own way through the package.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

from koop_pipeline.errors import DeliveryError

MAX_PART_BYTES = 1 << 30
_MAX_SHARED_BYTES = 256 << 20
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

Attributes = dict[str, str]


class _DoctypeError(Exception):
    """The XML declares entities; no spreadsheet program writes that."""


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The workbook as a zip; everything that is wrong with the file or its XML becomes a DeliveryError."""
    try:
        with zipfile.ZipFile(path) as package:
            if not any(name.lower().endswith("workbook.xml") for name in package.namelist()):
                raise DeliveryError(f"{path.name} is a zip file but not an Excel workbook; save it as .xlsx.")
            yield package
    except _DoctypeError:
        raise DeliveryError(
            f"{path.name} declares XML entities, which no workbook does; save it as .xlsx anew."
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, expat.ExpatError, LookupError, ValueError, RuntimeError, OSError):
        raise DeliveryError(
            f"{path.name} is damaged or cut (the workbook inside cannot be read); open it in a spreadsheet program and "
            "save it as .xlsx anew."
        ) from None


def parse(package: zipfile.ZipFile, part: str, handlers: Mapping[str, Callable[..., Any]]) -> None:
    """Run expat over one part; handlers are those of an expat parser. Refuses entities and parts beyond the limit."""
    size, limit = package.getinfo(part).file_size, MAX_PART_BYTES if "sheets/" in part else _MAX_SHARED_BYTES
    if size > limit:
        raise DeliveryError(
            f"{Path(package.filename or '').name} inflates to {size >> 20:,} MB in one part ({part}), more than the "
            f"{limit >> 20:,} MB that are read; split the workbook."
        )
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    for name, handler in handlers.items():
        setattr(parser, name, handler)
    with package.open(part) as file:
        _feed(parser, file)


def _feed(parser: expat.XMLParserType, file: IO[bytes]) -> None:
    while block := file.read(1 << 20):
        parser.Parse(block)
    parser.Parse(b"", True)


def _refuse_doctype(*_: object) -> None:
    raise _DoctypeError


@lru_cache(maxsize=4096)
def local(name: str) -> str:
    """Name of an element or attribute without its namespace."""
    return name.rpartition(" ")[2]


def elements(package: zipfile.ZipFile, part: str) -> list[tuple[str, Attributes]]:
    """Start tags of a small part, in order: name and attributes, both without namespaces."""
    found: list[tuple[str, Attributes]] = []

    def start(name: str, attributes: Attributes) -> None:
        found.append((local(name), {local(key): value for key, value in attributes.items()}))

    parse(package, part, {"StartElementHandler": start})
    return found


def sheet_parts(package: zipfile.ZipFile) -> tuple[dict[str, str], bool]:
    """Sheet name to part, in the workbook's order (chart sheets left out), and whether dates count from 1904."""
    book = next(name for name in package.namelist() if name.lower().endswith("workbook.xml"))
    folder = posixpath.dirname(book)
    relations = elements(package, f"{folder}/_rels/{posixpath.basename(book)}.rels")
    targets = {
        attributes["Id"]: posixpath.normpath(posixpath.join("/" + folder, attributes["Target"])).lstrip("/")
        for name, attributes in relations
        if name == "Relationship" and attributes.get("Type", "").endswith("/worksheet")
    }
    start_tags = elements(package, book)
    sheets = [attributes for name, attributes in start_tags if name == "sheet" and attributes.get("id") in targets]
    from_1904 = any(name == "workbookPr" and tag.get("date1904") in {"1", "true"} for name, tag in start_tags)
    return {sheet["name"]: targets[sheet["id"]] for sheet in sheets}, from_1904


def shared_strings(package: zipfile.ZipFile) -> list[str]:
    """Texts that cells refer to by number; runs of rich text joined, phonetic hints left out."""
    part = _part(package, "sharedStrings.xml")
    texts: list[str] = []
    runs: list[str] = []
    state = {"in_text": False, "in_hint": False}

    def start(name: str, _: Attributes) -> None:
        tag = local(name)
        state["in_text"] = tag == "t"
        state["in_hint"] |= tag == "rPh"

    def end(name: str) -> None:
        tag = local(name)
        state["in_text"] = False
        if tag == "rPh":
            state["in_hint"] = False
        elif tag == "si":
            texts.append(unescaped("".join(runs)))
            runs.clear()

    def text(data: str) -> None:
        if state["in_text"] and not state["in_hint"]:
            runs.append(data)

    if part:
        parse(package, part, {"StartElementHandler": start, "EndElementHandler": end, "CharacterDataHandler": text})
    return texts


def unescaped(text: str) -> str:
    """Text with `_x000D_` written out, as spreadsheet programs store what XML cannot."""
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text) if "_x" in text else text


def date_styles(package: zipfile.ZipFile) -> dict[str, str]:
    """Style number of a cell to `date` or `duration`, for the styles that show one."""
    part = _part(package, "styles.xml")
    formats = dict(BUILTIN_FORMATS)
    styles: list[int] = []
    inside = False
    for name, attributes in elements(package, part) if part else []:
        if name == "numFmt" and "numFmtId" in attributes:
            formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif name in {"cellXfs", "cellStyles", "dxfs"}:
            inside = name == "cellXfs"
        elif name == "xf" and inside:
            styles.append(int(attributes.get("numFmtId", "0")))
    kinds = ((str(number), formats.get(format_id, "")) for number, format_id in enumerate(styles))
    return {
        number: "duration" if is_timedelta_format(code) else "date" for number, code in kinds if is_date_format(code)
    }


def _part(package: zipfile.ZipFile, name: str) -> str | None:
    return next((part for part in package.namelist() if part.lower().endswith("/" + name.lower())), None)
