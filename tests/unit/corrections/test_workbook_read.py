"""A workbook that came back: what is taken from it, and the sentence for each thing that cannot be taken."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invented_workbook import COVER, WORDS, findings, line, write
from openpyxl import load_workbook

from koop_pipeline.corrections.model import At, Correction, DifferentPeople
from koop_pipeline.corrections.workbook.read import read_workbook
from koop_pipeline.corrections.workbook.statements import Returned
from koop_pipeline.corrections.workbook.write import write_workbook

DAY = date(2026, 7, 9)
WHO = "Ketua KSP Uji"
NIK = "5301014101010001"
BY_LIBREOFFICE = Path(__file__).with_name("returned_by_libreoffice.xlsx")
Cells = dict[str, Any]
Fill = Callable[[str, Cells], Returned]


def read(path: Path, cooperative: str = "KSP-UJI") -> Returned:
    return read_workbook(path, cooperative, DAY, WHO)


def at(row: int) -> At:
    return At(file="legacy/uji/anggota.csv", table="anggota", row=row)


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook as it goes out, with three empty rows to add on where officers get fifty."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("koop_pipeline.corrections.workbook.write.EMPTY_ROWS", 3)
        return write(tmp_path_factory.mktemp("sent"))


@pytest.fixture
def workbook(sent: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copy(sent, tmp_path))


@pytest.fixture
def fill(workbook: Path) -> Fill:
    """Fill in cells of one sheet and read the workbook back."""

    def filled(sheet: str, cells: Cells) -> Returned:
        book = load_workbook(workbook)
        for place, value in cells.items():
            book[sheet][place] = value
        book.save(workbook)
        return read(workbook)

    return filled


def test_nothing_filled_in_says_nothing(workbook: Path) -> None:
    assert read(workbook) == Returned()


def test_a_changed_value_is_a_correction_with_everything_that_is_known_of_it(fill: Fill) -> None:
    returned = fill("Anggota", {"I3": "Ubah isi", "J3": NIK, "K3": "KTP asli"})
    assert returned == Returned(
        corrections=(
            Correction(
                action="set", table="members", key="A001", at=at(2), column="nik", expected="3323", value=NIK,
                reason="KTP asli", who=WHO, on=DAY, cell="Anggota!J3",
            ),
        )
    )  # fmt: skip


def test_without_a_remark_the_rule_is_the_reason(fill: Fill) -> None:
    (item,) = fill("Anggota", {"J3": NIK}).corrections
    assert (item.action, item.reason) == ("set", "NIK pengganti, NIK tidak sejalan")


TYPED = [
    # sheet, cell, as stored, canonical text
    ("Anggota", "J3", " 53.01.01.410101.0001 ", NIK),
    ("Anggota", "J3", 5301014101010001, NIK),
    ("Anggota", "J4", "31/01/2001", "2001-01-31"),
    ("Anggota", "J4", "1 Januari 2001", "2001-01-01"),
    ("Anggota", "J4", "2001-01-31", "2001-01-31"),
    ("Anggota", "J4", datetime(2001, 1, 31), "2001-01-31"),
    ("Anggota", "J4", date(2001, 1, 31), "2001-01-31"),
    ("Anggota", "J5", "Laki-laki", "male"),
    ("Anggota", "J5", "PEREMPUAN", "female"),
    ("Anggota", "J5", "female", "female"),
    ("Pinjaman", "J3", 1250000.5, "1250000.50"),
    ("Pinjaman", "J3", 1250000, "1250000.00"),
    ("Pinjaman", "J3", "1.250.000,50", "1250000.50"),
    ("Pinjaman", "J3", "Rp 50.000,-", "50000.00"),
    ("Rekening simpanan", "J3", "00188", "00188"),
    ("Rekening simpanan", "J3", 188, "188"),
    ("Rekening simpanan", "J3", 188.0, "188"),
]


@pytest.mark.parametrize(("sheet", "cell", "stored", "value"), TYPED)
def test_typed_values_become_canonical_text(fill: Fill, sheet: str, cell: str, stored: Any, value: str) -> None:
    returned = fill(sheet, {cell: stored})
    assert returned.problems == ()
    assert [item.value for item in returned.corrections] == [value]


REFUSED = [
    # sheet, cells, the sentence
    ("Anggota", {"J3": "5301014101010"}, "Anggota!J3: '5***********0' cannot be read as a NIK (16 digits"),
    ("Anggota", {"J3": 5301014101010000}, "Anggota!J3: was typed as a number of 16 digits; a spreadsheet keeps"),
    ("Anggota", {"J3": 9101014101010001}, "Anggota!J3: was typed as a number of 16 digits"),
    ("Anggota", {"J3": "=1+1"}, "Anggota!J3: holds a formula; type the value itself"),
    ("Anggota", {"I3": '="Ubah isi"', "J3": NIK}, "Anggota!I3: holds a formula"),
    ("Anggota", {"K3": "=A1", "J3": NIK}, "Anggota!K3: holds a formula"),
    ("Anggota", {"J3": datetime(2001, 1, 31)}, "Anggota!J3: was turned into a date by the spreadsheet"),
    ("Anggota", {"J4": "31/02/2001"}, "Anggota!J4: '3********1' cannot be read as a complete date"),
    ("Anggota", {"J4": "Januari 2001"}, "Anggota!J4: 'J*****i 2**1' cannot be read as a complete date"),
    ("Anggota", {"J4": time(10, 0)}, "Anggota!J4: holds a time of day"),
    ("Anggota", {"J5": "Pria"}, "Anggota!J5: 'P**a' is none of: Laki-laki, Perempuan"),
    ("Pinjaman", {"J3": "1.25"}, "Pinjaman!J3: '1.25' cannot be read as an amount in rupiah"),
    ("Pinjaman", {"J3": 0.123}, "Pinjaman!J3: '0.123' has more than two decimals"),
    ("Pinjaman", {"J3": 1e15}, "Pinjaman!J3: holds a number of which a spreadsheet loses digits"),
    ("Pinjaman", {"J3": "#REF!"}, "Pinjaman!J3: holds an error value of the spreadsheet"),
    ("Anggota", {"I3": "Ubah isi"}, "Anggota!J3: 'Ubah isi' needs what is right in 'Perbaikan'"),
    ("Anggota", {"I3": "Kosongkan", "J3": NIK}, "Anggota!J3: 'Kosongkan' leaves 'Perbaikan' empty"),
    ("Anggota", {"I3": "Hapus baris ini"}, "Anggota!I3: 'Hapus baris ini' needs its cause in 'Keterangan pengurus'"),
    ("Anggota", {"I3": "Orang yang sama dengan..."}, "Anggota!J3: 'Orang yang sama dengan...' needs what is right"),
    ("Anggota", {"I3": "Sudah benar"}, "Anggota!I3: 'Sudah benar' cannot be chosen for this line, only 'Ubah isi'"),
    ("Anggota", {"I3": "Pakai saran"}, "Anggota!I3: 'Pakai saran' cannot be chosen for this line"),
    ("Rekening simpanan", {"I3": "Kosongkan"}, "Rekening simpanan!I3: 'Kosongkan' cannot be chosen for this line"),
    ("Anggota", {"I3": "Ganti"}, "Anggota!I3: 'G***i' is none of: Ubah isi, Pakai saran,"),
    ("Anggota", {"K3": "lihat KTP"}, "Anggota!I3: there is a remark but no 'Tindakan'; choose one"),
    ("Anggota", {"C3": "Nama Lain", "J3": NIK}, "Anggota!C3: this locked cell (Atas nama) was changed"),
    ("Anggota", {"E3": None, "J3": NIK}, "Anggota!E3: this locked cell (Isi sekarang) was changed"),
    ("Anggota", {"T3": "catatan"}, "Anggota!T3: this locked cell (outside the table) was changed"),
    ("Anggota", {"D2": "Isian"}, "Anggota!D2: the heading 'Kolom' was changed"),
    ("Anggota", {"A3": "AGT-00002"}, "Anggota!A4: the line AGT-00002 stands here and in Anggota!A3"),
    ("Anggota", {"A3": "AGT-99999"}, "Anggota!A3: no line of this workbook has the number 'AGT-99999'"),
    ("Anggota", {"B9": "A100"}, "Anggota!B9: the line number of this row is missing; rows are added on 'Tambah "),
    ("Anggota", {"A3": "Siti Rekaan 5301"}, "Anggota!A3: no line of this workbook has the number 'S**i R****n 5**1'"),
    ("Anggota", {"A3": "PJM-00001"}, "Anggota!A3: the line PJM-00001 belongs to the sheet 'Pinjaman'"),
    ("Anggota", {"A3": "PSG-00001"}, "Anggota!A3: the line PSG-00001 belongs to the sheet 'Orang yang sama'"),
    ("Anggota", {"A1": "catatan"}, "Anggota!A1: this locked cell was changed; only the yellow cells are filled in"),
    ("Anggota", {"A1": None}, "Anggota!A1: this locked cell was changed"),
    ("Anggota", {"H1": "catatan"}, "Anggota!H1: this cell was empty and is not read"),
    ("Anggota", {"Z2": "catatan"}, "Anggota!Z2: this cell was empty and is not read"),
    ("Anggota", {"KZ3": "catatan"}, "Anggota!KZ3: this locked cell (outside the table) was changed"),
    ("Anggota", {"C900": "a", "ZZ900": "b"}, "Anggota!C900: the line number of this row is missing (also Anggota!ZZ9"),
    ("Petunjuk", {"C4": "KSP Lain (KSP-LAIN)"}, "Petunjuk!C4: this locked cell was changed"),
    ("Petunjuk", {"B38": "tolong hapus A001"}, "Petunjuk!B38: this "),
    ("Petunjuk", {"D300": "tolong"}, "Petunjuk!D300: this cell was empty and is not read"),
    ("Petunjuk", {"KZ5": "tolong"}, "Petunjuk!KZ5: this cell was empty and is not read"),
    ("Selisih", {"E3": "sudah kami betulkan"}, "Selisih!E3: this locked cell was changed"),
    ("Selisih", {"G3": "sudah"}, "Selisih!G3: this cell was empty and is not read"),
    ("Selisih", {"A9": "sudah"}, "Selisih!A9: this cell was empty and is not read"),
    ("Tambah anggota", {"B1": "catatan"}, "Tambah anggota!B1: this cell was empty and is not read"),
    ("Tambah anggota", {"AZ700": "catatan"}, "Tambah anggota!AZ700: this cell was empty and is not read"),
    ("Tambah anggota", {"KZ3": "catatan"}, "Tambah anggota!KZ3: this cell was empty and is not read"),
    ("Orang yang sama", {"M3": "Entah"}, "Orang yang sama!M3: 'E***h' is none of: Orang yang sama, tetap"),
    ("Orang yang sama", {"D3": "Lain"}, "Orang yang sama!D3: this locked cell (Pertama: Nama lengkap) was changed"),
    ("Tambah anggota", {"C3": "Rekaan"}, "Tambah anggota!O3: 'Keanggotaan' must be filled in"),
    ("Tambah anggota", {"A4": "00999"}, "Tambah anggota!C4: 'Nama lengkap' must be filled in"),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "cells", "sentence"), REFUSED)
def test_what_cannot_be_taken_is_a_problem_that_names_the_cell(
    fill: Fill, sheet: str, cells: Cells, sentence: str
) -> None:
    returned = fill(sheet, cells)
    assert any(problem.startswith(sentence) for problem in returned.problems), returned.problems
    assert not [item for item in returned.corrections if item.cell == f"{sheet}!J3"]


PERSON = "5371010505800007 Yosef Tefa 081234567890"


@pytest.mark.parametrize(
    ("sheet", "cell"),
    [
        ("Anggota", "J3"), ("Anggota", "J4"), ("Anggota", "J5"), ("Anggota", "I3"), ("Anggota", "A3"),
        ("Anggota", "A6"), ("Anggota", "C3"), ("Anggota", "D2"), ("Anggota", "A1"), ("Anggota", "Z9"),
        ("Pinjaman", "J3"), ("Orang yang sama", "M3"), ("Petunjuk", "C4"), ("Selisih", "E3"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("text", [PERSON, *PERSON.split(), "Yosef Tefa", "Yosef\tTefa", PERSON.replace(" ", "\n")])
def test_a_problem_does_not_repeat_personal_data(fill: Fill, sheet: str, cell: str, text: str) -> None:
    returned = fill(sheet, {cell: text})
    is_a_value = cell == "J3" and text.isdigit() and len(returned.corrections) == 1
    assert is_a_value or any(f"{sheet}!{cell}: " in problem for problem in returned.problems), returned.problems
    said = " ".join(returned.problems)
    assert [part for part in ("53710105", "05800007", "Yosef", "Tefa", "8123456789") if part in said] == []


def test_a_sheet_of_theirs_is_not_named(workbook: Path) -> None:
    (problem,) = changed_identity(workbook, lambda book: book.create_sheet("Yosef Tefa 5371010505800007", 2)).problems
    assert problem == "sheet 3: this sheet was not in the workbook; what stands on it is not read."


def test_after_a_hundred_problems_reading_stops(workbook: Path) -> None:
    def scribbled(book: Any) -> None:
        for row in range(10, 200):
            book["Anggota"][f"C{row}"] = "x"

    problems = changed_identity(workbook, scribbled).problems
    assert len(problems) == 101
    assert problems[99].startswith("Anggota!C109: ")
    assert problems[100] == "and more: only the first 100 problems are named."


def test_exactly_a_hundred_problems_are_all_named(workbook: Path) -> None:
    def scribbled(book: Any) -> None:
        for row in range(10, 110):
            book["Anggota"][f"C{row}"] = "x"

    problems = changed_identity(workbook, scribbled).problems
    assert (len(problems), problems[-1][:14]) == (100, "Anggota!C109: ")


def test_a_workbook_without_a_sheet_to_add_on_says_so(tmp_path: Path) -> None:
    one = findings()
    one.missing = {}
    path = tmp_path / "none.xlsx"
    write_workbook(path, COVER, one, WORDS)
    (problem,) = changed_identity(path, lambda book: book["Anggota"].__setitem__("B9", "A100")).problems
    assert problem == "Anggota!B9: the line number of this row is missing; no rows can be added in this workbook."


def test_who_was_merged_may_be_told_to_be_somebody_else(tmp_path: Path) -> None:
    one = findings()
    merged = line("members", "member_no", ("MBR-DUP-01",), "warn", "A008", 9, {"member_no": "A008"})
    one.lines, one.pairs, one.missing, one.differences = [replace(merged, into="A007")], [], {}, []
    path = tmp_path / "merged.xlsx"
    write_workbook(path, COVER, one, {("members", "MBR-DUP-01"): WORDS["members", "MBR-NIK-07"]})
    book = load_workbook(path)
    book["Anggota"]["I3"], book["Anggota"]["K3"] = "Orang berbeda", "ayah dan anak"
    book.save(path)
    expected = DifferentPeople(members=("A008", "A007"), reason="ayah dan anak", who=WHO, on=DAY, cell="Anggota!I3")
    assert read(path) == Returned(different=(expected,))


def test_of_any_other_line_nobody_can_say_that_they_are_different(fill: Fill) -> None:
    (problem,) = fill("Anggota", {"I6": "Orang berbeda"}).problems
    assert problem.startswith("Anggota!I6: 'Orang berbeda' cannot be chosen for this line, only 'Ubah isi'")


def test_each_action_says_what_the_model_wants(fill: Fill) -> None:
    members = fill("Anggota", {"I3": "orang yang sama dengan", "J3": "A009", "I4": "Kosongkan", "I5": "Pakai saran"})
    assert members.problems == ()
    assert [
        (item.action, item.key, item.column, item.expected, item.value, item.into) for item in members.corrections
    ] == [
        ("merge", "A001", None, None, None, "A009"),
        ("set", "A002", "birth_date", "08/30/1995", None, None),
        ("set", "A003", "gender", "Lk", "male", None),
    ]
    moved = fill("Mutasi simpanan", {"I3": "Milik rekening/pinjaman lain", "J3": "T-9"}).corrections[-1]
    assert (moved.action, moved.table, moved.key, moved.expected, moved.value, moved.cell) == (
        "allocate", "savings_transactions", "M-1", "T-77", "T-9", "Mutasi simpanan!J3",
    )  # fmt: skip
    gone = fill("Rekening simpanan", {"I3": "Hapus baris ini", "K3": "rekening uji coba"}).corrections
    (item,) = [each for each in gone if each.action == "exclude"]
    assert (item.table, item.key, item.column, item.expected, item.reason) == (
        "savings_accounts", "T-9", "member_no", "00187", "rekening uji coba",
    )  # fmt: skip


def test_what_an_officer_confirms_is_kept_as_evidence(fill: Fill) -> None:
    returned = fill("Anggota", {"I6": "Sudah benar", "K6": "dicocokkan dengan KTP"})
    assert (returned.corrections, returned.problems) == ((), ())
    (item,) = returned.confirmed
    assert (item.key, item.column, item.reason, item.cell) == ("A004", "nik", "dicocokkan dengan KTP", "Anggota!I6")


@pytest.mark.parametrize(
    ("decision", "goes", "stays"),
    [
        ("Orang yang sama, tetap anggota pertama", "A006", "A005"),
        ("Orang yang sama, tetap anggota kedua", "A005", "A006"),
    ],
)
def test_of_a_pair_one_member_stays(fill: Fill, decision: str, goes: str, stays: str) -> None:
    (item,) = fill("Orang yang sama", {"M3": decision}).corrections
    assert (item.action, item.table, item.key, item.into) == ("merge", "members", goes, stays)


def test_different_people_are_told_once(fill: Fill) -> None:
    returned = fill("Orang yang sama", {"M3": "Orang berbeda", "N3": "kakak beradik"})
    expected = DifferentPeople(
        members=("A005", "A006"), reason="kakak beradik", who=WHO, on=DAY, cell="Orang yang sama!M3"
    )
    assert returned == Returned(different=(expected,))


def test_a_missing_row_is_added(fill: Fill) -> None:
    cells = {
        "B3": NIK, "C3": "Rekaan Baru", "E3": "Perempuan", "G3": datetime(1990, 1, 1), "O3": "Anggota", "P3": "Aktif",
        "Q3": "formulir 12",
    }  # fmt: skip
    (item,) = fill("Tambah anggota", cells).corrections
    assert (item.action, item.table, item.reason, item.cell) == ("add", "members", "formulir 12", "Tambah anggota!A3")
    assert item.values == {
        "member_no": "00187", "nik": NIK, "full_name": "Rekaan Baru", "gender": "female", "birth_date": "1990-01-01",
        "membership": "member", "status": "active",
    }  # fmt: skip


def test_two_lines_of_one_row_may_agree_but_not_contradict(tmp_path: Path) -> None:
    cells = {"member_no": "A1", "nik": "3323", "phone": "08"}
    lines = [line("members", name, ("MBR-NIK-07",), "warn", "A1", 2, cells) for name in ("nik", "phone")]
    path = tmp_path / "two.xlsx"
    one = findings()
    one.lines, one.pairs, one.missing, one.differences = lines, [], {}, []
    write_workbook(path, COVER, one, WORDS)
    book = load_workbook(path)
    sheet = book["Anggota"]
    for row in (3, 4):
        sheet[f"I{row}"], sheet[f"K{row}"] = "Hapus baris ini", "tercatat dua kali"
    book.save(path)
    assert [item.action for item in read(path).corrections] == ["exclude"]
    sheet["I4"], sheet["J4"] = "Ubah isi", "0812-3456-7890"
    book.save(path)
    returned = read(path)
    assert returned.corrections == ()
    assert returned.problems == ("Anggota!J4: this contradicts Anggota!I3, where the same row goes away.",)


def test_lines_may_be_sorted_and_deleted(workbook: Path) -> None:
    book = load_workbook(workbook)
    sheet = book["Anggota"]
    first, last = ([cell.value for cell in sheet[row]] for row in (3, 6))
    for column, (one, other) in enumerate(zip(first, last, strict=True), start=1):
        for row, value in ((3, other), (6, one)):
            cell = sheet.cell(row, column)
            cell.value = value
            cell.data_type = "n" if value is None else "s"
    sheet["J6"] = NIK
    sheet.delete_rows(4)
    book.save(workbook)
    returned = read(workbook)
    assert returned.problems == ()
    assert [(item.key, item.value, item.cell) for item in returned.corrections] == [("A001", NIK, "Anggota!J5")]


def test_a_workbook_of_another_cooperative_is_not_read(fill: Fill, workbook: Path) -> None:
    fill("Anggota", {"J3": NIK})
    assert read(workbook, "KSP-LAIN") == Returned(
        problems=("Petunjuk!C4: this workbook is of KSP-UJI, not of KSP-LAIN.",)
    )


def changed_identity(workbook: Path, change: Callable[[Any], object]) -> Returned:
    book = load_workbook(workbook)
    change(book)
    book.save(workbook)
    return read(workbook)


def test_another_format_version_is_not_read(workbook: Path) -> None:
    def newer(book: Any) -> None:
        cell = book["_koop"]["A1"]
        assert '"format":2' in cell.value
        cell.value = cell.value.replace('"format":2', '"format":3')

    (problem,) = changed_identity(workbook, newer).problems
    assert problem == "_koop!A1: the hidden sheet cannot be used: it has format 3, this program reads format 2."


def test_a_hidden_sheet_that_was_changed_or_cut_is_told(workbook: Path) -> None:
    def other(book: Any) -> None:
        for cell in book["_koop"]["A"]:
            cell.value = cell.value.replace("A001", "A002")

    (problem,) = changed_identity(workbook, other).problems
    assert problem == "_koop!A1: the hidden sheet cannot be used: it was changed or cut."
    (problem,) = changed_identity(workbook, lambda book: book["_koop"].delete_rows(3, 100)).problems
    assert problem == "_koop!A1: the hidden sheet cannot be used: it was changed or cut."
    (problem,) = changed_identity(workbook, lambda book: book.remove(book["_koop"])).problems
    assert problem.startswith("Perbaikan KSP-UJI.xlsx: the hidden sheet _koop is missing")


def test_a_sheet_of_their_own_is_not_passed_over_in_silence(workbook: Path) -> None:
    (problem,) = changed_identity(workbook, lambda book: book.create_sheet("Catatan")).problems
    assert problem == "sheet 11: this sheet was not in the workbook; what stands on it is not read."


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=60))
def test_any_delivered_text_comes_back_as_the_expected_one(tmp_path: Path, text: str) -> None:
    one = findings()
    one.lines = [line("members", "nik", ("MBR-NIK-07",), "warn", "A1", 2, {"member_no": "A1", "nik": text})]
    path = tmp_path / "any.xlsx"
    write_workbook(path, COVER, one, WORDS)
    book = load_workbook(path)
    book["Anggota"]["I3"] = "Kosongkan"
    book.save(path)
    returned = read(path)
    assert returned.problems == ()
    assert [item.expected for item in returned.corrections] == [text]


def test_one_filled_in_by_libreoffice_comes_back_right() -> None:
    """See README.md here for how it was made: lines sorted the other way round, typed dates, numbers and texts."""
    returned = read(BY_LIBREOFFICE)
    assert returned.problems == ()
    assert {(item.action, item.table, item.key, item.expected, item.value) for item in returned.corrections} == {
        ("set", "members", "A001", "3323", NIK),
        ("set", "members", "A002", "08/30/1995", "1995-08-30"),
        ("set", "members", "A003", "Lk", "male"),
        ("set", "loans", "P-1", "1.25", "1250000.50"),
        ("exclude", "savings_accounts", "T-9", "00187", None),
        ("allocate", "savings_transactions", "M-1", "T-77", "T-9"),
        ("add", "members", None, None, None),
    }
    (added,) = [item for item in returned.corrections if item.action == "add"]
    assert added.values == {
        "member_no": "00187", "nik": "5301014101010002", "full_name": "Rekaan Baru", "gender": "female",
        "birth_date": "1990-01-01", "membership": "member", "status": "active",
    }  # fmt: skip
    assert [item.members for item in returned.different] == [("A005", "A006")]
    assert [(item.key, item.reason) for item in returned.confirmed] == [("A004", "sudah dicocokkan")]
