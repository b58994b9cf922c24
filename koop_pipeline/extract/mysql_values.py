"""Values of a MySQL dump as they stand in the file, turned into faithful text.

Put here escapes, NULL, bytes and bits. Keep out where values come from.
"""

import re

import polars as pl

from koop_pipeline.extract.values import marked

_NAMED = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}
_KEPT = "%_"
_ESCAPED = [chr(code) for code in range(1, 128) if chr(code) not in _KEPT]
_FROM = [*(f"\\{character}" for character in _ESCAPED), "''"]
_TO = [*(_NAMED.get(character, character) for character in _ESCAPED), "'"]
_ESCAPE = re.compile(r"""\\([\s\S])|''|"\"""")
_PLAIN = r"^(?:[0-9+.-][0-9a-wyzA-WYZ+.-]*|[A-Za-z]{3,})$"


def texts_of(values: pl.Series, encoding: str) -> pl.Series:
    """The texts that dumped values mean, as one String series in the same order.

    Strings lose quotes and escapes, NULL is null, numbers stay as written, bytes become lower-case hexadecimal without
    prefix, bits their digits, and bare words (CURRENT_TIMESTAMP) stay as they are.
    """
    quoted = values.str.starts_with("'")
    inner = values.str.head(-1).str.slice(1)
    escaped = quoted & (inner.str.contains("\\", literal=True) | inner.str.contains("''", literal=True))
    others = values.filter(~quoted)
    texts = inner.scatter((~quoted).arg_true(), _unquoted_texts(others, encoding))
    if escaped.any():
        where = escaped.arg_true()
        texts = texts.scatter(where, texts.gather(where).str.replace_many(_FROM, _TO))
    return texts


def bytes_text(literal: str, encoding: str) -> str:
    """Hexadecimal of a `_binary '..'` literal, whose undecodable bytes are lone surrogates."""
    quote = literal[-1]
    inner = _unescaped(literal[literal.index(quote) + 1 : -1], quote)
    return inner.encode(encoding, "surrogateescape").hex()


def _unquoted_texts(values: pl.Series, encoding: str) -> pl.Series:
    null = values.str.len_bytes().eq(4) & values.str.to_uppercase().eq("NULL")
    special = (~values.str.contains(_PLAIN)).arg_true()
    texts = values.scatter(special, [_special(value, encoding) for value in values.gather(special)])
    stored = texts.str.contains(r"^-?[0-9]+\.[0-9]+$")
    if stored.any():
        rows = stored.arg_true()
        texts = texts.scatter(rows, texts.gather(rows).str.replace(".", marked("."), literal=True))
    return texts.scatter(null.arg_true(), None)


def _special(value: str, encoding: str) -> str:
    head = value[:1].lower()
    if value[:2].lower() == "0x":
        return value[2:].lower()
    if value[:7].lower() == "_binary":
        return bytes_text(value, encoding)
    quote = value[-1]
    if quote not in "'\"":
        return value
    inner = _unescaped(value[value.index(quote) + 1 : -1], quote)
    return inner.lower() if head == "x" else inner


def _unescaped(text: str, quote: str) -> str:
    def plain(found: re.Match[str]) -> str:
        character = found.group(1)
        if character is None:
            return quote if found.group() == quote * 2 else found.group()
        return f"\\{character}" if character in _KEPT else _NAMED.get(character, character)

    return _ESCAPE.sub(plain, text)
