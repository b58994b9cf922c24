"""Masking of what leaves the gate: error messages, values on pages, validation results (law 8).

Put here how a value is made unreadable. What is *for* the cooperative (workbook, sign-off pack) is written elsewhere,
from `gate.findings`, unmasked.
"""

import re
from collections.abc import Mapping
from typing import Any

MESSAGE_LENGTH = 200
COUNTS = (
    "element_count",
    "unexpected_count",
    "unexpected_percent",
    "unexpected_percent_total",
    "unexpected_percent_nonmissing",
    "missing_count",
    "missing_percent",
    "observed_value",
)
SAFE_ERRORS = ("Binder", "Catalog", "Parser")
_DUCKDB_ERROR = re.compile(r"(?P<kind>[A-Z][A-Za-z ]*?) Error: (?P<text>[^\n]*)")
_NO_COLUMN = re.compile(r'The column "(?P<column>[A-Za-z_][A-Za-z0-9_]*)" in BatchData does not exist')


def masked_error(message: str) -> str:
    """One short sentence about why a rule could not be evaluated, without any value of the data.

    Errors about names (a missing column, a typing mistake) keep their text, because it can only come from the rule;
    errors raised while reading rows keep their kind only.
    """
    if found := _NO_COLUMN.search(message):
        return f"the table has no column {found['column']}"
    found = _DUCKDB_ERROR.search(message)
    if found is None:
        return "Great Expectations could not evaluate the rule"
    if not found["kind"].endswith(SAFE_ERRORS):
        return f"{found['kind']} Error while reading the rows (details withheld: they may hold personal data)"
    text = re.sub(r"'[^']*'", "'...'", found["text"])
    return f"{found['kind']} Error: {re.sub(r'[0-9]{5,}', '...', text)}"[:MESSAGE_LENGTH]


def masked_result(result: Mapping[str, Any]) -> dict[str, int | float]:
    """The numbers of a GX result object and nothing else: no values, no rows, no queries."""
    return {name: result[name] for name in COUNTS if isinstance(result.get(name), int | float)}


# rules whose `before` may be any cell of the source, also where the finding names no column
ANY_CELL = ("MAP-EXPR-01", "COP-GATE-01")
# rules whose `before` is a sentence that the pipeline itself wrote, with amounts and no person in it
NOTED = (
    "ACC-TIE-01", "ACC-TIE-02", "ACC-TIE-03", "ACC-TIE-04", "ACC-HDR-01", "LON-SCH-01", "LON-OUT-02", "LON-COL-02",
    "LON-COL-03", "CUT-01", "SAV-HIS-01", "LSC-SUM-01", "LSC-SUM-02", "TRX-BAL-01", "TRX-BCK-01", "RPY-BCK-01",
    "SAV-TRM-01", "SAV-TRM-02", "SAV-BLK-02", "ACC-SHU-02", "ACC-SUS-01", "ACC-NAT-01", "ACC-INT-01", "ACC-INT-02",
    "ACC-ALW-01", "ACC-ALW-02", "LON-EXP-01", "LON-EXP-02", "LON-EXP-03", "LON-RTE-01", "LON-RTE-02", "LON-CAP-02",
    "LON-OUT-04", "LON-RTE-03", "LON-RES-02", "LON-INT-01", "LON-INT-02", "CUT-02", "CUT-03", "SAV-CLS-02",
    "LON-ACR-01", "SAV-ACR-01", "LON-SCH-02", "CUT-05", "ACC-HDR-02", "ACC-PAR-01", "SAV-REF-04",
    "SAV-REF-05", "ACC-SHU-01", "LON-INT-03", "LON-INT-04", "LON-INT-05", "RPY-REV-01", "LON-WOF-01",
    "LON-DUE-03", "LON-OUT-05", "LON-RTE-04", "LON-RTE-05", "LON-RTE-06", "LON-INT-06", "LON-INT-07",
    "LON-PRN-01", "RPY-PRT-01", "RPY-PRT-02", "LON-ACR-02", "LON-ACR-03", "LON-OUT-06", "SAV-HIS-02", "LON-INT-08",
    "LON-INT-09", "LON-INT-10", "LON-INT-11", "LON-RES-03", "LON-ACR-04",
)  # fmt: skip
OPEN_FORM = "[-+0-9.,: ]{1,22}|true|false"


def open_sql(value: str, rule: str, column: str, row: str, open_columns: list[str]) -> str:
    """A DuckDB expression that shows amounts and dates, and what is said of the cooperative as a whole; masks the rest.

    A value of one of `open_columns` is shown where it looks like a number or a date and holds no long number.
    """
    listed = ", ".join(f"'{name}'" for name in open_columns) or "''"
    looks_open = f"regexp_full_match({value}, '{OPEN_FORM}') and not regexp_matches({value}, '[0-9]{{12,}}')"
    noted = ", ".join(f"'{name}'" for name in NOTED)
    any_cell = ", ".join(f"'{name}'" for name in ANY_CELL)
    return (
        f"case when {rule} in ({noted}) or {rule} not in ({any_cell}) and ({row} is null"
        f" or ({column} in ({listed}) and {looks_open}))"
        f" then {value} else {masked_sql(value)} end"
    )


def masked_sql(expression: str) -> str:
    """A DuckDB expression that masks a text: `5301********0001` for a long number, else the first character at most."""
    return (
        f"case when {expression} is null then null"
        f" when regexp_full_match({expression}, '[0-9]{{12,}}')"
        f" then left({expression}, 4) || repeat('*', (length({expression}) - 8)::int) || right({expression}, 4)"
        f" when length({expression}) >= 4 then left({expression}, 1) || '***' else '***' end"
    )
