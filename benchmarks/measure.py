"""Wall time, CPU time and peak memory of a command and of every process that it starts.

Run `python benchmarks/measure.py COMMAND ...`; the command's own output goes through, the figures follow on stderr.
Memory is the sum of the resident set sizes of the whole process tree, sampled (pages that processes share count in each
of them). Processes that outlive their parents are adopted, so servers count too. CPU is what the samples saw last of
each process, or what the kernel charged for those that ended, whichever is more.
"""

import ctypes
import os
import platform
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

INTERVAL = 0.1
PR_SET_CHILD_SUBREAPER = 36
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Measured:
    """Seconds, bytes, exit code."""

    wall: float
    cpu: float
    peak: int
    code: int

    def __str__(self) -> str:
        """One line."""
        return f"wall {self.wall:,.1f} s, cpu {self.cpu:,.1f} s, peak memory {self.peak / 2**20:,.0f} MiB"


@dataclass
class Tree:
    """Samples the processes below this one; `own`: this one too."""

    own: bool = False
    peak: int = 0
    seen: dict[tuple[int, int], float] = field(default_factory=dict)

    def sample(self) -> None:
        """Look once at everything below this process."""
        table = dict(filter(None, map(_process, Path("/proc").iterdir())))
        me = os.getpid()
        below, resident = {me}, 0
        grown = True
        while grown:
            fresh = {pid for pid, (parent, *_) in table.items() if parent in below} - below
            below |= fresh
            grown = bool(fresh)
        for pid in below if self.own else below - {me}:
            _, started, cpu, memory = table[pid]
            self.seen[pid, started] = cpu
            resident += memory
        self.peak = max(self.peak, resident)

    @property
    def cpu(self) -> float:
        """Seconds of processor time of all that was seen, as of the last look."""
        return sum(self.seen.values())


@contextmanager
def watched(tree: Tree) -> Iterator[None]:
    """Sample the tree while the context lasts, and once more at its end."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(INTERVAL):
            tree.sample()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        tree.sample()


def adopt() -> None:
    """Make processes whose parents end children of this one, so that servers are in its tree."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _process(path: Path) -> tuple[int, tuple[int, int, float, int]] | None:
    """Pid, and parent, start time, CPU seconds and resident bytes."""
    if not path.name.isdigit():
        return None
    try:
        fields = (path / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    cpu = (int(fields[11]) + int(fields[12])) / TICKS
    return int(path.name), (int(fields[1]), int(fields[19]), cpu, int(fields[21]) * PAGE)


def measure(command: Sequence[str], output: int | None = None) -> Measured:
    """Run a command to its end and measure it; `output` is where what it prints goes, as `subprocess.run` takes it."""
    adopt()
    tree = Tree()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    with watched(tree):
        code = subprocess.run(command, stdout=output, check=False).returncode
        wall = time.perf_counter() - started
    reap()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    charged = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(wall, max(charged, tree.cpu), tree.peak, code)


def reap() -> None:
    """Take leave of the adopted processes that ended, so that the kernel charges them here and none counts twice."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def machine() -> str:
    """The machine and the day, one line."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    memory = PAGE * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{date.today()}, {model}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()},"
        f" load {load:.1f} before"
    )


if __name__ == "__main__":
    print(machine(), file=sys.stderr)
    measured = measure(sys.argv[1:])
    print(measured, file=sys.stderr)
    sys.exit(measured.code)
