"""Telephone numbers, to E.164.

Mobile `08` and 8 to 11 more digits; landline `0`, area code and number, 7 to 11 digits behind the 0. The country code
may stand as `+62`, `62`, `0062`, with or without the 0 behind it; a mobile number may lack the 0. Numbers of other
countries only with a `+`. Faults PHN-01, without value: anything else, also two numbers in a cell, `08`, and a local
number without area code. Empty without fault: `-`, `0`. Source: domain.md section 1 (lengths: one secondary source).
"""

import polars as pl

from koop_pipeline.identifiers import verbs

MOBILE = "8[1-9][0-9]{7,10}"
LANDLINE = "[2-79][0-9]{6,10}"
HOME = f"^(?:(?:[+]62|62|0062)0?(?:{MOBILE}|{LANDLINE})|0(?:{MOBILE}|{LANDLINE})|{MOBILE})$"
ABROAD = "^[+](?:[1-57-9][0-9]|6[013-9])[0-9]{6,13}$"
PREFIX = "^(?:[+]62|0062|62)?0?"


def canonical(expr: pl.Expr) -> pl.Expr:
    """Struct {value: `+62...`, fault: PHN-01 | null}."""
    number = pl.field("number")
    whole = ~verbs.is_float_text(verbs.bare(expr))
    home = pl.lit("+62") + number.str.replace(PREFIX, "")
    value = pl.when(whole & number.str.contains(HOME)).then(home).when(whole & number.str.contains(ABROAD)).then(number)
    said = pl.when(number == "0").then(verbs.bare(expr)).otherwise(number)
    fault = verbs.fault_unless_empty("PHN-01", said, "0")
    return verbs.verdict(value, fault, number=verbs.digits_of(expr, ".()\\-"))


def compact(text: str) -> str:
    """Without blanks, quotes, dots, dashes and brackets."""
    return verbs.squeezed(text, ".-()")


def validate(text: str) -> str:
    """The number in E.164.

    >>> validate("(0353) 886 039")
    '+62353886039'
    >>> validate("08")
    Traceback (most recent call last):
    koop_pipeline.identifiers.errors.InvalidForm: '**' is not a usable telephone number (PHN-01).
    """
    return verbs.validate(text, canonical, "telephone number")


def is_valid(text: str) -> bool:
    """Whether the text has a canonical value."""
    return verbs.is_valid(text, canonical)


def format(text: str) -> str:
    """As it is stored."""
    return validate(text)
