"""What README tells a new user to do is done here, from the very text of README."""

import re
from pathlib import Path

from world import migrate

from koop_pipeline.mapping.inventory import take
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging

ROOT = Path(__file__).resolve().parents[2]


def write_files(folder: Path) -> Path:
    """Write every file that README shows; the programme folder."""
    shown = re.findall(r"^\*\*(my-programme/\S+)\*\*\n```\w*\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    for name, text in shown:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert len(shown) == 6
    return folder / "my-programme"


def test_the_ten_minutes_end_as_readme_says(tmp_path: Path) -> None:
    root = write_files(tmp_path)
    record = migrate(root, "first")["KSP-CONTOH"]
    assert (record["state"], record["verdict"]) == ("verified", "warned"), record["message"]
    assert {rule["rule"] for rule in record["rules"]} == {"ABS-OFFICERS-02", "ABS-LOANS-02", "ABS-COLLATERALS-02"}
    assert record["money"]["savings"]["promoted"] == "2090000.00"
    run = BatchRun.of(ProgramFolder(root), "first")
    with Staging.open(run.folder.staging_path("first")) as staging:
        used = {(column["use"]) for table in take(staging, run)[0]["tables"] for column in table["columns"]}
    assert used == {"used"}

    balances = root / "legacy" / "KSP-CONTOH" / "simpanan.csv"
    balances.write_text(balances.read_text().replace("640.000,00", "640.001,00"))
    blocked = migrate(root, "first")["KSP-CONTOH"]
    assert blocked["verdict"] == "blocked"
    assert "a difference of Rp" in blocked["message"]


def test_the_commands_of_readme_are_those_of_the_program() -> None:
    from koop_pipeline.cli.app import app

    told = set(re.findall(r"^\| `koop (\w+)", (ROOT / "README.md").read_text(), re.M))
    groups = {group.name for group in app.registered_groups}
    assert told == {command.name for command in app.registered_commands} | groups
