"""Invents loans with schedules and repayments, and what secures them.

Whole rupiah and exact: parts are rounded half-up to the rupiah, interest is taken on the balance before, the last
principal takes what remains. Rates a period are whole billionths and the level payment of an annuity is a fraction
before it is rounded, so nothing is decided by a float. Loops run over instalment numbers, never over loans.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from koop_pipeline.generate.numbers import Days, Ints, day_of_month
from koop_pipeline.generate.people import FOUNDERS
from koop_pipeline.generate.plan import CUTOFF, Cooperative

ONE_IN = 4
BILLION = 10**9
LONGEST = 40
FLAT, DECLINING, ANNUITY = range(3)
METHODS = ("flat", "declining", "annuity")
CUT = np.datetime64(CUTOFF)
FORCED = (7, 8)
"""Places in the cooperative of the two who borrowed for 24 months in August 2025, so that late payers can be had."""
LATE_FOR_WRONG_CLASS = 5
LATE = ((80, 1), (110, 2), (130, 5))
"""Running monthly loans in a thousand (added up) and how many fallen instalments are unpaid."""
THINGS = ("vehicle_title", "land_certificate", "gold", "salary_decree")
SECURED = 600
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Terms:
    """What a loan product promises; `rate` percent of `basis`, `period` billionths a period."""

    product: str
    method: int
    rate: str
    basis: str
    weekly: bool
    period: int
    tenors: tuple[int, int, int, int]
    share: int


TERMS = (
    Terms("UMUM", FLAT, "1.5", "per_month", False, 15_000_000, (10, 12, 18, 24), 5),
    Terms("USAHA", DECLINING, "1.25", "per_month", False, 12_500_000, (12, 18, 24, 36), 3),
    Terms("MULTI", ANNUITY, "12", "per_year", False, 10_000_000, (12, 18, 24, 36), 2),
    Terms("MIKRO", FLAT, "13", "per_year", True, 2_500_000, (20, 24, 26, 40), 1),
)
DEAR = Terms("CEPAT", FLAT, "2.5", "per_month", False, 25_000_000, (10, 12, 12, 18), 2)


@dataclass(frozen=True)
class Lent:
    """The loans of a chunk.

    `loans`: loan_no, member_no, name, terms (index), disbursed, principal, tenor, first_due, outstanding (whole
    rupiah), source_class, settled, dear, unpaid, substandard; `instalments` and `repayments`: loan (row), number, day,
    principal, interest; `collaterals`: see there.
    """

    loans: pl.DataFrame
    instalments: pl.DataFrame
    repayments: pl.DataFrame
    collaterals: pl.DataFrame


def terms_of(cooperative: Cooperative) -> tuple[Terms, ...]:
    """The loan products of a cooperative."""
    return (*TERMS, DEAR) if "dear-loans" in cooperative.faults else TERMS


def invent(rng: np.random.Generator, cooperative: Cooperative, members: pl.DataFrame) -> Lent:
    """One loan in four members, at most one a member."""
    first = int(members["place"][0])
    before = -(-first // ONE_IN)
    count = -(-(first + members.height) // ONE_IN) - before
    forced = len(FORCED) if first == 0 else 0
    others = rng.permutation(np.arange(FOUNDERS if first == 0 else 0, members.height))[: count - forced]
    borrowers = np.concatenate([np.array(FORCED[:forced], np.int64), others])
    terms = terms_of(cooperative)
    kind = _kinds(rng, terms, count, forced)
    tenor = np.array([each.tenors for each in terms])[kind, rng.integers(4, size=count)]
    tenor[:forced] = 24
    weekly = np.array([each.weekly for each in terms])[kind]
    disbursed = _disbursed(rng, members["joined"].gather(borrowers).to_numpy().astype("datetime64[D]"), weekly, forced)
    principal = rng.integers(4, 61, size=count) * 500_000
    due = _due_days(disbursed, weekly)
    parts, interest = _schedules(terms, kind, principal, tenor)
    number = np.arange(LONGEST)
    fallen = ((due <= CUT) & (number < tenor[:, None])).sum(axis=1)
    paid = fallen - _late(rng, cooperative, fallen, tenor, weekly, forced)
    mask = number < paid[:, None]
    loans = pl.DataFrame(
        {
            "terms": kind,
            "disbursed": disbursed,
            "principal": principal,
            "tenor": tenor,
            "first_due": due[:, 0],
            "outstanding": principal - np.where(mask, parts, 0).sum(axis=1),
            "settled": paid == tenor,
            "unpaid": tenor - paid,
            "substandard": (paid < fallen) & (add_months(due[np.arange(count), np.minimum(paid, tenor - 1)], 3) < CUT),
        }
    ).with_columns(
        members["member_no"].gather(borrowers),
        members["name"].gather(borrowers),
        loan_no=pl.concat_str(pl.lit("PJ-"), _padded(pl.int_range(before + 1, before + 1 + pl.len()))),
        source_class=_source_class("wrong-class" in cooperative.faults),
    )
    assert loans.select(((pl.col("outstanding") == 0) == pl.col("settled")).all()).item()
    lines = _lines(number < tenor[:, None], due, parts, interest)
    return Lent(loans, lines, _repaid(rng, mask, due, parts, interest), _collaterals(rng, loans))


def _padded(number: pl.Expr) -> pl.Expr:
    return number.cast(pl.String).str.zfill(6)


def _source_class(wrong: bool) -> pl.Expr:
    """The class that the legacy system gives: none of a settled loan, perhaps too good a one of a late one."""
    late = pl.lit("current" if wrong else "substandard")
    running = pl.when("substandard").then(late).otherwise(pl.lit("current"))
    return pl.when("settled").then(pl.lit("")).otherwise(running)


def _kinds(rng: np.random.Generator, terms: tuple[Terms, ...], count: int, forced: int) -> Ints:
    chances = np.repeat(np.arange(len(terms)), [each.share for each in terms])
    kind = chances[rng.integers(len(chances), size=count)]
    kind[:forced] = 0
    if len(terms) > len(TERMS):
        kind[forced : forced + 1] = len(TERMS)
    return kind


def _disbursed(rng: np.random.Generator, joined: Days, weekly: Mask, forced: int) -> Days:
    """A month after joining at the earliest, 40 days before the cut-off at the latest."""
    begin = np.maximum(joined + 30, np.where(weekly, np.datetime64("2025-10-06"), np.datetime64("2024-01-08")))
    span = np.maximum((np.datetime64("2026-05-20") - begin).astype(np.int64), 1)
    days: Days = begin + (rng.integers(1 << 40, size=len(joined)) % span).astype("timedelta64[D]")
    days[:forced] = np.datetime64("2025-08-10") + rng.integers(15, size=forced)
    return days


def add_months(days: Days, count: int) -> Days:
    """The same day so many months later, clamped to the end of the month."""
    month = days.astype("datetime64[M]") + count
    start, end = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
    later: Days = np.minimum(start + (day_of_month(days) - 1), end - 1)
    return later


def _due_days(disbursed: Days, weekly: Mask) -> Days:
    """`LONGEST` due days a loan."""
    columns = [
        np.where(weekly, disbursed + 7 * number, add_months(disbursed, number)) for number in range(1, LONGEST + 1)
    ]
    days: Days = np.stack(columns, axis=1)
    return days


@cache
def level_payment(principal: int, period: int, tenor: int) -> int:
    """The payment of an annuity in rupiah, rounded half-up: P r / (1 - (1 + r)^-n)."""
    rate = Fraction(period, BILLION)
    return int(principal * rate / (1 - (1 + rate) ** -tenor) + Fraction(1, 2))


def _schedules(terms: tuple[Terms, ...], kind: Ints, principal: Ints, tenor: Ints) -> tuple[Ints, Ints]:
    """Principal and interest of each instalment in whole rupiah; beyond the tenor the principal is 0."""
    period = np.array([each.period for each in terms], np.int64)[kind]
    method = np.array([each.method for each in terms])[kind]
    combos, which = np.unique(np.stack([principal, period, tenor]), axis=1, return_inverse=True)
    level = np.array([level_payment(*combo) for combo in combos.T.tolist()], np.int64)[which.ravel()]
    balance = principal.copy()
    parts, interest = np.zeros((2, len(kind), LONGEST), np.int64)
    even = (2 * principal + tenor) // (2 * tenor)
    for number in range(1, LONGEST + 1):
        base = period * np.where(method == FLAT, principal, balance)
        interest[:, number - 1] = (base + BILLION // 2) // BILLION
        share = np.where(method == ANNUITY, level - interest[:, number - 1], even)
        part = np.where(number < tenor, share, balance)
        parts[:, number - 1] = part
        balance = balance - part
    return parts, interest


def _late(
    rng: np.random.Generator, cooperative: Cooperative, fallen: Ints, tenor: Ints, weekly: Mask, forced: int
) -> Ints:
    """How many fallen instalments of each loan are unpaid."""
    lot = rng.integers(1000, size=len(fallen))
    late = np.zeros(len(fallen), np.int64)
    for edge, unpaid in reversed(LATE):
        late = np.where(lot < edge, unpaid, late)
    if "wrong-class" in cooperative.faults:
        late[:forced] = LATE_FOR_WRONG_CLASS
    return np.where(~weekly & (fallen < tenor) & (late < fallen), late, 0)


def _lines(mask: Mask, day: Days, principal: Ints, interest: Ints) -> pl.DataFrame:
    loan, number = np.nonzero(mask)
    return pl.DataFrame(
        {
            "loan": loan,
            "number": number + 1,
            "on": day[loan, number],
            "principal": principal[loan, number],
            "interest": interest[loan, number],
        }
    )


def _repaid(rng: np.random.Generator, mask: Mask, due: Days, principal: Ints, interest: Ints) -> pl.DataFrame:
    """Paid up to three days early, by day."""
    return _lines(mask, due - rng.integers(4, size=due.shape), principal, interest).sort("on", maintain_order=True)


def _collaterals(rng: np.random.Generator, loans: pl.DataFrame) -> pl.DataFrame:
    """For six loans in ten, worth 1.25 to 2 times the principal, given back when the loan is settled: collateral_no,
    loan_no, member_no, kind (index into `THINGS`), document, owner, value (whole rupiah), valued_on, held.
    """
    at = np.flatnonzero(rng.integers(1000, size=loans.height) < SECURED)
    chosen = loans[at.tolist()] if len(at) else loans.clear()
    worth = chosen["principal"].to_numpy() * rng.integers(5, 9, size=len(at)) // 4
    days = chosen["disbursed"].to_numpy().astype("datetime64[D]") - rng.integers(1, 20, size=len(at))
    return chosen.select(
        "loan_no",
        "member_no",
        pl.concat_str(pl.lit("AG-"), pl.col("loan_no").str.slice(3)).alias("collateral_no"),
        pl.col("name").alias("owner"),
        pl.Series("kind", rng.integers(len(THINGS), size=len(at))),
        pl.Series("document", rng.integers(10_000, 99_999, size=len(at))),
        pl.Series("value", worth),
        pl.Series("valued_on", days),
        held=~pl.col("settled"),
    )
