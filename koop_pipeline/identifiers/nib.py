"""NIB (Nomor Induk Berusaha): the number of a business, given out by OSS.

13 digits, no check digit. Fault NIB-01, without value: not 13 digits, or one digit throughout. Empty without fault:
`-`, `0`. Twelve digits may have lost a leading 0: refused, since nothing can tell. Source: domain.md section 1.
"""

import polars as pl

from koop_pipeline.identifiers import verbs

FORM = "^[0-9]{13}$"


def canonical(expr: pl.Expr) -> pl.Expr:
    """Struct {value: 13 digits, fault: NIB-01 | null}."""
    digits = pl.field("digits")
    usable = digits.str.contains(FORM) & ~verbs.is_one_digit(digits) & ~verbs.is_float_text(verbs.bare(expr))
    return verbs.verdict(
        pl.when(usable).then(digits),
        verbs.fault_unless_empty("NIB-01", digits, "0"),
        digits=verbs.digits_of(expr, ".\\-"),
    )


def compact(text: str) -> str:
    """Without blanks, quotes, dots and dashes."""
    return verbs.squeezed(text, ".-")


def validate(text: str) -> str:
    """The 13 digits.

    >>> validate("1234 5678 9012 3")
    '1234567890123'
    >>> validate("12345")
    Traceback (most recent call last):
    koop_pipeline.identifiers.errors.InvalidForm: '1***5' is not a usable NIB (NIB-01).
    """
    return verbs.validate(text, canonical, "NIB")


def is_valid(text: str) -> bool:
    """Whether the text has a canonical value."""
    return verbs.is_valid(text, canonical)


def format(text: str) -> str:
    """As it is stored."""
    return validate(text)
