"""Loading and verifying in PostgreSQL against a bare COPY of the same rows, and what row-level security costs.

Run `python benchmarks/load.py FOLDER [--target postgresql://...]`. A programme that was not brought through the gate
yet is brought there first. Without a target a PostgreSQL server is started in a temporary folder. In one run, on
the same rows, in turn:

- bare: the promoted rows of all cooperatives, by COPY into tables of the same columns that have no keys,
  no checks, no indexes, no row-level security;
- promote: the step itself (a transaction a cooperative, keys, checks, tenants, books, hashes, control totals);
- verify: the step itself (read back through Arrow, every row by its hash, references, control totals);
- reading one cooperative's savings as the platform does, with and without row-level security.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import psycopg
import pyarrow.csv as arrow_csv
from floor import target_at
from measure import machine
from steps import steps_before_promotion

from koop_pipeline.contracts import PROMOTED
from koop_pipeline.defs.promote_verify import current_hashes
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion.step import promote
from koop_pipeline.staging import Staging
from koop_pipeline.target.opening import open_target
from koop_pipeline.verification.step import verify

FORM = arrow_csv.WriteOptions(include_header=False, quoting_style="needed")
READS = 200
ADMITTED = "SELECT cooperative_id FROM gate.decisions WHERE verdict <> 'blocked'"


def bare_copy(staging: Staging, url: str) -> int:
    """COPY the promoted rows into tables without anything; how many."""
    rows = 0
    with psycopg.connect(url) as target, target.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS bare CASCADE; CREATE SCHEMA bare")
        for table in PROMOTED:
            cursor.execute(f"CREATE TABLE bare.{table.name} AS SELECT * FROM platform.{table.name} WITH NO DATA")
            names = ", ".join(f'"{name}"' for name in ("cooperative_id", *table.names))
            reader = staging.connection.execute(
                f"SELECT {names} FROM gate.promotable_{table.name} WHERE cooperative_id IN ({ADMITTED})"
            ).to_arrow_reader(200_000)
            with cursor.copy(f"COPY bare.{table.name} ({names}) FROM STDIN (FORMAT csv)") as copy:
                for batch in reader:
                    text = BytesIO()
                    arrow_csv.write_csv(batch, text, FORM)
                    copy.write(text.getbuffer())
                    rows += batch.num_rows
    return rows


@contextmanager
def at_the_gate(description: str) -> Iterator[tuple[Staging, BatchRun, str]]:
    """The staging file of the FOLDER that the command line names, brought through the gate, its run and the target."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--target")
    arguments = parser.parse_args()
    folder = ProgramFolder(arguments.folder)
    bring_to_gate(BatchRun.of(folder, folder.batch_names[0]))
    with target_at(arguments.target) as url:
        os.environ["KOOP_TARGET"] = url
        run = BatchRun.of(folder, folder.batch_names[0])
        with Staging.open(folder.staging_path(run.batch.batch), isolated=False) as staging:
            yield staging, run, url


def bring_to_gate(run: BatchRun) -> None:
    """Run the steps before promotion where the batch has no verdicts yet."""
    with Staging.open(run.folder.staging_path(run.batch.batch)) as staging:
        if not staging.value("SELECT count(*) FROM gate.decisions"):
            for _, step in steps_before_promotion(staging, run):
                step()


def timed(action: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def read_one(url: str, role: str | None) -> float:
    """Median seconds of reading one cooperative's savings of a member, by the key and by the tenant."""
    taken = []
    with psycopg.connect(url) as connection:
        ids = [row[0] for row in connection.execute("SELECT cooperative_id FROM platform.cooperatives").fetchall()]
        if role:
            connection.execute(f"SET ROLE {role}")
        for turn in range(READS):
            one = ids[turn % len(ids)]
            connection.execute("SELECT set_config('koop.cooperatives', %s, false)", [one])
            query = "SELECT count(*), sum(balance) FROM platform.savings_accounts WHERE cooperative_id = %s"
            started = time.perf_counter()
            connection.execute(query, [one]).fetchone()
            taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> None:
    """Run and print."""
    with at_the_gate(__doc__) as (staging, run, url):
        with open_target(staging, run.target):
            pass
        first = timed(lambda: bare_copy(staging, url))
        loading = timed(lambda: promote(staging, run, current_hashes(run), lambda: None))
        second = timed(lambda: bare_copy(staging, url))
        rows = bare_copy(staging, url)
        verifying = timed(lambda: verify(staging, run))
        outcomes = staging.rows("SELECT outcome, count(*) FROM verification.promotions GROUP BY 1 ORDER BY 1")
        halts = staging.value("SELECT count(*) FROM gate.halts WHERE step IN ('promote', 'verify')")
        print(machine(), f"\n{rows:,} rows, {outcomes}, halted {halts}", file=sys.stdout)
        bare = min(first, second)
        for name, seconds in (("bare COPY", bare), ("promote", loading), ("verify", verifying)):
            print(f"{name:<12}{seconds:>9.2f} s{rows / seconds:>12,.0f} rows/s{seconds / bare:>8.2f} x bare COPY")
        plain, tenant = read_one(url, None), read_one(url, "koop_platform")
        print(
            f"one cooperative's savings: {plain * 1e3:.3f} ms without, {tenant * 1e3:.3f} ms with row-level security"
            f" ({tenant / plain:.2f} x)"
        )


if __name__ == "__main__":
    main()
