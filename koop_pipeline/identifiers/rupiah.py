"""Amounts in rupiah, to Decimal(18,2).

Written by people and by programs: `Rp 1.250.000,00`, `50.000,-`, `(1.000)`, `1.000-`, `-` and `nihil` (zero),
`74999.99999999907`. The setting `decimal` says which mark parts the cents; the other one parts thousands and must be
followed by exactly three digits. What could be read in two ways is refused, never guessed. No float anywhere.

Faults: MNY-01 not an amount (or in exponent form, or of 10^15 and more: 16 digits are a NIK or an account number, and
sums of a few amounts must fit their type): no value. MNY-02 digits beyond two decimals were lost:
the value is rounded half-even. Source: domain.md section 8; design.md law 2.
"""

from decimal import Decimal

import polars as pl

from koop_pipeline.identifiers import verbs
from koop_pipeline.identifiers.numeral import MINUS, NOTHING, DecimalMark, Grammar, grammar, loses, readable

SCALE = 2
TYPE = pl.Decimal(18, SCALE)
LIMIT = 10**15
CURRENCY = "[Rr][Pp][.:]?|[Ii][Dd][Rr]"

GRAMMARS: dict[str, Grammar] = {mark: grammar(mark, before=CURRENCY, zero=f"{NOTHING}|{MINUS}+") for mark in (",", ".")}


def canonical(expr: pl.Expr, *, decimal: DecimalMark = ",") -> pl.Expr:
    """Struct {value: Decimal(18,2), fault: MNY-01 | MNY-02 | null} of amounts as delivered."""
    rules = GRAMMARS[decimal]
    missing = pl.field("value").is_null()
    fault = (
        pl.when(missing & ~verbs.says_nothing(expr))
        .then(pl.lit("MNY-01"))
        .when(~missing & loses(expr, rules, SCALE))
        .then(pl.lit("MNY-02"))
    )
    amount = readable(expr, rules).cast(TYPE, strict=False)
    return verbs.verdict(pl.when(amount.abs() < LIMIT).then(amount), fault)


def compact(text: str) -> str:
    """The text without blanks and quotes around it."""
    return text.strip(verbs.BLANKS + verbs.QUOTES)


def validate(text: str, decimal: DecimalMark = ",") -> str:
    """The amount with two decimals and a point.

    >>> validate("Rp 1.250.000,-")
    '1250000.00'
    >>> validate("1.25")
    Traceback (most recent call last):
    koop_pipeline.identifiers.errors.InvalidForm: '1**5' is not a usable amount (MNY-01).
    """
    return verbs.validate(text, lambda expr: canonical(expr, decimal=decimal), "amount")


def is_valid(text: str, decimal: DecimalMark = ",") -> bool:
    """Whether the text is an amount."""
    return verbs.is_valid(text, lambda expr: canonical(expr, decimal=decimal))


def format(text: str, decimal: DecimalMark = ",") -> str:
    """As Indonesians write it.

    >>> format("-1250000")
    '-Rp 1.250.000,00'
    """
    amount = Decimal(validate(text, decimal))
    return f"{'-' if amount < 0 else ''}Rp {grouped(abs(amount))}"


def grouped(amount: Decimal | int | str) -> str:
    """An exact amount with dots between thousands and a comma before the sen.

    >>> grouped("1250000.50")
    '1.250.000,50'
    """
    return f"{Decimal(amount):,.2f}".translate(str.maketrans(",.", ".,"))
