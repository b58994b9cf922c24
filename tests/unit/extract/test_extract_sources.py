"""Which files a source has, and how each is read."""

import hashlib
from pathlib import Path

import pytest

from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract import csv_file, database, formats, mysql_dump, sources, sqlite_file, xlsx_file
from koop_pipeline.program.reading import Format, Reading

CSV = Reading(format="csv")
XLSX = Reading(format="xlsx")


def put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a\n1\n")


def test_files_come_sorted_with_the_first_reading_that_matches(tmp_path: Path) -> None:
    put(tmp_path, "b.CSV", "a/x.xlsx", "a/z.csv", "surat.pdf", ".hidden.csv", ".git/y.csv", "~$x.xlsx")
    special = Reading(format="csv", files="a/*.csv", delimiter=";")
    found, unmatched = sources.find_files(tmp_path, [special, CSV, XLSX])
    assert [(path.relative_to(tmp_path).as_posix(), how) for path, how in found] == [
        ("a/x.xlsx", XLSX),
        ("a/z.csv", special),
        ("b.CSV", CSV),
    ]
    assert unmatched == [tmp_path / "surat.pdf"]


def test_a_single_file_is_a_source(tmp_path: Path) -> None:
    put(tmp_path, "anggota.csv")
    assert sources.find_files(tmp_path / "anggota.csv", [CSV]) == ([(tmp_path / "anggota.csv", CSV)], [])


def test_links_that_leave_the_folder_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "outside.csv", "in/real.csv")
    (tmp_path / "in/out.csv").symlink_to(tmp_path / "outside.csv")
    (tmp_path / "in/loop").symlink_to(tmp_path)
    found, _ = sources.find_files(tmp_path / "in", [CSV])
    assert [path.name for path, _ in found] == ["real.csv"]


def test_a_missing_or_useless_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"is not there; check `source`"):
        sources.find_files(tmp_path / "nothing", [CSV])
    with pytest.raises(DeliveryError, match=r"it is empty"):
        sources.find_files(tmp_path, [CSV])
    put(tmp_path, "a.doc")
    with pytest.raises(DeliveryError, match=r"1 other files, such as a.doc.*looks for .csv .txt .tsv"):
        sources.find_files(tmp_path, [CSV])


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("mysql_dump", b"\x1f\x8b\x08\x00", "should be a MySQL dump but is compressed with gzip"),
        ("csv", b"SQLite format 3\x00", "should be a csv file but is an SQLite database"),
        ("xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old .xls workbook or is protected by a password"),
        ("xlsx", b"\n<HTML><body>", "is a web page"),
        ("xlsx", b"no,nama", "is not an Excel workbook"),
        ("sqlite", b"x" * 100, "is not an SQLite database"),
        ("csv", b"%PDF-1.7", "is a PDF"),
    ],
)
def test_files_of_another_kind_are_named_as_what_they_are(
    tmp_path: Path, kind: Format, content: bytes, message: str
) -> None:
    path = tmp_path / "kiriman"
    path.write_bytes(content)
    with pytest.raises(DeliveryError, match=message):
        sources.require_kind(path, kind)


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc" * 1_000_000)
    assert sources.sha256_of(path) == hashlib.sha256(b"abc" * 1_000_000).hexdigest()


def test_each_format_has_its_reader() -> None:
    modules = {
        "csv": csv_file,
        "xlsx": xlsx_file,
        "mysql_dump": mysql_dump,
        "sqlite": sqlite_file,
        "database": database,
    }
    for name, module in modules.items():
        assert formats.reader_for(Reading.model_validate({"format": name})) is module
