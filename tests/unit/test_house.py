"""The rules of the house: who imports what, how long a file may be, and what may never be written."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "koop_pipeline"
SOURCES = sorted(PACKAGE.rglob("*.py"))
EVERY = sorted([*SOURCES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "data").rglob("*.py")])
STEPS = ("extract", "mapping", "cleaning", "opening", "gates", "promotion", "verification")


@cache
def imports(path: Path) -> set[str]:
    """Modules that a file imports at run time, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def home(path: Path) -> str:
    """The room of the package a file stands in."""
    return path.relative_to(PACKAGE).parts[0]


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("dagster", {"defs", "definitions.py"}),
        ("great_expectations", {"gates"}),
        ("duckdb", {"staging", "gates"}),
        ("psycopg", {"target", "extract"}),
        ("alembic", {"target"}),
    ],
)
def test_a_library_stays_in_its_rooms(library: str, rooms: set[str]) -> None:
    users = {home(path) for path in SOURCES if any(name.split(".")[0] == library for name in imports(path))}
    assert users <= rooms
    assert users


def test_steps_do_not_import_each_others_insides() -> None:
    crossing = {
        (home(path), name)
        for path in SOURCES
        if home(path) in STEPS
        for name in imports(path)
        if name.startswith("koop_pipeline.") and name.split(".")[1] in STEPS and name.split(".")[1] != home(path)
    }
    assert crossing == set()


def test_no_file_is_longer_than_450_lines() -> None:
    assert [(path.name, count) for path in EVERY if (count := len(path.read_text().splitlines())) > 450] == []


def test_every_module_says_what_it_is() -> None:
    silent = [str(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_nothing_loops_over_rows() -> None:
    """Listed are places of few rows: a sample to sign, texts that differ, sums by product and by terms."""
    banned = {
        "map_elements", "iter_rows", "iterrows", "itertuples", "apply", "map_rows", "rows_by_key", "to_dicts",
        "map_batches", "map_groups",
    }  # fmt: skip
    calls = [
        (path.name, node.func.attr)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in banned or (node.func.attr == "rows" and not node.args)
    ]
    assert sorted(calls) == [
        ("details.py", "to_dicts"), ("suggestions.py", "map_batches"), ("truth.py", "rows"), ("truth.py", "rows"),
    ]  # fmt: skip


def test_the_lock_has_a_hash_for_every_version_and_names_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    pins = re.findall(r"^[a-z0-9][a-z0-9._-]*(?:\[[a-z0-9,_-]+\])?==", lock, re.MULTILINE)
    assert len(pins) > 100
    assert lock.count("--hash=sha256:") >= len(pins)
    assert not re.search(r"https?://|index-url|find-links", lock)


def test_what_is_not_committed() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not listed:
        pytest.skip("not a git checkout")
    assert [name for name in listed if "/var/" in name or name == "uv.lock"] == []
