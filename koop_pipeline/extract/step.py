"""The step extract: mirrors what every cooperative delivered into `raw`, and counts it a second time.

One transaction for some cooperatives together. What cannot be read halts its own cooperative with one sentence.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from koop_pipeline import progress
from koop_pipeline.errors import DeliveryError
from koop_pipeline.extract import raw_writer, xlsx_file
from koop_pipeline.extract.formats import reader_for
from koop_pipeline.extract.raw_buffer import RawBuffer
from koop_pipeline.extract.raw_writer import RawWriter
from koop_pipeline.extract.sources import find_files, sha256_of
from koop_pipeline.extract.values import numbers_with
from koop_pipeline.identifiers.masking import mask_key
from koop_pipeline.identifiers.secrets import SECRET_REASON
from koop_pipeline.program.profile import Profile
from koop_pipeline.program.program_file import Cooperative, SourcePart
from koop_pipeline.program.reading import Reading
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging, StagingError, safe_message
from koop_pipeline.staging.halts import begin, halt

TOGETHER = 20
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
    ordinals = {one.id: ordinal for ordinal, one in enumerate(run.batch.cooperatives)}
    for first in range(0, len(run.cooperatives), TOGETHER):
        group = run.cooperatives[first : first + TOGETHER]
        try:
            rows = _extract_together(staging, run, group, ordinals)
        except StagingError:  # each alone now, so that only the one at fault is stopped
            rows = [_extract_together(staging, run, (one,), ordinals)[0] for one in group]
        progress.advance(len(group), sum(rows))


def _extract_together(
    staging: Staging, run: BatchRun, group: Sequence[Cooperative], ordinals: dict[str, int]
) -> list[int]:
    """Extract these cooperatives in one transaction; how many rows each delivered. StagingError where several fail."""
    ids = [one.id for one in group]
    known = dict(staging.rows("SELECT cooperative_id, sources_sha256 FROM raw.cooperatives"))
    fingerprints = {}
    try:
        with staging.transaction():
            buffer = RawBuffer(staging)
            for one in group:
                fingerprints[one.id] = _extract_one(staging, run, one, buffer, known.get(one.id))
            buffer.flush()
            _register(staging, run, group, ordinals, fingerprints)
    except StagingError as error:
        if len(group) > 1:
            raise
        with staging.transaction():
            forget(staging, ids[0])
            _register(staging, run, group, ordinals, {})
            halt(staging, ids[0], "extract", _sentence(error).replace(f"{run.folder.root}/", ""))
    sizes = "SELECT cooperative_id, sum(rows)::BIGINT FROM raw.tables WHERE cooperative_id IN (SELECT unnest(?))"
    rows = dict(staging.rows(f"{sizes} GROUP BY 1", [ids]))
    return [rows.get(each, 0) for each in ids]


def _extract_one(
    staging: Staging, run: BatchRun, cooperative: Cooperative, buffer: RawBuffer, known: str | None
) -> str:
    """Read one cooperative into the buffer; the fingerprint of its source, empty where it cannot be read."""
    try:
        delivered, unread = deliveries(run, cooperative)
        fingerprint, hashes = source_fingerprint(run, cooperative, delivered)
        if fingerprint != known or _may_change_unseen(cooperative):
            if known is not None:
                forget(staging, cooperative.id)
            _mirror(buffer, run, cooperative, delivered, hashes)
            _note_unread(buffer, cooperative.id, unread)
    except StagingError:
        raise
    except Exception as error:  # law 4: whatever is wrong with one delivery stops that cooperative only
        buffer.drop(cooperative.id)
        forget(staging, cooperative.id)
        halt(staging, cooperative.id, "extract", _sentence(error).replace(f"{run.folder.root}/", ""))
        return ""
    return fingerprint


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


def _may_change_unseen(cooperative: Cooperative) -> bool:
    """A database has no sha256 that says whether it is what it was."""
    return any(part.path.startswith((*URL_SCHEMES, "env:")) for part in cooperative.source)


def forget(staging: Staging, cooperative_id: str) -> None:
    """Remove everything raw about a cooperative."""
    for (relation,) in staging.rows(
        "SELECT DISTINCT relation FROM raw.tables WHERE cooperative_id = ?", [cooperative_id]
    ):
        staging.clear(relation, [cooperative_id])
    for table in ("raw.files", "raw.tables", "raw.failures"):
        staging.clear(table, [cooperative_id])


def _mirror(
    buffer: RawBuffer, run: BatchRun, cooperative: Cooperative, delivered: list[Delivered], hashes: dict[str, str]
) -> None:
    profile = run.mappings[cooperative.id].profile
    key = raw_writer.hash_key(run.folder.home)
    writer = RawWriter(buffer, cooperative.id, profile.profile, _secret_columns(profile), key)
    for item in delivered:
        size = item.path.stat().st_size if isinstance(item.path, Path) else None
        buffer.note("raw.files", [cooperative.id, item.branch, item.as_of, item.name, hashes.get(item.name), size])
        _mirror_file(buffer, writer, item, profile.decimal)
    if not delivered:
        raise DeliveryError(f"{cooperative.id}: nothing in its source is a file that the profile reads")


def _mirror_file(buffer: RawBuffer, writer: RawWriter, item: Delivered, decimal_mark: str) -> None:
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
        unread = xlsx_file.unread(item.path, item.reading) if item.reading.format == "xlsx" else []  # type: ignore[arg-type]
    except DeliveryError as error:
        raise DeliveryError(_placed(item, str(error))) from None
    sheets = [f"{item.name}, sheet {number} ({mask_key(name)})" for number, name in unread]
    _note_unread(buffer, writer.cooperative_id, sheets, "sheet")
    for table in dict.fromkeys([*rows, *counted]):
        read, found = rows.get(table, 0), counted.get(table, 0)
        relation = raw_writer.relation_name(writer.profile, table)
        buffer.note("raw.tables", [
            writer.cooperative_id, item.branch, item.as_of, item.name, table, relation, columns.get(table, []), read,
            found,
        ])  # fmt: skip
        if read != found:
            note = f"{item.name}, {table}: {read} rows read, the second counter finds {found}"
            _fail(buffer, writer.cooperative_id, "EXT-COUNT-01", item.name, table, note)


def _placed(item: Delivered, message: str) -> str:
    """A reader's sentence with the file as it is called in the programme folder."""
    name = item.path.name if isinstance(item.path, Path) else ""
    return item.name + message[len(name) :] if name and message.startswith(name) else message


def _note_unread(buffer: RawBuffer, cooperative_id: str, unread: list[str], kind: str = "file") -> None:
    for name in unread:
        note = f"{name}: no 'reads' of the profile matches this {kind}; it was not read"
        _fail(buffer, cooperative_id, "EXT-UNREAD-01", name, None, note)


def _fail(buffer: RawBuffer, cooperative_id: str, rule: str, file: str, table: str | None, note: str) -> None:
    buffer.note("raw.failures", [cooperative_id, "cooperatives", rule, table or file, file, table, note])


def _register(
    staging: Staging,
    run: BatchRun,
    group: Sequence[Cooperative],
    ordinals: dict[str, int],
    fingerprints: dict[str, str],
) -> None:
    """Write down each cooperative with the fingerprint of its source; an empty one where it could not be read."""
    staging.clear("raw.cooperatives", [one.id for one in group])
    for one in group:
        staging.execute(
            "INSERT INTO raw.cooperatives VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                one.id, ordinals[one.id], one.name, one.profile, run.cutoff_on(one), run.as_of(one),
                fingerprints.get(one.id, ""),
            ],
        )  # fmt: skip


def _secret_columns(profile: Profile) -> list[str]:
    """The `table.column` patterns that the profile ignores because they are secrets."""
    return [name for name, reason in profile.ignore.items() if "." in name and SECRET_REASON.search(reason or "")]
