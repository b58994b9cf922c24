"""Assets of the first three steps: `raw_<table>`, `mapped_<table>`, `cleaned_<table>`, one a category.

A delivery is read once for all its categories, so the raw assets come from one operation; each of them shows the tables
that feed its category.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from koop_pipeline.cleaning.step import clean_table
from koop_pipeline.contracts import SOURCED, Table
from koop_pipeline.corrections.step import load_corrections
from koop_pipeline.defs.metadata import failures_of, pace, records, rows_by_cooperative, schema_of
from koop_pipeline.defs.resources import BatchResource, Materialized, batches
from koop_pipeline.extract.step import extract
from koop_pipeline.mapping.accounting import account_raw
from koop_pipeline.mapping.step import map_table
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging

CLEANED_FIRST = {
    "products": ("savings_accounts", "loans"),
    "officers": ("members",),
    "savings_accounts": ("members",),
    "loans": ("members",),
    "collaterals": ("members",),
    # a movement takes its product from its account or loan
    "savings_transactions": ("savings_accounts",),
    "loan_repayments": ("loans",),
    "loan_instalments": ("loans",),
}


@dg.multi_asset(
    name="extract",
    specs=[
        dg.AssetSpec(
            f"raw_{table.name}",
            group_name="extract",
            kinds={"duckdb"},
            description=f"What was delivered for {table.name} ({table.title}): faithful text with file and row.",
        )
        for table in SOURCED
    ],
    partitions_def=batches,
    can_subset=True,
)
def raw_assets(context: dg.AssetExecutionContext, batch: BatchResource) -> Iterator[Materialized]:
    """Mirror the deliveries into staging."""
    with batch.working(context, "extract", snapshot=True) as (staging, run):
        extract(staging, run)
        for table in SOURCED:
            key = dg.AssetKey(f"raw_{table.name}")
            if key in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=key, metadata={**pace(), **_delivered(staging, run, table)})


def _delivered(staging: Staging, run: BatchRun, table: Table) -> dict[str, Any]:
    """The delivered tables that feed a category, with the reader's and the second counter's rows."""
    wanted = [
        (cooperative.id, block.source)
        for cooperative in run.cooperatives
        for block in run.mappings[cooperative.id].profile.blocks.get(table.name, ())
    ]
    pairs = list(dict.fromkeys(wanted))
    rows = staging.rows(
        "SELECT t.cooperative_id, t.source_file, t.source_table, t.rows, t.counted FROM raw.tables t JOIN"
        " (SELECT unnest(?) AS id, unnest(?) AS pattern) w ON w.id = t.cooperative_id"
        " AND lower(t.source_table) GLOB lower(w.pattern) ORDER BY ALL",
        [[pair[0] for pair in pairs], [pair[1] for pair in pairs]],
    )
    names = ("cooperative_id", "file", "table", "rows", "counted")
    return {"dagster/partition_row_count": sum(row[3] for row in rows), "delivered": records(names, rows)}


def _mapped(table: Table) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"mapped_{table.name}",
        group_name="map",
        deps=[f"raw_{table.name}"],
        partitions_def=batches,
        kinds={"duckdb"},
        description=f"{table.name} ({table.title}) as text, mapped from each legacy system by its profile.",
    )
    def mapped(context: dg.AssetExecutionContext, batch: BatchResource) -> Materialized:
        with batch.working(context, f"map {table.name}") as (staging, run):
            map_table(staging, run, table)
            counts = rows_by_cooperative(staging, f"mapped.{table.name}", run.ids)
            return dg.MaterializeResult(metadata={**pace(), **counts, **failures_of(staging, "mapped", table)})

    return mapped


@dg.asset(
    name="raw_accounts_of_mapping",
    group_name="map",
    deps=[f"mapped_{table.name}" for table in SOURCED],
    partitions_def=batches,
    kinds={"duckdb"},
    description="The account of every raw table: used + excluded + ignored = rows = the second counter's rows.",
)
def raw_accounting(context: dg.AssetExecutionContext, batch: BatchResource) -> Materialized:
    """Book what became of every raw row."""
    with batch.working(context, "map: account of raw tables", snapshot=True) as (staging, run):
        account_raw(staging, run)
        rows = staging.rows(
            "SELECT cooperative_id, source_table, rows, counted, used, excluded, ignored, coalesce(reason, '')"
            " FROM mapped.raw_accounts ORDER BY ALL"
        )
    names = ("cooperative_id", "table", "rows", "counted", "used", "excluded", "ignored", "reason")
    unaccounted = sum(row[2] - row[4] - row[5] - row[6] for row in rows)
    return dg.MaterializeResult(
        metadata={"unaccounted rows": unaccounted, "raw tables": records(names, rows), **pace()}
    )


@dg.asset(
    name="corrections",
    group_name="clean",
    deps=[f"mapped_{table.name}" for table in SOURCED],
    partitions_def=batches,
    kinds={"duckdb"},
    description="Corrections that came back, each held against what was mapped; the step clean applies them.",
)
def corrections(context: dg.AssetExecutionContext, batch: BatchResource) -> Materialized:
    """Judge every correction, and say what became of it."""
    with batch.working(context, "corrections") as (staging, run):
        load_corrections(staging, run)
        rows = staging.rows(
            "SELECT cooperative_id, action, table_name, outcome, count(*) FROM mapped.corrections"
            " WHERE cooperative_id IN (SELECT unnest(?)) GROUP BY ALL ORDER BY ALL",
            [run.ids],
        )
    names = ("cooperative_id", "action", "table", "outcome", "corrections")
    return dg.MaterializeResult(
        metadata={"corrections": sum(row[4] for row in rows), "outcomes": records(names, rows), **pace()}
    )


def _cleaned(table: Table) -> dg.AssetsDefinition:
    first = [f"cleaned_{name}" for name in CLEANED_FIRST.get(table.name, ())]

    @dg.asset(
        name=f"cleaned_{table.name}",
        group_name="clean",
        deps=[f"mapped_{table.name}", "corrections", *first],
        partitions_def=batches,
        kinds={"polars", "duckdb"},
        metadata={"dagster/column_schema": schema_of(table)},
        description=f"{table.name} ({table.title}) with canonical values; what cannot be read is a named failure.",
    )
    def cleaned(context: dg.AssetExecutionContext, batch: BatchResource) -> Materialized:
        with batch.working(context, f"clean {table.name}") as (staging, run):
            clean_table(staging, run, table)
            counts = rows_by_cooperative(staging, f"cleaned.{table.name}", run.ids)
            return dg.MaterializeResult(metadata={**pace(), **counts, **failures_of(staging, "cleaned", table)})

    return cleaned


MAPPED = [_mapped(table) for table in SOURCED]
CLEANED = [_cleaned(table) for table in SOURCED]
__all__ = ["CLEANED", "MAPPED", "corrections", "raw_accounting", "raw_assets"]
