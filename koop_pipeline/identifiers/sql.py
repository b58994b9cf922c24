r"""The functions of profile SQL as DuckDB macros: `rupiah(x)`, `tanggal(x)`, `angka(x)`.

They agree with the Polars expressions of `rupiah`, `tanggal` and `angka` on every text, and share their grammars. Pure
SQL: no function of Python is called. Put a macro here only if profiles may use it.

Under TRY, run with `SET disabled_optimizers = 'common_subexpressions'` (`DISABLED_OPTIMIZER`): DuckDB 1.5.5 takes
what occurs twice out of TRY, where its error is no longer caught. A conversion error may quote the text: do not
show it.
"""

from typing import Literal

from koop_pipeline.identifiers import angka, rupiah, tanggal
from koop_pipeline.identifiers.numeral import DecimalMark, Grammar
from koop_pipeline.identifiers.tanggal import DateOrder
from koop_pipeline.identifiers.verbs import EDGE

DISABLED_OPTIMIZER = "common_subexpressions"

_FLOATS = "('DOUBLE', 'FLOAT')"
_INTEGERS = (
    "('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', "
    "'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'UHUGEINT')"
)
_REFUSED = "not usable"


def macros(*, dates: DateOrder, decimal: DecimalMark, strict: bool) -> list[str]:
    """CREATE OR REPLACE TEMP MACRO statements under the settings of one profile (or of one column of it).

    rupiah -> DECIMAL(18,2), angka -> DECIMAL(12,6), both half-even; tanggal -> DATE. `x` of any type. A text without a
    value raises a conversion error for its row if `strict`, else gives NULL. Exact numbers pass unchanged; binary
    floats are refused like a bad text.
    """
    cast: Literal["CAST", "TRY_CAST"] = "CAST" if strict else "TRY_CAST"
    return [
        _macro("koop_number_text", f"CASE WHEN {_is_exact()} THEN {_exact_text(decimal)} ELSE CAST(x AS VARCHAR) END"),
        _macro("rupiah_text", _number(rupiah.GRAMMARS[decimal], empty="")),
        _macro("rupiah", f"{cast}({_half_even('rupiah_text(x)', rupiah.SCALE)} AS DECIMAL(18,{rupiah.SCALE}))"),
        _macro("angka_text", _number(angka.GRAMMARS[decimal], empty="-")),
        _macro("angka", f"{cast}({_half_even('angka_text(x)', angka.SCALE)} AS DECIMAL(12,{angka.SCALE}))"),
        _macro("tanggal_digits", _digits_date(dates)),
        _macro("tanggal_words", _worded_date()),
        _macro("tanggal", f"{cast}({_date(dates)} AS DATE)"),
    ]


def _macro(name: str, body: str) -> str:
    return f"CREATE OR REPLACE TEMP MACRO {name}(x) AS {body}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _is_exact() -> str:
    return f"typeof(x) IN {_INTEGERS} OR starts_with(typeof(x), 'DECIMAL')"


def _exact_text(decimal: DecimalMark) -> str:
    return f"replace(CAST(x AS VARCHAR), '.', '{decimal}')"


def _number(rules: Grammar, *, empty: str) -> str:
    """Text that a decimal cast reads, NULL where there is nothing, `_REFUSED` where there is no number."""
    text = "koop_number_text(x)"
    digits = f"regexp_replace({text}, {_quoted(rules.junk)}, '', 'g')"
    sign = f"CASE WHEN regexp_matches({text}, {_quoted(rules.negative)}) THEN '-0' ELSE '0' END"
    return f"""CASE
        WHEN typeof(x) IN {_FLOATS} THEN '{_REFUSED}: binary float'
        WHEN regexp_matches({text}, {_quoted(_usual_number(rules))}) THEN {_cleaned(text, rules)}
        WHEN regexp_matches({text}, {_quoted(rules.pattern)}) THEN {sign} || replace({digits}, ',', '.')
        WHEN {text} IS NULL OR regexp_matches({text}, {_quoted(f"^{EDGE}(?:{empty})?{EDGE}$")}) THEN NULL
        ELSE '{_REFUSED}'
    END"""


def _usual_number(rules: Grammar) -> str:
    """The most frequent writing, told by a small pattern; the grammar says the same of it."""
    thousands = "." if rules.decimal == "," else ","
    return f"^-?(?:[0-9]+|[1-9][0-9]{{0,2}}(?:[{thousands}][0-9]{{3}})+)(?:[{rules.decimal}][0-9]+)?$"


def _cleaned(text: str, rules: Grammar) -> str:
    thousands = "." if rules.decimal == "," else ","
    return f"replace(replace({text}, '{thousands}', ''), ',', '.')"


def _half_even(text: str, scale: int) -> str:
    """DuckDB rounds a half away from zero; an exact half behind an even digit is cut off before the cast."""
    return rf"regexp_replace({text}, '(\.[0-9]{{{scale - 1}}}[02468])50*$', '\1')"


def _date(dates: DateOrder) -> str:
    """Frequent writings are told by small patterns, which RE2 runs ten times faster than the whole grammar."""
    text = "CAST(x AS VARCHAR)"
    last = _quoted(f"^([0-9]{{1,2}})[-/.]([0-9]{{1,2}})[-/.]({tanggal.YEAR})$")
    order = {"dmy": r"\3-\2-\1", "mdy": r"\3-\1-\2", "ymd": _REFUSED}[dates]
    return f"""CASE
        WHEN regexp_matches({text}, '^(?:{tanggal.YEAR})-[0-9]{{2}}-[0-9]{{2}}(?: 00:00:00)?$') THEN left({text}, 10)
        WHEN regexp_matches({text}, {last}) THEN regexp_replace({text}, {last}, '{order}')
        WHEN {_month_position(text)} > 0 THEN {_usual_words(text)}
        WHEN regexp_matches({text}, {_quoted(f"^{EDGE}(?:{tanggal.ZERO})?{EDGE}$")}) THEN NULL
        WHEN regexp_matches({text}, '[A-Za-z]{{3}}') THEN tanggal_words({text})
        ELSE tanggal_digits({text})
    END"""


_USUAL_WORDS = _quoted(f"^([0-9]{{1,2}})[- ]([A-Za-z]{{3,9}})[- ]({tanggal.YEAR})$")
_NAMES = {name: number for number, names in tanggal.MONTHS.items() for name in names}


def _month_position(text: str) -> str:
    names = ", ".join(_quoted(name) for name in _NAMES)
    return f"list_position([{names}], lower(regexp_extract({text}, {_USUAL_WORDS}, 2)))"


def _usual_words(text: str) -> str:
    numbers = ", ".join(str(number) for number in _NAMES.values())
    year, day = (f"regexp_extract({text}, {_USUAL_WORDS}, {group})" for group in (3, 1))
    return f"{year} || '-' || [{numbers}][{_month_position(text)}] || '-' || {day}"


def _digits_date(dates: DateOrder) -> str:
    pattern, year, month, day = tanggal.digits_form(dates)
    return _centuries(_iso(pattern, year, month, day))


def _worded_date() -> str:
    """Also: the month's name, cut to its first three letters, becomes its number."""
    pattern, year, month, day = tanggal.worded_form()
    text = rf"regexp_replace(lower({_iso(pattern, year, month, day)}), '-([a-z]{{3}})[a-z]*-', '-\1-')"
    for number, names in tanggal.MONTHS.items():
        for name in sorted({name[:3] for name in names}):
            text = f"replace({text}, '-{name}-', '-{number}-')"
    return _centuries(text)


def _iso(pattern: str, *parts: tuple[int, ...]) -> str:
    """`year-month-day` from the groups, `_REFUSED` where the pattern does not match: no cast reads its leading mark."""
    joined = "-".join("".join(rf"\{group}" for group in groups) for groups in parts)
    replaced = f"regexp_replace('x' || x, {_quoted('^x' + pattern.removeprefix('^'))}, '{joined}')"
    return f"regexp_replace({replaced}, '(?s)^x.*$', '{_REFUSED}')"


def _centuries(text: str) -> str:
    last = tanggal.LAST_TWO_DIGIT_YEAR_OF_2000
    recent = rf"regexp_replace({text}, '^([0-{last // 10 - 1}][0-9]|{last})-', '20\1-')"
    return rf"regexp_replace({recent}, '^([0-9]{{2}})-', '19\1-')"
