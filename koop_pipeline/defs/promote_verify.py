"""Assets of the steps promote and verify: `promoted_<table>` and `verified_<table>`.

One cooperative is one transaction over all its tables, so the promoted assets come from one operation.
"""

from collections.abc import Iterator

import dagster as dg

from koop_pipeline.contracts import PROMOTED
from koop_pipeline.defs.metadata import pace, records, schema_of
from koop_pipeline.defs.resources import BatchResource, Materialized, batches
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion.rehearsal import end_rehearsal
from koop_pipeline.promotion.step import promote
from koop_pipeline.proof.record import HOPS
from koop_pipeline.status import control_totals as totals_file
from koop_pipeline.status.snapshot import Snapshots
from koop_pipeline.verification.step import verify


@dg.multi_asset(
    name="promote",
    specs=[
        dg.AssetSpec(
            f"promoted_{table.name}",
            group_name="promote",
            deps=["verdicts", "data_docs", f"gated_{table.name}"],
            kinds={"duckdb"},
            metadata={"dagster/column_schema": schema_of(table)},
            description=f"platform.{table.name} in the target; one cooperative = one transaction.",
        )
        for table in PROMOTED
    ],
    partitions_def=batches,
)
def promoted_assets(context: dg.AssetExecutionContext, batch: BatchResource) -> Iterator[Materialized]:
    """Load the admitted cooperatives into the target."""
    with batch.working(context, "promote", isolated=False, snapshot=True) as (staging, run):
        snapshots = Snapshots(staging, run.batch, run.folder.status_path(run.batch.batch))
        promote(staging, run, current_hashes(run), snapshots.tick)
        outcomes = staging.rows("SELECT cooperative_id, outcome FROM verification.promotions ORDER BY 1")
        for table in PROMOTED:
            rows = staging.rows(
                "SELECT r.cooperative_id, r.kept FROM gate.row_counts r JOIN verification.promotions p USING"
                " (cooperative_id) WHERE r.table_name = ? AND p.outcome <> 'blocked' ORDER BY 1",
                [table.name],
            )
            yield dg.MaterializeResult(
                asset_key=f"promoted_{table.name}",
                metadata={
                    "dagster/partition_row_count": sum(row[1] for row in rows),
                    "rows": records(("cooperative_id", "rows"), rows),
                    "outcomes": records(("cooperative_id", "outcome"), outcomes),
                    **pace(),
                },
            )


class current_hashes:
    """The present sha256 of a cooperative's source, profile, rules and corrections.

    The batch file is read when this is made, the rest from disk when it is asked: a run keeps its batch as it read it.
    """

    def __init__(self, run: BatchRun) -> None:
        from koop_pipeline.gates import step as gate
        from koop_pipeline.gates.suites import suites_fingerprint

        self.run = BatchRun.of(run.folder, run.batch.batch, run.only, rehearse=run.rehearse)
        self.suites = suites_fingerprint(gate.suites())

    def __call__(self, cooperative_id: str) -> tuple[str, str, str, str]:
        from koop_pipeline.corrections.files import fingerprint
        from koop_pipeline.extract.step import deliveries, source_fingerprint

        cooperative = self.run.batch.cooperative(cooperative_id)
        delivered, _ = deliveries(self.run, cooperative)
        source, _ = source_fingerprint(self.run, cooperative, delivered)
        profile = self.run.judged_by(cooperative, self.run.folder.read_mapping(cooperative))
        return source, profile, self.suites, fingerprint(self.run.folder, cooperative_id)


@dg.multi_asset(
    name="verify",
    specs=[
        dg.AssetSpec(
            f"verified_{table.name}",
            group_name="verify",
            deps=[f"promoted_{table.name}"],
            kinds={"duckdb"},
            description=f"platform.{table.name} read back and compared with staging, every row and cell.",
        )
        for table in PROMOTED
    ],
    check_specs=[
        dg.AssetCheckSpec(f"same_{table.name}", asset=f"verified_{table.name}", description="Target equals staging")
        for table in PROMOTED
    ],
    partitions_def=batches,
)
def verified_assets(
    context: dg.AssetExecutionContext, batch: BatchResource
) -> Iterator[Materialized | dg.AssetCheckResult]:
    """Read the target back and compare."""
    with batch.working(context, "verify", isolated=False, snapshot=True) as (staging, run):
        verify(staging, run)
        if run.rehearse:
            end_rehearsal(staging, run)
        names = ("cooperative_id", "expected", "found", "missing", "unexpected", "differing")
        said = ("cooperative_id", "proved", "said")
        standing = records(said, staging.rows("SELECT * FROM verification.standing ORDER BY 1"))
        for table in PROMOTED:
            rows = staging.rows(
                f"SELECT {', '.join(names)} FROM verification.results WHERE table_name = ? ORDER BY 1", [table.name]
            )
            wrong = sum(row[3] + row[4] + row[5] + abs(row[1] - row[2]) for row in rows)
            shown = records(names, rows)
            yield dg.MaterializeResult(
                asset_key=f"verified_{table.name}",
                metadata={
                    "dagster/partition_row_count": sum(row[2] for row in rows),
                    "compared": shown,
                    "not_compared": standing,
                    **pace(),
                },
            )
            yield dg.AssetCheckResult(
                asset_key=f"verified_{table.name}", check_name=f"same_{table.name}", passed=wrong == 0,
                metadata={"differences": wrong, "compared": shown},
            )  # fmt: skip


@dg.asset(
    group_name="verify",
    deps=[f"verified_{table.name}" for table in PROMOTED],
    partitions_def=batches,
    kinds={"duckdb", "html"},
    description="Control totals at every hop, from the delivered files to the reading back; the first break is named.",
)
def control_totals(context: dg.AssetExecutionContext, batch: BatchResource) -> Materialized:
    """Write the control totals for auditors and for `koop status --json`."""
    from koop_pipeline.gates import step as gate

    with batch.working(context, "control totals") as (staging, run):
        page = gate.write_totals(staging, run)
        totals_file.write(staging, run.folder, run.batch.batch)
        breaks = staging.rows(
            "SELECT cooperative_id, hop, table_name, product_code, measure, expected, found FROM proof.breaks"
            " ORDER BY cooperative_id, number, table_name, product_code, measure"
        )
        hops = staging.rows(
            "SELECT hop, count(DISTINCT cooperative_id), sum(rows)::BIGINT, sum(positive), sum(negative)"
            " FROM proof.totals GROUP BY hop ORDER BY list_position(?::VARCHAR[], hop)",
            [list(HOPS)],
        )
    return dg.MaterializeResult(
        metadata={
            "breaks": len(breaks),
            "where": records(("cooperative_id", "hop", "table", "product", "measure", "expected", "found"), breaks),
            "hops": records(("hop", "cooperatives", "rows", "positive", "negative"), hops),
            "page": dg.MetadataValue.path(str(page)),
            **pace(),
        }
    )
