"""How long the verbs of `koop_pipeline/identifiers` take for 1,000,000 values each: `python benchmarks/identifiers.py`.

Each column is a mix of clean and dirty texts, all different as far as their form allows, drawn with a fixed seed; about
one text in eight is dirty or empty. Polars verbs are timed on a frame in memory, SQL functions on a DuckDB table. The
best of three runs counts; the aim is under 1 s each on two cores. `cpu` is processor time of all threads: on a machine
that others use too it says more than the clock. All data is invented.
"""

import argparse
import os
import platform
import random
import re
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import duckdb
import polars as pl

from koop_pipeline.identifiers import (
    angka,
    cooperative_nik,
    email,
    kbli,
    legal_entity,
    masking,
    match_name,
    nib,
    nik,
    npwp,
    person_name,
    phone,
    plain_text,
    region,
    rupiah,
    sql,
    tanggal,
)

VALUES = 1_000_000
RUNS = 3
SEED = 20260630
AIM = 1.0
DIRTY = 0.125

GIVEN = ("Siti", "Mohammad", "AISYAH", "Yohanes", "Maria", "Ni Luh", "Soekarno", "Tjahjo", "Nurhayati", "Budi")
FAMILY = ("Aminah", "Rahman", "BERE", "Nahak", "Kusuma", "Djojohadikusumo", "Ma'arif", "da Costa", "Santoso", "Lestari")
TITLES = ("", "", "", "", "H. ", "Hj. ", "Drs. ", "Ir. ", "Prof. Dr. ", "Alm. ")
DEGREES = ("", "", "", "", "", ", S.Kom", ", SH", ", S.E., M.Si", " A.Md")
MONTHS = ("Januari", "Peb", "Mrt", "April", "Mei", "Juni", "Juli", "Agust", "September", "Okt", "Nopember", "Des")
PROVINCES = (11, 12, 31, 32, 33, 35, 51, 52, 53, 53, 53, 53, 73, 91, 96, 54)

Draw = Callable[[random.Random], str]
Frame = Callable[[pl.Expr], pl.Expr]


def _nik(rng: random.Random) -> str:
    day = rng.randint(1, 28) + rng.choice((0, 40))
    place = f"{rng.choice(PROVINCES)}{rng.randint(1, 79):02}{rng.randint(1, 30):02}"
    return f"{place}{day:02}{rng.randint(1, 12):02}{rng.randint(0, 99):02}{rng.randint(1, 60):04}"


def _npwp(rng: random.Random) -> str:
    digits = f"{rng.randint(1, 99):02}{rng.randint(0, 999_999):06}"
    doubled = sum(sum(divmod(int(digit) * 2, 10)) for digit in digits[1::2])
    check = -(doubled + sum(map(int, digits[::2]))) % 10
    office = f"{rng.randint(1, 999):03}"
    plain = f"{digits}{check}{office}000"
    dotted = f"{digits[:2]}.{digits[2:5]}.{digits[5:8]}.{check}-{office}.000"
    return rng.choice((plain, dotted, dotted, "0" + plain, _nik(rng)))


def _nib(rng: random.Random) -> str:
    return f"{rng.randint(10**12, 10**13 - 1)}"


def _legal(rng: random.Random) -> str:
    number, year = rng.randint(1, 99_999), rng.randint(1970, 2026)
    return rng.choice(
        (
            f"AHU-{number:07}.AH.01.26.TAHUN {year}",
            f"{number}/BH/XIV/{year}",
            f"518.08/{number}/BH/XIV.10/VIII/{year}",
            f"Akta {number} tahun {year}",
        )
    )


def _region(rng: random.Random) -> str:
    regency, district, village = rng.randint(1, 20), rng.randint(1, 20), rng.randint(1001, 2030)
    parts = (f"{rng.choice(PROVINCES)}", f"{regency:02}", f"{district:02}", f"{village}")
    return rng.choice(("", ".")).join(parts[: rng.randint(2, 4)])


def _phone(rng: random.Random) -> str:
    number = f"8{rng.randint(11, 99)}{rng.randint(10**6, 10**8 - 1)}"
    return rng.choice(("0", "0", "0", "", "62 ", "+62-0", "+62")) + number


def _name(rng: random.Random) -> str:
    letters = "".join(rng.choices("aeioubdgklmnprst", k=5))
    name = f"{rng.choice(TITLES)}{rng.choice(GIVEN)} {letters} {rng.choice(FAMILY)}{rng.choice(DEGREES)}"
    return name.upper() if rng.random() < 0.4 else name


def _amount(rng: random.Random) -> str:
    whole = f"{rng.randint(0, 150_000_000):,}".replace(",", ".")
    return rng.choice((whole, whole + ",00", whole.replace(".", ""), f"Rp {whole},-", f"({whole})"))


def _rate(rng: random.Random) -> str:
    whole = rng.randint(0, 60)
    return rng.choice((f"{whole},{rng.randint(0, 99)}", f"{whole} %", f"{whole}"))


def _day(rng: random.Random) -> str:
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1940, 2026)
    return rng.choice(
        (
            f"{year}-{month:02}-{day:02}",
            f"{year}-{month:02}-{day:02} 00:00:00",
            f"{day:02}/{month:02}/{year}",
            f"{day}-{month}-{year % 100:02}",
            f"{day} {MONTHS[month - 1]} {year}",
        )
    )


def _email(rng: random.Random) -> str:
    return f"Anggota{rng.randint(1, 10**7)}@example.org"


def _address(rng: random.Random) -> str:
    place = rng.choice(("RT 01", "Kel. Oebobo", "Desa  Baumata"))
    return f"Jl. {rng.choice(FAMILY)} No. {rng.randint(1, 10**5)}, {place}"


NUMBER_DIRT = ("", "-", "0", "'", "3323", "123456789", "tidak ada", "3,3E+15", "1111111111111111", "5301010101010000")
FREE_DIRT = ("", "-", "0", " ", "\u00a0x", "?")
MONEY_DIRT = ("", "-", "nihil", "1.25", "74999.99999999907", "1,5E+06", "lima ribu", "'50.000'")
DATE_DIRT = ("", "-", "0000-00-00", "31/02/2020", "Juli", "Agust'23", "0006-01-01", "Cirebon, 10 Mei 200", "36892")

CASES: Sequence[tuple[str, Draw, Sequence[str], Frame]] = [
    ("nik", _nik, NUMBER_DIRT, nik.canonical),
    ("npwp", _npwp, NUMBER_DIRT, npwp.canonical),
    ("nib", _nib, NUMBER_DIRT, nib.canonical),
    ("cooperative_nik", _nib, NUMBER_DIRT, cooperative_nik.canonical),
    ("legal_entity", _legal, FREE_DIRT, legal_entity.canonical),
    ("kbli", lambda rng: f"{rng.randint(10_000, 99_999)}", NUMBER_DIRT, kbli.canonical),
    ("region", _region, NUMBER_DIRT, region.canonical),
    ("phone", _phone, NUMBER_DIRT, phone.canonical),
    ("email", _email, FREE_DIRT, email.canonical),
    ("person_name", _name, FREE_DIRT, person_name.canonical),
    ("match_name.match_key", _name, FREE_DIRT, match_name.match_key),
    ("masking.mask", _name, FREE_DIRT, masking.mask),
    ("plain_text", _address, FREE_DIRT, plain_text.canonical),
    ("plain_text (code)", _address, FREE_DIRT, plain_text.canonical_code),
    ("rupiah", _amount, MONEY_DIRT, rupiah.canonical),
    ("angka", _rate, MONEY_DIRT, angka.canonical),
    ("angka (count)", _rate, MONEY_DIRT, angka.canonical_integer),
    ("tanggal", _day, DATE_DIRT, tanggal.canonical),
]
SQL_CASES: Sequence[tuple[str, Draw, Sequence[str]]] = [
    ("rupiah", _amount, MONEY_DIRT),
    ("angka", _rate, MONEY_DIRT),
    ("tanggal", _day, DATE_DIRT),
]


def texts(draw: Draw, dirt: Sequence[str], count: int) -> pl.DataFrame:
    """One column `t` of `count` texts."""
    rng = random.Random(SEED)
    drawn = [rng.choice(dirt) if rng.random() < DIRTY else draw(rng) for _ in range(count)]
    return pl.DataFrame({"t": drawn}, schema={"t": pl.String})


def seconds(run: Callable[[], object]) -> tuple[float, float]:
    """The shortest of RUNS runs by the clock, and the shortest in processor time (all threads)."""
    clock, processor = [], []
    for _ in range(RUNS):
        start, start_used = time.perf_counter(), time.process_time()
        run()
        clock.append(time.perf_counter() - start)
        processor.append(time.process_time() - start_used)
    return min(clock), min(processor)


def in_polars(frame: pl.DataFrame, canonical: Frame) -> tuple[float, float]:
    """Seconds of a vectorized verb."""
    result = canonical(pl.col("t")).alias("result")
    return seconds(lambda: frame.lazy().select(result).collect())


def in_sql(frame: pl.DataFrame, function: str) -> tuple[float, float]:
    """Seconds of a function of profile SQL."""
    connection = duckdb.connect()
    connection.execute(f"SET disabled_optimizers = '{sql.DISABLED_OPTIMIZER}'")
    for statement in sql.macros(dates="dmy", decimal=",", strict=False):
        connection.execute(statement)
    connection.register("delivered", frame.to_arrow())
    connection.execute("CREATE TABLE texts AS SELECT t FROM delivered")
    return seconds(lambda: connection.execute(f"CREATE OR REPLACE TABLE r AS SELECT {function}(t) AS v FROM texts"))


def machine() -> str:
    """What the figures hold for."""
    info = Path("/proc/cpuinfo")
    told = re.search(r"model name\s*:\s*(.+)", info.read_text()) if info.exists() else None
    model = told.group(1) if told else platform.machine()
    cores = f"{os.cpu_count()} cores, {pl.thread_pool_size()} threads, load {os.getloadavg()[0]:.1f} before the start"
    libraries = f"Python {platform.python_version()}, polars {version('polars')}, duckdb {version('duckdb')}"
    return f"{model}, {cores}; {libraries}"


def main() -> None:
    """Prints the table, one verb a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=VALUES)
    parser.add_argument("--only", help="a part of the verb's name")
    options = parser.parse_args()
    print(machine())
    print(f"{'verb':<24}{'values':>10}{'seconds':>9}{'cpu':>7}{'values/s':>13}")
    for verb, draw, dirt, canonical in CASES:
        if not options.only or options.only in verb:
            report(verb, options.values, *in_polars(texts(draw, dirt, options.values), canonical))
    for function, draw, dirt in SQL_CASES:
        if not options.only or options.only in f"sql {function}":
            report(f"sql {function}(x)", options.values, *in_sql(texts(draw, dirt, options.values), function))


def report(verb: str, values: int, taken: float, used: float) -> None:
    """One line of the table."""
    late = "" if taken * VALUES <= AIM * values else "  over the aim"
    print(f"{verb:<24}{values:>10,}{taken:>9.2f}{used:>7.2f}{values / taken:>13,.0f}{late}", flush=True)


if __name__ == "__main__":
    main()
