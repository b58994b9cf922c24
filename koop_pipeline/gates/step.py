"""The step gate: judges every cooperative in scope once, by the suites, and writes down what was judged.

The decision keeps the hashes of source, profile, suites and content; promotion refuses where one of them has changed.
"""

from collections.abc import Sequence
from pathlib import Path

from koop_pipeline import progress
from koop_pipeline.contracts import PROMOTED
from koop_pipeline.gates.checked import SCOPE, make_promotable, make_views
from koop_pipeline.gates.control_totals import write_control_totals
from koop_pipeline.gates.docs import build_docs
from koop_pipeline.gates.fans import book_fans
from koop_pipeline.gates.messages import message_of
from koop_pipeline.gates.run import run_suites
from koop_pipeline.gates.suites import SuiteFile, load_suites, suites_fingerprint
from koop_pipeline.gates.tables import create_tables
from koop_pipeline.gates.totals import book_money, book_rows
from koop_pipeline.gates.verdicts import write_verdicts
from koop_pipeline.program.run import BatchRun
from koop_pipeline.proof.compare import compare
from koop_pipeline.proof.record import record_opened
from koop_pipeline.staging import Staging, within
from koop_pipeline.staging.chunks import groups
from koop_pipeline.staging.content import combine, lay_hashes, table_states
from koop_pipeline.staging.halts import begin

JUDGED = (
    "declared", "absent", "decisions", "findings", "rule_counts", "verdicts", "held", "row_counts", "money", "fans",
    "contents",
)  # fmt: skip
BEFORE_GATE = ("extracted", "mapped", "cleaned", "opened")
CHUNK_ROWS = 1_000_000
SUITES = Path(__file__).resolve().parents[2] / "expectations"


def suites() -> list[SuiteFile]:
    """The suites of `expectations/`."""
    return load_suites(SUITES)


def set_scope(staging: Staging, run: BatchRun) -> list[str]:
    """Say whom the gate judges, with what they declare and lack; returns their ids."""
    ids = begin(staging, "gate", run.ids)
    staging.execute("DELETE FROM gate.scope")
    staging.execute("INSERT INTO gate.scope SELECT unnest(?)", [ids])
    create_tables(staging.connection)
    for name in JUDGED:
        staging.clear(f"gate.{name}", run.ids)
    for cooperative in run.cooperatives:
        for name, amount in (cooperative.declared.totals if cooperative.declared else {}).items():
            staging.execute("INSERT INTO gate.declared VALUES (?, ?, ?)", [cooperative.id, name, amount])
        for category, reason in cooperative.absent.items():
            staging.execute("INSERT INTO gate.absent VALUES (?, ?, ?)", [cooperative.id, category, reason])
    book_rows(staging)
    book_money(staging)
    book_fans(staging)
    make_views(staging)
    record_opened(staging, ids)
    compare(staging, BEFORE_GATE, ids)
    return ids


def check_tables(staging: Staging, chosen: Sequence[str] | None = None) -> None:
    """Run the suites (all, or of some tables) on the scope."""
    run_suites(staging.connection, suites(), chosen)


def decide(staging: Staging, run: BatchRun) -> None:
    """Turn the findings into one decision a cooperative, and make what may be promoted."""
    write_verdicts(staging.connection)
    make_promotable(staging)
    staging.execute(
        "UPDATE gate.row_counts r SET held = h.n, kept = r.kept - h.n FROM (SELECT cooperative_id, table_name,"
        " count(DISTINCT row) AS n FROM gate.held WHERE column_name IS NULL GROUP BY ALL) h"
        f" WHERE h.cooperative_id = r.cooperative_id AND h.table_name = r.table_name AND r.held = 0 AND r.{SCOPE}"
    )
    staging.execute(
        "UPDATE gate.money m SET held = h.total, kept = m.kept - h.total FROM (SELECT t.cooperative_id,"
        " sum(t.appraised_value) AS total FROM cleaned.collaterals t JOIN (SELECT DISTINCT cooperative_id, row FROM"
        " gate.held WHERE table_name = 'collaterals' AND (column_name IS NULL OR column_name = 'appraised_value')) h"
        " ON h.cooperative_id = t.cooperative_id AND h.row = t._row GROUP BY ALL HAVING total IS NOT NULL) h"
        f" WHERE h.cooperative_id = m.cooperative_id AND m.control = 'collaterals' AND m.held = 0 AND m.{SCOPE}"
    )
    ids = [row[0] for row in staging.rows("SELECT cooperative_id FROM gate.scope ORDER BY 1")]
    hashes = content_hashes(staging, ids)
    fingerprint = suites_fingerprint(suites())
    judged_by = {one.id: run.judged_by(one, run.mappings[one.id]) for one in run.cooperatives}
    corrections = dict(staging.rows("SELECT cooperative_id, sha256 FROM mapped.correction_files"))
    for cooperative_id in ids:
        verdict = staging.value("SELECT verdict FROM gate.verdicts WHERE cooperative_id = ?", [cooperative_id])
        source = staging.value("SELECT sources_sha256 FROM raw.cooperatives WHERE cooperative_id = ?", [cooperative_id])
        staging.execute(
            "INSERT INTO gate.decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                cooperative_id, verdict, message_of(staging, cooperative_id, verdict), source,
                judged_by[cooperative_id], fingerprint, corrections.get(cooperative_id, ""),
                hashes[cooperative_id],
            ],
        )  # fmt: skip


def content_hashes(staging: Staging, ids: list[str]) -> dict[str, str]:
    """The hash of what each cooperative would promote; `gate.contents` keeps those of its tables, and their states."""
    found: dict[str, dict[str, tuple[int, str]]] = {cooperative_id: {} for cooperative_id in ids}
    staging.clear("gate.contents", ids)
    sizes = dict(staging.rows("SELECT cooperative_id, sum(kept)::BIGINT FROM gate.row_counts GROUP BY 1"))
    for group in progress.through(groups(((each, sizes.get(each, 0)) for each in ids), CHUNK_ROWS), sizes):
        scope = within(group)
        for table in PROMOTED:
            relation = f"gate.promotable_{table.name}"
            staging.execute(
                "INSERT INTO gate.contents SELECT h.cooperative_id, ?, h.rows, h.sha256, s.state FROM"
                f" {lay_hashes(staging, table, relation, scope)} h JOIN ({table_states(table, relation, scope)}) s"
                " USING (cooperative_id)",
                [table.name],
            )
    for table in PROMOTED:  # the order of the tables is part of the hash
        for cooperative_id, rows, digest in staging.rows(
            "SELECT cooperative_id, rows, sha256 FROM gate.contents WHERE table_name = ?"
            " AND cooperative_id IN (SELECT unnest(?))",
            [table.name, ids],
        ):
            found[cooperative_id][table.name] = (rows, digest)
    return {cooperative_id: combine(tables) for cooperative_id, tables in found.items()}


def write_docs(staging: Staging, run: BatchRun) -> Path:
    """Write the Data Docs of the batch; returns their front page."""
    return build_docs(staging.connection, suites(), run.folder.docs_path(run.batch.batch), _title(run))


def write_totals(staging: Staging, run: BatchRun) -> Path:
    """Write the pages of control totals beside the Data Docs; returns their front page."""
    return write_control_totals(staging.connection, run.folder.docs_path(run.batch.batch), _title(run))


def _title(run: BatchRun) -> str:
    return f"{run.folder.program.name}: {run.batch.batch}"
