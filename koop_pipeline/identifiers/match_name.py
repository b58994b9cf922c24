r"""The name of a person as a key for finding duplicates: two spellings of one name give one key.

In this order: small letters without accents; brackets and quotes gone (`Ma'arif` is `marif`); titles in front (`Hj.`,
`Drs.`, `Bpk`, `Alm.`) and degrees at the end (`S.Kom`, `, M.Si`) gone; every other mark a space; `Mohammad` in its
spellings one; doubled letters (up to eight) one; the old spelling (Ejaan van Ophuijsen and Soewandi) folded to the new;
one space between words. Digits stay: `Siti 2` may be another Siti.

Old to new: dj to j, sj to sy, nj to ny, tj to c, oe to u. What today's spelling means by these letters is folded too,
for all alike: Panjaitan, in old spelling Pandjaitan, is `panyaitan`.

Mohammad: Muhammad, Mohamad, Muhamed, Mochamad, Mukhammad and the like, and the words Moh, Moch, Muh, Mohd, Muhd, become
`muhamad`. Not folded: `M.` (in NTT also Maria, Markus, Made), `Md.` (Made), and Ahmad, Achmad, Akhmad.

Left alone, since they may make two people one: ch and kh, sy and s, f, p and v, z and j, i and y, and words written
together or apart (Abdul Rahman, Abdurrahman). How similar two keys are is for whoever compares them. `Nona`, `Tuan` and
Raden (`R.`) are not titles here: they are part of real names. A degree that could be a name (`Ama`, `Sak`) goes only
with its dots or behind a comma. A name of which titles and degrees would leave nothing keeps them. The key is never
shown and never stored: it is no name.
"""

import string

import polars as pl

from koop_pipeline.identifiers import verbs

TITLES = (
    *("h", "hj", "haji", "hadji", "hajjah", "hajah", "hadjah", "k ?h", "kyai", "kiai", "kiyai"),
    *("ust", "ustad", "ustadz", "ustaz", "ustadzah", "ustadah", "ustazah", "pdt"),
    *("drs", "dra", "ir", "dr", "drg", "drh", "prof", "apt"),
    *("alm", "almh", "almarhum", "almarhumah"),
    *("bpk", "bapak", "bp", "pak", "ibu", "bu", "sdr", "sdri", "saudara", "saudari", "tn", "ny", "nn"),
)
DEGREES = (
    *("s.h", "s.e", "s.kom", "s.ikom", "s.pd", "s.pd.i", "s.pd.sd", "s.t", "s.st", "s.tp", "s.sos", "s.sos.i", "s.psi"),
    *("s.hut", "s.farm", "s.kep", "s.ked", "s.keb", "s.kg", "s.km", "s.gz", "s.pt", "s.p", "s.pi", "s.si", "s.s"),
    *("s.sn", "s.th", "s.th.i", "s.fil", "s.stat", "s.tr.keb", "s.tr.kep", "b.sc", "l.c", "ph.d", "ners", "apt"),
    *("m.si", "m.m", "m.h", "m.t", "m.pd", "m.pd.i", "m.kom", "m.kes", "m.hum", "m.kn", "m.sc", "m.th", "m.sos"),
    *("a.md", "a.md.keb", "a.md.kep", "a.md.kom", "a.ma.pd", "alm", "almh", "almarhum", "almarhumah"),
)
DEGREES_LIKE_NAMES = (
    *("s.ag", "s.ip", "s.ak", "s.ap", "s.ab", "s.an", "s.h.i", "s.e.i", "m.ag", "m.ak", "m.ap", "m.a", "m.b.a"),
    *("m.eng", "b.a", "b.e", "a.ma"),
)
OLD_TO_NEW = {"ndj": "ny", "sdj": "sy", "dj": "j", "sj": "sy", "nj": "ny", "tj": "c", "oe": "u"}
LONGEST_RUN = 8

_JOINS = rf"[\\{verbs.QUOTES}\u02bb\u02bc]"
_MARKS = r"(?: *[^\p{L}\p{N}, ]+)+ *| {2,}"
_NOT_ASCII = "[^\x00-\x7f]"
_A_LETTER = r"\p{L}"
_TITLE = f"(?:{'|'.join(TITLES)})"
_IN_FRONT = f"^[ ,]*(?:{_TITLE}[ ,]+)+"
_ONLY_TITLES = f"^{_TITLE}(?: {_TITLE})*$"
_OPTIONAL_DOTS = "|".join(degree.replace(".", " ?") for degree in DEGREES)
_NEEDED_DOTS = "|".join(degree.replace(".", " ") for degree in DEGREES_LIKE_NAMES)
_AFTER_COMMA = "|".join(degree.replace(".", "") for degree in DEGREES_LIKE_NAMES)
_AT_THE_END = f"(?:[ ,]+(?:{_OPTIONAL_DOTS}|{_NEEDED_DOTS})|,[ ,]*(?:{_AFTER_COMMA}))+[ ,]*$"
_MUHAMMAD = r"\b(?:m[ou](?:h|ch|kh)am+[ae]d|m(?:oh|och|uh|uch)d?)\b"


def match_key(name: pl.Expr) -> pl.Expr:
    """Column `match_key` (String): the key of names, delivered or canonical; null where there is no letter.

    Null is no key: two names without one do not match.
    """
    return _folded(verbs.let(_untitled(pl.field("plain")), plain=_plain(name))).alias("match_key")


def key_of(name: str) -> str | None:
    """The key of one name.

    >>> key_of("Hj. Siti AISJAH, S.Kom")
    'siti aisyah'
    >>> key_of("Drs. H. Moch. Soekarno")
    'muhamad sukarno'
    >>> key_of("12345") is None
    True
    """
    key: str | None = pl.select(match_key(pl.lit(name, dtype=pl.String))).item()
    return key


def _plain(name: pl.Expr) -> pl.Expr:
    """Small letters, digits, commas and single spaces."""
    accented = pl.when(name.str.contains(_NOT_ASCII)).then(name).str.normalize("NFKD").str.to_lowercase()
    small = pl.coalesce(accented.str.replace_all(r"\p{M}", ""), name.str.to_lowercase())
    joined = small.str.replace_all(_JOINS, "")
    return joined.str.replace_all(_MARKS, " ").str.strip_chars(" ")


def _untitled(plain: pl.Expr) -> pl.Expr:
    """Without titles and degrees, unless that leaves no name; null where there is no letter."""
    bare, whole = pl.field("bare"), pl.field("whole")
    named = bare.str.contains(_A_LETTER) & ~bare.str.contains(_ONLY_TITLES)
    return verbs.let(
        pl.when(named).then(bare).when(whole.str.contains(_A_LETTER)).then(whole),
        bare=_without_commas(plain.str.replace(_AT_THE_END, "").str.replace(_IN_FRONT, "")),
        whole=_without_commas(plain),
    )


def _without_commas(name: pl.Expr) -> pl.Expr:
    return name.str.replace_all(" ?,[, ]*", " ").str.strip_chars(" ")


def _folded(name: pl.Expr) -> pl.Expr:
    """The fold of old letters may double one of those it writes."""
    single = _undoubled(name.str.replace_all(_MUHAMMAD, "muhammad"), string.ascii_lowercase)
    return _undoubled(single.str.replace_many(OLD_TO_NEW, leftmost=True), "cjuy")


def _undoubled(name: pl.Expr, letters: str) -> pl.Expr:
    runs = {letter * length: letter for length in range(LONGEST_RUN, 1, -1) for letter in letters}
    return name.str.replace_many(runs, leftmost=True)
