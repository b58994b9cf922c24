"""Collectability: the decision table with its worked dates is the specification; the second scheme is that of banks."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.collectability import classify, collateral_value
from koop_pipeline.opening.loans.position import open_loans
from koop_pipeline.opening.policies import policy_frame
from koop_pipeline.program.policies import Policies

CUTOFF = date(2026, 6, 30)


def decide(
    oldest: date | None, cover: str | None = "0", *, frequency: str | None = "monthly", method: str = "flat",
    interest: date | None = None, gap: int | None = None, handed_over: bool = False, scheme: str = "cooperative",
    rescuable: bool = False,
) -> tuple[str, bool]:  # fmt: skip
    """Class and whether it is loss by collateral, for a debt of Rp 1,000,000 and a collateral of `cover` times that."""
    loan = {
        "cutoff_on": CUTOFF, "oldest_principal_due": oldest, "oldest_interest_due": interest, "frequency": frequency,
        "interest_method": method, "gap_days": gap, "handed_over": handed_over, "due": 100_000_000,
        "scheme": scheme, "rescuable": rescuable,
        "collateral": None if cover is None else int(Decimal(cover) * 100_000_000),
    }  # fmt: skip
    dates = {"cutoff_on": pl.Date, "oldest_principal_due": pl.Date, "oldest_interest_due": pl.Date}
    amounts = {"due": pl.Int128, "collateral": pl.Int128, "gap_days": pl.Int64, "frequency": pl.String}
    row = classify(pl.DataFrame([loan], schema_overrides={**dates, **amounts}))
    return row["class"][0], row["by_collateral"][0]


TABLE = [
    # instalments, part unpaid, oldest unpaid due date, collateral / debt, class                months allowed: a, b
    ("monthly", "principal", date(2026, 3, 30), "0", "current"),  # 3: 30 March + 3 months is the cut-off itself
    ("monthly", "principal", date(2026, 3, 29), "0", "substandard"),
    ("monthly", "principal", date(2025, 12, 31), "0", "substandard"),  # 6: 31 December + 6 months, clamped to 30 June
    ("monthly", "principal", date(2025, 12, 30), "0", "substandard"),
    ("monthly", "principal", date(2025, 12, 29), "1.0", "doubtful"),
    ("monthly", "principal", date(2025, 12, 29), "0.5", "loss"),
    ("monthly", "principal", date(2024, 3, 30), "2", "doubtful"),  # 6 + 21
    ("monthly", "principal", date(2024, 3, 29), "2", "loss"),
    ("monthly", "interest", date(2026, 3, 30), "0", "current"),  # 3
    ("monthly", "interest", date(2026, 3, 29), "0", "substandard"),
    ("monthly", "interest", date(2025, 12, 29), "1", "doubtful"),  # 6
    ("monthly", "interest", date(2024, 3, 29), "2", "loss"),  # 6 + 21
    ("weekly", "principal", date(2026, 5, 30), "0", "current"),  # 1
    ("weekly", "principal", date(2026, 5, 29), "0", "substandard"),
    ("weekly", "principal", date(2026, 4, 30), "0", "substandard"),  # 2
    ("weekly", "principal", date(2026, 4, 29), "1", "doubtful"),
    ("weekly", "principal", date(2024, 7, 30), "1", "doubtful"),  # 2 + 21
    ("weekly", "principal", date(2024, 7, 29), "1", "loss"),
    ("weekly", "interest", date(2026, 5, 29), "0", "substandard"),  # 1
    ("weekly", "interest", date(2026, 3, 30), "0", "substandard"),  # 3
    ("weekly", "interest", date(2026, 3, 29), "1", "doubtful"),
    ("weekly", "interest", date(2024, 6, 29), "1", "loss"),  # 3 + 21
    ("daily", "principal", date(2026, 4, 29), "1", "doubtful"),
    ("yearly", "principal", date(2025, 12, 30), "0", "current"),  # 6
    ("yearly", "principal", date(2025, 12, 29), "0", "substandard"),
    ("yearly", "principal", date(2025, 6, 30), "0", "substandard"),  # 12
    ("yearly", "principal", date(2025, 6, 29), "1", "doubtful"),
    ("yearly", "principal", date(2023, 9, 29), "1", "loss"),  # 12 + 21
    ("yearly", "interest", date(2026, 3, 29), "0", "substandard"),  # 3
    ("yearly", "interest", date(2025, 12, 29), "1", "doubtful"),  # 6
    ("bullet", "principal", date(2026, 6, 30), "0", "current"),  # 0: counted from maturity
    ("bullet", "principal", date(2026, 6, 29), "0", "substandard"),
    ("bullet", "principal", date(2026, 3, 30), "0", "substandard"),  # 3
    ("bullet", "principal", date(2026, 3, 29), "1", "doubtful"),
    ("bullet", "principal", date(2024, 6, 29), "1", "loss"),  # 3 + 21
    ("bullet", "interest", date(2026, 3, 30), "0", "current"),  # 3
    ("bullet", "interest", date(2026, 3, 29), "0", "substandard"),
    ("bullet", "interest", date(2025, 12, 29), "1", "doubtful"),  # 6
    ("monthly", "principal", None, "0", "current"),
]


@pytest.mark.parametrize(("instalments", "part", "oldest", "cover", "expected"), TABLE)
def test_the_decision_table(instalments: str, part: str, oldest: date | None, cover: str, expected: str) -> None:
    bullet = instalments == "bullet"
    got = decide(
        oldest if part == "principal" else None,
        cover,
        interest=oldest if part == "interest" else None,
        frequency="monthly" if bullet else instalments,
        method="bullet" if bullet else "flat",
    )
    assert got == (expected, Decimal(cover) < 1 and expected == "loss")


def test_a_cover_of_four_fifths_is_as_the_setting_says() -> None:
    assert decide(date(2025, 12, 29), "0.8", rescuable=True) == ("doubtful", False)
    assert decide(date(2025, 12, 29), "0.8", rescuable=False) == ("loss", True)
    assert decide(date(2025, 12, 29), "0.74", rescuable=True) == ("loss", True)
    assert decide(date(2025, 12, 29), "0.75", rescuable=True) == ("doubtful", False)


@pytest.mark.parametrize("cover", [None, "0", "0.74"])
def test_too_little_or_unknown_collateral_is_loss_and_says_so_only_where_it_decides(cover: str | None) -> None:
    assert decide(date(2025, 12, 29), cover) == ("loss", True)
    assert decide(date(2026, 3, 29), cover) == ("substandard", False)
    assert decide(date(2024, 3, 29), cover) == ("loss", False)
    assert decide(date(2025, 12, 29), cover, handed_over=True) == ("loss", False)


def test_the_worse_of_principal_and_interest_counts() -> None:
    assert decide(date(2026, 6, 1), interest=date(2026, 3, 29)) == ("substandard", False)
    assert decide(None, "1", frequency="weekly", interest=date(2026, 3, 29)) == ("doubtful", False)
    assert decide(None, "1", frequency="weekly", interest=date(2026, 3, 30)) == ("substandard", False)
    assert decide(date(2025, 12, 30), frequency="yearly", interest=date(2026, 3, 29)) == ("substandard", False)


def test_handed_to_a_court_or_insurer_is_loss() -> None:
    assert decide(None, "2", handed_over=True) == ("loss", False)


@pytest.mark.parametrize(("gap", "expected"), [(182, "current"), (120, "substandard"), (14, "loss")])
def test_a_seasonal_loan_is_judged_by_its_real_gap(gap: int, expected: str) -> None:
    assert decide(date(2026, 1, 30), frequency="seasonal", gap=gap) == (expected, expected == "loss")


@pytest.mark.parametrize(
    ("oldest", "days", "expected"),
    [
        (None, 0, "current"),
        (date(2026, 6, 30), 0, "current"),
        (date(2026, 6, 29), 1, "special_mention"),
        (date(2026, 4, 1), 90, "special_mention"),
        (date(2026, 3, 31), 91, "substandard"),
        (date(2026, 3, 2), 120, "substandard"),
        (date(2026, 3, 1), 121, "doubtful"),
        (date(2026, 1, 1), 180, "doubtful"),
        (date(2025, 12, 31), 181, "loss"),
    ],
)
def test_banks_count_days_whatever_the_collateral(oldest: date | None, days: int, expected: str) -> None:
    assert oldest is None or (CUTOFF - oldest).days == days
    for cover in ("0", "2", None):
        assert decide(oldest, cover, scheme="bank") == (expected, False)
    assert decide(None, interest=oldest, scheme="bank") == (expected, False)


def in_arrears(cooperative_id: str, source: str, days: int) -> dict[str, object]:
    return {
        "cooperative_id": cooperative_id, "loan_no": "1", "status": "active", "arrears_days": days,
        "outstanding_principal": Decimal(1_000_000), "source_collectability": source, "frequency": "monthly",
    }  # fmt: skip


def test_each_cooperative_of_a_batch_has_its_own_scheme_and_the_source_is_compared_with_it() -> None:
    """60 days, oldest due 1 May: current by months, special mention by days."""
    sources = {"A": "current", "B": "current", "C": "special_mention", "D": "special_mention"}
    rows = [in_arrears(key, source, 60) for key, source in sources.items()]
    policies = {key: Policies(collectability="bank" if key in "BD" else "cooperative") for key in sources}
    cutoffs = pl.DataFrame({"cooperative_id": list(sources), "cutoff_on": [CUTOFF] * 4, "as_of": [CUTOFF] * 4})
    opened = open_loans(
        frame("loans", rows), frame("loan_instalments", []), frame("loan_repayments", []), frame("collaterals", []),
        cutoffs, policy_frame(policies),
    )  # fmt: skip
    derived = ["current", "special_mention", "current", "special_mention"]
    assert opened.positions["derived_collectability"].to_list() == derived
    found = opened.failures.filter(pl.col("rule") == "LON-COL-02")
    assert found.select("cooperative_id", "before").rows() == [("B", "current"), ("C", "special_mention")]
    assert found["note"].to_list() == [
        "the source says current, but 60 days of arrears at the cut-off make it special_mention",
        "the source says special_mention, but 60 days of arrears at the cut-off make it current",
    ]


def test_rescuable_is_a_setting_of_each_cooperative() -> None:
    """200 days of arrears with a collateral of 80 % of the debt."""
    rows = [in_arrears(key, "doubtful", 200) for key in "AB"]
    gold = {"loan_no": "1", "kind": "gold", "status": "held", "appraised_value": Decimal(800_000)}
    cutoffs = pl.DataFrame({"cooperative_id": ["A", "B"], "cutoff_on": [CUTOFF] * 2, "as_of": [CUTOFF] * 2})
    opened = open_loans(
        frame("loans", rows), frame("loan_instalments", []), frame("loan_repayments", []),
        frame("collaterals", [{**gold, "cooperative_id": key, "collateral_no": "1"} for key in "AB"]), cutoffs,
        policy_frame({"A": Policies(rescuable=True)}),
    )  # fmt: skip
    assert opened.positions["derived_collectability"].to_list() == ["doubtful", "loss"]


def test_collateral_is_what_is_held_for_the_loan() -> None:
    loans = frame("loans", [
        {"cooperative_id": "A", "loan_no": number, "member_no": member}
        for number, member in (("1", "M1"), ("2", "M2"), ("3", "M2"), ("4", "M4"))
    ]).with_row_index("_loan")  # fmt: skip
    held = {"cooperative_id": "A", "kind": "gold", "status": "held"}
    collaterals = frame("collaterals", [
        {**held, "collateral_no": "a", "loan_no": "1", "appraised_value": Decimal(100)},
        {**held, "collateral_no": "b", "member_no": "M1", "appraised_value": Decimal(50)},
        {**held, "collateral_no": "c", "loan_no": "1", "appraised_value": Decimal(70), "status": "returned"},
        {**held, "collateral_no": "d", "member_no": "M2", "appraised_value": Decimal(9)},
        {**held, "collateral_no": "e", "loan_no": "3"},
        {**held, "collateral_no": "f", "loan_no": "4", "appraised_value": Decimal(5), "cooperative_id": "B"},
    ])  # fmt: skip
    got = collateral_value(loans, collaterals)
    assert got["collateral"].to_list() == [15_000, 0, 0, 0]
    assert got["unvalued"].to_list() == [False, False, True, False]
