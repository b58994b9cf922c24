"""The Indonesian words of the workbook: sheets, columns, values of enumerations, actions. Both directions.

The only place where a label stands; the writer, the reader and the tests take it from here. Complete against
`contracts/`: every table, column and enumeration value has a label, unique among its neighbours.
"""

from koop_pipeline.contracts import Column, Table
from koop_pipeline.corrections.model import ALLOCATED, MERGED

COVER, DIFFERENCES, PAIRS = "Petunjuk", "Selisih", "Orang yang sama"
HIDDEN, CHOICES = "_koop", "_daftar"
ADDING = "Tambah"

SHEETS = {
    "cooperatives": "Badan usaha",
    "officers": "Pengurus",
    "members": "Anggota",
    "products": "Produk",
    "savings_accounts": "Rekening simpanan",
    "savings_transactions": "Mutasi simpanan",
    "loans": "Pinjaman",
    "loan_instalments": "Jadwal angsuran",
    "loan_repayments": "Angsuran",
    "collaterals": "Agunan",
    "accounts": "Akun",
    "opening_savings_balances": "Saldo awal simpanan",
    "loan_schedules": "Jadwal angsuran tersisa",
    "opening_trial_balance": "Neraca saldo awal",
}
TOKENS = {
    "officers": "PGR", "members": "AGT", "savings_accounts": "REK", "savings_transactions": "MUT", "loans": "PJM",
    "loan_instalments": "JDW", "loan_repayments": "ANG", "collaterals": "AGN", "accounts": "AKN",
}  # fmt: skip
PAIR_TOKEN = "PSG"

COLUMNS = {
    "account_code": "Kode akun",
    "account_no": "Nomor rekening",
    "account_type": "Golongan akun",
    "address": "Alamat",
    "amount": "Jumlah",
    "annual_rate": "Bunga per tahun (%)",
    "appraised_on": "Tanggal taksasi",
    "appraised_value": "Nilai taksasi",
    "arrears_days": "Hari tunggakan",
    "balance": "Saldo",
    "balance_after": "Saldo setelahnya",
    "binding": "Pengikatan",
    "birth_date": "Tanggal lahir",
    "birth_place": "Tempat lahir",
    "blocked_amount": "Jumlah diblokir",
    "branch": "Cabang",
    "collateral_no": "Nomor agunan",
    "collectability": "Kolektibilitas",
    "controls": "Akun kendali untuk",
    "cooperative_nik": "Nomor Induk Koperasi",
    "credit": "Kredit",
    "debit": "Debit",
    "description": "Keterangan agunan",
    "difference": "Selisih",
    "disbursed_on": "Tanggal pencairan",
    "document_no": "Nomor dokumen",
    "documents": "Daftar dokumen",
    "due_on": "Tanggal jatuh tempo",
    "email": "Surel",
    "entry_no": "Nomor mutasi",
    "established_on": "Tanggal berdiri",
    "extras": "Data lain",
    "fee": "Biaya",
    "first_due_on": "Jatuh tempo pertama",
    "form": "Bentuk koperasi",
    "frequency": "Jangka angsuran",
    "full_name": "Nama lengkap",
    "gender": "Jenis kelamin",
    "history_total": "Jumlah menurut riwayat",
    "instalment_interest": "Bunga per angsuran",
    "instalment_no": "Angsuran ke",
    "instalment_principal": "Pokok per angsuran",
    "interest": "Bunga",
    "interest_accrued_to": "Bunga dihitung sampai",
    "interest_method": "Cara hitung bunga",
    "interest_total": "Jumlah bunga",
    "is_detail": "Akun rincian",
    "joined_on": "Tanggal masuk",
    "kind": "Jenis",
    "left_on": "Tanggal keluar",
    "legal_entity_no": "Nomor badan hukum",
    "legal_entity_on": "Tanggal badan hukum",
    "loan_no": "Nomor pinjaman",
    "matures_on": "Tanggal jatuh tempo",
    "maturity_on": "Jatuh tempo akhir",
    "member_no": "Nomor anggota",
    "membership": "Keanggotaan",
    "name": "Nama",
    "nature": "Sifat (modal atau kewajiban)",
    "nib": "NIB",
    "nik": "NIK",
    "normal_side": "Saldo normal",
    "npwp": "NPWP",
    "officer_no": "Nomor pengurus",
    "opened_on": "Tanggal buka",
    "outstanding_interest": "Sisa bunga",
    "outstanding_principal": "Sisa pokok",
    "owner_name": "Nama pemilik",
    "owner_relation": "Hubungan pemilik",
    "paid_on": "Tanggal bayar",
    "parent_code": "Kode akun induk",
    "party": "Orang atau badan",
    "penalty": "Denda",
    "phone": "Telepon",
    "position": "Jabatan",
    "posted_on": "Tanggal mutasi",
    "principal": "Pokok",
    "product_code": "Kode produk",
    "product_kind": "Jenis simpanan",
    "region_code": "Kode wilayah",
    "rounding_unit": "Pembulatan",
    "savings_loan_unit": "Unit simpan pinjam",
    "serves": "Kegunaan produk",
    "source_collectability": "Kolektibilitas menurut koperasi",
    "source_no": "Nomor asal",
    "source_rate": "Bunga menurut koperasi",
    "source_rate_basis": "Dasar bunga",
    "state": "Keadaan",
    "status": "Status",
    "subledger_total": "Jumlah menurut rincian",
    "tenor": "Jumlah angsuran",
    "term_end_on": "Akhir masa jabatan",
    "term_start_on": "Mulai masa jabatan",
    "total": "Total",
}
"""Labels by column name; where a table needs another word, `OWN_COLUMNS`."""
OWN_COLUMNS = {
    ("loans", "principal"): "Plafon pinjaman",
    ("loans", "annual_rate"): "Bunga per tahun (%) dihitung",
    ("collaterals", "kind"): "Jenis agunan",
    ("savings_transactions", "kind"): "Jenis mutasi",
    ("cooperatives", "kind"): "Jenis koperasi",
    ("accounts", "name"): "Nama akun",
}

VALUES = {
    "active": "Aktif",
    "annuity": "Anuitas",
    "asset": "Aset",
    "blocked": "Diblokir",
    "building_right": "HGB (hak guna bangunan)",
    "bullet": "Sekaligus di akhir",
    "candidate": "Calon anggota",
    "chair": "Ketua",
    "closed": "Tutup",
    "consumer": "Konsumen",
    "correction": "Koreksi",
    "credit": "Kredit",
    "current": "Lancar",
    "customer": "Nasabah (bukan anggota)",
    "daily": "Harian",
    "debit": "Debit",
    "deceased": "Meninggal",
    "declining": "Menurun",
    "deposit": "Setoran",
    "dissolved": "Dibubarkan",
    "doubtful": "Diragukan",
    "due": "Belum jatuh tempo",
    "equity": "Modal",
    "expense": "Beban",
    "fee": "Biaya",
    "female": "Perempuan",
    "flat": "Flat (tetap)",
    "frozen": "Dibekukan",
    "gold": "Emas",
    "goods": "Barang",
    "held": "Disimpan koperasi",
    "holiday": "Simpanan hari raya",
    "inactive": "Tidak aktif",
    "income": "Pendapatan",
    "interest": "Bunga",
    "joint_liability": "Tanggung renteng",
    "ksp": "KSP",
    "kspps": "KSPPS",
    "land_certificate": "SHM (sertifikat hak milik)",
    "left": "Keluar",
    "liability": "Kewajiban",
    "loans": "Pinjaman",
    "loss": "Macet",
    "male": "Laki-laki",
    "manager": "Manajer",
    "mandatory": "Simpanan wajib",
    "margin": "Margin (murabahah)",
    "marketing": "Pemasaran",
    "member": "Anggota",
    "monthly": "Bulanan",
    "none": "Tidak ada",
    "open": "Buka",
    "opening": "Saldo awal",
    "organisation": "Badan",
    "other": "Lainnya",
    "overdue": "Menunggak",
    "paid": "Lunas",
    "part_paid": "Dibayar sebagian",
    "per_month": "Per bulan",
    "per_year": "Per tahun",
    "person": "Orang",
    "prepaid_instalment": "Titipan angsuran",
    "primary": "Primer",
    "principal": "Simpanan pokok",
    "producer": "Produsen",
    "returned": "Dikembalikan",
    "salary_decree": "SK pegawai atau pensiun",
    "sale_deed": "AJB (akta jual beli)",
    "savings": "Simpanan",
    "savings_loan": "Simpan pinjam",
    "seasonal": "Musiman (panen)",
    "secondary": "Sekunder",
    "secretary": "Sekretaris",
    "services": "Jasa",
    "settled": "Lunas",
    "special_mention": "Dalam perhatian khusus",
    "staff": "Karyawan",
    "substandard": "Kurang lancar",
    "supervisor": "Pengawas",
    "tax": "Pajak",
    "term": "Simpanan berjangka",
    "transfer": "Pindah buku",
    "treasurer": "Bendahara",
    "usp": "USP",
    "uspps": "USPPS",
    "vehicle_title": "BPKB kendaraan",
    "vice_chair": "Wakil ketua",
    "voluntary": "Simpanan sukarela",
    "weekly": "Mingguan",
    "whole_term": "Seluruh jangka waktu",
    "withdrawal": "Penarikan",
    "written_off": "Dihapus buku",
    "yearly": "Tahunan",
}
OWN_VALUES = {
    ("collaterals", "kind", "deposit"): "Simpanan atau deposito",
}
YES, NO = "Ya", "Tidak"

SHARPNESS = {"block": "Wajib diperbaiki", "hold": "Sebaiknya diperbaiki", "warn": "Periksa"}
ORDER = tuple(SHARPNESS)

TOKEN, OWNER, FAILING, NOW, WHY, SHARP = "No. baris", "Atas nama", "Kolom", "Isi sekarang", "Alasan", "Sifat"
ADVICE, ACTION, REPAIR, REMARK, SOURCE = "Saran", "Tindakan", "Perbaikan", "Keterangan pengurus", "Sumber data"
FILLED_IN = (ACTION, REPAIR, REMARK)
WHOLE_ROW = "(seluruh baris)"

ACTIONS = {
    "set": "Ubah isi",
    "accept": "Pakai saran",
    "clear": "Kosongkan",
    "exclude": "Hapus baris ini",
    "merge": "Orang yang sama dengan...",
    "allocate": "Milik rekening/pinjaman lain",
    "confirm": "Sudah benar",
    "different": "Orang berbeda",
}
DECISION = "Keputusan"
DECISIONS = {
    "first": "Orang yang sama, tetap anggota pertama",
    "second": "Orang yang sama, tetap anggota kedua",
    "different": "Orang berbeda",
}
FIRST, SECOND, COMPARED = "Pertama", "Kedua", "Perbandingan"
PAIR_FIELDS = ("member_no", "full_name", "nik", "birth_date", "address")
COMPARISONS = {
    "same": "sama",
    "same, but shared by many": "sama, tetapi dimiliki banyak anggota",
    "similar": "mirip",
    "alike": "agak mirip",
    "one digit wrong": "beda satu angka",
    "one digit of the serial wrong": "beda satu angka urut",
    "day and month swapped": "hari dan bulan tertukar",
    "only the year known of one": "sama tahunnya saja",
    "different": "berbeda",
}


def sheet_name(table: str) -> str:
    """The sheet of a table's failed rows."""
    return SHEETS[table]


def adding_sheet(table: str) -> str:
    """The sheet on which rows of a table are added: at most 31 characters, as a sheet's name may have."""
    return f"{ADDING} {SHEETS[table].lower()}"


def column_label(table: str, column: str) -> str:
    """The heading of a column."""
    return OWN_COLUMNS.get((table, column), COLUMNS[column])


def value_label(table: str, column: str, value: str) -> str:
    """The word for a value of an enumeration."""
    return OWN_VALUES.get((table, column, value), VALUES[value])


def choices(table: Table, column: Column) -> dict[str, str]:
    """Our word to the Indonesian one, for columns that are a closed list; empty for any other."""
    if column.kind == "boolean":
        return {"true": YES, "false": NO}
    return {value: value_label(table.name, column.name, value) for value in column.values}


def value_of(table: Table, column: Column, text: str) -> str | None:
    """Our word for what an officer chose or wrote: the Indonesian label or our own word, in any case."""
    wanted = text.strip().casefold()
    listed = choices(table, column)
    found = [value for value, label in listed.items() if wanted in (label.casefold(), value.casefold())]
    return found[0] if found else None


def comparison(column: str, how: str) -> str:
    """How a column of two members compares, in words."""
    return f"{column_label('members', column)} {COMPARISONS[how]}"


def action_of(text: str) -> str | None:
    """The action behind its label, in any case and with or without the dots behind it."""
    wanted = _plain(text)
    return next((action for action, label in ACTIONS.items() if _plain(label) == wanted), None)


def decision_of(text: str) -> str | None:
    """The decision on a pair behind its label."""
    wanted = _plain(text)
    return next((decision for decision, label in DECISIONS.items() if _plain(label) == wanted), None)


def actions_for(
    table: Table, column: Column | None, consequence: str, *, advised: bool, merged: bool = False
) -> list[str]:
    """The actions that an officer may choose for a failed cell (or row, where there is no column).

    `advised`: it has a suggestion. `merged`: its row went into another member as a sure duplicate.
    """
    offered = ["exclude"]
    if column is not None:
        offered = ["set", *["accept"] * advised, *["clear"] * (not column.required), "exclude"]
    listed = column is not None and bool(choices(table, column))
    offered += ["merge"] * (table.name in MERGED and not listed)
    offered += ["allocate"] * (table.name in ALLOCATED and not listed)
    offered += ["different"] * merged
    offered += ["confirm"] * (consequence != "block")
    return offered


def _plain(text: str) -> str:
    return text.strip().rstrip(".…").strip().casefold()
