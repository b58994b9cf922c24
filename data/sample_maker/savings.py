"""Invents savings accounts and the movements that explain every balance to the sen.

Put here what concerns savings. A history begins on a day of its own: what was there before stands as one movement of
kind `opening`. No balance is negative at any time; voluntary savings earn 3 % a year, credited every quarter.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sample_maker.truth import CUTOFF, Member, Movement, SavingsAccount

PRINCIPAL_SEN = 500_000_00
MANDATORY_SEN = 25_000_00
INTEREST_MONTHS_PER_YEAR = 12


@dataclass(frozen=True)
class SavingsPlan:
    """How a cooperative saves: products, first day of the history, how sen are rounded, number forms."""

    products: tuple[str, ...]
    since: date
    whole_rupiah: bool
    account_form: str = "{product}-{member}"
    entry_form: str = "M{:06d}"
    without_voluntary: frozenset[str] = frozenset()


Step = tuple[date, str, int]


def months(first: date, last: date) -> Iterator[date]:
    """First days of the months from that of `first` to that of `last`."""
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        yield date(year, month, 1)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _month_end(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _principal(member: Member, since: date) -> Iterator[Step]:
    old = member.joined < since
    yield (since if old else member.joined, "opening" if old else "deposit", PRINCIPAL_SEN)


def _mandatory(rng: random.Random, member: Member, since: date) -> Iterator[Step]:
    start = max(member.joined, since)
    if member.joined < since:
        yield since, "opening", MANDATORY_SEN * len(list(months(member.joined, since - timedelta(days=1))))
    for first in months(start, CUTOFF):
        on = first + timedelta(days=rng.randrange(1, 12))
        yield max(on, member.joined), "deposit", MANDATORY_SEN


def _interest(balance: int, whole_rupiah: bool) -> int:
    unit = 100 if whole_rupiah else 1
    per_month = balance * 3 // (100 * INTEREST_MONTHS_PER_YEAR)
    return per_month // unit * unit


def _voluntary(rng: random.Random, member: Member, plan: SavingsPlan) -> Iterator[Step]:
    start = max(member.joined, plan.since)
    balance = rng.randrange(4, 60) * 25_000_00
    yield start, "opening" if member.joined < plan.since else "deposit", balance
    for first in months(start + timedelta(days=31), CUTOFF):
        if rng.random() < 0.3:
            sen = rng.randrange(1, 20) * 12_500_00
            balance += sen
            yield first + timedelta(days=rng.randrange(2, 14)), "deposit", sen
        if rng.random() < 0.12 and balance > 300_000_00:
            sen = rng.randrange(1, 5) * 50_000_00
            balance -= sen
            yield first + timedelta(days=rng.randrange(14, 24)), "withdrawal", -sen
        if first.month % 3 == 0:
            sen = 3 * _interest(balance, plan.whole_rupiah)
            balance += sen
            yield _month_end(first), "interest", sen


def _holiday(rng: random.Random, member: Member, since: date) -> Iterator[Step]:
    start = max(member.joined, date(CUTOFF.year, 1, 1), since)
    for first in months(start + timedelta(days=31), CUTOFF):
        yield first + timedelta(days=rng.randrange(1, 20)), "deposit", 20_000_00


def _term(rng: random.Random, member: Member) -> Iterator[Step]:
    on = max(member.joined, date(2025, 8, 4)) + timedelta(days=rng.randrange(40))
    yield on, "deposit", rng.randrange(2, 21) * 500_000_00


def _steps(rng: random.Random, member: Member, product: str, plan: SavingsPlan) -> list[Step]:
    if product == "POKOK":
        return list(_principal(member, plan.since))
    if product == "WAJIB":
        return list(_mandatory(rng, member, plan.since))
    if product == "SUKARELA":
        return [] if member.no in plan.without_voluntary else list(_voluntary(rng, member, plan))
    if product == "HARIRAYA":
        return list(_holiday(rng, member, plan.since)) if rng.random() < 0.5 else []
    return list(_term(rng, member)) if rng.random() < 0.15 else []


def _closed(steps: list[Step], left: date) -> list[Step]:
    kept = [step for step in steps if step[0] < left]
    return [*kept, (left, "withdrawal", -sum(step[2] for step in kept))]


def invent_savings(rng: random.Random, members: list[Member], plan: SavingsPlan) -> list[SavingsAccount]:
    """One account per member and product, where the member has it; accounts of who left are paid out and closed."""
    accounts = []
    ordinal = 0
    for member in members:
        for product in plan.products:
            steps = sorted(_steps(rng, member, product, plan), key=lambda step: step[0])
            if member.left and steps:
                steps = _closed(steps, member.left)
            if not steps:
                continue
            number = plan.account_form.format(product=product[:2], member=member.no)
            movements, balance = [], 0
            for on, kind, sen in steps:
                ordinal += 1
                balance += sen
                assert balance >= 0 and on <= CUTOFF
                movements.append(Movement(plan.entry_form.format(ordinal), number, on, kind, sen, balance))
            opened = member.joined if steps[0][1] == "opening" else steps[0][0]
            matures = steps[0][0].replace(year=steps[0][0].year + 1) if product == "BERJANGKA" else None
            status = "closed" if member.left else "open"
            accounts.append(SavingsAccount(number, member.no, product, opened, status, tuple(movements), matures))
    return accounts
