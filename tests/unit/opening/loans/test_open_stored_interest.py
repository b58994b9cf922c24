"""A claimed rate beside the interest that the source stores: what generates the schedule, and which rate opens.

Loans of Rp 1,200,000 over 12 months: 1 % of it is 12,000 a month, 144,000 in all by flat and 78,000 (12,000 x 13 / 2)
by declining interest.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from one_loan import Row, open_one

from koop_pipeline.opening.loans.position import OpenedLoans

LOAN: dict[str, object] = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "flat", "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 6, 15), "outstanding_principal": Decimal(1_200_000),
}  # fmt: skip
MONTHLY: dict[str, object] = {"source_rate": Decimal(12), "source_rate_basis": "per_month"}
TWO: dict[str, object] = {"source_rate": Decimal(2), "source_rate_basis": "per_month"}


def opened(loan: Row, instalments: tuple[Row, ...] = ()) -> OpenedLoans:
    return open_one({**LOAN, **loan}, instalments)


def interest(result: OpenedLoans) -> list[int]:
    return [int(amount) for amount in result.schedules["interest"]]


def rules(result: OpenedLoans) -> list[str]:
    return result.failures["rule"].to_list()


def rate_of(result: OpenedLoans) -> Decimal:
    return Decimal(result.positions["annual_rate"].to_list()[0])


def note(result: OpenedLoans, rule: str) -> str:
    return str(result.failures.filter(pl.col("rule") == rule)["note"][0])


@pytest.mark.parametrize("stored", [{"instalment_interest": Decimal(12_000)}, {"interest_total": Decimal(144_000)}])
def test_twelve_a_month_beside_one_percent_stored_opens_what_is_stored(stored: Row) -> None:
    """12 % a month would be 144,000 each month, twelve times the interest that is paid."""
    result = opened({**MONTHLY, **stored})
    assert interest(result) == [12_000] * 12
    assert (rate_of(result), rules(result)) == (Decimal(12), ["LON-RTE-01"])
    assert note(result, "LON-RTE-01").endswith("; the source claims flat per_month, 144 % a year; 12 % a year opens")


def test_a_stated_yearly_rate_gives_way_too() -> None:
    result = opened({"annual_rate": Decimal(144), "instalment_interest": Decimal(12_000)})
    assert (interest(result), rate_of(result)) == ([12_000] * 12, Decimal(12))
    assert note(result, "LON-RTE-01").endswith("the source claims flat ?, 144 % a year; 12 % a year opens")


def test_a_base_that_is_too_small_gives_way_as_well() -> None:
    """2 % a year would be 2,000 a month; stored are 24,000, which is 2 % a month."""
    result = opened(
        {"source_rate": Decimal(2), "source_rate_basis": "per_year", "instalment_interest": Decimal(24_000)}
    )
    assert (interest(result), rate_of(result)) == ([24_000] * 12, Decimal(24))
    assert "fit flat per_month, 24 % a year" in note(result, "LON-RTE-01")


def test_interest_that_no_base_gives_opens_with_the_rate_that_it_is() -> None:
    """13,500 of 1,200,000 are 1.125 % a month."""
    result = opened(
        {"source_rate": Decimal(2), "source_rate_basis": "per_month", "instalment_interest": Decimal(13_500)}
    )
    assert (interest(result), rate_of(result), rules(result)) == ([13_500] * 12, Decimal("13.5"), ["LON-RTE-01"])


@pytest.mark.parametrize("stored", [{"instalment_interest": Decimal(12_000)}, {"interest_total": Decimal(78_000)}])
def test_a_declining_loan_falls_from_the_stored_interest(stored: Row) -> None:
    """1 % of 1,200,000, 1,100,000, ... 100,000."""
    result = opened({**MONTHLY, **stored, "interest_method": "declining"})
    assert interest(result) == [1_000 * k for k in range(12, 0, -1)]
    assert (rate_of(result), rules(result)) == (Decimal(12), ["LON-RTE-01"])


def test_a_bullet_pays_the_stored_interest_each_month() -> None:
    result = opened({**MONTHLY, "interest_method": "bullet", "instalment_interest": Decimal(12_000)})
    assert (interest(result), rate_of(result)) == ([12_000] * 12, Decimal(12))


def test_an_annuity_begins_with_the_stored_interest() -> None:
    """1,200,000 at 1 % over 12 is 106,619 a month (106,618.55); the second month has 1 % of 1,105,381."""
    result = opened({**MONTHLY, "interest_method": "annuity", "instalment_interest": Decimal(12_000)})
    assert (interest(result)[:2], rate_of(result)) == ([12_000, 11_054], Decimal(12))


def test_a_claim_that_the_stored_interest_bears_out_to_rounding_stays_and_the_stored_interest_is_paid() -> None:
    """2.24 % of 10,400,000 is 232,960; the lender takes 233,000, and 237,000 in the last month: 2,800,000 in all."""
    loan: Row = {
        "principal": Decimal(10_400_000), "outstanding_principal": Decimal(10_400_000), "source_rate": Decimal("2.24"),
        "source_rate_basis": "per_month", "instalment_interest": Decimal(233_000), "interest_total": Decimal(2_800_000),
    }  # fmt: skip
    result = opened(loan)
    assert interest(result) == [233_000] * 11 + [237_000]
    assert (rate_of(result), rules(result)) == (Decimal("26.88"), [])


@pytest.mark.parametrize(
    ("loan", "why"),
    [
        # 12,000 each is 144,000 and not 500,000, and 2 % a month would be 24,000 and 288,000
        (
            {**TWO, "instalment_interest": Decimal(12_000), "interest_total": Decimal(500_000)},
            "Rp 12000.00 an instalment and Rp 500000.00 in all contradict each other",
        ),
        ({"instalment_interest": Decimal(12_000), "interest_total": Decimal(12_000)},
         "Rp 12000.00 an instalment and Rp 12000.00 in all contradict each other"),
        ({"annual_rate": Decimal(12), "instalment_interest": Decimal(0)}, "it is 0 beside a rate"),
        ({"annual_rate": Decimal(12), "interest_total": Decimal(78_000)}, "it is that of declining, not of flat"),
        (
            {"annual_rate": Decimal(12), "interest_total": Decimal(300_000), "interest_method": "annuity"},
            "no rate of annuity gives it",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_brought_together_is_no_schedule_to_open(loan: Row, why: str) -> None:
    result = opened(loan)
    assert "LON-RTE-03" in rules(result)
    assert note(result, "LON-RTE-03").endswith(f"and cannot be followed: {why}")


def test_where_the_claim_sides_with_one_of_two_stored_sums_that_one_is_followed() -> None:
    """1 % a month is 12,000; the total of 60,000 may be what is still to come."""
    loan: Row = {"annual_rate": Decimal(12), "instalment_interest": Decimal(12_000), "interest_total": Decimal(60_000)}
    result = opened(loan)
    assert (interest(result), rate_of(result), rules(result)) == ([12_000] * 12, Decimal(12), ["LON-RTE-01"])


def test_a_loan_that_needs_no_generated_schedule_is_not_stopped() -> None:
    conflict: Row = {"annual_rate": Decimal(12), "interest_total": Decimal(78_000)}
    settled = opened({**conflict, "status": "settled", "outstanding_principal": Decimal(0)})
    assert rules(settled) == ["LON-RTE-01"]


def test_the_rate_that_a_delivered_schedule_shows_to_the_rupiah_opens() -> None:
    """144 % a year is claimed; each of the twelve delivered instalments has 1 % a month."""
    rows = tuple(
        {"instalment_no": no, "due_on": date(2026 + (6 + no - 1) // 12, (6 + no - 1) % 12 + 1, 15),
         "principal": Decimal(100_000), "interest": Decimal(12_000)}
        for no in range(1, 13)
    )  # fmt: skip
    result = opened({"annual_rate": Decimal(144)}, rows)
    assert (interest(result), rate_of(result), rules(result)) == ([12_000] * 12, Decimal(12), ["LON-EXP-03"])


def test_interest_above_the_cap_opens_as_it_is_for_the_cap_to_see() -> None:
    loan: Row = {"source_rate": Decimal(3), "source_rate_basis": "per_year", "instalment_interest": Decimal(36_000)}
    result = opened(loan)
    assert (rate_of(result), rules(result)) == (Decimal(36), ["LON-RTE-01"])
