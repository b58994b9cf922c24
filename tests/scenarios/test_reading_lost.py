"""A cooperative that cannot be read back is halted with a sentence; the others go on, and a later run with it."""

import shutil
from pathlib import Path

import pytest
from promotable import BATCH, ONLY, SAMPLE, place_of
from world import prepare

from koop_pipeline.defs.promote_verify import current_hashes
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion.step import promote
from koop_pipeline.staging import Staging
from koop_pipeline.verification.step import verify

OTHER = "KOPKAR-BAHARI"
BREAKS = (
    "CREATE POLICY breaks ON platform.members AS RESTRICTIVE FOR SELECT USING"
    f" (1 / (CASE cooperative_id WHEN '{ONLY}' THEN 0 ELSE 1 END) = 1)"
)


def test_one_that_cannot_be_read_is_halted_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy of somebody's own divides by zero on the rows of one cooperative, for whoever reads them."""
    monkeypatch.setattr("koop_pipeline.target.postgres.target.LONGEST_WAIT_SECONDS", 0.1)
    monkeypatch.setattr("koop_pipeline.verification.step.CHUNK_ROWS", 1)
    monkeypatch.setattr("koop_pipeline.promotion.content.CHUNK_ROWS", 1)
    root = tmp_path / "program"
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns("var"))
    run = BatchRun.of(ProgramFolder(root), BATCH, [ONLY, OTHER])
    prepare(run)
    with (
        place_of("postgres", tmp_path) as place,
        Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging,
    ):
        monkeypatch.setenv("KOOP_TARGET", place.url)

        def promoted() -> list[tuple[str, str]]:
            promote(staging, run, current_hashes(run), lambda: None)
            return staging.rows("SELECT cooperative_id, outcome FROM verification.promotions ORDER BY 1")

        def halts(step: str) -> dict[str, str]:
            rows = staging.rows("SELECT cooperative_id, message FROM gate.halts WHERE step = ?", [step])
            return dict(rows)

        def hops(cooperative_id: str) -> set[str]:
            return {row[0] for row in staging.rows(
                "SELECT DISTINCT hop FROM proof.totals WHERE cooperative_id = ? AND hop IN ('promoted', 'read_back')",
                [cooperative_id],
            )}  # fmt: skip

        assert promoted() == [(OTHER, "loaded"), (ONLY, "loaded")]
        verify(staging, run)
        assert staging.rows("SELECT * FROM gate.halts") == []
        assert hops(ONLY) == hops(OTHER) == {"promoted", "read_back"}

        place.do(BREAKS)
        verify(staging, run)
        said = halts("verify")
        assert said[ONLY].startswith(f"{ONLY}: nothing of it was verified; the target could not be read: ")
        assert said[ONLY].endswith("division by zero; run koop verify again")
        assert said[OTHER] == (
            f"{OTHER}: the target is not what its schema promises: platform.members has a further policy breaks"
        )
        compared = staging.rows("SELECT DISTINCT cooperative_id FROM verification.results")
        assert compared == [(OTHER,)]
        assert (hops(ONLY), hops(OTHER)) == ({"promoted"}, {"promoted", "read_back"})

        assert promoted() == [(OTHER, "unchanged"), (ONLY, "unchanged")]
        said = halts("promote")
        assert list(said) == [ONLY]
        assert said[ONLY].startswith(f"{ONLY}: it was loaded, its control totals were not taken; the target could not")
        assert (hops(ONLY), hops(OTHER)) == (set(), {"promoted"})

        place.do("DROP POLICY breaks ON platform.members")
        assert promoted() == [(OTHER, "unchanged"), (ONLY, "unchanged")]
        verify(staging, run)
        assert staging.rows("SELECT * FROM gate.halts") == []
        assert hops(ONLY) == hops(OTHER) == {"promoted", "read_back"}

        monkeypatch.setattr("koop_pipeline.verification.step.CHUNK_ROWS", 1_000_000)
        place.do(f"UPDATE platform.members SET left_on = 'infinity' WHERE cooperative_id = '{ONLY}'")
        verify(staging, run)
        assert halts("verify") == {
            ONLY: f"{ONLY}: nothing of it was verified; what platform.members holds cannot be read: Invalid Input"
            " Error: a value of left_on is infinite, before the year 1 or no date; run koop verify again"
        }
        compared = staging.rows("SELECT DISTINCT cooperative_id FROM verification.results")
        assert compared == [(OTHER,)]
        assert (hops(ONLY), hops(OTHER)) == ({"promoted"}, {"promoted", "read_back"})

        monkeypatch.setattr("koop_pipeline.promotion.content.CHUNK_ROWS", 1_000_000)
        assert promoted() == [(OTHER, "unchanged"), (ONLY, "unchanged")]
        said = halts("promote")
        assert list(said) == [ONLY]
        assert said[ONLY].startswith(f"{ONLY}: it was loaded, its control totals were not taken; what platform.members")
        assert (hops(ONLY), hops(OTHER)) == (set(), {"promoted"})
