"""One way to run whole programmes in tests: the steps themselves, in order, without Dagster.

`migrate` does what the job `migrate_batch` does; `tests/scenarios/test_sample.py` holds the job to the same result.
"""

from collections.abc import Sequence
from pathlib import Path

from koop_pipeline.cleaning.step import clean_table
from koop_pipeline.contracts import TABLES
from koop_pipeline.corrections.step import load_corrections
from koop_pipeline.defs.promote_verify import current_hashes
from koop_pipeline.extract.step import extract
from koop_pipeline.gates import step as gate
from koop_pipeline.mapping.accounting import account_raw
from koop_pipeline.mapping.step import map_table
from koop_pipeline.opening import step as opening
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion.rehearsal import end_rehearsal
from koop_pipeline.promotion.step import promote
from koop_pipeline.staging import Staging
from koop_pipeline.status import snapshot
from koop_pipeline.verification.step import verify

CLEAN_ORDER = (
    "cooperatives", "members", "officers", "savings_accounts", "savings_transactions", "loans", "loan_instalments",
    "loan_repayments", "collaterals", "accounts", "products",
)  # fmt: skip


def migrate(
    root: Path, batch: str, only: Sequence[str] = (), *, docs: bool = False, rehearse: bool = False
) -> dict[str, snapshot.Row]:
    """Run a batch from extract to verify; the status by cooperative id."""
    run = BatchRun.of(ProgramFolder(root), batch, only, rehearse=rehearse)
    prepare(run, docs=docs)
    return finish(run)


def finish(run: BatchRun) -> dict[str, snapshot.Row]:
    """Promote and verify what stands at the gate; the status by cooperative id."""
    with Staging.open(run.folder.staging_path(run.batch.batch), isolated=False) as staging:
        promote(staging, run, current_hashes(run), lambda: None)
        verify(staging, run)
        if run.rehearse:
            end_rehearsal(staging, run)
        records = snapshot.build(staging, run.batch)
        snapshot.write(run.folder.status_path(run.batch.batch), records)
    return {record["cooperative_id"]: record for record in records}


def prepare(run: BatchRun, *, docs: bool = False, gated: bool = True) -> None:
    """Extract to gate."""
    with Staging.open(run.folder.staging_path(run.batch.batch)) as staging:
        extract(staging, run)
        for name in CLEAN_ORDER:
            map_table(staging, run, TABLES[name])
        account_raw(staging, run)
        load_corrections(staging, run)
        for name in CLEAN_ORDER:
            clean_table(staging, run, TABLES[name])
        opening.open_savings(staging, run)
        opening.open_loans(staging, run)
        opening.open_ledger(staging, run)
        if gated:
            gate.set_scope(staging, run)
            gate.check_tables(staging)
            gate.decide(staging, run)
            if docs:
                gate.write_docs(staging, run)
