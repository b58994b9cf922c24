"""Plain numbers: rates (Decimal(12,6)) and counts (Int32).

The same writing as amounts, without a currency; a rate may end in `%` (2,5 % stays 2.5: percent). `-` is unknown, so
null; `nihil` is 0. Decimals beyond the sixth are rounded half-even without a fault: a rate is not money.

Fault NUM-01: not a number, too large, or, for a count, not a whole one. `12 bulan` is refused: units belong to the
profile.
"""

import polars as pl

from koop_pipeline.identifiers import verbs
from koop_pipeline.identifiers.numeral import DecimalMark, Grammar, grammar, loses, readable

SCALE = 6
TYPE = pl.Decimal(12, SCALE)
_COUNT = pl.Decimal(18, 0)

GRAMMARS: dict[str, Grammar] = {mark: grammar(mark, after="%") for mark in (",", ".")}
COUNT_GRAMMARS: dict[str, Grammar] = {mark: grammar(mark) for mark in (",", ".")}


def canonical(expr: pl.Expr, *, decimal: DecimalMark = ",") -> pl.Expr:
    """Struct {value: Decimal(12,6), fault: NUM-01 | null} of rates and other numbers with a fraction."""
    return verbs.verdict(readable(expr, GRAMMARS[decimal]).cast(TYPE, strict=False), _fault(expr))


def canonical_integer(expr: pl.Expr, *, decimal: DecimalMark = ",") -> pl.Expr:
    """Struct {value: Int32, fault: NUM-01 | null} of whole numbers; `12,0` is 12, `12,5` a fault."""
    rules = COUNT_GRAMMARS[decimal]
    whole = pl.when(~loses(expr, rules, 0)).then(readable(expr, rules))
    return verbs.verdict(whole.cast(_COUNT, strict=False).cast(pl.Int32, strict=False), _fault(expr))


def _fault(expr: pl.Expr) -> pl.Expr:
    return pl.when(pl.field("value").is_null() & ~verbs.says_nothing(expr, "-")).then(pl.lit("NUM-01"))


def compact(text: str) -> str:
    """The text without blanks and quotes around it."""
    return text.strip(verbs.BLANKS + verbs.QUOTES)


def validate(text: str, decimal: DecimalMark = ",") -> str:
    """The number with six decimals and a point.

    >>> validate("2,5 %")
    '2.500000'
    >>> validate("12 bulan")
    Traceback (most recent call last):
    koop_pipeline.identifiers.errors.InvalidForm: '** b***n' is not a usable number (NUM-01).
    """
    return verbs.validate(text, lambda expr: canonical(expr, decimal=decimal), "number")


def is_valid(text: str, decimal: DecimalMark = ",") -> bool:
    """Whether the text is a number."""
    return verbs.is_valid(text, lambda expr: canonical(expr, decimal=decimal))


def format(text: str, decimal: DecimalMark = ",") -> str:
    """Without needless zeros, with a decimal comma.

    >>> format("2.50", decimal=".")
    '2,5'
    """
    return validate(text, decimal).rstrip("0").rstrip(".").replace(".", ",")
