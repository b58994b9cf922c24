"""Reading suite files: what is accepted, and the sentence for each thing that is not."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from koop_pipeline.errors import ConfigError
from koop_pipeline.gates import load_suites, suites_fingerprint

WORDS = {"id": "NIK enam belas angka", "en": "NIK has sixteen digits"}


def meta(**changed: Any) -> dict[str, Any]:
    """A complete meta block, with some keys changed."""
    words = {"title": WORDS, "explanation": WORDS, "dimension": "validity", "consequence": "warn"}
    return {"rule": "MBR-NIK-01", **words, **changed}


def expectation(meta_block: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """An expectation as GX writes it."""
    kind = "expect_column_values_to_not_be_null"
    return {"type": kind, "kwargs": {"column": "nik", **kwargs}, "meta": meta_block, "id": None, "severity": "critical"}


def write(folder: Path, table: str, *expectations: dict[str, Any]) -> Path:
    """A suite file."""
    path = folder / f"{table}.json"
    path.write_text(json.dumps({"name": table, "expectations": list(expectations), "meta": {}}), encoding="utf-8")
    return path


def refusal(folder: Path) -> str:
    """The message with which the folder is refused."""
    with pytest.raises(ConfigError) as refused:
        load_suites(folder)
    return str(refused.value)


def test_a_suite_gives_its_table_rules_and_sha256(tmp_path: Path) -> None:
    path = write(tmp_path, "members", expectation(meta()), expectation(meta(rule="MBR-NIK-02", consequence="hold")))
    (suite,) = load_suites(tmp_path)
    digest = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0]
    assert (suite.table, suite.sha256) == ("members", digest)
    assert [(rule.id, rule.hold, rule.named_column) for rule in suite.rules] == [
        ("MBR-NIK-01", None, "nik"),
        ("MBR-NIK-02", "value", "nik"),
    ]


def test_suites_come_by_table_and_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "there is no suite" in refusal(tmp_path)
    write(tmp_path, "officers", expectation(meta()))
    write(tmp_path, "loans", expectation(meta(), column="loan_no"))
    assert [suite.table for suite in load_suites(tmp_path)] == ["loans", "officers"]


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ({key: value for key, value in meta().items() if key != "dimension"}, "meta key 'dimension' is missing"),
        ({key: value for key, value in meta().items() if key != "rule"}, "rule number 1: meta key 'rule' is missing"),
        (meta(title={"id": "Hanya Indonesia"}), "meta key 'title.en' is missing"),
        (meta(severity="high"), "meta key 'severity' is not a known key"),
        (meta(consequence="stop"), "meta key 'consequence' has a value that is not allowed"),
        (meta(dimension="beauty"), "meta key 'dimension' has a value that is not allowed"),
        (meta(hold="value"), "'hold' needs the consequence 'hold', not 'warn'"),
        (meta(consequence="hold", hold="row"), "rows of members are never held"),
        (meta(consequence="hold", column="full_name"), "members.full_name may not be empty in the target"),
    ],
)
def test_a_rule_that_says_too_little_or_too_much_is_refused(
    tmp_path: Path, block: dict[str, Any], sentence: str
) -> None:
    write(tmp_path, "members", expectation(block))
    message = refusal(tmp_path)
    assert sentence in message
    assert "members.json, rule " in message


def test_rows_may_be_held_in_officers(tmp_path: Path) -> None:
    write(tmp_path, "officers", expectation(meta(consequence="hold", hold="row")))
    assert load_suites(tmp_path)[0].rules[0].hold == "row"


def test_nothing_of_a_table_outside_the_contracts_is_held(tmp_path: Path) -> None:
    write(tmp_path, "deliveries", expectation(meta(consequence="hold")))
    assert "'deliveries' is not a canonical table" in refusal(tmp_path)


def test_a_rule_id_twice_is_refused_but_not_in_two_suites(tmp_path: Path) -> None:
    write(tmp_path, "officers", expectation(meta()))
    write(tmp_path, "members", expectation(meta()))
    assert len(load_suites(tmp_path)) == 2
    write(tmp_path, "members", expectation(meta()), expectation(meta()))
    assert "members.json, rule MBR-NIK-01: the rule id is there twice" in refusal(tmp_path)


def test_a_share_of_the_batch_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "members", expectation(meta(), mostly=1.0))
    assert len(load_suites(tmp_path)) == 1
    write(tmp_path, "members", expectation(meta(), mostly=0.95))
    assert "one cooperative's verdict must not depend on others" in refusal(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"expectations": [1]}', '{"expectations": [{"kwargs": {}}]}'])
def test_a_file_that_is_no_suite_is_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "members.json").write_text(content, encoding="utf-8")
    assert "members.json" in refusal(tmp_path)


def test_the_fingerprint_changes_with_any_file_and_not_with_the_order(tmp_path: Path) -> None:
    write(tmp_path, "members", expectation(meta()))
    write(tmp_path, "officers", expectation(meta()))
    suites = load_suites(tmp_path)
    first = suites_fingerprint(suites)
    assert suites_fingerprint(suites[::-1]) == first
    write(tmp_path, "officers", expectation(meta(rule="OFF-NIK-01")))
    assert suites_fingerprint(load_suites(tmp_path)) != first


def test_loading_the_gate_does_not_load_great_expectations() -> None:
    code = "import sys, koop_pipeline.gates; print('great_expectations' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
