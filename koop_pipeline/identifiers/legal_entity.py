"""Nomor badan hukum: the number under which a cooperative became a legal entity.

Free text with known patterns: since 2021 of the Ministry of Law (`AHU-0012345.AH.01.26.TAHUN 2021`), before of the
ministry, province or regency (`123/BH/XIV/1990`, `518.08/12/BH/XIV.10/VIII/2008`). The value is always kept, in one
line. Warning LGL-01: unlike every pattern. Empty without fault: `-`, `0`. Source: domain.md section 1.
"""

import polars as pl

from koop_pipeline.identifiers import plain_text, verbs

_AHU = r"AHU-[0-9]{4,8}\.AH\.[0-9]{2}\.[0-9]{2,3}\.? ?(?:TAHUN|TH\.?) ?[0-9]{4}"
_BH = r"(?:[0-9A-Z.\-]+ ?/ ?)*[0-9A-Z.\-]+ ?/ ?(?:PAD ?/ ?)?BH(?: ?/ ?[0-9A-Z.\-]+)+"
FORM = f"(?i)^(?:NO(?:MOR)?[.:]? ?)?(?:{_AHU}|{_BH})$"


def canonical(expr: pl.Expr) -> pl.Expr:
    """Struct {value: text in one line, fault: LGL-01 (with the value) | null}."""
    text = pl.field("text")
    value = pl.when(~verbs.is_empty(text, "-", "0")).then(text)
    unlike = ~pl.field("value").str.contains(FORM)
    return verbs.verdict(value, pl.when(unlike).then(pl.lit("LGL-01")), text=verbs.one_line(expr))


def compact(text: str) -> str:
    """One line in NFC; '' where nothing is left."""
    return plain_text.compact(text)


def validate(text: str) -> str:
    """The number as delivered, in one line.

    >>> validate(" 123/BH/XIV/1990 ")
    '123/BH/XIV/1990'
    >>> validate("-")
    Traceback (most recent call last):
    koop_pipeline.identifiers.errors.Placeholder: The text is empty: there is no legal entity number in it.
    """
    return verbs.validate(text, canonical, "legal entity number")


def is_valid(text: str) -> bool:
    """Whether the text has a canonical value."""
    return verbs.is_valid(text, canonical)


def format(text: str) -> str:
    """As it is stored."""
    return validate(text)
