"""The sample programme through the job `migrate_batch`, as `koop migrate` and `koop demo` run it."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from postgres_server import new_database

from koop_pipeline.defs.promote_verify import current_hashes
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion.content import Content
from koop_pipeline.promotion.step import promote
from koop_pipeline.staging import Staging
from koop_pipeline.status.answer_key import differences
from koop_pipeline.target.opening import open_target

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
BATCH = "gelombang-01"


def koop(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line as a shell would call it."""
    environment = {key: value for key, value in os.environ.items() if key not in {"KOOP_HOME", "KOOP_PROGRAM"}}
    command = [sys.executable, "-c", "from koop_pipeline.cli.app import run; run()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)


def tree_hash(folder: Path) -> str:
    """One hash over the names and bytes of a folder."""
    digest = hashlib.sha256()
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A copy of the sample after one `koop migrate`, and the call's result."""
    root = tmp_path_factory.mktemp("sample") / "program"
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns("var"))
    return root, koop("--program", str(root), "migrate", BATCH, "--json")


def records_of(migrated: tuple[Path, Any]) -> dict[str, Any]:
    """What `koop migrate --json` printed, by cooperative."""
    return {record["cooperative_id"]: record for record in json.loads(migrated[1].stdout)}


def test_it_ends_as_the_answer_key_says_to_the_rupiah(migrated: tuple[Path, Any]) -> None:
    key = yaml.load((SAMPLE / "EXPECTED.yaml").read_text(), yaml.BaseLoader)
    for expected in key["cooperatives"].values():
        expected["verdict"] = None if expected["verdict"] == "null" else expected["verdict"]
    assert differences(list(records_of(migrated).values()), key) == []
    assert len(key["cooperatives"]) == 8


def test_a_blocked_cooperative_makes_returncode_3_and_stdout_is_json_only(migrated: tuple[Path, Any]) -> None:
    assert migrated[1].returncode == 3
    assert migrated[1].stdout.lstrip().startswith("[")


@pytest.mark.parametrize(
    ("cooperative_id", "state", "verdict", "reason"),
    [
        ("KSP-MEKAR", "verified", "passed", ""),
        ("KOPDIT-KASIH", "verified", "passed", ""),
        ("PRIMKOP-LONTAR", "gated", "blocked", "debit 556271681.21, credit 555771681.21, difference 500000.00"),
        ("KOPDIT-SOLIDARITAS", "gated", "blocked", "SAV-REF-01 Owner of the savings does not exist (36 in savings"),
        ("KOPKAR-SINAR", "failed", None, "Data Koperasi per 30 Juni 2026.xlsx is damaged or cut"),
        ("KSU-TANI-MAJU", "verified", "warned", "MBR-DAT-01 Not a date (1 in members"),
    ],
)
def test_each_known_fault_has_its_state_verdict_and_reason(
    migrated: tuple[Path, Any], cooperative_id: str, state: str, verdict: str | None, reason: str
) -> None:
    record = records_of(migrated)[cooperative_id]
    assert (record["state"], record["verdict"]) == (state, verdict)
    assert reason in record["message"]


@pytest.mark.parametrize(
    ("cooperative_id", "found"),
    [
        (
            "KSU-TANI-MAJU",
            "LON-CAP-01=8 MBR-DAT-01=1 MBR-DAT-02=1 MBR-DAT-03=1 MBR-DUP-01=1 MBR-DUP-02=1 MBR-NIK-01=1 MBR-NIK-02=1"
            " MBR-NIK-03=1 MBR-NIK-07=3 MBR-PHN-01=1",
        ),
        (
            "KOPKAR-BAHARI",
            "COL-RED-01=1 COL-VAL-01=1 DCL-NONE-01=1 EXT-UNREAD-01=1 MAP-EXCL-02=1 MBR-BIR-01=1 MBR-NIK-02=1"
            " MBR-NIK-07=2 MBR-PHN-01=1 SAV-MNY-02=1",
        ),
        ("KSP-CENDANA", "LON-COL-02=1 MBR-LEF-01=1 MBR-MEM-01=3"),
        ("PRIMKOP-LONTAR", "ACC-BAL-01=1"),
        ("KOPDIT-SOLIDARITAS", "SAV-REF-01=36"),
        ("KSP-MEKAR", ""),
        ("KOPDIT-KASIH", ""),
    ],
)
def test_every_known_fault_is_found_by_its_rule_and_nothing_else_is(
    migrated: tuple[Path, Any], cooperative_id: str, found: str
) -> None:
    rules = records_of(migrated)[cooperative_id]["rules"]
    assert sorted(f"{rule['rule']}={rule['failed']}" for rule in rules if rule["failed"]) == found.split()


def test_who_was_listed_twice_is_one_member_with_all_her_savings(migrated: tuple[Path, Any]) -> None:
    with duckdb.connect(migrated[0] / "var" / "target" / "target.duckdb", read_only=True) as target:
        found = target.execute(
            "SELECT m.member_no, m.full_name, count(*), sum(s.balance)::VARCHAR FROM platform.members m"
            " JOIN platform.savings_accounts s USING (cooperative_id, member_no) WHERE cooperative_id ="
            " 'KSU-TANI-MAJU' AND upper(full_name) LIKE 'AIS_AH SERAN' GROUP BY ALL"
        ).fetchall()
    assert found == [("T061", "Aisyah Seran", 3, "2113590.43")]


def test_money_of_a_clean_cooperative_worked_out_by_hand(migrated: tuple[Path, Any]) -> None:
    money = records_of(migrated)["KSP-MEKAR"]["money"]
    assert money["savings"]["promoted"] == "509485690.55"
    assert money["savings:POKOK"]["delivered"] == "60000000.00"
    assert money["loans"]["promoted"] == "165677769.00"
    assert {amounts["difference"] for amounts in money.values()} == {"0.00"}


def test_law_1_rows_add_up_for_every_cooperative_and_table(migrated: tuple[Path, Any]) -> None:
    seen = 0
    for record in records_of(migrated).values():
        for table, rows in record["rows"].items():
            left = rows["extracted"] + rows["added"]
            right = rows["promoted"] + rows["merged"] + rows["excluded"] + rows["held"] + rows["waiting"]
            assert left == right, (record["cooperative_id"], table, rows)
            seen += left
    assert seen > 25_000


def test_law_1_every_raw_row_is_used_excluded_or_ignored_and_counted_twice(migrated: tuple[Path, Any]) -> None:
    with duckdb.connect(migrated[0] / "var" / "staging" / f"batch-{BATCH}.duckdb", read_only=True) as staging:
        rows = staging.execute(
            "SELECT count(*), count_if(rows <> used + excluded + ignored), count_if(rows <> counted),"
            " count_if(reason = 'not named') FROM mapped.raw_accounts"
        ).fetchone()
    assert rows is not None
    assert rows[0] > 50
    assert rows[1:] == (0, 0, 0)


def test_law_2_no_float_stands_anywhere_in_staging_or_target(migrated: tuple[Path, Any]) -> None:
    home = migrated[0] / "var"
    for file in (home / "staging" / f"batch-{BATCH}.duckdb", home / "target" / "target.duckdb"):
        with duckdb.connect(file, read_only=True) as database:
            floats = database.execute(
                "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE NOT internal"
                " AND data_type IN ('DOUBLE', 'FLOAT') AND column_name <> 'seconds'"
            ).fetchall()
        assert floats == []


def test_law_3_the_delivery_is_untouched(migrated: tuple[Path, Any]) -> None:
    assert tree_hash(migrated[0] / "legacy") == tree_hash(SAMPLE / "legacy")


def test_law_5_a_second_run_changes_nothing(migrated: tuple[Path, Any]) -> None:
    target = migrated[0] / "var" / "target" / "target.duckdb"

    def content() -> list[tuple[Any, ...]]:
        with duckdb.connect(target, read_only=True) as database:
            loads = database.execute("SELECT * FROM migration.loads ORDER BY ALL").fetchall()
            return loads + database.execute("SELECT * FROM platform.savings_transactions ORDER BY ALL").fetchall()

    before = content()
    again = koop("--program", str(migrated[0]), "migrate", BATCH, "--only", "KSP-MEKAR", "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout)[0]["state"] == "verified"
    assert content() == before


def test_koop_verify_compares_again_and_finds_a_changed_cell(migrated: tuple[Path, Any], tmp_path: Path) -> None:
    copy = tmp_path / "program"
    shutil.copytree(migrated[0], copy)
    clean = koop("--program", str(copy), "verify", BATCH)
    assert clean.returncode == 3, "three cooperatives of the batch are not in the target"
    assert "5 of 8 cooperatives are in the target and were compared, 19409 rows." in clean.stdout
    with duckdb.connect(copy / "var" / "target" / "target.duckdb") as target:
        target.execute(
            "UPDATE platform.savings_accounts SET balance = balance + 0.01 WHERE rowid = (SELECT min(rowid)"
            " FROM platform.savings_accounts WHERE cooperative_id = 'KSP-MEKAR')"
        )
    spoiled = koop("--program", str(copy), "verify", BATCH, "--json")
    record = next(item for item in json.loads(spoiled.stdout) if item["cooperative_id"] == "KSP-MEKAR")
    assert spoiled.returncode == 3
    assert record["state"] == "failed"
    assert "savings_accounts has 0 rows missing, 0 unexpected and 1 differing" in record["message"]


def test_law_7_the_content_is_the_same_in_both_kinds_of_target(
    migrated: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "program"
    shutil.copytree(migrated[0], root)
    run = BatchRun.of(ProgramFolder(root), BATCH)
    with new_database() as url:
        monkeypatch.setenv("KOOP_TARGET", url)
        with Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging:
            promote(staging, run, current_hashes(run), lambda: None)
            judged = dict(
                staging.rows(
                    "SELECT cooperative_id, content_sha256 FROM gate.decisions JOIN verification.promotions p"
                    " USING (cooperative_id) WHERE p.outcome = 'loaded'"
                )
            )
            with open_target(staging, run.target) as target:
                for cooperative_id in judged:
                    with target.writing(cooperative_id) as writing:
                        by_postgres = Content(cooperative_id, writing.hashes()).sha256
                    assert by_postgres == judged[cooperative_id]
    with duckdb.connect(migrated[0] / "var" / "target" / "target.duckdb", read_only=True) as embedded:
        in_duckdb = dict(embedded.execute("SELECT cooperative_id, content_sha256 FROM migration.loads").fetchall())
    assert in_duckdb == judged
    assert len(judged) == 5


def test_koop_status_reads_the_snapshot(migrated: tuple[Path, Any]) -> None:
    shown = koop("--program", str(migrated[0]), "status", BATCH, "--json")
    assert shown.returncode == 0
    assert {record["state"] for record in json.loads(shown.stdout)} == {"verified", "gated", "failed"}


Forms = dict[str, list[str]]


def people(root: Path) -> set[str]:
    """Names of at least two words, NIKs and phones of members and officers, as delivered and as cleaned."""
    with duckdb.connect(root / "var" / "staging" / f"batch-{BATCH}.duckdb", read_only=True) as staging:
        rows = staging.execute(
            " UNION ALL ".join(
                f"SELECT nik, phone, full_name FROM {schema}.{table}"
                for schema in ("mapped", "cleaned")
                for table in ("members", "officers")
            )
        ).fetchall()
    found: set[str] = set()
    for nik, phone, name in rows:
        digits = re.sub("[^0-9]", "", phone or "")
        national = re.sub("^(?:62|0)", "", digits)
        if len(national) >= 8:
            found |= {str(phone), digits, f"+62{national}", f"0{national}"}
        if re.fullmatch("[0-9]{16}", nik or ""):
            found.add(nik)
        if len((name or "").split()) >= 2:
            found |= {name, " ".join(name.split())}
    return found


def beginnings(known: set[str]) -> Forms:
    """The values by their first eight characters, in small letters."""
    forms: Forms = {}
    for value in known:
        forms.setdefault(value.casefold()[:8], []).append(value.casefold())
    return forms


def named(text: str, forms: Forms) -> set[str]:
    """Every known value that stands anywhere in a text, within longer words too, in any case."""
    text = text.casefold()
    seen = {text[place : place + 8] for place in range(len(text))} & forms.keys()
    return {value for start in seen for value in forms[start] if value in text}


def leaks_below(folder: Path, forms: Forms) -> list[tuple[str, int]]:
    """Files outside staging, target and workbooks that name a person, with how many values of theirs."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not {"staging", "target", "workbooks"} & set(path.relative_to(folder).parts[:-1]):
            values = named(path.read_bytes().decode("utf-8", "replace"), forms)
            found += [(str(path.relative_to(folder)), len(values))] if values else []
    return found


def test_law_8_nothing_a_run_writes_outside_staging_and_target_names_a_person(migrated: tuple[Path, Any]) -> None:
    known = people(migrated[0])
    forms = beginnings(known)
    assert sum(value.startswith("+62") for value in known) > 500
    assert sum(value.startswith("08") for value in known) > 500
    assert sum(value.isdigit() and len(value) == 16 for value in known) > 500
    assert sum(" " in value and not value[0].isdigit() for value in known) > 500
    assert leaks_below(migrated[0] / "var", forms) == []
    assert named(migrated[1].stdout + migrated[1].stderr, forms) == set()


def test_law_8_a_planted_name_nik_or_phone_is_found(migrated: tuple[Path, Any], tmp_path: Path) -> None:
    known = sorted(people(migrated[0]))
    name = next(value for value in known if re.fullmatch("[A-Z][a-z]+ [A-Z][a-z]+", value))
    nik = next(value for value in known if re.fullmatch("[0-9]{16}", value))
    phone = next(value for value in known if re.fullmatch("08[0-9]{9,11}", value))
    forms = beginnings(set(known))
    (tmp_path / "logs").mkdir()
    masked = f"{nik[:4]}********{nik[-4:]} {name[0]}***"
    leaks = [f"Member {name},", f"member={name.upper()}.", f"x{nik}y", f"call {phone};", f"tel:+62{phone[1:]}", masked]
    for number, leak in enumerate(leaks):
        (tmp_path / "logs" / f"{number}.log").write_text(f"one line\n{leak}\nanother", encoding="utf-8")
    assert [file for file, _ in leaks_below(tmp_path, forms)] == [f"logs/{number}.log" for number in range(5)]
