"""The opening trial balance and its ties, on a ledger small enough to add up in the head."""

from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.contracts import TABLES
from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.ledger.trial_balance import OpenedLedger, open_ledger

Row = dict[str, object]
SAVINGS = [("POKOK", "principal", 60), ("WAJIB", "mandatory", 40), ("TITIPAN", "prepaid_instalment", 5)]
LOANS = [("UMUM", "active", 90), ("UMUM", "settled", 7), ("MIKRO", "active", 10)]
RIGHT = [
    ("201", "liability", 0, 100, "savings"),
    ("202", "liability", 0, 5, "prepaid"),
    ("101", "asset", 100, 0, "loans"),
]


def account(code: str, kind: str, debit: int, credit: int, controls: str | None = None, **more: object) -> Row:
    amounts = {"debit": Decimal(debit), "credit": Decimal(credit)}
    side = "debit" if kind in ("asset", "expense") else "credit"
    row = {"account_code": code, "name": f"akun {code}", "account_type": kind, "normal_side": side, "is_detail": True}
    return {"cooperative_id": "A", **row, "controls": controls, **amounts, **more}


def opened(accounts: list[Row], savings: list[tuple[str, str, int]], loans: list[tuple[str, str, int]]) -> OpenedLedger:
    saved = [
        {"cooperative_id": "A", "product_code": product, "product_kind": kind, "balance": Decimal(amount)}
        for product, kind, amount in savings
    ]
    owed = [
        {"cooperative_id": "A", "product_code": product, "status": status, "outstanding_principal": Decimal(amount)}
        for product, status, amount in loans
    ]
    return open_ledger(frame("accounts", accounts), frame("savings_accounts", saved), frame("loans", owed))


def rules(result: OpenedLedger) -> list[str]:
    return result.failures["rule"].to_list()


def test_a_ledger_that_ties_has_no_findings() -> None:
    result = opened([account(*row) for row in RIGHT], SAVINGS, LOANS)
    assert rules(result) == []
    ties = result.trial_balance.select("account_code", "subledger_total", "difference").rows()
    assert ties == [
        ("201", Decimal(100), Decimal(0)),
        ("202", Decimal(5), Decimal(0)),
        ("101", Decimal(100), Decimal(0)),
    ]
    assert result.trial_balance.columns == ["cooperative_id", *TABLES["opening_trial_balance"].names]


def test_a_control_account_that_differs_says_both_amounts() -> None:
    result = opened(
        [account("201", "liability", 0, 98, " savings "), *(account(*row) for row in RIGHT[1:])], SAVINGS, LOANS
    )
    assert rules(result) == ["ACC-TIE-01"]
    assert result.failures["note"][0] == (
        "the ledger holds Rp 98.00 under the control savings, its subledger Rp 100.00"
        " (POKOK 60.00, WAJIB 40.00): a difference of Rp -2.00"
    )
    assert result.trial_balance["difference"][0] == Decimal(-2)


def test_sums_of_more_digits_than_a_column_can_hold_are_said() -> None:
    """Twice 9,000,000,000,000,000 is 18,000,000,000,000,000, of 17 digits."""
    most = 9_000_000_000_000_000
    savings = [("POKOK", "principal", most), ("WAJIB", "mandatory", most)]
    result = opened([account("201", "liability", 0, 98, "savings")], savings, [])
    assert result.failures.filter(pl.col("rule") == "ACC-TIE-01")["note"].to_list() == [
        "the ledger holds Rp 98.00 under the control savings, its subledger Rp 18000000000000000.00 (POKOK "
        "9000000000000000.00, WAJIB 9000000000000000.00): a difference of Rp -17999999999999902.00"
    ]


def test_products_named_one_by_one_and_together() -> None:
    accounts = [
        account("301", "equity", 0, 100, "savings: POKOK + WAJIB"),
        account("202", "liability", 0, 5, "savings:TITIPAN"),
        account("101", "asset", 90, 0, "loans:UMUM"), account("102", "asset", 10, 0, "loans:MIKRO"),
    ]  # fmt: skip
    assert rules(opened(accounts, SAVINGS, LOANS)) == []


def test_a_product_that_no_control_claims_is_found_if_it_holds_money() -> None:
    accounts = [account("301", "equity", 0, 60, "savings:POKOK"), account("101", "asset", 100, 0, "loans")]
    result = opened(accounts, [*SAVINGS, ("HARIRAYA", "holiday", 0)], LOANS)
    assert rules(result) == ["ACC-TIE-02", "ACC-TIE-02"]
    assert result.failures["before"].sort().to_list() == ["TITIPAN", "WAJIB"]


def test_savings_without_any_control_are_found() -> None:
    result = opened([account("201", "liability", 0, 100)], SAVINGS[:1], [])
    assert rules(result) == ["ACC-TIE-02"]
    assert result.failures["note"][0] == "Rp 60.00 of the savings product POKOK is under no control account"
    assert result.trial_balance["subledger_total"].to_list() == [None]


def test_a_product_claimed_twice_is_found() -> None:
    accounts = [*(account(*row) for row in RIGHT), account("301", "equity", 0, 60, "savings:POKOK")]
    result = opened(accounts, SAVINGS, LOANS)
    assert rules(result) == ["ACC-TIE-03"]
    assert (
        "POKOK (Rp 60.00) is claimed by more than one control: savings and savings:POKOK" in result.failures["note"][0]
    )


@pytest.mark.parametrize(
    "text", ["saving", "savings:EMAS", "savings:", "prepaid:TITIPAN", "loans:UMUM+POKOK", "interest", "savings:A:B"]
)
def test_a_word_or_product_that_does_not_exist_is_found(text: str) -> None:
    result = opened([*(account(*row) for row in RIGHT), account("401", "income", 0, 0, text)], SAVINGS, LOANS)
    assert "ACC-TIE-04" in rules(result)
    assert result.failures.filter(result.failures["rule"] == "ACC-TIE-04")["before"][0] == text


def test_a_product_without_accounts_exists_where_products_says_so() -> None:
    products = frame("products", [{"cooperative_id": "A", "product_code": "EMAS", "serves": "savings"}])
    accounts = frame("accounts", [account("401", "liability", 0, 0, "savings:EMAS")])
    empty = frame("savings_accounts", []), frame("loans", [])
    assert rules(open_ledger(accounts, *empty, products)) == []
    assert rules(open_ledger(accounts, *empty)) == ["ACC-TIE-04"]


@pytest.mark.parametrize("word", ["allowance", "interest_receivable", "interest_payable"])
def test_words_without_a_subledger_give_no_tie(word: str) -> None:
    result = opened([account("103", "asset", 0, 30, word, normal_side="credit")], [], [])
    assert rules(result) == []
    assert result.trial_balance["subledger_total"].to_list() == [None]


def test_branches_with_one_control_are_summed() -> None:
    accounts = [
        account("A-201", "liability", 0, 70, "savings", branch="A"),
        account("B-201", "liability", 0, 30, "savings", branch="B"),
        *(account(*row) for row in RIGHT[1:]),
    ]  # fmt: skip
    result = opened(accounts, SAVINGS, LOANS)
    assert rules(result) == []
    assert result.trial_balance["subledger_total"].to_list()[:2] == [Decimal(100), Decimal(100)]


def test_a_difference_names_the_accounts_and_products_behind_it_the_largest_first() -> None:
    """60 + 35 in the ledger of two branches against 40 + 60 of two products."""
    accounts = [
        account("A-201", "liability", 0, 35, "savings"), account("B-201", "liability", 0, 60, "savings"),
        *(account(*row) for row in RIGHT[1:]),
    ]  # fmt: skip
    result = opened(accounts, SAVINGS, LOANS)
    assert result.failures["note"].to_list() == [
        "the ledger holds Rp 95.00 under the control savings (B-201 60.00, A-201 35.00), its subledger Rp 100.00"
        " (POKOK 60.00, WAJIB 40.00): a difference of Rp -5.00"
    ]


def test_prepaid_instalments_tie_to_their_own_control_both_ways() -> None:
    """5 in the subledger against 6 in the ledger; and 5 without a control account."""
    right = [account(*row) for row in RIGHT]
    wrong = opened([right[0], account("202", "liability", 0, 6, "prepaid"), right[2]], SAVINGS, LOANS)
    assert wrong.failures.select("rule", "note").rows() == [
        (
            "ACC-TIE-01",
            "the ledger holds Rp 6.00 under the control prepaid, its subledger Rp 5.00: a difference of Rp 1.00",
        )
    ]
    without = opened([right[0], right[2]], SAVINGS, LOANS)
    assert without.failures["note"].to_list() == ["Rp 5.00 of the savings product TITIPAN is under no control account"]


def test_the_chart_says_whether_savings_are_equity_or_liability() -> None:
    """A chart that has all savings under one liability, as one real cooperative does."""
    natures = {"POKOK": "equity", "WAJIB": "equity", "SUKA": "liability", "LAMA": "equity"}
    balances = {"POKOK": 60, "WAJIB": 90, "SUKA": 30, "LAMA": 0}
    saved = [
        {"cooperative_id": "A", "product_code": product, "nature": nature, "balance": Decimal(balances[product])}
        for product, nature in natures.items()
    ]
    accounts = [account("201", "liability", 0, 180, "savings"), account("101", "asset", 180, 0)]
    result = open_ledger(frame("accounts", accounts), frame("savings_accounts", saved), frame("loans", []))
    assert result.failures.select("rule", "row", "note").rows() == [
        (
            "ACC-NAT-01", 1,
            "201 is liability in the chart, but the savings under it open as equity: WAJIB 90.00, POKOK 60.00",
        )
    ]  # fmt: skip
    parted = [
        account("201", "liability", 0, 30, "savings:SUKA"), account("101", "asset", 180, 0),
        account("301", "equity", 0, 150, "savings:POKOK+WAJIB+LAMA"),
    ]  # fmt: skip
    assert rules(open_ledger(frame("accounts", parted), frame("savings_accounts", saved), frame("loans", []))) == []


def test_a_contra_account_in_a_control_is_deducted() -> None:
    """A murabahah receivable of 130 with a deferred margin of 30 is the 100 that the members owe; 100 with a contra
    account of 10 is 90, and 10 short of them.
    """
    others = [account(*row) for row in RIGHT[:2]]
    deferred = account("102", "asset", 0, 30, "loans", normal_side="credit")
    assert rules(opened([*others, account("101", "asset", 130, 0, "loans"), deferred], SAVINGS, LOANS)) == []
    contra = account("102", "asset", 0, 10, "loans", normal_side="credit")
    short = opened([*others, account("101", "asset", 100, 0, "loans"), contra], SAVINGS, LOANS)
    assert rules(short) == ["ACC-TIE-01"]
    assert "Rp 90.00 under the control loans" in short.failures["note"][0]
    assert "101 100.00, 102 -10.00" in short.failures["note"][0]


def test_balances_without_a_subledger_are_listed_as_not_proved() -> None:
    accounts = [
        *(account(*row) for row in RIGHT), account("103", "asset", 30, 0), account("104", "asset", 0, 0),
        account("105", "asset", 0, 8, "allowance", normal_side="credit"), account("203", "liability", 0, 12),
        account("401", "income", 0, 5), account("1", "asset", 122, 0, is_detail=False),
    ]  # fmt: skip
    result = opened(accounts, SAVINGS, LOANS)
    assert result.not_proved.select("account_code", "debit", "credit", "reason").rows() == [
        ("103", Decimal(30), Decimal(0), "no subledger of this account is migrated"),
        ("203", Decimal(0), Decimal(12), "no subledger of this account is migrated"),
        ("401", Decimal(0), Decimal(5), "income or expense of the year: its journals are not migrated"),
    ]


def test_an_abnormal_balance_counts_against_its_side() -> None:
    result = opened([account("201", "liability", 3, 0, "savings")], [("SUKARELA", "voluntary", -3)], [])
    assert rules(result) == []


def header(code: str, debit: int, credit: int, parent: str | None = None) -> Row:
    return account(code, "asset", debit, credit, is_detail=False, parent_code=parent)


@pytest.mark.parametrize(("amount", "found"), [(70, []), (0, []), (71, ["ACC-HDR-01"])])
def test_a_header_with_an_amount_is_the_net_of_its_children(amount: int, found: list[str]) -> None:
    accounts = [
        header("1", amount, 0), header("11", 0, 0, "1"), header("12", 0, 0, "1"),
        account("111", "asset", 100, 0, parent_code="11"), account("121", "asset", 0, 30, parent_code="12"),
    ]  # fmt: skip
    result = opened(accounts, [], [])
    assert rules(result) == found
    assert result.trial_balance["account_code"].to_list() == ["111", "121"]


def test_each_header_is_judged_by_its_own_children() -> None:
    accounts = [header("1", 71, 0), header("11", 71, 0, "1"), account("111", "asset", 70, 0, parent_code="11")]
    result = opened(accounts, [], [])
    assert rules(result) == ["ACC-HDR-01"]
    assert result.failures["row"].to_list() == [2]


def test_a_header_without_children_must_not_hold_money() -> None:
    assert rules(opened([header("1", 5, 0)], [], [])) == ["ACC-HDR-01"]


def test_titles_in_a_circle_do_not_hang() -> None:
    accounts = [header("1", 0, 0, "2"), header("2", 0, 0, "1"), account("11", "asset", 5, 0, parent_code="1")]
    assert rules(opened(accounts, [], [])) == []


def test_a_cooperative_without_accounts_gives_no_findings() -> None:
    assert rules(opened([], SAVINGS, LOANS)) == []
