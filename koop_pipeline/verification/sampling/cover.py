"""The first sheet of the worksheet: what was drawn and how, what to do, what the words mean, who signs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from koop_pipeline.corrections.workbook.look import Kept, Look, set_up
from koop_pipeline.identifiers import tanggal
from koop_pipeline.identifiers.rupiah import grouped
from koop_pipeline.verification.sampling import words
from koop_pipeline.verification.sampling.model import Design, Sample

WIDTHS = (3, 40, 13, 22, 22, 12, 12, 22, 22)
STEPS = (
    "Ambil bukti asli tiap baris: buku tabungan anggota, kartu pinjaman, KTP, atau dokumen agunan.",
    "Bandingkan bukti dengan kolom “Di sistem baru”, per tanggal data di atas.",
    "Bila sama, pilih “Cocok”. Bila tidak, tulis isi bukti di kolom bukti lalu pilih “Berbeda”.",
    "Bila kolom “Di sistem baru” kosong atau tidak sama dengan serahan, isi bukti selalu harus ditulis.",
    "Bila bukti tidak dapat ditemukan, pilih “Tidak ada bukti”. Jangan mengira-ngira.",
    "Isilah sel kuning saja. Setiap baris harus diberi tanda; baris tanpa tanda membuat sampel belum selesai.",
    "Simpan sebagai .xlsx tanpa mengganti nama lembar, lalu kirim kembali ke alamat di atas.",
)
TICKS = {
    "agrees": "Isi bukti sama dengan sistem baru; untuk baris tanpa jumlah: catatan di baris itu benar.",
    "differs": "Isi bukti berbeda. Tulis isi bukti, atau sebabnya di Keterangan pemeriksa.",
    "no_evidence": "Bukti tidak ada. Dihitung sebagai salah seluruhnya.",
}
TERMS = {
    "Nilai daftar": "Jumlah semua saldo di atas nol dalam daftar yang ditarik.",
    "Batas salah": "Salah saji yang masih dapat ditoleransi.",
    "Titik": "Banyaknya titik sampel; satu baris dapat memuat beberapa titik.",
    "Interval": "Jarak antara dua titik. Baris sebesar interval atau lebih selalu diambil.",
    "Awal": "Titik pertama, mengikuti angka benih.",
}
SIGNERS = ("Pemeriksa", "Pengurus koperasi", "Pengawas koperasi")


@dataclass(frozen=True)
class Cover:
    """Which worksheet it is and where it goes back to. `made_on` is a recorded input, not the clock."""

    programme_name: str
    batch: str
    cooperative_id: str
    name: str
    cutoff_on: date
    made_on: date
    send_to: str
    TITLE: ClassVar[str] = "Lembar pemeriksaan sampel"


def write_cover(page: Any, look: Look, cover: Cover, sample: Sample) -> None:
    """Fill the first sheet."""
    sheet = Kept(page)
    set_up(page, WIDTHS, footer=f"{cover.name}, {cover.batch}")
    page.page_setup.fitToHeight = 1
    page.row_dimensions[1].height = 26
    _say(sheet, look, cover.TITLE, "title")
    _say(sheet, look, cover.programme_name, "label")
    sheet.append([])
    for label, text in _facts(cover, sample).items():
        _two(sheet, look, label, text)
    if not sample.in_target:
        _two(sheet, look, "Perhatian", "Koperasi ini belum dipindahkan; sampel ini belum dapat diterima.")
    _section(sheet, look, "Apa yang ditarik")
    for style, row in _designs(sample):
        sheet.append(
            [None, look.cell(row[0], "plain_head" if style == "plain_head" else "text"), *look.row(row[1:], style)]
        )
    _section(sheet, look, "Langkah-langkah")
    for number, step in enumerate(STEPS, start=1):
        _say(sheet, look, f"{number}.  {step}", "prose")
    _section(sheet, look, "Arti tanda dan istilah")
    for tick, meaning in TICKS.items():
        _two(sheet, look, words.TICKS[tick], meaning)
    for term, meaning in TERMS.items():
        _two(sheet, look, term, meaning)
    _section(sheet, look, "Tanda tangan")
    sheet.append([None, *look.row(["", "Nama", "", "Tanda tangan", "", "Tanggal"], "label")])
    for signer in SIGNERS:
        page.row_dimensions[len(sheet.rows) + 1].height = 30
        sheet.append([None, look.cell(signer, "label"), *(look.cell(None, "free_text") for _ in range(6))])
    sheet.append([])
    _say(sheet, look, "Lembar ini berisi data pribadi. Simpan dengan aman dan jangan disebarkan.", "label")


def _facts(cover: Cover, sample: Sample) -> dict[str, str]:
    tolerable = sample.tolerable if sample.tolerable.endswith("%") else f"Rp {sample.tolerable}"
    return {
        "Koperasi": f"{cover.name} ({cover.cooperative_id})",
        "Gelombang": cover.batch,
        "Data per tanggal": _day(cover.cutoff_on),
        "Lembar ini dibuat": _day(cover.made_on),
        "Kirim kembali kepada": cover.send_to,
        "Tingkat keyakinan": f"{percent(sample.confidence)}; salah yang diperkirakan: 0",
        "Batas salah yang ditoleransi": tolerable,
        "Angka benih (seed)": sample.seed,
    }


def percent(part: Decimal) -> str:
    """A part of one as Indonesians write a percentage.

    >>> percent(Decimal("0.975"))
    '97,5 %'
    """
    return f"{(part * 100).normalize():f} %".replace(".", ",")


def _designs(sample: Sample) -> Iterator[tuple[str, list[str]]]:
    yield (
        "plain_head",
        ["Daftar", "Baris", "Nilai daftar (Rp)", "Batas salah (Rp)", "Titik", "Diambil", "Interval (Rp)", "Awal (Rp)"],
    )
    for design in sample.designs:
        taken = len(sample.items_of(design.stratum))
        yield "number", [design.of.title, str(design.population), *_amounts(design, taken)]


def _amounts(design: Design, taken: int) -> list[str]:
    if design.interval is None or design.start is None:
        return ["-", "-", "-", str(taken), "-", "-"]
    return [
        grouped(design.book_value or 0), grouped(design.tolerable_error or 0), str(design.size), str(taken),
        grouped(design.interval), grouped(design.start),
    ]  # fmt: skip


def _section(sheet: Kept, look: Look, text: str) -> None:
    sheet.append([])
    _say(sheet, look, text, "subtitle")


def _say(sheet: Kept, look: Look, text: str, style: str) -> None:
    sheet.append([None, look.cell(text, f"{style}_line")])


def _two(sheet: Kept, look: Look, label: str, text: str) -> None:
    sheet.append([None, look.cell(label, "label"), look.cell(text, "prose_line")])


def _day(day: date) -> str:
    return tanggal.format(day.isoformat())
