"""What a cooperative has to look at after the gate: failed cells, differences without a row, look-alike members.

Read from an open staging file in chunks of whole cooperatives, one query a table and chunk. `expected` is what stands
in the cell when corrections are matched: the mapped text, or what an applied correction made of it. Personal data stays
as it is, since a workbook goes to the cooperative itself.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from koop_pipeline.contracts import REQUIRED_CATEGORIES, SOURCED, TABLES, Table
from koop_pipeline.corrections.model import ALLOCATED, CORRECTABLE, At
from koop_pipeline.corrections.workbook.layout import ORDER
from koop_pipeline.corrections.workbook.suggestions import with_suggestions
from koop_pipeline.staging import Staging, literal, quoted
from koop_pipeline.staging.chunks import groups

CHUNK_FINDINGS = 50_000
BRANCHED = "SELECT cooperative_id FROM raw.tables GROUP BY 1 HAVING count(DISTINCT branch) > 1"
PAIRED = "MBR-DUP-02"
"""Said on the sheet of pairs, not line by line."""
MERGED = "MBR-DUP-01"
"""Says that the row went into another member."""
Rule = tuple[str, str]
"""Table and rule id."""


@dataclass(frozen=True)
class Words:
    """What a rule says in Indonesian."""

    title: str
    explanation: str


@dataclass(frozen=True)
class Line:
    """One failed cell (or row, where `column` is None) with every rule that it fails.

    `cells`: the row as delivered, text by column, empty ones left out. `refers` is the account or loan that a movement
    names. `suggestion` is canonical text. `into`: the member that the row went into as a sure duplicate.
    """

    table: str
    row: int
    column: str | None
    consequence: str
    rules: tuple[str, ...]
    key: str | None
    at: At | None
    owner: str | None
    expected: str | None
    shown: str | None
    suggestion: str | None
    cells: dict[str, str]
    into: str | None = None
    branch: str | None = None

    @property
    def refers(self) -> str | None:
        """The account or loan that the row names now."""
        return self.cells.get(ALLOCATED.get(self.table, ""))


@dataclass(frozen=True)
class Difference:
    """A finding that no cell can mend: a total, a tie, a missing category, a row that is not in the delivery."""

    table: str
    rule: str
    consequence: str
    count: int
    detail: str | None


@dataclass(frozen=True)
class Person:
    """A member as delivered."""

    key: str | None
    at: At | None
    cells: dict[str, str]


@dataclass(frozen=True)
class Pair:
    """Two members that may be one person; `compared`: column and how it compares, what speaks for it most first."""

    first: Person
    second: Person
    compared: tuple[tuple[str, str], ...]


@dataclass
class Findings:
    """Everything about one cooperative. `missing`: by table the keys that failed references name (maybe none)."""

    cooperative_id: str
    lines: list[Line] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    missing: dict[str, list[str]] = field(default_factory=dict)


def read_findings(staging: Staging, ids: Sequence[str]) -> Iterator[Findings]:
    """The findings of each cooperative, in the order of `ids`; also of one that has none."""
    counts = dict(staging.rows("SELECT cooperative_id, count(*) FROM gate.findings GROUP BY ALL"))
    for chunk in groups(((each, counts.get(each, 0)) for each in ids), CHUNK_FINDINGS):
        found = {each: Findings(each) for each in chunk}
        for name in CORRECTABLE:
            _read_lines(staging, TABLES[name], chunk, found)
        _read_differences(staging, chunk, found)
        _read_pairs(staging, chunk, found)
        _note_missing(found, {row[0] for row in staging.rows(BRANCHED)})
        yield from found.values()


def _read_lines(staging: Staging, table: Table, ids: list[str], found: dict[str, Findings]) -> None:
    frame = with_suggestions(table, staging.frame(_lines_sql(table), {"ids": ids}))
    columns = [
        "cooperative_id", "row", "column_name", "consequence", "rules", "key", "file", "source_table", "source_row",
        "owner", "expected", "shown", "suggestion", "cells", "into_key", "branch",
    ]  # fmt: skip
    for (
        one,
        row,
        column,
        sharp,
        rules,
        key,
        file,
        source,
        number,
        owner,
        expected,
        shown,
        advice,
        cells,
        into,
        branch,
    ) in zip(*(frame[name].to_list() for name in columns), strict=True):
        line = Line(
            table.name, row, column, ORDER[sharp], tuple(rules), key, _at(file, source, number), owner,
            expected, shown, advice, _present(cells), into, branch,
        )  # fmt: skip
        found[one].lines.append(line)


def _at(file: str | None, table: str | None, row: int | None) -> At | None:
    return At(file=file, table=table, row=row) if file and row else None


def _present(cells: str) -> dict[str, str]:
    return {name: text for name, text in json.loads(cells).items() if text not in (None, "")}


def _lines_sql(table: Table) -> str:
    """One row a failed cell, in the order: consequence, column, row."""
    named = [column.name for column in table.columns]
    settable = ", ".join(literal(name) for name in named)
    cells = ", ".join(f"{literal(name)}, m.{quoted(name)}" for name in named)
    texts = " ".join(f"WHEN {literal(name)} THEN m.{quoted(name)}" for name in named)
    key = _key_sql("m", table.key[0])
    return f"""
        WITH f AS (
            SELECT cooperative_id, "row", CASE WHEN column_name IN ({settable}) THEN column_name END AS column_name,
                   min(list_position({list(ORDER)}, consequence)) - 1 AS consequence,
                   list(DISTINCT rule ORDER BY rule) AS rules, any_value(before ORDER BY rule) AS before
            FROM gate.findings
            WHERE table_name = {literal(table.name)} AND "row" IS NOT NULL AND rule <> {literal(PAIRED)}
              AND cooperative_id IN (SELECT unnest($ids::VARCHAR[]))
            GROUP BY 1, 2, 3
        ), t AS (
            SELECT f.*, m.branch, {key} AS key, json_object({cells}) AS cells,
                   CASE f.column_name {texts} END AS mapped, k.value AS corrected,
                   {_owner(table)} AS owner, m._source_file AS file, m._source_table AS source_table,
                   m._source_row AS source_row, {_into(table)} AS into_key
            FROM f JOIN mapped.{table.name} m ON m.cooperative_id = f.cooperative_id AND m._row = f."row"
            {_joins(table)}
        )
        SELECT t.* EXCLUDE (before), {_expected()} AS expected, {_shown()} AS shown, {_nearest(table)} AS nearest
        FROM t ORDER BY cooperative_id, consequence, column_name NULLS FIRST, "row"
    """


def _key_sql(row: str, column: str) -> str:
    """The key as delivered, with its branch in front where there is one: so it stands for one row only."""
    key = f"nullif(trim({row}.{quoted(column)}), '')"
    return f"CASE WHEN {row}.branch IS NULL THEN {key} ELSE {row}.branch || '-' || {key} END"


def _into(table: Table) -> str:
    """The key of the member that stayed, on the line that tells of the merge."""
    if table.name != "members":
        return "NULL::VARCHAR"
    return f"CASE WHEN list_contains(f.rules, {literal(MERGED)}) THEN {_key_sql('stays', 'member_no')} END"


def _expected() -> str:
    return "CASE WHEN corrected IS NULL THEN mapped ELSE corrected[1] END"


def _shown() -> str:
    """What an officer sees; of a value that was worked out, that; of one that no expression could read, the source."""
    worked_out = "coalesce(try_cast(before AS DECIMAL(38,6))::VARCHAR, try_cast(before AS DATE)::VARCHAR)"
    return (
        f"CASE WHEN coalesce(trim({_expected()}), '') <> '' THEN {_expected()}"
        " WHEN list_contains(rules, 'MAP-EXPR-01') THEN before"
        f" WHEN {worked_out} IS NOT NULL THEN '(dihitung) ' || before END"
    )


def _joins(table: Table) -> str:
    """What a line needs besides its row: the last correction of its cell, and whose row it is."""
    joins = [
        'LEFT JOIN (SELECT cooperative_id, "row", column_name, [max_by(value, number)] AS value'
        f" FROM mapped.corrections WHERE table_name = {literal(table.name)} AND outcome = 'applied'"
        " AND action IN ('set', 'allocate') GROUP BY ALL) k"
        ' ON k.cooperative_id = f.cooperative_id AND k."row" = f."row" AND k.column_name = f.column_name'
    ]
    if table.name == "members":
        joins.append(
            'LEFT JOIN cleaned.merges g ON g.cooperative_id = f.cooperative_id AND g."row" = f."row" AND g.rule ='
            f" {literal(MERGED)} LEFT JOIN mapped.members stays ON stays.cooperative_id = g.cooperative_id"
            " AND stays._row = g.into_row"
        )
    own = f'LEFT JOIN cleaned.{table.name} c ON c.cooperative_id = f.cooperative_id AND c._row = f."row"'
    people = _first("members", "member_no", "full_name")
    through = {"savings_transactions": ("savings_accounts", "account_no")}
    through |= dict.fromkeys(("loan_instalments", "loan_repayments"), ("loans", "loan_no"))
    if table.name in through:
        parent, column = through[table.name]
        behind = _first(parent, column, "member_no")
        joins += [own, f"LEFT JOIN ({behind}) a ON a.id = c.cooperative_id AND a.key = c.{column}"]
        joins.append(f"LEFT JOIN ({people}) o ON o.id = a.id AND o.key = a.value")
    elif table.has("member_no") and not table.has("full_name"):
        joins += [own, f"LEFT JOIN ({people}) o ON o.id = c.cooperative_id AND o.key = c.member_no"]
    return " ".join(joins)


def _owner(table: Table) -> str:
    """Whose row it is: the person's own name, the member behind an account or loan, the account's name."""
    for name in ("full_name", "name"):
        if table.has(name):
            return f"m.{name}"
    return "o.value"


def _first(table: str, key: str, value: str) -> str:
    return (
        f"SELECT cooperative_id AS id, {key} AS key, any_value({value} ORDER BY _row) AS value FROM cleaned.{table}"
        " WHERE cooperative_id IN (SELECT unnest($ids::VARCHAR[])) GROUP BY ALL"
    )


def _nearest(table: Table) -> str:
    """For a reference that leads nowhere: the one key of the parent that differs only in zeros, blanks and marks."""
    parts = [
        f"WHEN {literal(column.name)} THEN ({_only_key(column.references)})"
        for column in table.columns
        if column.references in CORRECTABLE
    ]
    return f"CASE column_name {' '.join(parts)} END" if parts else "NULL::VARCHAR"


def _only_key(parent: str) -> str:
    key = f"trim(p.{quoted(TABLES[parent].key[0])})"
    return (
        f"SELECT CASE WHEN count(DISTINCT {key}) = 1 THEN min({key}) END FROM mapped.{parent} p"
        " WHERE p.cooperative_id = t.cooperative_id AND p.branch IS NOT DISTINCT FROM t.branch AND p._excluded IS NULL"
        f" AND {_bare(key)} = {_bare('t.mapped')} AND {_bare('t.mapped')} <> ''"
    )


def _bare(text: str) -> str:
    return f"ltrim(regexp_replace(upper({text}), '[^0-9A-Z]', '', 'g'), '0')"


def _read_differences(staging: Staging, ids: list[str], found: dict[str, Findings]) -> None:
    """Findings without a row of their own, and those on rows that nobody delivered, one a rule."""
    delivered = " UNION ALL ".join(
        f"SELECT {literal(name)} AS table_name, cooperative_id, _row FROM mapped.{name}"
        " WHERE cooperative_id IN (SELECT unnest($ids::VARCHAR[]))"
        for name in CORRECTABLE
    )
    rows = staging.rows(
        f"""
        SELECT f.cooperative_id, f.table_name, f.rule, list_position({list(ORDER)}, f.consequence) - 1 AS sharp,
               count(*), CASE WHEN f."row" IS NULL THEN string_agg(DISTINCT f.before, '; ' ORDER BY f.before) END
        FROM gate.findings f ANTI JOIN ({delivered}) d
          ON d.table_name = f.table_name AND d.cooperative_id = f.cooperative_id AND d._row = f."row"
        WHERE f.cooperative_id IN (SELECT unnest($ids::VARCHAR[]))
        GROUP BY f.cooperative_id, f.table_name, f.rule, sharp, f."row" IS NULL ORDER BY f.cooperative_id, sharp, 2, 3
        """,
        {"ids": ids},
    )
    for one, table, rule, sharp, count, detail in rows:
        found[one].differences.append(Difference(table, rule, ORDER[sharp], count, detail))


def _read_pairs(staging: Staging, ids: list[str], found: dict[str, Findings]) -> None:
    person = ", ".join(f"{literal(column.name)}, %s.{column.name}" for column in TABLES["members"].columns)

    def side(name: str) -> str:
        return (
            f"{_key_sql(name, 'member_no')}, json_object({person.replace('%s', name)}),"
            f" {name}._source_file, {name}._source_table, {name}._source_row"
        )

    rows = staging.rows(
        f"""
        SELECT d.cooperative_id, d.agreed, {side("a")}, {side("b")}
        FROM cleaned.probable_duplicates d
        JOIN mapped.members a ON a.cooperative_id = d.cooperative_id AND a._row = d.row_a
        JOIN mapped.members b ON b.cooperative_id = d.cooperative_id AND b._row = d.row_b
        WHERE d.cooperative_id IN (SELECT unnest($ids::VARCHAR[]))
        ORDER BY d.cooperative_id, d.score DESC, d.row_a, d.row_b
        """,
        {"ids": ids},
    )
    for one, agreed, *sides in rows:
        found[one].pairs.append(Pair(_person(sides[:5]), _person(sides[5:]), _compared(agreed)))


def _person(side: list[Any]) -> Person:
    key, cells, file, table, row = side
    return Person(key, _at(file, table, row), _present(cells))


def _compared(agreed: str) -> tuple[tuple[str, str], ...]:
    """Columns and how they compare, by weight; `agreed` is JSON: a list of {field, how, weight}."""
    told = sorted(json.loads(agreed), key=lambda each: (-each["weight"], each["field"]))
    return tuple((each["field"], each["how"]) for each in told)


def _note_missing(found: dict[str, Findings], branched: set[str]) -> None:
    """Which tables may need rows: those that failed references name, with the keys, and those that are empty.

    The keys of a cooperative with several branches carry the branch of the row that names them.
    """
    order = [table.name for table in SOURCED]
    for findings in found.values():
        rules = {each.rule for each in findings.differences}
        missing: dict[str, dict[str, None]] = {
            name: {} for name in REQUIRED_CATEGORIES if f"ABS-{name.upper()}-01" in rules
        }
        for line in findings.lines:
            parent = TABLES[line.table].column(line.column).references if line.column else None
            if parent in CORRECTABLE and line.expected and any("-REF-" in rule for rule in line.rules):
                keys = missing.setdefault(parent, {})
                if line.suggestion is None:
                    branch = f"{line.branch}-" if line.branch and findings.cooperative_id in branched else ""
                    keys[branch + line.expected.strip()] = None
        findings.missing = {name: list(missing[name]) for name in sorted(missing, key=order.index)}
