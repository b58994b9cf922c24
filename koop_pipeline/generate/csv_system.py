"""Writes a cooperative as the system `arta-csv` exports it: a folder of `;` files in the Windows code page.

Put here the schema and the dirt of that system only: amounts, dates and phones as people type them, NIKs with an
apostrophe behind, `Ma\\'arif`, soft-delete flags, a balance sheet with three title rows, contra accounts in brackets.
"""

from pathlib import Path

import polars as pl

from koop_pipeline.generate import forms, ledger, lending, savings, writer
from koop_pipeline.generate.plan import CUTOFF, Cooperative
from koop_pipeline.generate.truth import Chunk, has_collaterals

HEADS = {
    "anggota": "no_anggota;nama;no_ktp;jk;tempat_lahir;tgl_lahir;alamat;kode_wilayah;hp;tgl_masuk;tgl_keluar;jenis"
    ";flag",
    "pengurus": "nama;jabatan;no_anggota;no_ktp;telepon;mulai;selesai",
    "simpanan": "rekening;no_anggota;jenis;tgl_buka;jatuh_tempo;bunga;saldo;status",
    "mutasi": "no_bukti;rekening;tgl;kode;debet;kredit;saldo",
    "pinjaman": "no_pinjaman;no_anggota;produk;tgl_cair;plafon;jasa;satuan;sistem;lama;cara;angsuran1;sisa_pokok"
    ";kolek;status",
    "angsuran": "no_kuitansi;no_pinjaman;tgl_bayar;ke;pokok;jasa;denda;jumlah",
    "agunan": "no_agunan;no_pinjaman;no_anggota;jenis;keterangan;no_dokumen;atas_nama;taksiran;tgl_taksir;status",
    "neraca": "kode;uraian;induk;tingkat;normal;saldo;buku",
}
RATES = ("0", "0", "3", "0", "6,25")
KINDS = ("SA", "S", "T", "B")
METHODS = ("TETAP", "MENURUN", "ANUITAS")
BASES = {"per_month": "PER BULAN", "per_year": "PER TAHUN"}
THINGS = ("BPKB", "SHM", "EMAS", "SK")
CODES = {
    "ASET": "1", "LANCAR": "1.1", "TETAP": "1.2", "KEWAJIBAN": "2", "EKUITAS": "3", "PENDAPATAN": "4", "BEBAN": "5",
    "KAS": "1.1.1", "BANK": "1.1.2", "PIUTANG": "1.1.3", "PENYISIHAN": "1.1.10", "INVENTARIS": "1.2.1",
    "AKUMULASI": "1.2.2", "SUKARELA": "2.1", "BERJANGKA": "2.2", "POKOK": "3.1", "WAJIB": "3.2", "CADANGAN": "3.3",
    "HIBAH": "3.10", "JASA": "4.1", "ADMIN": "4.2", "BUNGA": "5.1", "GAJI": "5.2", "OPERASI": "5.3",
}  # fmt: skip
BOOKS = {
    "savings:POKOK": "SP", "savings:WAJIB": "SW", "savings:SUKARELA+HARIRAYA": "SS", "savings:SUKARELA": "S1",
    "savings:BERJANGKA": "SB", "loans": "PJ",
}  # fmt: skip
HEADS_WITH_AMOUNTS = ("LANCAR", "TETAP", "EKUITAS")


class CsvWriter(writer.Writer):
    """One folder of text files, open while the cooperative is written."""

    def __init__(self, folder: Path, cooperative: Cooperative) -> None:
        super().__init__(folder, cooperative)
        self.files: dict[str, Path] = {}
        for name in ("anggota", "pengurus", "simpanan", "pinjaman", "angsuran", "agunan"):
            self._append(name, HEADS[name], b"")
        first = int(str(savings.first_day(cooperative.transactions))[:4])
        for year in range(first, CUTOFF.year + 1):
            self._append(f"mutasi_{year}", HEADS["mutasi"], b"")

    def _append(self, name: str, head: str, rows: bytes) -> None:
        path = self.folder / f"{name}.csv"
        with path.open("ab") as file:
            if name not in self.files:
                file.write(head.encode() + b"\r\n")
                self.files[name] = path
            file.write(rows)

    def add(self, chunk: Chunk) -> int:
        """Write a chunk."""
        frames = {
            "anggota": _members(chunk),
            "simpanan": _accounts(chunk),
            "pinjaman": _loans(chunk, self.cooperative),
            "angsuran": _repayments(chunk),
        }
        if chunk.officers is not None:
            frames["pengurus"] = _officers(chunk.officers)
        if has_collaterals(self.cooperative):
            frames["agunan"] = _collaterals(chunk)
        moved = _movements(chunk)
        for (year,), rows in moved.partition_by("year", as_dict=True, include_key=False).items():
            frames[f"mutasi_{year}"] = rows
        for name, frame in frames.items():
            self._append(name, HEADS[name.partition("_")[0]], writer.csv_bytes(frame, ";"))
        return sum(frame.height for frame in frames.values())

    def close(self, lines: list[ledger.Line]) -> int:
        """Write `neraca.txt`."""
        rows = _ledger(lines)
        titles = (f"Koperasi {self.cooperative.id}", "NERACA SALDO", "per 30 Juni 2026", HEADS["neraca"])
        text = "".join(f"{line}\r\n" for line in (*titles, *rows))
        (self.folder / "neraca.txt").write_bytes(text.encode("cp1252"))
        return len(rows)

    def damage(self) -> None:
        """The last year's movements end in the middle of a row."""
        path = self.files[f"mutasi_{CUTOFF.year}"]
        writer.cut(path)
        with path.open("r+b") as file:
            file.seek(max(0, path.stat().st_size - 4096))
            start = file.tell()
            tail = file.read()
            line = tail.rfind(b"\n") + 1
            file.truncate(start + line)
            file.seek(start + line)
            file.write(b"M0")


def _members(chunk: Chunk) -> pl.DataFrame:
    lot = forms.lots(1)
    short = pl.col("said_nik").str.len_bytes() == 16
    return chunk.members.select(
        "member_no",
        pl.col("name").str.replace_all("'", "\\'", literal=True),
        pl.when(short & (lot % 5 == 0)).then(pl.concat_str("said_nik", pl.lit("'"))).otherwise("said_nik").alias("nik"),
        pl.when("woman").then(pl.lit("P")).otherwise(pl.lit("L")).alias("jk"),
        "birth_place",
        pl.coalesce("said_birth", forms.typed_day("birth", forms.lots(2))).alias("born"),
        "address",
        "region",
        pl.coalesce("said_phone", forms.phone("phone", forms.lots(3))).alias("hp"),
        forms.typed_day("joined", forms.lots(4)).alias("joined"),
        pl.coalesce(forms.day("said_left", "slash"), pl.lit("00/00/0000")).alias("left"),
        pl.when("candidate").then(pl.lit("Calon")).otherwise(pl.lit("Anggota")).alias("jenis"),
        "deleted",
    )


def _officers(officers: pl.DataFrame) -> pl.DataFrame:
    return officers.select(
        "name",
        pl.col("position").replace_strict(writer.POSITIONS),
        "member_no",
        "nik",
        forms.phone("phone", forms.lots(5)),
        mulai=pl.lit("15/03/2024"),
        selesai=pl.lit("14/03/2028"),
    )


def _accounts(chunk: Chunk) -> pl.DataFrame:
    return chunk.accounts.select(
        "account_no",
        "member_no",
        forms.word("product", savings.PRODUCTS).alias("jenis"),
        forms.typed_day("opened", forms.lots(6)).alias("opened"),
        pl.coalesce(forms.day("matures", "slash"), pl.lit("00/00/0000")).alias("matures"),
        forms.word("product", RATES).alias("bunga"),
        forms.indonesian(pl.col("stored"), forms.lots(7)).alias("saldo"),
        pl.lit("AKTIF").alias("status"),
    )


def _movements(chunk: Chunk) -> pl.DataFrame:
    sen, lot = pl.col("sen"), forms.lots(8)
    text = forms.indonesian(sen.abs(), lot, "nihil")
    out = sen < 0
    accounts = pl.lit(chunk.accounts["account_no"])
    lazy = chunk.movements.lazy().select(
        pl.concat_str(pl.lit("M"), pl.col("entry").cast(pl.String).str.zfill(8)).alias("no"),
        accounts.gather(pl.col("account")).alias("rekening"),
        pl.coalesce("said_on", forms.day("on", "slash")).alias("tgl"),
        forms.word("kind", KINDS).alias("kode"),
        pl.when(out).then(text).otherwise(pl.lit("-")).alias("debet"),
        pl.when(out).then(pl.lit("-")).otherwise(text).alias("kredit"),
        forms.indonesian(pl.col("balance"), lot // 16).alias("saldo"),
        pl.col("on").dt.year().alias("year"),
    )
    return lazy.collect()


def _loans(chunk: Chunk, cooperative: Cooperative) -> pl.DataFrame:
    terms = lending.terms_of(cooperative)
    classes = {"": "", "current": "L", "substandard": "KL"}
    return chunk.lent.loans.select(
        "loan_no",
        "member_no",
        forms.word("terms", [each.product for each in terms]).alias("produk"),
        forms.typed_day("disbursed", forms.lots(9)).alias("cair"),
        forms.indonesian(pl.col("principal") * 100, forms.lots(10)).alias("plafon"),
        forms.word("terms", [each.rate.replace(".", ",") for each in terms]).alias("jasa"),
        forms.word("terms", [BASES[each.basis] for each in terms]).alias("satuan"),
        forms.word("terms", [METHODS[each.method] for each in terms]).alias("sistem"),
        "tenor",
        forms.word("terms", ["MINGGUAN" if each.weekly else "BULANAN" for each in terms]).alias("cara"),
        forms.typed_day("first_due", forms.lots(11)).alias("angsuran1"),
        forms.indonesian(pl.col("outstanding") * 100, forms.lots(12), "nihil").alias("sisa"),
        pl.col("source_class").replace_strict(classes),
        pl.when("settled").then(pl.lit("LUNAS")).otherwise(pl.lit("AKTIF")).alias("status"),
    )


def _repayments(chunk: Chunk) -> pl.DataFrame:
    loans = pl.lit(chunk.lent.loans["loan_no"]).gather(pl.col("loan"))
    lot = forms.lots(13)
    principal, interest = pl.col("principal") * 100, pl.col("interest") * 100
    return chunk.lent.repayments.select(
        pl.concat_str(pl.lit("K"), loans, pl.lit("-"), pl.col("number").cast(pl.String)).alias("no"),
        loans.alias("loan_no"),
        forms.day("on", "slash").alias("tgl"),
        "number",
        forms.indonesian(principal, lot).alias("pokok"),
        forms.indonesian(interest, lot // 16).alias("jasa"),
        pl.lit("-").alias("denda"),
        forms.indonesian(principal + interest, lot // 256).alias("jumlah"),
    )


def _collaterals(chunk: Chunk) -> pl.DataFrame:
    kind = forms.word("kind", THINGS)
    return chunk.lent.collaterals.select(
        "collateral_no",
        "loan_no",
        "member_no",
        kind.alias("jenis"),
        pl.concat_str(kind, pl.lit(" asli")).alias("keterangan"),
        pl.concat_str(kind, pl.lit("-"), pl.col("document").cast(pl.String)).alias("no_dokumen"),
        "owner",
        forms.indonesian(pl.col("value") * 100, forms.lots(14)).alias("taksiran"),
        forms.typed_day("valued_on", forms.lots(15)).alias("tgl"),
        pl.when("held").then(pl.lit("DITAHAN")).otherwise(pl.lit("KEMBALI")).alias("status"),
    )


def _ledger(lines: list[ledger.Line]) -> list[str]:
    """The chart in order of code; a balance on the other side than its head's in brackets."""
    rows = []
    for role, (name, kind, parent) in ledger.HEADS.items():
        net = ledger.head_net(lines, role) if role in HEADS_WITH_AMOUNTS else 0
        usual = kind in ("asset", "expense")
        above = CODES[parent] if parent else ""
        amount = _amount(net if usual else -net)
        rows.append([CODES[role], name, above, "I", "D" if usual else "K", amount, ""])
    for line in lines:
        usual = line.kind in ("asset", "expense")
        side = "D" if line.side == "debit" else "K"
        amount = _amount(line.net if usual else -line.net)
        rows.append([CODES[line.role], line.name, CODES[line.head], "R", side, amount, BOOKS.get(line.control, "")])
    return [";".join(row) for row in sorted(rows)]


def _amount(sen: int) -> str:
    if not sen:
        return "-"
    whole = f"{abs(sen) // 100:,}".replace(",", ".")
    text = f"{whole},{abs(sen) % 100:02d}" if sen % 100 else whole
    return f"({text})" if sen < 0 else text
