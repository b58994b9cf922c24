"""The grammar of MySQL dumps as compiled patterns, and a window that slides over a dump of any size.

Put here tokens, names and column definitions. Keep out what a statement means for the tables: that is `mysql_dump`.
Patterns are possessive (a scan never backtracks) and match only what is complete, so that a caller can ask for more
text when they do not. Used by the reader only; the count has its own way.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

import polars as pl

STRING = r"""'[^'\\]*+(?:(?:\\[\s\S]|'')[^'\\]*+)*+'|"[^"\\]*+(?:(?:\\[\s\S]|"")[^"\\]*+)*+\""""
_COMMENT = r"/\*[\s\S]*?\*/|--(?=[\s-])[^\n]*+\n|\#[^\n]*+\n"
_IDENTIFIER = r"(?:`(?:[^`]|``)++`|\"[^\"]++\"|[\w$]++)"
NAME = rf"{_IDENTIFIER}(?:\s*+\.\s*+{_IDENTIFIER})?+"
_LITERAL = rf"(?:_\w++\s*+|[xXbBnN])(?:{STRING})"
_BARE = r"""[^\s,()'";]++(?:\([^()'";]*+\))?+"""
VALUE = rf"(?:{STRING}|{_LITERAL}|{_BARE})"

BETWEEN = re.compile(rf"(?:[\s;]++|{_COMMENT})*+")
STATEMENT = re.compile(rf"(?:[^'\"`;#/-]++|{STRING}|`[^`]*+`|{_COMMENT}|/(?!\*)|-(?!-)|--(?![\s-]))*+;")
DELIMITER = re.compile(r"DELIMITER[ \t]++(\S++)[^\n]*+\n", re.I)
DELIMITER_BACK = re.compile(r"^[ \t]*+DELIMITER[ \t]++;[^\n]*+(?:\n|\Z)", re.I | re.M)
INSERT = re.compile(
    r"(?:INSERT|REPLACE)\s++(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE)\s++)*+(?:INTO\s++)?+"
    rf"({NAME})\s*+(?:\(((?:[^()`]++|`(?:[^`]|``)++`)*+)\)\s*+)?+VALUES?+\s*+(?=\()",
    re.I,
)
CREATE_TABLE = re.compile(
    rf"CREATE\s++(?:TEMPORARY\s++)?+TABLE\s++(?:IF\s++NOT\s++EXISTS\s++)?+({NAME})\s*+(\(?+)", re.I
)
CREATE_VIEW = re.compile(rf"CREATE\s[^;()]*?\bVIEW\s++(?:IF\s++NOT\s++EXISTS\s++)?+({NAME})", re.I)
CREATE_ROUTINE = re.compile(r"CREATE\s[^;(]*?\b(?:PROCEDURE|FUNCTION|TRIGGER|EVENT|PACKAGE)\b", re.I)
CHANGES_ROWS = re.compile(
    rf"(?:UPDATE\s++(?:LOW_PRIORITY\s++|IGNORE\s++)*+|DELETE\s++FROM\s++|TRUNCATE\s++(?:TABLE\s++)?+"
    rf"|LOAD\s++DATA\s[^;]*?\bINTO\s++TABLE\s++)({NAME})",
    re.I,
)
BLOCK_WORD = re.compile(
    rf"{STRING}|`[^`]*+`|{_COMMENT}|\b(BEGIN|CASE)\b|\b(END)\b(?:\s++(?:(IF|LOOP|WHILE|REPEAT)|CASE)\b)?+|(;)", re.I
)
AFTER_ROWS = re.compile(r"\s*+(;|\bON\s++DUPLICATE\b|\bAS\s)", re.I)
_NAME_PART = re.compile(_IDENTIFIER)
_DEFINITION = re.compile(rf"{STRING}|`(?:[^`]|``)++`|{_COMMENT}|[(),]|[^\s(),'\"`]++")
_NOT_A_COLUMN = {"primary", "key", "unique", "index", "constraint", "fulltext", "spatial", "foreign", "check", "period"}


@cache
def row_of(width: int) -> re.Pattern[str]:
    """One row of exactly `width` values."""
    return re.compile(rf"\s*+\(\s*+{VALUE}\s*+(?:,\s*+{VALUE}\s*+){{{width - 1}}}+\)")


@lru_cache(maxsize=64)
def rows_of(width: int, head: str) -> re.Pattern[str]:
    """As many rows as there are, each with what goes on after it: a comma, or the same INSERT head once more."""
    return re.compile(rf"(?:{row_of(width).pattern}\s*+(?:,|;\s*+{re.escape(head)}(?=\()))*+")


VALUES = re.compile(VALUE)
_POLARS_STRING = r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*\""""


def values_of(rows: str, head: str) -> pl.Series:
    """Values of whole rows (checked by `rows_of`), flat, as they stand. Rust's regex engine is several times faster."""
    literal = rf"(?:_\w+\s*|[xXbBnN])(?:{_POLARS_STRING})"
    bare = r"""[^\s,()'";]+(?:\([^()'";]*\))?"""
    pattern = rf"(?s){_POLARS_STRING}|{literal}|{bare}|;\s*{pl.escape_regex(head)}"
    found = pl.Series([rows]).str.extract_all(pattern).explode()
    return found.filter(~found.str.starts_with(";")) if rows.find(";") >= 0 else found


ANY_ROW = re.compile(rf"\s*+\(\s*+{VALUE}\s*+(?:,\s*+{VALUE}\s*+)*+\)")


def plain_name(name: str) -> str:
    """The table's own name: without quotes and without the database before it."""
    last: str = _NAME_PART.findall(name)[-1]
    return _unquoted(last)


def listed_names(names: str) -> list[str]:
    """Names of a column list."""
    return [_unquoted(name) for name in _NAME_PART.findall(names)]


def defined_columns(statement: str, start: int) -> list[str]:
    """Column names of a CREATE TABLE statement whose opening parenthesis stands before `start`."""
    return list(_columns(match.group() for match in _DEFINITION.finditer(statement, start)))


def _columns(tokens: Iterator[str]) -> Iterator[str]:
    depth, first = 0, True
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if depth < 0:
            return
        if first and depth == 0 and token != "," and not token.startswith(("--", "#", "/*")):
            first = False
            if token.lower() not in _NOT_A_COLUMN:
                yield _unquoted(token)
        elif depth == 0 and token == ",":
            first = True


def _unquoted(name: str) -> str:
    quote = name[0]
    return name[1:-1].replace(quote * 2, quote) if quote in '`"' else name


class Window:
    """The part of a dump that is held in memory: `text` from `at` on is still to be read.

    `line` answers for errors. `more` extends the window and says whether there was more.
    """

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self._lines_before = 0
        self.text = ""
        self.at = 0
        self.ended = False

    def line(self, at: int | None = None) -> int:
        """Line (1-based) of a position in the window, by default the current one."""
        return self._lines_before + self.text.count("\n", 0, self.at if at is None else at) + 1

    def more(self) -> bool:
        """Drop what was read and take in the next block; at the end of the file a last line end is added."""
        if self.ended:
            return False
        self._lines_before += self.text.count("\n", 0, self.at)
        self.text, self.at = self.text[self.at :], 0
        block = next(self._blocks, None)
        self.ended = block is None
        self.text += "\n" if block is None else block
        return True

    def match(self, pattern: re.Pattern[str], *, limit: int) -> re.Match[str] | None:
        """Match at the current position, with more text if needed, up to `limit` characters held."""
        while (found := pattern.match(self.text, self.at)) is None and len(self.text) - self.at < limit and self.more():
            pass
        return found
