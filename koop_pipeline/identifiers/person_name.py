"""Names of people as delivered, in one normal form of writing.

NFC, blanks (and control characters) joined to one space, backslashes before quotes taken away (`Ma\\'arif`). Titles
(H., Hj., Drs., S.Kom) and capitals stay as they came: what two spellings have in common is in `match_name`. Fault
NAM-01, without value: no letter in it. Source: domain.md section 8.
"""

import polars as pl

from koop_pipeline.identifiers import plain_text, verbs


def canonical(expr: pl.Expr) -> pl.Expr:
    """Struct {value: name, fault: NAM-01 | null}."""
    text = pl.field("text")
    return verbs.verdict(
        pl.when(text.str.contains(r"\p{L}")).then(text),
        verbs.fault_unless_empty("NAM-01", text),
        text=verbs.one_line(expr).str.replace_all(r"\\+(['\"`])", "${1}"),
    )


def compact(text: str) -> str:
    """One line in NFC; '' where nothing is left."""
    return plain_text.compact(text)


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
