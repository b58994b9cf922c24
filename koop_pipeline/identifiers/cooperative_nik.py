"""NIK Koperasi (Nomor Induk Koperasi): the number of a cooperative in the ministry's register (ODS).

Its layout was not found in a source: 10 to 16 digits are accepted. Fault CNK-01, without value: anything else, or one
digit throughout. Empty without fault: `-`, `0`. Not the NIK of a person: that is `nik`. Source: domain.md section 1.
"""

import polars as pl

from koop_pipeline.identifiers import verbs

FORM = "^[0-9]{10,16}$"


def canonical(expr: pl.Expr) -> pl.Expr:
    """Struct {value: 10 to 16 digits, fault: CNK-01 | null}."""
    digits = pl.field("digits")
    usable = digits.str.contains(FORM) & ~verbs.is_one_digit(digits) & ~verbs.is_float_text(verbs.bare(expr))
    return verbs.verdict(
        pl.when(usable).then(digits),
        verbs.fault_unless_empty("CNK-01", digits, "0"),
        digits=verbs.digits_of(expr, ".\\-"),
    )


def compact(text: str) -> str:
    """Without blanks, quotes, dots and dashes."""
    return verbs.squeezed(text, ".-")


def validate(text: str) -> str:
    """The digits.

    >>> validate("53.71.0100.0001")
    '537101000001'
    >>> validate("123")
    Traceback (most recent call last):
    koop_pipeline.identifiers.errors.InvalidForm: '***' is not a usable Nomor Induk Koperasi (CNK-01).
    """
    return verbs.validate(text, canonical, "Nomor Induk Koperasi")


def is_valid(text: str) -> bool:
    """Whether the text has a canonical value."""
    return verbs.is_valid(text, canonical)


def format(text: str) -> str:
    """As it is stored."""
    return validate(text)
