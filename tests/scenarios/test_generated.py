"""Generated programmes through the whole way: they must end as their answer keys say, to the row and the rupiah."""

from pathlib import Path
from typing import Any

import pytest
import world
import yaml

from koop_pipeline.generate import dirt, faults
from koop_pipeline.generate.plan import Plan
from koop_pipeline.generate.programme import generate
from koop_pipeline.status.answer_key import differences

Ended = tuple[dict[str, Any], dict[str, Any]]


def run(folder: Path, plan: Plan) -> Ended:
    """Generate and migrate; the status by cooperative, and the answer key."""
    generate(folder, plan)
    records = world.migrate(folder, "gelombang-01")
    key = yaml.load((folder / "answer-key.yaml").read_text(), yaml.BaseLoader)
    for expected in key["cooperatives"].values():
        expected["verdict"] = None if expected["verdict"] == "null" else expected["verdict"]
    return records, key


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Thirty cooperatives: every kind of fault on each of the three systems."""
    plan = Plan(30, 40, seed=21, systems=("csv", "mysql", "sqlite"), faults="all")
    return run(tmp_path_factory.mktemp("generated") / "programme", plan)


def found(record: dict[str, Any]) -> dict[str, int]:
    """Rules that failed, and how often."""
    counts: dict[str, int] = {}
    for rule in record["rules"]:
        counts[rule["rule"]] = counts.get(rule["rule"], 0) + rule["failed"]
    return {rule: count for rule, count in counts.items() if count}


def test_it_ends_as_the_answer_key_says_to_the_row_and_the_rupiah(ended: Ended) -> None:
    assert differences(list(ended[0].values()), ended[1]) == []
    assert len(ended[1]["cooperatives"]) == 30


def test_each_kind_of_fault_is_there_on_each_system(ended: Ended) -> None:
    seen = {(fault, one["system"]) for one in ended[1]["cooperatives"].values() for fault in one["faults"]}
    kinds = {*faults.GRAVE, *faults.LIGHT, "member-list"}
    assert seen == {(kind, system) for kind in kinds for system in ("arta-csv", "mitra-mysql", "bina-sqlite")}


def test_every_known_fault_is_found_by_its_rule_and_nothing_else_is(ended: Ended) -> None:
    expected = {
        cooperative: {rule: int(count) for rule, count in one["findings"].items()}
        for cooperative, one in ended[1]["cooperatives"].items()
    }
    assert {cooperative: found(record) for cooperative, record in ended[0].items()} == expected
    rules = {rule for counts in expected.values() for rule in counts}
    assert set(dirt.RULES.values()) <= rules
    assert len(rules) == 27


def test_the_states_are_those_that_were_planned(ended: Ended) -> None:
    states = [(record["state"], record["verdict"]) for record in ended[0].values()]
    assert states == 3 * [
        *[("gated", "blocked")] * 6,
        ("failed", None),
        ("verified", "warned"),
        ("verified", "warned"),
        ("verified", "passed"),
    ]


def test_no_rupiah_is_unexplained(ended: Ended) -> None:
    seen = 0
    for record in ended[0].values():
        for control, amounts in record["money"].items():
            assert amounts["difference"] == "0.00", (record["cooperative_id"], control)
            seen += 1
    assert seen > 200


def test_a_key_with_one_sen_or_row_more_is_seen(ended: Ended) -> None:
    """The comparison can fail."""
    expected = ended[1]["cooperatives"]["KOP-00010"]
    wrong = {
        **expected,
        "money": {**expected["money"], "loans": expected["money"]["loans"][:-1] + "1"},
        "rows": {**expected["rows"], "members": {**expected["rows"]["members"], "promoted": "1"}},
    }
    told = differences([ended[0]["KOP-00010"]], {"cooperatives": {"KOP-00010": wrong}})
    assert [line.split()[1] for line in told] == ["members.promoted", "loans"]


def test_without_faults_every_cooperative_passes(tmp_path: Path) -> None:
    records, key = run(tmp_path / "clean", Plan(6, 60, seed=12, transactions=15, faults="0"))
    assert differences(list(records.values()), key) == []
    assert [(record["state"], record["verdict"], found(record)) for record in records.values()] == [
        ("verified", "passed", {})
    ] * 6
    assert {one["system"] for one in key["cooperatives"].values()} == {"arta-csv", "mitra-mysql", "bina-sqlite"}
