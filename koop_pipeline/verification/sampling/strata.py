"""What is drawn of a cooperative: the strata, the list each is drawn from, and the sheet on which it is ticked off.

Savings are drawn from what was delivered, so that what got lost afterwards shows; loans from what was delivered and
from the target, so that what came from nowhere shows too. Both lists of loans share their chance: where they are the
same, the same loans are drawn, and nobody looks a loan up twice.
"""

from dataclasses import dataclass
from typing import Literal

from koop_pipeline.corrections.workbook.layout import SHEETS, TOKENS

Method = Literal["monetary", "random"]
Side = Literal["delivered", "target"]
AMOUNTS = {"savings_accounts": "balance", "loans": "outstanding_principal"}
"""The tables that are drawn by amount, with the amount."""
FIELDS = {
    "cooperatives": ("name", "legal_entity_no", "npwp", "nib", "address"),
    "officers": ("full_name", "position", "member_no"),
    "members": ("full_name", "nik", "birth_date", "address"),
    "savings_transactions": ("account_no", "posted_on", "kind", "amount"),
    "loan_repayments": ("loan_no", "paid_on", "principal", "interest", "total"),
    "collaterals": ("loan_no", "kind", "description", "document_no", "owner_name", "appraised_value"),
    "accounts": ("name", "debit", "credit"),
}
"""What is compared of the tables that are drawn by row."""


@dataclass(frozen=True)
class Sheet:
    """A sheet of the worksheet: its name, the first letters of its line numbers, and the evidence it asks for."""

    name: str
    token: str
    table: str
    evidence: str

    @property
    def by_amount(self) -> bool:
        """Whether one amount is compared, not several columns."""
        return self.table in AMOUNTS


@dataclass(frozen=True)
class Stratum:
    """`chance`: what its random numbers are drawn for. A random stratum of savings or loans has what is not above 0."""

    name: str
    sheet: Sheet
    method: Method
    title: str
    side: Side = "delivered"
    chance: str = ""

    @property
    def table(self) -> str:
        """The canonical table."""
        return self.sheet.table


SAVINGS = Sheet("Simpanan", "SIM", "savings_accounts", "Saldo di buku anggota")
LOANS = Sheet("Pinjaman", "PIN", "loans", "Sisa pokok di kartu pinjaman")
SAVINGS_REST = Sheet("Simpanan nol atau minus", "SNL", "savings_accounts", "Saldo di buku anggota")
LOANS_REST = Sheet("Pinjaman nol atau minus", "PNL", "loans", "Sisa pokok di kartu pinjaman")
BY_ROW = tuple(Sheet(SHEETS[table], TOKENS.get(table, "KOP"), table, "Isi menurut bukti asli") for table in FIELDS)
STRATA: tuple[Stratum, ...] = (
    Stratum("savings", SAVINGS, "monetary", "Simpanan menurut serahan"),
    Stratum("loans_delivered", LOANS, "monetary", "Pinjaman menurut serahan", "delivered", "loans"),
    Stratum("loans_target", LOANS, "monetary", "Pinjaman di sistem baru", "target", "loans"),
    Stratum("savings_rest", SAVINGS_REST, "random", "Simpanan bersaldo nol, minus, atau tidak terbaca"),
    Stratum("loans_rest", LOANS_REST, "random", "Pinjaman bersisa nol, minus, atau tidak terbaca"),
    *(Stratum(sheet.table, sheet, "random", sheet.name) for sheet in BY_ROW),
)
BY_NAME = {stratum.name: stratum for stratum in STRATA}
PAGES: tuple[Sheet, ...] = tuple(dict.fromkeys(stratum.sheet for stratum in STRATA))
