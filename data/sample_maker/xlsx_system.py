"""Writes a cooperative as the workbook of `koperasi-xlsx`: title rows, merged headings, footers, signatures.

Put here the layout and the dirt of that workbook only. The file is byte-identical at every run: after openpyxl has
saved it, the archive is written again with fixed times.
"""

import io
import random
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sample_maker.forms import dotted, indonesian_date, phone
from sample_maker.savings import months
from sample_maker.truth import CUTOFF, Cooperative, Loan, SavingsAccount
from sample_maker.worlds import World

FILE = "Data Koperasi per 30 Juni 2026.xlsx"
KEPT_OF_A_CUT_FILE = 0.6
DAY_ZERO = date(1899, 12, 30)
BELOW = 1e-9
OLD_REPORT = "Neraca 2025.xls"
OLD_REPORT_HTML = (
    "<html><head><title>Neraca 2025</title></head><body><table>\n<tr><td>KAS</td><td>1.250.000</td></tr>\n"
    "</table></body></html>\n"
)
KINDS = {"opening": "Saldo awal", "deposit": "Setoran", "withdrawal": "Penarikan", "interest": "Jasa Simpanan"}
POSITIONS = {
    "chair": "Ketua",
    "vice_chair": "Wakil Ketua",
    "secretary": "Sekretaris",
    "treasurer": "Bendahara",
    "supervisor": "Pengawas",
    "manager": "Manajer",
}
THINGS = {
    "vehicle_title": "BPKB",
    "land_certificate": "Sertifikat (SHM)",
    "gold": "Emas",
    "salary_decree": "SK Pegawai",
    "other": "Lain-lain",
}
PRODUCTS = {"UMUM": "Pinjaman Umum", "MIKRO": "Pinjaman Mikro"}

Cell = str | int | float | date | None
Row = Sequence[Cell]


def _day(rng: random.Random, day: date) -> Cell:
    """A real Excel date, or one in eight as text."""
    return indonesian_date(rng, day) if rng.random() < 0.125 else day


def _amount(rng: random.Random, sen: int) -> Cell:
    """A number, or text: `1.250.000`, `Rp 50.000,-`; `-` or nothing for zero."""
    if sen == 0:
        return rng.choice(("-", None, 0))
    words = (dotted(sen, cents=False), f"Rp {dotted(sen, cents=False)},-")
    assert sen % 100 == 0
    return rng.choice(words) if rng.random() < 0.1 else sen // 100


def _balance(rng: random.Random, account: SavingsAccount, truth: Cooperative) -> Cell:
    """As `_amount`; an inexact one lies a little below, as sums of fractions leave it."""
    exact = _amount(rng, account.balance)
    return account.balance / 100 - BELOW if account.no in truth.inexact else exact


def _head(sheet: Worksheet, top: int, lines: Sequence[str]) -> int:
    """Write header lines (cells parted by `|`) from row `top`: `<` joins the cell to its left, `^` to the one above."""
    grid = [line.split("|") for line in lines]
    for row, cells in enumerate(grid):
        for column, text in enumerate(cells):
            if text not in ("<", "^"):
                sheet.cell(top + row, column + 1, text)
                _merge(sheet, grid, top, row, column)
    return top + len(grid)


def _merge(sheet: Worksheet, grid: list[list[str]], top: int, row: int, column: int) -> None:
    right, down = column, row
    while right + 1 < len(grid[row]) and grid[row][right + 1] == "<":
        right += 1
    while down + 1 < len(grid) and grid[down + 1][column] == "^":
        down += 1
    if (right, down) != (column, row):
        sheet.merge_cells(start_row=top + row, start_column=column + 1, end_row=top + down, end_column=right + 1)


def _sheet(
    book: Workbook,
    name: str,
    titles: Iterable[str],
    top: int,
    head: Sequence[str],
    rows: Sequence[Row],
    footer: Row | None = None,
) -> Worksheet:
    sheet = book.create_sheet(name)
    for at, title in enumerate(titles, start=1):
        sheet.cell(at, 1, title)
    first = _head(sheet, top, head)
    for at, row in enumerate(rows, start=first):
        for column, value in enumerate(row, start=1):
            if value is not None:
                sheet.cell(at, column, value)
    if footer:
        end = first + len(rows)
        for column, value in enumerate(footer, start=1):
            if value is not None:
                sheet.cell(end, column, value)
        sheet.cell(end + 2, 2, "Mengetahui, Ketua")
        sheet.cell(end + 5, 2, "( ........................ )")
    return sheet


def _people(book: Workbook, rng: random.Random, truth: Cooperative, world: World) -> None:
    rows: list[Row] = []
    for at, row in enumerate(truth.members, start=1):
        nik: Cell = row.source.get("nik", row.nik)
        if at % 4 == 0 and "nik" not in row.source:
            nik = int(row.nik)
        said = row.source.get("phone") or phone(rng, row.phone)
        sex = "L" if row.gender == "male" else "P"
        born: Cell = row.source.get("birth") or _day(rng, row.birth)
        person: list[Cell] = [at, row.no, row.name, row.birth_place, born, sex, nik, row.address]
        joined: Cell = (row.joined - DAY_ZERO).days if at % 10 == 0 else _day(rng, row.joined)
        rows.append([*person, row.region, said, joined, "Aktif"])
    head = (
        "No|No. Anggota|Nama Lengkap|Kelahiran|<|L/P|NIK|Alamat|Kode Wilayah|No. HP|Keanggotaan|<",
        "^|^|^|Tempat|Tanggal|^|^|^|^|^|Tgl Masuk|Status",
    )
    titles = (world.name.upper(), "DAFTAR ANGGOTA", "Per 30 Juni 2026")
    _sheet(book, "Anggota", titles, 5, head, rows, [f"JUMLAH ANGGOTA: {len(rows)}"])
    officers: list[Row] = [
        [row.name, POSITIONS[row.position], row.member_no, row.nik, phone(rng, row.phone), row.start, row.end]
        for row in truth.officers
    ]
    officer_head = ("Nama|Jabatan|No. Anggota|NIK|No. HP|Masa Jabatan|<", "^|^|^|^|^|Mulai|Sampai")
    _sheet(book, "Pengurus", (world.name.upper(), "SUSUNAN PENGURUS"), 4, officer_head, officers)


def _savings(book: Workbook, rng: random.Random, truth: Cooperative, world: World) -> None:
    owned = {(row.member_no, row.product): row for row in truth.savings}
    rows: list[Row] = []
    for at, member in enumerate(truth.members, start=1):
        cells: list[Cell] = [at, member.no, member.name]
        for product in world.savings.products:
            own = owned.get((member.no, product))
            cells += [own.no, _balance(rng, own, truth)] if own else [None, None]
        rows.append([*cells, _day(rng, owned[member.no, "POKOK"].opened)])
    head = (
        "No|No. Anggota|Nama|SIMPANAN|<|<|<|<|<|Tgl Buka",
        "^|^|^|Pokok|<|Wajib|<|Sukarela|<|^",
        "^|^|^|Rekening|Saldo|Rekening|Saldo|Rekening|Saldo|^",
    )
    sums = [sen // 100 for sen in truth.savings_per_product().values()]
    footer: list[Cell] = ["JUMLAH", None, None, None, sums[0], None, sums[2], None, sums[1]]
    _sheet(book, "Simpanan", (world.name.upper(), "DAFTAR SIMPANAN"), 4, head, rows, footer)
    for month in months(truth.movements[0].on, CUTOFF):
        _movements(book, rng, truth, month)


def _movements(book: Workbook, rng: random.Random, truth: Cooperative, month: date) -> None:
    chosen = [row for row in truth.movements if (row.on.year, row.on.month) == (month.year, month.month)]
    half = len(chosen) // 2
    rows: list[Row] = []
    for part in (chosen[:half], chosen[half:]):
        for row in part:
            paid_in, paid_out = (_amount(rng, max(sen, 0)) for sen in (row.sen, -row.sen))
            rows.append([_day(rng, row.on), row.no, row.account_no, KINDS[row.kind], paid_in, paid_out])
        rows.append([None, None, None, "Sub jumlah", *_in_and_out(row.sen for row in part)])
    footer: list[Cell] = ["JUMLAH", None, None, None, *_in_and_out(row.sen for row in chosen)]
    titles = ("MUTASI SIMPANAN", f"Bulan {month:%m-%Y}")
    head = ("Tanggal|No. Bukti|No. Rekening|Uraian|Masuk|Keluar",)
    _sheet(book, f"Mutasi {month:%y%m}", titles, 4, head, rows, footer)


def _in_and_out(amounts: Iterable[int]) -> list[Cell]:
    all_of = list(amounts)
    return [sum(sen for sen in all_of if sen > 0) // 100, -sum(sen for sen in all_of if sen < 0) // 100]


def _loan(rng: random.Random, loan: Loan) -> list[Cell]:
    method = {"flat": "Flat", "declining": "Menurun"}[loan.terms.method]
    often = "Minggu" if loan.terms.frequency == "weekly" else "Bulan"
    first: list[Cell] = [loan.no, loan.member_no, _day(rng, loan.disbursed), _amount(rng, loan.principal)]
    terms: list[Cell] = [int(loan.terms.rate), method, len(loan.schedule), often, _day(rng, loan.schedule[0].due)]
    return [*first, *terms, _amount(rng, loan.outstanding), "Berjalan" if loan.outstanding else "Lunas"]


def _lending(book: Workbook, rng: random.Random, truth: Cooperative) -> None:
    head = (
        "No. Pinjaman|No. Anggota|Tgl Cair|Plafon|Bunga|<|Jangka Waktu|<|Angsuran Pertama|Sisa Pokok|Keterangan",
        "^|^|^|^|% Setahun|Sistem|Kali|Satuan|^|^|^",
    )
    for product, name in PRODUCTS.items():
        loans = [loan for loan in truth.loans if loan.terms.product == product]
        rows: list[Row] = [_loan(rng, loan) for loan in loans]
        total = sum(loan.outstanding for loan in loans) // 100
        footer: list[Cell] = ["JUMLAH", *[None] * 8, total]
        sheet = _sheet(book, name, ("DAFTAR PINJAMAN", "", "Kode produk"), 5, head, rows, footer)
        sheet["C3"] = product
    _repayments(book, rng, truth)


def _repayments(book: Workbook, rng: random.Random, truth: Cooperative) -> None:
    rows: list[Row] = []
    for loan in truth.loans:
        for row in loan.repayments:
            amounts = [_amount(rng, sen) for sen in (row.principal, row.interest, 0, row.total)]
            rows.append([row.no, _day(rng, row.on), loan.no, row.instalment_no, *amounts])
    head = ("No. Kuitansi|Tanggal|No. Pinjaman|Angsuran Ke|Dibayar|<|<|Total", "^|^|^|^|Pokok|Jasa|Denda|^")
    total = sum(line.total for loan in truth.loans for line in loan.repayments) // 100
    footer: list[Cell] = ["JUMLAH", *[None] * 6, total]
    _sheet(book, "Angsuran", ("PENERIMAAN ANGSURAN",), 3, head, rows, footer)


def _rest(book: Workbook, rng: random.Random, truth: Cooperative, world: World) -> None:
    things: list[Row] = []
    for row in truth.collaterals:
        value = None if row.value is None else _amount(rng, row.value)
        state = "Ditahan" if row.status == "held" else "Dikembalikan"
        first: list[Cell] = [row.no, row.loan_no, THINGS[row.kind], row.description, row.document_no, row.owner]
        things.append([*first, value, _day(rng, row.on), state])
    head = ("Kode|No. Pinjaman|Jenis|Uraian|No. Dokumen|Atas Nama|Nilai Taksiran|Tgl Taksir|Status",)
    _sheet(book, "Agunan", ("DAFTAR AGUNAN",), 3, head, things)
    rows: list[Row] = [
        [
            row.code,
            row.name,
            row.parent or None,
            "Rinci" if row.detail else "Induk",
            _amount(rng, row.debit),
            _amount(rng, row.credit),
        ]
        for row in truth.accounts
    ]
    titles = (world.name.upper(), "NERACA SALDO", "Per 30 Juni 2026")
    account_head = ("Kode Akun|Nama Akun|Induk|Jenis|Saldo|<", "^|^|^|^|Debet|Kredit")
    footer: list[Cell] = ["JUMLAH", None, None, None, truth.debit // 100, truth.credit // 100]
    _sheet(book, "Neraca", titles, 5, account_head, rows, footer)


def _fixed(saved: bytes) -> bytes:
    """The same archive with fixed times in the entries and in the properties."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-07-01T08:00:00Z", content)
            entry = zipfile.ZipInfo(name, date_time=(2026, 7, 1, 8, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return target.getvalue()


def write(folder: Path, truth: Cooperative, world: World) -> None:
    """Write the workbook into `folder`, of a failed cooperative only its first 60 %; a report of last year beside."""
    rng = random.Random(f"{world.id} forms")
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = "Bendahara"
    book.properties.created = datetime(2026, 7, 1, 8, 0, 0)
    _people(book, rng, truth, world)
    _savings(book, rng, truth, world)
    _lending(book, rng, truth)
    _rest(book, rng, truth, world)
    saved = io.BytesIO()
    book.save(saved)
    content = _fixed(saved.getvalue())
    if world.verdict is None:
        content = content[: int(len(content) * KEPT_OF_A_CUT_FILE)]
    (folder / FILE).write_bytes(content)
    if world.old_report:
        (folder / OLD_REPORT).write_text(OLD_REPORT_HTML, encoding="utf-8", newline="\n")
