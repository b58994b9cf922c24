"""Modules that are imported when something of them is first asked for, not before.

GX imports scipy.stats and altair with the expectations that compare distributions, of which no suite has any: half of
the seconds that its import takes. https://github.com/great-expectations/great_expectations/issues/2984
"""

import importlib
import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any


class Later(ModuleType):
    """Stands for a module that is not imported yet, and steps aside for it."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def import_later(*names: str) -> None:
    """Put a stand-in where a module of these is installed and not imported."""
    for name in names:
        if name not in sys.modules and (spec := find_spec(name)):
            sys.modules[name] = stand_in = Later(name)
            stand_in.__spec__ = spec
