"""What is invented: sizes, people who do not exist, loans by the formulas of the field, books that balance."""

from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koop_pipeline.generate import ledger, lending, numbers, plan
from koop_pipeline.generate.truth import Chunk, Sums, chunks
from koop_pipeline.identifiers import region

SMALL = plan.Cooperative(ordinal=4, system="csv", members=200, first_person=900, seed=11)


def whole(cooperative: plan.Cooperative) -> tuple[list[Chunk], Sums]:
    """All chunks and their sums."""
    sums = Sums()
    return list(chunks(cooperative, sums)), sums


@given(st.integers(1, 300), st.integers(20, 900), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_sizes_are_uneven_and_together_what_was_asked_for(count: int, mean: int, seed: int) -> None:
    sizes = [each.members for each in plan.cooperatives(plan.Plan(count, mean, seed, faults="0"))]
    assert sum(sizes) == count * mean
    assert min(sizes) >= 20
    assert count < 10 or mean < 100 or max(sizes) > 2 * min(sizes)


def test_without_faults_nothing_is_wrong_and_with_them_about_as_much_as_stated() -> None:
    clean = plan.cooperatives(plan.Plan(2000, 20, seed=5, faults="0"))
    assert not any(each.faults or each.dirty for each in clean)
    usual = plan.cooperatives(plan.Plan(2000, 20, seed=5))
    counts = Counter(fault for each in usual for fault in each.faults)
    assert 20 <= counts["trial-balance"] <= 60
    assert 80 <= counts["undeclared"] <= 150
    assert 700 <= sum(each.dirty for each in usual) <= 1050


@given(st.integers(0, 2**63 - 1), st.lists(st.integers(0, 30 * 70 - 1), unique=True, min_size=2))
def test_no_two_people_get_the_same_pair(seed: int, people: list[int]) -> None:
    x, y = numbers.permuted(np.array(people), (30, 70), seed)
    pairs = set(zip(x.tolist(), y.tolist(), strict=True))
    assert len(pairs) == len(people)
    assert all(0 <= a < 30 and 0 <= b < 70 for a, b in pairs)


def test_people_are_invented_and_their_niks_say_birth_gender_and_district() -> None:
    (chunk,), _ = whole(SMALL)
    assert chunk.members["nik"].n_unique() == chunk.members["phone"].n_unique() == 200
    for row in chunk.members.to_dicts():
        nik, born = row["nik"], row["birth"]
        assert nik[:12] == f"{nik[:6]}{born.day + 40 * row['woman']:02d}{born:%m%y}"
        assert f"{nik[:2]}.{nik[2:4]}.{nik[4:6]}" in region.names()
        assert row["region"] in region.names()
        assert int(nik[12:]) >= 8000, "no office gives so many numbers for one day"
        assert row["phone"].startswith("+6284"), "no operator is known to use 084"
        assert row["joined"] >= date(born.year + 17, born.month, born.day)


def test_no_two_niks_differ_by_one_digit_or_by_two_swapped_ones() -> None:
    (chunk,), _ = whole(SMALL)
    niks = set(chunk.members["nik"].to_list())
    for nik in niks:
        near = {nik[:at] + digit + nik[at + 1 :] for at in range(16) for digit in "0123456789"}
        near |= {nik[:at] + nik[at + 1] + nik[at] + nik[at + 2 :] for at in range(15)}
        assert near & niks == {nik}


@pytest.mark.parametrize("transactions", [2, 12, 36])
def test_histories_explain_every_balance_and_have_the_length_that_was_asked_for(transactions: int) -> None:
    (chunk,), sums = whole(plan.Cooperative(1, "sqlite", 400, 0, seed=2, transactions=transactions))
    explained = chunk.movements.group_by("account").agg(pl.col("sen").sum()).sort("account")["sen"].to_list()
    assert explained == chunk.accounts["sen"].to_list()
    assert min(chunk.movements["balance"]) >= 0
    days = [str(day) for day in chunk.movements["on"].to_list()]
    assert days == sorted(days)
    assert days[0] == {2: "2026-05-01", 12: "2025-07-01", 36: "2023-07-01"}[transactions]
    assert "2026-06-20" < days[-1] <= "2026-06-30"
    assert (chunk.movements["sen"] % 100).sum() == 0, "this system stores whole rupiah"
    assert 0.8 * transactions <= chunk.movements.height / chunk.accounts.height <= 1.3 * transactions + 1
    assert sums.movements == sum(sums.savings.values())


def test_a_large_cooperative_comes_in_chunks_that_fit_together() -> None:
    parts, sums = whole(plan.Cooperative(0, "csv", 10_001, 0, seed=1, transactions=2))
    assert [part.members.height for part in parts] == [10_000, 1]
    for table, column in (
        ("members", "member_no"),
        ("members", "nik"),
        ("accounts", "account_no"),
        ("movements", "entry"),
    ):
        joined = pl.concat([getattr(part, table)[column] for part in parts])
        assert joined.n_unique() == len(joined)
    assert [part.officers is None for part in parts] == [False, True]
    loans = pl.concat([part.lent.loans["loan_no"] for part in parts])
    assert loans.n_unique() == len(loans) == sums.rows["loans"] == 2501


def test_the_level_payment_is_that_of_the_textbook() -> None:
    """Domain section 4: 10,000,000 at 12 % a year over 24 months is 470,735 a month."""
    assert lending.level_payment(10_000_000, 10_000_000, 24) == 470_735


def half_up(value: Fraction) -> int:
    """Whole rupiah."""
    return int((Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal(1), ROUND_HALF_UP))


def test_schedules_follow_flat_declining_and_annuity_worked_out_in_fractions() -> None:
    (chunk,), _ = whole(SMALL)
    lines = chunk.lent.instalments.partition_by("loan", maintain_order=True)
    methods = set()
    for loan, own in zip(chunk.lent.loans.to_dicts(), lines, strict=True):
        terms = lending.TERMS[loan["terms"]]
        periods = {"per_month": 1, "per_year": 52 if terms.weekly else 12}[terms.basis]
        rate, left, count = Fraction(terms.rate) / 100 / periods, loan["principal"], loan["tenor"]
        methods.add(terms.method)
        for number, line in enumerate(own.to_dicts(), start=1):
            interest = rate * (loan["principal"] if terms.method == lending.FLAT else left)
            share = Fraction(loan["principal"], count)
            if terms.method == lending.ANNUITY:
                payment = half_up(loan["principal"] * rate / (1 - (1 + rate) ** -count))
                share = Fraction(payment - half_up(interest))
            part = left if number == count else half_up(share)
            assert (line["principal"], line["interest"]) == (part, half_up(interest))
            left -= part
        assert left == 0
        assert own.height == count
    assert methods == {lending.FLAT, lending.DECLINING, lending.ANNUITY}


def test_due_days_keep_the_day_of_the_month_or_its_last() -> None:
    days = lending.add_months(np.array(["2025-01-31", "2025-08-15"], "datetime64[D]"), 1)
    assert [str(day) for day in days] == ["2025-02-28", "2025-09-15"]


amounts = st.integers(1, 10**13)


@given(st.integers(0, 2**32), amounts, amounts, amounts, st.booleans())
@settings(deadline=None)
def test_the_books_balance_and_tie_whatever_the_subledgers_hold(
    seed: int, principal: int, voluntary: int, lent: int, by_product: bool
) -> None:
    held = {"POKOK": principal, "WAJIB": 5_00, "SUKARELA": voluntary, "HARIRAYA": 7_00}
    lines = ledger.invent(np.random.default_rng(seed), held, {"UMUM": lent}, frozenset(), by_product)
    assert ledger.debit(lines) == ledger.credit(lines)
    assert all(line.sen >= 0 for line in lines)
    controlled = {line.control: line.sen for line in lines if line.control}
    assert controlled == {
        "loans:UMUM" if by_product else "loans": lent,
        "savings:POKOK": principal,
        "savings:WAJIB": 5_00,
        "savings:SUKARELA+HARIRAYA": voluntary + 7_00,
    }
    out = ledger.invent(np.random.default_rng(seed), held, {"UMUM": lent}, frozenset({"trial-balance"}), by_product)
    assert ledger.debit(out) - ledger.credit(out) == 500_000_00
    untied = ledger.invent(
        np.random.default_rng(seed), held, {"UMUM": lent}, frozenset({"control-account"}), by_product
    )
    assert ledger.debit(untied) == ledger.credit(untied)
    off = {line.control: line.sen for line in untied if line.control}
    assert off["savings:SUKARELA+HARIRAYA"] - controlled["savings:SUKARELA+HARIRAYA"] == 1_250_000_00
