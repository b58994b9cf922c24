"""The first sheet of the workbook, `Petunjuk`: whose it is, what to do, what the colours mean, how much there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from koop_pipeline.corrections.workbook import layout
from koop_pipeline.corrections.workbook.look import Kept, Look, set_up
from koop_pipeline.identifiers import tanggal

WIDTHS = (3, 34, 16, 22, 22, 16, 30)


@dataclass(frozen=True)
class Cover:
    """Which workbook it is and where it goes back to. `made_on` is a recorded input, not the clock."""

    programme: str
    programme_name: str
    batch: str
    cooperative_id: str
    name: str
    cutoff_on: date
    made_on: date
    send_to: str


@dataclass(frozen=True)
class Count:
    """Lines of one sheet by consequence; None where a sheet has no such lines."""

    sheet: str
    lines: int
    by_consequence: dict[str, int] | None = None


STEPS = (
    "Buka lembar di bawah satu per satu. Dahulukan baris yang bersifat “Wajib diperbaiki”.",
    "Baca kolom “Alasan”, lalu cocokkan dengan buku, KTP, atau dokumen aslinya.",
    "Pilih “Tindakan” dan tulis isi yang benar di “Perbaikan”. Isilah sel kuning saja; sel lain terkunci.",
    "Tulis di “Keterangan pengurus” dokumen apa yang dilihat. Yang belum diketahui, biarkan kosong.",
    "Simpan sebagai .xlsx tanpa mengganti nama lembar, lalu kirim kembali ke alamat di atas.",
)
MEANINGS = {
    "block": "Koperasi belum dapat dipindahkan sebelum hal ini beres.",
    "hold": "Koperasi tetap dipindahkan; isi atau baris ini ditahan dan dapat disusulkan.",
    "warn": "Mungkin sudah benar. Periksa; pemindahan tetap berjalan.",
}
ACTIONS = {
    "set": "Tulis isi yang benar di kolom Perbaikan.",
    "accept": "Isi di kolom Saran benar; Perbaikan dibiarkan kosong.",
    "clear": "Isinya salah dan yang benar tidak diketahui.",
    "exclude": "Seluruh baris tidak seharusnya ada. Sebutkan sebabnya di Keterangan pengurus.",
    "merge": "Anggota ini tercatat dua kali. Tulis di Perbaikan nomor anggota yang tetap dipakai.",
    "allocate": "Tulis di Perbaikan nomor rekening atau pinjaman yang benar.",
    "confirm": "Sudah diperiksa dan memang demikian.",
    "different": "Anggota ini bukan orang yang sama dengan anggota yang sudah digabungkan dengannya.",
}


def write_cover(page: Any, look: Look, cover: Cover, counts: Sequence[Count]) -> list[list[str]]:
    """Fill the first sheet; the texts of its rows."""
    sheet = Kept(page)
    set_up(page, WIDTHS, footer=f"{cover.name}, {cover.batch}")
    page.page_setup.fitToHeight = 1
    page.row_dimensions[1].height = 26
    _say(sheet, look, "Lembar perbaikan data koperasi", "title")
    _say(sheet, look, cover.programme_name, "label")
    sheet.append([])
    facts = {
        "Koperasi": f"{cover.name} ({cover.cooperative_id})",
        "Gelombang": cover.batch,
        "Data per tanggal": _day(cover.cutoff_on),
        "Lembar ini dibuat": _day(cover.made_on),
        "Kirim kembali kepada": cover.send_to,
    }
    for label, text in facts.items():
        _two(sheet, look, label, text)
    sheet.append([])
    _say(sheet, look, "Langkah-langkah", "subtitle")
    for number, step in enumerate(STEPS, start=1):
        _say(sheet, look, f"{number}.  {step}", "prose")
    sheet.append([])
    _write_counts(sheet, look, counts)
    sheet.append([])
    _say(sheet, look, "Arti warna", "subtitle")
    for consequence, meaning in MEANINGS.items():
        _two(sheet, look, layout.SHARPNESS[consequence], meaning, consequence)
    _two(sheet, look, "Sel untuk diisi", "Hanya sel berwarna kuning yang boleh diisi.", "free")
    sheet.append([])
    _say(sheet, look, "Arti tindakan", "subtitle")
    for action, meaning in ACTIONS.items():
        _two(sheet, look, layout.ACTIONS[action], meaning)
    sheet.append([])
    _say(sheet, look, "Buku kerja ini berisi data pribadi. Simpan dengan aman dan jangan disebarkan.", "label")
    return sheet.rows


def _write_counts(sheet: Kept, look: Look, counts: Sequence[Count]) -> None:
    _say(sheet, look, "Isi buku kerja ini", "subtitle")
    sheet.append([None, *look.row(["Lembar", "Jumlah baris", *layout.SHARPNESS.values()], "head")])
    for count in counts:
        parts = count.by_consequence
        numbers = [parts.get(name, 0) for name in layout.ORDER] if parts is not None else ["-"] * len(layout.ORDER)
        sheet.append([None, look.cell(count.sheet), *look.row([count.lines, *numbers], "number")])
    lined = [count.by_consequence for count in counts if count.by_consequence is not None]
    sums = [sum(parts.get(name, 0) for parts in lined) for name in layout.ORDER]
    total = look.cell("Jumlah yang diperiksa", "bold_text")
    sheet.append([None, total, *look.row([sum(sums), *sums], "bold")])


def _say(sheet: Kept, look: Look, text: str, style: str) -> None:
    """One sentence over the width of the sheet."""
    sheet.append([None, look.cell(text, f"{style}_line")])


def _two(sheet: Kept, look: Look, label: str, text: str, style: str = "label") -> None:
    sheet.append([None, look.cell(label, style), look.cell(text, "prose_line")])


def _day(day: date) -> str:
    return tanggal.format(day.isoformat())
