"""Loans at the cut-off: what remains, in which state and class, and what is found."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_loan import Case, open_each

from koop_pipeline.contracts import TABLES
from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.loans.position import OpenedLoans, open_loans

CUTOFF = date(2026, 6, 30)
LOAN: dict[str, object] = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "flat", "annual_rate": Decimal(12), "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 1, 15),
}  # fmt: skip
Row = dict[str, object]


def opened(
    loans: list[Row], *, instalments: tuple[Row, ...] = (), repayments: tuple[Row, ...] = (),
    collaterals: tuple[Row, ...] = (), as_of: date = CUTOFF,
) -> OpenedLoans:  # fmt: skip
    """Repayments are known to the later of `as_of` and the cut-off, where there are any."""
    own = {"cooperative_id": "A", "loan_no": "1"}
    cutoffs = pl.DataFrame({"cooperative_id": ["A"], "cutoff_on": [CUTOFF], "as_of": [as_of]})
    return open_loans(
        frame("loans", [{**LOAN, "_reach": max(as_of, CUTOFF) if repayments else None, **loan} for loan in loans]),
        frame("loan_instalments", [{**own, **row} for row in instalments]),
        frame("loan_repayments", [{**own, **row} for row in repayments]),
        frame("collaterals", [{**own, "kind": "gold", "status": "held", **row} for row in collaterals]),
        cutoffs,
    )


def schedule(result: OpenedLoans) -> list[tuple[int, date, int, int, str]]:
    rows = result.schedules.select("instalment_no", "due_on", "principal", "interest", "state").rows()
    return [(no, due, int(principal), int(interest), state) for no, due, principal, interest, state in rows]


def rules(result: OpenedLoans) -> list[str]:
    return result.failures["rule"].to_list()


def position(result: OpenedLoans) -> Row:
    return result.positions.row(0, named=True)


def paid(no: int, principal: int = 100_000, interest: int = 12_000, **more: object) -> Row:
    day = date(2026, 1 + no, 15)
    return {"paid_on": day, "principal": Decimal(principal), "interest": Decimal(interest), **more}


def test_instalments_paid_in_order_leave_the_rest() -> None:
    result = opened([{"outstanding_principal": Decimal(800_000)}])
    rows = schedule(result)
    assert rows[0] == (5, date(2026, 6, 15), 100_000, 12_000, "overdue")
    assert rows[1] == (6, date(2026, 7, 15), 100_000, 12_000, "due")
    assert len(rows) == 8
    assert result.schedules["balance_after"].to_list() == [Decimal(n * 100_000) for n in range(7, -1, -1)]
    got = position(result)
    assert (got["arrears_days"], got["collectability"], got["schedule_source"]) == (15, "current", "generated")
    assert (got["outstanding_interest"], got["derived_outstanding_principal"]) == (Decimal(96_000), None)
    assert rules(result) == []


def test_the_cutoff_day_itself_is_due_and_the_day_before_overdue() -> None:
    on_the_day = opened([{"outstanding_principal": Decimal(800_000), "disbursed_on": date(2026, 1, 30)}])
    assert schedule(on_the_day)[0] == (5, date(2026, 6, 30), 100_000, 12_000, "due")
    before = opened([{"outstanding_principal": Decimal(800_000), "disbursed_on": date(2026, 1, 29)}])
    assert schedule(before)[0] == (5, date(2026, 6, 29), 100_000, 12_000, "overdue")


def test_a_part_paid_instalment_keeps_only_what_remains() -> None:
    repayments = (*(paid(no) for no in range(1, 5)), paid(5, 40_000, 12_000))
    result = opened([{"outstanding_principal": Decimal(760_000)}], repayments=repayments)
    assert schedule(result)[0] == (5, date(2026, 6, 15), 60_000, 0, "part_paid")
    assert result.schedules["principal"].sum() == Decimal(760_000)
    assert position(result)["derived_outstanding_principal"] == Decimal(760_000)
    assert rules(result) == []


def test_without_a_history_a_part_paid_instalment_keeps_its_interest() -> None:
    result = opened([{"outstanding_principal": Decimal(760_000)}])
    assert schedule(result)[0] == (5, date(2026, 6, 15), 60_000, 12_000, "part_paid")


def test_a_payment_that_names_its_instalment_goes_to_that_one() -> None:
    repayments = tuple(paid(no, instalment_no=no) for no in (1, 2, 4, 5))
    result = opened([{"outstanding_principal": Decimal(800_000)}], repayments=repayments)
    assert schedule(result)[:2] == [
        (3, date(2026, 4, 15), 100_000, 12_000, "overdue"),
        (6, date(2026, 7, 15), 100_000, 12_000, "due"),
    ]


def test_interest_that_the_history_shows_unpaid_stays_due() -> None:
    repayments = (*(paid(no) for no in range(1, 5)), paid(5, 100_000, 0))
    result = opened([{"outstanding_principal": Decimal(700_000)}], repayments=repayments)
    assert schedule(result)[0] == (5, date(2026, 6, 15), 0, 12_000, "part_paid")
    assert position(result)["arrears_days"] == 15


@pytest.mark.parametrize("stored_part", [333_333, 333_334])
def test_a_rounding_residue_neither_opens_nor_closes_an_instalment(stored_part: int) -> None:
    terms: Row = {"principal": Decimal(4_000_000), "outstanding_principal": Decimal(4_000_000 - 5 * stored_part)}
    result = opened([terms])
    assert [row[0] for row in schedule(result)] == list(range(6, 13))
    assert {row[4] for row in schedule(result)} == {"due"}
    assert result.schedules["principal"].sum() == terms["outstanding_principal"]


def test_four_rupiah_after_the_last_payment_are_no_arrears() -> None:
    terms: Row = {
        "principal": Decimal(10_000_000),
        "outstanding_principal": Decimal(4),
        "disbursed_on": date(2025, 1, 15),
    }
    result = opened([terms])
    assert schedule(result) == [(12, date(2026, 1, 15), 4, 0, "part_paid")]
    assert (position(result)["arrears_days"], position(result)["collectability"]) == (0, "current")


def test_early_payment_leaves_the_last_instalments() -> None:
    result = opened([{"outstanding_principal": Decimal(150_000)}])
    assert [(row[0], row[2], row[4]) for row in schedule(result)] == [(11, 50_000, "part_paid"), (12, 100_000, "due")]


TERMS = st.tuples(
    st.integers(1, 900_000_000), st.integers(1, 48),
    st.sampled_from(["flat", "declining", "annuity", "bullet", "margin"]),
    st.integers(1, 1_000_000_000), st.sampled_from([1, 100, 1000]),
)  # fmt: skip


@settings(max_examples=4, deadline=None)
@given(st.lists(TERMS, min_size=20, max_size=20))
def test_a_generated_schedule_sums_to_the_outstanding_principal(made: list[tuple[int, int, str, int, int]]) -> None:
    cases: list[Case] = [
        ({**LOAN, "principal": Decimal(principal), "tenor": tenor, "interest_method": method,
          "rounding_unit": Decimal(unit), "outstanding_principal": Decimal(outstanding),
          "interest_total": Decimal(5_000)}, (), ())
        for principal, tenor, method, outstanding, unit in made
    ]  # fmt: skip
    result = open_each(cases)
    owed = result.schedules.group_by("cooperative_id").agg(pl.col("principal").sum())
    assert dict(owed.rows()) == {str(number): Decimal(terms[3]) for number, terms in enumerate(made)}
    assert (result.schedules["principal"] >= 0).all()
    assert "LON-SCH-01" not in rules(result)


DELIVERED = tuple(
    {
        "instalment_no": no, "due_on": date(2026 + no // 12, no % 12 + 1, 10),
        "total": Decimal(1_100_000 if no < 12 else 1_096_000),
        "principal": Decimal(867_000 if no < 12 else 863_000),
    }
    for no in range(1, 13)
)  # fmt: skip
ROUNDED_UP: Row = {"principal": Decimal(10_400_000), "annual_rate": Decimal("26.88")}


def test_a_delivered_schedule_is_kept_to_the_rupiah() -> None:
    result = opened([{**ROUNDED_UP, "outstanding_principal": Decimal(10_400_000 - 5 * 867_000)}], instalments=DELIVERED)
    rows = schedule(result)
    assert rows[0] == (6, date(2026, 7, 10), 867_000, 233_000, "due")
    assert rows[-1] == (12, date(2027, 1, 10), 863_000, 233_000, "due")
    assert [row[2] for row in rows] == [867_000] * 6 + [863_000]
    assert result.schedules["total"].to_list() == [Decimal(1_100_000)] * 6 + [Decimal(1_096_000)]
    assert (position(result)["schedule_source"], rules(result)) == ("delivered", [])


def test_delivered_remaining_instalments_are_unpaid_as_they_are() -> None:
    rest = DELIVERED[5:]
    result = opened([{**ROUNDED_UP, "outstanding_principal": Decimal(6_065_000)}], instalments=rest)
    assert [row[2] for row in schedule(result)] == [867_000] * 6 + [863_000]
    assert rules(result) == []


def test_a_delivered_schedule_part_paid_keeps_the_remaining_part_of_that_one() -> None:
    terms: Row = {**ROUNDED_UP, "outstanding_principal": Decimal(6_065_000 - 300_000)}
    result = opened([terms], instalments=DELIVERED)
    assert schedule(result)[0] == (6, date(2026, 7, 10), 567_000, 233_000, "part_paid")
    assert [row[2] for row in schedule(result)[1:]] == [867_000] * 5 + [863_000]


def test_a_delivered_schedule_that_does_not_sum_is_found() -> None:
    result = opened([{**ROUNDED_UP, "outstanding_principal": Decimal(6_000_000)}], instalments=DELIVERED[5:])
    assert rules(result) == ["LON-SCH-01"]
    assert result.failures["note"][0] == (
        "the remaining instalments hold Rp 6065000.00 of principal, Rp 6000000.00 is outstanding: "
        "a difference of Rp 65000.00"
    )


def test_truncated_delivered_instalments_tie_within_a_unit_each() -> None:
    rows = tuple({**row, "principal": Decimal(833_333), "total": Decimal(933_333)} for row in DELIVERED)
    terms: Row = {"principal": Decimal(10_000_000), "outstanding_principal": Decimal(10_000_000 - 3 * 833_333)}
    result = opened([terms], instalments=rows)
    assert [row[2] for row in schedule(result)] == [833_333] * 9
    assert rules(result) == []


def test_a_loan_known_only_by_its_balance_opens_without_a_schedule() -> None:
    unknown = dict.fromkeys(("principal", "interest_method", "annual_rate", "tenor", "frequency", "disbursed_on"))
    result = opened([{**unknown, "outstanding_principal": Decimal(750_000), "source_collectability": "substandard"}])
    assert result.schedules.is_empty()
    assert rules(result) == ["LON-SCH-02"]
    got = position(result)
    assert (got["schedule_source"], got["outstanding_principal"]) == ("none", Decimal(750_000))
    assert (got["arrears_days"], got["collectability"]) == (None, "substandard")


@pytest.mark.parametrize("status", ["settled", "written_off"])
def test_settled_and_written_off_loans_get_no_schedule(status: str) -> None:
    result = opened([{"status": status, "outstanding_principal": Decimal(0 if status == "settled" else 500_000)}])
    assert result.schedules.is_empty()
    assert rules(result) == []


def test_a_later_balance_is_rolled_back_by_the_payments_after_the_cutoff() -> None:
    repayments = (*(paid(no) for no in range(1, 6)), {**paid(6), "paid_on": date(2026, 7, 1)})
    result = opened([{"outstanding_principal": Decimal(600_000)}], repayments=repayments, as_of=date(2026, 7, 2))
    got = position(result)
    assert (got["outstanding_principal"], got["derived_outstanding_principal"]) == (Decimal(700_000), Decimal(700_000))
    assert schedule(result)[0] == (6, date(2026, 7, 15), 100_000, 12_000, "due")
    assert rules(result) == ["CUT-03"]


def test_a_payment_on_the_cutoff_day_is_in_the_opening_balance() -> None:
    repayments = ({**paid(1, 500_000, 60_000), "paid_on": CUTOFF}, {**paid(6), "paid_on": date(2026, 7, 1)})
    result = opened([{"outstanding_principal": Decimal(600_000)}], repayments=repayments, as_of=date(2026, 7, 1))
    assert position(result)["outstanding_principal"] == Decimal(700_000)


def test_a_loan_settled_after_the_cutoff_was_active_on_it() -> None:
    repayments = (*(paid(no) for no in range(1, 6)), {**paid(6, 700_000), "paid_on": date(2026, 7, 1)})
    loan: Row = {"outstanding_principal": Decimal(0), "status": "settled"}
    result = opened([loan], repayments=repayments, as_of=date(2026, 7, 2))
    assert (position(result)["status"], position(result)["outstanding_principal"]) == ("active", Decimal(700_000))
    assert len(schedule(result)) == 7


def test_a_loan_disbursed_after_the_cutoff_owes_nothing_on_it() -> None:
    loan: Row = {"disbursed_on": date(2026, 7, 1), "outstanding_principal": Decimal(1_200_000)}
    result = opened([loan], as_of=date(2026, 7, 2))
    assert (position(result)["outstanding_principal"], rules(result)) == (Decimal(0), ["CUT-02"])
    assert result.failures["note"][0] == (
        "disbursed on 2026-07-01, after the cut-off day 2026-06-30: nothing of it was outstanding then; it belongs to "
        "the books of the new system"
    )
    assert result.schedules.is_empty()


@pytest.mark.parametrize("as_of", [date(2026, 6, 29), date(2026, 7, 1)])
def test_a_balance_of_another_day_without_payments_cannot_be_rolled_back(as_of: date) -> None:
    result = opened([{"outstanding_principal": Decimal(700_000)}], as_of=as_of)
    assert rules(result) == ["CUT-01"]
    assert str(as_of) in result.failures["note"][0]


def test_an_earlier_balance_fails_where_the_payments_end_before_the_cutoff() -> None:
    result = opened(
        [{"outstanding_principal": Decimal(700_000), "_reach": date(2026, 6, 29)}],
        repayments=tuple(paid(no) for no in range(1, 6)),
        as_of=date(2026, 6, 1),
    )
    assert rules(result) == ["CUT-01"]


def test_a_loan_without_later_payments_is_rolled_back_by_nothing_where_its_cooperative_delivered_payments() -> None:
    loans: list[Row] = [
        {"outstanding_principal": Decimal(700_000)},
        {"loan_no": "2", "outstanding_principal": Decimal(1_200_000), "disbursed_on": date(2026, 6, 1)},
    ]
    result = opened(loans, repayments=tuple(paid(no) for no in range(1, 6)), as_of=date(2026, 7, 2))
    assert result.positions["outstanding_principal"].to_list() == [Decimal(700_000), Decimal(1_200_000)]
    assert rules(result) == []


def test_a_stored_balance_that_the_payments_contradict_opens_and_is_found() -> None:
    result = opened([{"outstanding_principal": Decimal(700_013)}], repayments=tuple(paid(no) for no in range(1, 6)))
    assert rules(result) == ["LON-INT-01", "LON-OUT-02", "LON-RES-03"]
    assert position(result)["outstanding_principal"] == Decimal(700_013)


def test_a_balance_that_is_not_stored_is_derived() -> None:
    result = opened([{"outstanding_principal": None}], repayments=tuple(paid(no) for no in range(1, 6)))
    assert position(result)["outstanding_principal"] == Decimal(700_000)
    assert rules(result) == []


def test_the_class_of_the_source_is_kept_and_compared() -> None:
    result = opened([{"outstanding_principal": Decimal(1_200_000), "source_collectability": "current"}])
    got = position(result)
    assert (got["arrears_days"], got["derived_collectability"]) == (135, "substandard")
    assert rules(result) == ["LON-COL-02"]
    assert result.failures["before"].to_list() == ["current"]


@pytest.mark.parametrize(
    ("value", "expected", "found"),
    [(None, "loss", ["LON-COL-03"]), (5_000_000, "doubtful", []), (1_000, "loss", ["LON-COL-03"])],
)
def test_a_doubtful_loan_depends_on_its_collateral(value: int | None, expected: str, found: list[str]) -> None:
    loan: Row = {"outstanding_principal": Decimal(1_200_000), "disbursed_on": date(2025, 10, 15)}
    appraised = None if value is None else Decimal(value)
    result = opened([loan], collaterals=({"collateral_no": "c", "appraised_value": appraised},))
    assert (position(result)["collectability"], rules(result)) == (expected, found)


def test_loss_by_collateral_names_what_is_held_and_what_is_due() -> None:
    """Disbursed 15 October 2025 at 12 % flat: eight instalments fell due, 8 x 12,000 of interest with them."""
    loan: Row = {"outstanding_principal": Decimal(1_200_000), "disbursed_on": date(2025, 10, 15)}
    result = opened([loan], collaterals=({"collateral_no": "c", "appraised_value": Decimal(900_000)},))
    assert result.failures["note"].to_list() == [
        "the class depends on the collateral: Rp 900000.00 is held against Rp 1296000.00 of principal and interest "
        "due, so it is loss"
    ]


def test_a_bullet_loan_pays_interest_only_until_its_maturity() -> None:
    loan: Row = {"interest_method": "bullet", "tenor": 6, "outstanding_principal": Decimal(1_200_000)}
    repayments = tuple(paid(no, 0, 12_000) for no in range(1, 5))
    result = opened([loan], repayments=repayments)
    assert schedule(result) == [
        (5, date(2026, 6, 15), 0, 12_000, "overdue"),
        (6, date(2026, 7, 15), 1_200_000, 12_000, "due"),
    ]
    without = opened([loan])
    assert schedule(without) == [(6, date(2026, 7, 15), 1_200_000, 12_000, "due")]
    in_arrears = opened([{**loan, "arrears_days": 46}])
    assert [row[0] for row in schedule(in_arrears)] == [4, 5, 6]


def test_schedules_have_the_columns_of_the_contract_and_repayments_every_row() -> None:
    result = opened([{"outstanding_principal": Decimal(800_000)}], repayments=tuple(paid(no) for no in range(1, 5)))
    assert result.schedules.columns == ["cooperative_id", *TABLES["loan_schedules"].names]
    assert result.repayments.columns == ["cooperative_id", "_row", "principal", "interest", "total"]
    assert result.repayments["total"].to_list() == [Decimal(112_000)] * 4


def test_a_cooperative_without_a_cutoff_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match="cooperative B has no cut-off"):
        opened([{"cooperative_id": "B"}])


def test_no_loans_at_all_open_to_nothing() -> None:
    result = opened([])
    assert result.schedules.is_empty() and result.positions.is_empty() and result.failures.is_empty()


def test_one_sum_before_the_end_settles_a_loan_early() -> None:
    """Four instalments are paid; on 20 June 800,000 and the interest of the sixth, which has begun, end it."""
    loan: Row = {"outstanding_principal": Decimal(0), "status": "settled"}
    paid_total = [{"paid_on": date(2026, 1 + no, 15), "total": Decimal(112_000)} for no in range(1, 5)]
    early: Row = {"paid_on": date(2026, 6, 20), "total": Decimal(824_000)}
    result = opened([loan], repayments=(*paid_total, early))
    assert result.repayments.select("principal", "interest").rows()[-1] == (Decimal(800_000), Decimal(24_000))
    got = position(result)
    assert (got["derived_outstanding_principal"], got["status"]) == (Decimal(0), "settled")
    assert (result.schedules.is_empty(), rules(result)) == (True, [])


def test_a_loan_part_paid_on_the_day_of_the_cut_off() -> None:
    """Due on the cut-off day itself: 40,000 of the principal and the interest are paid that day, 60,000 remain."""
    first_four = tuple({**paid(no), "paid_on": date(2026, 1 + no, 28)} for no in range(1, 5))
    today: Row = {"paid_on": CUTOFF, "principal": Decimal(40_000), "interest": Decimal(12_000), "instalment_no": 5}
    loan: Row = {"disbursed_on": date(2026, 1, 30), "outstanding_principal": Decimal(760_000)}
    result = opened([loan], repayments=(*first_four, today))
    assert schedule(result)[0] == (5, CUTOFF, 60_000, 0, "part_paid")
    got = position(result)
    assert (got["arrears_days"], got["outstanding_interest"], rules(result)) == (0, Decimal(7 * 12_000), [])


def test_what_is_owed_above_the_principal_after_a_restructuring_opens_as_it_is() -> None:
    result = opened([{"outstanding_principal": Decimal(1_300_000)}])
    assert position(result)["outstanding_principal"] == Decimal(1_300_000)
    assert sum(row[2] for row in schedule(result)) == 1_300_000


TEN_MILLION: Row = {"principal": Decimal(10_000_000), "annual_rate": Decimal(0)}


def test_the_unit_of_a_schedule_that_is_explained_to_the_rupiah_is_its_tolerance() -> None:
    """833,333 up to 1,000 is 834,000, the first takes 826,000: half-up to no usual unit, so 1 before."""
    rows = tuple(
        {"instalment_no": no, "due_on": date(2026 + no // 12, no % 12 + 1, 15), "interest": Decimal(0),
         "principal": Decimal(826_000 if no == 1 else 834_000)}
        for no in range(1, 13)
    )  # fmt: skip
    result = opened([{**TEN_MILLION, "outstanding_principal": Decimal(10_000_000)}], instalments=rows)
    assert position(result)["rounding_unit"] == Decimal(1_000)
    stated = opened([{**TEN_MILLION, "outstanding_principal": Decimal(10_000_000), "rounding_unit": Decimal(50)}],
                    instalments=rows)  # fmt: skip
    assert position(stated)["rounding_unit"] == Decimal(50)
    assert rules(result) == rules(stated) == []


CLAIMED: Row = {
    "principal": Decimal(10_000_000), "annual_rate": None, "source_rate": Decimal(2),
    "instalment_interest": Decimal(200_000), "outstanding_principal": Decimal(10_000_000),
}  # fmt: skip


def test_a_base_that_nothing_claims_is_taken_where_one_fits_and_a_tie_is_reported() -> None:
    unique = opened([CLAIMED])
    assert (position(unique)["annual_rate"], rules(unique)) == (Decimal(24), [])
    tied = opened([{**CLAIMED, "source_rate": Decimal(24)}])
    assert (position(tied)["annual_rate"], rules(tied)) == (Decimal(24), ["LON-RTE-02"])
    assert "the bases per_year, whole_term fit alike" in tied.failures["note"][0]
    claimed = opened([{**CLAIMED, "source_rate": Decimal(24), "source_rate_basis": "per_year"}])
    assert rules(claimed) == []


def test_an_irregular_schedule_goes_over_as_it_is_and_is_listed() -> None:
    parts = [(100_000, 50_000), (700_000, 3_000), (50_000, 90_000), (350_000, 12_345)]
    rows = tuple(
        {"instalment_no": no, "due_on": date(2026, 6 + no, 15), "principal": Decimal(p), "interest": Decimal(i)}
        for no, (p, i) in enumerate(parts, start=1)
    )
    result = opened([{"tenor": 4, "outstanding_principal": Decimal(1_200_000)}], instalments=rows)
    assert [row[2:4] for row in schedule(result)] == parts
    assert (rules(result), result.explanations["method"].to_list()) == (["LON-EXP-01"], ["irregular"])


def test_a_schedule_by_another_method_than_claimed_and_one_that_is_not_to_the_rupiah() -> None:
    """1,200,000 at 1 % a month: the interest falls by 1 % of 300,000."""
    interest = (12_000, 9_000, 6_000, 3_000)
    rows = tuple(
        {"instalment_no": no, "due_on": date(2026, 6 + no, 15), "principal": Decimal(300_000), "interest": Decimal(i)}
        for no, i in enumerate(interest, start=1)
    )
    loan: Row = {"tenor": 4, "outstanding_principal": Decimal(1_200_000)}
    other = opened([loan], instalments=rows)
    assert rules(other) == ["LON-EXP-03"]
    assert str(other.failures["note"][0]).endswith("; the source claims flat, 12 % a year")
    changed = ({**rows[0], "interest": Decimal(12_007)}, *rows[1:])
    near = opened([{**loan, "interest_method": "declining"}], instalments=changed)
    assert rules(near) == ["LON-EXP-02"]
