"""The grammar of written numbers, shared by amounts and plain numbers, by Polars and DuckDB.

One regular expression says whether a text is a number (a plain match, no captures: fast in both engines); then what is
not a digit or the decimal mark is taken out and the sign put in front, which a decimal cast reads exactly. Only syntax
that Rust's regex and RE2 read alike is used: explicit ASCII classes, no look-around. Currency and percent belong to the
modules that call this.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from koop_pipeline.identifiers import verbs
from koop_pipeline.identifiers.verbs import ANY_BLANKS, BLANK, EDGE

DecimalMark = Literal[",", "."]

MINUS = "[-\u2212\u2013]"
NOTHING = "[Nn][Ii][Hh][Ii][Ll]"


@dataclass(frozen=True)
class Grammar:
    """`pattern`: what a number looks like. For a text that matches: `negative` tells its sign, `junk` what to drop."""

    pattern: str
    negative: str
    junk: str
    decimal: DecimalMark


def grammar(decimal: DecimalMark, *, before: str = "", after: str = "", zero: str = NOTHING) -> Grammar:
    """The grammar of a signed number.

    The mark that is not `decimal` parts thousands, as a blank may: groups of exactly three digits after one to three
    that do not begin with 0. At most one sign: in front, after `before`, behind, or brackets. A tail `,-` says "no
    cents" and bears no minus behind it. `zero`: words for 0.
    """
    point, comma = f"[{decimal}]", f"[{'.' if decimal == ',' else ','}]"
    lead = f"(?:(?:{before}){ANY_BLANKS})?" if before else ""
    sign = f"(?:(?:[+]|{MINUS}){ANY_BLANKS})?"
    end = f"(?:{ANY_BLANKS}(?:{after}))?" if after else ""
    whole = f"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:(?:{comma}[0-9]{{3}})+|(?:{BLANK}[0-9]{{3}})+))"
    cents = f"(?:{whole}(?:{point}[0-9]+)?|{point}[0-9]+){end}"
    number = f"(?:{whole}[.,][-=]|{cents})"
    signed = f"(?:{sign}{lead}|{lead}{sign}){number}"
    behind = f"{lead}{cents}{ANY_BLANKS}{MINUS}"
    bracket = rf"(?:\({ANY_BLANKS}{lead}|{lead}\({ANY_BLANKS}){number}{ANY_BLANKS}\)"
    pattern = f"^{EDGE}(?:{signed}|{behind}|{bracket}|{lead}(?:{zero})){EDGE}$"
    minus_behind = f"(?:[0-9]|{after})" if after else "[0-9]"
    negative = rf"^[^0-9.,]*(?:[Rr][Pp][.])?[^0-9.,]*[(\x{{2212}}\x{{2013}}-]|{minus_behind}{ANY_BLANKS}{MINUS}{EDGE}$"
    return Grammar(pattern, negative, f"[Rr][Pp][.]|[^0-9{decimal}]+", decimal)


def readable(expr: pl.Expr, rules: Grammar) -> pl.Expr:
    """Text that a cast to Decimal reads exactly; null where the text is not a number."""
    number = pl.when(expr.str.contains(rules.pattern)).then(expr)
    return verbs.let(_sign(pl.field("number"), rules) + _digits(pl.field("number"), rules), number=number)


def _sign(number: pl.Expr, rules: Grammar) -> pl.Expr:
    return pl.when(number.str.contains(rules.negative)).then(pl.lit("-0")).otherwise(pl.lit("0"))


def _digits(number: pl.Expr, rules: Grammar) -> pl.Expr:
    if rules.decimal == ".":
        return number.str.replace_all(rules.junk, "")
    whole = number.str.replace_all(".", "", literal=True).str.replace_all(rules.junk, "")
    return whole.str.replace(",", ".", literal=True)


def loses(expr: pl.Expr, rules: Grammar, scale: int) -> pl.Expr:
    """Whether a number as delivered has digits other than 0 beyond `scale` decimals."""
    return expr.str.contains(rf"(?:^|[^Pp])[{rules.decimal}][0-9]{{{scale}}}[0-9]*[1-9]")
