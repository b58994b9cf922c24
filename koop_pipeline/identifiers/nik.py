"""NIK (Nomor Induk Kependudukan): the number of a person, given out by Dukcapil.

16 digits `PP KK CC DDMMYY SSSS`: province, regency and district of first registration, birth date (women: day + 40),
serial from 0001. No check digit. It never changes: not by moving, not by correcting a wrong birth date. So a region or
birth date that disagrees is lawful; the helpers here read them out for a warning, nothing more.

Faults: NIK-01 impossible form; NIK-02 placeholder; NIK-03 damaged by a spreadsheet, never repaired; all without value.
NIK-04 unknown or retired province: the value is kept. Empty without fault: `-`, `0`. A day that its month does not have
(31 April) is accepted, since numbers are not corrected. Source: domain.md section 1.

What one text can tell of damage: an exponent (`3.3E+15`), a decimal 0 (`.0`), `####`, and a serial 0000 in an otherwise
possible NIK: Excel keeps 15 digits and writes 0 for the 16th, so serials 0001 to 0009, most of all, become 0000. What
it cannot tell: a serial such as 0010, genuine or once 0012; and a NIK of province 91 to 96, above
2^53 = 9007199254740992, whose odd last digit a binary float has moved to an even one. Those pass as valid.
"""

from datetime import date

import polars as pl

from koop_pipeline.identifiers import verbs

PROVINCES = [
    *("11", "12", "13", "14", "15", "16", "17", "18", "19", "21", "31", "32", "33", "34", "35", "36", "51", "52", "53"),
    *("61", "62", "63", "64", "65", "71", "72", "73", "74", "75", "76", "81", "82", "91", "92", "93", "94", "95", "96"),
]
PLACEHOLDERS = ("3323",)
WORDS = "(?i)^(?:tidak ada|belum ada|tdk ada|blm ada|n/?a|nihil|null|kosong|x+|-+)$"
COUNTING = ("12345678901234567890", "12345678910111213141516")
SHORTEST_COUNT = 3
WOMEN = 40
AGES = (17, 100)

_PART = "(?:0[1-9]|[1-9][0-9])"
_DAY = "(?:0[1-9]|[12][0-9]|3[01]|4[1-9]|[56][0-9]|7[01])"
_MONTH = "(?:0[1-9]|1[0-2])"
FORM = f"^[1-9][0-9]{_PART}{_PART}{_DAY}{_MONTH}[0-9]{{2}}(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{{2}}|[1-9][0-9]{{3}})$"
ROUNDED = f"^[1-9][0-9]{_PART}{_PART}{_DAY}{_MONTH}[0-9]{{2}}0000$"
DAMAGED = r"^[0-9]+(?:[.,][0-9]+)?[Ee][+]?[0-9]+$|^[0-9]{14,}[.,]0+$|^##+$"


def canonical(expr: pl.Expr) -> pl.Expr:
    """Struct {value: 16 digits, fault: NIK-01 | NIK-02 | NIK-03 | NIK-04 | null}."""
    text, digits = pl.field("text"), pl.field("digits")
    damaged = text.str.contains(DAMAGED)
    usable = digits.str.contains(FORM) & ~_is_placeholder(digits) & ~damaged
    missing = pl.field("value").is_null()
    fault = (
        pl.when(missing & (verbs.is_empty(text, "-", "0") | (digits == "")))
        .then(None)
        .when(missing & (damaged | digits.str.contains(ROUNDED)))
        .then(pl.lit("NIK-03"))
        .when(missing & (_is_placeholder(digits) | text.str.contains(WORDS)))
        .then(pl.lit("NIK-02"))
        .when(missing)
        .then(pl.lit("NIK-01"))
        .when(~pl.field("value").str.head(2).is_in(PROVINCES))
        .then(pl.lit("NIK-04"))
    )
    return verbs.verdict(
        pl.when(usable).then(digits), fault, text=verbs.bare(expr), digits=verbs.digits_of(expr, ".\\-")
    )


def _is_placeholder(digits: pl.Expr) -> pl.Expr:
    repeated = "|".join(f"{digit}{{2,}}" for digit in range(10))
    counting = [series[:n] for series in COUNTING for n in range(SHORTEST_COUNT, len(series) + 1)]
    return digits.str.contains(f"^(?:{repeated})$") | digits.is_in([*counting, *PLACEHOLDERS])


def region(nik: pl.Expr) -> pl.Expr:
    """The district of first registration, `53.01.01`, of canonical NIKs."""
    return pl.concat_str(nik.str.slice(0, 2), nik.str.slice(2, 2), nik.str.slice(4, 2), separator=".")


def gender(nik: pl.Expr) -> pl.Expr:
    """`male` or `female` of canonical NIKs."""
    day = nik.str.slice(6, 2).cast(pl.Int32, strict=False)
    return pl.when(day > WOMEN).then(pl.lit("female")).when(day.is_not_null()).then(pl.lit("male"))


def birth_date(nik: pl.Expr, reference: pl.Expr | None = None, *, on: pl.Expr | date | None = None) -> pl.Expr:
    """The birth date (Date) in canonical NIKs; null where its day does not exist or the century stays open.

    The century is that which brings it nearest to `reference` (a known birth date), else the one that gives an age of
    17 to 100 on the day `on` (the day of joining).
    """
    day = nik.str.slice(6, 2).cast(pl.Int32, strict=False)
    day = pl.when(day > WOMEN).then(day - WOMEN).otherwise(day)
    rest = pl.concat_str(day.cast(pl.String).str.zfill(2), nik.str.slice(8, 2), nik.str.slice(10, 2))
    old, young = (_day_in(rest, century) for century in ("19", "20"))
    known = pl.lit(None, dtype=pl.Date) if reference is None else reference
    moment = pl.lit(on, dtype=pl.Date) if on is None or isinstance(on, date) else on
    nearer_young = (young - known).abs() < (old - known).abs()
    by_reference = pl.when(young.is_null() | ~nearer_young).then(old).otherwise(young)
    by_age = pl.when(_of_age(young, moment)).then(young).when(_of_age(old, moment)).then(old)
    return pl.when(known.is_not_null()).then(pl.coalesce(by_reference, young)).otherwise(by_age)


def _day_in(rest: pl.Expr, century: str) -> pl.Expr:
    text = pl.concat_str(rest.str.head(4), pl.lit(century), rest.str.tail(2))
    return text.str.to_date("%d%m%Y", strict=False)


def _of_age(born: pl.Expr, on: pl.Expr) -> pl.Expr:
    youngest, oldest = AGES
    before_birthday = (on.dt.month() * 100 + on.dt.day()) < (born.dt.month() * 100 + born.dt.day())
    age = on.dt.year() - born.dt.year() - before_birthday.cast(pl.Int32)
    return age.is_between(youngest, oldest)


def compact(text: str) -> str:
    """Without blanks, quotes, dots and dashes."""
    return verbs.squeezed(text, ".-")


def validate(text: str) -> str:
    """The 16 digits.

    >>> validate("53.01.01.410101.0001")
    '5301014101010001'
    >>> validate("3.3E+15")
    Traceback (most recent call last):
    koop_pipeline.identifiers.errors.Ambiguous: '3*****5' is not a usable NIK (NIK-03).
    """
    return verbs.validate(text, canonical, "NIK")


def is_valid(text: str) -> bool:
    """Whether the text has the form of a NIK."""
    return verbs.is_valid(text, canonical)


def format(text: str) -> str:
    """In its parts.

    >>> format("5301014101010001")
    '53.01.01.410101.0001'
    """
    digits = validate(text)
    return ".".join((digits[:2], digits[2:4], digits[4:6], digits[6:12], digits[12:]))
