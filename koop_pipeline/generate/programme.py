"""Writes a generated programme to disk, one chunk of one cooperative at a time.

Put here the order of things and the files of the folder. Whoever wants to show progress passes a `Listener`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from koop_pipeline.errors import ConfigError
from koop_pipeline.generate import answers, ledger, plan, savings, truth
from koop_pipeline.generate.csv_system import CsvWriter
from koop_pipeline.generate.mysql_system import MysqlWriter
from koop_pipeline.generate.sqlite_system import SqliteWriter
from koop_pipeline.generate.writer import Writer

WRITERS: dict[str, type[Writer]] = {"csv": CsvWriter, "mysql": MysqlWriter, "sqlite": SqliteWriter}
PROFILES = Path(__file__).with_name("profiles")
UNREAD = ("Laporan RAT 2025.doc", b"Laporan pengurus pada RAT 2025; bukan data.\r\n")


@dataclass
class Written:
    """How much there is so far."""

    members: int = 0
    rows: int = 0
    cooperatives: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)


Listener = Callable[[Written], None]


def generate(folder: Path, asked: plan.Plan, listen: Listener = lambda _: None) -> Written:
    """Write the whole programme; ConfigError where the folder is there and not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is not empty; name a folder that is not there yet, or empty this one")
    for name in ("batches", "mappings", "legacy"):
        (folder / name).mkdir(parents=True)
    everyone = plan.cooperatives(asked)
    for system in sorted({each.system for each in everyone}):
        profile = f"{answers.PROFILES[system]}.yaml"
        (folder / "mappings" / profile).write_bytes((PROFILES / profile).read_bytes())
    written = Written()
    for name, ordinals in asked.batches:
        batch = _text(folder / "batches" / f"{name}.yaml", answers.batch_head(name))
        key = _text(folder / key_name(asked, name), answers.key_head(asked, name))
        for at in ordinals:
            outcome = _cooperative(folder / "legacy", everyone[at], written, listen)
            batch(answers.batch_entry(outcome))
            key(answers.key_entry(outcome))
    (folder / "program.yaml").write_text(answers.program_file(asked), encoding="utf-8")
    return written


def key_name(asked: plan.Plan, batch: str) -> str:
    """`answer-key.yaml`; with the batch in its name where there are several."""
    return "answer-key.yaml" if len(asked.batches) == 1 else f"answer-key-{batch}.yaml"


def _text(path: Path, head: str) -> Callable[[str], None]:
    """Begin a text file; what is returned adds to it."""
    path.write_text(head, encoding="utf-8")

    def add(more: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(more)

    return add


def _cooperative(legacy: Path, cooperative: plan.Cooperative, written: Written, listen: Listener) -> answers.Outcome:
    sums = truth.Sums()
    writer = WRITERS[cooperative.system](legacy / cooperative.id, cooperative)
    for chunk in truth.chunks(cooperative, sums):
        written.rows += writer.add(chunk)
        written.members += chunk.accounts.height // savings.ACCOUNTS
        listen(written)
    rng = np.random.default_rng([cooperative.seed, 2, cooperative.ordinal])
    lines = ledger.invent(rng, sums.savings, sums.loans, cooperative.faults, cooperative.system == "mysql")
    written.rows += writer.close(lines)
    if "damaged-file" in cooperative.faults:
        writer.damage()
    if "unread-file" in cooperative.faults:
        (legacy / cooperative.id / UNREAD[0]).write_bytes(UNREAD[1])
    outcome = answers.Outcome(cooperative, sums, lines)
    written.cooperatives += 1
    verdict = outcome.verdict or "failed"
    written.verdicts[verdict] = written.verdicts.get(verdict, 0) + 1
    listen(written)
    return outcome
