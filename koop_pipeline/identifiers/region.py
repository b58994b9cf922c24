"""Kode wilayah: the region codes of Kemendagri (not those of BPS).

`PP.KK.CC.VVVV`: province, regency, district, village; one to four levels. Stored dotted. `regions.csv` has the first
three levels (see README.md here). Faults: RGN-01 impossible form, without value; RGN-02 unknown code, the value is kept
(codes of districts since split or renumbered occur), also that of a retired province (54). Of a village the district is
looked up. Empty without fault: `-`, `0`. Source: domain.md section 1.
"""

from functools import cache
from pathlib import Path

import polars as pl

from koop_pipeline.identifiers import verbs

REFERENCE = Path(__file__).with_name("regions.csv")
FORM = r"^[1-9][1-9](?:\.(?:0[1-9]|[1-9][0-9])){0,2}$|^[1-9][1-9](?:\.(?:0[1-9]|[1-9][0-9])){2}\.[0-9]{4}$"
DELIVERED = r"^[0-9]{2}(?:[. -]?[0-9]{2}){0,2}$|^[0-9]{2}(?:[. -]?[0-9]{2}){2}[. -]?[0-9]{4}$"
LENGTH_OF_DISTRICT = 8
RETIRED_PROVINCES = {"54": "Timor Timur"}


def canonical(expr: pl.Expr) -> pl.Expr:
    """Struct {value: `53.71.01`, fault: RGN-01 | RGN-02 (with the value) | null}."""
    text, dotted = pl.field("text"), pl.field("dotted")
    digits = pl.when(text.str.contains(DELIVERED)).then(text.str.replace_all("[. -]", ""))
    value = verbs.let(
        pl.when(dotted.str.contains(FORM)).then(dotted), dotted=verbs.let(_dotted(pl.field("digits")), digits=digits)
    )
    known = pl.field("value").str.head(LENGTH_OF_DISTRICT).is_in(codes())
    useless = verbs.is_empty(text, "-", "0")
    missing = pl.field("value").is_null()
    fault = pl.when(missing & ~useless).then(pl.lit("RGN-01")).when(~missing & ~known).then(pl.lit("RGN-02"))
    return verbs.verdict(value, fault, text=verbs.bare(expr))


def _dotted(digits: pl.Expr) -> pl.Expr:
    """Two digits a level, the rest behind the third in one piece."""
    parts = [digits.str.slice(0, 2), digits.str.slice(2, 2), digits.str.slice(4, 2), digits.str.slice(6)]
    return pl.concat_str(parts, separator=".").str.strip_chars_end(".")


@cache
def codes() -> pl.Series:
    """The known codes of provinces, regencies and districts."""
    return pl.read_csv(REFERENCE, schema_overrides={"code": pl.String}, columns=["code"])["code"].implode()


@cache
def names() -> dict[str, str]:
    """Code to official name."""
    table = pl.read_csv(REFERENCE, schema_overrides={"code": pl.String})
    return dict(zip(table["code"], table["name"], strict=True))


def compact(text: str) -> str:
    """Without blanks, quotes, dots and dashes."""
    return verbs.squeezed(text, ".-")


def validate(text: str) -> str:
    """The dotted code.

    >>> validate("537101")
    '53.71.01'
    >>> validate("53.1")
    Traceback (most recent call last):
    koop_pipeline.identifiers.errors.InvalidForm: '5**1' is not a usable region code (RGN-01).
    """
    return verbs.validate(text, canonical, "region code")


def is_valid(text: str) -> bool:
    """Whether the text has a canonical value."""
    return verbs.is_valid(text, canonical)


def format(text: str) -> str:
    """With its name, where the code is or was known.

    >>> format("53")
    '53 Nusa Tenggara Timur'
    """
    code = validate(text)
    name = names().get(code) or RETIRED_PROVINCES.get(code)
    return f"{code} {name}" if name else code
