"""`koop generate` as the shell sees it."""

import subprocess
import sys
from pathlib import Path

from koop_pipeline.program.folder import ProgramFolder


def koop(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Call `koop` as a shell would."""
    command = [sys.executable, "-c", "from koop_pipeline.cli.app import run; run()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_it_makes_the_folder_and_says_on_stderr_what_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    sizes = ("--cooperatives", "2", "--members", "25", "--seed", "9", "--faults", "0", "--system", "sqlite")
    done = koop("generate", str(folder), *sizes)
    assert (done.returncode, done.stdout) == (0, "")
    said = " ".join(done.stderr.split())
    assert "2 cooperatives (2 passed), 50 members," in said
    assert [path.name for path in (folder / "mappings").iterdir()] == ["bina-sqlite.yaml"]
    assert len(ProgramFolder(folder).batch("gelombang-01").cooperatives) == 2
    again = koop("generate", str(folder), *sizes)
    assert again.returncode == 2
    assert "is not empty; name a folder that is not there yet, or empty this one" in " ".join(again.stderr.split())
    assert "Traceback" not in again.stderr


def test_a_size_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    done = koop("generate", str(tmp_path / "made"), "--cooperatives", "1", "--members", "3")
    assert (done.returncode, done.stderr.strip()) == (2, "koop: --members must be at least 20")
    assert not (tmp_path / "made").exists()
