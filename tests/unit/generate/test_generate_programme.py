"""The folder that `koop generate` writes: the same at every run, complete, and read again with other tools."""

import csv
import hashlib
import re
import sqlite3
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from koop_pipeline.errors import ConfigError
from koop_pipeline.generate import faults
from koop_pipeline.generate.plan import Plan
from koop_pipeline.generate.programme import generate
from koop_pipeline.program.folder import ProgramFolder


def content(folder: Path) -> dict[str, str]:
    """The sha256 of every file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten cooperatives with every fault."""
    folder = tmp_path_factory.mktemp("generated") / "programme"
    generate(folder, Plan(10, 45, seed=3, faults="all"))
    return folder


@pytest.fixture(scope="module")
def key(programme: Path) -> dict[str, Any]:
    """Its answer key."""
    read: dict[str, Any] = yaml.load((programme / "answer-key.yaml").read_text(), yaml.BaseLoader)
    return read


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(programme: Path, tmp_path: Path) -> None:
    generate(tmp_path / "again", Plan(10, 45, seed=3, faults="all"))
    assert content(tmp_path / "again") == content(programme)
    generate(tmp_path / "other", Plan(10, 45, seed=4, faults="all"))
    other, first = content(tmp_path / "other"), content(programme)
    same = {name for name in first if other.get(name) == first[name] and name.startswith("legacy")}
    without_rows = {"legacy/KOP-00005/agunan.csv"}
    assert same - without_rows == {name for name in first if name.endswith(".doc")}


def test_the_arguments_are_recorded(programme: Path, key: dict[str, Any]) -> None:
    asked = {"cooperatives": "10", "members": "45", "seed": "3", "transactions": "12", "systems": [], "faults": "all"}
    assert key["generated"] == asked
    assert "seed: 3, transactions: 12" in (programme / "program.yaml").read_text()


def test_every_kind_of_fault_stands_in_ten_cooperatives(key: dict[str, Any]) -> None:
    named = {fault for each in key["cooperatives"].values() for fault in each["faults"]}
    assert named == {*faults.GRAVE, *faults.LIGHT, "member-list"}
    assert {each["system"] for each in key["cooperatives"].values()} == {"arta-csv", "mitra-mysql", "bina-sqlite"}


def test_the_folder_is_one_that_the_programme_reads(programme: Path) -> None:
    folder = ProgramFolder(programme)
    batch = folder.batch("gelombang-01")
    assert len(batch.cooperatives) == 10
    assert folder.program.target_cooperatives == 10


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="is not empty; name a folder that is not there yet, or empty this one"):
        generate(tmp_path, Plan(1, 20, seed=1))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"cooperatives": 0}, "--cooperatives must be at least 1"),
        ({"members": 19}, "--members must be at least 20"),
        ({"transactions": 37}, "--transactions must be 2 to 36"),
        ({"systems": ("xml",)}, "--system must be one of csv, mysql, sqlite"),
        ({"faults": "some"}, "--faults must be a number, 0 or more, or `all`"),
        ({"cooperatives": 100_000, "members": 561}, "a programme has at most 50,000,000 members"),
    ],
)
def test_arguments_that_cannot_be_are_refused_with_one_sentence(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Plan(**{"cooperatives": 1, "members": 20, "seed": 1, **arguments})
    assert str(refused.value) == sentence


def test_more_than_a_thousand_cooperatives_stand_in_several_batches() -> None:
    batches = Plan(2001, 20, seed=1).batches
    assert [(name, len(ordinals)) for name, ordinals in batches] == [
        ("gelombang-01", 1000),
        ("gelombang-02", 1000),
        ("gelombang-03", 1),
    ]


def sen(text: str) -> int:
    """Whole sen of an amount as the system `arta-csv` writes it."""
    if text in {"-", "nihil"}:
        return 0
    plain = text.strip("()").removeprefix("Rp ").removesuffix(",-").replace(".", "").replace(",", ".")
    return int(Decimal(plain) * 100) * (-1 if text.startswith("(") else 1)


def rows(path: Path) -> list[dict[str, str]]:
    """A file of the system `arta-csv`."""
    with path.open(encoding="cp1252", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def with_system(key: dict[str, Any], system: str) -> list[tuple[str, dict[str, Any]]]:
    """Cooperatives of a system whose files are whole and whose money nobody touched."""
    touched = {"damaged-file", "late-movements", "unexplained-balance"}
    found = [
        (cooperative, expected)
        for cooperative, expected in key["cooperatives"].items()
        if expected["system"] == system and not touched & set(expected["faults"])
    ]
    assert found
    return found


def test_csv_files_read_again_by_python_hold_what_the_key_says(programme: Path, key: dict[str, Any]) -> None:
    for cooperative, expected in with_system(key, "arta-csv"):
        folder = programme / "legacy" / cooperative
        savings: dict[str, int] = defaultdict(int)
        balance = {row["rekening"]: sen(row["saldo"]) for row in rows(folder / "simpanan.csv")}
        for row in rows(folder / "simpanan.csv"):
            savings[f"savings:{row['jenis']}"] += sen(row["saldo"])
        running: dict[str, int] = defaultdict(int)
        for row in [*rows(folder / "mutasi_2025.csv"), *rows(folder / "mutasi_2026.csv")]:
            running[row["rekening"]] += sen(row["kredit"]) - sen(row["debet"])
            assert running[row["rekening"]] == sen(row["saldo"]) >= 0
        assert running == balance
        assert {name: f"{amount / Decimal(100):.2f}" for name, amount in savings.items()}.items() <= expected[
            "money"
        ].items()
        paid = sum(sen(row["jumlah"]) for row in rows(folder / "angsuran.csv"))
        owed = sum(sen(row["sisa_pokok"]) for row in rows(folder / "pinjaman.csv"))
        assert Decimal(expected["money"]["loan_repayments"]) * 100 == paid
        assert Decimal(expected["money"]["loans"]) * 100 == owed


def test_the_balance_sheet_of_a_csv_cooperative_balances_unless_that_is_its_fault(
    programme: Path, key: dict[str, Any]
) -> None:
    for cooperative, expected in with_system(key, "arta-csv"):
        lines = (programme / "legacy" / cooperative / "neraca.txt").read_text(encoding="cp1252").splitlines()[4:]
        cells = [line.split(";") for line in lines]
        net = sum(sen(row[5]) * (1 if row[0][0] in "15" else -1) for row in cells if row[3] == "R")
        assert net == (500_000_00 if "trial-balance" in expected["faults"] else 0)


def test_a_database_read_again_by_sqlite_holds_what_the_key_says(programme: Path, key: dict[str, Any]) -> None:
    for cooperative, expected in with_system(key, "bina-sqlite"):
        database = sqlite3.connect(programme / "legacy" / cooperative / "bina.db")
        counts = {
            "savings_accounts": "simpanan", "savings_transactions": "mutasi", "loans": "pinjaman", "accounts": "akun",
        }  # fmt: skip
        for table, theirs in counts.items():
            (count,) = database.execute(f"select count(*) from {theirs}").fetchone()
            assert count == int(expected["rows"][table]["extracted"])
        (wrong,) = database.execute(
            "select count(*) from pinjaman p where plafon <> sisa_pokok + (select coalesce(sum(pokok), 0) from"
            " angsuran a where a.no_pinjaman = p.no_pinjaman) or plafon <> (select sum(pokok) from jadwal j"
            " where j.no_pinjaman = p.no_pinjaman)"
        ).fetchone()
        assert wrong == 0
        (lent,) = database.execute("select sum(sisa_pokok) from pinjaman").fetchone()
        assert lent == Decimal(expected["money"]["loans"])
        database.close()


def test_a_dump_has_the_rows_that_the_key_says(programme: Path, key: dict[str, Any]) -> None:
    for cooperative, expected in with_system(key, "mitra-mysql"):
        dump = (programme / "legacy" / cooperative / "mitra.sql").read_text()
        inserts = [line for line in dump.splitlines() if line.startswith("INSERT INTO `tran")]
        moved = sum(line.count("),(") + 1 for line in inserts)
        assert moved == int(expected["rows"]["savings_transactions"]["extracted"])
        assert max(line.count("),(") + 1 for line in inserts) > 50


def test_every_quote_within_a_value_of_a_dump_is_escaped(tmp_path: Path) -> None:
    """The district Ki'e lies in the regency of this seed."""
    generate(tmp_path / "made", Plan(1, 200, seed=1, systems=("mysql",), faults="0"))
    dump = (tmp_path / "made" / "legacy" / "KOP-00001" / "mitra.sql").read_text()
    assert "KI\\'E'" in dump
    assert "Ma\\'arif" in dump
    people = next(line for line in dump.splitlines() if line.startswith("INSERT INTO `tb_anggota`"))
    pairs = (re.sub(r"\\.", "", row).count("'") % 2 for row in people.split("),("))
    assert set(pairs) == {0}
