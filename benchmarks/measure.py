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
from collections.abc import Sequence
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
    """Samples the processes below this one."""

    peak: int = 0
    seen: dict[tuple[int, int], float] = field(default_factory=dict)

    def sample(self) -> None:
        """Look once at everything below this process."""
        table = dict(filter(None, map(_process, Path("/proc").iterdir())))
        below, resident = {os.getpid()}, 0
        grown = True
        while grown:
            fresh = {pid for pid, (parent, *_) in table.items() if parent in below} - below
            below |= fresh
            grown = bool(fresh)
        for pid in below - {os.getpid()}:
            _, started, cpu, memory = table[pid]
            self.seen[pid, started] = cpu
            resident += memory
        self.peak = max(self.peak, resident)


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


def measure(command: Sequence[str]) -> Measured:
    """Run a command to its end and measure it."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    tree, done = Tree(), threading.Event()

    def watch() -> None:
        while not done.wait(INTERVAL):
            tree.sample()

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    code = subprocess.run(command, check=False).returncode
    wall = time.perf_counter() - started
    tree.sample()
    done.set()
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    charged = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(wall, max(charged, sum(tree.seen.values())), tree.peak, code)


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
