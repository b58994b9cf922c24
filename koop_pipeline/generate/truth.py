"""One chunk of a cooperative with everything in it, and the sums over all chunks.

Put here how a chunk is put together, and what of it counts for the answer key. What a legacy system makes of it belongs
to the writers.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from koop_pipeline.generate import dirt, lending, people, savings, wrongs
from koop_pipeline.generate.plan import Cooperative

CHUNK = 10_000


@dataclass(frozen=True)
class Chunk:
    """Frames of some members of one cooperative; money of savings is sen, of loans whole rupiah."""

    members: pl.DataFrame
    accounts: pl.DataFrame
    movements: pl.DataFrame
    lent: lending.Lent
    officers: pl.DataFrame | None
    rng: np.random.Generator


@dataclass
class Sums:
    """What the chunks of a cooperative hold together."""

    rows: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)
    merged: int = 0
    unpaid: int = 0
    savings: Counter[str] = field(default_factory=Counter)
    loans: Counter[str] = field(default_factory=Counter)
    movements: int = 0
    late: int = 0
    repayments: int = 0
    findings: Counter[str] = field(default_factory=Counter)


def chunks(cooperative: Cooperative, sums: Sums) -> Iterator[Chunk]:
    """The members of a cooperative, some thousand at a time; adds each chunk to `sums`."""
    entries = 0
    since = savings.first_day(cooperative.transactions)
    for first in range(0, cooperative.members, CHUNK):
        span = people.Span(first, min(CHUNK, cooperative.members - first))
        rng = np.random.default_rng([cooperative.seed, 1, cooperative.ordinal, first])
        invented = people.invent(rng, cooperative, span, since)
        accounts, movements = savings.invent(rng, cooperative, invented, entries)
        found = dirt.spoil(rng, cooperative, invented) if first == 0 else dirt.clean(invented)
        names = invented.with_columns(found.members["name"].head(invented.height))
        lent = lending.invent(rng, cooperative, names)
        books = wrongs.Books(found.members, accounts, movements)
        if first == 0:
            books = wrongs.put_in(cooperative, books, lent, found.moved)
        entries += books.movements.height
        officers = people.officers(found.members) if first == 0 else None
        _add(sums, cooperative, books, lent, found, officers)
        yield Chunk(books.members, books.accounts, books.movements, lent, officers, rng)


def _add(
    sums: Sums,
    cooperative: Cooperative,
    books: wrongs.Books,
    lent: lending.Lent,
    found: dirt.Dirt,
    officers: pl.DataFrame | None,
) -> None:
    """Rows that the delivery has, and the money that stands at the cut-off."""
    terms = lending.terms_of(cooperative)
    collaterals = lent.collaterals.height if has_collaterals(cooperative) else 0
    sums.rows.update(
        officers=0 if officers is None else officers.height,
        members=books.members.height,
        savings_accounts=books.accounts.height,
        savings_transactions=books.movements.height,
        loans=lent.loans.height,
        loan_instalments=lent.instalments.height,
        loan_repayments=lent.repayments.height,
        collaterals=collaterals,
    )
    sums.excluded.update(members=found.excluded, savings_transactions=books.late)
    sums.merged += found.merged
    sums.unpaid += int(lent.loans["unpaid"].sum())
    sums.findings.update(found.findings + books.findings)
    for product, sen in books.accounts.group_by("product").agg(pl.col("sen").sum()).sort("product").rows():
        sums.savings[savings.PRODUCTS[product]] += sen
    for kind, left in lent.loans.group_by("terms").agg(pl.col("outstanding").sum()).sort("terms").rows():
        sums.loans[terms[kind].product] += left * 100
    sums.movements += int(books.movements["sen"].sum()) - books.late_sen
    sums.late += books.late_sen
    sums.repayments += int((lent.repayments["principal"] + lent.repayments["interest"]).sum()) * 100
    if "wrong-class" in cooperative.faults:
        sums.findings["LON-COL-02"] += int(lent.loans["substandard"].sum())
    if "dear-loans" in cooperative.faults:
        sums.findings["LON-CAP-01"] += lent.loans.filter(pl.col("terms") == len(lending.TERMS)).height


def has_collaterals(cooperative: Cooperative) -> bool:
    """Whether the delivery has a row of collateral."""
    return not cooperative.faults & {"no-collaterals", "declared-absent"}
