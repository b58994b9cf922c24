"""Modules imported when they are first used: stand-ins step aside, and GX's heavy libraries wait."""

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from koop_pipeline.gates.gx.later import Later, import_later


@pytest.fixture
def heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that is not imported yet."""
    (tmp_path / "invented_heavy.py").write_text("VALUE = 7\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "invented_heavy", raising=False)
    return "invented_heavy"


def test_a_module_is_imported_when_something_of_it_is_asked_for(heavy: str) -> None:
    """Before that it only stands there."""
    import_later(heavy)
    early = importlib.import_module(heavy)
    assert isinstance(early, Later)
    assert importlib.util.find_spec(heavy) is early.__spec__ is not None
    assert isinstance(sys.modules[heavy], Later)
    assert early.VALUE == 7
    assert not isinstance(sys.modules[heavy], Later)
    assert importlib.import_module(heavy) is not early


def test_what_it_lacks_is_an_attribute_error(heavy: str) -> None:
    """Through the stand-in as from the module."""
    import_later(heavy)
    with pytest.raises(AttributeError, match="NOTHING"):
        _ = importlib.import_module(heavy).NOTHING


def test_of_a_module_that_is_not_installed_there_is_no_stand_in() -> None:
    """Whoever asks for it is told that it is not there."""
    import_later("invented_missing")
    assert "invented_missing" not in sys.modules


def test_a_module_that_is_there_stays(heavy: str) -> None:
    """No stand-in takes its place."""
    there = importlib.import_module(heavy)
    import_later(heavy)
    assert sys.modules[heavy] is there


def test_gx_loads_neither_statistics_nor_charts_and_can_still_use_them() -> None:
    """GX imports both by name at its own import; the entropy of one of two is ln 2."""
    code = (
        "import sys, koop_pipeline.gates.gx\n"
        "from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as one\n"
        "waiting = [name for name in ('altair', 'scipy.stats') if type(sys.modules[name]).__name__ == 'Later']\n"
        "print(waiting, round(float(one.stats.entropy([1, 1])), 6), type(sys.modules['scipy.stats']).__name__)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "['altair', 'scipy.stats'] 0.693147 module\n"
