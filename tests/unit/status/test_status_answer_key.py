"""The comparison with an answer key must find what differs, or the demo would prove nothing."""

from typing import Any

import pytest

from koop_pipeline.status.answer_key import differences

RECORD: dict[str, Any] = {
    "cooperative_id": "K",
    "state": "verified",
    "verdict": "passed",
    "rows": {"members": {"extracted": 3, "promoted": 3, "waiting": 0}, "loan_schedules": {"promoted": 7, "waiting": 0}},
    "money": {"savings": {"promoted": "10.00", "waiting": "0.00"}, "debit": {"promoted": "9.00", "waiting": "0.00"}},
}
KEY: dict[str, Any] = {
    "state": "verified",
    "verdict": "passed",
    "rows": {"members": {"extracted": "3", "promoted": "3"}},
    "opening": {"loan_schedules": "7"},
    "money": {"savings": "10.00", "trial_balance_debit": "9.00"},
}


def test_what_agrees_is_silent() -> None:
    assert differences([RECORD], {"cooperatives": {"K": KEY}}) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"state": "gated"}, "K: state is verified, the key says gated"),
        ({"verdict": None}, "K: verdict is passed, the key says None"),
        ({"rows": {"members": {"promoted": "4"}}}, "K: members.promoted is 3, the key says 4"),
        ({"rows": {"loans": {"promoted": "1"}}}, "K: loans.promoted is 0, the key says 1"),
        ({"opening": {"loan_schedules": "6"}}, "K: loan_schedules has 7 rows, the key says 6"),
        ({"money": {"savings": "10.01"}}, "K: savings is 10.00, the key says 10.01"),
        ({"money": {"trial_balance_debit": "9.01"}}, "K: trial_balance_debit is 9.00, the key says 9.01"),
    ],
)
def test_every_difference_is_said(change: dict[str, Any], sentence: str) -> None:
    assert differences([RECORD], {"cooperatives": {"K": {**KEY, **change}}}) == [sentence]


def test_a_missing_and_a_strange_cooperative_are_said() -> None:
    assert differences([RECORD], {"cooperatives": {"L": KEY}}) == [
        "L is not in the batch",
        "K is not in the answer key",
    ]
