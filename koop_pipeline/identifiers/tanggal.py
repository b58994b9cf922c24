"""Calendar dates, to Date.

The setting `dates` decides only what its numbers leave open: year first is always year-month-day, a month's name always
names the month. With the year last `dmy` and `mdy` are obeyed strictly (08/30/1995 is a fault under `dmy`); under `ymd`
such a text is a fault. Eight digits without marks follow the setting. A two-digit year up to 30 is 20xx, above it 19xx.
A time of day behind the date is dropped. Years 1900 to 2100 are accepted.

Empty, without fault: `-`, `0`, `0000-00-00`, `00/00/0000`. Faults, all without value: DAT-01 not a date, or one that no
calendar has; DAT-02 incomplete (`Desember 2018`, `Juli`, `2018`, `2018-00-00`); DAT-03 impossible century (0006-01-01).
Spreadsheet serials (five digits, 10000 to 60000) only with `serials=True`. Source: domain.md section 8.
"""

from datetime import date
from typing import Literal

import polars as pl

from koop_pipeline.identifiers import verbs
from koop_pipeline.identifiers.verbs import ANY_BLANKS, BLANK, EDGE, SOME_BLANKS

DateOrder = Literal["dmy", "mdy", "ymd"]

LAST_TWO_DIGIT_YEAR_OF_2000 = 30
SERIAL_ZERO = date(1899, 12, 30)
FIRST_SERIAL, LAST_SERIAL = 10_000, 60_000

MONTHS = {
    1: ("januari", "january", "jan"),
    2: ("februari", "pebruari", "february", "feb", "peb"),
    3: ("maret", "march", "mar", "mrt"),
    4: ("april", "apr"),
    5: ("mei", "may"),
    6: ("juni", "june", "jun"),
    7: ("juli", "july", "jul"),
    8: ("agustus", "august", "agust", "agst", "agu", "agt", "ags", "aug"),
    9: ("september", "sept", "sep"),
    10: ("oktober", "october", "okt", "oct"),
    11: ("november", "nopember", "nov", "nop"),
    12: ("desember", "december", "des", "dec"),
}
MONTH_NAMES = [names[0].capitalize() for names in MONTHS.values()]

_NUMBER = "[0-9]{1,2}"
_PAIR = "[0-9]{2}"
YEAR = "19[0-9]{2}|20[0-9]{2}|2100"
_OTHER_YEAR = "0[0-9]{3}|1[0-8][0-9]{2}|210[1-9]|21[1-9][0-9]|2[2-9][0-9]{2}|[3-9][0-9]{3}"
_SEP = f"(?:{ANY_BLANKS}[-/.]{ANY_BLANKS}|{SOME_BLANKS})"
_WORD_SEP = f"[-/.,{BLANK[1:-1]}]*"
_CLOCK = "(?:[01]?[0-9]|2[0-4])[:.][0-5][0-9](?:[:.][0-5][0-9](?:[.,][0-9]+)?)?"
_ZONE = "[Zz]|[-+][0-9]{2}(?::?[0-9]{2})?"
_A_TIME = f"(?:[Tt]|{SOME_BLANKS}){_CLOCK}{ANY_BLANKS}(?:[AaPp][Mm])?{ANY_BLANKS}(?:{_ZONE})?"
_TIME = f"(?:{_A_TIME})?"


def _any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter}]" for letter in word)


MONTH_NAME = "|".join(_any_case(name) for names in MONTHS.values() for name in names)


def year_first(year: str = YEAR) -> str:
    """`2024-01-31`, with or without a time."""
    return f"({year}){_SEP}({_NUMBER}){_SEP}({_NUMBER}){_TIME}"


def year_last(year: str = YEAR) -> str:
    """`17/12/2018`, with or without a time."""
    return f"({_NUMBER}){_SEP}({_NUMBER}){_SEP}({year}){_TIME}"


def day_name(year: str = YEAR) -> str:
    """`1 Januari 2001`, `1-Jan-2001`."""
    return f"({_NUMBER}){_WORD_SEP}({MONTH_NAME}){_WORD_SEP}({year}){_TIME}"


def name_day(year: str = YEAR) -> str:
    """`January 1, 2001`."""
    return f"({MONTH_NAME}){_WORD_SEP}({_NUMBER})[-/.,{BLANK[1:-1]}]+({year}){_TIME}"


def shape(*bodies: str) -> str:
    """A pattern that a whole text matches, blanks and quotes around it aside."""
    return f"^{EDGE}(?:{'|'.join(bodies)}){EDGE}$"


SHORT = f"{_NUMBER}{_SEP}{_NUMBER}{_SEP}{_PAIR}{_TIME}"
SHORT_YEAR_FIRST = f"{_PAIR}{_SEP}{_NUMBER}{_SEP}{_NUMBER}{_TIME}"
SHORT_NAME = f"{_NUMBER}{_WORD_SEP}(?:{MONTH_NAME}){_WORD_SEP}[{verbs.QUOTES}]?{_PAIR}{_TIME}"
COMPACT = {
    "dmy": f"{_PAIR}{_PAIR}(?:{YEAR})",
    "mdy": f"{_PAIR}{_PAIR}(?:{YEAR})",
    "ymd": f"(?:{YEAR}){_PAIR}{_PAIR}",
}
INCOMPLETE = shape(
    f"(?:{MONTH_NAME}){_WORD_SEP}[{verbs.QUOTES}]?(?:{YEAR}|{_PAIR})?",
    f"(?:{YEAR})(?:{_SEP}{_NUMBER}(?:{_SEP}0{{1,2}}{_TIME})?)?",
    f"(?:0{{1,2}}{_SEP})?{_NUMBER}{_SEP}(?:{YEAR})",
)
ZERO = f"-|0|00000000|0{{1,4}}[-/.]0{{1,2}}[-/.]0{{1,4}}{_TIME}"


Groups = tuple[int, ...]


def digits_form(dates: DateOrder) -> tuple[str, Groups, Groups, Groups]:
    """All shapes in digits as one pattern, with the groups of its year, month and day; for engines with captures."""
    one, two, year = f"({_NUMBER})", f"({_NUMBER})", f"({YEAR}|{_PAIR})"
    if dates == "ymd":
        pattern = shape(f"{year}{_SEP}{one}{_SEP}{two}{_TIME}", f"({YEAR})({_PAIR})({_PAIR})")
        return pattern, (1, 4), (2, 5), (3, 6)
    short = f"{one}{_SEP}{two}{_SEP}{year}{_TIME}"
    pattern = shape(year_first(), short, f"({_PAIR})({_PAIR})({YEAR})")
    first, second = (4, 7), (5, 8)
    month, day = (second, first) if dates == "dmy" else (first, second)
    return pattern, (1, 6, 9), (2, *month), (3, *day)


def worded_form() -> tuple[str, Groups, Groups, Groups]:
    """The same for dates with a month's name."""
    years = f"(?:({YEAR})|[{verbs.QUOTES}]?({_PAIR}))"
    day_first = f"({_NUMBER}){_WORD_SEP}({MONTH_NAME}){_WORD_SEP}{years}{_TIME}"
    return shape(day_first, name_day()), (3, 4, 7), (2, 5), (1, 6)


def canonical(expr: pl.Expr, *, dates: DateOrder = "dmy", serials: bool = False) -> pl.Expr:
    """Struct {value: Date, fault: DAT-01 | DAT-02 | DAT-03 | null} of dates as delivered."""
    value = _value(expr, dates)
    if serials:
        value = pl.coalesce(value, _from_serial(expr))
    doubtful = pl.when(pl.field("value").is_null() & ~verbs.says_nothing(expr, ZERO)).then(expr)
    return verbs.verdict(value, verbs.let(_why(pl.field("doubtful")), doubtful=doubtful))


def _why(doubtful: pl.Expr) -> pl.Expr:
    other = shape(*(form(_OTHER_YEAR) for form in (year_first, year_last, day_name, name_day)))
    return (
        pl.when(doubtful.is_null())
        .then(None)
        .when(doubtful.str.contains(other))
        .then(pl.lit("DAT-03"))
        .when(doubtful.str.contains(INCOMPLETE))
        .then(pl.lit("DAT-02"))
        .otherwise(pl.lit("DAT-01"))
    )


def _value(expr: pl.Expr, dates: DateOrder) -> pl.Expr:
    """The first reading that fits; each reads only the texts of its own shape."""
    order = {"dmy": "%d-%m-", "mdy": "%m-%d-", "ymd": ""}[dates]
    readings = [(year_first(), "%Y-%m-%d"), (day_name(), "%d-%m-%Y"), (name_day(), "%m-%d-%Y")]
    if order:
        readings += [(year_last(), f"{order}%Y"), (COMPACT[dates], f"{order}%Y".replace("-", ""))]
    else:
        readings += [(COMPACT[dates], "%Y%m%d")]
    text, parts = pl.field("text"), pl.field("parts")
    full = [_read(text, parts, shape(body), form) for body, form in readings]
    short = [_read(text, parts, shape(SHORT_NAME), "%d-%m-%y")]
    short += [_read(text, parts, shape(SHORT if order else SHORT_YEAR_FIRST), f"{order}%y" if order else "%y-%m-%d")]
    return verbs.let(pl.coalesce(*full, *(_in_window(day) for day in short)), text=expr, parts=_parts(expr))


def _parts(expr: pl.Expr) -> pl.Expr:
    """The numbers of a date joined by `-`, the month's name as its number, without the time."""
    dated = expr.str.replace(f"{_A_TIME}{EDGE}$", "")
    named = dated.str.replace_many(_MONTH_NUMBERS, ascii_case_insensitive=True, leftmost=True)
    return named.str.replace_all("[^0-9]+", "-").str.strip_chars("-")


_MONTH_NUMBERS = {name: f"-{number}-" for number, names in MONTHS.items() for name in names}


def _read(expr: pl.Expr, parts: pl.Expr, pattern: str, form: str) -> pl.Expr:
    return pl.when(expr.str.contains(pattern)).then(parts).str.to_date(form, strict=False)


def _in_window(day: pl.Expr) -> pl.Expr:
    """A two-digit year as strptime reads it (up to 68 is 20xx), moved to this module's window."""
    late = day.dt.year() > 2000 + LAST_TWO_DIGIT_YEAR_OF_2000
    return pl.when(late).then(day.dt.offset_by("-100y")).otherwise(day)


def _from_serial(expr: pl.Expr) -> pl.Expr:
    days = expr.str.extract(rf"^{EDGE}([0-9]{{5}})(?:\.[0-9]+)?{EDGE}$", 1).cast(pl.Int32)
    return pl.when(days.is_between(FIRST_SERIAL, LAST_SERIAL)).then(
        pl.lit(SERIAL_ZERO) + days.cast(pl.Int64).mul(86_400_000).cast(pl.Duration("ms"))
    )


def compact(text: str) -> str:
    """The text without blanks and quotes around it."""
    return text.strip(verbs.BLANKS + verbs.QUOTES)


def validate(text: str, dates: DateOrder = "dmy") -> str:
    """The date as `2001-01-31`.

    >>> validate("31 Januari 2001")
    '2001-01-31'
    >>> validate("31/02/2020")
    Traceback (most recent call last):
    koop_pipeline.identifiers.errors.InvalidForm: '3********0' is not a usable date (DAT-01).
    """
    return verbs.validate(text, lambda expr: canonical(expr, dates=dates), "date")


def is_valid(text: str, dates: DateOrder = "dmy") -> bool:
    """Whether the text is a complete date."""
    return verbs.is_valid(text, lambda expr: canonical(expr, dates=dates))


def format(text: str, dates: DateOrder = "dmy") -> str:
    """As Indonesians write it.

    >>> format("2001-01-31")
    '31 Januari 2001'
    """
    day = date.fromisoformat(validate(text, dates))
    return f"{day.day} {MONTH_NAMES[day.month - 1]} {day.year}"
