"""The many ways in which a legacy system writes the same value, for whole columns.

Put here text forms only: expressions from a value to a text that cleans to the value without loss. `lot` columns are
whole numbers that choose the form.
"""

from datetime import date, timedelta
from functools import cache

import polars as pl

FIRST_DAY, LAST_DAY = date(1940, 1, 1), date(2036, 12, 31)
_MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
MONTHS = _MONTHS.split()
TYPED = ("slash",) * 8 + ("dash", "dash", "word", "short")


@cache
def _calendar() -> pl.DataFrame:
    """Every day in each form; a two-digit year only where it means what it says."""
    days = pl.DataFrame({"day": pl.date_range(FIRST_DAY, LAST_DAY, eager=True)})
    month = (
        pl.col("day").dt.month().cast(pl.Int64).replace_strict(dict(enumerate(MONTHS, start=1)), return_dtype=pl.String)
    )
    year = pl.col("day").dt.year()
    worded = pl.concat_str(pl.col("day").dt.day().cast(pl.String), month, year.cast(pl.String), separator=" ")
    return days.select(
        iso=pl.col("day").dt.to_string("%Y-%m-%d"),
        slash=pl.col("day").dt.to_string("%d/%m/%Y"),
        dash=pl.col("day").dt.to_string("%d-%m-%Y"),
        word=worded,
        short=pl.when(year <= 2030).then(pl.col("day").dt.to_string("%d/%m/%y")).otherwise(worded),
    )


@cache
def _typed() -> pl.Series:
    """The calendar once for each form of `TYPED`."""
    return pl.concat([_calendar()[form].alias("day") for form in TYPED])


def day(column: str, form: str = "iso") -> pl.Expr:
    """A day in one form."""
    return pl.lit(_calendar()[form]).gather(_ordinal(column))


def typed_day(column: str, lot: pl.Expr) -> pl.Expr:
    """A day as people type it: `17/12/2018`, `17-12-2018`, `17 Desember 2018`, `17/12/18`."""
    return pl.lit(_typed()).gather(
        _ordinal(column) + (lot % len(TYPED)) * ((LAST_DAY - FIRST_DAY) // timedelta(days=1) + 1)
    )


def _ordinal(column: str) -> pl.Expr:
    return (pl.col(column) - pl.lit(FIRST_DAY)).dt.total_days()


@cache
def _groups() -> pl.Series:
    """Three digits behind a dot, then the same as they stand at the beginning of a number."""
    return pl.Series([f".{group:03d}" for group in range(1000)] + ["", *map(str, range(1, 1000))])


def dotted(sen: pl.Expr) -> pl.Expr:
    """Whole rupiah of sen with a dot for the thousands, `1.250.000`; below a trillion; empty for 0."""
    groups = pl.lit(_groups())
    whole = sen // 100
    parts = []
    for unit in (10**9, 10**6, 10**3, 1):
        first = (whole < unit * 1000).cast(pl.Int64) * 1000
        parts.append(groups.gather(whole // unit % 1000 + first))
    return pl.concat_str(parts)


def indonesian(sen: pl.Expr, lot: pl.Expr, zero: str = "0") -> pl.Expr:
    """`1.250.000`, and now and then `1.250.000,00`, `Rp 1.250.000,-` or `1250000`; sen always with the comma."""
    cents = (sen % 100).cast(pl.String).str.zfill(2)
    below_one = pl.when(sen < 100).then(pl.lit("0")).otherwise(dotted(sen))
    form = lot % 16
    return (
        pl.when(sen == 0).then(pl.lit(zero))
        .when((sen % 100 != 0) | (form == 0)).then(pl.concat_str(below_one, pl.lit(","), cents))
        .when(form == 1).then(pl.concat_str(pl.lit("Rp "), dotted(sen), pl.lit(",-")))
        .when(form < 5).then((sen // 100).cast(pl.String))
        .otherwise(dotted(sen))
    )  # fmt: skip


def decimal(sen: pl.Expr) -> pl.Expr:
    """`1250000.50`."""
    return pl.concat_str((sen // 100).cast(pl.String), pl.lit("."), (sen % 100).cast(pl.String).str.zfill(2))


def phone(column: str, lot: pl.Expr) -> pl.Expr:
    """The valid number `+6284...` as people type it."""
    local = pl.col(column).str.slice(3)
    return (
        pl.when(lot % 5 == 0).then(pl.concat_str(pl.lit("62 "), local))
        .when(lot % 5 == 1).then(pl.concat_str(pl.lit("+62-0"), local.str.head(3), pl.lit("-"), local.str.slice(3)))
        .when(lot % 5 == 2).then(local)
        .otherwise(pl.concat_str(pl.lit("0"), local))
    )  # fmt: skip


def word(column: str, words: tuple[str, ...] | list[str]) -> pl.Expr:
    """The word of an index."""
    return pl.lit(pl.Series(list(words))).gather(pl.col(column))


def lots(seed: int) -> pl.Expr:
    """A whole number a row, the same for the same row and seed."""
    state = pl.int_range(pl.len(), dtype=pl.UInt64) + (seed % 65_536) * 2_654_435_761 + 1
    mixed = (state ^ (state // 65_536)) % 4_294_967_296 * 2_246_822_519
    return (mixed // 1_048_576 % 65_521).cast(pl.Int64)
