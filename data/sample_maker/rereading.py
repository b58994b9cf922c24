"""Proves the written files: reads each with another tool than wrote it and compares counts and sums with the truth.

Put here what the files must hold. The readers are as simple as the sample allows; none of them is the pipeline's.
"""

import csv
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from openpyxl import load_workbook

from sample_maker.truth import Cooperative
from sample_maker.worlds import World
from sample_maker.xlsx_system import FILE

Row = dict[str, str]
Totals = dict[str, int]


def sen(text: object) -> int:
    """Sen of any of the sample's Indonesian amount forms.

    >>> [sen(text) for text in ("1.250.000,50", "Rp 50.000,-", "(1.000)", "nihil", None, 12)]
    [125000050, 5000000, -100000, 0, 0, 1200]
    """
    if isinstance(text, int | float):
        return round(text) * 100
    cleaned = str(text or "").replace("Rp", "").replace(",-", "").strip()
    if cleaned in ("", "-", "nihil"):
        return 0
    sign = -1 if cleaned.startswith("(") else 1
    whole, _, cents = cleaned.strip("()").replace(".", "").partition(",")
    return sign * (int(whole) * 100 + int((cents or "0").ljust(2, "0")))


def _truth(world: World, truth: Cooperative) -> Totals:
    return {
        "members": len(truth.members) + len(truth.doubles) + world.excluded.get("members", 0),
        "officers": len(truth.officers),
        "savings": sum(truth.savings_per_product().values()),
        "movements": len(truth.movements),
        "moved": sum(row.sen for row in truth.movements),
        "loans": len(truth.loans),
        "lent": sum(truth.loans_per_product().values()),
        "repaid": sum(line.total for loan in truth.loans for line in loan.repayments),
        "collaterals": len(truth.collaterals),
        "debit": truth.debit,
        "credit": truth.credit,
    }


def _csv(path: Path, titles: int = 0) -> list[Row]:
    with path.open(encoding="cp1252", newline="") as file:
        for _ in range(titles):
            next(file)
        return list(csv.DictReader(file, delimiter=";", strict=True))


def _from_csv(folder: Path) -> Totals:
    owned = [*_csv(folder / "simpanan_pokok.csv"), *_csv(folder / "simpanan_wajib.csv"), *_csv(folder / "tabungan.csv")]
    moved = [row for path in sorted(folder.glob("mutasi_*.csv")) for row in _csv(path)]
    loans = _csv(folder / "pinjaman.csv")
    ledger = [row for row in _csv(folder / "neraca.txt", titles=3) if row["tingkat"] == "R"]
    signed = [sen(row["saldo"]) * (1 if row["kode"][0] in "15" else -1) for row in ledger]
    return {
        "members": len(_csv(folder / "anggota.csv")),
        "officers": len(_csv(folder / "pengurus.csv")),
        "savings": sum(sen(row["saldo"]) for row in owned),
        "movements": len(moved),
        "moved": sum(sen(row["kredit"]) - sen(row["debet"]) for row in moved),
        "loans": len(loans),
        "lent": sum(sen(row["sisa_pokok"]) for row in loans),
        "repaid": sum(sen(row["jumlah"]) for row in _csv(folder / "angsuran.csv")),
        "collaterals": len(_csv(folder / "agunan.csv")),
        "debit": sum(amount for amount in signed if amount > 0),
        "credit": -sum(amount for amount in signed if amount < 0),
    }


def _sheets(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    book = load_workbook(folder / FILE, data_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


def _table(rows: list[tuple[object, ...]], head: int) -> Iterator[tuple[object, ...]]:
    """Rows after `head` up to the footer or the first empty row."""
    for row in rows[head:]:
        first = next((cell for cell in row if cell is not None), None)
        if first is None or str(first).startswith("JUMLAH"):
            return
        yield row


def _from_xlsx(folder: Path) -> Totals:
    sheets = _sheets(folder)
    owned = list(_table(sheets["Simpanan"], 6))
    months = [row for name in sheets if name.startswith("Mutasi") for row in _table(sheets[name], 4)]
    moved = [row for row in months if row[2]]
    loans = [row for name in ("Pinjaman Umum", "Pinjaman Mikro") for row in _table(sheets[name], 6)]
    ledger = [row for row in _table(sheets["Neraca"], 6) if row[3] == "Rinci"]
    assert len(months) - len(moved) == 12
    return {
        "members": len(list(_table(sheets["Anggota"], 6))),
        "officers": len(list(_table(sheets["Pengurus"], 5))),
        "savings": sum(sen(row[at]) for row in owned for at in (4, 6, 8)),
        "movements": len(moved),
        "moved": sum(sen(row[4]) - sen(row[5]) for row in moved),
        "loans": len(loans),
        "lent": sum(sen(row[9]) for row in loans),
        "repaid": sum(sen(row[7]) for row in _table(sheets["Angsuran"], 4)),
        "collaterals": len(list(_table(sheets["Agunan"], 3))),
        "debit": sum(sen(row[4]) for row in ledger),
        "credit": sum(sen(row[5]) for row in ledger),
    }


_VALUE = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|([^,()']+))\s*([,)])", re.DOTALL)


def _tuples(values: str) -> Iterator[list[str]]:
    at = values.index("(") + 1
    row: list[str] = []
    while match := _VALUE.match(values, at):
        row.append(match[1] if match[1] is not None else match[2])
        at = match.end()
        if match[3] == ")":
            yield row
            row = []
            at = values.find("(", at) + 1
            if at == 0:
                return


def _dumped(folder: Path) -> dict[str, list[list[str]]]:
    """Rows by table; what a procedure would insert is not data."""
    text = (folder / "simkop.sql").read_text(encoding="utf-8")
    text = text[: text.index("DELIMITER ;;")]
    tables: dict[str, list[list[str]]] = {}
    for match in re.finditer(r"^INSERT INTO `(\w+)` VALUES (.*);$", text, re.MULTILINE):
        tables.setdefault(match[1], []).extend(_tuples(match[2]))
    return tables


def _plain(text: str) -> int:
    whole, _, cents = text.replace(",", "").partition(".")
    return int(whole) * 100 + int(cents)


def _from_mysql(folder: Path) -> Totals:
    tables = _dumped(folder)
    moved = [row for name in tables if name.startswith("tran26") for row in tables[name]]
    ledger = [row for row in tables["tb_akun"] if row[4] == "D"]
    sides = {side: sum(_plain(row[6]) for row in ledger if row[5] == side) for side in "DK"}
    return {
        "members": len(tables["tb_anggota"]),
        "officers": len(tables["tb_pengurus"]),
        "savings": sum(_plain(row[5]) for row in tables["tb_simpanan"]),
        "movements": len(moved),
        "moved": sum(_plain(row[4]) * (-1 if row[3] == "Penarikan Tunai" else 1) for row in moved),
        "loans": len(tables["tb_pinjaman"]),
        "lent": sum(_plain(row[11]) for row in tables["tb_pinjaman"]),
        "repaid": sum(_plain(row[7]) for row in tables["tb_bayar"]),
        "collaterals": len(tables["tb_jaminan"]),
        "debit": sides["D"],
        "credit": sides["K"],
    }


def _from_sqlite(folder: Path) -> Totals:
    connection = sqlite3.connect(folder / "kopdit.db")

    def one(sql: str) -> int:
        return int(connection.execute(sql).fetchone()[0])

    totals = {
        "members": one("select count(*) from anggota"),
        "officers": one("select count(*) from pengurus"),
        "savings": one("select sum(saldo_pokok + saldo_wajib + cast(saldo_sukarela as integer)) from simpanan_anggota"),
        "movements": one("select count(*) from mutasi"),
        "moved": one("select sum(case jenis when 'TARIK' then -jumlah else jumlah end) from mutasi"),
        "loans": one("select count(*) from pinjaman"),
        "lent": one("select sum(sisa_pokok) from pinjaman"),
        "repaid": one("select sum(pokok + bunga) from angsuran"),
        "collaterals": one("select count(*) from jaminan"),
        "debit": one("select sum(debet) from akun where rinci"),
        "credit": one("select sum(kredit) from akun where rinci"),
    }
    assert one("select sum(pokok) from jadwal") == one("select cast(sum(plafon) as integer) from pinjaman")
    connection.close()
    money = ("savings", "moved", "lent", "repaid", "debit", "credit")
    return {name: value * 100 if name in money else value for name, value in totals.items()}


READERS: dict[str, Callable[[Path], Totals]] = {
    "ksp-csv": _from_csv,
    "koperasi-xlsx": _from_xlsx,
    "simkop-mysql": _from_mysql,
    "kopdit-sqlite": _from_sqlite,
}


def _laws(truth: Cooperative) -> Iterable[tuple[str, bool]]:
    """What holds in every truth: control accounts tie, histories explain balances, schedules repay the principal."""
    totals = {f"savings:{name}": value for name, value in truth.savings_per_product().items()}
    totals["savings:SUKARELA+HARIRAYA"] = totals["savings:SUKARELA"] + totals.get("savings:HARIRAYA", 0)
    totals |= {f"loans:{name}": value for name, value in truth.loans_per_product().items()}
    totals["loans"] = sum(truth.loans_per_product().values())
    for account in truth.accounts:
        if account.control:
            yield f"control {account.code}", totals[account.control] == account.debit + account.credit
    for own in truth.savings:
        yield own.no, not own.movements or own.movements[-1].balance == own.balance
    for loan in truth.loans:
        yield loan.no, sum(line.principal for line in loan.schedule) == loan.principal
    for member in truth.members:
        day = member.birth.day + (40 if member.gender == "female" else 0)
        yield f"NIK of {member.no}", member.nik[6:12] == f"{day:02d}{member.birth:%m%y}" and len(member.nik) == 16
        yield f"age of {member.no}", member.joined.year - member.birth.year >= 18
    yield "NIKs are unique", len({member.nik for member in truth.members}) == len(truth.members)


def check(folder: Path, truth: Cooperative, world: World) -> None:
    """Raise AssertionError where the files, the truth or the intended fault are not what they should be."""
    for name, holds in _laws(truth):
        assert holds, f"{world.id}: {name} does not hold in the truth model"
    out_by = truth.debit - truth.credit
    assert out_by == (500_000_00 if world.id == "PRIMKOP-LONTAR" else 0), (
        f"{world.id}: trial balance is out by {out_by}"
    )
    if world.verdict is None:
        assert not zipfile.is_zipfile(folder / FILE), f"{world.id}: the cut workbook still opens"
        return
    found, wanted = READERS[world.system](folder), _truth(world, truth)
    assert found == wanted, f"{world.id}: files hold {found}, truth is {wanted}"
