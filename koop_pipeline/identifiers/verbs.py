"""The scalar verbs, made from the vectorized form so that the two cannot disagree.

Put here what every identifier module shares: trimming, the Struct {value, fault}, and the one-text call. Keep what an
identifier looks like in its own module.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

import polars as pl

from koop_pipeline.identifiers.errors import Ambiguous, IdentifierError, InvalidForm, Placeholder
from koop_pipeline.identifiers.masking import mask_text

Canonical = Callable[[pl.Expr], pl.Expr]

BLANKS = (
    " \t\n\v\f\r\x85\u00a0\u1680"
    + "".join(map(chr, range(0x2000, 0x200C)))
    + "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
QUOTES = "'\"`\u2018\u2019\u201c\u201d\u00b4"
BLANK = r"[ \t\n\v\f\r\x{85}\x{A0}\x{1680}\x{2000}-\x{200B}\x{2028}\x{2029}\x{202F}\x{205F}\x{2060}\x{3000}\x{FEFF}]"
_UNEVEN = rf"(?: *[{BLANK[2:-1]}\x00-\x1f\x7f-\x{{9f}}]+)+ *| {{2,}}"
SOME_BLANKS = BLANK + "+"
ANY_BLANKS = BLANK + "*"
EDGE = f"[{BLANK[1:-1]}{QUOTES}]*"

ERRORS: Mapping[str, type[IdentifierError]] = {
    "NIK-02": Placeholder,
    "NIK-03": Ambiguous,
    "NPW-02": Ambiguous,
    "DAT-02": Ambiguous,
}


def bare(expr: pl.Expr) -> pl.Expr:
    """The text without the blanks (NBSP and the like included) and quotes around it; null stays null."""
    return expr.str.strip_chars(BLANKS + QUOTES)


def digits_of(expr: pl.Expr, punctuation: str) -> pl.Expr:
    """The text without blanks, quotes and the `punctuation` (the inside of a character class), wherever they stand."""
    return expr.str.replace_all(f"[{BLANK[1:-1]}{QUOTES}{punctuation}]", "")


def squeezed(text: str, punctuation: str) -> str:
    """The scalar of `digits_of`; `punctuation` as plain characters."""
    return text.translate({ord(mark): None for mark in BLANKS + QUOTES + punctuation})


def is_empty(text: pl.Expr, *placeholders: str) -> pl.Expr:
    """Whether a bared text says nothing: null, '' or one of `placeholders`."""
    return text.is_null() | text.is_in(["", *placeholders])


def says_nothing(expr: pl.Expr, placeholders: str = "") -> pl.Expr:
    """Whether a delivered text is null or nothing but blanks and quotes (or, between them, one of `placeholders`)."""
    return expr.is_null() | expr.str.contains(f"^{EDGE}(?:{placeholders})?{EDGE}$")


def one_line(expr: pl.Expr) -> pl.Expr:
    """NFC, trimmed, blanks and control characters inside joined to one space."""
    uneven = pl.when(expr.str.contains("  |[^ -~]")).then(expr)
    joined = uneven.str.normalize("NFC").str.replace_all(_UNEVEN, " ")
    return pl.coalesce(joined, expr).str.strip_chars(" ")


def is_one_digit(digits: pl.Expr) -> pl.Expr:
    """Whether the text repeats one digit throughout: a placeholder."""
    return digits.str.contains("^(?:" + "|".join(f"{digit}+" for digit in range(10)) + ")$")


def is_float_text(text: pl.Expr) -> pl.Expr:
    """Whether a bared text is a number that a spreadsheet wrote with a decimal 0: `5301010101010001.0`."""
    return text.str.contains("^[0-9]+[.,]0{1,2}$")


def fault_unless_empty(code: str, text: pl.Expr, *placeholders: str) -> pl.Expr:
    """`code` where there is no value (`pl.field("value")`) although the text says something."""
    return pl.when(pl.field("value").is_null() & ~is_empty(text, *placeholders)).then(pl.lit(code))


def let(result: pl.Expr, **bindings: pl.Expr) -> pl.Expr:
    """`result`, which refers to each binding as `pl.field(name)`; a binding is evaluated only once."""
    bound: pl.Expr = pl.struct(*(value.alias(name) for name, value in bindings.items()))
    return bound.struct.with_fields(result.alias("result")).struct.field("result")


def verdict(value: pl.Expr, fault: pl.Expr, **bindings: pl.Expr) -> pl.Expr:
    """Struct {value, fault (String)}: the result of every `canonical`.

    `value` and `fault` may refer to each binding as `pl.field(name)`, which is evaluated only once, and `fault` to
    `pl.field("value")`.
    """
    value, fault = value.alias("value"), fault.cast(pl.String).alias("fault")
    if not bindings:
        return pl.struct(value).struct.with_fields(fault)
    bound: pl.Expr = pl.struct(*(part.alias(name) for name, part in bindings.items()))
    judged_fields = pl.struct(pl.field("value"), pl.field("fault")).alias("verdict")
    whole = bound.struct.with_fields(value).struct.with_fields(fault).struct.with_fields(judged_fields)
    return whole.struct.field("verdict")


def judged(text: pl.Expr, canonical: Canonical) -> pl.DataFrame:
    """Columns `value` and `fault` of a few texts; for the scalar verbs and for trying things out."""
    return pl.select(canonical(text).alias("verdict")).unnest("verdict")


def look(text: str | None, canonical: Canonical) -> tuple[object, str | None]:
    """The canonical value and the fault of one text."""
    value, fault = judged(pl.lit(text, dtype=pl.String), canonical).row(0)
    return value, fault


def validate(text: str, canonical: Canonical, what: str) -> str:
    """The canonical value as text (`1250000.00`, `2001-01-31`); a value that comes with a warning is returned too.

    Raises InvalidForm, Placeholder or Ambiguous when there is no value; the message masks the text.
    """
    value, fault = look(text, canonical)
    if value is not None:
        return plain(value)
    if fault is None:
        raise Placeholder(f"The text is empty: there is no {what} in it.")
    raise ERRORS.get(fault, InvalidForm)(f"{mask_text(text)!r} is not a usable {what} ({fault}).", fault)


def is_valid(text: str, canonical: Canonical) -> bool:
    """Whether the text has a canonical value."""
    return look(text, canonical)[0] is not None


def plain(value: object) -> str:
    """A canonical value as text without exponent."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
