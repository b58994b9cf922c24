"""Names of people as delivered, in one normal form of writing.

NFC, blanks (and control characters) joined to one space, backslashes before quotes taken away (`Ma\\'arif`). Titles
(H., Hj., Drs., S.Kom) and capitals stay as they came: whether two spellings are one person is not decided here. Fault
NAM-01, without value: no letter in it. Source: domain.md section 8.
"""

import polars as pl

from koop_pipeline.identifiers import verbs


def canonical(expr: pl.Expr) -> pl.Expr:
    """Struct {value: name, fault: NAM-01 | null}."""
    text = verbs.one_line(expr).str.replace_all(r"\\+(['\"`])", "${1}")
    usable = text.str.contains(r"\p{L}")
    return verbs.verdict(pl.when(usable).then(text), verbs.fault_unless_empty("NAM-01", text))


def compact(text: str) -> str:
    """One line in NFC."""
    return validate(text)


def validate(text: str) -> str:
    """The name.

    >>> validate("Hj.  SITI   Ma\\\\'arif")
    "Hj. SITI Ma'arif"
    >>> validate("12345")
    Traceback (most recent call last):
    koop_pipeline.identifiers.errors.InvalidForm: '1***5' is not a usable name (NAM-01).
    """
    return verbs.validate(text, canonical, "name")


def is_valid(text: str) -> bool:
    """Whether the text has a canonical value."""
    return verbs.is_valid(text, canonical)


def format(text: str) -> str:
    """As it is stored."""
    return validate(text)
