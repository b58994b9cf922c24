"""Writes a cooperative as the SQLite database of the system `bina-sqlite`.

Put here the schema and the dirt of that system only: delivered loan schedules with `0000-00-00` for what is unpaid,
whole rupiah partly REAL, days partly with a time, PINs, letter codes in the chart.
"""

import sqlite3
from pathlib import Path

import polars as pl

from koop_pipeline.generate import forms, ledger, lending, savings, writer
from koop_pipeline.generate.plan import Cooperative
from koop_pipeline.generate.truth import Chunk, has_collaterals

SCHEMA = """
pragma page_size = 4096;
create table anggota (no_anggota text, nama text, nik text, kelamin text, tempat_lahir text, tgl_lahir text,
  alamat text, kode_wilayah text, hp text, tgl_masuk text, tgl_keluar text, jenis text, dihapus integer, pin text);
create table pengurus (nama text, jabatan text, no_anggota text, nik text, hp text, mulai text, selesai text);
create table simpanan (rekening text, no_anggota text, produk text, tgl_buka text, jatuh_tempo text, saldo real);
create table mutasi (id integer primary key, rekening text, tanggal text, jenis text, jumlah integer, saldo integer);
create table pinjaman (no_pinjaman text, no_anggota text, produk text, tgl_cair text, plafon real, metode text,
  bunga real, satuan text, lama integer, periode text, sisa_pokok integer, kelas text, lunas integer);
create table jadwal (no_pinjaman text, ke integer, jatuh_tempo text, pokok integer, bunga integer);
create table angsuran (no_pinjaman text, tanggal text, ke integer, pokok integer, bunga integer);
create table jaminan (id text, no_pinjaman text, no_anggota text, jenis text, nomor text, pemilik text,
  taksiran integer, tgl_taksir text, dikembalikan integer);
create table akun (kode text, nama text, induk text, golongan text, rinci integer, debet integer, kredit integer,
  kendali text);
"""
KINDS = ("SALDO AWAL", "SETOR", "TARIK", "BUNGA")
METHODS = ("TETAP", "MENURUN", "ANUITAS")
BASES = {"per_month": "BULAN", "per_year": "TAHUN"}
THINGS = ("BPKB", "SHM", "EMAS", "SK")
CLASSES = {"": None, "current": "Lancar", "substandard": "Kurang Lancar"}
HEADS = {"asset": "ASET", "liability": "KEWAJIBAN", "equity": "MODAL", "income": "PENDAPATAN", "expense": "BEBAN"}
CODES = {
    "ASET": "A", "LANCAR": "A1", "TETAP": "A2", "KEWAJIBAN": "K", "EKUITAS": "M", "PENDAPATAN": "P", "BEBAN": "B",
    "KAS": "A11", "BANK": "A12", "PIUTANG": "A13", "PENYISIHAN": "A19", "INVENTARIS": "A21", "AKUMULASI": "A22",
    "SUKARELA": "K10", "BERJANGKA": "K20", "POKOK": "M10", "WAJIB": "M20", "CADANGAN": "M30", "HIBAH": "M40",
    "JASA": "P10", "ADMIN": "P20", "BUNGA": "B10", "GAJI": "B20", "OPERASI": "B30",
}  # fmt: skip
WRITER_VERSION_AT = 96
WRITER_VERSION = 3_040_001


class SqliteWriter(writer.Writer):
    """One database; its header names one fixed SQLite version, whichever wrote it."""

    def __init__(self, folder: Path, cooperative: Cooperative) -> None:
        super().__init__(folder, cooperative)
        self.path = folder / "bina.db"
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        self.connection.execute("pragma synchronous = off")
        self.connection.execute("pragma journal_mode = off")
        self.connection.executescript(SCHEMA)

    def add(self, chunk: Chunk) -> int:
        """Write a chunk."""
        frames = {
            "anggota": _members(chunk),
            "simpanan": _accounts(chunk),
            "mutasi": _movements(chunk),
            "pinjaman": _loans(chunk, self.cooperative),
            "jadwal": _schedules(chunk),
            "angsuran": _repayments(chunk),
        }
        if chunk.officers is not None:
            frames["pengurus"] = _officers(chunk.officers)
        if has_collaterals(self.cooperative):
            frames["jaminan"] = _collaterals(chunk)
        for table, frame in frames.items():
            self._insert(table, frame)
        return sum(frame.height for frame in frames.values())

    def _insert(self, table: str, frame: pl.DataFrame) -> None:
        marks = ",".join("?" * frame.width)
        columns = [column.to_list() for column in frame.get_columns()]
        self.connection.execute("begin")
        self.connection.executemany(f"insert into {table} values ({marks})", zip(*columns, strict=True))
        self.connection.execute("commit")

    def close(self, lines: list[ledger.Line]) -> int:
        """Write the chart."""
        rows = _ledger(lines)
        self.connection.executemany("insert into akun values (?,?,?,?,?,?,?,?)", rows)
        self.connection.close()
        with self.path.open("r+b") as file:
            file.seek(WRITER_VERSION_AT)
            file.write(WRITER_VERSION.to_bytes(4, "big"))
        return len(rows)

    def damage(self) -> None:
        """The end of the database is missing."""
        writer.cut(self.path)


def _stamp(column: str, lot: pl.Expr) -> pl.Expr:
    day = forms.day(column)
    return pl.when(lot % 3 == 0).then(pl.concat_str(day, pl.lit(" 00:00:00"))).otherwise(day)


def _whole(column: str) -> pl.Expr:
    return pl.col(column) // 100


def _members(chunk: Chunk) -> pl.DataFrame:
    return chunk.members.select(
        "member_no",
        "name",
        "said_nik",
        pl.when("woman").then(pl.lit("Perempuan")).otherwise(pl.lit("Laki-laki")).alias("kelamin"),
        "birth_place",
        pl.coalesce("said_birth", forms.day("birth")).alias("lahir"),
        "address",
        "region",
        pl.coalesce("said_phone", forms.phone("phone", forms.lots(3))).alias("hp"),
        _stamp("joined", forms.lots(4)).alias("masuk"),
        forms.day("said_left").alias("keluar"),
        pl.when("candidate").then(pl.lit("calon")).otherwise(pl.lit("anggota")).alias("jenis"),
        "deleted",
        (forms.lots(5) % 10_000).cast(pl.String).str.zfill(4).alias("pin"),
    )


def _officers(officers: pl.DataFrame) -> pl.DataFrame:
    return officers.select(
        "name",
        pl.col("position").replace_strict(writer.POSITIONS),
        "member_no",
        "nik",
        "phone",
        mulai=pl.lit(writer.TERM_START),
        selesai=pl.lit(writer.TERM_END),
    )


def _accounts(chunk: Chunk) -> pl.DataFrame:
    return chunk.accounts.select(
        "account_no",
        "member_no",
        forms.word("product", savings.PRODUCTS).alias("produk"),
        forms.day("opened").alias("buka"),
        forms.day("matures").alias("tempo"),
        _whole("stored").alias("saldo"),
    )


def _movements(chunk: Chunk) -> pl.DataFrame:
    return chunk.movements.select(
        "entry",
        pl.lit(chunk.accounts["account_no"]).gather(pl.col("account")).alias("rekening"),
        pl.coalesce("said_on", forms.day("on")).alias("tanggal"),
        forms.word("kind", KINDS).alias("jenis"),
        (pl.col("sen").abs() // 100).alias("jumlah"),
        _whole("balance").alias("saldo"),
    )


def _loans(chunk: Chunk, cooperative: Cooperative) -> pl.DataFrame:
    terms = lending.terms_of(cooperative)
    return chunk.lent.loans.select(
        "loan_no",
        "member_no",
        forms.word("terms", [each.product for each in terms]).alias("produk"),
        _stamp("disbursed", forms.lots(9)).alias("cair"),
        "principal",
        forms.word("terms", [METHODS[each.method] for each in terms]).alias("metode"),
        forms.word("terms", [each.rate for each in terms]).alias("bunga"),
        forms.word("terms", [BASES[each.basis] for each in terms]).alias("satuan"),
        "tenor",
        forms.word("terms", ["MINGGU" if each.weekly else "BULAN" for each in terms]).alias("periode"),
        "outstanding",
        pl.col("source_class").replace_strict(CLASSES),
        pl.col("settled").cast(pl.Int64),
    )


def _schedules(chunk: Chunk) -> pl.DataFrame:
    return chunk.lent.instalments.select(
        pl.lit(chunk.lent.loans["loan_no"]).gather(pl.col("loan")).alias("loan_no"),
        "number",
        forms.day("on").alias("tempo"),
        "principal",
        "interest",
    )


def _repayments(chunk: Chunk) -> pl.DataFrame:
    return chunk.lent.repayments.select(
        pl.lit(chunk.lent.loans["loan_no"]).gather(pl.col("loan")).alias("loan_no"),
        forms.day("on").alias("tanggal"),
        "number",
        "principal",
        "interest",
    )


def _collaterals(chunk: Chunk) -> pl.DataFrame:
    kind = forms.word("kind", THINGS)
    return chunk.lent.collaterals.select(
        "collateral_no",
        "loan_no",
        "member_no",
        kind.alias("jenis"),
        pl.concat_str(kind, pl.lit("-"), pl.col("document").cast(pl.String)).alias("nomor"),
        "owner",
        "value",
        forms.day("valued_on").alias("taksir"),
        (~pl.col("held")).cast(pl.Int64).alias("kembali"),
    )


def _ledger(lines: list[ledger.Line]) -> list[tuple[str | int | None, ...]]:
    rows: list[tuple[str | int | None, ...]] = [
        (CODES[role], name, CODES.get(parent), HEADS[kind], 0, 0, 0, None)
        for role, (name, kind, parent) in ledger.HEADS.items()
    ]
    for line in lines:
        assert line.sen % 100 == 0
        whole = line.sen // 100
        debit, credit = (whole, 0) if line.side == "debit" else (0, whole)
        first = (CODES[line.role], line.name, CODES[line.head], HEADS[line.kind], 1)
        rows.append((*first, debit, credit, line.control or None))
    return sorted(rows, key=lambda row: str(row[0]))
