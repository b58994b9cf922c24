"""Writes a cooperative as a mysqldump of the system `mitra-mysql`.

Put here the schema and the dirt of that system only: many rows an INSERT, a movement table a month with a column
`2tgl`, a withdrawal whose sign hides in its category, numeric foreign keys of loans, soft-delete flags, passwords, a
log, JSON in a text column, amounts as `1250000.00` in VARCHAR, and a stored procedure whose INSERT is not data.
"""

from pathlib import Path
from typing import BinaryIO

import polars as pl

from koop_pipeline.generate import forms, ledger, lending, savings, writer
from koop_pipeline.generate.plan import Cooperative
from koop_pipeline.generate.truth import Chunk, has_collaterals

ROWS_A_STATEMENT = 500
HEAD = """-- MySQL dump 10.13  Distrib 5.7.33, for Linux (x86_64)
--
-- Host: localhost    Database: mitra
/*!40101 SET NAMES utf8mb4 */;
/*!40014 SET FOREIGN_KEY_CHECKS=0 */;
"""
TAIL = """
--
-- Dumping routines for database 'mitra'
--
/*!50003 DROP PROCEDURE IF EXISTS `akun_contoh` */;
DELIMITER ;;
CREATE DEFINER=`root`@`localhost` PROCEDURE `akun_contoh`()
BEGIN
  INSERT INTO `tb_akun` VALUES ('999','Akun contoh; bukan data','100','A','D','D',99999999.00,'');
END ;;
DELIMITER ;

-- Dump completed on 2026-07-01 22:14:09
"""
TABLES = {
    "tb_anggota": "id int(11);kode varchar(12);nama varchar(80);ktp char(20);kelamin char(1);tmp_lahir varchar(40);"
    "tgl_lahir varchar(20);alamat text;kode_wil varchar(10);hp varchar(25);sandi char(32);tgl_daftar date;"
    "tgl_keluar date;jenis varchar(10);hapus tinyint(1);lain text",
    "tb_pengurus": "id int(11);nama varchar(80);jabatan varchar(20);kode_anggota varchar(12);ktp char(20);"
    "hp varchar(25);mulai date;selesai date",
    "tb_simpanan": "no_rek varchar(20);kode_anggota varchar(12);produk varchar(12);tgl_buka date;jatuh_tempo date;"
    "saldo varchar(20);hapus tinyint(1)",
    "tran": "id int(11);no_rek varchar(20);2tgl varchar(10);kategori varchar(20);jumlah decimal(15,2)",
    "tb_pinjaman": "no_pinjaman varchar(12);id_anggota int(11);produk varchar(10);tgl_cair date;pokok decimal(15,2);"
    "bunga char(6);satuan char(3);metode varchar(8);lama int(11);periode char(1);angsuran1 date;sisa decimal(15,2);"
    "kolek varchar(20);status char(1)",
    "tb_bayar": "id varchar(20);no_pinjaman varchar(12);tgl date;ke int(11);pokok decimal(15,2);bunga decimal(15,2);"
    "total decimal(15,2)",
    "tb_jaminan": "kode varchar(12);no_pinjaman varchar(12);kode_anggota varchar(12);jenis varchar(20);"
    "nomor varchar(30);pemilik varchar(80);nilai varchar(20);tgl_nilai date;ditahan tinyint(1)",
    "tb_akun": "kode varchar(10);nama varchar(60);induk varchar(10);tipe char(1);tingkat char(1);posisi char(1);"
    "saldo decimal(18,2);buku varchar(40)",
    "log_aktivitas": "id int(11);uraian text",
}
CATEGORIES = ("Saldo Awal", "Setoran Tunai", "Penarikan Tunai", "Jasa Simpanan")
METHODS = ("FLAT", "EFEKTIF", "ANUITAS")
BASES = {"per_month": "BLN", "per_year": "THN"}
THINGS = ("BPKB", "Sertifikat", "Emas", "SK Pegawai")
CLASSES = {"": "", "current": "Lancar", "substandard": "Kurang Lancar"}
TYPES = {"asset": "A", "liability": "K", "equity": "M", "income": "P", "expense": "B"}
CODES = {
    "ASET": "100", "LANCAR": "110", "TETAP": "120", "KEWAJIBAN": "200", "EKUITAS": "300", "PENDAPATAN": "400",
    "BEBAN": "500", "KAS": "111", "BANK": "112", "PIUTANG UMUM": "113", "PIUTANG USAHA": "114", "PIUTANG MULTI": "115",
    "PIUTANG MIKRO": "116", "PIUTANG CEPAT": "117", "PENYISIHAN": "119", "INVENTARIS": "121", "AKUMULASI": "122",
    "SUKARELA": "211", "BERJANGKA": "212", "POKOK": "311", "WAJIB": "312", "CADANGAN": "313", "HIBAH": "314",
    "JASA": "411", "ADMIN": "412", "BUNGA": "511", "GAJI": "512", "OPERASI": "513",
}  # fmt: skip


class MysqlWriter(writer.Writer):
    """One dump. Tables stand one after the other, so each grows in a file of its own until the end."""

    def __init__(self, folder: Path, cooperative: Cooperative) -> None:
        super().__init__(folder, cooperative)
        named = dict.fromkeys(TABLES)
        self.months = [f"tran{month[2:4]}{month[5:7]}" for month in savings.months(cooperative.transactions)]
        self.parts = {
            part: folder / f"{part}.part"
            for table in named
            for part in (self._months_with_late() if table == "tran" else [table])
        }
        for part, path in self.parts.items():
            path.write_bytes(_created(part).encode())

    def _months_with_late(self) -> list[str]:
        return [*self.months, *(["tran2607"] if "late-movements" in self.cooperative.faults else [])]

    def add(self, chunk: Chunk) -> int:
        """Write a chunk."""
        frames = {
            "tb_anggota": _members(chunk),
            "tb_simpanan": _accounts(chunk),
            "tb_pinjaman": _loans(chunk, self.cooperative),
            "tb_bayar": _repayments(chunk),
        }
        if chunk.officers is not None:
            frames["tb_pengurus"] = _officers(chunk.officers)
            frames["log_aktivitas"] = pl.DataFrame({"row": [f"({at},'Login \\'admin\\' #{at}')" for at in range(40)]})
        if has_collaterals(self.cooperative):
            frames["tb_jaminan"] = _collaterals(chunk)
        for (month,), rows in _movements(chunk).partition_by("month", as_dict=True, include_key=False).items():
            frames[str(month)] = rows
        for table, frame in frames.items():
            _insert(self.parts[table], table, frame)
        return sum(frame.height for frame in frames.values())

    def close(self, lines: list[ledger.Line]) -> int:
        """Write the chart and put the dump together."""
        rows = _ledger(lines)
        _insert(self.parts["tb_akun"], "tb_akun", pl.DataFrame({"row": rows}))
        with (self.folder / "mitra.sql").open("wb") as dump:
            dump.write(HEAD.encode())
            for path in self.parts.values():
                _append(dump, path)
            dump.write(TAIL.encode())
        return len(rows)

    def damage(self) -> None:
        """The dump ends in the middle of a statement."""
        path = self.folder / "mitra.sql"
        writer.cut(path)
        with path.open("ab") as file:
            file.write(b"\nINSERT INTO `tb_akun` VALUES ('111','Ka")


def _created(table: str) -> str:
    columns = TABLES["tran" if table.startswith("tran") else table].split(";")
    named = ",\n".join("  `{}` {}".format(*column.split(" ", 1)) for column in columns)
    return (
        f"\n--\n-- Table structure for table `{table}`\n--\n\nDROP TABLE IF EXISTS `{table}`;\n"
        f"CREATE TABLE `{table}` (\n{named}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n\n"
    )


def _append(dump: BinaryIO, path: Path) -> None:
    with path.open("rb") as part:
        while block := part.read(1 << 22):
            dump.write(block)
    path.unlink()


def _insert(path: Path, table: str, frame: pl.DataFrame) -> None:
    """Add rows (one text column `row`) as INSERTs of many rows each."""
    if frame.is_empty():
        return
    at = pl.int_range(pl.len()) % ROWS_A_STATEMENT
    last = (at == ROWS_A_STATEMENT - 1) | (pl.int_range(pl.len()) == pl.len() - 1)
    pieces = pl.concat_str(
        pl.when(at == 0).then(pl.lit(f"INSERT INTO `{table}` VALUES ")).otherwise(pl.lit("")),
        pl.col("row"),
        pl.when(last).then(pl.lit(";\n")).otherwise(pl.lit(",")),
    )
    text = frame.select(pieces.str.join("")).item()
    with path.open("ab") as file:
        file.write(text.encode())


def _row(*values: pl.Expr | str) -> pl.Expr:
    """`(1,'A',NULL)` of expressions that are literals already."""
    return pl.concat_str(pl.lit("("), pl.concat_str(list(values), separator=","), pl.lit(")")).alias("row")


def _quoted(value: pl.Expr | str) -> pl.Expr:
    expr = pl.col(value) if isinstance(value, str) else value
    return pl.concat_str(pl.lit("'"), expr.str.replace_all("'", "\\'", literal=True), pl.lit("'"))


def _plain(value: pl.Expr | str) -> pl.Expr:
    """A text without a quote in it."""
    return pl.concat_str(pl.lit("'"), pl.col(value) if isinstance(value, str) else value, pl.lit("'"))


def _number(value: pl.Expr | str) -> pl.Expr:
    return (pl.col(value) if isinstance(value, str) else value).cast(pl.String)


def _ordinal(column: str) -> pl.Expr:
    """The number within `KM0000001`."""
    return pl.col(column).str.slice(2).cast(pl.Int64, strict=False)


def _members(chunk: Chunk) -> pl.DataFrame:
    card = pl.concat_str(pl.lit('\'{"kartu": "'), "member_no", pl.lit("\"}'"))
    listed = pl.col("member_no").str.starts_with("KM")
    number = pl.when(listed).then(_ordinal("member_no")).otherwise(900_000_000 + pl.int_range(pl.len()))
    secret = pl.concat_str([forms.lots(at).cast(pl.String).str.zfill(8) for at in (20, 21, 22, 23)])
    return chunk.members.select(
        _row(
            _number(number),
            _plain("member_no"),
            _quoted("name"),
            _plain("said_nik"),
            pl.when("woman").then(pl.lit("'P'")).otherwise(pl.lit("'L'")),
            _quoted("birth_place"),
            _plain(pl.coalesce("said_birth", forms.day("birth"))),
            _quoted("address"),
            _plain(pl.col("region").str.replace_all(".", "", literal=True)),
            _plain(pl.coalesce("said_phone", forms.phone("phone", forms.lots(3)))),
            _plain(secret),
            _plain(forms.day("joined")),
            _plain(pl.coalesce(forms.day("said_left"), pl.lit("0000-00-00"))),
            pl.when("candidate").then(pl.lit("'Calon'")).otherwise(pl.lit("'Anggota'")),
            _number("deleted"),
            pl.when(forms.lots(4) % 4 == 0).then(card).otherwise(pl.lit("NULL")),
        )
    )


def _officers(officers: pl.DataFrame) -> pl.DataFrame:
    return officers.select(
        _row(
            _number(pl.int_range(1, pl.len() + 1)),
            _quoted("name"),
            _plain(pl.col("position").replace_strict(writer.POSITIONS).str.to_uppercase()),
            _plain("member_no"),
            _plain("nik"),
            _plain(forms.phone("phone", forms.lots(5))),
            pl.lit(f"'{writer.TERM_START}'"),
            pl.lit(f"'{writer.TERM_END}'"),
        )
    )


def _accounts(chunk: Chunk) -> pl.DataFrame:
    return chunk.accounts.select(
        _row(
            _plain("account_no"),
            _plain("member_no"),
            _plain(forms.word("product", savings.PRODUCTS)),
            _plain(forms.day("opened")),
            _plain(pl.coalesce(forms.day("matures"), pl.lit("0000-00-00"))),
            _plain(forms.decimal(pl.col("stored"))),
            pl.lit("0"),
        )
    )


def _movements(chunk: Chunk) -> pl.DataFrame:
    return chunk.movements.select(
        _row(
            _number("entry"),
            _plain(pl.lit(chunk.accounts["account_no"]).gather(pl.col("account"))),
            _plain(pl.coalesce("said_on", forms.day("on"))),
            _plain(forms.word("kind", CATEGORIES)),
            forms.decimal(pl.col("sen").abs()),
        ),
        pl.col("on").dt.to_string("tran%y%m").alias("month"),
    )


def _loans(chunk: Chunk, cooperative: Cooperative) -> pl.DataFrame:
    terms = lending.terms_of(cooperative)
    return chunk.lent.loans.select(
        _row(
            _plain("loan_no"),
            _number(_ordinal("member_no")),
            _plain(forms.word("terms", [each.product for each in terms])),
            _plain(forms.day("disbursed")),
            forms.decimal(pl.col("principal") * 100),
            _plain(forms.word("terms", [each.rate for each in terms])),
            _plain(forms.word("terms", [BASES[each.basis] for each in terms])),
            _plain(forms.word("terms", [METHODS[each.method] for each in terms])),
            _number("tenor"),
            _plain(forms.word("terms", ["M" if each.weekly else "B" for each in terms])),
            _plain(forms.day("first_due")),
            forms.decimal(pl.col("outstanding") * 100),
            _plain(pl.col("source_class").replace_strict(CLASSES)),
            pl.when("settled").then(pl.lit("'L'")).otherwise(pl.lit("'A'")),
        )
    )


def _repayments(chunk: Chunk) -> pl.DataFrame:
    loans = pl.lit(chunk.lent.loans["loan_no"]).gather(pl.col("loan"))
    principal, interest = pl.col("principal") * 100, pl.col("interest") * 100
    return chunk.lent.repayments.select(
        _row(
            _plain(pl.concat_str(pl.lit("K"), loans, pl.lit("-"), _number("number"))),
            _plain(loans),
            _plain(forms.day("on")),
            _number("number"),
            forms.decimal(principal),
            forms.decimal(interest),
            forms.decimal(principal + interest),
        )
    )


def _collaterals(chunk: Chunk) -> pl.DataFrame:
    kind = forms.word("kind", THINGS)
    return chunk.lent.collaterals.select(
        _row(
            _plain("collateral_no"),
            _plain("loan_no"),
            _plain("member_no"),
            _plain(kind),
            _plain(pl.concat_str(kind, pl.lit("-"), _number("document"))),
            _quoted("owner"),
            _plain(forms.decimal(pl.col("value") * 100)),
            _plain(forms.day("valued_on")),
            _number(pl.col("held").cast(pl.Int8)),
        )
    )


def _ledger(lines: list[ledger.Line]) -> list[str]:
    rows = []
    for role, (name, kind, parent) in ledger.HEADS.items():
        side = "D" if kind in ("asset", "expense") else "K"
        above = f"'{CODES[parent]}'" if parent else "NULL"
        rows.append(f"('{CODES[role]}','{name}',{above},'{TYPES[kind]}','H','{side}',0.00,'')")
    for line in lines:
        side = "D" if line.side == "debit" else "K"
        amount = f"{line.sen // 100}.{line.sen % 100:02d}"
        first = f"'{CODES[line.role]}','{line.name}','{CODES[line.head]}','{TYPES[line.kind]}'"
        rows.append(f"({first},'D','{side}',{amount},'{line.control}')")
    return sorted(rows)
