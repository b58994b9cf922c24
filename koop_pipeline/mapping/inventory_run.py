"""A batch read for the inventory also where a profile is missing or wrong: what was delivered can still be seen.

A cooperative without a usable profile keeps the profile's `reads` if those are right; else its files are opened by
their endings, a delimited one by what its first lines look like. Nothing that is read so is ever mapped.
"""

import glob
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from koop_pipeline.errors import ConfigError
from koop_pipeline.program import yaml_file
from koop_pipeline.program.folder import Mapping, ProgramFolder
from koop_pipeline.program.profile import Profile
from koop_pipeline.program.program_file import Batch, Cooperative
from koop_pipeline.program.reading import ENDINGS, Reading
from koop_pipeline.program.run import BatchRun

UNMAPPED = "unmapped"
KEPT = ("reads", "dates", "decimal", "ignore")
HEAD_BYTES = 64_000
HEAD_LINES = 50
DELIMITERS = (";", "\t", ",", "|")


@dataclass(frozen=True)
class InventoryRun(BatchRun):
    """A run whose profiles may be stand-ins; `problems`: cooperative -> what is wrong with its profile."""

    problems: dict[str, str] = field(default_factory=dict)

    @cached_property
    def mappings(self) -> dict[str, Mapping]:
        """The profile of each cooperative in scope, a stand-in where it has a problem."""
        return {
            cooperative.id: stand_in(self.folder, cooperative)
            if cooperative.id in self.problems
            else self.folder.mapping(cooperative)
            for cooperative in self.cooperatives
        }


def open_run(folder: ProgramFolder, batch_name: str, only: Iterable[str] = ()) -> InventoryRun:
    """The batch, profiles that cannot be used replaced; ConfigError where it is the batch or the call that is wrong."""
    wanted = frozenset(only)
    try:
        run = BatchRun.of(folder, batch_name, wanted)
        return InventoryRun(folder, run.batch, run.only)
    except ConfigError:
        path = folder.root / "batches" / f"{batch_name}.yaml"
        if not path.is_file():
            raise
        batch = yaml_file.parse(yaml_file.load(path, folder.root), Batch)
        problems = {item.id: problem for item in batch.cooperatives if (problem := _problem(folder, item))}
        if not problems or wanted - {item.id for item in batch.cooperatives} or batch.batch != batch_name:
            raise
        return InventoryRun(folder, batch, wanted, problems=problems)


def _problem(folder: ProgramFolder, cooperative: Cooperative) -> str:
    try:
        folder.mapping(cooperative)
    except ConfigError as error:
        return f"{error}; what was delivered is shown as it was read without this profile"
    return ""


def stand_in(folder: ProgramFolder, cooperative: Cooperative) -> Mapping:
    """A profile that maps nothing: with the settings of the wrong one where they are right, else with guessed ones."""
    try:
        file = yaml_file.load(folder.root / "mappings" / f"{cooperative.profile}.yaml", folder.root)
        kept = {name: file.data[name] for name in KEPT if name in file.data}
        return Mapping(
            yaml_file.parse(yaml_file.YamlFile(file.path, {"profile": UNMAPPED, **kept}), Profile), file, UNMAPPED
        )
    except (ConfigError, TypeError):
        profile = Profile(profile=UNMAPPED, reads=tuple(guessed_reads(folder, cooperative)))
        return Mapping(profile, yaml_file.YamlFile(Path(f"{UNMAPPED}.yaml"), {}), UNMAPPED)


def guessed_reads(folder: ProgramFolder, cooperative: Cooperative) -> list[Reading]:
    """How the files of a source seem to be read: one setting for each delimited file, then one for each format."""
    found = []
    for part in cooperative.source:
        root = folder.root / part.path
        paths = [root] if root.is_file() else sorted(root.rglob("*")) if root.is_dir() else []
        for path in paths:
            if path.is_file() and path.name.lower().endswith(ENDINGS["csv"]):
                relative = path.name if root.is_file() else path.relative_to(root).as_posix()
                found.append(guessed_reading(path, relative))
    return [*found, Reading(format="xlsx"), Reading(format="mysql_dump"), Reading(format="sqlite")]


def guessed_reading(path: Path, relative: str) -> Reading:
    """Delimiter, encoding and header row of a delimited file, from its first lines.

    The delimiter is the one that most lines have equally often; the header the first line that has it so often.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    encoding = "utf-8" if _is_utf8(head) else "cp1252"
    lines = head.decode(encoding, errors="replace").splitlines()[:HEAD_LINES]
    best, often, delimiter, header = 0, 0, ",", 1
    for mark in DELIMITERS:
        counts = [line.count(mark) for line in lines]
        usual = Counter(count for count in counts if count).most_common(1)
        if usual and (usual[0][1], usual[0][0]) > (best, often):
            often, best = usual[0]
            delimiter, header = mark, counts.index(often) + 1
    return Reading(format="csv", files=glob.escape(relative), delimiter=delimiter, encoding=encoding, header=header)


def _is_utf8(head: bytes) -> bool:
    """A character that the end of the head cuts in two is no fault."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(head) == HEAD_BYTES and error.start >= HEAD_BYTES - 4
    return True
