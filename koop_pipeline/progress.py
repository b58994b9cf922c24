"""Tells whoever listens how far a run has come.

The command line listens with a progress bar; Dagster's UI does not need it.

Call `step` when a step begins. Nothing personal goes in here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str], None]
_listeners: list[Listener] = []


def step(name: str) -> None:
    """Say that the step `name` begins."""
    for listener in _listeners:
        listener(name)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call `listener` with every step's name while the context lasts."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
