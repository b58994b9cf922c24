"""Settings of all tests, and the programme that tests of promotion share.

Hypothesis has no deadline, since machines differ and timings belong in benchmarks.
"""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("koop", deadline=None)
settings.load_profile("koop")


@pytest.fixture(scope="session")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with one cooperative brought to the gate, once a process; work on a copy."""
    from promotable import gated_sample

    return gated_sample(tmp_path_factory.mktemp("gated") / "program")
