"""Specification: each fault of the case tables is found by exactly the rules that its line names.

The faults stand in `cases_*.py`; the world they are made in, and its clean cooperative, in `rule_world.py`.
"""

import pytest
from rule_world import CLEAN, Case, all_cases, judged_world

CASES = all_cases()


def test_no_rule_fires_on_the_clean_cooperative() -> None:
    assert CLEAN not in judged_world().findings


def test_every_rule_could_be_evaluated() -> None:
    outcomes = judged_world().outcomes
    assert len(outcomes) > 350
    assert [(item.rule, item.error) for item in outcomes if not item.evaluated] == []


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.alone])
def test_exactly_the_named_rules_find_the_fault(name: str) -> None:
    case: Case = CASES[name]
    assert judged_world().findings.get(name, {}) == case.expected, case.fault


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.alone])
def test_a_breach_of_the_contract_is_found_by_its_rule(name: str) -> None:
    case: Case = CASES[name]
    found = judged_world().findings.get(name, {})
    assert case.expected, case.fault
    assert {rule: found.get(rule, 0) for rule in case.expected} == case.expected, case.fault


def test_every_rule_is_seen_to_fire_in_some_case() -> None:
    cases, judged = all_cases(), judged_world()
    named = {rule for case in cases.values() for rule in case.expected}
    assert {item.rule for item in judged.outcomes} - named == set()
    assert {item.rule for item in judged.outcomes if item.failed == 0} == set()


@pytest.mark.parametrize(
    ("fault", "rule", "text"),
    [
        ("account_code = '1.1';", "ACC-BAL-01", "debit 1348000.00, credit 848000.00, difference 500000.00"),
        (
            "set is_detail = true",
            "ACC-PAR-01",
            "the detail account 1 holds Rp 0.00 net debit, the accounts below it Rp 840000.00",
        ),
        ("amount = 800000.01", "DCL-TOT-02", "savings declared 800000.01, found 800000.00"),
        ("amount = 4", "DCL-TOT-01", "members declared 4, found 3, merged 0"),
        ("mapped = null", "MAP-CTL-01", "savings delivered 800000.00, mapped nothing"),
        ("delivered = null", "MAP-CTL-01", "savings delivered unreadable, mapped 800000.00"),
        ("principal = 300004.01", "LSC-SUM-01", "schedule 600004.01, outstanding 600000.00"),
    ],
)
def test_the_finding_says_what_differs_to_the_rupiah(fault: str, rule: str, text: str) -> None:
    cases, judged = all_cases(), judged_world()
    name = next(key for key, case in cases.items() if fault in case.fault and rule in case.expected)
    assert judged.before[name, rule] == [text]
