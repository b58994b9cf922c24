"""A tiny sound cooperative in files, and what a test changes about it: one `Case` a cooperative, one batch for all.

Put here how the programme folder of `test_bad_deliveries.py` is built. What is delivered badly, and what must come of
it, stands there as a table of cases. All people are invented.
"""

import hashlib
import io
import json
import sqlite3
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import openpyxl
import yaml

MEMBERS = """\
no;nama;nik;hp;jk;lahir;alamat;masuk
A1;Wilhelmina Tuka;5371014101800001;081246200001;P;01-01-1980;Jl. Anggrek 1;02-01-2020
A2;Yosafat Lede;5371011503790002;081246200002;L;15-03-1979;Jl. Anggrek 2;02-01-2020
A3;Marselina Bria;5371016007850003;081246200003;P;20-07-1985;Jl. Kamboja 3;02-01-2021
A4;Dominikus Neno;5371010909900004;081246200004;L;09-09-1990;Jl. Kamboja 4;02-01-2021
"""
SAVINGS = """\
rek;no;jenis;buka;saldo
P1;A1;POKOK;02-01-2020;100000
P2;A2;POKOK;02-01-2020;100000
P3;A3;POKOK;02-01-2021;100000
P4;A4;POKOK;02-01-2021;100000
W1;A1;WAJIB;02-01-2020;50000
W2;A2;WAJIB;02-01-2020;50000
"""
OFFICERS = "nama;jabatan;no\nWilhelmina Tuka;Ketua;A1\n"
LOANS = "pj;no;produk;cair;pokok;jasa;lama;angsuran1;sisa\nL1;A2;UMUM;15-06-2026;1200000;1;12;15-07-2026;1200000\n"
COLLATERALS = "ag;pj;jenis;uraian;taksiran\nC1;L1;BPKB;Sepeda motor;9000000\n"
ACCOUNTS = """\
kode;nama;golongan;kendali;debet;kredit
1-1;Kas;A;;200000;0
1-2;Pinjaman anggota;A;loans;1200000;0
3-1;Simpanan pokok;M;savings:POKOK;0;400000
3-2;Simpanan wajib;M;savings:WAJIB;0;100000
3-3;Cadangan umum;M;;0;800000
4-1;Pendapatan jasa;P;;0;100000
"""
BASE: dict[str, str] = {
    "anggota.csv": MEMBERS,
    "simpanan.csv": SAVINGS,
    "pengurus.csv": OFFICERS,
    "pinjaman.csv": LOANS,
    "agunan.csv": COLLATERALS,
    "neraca.csv": ACCOUNTS,
}
DECLARED = "{document: Neraca 30-06-2026, members: 4, savings: 500000.00, loans: 1200000.00, assets: 1400000.00}"
CSV_PROFILE = """\
profile: dasar
reads: {format: csv, delimiter: ";"}
officers:
  from: pengurus
  columns:
    full_name: nama
    position: {from: jabatan, values: {Ketua: chair}}
    member_no: no
    status: {value: active}
members:
  from: anggota
  columns:
    member_no: no
    full_name: nama
    nik: nik
    phone: hp
    gender: {from: jk, values: {L: male, P: female}}
    birth_date: lahir
    address: alamat
    joined_on: masuk
    membership: {value: member}
    status: {value: active}
savings_accounts:
  from: simpanan
  columns:
    account_no: rek
    member_no: no
    product_code: jenis
    product_kind: {from: jenis, values: {POKOK: principal, WAJIB: mandatory}}
    opened_on: buka
    balance: saldo
    status: {value: open}
loans:
  from: pinjaman
  columns:
    loan_no: pj
    member_no: no
    product_code: produk
    disbursed_on: cair
    principal: pokok
    interest_method: {value: flat}
    source_rate: jasa
    source_rate_basis: {value: per_month}
    tenor: lama
    frequency: {value: monthly}
    first_due_on: angsuran1
    outstanding_principal: sisa
    status: {value: active}
collaterals:
  from: agunan
  columns:
    collateral_no: ag
    loan_no: pj
    kind: {from: jenis, values: {BPKB: vehicle_title}}
    description: uraian
    appraised_value: taksiran
    status: {value: held}
accounts:
  from: neraca
  columns:
    account_code: kode
    name: nama
    account_type: {from: golongan, values: {A: asset, M: equity, P: income}}
    is_detail: {value: "true"}
    controls: kendali
    debit: debet
    credit: kredit
"""
BINARY_PROFILE = """\
profile: biner
reads: [{format: xlsx}, {format: mysql_dump}, {format: sqlite}]
members:
  from: anggota
  columns: {member_no: no, full_name: nama, membership: {value: member}, status: {value: active}}
"""
ROWS = [("no", "nama"), *((f"A{number}", f"Orang {number}") for number in range(1, 200))]
DUMP = (
    "CREATE TABLE `anggota` (`no` varchar(9), `nama` varchar(40));\n"
    "INSERT INTO `anggota` VALUES ('A1','Wilhelmina Tuka'),\n('A2','Yosafat Lede'),\n('A3','Marselina Bria');\n"
)
SECRETS = ("rahasia-Kupang-77", "482917", "Theresia Abuk", "kunci-lama-31")
STRANGE_NAMES = ';_ordinal;cooperative_id;row_id;source_row;"x""y";branch;as_of'
SAVINGS_SQL = (
    "select s.row_id, s.rek as account_no, s.no as member_no, s.jenis as product_code,"
    " case s.jenis when 'POKOK' then 'principal' else 'mandatory' end as product_kind, 'open' as status,"
)
PERSONAL = [
    value for line in MEMBERS.splitlines()[1:] for place, value in enumerate(line.split(";")) if place in {1, 2, 3}
]
HUGE_MEMBERS = MEMBERS.replace("Jl. Anggrek 1", "Jl. Anggrek " * 90_000 + "1")


@dataclass(frozen=True)
class Case:
    """One cooperative: what it changes of `BASE` (None takes a file away), and what must come of it.

    `whole`: its files stand alone, without the base. `says`: parts that its message must have, word for word.
    `branches`: each is a folder of the delivery.
    """

    id: str
    state: str
    verdict: str | None
    says: tuple[str, ...] = ()
    files: Mapping[str, str | bytes | None] = field(default_factory=dict)
    overrides: str | None = None
    profile: str = "dasar"
    whole: bool = False
    source: str | None = None
    delivered: bool = True
    absent: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()


def failed(
    name: str,
    *says: str,
    files: Mapping[str, str | bytes | None] | None = None,
    overrides: str | None = None,
    profile: str = "dasar",
    source: str | None = None,
    delivered: bool = True,
    branches: tuple[str, ...] = (),
) -> Case:
    """A cooperative whose delivery or profile cannot be used."""
    whole = profile != "dasar" or bool(branches)
    base = Case(name, "failed", None, says, files or {}, overrides, profile, whole, source, delivered)
    return replace(base, branches=branches)


def blocked(
    name: str,
    *says: str,
    files: Mapping[str, str | bytes | None] | None = None,
    overrides: str | None = None,
) -> Case:
    """A cooperative that the gate stops by a rule."""
    return Case(name, "gated", "blocked", says, files or {}, overrides)


def verified(
    name: str,
    *says: str,
    files: Mapping[str, str | bytes | None] | None = None,
    overrides: str | None = None,
    absent: tuple[str, ...] = (),
) -> Case:
    """A cooperative that comes through: passed where nothing is said, else warned."""
    return Case(name, "verified", "warned" if says else "passed", says, files or {}, overrides, absent=absent)


def refused_sql(name: str, sql: str, *says: str) -> Case:
    """A cooperative whose members come from a block with this SQL, which is refused with its line."""
    text = f"members:\n  columns: null\n  sql: {json.dumps(sql)}\n"
    return failed(name, f"{name}.yaml, line 3: members.sql: ", *says, overrides=text)


def write_programme(root: Path, cases: Sequence[Case]) -> None:
    """The whole programme folder below `root`."""
    for folder in ("batches", "mappings", "legacy"):
        (root / folder).mkdir(parents=True)
    (root / "program.yaml").write_text("program: uji\nname: Uji kiriman rusak\n")
    (root / "mappings/dasar.yaml").write_text(CSV_PROFILE)
    (root / "mappings/biner.yaml").write_text(BINARY_PROFILE)
    for case in cases:
        if case.overrides is not None:
            (root / f"mappings/{case.id}.yaml").write_text(case.overrides)
        if case.delivered:
            _deliver(root / "legacy" / case.id, case)
    batch = {"batch": "uji", "cutoff_on": "2026-06-30", "cooperatives": [_entry(case) for case in cases]}
    (root / "batches/uji.yaml").write_text(yaml.safe_dump(batch, sort_keys=False))


def _deliver(folder: Path, case: Case) -> None:
    folder.mkdir()
    files: dict[str, str | bytes | None] = {**({} if case.whole else BASE), **case.files}
    for name, content in files.items():
        if content is not None:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def _entry(case: Case) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": case.id,
        "name": f"Koperasi {case.id}",
        "profile": case.profile,
        "source": [{"path": f"legacy/{case.id}/{name}", "branch": name} for name in case.branches]
        or case.source
        or f"legacy/{case.id}",
        "facts": {"kind": "savings_loan", "form": "primary"},
        "declared": yaml.load(DECLARED, yaml.BaseLoader),
    }
    if case.overrides is not None:
        entry["overrides"] = f"mappings/{case.id}.yaml"
    if case.absent:
        entry["absent"] = dict.fromkeys(case.absent, "letter of 2026-06-01")
    return entry


def fingerprints(folder: Path) -> dict[str, str]:
    """sha256 of every file below `folder`, by its relative path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def without(text: str, line: int) -> str:
    """The text without one of its lines (1-based)."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[: line - 1] + lines[line:])


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """An xlsx file with one sheet `anggota`; a text that begins with `=` is a formula, saved without a value."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "anggota"
    for row in rows:
        sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def zipped(name: str, content: str) -> bytes:
    """A zip file with one file in it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def of_sqlite() -> bytes:
    """An SQLite database of some pages with one table `anggota`."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE anggota (no TEXT, nama TEXT)")
    connection.executemany("INSERT INTO anggota VALUES (?, ?)", [(row[0], row[1] * 40) for row in ROWS[1:]])
    return connection.serialize()


def savings_block(sql: str) -> str:
    """Overrides whose savings come from a block with this SQL."""
    return f"savings_accounts:\n  columns: null\n  sql: {json.dumps(sql)}\n"


def strange_members() -> str:
    """Members with columns named as the pipeline names its own; they are empty."""
    extra = [STRANGE_NAMES, *[";" * STRANGE_NAMES.count(";")] * 4]
    return "\n".join(line + more for line, more in zip(MEMBERS.splitlines(), extra, strict=True)) + "\n"


def secret_members() -> str:
    """Members with passwords, PINs and the name of the mother."""
    lines = MEMBERS.splitlines()
    extra = ["kata_sandi;pin;nama_ibu;kunci_web;kunci_hp", *[";".join((*SECRETS, SECRETS[3]))] * 4]
    return "\n".join(f"{line};{more}" for line, more in zip(lines, extra, strict=True)) + "\n"
