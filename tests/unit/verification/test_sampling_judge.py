"""What answers prove: each kind of tick, the upper limit of the whole, and what keeps a sample from being accepted."""

from decimal import Decimal

import pytest
from invented_sample import MEMBER, SAVINGS, line, sample

from koop_pipeline.verification.sampling.judge import Checked, check, judge
from koop_pipeline.verification.sampling.model import Line
from koop_pipeline.verification.sampling.returned import Answer

LARGE, SAME, ROLLED, EXCLUDED, LOST = SAVINGS


def answer(token: str, tick: str = "agrees", found: str | None = None, **other: str) -> Answer:
    amount = None if found is None else Decimal(found)
    return Answer(token, f"uji.xlsx, {token}", tick, amount, **other)  # type: ignore[arg-type]


NOT_THE_SAME = "delivery and new system are not the same"
ALL_RIGHT = [
    answer("SIM-00001"),
    answer("SIM-00002"),
    answer("SIM-00003", "agrees", "450000"),
    answer("SIM-00004", "differs", "0"),
    answer("SIM-00005", "differs", "0"),
    answer("AGT-00001"),
]


@pytest.mark.parametrize(
    ("of", "given", "wrong_by"),
    [
        (SAME, answer("SIM-00002"), "0"),
        (SAME, answer("SIM-00002", "agrees", "400000"), "0"),
        (SAME, answer("SIM-00002", "differs", "300000"), "100000"),
        (SAME, answer("SIM-00002", "differs", "450000"), "50000"),
        (ROLLED, answer("SIM-00003", "agrees", "450000"), "0"),
        (ROLLED, answer("SIM-00003", "differs", "500000"), "50000"),
        (EXCLUDED, answer("SIM-00004", "differs", "0"), "0"),
        (EXCLUDED, answer("SIM-00004", "differs", "300000"), "300000"),
        (LOST, answer("SIM-00005", "agrees", "200000"), "200000"),
    ],
)  # fmt: skip
def test_an_amount_is_wrong_by_what_evidence_and_new_system_differ(of: Line, given: Answer, wrong_by: str) -> None:
    assert check(of, given, by_amount=True) == Checked(wrong_by != "0", Decimal(wrong_by))


@pytest.mark.parametrize(
    ("of", "given", "sentence"),
    [
        (SAME, answer("SIM-00002", "differs"), "'Berbeda' needs what the evidence says"),
        (SAME, answer("SIM-00002", "agrees", "399999"), "'Cocok' does not fit the amount of the evidence"),
        (SAME, answer("SIM-00002", "differs", "400000"), "'Berbeda' does not fit the amount of the evidence"),
        (SAME, answer("SIM-00002", "no_evidence", "1"), "'Tidak ada bukti' leaves the evidence empty"),
        (ROLLED, answer("SIM-00003"), f"'Cocok' needs what the evidence says ({NOT_THE_SAME})"),
        (EXCLUDED, answer("SIM-00004"), f"'Cocok' needs what the evidence says ({NOT_THE_SAME})"),
        (
            SAME, Answer("SIM-00002", "", "differs", Decimal(300_000), Decimal(50_000)),
            "the difference is not that between the evidence and the new system",
        ),
    ],
)  # fmt: skip
def test_an_answer_that_lacks_or_contradicts_something_is_no_answer(of: Line, given: Answer, sentence: str) -> None:
    assert check(of, given, by_amount=True) == sentence


def test_words_are_right_or_wrong_by_their_tick() -> None:
    assert check(MEMBER, answer("AGT-00001"), by_amount=False) == Checked(False)
    assert check(MEMBER, answer("AGT-00001", "differs", remark="KTP lain"), by_amount=False) == Checked(True)
    assert check(MEMBER, answer("AGT-00001", "no_evidence"), by_amount=False) == Checked(True, unfounded=True)
    assert check(MEMBER, answer("AGT-00001", "differs"), by_amount=False) == (
        "'Berbeda' needs what the evidence says, or a remark"
    )


def test_a_row_that_is_lost_is_wrong_whatever_was_ticked() -> None:
    lost = line("AGT-00001", "Anggota", "A1", None, None, state="lost")
    assert check(lost, answer("AGT-00001"), by_amount=False) == Checked(True)


def test_everything_right_is_accepted_below_the_tolerable_error() -> None:
    judged = judge(sample(), ALL_RIGHT)
    assert (judged.outcome, judged.missing, judged.problems) == ("accepted", [], [])
    # 100 m / 60 x 2.995732273554
    assert [(each.stratum, each.errors, each.upper_limit) for each in judged.results] == [
        ("savings", 0, Decimal("4992887.13")),
        ("members", 0, None),
    ]


def test_a_quarter_wrong_refuses_savings_and_with_them_the_cooperative() -> None:
    judged = judge(sample(), [*ALL_RIGHT, answer("SIM-00002", "differs", "300000")])
    # 100 m / 60 x (2.995732273554 + 0.25 x 1.748132244837) = 5,721,275.5579...
    assert judged.results[0].upper_limit == Decimal("5721275.56")
    assert [each.outcome for each in judged.results] == ["refused", "accepted"]
    assert judged.outcome == "refused"


def test_an_error_in_a_large_item_counts_once_as_it_is() -> None:
    judged = judge(sample(), [*ALL_RIGHT, answer("SIM-00001", "differs", "39999000")])
    assert judged.results[0].upper_limit == Decimal("4993887.13")
    assert judged.results[0].outcome == "accepted"


@pytest.mark.parametrize("token", ["SIM-00002", "SIM-00004"])
def test_without_evidence_an_item_is_wrong_in_full(token: str) -> None:
    judged = judge(sample(), [*ALL_RIGHT, answer(token, "no_evidence")])
    # 100 m / 60 x F(1) = 100 m / 60 x 4.743864518391
    assert judged.results[0].upper_limit == Decimal("7906440.87")


def test_one_wrong_row_refuses_a_random_stratum() -> None:
    judged = judge(sample(), [*ALL_RIGHT, answer("AGT-00001", "no_evidence")])
    assert [each.outcome for each in judged.results] == ["accepted", "refused"]
    assert judged.outcome == "refused"


def test_a_missing_tick_is_named_and_leaves_its_stratum_open() -> None:
    judged = judge(sample(), [each for each in ALL_RIGHT if each.token not in ("SIM-00002", "AGT-00001")])
    assert judged.outcome == "incomplete"
    assert judged.missing == ["SIM-00002", "AGT-00001"]
    assert [(each.upper_limit, each.outcome) for each in judged.results] == [(None, "incomplete")] * 2


def test_a_remark_alone_is_no_tick() -> None:
    assert judge(sample(), [answer("SIM-00001", "", remark="besok")]).missing[0] == "SIM-00001"


def test_a_problem_in_a_worksheet_keeps_it_open() -> None:
    assert judge(sample(), ALL_RIGHT, ["uji.xlsx, Simpanan!A3: this locked cell was changed."]).outcome == "incomplete"


def test_what_waits_is_never_accepted() -> None:
    judged = judge(sample(in_target=False), ALL_RIGHT)
    assert judged.outcome == "waiting"
    assert {each.outcome for each in judged.results} == {"waiting"}
