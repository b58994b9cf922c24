"""Settings of all tests, and the programme and the targets that tests of promotion share.

Hypothesis has no deadline, since machines differ and timings belong in benchmarks.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from promotable import Place

settings.register_profile("koop", deadline=None)
settings.load_profile("koop")


@pytest.fixture(scope="session")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with one cooperative brought to the gate, once a process; work on a copy."""
    from promotable import gated_sample

    return gated_sample(tmp_path_factory.mktemp("gated") / "program")


@pytest.fixture(params=["embedded", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Place"]:
    """An empty target of each kind, which KOOP_TARGET names."""
    from promotable import place_of

    with place_of(request.param, tmp_path) as made:
        monkeypatch.setenv("KOOP_TARGET", made.url)
        yield made
