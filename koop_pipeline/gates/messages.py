"""One sentence that says why a cooperative got its verdict: the rule in words, how often, and where first.

Amounts are shown; values of rows are not.
"""

import re

from koop_pipeline.gates.masking import ANY_CELL
from koop_pipeline.identifiers.masking import mask_text
from koop_pipeline.staging import Staging

SHOWN = 3
LENGTH = 640
CAUSES = (
    ("EXT", "MAP"),
    ("ENM", "MNY", "DAT", "NUM", "BOL", "NAM"),
    ("KEY", "REF", "CUT"),
)
FOLLOWING = ("TIE", "TOT", "OSB", "OTB", "LSC", "REQ", "DCL")


def message_of(staging: Staging, cooperative_id: str, verdict: str) -> str:
    """The reason for the verdict, empty for `passed`."""
    broken = staging.rows("SELECT table_name, rule, error FROM gate.rules WHERE NOT evaluated ORDER BY ALL")
    if verdict == "blocked" and broken:
        table, rule, error = broken[0]
        return f"{rule} ({table}) could not be evaluated, so nothing is promoted: {error}"
    wanted = ["block"] if verdict == "blocked" else ["warn", "hold"]
    rules = staging.rows(
        "SELECT c.table_name, c.rule, r.title_en, sum(c.failed)::BIGINT FROM gate.rule_counts c"
        " JOIN gate.rules r ON r.table_name = c.table_name AND r.rule = c.rule"
        " WHERE c.cooperative_id = ? AND c.consequence IN (SELECT unnest(?)) GROUP BY ALL ORDER BY 4 DESC, 1, 2",
        [cooperative_id, wanted],
    )
    rules = sorted(rules, key=lambda rule: _rank(rule[1]))
    parts: list[str] = []
    for rule in rules[:SHOWN]:
        fitting = (_part(staging, cooperative_id, *rule, most_notes=count) for count in (SHOWN, 1, 0))
        part = next((text for text in fitting if len("; ".join([*parts, text])) <= LENGTH), None)
        if part is None:
            break
        parts.append(part)
    left = len(rules) - len(parts)
    message = "; ".join([*parts, *([f"and {left} more rule{'s' if left > 1 else ''}"] if left else [])])
    return _without_people(staging, cooperative_id, message)


def _without_people(staging: Staging, cooperative_id: str, message: str) -> str:
    """The message with names of members and officers masked: a workbook may have a sheet a member, named like them."""
    people = " UNION ALL ".join(
        f"SELECT full_name FROM cleaned.{table} WHERE cooperative_id = $id" for table in ("members", "officers")
    )
    rows = staging.rows(
        f"SELECT DISTINCT full_name FROM ({people}) WHERE contains(full_name, ' ')"
        " AND contains(lower($message), lower(full_name)) ORDER BY length(full_name) DESC, full_name",
        {"id": cooperative_id, "message": message},
    )
    for (name,) in rows:
        message = re.sub(re.escape(name), mask_text(name), message, flags=re.IGNORECASE)
    return message


def _rank(rule: str) -> int:
    """Causes before what follows from them: files, mapping, single values, references; totals and ties last."""
    prefix, _, word = rule.rpartition("-")[0].partition("-")
    for rank, words in enumerate(CAUSES):
        if prefix in words or word in words:
            return rank
    return len(CAUSES) + (prefix in FOLLOWING or word in FOLLOWING)


def _part(
    staging: Staging, cooperative_id: str, table: str, rule: str, title: str, failed: int, *, most_notes: int
) -> str:
    """One rule: its title, how often and where first, and notes of what was found."""
    row, before = staging.rows(
        "SELECT row, before FROM gate.findings WHERE cooperative_id = ? AND table_name = ? AND rule = ?"
        " ORDER BY row NULLS FIRST LIMIT 1",
        [cooperative_id, table, rule],
    )[0]
    known = staging.rows(
        "SELECT note, source_file, source_table, source_row FROM checked.failures WHERE cooperative_id = ?"
        " AND (table_name = ? OR rule = 'ACC-TIE-02') AND rule = ? ORDER BY row NULLS FIRST, source_row, note",
        [cooperative_id, table, rule],
    )
    notes = list(dict.fromkeys(note for note, *_ in known if note))[:most_notes]
    place = _place(staging, cooperative_id, table, row) if row is not None else ""
    if not place and known and known[0][1] and known[0][3]:
        place = f", first in {known[0][1]}, {known[0][2]}, row {known[0][3]}"
    where = f" ({failed} in {table}{place})" if row is not None or place else ""
    detail = "; ".join(notes) or (before if row is None and rule not in ANY_CELL else None)
    return f"{rule} {title}{where}" + (f": {detail}" if detail else "")


def _place(staging: Staging, cooperative_id: str, table: str, row: int) -> str:
    exists = staging.value(
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'cleaned' AND table_name = ?", [table]
    )
    if not exists:
        return ""
    found = staging.rows(
        f"SELECT _source_file, _source_table, _source_row FROM cleaned.{table} WHERE cooperative_id = ? AND _row = ?",
        [cooperative_id, row],
    )
    if not found or found[0][0] is None:
        return ""
    file, source_table, number = found[0]
    return f", first in {file}, {source_table}, row {number}" if number else f", first in {file}"
