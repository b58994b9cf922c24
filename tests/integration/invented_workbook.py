"""One invented cooperative with a failed cell of every sort, and its workbook. For the tests of corrections."""

from datetime import date
from pathlib import Path

from koop_pipeline.corrections.model import At
from koop_pipeline.corrections.workbook.cover import Cover
from koop_pipeline.corrections.workbook.findings import Difference, Findings, Line, Pair, Person, Rule, Words
from koop_pipeline.corrections.workbook.write import write_workbook

COVER = Cover(
    programme="uji-2026",
    programme_name="Program Uji",
    batch="gelombang-01",
    cooperative_id="KSP-UJI",
    name="KSP Uji Coba",
    cutoff_on=date(2026, 6, 30),
    made_on=date(2026, 7, 5),
    send_to="Dinas Uji, uji@example.org",
)
BLOCKS = " Koperasi ini belum dapat dipindahkan sebelum hal ini diperbaiki."
WORDS: dict[Rule, Words] = {
    ("members", "MBR-NIK-02"): Words("NIK pengganti", "Salin NIK dari KTP." + BLOCKS),
    ("members", "MBR-NIK-07"): Words("NIK tidak sejalan", "Cocokkan dengan KTP."),
    ("members", "MBR-DAT-01"): Words("Bukan tanggal", "Tulis tanggalnya lengkap."),
    ("members", "MBR-ENM-01"): Words("Pilihan tidak dikenal", "Jelaskan arti kode ini."),
    ("loans", "LON-MNY-01"): Words("Bukan jumlah uang", "Tulis jumlahnya."),
    ("savings_accounts", "SAV-REF-01"): Words("Pemilik simpanan tidak ada", "Serahkan data anggotanya."),
    ("savings_transactions", "TRX-REF-01"): Words("Rekening mutasi tidak ada", "Perbaiki nomornya."),
    ("accounts", "ACC-BAL-01"): Words("Neraca saldo tidak seimbang", "Debit dan kredit harus sama."),
}


COMPARED = (("birth_date", "same"), ("full_name", "similar"))


def line(
    table: str, column: str, rules: tuple[str, ...], consequence: str, key: str, row: int,
    cells: dict[str, str], suggestion: str | None = None,
) -> Line:  # fmt: skip
    """A failed cell whose text stands in `cells`."""
    text = cells.get(column)
    at = At(file="legacy/uji/anggota.csv", table="anggota", row=row)
    return Line(table, row, column, consequence, rules, key, at, "Invensia Contoh", text, text, suggestion, cells)


def person(key: str, name: str, row: int) -> Person:
    """A member of a pair."""
    at = At(file="legacy/uji/anggota.csv", table="anggota", row=row)
    return Person(key, at, {"member_no": key, "full_name": name, "birth_date": "1970-01-02"})


def findings() -> Findings:
    """Lines in the order of the findings: consequence, column, row."""
    return Findings(
        "KSP-UJI",
        lines=[
            line("members", "nik", ("MBR-NIK-02", "MBR-NIK-07"), "block", "A001", 2,
                 {"member_no": "A001", "nik": "3323", "full_name": '=HYPERLINK("http://example.org")'}),
            line("members", "birth_date", ("MBR-DAT-01",), "hold", "A002", 3,
                 {"member_no": "A002", "birth_date": "08/30/1995", "address": "+62 jalan"}, "1995-08-30"),
            line("members", "gender", ("MBR-ENM-01",), "hold", "A003", 4,
                 {"member_no": "A003", "gender": "Lk", "address": "@rumah"}, "male"),
            line("members", "nik", ("MBR-NIK-07",), "warn", "A004", 5,
                 {"member_no": "A004", "nik": "5301014101010001", "address": "-"}),
            line("savings_accounts", "member_no", ("SAV-REF-01",), "block", "T-9", 8,
                 {"account_no": "T-9", "member_no": "00187", "balance": "1.000"}),
            line("savings_transactions", "account_no", ("TRX-REF-01",), "block", "M-1", 9,
                 {"entry_no": "M-1", "account_no": "T-77", "amount": "500"}),
            line("loans", "principal", ("LON-MNY-01",), "block", "P-1", 6,
                 {"loan_no": "P-1", "member_no": "A001", "principal": "1.25"}),
        ],
        differences=[
            Difference("accounts", "ACC-BAL-01", "block", 1, "debit 1500.00, credit 500.00, difference 1000.00"),
        ],
        pairs=[Pair(person("A005", "Siti Rekaan", 6), person("A006", "SITI REKAAN", 7), COMPARED)],
        missing={"members": ["00187"]},
    )  # fmt: skip


def write(folder: Path) -> Path:
    """The workbook as it goes out."""
    path = folder / "Perbaikan KSP-UJI.xlsx"
    write_workbook(path, COVER, findings(), WORDS)
    return path
