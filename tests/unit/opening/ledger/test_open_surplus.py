"""The surplus of the year beside standing income and expense: named in many ways, counted once or twice."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.ledger.surplus import surplus_failures

Row = dict[str, object]


def account(code: str, kind: str, debit: int, credit: int, **more: object) -> Row:
    amounts = {"debit": Decimal(debit), "credit": Decimal(credit)}
    row = {"cooperative_id": "A", "account_code": code, "name": f"akun {code}", "account_type": kind}
    return {**row, "is_detail": True, **amounts, **more}


def opened(accounts: list[Row]) -> pl.DataFrame:
    return surplus_failures(frame("accounts", accounts))


def rules(failures: pl.DataFrame) -> list[str]:
    return failures["rule"].sort().to_list()


BOOK = [
    account("101", "asset", 120, 0), account("401", "income", 0, 50), account("501", "expense", 10, 0),
    account("301", "equity", 0, 80),
]  # fmt: skip
CLOSED = [account("101", "asset", 120, 0), account("301", "equity", 0, 80)]
SURPLUS = account("309", "equity", 0, 40) | {"name": "SHU Tahun Berjalan"}


@pytest.mark.parametrize("accounts", [BOOK, [*CLOSED, SURPLUS], [*BOOK, {**SURPLUS, "credit": Decimal(0)}]])
def test_income_and_expense_standing_or_closed_are_both_right(accounts: list[Row]) -> None:
    """Standing: 120 + 10 = 50 + 80. Closed: 120 = 80 + 40."""
    assert rules(opened(accounts)) == []


def test_a_surplus_beside_the_income_and_expense_it_comes_from_counts_twice() -> None:
    """Debit 120 + 10 = 130, credit 50 + 80 + 40 = 170: out by the surplus of 50 - 10 = 40."""
    result = opened([*BOOK, SURPLUS])
    both = "the surplus of the year (309) holds Rp 40.00 while income of Rp 50.00 and expense of Rp 10.00 stand too"
    assert result.select("rule", "row", "before", "note").rows() == [
        ("ACC-SHU-01", 5, "40.00", both),
        (
            "ACC-SHU-02", 5, "40.00",
            f"{both}, and credit exceeds debit by exactly Rp 40.00: the surplus counts twice; close income and expense,"
            " or leave it empty",
        ),
    ]  # fmt: skip


def test_a_surplus_of_earlier_months_in_a_balance_that_is_right_is_not_counted_twice() -> None:
    """60 of the equity is reserves, 20 the surplus of months already closed: the trial balance is right."""
    accounts = [*BOOK[:3], {**SURPLUS, "credit": Decimal(20)}, account("301", "equity", 0, 60)]
    assert rules(opened(accounts)) == ["ACC-SHU-01"]


def test_a_surplus_that_is_the_result_of_the_standing_accounts_counts_twice_also_in_equal_books() -> None:
    """Somebody made the books equal: 120 + 10 = 50 + 40 of reserves + 40, yet the 40 are 50 - 10 once more."""
    plugged = [*BOOK[:3], SURPLUS, account("301", "equity", 0, 40)]
    result = opened(plugged)
    assert rules(result) == ["ACC-SHU-01", "ACC-SHU-02"]
    assert "and they make exactly that, although debit equals credit: the surplus counts twice" in str(
        result["note"][1]
    )
    to_the_rupiah = [*BOOK[:3], {**SURPLUS, "credit": Decimal("39.50")}, {**BOOK[3], "credit": Decimal("40.50")}]
    assert rules(opened(to_the_rupiah)) == ["ACC-SHU-01", "ACC-SHU-02"]
    one_more = [*BOOK[:3], {**SURPLUS, "credit": Decimal(41)}, account("301", "equity", 0, 39)]
    assert rules(opened(one_more)) == ["ACC-SHU-01"]


def test_a_loss_counts_twice_too() -> None:
    """Income 10, expense 50: a loss of 40 in debit, 80 + 40 + 50 = 10 + 160."""
    lines = [
        account("101", "asset", 80, 0), account("401", "income", 0, 10), account("501", "expense", 50, 0),
        account("309", "equity", 40, 0) | {"name": "Rugi Berjalan"}, account("301", "equity", 0, 160),
    ]  # fmt: skip
    assert rules(opened(lines)) == ["ACC-SHU-01", "ACC-SHU-02"]


def test_a_surplus_that_another_equity_account_takes_back_is_not_counted_twice() -> None:
    """Half-closed books: 40 on SHU berjalan, 40 the other way on the income summary; 120 + 10 + 40 = 50 + 40 + 80."""
    lines = [*BOOK[:3], SURPLUS, account("308", "equity", 40, 0), account("301", "equity", 0, 80)]
    assert rules(opened(lines)) == ["ACC-SHU-01"]


def test_a_balance_sheet_that_is_right_by_itself_beside_standing_income_counts_twice() -> None:
    """120 = 80 + 40 on the balance sheet; income of 50 and expense of 20 stand beside it."""
    lines = [*CLOSED, SURPLUS, account("401", "income", 0, 50), account("501", "expense", 20, 0)]
    result = opened(lines)
    assert rules(result) == ["ACC-SHU-01", "ACC-SHU-02"]
    assert "credit exceeds debit by exactly Rp 30.00" in str(result["note"][1])


NAMES = [
    "SHU Tahun Berjalan", "SHU berjalan", "Sisa Hasil Usaha Tahun Berjalan", "Laba/Rugi Tahun Berjalan",
    "LABA (RUGI) BERJALAN", "Laba berjalan", "Tahun Berjalan", "SHU Tahun Ini", "SHU", "Sisa Hasil Usaha",
    "Sisa Hasil Usaha (SHU)", "Surplus", "Laba / Rugi",
    "L/R berjalan", "R/L Berjalan", "Hasil usaha bersih", "SHU 2026", "Surplus tahun 2026",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["equity", "liability"])
@pytest.mark.parametrize("name", NAMES)
def test_the_surplus_of_the_year_is_known_by_its_names_under_any_type(name: str, kind: str) -> None:
    """Books of 2026: 20 beside a result of 40 warns, 40 beside it blocks."""
    named = account("309", kind, 0, 20, name=name, _as_of=date(2026, 6, 30))
    assert rules(opened([*BOOK[:3], named, account("301", "equity", 0, 60)])) == ["ACC-SHU-01"]
    twice = {**named, "credit": Decimal(40)}
    assert rules(opened([*BOOK[:3], twice, account("301", "equity", 0, 40)])) == ["ACC-SHU-01", "ACC-SHU-02"]


@pytest.mark.parametrize(
    "name",
    [
        "SHU Tahun Lalu", "SHU 2025", "Laba Ditahan", "Cadangan SHU", "SHU belum dibagi", "Utang SHU anggota",
        "SHU bagian anggota", "Surplus revaluasi",
    ],
)  # fmt: skip
def test_other_money_with_the_surplus_in_its_name_is_held_against_the_exact_amounts_only(name: str) -> None:
    """20 beside a result of 40 is that of another year; 40 to the rupiah is the same surplus once more."""
    other = account("308", "liability", 0, 20, name=name, _as_of=date(2026, 6, 30))
    assert rules(opened([*BOOK[:3], other, account("301", "equity", 0, 60)])) == []
    same = {**other, "credit": Decimal(40)}
    assert rules(opened([*BOOK[:3], same, account("301", "equity", 0, 40)])) == ["ACC-SHU-02"]
    assert rules(opened([*BOOK, {**other, "credit": Decimal(7)}])) == ["ACC-SHU-02"], "credit exceeds debit by 7"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Hasil usaha", "income"), ("Pendapatan tahun berjalan", "income"), ("Laba penjualan aset", "income"),
        ("Beban pajak SHU tahun berjalan", "expense"), ("Utang pajak tahun berjalan", "liability"), ("Kas", "asset"),
        ("Simpanan pokok", "equity"), ("Dana cadangan", "equity"),
    ],
)  # fmt: skip
def test_what_is_no_surplus_gives_nothing(name: str, kind: str) -> None:
    lines = [*BOOK[:3], account("301", "equity", 0, 60), account("700", kind, 0, 20, name=name)]
    assert rules(opened(lines)) == []


def test_a_surplus_typed_as_income_is_none_of_the_income() -> None:
    """Income 50 and expense 10 make 40; the 40 beside them are typed as income too."""
    typed = account("490", "income", 0, 40, name="SHU Tahun Berjalan")
    assert rules(opened([*BOOK, typed])) == ["ACC-SHU-01", "ACC-SHU-02"]
    assert rules(opened([*CLOSED, typed])) == []


def test_a_reserve_that_makes_the_same_by_its_sum_with_the_surplus_does_not_hide_it() -> None:
    """Last year's 15 and this year's 40 beside a result of 40."""
    lines = [
        *BOOK[:3],
        SURPLUS,
        account("308", "equity", 0, 15, name="SHU tahun lalu"),
        account("301", "equity", 0, 25),
    ]
    assert rules(opened(lines)) == ["ACC-SHU-01", "ACC-SHU-02"]
