"""Writes a cooperative as a mysqldump of the system `simkop-mysql`.

Put here the schema and the dirt of that system only: numeric foreign keys, a withdrawal whose sign hides in its
category, one transaction table a month with a column `2tgl`, soft-delete flags, passwords, a log, names of officers cut
at 20 characters, JSON in a text column, a table in double quotes, a latin1 table, a view dumped as a table, and a
stored procedure that holds an INSERT which is not data.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sample_maker.forms import phone
from sample_maker.savings import months
from sample_maker.truth import CUTOFF, Account, Cooperative, Loan, Member, rupiah
from sample_maker.worlds import World

ROWS_A_STATEMENT = 400
OFFICER_NAME_LENGTH = 20
CATEGORIES = {
    "opening": "Saldo Awal",
    "deposit": "Setoran Tunai",
    "withdrawal": "Penarikan Tunai",
    "interest": "Jasa Simpanan",
}
POSITIONS = {
    "chair": "KETUA",
    "vice_chair": "WAKIL KETUA",
    "secretary": "SEKRETARIS",
    "treasurer": "BENDAHARA",
    "supervisor": "PENGAWAS",
    "manager": "MANAJER",
}
THINGS = {"vehicle_title": "BPKB", "land_certificate": "Sertifikat", "gold": "Emas", "salary_decree": "SK Pegawai"}
BOOKS = {"savings:POKOK": "SIMP-P", "savings:WAJIB": "SIMP-W", "savings:SUKARELA": "SIMP-S"}
KINDS = {"asset": "A", "liability": "K", "equity": "M", "income": "P", "expense": "B"}
PRODUCTS = {"POKOK": 1, "WAJIB": 2, "SUKARELA": 3}
PROCEDURE = """
--
-- Dumping routines for database 'simkop'
--
/*!50003 DROP PROCEDURE IF EXISTS `buat_akun_contoh` */;
DELIMITER ;;
CREATE DEFINER=`root`@`localhost` PROCEDURE `buat_akun_contoh`(IN p_kode VARCHAR(10))
BEGIN
  -- bukan data: baris ini hanya dijalankan bila prosedur dipanggil
  INSERT INTO `tb_akun` (`kode`, `nama`, `induk`, `tipe`, `tingkat`, `posisi`, `saldo`, `buku`)
  VALUES (p_kode, 'Akun contoh; jangan dipakai', '100', 'A', 'D', 'D', 99999999.00, '');
  INSERT INTO `tb_akun` VALUES ('999','Akun contoh','100','A','D','D',99999999.00,'');
END ;;
DELIMITER ;
"""

Value = str | int | None


class Raw(str):
    """A value that stands in the dump without quotes (a decimal)."""


@dataclass(frozen=True)
class TableDump:
    """One table: `columns` is `name type` a piece, as in CREATE TABLE."""

    name: str
    columns: str
    rows: Sequence[Sequence[Value]]
    charset: str = "utf8mb4"
    quote: str = "'"

    def statements(self) -> str:
        """DROP, CREATE, LOCK, multi-row INSERTs, UNLOCK, as mysqldump writes them."""
        pieces = [piece.strip() for piece in self.columns.split(";")]
        quoted = ",\n".join("  `{}` {}".format(*piece.split(" ", 1)) for piece in pieces)
        text = f"\n--\n-- Table structure for table `{self.name}`\n--\n\nDROP TABLE IF EXISTS `{self.name}`;\n"
        text += f"CREATE TABLE `{self.name}` (\n{quoted}\n) ENGINE=InnoDB DEFAULT CHARSET={self.charset};\n\n"
        text += f"LOCK TABLES `{self.name}` WRITE;\n"
        for start in range(0, len(self.rows), ROWS_A_STATEMENT):
            chunk = self.rows[start : start + ROWS_A_STATEMENT]
            text += f"INSERT INTO `{self.name}` VALUES {','.join(_tuple(row, self.quote) for row in chunk)};\n"
        return text + "UNLOCK TABLES;\n"


def _literal(value: Value, quote: str) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int | Raw):
        return str(value)
    return quote + value.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\n", "\\n") + quote


def _tuple(row: Sequence[Value], quote: str) -> str:
    return f"({','.join(_literal(value, quote) for value in row)})"


def _decimal(sen: int) -> Raw:
    return Raw(rupiah(sen))


def _comma_text(rng: random.Random, sen: int) -> str:
    """A CHAR column: `1250000.00` or `1,250,000.00`."""
    return rng.choice((rupiah(sen), f"{sen // 100:,}.{sen % 100:02d}"))


def _secret(member: Member) -> str:
    return hashlib.md5(member.no.encode(), usedforsecurity=False).hexdigest()


def _member(rng: random.Random, ordinal: int, member: Member) -> list[Value]:
    active = {"active": "Y", "left": "K"}[member.status]
    kind = {"member": "Anggota", "candidate": "Calon"}[member.membership]
    person: list[Value] = [
        ordinal,
        member.no,
        member.name,
        member.source.get("nik", member.nik),
        "L" if member.gender == "male" else "P",
        member.birth_place,
        member.birth.isoformat(),
        member.address.replace(", ", ",\n") if ordinal % 9 == 0 else member.address,
        member.region.replace(".", ""),
        phone(rng, member.phone),
        _secret(member),
    ]
    left = member.source.get("left") or (member.left.isoformat() if member.left else "0000-00-00")
    card = f'{{"kartu": "{member.no}-{member.joined:%y}", "dicetak": {ordinal % 3 + 1}}}' if ordinal % 4 == 0 else None
    return [*person, member.joined.isoformat(), left, kind, active, 0, card]


def _deleted(ordinal: int, number: str) -> list[Value]:
    nothing: list[Value] = [ordinal, number, "Salah Input", "-", "L", "", "0000-00-00", "", "", "-", ""]
    return [*nothing, "2024-01-02", "0000-00-00", "Anggota", "N", 1, None]


def _members(rng: random.Random, truth: Cooperative, world: World) -> TableDump:
    rows = [_member(rng, ordinal, member) for ordinal, member in enumerate(truth.members, start=1)]
    for extra in range(world.excluded.get("members", 0)):
        rows.append(_deleted(len(rows) + 1, f"X{extra:03d}"))
    columns = (
        "id_anggota int(11) NOT NULL; kode varchar(10) NOT NULL; nama varchar(60) NOT NULL; ktp char(20) DEFAULT NULL;"
        "kelamin enum('L','P') NOT NULL; tmp_lahir varchar(40) DEFAULT NULL; tgl_lahir date NOT NULL; alamat text;"
        "kode_wil varchar(10) DEFAULT NULL; hp varchar(25) DEFAULT NULL; kata_sandi char(32) DEFAULT NULL;"
        "tgl_daftar date NOT NULL; tgl_keluar date NOT NULL; jenis varchar(10) NOT NULL; aktif char(1) NOT NULL;"
        "hapus tinyint(1) NOT NULL DEFAULT 0; lain text"
    )
    return TableDump("tb_anggota", columns, rows)


def _officers(rng: random.Random, truth: Cooperative) -> TableDump:
    rows: list[list[Value]] = []
    for ordinal, row in enumerate(truth.officers, start=1):
        term: list[Value] = [row.start.isoformat(), row.end.isoformat(), 1]
        name = row.name[:OFFICER_NAME_LENGTH].strip()
        rows.append([ordinal, name, POSITIONS[row.position], row.member_no, phone(rng, row.phone), *term])
    columns = (
        "id int(11) NOT NULL; nama varchar(20) NOT NULL; jabatan varchar(20) NOT NULL; kode_anggota varchar(10);"
        "hp varchar(25); mulai date; selesai date; aktif tinyint(1) NOT NULL"
    )
    return TableDump("tb_pengurus", columns, rows)


def _savings(rng: random.Random, truth: Cooperative, world: World, ids: dict[str, int]) -> list[TableDump]:
    kinds: list[list[Value]] = [[number, code] for code, number in PRODUCTS.items()]
    rows: list[list[Value]] = []
    for at, own in enumerate(truth.savings, start=1):
        first: list[Value] = [at, own.no, ids[own.member_no], PRODUCTS[own.product], own.opened.isoformat()]
        state = "AKTIF" if own.status == "open" else "TUTUP"
        rows.append([*first, _comma_text(rng, own.balance), state, 0])
    for extra in range(world.excluded.get("savings_accounts", 0)):
        rows.append([len(rows) + 1, f"BATAL{extra:03d}", 1, 3, "2025-02-03", "0.00", "AKTIF", 1])
    columns = (
        "id int(11) NOT NULL; no_rek varchar(20) NOT NULL; id_anggota int(11) NOT NULL; id_jenis int(11) NOT NULL;"
        "tgl_buka date NOT NULL; saldo varchar(20) NOT NULL; keadaan varchar(6) NOT NULL; hapus tinyint(1) NOT NULL"
    )
    kind_columns = "id_jenis int(11) NOT NULL; kode varchar(10) NOT NULL"
    first_table = TableDump("tb_jenis_simpanan", kind_columns, kinds, quote='"')
    return [first_table, TableDump("tb_simpanan", columns, rows), _view(truth), *_movements(truth)]


def _view(truth: Cooperative) -> TableDump:
    """A view that a careless export wrote as a table: what each member saves."""
    rows: list[list[Value]] = []
    for member in truth.members:
        own = [account.balance for account in truth.savings if account.member_no == member.no]
        rows.append([member.no, len(own), _decimal(sum(own))])
    return TableDump("v_saldo_anggota", "kode varchar(10); rekening bigint(21); saldo decimal(37,2)", rows)


def _movements(truth: Cooperative) -> list[TableDump]:
    columns = (
        "id int(11) NOT NULL; no_rek varchar(20) NOT NULL; 2tgl date NOT NULL; kategori varchar(20) NOT NULL;"
        "jumlah decimal(15,2) NOT NULL"
    )
    tables = []
    for month in months(truth.movements[0].on, CUTOFF):
        rows: list[list[Value]] = [
            [int(row.no), row.account_no, row.on.isoformat(), CATEGORIES[row.kind], _decimal(abs(row.sen))]
            for row in truth.movements
            if (row.on.year, row.on.month) == (month.year, month.month)
        ]
        tables.append(TableDump(f"tran{month:%y%m}", columns, rows))
    return tables


def _loan(loan: Loan, ids: dict[str, int]) -> list[Value]:
    terms = loan.terms
    first: list[Value] = [loan.no, ids[loan.member_no], terms.product, loan.disbursed.isoformat()]
    rate: list[Value] = [_decimal(loan.principal), terms.rate, "BLN" if terms.basis == "per_month" else "THN"]
    often = "M" if terms.frequency == "weekly" else "B"
    kept = "FLAT" if terms.method == "flat" else "EFEKTIF"
    due = loan.schedule[0].due.isoformat()
    word = "Lancar" if loan.source_class else ""
    return [
        *first,
        *rate,
        kept,
        len(loan.schedule),
        often,
        due,
        _decimal(loan.outstanding),
        word,
        loan.status[0].upper(),
    ]


def _lending(truth: Cooperative, ids: dict[str, int]) -> list[TableDump]:
    loans = [_loan(loan, ids) for loan in truth.loans]
    paid: list[list[Value]] = []
    for loan in truth.loans:
        for row in loan.repayments:
            amounts = [_decimal(sen) for sen in (row.principal, row.interest, 0, row.total)]
            paid.append([len(paid) + 1, loan.no, row.on.isoformat(), row.instalment_no, *amounts])
    loan_columns = (
        "no_pinjaman varchar(12) NOT NULL; id_anggota int(11) NOT NULL; produk varchar(10) NOT NULL;"
        "tgl_cair date NOT NULL; pokok decimal(15,2) NOT NULL; bunga char(6) NOT NULL; satuan char(3) NOT NULL;"
        "metode varchar(8) NOT NULL; lama int(11) NOT NULL; periode char(1) NOT NULL; angsuran1 date NOT NULL;"
        "sisa decimal(15,2) NOT NULL; kolek varchar(20) NOT NULL; status char(1) NOT NULL"
    )
    paid_columns = (
        "id int(11) NOT NULL; no_pinjaman varchar(12) NOT NULL; tgl date NOT NULL; ke int(11) NOT NULL;"
        "pokok decimal(15,2) NOT NULL; bunga decimal(15,2) NOT NULL; denda decimal(15,2) NOT NULL;"
        "total decimal(15,2) NOT NULL"
    )
    return [TableDump("tb_pinjaman", loan_columns, loans), TableDump("tb_bayar", paid_columns, paid)]


def _collaterals(rng: random.Random, truth: Cooperative) -> TableDump:
    rows: list[list[Value]] = []
    for row in truth.collaterals:
        first: list[Value] = [row.no, row.loan_no, row.member_no, THINGS[row.kind], row.description, row.document_no]
        value = _comma_text(rng, row.value or 0)
        rows.append([*first, row.owner, value, row.on.isoformat(), 1 if row.status == "held" else 0])
    columns = (
        "kode varchar(10) NOT NULL; no_pinjaman varchar(12); kode_anggota varchar(10); jenis varchar(20) NOT NULL;"
        "keterangan varchar(80); nomor varchar(30); pemilik varchar(60); nilai varchar(20); tgl_nilai date;"
        "ditahan tinyint(1) NOT NULL"
    )
    return TableDump("tb_jaminan", columns, rows, charset="latin1")


def _account(row: Account) -> list[Value]:
    book = BOOKS.get(row.control, row.control.replace("loans:", "PINJ-"))
    first: list[Value] = [row.code, row.name, row.parent or None, KINDS[row.kind], "D" if row.detail else "H"]
    return [*first, "D" if row.side == "debit" else "K", _decimal(row.debit or row.credit), book]


def _rest(rng: random.Random, truth: Cooperative) -> list[TableDump]:
    accounts = (
        "kode varchar(10) NOT NULL; nama varchar(60) NOT NULL; induk varchar(10) DEFAULT NULL; tipe char(1) NOT NULL;"
        "tingkat char(1) NOT NULL; posisi char(1) NOT NULL; saldo decimal(18,2) NOT NULL; buku varchar(12) NOT NULL"
    )
    log: list[list[Value]] = [
        [at, f"2026-06-{at % 28 + 1:02d} 08:{rng.randrange(60):02d}:00", f"Login 'admin' #{at}"] for at in range(60)
    ]
    users: list[list[Value]] = [[1, "admin", _secret(truth.members[0])], [2, "kasir", _secret(truth.members[1])]]
    return [
        TableDump("tb_akun", accounts, [_account(row) for row in truth.accounts]),
        TableDump("log_aktivitas", "id int(11) NOT NULL; waktu datetime NOT NULL; uraian text", log),
        TableDump("tb_user", "id int(11) NOT NULL; nama varchar(20) NOT NULL; password char(32) NOT NULL", users),
    ]


def write(folder: Path, truth: Cooperative, world: World) -> None:
    """Write `simkop.sql` into `folder`."""
    rng = random.Random(f"{world.id} forms")
    ids = {member.no: ordinal for ordinal, member in enumerate(truth.members, start=1)}
    tables = [_members(rng, truth, world), _officers(rng, truth), *_savings(rng, truth, world, ids)]
    tables += [*_lending(truth, ids), _collaterals(rng, truth), *_rest(rng, truth)]
    head = "-- MySQL dump 10.13  Distrib 5.7.33, for Linux (x86_64)\n--\n-- Host: localhost    Database: simkop\n"
    head += "/*!40101 SET NAMES utf8mb4 */;\n/*!40014 SET FOREIGN_KEY_CHECKS=0 */;\n"
    text = head + "".join(table.statements() for table in tables) + PROCEDURE
    text += "\n-- Dump completed on 2026-06-30 22:14:09\n"
    (folder / "simkop.sql").write_text(text, encoding="utf-8", newline="\n")
