"""Invents loans with schedules and repayments, and what secures them.

Put here what concerns loans. A schedule's parts are rounded half-up to the rupiah, interest is taken on the balance
before, the last principal takes what remains. Loans are paid on time unless `late` says how many instalments are not.
"""

import calendar
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from sample_maker.truth import CUTOFF, Collateral, Instalment, Loan, Member, Repayment, Terms

PERIODS_A_YEAR = {"monthly": 12, "weekly": 52}
THINGS = (
    ("vehicle_title", "BPKB Honda Beat {}", "BPKB-{:07d}"),
    ("land_certificate", "SHM tanah {} m2", "SHM-{:05d}"),
    ("gold", "Kalung emas {} gram", "EMAS-{:05d}"),
    ("salary_decree", "SK pegawai golongan {}", "SK-{:06d}"),
)


@dataclass(frozen=True)
class LendingPlan:
    """How a cooperative lends; `late` maps the ordinal of a loan to the number of due instalments left unpaid."""

    terms: tuple[Terms, ...]
    count: int
    loan_form: str = "PJ-{:04d}"
    late: dict[int, int] = field(default_factory=dict)


def half_up(value: Fraction) -> int:
    """Sen of `value` rupiah rounded half-up to whole rupiah."""
    return int((value * 2 + 1) // 2) * 100


def add_months(day: date, count: int) -> date:
    """The same day `count` months later, clamped to the end of the month."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def due_day(disbursed: date, frequency: str, number: int) -> date:
    """Due day of instalment `number`."""
    return disbursed + timedelta(weeks=number) if frequency == "weekly" else add_months(disbursed, number)


def period_rate(terms: Terms, tenor: int) -> Fraction:
    """Rate of one period as a fraction of the principal."""
    rate = Fraction(terms.rate) / 100
    if terms.basis == "per_month":
        assert terms.frequency == "monthly"
        return rate
    return rate / (PERIODS_A_YEAR[terms.frequency] if terms.basis == "per_year" else tenor)


def schedule(principal: int, terms: Terms, tenor: int, disbursed: date) -> tuple[Instalment, ...]:
    """All instalments of a loan of `principal` sen."""
    rate = period_rate(terms, tenor)
    whole = balance = principal // 100
    annuity = whole * rate / (1 - (1 + rate) ** -tenor)
    lines = []
    for number in range(1, tenor + 1):
        interest = rate * (whole if terms.method == "flat" else balance)
        share = annuity - interest if terms.method == "annuity" else Fraction(whole, tenor)
        part = half_up(share) if number < tenor else balance * 100
        lines.append(Instalment(number, due_day(disbursed, terms.frequency, number), part, half_up(interest)))
        balance -= part // 100
    return tuple(lines)


def _repayments(rng: random.Random, loan_no: str, lines: tuple[Instalment, ...], late: int) -> tuple[Repayment, ...]:
    due = [line for line in lines if line.due <= CUTOFF]
    paid = due[: len(due) - late]
    return tuple(
        Repayment(
            f"K{loan_no}-{line.no:02d}",
            line.no,
            line.due - timedelta(days=rng.randrange(4)),
            line.principal,
            line.interest,
        )
        for line in paid
    )


def _disbursed(rng: random.Random, member: Member, terms: Terms, tenor: int, late: int) -> date:
    earliest = max(
        date(2025, 10, 6) if terms.frequency == "weekly" else date(2025, 1, 6), member.joined + timedelta(days=30)
    )
    if late:
        return date(2025, 8, 31)
    latest = date(2026, 5, 20)
    if rng.random() < 0.3 and terms.frequency == "monthly":
        latest = max(earliest + timedelta(days=1), add_months(CUTOFF, -tenor) - timedelta(days=5))
    latest = min(latest, date(2026, 5, 20))
    return earliest + timedelta(days=rng.randrange(max(1, (latest - earliest).days)))


def invent_loans(rng: random.Random, members: list[Member], plan: LendingPlan) -> list[Loan]:
    """`plan.count` loans, at most one a member, the terms in turn."""
    eligible = [member for member in members if member.joined < date(2025, 6, 1) and member.left is None]
    loans = []
    for ordinal, member in enumerate(rng.sample(eligible, plan.count), start=1):
        terms = plan.terms[ordinal % len(plan.terms)]
        tenor = rng.choice(terms.tenors)
        late = plan.late.get(ordinal, 0)
        disbursed = _disbursed(rng, member, terms, tenor, late)
        principal = rng.randrange(8, 41) * 500_000_00
        lines = schedule(principal, terms, tenor, disbursed)
        number = plan.loan_form.format(ordinal)
        paid = _repayments(rng, number, lines, late)
        claimed = "current" if len(paid) < len(lines) else ""
        loans.append(Loan(number, member.no, terms, disbursed, principal, lines, paid, claimed))
    return loans


def invent_collaterals(rng: random.Random, members: list[Member], loans: list[Loan]) -> list[Collateral]:
    """One for each loan, worth 1.25 to 2 times the principal, given back when the loan is settled."""
    names = {member.no: member.name for member in members}
    rows = []
    for ordinal, loan in enumerate(loans, start=1):
        kind, described, numbered = rng.choice(THINGS)
        rows.append(
            Collateral(
                no=f"AG-{ordinal:04d}",
                loan_no=loan.no,
                member_no=loan.member_no,
                kind=kind,
                description=described.format(rng.randrange(11, 240)),
                document_no=numbered.format(rng.randrange(1, 99_999)),
                owner=names[loan.member_no],
                value=loan.principal * rng.randrange(5, 9) // 4,
                on=loan.disbursed - timedelta(days=rng.randrange(1, 20)),
                status="held" if loan.status == "active" else "returned",
            )
        )
    return rows
