"""Invents savings accounts and the movements that explain every balance to the sen.

Four accounts a member: principal, mandatory, voluntary, and for the holiday or (one in eight) a term deposit. What was
there before the history began stands as one movement of kind `opening`. With T months of history a member who joined
before it has 4T movements on average: 1, T+1, 2T-3 and T+1. No balance is negative at any time. Loops run over months,
never over members.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from koop_pipeline.generate.numbers import Days, Ints
from koop_pipeline.generate.plan import CUTOFF, Cooperative

POKOK, WAJIB, SUKARELA, HARIRAYA, BERJANGKA = range(5)
PRODUCTS = ("POKOK", "WAJIB", "SUKARELA", "HARIRAYA", "BERJANGKA")
PREFIXES = ("SP-", "SW-", "SS-", "SH-", "SB-")
ACCOUNTS = 4
OPENING, DEPOSIT, WITHDRAWAL, INTEREST = range(4)
TERM_ONE_IN = 8
TERM_FROM = np.datetime64("2025-09-01")
QUARTERS = (3, 6, 9, 12)
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Steps:
    """Movements of a piece: member place in the chunk, account of the member (0 to 3), day, kind, signed sen."""

    member: Ints
    account: int
    day: Days
    kind: Ints
    sen: Ints


def first_day(transactions: int) -> np.datetime64:
    """The first day of a history of so many months up to the cut-off."""
    day: np.datetime64 = (np.datetime64(CUTOFF, "M") - (transactions - 1)).astype("datetime64[D]")
    return day


def months(transactions: int) -> list[str]:
    """The months of the history, `2025-07` and so on."""
    return [str(start)[:7] for start in _month_starts(first_day(transactions))]


def invent(
    rng: np.random.Generator, cooperative: Cooperative, members: pl.DataFrame, first_entry: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Accounts (account_no, place, member_no, product, opened, matures, sen) and movements (entry, account, on, kind,
    sen, balance), the latter by day; `account` is the row of the account, `first_entry` the last number given before.
    """
    joined = members["joined"].to_numpy().astype("datetime64[D]")
    since = first_day(cooperative.transactions)
    steps = [*_obligatory(rng, cooperative, joined, since), *_voluntary(rng, cooperative, joined, since)]
    term = rng.integers(TERM_ONE_IN, size=len(joined)) == 0
    opened = np.repeat(joined, ACCOUNTS)
    deposit = _term(rng, joined, term, since)
    opened[3::ACCOUNTS][term] = deposit.day
    steps += [deposit, *_holiday(rng, joined, ~term, since)]
    movements = _in_order(steps, len(joined) * ACCOUNTS)
    product = np.tile(np.arange(ACCOUNTS), len(joined))
    product[3::ACCOUNTS][term] = BERJANGKA
    matures = np.full(len(opened), np.datetime64("NaT"), "datetime64[D]")
    matures[3::ACCOUNTS][term] = deposit.day + np.timedelta64(365, "D")
    sums = np.bincount(movements["account"].to_numpy(), minlength=len(opened))
    assert sums.min() > 0
    accounts = pl.DataFrame(
        {"product": product, "opened": opened, "matures": matures, "sen": _totals(movements, len(opened))}
    ).with_columns(
        place=pl.Series(np.repeat(np.arange(len(joined)), ACCOUNTS)),
        member_no=members["member_no"].gather(np.repeat(np.arange(len(joined)), ACCOUNTS)),
    )
    numbers = pl.lit(pl.Series(PREFIXES).gather(product)) + pl.col("member_no")
    movements = movements.with_columns(entry=pl.int_range(first_entry + 1, first_entry + 1 + pl.len()))
    return accounts.with_columns(account_no=numbers), movements


def _totals(movements: pl.DataFrame, count: int) -> Ints:
    totals = np.zeros(count, np.int64)
    np.add.at(totals, movements["account"].to_numpy(), movements["sen"].to_numpy())
    return totals


def _in_order(steps: list[Steps], accounts: int) -> pl.DataFrame:
    """All steps by day, with the balance of their account after each."""
    account = np.concatenate([step.member * ACCOUNTS + step.account for step in steps])
    day = np.concatenate([step.day for step in steps]).astype(np.int64)
    kind = np.concatenate([step.kind for step in steps])
    sen = np.concatenate([step.sen for step in steps])
    by_account = np.lexsort((day, account))
    account, day, kind, sen = account[by_account], day[by_account], kind[by_account], sen[by_account]
    running = np.cumsum(sen)
    starts = np.searchsorted(account, np.arange(accounts))
    before = np.concatenate([np.zeros(1, np.int64), running])[starts]
    balance = running - before[account]
    assert balance.min() >= 0
    by_day = np.argsort(day, kind="stable")
    return pl.DataFrame(
        {
            "account": account[by_day],
            "on": day[by_day].astype("datetime64[D]"),
            "kind": kind[by_day],
            "sen": sen[by_day],
            "balance": balance[by_day],
        }
    )


def _month_starts(since: np.datetime64) -> list[np.datetime64]:
    return list(np.arange(since.astype("datetime64[M]"), np.datetime64(CUTOFF, "M") + 1).astype("datetime64[D]"))


def _where(mask: Mask, account: int, day: Days, kind: int | Ints, sen: Ints) -> Steps:
    """Steps of the members that the mask names."""
    at = np.flatnonzero(mask)
    kinds = np.full(len(at), kind, np.int64) if isinstance(kind, int) else kind[at]
    return Steps(at, account, np.broadcast_to(day, mask.shape)[at], kinds, np.broadcast_to(sen, mask.shape)[at])


def _started(joined: Days, since: np.datetime64) -> tuple[Mask, Days, Ints]:
    """Everybody, the day of the first movement, and its kind."""
    old = joined < since
    return np.ones(len(joined), bool), np.where(old, since, joined), np.where(old, OPENING, DEPOSIT)


def _belongs(joined: Days, since: np.datetime64, month: np.datetime64) -> Mask:
    """Who was there before the history began, or before the month."""
    there: Mask = (joined < since) | (joined.astype("datetime64[M]") < month.astype("datetime64[M]"))
    return there


def _obligatory(rng: np.random.Generator, cooperative: Cooperative, joined: Days, since: np.datetime64) -> list[Steps]:
    """Principal savings once, mandatory savings every month."""
    principal = np.int64((100, 200, 250, 500)[cooperative.ordinal % 4] * 1000_00)
    monthly = np.int64((10, 20, 25, 50)[cooperative.ordinal // 4 % 4] * 1000_00)
    everybody, day, kind = _started(joined, since)
    months = (since.astype("datetime64[M]") - joined.astype("datetime64[M]")).astype(np.int64)
    steps = [
        _where(everybody, POKOK, day, kind, np.broadcast_to(principal, joined.shape)),
        _where(everybody, WAJIB, day, kind, monthly * np.maximum(months, 1)),
    ]
    for start in _month_starts(since):
        on = np.maximum(start + rng.integers(1, 11, size=len(joined)), joined)
        paying = _belongs(joined, since, start)
        steps.append(_where(paying, WAJIB, on, DEPOSIT, np.broadcast_to(monthly, joined.shape)))
    return steps


def _voluntary(rng: np.random.Generator, cooperative: Cooperative, joined: Days, since: np.datetime64) -> list[Steps]:
    """A deposit a month, interest of 3 % a year every quarter, and withdrawals that never take more than half."""
    count, months = len(joined), _month_starts(since)
    unit = 100 if cooperative.system == "sqlite" else 1
    balance = rng.integers(4, 60, size=count) * 25_000_00
    everybody, day, kind = _started(joined, since)
    steps = [_where(everybody, SUKARELA, day, kind, balance.copy())]
    drawing = max(0, len(months) - 4 - len(months) // 3) * 1000 // len(months)
    for start in months:
        here = _belongs(joined, since, start)
        paid = here * rng.integers(1, 20, size=count) * 12_500_00
        steps.append(_where(here, SUKARELA, start + rng.integers(2, 14, size=count), DEPOSIT, paid))
        balance += paid
        wanted = rng.integers(1, 7, size=count) * 50_000_00
        taken = np.minimum(wanted, balance // 2 // 10_000_00 * 10_000_00)
        taking = here & (rng.integers(1000, size=count) < drawing) & (taken > 0)
        steps.append(_where(taking, SUKARELA, start + rng.integers(14, 24, size=count), WITHDRAWAL, -taken))
        balance -= taking * taken
        if int(str(start)[5:7]) in QUARTERS:
            end = (start.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
            earned = here * (balance * 3 // 400 // unit * unit)
            steps.append(_where(earned > 0, SUKARELA, np.full(count, end), INTEREST, earned))
            balance += earned
    return steps


def _term(rng: np.random.Generator, joined: Days, term: Mask, since: np.datetime64) -> Steps:
    """One deposit for a year that has not run out at the cut-off."""
    first = np.maximum(np.maximum(joined, TERM_FROM), since)
    on = np.minimum(first + rng.integers(60, size=len(joined)), np.datetime64(CUTOFF) - 1)
    return _where(term, 3, on, DEPOSIT, rng.integers(2, 21, size=len(joined)) * 500_000_00)


def _holiday(rng: np.random.Generator, joined: Days, saving: Mask, since: np.datetime64) -> list[Steps]:
    """20,000 a month."""
    _, day, kind = _started(joined, since)
    sen = np.full(len(joined), 20_000_00, np.int64)
    steps = [_where(saving, 3, day, kind, sen * rng.integers(1, 12, size=len(joined)))]
    for start in _month_starts(since):
        paying = saving & _belongs(joined, since, start)
        on = np.maximum(start + rng.integers(1, 20, size=len(joined)), joined)
        steps.append(_where(paying, 3, on, DEPOSIT, sen))
    return steps
