"""The floor, the obvious way and ours on the same data in one run, and how the cost of a row grows with the batch.

Run `python benchmarks/compare.py WORK [--cooperatives 10 100 1000] [--obvious 100] [--members 1000000]`.
WORK is a folder for generated programmes (kept, and used again). For each number of cooperatives: the floor, the
obvious way where there are no more cooperatives than `--obvious`, and `koop migrate` from a cold start, into the
embedded target and into PostgreSQL, each in a process tree of its own that is measured whole, server included. Then one
cooperative of `--members` members with two transactions an account, and one of 500 members from a cold start.
Ratios compare wall time; CPU stands beside it; `loaded` counts the cooperatives that a way loaded and, ours, verified.
Below the table the same against the floor's copying alone, without the start of its server, and against the obvious
way. Where a run does not end well, or not with every cooperative, its line says so and no ratio is made of it.
"""

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from measure import Measured, machine, measure

HERE = Path(__file__).parent
BATCH = "gelombang-01"
KOOP = [sys.executable, "-c", "from koop_pipeline.cli.app import run; run()"]


@dataclass(frozen=True)
class Line:
    """One measured way on one programme."""

    size: str
    way: str
    rows: int
    measured: Measured
    loaded: int | None = None
    copying: float | None = None
    of: int = 1

    @property
    def whole(self) -> bool:
        """Whether it ended well, with every cooperative where it says how many."""
        return self.measured.code == 0 and self.loaded in {None, self.of}

    def text(self, floor: "Line | None") -> str:
        """The line of the table, with the ratio to the floor of the same size."""
        wall, cpu = self.measured.wall, self.measured.cpu
        ratio = f"{wall / floor.measured.wall:>8.1f}" if floor and self.whole else f"{'':>8}"
        loaded = "" if self.loaded is None else f"{self.loaded:,}"
        failed = "" if self.measured.code == 0 else f"   exit code {self.measured.code}"
        return (
            f"{self.size:<20}{self.way:<18}{self.rows:>12,}{wall:>10.1f}{cpu:>10.1f}{wall / self.rows * 1e6:>9.2f}"
            f"{cpu / self.rows * 1e6:>9.2f}{self.measured.peak / 2**20:>9,.0f}{loaded:>9}{ratio}{failed}"
        )


HEAD = (
    f"{'programme':<20}{'way':<18}{'rows':>12}{'wall s':>10}{'cpu s':>10}{'us/row':>9}{'cpu us':>9}{'MiB':>9}"
    f"{'loaded':>9}{'x floor':>8}"
)


def generated(work: Path, name: str, *options: str) -> tuple[Path, int]:
    """A programme of the CSV system without faults, made where it is not there yet, and its delivered rows."""
    folder = work / name
    if not (folder / "answer-key.yaml").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        command = [*KOOP, "generate", str(folder), "--system", "csv"]
        subprocess.run([*command, "--faults", "0", *options], check=True, capture_output=True)
    files = (folder / "legacy").glob("*/*.csv")
    return folder, sum(path.read_bytes().count(b"\n") - 1 for path in files)


def migrating(folder: Path) -> list[str]:
    """The command that is measured."""
    return [*KOOP, "--program", str(folder), "migrate", BATCH, "--json"]


def ours(folder: Path, *, postgres: bool) -> tuple[Measured, int | None, None]:
    """`koop migrate` from nothing, in a process of its own; how many cooperatives were verified."""
    shutil.rmtree(folder / "var", ignore_errors=True)
    with tempfile.NamedTemporaryFile(suffix=".json") as said:
        command = [sys.executable, __file__, str(folder), "--inner"] if postgres else migrating(folder)
        with Path(said.name).open("wb") as output:
            measured = measure(command, output.fileno())
        if measured.code:
            return measured, None, None
        states = [record["state"] for record in json.loads(Path(said.name).read_text())]
    return measured, states.count("verified"), None


def migrate_into_postgres(folder: Path) -> int:
    """`koop migrate` into a server of its own, which is started before and stopped after.

    Only this way imports what starts a server: the others are not charged with it.
    """
    from floor import target_at

    with target_at(None) as url:
        environment = {**os.environ, "KOOP_TARGET": url}
        return subprocess.run(migrating(folder), env=environment, check=False).returncode


def by_script(name: str, folder: Path) -> tuple[Measured, int | None, float | None]:
    """One of the other benchmarks, in one process beside its server; the cooperatives it says it loaded, its seconds
    without imports and server.
    """
    with tempfile.NamedTemporaryFile(suffix=".json") as said:
        command = [sys.executable, str(HERE / name), str(folder), "--inner", said.name]
        measured = measure(command, subprocess.DEVNULL)
        found = {} if measured.code else json.loads(Path(said.name).read_text())
    return measured, found.get("loaded"), found.get("seconds")


def sizes(work: Path, count: int, obvious_up_to: int, ways: list[str], lines: list[Line]) -> None:
    """Measure every way on one number of cooperatives."""
    folder, rows = generated(work, f"c{count}", "--cooperatives", str(count), "--members", "561")
    size = f"{count:,} x 561"
    measured = {"floor": lambda: by_script("floor.py", folder), "obvious": lambda: by_script("obvious.py", folder)}
    measured["ours"] = lambda: ours(folder, postgres=False)
    measured["ours, PostgreSQL"] = lambda: ours(folder, postgres=True)
    floor = None
    for way, run in measured.items():
        if way not in ways or (way == "obvious" and count > obvious_up_to):
            continue
        line = Line(size, way, rows, *run(), count)
        floor = line if way == "floor" and line.whole else floor
        lines.append(line)
        print(line.text(floor), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--cooperatives", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--obvious", type=int, default=100)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--ways", nargs="*", default=["floor", "obvious", "ours", "ours, PostgreSQL"])
    parser.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inner:
        sys.exit(migrate_into_postgres(asked.work))
    print(machine())
    print(HEAD)
    lines: list[Line] = []
    for count in asked.cooperatives:
        sizes(asked.work, count, asked.obvious, asked.ways, lines)
    for members, transactions in ((asked.members, "2"), (500, "12")):
        if members:
            options = ("--cooperatives", "1", "--members", str(members), "--transactions", transactions)
            folder, rows = generated(asked.work, f"m{members}", *options)
            print(Line(f"1 x {members:,}", "ours", rows, *ours(folder, postgres=False)).text(None), flush=True)
    _tell_ratios(lines)


def _tell_ratios(lines: list[Line]) -> None:
    """What the goals ask for, from the lines above that are whole."""
    whole = [line for line in lines if line.whole]
    for line in (each for each in whole if each.way.startswith("ours")):
        for other in (each for each in whole if each.size == line.size):
            if other.copying and other.way == "floor":
                ratio = line.measured.wall / other.copying
                print(
                    f"{line.size}: {line.way} takes {ratio:.1f} times the floor's copying alone ({other.copying:.1f} s)"
                )
            if other.way == "obvious":
                ratio = other.measured.wall / line.measured.wall
                print(f"{line.size}: the obvious way takes {ratio:.2f} times as long as {line.way} (goal 10)")
    for way in ("ours", "ours, PostgreSQL"):
        for before, after in itertools.pairwise(line for line in whole if line.way == way):
            ratio = after.measured.wall / after.rows / (before.measured.wall / before.rows)
            print(f"{way}: a row at {after.size} costs {ratio:.2f} times a row at {before.size} (goal 1.2 at 1,000)")


if __name__ == "__main__":
    main()
