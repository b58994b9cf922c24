"""The loss allowance: what the classes require at the batch's percentages, against the ledger's account."""

from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.allowance import by_class, tie_allowance
from koop_pipeline.opening.policies import percent_frame
from koop_pipeline.program.policies import Policies

Row = dict[str, object]


def positions(*rows: tuple[str, str | None, str, str]) -> pl.DataFrame:
    """Cooperative, class, outstanding principal, status."""
    columns = ["cooperative_id", "collectability", "outstanding_principal", "status"]
    kinds = dict.fromkeys(columns, pl.String) | {"outstanding_principal": pl.Decimal(18, 2)}
    data = [(key, name, Decimal(amount), status) for key, name, amount, status in rows]
    return pl.DataFrame(data, schema=columns, orient="row", schema_overrides=kinds)


def required(loans: pl.DataFrame, **policies: Policies) -> pl.DataFrame:
    return by_class(loans, percent_frame(policies or {"A": Policies()}))


LOANS = positions(
    ("A", "current", "10000000", "active"),
    ("A", "current", "5000001.50", "active"),
    ("A", "loss", "700000", "active"),
    ("A", "doubtful", "1000000", "active"),
    ("A", "loss", "9000000", "written_off"),
    ("A", "current", "0", "settled"),
)


def test_each_class_takes_its_percentage_of_the_sum() -> None:
    """0.5 % of 15,000,001.50 = 75,000.0075; 50 % of 1,000,000; 100 % of 700,000. Written-off loans are not counted."""
    rows = required(LOANS).select("class", "loans", "outstanding", "percent", "required").rows()
    assert rows == [
        ("current", 2, Decimal("15000001.50"), Decimal("0.5"), Decimal("75000.01")),
        ("doubtful", 1, Decimal(1_000_000), Decimal(50), Decimal(500_000)),
        ("loss", 1, Decimal(700_000), Decimal(100), Decimal(700_000)),
    ]


def test_the_percentages_are_a_setting_of_each_cooperative() -> None:
    """1 % and none at all for what is current; classes that are left out keep 0.5, 5, 10, 50, 100."""
    loans = positions(
        ("A", "current", "100", "active"), ("B", "current", "100", "active"), ("B", "special_mention", "100", "active")
    )
    chosen = {"A": Policies(allowance={"current": Decimal(1)}), "B": Policies(allowance={"current": Decimal(0)})}
    assert required(loans, **chosen).select("cooperative_id", "class", "required").rows() == [
        ("A", "current", Decimal(1)),
        ("B", "current", Decimal(0)),
        ("B", "special_mention", Decimal(5)),
    ]


def test_a_loan_without_a_class_is_a_row_of_its_own_and_requires_what_cannot_be_told() -> None:
    loans = positions(("A", None, "300", "active"), ("A", "loss", "200", "active"))
    rows = required(loans).select("class", "loans", "outstanding", "required").rows()
    assert set(rows) == {("loss", 1, Decimal(200), Decimal(200)), (None, 1, Decimal(300), None)}
    ((rule, note),) = tied(account("allowance", "150"), loans=required(loans))
    assert rule == "ACC-ALW-01"
    assert "300.00 of 1 loans without a class" in note
    assert note.endswith("a difference of Rp -50.00")


def account(control: str | None, credit: str, name: str = "Cadangan", kind: str = "asset") -> Row:
    return {
        "cooperative_id": "A", "account_code": name, "name": name, "account_type": kind, "normal_side": "credit",
        "is_detail": True, "controls": control, "debit": Decimal(0), "credit": Decimal(credit),
    }  # fmt: skip


def tied(*accounts: Row, loans: pl.DataFrame) -> list[tuple[str, str]]:
    found = tie_allowance(frame("accounts", accounts), loans)
    return list(zip(found["rule"], found["note"], strict=True))


def test_the_declared_account_is_compared_and_the_difference_is_told_by_class() -> None:
    """75,000.01 + 500,000 + 700,000 = 1,275,000.01."""
    loans = required(LOANS)
    assert tied(account("allowance", "1275000.01"), loans=loans) == []
    assert tied(account("allowance", "1275000"), loans=loans) == [
        (
            "ACC-ALW-01",
            "the ledger has set aside Rp 1275000.00 for losses, the classes require Rp 1275000.01 (current 0.5 % of"
            " 15000001.50 = 75000.01, doubtful 50 % of 1000000.00 = 500000.00, loss 100 % of 700000.00 = 700000.00): a"
            " difference of Rp -0.01",
        )
    ]


def test_an_allowance_without_loans_differs() -> None:
    ((rule, note),) = tied(account("allowance", "9"), loans=required(positions()))
    assert rule == "ACC-ALW-01"
    assert "Rp 0.00 (no loans)" in note


def test_no_account_while_something_is_required_for_loans_that_are_not_current() -> None:
    cash = account(None, "0", "Kas")
    assert tied(cash, loans=required(positions(("A", "current", "15000000", "active")))) == []
    ((rule, note),) = tied(cash, loans=required(LOANS))
    assert rule == "ACC-ALW-02"
    assert note.startswith("the classes require an allowance of Rp 1275000.01 (current 0.5 % of")
    nothing = Policies(allowance=dict.fromkeys(("current", "doubtful", "loss"), Decimal(0)))
    assert tied(cash, loans=required(LOANS, A=nothing)) == []
    assert tied(cash, loans=required(positions(("B", "loss", "9", "active")), B=Policies())) == []
    assert tied(loans=required(LOANS)) == []


@pytest.mark.parametrize(
    ("name", "kind", "counts"),
    [
        ("Penyisihan Piutang Tak Tertagih", "asset", True),
        ("PENYISIHAN PENGHAPUSAN PINJAMAN", "asset", True),
        ("Cadangan Risiko Kredit", "liability", True),
        ("PPAP", "asset", True),
        ("Cadangan Umum", "equity", False),
        ("Beban Penyisihan Piutang", "expense", False),
        ("Akumulasi Penyusutan Inventaris", "asset", False),
    ],
)
def test_an_account_that_is_named_like_one_is_there_but_not_compared(name: str, kind: str, counts: bool) -> None:
    found = tied(account(None, "1", name, kind), loans=required(LOANS))
    assert [rule for rule, _ in found] == ([] if counts else ["ACC-ALW-02"])
