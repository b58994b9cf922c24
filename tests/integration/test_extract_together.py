"""Extract takes several cooperatives in one transaction; one that DuckDB refuses is found and stopped alone (law 4)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from small_program import BATCH, SmallProgram

from koop_pipeline.extract import step
from koop_pipeline.extract.raw_buffer import RawBuffer
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging, StagingError

MAPPING = "members: {from: anggota, columns: {member_no: kode, full_name: nama}}"
BAD = "KSP-BURUK"
Rows = list[tuple[str, int]]


def program(root: Path, *ids: str) -> BatchRun:
    """A folder in which each cooperative has two members, with one profile each."""
    small = SmallProgram()
    for one in ids:
        small.add(one, MAPPING, {"anggota.csv": f"kode;nama\n{one}-1;Siti\n{one}-2;Budi"})
    small.write(root)
    return BatchRun.of(ProgramFolder(root), BATCH)


def delivered(staging: Staging) -> Rows:
    """Rows of each cooperative that the books name."""
    return staging.rows("SELECT cooperative_id, rows FROM raw.tables ORDER BY 1")


def halted(staging: Staging) -> list[tuple[str, str]]:
    return staging.rows("SELECT cooperative_id, message FROM gate.halts ORDER BY 1")


def test_what_the_database_refuses_stops_its_own_cooperative_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = program(tmp_path, "KSP-A", BAD, "KSP-C")
    flush: Callable[[RawBuffer], None] = RawBuffer.flush
    asked: list[int] = []

    def refusing(buffer: RawBuffer) -> None:
        lines = buffer.lines.get("raw.files", [])
        asked.append(len(lines))
        if any(line[0] == BAD for line in lines):
            raise StagingError("Out of Memory Error: 'Siti' does not fit")
        flush(buffer)

    monkeypatch.setattr(RawBuffer, "flush", refusing)
    with Staging.open(run.folder.staging_path(BATCH)) as staging:
        step.extract(staging, run)
        assert asked == [3, 1, 1, 1]
        assert delivered(staging) == [("KSP-A", 2), ("KSP-C", 2)]
        ((one, message),) = halted(staging)
        names = staging.rows('SELECT nama FROM raw."KSP-C/anggota" ORDER BY row_id')
    assert one == BAD
    assert message.startswith("the delivery cannot be read: Out of Memory Error")
    assert "Siti" not in message
    assert names == [("Siti",), ("Budi",)]


def test_a_file_that_cannot_be_read_leaves_nothing_of_its_cooperative(tmp_path: Path) -> None:
    """KSP-BURUK's second file breaks off after its first was read; what waited of it goes too."""
    run = program(tmp_path, "KSP-A", BAD, "KSP-C")
    (tmp_path / "legacy" / BAD / "zakat.csv").write_text('kode;nama\n1;"tidak ditutup\n')
    with Staging.open(run.folder.staging_path(BATCH)) as staging:
        step.extract(staging, run)
        assert delivered(staging) == [("KSP-A", 2), ("KSP-C", 2)]
        ((one, message),) = halted(staging)
        assert staging.rows("SELECT count(*) FROM raw.files WHERE cooperative_id = ?", [BAD]) == [(0,)]
        (tmp_path / "legacy" / BAD / "zakat.csv").write_text("kode;nama\n1;ditutup\n")
        step.extract(staging, run)
        assert delivered(staging) == [("KSP-A", 2), (BAD, 2), (BAD, 1), ("KSP-C", 2)]
        assert halted(staging) == []
    assert one == BAD
    assert "a quote is opened and never closed" in message


def test_row_ids_go_on_over_the_parts_of_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files of one sheet name, put in at once by a buffer that holds next to nothing."""
    monkeypatch.setattr("koop_pipeline.extract.raw_buffer.MOST_BYTES", 1)
    small = SmallProgram()
    parts = [{"path": "barat", "branch": "B"}, {"path": "timur", "branch": "T"}]
    small.add("KSP-A", MAPPING, {
        "barat/anggota.csv": "kode;nama\n1;Siti\n2;Budi", "timur/anggota.csv": "kode;nama\n1;Wayan",
    }, source=parts)  # fmt: skip
    small.write(tmp_path)
    run = BatchRun.of(ProgramFolder(tmp_path), BATCH)
    with Staging.open(run.folder.staging_path(BATCH)) as staging:
        step.extract(staging, run)
        rows = staging.rows('SELECT row_id, source_row, branch, kode, nama FROM raw."KSP-A/anggota" ORDER BY row_id')
    first = 10**9
    assert rows == [
        (first + 1, 2, "B", "1", "Siti"), (first + 2, 3, "B", "2", "Budi"), (first + 3, 2, "T", "1", "Wayan"),
    ]  # fmt: skip
