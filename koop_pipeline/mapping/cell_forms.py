r"""What a delivered cell looks like, told without knowing what its column means.

Each cell gets one form (`whole`, `date_dmy`, `sixteen`, ...), by one DuckDB expression that tries cheap patterns first.
Put here what single cells look like; what a column of them amounts to is in `column_profile`.
"""

from koop_pipeline.identifiers.tanggal import MONTH_NAME
from koop_pipeline.identifiers.verbs import BLANK, BLANKS, QUOTES
from koop_pipeline.staging import literal

NUMBER_FORMS = (
    "zero", "whole", "comma_decimal", "point_decimal", "point_group", "comma_group", "written", "long_amount"
)  # fmt: skip
DATE_FORMS = ("date", "date_dmy", "date_mdy", "date_ymd", "date_words", "compact_date")
DAMAGED = {"excel_error": "Excel error", "exponent": "scientific notation", "bad_date": "impossible date"}
NOTHING = ("dash", "placeholder", "zero_date")
# beside these no smallest and largest is shown: any of them may be a phone, an identity number or an account
SENSITIVE = ("sixteen", "phone", "email", "long_digits", "long_amount", "leading_zero", "secret")

# which forms a column of one family is made of: (those that make it one, those that it also admits)
FAMILIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "number": (NUMBER_FORMS, ("dash", "long_digits", "compact_date")),
    "date": (DATE_FORMS, ()),
    "16 digits": (("sixteen",), ()),
    "phone": (("phone",), ("long_digits", "leading_zero")),
    "digits": (("long_digits", "leading_zero"), ("zero", "whole", "compact_date", "phone", "sixteen")),
    "code": (("code",), (*NUMBER_FORMS, "word", "long_digits", "leading_zero", "sixteen", "phone", "date")),
    "email": (("email",), ()),
    "secret": (("secret",), ()),
    "text": (("text", "word"), ("code", "email")),
}
DECIMAL_MARKS = {"comma_decimal": ",", "point_decimal": "."}

_PLACEHOLDERS = (
    "n/a", "na", "null", "none", "nan", "tidak ada", "tdk ada", "kosong", "belum ada", "?", "??", ".", "..", "x", "xx",
    "xxx", "*",
)  # fmt: skip
_DASHES = ("-", "--", "---", "nihil", "rp -", "rp. -", "rp-")
_YEAR = "(?:19|20)[0-9]{2}"
_MONTH, _DAY = "(?:0?[1-9]|1[0-2])", "(?:0?[1-9]|[12][0-9]|3[01])"
_LATE_DAY = "(?:1[3-9]|2[0-9]|3[01])"
_TIME = "(?:[ T][0-9:.,]+ ?(?:[AaPp][Mm]|[Zz])?)?"
_END = f"(?:[-/.]{_YEAR}|[-/][0-9]{{2}}){_TIME}$"
_SIGN = "[-+]?"
_AMOUNT = "(?:[0-9]{1,9}|[0-9]{1,3}(?:[.,][0-9]{3}){1,2})(?:[.,][0-9]+)?"

# (form, pattern of digits with marks between them); the first that matches
_MARKED = (
    ("zero_date", f"^0{{1,4}}[-/.]0{{1,2}}[-/.]0{{1,4}}{_TIME}$"),
    ("date_ymd", f"^{_YEAR}[-/.]{_MONTH}[-/.]{_DAY}{_TIME}$"),
    ("date_dmy", f"^{_LATE_DAY}[-/.]{_MONTH}{_END}"),
    ("date", f"^{_MONTH}[-/.]{_MONTH}{_END}"),
    ("date_mdy", f"^{_MONTH}[-/.]{_LATE_DAY}{_END}"),
    ("bad_date", f"^(?:[0-9]{{4}}[-/][0-9]{{1,2}}[-/][0-9]{{1,2}}|[0-9]{{1,2}}[-/][0-9]{{1,2}}[-/][0-9]{{4}}){_TIME}$"),
    ("phone", r"^(?:\+62|\(0|62[-. ]?8|08|0[2-9][0-9]{1,2}[-. ])[-0-9 ()./]{5,}$"),
    ("comma_group", rf"^{_SIGN}[1-9][0-9]{{0,2}},[0-9]{{3}}$"),
    ("point_group", rf"^{_SIGN}[1-9][0-9]{{0,2}}\.[0-9]{{3}}$"),
    ("comma_decimal", rf"^{_SIGN}(?:[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}}){{1,2}}(?:,[0-9]+)?|[0-9]{{0,9}},[0-9]+)$"),
    ("point_decimal", rf"^{_SIGN}(?:[1-9][0-9]{{0,2}}(?:,[0-9]{{3}}){{1,2}}(?:\.[0-9]+)?|[0-9]{{0,9}}\.[0-9]+)$"),
    ("whole", f"^{_SIGN}[0-9]{{1,9}}$"),
    ("long_digits", f"^{_SIGN}[0-9]{{10,}}(?:[.,][0-9]+)?$"),
    (
        "long_amount",
        rf"^{_SIGN}[1-9][0-9]{{0,2}}(?:(?:\.[0-9]{{3}}){{3,}}(?:,[0-9]+)?|(?:,[0-9]{{3}}){{3,}}(?:\.[0-9]+)?)$",
    ),
    ("written", f"^(?:[-+] ?)?(?:\\( ?)?{_AMOUNT}(?: ?[-)]|,-|,=)$"),
)
_EXPONENT = r"^[-+]?[0-9](?:[.,][0-9]+[eE][+-]?|[eE][+])[0-9]{1,3}$"
_WRITTEN = r"^(?i:[-(]? ?(?:rp|idr)[.:]? ?)[-(]? ?[0-9][0-9.,]*(?: ?[-)]|,-|,=)?$"
_WORDED = f"^[0-9]{{1,2}}[-/., ]*(?:{MONTH_NAME})[-/., ]*['’]?(?:[0-9]{{2}}|{_YEAR}){_TIME}$"
_COMPACT = f"^{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])$"
_BROKEN = "\ufffd|Ã[\x80-\xbf]|Ã[ƒ‚„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸ]|Â[\x80-\xbf]|â€"


def bared(cell: str) -> str:
    """SQL: the cell without the blanks and quotes around it; most cells have none, which a small pattern tells."""
    edge = "'^[^A-Za-z0-9(+#-]|[^A-Za-z0-9).%-]$'"
    return f"CASE WHEN regexp_matches({cell}, {edge}) THEN trim({cell}, {literal(BLANKS + QUOTES)}) ELSE {cell} END"


def has_blank_around(cell: str, bare: str) -> str:
    """SQL: whether a blank stands before or behind the cell."""
    return f"CASE WHEN {cell} = {bare} THEN false ELSE {cell} <> trim({cell}, {literal(BLANKS)}) END"


def has_quote_around(cell: str, bare: str) -> str:
    """SQL: whether a quote stands before or behind the cell, as in Excel's `'5301...`."""
    pattern = literal(f"^{BLANK}*[{QUOTES}]|[{QUOTES}]{BLANK}*$")
    return f"CASE WHEN {cell} = {bare} THEN false ELSE regexp_matches({cell}, {pattern}) END"


def is_broken(cell: str) -> str:
    """SQL: whether letters were lost (U+FFFD) or UTF-8 was read as something else (`Ã©`)."""
    return f"(strlen({cell}) <> length({cell}) AND regexp_matches({cell}, {literal(_BROKEN)}))"


def form_of(text: str) -> str:
    """SQL: the form of a bared cell."""
    return f"""CASE
        WHEN {text} = '' THEN 'blank'
        WHEN regexp_matches({text}, '^[0-9]+$') THEN {_digits(text)}
        WHEN NOT regexp_matches({text}, '[0-9]') THEN {_words(text)}
        WHEN NOT regexp_matches({text}, '[^-+0-9.,/:() TZ]') THEN CASE {_marked(text)} ELSE {_other(text)} END
        WHEN starts_with({text}, '#') AND regexp_matches({text}, '^#DIV/0!?$') THEN 'excel_error'
        WHEN regexp_matches({text}, {literal(_EXPONENT)}) THEN 'exponent'
        WHEN regexp_matches({text}, {literal(_WORDED)}) THEN 'date_words'
        WHEN regexp_matches({text}, {literal(_WRITTEN)}) THEN 'written'
        ELSE {_other(text)}
    END"""


def number_of(text: str, form: str) -> str:
    """SQL: what a cell of a number form says, DECIMAL(18,6); of a date form its year; else NULL.

    A single group of three (`1.250`) is read as thousands.
    """
    body = f"regexp_replace({text}, '^[^0-9]+|[^0-9]+$', '', 'g')"
    written = (
        f"CASE WHEN contains({text}, '(') OR regexp_matches({text}, '-[^0-9]*[0-9]') THEN '-' ELSE '' END || {body}"
    )
    return f"""TRY_CAST(CASE
        WHEN {form} IN ('zero', 'whole') THEN {text}
        WHEN {form} IN ('comma_decimal', 'point_group') THEN replace(replace({text}, '.', ''), ',', '.')
        WHEN {form} IN ('point_decimal', 'comma_group') THEN replace({text}, ',', '')
        WHEN {form} = 'written' THEN replace(replace({written}, '.', ''), ',', '.')
        WHEN {form} IN ('date_ymd', 'compact_date') THEN left({text}, 4)
        WHEN starts_with({form}, 'date') THEN regexp_extract({text}, '{_YEAR}')
    END AS DECIMAL(18,6))"""


def _digits(text: str) -> str:
    return f"""CASE
        WHEN length({text}) = 16 THEN 'sixteen'
        WHEN length({text}) BETWEEN 10 AND 14 AND regexp_matches({text}, '^(?:0|62)8') THEN 'phone'
        WHEN regexp_matches({text}, '^0+$') THEN 'zero'
        WHEN starts_with({text}, '0') THEN 'leading_zero'
        WHEN length({text}) >= 10 THEN 'long_digits'
        WHEN length({text}) = 8 AND regexp_matches({text}, {literal(_COMPACT)}) THEN 'compact_date'
        ELSE 'whole'
    END"""


def _words(text: str) -> str:
    return f"""CASE
        WHEN length({text}) < 12 AND lower({text}) IN {_list(_DASHES)} THEN 'dash'
        WHEN length({text}) < 12 AND lower({text}) IN {_list(_PLACEHOLDERS)} THEN 'placeholder'
        WHEN starts_with({text}, '#') AND regexp_matches({text}, '^#(?:N/A|REF!|VALUE!|NAME\\?|NUM!|NULL!)$')
        THEN 'excel_error'
        WHEN contains({text}, '@') THEN 'email'
        WHEN regexp_matches({text}, '\\s') THEN 'text'
        ELSE 'word'
    END"""


def _marked(text: str) -> str:
    return " ".join(f"WHEN regexp_matches({text}, {literal(pattern)}) THEN '{form}'" for form, pattern in _MARKED)


def _other(text: str) -> str:
    return (
        f"CASE WHEN starts_with({text}, 'hash:') AND length({text}) = 69 THEN 'secret'"
        f" WHEN contains({text}, '@') THEN 'email'"
        f" WHEN regexp_matches({text}, '\\s') THEN 'text' ELSE 'code' END"
    )


def _list(words: tuple[str, ...]) -> str:
    return f"({', '.join(map(literal, words))})"
