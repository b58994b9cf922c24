"""What stands on the worksheet (lembar pemeriksaan sampel): headings, the texts of a line, the words for a tick.

The only place where these words stand; the writer, the reader and the tests take them from here.
"""

from collections.abc import Mapping
from pathlib import Path

from koop_pipeline.contracts import TABLES
from koop_pipeline.corrections.workbook.layout import column_label
from koop_pipeline.corrections.workbook.look import plain
from koop_pipeline.identifiers.rupiah import grouped
from koop_pipeline.verification.sampling.model import LOST, Item, Line, Sample
from koop_pipeline.verification.sampling.strata import BY_NAME, Sheet

COVER, HIDDEN = "Petunjuk", "_koop_sampel"
TOKEN, OWNER, DELIVERED, TARGET = "No. baris", "Atas nama", "Menurut serahan", "Di sistem baru"
DIFFERENCE, TICK, REMARK, NOTE, SOURCE = "Selisih", "Cocok?", "Keterangan pemeriksa", "Catatan", "Sumber data"
TICKS = {"agrees": "Cocok", "differs": "Berbeda", "no_evidence": "Tidak ada bukti"}
MARKS = {"✓": "agrees", "✔": "agrees", "√": "agrees", "v": "agrees"}
"""What people write instead of the word."""
LOCKED_BEFORE = 5
"""Columns before those to fill in."""
REASONS = {
    "MAP-NEWEST-01": "ada serahan yang lebih baru untuk nomor ini",
    "MAP-MERGED-01": "sama dengan yang diserahkan cabang lain",
    "COR-EXCLUDE-01": "dihapus oleh perbaikan",
    "MBR-DUP-01": "orang yang sama dengan anggota lain",
    "COR-MERGE-01": "orang yang sama menurut pengurus",
}
STATES = {
    "waiting": "Menunggu: koperasi ini belum dipindahkan.",
    "excluded": "Tidak dipindahkan: {}.",
    "held": "Ditahan ({}).",
    "later": "Tidak dibuka: sesudah tanggal pisah batas.",
    LOST: "TIDAK ADA di sistem baru tanpa alasan yang tercatat.",
    "added": "Tidak ada dalam serahan.",
}
FROM = {
    frozenset({"delivered"}): "Ditarik dari serahan.",
    frozenset({"target"}): "Ditarik dari sistem baru.",
    frozenset({"delivered", "target"}): "Ditarik dari serahan dan dari sistem baru.",
}
UNREADABLE = "(tidak terbaca) "


def tick_of(text: str) -> str | None:
    """The answer behind a tick, in any case; None where it is none."""
    wanted = text.strip().casefold()
    return MARKS.get(wanted) or next((name for name, word in TICKS.items() if word.casefold() == wanted), None)


def headings(sheet: Sheet) -> list[str]:
    """The headings of a sheet."""
    key = TABLES[sheet.table].key
    number = column_label(sheet.table, key[0]) if key else "Nomor"
    return [TOKEN, number, OWNER, DELIVERED, TARGET, *filled_in(sheet), NOTE, SOURCE]


def filled_in(sheet: Sheet) -> list[str]:
    """The headings of the columns to fill in; a difference only where an amount is compared."""
    return [sheet.evidence, *[DIFFERENCE] * sheet.by_amount, TICK, REMARK]


def free(sheet: Sheet) -> range:
    """The numbers of those columns, from 0."""
    return range(LOCKED_BEFORE, LOCKED_BEFORE + len(filled_in(sheet)))


def texts(sheet: Sheet, line: Line, items: list[Item]) -> list[str]:
    """What stands in the cells of a line, '' in those to fill in."""
    if sheet.by_amount:
        target = grouped(line.target) if line.target is not None else ""
        sides = [_delivered(line), target]
    else:
        sides = [line.delivered_text, line.target_text]
    shown = [
        line.token,
        line.key,
        line.owner or "",
        *sides,
        *[""] * len(filled_in(sheet)),
        _note(line, items),
        _source(line),
    ]
    return [plain(text) for text in shown]


def drawn_for(sample: Sample) -> Mapping[str, list[Item]]:
    """The items behind each line."""
    found: dict[str, list[Item]] = {line.token: [] for line in sample.lines}
    for item in sample.items:
        found[item.token].append(item)
    return found


def _delivered(line: Line) -> str:
    if line.delivered is not None:
        return grouped(line.delivered)
    return f"{UNREADABLE}{line.delivered_text}" if line.delivered_text.strip() else ""


def _note(line: Line, items: list[Item]) -> str:
    """Why the new system has nothing or something else, and how the line came into the sample."""
    said = []
    if line.state == "carried" and line.detail:
        said.append(f"Dikosongkan sementara: {line.detail}.")
    elif line.state in STATES:
        said.append(STATES[line.state].format(_reason(line.detail)))
    if line.state == "excluded" and line.there:
        said.append("Nomor ini ada di sistem baru.")
    if line.delivered is not None and line.target is not None and line.delivered != line.target:
        said.append(f"Sistem baru dikurangi serahan: {grouped(line.target - line.delivered)}.")
    sides = frozenset(BY_NAME[item.stratum].side for item in items)
    if any(BY_NAME[item.stratum].chance for item in items):
        said.append(FROM[sides])
    if any(item.always for item in items):
        said.append("Selalu diambil.")
    return " ".join(said)


def _reason(detail: str) -> str:
    rule, _, reason = detail.partition("\n")
    return REASONS.get(rule, reason or rule)


def _source(line: Line) -> str:
    if line.source_file is None:
        return ""
    name = line.source_file.rpartition("/")[2]
    places = [name] if line.source_table in (None, Path(name).stem) else [name, str(line.source_table)]
    return ", ".join([*places, *([f"baris {line.source_row}"] if line.source_row else [])])
