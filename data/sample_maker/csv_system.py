"""Writes a cooperative as the system `ksp-csv` exports it: one folder of `;` files in cp1252, as texts.

Put here the schema and the dirt of that system only. Amounts, dates and phones take many forms; NIKs end in an
apostrophe, one within a name has a backslash; the balance sheet (`neraca.txt`) has three title rows and shows contra
accounts in brackets.
"""

import csv
import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sample_maker.forms import indonesian_amount, indonesian_date, phone
from sample_maker.truth import Account, Cooperative, Double, Member, Movement, Officer, SavingsAccount
from sample_maker.worlds import World

KINDS = {"opening": "SA", "deposit": "S", "withdrawal": "T", "interest": "B"}
POSITIONS = {
    "chair": "Ketua",
    "vice_chair": "Wakil Ketua",
    "secretary": "Sekretaris",
    "treasurer": "Bendahara",
    "supervisor": "Pengawas",
    "manager": "Manajer",
}
METHODS = {"flat": "TETAP", "declining": "MENURUN"}
BASES = {"per_month": "PER BULAN", "per_year": "PER TAHUN", "whole_term": "SELURUHNYA"}
THINGS = {"vehicle_title": "BPKB", "land_certificate": "SHM", "gold": "EMAS", "salary_decree": "SK"}
BOOKS = {
    "savings:POKOK": "SP",
    "savings:WAJIB": "SW",
    "savings:SUKARELA+HARIRAYA": "SS",
    "savings:BERJANGKA": "SB",
    "loans": "PJ",
}
TABUNGAN = ("SUKARELA", "HARIRAYA", "BERJANGKA")
MEMBER_HEAD = (
    "no_anggota;nama;no_ktp;jk;tempat_lahir;tgl_lahir;alamat;kode_wilayah;telepon;tgl_masuk;keanggotaan;aktif;flag"
)
GHOSTS = (
    ("T900", "Yakobus Batal", "2"),
    ("T901", "Mikhael Ganda", "2"),
    ("T999", "TEST ANGGOTA", "0"),
)

Row = list[str]


def _write(path: Path, head: str, rows: Iterable[Row], titles: tuple[str, ...] = ()) -> None:
    with path.open("w", encoding="cp1252", newline="") as file:
        for title in titles:
            file.write(title + "\r\n")
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(head.split(";"))
        writer.writerows(rows)


def _nik(rng: random.Random, member: Member) -> str:
    said = member.source.get("nik", member.nik)
    return said + ("'" if len(said) == 16 and rng.random() < 0.2 else "")


def _member(rng: random.Random, member: Member, email: bool) -> Row:
    said = member.source.get("phone") or phone(rng, member.phone)
    row = [
        member.no,
        member.name.replace("'", "\\'"),
        _nik(rng, member),
        "L" if member.gender == "male" else "P",
        member.birth_place,
        member.source.get("birth") or indonesian_date(rng, member.birth),
        member.address,
        member.region,
        said,
        indonesian_date(rng, member.joined),
        "Anggota",
        "Y",
        rng.choice(("0", "0", "1")),
    ]
    return [*row, f"{member.no.lower()}@example.org" if rng.random() < 0.4 else ""] if email else row


def _double(rng: random.Random, member: Member, double: Double, email: bool) -> Row:
    """The row of somebody who is listed already."""
    return _member(rng, replace(member, no=double.no, name=double.name, joined=double.joined), email)


def _ghost(number: str, name: str, flag: str) -> Row:
    return [number, name, "", "L", "", "0000-00-00", "", "", "-", "01/01/2020", "Anggota", "Y", flag]


def _officer(rng: random.Random, officer: Officer) -> Row:
    said = phone(rng, officer.phone) if officer.phone else ""
    word = POSITIONS[officer.position]
    return [
        officer.name,
        word,
        officer.member_no,
        officer.nik,
        said,
        f"{officer.start:%d/%m/%Y}",
        f"{officer.end:%d/%m/%Y}",
    ]


def _simple_account(rng: random.Random, account: SavingsAccount) -> Row:
    opened = indonesian_date(rng, account.opened)
    return [account.no, account.member_no, opened, indonesian_amount(rng, account.balance)]


def _account(rng: random.Random, account: SavingsAccount, owner: str) -> Row:
    matures = f"{account.matures:%d/%m/%Y}" if account.matures else "0000-00-00"
    rate = {"SUKARELA": "3", "HARIRAYA": "0", "BERJANGKA": "6,25"}[account.product]
    first = [account.no, owner, account.product, indonesian_date(rng, account.opened), matures, rate]
    return [*first, indonesian_amount(rng, account.balance), "AKTIF"]


def _movement(rng: random.Random, movement: Movement) -> Row:
    debit = indonesian_amount(rng, max(-movement.sen, 0))
    credit = indonesian_amount(rng, max(movement.sen, 0))
    kind = KINDS[movement.kind]
    day = indonesian_date(rng, movement.on)
    return [movement.no, movement.account_no, day, kind, debit, credit, indonesian_amount(rng, movement.balance)]


def _account_row(rng: random.Random, account: Account) -> Row:
    """Balance on the usual side of the type; the other side in brackets."""
    sign = 1 if account.kind in ("asset", "expense") else -1
    amount = indonesian_amount(rng, sign * (account.debit - account.credit))
    level = "R" if account.detail else "I"
    side = "D" if account.side == "debit" else "K"
    return [account.code, account.name, account.parent, level, side, amount, BOOKS.get(account.control, "")]


def _people(folder: Path, rng: random.Random, truth: Cooperative, world: World) -> None:
    email = not world.overrides
    rows = [_member(rng, member, email) for member in truth.members]
    rows += [_double(rng, truth.member(double.member_no), double, email) for double in truth.doubles]
    head = MEMBER_HEAD
    if world.overrides:
        head = head.replace("telepon", "hp")
        rows[10:10] = [_ghost(*GHOSTS[0]), _ghost(*GHOSTS[1])]
        rows.append(_ghost(*GHOSTS[2]))
    _write(folder / "anggota.csv", head + (";email" if email else ""), rows)
    head = "nama;jabatan;no_anggota;no_ktp;telepon;mulai;selesai"
    _write(folder / "pengurus.csv", head, (_officer(rng, officer) for officer in truth.officers))


def _savings(folder: Path, rng: random.Random, truth: Cooperative) -> None:
    for product in ("POKOK", "WAJIB"):
        chosen = [account for account in truth.savings if account.product == product]
        rows = [_simple_account(rng, account) for account in chosen]
        _write(folder / f"simpanan_{product.lower()}.csv", "rekening;no_anggota;tgl_buka;saldo", rows)
    rows = [
        _account(rng, account, truth.listed_owner(account)) for account in truth.savings if account.product in TABUNGAN
    ]
    _write(folder / "tabungan.csv", "rekening;no_anggota;jenis;tgl_buka;jatuh_tempo;bunga;saldo;status", rows)
    for year in (2025, 2026):
        rows = [_movement(rng, movement) for movement in truth.movements if movement.on.year == year]
        _write(folder / f"mutasi_{year}.csv", "no_bukti;rekening;tgl;jenis;debet;kredit;saldo", rows)


def _lending(folder: Path, rng: random.Random, truth: Cooperative) -> None:
    loans: list[Row] = []
    paid: list[Row] = []
    for loan in truth.loans:
        terms = loan.terms
        first = [loan.no, loan.member_no, terms.product, indonesian_date(rng, loan.disbursed)]
        rate = [terms.rate.replace(".", ","), BASES[terms.basis], METHODS[terms.method], str(len(loan.schedule))]
        often = "MINGGUAN" if terms.frequency == "weekly" else "BULANAN"
        due = indonesian_date(rng, loan.schedule[0].due)
        left = indonesian_amount(rng, loan.outstanding)
        state = [often, due, left, "L" if loan.source_class else "", "AKTIF" if loan.outstanding else "LUNAS"]
        loans.append([*first, indonesian_amount(rng, loan.principal), *rate, *state])
        for line in loan.repayments:
            amounts = (line.principal, line.interest, 0, line.total)
            texts = [indonesian_amount(rng, sen) for sen in amounts]
            paid.append([line.no, loan.no, indonesian_date(rng, line.on), str(line.instalment_no), *texts])
    head = (
        "no_pinjaman;no_anggota;produk;tgl_cair;plafon;jasa;satuan;sistem;lama;cara;angsuran1;sisa_pokok;kolek;status"
    )
    _write(folder / "pinjaman.csv", head, loans)
    _write(folder / "angsuran.csv", "no_kuitansi;no_pinjaman;tgl_bayar;ke;pokok;jasa;denda;jumlah", paid)


def _securing(folder: Path, rng: random.Random, truth: Cooperative) -> None:
    rows = []
    for thing in truth.collaterals:
        first = [thing.no, thing.loan_no, thing.member_no, THINGS[thing.kind], thing.description, thing.document_no]
        value = indonesian_amount(rng, thing.value or 0)
        state = "DITAHAN" if thing.status == "held" else "KEMBALI"
        rows.append([*first, thing.owner, "sendiri", value, indonesian_date(rng, thing.on), "surat kuasa", state])
    head = "no_agunan;no_pinjaman;no_anggota;jenis;keterangan;no_dokumen;atas_nama;hubungan"
    _write(folder / "agunan.csv", head + ";taksiran;tgl_taksir;pengikatan;status", rows)


def write(folder: Path, truth: Cooperative, world: World) -> None:
    """Write all files of one cooperative into `folder`."""
    rng = random.Random(f"{world.id} forms")
    _people(folder, rng, truth, world)
    _savings(folder, rng, truth)
    _lending(folder, rng, truth)
    _securing(folder, rng, truth)
    rows = [_account_row(rng, account) for account in truth.accounts]
    titles = (world.name, "NERACA SALDO", "per 30 Juni 2026")
    _write(folder / "neraca.txt", "kode;uraian;induk;tingkat;normal;saldo;buku", rows, titles)
