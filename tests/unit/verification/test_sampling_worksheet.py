"""The worksheet: what goes out, how it prints, and a sentence for everything in a returned one that is not as meant."""

import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from invented_sample import BATCH, MEMBER, SAVINGS, fill, line, sample, write
from openpyxl import load_workbook

from koop_pipeline.errors import DeliveryError
from koop_pipeline.verification.sampling.model import Sample
from koop_pipeline.verification.sampling.returned import Answer, merged, read_worksheet

ALL = sample()
CHANGED = "this locked cell was changed; only the yellow cells are filled in."


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "uji.xlsx", ALL)


def read(path: Path, drawn: Sample = ALL) -> tuple[list[Answer], list[str]]:
    returned = read_worksheet(path, BATCH, drawn)
    return returned.answers, returned.problems


def test_a_line_shows_both_sides_the_reason_and_the_place(path: Path) -> None:
    page = load_workbook(path)["Simpanan"]
    assert [cell.value for cell in page[2]] == [
        "No. baris", "Nomor rekening", "Atas nama", "Menurut serahan", "Di sistem baru", "Saldo di buku anggota",
        "Selisih", "Cocok?", "Keterangan pemeriksa", "Catatan", "Sumber data",
    ]  # fmt: skip
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=3)]
    source = "tabungan.csv, baris 7"
    assert rows[0] == [
        "SIM-00001", "R1", "=Siti Aminah", "40.000.000,00", "40.000.000,00", None, None, None, None, "Selalu diambil.",
        source,
    ]  # fmt: skip
    assert rows[2][3:5] == ["500.000,00", "450.000,00"]
    assert rows[2][9] == "Sistem baru dikurangi serahan: -50.000,00."
    assert (rows[3][4], rows[3][9]) == (None, "Tidak dipindahkan: baris uji.")
    assert (rows[4][4], rows[4][9]) == (None, "TIDAK ADA di sistem baru tanpa alasan yang tercatat.")
    member = [cell.value for cell in load_workbook(path)["Anggota"][3]]
    assert member[3:] == ["NIK: 3.3E+15", "NIK: (kosong)", None, None, None, "Dikosongkan sementara: NIK.", source]


def test_no_cell_is_a_formula_and_only_yellow_cells_are_free(path: Path) -> None:
    book = load_workbook(path)
    assert {cell.data_type for page in book for row in page for cell in row} <= {"s", "n"}
    for page, free in ((book["Simpanan"], "FGHI"), (book["Anggota"], "FGH")):
        assert page.protection.sheet
        unlocked = {
            cell.column_letter for row in page.iter_rows(min_row=3) for cell in row if not cell.protection.locked
        }
        assert unlocked == set(free)


def test_it_prints_on_a4_across_with_its_headings_on_every_page(path: Path) -> None:
    for name in ("Petunjuk", "Simpanan", "Anggota"):
        page = load_workbook(path)[name]
        assert (page.page_setup.paperSize, page.page_setup.orientation, page.page_setup.fitToWidth) == (
            9,
            "landscape",
            1,
        )
        assert page.print_title_rows == (None if name == "Petunjuk" else "$1:$2")


def test_the_cover_says_how_it_was_drawn(path: Path) -> None:
    rows = [[cell.value for cell in row if cell.value] for row in load_workbook(path)["Petunjuk"].iter_rows()]
    assert ["Angka benih (seed)", "benih"] in rows
    assert ["Tingkat keyakinan", "95 %; salah yang diperkirakan: 0"] in rows
    assert ["Data per tanggal", "30 Juni 2026"] in rows
    assert [
        "Simpanan menurut serahan", "300", "100.000.000,00", "5.000.000,00", "60", "5", "1.666.666,67", "350.000,00",
    ] in rows  # fmt: skip
    assert [row[0] for row in rows if row][-4:-1] == ["Pemeriksa", "Pengurus koperasi", "Pengawas koperasi"]


def test_nothing_filled_in_says_nothing(path: Path) -> None:
    assert read(path) == ([], [])


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"F4": 300000, "H4": "Berbeda"}, ("differs", Decimal(300_000), None)),
        ({"F4": 300000.5, "H4": "berbeda "}, ("differs", Decimal("300000.50"), None)),
        ({"F4": "Rp 300.000,-", "G4": "(100.000)", "H4": "Berbeda"}, ("differs", Decimal(300_000), Decimal(-100_000))),
        ({"H4": "✓"}, ("agrees", None, None)),
        ({"H4": "V"}, ("agrees", None, None)),
        ({"H4": "Tidak ada bukti"}, ("no_evidence", None, None)),
    ],
)
def test_what_officers_type_is_read_as_meant(path: Path, typed: dict[str, Any], found: tuple[Any, ...]) -> None:
    answers, problems = read(fill(path, {"Simpanan": typed}))
    assert problems == []
    assert [(each.token, each.answer, each.found, each.difference) for each in answers] == [("SIM-00002", *found)]
    assert answers[0].place == "uji.xlsx, Simpanan!H4"


def test_words_are_kept_as_they_are(path: Path) -> None:
    answers, problems = read(fill(path, {"Anggota": {"F3": "KTP lain", "G3": "Berbeda", "H3": "dilihat"}}))
    assert (problems, [(each.said, each.remark) for each in answers]) == ([], [("KTP lain", "dilihat")])


@pytest.mark.parametrize(
    ("sheet", "typed", "problem"),
    [
        ("Simpanan", {"H4": "mungkin"}, "Simpanan!H4: 'm*****n' is none of: Cocok, Berbeda, Tidak ada bukti."),
        ("Simpanan", {"F4": "=1+1"}, "Simpanan!F4 to I4: a cell of this line holds a formula; type the value itself."),
        ("Simpanan", {"F4": "tiga ratus", "H4": "Berbeda"}, "Simpanan!H4: an amount of this line 't**a r***s' cannot be"
         " read as an amount in rupiah (MNY-01)."),
        ("Simpanan", {"D4": "1"}, f"Simpanan!D4: {CHANGED}"),
        ("Simpanan", {"J4": "x"}, f"Simpanan!J4: {CHANGED}"),
        ("Simpanan", {"F2": "Saldo"}, f"Simpanan!F2: {CHANGED}"),
        ("Simpanan", {"M4": "x"}, f"Simpanan!M4: {CHANGED}"),
        ("Simpanan", {"A4": "SIM-00001"}, "Simpanan!A4: the line SIM-00001 stands here and in Simpanan!A3."),
        ("Simpanan", {"A4": "AGT-00001"}, "Simpanan!A4: this sheet has no line 'A*******1'; lines are neither added nor"
         " renumbered."),
        ("Simpanan", {"C9": "Budi"}, "Simpanan!A9: this sheet has no line ''; lines are neither added nor renumbered."),
    ],
)  # fmt: skip
def test_each_thing_that_is_not_as_meant_has_its_sentence(
    path: Path, sheet: str, typed: dict[str, Any], problem: str
) -> None:
    answers, problems = read(fill(path, {sheet: typed}))
    assert (answers, problems) == ([], [f"uji.xlsx, {problem}"])


def test_lines_may_be_sorted(path: Path) -> None:
    book = load_workbook(path)
    page = book["Simpanan"]
    page.move_range("A4:K4", rows=5)
    page["H9"] = "Cocok"
    book.save(path)
    answers, problems = read(path)
    assert (problems, [each.token for each in answers]) == ([], ["SIM-00002"])


def test_a_strange_sheet_is_named_by_its_place_only(path: Path) -> None:
    book = load_workbook(path)
    book.create_sheet("Siti Aminah", 1)
    book.save(path)
    said = "uji.xlsx, sheet 2: this sheet was not in the worksheet; what stands on it is not read."
    assert read(path) == ([], [said])


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (sample(*SAVINGS[:1]), "this worksheet is of another draw (seed, terms or content differ); fill in the one that"
         " was drawn last"),
        (sample(*SAVINGS, MEMBER, in_target=False), "this worksheet is of another draw (seed, terms or content differ);"
         " fill in the one that was drawn last"),
    ],
)  # fmt: skip
def test_a_worksheet_of_another_draw_is_refused(path: Path, other: Sample, sentence: str) -> None:
    assert read(path, other) == ([], [f"uji.xlsx: {sentence}."])


def test_a_worksheet_of_another_batch_is_refused(path: Path) -> None:
    problems = read_worksheet(path, "lain", ALL).problems
    assert problems == ["uji.xlsx: this worksheet has another batch than the sample, which is of lain."]


@pytest.mark.parametrize("text", ["{", "[1]", "{}", "[" * 100_000])
def test_a_damaged_hidden_sheet_is_refused(path: Path, text: str) -> None:
    book = load_workbook(path)
    book["_koop_sampel"]["A1"] = text[:30_000]
    book.save(path)
    said = "uji.xlsx: the hidden sheet _koop_sampel was changed; fill in the file as it was sent."
    assert read(path) == ([], [said])


def test_a_workbook_without_the_hidden_sheet_is_refused(path: Path) -> None:
    book = load_workbook(path)
    del book["_koop_sampel"]
    book.save(path)
    assert read(path)[1][0].startswith("uji.xlsx: the hidden sheet _koop_sampel is missing")


def test_a_file_that_harms_is_not_opened(tmp_path: Path) -> None:
    bomb = tmp_path / "uji.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<x/>")
        package.writestr("xl/workbook.xml", "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>")
    with pytest.raises(DeliveryError, match="declares XML entities"):
        read(bomb)


def test_two_worksheets_add_up_and_must_not_contradict_each_other(tmp_path: Path) -> None:
    first = fill(write(tmp_path / "satu.xlsx", ALL), {"Simpanan": {"H3": "Cocok", "H4": "Cocok"}})
    second = fill(
        write(tmp_path / "dua.xlsx", ALL), {"Simpanan": {"H4": "Tidak ada bukti"}, "Anggota": {"G3": "Cocok"}}
    )
    whole = merged([read_worksheet(each, BATCH, ALL) for each in (first, second)])
    assert [each.token for each in whole.answers] == ["SIM-00001", "SIM-00002", "AGT-00001"]
    assert whole.problems == ["dua.xlsx, Simpanan!H4: line SIM-00002 says something else than satu.xlsx, Simpanan!H4."]


def test_an_amount_that_could_not_be_read_is_shown_as_it_was_delivered(tmp_path: Path) -> None:
    unread = line(
        "SNL-00001", "Simpanan nol atau minus", "R9", None, None, delivered_text="empat ratus", state="waiting"
    )
    page = load_workbook(write(tmp_path / "uji.xlsx", sample(unread)))["Simpanan nol atau minus"]
    assert (page["D3"].value, page["J3"].value) == (
        "(tidak terbaca) empat ratus", "Menunggu: koperasi ini belum dipindahkan.",
    )  # fmt: skip
