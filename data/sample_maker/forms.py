"""The many ways in which a legacy system writes the same value.

Put here text forms only: a value in, a text out, chosen by the caller's random generator. Every form that these
functions give cleans to the true value without loss; wrong values are put into the truth model as `source`.
"""

import random
from datetime import date

_MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
MONTHS = _MONTHS.split()


def dotted(sen: int, *, cents: bool) -> str:
    """Indonesian digits: `1.250.000` or, with cents, `1.250.000,50`.

    >>> dotted(125000050, cents=True)
    '1.250.000,50'
    """
    whole = f"{abs(sen) // 100:,}".replace(",", ".")
    return f"{whole},{abs(sen) % 100:02d}" if cents else whole


def indonesian_amount(rng: random.Random, sen: int) -> str:
    """`1.250.000`, `1.250.000,00`, `Rp 1.250.000,-`, `1250000`; `-` or `nihil` for zero; `(1.000)` below zero."""
    if sen == 0:
        return rng.choice(("-", "nihil", "0"))
    if sen < 0:
        return f"({dotted(sen, cents=bool(sen % 100))})"
    if sen % 100:
        return dotted(sen, cents=True)
    forms = (dotted(sen, cents=False), dotted(sen, cents=True), f"Rp {dotted(sen, cents=False)},-", str(sen // 100))
    return rng.choices(forms, weights=(6, 2, 1, 3))[0]


def indonesian_date(rng: random.Random, day: date) -> str:
    """`17/12/2018`, `17-12-2018`, `17 Desember 2018` or, of 1931 to 2030, `17/12/18`."""
    worded = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    short = f"{day:%d/%m/%y}" if 1931 <= day.year <= 2030 else worded
    return rng.choices((f"{day:%d/%m/%Y}", f"{day:%d-%m-%Y}", worded, short), weights=(8, 2, 1, 1))[0]


def phone(rng: random.Random, number: str) -> str:
    """The valid number `+62812...` as people type it."""
    local = number[3:]
    forms = (
        f"0{local}",
        f"62 {local}",
        f"+62-0{local[:3]}-{local[3:]}",
        local,
        f"0{local[:3]}-{local[3:7]}-{local[7:]}",
    )
    return rng.choice(forms)
