"""Which delivered rows the corrections of a batch mean, and what stands in the cells they name.

Set-based: one query a table and one a column, whatever the number of cooperatives. Rows are those of `mapped`, newest
delivery first; excluded rows are not meant.
"""

import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from koop_pipeline.cleaning.columns import FINAL, canonical
from koop_pipeline.contracts import TABLES
from koop_pipeline.corrections.model import ALLOCATED, Correction
from koop_pipeline.staging import Staging, quoted

SAID = "_koop_said"
SCHEMA = {
    "cooperative_id": pl.String(), "number": pl.Int64(), "table_name": pl.String(), "key": pl.String(),
    "file": pl.String(), "source_table": pl.String(), "source_row": pl.Int64(),
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """One correction with whose it is, its number within the cooperative, and where it stands."""

    cooperative_id: str
    number: int
    place: str
    item: Correction


@dataclass(frozen=True)
class Cell:
    """What stands in a delivered cell: its text, and the text of its canonical value (None: empty or unreadable)."""

    text: str
    value: str | None


Place = tuple[str, int]
"""Cooperative and number of a correction."""


def key_of(item: Correction) -> str | None:
    """The key by which a row is looked for; of an added row the key it is to have."""
    if item.action == "add":
        return (item.values or {}).get(TABLES[item.table].key[0])
    return item.key


def find_rows(staging: Staging, said: list[Said]) -> dict[Place, list[int]]:
    """`_row` of each row that a correction may mean: exactly one where it is clear."""
    return _find(
        staging,
        [
            (s, key_of(s.item), s.item.at)
            for s in said
            if key_of(s.item) is not None or (s.item.at is not None and s.item.action != "add")
        ],
    ) | _find_by_reference(staging, said)


def _find_by_reference(staging: Staging, said: list[Said]) -> dict[Place, list[int]]:
    """Rows of the account or loan that an added movement without a key of its own names."""
    found: dict[Place, list[int]] = {}
    for table, column in ALLOCATED.items():
        wanted = [
            (s, (s.item.values or {}).get(column), None)
            for s in said
            if s.item.action == "add" and s.item.table == table and key_of(s.item) is None
        ]
        found |= _find(staging, [one for one in wanted if one[1]], by=column)
    return found


def find_survivors(staging: Staging, said: list[Said]) -> dict[Place, list[int]]:
    """`_row` of the member that stays, for every `merge`."""
    return _find(staging, [(s, s.item.into, None) for s in said if s.item.action == "merge"])


def find_parents(staging: Staging, said: list[Said]) -> set[Place]:
    """The `allocate` corrections whose account or loan was delivered."""
    found: set[Place] = set()
    for parent, column in (("savings_accounts", "account_no"), ("loans", "loan_no")):
        wanted = [(s, s.item.value, None) for s in said if s.item.changed_column == column]
        wanted = [item for item in wanted if item[0].item.action == "allocate"]
        found |= set(_find(staging, wanted, table=parent))
    return found


def _find(
    staging: Staging, wanted: list[tuple[Said, str | None, Any]], table: str | None = None, by: str | None = None
) -> dict[Place, list[int]]:
    found: dict[Place, list[int]] = {}
    by_table: dict[str, list[dict[str, Any]]] = {}
    for said, key, at in wanted:
        name = table or said.item.table
        by_table.setdefault(name, []).append(
            {
                "cooperative_id": said.cooperative_id, "number": said.number, "table_name": name, "key": key,
                "file": at.file if at else None, "source_table": at.table if at else None,
                "source_row": at.row if at else None,
            }
        )  # fmt: skip
    for name, records in by_table.items():
        staging.connection.register(SAID, pl.DataFrame(records, schema=SCHEMA).to_arrow())
        for cooperative_id, number, rows in staging.rows(_candidates(name, by or TABLES[name].key[0])):
            found[cooperative_id, number] = rows
        staging.connection.unregister(SAID)
    return found


def _candidates(table: str, by: str) -> str:
    """Rows by key, or by place where no key is said; of several deliveries the newest, of several rows that of `at`."""
    key = f"trim(m.{quoted(by)})"
    here = (
        "((m._source_file = s.file OR ends_with(m._source_file, '/' || s.file)) AND m._source_row = s.source_row"
        " AND coalesce(lower(m._source_table) = lower(s.source_table), true))"
    )
    return (
        f"WITH met AS (SELECT s.cooperative_id, s.number, m._row, m._as_of, coalesce({here}, false) AS here"
        f" FROM {SAID} s JOIN mapped.{table} m ON m.cooperative_id = s.cooperative_id AND m._excluded IS NULL"
        f" AND CASE WHEN s.key IS NULL THEN {here} ELSE {key} = s.key OR m.branch || '-' || {key} = s.key END),"
        " newest AS (SELECT * FROM met WINDOW same AS (PARTITION BY cooperative_id, number)"
        " QUALIFY _as_of IS NOT DISTINCT FROM max(_as_of) OVER same"
        " AND (here OR NOT bool_or(here) OVER same))"
        " SELECT cooperative_id, number, list(_row ORDER BY _row) FROM newest GROUP BY ALL"
    )


def cells(staging: Staging, wanted: list[tuple[str, str, int, str]]) -> dict[tuple[str, str, int, str], Cell]:
    """What stands in cells (cooperative, table, row, column), read by the settings of the profile that mapped them."""
    found: dict[tuple[str, str, int, str], Cell] = {}
    columns = sorted({(table, column) for _, table, _, column in wanted})
    for table, column in columns:
        places = [(one, row) for one, name, row, other in wanted if (name, other) == (table, column)]
        frame = staging.frame(
            f"SELECT m.cooperative_id, m._row, m.{quoted(column)} AS {quoted(column)}, r.settings"
            f" FROM mapped.{table} m LEFT JOIN mapped.readings r ON r.reading = m._reading"
            " JOIN (SELECT unnest(?) AS id, unnest(?::BIGINT[]) AS row) w"
            " ON w.id = m.cooperative_id AND w.row = m._row",
            [[place[0] for place in places], [place[1] for place in places]],
        )
        for settings in frame["settings"].unique().to_list():
            part = frame.filter(pl.col("settings").eq_missing(settings))
            own = json.loads(settings).get(column, {}) if settings else FINAL
            values = _values(table, column, part[column], own)
            for one, row, text, value in zip(part["cooperative_id"], part["_row"], part[column], values, strict=True):
                found[one, table, row, column] = Cell((text or "").strip(), value)
    return found


def canonical_texts(said: list[Said]) -> dict[tuple[str, str, str], str | None]:
    """The canonical value of every text that corrections say, by table, column and text; None: unreadable."""
    texts: dict[tuple[str, str], set[str]] = {}
    for one in said:
        item = one.item
        pairs = list((item.values or {}).items()) if item.action == "add" else [(item.changed_column, item.value)]
        for column, text in pairs:
            if column and text is not None:
                texts.setdefault((item.table, column), set()).add(text)
    found: dict[tuple[str, str, str], str | None] = {}
    for (table, column), every in texts.items():
        listed = sorted(every)
        values = _values(table, column, pl.Series(column, listed, dtype=pl.String()), FINAL)
        found |= {(table, column, text): value for text, value in zip(listed, values, strict=True)}
    return found


def _values(table: str, column: str, texts: pl.Series, settings: dict[str, Any]) -> list[str | None]:
    struct = pl.DataFrame({column: texts}).select(canonical(TABLES[table].column(column), settings).alias("read"))
    return struct["read"].struct.field("value").cast(pl.String()).to_list()
