"""NPWP (Nomor Pokok Wajib Pajak): the tax number, given out by the Direktorat Jenderal Pajak.

Old: 15 digits `ST.sss.sss.C-OOO.BBB`; C is the Luhn digit of the eight before it, BBB 000 the head office. New: 16
digits; a person's is the NIK, an entity's is "0" and the old 15. NITKU: 22 digits, the 16 and six of a place. Stored
are 16 digits. A branch (BBB other than 000) must not become 16 digits by a leading 0. Native 16-digit numbers (since
2024) need not follow Luhn. A spreadsheet drops leading zeros: 15 digits may be an old number or 16 without its 0, 14 an
old one without its 0; Luhn decides.

Faults, without value: NPW-01 invalid; NPW-02 ambiguous, held (also a person's number whose last digit a spreadsheet
rounded away: see `nik`). Empty without fault: `-`, `0`. Source: domain.md section 1.
"""

import polars as pl

from koop_pipeline.identifiers import nik, verbs

OLD, NEW, NITKU = 15, 16, 22
FORM = "^(?:[0-9]{14,16}|[0-9]{22})$"
DAMAGED = "^[0-9]+[.,]0{1,2}$|^[0-9]{13,15}[.,]0+$"
_LUHN_DIGITS = 9


def canonical(expr: pl.Expr) -> pl.Expr:
    """Struct {value: 16 digits, fault: NPW-01 | NPW-02 | null}."""
    digits = pl.field("digits")
    form = digits.str.contains(FORM) & ~pl.field("text").str.contains(DAMAGED) & ~verbs.is_one_digit(digits)
    fault = (
        pl.when(pl.field("value").is_null() & pl.field("proper").is_not_null())
        .then(pl.lit("NPW-02"))
        .when(pl.field("value").is_null() & ~verbs.is_empty(digits, "0"))
        .then(pl.lit("NPW-01"))
    )
    proper = pl.when(form).then(digits)
    verdict = verbs.verdict(_value(pl.field("proper")), fault, digits=digits, proper=proper)
    return verbs.let(verdict, digits=verbs.digits_of(expr, ".\\-"), text=verbs.bare(expr))


def _value(digits: pl.Expr) -> pl.Expr:
    """16 digits of 14, 15, 16 or 22; null where only a person can tell."""
    new = pl.field("new")
    entity, head_office = new.str.starts_with("0"), new.str.ends_with("000")
    follows = _luhn(new.str.slice(1, _LUHN_DIGITS))
    delivered_new = pl.field("delivered_new")
    sure = pl.when(entity).then(pl.when(follows).then(head_office).otherwise(delivered_new))
    whole = pl.when(sure.otherwise(delivered_new & ~new.str.contains(nik.ROUNDED))).then(new)
    padded = digits.str.pad_start(NEW, "0").str.head(NEW)
    return verbs.let(whole, new=padded, delivered_new=digits.str.len_bytes() >= NEW)


def _luhn(digits: pl.Expr) -> pl.Expr:
    """Whether nine digits pass the Luhn test; null for a null."""
    number = digits.cast(pl.Int32, strict=False)
    places = [number // 10**place % 10 for place in range(_LUHN_DIGITS)]
    doubled = [digit * 2 - 9 * (digit > 4).cast(pl.Int32) for digit in places[1::2]]
    return pl.sum_horizontal(*places[::2], *doubled, ignore_nulls=False) % 10 == 0


def compact(text: str) -> str:
    """Without blanks, quotes, dots and dashes."""
    return verbs.squeezed(text, ".-")


def validate(text: str) -> str:
    """The 16 digits.

    >>> validate("01.312.166.0-091.000")
    '0013121660091000'
    >>> validate("01.312.166.0-091.001")
    Traceback (most recent call last):
    koop_pipeline.identifiers.errors.Ambiguous: '0******************1' is not a usable NPWP (NPW-02).
    """
    return verbs.validate(text, canonical, "NPWP")


def is_valid(text: str) -> bool:
    """Whether the text leads to 16 digits without doubt."""
    return verbs.is_valid(text, canonical)


def format(text: str) -> str:
    """In fours, as DJP prints the new number.

    >>> format("01.312.166.0-091.000")
    '0013 1216 6009 1000'
    """
    digits = validate(text)
    return " ".join(digits[start : start + 4] for start in range(0, NEW, 4))
