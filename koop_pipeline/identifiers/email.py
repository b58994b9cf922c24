"""E-mail addresses, in small letters.

Only the simple form that people have: `name@domain.ending`, ASCII. Fault EML-01, without value: anything else, also two
addresses in one cell. Empty without fault: `-`, `0`. Whether mail arrives is not checked.
"""

import polars as pl

from koop_pipeline.identifiers import verbs

FORM = r"^[a-z0-9_%+-]+(?:\.[a-z0-9_%+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"


def canonical(expr: pl.Expr) -> pl.Expr:
    """Struct {value: address in small letters, fault: EML-01 | null}."""
    small = pl.field("small")
    return verbs.verdict(
        pl.when(small.str.contains(FORM)).then(small),
        verbs.fault_unless_empty("EML-01", small, "-", "0"),
        small=verbs.bare(expr).str.to_lowercase(),
    )


def compact(text: str) -> str:
    """The text without blanks and quotes around it."""
    return text.strip(verbs.BLANKS + verbs.QUOTES)


def validate(text: str) -> str:
    """The address.

    >>> validate(" Koperasi@Example.ORG ")
    'koperasi@example.org'
    >>> validate("koperasi@example")
    Traceback (most recent call last):
    koop_pipeline.identifiers.errors.InvalidForm: 'k**************e' is not a usable e-mail address (EML-01).
    """
    return verbs.validate(text, canonical, "e-mail address")


def is_valid(text: str) -> bool:
    """Whether the text has a canonical value."""
    return verbs.is_valid(text, canonical)


def format(text: str) -> str:
    """As it is stored."""
    return validate(text)
