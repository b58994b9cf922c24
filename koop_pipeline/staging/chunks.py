"""Chunks of whole cooperatives, so that a step's memory is bounded by a number of rows and the largest cooperative."""

from collections.abc import Iterable, Iterator


def groups(sizes: Iterable[tuple[str, int]], most: int) -> Iterator[list[str]]:
    """Ids in the order given, in groups of at most about `most` rows; one that has more stands alone."""
    group: list[str] = []
    size = 0
    for cooperative_id, rows in sizes:
        if group and size + rows > most:
            yield group
            group, size = [], 0
        group.append(cooperative_id)
        size += rows
    if group:
        yield group
