"""Masked texts for logs, messages and documents that leave the cooperative's hands (law 8).

A 16-digit number shows its first and last four digits: `5301********0001`. Of any other text each word shows its first
and last character; words of up to three characters show nothing. Amounts are not personal: do not mask them. Keep the
list of what is personal out of here: the contracts mark it.

A key (a member's or account's number) is not personal by itself, but some sources make one of a NIK or a name: see
`mask_key`.
"""

import re

import polars as pl

SHOWN_DIGITS = 4
SHORT_WORD = 3
LONG_NUMBER = 10
_SIXTEEN = re.compile(r"[0-9]{16}")
_THREE_LETTERS = re.compile(r"[^\u0020-\u0040\u005b-\u0060\u007b-\u007e]{3}")
"""Three characters in a row that are neither digits nor signs nor blanks."""


def mask_text(text: str) -> str:
    """One masked text of the same length.

    >>> mask_text("5301010101010001")
    '5301********0001'
    >>> mask_text("Siti Aminah")
    'S**i A****h'
    """
    return " ".join(_mask_word(word) for word in text.split(" "))


def mask_key(text: str) -> str:
    """A key as it is where it can be no person's number or name, else masked; `audit.code` is its twin in PostgreSQL.

    >>> [mask_key(text) for text in ("A-0012", "5301010101010001", "SITI AMINAH")]
    ['A-0012', '5301********0001', 'S**I A****H']
    """
    personal = _THREE_LETTERS.search(text) or len(re.findall("[0-9]", text)) >= LONG_NUMBER
    return mask_text(text) if personal else text


def mask(expr: pl.Expr) -> pl.Expr:
    """The same on a String expression; null stays null."""
    word = pl.element()
    long = word.str.len_chars() > SHORT_WORD
    sixteen = word.str.contains(r"^[0-9]{16}$")
    ends = pl.when(~long).then(0).when(sixteen).then(SHOWN_DIGITS).otherwise(1)
    starred = word.str.head(ends).str.pad_end(word.str.len_chars() - ends, "*")
    masked = pl.concat_str(starred, word.str.tail(ends))
    return expr.str.split(" ").list.eval(masked).list.join(" ")


def _mask_word(word: str) -> str:
    if len(word) <= SHORT_WORD:
        return "*" * len(word)
    ends = SHOWN_DIGITS if _SIXTEEN.fullmatch(word) else 1
    return word[:ends] + "*" * (len(word) - 2 * ends) + word[-ends:]
