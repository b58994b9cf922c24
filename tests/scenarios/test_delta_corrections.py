"""Corrections that name their row by place, when a cooperative is delivered anew: another row may stand there."""

from pathlib import Path

from delivered_again import Change, Deliveries
from promotable import BATCH, ONLY, do_promote, place_of, run_of
from pytest import MonkeyPatch
from world import prepare

from koop_pipeline.staging import Staging

BERNABAS = """cooperative: KSU-TANI-MAJU
corrections:
  - {action: set, table: officers, at: {file: pengurus.csv, row: 8}, column: nik, expected: null,
     value: "5371010101800001", reason: KTP dilihat, who: Sekretaris, on: 2026-07-10}
"""
"""Bernabas Lasi, whose NIK is empty, stands in row 8."""
YOSEF: list[Change] = [
    ("pengurus.csv", "Bernabas Lasi, S.E.;Manajer", "Yosef Baru;Manajer;;;;01/06/2026;\r\nBernabas Lasi, S.E.;Manajer"),
]  # fmt: skip
"""The next list has another one before him, whose NIK is empty too."""


def judged(root: Path) -> tuple[list[tuple[str, str]], str]:
    """The outcomes of the corrections, and the verdict."""
    with Staging.open(run_of(root).folder.staging_path(BATCH)) as staging:
        said = staging.rows("SELECT outcome, message FROM mapped.corrections")
        return said, str(staging.value("SELECT verdict FROM gate.decisions WHERE cooperative_id = ?", [ONLY]))


def test_a_place_is_not_taken_for_another_person_in_the_next_delivery(
    deliveries: Deliveries, tmp_path: Path, monkeypatch: MonkeyPatch
) -> None:
    """It is applied to the list that it was written for; in the next one, and when that is run again, it blocks."""
    root = deliveries.after()
    (root / "corrections" / ONLY).mkdir(parents=True, exist_ok=True)
    (root / "corrections" / ONLY / "satu.yaml").write_text(BERNABAS)
    prepare(run_of(root))
    assert judged(root)[0] == [("applied", "")]
    with place_of("embedded", tmp_path) as place:
        monkeypatch.setenv("KOOP_TARGET", place.url)
        assert do_promote(root)[0] == "loaded"
        name, before, after = YOSEF[0]
        path = root / "legacy" / ONLY / name
        assert path.read_bytes().count(before.encode()) == 1
        path.write_bytes(path.read_bytes().replace(before.encode(), after.encode()))
        for _ in range(2):
            prepare(run_of(root))
            ((outcome, message),), verdict = judged(root)
            assert (outcome, verdict) == ("error", "blocked")
            assert message.startswith("it names its row by place alone and nothing that stands in it")
