"""A delivered schedule of what remains beside a history: no interest is lost, none is charged twice, and it is said.

Rp 1,200,000 flat at 12 % over 12 months is 100,000 and 12,000 a month, due on the 15th from February 2026; the cut-off
is 30 June, so five instalments fell due and the sixth has begun. The source delivers the instalments from the sixth on.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_loan import Row, open_each, open_one, sums

from koop_pipeline.opening.loans.position import OpenedLoans

LOAN: dict[str, object] = {
    "cooperative_id": "A", "loan_no": "1", "member_no": "M1", "product_code": "UMUM", "principal": Decimal(1_200_000),
    "interest_method": "flat", "annual_rate": Decimal(12), "tenor": 12, "frequency": "monthly", "status": "active",
    "disbursed_on": date(2026, 1, 15), "outstanding_principal": Decimal(700_000),
}  # fmt: skip


def plan(first: int, *, principal: int = 100_000, interest: int = 12_000) -> list[Row]:
    return [
        {"instalment_no": no, "due_on": date(2026 + no // 12, no % 12 + 1, 15), "principal": Decimal(principal),
         "interest": Decimal(interest)}
        for no in range(first, 13)
    ]  # fmt: skip


def paid(*parts: tuple[int, int]) -> list[Row]:
    """Payments of principal and interest on the due dates from February on."""
    return [
        {"paid_on": date(2026, 1 + no, 15), "principal": Decimal(p), "interest": Decimal(i)}
        for no, (p, i) in enumerate(parts, start=1)
    ]


def opened(loan: Row, repayments: list[Row], instalments: list[Row]) -> OpenedLoans:
    return open_one({**LOAN, **loan}, instalments, repayments)


def rows(result: OpenedLoans) -> list[tuple[int, int, int, str]]:
    listed = result.schedules.select("instalment_no", "principal", "interest", "state").rows()
    return [(no, int(principal), int(interest), state) for no, principal, interest, state in listed]


def rules(result: OpenedLoans) -> list[str]:
    return result.failures["rule"].to_list()


FULL = (100_000, 12_000)
AS_DELIVERED = [(no, 100_000, 12_000, "due") for no in range(6, 13)]


RECALCULATED = plan(6, interest=6_500)
DECLINING: Row = {"interest_method": "declining"}


@pytest.mark.parametrize(
    ("loan", "interest", "said"),
    [
        # 12,000 + 11,000 + 10,000 + 9,000 + 8,000 fell due before June's
        (DECLINING, (12_000, 11_000, 10_000, 9_000, 3_000), "by these Rp 50000.00 of interest fell due before it, and "
         "Rp 45000.00 is paid: Rp 5000.00 stands in neither and would be lost"),
        (DECLINING, (12_000, 11_000, 10_000, 9_000, 11_000), "by these Rp 50000.00 of interest fell due before it, and "
         "Rp 53000.00 is paid: Rp 3000.00 more, which is charged again unless the schedule takes it off"),
        ({"annual_rate": None}, (12_000,) * 5, "holds Rp 45500.00 of interest, and Rp 60000.00 is paid; what fell due "
         "before it is not known, for no terms give it, so that nothing is lost or charged twice is not proved"),
    ],
)  # fmt: skip
def test_a_schedule_that_the_terms_do_not_give_is_held_against_what_fell_due_before_it(
    loan: Row, interest: tuple[int, ...], said: str
) -> None:
    """Seven instalments of 6,500 where the terms have 7,000 ... 1,000."""
    result = opened(loan, paid(*[(100_000, amount) for amount in interest]), RECALCULATED)
    assert [int(amount) for amount in result.schedules["interest"]] == [6_500] * 7
    (note,) = result.failures.filter(pl.col("rule") == "LON-INT-11")["note"]
    assert note.endswith(said)


def test_a_schedule_that_the_terms_do_not_give_beside_what_fell_due_and_was_paid_is_not_said() -> None:
    history = paid(*[(100_000, amount) for amount in (12_000, 11_000, 10_000, 9_000, 8_000)])
    assert "LON-INT-11" not in rules(opened(DECLINING, history, RECALCULATED))
    assert "LON-INT-11" not in rules(opened(DECLINING, [], RECALCULATED))


def test_a_history_that_agrees_changes_nothing() -> None:
    result = opened({}, paid(*[FULL] * 5), plan(6))
    assert (rows(result), rules(result)) == (AS_DELIVERED, [])
    assert result.positions["schedule_source"].to_list() == ["delivered"]


def test_interest_owed_of_an_earlier_instalment_opens_with_it_and_is_said() -> None:
    """Five principals are paid and the interest of four: the fifth was due on 15 June, 15 days before the cut-off."""
    result = opened({}, paid(*[FULL] * 4, (100_000, 0)), plan(6))
    assert rows(result) == [(5, 0, 12_000, "part_paid"), *AS_DELIVERED]
    assert result.positions.select("outstanding_interest", "arrears_days").rows() == [(Decimal(96_000), 15)]
    assert result.failures.select("rule", "before", "note").rows() == [
        (
            "LON-INT-03", "84000.00",
            "the delivered schedule of what remains holds Rp 84000.00 of interest, by the terms and the history "
            "Rp 96000.00 remain: Rp 12000.00 of earlier instalments is not paid and opens with them",
        )
    ]  # fmt: skip
    assert result.accrued.select("due").rows() == [(Decimal(12_000),)]


def test_interest_that_is_paid_of_the_next_instalment_is_not_charged_again() -> None:
    """The interest of the sixth was paid on 15 June with the fifth: 72,000 of 144,000, so 72,000 remain of 84,000."""
    result = opened({}, paid(*[FULL] * 4, (100_000, 24_000)), plan(6))
    assert rows(result) == [(6, 100_000, 0, "part_paid"), *AS_DELIVERED[1:]]
    assert (rules(result), result.failures["note"].to_list()) == (
        ["LON-INT-03"],
        [
            "the delivered schedule of what remains holds Rp 84000.00 of interest, by the terms and the history "
            "Rp 72000.00 remain: Rp 12000.00 is paid already and is not charged again"
        ],
    )


@pytest.mark.parametrize("stored", [700_012, 699_988])
def test_a_residue_of_the_stored_principal_moves_no_delivered_instalment(stored: int) -> None:
    """Twelve rupiah are rounding of twelve instalments: what is delivered is what remains, and no arrears."""
    result = opened({"outstanding_principal": Decimal(stored)}, paid(*[FULL] * 5), plan(6))
    assert (rows(result), rules(result)) == (AS_DELIVERED, ["LON-OUT-04"])
    assert result.positions["arrears_days"].to_list() == [0]


def test_a_first_instalment_that_the_source_nets_itself_is_not_netted_twice() -> None:
    """Of the sixth 40,000 and its interest were paid on 20 June; the source lists 60,000 without interest."""
    history = [
        *paid(*[FULL] * 5),
        {"paid_on": date(2026, 6, 20), "principal": Decimal(40_000), "interest": Decimal(12_000)},
    ]
    netted = [{**plan(6)[0], "principal": Decimal(60_000), "interest": Decimal(0)}, *plan(7)]
    result = opened({"outstanding_principal": Decimal(660_000)}, history, netted)
    assert rows(result) == [(6, 60_000, 0, "part_paid"), *AS_DELIVERED[1:]]
    assert rules(result) == ["LON-EXP-01"]


def test_a_first_instalment_whose_interest_the_source_lacks_but_the_history_does_not_pay() -> None:
    history = [*paid(*[FULL] * 5), {"paid_on": date(2026, 6, 20), "principal": Decimal(40_000), "interest": Decimal(0)}]
    netted = [{**plan(6)[0], "principal": Decimal(60_000), "interest": Decimal(0)}, *plan(7)]
    result = opened({"outstanding_principal": Decimal(660_000)}, history, netted)
    assert rows(result)[0] == (6, 60_000, 12_000, "part_paid")
    assert rules(result) == ["LON-EXP-01", "LON-INT-03"]
    assert str(result.failures["note"][1]).endswith("Rp 12000.00 that it left out is not paid")


def test_interest_of_an_instalment_that_has_not_begun_is_not_added_to_what_the_source_says_remains() -> None:
    """Seven principals are paid, the interest of five; the source goes on with the eighth. The sixth has begun on
    15 June and is owed, the seventh begins on 15 July.
    """
    loan: Row = {"outstanding_principal": Decimal(500_000)}
    result = opened(loan, paid(*[FULL] * 4, (300_000, 12_000)), plan(8))
    assert rows(result) == [(6, 0, 12_000, "part_paid"), *AS_DELIVERED[2:]]
    ahead = opened(loan, paid(*[FULL] * 4, (300_000, 36_000)), plan(8))
    assert (rows(ahead), rules(ahead)) == (AS_DELIVERED[2:], [])


def test_totals_alone_are_divided_by_the_whole_contract() -> None:
    """Five times 112,000: each is 100,000 and 12,000."""
    payments: list[Row] = [{"paid_on": date(2026, 1 + no, 15), "total": Decimal(112_000)} for no in range(1, 6)]
    result = opened({}, payments, plan(6))
    assert result.repayments.select("principal", "interest").unique().rows() == [(Decimal(100_000), Decimal(12_000))]
    assert (rows(result), rules(result)) == (AS_DELIVERED, [])


PRINCIPAL_ONLY: list[Row] = [{"paid_on": date(2026, 1 + no, 15), "principal": Decimal(100_000)} for no in range(1, 6)]


@pytest.mark.parametrize("history", [[], PRINCIPAL_ONLY])
def test_without_a_history_of_interest_a_schedule_of_what_remains_stays_as_it_is(history: list[Row]) -> None:
    result = opened({}, history, plan(6))
    assert (rows(result), rules(result)) == (AS_DELIVERED, [])


def test_a_schedule_that_the_terms_do_not_give_stays_as_it_is_and_the_stored_total_says_what_is_off() -> None:
    """13,000 a month is not 1 % of 1,200,000; in all 144,000 were agreed and 60,000 are paid, but 91,000 are listed."""
    off = plan(6, interest=13_000)
    result = opened({"interest_total": Decimal(144_000)}, paid(*[FULL] * 5), off)
    assert [row[2] for row in rows(result)] == [13_000] * 7
    assert "LON-INT-04" in rules(result)
    assert result.failures.filter(pl.col("rule") == "LON-INT-04")["note"].to_list() == [
        "of Rp 144000.00 of interest in all Rp 60000.00 is paid, so Rp 84000.00 remain, but the delivered schedule of "
        "what remains holds Rp 91000.00: Rp 7000.00 would be charged twice; deliver the whole schedule, or correct it"
    ]


@pytest.mark.parametrize("loan", [{"interest_total": Decimal(144_000)}, {}])
def test_remaining_instalments_numbered_anew_are_held_against_the_interest_in_all(loan: Row) -> None:
    """Seven instalments numbered 1 to 7; the interest of the fifth is not paid and stands nowhere.

    They are the last seven of the terms, which hold 144,000, also where the source does not store that.
    """
    anew = [{**row, "instalment_no": no} for no, row in enumerate(plan(6), start=1)]
    result = opened(loan, paid(*[FULL] * 4, (100_000, 0)), anew)
    assert [row[2] for row in rows(result)] == [12_000] * 7
    note = result.failures.filter(pl.col("rule") == "LON-INT-04")["note"][0]
    assert "Rp 12000.00 would be lost" in str(note)
    twice = opened(loan, paid(*[FULL] * 4, (100_000, 24_000)), anew)
    note = twice.failures.filter(pl.col("rule") == "LON-INT-04")["note"][0]
    assert "Rp 12000.00 would be charged twice" in str(note)
    agreeing = opened(loan, paid(*[FULL] * 5), anew)
    assert "LON-INT-04" not in rules(agreeing)


def test_instalments_numbered_anew_that_end_on_another_day_are_not_those_of_the_terms() -> None:
    """Of a loan that was extended: the terms end in January, the last of the seven is due in February."""
    anew = [{**row, "instalment_no": no} for no, row in enumerate(plan(6), start=1)]
    later = [*anew[:-1], {**anew[-1], "due_on": date(2027, 2, 15)}]
    assert "LON-INT-04" not in rules(opened({}, paid(*[FULL] * 4, (100_000, 0)), later))


def test_a_claim_that_the_schedule_itself_refutes_completes_nothing() -> None:
    """12 % are claimed and paid for ten months, 120,000; the last two instalments bear 1,000 each, which is 1 %.

    Ten instalments of 1,000 would make 110,000 paid too much, and the 2,000 would vanish.
    """
    loan: Row = {"disbursed_on": date(2025, 8, 15), "outstanding_principal": Decimal(200_000)}
    days = [(2025 + (7 + no) // 12, (7 + no) % 12 + 1) for no in range(1, 13)]
    history: list[Row] = [
        {"paid_on": date(*day, 15), "principal": Decimal(100_000), "interest": Decimal(12_000)} for day in days[:10]
    ]
    last: list[Row] = [
        {"instalment_no": no, "due_on": date(*days[no - 1], 15), "principal": Decimal(100_000),
         "interest": Decimal(1_000)}
        for no in (11, 12)
    ]  # fmt: skip
    result = opened(loan, history, last)
    assert [row[1:3] for row in rows(result)] == [(100_000, 1_000)] * 2


def test_a_rounding_lender_is_completed_by_the_rounding_that_explains_the_schedule() -> None:
    """10,400,000 at 2.24 % a month: 867,000 + 233,000, the last 863,000 + 237,000; the interest of May is not paid.

    By the terms alone an instalment would be 866,667 and 232,960.
    """
    rest = plan(6, principal=867_000, interest=233_000)
    rest[-1] = {**rest[-1], "principal": Decimal(863_000), "interest": Decimal(237_000)}
    loan: Row = {
        "principal": Decimal(10_400_000), "annual_rate": Decimal("26.88"),
        "outstanding_principal": Decimal(10_400_000 - 5 * 867_000),
    }  # fmt: skip
    result = opened(loan, paid(*[(867_000, 233_000)] * 4, (867_000, 0)), rest)
    assert rows(result)[:2] == [(5, 0, 233_000, "part_paid"), (6, 867_000, 233_000, "due")]
    assert rows(result)[-1] == (12, 863_000, 237_000, "due")


@settings(max_examples=3, deadline=None)
@given(st.lists(st.lists(st.integers(0, 14_000), min_size=5, max_size=5), min_size=20, max_size=20))
def test_law_interest_paid_and_interest_that_opens_make_the_contract(made: list[list[int]]) -> None:
    """To the rupiah, but for a residue that counts as paid and is said; twenty loans are opened together."""
    result = open_each([(LOAN, plan(6), paid(*[(100_000, part) for part in interest])) for interest in made])
    said = result.failures.filter(pl.col("rule") == "LON-INT-02").with_columns(pl.col("before").cast(pl.Decimal(18, 2)))
    residues = {int(number): off for number, off in said.group_by("cooperative_id").agg(pl.col("before").sum()).rows()}
    assert sums(result, len(made)) == [
        (700_000, 144_000 - sum(interest) - residues.get(number, 0)) for number, interest in enumerate(made)
    ]
