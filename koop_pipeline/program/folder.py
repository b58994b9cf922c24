"""The programme folder on disk: loads program, batches and profiles, and says where everything lies.

Everything the program makes goes below `var/` (KOOP_HOME moves it).
"""

import hashlib
import json
import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from koop_pipeline.errors import ConfigError
from koop_pipeline.program import yaml_file
from koop_pipeline.program.profile import Profile, first_fault, nearest
from koop_pipeline.program.program_file import Batch, Cooperative, Program
from koop_pipeline.program.target_address import TargetAddress


@dataclass(frozen=True)
class Mapping:
    """A cooperative's effective profile: its model, the files it was laid from, and the hash of what it says."""

    profile: Profile
    file: yaml_file.YamlFile
    sha256: str


@dataclass(frozen=True)
class ProgramFolder:
    """A folder in the form of design section 4."""

    root: Path

    @cached_property
    def _mappings(self) -> dict[tuple[str, str | None], Mapping]:
        return {}

    @cached_property
    def program(self) -> Program:
        """`program.yaml`; ConfigError where it is missing or wrong."""
        return yaml_file.parse(yaml_file.load(self.root / "program.yaml", self.root), Program)

    @property
    def home(self) -> Path:
        """Where everything the program makes lies: `var/`, or KOOP_HOME."""
        return Path(os.environ["KOOP_HOME"]) if os.environ.get("KOOP_HOME") else self.root / "var"

    def staging_path(self, batch: str) -> Path:
        """The DuckDB file of a batch."""
        return self.home / "staging" / f"batch-{batch}.duckdb"

    def docs_path(self, batch: str) -> Path:
        """The folder of a batch's Data Docs."""
        return self.home / "docs" / batch

    def status_path(self, batch: str) -> Path:
        """The status snapshot of a batch."""
        return self.home / "status" / f"{batch}.json"

    def control_totals_path(self, batch: str) -> Path:
        """The control totals of a batch at every hop."""
        return self.home / "status" / f"{batch}.control-totals.json"

    def rehearsal_path(self, batch: str) -> Path:
        """The report of a batch's last rehearsal."""
        return self.home / "rehearsals" / f"{batch}.json"

    @property
    def target(self) -> TargetAddress:
        """The target: KOOP_TARGET, else the embedded one, `var/target/target.duckdb`."""
        return TargetAddress.of(os.environ.get("KOOP_TARGET"), self.home / "target" / "target.duckdb")

    @property
    def batch_names(self) -> list[str]:
        """Names of all batch files, sorted."""
        return sorted(path.stem for path in (self.root / "batches").glob("*.yaml"))

    def batch(self, name: str) -> Batch:
        """A batch and, checked with it, every profile it uses; ConfigError with file and line."""
        path = self.root / "batches" / f"{name}.yaml"
        if name not in self.batch_names:
            known = ", ".join(self.batch_names) or "none yet"
            hint = nearest(name, self.batch_names)
            raise ConfigError(f"batches/{name}.yaml: no such batch{hint} (there are: {known})")
        file = yaml_file.load(path, self.root)
        batch = yaml_file.parse(file, Batch)
        if batch.batch != name:
            raise file.error(("batch",), f"the batch is called {batch.batch!r}, its file {name!r}; they must agree")
        seen: set[str] = set()
        for index, cooperative in enumerate(batch.cooperatives):
            if cooperative.id.casefold() in seen:
                place = ("cooperatives", index, "id")
                raise file.error(place, f"the cooperative {cooperative.id!r} stands twice in the batch")
            seen.add(cooperative.id.casefold())
            self._check_paths(file, index, cooperative)
            self.mapping(cooperative)
        return batch

    def _check_paths(self, file: yaml_file.YamlFile, index: int, cooperative: Cooperative) -> None:
        if not (self.root / "mappings" / f"{cooperative.profile}.yaml").is_file():
            known = [path.stem for path in (self.root / "mappings").glob("*.yaml")]
            hint = nearest(cooperative.profile, known)
            raise file.error(
                ("cooperatives", index, "profile"),
                f"mappings/{cooperative.profile}.yaml is not there{hint}",
            )
        if cooperative.overrides and not (self.root / cooperative.overrides).is_file():
            raise file.error(("cooperatives", index, "overrides"), f"{cooperative.overrides} is not there")

    def mapping(self, cooperative: Cooperative) -> Mapping:
        """The cooperative's profile with its overrides laid over it; read once as long as this object lives."""
        key = (cooperative.profile, cooperative.overrides)
        if key not in self._mappings:
            self._mappings[key] = self.read_mapping(cooperative)
        return self._mappings[key]

    def read_mapping(self, cooperative: Cooperative) -> Mapping:
        """The same, read from disk anew."""
        file = yaml_file.load(self.root / "mappings" / f"{cooperative.profile}.yaml", self.root)
        if cooperative.overrides:
            over = yaml_file.load(self.root / cooperative.overrides, self.root)
            file = _overlay(file, over)
        profile = yaml_file.parse(file, Profile)
        if profile.profile != cooperative.profile:
            raise file.error(
                ("profile",), f"the profile is called {profile.profile!r}, its file {cooperative.profile!r}"
            )
        fault = first_fault(profile)
        if fault:
            raise file.error(_in_block(file, fault[0]), fault[1])
        text = json.dumps(file.data, sort_keys=True, ensure_ascii=False)
        return Mapping(profile, file, hashlib.sha256(text.encode()).hexdigest())


def _in_block(file: yaml_file.YamlFile, place: yaml_file.Place) -> yaml_file.Place:
    """A place in a block that stands by itself, not in a list, has no number."""
    listed = isinstance(file.data.get(place[0]), list)
    return place if listed or not (len(place) > 1 and isinstance(place[1], int)) else (place[0], *place[2:])


def _overlay(file: yaml_file.YamlFile, over: yaml_file.YamlFile) -> yaml_file.YamlFile:
    """Maps merge, lists are replaced, null removes. A place from the overrides keeps its file and line."""
    if not isinstance(over.data, dict):
        raise ConfigError(f"{over.path}: must be a mapping of keys to values")
    replaced = {place for place in over.lines if not isinstance(_value_at(over.data, place), dict)}
    kept = {place: line for place, line in file.lines.items() if not any(place[: len(top)] == top for top in replaced)}
    return replace(
        file,
        data=_merge(file.data, over.data),
        lines={**kept, **over.lines},
        paths={**file.paths, **dict.fromkeys(over.lines, over.path)},
    )


def _value_at(data: Any, place: yaml_file.Place) -> Any:
    for part in place:
        data = data[part]
    return data


def _merge(base: Any, over: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    merged = {key: value for key, value in base.items() if not (key in over and over[key] is None)}
    for key, value in over.items():
        if value is not None:
            merged[key] = _merge(base.get(key), value)
    return merged
