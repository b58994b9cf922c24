"""The embedded target: a DuckDB file with the platform's tables and the bookkeeping of what was loaded.

One writer at a time: others queue on a lock beside the file. It is attached to the staging connection as `target`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from koop_pipeline.contracts import PROMOTED, Table
from koop_pipeline.staging import Staging, literal, quoted

MIGRATION = {
    "loads": "load_id VARCHAR NOT NULL, cooperative_id VARCHAR NOT NULL, batch VARCHAR NOT NULL, kind VARCHAR NOT NULL,"
    " content_sha256 VARCHAR NOT NULL, sources_sha256 VARCHAR NOT NULL, profile_sha256 VARCHAR NOT NULL,"
    " suites_sha256 VARCHAR NOT NULL, corrections_sha256 VARCHAR NOT NULL,"
    " verdict VARCHAR NOT NULL, rows BIGINT NOT NULL",
    "held": "load_id VARCHAR, cooperative_id VARCHAR NOT NULL, table_name VARCHAR NOT NULL, key VARCHAR,"
    " column_name VARCHAR, rule VARCHAR NOT NULL",
}


@contextmanager
def attached(staging: Staging, path: Path, *, read_only: bool = False) -> Iterator[None]:
    """Attach the target (created when it is not there) as `target` for as long as the context lasts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        mode = " (READ_ONLY)" if read_only else ""
        staging.execute(f"ATTACH {literal(str(path))} AS target{mode}")
        try:
            if not read_only:
                _create(staging)
            yield
        finally:
            staging.execute("DETACH target")


def _create(staging: Staging) -> None:
    with staging.transaction():
        for schema in ("platform", "migration"):
            staging.execute(f"CREATE SCHEMA IF NOT EXISTS target.{schema}")
        for table in PROMOTED:
            staging.execute(f"CREATE TABLE IF NOT EXISTS target.platform.{table.name} ({_columns(table)})")
        for name, columns in MIGRATION.items():
            staging.execute(f"CREATE TABLE IF NOT EXISTS target.migration.{name} ({columns})")


def _columns(table: Table) -> str:
    """DDL of a platform table: not-null and the closed enumerations are enforced by the target itself."""
    parts = ["cooperative_id VARCHAR NOT NULL"]
    for column in table.all_columns:
        rule = " NOT NULL" if column.required else ""
        if column.values:
            rule += f" CHECK ({quoted(column.name)} IN ({', '.join(map(literal, column.values))}))"
        parts.append(f"{quoted(column.name)} {column.sql_type}{rule}")
    return ", ".join(parts)
