"""Invents a chart of accounts whose balances tie to the subledgers and balance to the sen.

Put here what concerns the ledger. The bank account takes what remains, so debit = credit by construction; a fault is
put in afterwards, on purpose. A ledger has some twenty lines, so plain records do.
"""

from dataclasses import dataclass, replace

import numpy as np

HEADS = {
    "ASET": ("ASET", "asset", ""),
    "LANCAR": ("ASET LANCAR", "asset", "ASET"),
    "TETAP": ("ASET TETAP", "asset", "ASET"),
    "KEWAJIBAN": ("KEWAJIBAN", "liability", ""),
    "EKUITAS": ("EKUITAS", "equity", ""),
    "PENDAPATAN": ("PENDAPATAN", "income", ""),
    "BEBAN": ("BEBAN", "expense", ""),
}
OWN = {
    "KAS": ("Kas", "LANCAR"),
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
CONTRA = ("PENYISIHAN", "AKUMULASI")
EQUITY = ("POKOK", "WAJIB")
OUT_BY = 500_000_00
UNTIED_BY = 1_250_000_00
BANK_AT_LEAST = 5_000_000_00


@dataclass(frozen=True)
class Line:
    """One detail account: role, name, header, balance on its normal side in sen, what it controls."""

    role: str
    name: str
    head: str
    sen: int
    control: str = ""

    @property
    def kind(self) -> str:
        """Account type."""
        return HEADS[self.head][1]

    @property
    def side(self) -> str:
        """The normal side."""
        usual = self.kind in ("asset", "expense")
        return "debit" if usual != (self.role in CONTRA) else "credit"

    @property
    def net(self) -> int:
        """Debit positive."""
        return self.sen if self.side == "debit" else -self.sen


def invent(
    rng: np.random.Generator, savings: dict[str, int], loans: dict[str, int], faults: frozenset[str], by_product: bool
) -> list[Line]:
    """The detail accounts; `savings` and `loans` are sen by product, `by_product` gives each loan product a control."""
    lines = [*_loans(loans, by_product), *_savings(savings), *_own(rng, sum(savings.values()), sum(loans.values()))]
    missing = BANK_AT_LEAST + sum(line.net for line in lines)
    if missing > 0:
        more = -(-missing // 1_000_000_00) * 1_000_000_00
        lines = [replace(line, sen=line.sen + more) if line.role == "CADANGAN" else line for line in lines]
    lines.append(Line("BANK", "Bank NTT", "LANCAR", -sum(line.net for line in lines)))
    return [_wrong(line, faults) for line in lines]


def _loans(loans: dict[str, int], by_product: bool) -> list[Line]:
    if not by_product:
        return [Line("PIUTANG", "Piutang Pinjaman Anggota", "LANCAR", sum(loans.values()), "loans")]
    return [
        Line(f"PIUTANG {product}", f"Piutang Pinjaman {product.title()}", "LANCAR", sen, f"loans:{product}")
        for product, sen in loans.items()
    ]


def _savings(savings: dict[str, int]) -> list[Line]:
    """Voluntary and holiday savings share one account, as charts often have it."""
    sums = {product: sen for product, sen in savings.items() if product not in ("SUKARELA", "HARIRAYA")}
    shared = [product for product in ("SUKARELA", "HARIRAYA") if product in savings]
    sums["+".join(shared)] = sum(savings[product] for product in shared)
    return [
        Line(
            product.partition("+")[0],
            f"Simpanan {product.replace('+', ' dan ').title()}",
            "EKUITAS" if product in EQUITY else "KEWAJIBAN",
            sen,
            f"savings:{product}",
        )
        for product, sen in sums.items()
    ]


def _own(rng: np.random.Generator, savings: int, lent: int) -> list[Line]:
    lots = [int(lot) for lot in rng.integers(1000, size=6)]
    inventory = (12 + lots[0] % 28) * 1_000_000_00
    balances = {
        "KAS": (2_000 + lots[1] * 7) * 1_000_00,
        "PENYISIHAN": lent // 100 // 1_000_00 * 1_000_00,
        "INVENTARIS": inventory,
        "AKUMULASI": inventory // 3 // 1_000_00 * 1_000_00,
        "CADANGAN": savings // 12 // 1_000_00 * 1_000_00,
        "HIBAH": (5 + lots[2] % 15) * 1_000_000_00,
        "JASA": lent // 10 // 100 * 100,
        "ADMIN": (400 + lots[3]) * 1_000_00,
        "BUNGA": savings // 80 // 100 * 100,
        "GAJI": (12 + lots[4] % 18) * 500_000_00,
        "OPERASI": (1_500 + lots[5] * 3) * 1_000_00,
    }
    return [Line(role, *OWN[role], sen) for role, sen in balances.items()]


def _wrong(line: Line, faults: frozenset[str]) -> Line:
    """A trial balance that is out, or a control account that is off while the bank account hides it."""
    more = 0
    if "trial-balance" in faults and line.role == "OPERASI":
        more = OUT_BY
    if "control-account" in faults and line.role in ("SUKARELA", "BANK"):
        more = UNTIED_BY
    return replace(line, sen=line.sen + more)


def head_net(lines: list[Line], head: str) -> int:
    """Net of a header, debit positive, its sub-headers included."""
    below = {head, *(role for role, (_, _, parent) in HEADS.items() if parent == head)}
    return sum(line.net for line in lines if line.head in below)


def debit(lines: list[Line]) -> int:
    """Sum of the debit balances."""
    return sum(line.sen for line in lines if line.side == "debit")


def credit(lines: list[Line]) -> int:
    """Sum of the credit balances."""
    return sum(line.sen for line in lines if line.side == "credit")


def assets(lines: list[Line]) -> int:
    """Net assets: contra accounts are taken off."""
    return sum(line.net for line in lines if line.kind == "asset")
