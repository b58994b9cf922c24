"""Reads a YAML file with every scalar as text, and remembers on which line each key stands.

`1.10`, `010`, `no` and `150000000.00` stay what they say; only a plain `null`, `~` or nothing is None. Conversion
is the
models' work. Keep meaning out of here.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from koop_pipeline.errors import ConfigError

M = TypeVar("M", bound=BaseModel)
Place = tuple[str | int, ...]
MAX_BYTES = 5_000_000


@dataclass(frozen=True)
class YamlFile:
    """The data of one file and the line (1-based) of every key and item."""

    path: Path
    data: Any
    lines: dict[Place, int] = field(default_factory=dict)
    paths: dict[Place, Path] = field(default_factory=dict)

    def nearest(self, place: Place) -> Place:
        """`place`, or the nearest enclosing key that has a line."""
        while place and place not in self.lines:
            place = place[:-1]
        return place

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest enclosing key that has one."""
        return self.lines.get(self.nearest(place), 1)

    def error(self, place: Place, message: str) -> ConfigError:
        """A ConfigError that names the file (the overrides where it stands there) and the line of `place`."""
        path = self.paths.get(self.nearest(place), self.path)
        return ConfigError(f"{path}, line {self.line(place)}: {message}")


# PyYAML's loader that resolves nothing, in C where PyYAML was built with libyaml
_TextLoader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def load(file: Path, root: Path | None = None) -> YamlFile:
    """Read a YAML file; ConfigError with file and line where it is missing or not YAML.

    Messages name the file as seen from `root`.
    """
    path = file.relative_to(root) if root is not None and file.is_relative_to(root) else file
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_BYTES} bytes; this is not a config file")
        text = file.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=_TextLoader)
    except FileNotFoundError:
        raise ConfigError(f"{path}: the file is not there") from None
    except (IsADirectoryError, PermissionError) as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}, line {line}: not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {str(error).splitlines()[0]}") from None
    result = YamlFile(path, None, {})
    return YamlFile(path, _build(node, (), result, frozenset()), result.lines)


def _build(node: yaml.Node | None, place: Place, file: YamlFile, open_nodes: frozenset[int]) -> Any:
    if node is None:
        return None
    if id(node) in open_nodes:
        raise file.error(place, "an alias that contains itself")
    open_nodes |= {id(node)}
    if isinstance(node, yaml.ScalarNode):
        return None if not node.style and node.value in {"", "~", "null", "Null", "NULL"} else node.value
    if isinstance(node, yaml.SequenceNode):
        items = []
        for index, item in enumerate(node.value):
            file.lines[(*place, index)] = item.start_mark.line + 1
            items.append(_build(item, (*place, index), file, open_nodes))
        return items
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        file.lines.setdefault((*place, key), key_node.start_mark.line + 1)
        if key in result:
            raise ConfigError(f"{file.path}, line {key_node.start_mark.line + 1}: the key {key!r} stands twice")
        result[key] = _build(value_node, (*place, key), file, open_nodes)
    return result


def parse(file: YamlFile, model: type[M], *, show_values: bool = True) -> M:
    """The file as `model`; the first fault becomes one sentence with file, line and key (and the value, if shown)."""
    if not isinstance(file.data, dict):
        raise ConfigError(f"{file.path}: must be a mapping of keys to values")
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        raise _first_fault(file, error, show_values=show_values) from None


def _first_fault(file: YamlFile, error: ValidationError, *, show_values: bool) -> ConfigError:
    every = error.errors(include_url=False, include_context=False)
    faults = [fault for fault in every if fault["type"] != "too_short"] or every
    fault = min(faults, key=lambda item: file.line(_in_file(file, item["loc"])))
    place = _in_file(file, fault["loc"])
    name = ".".join(str(part) for part in place) or "the file"
    if fault["type"] == "extra_forbidden":
        return file.error(place, f"the key {name!r} is not known here; remove it or correct its spelling")
    if fault["type"] == "missing":
        return file.error(place[:-1], f"the key {name!r} is missing")
    value = fault["input"]
    shown = f" (it says {str(value)[:60]!r})" if show_values and isinstance(value, str) else ""
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return file.error(place, f"{name}: {message}{shown}")


def _in_file(file: YamlFile, loc: Place) -> Place:
    """The part of a pydantic location that exists in the file (union branches add names of their own)."""
    place: Place = ()
    for part in loc:
        if (*place, part) in file.lines:
            place = (*place, part)
        elif part == loc[-1]:
            return (*place, part)
    return place
