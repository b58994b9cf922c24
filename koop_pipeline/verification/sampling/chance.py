"""Chance from a seed, the same on every machine: numbers from sha256, no generator of any library.

A seed is a text. Every use adds what it is for (cooperative, stratum), so that strata do not share their numbers.
"""

import hashlib


def below(limit: int, *parts: str) -> int:
    """A number from 0 to `limit` - 1 that follows from the parts; each as likely as the other within 2^-200."""
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()) % limit


def positions(population: int, size: int, *parts: str) -> list[int]:
    """`size` different positions from 0 to `population` - 1, sorted; every set as likely as the other (Floyd).

    All of them where there are not more than `size`.
    """
    if population <= size:
        return list(range(population))
    chosen: set[int] = set()
    for last in range(population - size, population):
        found = below(last + 1, *parts, str(last))
        chosen.add(last if found in chosen else found)
    return sorted(chosen)
