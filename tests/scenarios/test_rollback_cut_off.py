"""A rollback that is cut off when the target has committed it: it is brought to its end, and never takes out more."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from promotable import BATCH, ONLY, Place, do_roll_back, run_of
from world import finish

from koop_pipeline.errors import RefusedError
from koop_pipeline.promotion import rollback
from koop_pipeline.staging import Staging
from koop_pipeline.status import snapshot
from koop_pipeline.target.postgres.errors import PassingError
from koop_pipeline.target.postgres.target import PostgresTarget
from koop_pipeline.target.postgres.writing import PostgresWriting


@pytest.fixture
def amended(mended: Path, loaded: Place) -> Path:
    """A programme of which a load and an amendment stand in the target."""
    assert finish(run_of(mended))[ONLY]["state"] == "verified"
    assert kinds(loaded) == ["full", "amendment"]
    return mended


def kinds(place: Place) -> list[object]:
    """The kinds of the loads that stand."""
    return [kind for (kind,) in place.ask("SELECT kind FROM migration.loads ORDER BY number")]


def roll_back_last(root: Path) -> list[rollback.Taken]:
    run = run_of(root)
    with Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging:
        return rollback.roll_back(staging, run, ONLY, only_last=True)


def state(root: Path) -> str:
    run = run_of(root)
    with Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging:
        record = next(one for one in snapshot.build(staging, run.batch) if one["cooperative_id"] == ONLY)
    return str(record["state"])


def cut_off(monkeypatch: pytest.MonkeyPatch, root: Path, *, only_last: bool) -> None:
    """A rollback that dies when the target has committed and staging knows nothing of it."""

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(rollback, "_forget", die)
        do_roll_back(root, only_last=only_last)


def test_the_last_load_is_taken_out_once_though_the_command_is_given_twice(
    amended: Path, loaded: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(monkeypatch, amended, only_last=True)
    assert kinds(loaded) == ["full"]
    assert state(amended) == "verified"
    again = roll_back_last(amended)
    assert [(taken.kind, taken.rows) for taken in again] == [("amendment", None)]
    assert kinds(loaded) == ["full"]
    assert state(amended) == "rolled_back"
    assert [taken.kind for taken in roll_back_last(amended)] == ["full"]
    assert kinds(loaded) == []


def test_a_rollback_of_all_is_brought_to_its_end(amended: Path, loaded: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(monkeypatch, amended, only_last=False)
    assert kinds(loaded) == []
    assert state(amended) == "verified"
    run = run_of(amended)
    assert do_roll_back(amended) == ["full"]
    assert state(amended) == "rolled_back"
    with Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging:
        assert [staging.value(f"SELECT count(*) FROM verification.{name}") for name in rollback.FORGOTTEN] == [
            1, *[0] * (len(rollback.FORGOTTEN) - 1),
        ]  # fmt: skip
    with pytest.raises(RefusedError, match="has loaded nothing of it into this target"):
        do_roll_back(amended)


@pytest.mark.parametrize("loaded", ["postgres"], indirect=True)
def test_a_commit_whose_answer_was_lost_is_not_done_again(
    amended: Path, loaded: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, lost = PostgresTarget.writing, [True]

    @contextmanager
    def unanswered(target: PostgresTarget, cooperative_id: str) -> Iterator[PostgresWriting]:
        with writing(target, cooperative_id) as opened:
            yield opened
        if lost.pop():
            lost.append(False)
            raise PassingError("the connection was lost")

    monkeypatch.setattr(PostgresTarget, "writing", unanswered)
    assert [(taken.kind, taken.rows) for taken in roll_back_last(amended)] == [("amendment", 1)]
    assert lost == []
    assert kinds(loaded) == ["full"]
