"""The truth model: what each invented cooperative really has, before a legacy system dirties it.

Put here records and sums over them. How they are invented, written and judged belongs elsewhere. Money is whole `sen`
(1 rupiah = 100 sen) in an int, so nothing is ever rounded by accident.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

CUTOFF = date(2026, 6, 30)


@dataclass(frozen=True)
class Member:
    """One member; `source` holds the texts that the legacy system has instead of the truth, by column."""

    no: str
    name: str
    nik: str
    gender: str
    birth_place: str
    birth: date
    address: str
    region: str
    phone: str
    joined: date
    membership: str = "member"
    status: str = "active"
    left: date | None = None
    source: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Double:
    """A second number under which the legacy system lists a member; `accounts` stand under that number."""

    no: str
    member_no: str
    name: str
    joined: date
    accounts: frozenset[str]


@dataclass(frozen=True)
class Officer:
    """One position held; `member_no` is empty for somebody who is not a member."""

    name: str
    position: str
    member_no: str
    nik: str
    phone: str
    start: date
    end: date


@dataclass(frozen=True)
class Movement:
    """One savings transaction, amount signed."""

    no: str
    account_no: str
    on: date
    kind: str
    sen: int
    balance: int


@dataclass(frozen=True)
class SavingsAccount:
    """One account with the movements that explain its balance."""

    no: str
    member_no: str
    product: str
    opened: date
    status: str
    movements: tuple[Movement, ...]
    matures: date | None = None

    @property
    def balance(self) -> int:
        """Sum of the signed movements."""
        return sum(movement.sen for movement in self.movements)


@dataclass(frozen=True)
class Instalment:
    """One line of a schedule."""

    no: int
    due: date
    principal: int
    interest: int


@dataclass(frozen=True)
class Repayment:
    """One payment of one instalment."""

    no: str
    instalment_no: int
    on: date
    principal: int
    interest: int

    @property
    def total(self) -> int:
        """Principal and interest."""
        return self.principal + self.interest


@dataclass(frozen=True)
class Terms:
    """What a loan product promises; `rate` is the text that the source stores."""

    product: str
    method: str
    rate: str
    basis: str
    frequency: str
    tenors: tuple[int, ...]


@dataclass(frozen=True)
class Loan:
    """One loan, its schedule and what was paid of it; `source_class` is the class the legacy system claims."""

    no: str
    member_no: str
    terms: Terms
    disbursed: date
    principal: int
    schedule: tuple[Instalment, ...]
    repayments: tuple[Repayment, ...]
    source_class: str

    @property
    def outstanding(self) -> int:
        """Principal not yet repaid."""
        return self.principal - sum(paid.principal for paid in self.repayments)

    @property
    def unpaid(self) -> int:
        """Number of instalments not paid."""
        return len(self.schedule) - len(self.repayments)

    @property
    def status(self) -> str:
        """`settled` once everything is repaid."""
        return "active" if self.outstanding else "settled"


@dataclass(frozen=True)
class Collateral:
    """What secures a loan; `value` is None where the source has none."""

    no: str
    loan_no: str
    member_no: str
    kind: str
    description: str
    document_no: str
    owner: str
    value: int | None
    on: date
    status: str


@dataclass(frozen=True)
class Account:
    """One line of the chart of accounts; `parent` is empty at the top, `control` for accounts that control nothing."""

    code: str
    name: str
    kind: str
    side: str
    parent: str
    detail: bool
    control: str
    debit: int
    credit: int


@dataclass
class Cooperative:
    """Everything of one cooperative.

    `doubles` are member rows that the legacy system has too many; `inexact` are accounts whose balance it stores as a
    binary float a little below the truth.
    """

    id: str
    members: list[Member] = field(default_factory=list)
    officers: list[Officer] = field(default_factory=list)
    savings: list[SavingsAccount] = field(default_factory=list)
    loans: list[Loan] = field(default_factory=list)
    collaterals: list[Collateral] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    doubles: list[Double] = field(default_factory=list)
    inexact: frozenset[str] = frozenset()

    def member(self, no: str) -> Member:
        """The member of that number."""
        return next(member for member in self.members if member.no == no)

    def listed_owner(self, account: SavingsAccount) -> str:
        """The member number under which the legacy system keeps an account."""
        return next((double.no for double in self.doubles if account.no in double.accounts), account.member_no)

    @property
    def movements(self) -> list[Movement]:
        """All savings transactions by day, then number."""
        everything = [movement for account in self.savings for movement in account.movements]
        return sorted(everything, key=lambda movement: (movement.on, movement.no))

    def savings_per_product(self) -> dict[str, int]:
        """Balance of each savings product."""
        totals: dict[str, int] = defaultdict(int)
        for account in self.savings:
            totals[account.product] += account.balance
        return dict(sorted(totals.items()))

    def loans_per_product(self) -> dict[str, int]:
        """Outstanding principal of each loan product."""
        totals: dict[str, int] = defaultdict(int)
        for loan in self.loans:
            totals[loan.terms.product] += loan.outstanding
        return dict(sorted(totals.items()))

    @property
    def debit(self) -> int:
        """Sum of the detail accounts' debit."""
        return sum(account.debit for account in self.accounts if account.detail)

    @property
    def credit(self) -> int:
        """Sum of the detail accounts' credit."""
        return sum(account.credit for account in self.accounts if account.detail)

    @property
    def assets(self) -> int:
        """Net total of the asset detail accounts: contra accounts (depreciation, allowance) are taken off."""
        return sum(row.debit - row.credit for row in self.accounts if row.detail and row.kind == "asset")


def rupiah(sen: int) -> str:
    """Exact decimal text: `1250000.00`.

    >>> rupiah(-5)
    '-0.05'
    """
    return f"{'-' if sen < 0 else ''}{abs(sen) // 100}.{abs(sen) % 100:02d}"
