"""Numbers of people who do not exist: which person of a programme has which district, birth day, gender and phone.

A person's ordinal is put through a permutation (a Feistel network over a mixed radix), so no two people of a programme
share a NIK or a phone, whatever its size, and no list of what was given out is kept. Serials of NIKs are 8000 and
more, which no office reaches on one day, and the phones begin with 084, which no operator is known to use. The last two
digits of a NIK are the first fourteen modulo 97, so no two differ by one digit or by two swapped ones.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from koop_pipeline.identifiers import region

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]
PROVINCE = "53."
FIRST_YEAR, YEARS = 1948, 57
DAYS_A_YEAR = 12 * 28
BIRTHS = YEARS * DAYS_A_YEAR
VARIANTS = 10
SERIAL_LEAD, OTHER_LEAD = 90, 80
WOMEN = 40
ROUNDS = 4
PHONES = (100_000, 10_000)
MIXER = np.uint64(0x9E3779B97F4A7C15)


@cache
def districts() -> list[str]:
    """All districts of the province, dotted, in order."""
    return sorted(code for code in region.names() if code.startswith(PROVINCE) and len(code) == 8)


def permuted(people: Ints, sizes: tuple[int, int], seed: int) -> tuple[Ints, Ints]:
    """Each ordinal below the product of the sizes as a pair below the sizes, no pair twice."""
    x, y = people % sizes[0], people // sizes[0] % sizes[1]
    for turn in range(ROUNDS):
        x = (x + _hash(y, seed, 2 * turn)) % sizes[0]
        y = (y + _hash(x, seed, 2 * turn + 1)) % sizes[1]
    return x, y


def _hash(values: Ints, seed: int, turn: int) -> Ints:
    mixed = values.astype(np.uint64) + np.uint64((seed * 64 + turn + 1) % 2**63)
    for shift in (np.uint64(29), np.uint64(32)):
        mixed = (mixed ^ (mixed >> shift)) * MIXER
    return (mixed >> np.uint64(20)).astype(np.int64)


def births(index: Ints) -> Days:
    """A birth day of 1948 to 2004, never later than the 28th: the others are kept for those whose NIK is lost."""
    month = (FIRST_YEAR - 1970) * 12 + index // 28
    days: Days = month.astype("datetime64[M]").astype("datetime64[D]") + (index % 28).astype("timedelta64[D]")
    return days


@cache
def spare_births() -> Days:
    """All birth days from the 29th on of the years up to 1990."""
    start, end = np.datetime64(f"{FIRST_YEAR}-01-01"), np.datetime64("1991-01-01")
    days = np.arange(start, end)
    return days[day_of_month(days) > 28]


def day_of_month(days: Days) -> Ints:
    """1 to 31."""
    numbers: Ints = (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    return numbers


def nik(district: Ints, birth: Days, woman: npt.NDArray[np.bool_], serial: Ints) -> Ints:
    """The number: `district` is an index into `districts()`, `serial` the two digits before the last two."""
    codes = np.array([int(code.replace(".", "")) for code in districts()], np.int64)
    months = birth.astype("datetime64[M]").astype(np.int64)
    day = day_of_month(birth) + WOMEN * woman
    dated = day * 10_000 + (months % 12 + 1) * 100 + (months // 12 + 1970) % 100
    most = codes[district] * 10**8 + dated * 100 + serial
    return most * 100 + most % 97
