"""The canonical tables as a document: `python -m koop_pipeline.contracts.reference > docs/guides/tables.md`.

Put here what a reader of the document is told of a column; a test holds the document against it.
"""

from koop_pipeline.contracts import TABLES, Column, Table
from koop_pipeline.contracts.model import Form, Kind

HEAD = """\
# The canonical tables

What every legacy system is mapped to ([profile.md](profile.md)) and what the target holds. Each table starts with
`cooperative_id`; the key is `cooperative_id` and the columns marked *key*. Each ends with `branch`, `source_no` and
`extras` (JSON of what has no column). Unknown is null, never 0. Text is NFC and trimmed; lists of words are closed.

*needed*: never empty. *derived*: worked out where the profile leaves it out, compared where it gives it. *optional*:
may be unknown. *personal*: shown masked everywhere but in staging, in the target and in what goes to the cooperative
itself. What else is asked of a value stands with the rules in `expectations/`. This page is made from
`koop_pipeline/contracts`.
"""
KINDS: dict[Kind, str] = {
    "text": "text", "money": "rupiah", "rate": "percent", "integer": "whole number", "date": "date",
    "boolean": "true, false", "json": "JSON",
}  # fmt: skip
FORMS: dict[Form, str] = {
    "plain": "text", "code": "code", "name": "name", "nik": "NIK", "npwp": "NPWP", "nib": "NIB",
    "cooperative_nik": "NIK of the cooperative", "legal_entity": "number of the legal body", "phone": "phone",
    "email": "email", "region": "code of the region",
}  # fmt: skip


def reference() -> str:
    """The whole document, in the order of loading."""
    return "\n".join([HEAD, *(_section(table) for table in TABLES.values())])


def _section(table: Table) -> str:
    note = ", made by the step open" if table.opening else "" if table.promoted else ", in staging only"
    lines = [f"| `{column.name}` | {_given(table, column)} | {_holds(column)} |" for column in table.columns]
    head = [f"## {table.name}", f"{table.title}{note}", "", "| column | given | holds |", "|---|---|---|"]
    return "\n".join([*head, *lines, ""])


def _given(table: Table, column: Column) -> str:
    given = "derived" if column.derived else "needed" if column.required else "optional"
    if column.name not in table.key:
        return given
    return "key" if given == "needed" else f"key, {given}"


def _holds(column: Column) -> str:
    what = FORMS.get(column.form, "") if column.kind == "text" else KINDS[column.kind]
    what = ", ".join(f"`{value}`" for value in column.values) or what
    year = " a year" if column.name == "annual_rate" else ""
    of = f" of {column.references}" if column.references else ""
    return f"{what}{year}{of}{', personal' if column.personal else ''}"


if __name__ == "__main__":
    print(reference(), end="")
