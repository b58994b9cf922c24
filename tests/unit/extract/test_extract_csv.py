"""Delimited files: what is read, what is refused, and that reader and counter agree."""

import csv
import io
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract import csv_file
from koop_pipeline.program.reading import Reading


def reading(**settings: object) -> Reading:
    return Reading.model_validate({"format": "csv", **settings})


def write(folder: Path, content: bytes, name: str = "anggota.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def rows(path: Path, how: Reading | None = None) -> list[tuple[object, ...]]:
    return [row for chunk in csv_file.read(path, how or reading()) for row in chunk.frame.rows()]


def columns(path: Path, how: Reading | None = None) -> list[str]:
    return next(iter(csv_file.read(path, how or reading()))).columns


def test_quotes_newlines_and_empty_fields_are_read_as_they_stand(tmp_path: Path) -> None:
    path = write(tmp_path, b'no,nama,ket\r\n1,"Siti ""Ami""","Jl. A\r\nNo. 2"\r\n2,,""\r\n3, x ,NULL\r\n')
    assert rows(path) == [(2, "1", 'Siti "Ami"', "Jl. A\r\nNo. 2"), (3, "2", "", ""), (4, "3", " x ", "NULL")]
    assert csv_file.count(path, reading()) == {"anggota": 3}


def test_empty_lines_are_no_records_but_keep_their_number(tmp_path: Path) -> None:
    path = write(tmp_path, b"a,b\n\n1,2\n\r\n,\n\n")
    assert rows(path) == [(3, "1", "2"), (5, "", "")]
    assert csv_file.count(path, reading()) == {"anggota": 2}


def test_in_one_column_only_a_quoted_empty_field_is_a_record(tmp_path: Path) -> None:
    path = write(tmp_path, b'a\n\n""\nx')
    assert rows(path) == [(3, ""), (4, "x")]
    assert csv_file.count(path, reading()) == {"anggota": 2}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin1"])
def test_declared_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "nama;kota\nAndré;Ende\n".encode(encoding))
    how = reading(delimiter=";", encoding="utf-8" if encoding == "utf-8-sig" else encoding)
    assert (columns(path, how), rows(path, how)) == (["nama", "kota"], [(2, "André", "Ende")])
    assert csv_file.count(path, how) == {"anggota": 1}


@pytest.mark.parametrize(
    ("content", "how", "message"),
    [
        (b"", {}, "anggota.csv is empty (0 bytes)"),
        (b"\n\n", {}, "row 1: there is no header"),
        (b"a,b\n", {"header": 3}, "ends before row 3"),
        (b"a,b\n1,2\n1,2,3\n", {}, "row 3: 2 fields expected as in the header, 3 found"),
        (b"a,b\n\n1\n", {}, "row 3: 2 fields expected as in the header, 1 found"),
        (b'a,b\n1,"x\n2,3\n', {}, "begins in line 2: a quote is opened and never closed"),
        (b'a,b\n1,"x"y\n', {}, "begins in line 2: text follows a closing quote"),
        ("a,b\n1,é\n".encode("latin1"), {}, "line 2 (byte 7): byte 0xe9 is not valid utf-8"),
        (b"a,b\n1,\x81\n", {"encoding": "cp1252"}, "line 2 (byte 7): byte 0x81 is not valid cp1252"),
        (b"\xef\xbb\xbfa,b\n1,2\n", {"encoding": "cp1252"}, "is marked as utf-8"),
        (b"a,b\n1,2\n", {"encoding": "utf-9"}, "`encoding: utf-9` in the profile's `reads` is not known"),
        (b"a,b\n1,2\n", {"delimiter": "||"}, "delimiter '||'"),
        (",".join(f"k{n}" for n in range(10_000)).encode(), {}, "has 10,000 columns, more than the 2,000"),
        (b"PK\x03\x04rest", {}, "is a zip file"),
        (b"\x1f\x8b\x08rest", {}, "is compressed with gzip"),
        (b"<html><table></table></html>", {}, "is a web page (HTML)"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(
    tmp_path: Path, content: bytes, how: dict[str, object], message: str
) -> None:
    path = write(tmp_path, content)
    with pytest.raises(DeliveryError) as error:
        rows(path, reading(**how))
    assert message in str(error.value)
    assert "anggota.csv" in str(error.value)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"anggota.csv cannot be read"):
        rows(tmp_path / "anggota.csv")


def test_a_header_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    path = write(tmp_path, b"no,nama")
    chunks = list(csv_file.read(path, reading()))
    assert [(chunk.table, chunk.columns, chunk.frame.height) for chunk in chunks] == [("anggota", ["no", "nama"], 0)]
    assert csv_file.count(path, reading()) == {"anggota": 0}


def test_names_are_made_unique_and_never_empty(tmp_path: Path) -> None:
    path = write(tmp_path, b"nama,nama,,NAMA,nama_2,source_row\n1,2,3,4,5,6\n")
    assert columns(path) == ["nama", "nama_3", "column_3", "NAMA_4", "nama_2", "source_row_2"]


def test_titles_above_the_header_are_not_read(tmp_path: Path) -> None:
    path = write(tmp_path, b"KSP Contoh\n\nno;nama\n1;Siti\n")
    how = reading(delimiter=";", header=3)
    assert (columns(path, how), rows(path, how)) == (["no", "nama"], [(4, "1", "Siti")])
    assert csv_file.count(path, how) == {"anggota": 1}


def test_a_quote_within_a_field_is_an_ordinary_character(tmp_path: Path) -> None:
    path = write(tmp_path, b'a,b\npipa 1/2",x\n"y",z\n')
    assert rows(path) == [(2, 'pipa 1/2"', "x"), (3, "y", "z")]
    assert csv_file.count(path, reading()) == {"anggota": 2}


def test_without_a_quote_character_quotes_mean_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, b'a\tb\n"1\t2"\n')
    how = reading(delimiter="\\t", quote="")
    assert rows(path, how) == [(2, '"1', '2"')]
    assert csv_file.count(path, how) == {"anggota": 1}


def test_a_cell_of_a_megabyte_is_read(tmp_path: Path) -> None:
    cell = "x\n" * 500_000
    path = write(tmp_path, f'a,b\n1,"{cell}"\n2,y\n'.encode())
    assert rows(path) == [(2, "1", cell), (3, "2", "y")]
    assert csv_file.count(path, reading()) == {"anggota": 2}


def test_records_across_blocks_stay_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("koop_pipeline.extract.text_file.BLOCK", 7)
    path = write(tmp_path, 'a,b\r\n1,"x\r\né,""q"""\r\n\r\n22,yyyyyyyyyyyy\r\n'.encode())
    assert rows(path) == [(2, "1", 'x\r\né,"q"'), (4, "22", "yyyyyyyyyyyy")]


def test_a_wrong_byte_in_a_later_block_has_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("koop_pipeline.extract.text_file.BLOCK", 5)
    path = write(tmp_path, b"a,b\n1,2\n3,\xe9\n")
    with pytest.raises(DeliveryError, match=r"line 3 \(byte 11\): byte 0xe9"):
        rows(path)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(TEXT, min_size=width, max_size=width), max_size=6)),
    delimiter=st.sampled_from([",", ";", "|", "\t"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    block=st.sampled_from([5, 64, 1 << 20]),
)
def test_what_pythons_csv_module_writes_comes_back(
    tmp_path: Path, table: list[list[str]], delimiter: str, quoting: Literal[0, 1], block: int
) -> None:
    width = len(table[0]) if table else 2
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting)
    writer.writerows([[f"k{n}" for n in range(width)], *table])
    path = write(tmp_path, text.getvalue().encode())
    how = reading(delimiter=delimiter)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("koop_pipeline.extract.text_file.BLOCK", block)
        assert [list(row[1:]) for row in rows(path, how)] == table
    assert csv_file.count(path, how) == {"anggota": len(table)}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.text(alphabet="a, \n\r", max_size=40), header=st.integers(1, 2))
def test_counted_lines_are_the_records_of_the_csv_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, header: int
) -> None:
    monkeypatch.setattr(csv_file, "BLOCK", 4)
    path, how = write(tmp_path, body.encode()), reading(header=header)
    records = list(csv.reader(io.StringIO(body, newline="")))
    if len(records) < header:
        with pytest.raises(DeliveryError, match="ends before row"):
            csv_file.count(path, how)
    else:
        assert csv_file.count(path, how) == {"anggota": sum(map(bool, records[header:]))}
