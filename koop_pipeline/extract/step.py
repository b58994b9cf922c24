"""The step extract: mirrors what every cooperative delivered into `raw`, and counts it a second time.

One transaction a cooperative. What cannot be read halts its own cooperative with one sentence.
"""

import hashlib
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from koop_pipeline import progress
from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract import raw_writer
from koop_pipeline.extract.formats import reader_for
from koop_pipeline.extract.raw_writer import RawWriter
from koop_pipeline.extract.sources import find_files, sha256_of
from koop_pipeline.extract.values import numbers_with
from koop_pipeline.identifiers.secrets import SECRET_REASON
from koop_pipeline.program.profile import Profile
from koop_pipeline.program.program_file import Cooperative, SourcePart
from koop_pipeline.program.reading import Reading
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging, StagingError, safe_message
from koop_pipeline.staging.halts import begin, halt

URL_SCHEMES = ("mysql://", "mariadb://", "postgresql://", "sqlite://")


@dataclass(frozen=True)
class Delivered:
    """One file (or database) of a cooperative: where it is, how it is read, what it stands for."""

    path: Path | str
    name: str
    reading: Reading
    branch: str | None
    as_of: date


def extract(staging: Staging, run: BatchRun) -> None:
    """Fill `raw` for the cooperatives in scope; those whose source is unchanged since are left as they are."""
    begin(staging, "extract", run.ids)
    for ordinal, cooperative in enumerate(run.batch.cooperatives):
        if cooperative in run.cooperatives:
            _extract_one(staging, run, cooperative, ordinal)
            progress.advance(1, _delivered_rows(staging, cooperative))


def _delivered_rows(staging: Staging, cooperative: Cooperative) -> int:
    rows = "SELECT coalesce(sum(rows), 0)::BIGINT FROM raw.tables WHERE cooperative_id = ?"
    return int(staging.value(rows, [cooperative.id]))


def _extract_one(staging: Staging, run: BatchRun, cooperative: Cooperative, ordinal: int) -> None:
    try:
        delivered, unread = deliveries(run, cooperative)
        fingerprint, hashes = source_fingerprint(run, cooperative, delivered)
        if not _is_extracted(staging, cooperative, fingerprint):
            with staging.transaction():
                forget(staging, cooperative.id)
                _mirror(staging, run, cooperative, delivered, hashes)
                _note_unread(staging, cooperative.id, unread)
        _register(staging, run, cooperative, ordinal, fingerprint)
    except Exception as error:  # law 4: whatever is wrong with one delivery stops that cooperative only
        forget(staging, cooperative.id)
        _register(staging, run, cooperative, ordinal, "")
        halt(staging, cooperative.id, "extract", _sentence(error).replace(f"{run.folder.root}/", ""))


def _sentence(error: Exception) -> str:
    """What to tell the user; the text of an error that is not ours may hold values and is not shown."""
    if isinstance(error, DeliveryError):
        return str(error).splitlines()[0]
    if isinstance(error, StagingError | OSError):
        return f"the delivery cannot be read: {safe_message(error)}"
    return f"the delivery cannot be read ({type(error).__name__}); check the file, or send it to the engineers"


def deliveries(run: BatchRun, cooperative: Cooperative) -> tuple[list[Delivered], list[str]]:
    """The files that the cooperative's profile reads, and the names of those that nothing reads."""
    profile = run.mappings[cooperative.id].profile
    found: list[Delivered] = []
    unread: list[str] = []
    for part in cooperative.source:
        location = _location(part, cooperative)
        as_of = run.part_as_of(cooperative, part)
        if location.startswith(URL_SCHEMES):
            reading = next((item for item in profile.reads if item.format == "database"), Reading(format="database"))
            found.append(Delivered(location, f"database {part.path.partition(':')[0]}", reading, part.branch, as_of))
            continue
        root = run.folder.root / location
        matched, rest = find_files(root, profile.reads)
        others = [run.folder.root / other.path for other in cooperative.source]
        matched, rest = _without(matched, rest, [path for path in others if path != root and path.is_relative_to(root)])
        base = root if root.is_dir() else root.parent
        unread += [str(path.relative_to(base)) for path in rest]
        found += [Delivered(path, _shown(path, run), reading, part.branch, as_of) for path, reading in matched]
    return found, unread


def _without(
    matched: list[tuple[Path, Reading]], rest: list[Path], apart: list[Path]
) -> tuple[list[tuple[Path, Reading]], list[Path]]:
    """A folder's files without those that have a part of their own, with its own branch and day."""

    def own(path: Path) -> bool:
        return not any(path.is_relative_to(other) for other in apart)

    return [item for item in matched if own(item[0])], [path for path in rest if own(path)]


def _shown(path: Path, run: BatchRun) -> str:
    return str(path.relative_to(run.folder.root)) if path.is_relative_to(run.folder.root) else path.name


def _location(part: SourcePart, cooperative: Cooperative) -> str:
    if not part.path.startswith("env:"):
        return part.path
    name = part.path.removeprefix("env:")
    if not os.environ.get(name):
        raise DeliveryError(
            f"{cooperative.id}: the source is env:{name}, but that variable is not set; set it and run again"
        )
    return os.environ[name]


def source_fingerprint(
    run: BatchRun, cooperative: Cooperative, delivered: list[Delivered]
) -> tuple[str, dict[str, str]]:
    """One hash over everything the cooperative delivered and how it is read, and the sha256 of each file."""
    hashes = {item.name: sha256_of(item.path) for item in delivered if isinstance(item.path, Path)}
    profile = run.mappings[cooperative.id].profile
    parts = [
        f"{item.name}|{hashes.get(item.name, item.path)}|{item.branch}|{item.as_of}|{item.reading.model_dump_json()}"
        for item in delivered
    ]
    text = "\n".join([profile.profile, profile.decimal, *sorted(_secret_columns(profile)), *parts])
    return hashlib.sha256(text.encode()).hexdigest(), hashes


def _is_extracted(staging: Staging, cooperative: Cooperative, fingerprint: str) -> bool:
    return bool(
        staging.rows(
            "SELECT 1 FROM raw.cooperatives WHERE cooperative_id = ? AND sources_sha256 = ?",
            [cooperative.id, fingerprint],
        )
    ) and not any(part.path.startswith(URL_SCHEMES) or part.path.startswith("env:") for part in cooperative.source)


def forget(staging: Staging, cooperative_id: str) -> None:
    """Remove everything raw about a cooperative."""
    for (relation,) in staging.rows(
        "SELECT DISTINCT relation FROM raw.tables WHERE cooperative_id = ?", [cooperative_id]
    ):
        staging.clear(relation, [cooperative_id])
    for table in ("raw.files", "raw.tables", "raw.failures"):
        staging.clear(table, [cooperative_id])


def _mirror(
    staging: Staging, run: BatchRun, cooperative: Cooperative, delivered: list[Delivered], hashes: dict[str, str]
) -> None:
    profile = run.mappings[cooperative.id].profile
    key = raw_writer.hash_key(run.folder.home)
    writer = RawWriter(staging, cooperative.id, profile.profile, _secret_columns(profile), key)
    for item in delivered:
        size = item.path.stat().st_size if isinstance(item.path, Path) else None
        staging.execute(
            "INSERT INTO raw.files VALUES (?, ?, ?, ?, ?, ?)",
            [cooperative.id, item.branch, item.as_of, item.name, hashes.get(item.name), size],
        )
        _mirror_file(staging, writer, item, profile.decimal)
    if not delivered:
        raise DeliveryError(f"{cooperative.id}: nothing in its source is a file that the profile reads")


def _mirror_file(staging: Staging, writer: RawWriter, item: Delivered, decimal_mark: str) -> None:
    reader = reader_for(item.reading)
    columns: dict[str, list[str]] = {}
    rows: dict[str, int] = {}
    try:
        with numbers_with(decimal_mark):
            for chunk in reader.read(item.path, item.reading):  # type: ignore[arg-type]
                names = writer.write(chunk, item.name, item.branch, item.as_of)
                raw_writer.same_columns(item.name, chunk.table, columns.setdefault(chunk.table, names), names)
                rows[chunk.table] = rows.get(chunk.table, 0) + chunk.frame.height
        counted = reader.count(item.path, item.reading)  # type: ignore[arg-type]
    except DeliveryError as error:
        raise DeliveryError(_placed(item, str(error))) from None
    for table in dict.fromkeys([*rows, *counted]):
        relation = raw_writer.relation_name(writer.profile, table)
        staging.execute(
            "INSERT INTO raw.tables VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                writer.cooperative_id, item.branch, item.as_of, item.name, table, relation,
                columns.get(table, []), rows.get(table, 0), counted.get(table, 0),
            ],
        )  # fmt: skip
        if rows.get(table, 0) != counted.get(table, 0):
            note = (
                f"{item.name}, {table}: {rows.get(table, 0)} rows read, the second counter finds"
                f" {counted.get(table, 0)}"
            )
            _fail(staging, writer.cooperative_id, "EXT-COUNT-01", item.name, table, note)


def _placed(item: Delivered, message: str) -> str:
    """A reader's sentence with the file as it is called in the programme folder."""
    name = item.path.name if isinstance(item.path, Path) else ""
    return item.name + message[len(name) :] if name and message.startswith(name) else message


def _note_unread(staging: Staging, cooperative_id: str, unread: list[str]) -> None:
    for name in unread:
        note = f"{name}: no 'reads' of the profile matches this file; it was not read"
        _fail(staging, cooperative_id, "EXT-UNREAD-01", name, None, note)


def _fail(staging: Staging, cooperative_id: str, rule: str, file: str, table: str | None, note: str) -> None:
    staging.execute(
        "INSERT INTO raw.failures (cooperative_id, table_name, rule, before, source_file, source_table, note)"
        " VALUES (?, 'cooperatives', ?, ?, ?, ?, ?)",
        [cooperative_id, rule, table or file, file, table, note],
    )


def _register(staging: Staging, run: BatchRun, cooperative: Cooperative, ordinal: int, fingerprint: str) -> None:
    staging.clear("raw.cooperatives", [cooperative.id])
    staging.execute(
        "INSERT INTO raw.cooperatives VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            cooperative.id, ordinal, cooperative.name, cooperative.profile,
            run.cutoff_on(cooperative), run.as_of(cooperative), fingerprint,
        ],
    )  # fmt: skip


def _secret_columns(profile: Profile) -> list[str]:
    """The `table.column` patterns that the profile ignores because they are secrets."""
    return [name for name, reason in profile.ignore.items() if "." in name and SECRET_REASON.search(reason or "")]
