"""Writes a cooperative as the SQLite database of the system `kopdit-sqlite`.

Put here the schema and the dirt of that system only: one row a member with a column for each savings product, loan
schedules that the source delivers, amounts partly REAL, dates partly with a time, unpaid instalments as `0000-00-00`.
"""

import random
import sqlite3
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from sample_maker.forms import phone
from sample_maker.truth import Cooperative
from sample_maker.worlds import BODY_FACTS, World

SCHEMA = """
create table lembaga (nama text, badan_hukum text, tgl_badan_hukum text, nik_koperasi text, npwp text, nib text,
  alamat text, kode_wilayah text, telepon text, surel text, tgl_berdiri text, keadaan text);
create table anggota (no_anggota text, nama text, nik text, kelamin text, tempat_lahir text, tgl_lahir text,
  alamat text, kode_wilayah text, hp text, tgl_masuk text, keadaan text, pin text);
create table pengurus (id integer primary key, no_anggota text, jabatan text, mulai text, selesai text);
create table produk (kode text primary key, nama text, untuk text, jenis text, bunga real);
create table simpanan_anggota (no_anggota text, tgl_buka text, rek_pokok text, saldo_pokok integer, rek_wajib text,
  saldo_wajib integer, rek_sukarela text, saldo_sukarela real);
create table mutasi (id integer primary key, rekening text, tanggal text, jenis text, jumlah integer, saldo integer);
create table pinjaman (no_pinjaman text primary key, no_anggota text, produk text, tgl_cair text, plafon real,
  metode text, bunga real, lama integer, sisa_pokok integer, kelas text, lunas integer);
create table jadwal (no_pinjaman text, ke integer, jatuh_tempo text, pokok integer, bunga integer, tgl_bayar text);
create table angsuran (id integer primary key, no_pinjaman text, tanggal text, ke integer, pokok integer,
  bunga integer);
create table jaminan (id text primary key, no_pinjaman text, jenis text, keterangan text, nomor text, pemilik text,
  taksiran integer, tgl_taksir text, dikembalikan integer);
create table akun (kode text primary key, nama text, induk text, golongan text, rinci integer, debet integer,
  kredit integer, kendali text);
create table riwayat_login (id integer primary key, waktu text, pengguna text);
"""
POSITIONS = {
    "chair": "Ketua",
    "vice_chair": "Wakil Ketua",
    "secretary": "Sekretaris",
    "treasurer": "Bendahara",
    "supervisor": "Pengawas",
    "manager": "Manajer",
}
PRODUCTS = (
    ("POKOK", "Simpanan Pokok", "S", "pokok", None),
    ("WAJIB", "Simpanan Wajib", "S", "wajib", None),
    ("SUKARELA", "Simpanan Sukarela", "S", "sukarela", 3.0),
    ("USAHA", "Pinjaman Usaha", "P", "anuitas", 12.0),
    ("UMUM", "Pinjaman Umum", "P", "menurun", 18.0),
)
KINDS = {"opening": "SALDO AWAL", "deposit": "SETOR", "withdrawal": "TARIK", "interest": "BUNGA"}
HEADS = {"asset": "ASET", "liability": "KEWAJIBAN", "equity": "MODAL", "income": "PENDAPATAN", "expense": "BEBAN"}
THINGS = {"vehicle_title": "BPKB", "land_certificate": "SHM", "gold": "EMAS", "salary_decree": "SK"}

WRITER_VERSION_AT = 96
WRITER_VERSION = 3_040_001

Row = tuple[str | int | float | None, ...]


def _whole(sen: int) -> int:
    """Whole rupiah; this system stores no sen."""
    assert sen % 100 == 0
    return sen // 100


def _stamp(rng: random.Random, day: date) -> str:
    return f"{day.isoformat()} 00:00:00" if rng.random() < 0.3 else day.isoformat()


def _body(world: World) -> Row:
    facts = BODY_FACTS[world.id]
    keys = "legal_entity_no legal_entity_on cooperative_nik npwp nib address region_code phone email established_on"
    return (world.name, *(facts[key] for key in keys.split()), "AKTIF")


def _people(rng: random.Random, truth: Cooperative) -> Iterable[tuple[str, list[Row]]]:
    yield (
        "anggota",
        [
            (
                row.no,
                row.name,
                row.nik,
                "Laki-laki" if row.gender == "male" else "Perempuan",
                row.birth_place,
                row.birth.isoformat(),
                row.address,
                row.region,
                phone(rng, row.phone),
                _stamp(rng, row.joined),
                "aktif",
                f"{rng.randrange(10_000):04d}",
            )
            for row in truth.members
        ],
    )
    yield (
        "pengurus",
        [
            (at, row.member_no, POSITIONS[row.position], row.start.isoformat(), row.end.isoformat())
            for at, row in enumerate(truth.officers, start=1)
        ],
    )


def _savings(truth: Cooperative) -> Iterable[tuple[str, list[Row]]]:
    wide: dict[str, list[str | int | float]] = {}
    for own in truth.savings:
        amount: int | float = _whole(own.balance)
        if own.product == "POKOK":
            wide[own.member_no] = [own.member_no, own.opened.isoformat()]
        wide[own.member_no] += [own.no, float(amount) if own.product == "SUKARELA" else amount]
    yield "simpanan_anggota", [tuple(cells) for cells in wide.values()]
    yield (
        "mutasi",
        [
            (
                int(row.no),
                row.account_no,
                row.on.isoformat(),
                KINDS[row.kind],
                _whole(abs(row.sen)),
                _whole(row.balance),
            )
            for row in truth.movements
        ],
    )


def _lending(rng: random.Random, truth: Cooperative) -> Iterable[tuple[str, list[Row]]]:
    loans: list[Row] = []
    lines: list[Row] = []
    paid: list[Row] = []
    for loan in truth.loans:
        method = {"annuity": "ANUITAS", "declining": "MENURUN"}[loan.terms.method]
        first: Row = (loan.no, loan.member_no, loan.terms.product, _stamp(rng, loan.disbursed))
        amount = float(_whole(loan.principal))
        last: Row = (_whole(loan.outstanding), "Lancar" if loan.source_class else None, int(not loan.outstanding))
        loans.append((*first, amount, method, float(loan.terms.rate), len(loan.schedule), *last))
        days = {row.instalment_no: row.on.isoformat() for row in loan.repayments}
        for line in loan.schedule:
            on = days.get(line.no, "0000-00-00")
            lines.append((loan.no, line.no, line.due.isoformat(), _whole(line.principal), _whole(line.interest), on))
        for row in loan.repayments:
            amounts = (_whole(row.principal), _whole(row.interest))
            paid.append((len(paid) + 1, loan.no, row.on.isoformat(), row.instalment_no, *amounts))
    yield "pinjaman", loans
    yield "jadwal", lines
    yield "angsuran", paid


def _rest(world: World, truth: Cooperative) -> Iterable[tuple[str, list[Row]]]:
    things: list[Row] = []
    for row in truth.collaterals:
        first: Row = (row.no, row.loan_no, THINGS[row.kind], row.description, row.document_no, row.owner)
        things.append((*first, _whole(row.value or 0), row.on.isoformat(), int(row.status == "returned")))
    accounts: list[Row] = []
    for line in truth.accounts:
        head: Row = (line.code, line.name, line.parent or None, HEADS[line.kind], int(line.detail))
        accounts.append((*head, _whole(line.debit), _whole(line.credit), line.control or None))
    yield "lembaga", [_body(world)]
    yield "produk", list(PRODUCTS)
    yield "jaminan", things
    yield "akun", accounts
    yield "riwayat_login", [(at, f"2026-06-{at:02d} 07:59:00", "kasir") for at in range(1, 26)]


def write(folder: Path, truth: Cooperative, world: World) -> None:
    """Write `kopdit.db` into `folder`; the header names one fixed SQLite version, whichever wrote it."""
    rng = random.Random(f"{world.id} forms")
    path = folder / "kopdit.db"
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    for part in (_people(rng, truth), _savings(truth), _lending(rng, truth), _rest(world, truth)):
        for table, rows in part:
            marks = ",".join("?" * len(rows[0]))
            connection.executemany(f"insert into {table} values ({marks})", rows)
    connection.commit()
    connection.close()
    with path.open("r+b") as file:
        file.seek(WRITER_VERSION_AT)
        file.write(WRITER_VERSION.to_bytes(4, "big"))
