"""Accrued interest at the cut-off, worked out by hand, and its tie to the ledger.

The cut-off is 30 June 2026. "Actual" is actual days of a year of 365, "30/360" is months of 30 days of a year of 360.
"""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koop_pipeline.opening.accrued import Accrued, of_savings
from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.ledger.accrued_ties import tie_interest
from koop_pipeline.opening.loans.position import OpenedLoans, open_loans
from koop_pipeline.opening.policies import policy_frame
from koop_pipeline.program.policies import Policies, SavingsTax

CUTOFF = date(2026, 6, 30)
Row = dict[str, object]
DAYS_360 = Policies(days="30/360")
UNTAXED = Policies(savings_tax="none")
DEPOSIT: Row = {
    "cooperative_id": "A", "account_no": "D1", "member_no": "M1", "product_code": "BERJANGKA", "product_kind": "term",
    "nature": "liability", "annual_rate": Decimal(6), "interest_accrued_to": date(2026, 5, 15),
    "balance": Decimal(100_000_000), "status": "open",
}  # fmt: skip
SAVING: Row = {
    **DEPOSIT, "account_no": "S1", "product_code": "SUKARELA", "product_kind": "voluntary", "annual_rate": Decimal(3),
    "interest_accrued_to": date(2026, 5, 31), "balance": Decimal(3_650_000),
}  # fmt: skip
FLAT: Row = {
    "cooperative_id": "A", "loan_no": "L1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "flat", "annual_rate": Decimal(12), "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 1, 15), "outstanding_principal": Decimal(700_000),
}  # fmt: skip


def days(as_of: date = CUTOFF) -> pl.DataFrame:
    return pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [as_of]})


def moved(*movements: tuple[str, date, int]) -> list[Row]:
    return [
        {"cooperative_id": "A", "account_no": number, "posted_on": day, "amount": Decimal(amount)}
        for number, day, amount in movements
    ]


def savings(*accounts: Row, movements: list[Row] | None = None, policies: Policies = UNTAXED) -> Accrued:
    rows = frame("savings_accounts", accounts)
    history = frame("savings_transactions", movements or [])
    return of_savings(rows, history, days(), policy_frame({"A": policies}))


def loans(
    *rows: Row, instalments: tuple[Row, ...] = (), repayments: tuple[Row, ...] = (), policies: Policies | None = None
) -> OpenedLoans:
    own: Row = {"cooperative_id": "A", "loan_no": "L1"}
    return open_loans(
        frame("loans", [{**FLAT, **row} for row in rows]),
        frame("loan_instalments", [{**own, **row} for row in instalments]),
        frame("loan_repayments", [{**own, **row} for row in repayments]),
        frame("collaterals", []),
        days(),
        policy_frame({"A": policies} if policies else {}),
    )


def accrued_on(*rows: Row, **more: object) -> Row:
    return loans(*rows, **more).accrued.row(0, named=True)  # type: ignore[arg-type]


def test_a_term_deposit_since_the_day_after_the_last_settled_day() -> None:
    """16 May to 30 June is 46 days: 100,000,000 x 6 % x 46 / 365 = 276,000,000 / 365 = 756,164.3835... By months of 30
    days it is 15 + 30 = 45: 100,000,000 x 6 % x 45 / 360 = 750,000.
    """
    actual = savings(DEPOSIT).rows.row(0, named=True)
    assert (actual["gross"], actual["days"]) == (Decimal("756164.38"), 46)
    assert (actual["counted_from"], actual["accrued_to"]) == (date(2026, 5, 16), date(2026, 5, 15))
    by_month = savings(DEPOSIT, policies=DAYS_360).rows.row(0, named=True)
    assert (by_month["gross"], by_month["days"]) == (Decimal("750000.00"), 45)


def test_a_deposit_in_between_counts_from_its_day() -> None:
    """3,650,000 at the end, of which 1,460,000 came on 21 June: 20 days of 2,190,000 and 10 of 3,650,000 (21 to 30
    June). At 3 %: (43,800,000 + 36,500,000) x 3 % / 365 = 80,300,000 x 3 % / 365 = 6,600.
    """
    history = moved(("S1", date(2026, 6, 21), 1_460_000), ("S1", date(2026, 5, 31), 9_999), ("S9", CUTOFF, 1))
    row = savings(SAVING, movements=history).rows.row(0, named=True)
    assert (row["gross"], row["basis"]) == (Decimal("6600.00"), "daily balance")


def test_without_a_history_the_balance_counts_throughout_and_it_is_said() -> None:
    """3,650,000 x 3 % x 30 / 365 = 9,000."""
    row = savings(SAVING).rows.row(0, named=True)
    assert (row["gross"], row["basis"]) == (Decimal("9000.00"), "balance at the cut-off")


def test_movements_after_the_cutoff_do_not_count() -> None:
    history = moved(("S1", date(2026, 7, 1), 5_000_000))
    assert savings(SAVING, movements=history).rows["gross"].to_list() == [Decimal("9000.00")]


def test_an_account_opened_later_earns_from_its_first_day() -> None:
    """Opened 21 June: 10 days, 3,650,000 x 3 % x 10 / 365 = 3,000."""
    account = {**SAVING, "opened_on": date(2026, 6, 21)}
    assert savings(account).rows["gross"].to_list() == [Decimal("3000.00")]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (date(2026, 2, 28), 120),  # March to June, four months of 30
        (date(2026, 1, 31), 150),  # the last day of any month is its 30th
        (date(2026, 1, 30), 150),
        (date(2026, 2, 27), 123),  # 28 February is its 30th: the 28th counts three
        (date(2026, 6, 30), 0),
    ],
)
def test_a_month_has_thirty_days(start: date, expected: int) -> None:
    account = {**DEPOSIT, "interest_accrued_to": start}
    assert savings(account, policies=DAYS_360).rows["days"].to_list() == [expected]


@given(
    st.integers(1, 500), st.integers(1, 24_000_000),
    st.lists(st.tuples(st.integers(0, 500), st.integers(-9_000_000, 9_000_000)), max_size=6),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_the_daily_balance_is_what_a_walk_from_day_to_day_gives(
    back: int, rate: int, movements: list[tuple[int, int]]
) -> None:
    """Each day the balance at its end; the sum once, half-up to the sen."""
    percent = Decimal(rate).scaleb(-6)
    history = moved(*[("S1", CUTOFF - timedelta(days=ago), amount) for ago, amount in movements])
    account = {**SAVING, "interest_accrued_to": CUTOFF - timedelta(days=back), "annual_rate": percent}
    row = savings({**account, "balance": Decimal(90_000_000)}, movements=history).rows.row(0, named=True)
    balance_days = sum(90_000_000 - sum(amount for ago, amount in movements if ago < day) for day in range(back))
    exact = Fraction(percent) * balance_days / 36_500
    assert abs(Fraction(row["gross"]) - exact) <= Fraction(1, 200)


@pytest.mark.parametrize(
    ("balance", "gross", "tax"),
    [
        (Decimal(48_666_666) + Decimal("0.67"), "240000.00", "0.00"),
        (Decimal("48666668.69"), "240000.01", "24000.00"),
        (Decimal(97_333_333) + Decimal("0.33"), "480000.00", "48000.00"),
    ],
)
def test_tax_is_on_the_whole_of_a_month_above_the_exempt_amount(balance: Decimal, gross: str, tax: str) -> None:
    """June at 6 %: balance x 6 % x 30 / 365 = balance x 0.00493150...; 240,000 is earned by 48,666,666.67. A gross of
    exactly 240,000 is free; 240,000.01 is taxed as a whole, 10 % = 24,000.001.
    """
    account = {**DEPOSIT, "interest_accrued_to": date(2026, 5, 31), "balance": balance}
    row = savings(account, policies=Policies()).rows.row(0, named=True)
    assert (row["gross"], row["tax"]) == (Decimal(gross), Decimal(tax))
    assert row["net"] == Decimal(gross) - Decimal(tax)


def test_the_exempt_amount_is_one_of_each_calendar_month() -> None:
    """The deposit of 100,000,000: May 16 days = 263,013.70, June 30 days = 493,150.68; both above 240,000. Of
    50,000,000: May 131,506.85 is free, June 246,575.34 is taxed: 24,657.53.
    """
    whole = savings(DEPOSIT, policies=Policies()).rows.row(0, named=True)
    assert whole["tax"] == Decimal("26301.37") + Decimal("49315.07")
    half = savings({**DEPOSIT, "balance": Decimal(50_000_000)}, policies=Policies()).rows.row(0, named=True)
    assert (half["gross"], half["tax"]) == (Decimal("378082.19"), Decimal("24657.53"))


def test_the_accounts_of_a_member_count_together_and_others_do_not() -> None:
    """Two deposits of 30,000,000 earn 147,945.21 each in June: 295,890.42 together; one alone is free."""
    one = {**DEPOSIT, "interest_accrued_to": date(2026, 5, 31), "balance": Decimal(30_000_000)}
    accounts = [one, {**one, "account_no": "D2"}, {**one, "account_no": "D3", "member_no": "M2"}]
    rows = savings(*accounts, policies=Policies()).rows
    assert rows["gross"].to_list() == [Decimal("147945.21")] * 3
    assert rows["tax"].to_list() == [Decimal("14794.52"), Decimal("14794.52"), Decimal(0)]


def test_the_tax_is_a_setting() -> None:
    dear = Policies(savings_tax=SavingsTax(rate=Decimal("12.5"), exempt=Decimal(0)))
    assert savings(SAVING, policies=dear).rows["tax"].to_list() == [Decimal("1125.00")]
    assert savings(DEPOSIT, policies=UNTAXED).rows["tax"].to_list() == [Decimal(0)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"interest_accrued_to": None}, "the day to which interest is settled is not known"),
        ({"annual_rate": None}, "the rate is not known"),
        ({"matures_on": date(2026, 6, 20)}, "matured before the cut-off"),
        ({"interest_accrued_to": date(2016, 6, 29)}, "more than 10 years"),
    ],
)
def test_what_cannot_be_told_is_null_with_its_reason(change: Row, why: str) -> None:
    row = savings({**DEPOSIT, **change}).rows.row(0, named=True)
    assert (row["gross"], row["tax"], row["net"], row["days"], row["basis"]) == (None,) * 5
    assert why in str(row["unknown"])


def test_a_deposit_that_was_rolled_over_goes_on() -> None:
    account = {**DEPOSIT, "matures_on": date(2026, 4, 20)}
    assert savings(account).rows["gross"].to_list() == [Decimal("756164.38")]


def test_what_bears_no_interest_has_no_row() -> None:
    silent = {**DEPOSIT, "annual_rate": None, "interest_accrued_to": None}
    got = savings(silent, {**silent, "annual_rate": Decimal(0)}, {**DEPOSIT, "status": "closed"})
    assert got.rows.is_empty()
    assert savings({**DEPOSIT, "annual_rate": Decimal(0)}).rows["gross"].to_list() == [Decimal(0)]


def test_interest_settled_beyond_the_cutoff_is_named_and_what_had_accrued_is_unknown() -> None:
    """Settled to 15 July: whether the days before the cut-off were settled by then, nobody says; 0 would be a claim."""
    got = savings({**DEPOSIT, "interest_accrued_to": date(2026, 7, 15)})
    assert got.rows.select("gross", "tax", "net", "days").rows() == [(None,) * 4]
    assert "what had accrued by then is not known" in str(got.rows["unknown"][0])
    assert got.failures.select("rule", "row", "before", "note").rows() == [
        (
            "SAV-ACR-01", 1, "2026-07-15",
            "interest is settled to 2026-07-15, 15 days after the cut-off day 2026-06-30; those days must not be "
            "counted again, and what had accrued by the cut-off is not known",
        )
    ]  # fmt: skip
    assert savings({**DEPOSIT, "interest_accrued_to": CUTOFF}).failures.is_empty()


@pytest.mark.parametrize("more", [{}, {"interest_method": None, "annual_rate": Decimal(12), "tenor": None}])
def test_what_a_loan_settled_beyond_the_cutoff_had_accrued_is_unknown(more: Row) -> None:
    """With a schedule, of which the instalment of 15 July is not paid, and without one."""
    opened = loans({"interest_accrued_to": date(2026, 7, 1), **more})
    assert opened.accrued.select("gross", "net", "days").rows() == [(None, None, None)]
    assert "what had accrued by then is not known" in str(opened.accrued["unknown"][0])
    (note,) = opened.failures.filter(pl.col("rule") == "LON-ACR-01")["note"]
    assert note.endswith("and what had accrued by the cut-off is not known")


def test_a_running_instalment_that_the_history_shows_paid_has_accrued_nothing() -> None:
    """The sixth instalment, of 15 July, was paid on 20 June: 0 is known."""
    history = tuple(
        {"entry_no": str(no), "paid_on": date(2026, min(no + 1, 6), 15 if no < 6 else 20),
         "principal": Decimal(100_000), "interest": Decimal(12_000)}
        for no in range(1, 7)
    )  # fmt: skip
    paid: Row = {"outstanding_principal": Decimal(600_000), "interest_accrued_to": date(2026, 7, 15)}
    opened = loans(paid, repayments=history)
    assert opened.accrued.select("gross", "unknown").rows() == [(Decimal(0), None)]
    (note,) = opened.failures.filter(pl.col("rule") == "LON-ACR-01")["note"]
    assert note.endswith("those days must not be counted again")


def test_a_flat_loan_accrues_the_contracts_interest_not_one_on_its_balance() -> None:
    """12,000 an instalment, period 15 June to 15 July = 30 days, 15 of them gone by 30 June: 6,000, although only
    700,000 are outstanding (5 instalments are paid; by a formula 700,000 x 12 % x 15 / 365 it would be 3,452.05).
    """
    row = accrued_on({})
    assert (row["gross"], row["days"], row["due"], row["basis"]) == (Decimal(6_000), 15, Decimal(0), "contract")
    assert (row["counted_from"], row["accrued_to"]) == (date(2026, 6, 16), None)
    assert accrued_on({}, policies=DAYS_360)["gross"] == Decimal(6_000)


def test_the_period_is_the_contracts_own_number_of_days() -> None:
    """Due on the 31st, clamped: 31 May to 30 June. On the cut-off, a due day, nothing has accrued yet and its own
    interest is due. Disbursed on 10 January: 10 June to 10 July, 20 of 30 days: 8,000.
    """
    month_end = accrued_on({"disbursed_on": date(2026, 1, 31), "outstanding_principal": Decimal(800_000)})
    assert (month_end["gross"], month_end["due"]) == (Decimal(0), Decimal(12_000))
    assert accrued_on({"disbursed_on": date(2026, 1, 10)})["gross"] == Decimal(8_000)


def test_unpaid_interest_that_fell_due_is_not_accrued_a_second_time() -> None:
    """Three instalments are paid, those of 15 May and 15 June are not: 24,000 are due, and 6,000 accrue."""
    row = accrued_on({"outstanding_principal": Decimal(900_000)})
    assert (row["due"], row["gross"]) == (Decimal(24_000), Decimal(6_000))


def test_a_day_inside_the_period_shortens_it_and_one_before_does_not() -> None:
    """Settled to 20 June: ten days of thirty, 4,000. Settled to 20 May: the instalments since are due by contract."""
    assert accrued_on({"interest_accrued_to": date(2026, 6, 20)})["gross"] == Decimal(4_000)
    assert accrued_on({"interest_accrued_to": date(2026, 5, 20)})["gross"] == Decimal(6_000)


def test_interest_paid_in_advance_is_taken_off() -> None:
    """Of the running instalment's 12,000 the history shows 5,000 paid: earned 6,000, so 1,000 remain."""
    history = [
        {"paid_on": date(2026, 1 + no, 15), "principal": Decimal(100_000), "interest": Decimal(12_000), "entry_no": no}
        for no in range(1, 6)
    ]
    history = [{**row, "entry_no": str(row["entry_no"]), "instalment_no": no} for no, row in enumerate(history, 1)]
    early = {"paid_on": date(2026, 6, 20), "principal": Decimal(0), "interest": Decimal(5_000), "instalment_no": 6}
    assert accrued_on({}, repayments=(*history, early))["gross"] == Decimal(1_000)
    assert accrued_on({}, repayments=tuple(history))["gross"] == Decimal(6_000)


def test_a_delivered_schedule_of_what_remains_begins_a_period_before() -> None:
    """Its first instalment, due 10 July, runs from 10 June and not from the disbursement: 20 of 30 days of 9,000."""
    remaining: tuple[Row, ...] = tuple(
        {"instalment_no": 5 + no, "due_on": date(2026, 6 + no, 10), "principal": Decimal(350_000),
         "interest": Decimal(9_000)}
        for no in (1, 2)
    )  # fmt: skip
    assert accrued_on({}, instalments=remaining)["gross"] == Decimal(6_000)
    told = accrued_on({"frequency": None, "interest_method": None, "tenor": None}, instalments=remaining)
    assert told["gross"] is None
    assert "begins is not known" in str(told["unknown"])


def test_after_the_last_due_date_nothing_accrues() -> None:
    row = accrued_on({"disbursed_on": date(2025, 1, 15), "outstanding_principal": Decimal(100_000)})
    assert (row["gross"], row["due"]) == (Decimal(0), Decimal(12_000))


def test_a_loan_without_a_schedule_accrues_on_its_daily_balance() -> None:
    """730,000 to 20 June, then 365,000 (a repayment of 365,000 on 21 June) to 30 June; settled to 10 June: 10 days of
    730,000 and 10 of 365,000 = 10,950,000 x 24 % / 365 = 7,200. Without a history 365,000 x 20 x 24 % / 365 = 4,800.
    """
    bare: Row = {
        "principal": None, "tenor": None, "interest_method": None, "annual_rate": Decimal(24), "arrears_days": 0,
        "outstanding_principal": Decimal(365_000), "interest_accrued_to": date(2026, 6, 10),
    }  # fmt: skip
    paid: Row = {"paid_on": date(2026, 6, 21), "principal": Decimal(365_000), "interest": Decimal(0)}
    row = accrued_on(bare, repayments=(paid,))
    assert (row["gross"], row["basis"], row["due"]) == (Decimal(7_200), "daily balance", Decimal(0))
    without = accrued_on(bare)
    assert (without["gross"], without["basis"]) == (Decimal(4_800), "balance at the cut-off")
    unknown = accrued_on({**bare, "interest_accrued_to": None})
    assert (unknown["gross"], unknown["due"]) == (None, None)


def test_settled_and_written_off_loans_accrue_nothing() -> None:
    gone: list[Row] = [
        {"status": "settled", "outstanding_principal": Decimal(0)},
        {"loan_no": "L2", "status": "written_off"},
    ]
    assert loans(*gone).accrued.is_empty()


def account(code: str, control: str, amount: str, kind: str) -> Row:
    side = "debit" if kind == "asset" else "credit"
    amounts = {"debit": Decimal(0), "credit": Decimal(0), side: Decimal(amount)}
    return {
        "cooperative_id": "A", "account_code": code, "name": code, "account_type": kind, "normal_side": side,
        "is_detail": True, "controls": control or None, **amounts,
    }  # fmt: skip


def tied(*accounts: Row, rows: pl.DataFrame) -> list[tuple[str, str]]:
    found = tie_interest(frame("accounts", accounts), rows)
    return list(zip(found["rule"], found["note"], strict=True))


def test_receivable_is_what_fell_due_and_what_accrued() -> None:
    """24,000 due and 6,000 accrued are 30,000."""
    rows = loans({"outstanding_principal": Decimal(900_000)}).accrued
    assert tied(account("1.5", "interest_receivable", "30000", "asset"), rows=rows) == []
    ((rule, note),) = tied(account("1.5", "interest_receivable", "24000", "asset"), rows=rows)
    assert rule == "ACC-INT-01"
    assert note == (
        "the ledger holds Rp 24000.00 under the control interest_receivable, the interest worked out is Rp 30000.00"
        " (UMUM 30000.00), Rp 24000.00 of it fell due unpaid: a difference of Rp -6000.00"
    )


def test_payable_is_the_gross_of_savings_and_deposits_by_product() -> None:
    """756,164.38 and 9,000.00 are 765,164.38, whatever the tax."""
    rows = savings(DEPOSIT, SAVING, policies=Policies()).rows
    assert tied(account("2.5", "interest_payable", "765164.38", "liability"), rows=rows) == []
    ((rule, note),) = tied(account("2.5", "interest_payable", "700000", "liability"), rows=rows)
    assert rule == "ACC-INT-02"
    assert "(BERJANGKA 756164.38, SUKARELA 9000.00): a difference of Rp -65164.38" in note


def test_a_rupiah_an_account_is_rounding_and_only_warns() -> None:
    rows = savings(DEPOSIT, SAVING).rows
    for booked, rule in (("765166.38", "ACC-INT-03"), ("765162.38", "ACC-INT-03"), ("765166.39", "ACC-INT-02")):
        assert [item[0] for item in tied(account("2.5", "interest_payable", booked, "liability"), rows=rows)] == [rule]


def test_a_control_with_unknown_interest_behind_it_warns_and_counts_them() -> None:
    rows = savings(DEPOSIT, {**SAVING, "interest_accrued_to": None}).rows
    for booked in ("756164.38", "1"):
        ((rule, note),) = tied(account("2.5", "interest_payable", booked, "liability"), rows=rows)
        assert rule == "ACC-INT-03"
        assert note.endswith("; the interest of 1 of 2 is not known")


def test_a_control_with_nothing_behind_it_must_be_empty() -> None:
    nothing = savings().rows
    assert [rule for rule, _ in tied(account("2.5", "interest_payable", "5", "liability"), rows=nothing)] == [
        "ACC-INT-02"
    ]
    assert tied(account("2.5", "interest_payable", "0", "liability"), rows=nothing) == []


def test_interest_that_no_account_controls_is_said_where_the_source_says_it_accrues() -> None:
    cash = account("1.1", "", "5", "asset")
    ((rule, note),) = tied(cash, rows=savings(DEPOSIT).rows)
    assert (rule, note) == (
        "ACC-INT-04",
        "Rp 756164.38 of interest has accrued (BERJANGKA 756164.38) and no account controls interest_payable",
    )
    assert tied(cash, rows=savings({**DEPOSIT, "interest_accrued_to": None}).rows) == []
    assert tied(cash, rows=loans({}).accrued) == []
    assert [rule for rule, _ in tied(cash, rows=loans({"interest_accrued_to": date(2026, 6, 20)}).accrued)] == [
        "ACC-INT-04"
    ]
    assert tied(rows=savings(DEPOSIT).rows) == []


def test_money_leaves_as_decimal_with_two_places() -> None:
    for rows in (savings(DEPOSIT).rows, loans({}).accrued, savings().rows):
        assert [rows.schema[name] for name in ("due", "gross", "tax", "net")] == [pl.Decimal(18, 2)] * 4
        assert not any(kind.is_float() for kind in rows.schema.values())
