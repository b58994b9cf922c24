"""`koop inventory` on deliveries with known faults, with a profile, with a wrong one and with none."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from koop_pipeline.extract.step import extract
from koop_pipeline.mapping.column_profile import TableProfile, measure
from koop_pipeline.mapping.inventory import take
from koop_pipeline.mapping.inventory_run import guessed_reading, open_run
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.staging import Staging

PROFILE = """
profile: p
reads: {format: csv, delimiter: ";"}
members:
  from: anggota
  columns: {member_no: no, full_name: nama}
ignore: {anggota.sandi: passwords stay behind}
"""
NAMES = ["Siti Aminah", "Budi Karyanto", "Maria Bano", "Yohanes Tefa"]
MEMBERS = "no;nama;nik;hp;sandi\n" + "".join(
    f"A{number:03};{NAMES[number % 4]};53010112039{number:05};0812345{number:05};rahasia{number}\n"
    for number in range(1, 41)
)


@pytest.fixture
def programme(tmp_path: Path) -> Path:
    """One cooperative with 40 members."""
    for folder in ("batches", "mappings", "legacy/a"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "program.yaml").write_text("program: uji\nname: Uji\n")
    (tmp_path / "mappings" / "p.yaml").write_text(PROFILE)
    write_batch(tmp_path, "KSP-A")
    (tmp_path / "legacy" / "a" / "anggota.csv").write_text(MEMBERS)
    return tmp_path


def write_batch(root: Path, *ids: str, profile: str = "p") -> None:
    """A batch of these cooperatives; each delivered `legacy/<last letter of its id>`."""
    lines = [
        f"  - {{id: {name}, name: {name}, profile: {profile}, source: legacy/{name[-1].lower()}}}\n" for name in ids
    ]
    head = "batch: satu\ncutoff_on: 2026-06-30\ncooperatives:\n"
    (root / "batches" / "satu.yaml").write_text(head + "".join(lines))


def taken(root: Path) -> dict[str, dict[str, Any]]:
    """The records of the batch by cooperative."""
    run = open_run(ProgramFolder(root), "satu")
    with Staging.open(run.folder.staging_path("satu")) as staging:
        extract(staging, run)
        return {record["cooperative_id"]: record for record in take(staging, run)}


def koop(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call `koop inventory satu` as a shell would."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KOOP_")}
    command = [sys.executable, "-c", "from koop_pipeline.cli.app import run; run()", "--program", str(root)]
    return subprocess.run(
        [*command, "inventory", "satu", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )


def quality(record: dict[str, Any], column: str) -> dict[str, Any]:
    """What the first table of a record says about a column."""
    found: dict[str, Any] = next(item for item in record["tables"][0]["quality"] if item["column"] == column)
    return found


def test_a_clean_delivery_is_an_a_and_shows_shapes_only(programme: Path) -> None:
    done = koop(programme, "--json")
    (record,) = json.loads(done.stdout)
    assert done.returncode == 0
    assert (record["grade"], record["meaning"], record["decided_by"]) == ("A", "migrate now", [])
    (table,) = record["tables"]
    assert (table["rows"], table["counted"], table["duplicate_rows"], table["keys"][0]) == (40, 40, 0, "no")
    assert quality(record, "nik") == {
        "column": "nik", "fill": 100.0, "in_form": 100.0, "forms": [{"form": "sixteen", "share": 100.0}],
        "range": "16 digits", "examples": ["9999999999999999"], "findings": {}, "distinct_is_exact": True,
        "all_equal": False,
    }  # fmt: skip
    assert quality(record, "nama")["examples"] == ["Aaaa Aaaaaaaa", "Aaaaaaa Aaaa"]
    assert quality(record, "sandi")["examples"] == []
    for secret in ("Siti", "Karyanto", "530101", "0812345", "rahasia"):
        assert secret not in done.stdout + koop(programme).stdout


def test_faults_of_the_data_make_the_grade_and_are_named(programme: Path) -> None:
    path = programme / "legacy" / "a" / "anggota.csv"
    # 3 of 40 NIKs are no NIK: 7.5 % of the column, so B
    path.write_text(MEMBERS.replace(";5301011203900001;", ";3323;").replace(";5301011203900002;", ";x1;")
                    .replace(";5301011203900003;", ";5,30E+15;"))  # fmt: skip
    record = taken(programme)["KSP-A"]
    assert quality(record, "nik")["findings"] == {"scientific notation": 1, "in another form": 3}
    assert quality(record, "nik")["in_form"] == 92.5
    # 1 cell of 200 is damaged: the mean of 5 columns is 1/40/5 = 5 per 1,000, the last value of a B
    assert (record["grade"], record["decided_by"]) == ("B", ["form", "column", "damage"])
    assert record["worst"] == ["anggota.nik: 3 of 40 in another form", "anggota.nik: 1 scientific notation"]
    values = {mark["measure"]: mark["value"] for mark in record["measures"]}
    assert (values["form"], values["column"], values["damage"]) == ("98.5 %", "7.5 %", "5.0 per 1,000")


def test_a_file_appended_twice_is_seen(programme: Path) -> None:
    path = programme / "legacy" / "a" / "anggota.csv"
    path.write_text(MEMBERS + MEMBERS.partition("\n")[2])
    record = taken(programme)["KSP-A"]
    assert (record["tables"][0]["duplicate_rows"], record["tables"][0]["keys"]) == (40, [])
    assert (record["grade"], record["worst"]) == ("D", ["anggota: 40 duplicate rows"])


def test_a_second_count_that_differs_is_a_d(programme: Path) -> None:
    run = open_run(ProgramFolder(programme), "satu")
    with Staging.open(run.folder.staging_path("satu")) as staging:
        extract(staging, run)
        staging.execute("UPDATE raw.tables SET counted = 41")
        (record,) = take(staging, run)
    assert (record["grade"], record["decided_by"]) == ("D", ["delivery"])
    assert record["worst"] == ["anggota: 40 rows read, the second counter finds 41"]


def test_a_file_that_cannot_be_read_is_a_d_and_the_others_are_graded(programme: Path) -> None:
    write_batch(programme, "KSP-A", "KSP-B")
    (programme / "legacy" / "b").mkdir()
    (programme / "legacy" / "b" / "anggota.csv").write_bytes(b"\x1f\x8b\x08 no text")
    records = taken(programme)
    assert [record["grade"] for record in records.values()] == ["A", "D"]
    assert records["KSP-B"]["worst"] == ["could not be read"]
    assert "is compressed with gzip" in records["KSP-B"]["error"]


def test_a_table_that_cannot_be_measured_stops_only_itself(programme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (programme / "legacy" / "a" / "mutasi.csv").write_text("no;jumlah\n1;1.000\n")

    def fails(staging: Staging, table: str, select: str, columns: list[str]) -> TableProfile:
        if table == "mutasi":
            staging.execute("SELECT CAST('Siti Aminah' AS INTEGER)")
        return measure(staging, table, select, columns)

    monkeypatch.setattr("koop_pipeline.mapping.inventory.measure", fails)
    record = taken(programme)["KSP-A"]
    assert (record["grade"], record["worst"]) == ("D", ["mutasi: cannot be measured"])
    assert [table["table"] for table in record["tables"]] == ["anggota"]
    assert record["error"].startswith("mutasi: cannot be measured: ")
    assert "Siti" not in record["error"]


def test_the_grade_does_not_depend_on_the_mapping(programme: Path) -> None:
    fits = taken(programme)["KSP-A"]
    (programme / "mappings" / "p.yaml").write_text(PROFILE.replace("member_no: no", "member_no: nomor"))
    does_not_fit = taken(programme)["KSP-A"]
    (programme / "mappings" / "p.yaml").write_text(PROFILE.replace("member_no:", "membr_no:"))
    wrong = taken(programme)["KSP-A"]
    (programme / "mappings" / "p.yaml").unlink()
    missing = taken(programme)["KSP-A"]
    assert fits["error"] == ""
    assert "there is no column 'nomor' in anggota" in does_not_fit["error"]
    assert "members has no column 'membr_no'; did you mean 'member_no'?" in wrong["error"]
    assert "mappings/p.yaml: the file is not there" in missing["error"]
    for record in (does_not_fit, wrong, missing):
        assert record["measures"] == fits["measures"]
        assert [item["quality"] for item in record["tables"]] == [item["quality"] for item in fits["tables"]]
    assert {column["use"] for column in missing["tables"][0]["columns"]} == {"NOT USED"}
    assert quality(missing, "sandi")["examples"] == []


def test_a_missing_profile_is_exit_code_2_and_what_was_delivered_is_shown(programme: Path) -> None:
    (programme / "mappings" / "p.yaml").unlink()
    done = koop(programme)
    assert done.returncode == 2
    assert "KSP-A: mappings/p.yaml: the file is not there" in done.stdout
    assert "anggota" in done.stdout
    assert taken(programme)["KSP-A"]["tables"][0]["rows"] == 40


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(["--only", "KSP-Z"], "mappings/p.yaml is not there"), (["--show", "all"], "Invalid value for '--show'")],
)
def test_a_wrong_call_stays_one(programme: Path, arguments: list[str], sentence: str) -> None:
    (programme / "mappings" / "p.yaml").unlink()
    done = koop(programme, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr


def test_the_terminal_shows_the_grade_first_and_no_more_than_asked(programme: Path) -> None:
    write_batch(programme, "KSP-A", "KOP-A")
    first, *rest = koop(programme).stdout.splitlines()
    assert first.split()[:2] == ["cooperative", "grade"]
    assert [line.split()[:2] for line in rest[:2]] == [["KSP-A", "A"], ["KOP-A", "A"]]
    assert not any("Aaaa" in line for line in rest)
    assert any("Aaaa" in line for line in koop(programme, "--only", "KSP-A").stdout.splitlines())
    assert len(koop(programme, "--show", "grades").stdout.splitlines()) < len(rest)


@pytest.mark.parametrize(
    ("content", "delimiter", "encoding", "header"),
    [
        (b"no;nama\n1;Siti\n2;Budi\n", ";", "utf-8", 1),
        (b'no,nama,alamat\n1,Siti,"Alak; Kupang"\n', ",", "utf-8", 1),
        (b"no\tnama\n1\tSiti\n", "\t", "utf-8", 1),
        (b"KSP Contoh\nNeraca, 30 Juni 2026\nkode;nama;saldo\n1;Kas;5,0\n2;Bank;6,5\n", ";", "utf-8", 3),
        ("no;nama\n1;Désirée\n".encode("cp1252"), ";", "cp1252", 1),
        (("no;nama\n" + "1;" + "é" * 40_000 + "\n").encode(), ";", "utf-8", 1),
        (b"satu\ndua\n", ",", "utf-8", 1),
    ],
)
def test_how_a_delimited_file_seems_to_be_read(
    tmp_path: Path, content: bytes, delimiter: str, encoding: str, header: int
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    found = guessed_reading(path, "a.csv")
    assert (found.delimiter, found.encoding, found.header) == (delimiter, encoding, header)
