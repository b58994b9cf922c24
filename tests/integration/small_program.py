"""Tiny programme folders of invented cooperatives, run from extract to clean without Dagster and without the gate.

Each test module has one `SmallProgram`, to which the cooperatives are added beside the tests that look at them, and one
module-scoped fixture that runs it. Keep assertions out of here.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import yaml

from koop_pipeline.cleaning.step import clean_table
from koop_pipeline.contracts import TABLES
from koop_pipeline.corrections.step import load_corrections
from koop_pipeline.extract.step import extract
from koop_pipeline.gates.step import set_scope
from koop_pipeline.mapping.accounting import account_raw
from koop_pipeline.mapping.step import map_table
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging

ORDER = (
    "cooperatives", "members", "officers", "savings_accounts", "savings_transactions", "loans", "loan_instalments",
    "loan_repayments", "collaterals", "accounts", "products",
)  # fmt: skip
BATCH = "uji"
CUTOFF = "2026-06-30"
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Outcome:
    """A run that has ended, with its staging file still open."""

    staging: Staging
    run: BatchRun

    def rows(self, sql: str, parameters: object = None) -> list[Row]:
        """All rows of a query."""
        return self.staging.rows(sql, parameters)

    def table(self, name: str, cooperative_id: str, columns: str, order: str = "_row") -> list[Row]:
        """Columns of `mapped.x` or `cleaned.x` of one cooperative, as text where a value is a date or an amount."""
        query = f"SELECT COLUMNS(*)::VARCHAR FROM (SELECT {columns} FROM {name} WHERE cooperative_id = ? ORDER BY "
        return self.rows(f"{query}{order})", [cooperative_id])

    def failures(self, schema: str, cooperative_id: str) -> list[Row]:
        """(table, row in the source, column, rule, before) of every failure, sorted."""
        return self.rows(
            "SELECT table_name, source_row, column_name, rule, before"
            f" FROM {schema}.failures WHERE cooperative_id = ? ORDER BY ALL",
            [cooperative_id],
        )

    def notes(self, cooperative_id: str, rule: str) -> list[str]:
        """The notes of the mapping's failures of one rule, sorted."""
        sql = "SELECT note FROM mapped.failures WHERE cooperative_id = ? AND rule = ? ORDER BY note"
        return [row[0] for row in self.rows(sql, [cooperative_id, rule])]

    def halt(self, cooperative_id: str) -> str:
        """The sentence that stopped a cooperative, '' where none did."""
        sql = "SELECT message FROM gate.halts WHERE cooperative_id = ?"
        return str(self.staging.value(sql, [cooperative_id]) or "")

    def blocks(self, cooperative_id: str, table: str) -> list[Row]:
        """(leading_rows, kept, rows, excluded, lost) of each block, by block and branch."""
        return self.rows(
            "SELECT leading_rows, kept, rows, excluded, lost FROM mapped.blocks WHERE cooperative_id = ?"
            " AND table_name = ? ORDER BY block, branch",
            [cooperative_id, table],
        )

    def accounts(self, cooperative_id: str) -> list[Row]:
        """(table, rows, counted, used, excluded, ignored) of every raw table, by file."""
        return self.rows(
            "SELECT source_table, rows, counted, used, excluded, ignored FROM mapped.raw_accounts"
            " WHERE cooperative_id = ? ORDER BY source_file, source_table",
            [cooperative_id],
        )


@dataclass
class SmallProgram:
    """A programme of one batch; every cooperative has a profile of its own, named like itself."""

    cooperatives: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        cooperative_id: str,
        mapping: str,
        files: Mapping[str, str],
        *,
        overrides: str | None = None,
        **batch_keys: Any,
    ) -> str:
        """Add a cooperative: its profile without the head, its files (path below its folder -> text); returns its id.

        Files are csv with `;`, dates dmy and a decimal comma unless the mapping says otherwise. `source` defaults to
        the whole folder; of a given one each path stands below that folder.
        """
        head = f"profile: {cooperative_id}\nversion: 1\nreads: {{format: csv, delimiter: ';'}}\n"
        self.files[f"mappings/{cooperative_id}.yaml"] = head + dedent(mapping)
        for name, text in files.items():
            self.files[f"legacy/{cooperative_id}/{name}"] = "\n".join(map(str.strip, text.strip().splitlines())) + "\n"
        folder = f"legacy/{cooperative_id}"
        source = [{**part, "path": f"{folder}/{part['path']}"} for part in batch_keys.pop("source", [])] or folder
        entry = {"id": cooperative_id, "name": f"Koperasi {cooperative_id}", "profile": cooperative_id}
        if overrides is not None:
            self.files[f"mappings/over-{cooperative_id}.yaml"] = dedent(overrides)
            entry["overrides"] = f"mappings/over-{cooperative_id}.yaml"
        self.cooperatives.append({**entry, "source": source, **batch_keys})
        return cooperative_id

    def write(self, root: Path) -> None:
        """Write the programme folder."""
        batch = {"batch": BATCH, "cutoff_on": CUTOFF, "cooperatives": self.cooperatives}
        files = {
            **self.files,
            "program.yaml": "program: uji-2026\nname: Program Uji\n",
            f"batches/{BATCH}.yaml": yaml.safe_dump(batch, sort_keys=False),
        }
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    @contextmanager
    def outcome(self, root: Path) -> Iterator[Outcome]:
        """Write the folder, run it, and keep staging open for the tests."""
        self.write(root)
        with run_steps(root) as outcome:
            yield outcome


@contextmanager
def run_steps(root: Path, only: Sequence[str] = ()) -> Iterator[Outcome]:
    """Extract, map, account and clean the batch of a programme folder; set the scope so that rows are booked."""
    run = BatchRun.of(ProgramFolder(root), BATCH, only)
    with Staging.open(run.folder.staging_path(BATCH)) as staging:
        extract(staging, run)
        for name in ORDER:
            map_table(staging, run, TABLES[name])
        account_raw(staging, run)
        load_corrections(staging, run)
        for name in ORDER:
            clean_table(staging, run, TABLES[name])
        set_scope(staging, run)
        yield Outcome(staging, run)
