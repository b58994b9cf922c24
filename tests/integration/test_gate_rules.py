"""The gate on a small DuckDB file: three invented cooperatives, suites written by Great Expectations itself."""

import json
import logging
from pathlib import Path
from typing import Any

import duckdb
import pytest

from koop_pipeline.errors import RefusedError
from koop_pipeline.gates import RuleOutcome, load_suites, run_suites, write_verdicts

WORLD = """
create schema cleaned; create schema checked; create schema gate;
create table cleaned.members (zzz integer, nik integer);
create table checked.members (
    cooperative_id varchar, _row bigint, member_no varchar, nik varchar, full_name varchar, gender varchar,
    joined_on date
);
insert into checked.members values
    ('KSP-A', 1, 'M1', '5301011203900001', 'Siti Karangan', 'female', '2010-01-01'),
    ('KSP-A', 2, 'M2', '5301011203900002', 'Budi Rekaan', 'male', '2011-01-01'),
    ('KSP-A', 3, 'M2', 'X%\\d', 'Wati Khayal', 'L', '2012-01-01'),
    ('KSP-B', 1, 'M1', '5301011203900001', 'Siti Karangan', 'female', '2013-01-01'),
    ('KSP-B', 2, 'M2', null, 'Tono Dongeng', 'male', '1900-01-01');
insert into checked.members
    select 'KSP-C', i, 'M' || i, '0000' || i, 'Anggota Karangan ' || i, 'female', date '2020-01-01'
    from range(1, 31) r(i);
create table checked.officers (
    cooperative_id varchar, _row bigint, officer_no varchar, full_name varchar, member_no varchar, nik varchar
);
insert into checked.officers values
    ('KSP-A', 1, 'O1', 'Siti Karangan', 'M1', null), ('KSP-B', 1, 'O1', 'Hantu Rekaan', 'M9', '12');
create table gate.scope as select unnest(['KSP-A', 'KSP-B', 'KSP-C']) as cooperative_id;
"""


@pytest.fixture
def world(tmp_path: Path) -> Any:
    """The staging file, opened as the pipeline opens it: without access to anything outside."""
    connection = duckdb.connect(str(tmp_path / "batch-uji.duckdb"))
    connection.execute(WORLD)
    connection.execute("set enable_external_access = false")
    yield connection
    connection.close()


def meta(rule: str, consequence: str, **more: str) -> dict[str, Any]:
    """The meta block of a rule."""
    words = {"id": f"Aturan {rule}", "en": f"Rule {rule}"}
    block = {"rule": rule, "title": words, "explanation": words, "dimension": "validity", "consequence": consequence}
    return {**block, **more}


def write_suite(folder: Path, table: str, *expectations: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    """Have GX write the suite: each expectation is a class name, its arguments and its meta."""
    import koop_pipeline.gates.gx  # noqa: F401, I001  (first: it keeps the import quiet)
    import great_expectations as gx

    made = [getattr(gx.expectations, name)(**kwargs, meta=block) for name, kwargs, block in expectations]
    suite = gx.ExpectationSuite(name=table, expectations=made).to_json_dict()
    (folder / f"{table}.json").write_text(json.dumps(suite, indent=2, sort_keys=True), encoding="utf-8")


def gate(
    world: duckdb.DuckDBPyConnection,
    folder: Path,
    *expectations: tuple[str, dict[str, Any], dict[str, Any]],
    table: str = "members",
) -> dict[str, RuleOutcome]:
    """Write one suite, run it, write verdicts; the outcomes by rule."""
    write_suite(folder, table, *expectations)
    outcomes = run_suites(world, load_suites(folder), None)
    write_verdicts(world)
    return {each.rule: each for each in outcomes}


def findings(world: duckdb.DuckDBPyConnection, rule: str) -> list[tuple[Any, ...]]:
    """What `gate.findings` holds of a rule."""
    return world.execute(
        'select cooperative_id, "row", column_name, before, consequence from gate.findings where rule = ? order by all',
        [rule],
    ).fetchall()


def verdicts(world: duckdb.DuckDBPyConnection) -> dict[str, tuple[Any, ...]]:
    """`gate.verdicts` by cooperative."""
    return {row[0]: row[1:] for row in world.execute("from gate.verdicts").fetchall()}


KEY = ("ExpectCompoundColumnsToBeUnique", {"column_list": ["cooperative_id", "member_no"]}, meta("MBR-KEY-01", "block"))
NIK = ("ExpectColumnValuesToMatchRegex", {"column": "nik", "regex": r"^\d{16}$"}, meta("MBR-NIK-01", "hold"))
GENDER = (
    "ExpectColumnValuesToBeInSet",
    {"column": "gender", "value_set": ["male", "female"]},
    meta("MBR-GENDER-01", "warn"),
)
NAME = ("ExpectColumnValuesToNotBeNull", {"column": "full_name"}, meta("MBR-NAME-01", "block"))


def test_each_cooperative_gets_the_verdict_of_its_own_rows(world: Any, tmp_path: Path) -> None:
    outcomes = gate(world, tmp_path, KEY, NIK, GENDER, NAME)
    assert verdicts(world) == {
        "KSP-A": ("blocked", ["MBR-KEY-01"], ["MBR-GENDER-01", "MBR-NIK-01"], 1),
        "KSP-B": ("passed", [], [], 0),
        "KSP-C": ("warned", [], ["MBR-NIK-01"], 30),
    }
    assert {rule: each.failed for rule, each in outcomes.items()} == {
        "MBR-KEY-01": 2,
        "MBR-NIK-01": 31,
        "MBR-GENDER-01": 1,
        "MBR-NAME-01": 0,
    }


def test_a_clean_rule_is_reported_with_zero(world: Any, tmp_path: Path) -> None:
    gate(world, tmp_path, NAME)
    row = world.execute("select evaluated, error, failed, title_id, title_en, holds from gate.rules").fetchall()
    assert row == [(True, None, 0, "Aturan MBR-NAME-01", "Rule MBR-NAME-01", None)]
    assert world.execute("select count(*) from gate.rule_counts").fetchall() == [(0,)]


def test_all_thirty_failing_rows_are_found_though_gx_lists_twenty(world: Any, tmp_path: Path) -> None:
    gate(world, tmp_path, NIK)
    of_c = [row for row in findings(world, "MBR-NIK-01") if row[0] == "KSP-C"]
    assert of_c == [("KSP-C", number, "nik", f"0000{number}", "hold") for number in range(1, 31)]
    counts = world.execute("select cooperative_id, failed from gate.rule_counts order by all").fetchall()
    assert counts == [("KSP-A", 1), ("KSP-C", 30)]


def test_a_key_is_unique_within_its_cooperative(world: Any, tmp_path: Path) -> None:
    gate(world, tmp_path, KEY)
    assert findings(world, "MBR-KEY-01") == [
        ("KSP-A", 2, "member_no", "M2", "block"),
        ("KSP-A", 3, "member_no", "M2", "block"),
    ]


def test_broken_expectations_block_everyone_and_stop_nothing_else(world: Any, tmp_path: Path) -> None:
    cast = "select cooperative_id, _row from {batch} where cast(full_name as integer) > 3"
    outcomes = gate(
        world,
        tmp_path,
        ("ExpectColumnValuesToNotBeNull", {"column": "nope"}, meta("BAD-COLUMN", "warn")),
        ("UnexpectedRowsExpectation", {"unexpected_rows_query": cast}, meta("BAD-CAST", "warn")),
        ("ExpectColumnValuesToMatchRegex", {"column": "joined_on", "regex": "x"}, meta("BAD-TYPE", "warn")),
        ("ExpectTableRowCountToEqual", {"value": 35}, meta("BAD-KIND", "warn")),
        NIK,
        NAME,
    )
    broken = {rule: each.error for rule, each in outcomes.items() if not each.evaluated}
    assert set(broken) == {"BAD-COLUMN", "BAD-CAST", "BAD-TYPE", "BAD-KIND"}
    assert broken["BAD-COLUMN"] == "the table has no column nope"
    assert not any(name in str(broken) for name in ("Siti", "Budi", "5301"))
    assert (outcomes["MBR-NIK-01"].failed, outcomes["MBR-NAME-01"].failed) == (31, 0)
    assert {verdict[0] for verdict in verdicts(world).values()} == {"blocked"}
    assert verdicts(world)["KSP-B"][1] == sorted(broken)


def test_a_table_that_is_not_there_breaks_its_rules_only(world: Any, tmp_path: Path) -> None:
    write_suite(tmp_path, "loans", ("ExpectColumnValuesToNotBeNull", {"column": "loan_no"}, meta("LOAN-01", "block")))
    outcomes = gate(world, tmp_path, NIK)
    assert outcomes["LOAN-01"].error is not None
    assert outcomes["LOAN-01"].error.startswith("the table loans cannot be read: Catalog Error")
    assert outcomes["MBR-NIK-01"].failed == 31


def test_a_value_or_a_row_is_held_and_the_source_text_is_kept(world: Any, tmp_path: Path) -> None:
    query = (
        "select o.cooperative_id, o._row from {batch} o anti join checked.members m"
        " on m.cooperative_id = o.cooperative_id and m.member_no = o.member_no"
    )
    gate(
        world,
        tmp_path,
        (
            "UnexpectedRowsExpectation",
            {"unexpected_rows_query": query},
            meta("OFF-REF-01", "hold", hold="row", column="member_no"),
        ),
        ("ExpectColumnValueLengthsToEqual", {"column": "nik", "value": 16}, meta("OFF-NIK-01", "hold")),
        table="officers",
    )
    held = world.execute(
        'select cooperative_id, "row", column_name, rule, before from gate.held order by rule'
    ).fetchall()
    assert held == [("KSP-B", 1, "nik", "OFF-NIK-01", "12"), ("KSP-B", 1, None, "OFF-REF-01", "M9")]
    assert verdicts(world)["KSP-B"] == ("warned", [], ["OFF-NIK-01", "OFF-REF-01"], 2)


def test_what_cannot_be_held_blocks_that_cooperative(world: Any, tmp_path: Path) -> None:
    query = """
        select cooperative_id, _row, 'nik' as column_name, nik as before from {batch} where _row = 3
        union all select 'KSP-B', 2, 'full_name', 'Tono Dongeng' union all select 'KSP-C', null, null, null
    """
    gate(world, tmp_path, ("UnexpectedRowsExpectation", {"unexpected_rows_query": query}, meta("MAP-01", "hold")))
    assert findings(world, "MAP-01") == [
        ("KSP-A", 3, "nik", "X%\\d", "hold"),
        ("KSP-B", 2, "full_name", "Tono Dongeng", "block"),
        ("KSP-C", 3, "nik", "00003", "hold"),
        ("KSP-C", None, None, None, "block"),
    ]
    assert [verdicts(world)[each][0] for each in ("KSP-A", "KSP-B", "KSP-C")] == ["warned", "blocked", "blocked"]


def test_a_condition_limits_the_rows(world: Any, tmp_path: Path) -> None:
    import koop_pipeline.gates.gx  # noqa: F401, I001  (first: it keeps the import quiet)
    from great_expectations.expectations.row_conditions import Column

    condition = Column("gender") == "female"
    kwargs = {"column": "joined_on", "min_value": "2010-06-01", "max_value": "2015-01-01", "row_condition": condition}
    gate(world, tmp_path, ("ExpectColumnValuesToBeBetween", kwargs, meta("MBR-DATE-01", "warn")))
    counted = world.execute("select cooperative_id, count(*) from gate.findings group by 1 order by 1").fetchall()
    assert counted == [("KSP-A", 1), ("KSP-C", 30)]
    assert findings(world, "MBR-DATE-01")[0] == ("KSP-A", 1, "joined_on", "2010-01-01", "warn")


def test_a_key_among_the_rows_of_a_condition(world: Any, tmp_path: Path) -> None:
    import koop_pipeline.gates.gx  # noqa: F401, I001  (first: it keeps the import quiet)
    from great_expectations.expectations.row_conditions import Column

    condition = Column("gender") == "male"
    kwargs = {"column_list": ["cooperative_id", "member_no"], "row_condition": condition}
    outcomes = gate(world, tmp_path, ("ExpectCompoundColumnsToBeUnique", kwargs, meta("MBR-KEY-02", "warn")))
    assert (outcomes["MBR-KEY-02"].evaluated, outcomes["MBR-KEY-02"].failed) == (True, 0)


@pytest.mark.parametrize(
    ("name", "kwargs", "rows"),
    [
        ("ExpectColumnValuesToNotMatchRegex", {"column": "nik", "regex": r"^X%\\d$"}, [3]),
        ("ExpectColumnValuesToNotBeInSet", {"column": "nik", "value_set": ["X%\\d", "it's", ":x", "{0}"]}, [3]),
        ("ExpectColumnValuesToMatchRegex", {"column": "full_name", "regex": "^(Siti|Budi) [A-Z][a-z]{2,}$"}, [3]),
    ],
)
def test_signs_that_sql_or_python_might_read_mean_themselves(
    world: Any, tmp_path: Path, name: str, kwargs: dict[str, Any], rows: list[int]
) -> None:
    world.execute("delete from checked.members where cooperative_id <> 'KSP-A'")
    outcomes = gate(world, tmp_path, (name, kwargs, meta("MBR-SIGN-01", "warn")))
    assert outcomes["MBR-SIGN-01"].error is None
    assert [row[1] for row in findings(world, "MBR-SIGN-01")] == rows


def test_a_query_may_hold_colons_casts_and_doubled_braces(world: Any, tmp_path: Path) -> None:
    query = (
        "select cooperative_id, _row::bigint as _row from {batch} m"
        " where regexp_full_match(nik, '[0-9]{{5}}') or nik = ':x'"
    )
    gate(world, tmp_path, ("UnexpectedRowsExpectation", {"unexpected_rows_query": query}, meta("MBR-Q-01", "warn")))
    assert [row[1] for row in findings(world, "MBR-Q-01")] == list(range(1, 10))


def test_failing_rows_that_name_no_cooperative_break_the_rule(world: Any, tmp_path: Path) -> None:
    query = "select null as cooperative_id, _row from {batch} where _row = 1"
    outcomes = gate(
        world, tmp_path, ("UnexpectedRowsExpectation", {"unexpected_rows_query": query}, meta("Q-1", "warn"))
    )
    assert outcomes["Q-1"].error == "3 failing rows name no cooperative"
    assert findings(world, "Q-1") == []


def test_only_the_cooperatives_in_scope_are_rewritten(world: Any, tmp_path: Path) -> None:
    gate(world, tmp_path, KEY, NIK)
    world.execute("delete from gate.scope where cooperative_id <> 'KSP-A'")
    world.execute("update checked.members set member_no = 'M3', nik = '5301011203900003' where _row = 3")
    outcomes = gate(world, tmp_path, KEY, NIK)
    assert verdicts(world)["KSP-A"] == ("passed", [], [], 0)
    assert verdicts(world)["KSP-C"] == ("warned", [], ["MBR-NIK-01"], 30)
    assert (outcomes["MBR-KEY-01"].failed, outcomes["MBR-NIK-01"].failed) == (0, 30)


def test_running_some_tables_leaves_the_others_alone(world: Any, tmp_path: Path) -> None:
    write_suite(tmp_path, "officers", ("ExpectColumnValuesToNotBeNull", {"column": "nik"}, meta("OFF-NIK-02", "warn")))
    gate(world, tmp_path, NIK)
    outcomes = run_suites(world, load_suites(tmp_path), ["officers"])
    assert [(each.table, each.rule, each.failed) for each in outcomes] == [("officers", "OFF-NIK-02", 1)]
    assert len(findings(world, "MBR-NIK-01")) == 31


def test_a_second_run_changes_nothing(world: Any, tmp_path: Path) -> None:
    gate(world, tmp_path, KEY, NIK, GENDER)
    before = {
        name: world.execute(f"from gate.{name} order by all").fetchall() for name in ("findings", "verdicts", "held")
    }
    gate(world, tmp_path, KEY, NIK, GENDER)
    assert {name: world.execute(f"from gate.{name} order by all").fetchall() for name in before} == before


def test_a_staging_file_attached_under_another_name(tmp_path: Path) -> None:
    connection = duckdb.connect()
    connection.execute(f"attach '{tmp_path / 'batch.duckdb'}' as staging; use staging")
    connection.execute(WORLD)
    gate(connection, tmp_path, KEY, NIK)
    assert verdicts(connection)["KSP-C"] == ("warned", [], ["MBR-NIK-01"], 30)
    connection.close()


def test_the_gate_says_nothing_and_writes_nothing_elsewhere(
    world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: Any
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    query = "select cooperative_id, _row from checked.members where cast(full_name as integer) > 3"
    write_suite(
        tmp_path, "members", NIK, ("UnexpectedRowsExpectation", {"unexpected_rows_query": query}, meta("Q-1", "warn"))
    )
    capfd.readouterr()
    with caplog.at_level(logging.DEBUG):
        run_suites(world, load_suites(tmp_path), None)
    assert tuple(capfd.readouterr()) == ("", "")
    assert "Karangan" not in caplog.text
    assert list(home.iterdir()) == []


def test_no_verdict_without_rules(world: Any) -> None:
    with pytest.raises(RefusedError, match="has run no rule"):
        write_verdicts(world)
