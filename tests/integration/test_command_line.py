"""What the shell sees: exit codes, one sentence for an error, JSON alone on stdout."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = (
    "demo", "generate", "inventory", "migrate", "status", "verify", "corrections", "sample", "rollback", "ui",
)  # fmt: skip
PROFILE = 'profile: p\nreads: {format: csv, delimiter: ";"}\nmembers:\n  from: anggota\n  columns: {member_no: no}\n'
BATCH = (
    "batch: satu\ncutoff_on: 2026-06-30\ncooperatives:\n  - {id: KSP-A, name: KSP A, profile: p, source: legacy/a}\n"
)


def koop(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Call `koop` as a shell would."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KOOP_")}
    command = [sys.executable, "-c", "from koop_pipeline.cli.app import run; run()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd, timeout=120, check=False)


@pytest.fixture
def programme(tmp_path: Path) -> Path:
    """A tiny programme folder."""
    for folder in ("batches", "mappings", "legacy/a"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "program.yaml").write_text("program: uji\nname: Uji\n")
    (tmp_path / "mappings" / "p.yaml").write_text(PROFILE)
    (tmp_path / "batches" / "satu.yaml").write_text(BATCH)
    (tmp_path / "legacy" / "a" / "anggota.csv").write_text("no;nama\n1;Siti\n2;Budi\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["migrate", "stau"], "koop: batches/stau.yaml: no such batch; did you mean 'satu'? (there are: satu)"),
        (["migrate", "satu", "--only", "KSP-B"], "has no cooperative 'KSP-B'; did you mean 'KSP-A'?"),
        (["verify", "satu"], "the batch has no staging file yet; run koop migrate satu first"),
        (["migrate", "satu", "--target", "mysql://x"], "the target mysql://... is none that can be loaded into"),
        (["migrat", "satu"], "No such command 'migrat'"),
        (["migrate"], "Missing argument 'BATCH'"),
    ],
)
def test_a_wrong_call_is_one_sentence_and_exit_code_2(programme: Path, arguments: list[str], sentence: str) -> None:
    done = koop("--program", str(programme), *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_folder_without_a_programme_says_how_to_name_one(tmp_path: Path) -> None:
    done = koop("status", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no program.yaml here; name the programme folder with --program DIR" in done.stderr


def test_a_wrong_profile_stops_before_anything_is_made(programme: Path) -> None:
    (programme / "mappings" / "p.yaml").write_text(PROFILE.replace("member_no", "membr_no"))
    done = koop("--program", str(programme), "migrate", "satu")
    assert done.returncode == 2
    assert "mappings/p.yaml, line 5: members has no column 'membr_no'; did you mean 'member_no'?" in done.stderr
    assert not (programme / "var").exists()


def test_debug_shows_the_traceback(programme: Path) -> None:
    done = koop("--program", str(programme), "--debug", "migrate", "stau")
    assert done.returncode != 0
    assert "Traceback" in done.stderr


def test_status_before_anything_ran_is_planned(programme: Path) -> None:
    done = koop("--program", str(programme), "status", "--json")
    (record,) = json.loads(done.stdout)
    assert done.returncode == 0
    assert (record["cooperative_id"], record["state"], record["verdict"]) == ("KSP-A", "planned", None)
    assert set(record) >= {"message", "rules", "rows", "money"}


def test_inventory_says_fill_form_and_what_is_not_used(programme: Path) -> None:
    done = koop("--program", str(programme), "inventory", "satu", "--json")
    (record,) = json.loads(done.stdout)
    (table,) = record["tables"]
    assert done.returncode == 0
    assert (table["table"], table["rows"], table["use"]) == ("anggota", 2, "used")
    assert table["columns"] == [
        {"column": "no", "filled": 2, "distinct": 2, "looks_like": "whole number", "use": "used"},
        {"column": "nama", "filled": 2, "distinct": 2, "looks_like": "text", "use": "NOT USED"},
    ]
    assert "Siti" not in done.stdout


def test_inventory_of_a_profile_that_does_not_fit_names_the_column(programme: Path) -> None:
    (programme / "legacy" / "a" / "anggota.csv").write_text("nomor;nama\n1;Siti\n")
    (programme / "mappings" / "p.yaml").write_text(PROFILE.replace("no}", "no, full_name: nama}"))
    done = koop("--program", str(programme), "inventory", "satu")
    assert done.returncode == 3
    assert "there is no column 'no' in anggota; did you mean 'nomor'?" in done.stdout.replace("\n", " ")


def test_help_lists_only_what_is_there(programme: Path) -> None:
    done = koop("--help")
    listed = {word for word in COMMANDS if word in done.stdout}
    assert listed == set(COMMANDS)
    assert not {"handover", "suggest"} & set(done.stdout.split())


@pytest.mark.parametrize("what", ["export", "apply"])
def test_corrections_before_a_run_say_what_to_do_first(programme: Path, what: str) -> None:
    done = koop("--program", str(programme), "corrections", what, "satu")
    assert done.returncode == 2
    assert "the batch has no staging file yet; run koop migrate satu first" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("target", "warned"),
    [("postgresql://koop:geheim@127.0.0.1:1/x", True), ("postgresql://koop@127.0.0.1:1/x", False)],
)
def test_a_password_in_the_call_is_warned_of_and_not_repeated(programme: Path, target: str, warned: bool) -> None:
    done = koop("--program", str(programme), "verify", "satu", "--target", target)
    said = "can read the password in --target, in the list of processes; put the address into KOOP_TARGET"
    assert (said in done.stderr) is warned
    assert "geheim" not in done.stderr
    assert done.stdout == ""


def test_an_address_from_the_environment_is_no_call(programme: Path) -> None:
    given = "import os; os.environ['KOOP_TARGET'] = 'postgresql://koop:geheim@127.0.0.1:1/x'; "
    command = [sys.executable, "-c", given + "from koop_pipeline.cli.app import run; run()"]
    call = [*command, "--program", str(programme), "verify", "satu"]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120, check=False)
    assert "run koop migrate satu first" in done.stderr
    assert "the password" not in done.stderr
    assert "geheim" not in done.stderr
