"""Invents a chart of accounts whose balances tie to the subledgers and balance to the sen.

Put here what concerns the ledger. The bank account takes what remains, so debit = credit by construction; a fault is
put in afterwards, on purpose, by `worlds`.
"""

import random
from dataclasses import dataclass, replace

from sample_maker.truth import Account, Cooperative


@dataclass(frozen=True)
class Chart:
    """A numbering: `codes` by role; `amounts` are the header roles that carry their children's net."""

    codes: dict[str, str]
    amounts: frozenset[str] = frozenset()
    loans_by_product: bool = False


HEADS = {
    "ASET": ("Aset", "asset", ""),
    "LANCAR": ("Aset Lancar", "asset", "ASET"),
    "TETAP": ("Aset Tetap", "asset", "ASET"),
    "KEWAJIBAN": ("Kewajiban", "liability", ""),
    "EKUITAS": ("Ekuitas", "equity", ""),
    "PENDAPATAN": ("Pendapatan", "income", ""),
    "BEBAN": ("Beban", "expense", ""),
}
FIXED = {
    "KAS": ("Kas", "LANCAR"),
    "BANK": ("Bank NTT", "LANCAR"),
    "PENYISIHAN": ("Penyisihan Piutang Tak Tertagih", "LANCAR"),
    "INVENTARIS": ("Inventaris Kantor", "TETAP"),
    "AKUMULASI": ("Akumulasi Penyusutan Inventaris", "TETAP"),
    "CADANGAN": ("Cadangan Umum", "EKUITAS"),
    "HIBAH": ("Modal Hibah", "EKUITAS"),
    "JASA": ("Pendapatan Jasa Pinjaman", "PENDAPATAN"),
    "ADMIN": ("Pendapatan Administrasi", "PENDAPATAN"),
    "BUNGA": ("Beban Jasa Simpanan", "BEBAN"),
    "GAJI": ("Beban Gaji dan Honor", "BEBAN"),
    "OPERASI": ("Beban Operasional", "BEBAN"),
}
CONTRA = frozenset({"PENYISIHAN", "AKUMULASI"})
SAVINGS_NAMES = {
    "POKOK": ("Simpanan Pokok", "EKUITAS"),
    "WAJIB": ("Simpanan Wajib", "EKUITAS"),
    "SUKARELA": ("Simpanan Sukarela", "KEWAJIBAN"),
    "SUKARELA+HARIRAYA": ("Simpanan Sukarela dan Hari Raya", "KEWAJIBAN"),
    "BERJANGKA": ("Simpanan Berjangka", "KEWAJIBAN"),
}


@dataclass(frozen=True)
class _Line:
    role: str
    name: str
    head: str
    sen: int
    control: str = ""


def _round(sen: int, unit: int) -> int:
    return sen // unit * unit


def _savings_lines(cooperative: Cooperative) -> list[_Line]:
    totals = cooperative.savings_per_product()
    if "HARIRAYA" in totals:
        totals["SUKARELA+HARIRAYA"] = totals.pop("SUKARELA") + totals.pop("HARIRAYA")
    return [_Line(role, *SAVINGS_NAMES[role], sen, f"savings:{role}") for role, sen in totals.items()]


def _loan_lines(cooperative: Cooperative, chart: Chart) -> list[_Line]:
    totals = cooperative.loans_per_product()
    if not chart.loans_by_product:
        return [_Line("PIUTANG", "Piutang Pinjaman Anggota", "LANCAR", sum(totals.values()), "loans")]
    return [
        _Line(f"PIUTANG {k}", f"Piutang Pinjaman {k.title()}", "LANCAR", v, f"loans:{k}") for k, v in totals.items()
    ]


def _own_lines(rng: random.Random, savings: int, lent: int) -> dict[str, int]:
    inventory = rng.randrange(12, 40) * 1_000_000_00
    return {
        "KAS": rng.randrange(2_000, 9_000) * 1_000_00,
        "PENYISIHAN": _round(lent // 100, 1_000_00),
        "INVENTARIS": inventory,
        "AKUMULASI": _round(inventory // 3, 1_000_00),
        "CADANGAN": _round(savings // 12, 1_000_00),
        "HIBAH": rng.randrange(5, 20) * 1_000_000_00,
        "JASA": _round(lent // 10, 1_00),
        "ADMIN": rng.randrange(400, 1_900) * 1_000_00,
        "BUNGA": _round(savings // 80, 1_00),
        "GAJI": rng.randrange(12, 30) * 500_000_00,
        "OPERASI": rng.randrange(1_500, 4_500) * 1_000_00,
    }


def _side(role: str, kind: str) -> str:
    usual = "debit" if kind in ("asset", "expense") else "credit"
    if role in CONTRA:
        return "credit" if usual == "debit" else "debit"
    return usual


def _lines(rng: random.Random, cooperative: Cooperative, chart: Chart) -> list[_Line]:
    controlled = [*_loan_lines(cooperative, chart), *_savings_lines(cooperative)]
    savings = sum(cooperative.savings_per_product().values())
    own = _own_lines(rng, savings, sum(cooperative.loans_per_product().values()))
    lines = [*controlled, *(_Line(role, *FIXED[role], sen) for role, sen in own.items())]
    net = sum(line.sen if _side(line.role, HEADS[line.head][1]) == "credit" else -line.sen for line in lines)
    if net < 5_000_000_00:
        more = _round(5_000_000_00 - net, 1_000_000_00) + 1_000_000_00
        lines = [replace(line, sen=line.sen + more) if line.role == "CADANGAN" else line for line in lines]
        net += more
    return [*lines, _Line("BANK", *FIXED["BANK"], net)]


def _net(lines: list[_Line], head: str) -> int:
    """Net of a header, debit positive, its sub-headers included."""
    heads = {head, *(role for role, (_, _, parent) in HEADS.items() if parent == head)}
    return sum(
        line.sen if _side(line.role, HEADS[line.head][1]) == "debit" else -line.sen
        for line in lines
        if line.head in heads
    )


def invent_accounts(rng: random.Random, cooperative: Cooperative, chart: Chart) -> list[Account]:
    """The chart in order of code."""
    lines = _lines(rng, cooperative, chart)
    rows = []
    for role, (name, kind, parent) in HEADS.items():
        net = _net(lines, role) if role in chart.amounts else 0
        code, above = chart.codes[role], chart.codes.get(parent, "")
        side = _side(role, kind)
        rows.append(Account(code, name.upper(), kind, side, above, False, "", max(net, 0), max(-net, 0)))
    for line in lines:
        kind = HEADS[line.head][1]
        side = _side(line.role, kind)
        debit, credit = (line.sen, 0) if side == "debit" else (0, line.sen)
        code, above = chart.codes[line.role], chart.codes[line.head]
        rows.append(Account(code, line.name, kind, side, above, True, line.control, debit, credit))
    return sorted(rows, key=lambda row: row.code)
