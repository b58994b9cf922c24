"""The step clean for one table: reads `mapped`, writes `cleaned`, its failures and what was excluded.

Works in groups of whole cooperatives; memory is bounded by `GROUP_ROWS` and the largest cooperative.
"""

import json
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import polars as pl

from koop_pipeline import progress
from koop_pipeline.cleaning import corrected, derive, duplicate_shared, duplicates, exclusions
from koop_pipeline.cleaning.frame import LINEAGE, clean, final, prefix_keys
from koop_pipeline.contracts import Table
from koop_pipeline.program.run import BatchRun
from koop_pipeline.proof.record import record_cleaned
from koop_pipeline.staging import Staging, literal, quoted
from koop_pipeline.staging.chunks import groups
from koop_pipeline.staging.halts import healthy
from koop_pipeline.staging.schema import typed_columns

CHUNK_ROWS = 500_000
GROUP_ROWS = 1_000_000
FILLED = "_koop_cleaned"


def clean_table(staging: Staging, run: BatchRun, table: Table) -> None:
    """Fill `cleaned.<table>` for the cooperatives in scope."""
    for name in ("cleaned.failures", "cleaned.exclusions"):
        staging.clear(name, run.ids, f"table_name = {literal(table.name)}")
    staging.clear(f"cleaned.{quoted(table.name)}", run.ids)
    duplicates.forget(staging, table, run.ids)
    ids = healthy(staging, run.ids)
    for group in groups(_sizes(staging, table, ids), GROUP_ROWS):
        _clean_group(staging, run, table, group)
    exclusions.note_failures(staging, table, ids)
    record_cleaned(staging, table, run.ids)
    duplicate_shared.count(staging, table)


def _sizes(staging: Staging, table: Table, ids: list[str]) -> list[tuple[str, int]]:
    sizes = dict(staging.rows(f"SELECT cooperative_id, count(*) FROM mapped.{quoted(table.name)} GROUP BY ALL"))
    return [(cooperative_id, sizes.get(cooperative_id, 0)) for cooperative_id in ids]


def _clean_group(staging: Staging, run: BatchRun, table: Table, ids: list[str]) -> None:
    """Clean the table for some whole cooperatives; nothing that is decided here looks beyond one of them."""
    lineage = ", ".join(f"{name} {'BIGINT' if name == '_source_row' else 'VARCHAR'}" for name in LINEAGE)
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {FILLED} ({typed_columns(table)}, _excluded VARCHAR, _as_of DATE,"
        f" _stands_for DATE, {lineage})"
    )
    for group, reading in _chunks(staging, table, ids):
        progress.advance(len(group), _clean_chunk(staging, table, group, reading, run.key_branches))
    corrected.add_missing(staging, table, ids)
    derive.derive(staging, run, table, ids)
    corrected.take_out(staging, table)
    exclusions.supersede(staging, table)
    exclusions.merge_branches(staging, table)
    duplicates.settle(staging, table)
    exclusions.move_out(staging, table)
    _date_the_undated(staging)
    staging.execute(
        f"INSERT INTO cleaned.{quoted(table.name)} BY NAME SELECT * EXCLUDE (_excluded, _as_of, _stands_for),"
        f" _stands_for AS _as_of FROM {FILLED}"
    )
    staging.execute(f"DROP TABLE {FILLED}")


def _date_the_undated(staging: Staging) -> None:
    """A row that no source delivered stands for the day of the others of its table, else of its cooperative."""
    if not staging.value(f"SELECT count(*) FROM {FILLED} WHERE _stands_for IS NULL"):
        return
    staging.execute(
        f"UPDATE {FILLED} f SET _stands_for = coalesce(d.latest, c.as_of) FROM raw.cooperatives c LEFT JOIN (SELECT"
        f" cooperative_id, max(_stands_for) AS latest FROM {FILLED} GROUP BY ALL) d USING (cooperative_id)"
        " WHERE f._stands_for IS NULL AND f.cooperative_id = c.cooperative_id"
    )


def _chunks(staging: Staging, table: Table, ids: list[str]) -> Iterator[tuple[list[str], int | None]]:
    """Groups of cooperatives with at most about CHUNK_ROWS rows that share one reading."""
    counts = staging.rows(
        f"SELECT _reading, cooperative_id, count(*) FROM mapped.{quoted(table.name)}"
        " WHERE cooperative_id IN (SELECT unnest(?)) GROUP BY ALL ORDER BY ALL",
        [ids],
    )
    for reading, rows in groupby(counts, key=itemgetter(0)):
        for group in groups(((row[1], row[2]) for row in rows), CHUNK_ROWS):
            yield group, reading


def _clean_chunk(
    staging: Staging, table: Table, group: list[str], reading: int | None, prefixed: dict[str, list[str]]
) -> int:
    """Clean a group's rows that share one reading; how many rows."""
    text = staging.value("SELECT settings FROM mapped.readings WHERE reading = ?", [reading]) if reading else None
    settings = json.loads(text) if text else final(table)
    mapped = staging.frame(
        f"SELECT * FROM mapped.{quoted(table.name)} WHERE cooperative_id IN (SELECT unnest(?))"
        " AND _reading IS NOT DISTINCT FROM ?",
        [group, reading],
    ).sort("cooperative_id", "_row")
    cells = corrected.corrected_cells(staging, table, group)
    cleaned = clean(table, corrected.without_corrected(mapped, cells), settings)
    values = cleaned.values
    branched = [cooperative_id for cooperative_id in group if cooperative_id in prefixed]
    if branched:
        inside = pl.col("cooperative_id").is_in(branched)
        values = pl.concat([values.filter(~inside), prefix_keys(table, values.filter(inside))])
    if not cells.is_empty():
        over = corrected.lay_over(table, mapped, values, cells, prefixed)
        values = over.values
        staging.insert("cleaned.failures", over.failures)
    staging.insert(FILLED, values)
    staging.insert("cleaned.failures", cleaned.failures)
    return mapped.height
