"""NPWP (Nomor Pokok Wajib Pajak): the tax number, given out by the Direktorat Jenderal Pajak.

Old: 15 digits `ST.sss.sss.C-OOO.BBB`; C is the Luhn digit of the eight before it, BBB 000 the head office. New: 16
digits; a person's is the NIK, an entity's is "0" and the old 15. NITKU: 22 digits, the 16 and six of a place. Stored
are 16 digits. A branch (BBB other than 000) must not become 16 digits by a leading 0. Native 16-digit numbers (since
2024) need not follow Luhn. A spreadsheet drops leading zeros: 15 digits may be an old number or 16 without its 0, 14 an
old one without its 0; Luhn decides.

Faults, without value: NPW-01 invalid; NPW-02 ambiguous, held. Empty without fault: `-`, `0`. Source: domain.md 1.
"""

import polars as pl

from koop_pipeline.identifiers import verbs

OLD, NEW, NITKU = 15, 16, 22
_LUHN_DIGITS = 9


def canonical(expr: pl.Expr) -> pl.Expr:
    """Struct {value: 16 digits, fault: NPW-01 | NPW-02 | null}."""
    digits = verbs.digits_of(expr, ".\\-")
    proper = pl.when(
        digits.str.contains("^(?:[0-9]{14,16}|[0-9]{22})$") & ~_is_damaged(expr) & ~verbs.is_one_digit(digits)
    )
    missing = pl.field("value").is_null()
    fault = (
        pl.when(missing & proper.then(True).otherwise(False))
        .then(pl.lit("NPW-02"))
        .when(missing & ~(digits.is_in(["", "0"]) | digits.is_null()))
        .then(pl.lit("NPW-01"))
    )
    return verbs.verdict(verbs.let(_value(pl.field("digits")), digits=proper.then(digits)), fault)


def _value(digits: pl.Expr) -> pl.Expr:
    """16 digits of 14, 15, 16 or 22; null where only a person can tell."""
    new = digits.str.pad_start(NEW, "0").str.head(NEW)
    entity = new.str.starts_with("0")
    follows = _luhn(new.str.slice(1, _LUHN_DIGITS))
    head_office = new.str.ends_with("000")
    delivered_new = digits.str.len_chars() >= NEW
    sure = (delivered_new & ~entity) | (follows & head_office) | (delivered_new & ~follows)
    return pl.when(sure).then(new)


def _luhn(digits: pl.Expr) -> pl.Expr:
    """Whether nine digits pass the Luhn test; null for a null."""
    total = pl.lit(0, dtype=pl.Int32)
    for place in range(_LUHN_DIGITS):
        digit = digits.str.slice(place, 1).cast(pl.Int32, strict=False)
        doubled = digit * 2
        total = total + (digit if place % 2 == 0 else doubled - 9 * (doubled > 9).cast(pl.Int32))
    return total % 10 == 0


def _is_damaged(expr: pl.Expr) -> pl.Expr:
    return verbs.bare(expr).str.contains(r"^[0-9]+[.,]0$")


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
