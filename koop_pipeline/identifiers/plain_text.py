"""Free text and codes, in one normal form of writing.

`canonical`: NFC, trimmed, blanks, line breaks and control characters inside joined to one space. `canonical_code`: NFC
and trimmed only, since a code is compared exactly. Empty becomes null; there is no fault. What a text means is decided
elsewhere.
"""

import polars as pl

from koop_pipeline.identifiers import verbs


def canonical(expr: pl.Expr) -> pl.Expr:
    """Struct {value: text in one line, fault: null}."""
    return _without_fault(verbs.one_line(expr))


def canonical_code(expr: pl.Expr) -> pl.Expr:
    """Struct {value: text, fault: null}; the inside is untouched."""
    return _without_fault(expr.str.normalize("NFC").str.strip_chars(verbs.BLANKS))


def _without_fault(text: pl.Expr) -> pl.Expr:
    said = pl.when(pl.field("text") != "").then(pl.field("text"))
    return verbs.verdict(said, pl.lit(None, dtype=pl.String), text=text)


def compact(text: str) -> str:
    """One line in NFC; '' where nothing is left."""
    return str(verbs.look(text, canonical)[0] or "")


def validate(text: str) -> str:
    """The text.

    >>> validate("Jl. Merdeka\\n  no. 5 ")
    'Jl. Merdeka no. 5'
    >>> validate("  ")
    Traceback (most recent call last):
    koop_pipeline.identifiers.errors.Placeholder: The text is empty: there is no text in it.
    """
    return verbs.validate(text, canonical, "text")


def is_valid(text: str) -> bool:
    """Whether the text has a canonical value."""
    return verbs.is_valid(text, canonical)


def format(text: str) -> str:
    """As it is stored."""
    return validate(text)
