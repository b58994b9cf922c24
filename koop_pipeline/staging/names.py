"""Quoting of names and texts in SQL."""


def quoted(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


FIRST_DERIVED_ROW = 1_000_000
"""Products that follow from accounts and loans, and a suspense account that the chart lacks, have a `_row` above it."""
FIRST_ADDED_ROW = 1_000_000_000
"""Rows that corrections add have a `_row` above this one."""
