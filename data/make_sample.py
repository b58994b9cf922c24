"""Makes `data/sample/` anew, byte for byte the same at every run: `python data/make_sample.py`.

Legacy exports, the batch, `program.yaml` and EXPECTED.yaml are made; `mappings/` and README.md are written by hand and
left alone. Every file is read again and its sums compared with the truth model before the run ends well.
"""

import shutil
import sys
from pathlib import Path

from sample_maker import answers, csv_system, mysql_system, rereading, sqlite_system, xlsx_system
from sample_maker.worlds import WORLDS, build

SAMPLE = Path(__file__).resolve().parent / "sample"
WRITERS = {
    "ksp-csv": csv_system.write,
    "koperasi-xlsx": xlsx_system.write,
    "simkop-mysql": mysql_system.write,
    "kopdit-sqlite": sqlite_system.write,
}


def make(home: Path) -> None:
    """Write and check the whole programme folder at `home`."""
    shutil.rmtree(home / "legacy", ignore_errors=True)
    worlds = [(world, build(world)) for world in WORLDS]
    for world, truth in worlds:
        folder = home / "legacy" / world.id
        folder.mkdir(parents=True)
        WRITERS[world.system](folder, truth, world)
        rereading.check(folder, truth, world)
    (home / "batches").mkdir(exist_ok=True)
    (home / "batches" / f"{answers.BATCH}.yaml").write_text(answers.batch(worlds), encoding="utf-8", newline="\n")
    (home / "program.yaml").write_text(answers.PROGRAM, encoding="utf-8", newline="\n")
    (home / "EXPECTED.yaml").write_text(answers.expected(worlds), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE
    target.mkdir(parents=True, exist_ok=True)
    make(target)
