"""KBLI: the classification of business activities, kept by BPS.

Five digits. Savings-and-loan cooperatives have codes of their own in KBLI 2020; KBLI 2025 merges the conventional ones
into 64191 (many to one: keep the old code beside the new). The codes of units (64142, 64144, 64146, 64148) rest on one
secondary source. Other kinds of cooperative use the ordinary code of their sector. Fault KBL-01, without value: not
five digits. Empty without fault: `-`, `0`. Source: domain.md section 1.
"""

import polars as pl

from koop_pipeline.identifiers import verbs

FORM = "^[0-9]{5}$"
CONVENTIONAL = {
    "64141": "KSP primer",
    "64142": "USP koperasi primer",
    "64143": "KSP sekunder",
    "64144": "USP koperasi sekunder",
}
SHARIA = {
    "64145": "KSPPS primer",
    "64146": "USPPS koperasi primer",
    "64147": "KSPPS sekunder",
    "64148": "USPPS koperasi sekunder",
}
SAVINGS_AND_LOAN = {**CONVENTIONAL, **SHARIA}
CONVENTIONAL_2025 = "64191"


def canonical(expr: pl.Expr) -> pl.Expr:
    """Struct {value: 5 digits, fault: KBL-01 | null}."""
    text = pl.field("text")
    return verbs.verdict(
        pl.when(text.str.contains(FORM)).then(text),
        verbs.fault_unless_empty("KBL-01", text, "-", "0"),
        text=verbs.bare(expr),
    )


def is_savings_and_loan(code: pl.Expr) -> pl.Expr:
    """Whether canonical codes of KBLI 2020 are those of savings-and-loan cooperatives or units."""
    return code.is_in(list(SAVINGS_AND_LOAN))


def in_2025(code: pl.Expr) -> pl.Expr:
    """The KBLI 2025 code of canonical 2020 codes, where it is known; null elsewhere: the owner confirms it."""
    return pl.when(code.is_in([*CONVENTIONAL, CONVENTIONAL_2025])).then(pl.lit(CONVENTIONAL_2025))


def compact(text: str) -> str:
    """The text without blanks and quotes around it."""
    return text.strip(verbs.BLANKS + verbs.QUOTES)


def validate(text: str) -> str:
    """The five digits.

    >>> validate("64141")
    '64141'
    >>> validate("6414")
    Traceback (most recent call last):
    koop_pipeline.identifiers.errors.InvalidForm: '6**4' is not a usable KBLI code (KBL-01).
    """
    return verbs.validate(text, canonical, "KBLI code")


def is_valid(text: str) -> bool:
    """Whether the text has a canonical value."""
    return verbs.is_valid(text, canonical)


def format(text: str) -> str:
    """With what it stands for, where that is a savings-and-loan cooperative."""
    code = validate(text)
    return f"{code} {SAVINGS_AND_LOAN[code]}" if code in SAVINGS_AND_LOAN else code
