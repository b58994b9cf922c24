"""Repayments in their parts: the arithmetic, and the stated policy for a total alone."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans import repayments

# four instalments of 100 + 10, due at the end of January to April
CONTRACT = pl.DataFrame(
    {
        "_loan": [0] * 4,
        "instalment_no": [1, 2, 3, 4],
        "due_on": [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)],
        "principal": [10_000] * 4,
        "interest": [1_000] * 4,
    },
    schema_overrides={"_loan": pl.UInt32, "principal": pl.Int128, "interest": pl.Int128},
)


def split(*payments: dict[str, object], contract: pl.DataFrame = CONTRACT) -> list[tuple[str | None, ...]]:
    """(principal, interest, total) of each payment, rupiah as text."""
    rows = [{"cooperative_id": "A", "loan_no": "1", "paid_on": date(2026, 1, 31), **payment} for payment in payments]
    rows = [
        {name: Decimal(value) if isinstance(value, str) and name in MONEY else value for name, value in row.items()}
        for row in rows
    ]
    numbered = frame("loan_repayments", rows).with_columns(_loan=pl.lit(0, dtype=pl.UInt32))
    entries = repayments.as_entries(repayments.fill(numbered, contract, CUTOFFS))
    assert entries["_row"].to_list() == list(range(1, len(payments) + 1))
    return [
        tuple(None if amount is None else f"{amount:f}".removesuffix(".00") for amount in row[2:])
        for row in entries.rows()
    ]


CUTOFFS = pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [date(2026, 6, 30)]})
MONEY = ("principal", "interest", "penalty", "fee", "total")


@pytest.mark.parametrize(
    ("payment", "expected"),
    [
        ({"principal": "100", "interest": "10", "penalty": "5", "fee": "1"}, ("100", "10", "116")),
        ({"principal": "100", "total": "116", "penalty": "5", "fee": "1"}, ("100", "10", "116")),
        ({"interest": "10", "total": "116", "penalty": "5", "fee": "1"}, ("100", "10", "116")),
        ({"principal": "100"}, ("100", "0", "100")),
        ({"interest": "10"}, (None, "10", None)),
        ({"penalty": "5"}, ("0", "0", "5")),
        ({"principal": "100", "interest": "10", "total": "111"}, ("100", "10", "111")),
        ({}, (None, None, None)),
    ],
)
def test_the_missing_part_is_what_the_others_leave(
    payment: dict[str, object], expected: tuple[str | None, ...]
) -> None:
    assert split(payment) == [expected]


def test_regular_payments_are_one_instalment_each_early_or_late() -> None:
    days = [date(2026, 1, 28), date(2026, 2, 28), date(2026, 4, 2), date(2026, 5, 20)]
    payments: list[dict[str, object]] = [{"paid_on": day, "total": "110"} for day in days]
    assert split(*payments) == [("100", "10", "110")] * 4


def test_penalty_and_fee_are_taken_out_first() -> None:
    assert split({"total": "116", "penalty": "5", "fee": "1"}) == [("100", "10", "116")]


def test_a_part_pays_the_interest_of_its_instalment_before_the_principal() -> None:
    payments: list[dict[str, object]] = [
        {"total": "6"},
        {"total": "54", "paid_on": date(2026, 2, 5)},
        {"total": "50", "paid_on": date(2026, 2, 9)},
    ]
    assert split(*payments) == [("0", "6", "6"), ("50", "4", "54"), ("50", "0", "50")]


def test_one_sum_before_the_end_pays_no_interest_of_periods_that_have_not_begun() -> None:
    payments: list[dict[str, object]] = [{"total": "110"}, {"total": "310", "paid_on": date(2026, 2, 20)}]
    assert split(*payments) == [("100", "10", "110"), ("300", "10", "310")]


def test_interest_falls_due_again_after_principal_was_paid_ahead() -> None:
    payments: list[dict[str, object]] = [
        {"total": "210", "paid_on": date(2026, 1, 20)},
        {"total": "5", "paid_on": date(2026, 3, 30)},
        {"total": "115", "paid_on": date(2026, 3, 31)},
    ]
    # February and March have begun: 20 of interest is due, 5 is paid first, the other 15 next
    assert split(*payments) == [("200", "10", "210"), ("0", "5", "5"), ("100", "15", "115")]


def test_stated_parts_count_but_are_not_changed() -> None:
    payments: list[dict[str, object]] = [
        {"principal": "100", "interest": "10", "paid_on": date(2026, 1, 31)},
        {"total": "110", "paid_on": date(2026, 2, 28)},
    ]
    assert split(*payments) == [("100", "10", "110"), ("100", "10", "110")]


def test_without_a_contract_a_total_alone_stays_undivided() -> None:
    assert split({"total": "110"}, contract=CONTRACT.clear()) == [(None, None, "110")]


def test_order_of_the_rows_does_not_matter() -> None:
    late, early = {"total": "54", "paid_on": date(2026, 2, 5)}, {"total": "6", "paid_on": date(2026, 1, 31)}
    assert split(late, early) == [("50", "4", "54"), ("0", "6", "6")]


def test_a_reversal_by_its_total_alone_takes_back_the_payment_of_that_amount_with_its_parts() -> None:
    paid, back, again = split(
        {"total": "110"}, {"total": "-110", "paid_on": date(2026, 2, 1)}, {"total": "110", "paid_on": date(2026, 2, 2)}
    )
    assert (paid, back) == (("100", "10", "110"), ("-100", "-10", "-110"))
    # January's interest is owed again, as if nothing had been paid
    assert again == ("100", "10", "110")


def test_a_reversal_takes_back_the_latest_payment_that_none_took_back() -> None:
    """Of three alike the third is taken back first, then the second; the first stays."""
    first: dict[str, object] = {"principal": "104", "interest": "6", "paid_on": date(2026, 1, 31)}
    second: dict[str, object] = {"principal": "103", "interest": "7", "paid_on": date(2026, 2, 28)}
    third: dict[str, object] = {"principal": "102", "interest": "8", "paid_on": date(2026, 3, 31)}
    backs: list[dict[str, object]] = [{"total": "-110", "paid_on": date(2026, 4, day)} for day in (1, 2)]
    assert split(first, second, third, *backs)[3:] == [("-102", "-8", "-110"), ("-103", "-7", "-110")]


def test_a_reversal_of_the_same_day_takes_back_its_payment_whatever_the_order_of_the_rows() -> None:
    back, paid = split({"total": "-110"}, {"principal": "105", "interest": "5"})
    assert (back, paid) == (("-105", "-5", "-110"), ("105", "5", "110"))


def test_a_payment_between_a_payment_and_its_reversal_is_divided_as_if_that_had_not_been() -> None:
    """110 on 31 January is taken back in March: 110 of 28 February pays January's 10 of interest and 100."""
    payments: list[dict[str, object]] = [
        {"total": "111"},
        {"total": "110", "paid_on": date(2026, 2, 28)},
        {"total": "-111", "paid_on": date(2026, 3, 1)},
    ]
    # of the 111 the last rupiah is principal: February has not begun on 31 January
    assert split(*payments) == [("101", "10", "111"), ("100", "10", "110"), ("-101", "-10", "-111")]


@pytest.mark.parametrize(
    "payment",
    [
        {"total": "109"},
        {"total": "110", "paid_on": date(2026, 2, 2)},
        {"total": "-110", "paid_on": date(2026, 1, 31)},
    ],
)
def test_a_reversal_that_fits_no_payment_before_it_has_no_parts_that_could_be_guessed(
    payment: dict[str, object],
) -> None:
    """Another amount, a later day, and another reversal."""
    assert split(payment, {"total": "-110", "paid_on": date(2026, 2, 1)})[1] == (None, None, "-110")


def test_a_reversal_that_says_its_parts_takes_back_a_payment_too() -> None:
    """So the second finds none."""
    payments: list[dict[str, object]] = [
        {"total": "110"},
        {"principal": "-100", "interest": "-10", "paid_on": date(2026, 2, 1)},
        {"total": "-110", "paid_on": date(2026, 2, 2)},
    ]
    assert split(*payments)[2] == (None, None, "-110")


@pytest.mark.parametrize(("penalty", "known"), [(None, True), ("-5", True), ("-4", False), ("0", False)])
def test_a_reversal_of_a_payment_with_a_penalty_says_that_penalty_or_none(penalty: str | None, known: bool) -> None:
    """The cash of 115 was taken back, with the 5 of penalty in it; another penalty is of another payment."""
    paid: dict[str, object] = {"principal": "100", "interest": "10", "penalty": "5"}
    back: dict[str, object] = {"total": "-115", "paid_on": date(2026, 2, 1)}
    if penalty:
        back["penalty"] = penalty
    assert split(paid, back)[1] == (("-100", "-10", "-115") if known else (None, None, "-115"))


def test_a_reversal_of_cash_alone_takes_back_the_latest_payment_of_its_total_whatever_penalty_that_had() -> None:
    """115 without any on 31 January, and 110 with 5 of penalty after it; a second reversal takes back the first one."""
    payments: list[dict[str, object]] = [
        {"principal": "104", "interest": "11"},
        {"principal": "100", "interest": "10", "penalty": "5", "paid_on": date(2026, 2, 1)},
        {"total": "-115", "paid_on": date(2026, 2, 2)},
        {"total": "-115", "paid_on": date(2026, 2, 3)},
    ]
    assert split(*payments)[2:] == [("-100", "-10", "-115"), ("-104", "-11", "-115")]


def test_a_reversal_that_says_more_than_cash_goes_first() -> None:
    """Only the payment with 5 of penalty fits the later one; the one of cash alone takes the other that is left."""
    payments: list[dict[str, object]] = [
        {"principal": "104", "interest": "11"},
        {"principal": "100", "interest": "10", "penalty": "5", "paid_on": date(2026, 2, 1)},
        {"total": "-115", "paid_on": date(2026, 2, 2)},
        {"total": "-115", "penalty": "-5", "paid_on": date(2026, 2, 3)},
    ]
    assert split(*payments)[2:] == [("-104", "-11", "-115"), ("-100", "-10", "-115")]


BACK: dict[str, object] = {"principal": "-100", "interest": "-10", "paid_on": date(2026, 3, 5)}


def test_totals_after_a_reversal_that_says_its_parts_are_divided_as_if_neither_had_been() -> None:
    """Two of 110, the second taken back: the next two are the second and the third instalment."""
    payments: list[dict[str, object]] = [
        {"total": "110"},
        {"total": "110", "paid_on": date(2026, 2, 28)},
        BACK,
        {"total": "110", "paid_on": date(2026, 3, 31)},
        {"total": "110", "paid_on": date(2026, 4, 30)},
    ]
    paid = ("100", "10", "110")
    assert split(*payments) == [paid, paid, ("-100", "-10", "-110"), paid, paid]


def test_a_total_that_is_taken_back_has_the_parts_that_its_reversal_says() -> None:
    """120 of 5 March pays the interest of three begun months by the policy; its reversal says 115 and 5."""
    payments: list[dict[str, object]] = [
        {"total": "120", "paid_on": date(2026, 3, 5)},
        {"principal": "-115", "interest": "-5", "paid_on": date(2026, 3, 6)},
    ]
    assert split(*payments)[0] == ("115", "5", "120")
    assert split(*payments, contract=CONTRACT.clear())[0] == ("115", "5", "120")
    # parts that are not its cash are not of it: 10 of the first and 10 of the second instalment
    payments[1] = {"principal": "-115", "interest": "-4", "total": "-120", "paid_on": date(2026, 3, 6)}
    assert split(*payments)[0] == ("100", "20", "120")


@pytest.mark.parametrize(
    ("back", "next_one"),
    [
        # 220 less 50 of the second principal: 60 finish the second and begin the third, whose interest comes first
        ({"principal": "-50", "interest": "0"}, ("50", "10", "60")),
        # the interest of the second month is owed again, beside that of the third
        ({"principal": "0", "interest": "-10"}, ("40", "20", "60")),
    ],
)
def test_a_part_that_is_taken_back_and_fits_no_payment_lowers_what_is_paid_by_its_parts(
    back: dict[str, object], next_one: tuple[str, ...]
) -> None:
    payments: list[dict[str, object]] = [
        {"total": "110"},
        {"total": "110", "paid_on": date(2026, 2, 28)},
        {**back, "paid_on": date(2026, 3, 5)},
        {"total": "60", "paid_on": date(2026, 3, 31)},
        {"total": "110", "paid_on": date(2026, 4, 30)},
    ]
    got = split(*payments)
    assert got[:2] == [("100", "10", "110")] * 2
    assert got[3] == next_one


@pytest.mark.parametrize("parts", [{"total": "-330"}, {"principal": "-280", "interest": "-50"}])
def test_a_reversal_of_after_the_cut_off_changes_no_division_up_to_it(parts: dict[str, object]) -> None:
    """330 of 15 April and 100 of 20 May; the cut-off is 30 June. 330 pay three instalments; of the fourth 10 of
    interest and 90 are paid. The reversal takes back what was paid, or what it says; a payment in July is the first of
    all but the 100 that stand: 100 had 40 of begun interest to pay, but in order 10 and 90; so 110 pay the last 10 of
    the first principal, then 10 and 90 of the second.
    """
    payments: list[dict[str, object]] = [
        {"total": "330", "paid_on": date(2026, 4, 15)},
        {"total": "100", "paid_on": date(2026, 5, 20)},
    ]
    late: list[dict[str, object]] = [
        {**parts, "paid_on": date(2026, 7, 3)}, {"total": "110", "paid_on": date(2026, 7, 20)}
    ]  # fmt: skip
    got = split(*payments, *late)
    assert got[:2] == split(*payments) == [("300", "30", "330"), ("90", "10", "100")]
    assert got[2] == (("-300", "-30", "-330") if "total" in parts else ("-280", "-50", "-330"))
    assert got[3] == ("100", "10", "110")


def test_a_reversal_of_up_to_the_cut_off_counts_for_the_day_of_the_cut_off() -> None:
    """330 of 15 April are taken back on 30 June itself: the 100 are of the first instalment."""
    payments: list[dict[str, object]] = [
        {"total": "330", "paid_on": date(2026, 4, 15)},
        {"total": "100", "paid_on": date(2026, 5, 20)},
        {"total": "-330", "paid_on": date(2026, 6, 30)},
    ]
    assert split(*payments)[1:] == [("90", "10", "100"), ("-300", "-30", "-330")]
    assert split(*payments, {"total": "110", "paid_on": date(2026, 7, 20)})[3] == ("100", "10", "110")


def test_a_reversal_that_says_its_parts_is_taken_as_it_is() -> None:
    assert split({"principal": "-100", "interest": "-10"}) == [("-100", "-10", "-110")]
