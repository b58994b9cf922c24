"""The workbook that goes out: what stands where, what is locked, and that no cell is ever a formula."""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invented_workbook import COVER, WORDS, findings, line, write
from openpyxl import load_workbook

from koop_pipeline.contracts import TABLES
from koop_pipeline.corrections.model import CORRECTABLE
from koop_pipeline.corrections.workbook import layout
from koop_pipeline.corrections.workbook.write import NOUNS, in_indonesian, write_workbook
from koop_pipeline.identifiers.rupiah import grouped
from koop_pipeline.program.profile import CONTROL_HEADS

FIRST = 3


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """The workbook as it goes out."""
    return write(tmp_path)


def sheets(path: Path) -> Any:
    return load_workbook(path)


def texts(sheet: Any, row: int) -> dict[str, Any]:
    """A row by its headings."""
    headings = [cell.value for cell in sheet[2]]
    assert len(set(headings)) == len(headings)
    return dict(zip(headings, [cell.value for cell in sheet[row]], strict=True))


def every_cell(book: Any) -> Iterator[Any]:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            yield from row


def test_the_sheets_and_their_order(workbook: Path) -> None:
    book = sheets(workbook)
    assert [(sheet.title, sheet.sheet_state) for sheet in book.worksheets] == [
        ("Petunjuk", "visible"),
        ("Anggota", "visible"),
        ("Rekening simpanan", "visible"),
        ("Mutasi simpanan", "visible"),
        ("Pinjaman", "visible"),
        ("Orang yang sama", "visible"),
        ("Tambah anggota", "visible"),
        ("Selisih", "visible"),
        ("_koop", "veryHidden"),
        ("_daftar", "veryHidden"),
    ]


def test_one_line_says_everything_about_a_cell(workbook: Path) -> None:
    row = texts(sheets(workbook)["Anggota"], FIRST)
    assert list(row)[:12] == [
        "No. baris", "Nomor anggota", "Atas nama", "Kolom", "Isi sekarang", "Alasan", "Sifat", "Saran", "Tindakan",
        "Perbaikan", "Keterangan pengurus", "Sumber data",
    ]  # fmt: skip
    assert list(row.values())[:5] == ["AGT-00001", "A001", "Invensia Contoh", "NIK", "3323"]
    # both rules of the cell in one line; what follows from them stands in the next column, not in the reason
    assert row["Alasan"] == "NIK pengganti. Salin NIK dari KTP.\nNIK tidak sejalan. Cocokkan dengan KTP."
    assert row["Sifat"] == "Wajib diperbaiki"
    assert row["Sumber data"] == "anggota.csv, baris 2"
    assert [row[name] for name in ("Tindakan", "Perbaikan", "Keterangan pengurus")] == [None, None, None]
    assert row["Data: NIK"] == "3323"


def test_a_suggestion_is_written_as_people_write_it(workbook: Path) -> None:
    sheet = sheets(workbook)["Anggota"]
    assert [texts(sheet, row)["Saran"] for row in range(FIRST, FIRST + 4)] == [None, "30/08/1995", "Laki-laki", None]


def test_our_own_word_from_a_profile_is_shown_in_indonesian(tmp_path: Path) -> None:
    cells = {"loan_no": "P-1", "source_collectability": "current", "status": "Aktif"}
    one = line("loans", "source_collectability", ("LON-MNY-01",), "warn", "P-1", 2, cells)
    write_workbook(tmp_path / "own.xlsx", COVER, replace_lines([one]), WORDS)
    row = texts(sheets(tmp_path / "own.xlsx")["Pinjaman"], FIRST)
    assert row["Isi sekarang"] == row["Data: Kolektibilitas menurut koperasi"] == "Lancar"
    assert row["Data: Status"] == "Aktif"


def test_only_what_is_to_be_filled_in_is_unlocked(workbook: Path) -> None:
    book = sheets(workbook)
    for sheet in book.worksheets[:-2]:
        assert sheet.protection.sheet, sheet.title
        assert sheet.protection.password is None
    unlocked = {
        cell.coordinate for cell in every_cell(book) if not cell.protection.locked and cell.parent.title == "Anggota"
    }
    assert unlocked == {f"{letter}{row}" for letter in "IJK" for row in range(FIRST, FIRST + 4)}
    assert all(not cell.protection.locked for cell in book["Tambah anggota"][FIRST])


def test_the_failed_cell_has_the_colour_of_its_consequence(workbook: Path) -> None:
    sheet = sheets(workbook)["Anggota"]
    headings = [cell.value for cell in sheet[2]]
    coloured = {headings[cell.column - 1] for cell in sheet[FIRST] if cell.fill.fgColor.rgb == "00F8CBC6"}
    assert coloured == {"Isi sekarang", "Sifat", "Data: NIK"}


def test_no_cell_is_a_formula_and_texts_are_kept_as_they_are(workbook: Path) -> None:
    book = sheets(workbook)
    assert {cell.data_type for cell in every_cell(book) if cell.value is not None} == {"s"}
    sheet = book["Anggota"]
    assert texts(sheet, FIRST)["Data: Nama lengkap"] == '=HYPERLINK("http://example.org")'
    assert [texts(sheet, row)["Data: Alamat"] for row in range(FIRST + 1, FIRST + 4)] == ["+62 jalan", "@rumah", "-"]
    locked = [cell for cell in every_cell(book) if cell.value is not None and cell.protection.locked]
    assert all(cell.quotePrefix for cell in locked)
    with zipfile.ZipFile(workbook) as package:
        parts = [name for name in package.namelist() if name.startswith("xl/worksheets/sheet")]
        assert parts
        assert not [name for name in parts if b"<f>" in package.read(name) or b"<f " in package.read(name)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=60))
def test_any_text_is_written_as_text(tmp_path: Path, text: str) -> None:
    one = line("members", "nik", ("MBR-NIK-07",), "warn", "A1", 2, {"member_no": "A1", "nik": text})
    path = tmp_path / "any.xlsx"
    write_workbook(path, COVER, replace_lines([one]), WORDS)
    assert {cell.data_type for cell in every_cell(sheets(path)) if cell.value is not None} == {"s"}


def replace_lines(lines: list[Any]) -> Any:
    return replace(findings(), lines=lines, differences=[], pairs=[], missing={})


def lists(sheet: Any) -> dict[str, list[str]]:
    """The options of each drop-down, by its range."""
    found = {}
    for rule in sheet.data_validations.dataValidation:
        area = rule.formula1.split("!")[1].replace("$", "")
        cells = sheet.parent["_daftar"][area]
        found[str(rule.sqref)] = [row[0].value for row in cells]
        assert rule.type == "list" and rule.showErrorMessage
    return found


def test_drop_downs_offer_what_fits_the_line(workbook: Path) -> None:
    book = sheets(workbook)
    members = lists(book["Anggota"])
    assert members["I3"] == ["Ubah isi", "Kosongkan", "Hapus baris ini", "Orang yang sama dengan..."]
    assert members["I6"][-1] == "Sudah benar"
    assert members["I4"][:2] == ["Ubah isi", "Pakai saran"]
    assert members["J5"] == ["Laki-laki", "Perempuan"]
    assert "J3" not in members
    assert lists(book["Orang yang sama"])["M3"] == [
        "Orang yang sama, tetap anggota pertama", "Orang yang sama, tetap anggota kedua", "Orang berbeda",
    ]  # fmt: skip
    added = lists(book["Tambah anggota"])
    assert added["P3:P53"] == ["Aktif", "Tidak aktif", "Keluar", "Meninggal"]


def test_only_the_line_of_a_merged_member_offers_that_they_are_different(tmp_path: Path) -> None:
    cells = {"member_no": "A1"}
    merged = line("members", "member_no", ("MBR-DUP-01",), "warn", "A1", 2, cells)
    other = line("members", "member_no", ("MBR-DUP-01",), "warn", "A2", 3, cells)
    words = {("members", "MBR-DUP-01"): WORDS["members", "MBR-NIK-07"]}
    path = tmp_path / "merged.xlsx"
    write_workbook(path, COVER, replace_lines([replace(merged, into="A7"), other]), words)
    offered = lists(sheets(path)["Anggota"])
    assert "Orang berbeda" in offered["I3"]
    assert "Orang berbeda" not in offered["I4"]


def test_cells_to_fill_in_have_the_format_of_their_column(workbook: Path) -> None:
    book = sheets(workbook)
    assert [book["Anggota"].cell(row, 10).number_format for row in (3, 4, 5)] == ["@", "dd/mm/yyyy", "@"]
    assert book["Pinjaman"].cell(FIRST, 10).number_format == "#,##0.00"


def test_a_sheet_is_set_up_for_screen_and_paper(workbook: Path) -> None:
    sheet = sheets(workbook)["Anggota"]
    assert sheet.freeze_panes == "D3"
    assert sheet.auto_filter.ref.startswith("A2:")
    assert sheet.print_title_rows == "$1:$2"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (
        "landscape",
        1,
        0,
    )
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert all(sheet.column_dimensions[letter].width >= 10 for letter in "ABCDEFGHIJKL")
    assert sheet[f"F{FIRST}"].alignment.wrap_text


def test_the_cover_says_whose_it_is_and_how_much_there_is(workbook: Path) -> None:
    rows = [
        [cell for cell in row if cell is not None] for row in sheets(workbook)["Petunjuk"].iter_rows(values_only=True)
    ]
    assert ["Koperasi", "KSP Uji Coba (KSP-UJI)"] in rows
    assert ["Gelombang", "gelombang-01"] in rows
    assert ["Data per tanggal", "30 Juni 2026"] in rows
    assert ["Lembar ini dibuat", "5 Juli 2026"] in rows
    assert ["Kirim kembali kepada", "Dinas Uji, uji@example.org"] in rows
    # sheet, lines, to be corrected before migration, better corrected, to be looked at
    assert ["Anggota", "4", "1", "2", "1"] in rows
    assert ["Pinjaman", "1", "1", "0", "0"] in rows
    assert ["Orang yang sama", "1", "-", "-", "-"] in rows
    assert ["Jumlah yang diperiksa", "8", "5", "2", "1"] in rows
    assert len([row for row in rows if row and row[0][:3] in ("1. ", "2. ", "3. ", "4. ", "5. ")]) == 5


def test_differences_are_told_in_words(workbook: Path) -> None:
    row = texts(sheets(workbook)["Selisih"], FIRST)
    assert row == {
        "Bagian": "Akun", "Sifat": "Wajib diperbaiki", "Hal": "Neraca saldo tidak seimbang",
        "Alasan": "Debit dan kredit harus sama.", "Rincian": "debit 1.500,00, kredit 500,00, selisih 1.000,00",
        "Banyaknya": "1",
    }  # fmt: skip


def test_a_pair_stands_side_by_side(workbook: Path) -> None:
    row = list(texts(sheets(workbook)["Orang yang sama"], FIRST).values())
    assert row[:2] == ["PSG-00001", "Tanggal lahir sama\nNama lengkap mirip"]
    assert row[2:7] == ["A005", "Siti Rekaan", None, "1970-01-02", None]
    assert row[7:12] == ["A006", "SITI REKAAN", None, "1970-01-02", None]


def test_keys_that_others_name_are_filled_in_where_rows_are_added(workbook: Path) -> None:
    sheet = sheets(workbook)["Tambah anggota"]
    assert [cell.value for cell in sheet[2]][:3] == ["Nomor anggota *", "NIK", "Nama lengkap *"]
    assert [sheet.cell(row, 1).value for row in (3, 4)] == ["00187", None]


@pytest.mark.parametrize("name", CORRECTABLE)
def test_every_category_can_be_written_with_all_its_columns(tmp_path: Path, name: str) -> None:
    table = TABLES[name]
    words = {(name, "X-1"): WORDS["members", "MBR-DAT-01"]}
    cells = {column.name: "isi" for column in table.columns}
    lines = [line(name, column.name, ("X-1",), "block", "K", 2, cells) for column in table.columns]
    one = replace(findings(), lines=lines, differences=[], pairs=[], missing={name: []})
    write_workbook(tmp_path / "one.xlsx", COVER, one, words)
    book = sheets(tmp_path / "one.xlsx")
    assert set(texts(book[layout.sheet_name(name)], FIRST).values()) >= {"isi"}
    assert book[layout.adding_sheet(name)].max_row == 2 + 50


def test_amounts_and_words_of_totals() -> None:
    assert grouped("-1250000.5") == "-1.250.000,50"
    assert in_indonesian("savings declared 100.00, found 90.00") == "simpanan dinyatakan 100,00, ditemukan 90,00"
    assert (
        in_indonesian("loans:KRD-A delivered unreadable, mapped 5.00")
        == "pinjaman:KRD-A menurut berkas tidak terbaca sebagai angka, terbaca 5,00"
    )
    assert in_indonesian("loan_repayments delivered 7.00, mapped 5.00") == "angsuran menurut berkas 7,00, terbaca 5,00"
    assert in_indonesian("members declared 12, found 10, merged 1; assets declared 1.00, found 0.00") == (
        "anggota dinyatakan 12, ditemukan 10, digabung 1; aset dinyatakan 1,00, ditemukan 0,00"
    )
    assert in_indonesian(None) == ""
    assert set(CONTROL_HEADS) <= set(NOUNS)


@pytest.mark.parametrize(
    "text",
    [
        "no loans are open",
        "nothing found; savings and loans closed in 2019",
        "debit 1.00, credit 2.00, difference 3.00; no loans are open",
        "koperasi belum punya pinjaman, see members 12.50",
    ],
)
def test_a_sentence_of_the_cooperative_is_left_as_it_stands(text: str) -> None:
    assert in_indonesian(text) == text
