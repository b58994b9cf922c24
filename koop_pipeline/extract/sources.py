"""The files of a source: which there are, how each is read, and whether each is what its name says.

Put here what concerns files before they are opened by a reader. Keep the formats' own rules in their modules.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from koop_pipeline.errors import DeliveryError
from koop_pipeline.program.reading import ENDINGS, Format, Reading

_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "gzip", "is compressed with gzip; unpack it and deliver the file inside"),
    (
        b"PK\x03\x04",
        "zip",
        "is a zip file; unpack it and deliver the file inside, or name it .xlsx if it is a workbook",
    ),
    (b"PK\x05\x06", "zip", "is an empty zip file; export it again"),
    (b"7z\xbc\xaf\x27\x1c", "7z", "is a 7-Zip archive; unpack it and deliver the file inside"),
    (b"Rar!", "rar", "is a RAR archive; unpack it and deliver the file inside"),
    (b"BZh", "bzip2", "is compressed with bzip2; unpack it and deliver the file inside"),
    (b"\xfd7zXZ\x00", "xz", "is compressed with xz; unpack it and deliver the file inside"),
    (b"%PDF", "pdf", "is a PDF; deliver the spreadsheet or export it was made from"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "ole",
        "is an old .xls workbook or is protected by a password; open it in a spreadsheet program, remove the password "
        "and save it as .xlsx",
    ),
    (b"SQLite format 3\x00", "sqlite", "is an SQLite database; name it .sqlite and read it with `format: sqlite`"),
)
_EXPECTED: dict[Format, str] = {"xlsx": "zip", "sqlite": "sqlite"}
_NAMES: dict[Format, str] = {
    "csv": "a csv file",
    "xlsx": "an Excel workbook (.xlsx)",
    "mysql_dump": "a MySQL dump",
    "sqlite": "an SQLite database",
}
_MARKUP = (b"<!doctype html", b"<html", b"<table", b"<head", b"<body", b"<meta", b"<style")
_BLOCK = 1 << 20


def find_files(root: Path, readings: Sequence[Reading]) -> tuple[list[tuple[Path, Reading]], list[Path]]:
    """Files of a source with the first reading that matches each, and the files that no reading matches.

    `root` is a file or a folder (searched through); files come in order of their relative path as text. Hidden files,
    `~$` lock files and symlinks that lead out of the folder are passed over. A reading matches by its `files` glob (on
    the relative path, `*` reaches into folders) or, without one, by the ending of the name.

    Raises DeliveryError when `root` is missing or nothing in it matches.
    """
    if not root.exists():
        raise DeliveryError(f"{root} is not there; check `source` in the batch file, or deliver it.")
    found: list[tuple[Path, Reading]] = []
    unmatched: list[Path] = []
    for relative, path in _files(root):
        reading = next((reading for reading in readings if _matches(relative, reading)), None)
        if reading is None:
            unmatched.append(path)
        else:
            found.append((path, reading))
    if not found:
        raise DeliveryError(f"{root} holds no file that can be read{_others(unmatched)}; {_way_out(readings)}.")
    return found, unmatched


def sha256_of(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal; the file is streamed."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from None


def require_kind(path: Path, kind: Format) -> None:
    """Raise DeliveryError when the first bytes of the file say that it is not of this format, or that it is empty."""
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        raise unreadable(path, error) from None
    if not head:
        raise DeliveryError(f"{path.name} is empty (0 bytes); export it again and deliver it.")
    actual, advice = next(((name, advice) for magic, name, advice in _KINDS if head.startswith(magic)), ("", ""))
    if not actual and head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        actual, advice = "html", "is a web page (HTML) under another name; open it and save it anew"
    if actual and actual != _EXPECTED.get(kind):
        raise DeliveryError(f"{path.name} should be {_NAMES[kind]} but {advice}.")
    if kind in _EXPECTED and not actual:
        raise DeliveryError(f"{path.name} is not {_NAMES[kind]}: {_unknown(kind)}.")


def unreadable(path: Path, error: OSError) -> DeliveryError:
    """The error for a file that the operating system does not let us read."""
    return DeliveryError(f"{path.name} cannot be read ({error.strerror or type(error).__name__}); deliver it again.")


def _unknown(kind: Format) -> str:
    if kind == "sqlite":
        return "it is encrypted, damaged or something else; export it again without a password"
    return "it is damaged or something else; open it in a spreadsheet program and save it as .xlsx"


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    if root.is_file():
        return iter([(root.name, root)])
    inside = root.resolve()
    paths = (Path(folder) / name for folder, folders, names in os.walk(root) for name in _visible(folders, names))
    kept = ((path.relative_to(root).as_posix(), path) for path in paths if _stays(path, inside))
    return iter(sorted(kept))


def _visible(folders: list[str], names: list[str]) -> list[str]:
    folders[:] = [name for name in folders if not name.startswith(".")]
    return [name for name in names if not name.startswith((".", "~$"))]


def _stays(path: Path, inside: Path) -> bool:
    return path.is_file() and (not path.is_symlink() or path.resolve().is_relative_to(inside))


def _matches(relative: str, reading: Reading) -> bool:
    if reading.format == "database":
        return False
    if reading.files is not None:
        return fnmatchcase(relative, reading.files)
    return relative.lower().endswith(ENDINGS[reading.format])


def _others(unmatched: list[Path]) -> str:
    if not unmatched:
        return " (it is empty)"
    return f" ({len(unmatched)} other files, such as {unmatched[0].name})"


def _way_out(readings: Sequence[Reading]) -> str:
    wanted = [reading.files or " ".join(ENDINGS.get(reading.format, (reading.format,))) for reading in readings]
    return f"the profile's `reads` looks for {', '.join(wanted) or 'nothing'}"
