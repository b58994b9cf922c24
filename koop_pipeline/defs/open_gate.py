"""Assets of the steps open and gate: opening balances, one judged table a suite, the verdicts and the Data Docs."""

from collections.abc import Iterator

import dagster as dg

from koop_pipeline.contracts import OPENING, TABLES
from koop_pipeline.defs.metadata import pace, records, rows_by_cooperative, schema_of
from koop_pipeline.defs.resources import BatchResource, Materialized, batches
from koop_pipeline.opening import step as opening
from koop_pipeline.staging import Staging

OPENING_DEPS = {
    "opening_savings_balances": ["cleaned_savings_accounts", "cleaned_savings_transactions"],
    "loan_schedules": [f"cleaned_{name}" for name in ("loans", "loan_instalments", "loan_repayments", "collaterals")],
    "opening_trial_balance": ["cleaned_accounts", "cleaned_products", "opening_savings_balances", "loan_schedules"],
}
OPENING_STEPS = {
    "opening_savings_balances": opening.open_savings,
    "loan_schedules": opening.open_loans,
    "opening_trial_balance": opening.open_ledger,
}


def _opened(name: str) -> dg.AssetsDefinition:
    table = TABLES[name]

    @dg.asset(
        name=name,
        group_name="open",
        deps=OPENING_DEPS[name],
        partitions_def=batches,
        kinds={"polars", "duckdb"},
        metadata={"dagster/column_schema": schema_of(table)},
        description=f"{name} ({table.title}): what stands at the end of the cut-off day.",
    )
    def opened(context: dg.AssetExecutionContext, batch: BatchResource) -> Materialized:
        with batch.working(context, f"open {name}") as (staging, run):
            OPENING_STEPS[name](staging, run)
            return dg.MaterializeResult(metadata={**pace(), **rows_by_cooperative(staging, f"opening.{name}", run.ids)})

    return opened


OPENED = [_opened(table.name) for table in OPENING]


def _own_input(name: str) -> str:
    return name if TABLES[name].opening else f"cleaned_{name}"


@dg.multi_asset(
    name="gate",
    specs=[
        dg.AssetSpec(
            f"gated_{name}",
            group_name="gate",
            deps=[_own_input(name)],
            kinds={"greatexpectations"},
            description=f"The suite expectations/{name}.json, run once for all cooperatives in scope.",
        )
        for name in TABLES
    ],
    check_specs=[
        dg.AssetCheckSpec(f"suite_{name}", asset=f"gated_{name}", description=f"Rules of expectations/{name}.json")
        for name in TABLES
    ],
    partitions_def=batches,
)
def gated_assets(
    context: dg.AssetExecutionContext, batch: BatchResource
) -> Iterator[Materialized | dg.AssetCheckResult]:
    """Judge every table of the batch."""
    from koop_pipeline.gates import step as gate

    with batch.working(context, "gate") as (staging, run):
        gate.set_scope(staging, run)
        gate.check_tables(staging)
        for name in TABLES:
            rules = staging.rows(
                "SELECT rule, consequence, failed, evaluated, title_en FROM gate.rules WHERE table_name = ? ORDER BY 1",
                [name],
            )
            yield dg.MaterializeResult(
                asset_key=f"gated_{name}",
                metadata={"rules": len(rules), "findings": sum(row[2] for row in rules), **pace()},
            )
            yield _check(name, rules)


def _check(name: str, rules: list[tuple[str, str, int, bool, str]]) -> dg.AssetCheckResult:
    blocking = [row for row in rules if (row[1] == "block" and row[2]) or not row[3]]
    return dg.AssetCheckResult(
        asset_key=f"gated_{name}",
        check_name=f"suite_{name}",
        passed=not blocking,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "blocking findings": sum(row[2] for row in blocking),
            "rules": records(
                ("rule", "consequence", "failed", "evaluated", "title"), [(*r[:3], str(r[3]), r[4]) for r in rules]
            ),
        },
    )


@dg.asset(
    group_name="gate",
    deps=["raw_accounts_of_mapping", *(f"gated_{name}" for name in TABLES)],
    check_specs=[
        dg.AssetCheckSpec("nothing_blocked", asset="verdicts", description="No cooperative of the run is blocked")
    ],
    partitions_def=batches,
    kinds={"duckdb"},
    description="One verdict a cooperative: passed, warned or blocked, with the reason.",
)
def verdicts(context: dg.AssetExecutionContext, batch: BatchResource) -> Materialized:
    """Turn findings into verdicts."""
    from koop_pipeline.gates import step as gate

    with batch.working(context, "verdicts", snapshot=True) as (staging, run):
        gate.decide(staging, run)
        rows = _verdict_rows(staging)
    counts = {verdict: sum(row[1] == verdict for row in rows) for verdict in ("passed", "warned", "blocked", "failed")}
    table = records(("cooperative_id", "verdict", "reason"), rows)
    check = dg.AssetCheckResult(
        check_name="nothing_blocked",
        passed=not counts["blocked"] and not counts["failed"],
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"verdicts": table},
    )
    return dg.MaterializeResult(metadata={**pace(), **counts, "verdicts": table}, check_results=[check])


def _verdict_rows(staging: Staging) -> list[tuple[str, str, str]]:
    rows = staging.rows(
        "SELECT cooperative_id, coalesce(verdict, 'failed'), coalesce(h.message, d.message, '') FROM raw.cooperatives"
        " LEFT JOIN gate.decisions d USING (cooperative_id) LEFT JOIN gate.halts h USING (cooperative_id)"
        " ORDER BY ordinal"
    )
    return [(row[0], row[1], row[2]) for row in rows]


@dg.asset(
    group_name="gate",
    deps=["verdicts"],
    partitions_def=batches,
    kinds={"html"},
    description="The Data Docs of the batch: masked, readable with no network at all.",
)
def data_docs(context: dg.AssetExecutionContext, batch: BatchResource) -> Materialized:
    """Write the Data Docs."""
    from koop_pipeline.gates import step as gate

    with batch.working(context, "data docs") as (staging, run):
        page = gate.write_docs(staging, run)
    return dg.MaterializeResult(metadata={"front page": dg.MetadataValue.path(str(page)), **pace()})
