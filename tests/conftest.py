"""Settings of all tests, and the programmes and the targets that tests of promotion share.

Hypothesis has no deadline, since machines differ and timings belong in benchmarks. Garbage is looked for as seldom as
`koop` does it (`cli/app.py`): a worker holds millions of objects that live to its end.
"""

import gc
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from delivered_again import Deliveries
    from promotable import FirstLoads, Place

settings.register_profile("koop", deadline=None)
settings.load_profile("koop")
gc.set_threshold(100_000, 50, 100)


@pytest.fixture(scope="session")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with one cooperative brought to the gate, once a process; work on a copy."""
    from promotable import gated_sample

    return gated_sample(tmp_path_factory.mktemp("gated") / "program")


@pytest.fixture(scope="session")
def deliveries(gated: Path) -> "Deliveries":
    """What it delivers one time and another, each brought to the gate once a process; both systems run side by side."""
    from delivered_again import Deliveries

    return Deliveries(gated)


@contextmanager
def _named(kind: str, folder: Path, like: "Place | None" = None) -> Iterator["Place"]:
    """A new target that KOOP_TARGET names as long as it is there."""
    from promotable import place_of

    with place_of(kind, folder, like) as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KOOP_TARGET", made.url)
        yield made


@pytest.fixture(params=["embedded", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator["Place"]:
    """An empty target of each kind, which KOOP_TARGET names."""
    with _named(request.param, tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def first_loads(gated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator["FirstLoads"]:
    """The sample's one cooperative in a target of each kind."""
    from promotable import FirstLoads

    with ExitStack() as until:
        yield FirstLoads(gated, tmp_path_factory.mktemp("loads"), until)


@pytest.fixture(scope="session")
def first_deliveries(deliveries: "Deliveries", tmp_path_factory: pytest.TempPathFactory) -> Iterator["FirstLoads"]:
    """The first of the deliveries in a target of each kind."""
    from promotable import FirstLoads

    with ExitStack() as until:
        yield FirstLoads(deliveries.after(), tmp_path_factory.mktemp("deliveries"), until)


@pytest.fixture(params=["embedded", "postgres"])
def loaded(request: pytest.FixtureRequest, first_loads: "FirstLoads", tmp_path: Path) -> Iterator["Place"]:
    """A target of each kind into which the sample's one cooperative was loaded, which KOOP_TARGET names."""
    with _named(request.param, tmp_path, first_loads[request.param]) as made:
        yield made


@pytest.fixture(params=["embedded", "postgres"])
def delivered(request: pytest.FixtureRequest, first_deliveries: "FirstLoads", tmp_path: Path) -> Iterator["Place"]:
    """A target of each kind into which the first of the deliveries was loaded, which KOOP_TARGET names."""
    with _named(request.param, tmp_path, first_deliveries[request.param]) as made:
        yield made


@pytest.fixture(scope="session")
def mended_once(first_loads: "FirstLoads", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programme after its load, with one NIK that was held mended in the delivery, at the gate once more."""
    from promotable import mend, run_of
    from world import prepare

    root = tmp_path_factory.mktemp("mended") / "program"
    shutil.copytree(first_loads.programme(), root)
    mend(root)
    prepare(run_of(root))
    return root


@pytest.fixture
def mended(mended_once: Path, tmp_path: Path) -> Path:
    """A copy of it to work on."""
    return Path(shutil.copytree(mended_once, tmp_path / "program"))
