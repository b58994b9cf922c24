"""A drawn sample in staging, schema `verification`: written whole, read back as it was drawn."""

from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any

import polars as pl

from koop_pipeline.staging import Staging
from koop_pipeline.verification.sampling.model import Design, Item, Line, Sample

PARTS = {"designs": ("sample_strata", Design), "items": ("sample_items", Item), "lines": ("sample_lines", Line)}
MONEY = {"book_value", "tolerable_error", "delivered", "target", "upper_limit", "found", "difference"}
TYPES: dict[str, Any] = {
    **dict.fromkeys(MONEY, pl.Decimal(38, 2)),
    **dict.fromkeys(("interval", "start"), pl.Decimal(38, 6)),
    "start_units": pl.Decimal(38, 0),
    **dict.fromkeys(("row", "source_row", "population", "size", "hits", "lines", "errors"), pl.Int64),
    **dict.fromkeys(("there", "always"), pl.Boolean),
}


def write(staging: Staging, sample: Sample) -> int:
    """Keep the sample in place of the one before; how many different draws this cooperative has had."""
    one = sample.cooperative_id
    before = staging.rows("SELECT draw, draws FROM verification.samples WHERE cooperative_id = ?", [one])
    last, count = before[0] if before else ("", 0)
    draws: int = count + (last != sample.draw)
    with staging.transaction():
        forget(staging, [one])
        staging.execute(
            "INSERT INTO verification.samples VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [one, sample.draw, draws, sample.seed, str(sample.confidence), sample.tolerable, sample.in_target,
             sample.content_sha256],
        )  # fmt: skip
        for part, (table, kind) in PARTS.items():
            insert(staging, table, one, kind, list(getattr(sample, part)))
    return draws


def forget(staging: Staging, ids: list[str]) -> None:
    """Take out the samples of these cooperatives, and what was found by them."""
    for table in ("samples", *(table for table, _ in PARTS.values()), "sample_answers", "sample_results"):
        staging.clear(f"verification.{table}", ids)


def insert(staging: Staging, table: str, cooperative_id: str, kind: type, records: list[Any]) -> None:
    """Append records of a dataclass, in their order."""
    schema = {each.name: TYPES.get(each.name, pl.String) for each in fields(kind)}
    frame = pl.DataFrame([asdict(record) for record in records], schema=schema)
    numbered = frame.with_columns(cooperative_id=pl.lit(cooperative_id), ordinal=pl.int_range(pl.len()))
    staging.insert(f"verification.{table}", numbered)


def read(staging: Staging, cooperative_id: str) -> Sample | None:
    """The sample that was drawn last; None where there is none."""
    found = staging.rows(
        "SELECT seed, confidence, tolerable, in_target, content_sha256 FROM verification.samples"
        " WHERE cooperative_id = ?",
        [cooperative_id],
    )
    if not found:
        return None
    seed, confidence, tolerable, in_target, content = found[0]
    parts = {part: _read_part(staging, cooperative_id, table, kind) for part, (table, kind) in PARTS.items()}
    return Sample(cooperative_id, seed, Decimal(confidence), tolerable, in_target, content, **parts)


def _read_part(staging: Staging, cooperative_id: str, table: str, kind: type) -> tuple[Any, ...]:
    names = [each.name for each in fields(kind)]
    rows = staging.rows(
        f"SELECT {', '.join(names)} FROM verification.{table} WHERE cooperative_id = ? ORDER BY ordinal",
        [cooperative_id],
    )
    return tuple(kind(*row) for row in rows)
