"""The correction files of a programme folder: `corrections/<cooperative_id>/*.yaml`, read, hashed and written.

A file that `koop corrections apply` wrote from a workbook names that workbook and its sha256, so that one which came
back and was not yet applied can be told.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import yaml

from koop_pipeline.corrections.model import Correction, CorrectionFile
from koop_pipeline.program import yaml_file
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.yaml_file import YamlFile

YAML = (".yaml", ".yml")


@dataclass(frozen=True)
class Read:
    """One correction file as read, with the lines of its items."""

    file: YamlFile
    content: CorrectionFile

    @property
    def name(self) -> str:
        """The file's path below the programme folder."""
        return self.file.path.as_posix()

    def place(self, kind: str, number: int) -> str:
        """Where an item stands: the workbook's cell where an officer wrote it, else file and line."""
        item = getattr(self.content, kind)[number]
        line = f"{self.name}, line {self.file.line((kind, number))}"
        return f"{self.content.workbook}, {item.cell}" if item.cell and self.content.workbook else line


def returned_folder(folder: ProgramFolder, cooperative_id: str) -> Path:
    """Where the corrections of a cooperative lie."""
    return folder.root / "corrections" / cooperative_id


def read_all(folder: ProgramFolder, cooperative_id: str) -> list[Read]:
    """The correction files of a cooperative, by name. ConfigError with file and line where one is wrong."""
    found = []
    for path in _of_type(folder, cooperative_id, YAML):
        file = yaml_file.load(path, folder.root)
        content = yaml_file.parse(file, CorrectionFile, show_values=False)
        if content.cooperative != cooperative_id:
            said = f"these corrections are of {content.cooperative!r}, but lie in the folder of {cooperative_id!r}"
            raise file.error(("cooperative",), said)
        for number, item in enumerate(content.corrections):
            _refuse_unsaid(file, number, item)
        found.append(Read(file, content))
    return sorted(found, key=lambda read: read.content.sequence)


def _refuse_unsaid(file: YamlFile, number: int, item: Correction) -> None:
    """`set` says both sides, also where one of them is empty: a forgotten key must not empty a cell."""
    wanted = {"set": ("expected", "value"), "allocate": ("expected", "value")}.get(item.action, ())
    for name in wanted:
        if name not in item.model_fields_set:
            raise file.error(("corrections", number), f"{item.action}: the key {name!r} is missing (null for empty)")


def fingerprint(folder: ProgramFolder, cooperative_id: str) -> str:
    """The sha256 over all correction files of a cooperative; '' where there is none."""
    files = _of_type(folder, cooperative_id, YAML)
    parts = [f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest() if parts else ""


def waiting(folder: ProgramFolder, cooperative_id: str, files: list[Read]) -> list[Path]:
    """Workbooks that came back and from which no correction file was made yet, by name."""
    known = {read.content.workbook_sha256 for read in files}
    books = _of_type(folder, cooperative_id, (".xlsx",))
    return [path for path in books if sha256_of(path) not in known]


def unread(folder: ProgramFolder, cooperative_id: str) -> list[str]:
    """What lies in a cooperative's folder and is neither a workbook nor a correction file, by name."""
    here = returned_folder(folder, cooperative_id)
    known = {*_of_type(folder, cooperative_id, (*YAML, ".xlsx"))}
    every = sorted(here.iterdir()) if here.is_dir() else []
    return [path.name for path in every if path not in known and not path.name.startswith((".", "~$"))]


def strangers(folder: ProgramFolder) -> list[str]:
    """Folders below `corrections/` that are named like no cooperative of any batch."""
    here = folder.root / "corrections"
    known = {one.id for name in folder.batch_names for one in folder.batch(name).cooperatives}
    every = sorted(path.name for path in here.iterdir() if path.is_dir()) if here.is_dir() else []
    return [name for name in every if name not in known and not name.startswith(".")]


def free_name(path: Path) -> Path:
    """Where the corrections of a workbook are written: beside it, never over a file that is there."""
    beside = path.with_suffix(".yaml")
    number = 2
    while beside.exists():
        beside = path.with_name(f"{path.stem}-{number}.yaml")
        number += 1
    return beside


def _of_type(folder: ProgramFolder, cooperative_id: str, suffixes: tuple[str, ...]) -> list[Path]:
    here = returned_folder(folder, cooperative_id)
    every = sorted(here.iterdir()) if here.is_dir() else []
    hidden = (".", "~$")
    return [path for path in every if path.suffix.lower() in suffixes and not path.name.startswith(hidden)]


def sha256_of(path: Path) -> str:
    """The sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(path: Path, content: CorrectionFile) -> None:
    """Write a correction file, whole or not at all; only what is said is written."""
    data = content.model_dump(mode="json", exclude_unset=True)
    temporary = path.with_suffix(".new")
    with temporary.open("w", encoding="utf-8") as file:
        yaml.dump(data, file, Dumper=_QuotingDumper, sort_keys=False, allow_unicode=True, width=110)
    os.replace(temporary, path)


class _QuotingDumper(yaml.SafeDumper):
    """Quotes every text: `1.10`, `010`, `no` and `null` stay the text they are."""


def _quoted_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = text.replace("_", "").isalpha() and text.isascii() and text.lower() not in {"null", "y", "n", "yes", "no"}
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_QuotingDumper.add_representer(str, _quoted_text)
