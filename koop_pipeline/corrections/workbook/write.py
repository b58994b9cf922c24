"""Writes the workbook of one cooperative: what is wrong, line by line, and where to put it right.

The words come from `layout`, the looks from `look`, the lines from `findings`; what a line is about is kept on the very
hidden sheet of `identity`, by the token in column A, so that lines may be sorted or deleted. Cells are never formulas.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from koop_pipeline.contracts import TABLES, Column, Table
from koop_pipeline.corrections.model import CORRECTABLE, At
from koop_pipeline.corrections.workbook import layout
from koop_pipeline.corrections.workbook.cover import Count, Cover, write_cover
from koop_pipeline.corrections.workbook.findings import Difference, Findings, Line, Pair, Person, Rule, Words
from koop_pipeline.corrections.workbook.identity import Fixed, LineRecord, PairRecord, Record, Sheet, rows_of
from koop_pipeline.corrections.workbook.identity import Workbook as WorkbookRecord
from koop_pipeline.corrections.workbook.look import Look, height, plain, set_up
from koop_pipeline.identifiers.rupiah import grouped
from koop_pipeline.program.profile import CONTROL_HEADS

HEAD_ROW, FIRST_ROW = 2, 3
EMPTY_ROWS = 50
NARROW, MIDDLE, WIDE, BROAD = 12, 16, 21, 46
CONSEQUENCES = re.compile(
    r" (?:Koperasi ini belum dapat dipindahkan|Pemindahan tetap berjalan|Nilai ini dikosongkan di sistem baru"
    r"|Baris ini ditahan dan tidak dipindahkan)[^.]*\.$"
)
_AMOUNT = r"(-?[0-9]+(?:\.[0-9]{2})?|nothing|unreadable)"
_TOTAL = rf"({'|'.join(CONTROL_HEADS)})(:[^ ;]+)?"
NOTES = {
    f"debit {_AMOUNT}, credit {_AMOUNT}, difference {_AMOUNT}": "debit {}, kredit {}, selisih {}",
    f"{_TOTAL} declared {_AMOUNT}, found {_AMOUNT}": "{}{} dinyatakan {}, ditemukan {}",
    f"{_TOTAL} declared {_AMOUNT}, found {_AMOUNT} of which written off {_AMOUNT}": (
        "{}{} dinyatakan {}, ditemukan {}, di antaranya dihapusbukukan {}"
    ),
    f"{_TOTAL} declared {_AMOUNT}, written off {_AMOUNT}": "{}{} dinyatakan {}, termasuk dihapusbukukan {}",
    f"{_TOTAL} declared {_AMOUNT}, found {_AMOUNT}, merged {_AMOUNT}": "{}{} dinyatakan {}, ditemukan {}, digabung {}",
    f"{_TOTAL} delivered {_AMOUNT}, mapped {_AMOUNT}": "{}{} menurut berkas {}, terbaca {}",
}
"""The pipeline's own notes about totals: what each says in English, and in Indonesian."""
NOUNS = {
    "savings": "simpanan", "loans": "pinjaman", "loans_written_off": "pinjaman dihapusbukukan", "members": "anggota",
    "assets": "aset", "savings_transactions": "mutasi simpanan", "loan_repayments": "angsuran",
    "collaterals": "agunan", "debit": "debit", "credit": "kredit", "nothing": "tidak ada",
    "unreadable": "tidak terbaca sebagai angka",
}  # fmt: skip


def write_workbook(path: Path, cover: Cover, findings: Findings, words: Mapping[Rule, Words]) -> None:
    """Write the workbook to `path`, whole or not at all. `words`: what each rule says, by table and rule id."""
    book = Workbook(write_only=True)
    look = Look(book)
    writer = _Writer(book, look, cover, words)
    front = book.create_sheet(layout.COVER)
    for name in CORRECTABLE:
        lines = [line for line in findings.lines if line.table == name]
        if lines:
            writer.failed(TABLES[name], lines)
    if findings.pairs:
        writer.pairs(findings.pairs)
    for name, keys in findings.missing.items():
        writer.adding(TABLES[name], keys)
    if findings.differences:
        writer.differences(findings.differences)
    writer.records.append(Fixed(layout.COVER, write_cover(front, look, cover, writer.counts)))
    look.write_lists()
    writer.identity()
    book.move_sheet(layout.CHOICES, len(book.sheetnames))
    book.properties.creator = cover.programme_name
    book.properties.title = f"{layout.COVER} {cover.name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    book.save(temporary)
    os.replace(temporary, path)


class _Writer:
    """The sheets of one workbook, and the records of what stands on them."""

    def __init__(self, book: Workbook, look: Look, cover: Cover, words: Mapping[Rule, Words]) -> None:
        self.book, self.look, self.cover, self.words = book, look, cover, words
        self.counts: list[Count] = []
        self.records: list[Record] = [
            WorkbookRecord(cover.programme, cover.batch, cover.cooperative_id, cover.made_on.isoformat())
        ]

    def failed(self, table: Table, lines: Sequence[Line]) -> None:
        """The sheet of a category's failed cells."""
        name = layout.sheet_name(table.name)
        plan = _Plan(table, lines)
        sheet = self._sheet(name, plan.headings, plan.widths, plan.frozen, plan.title(name, len(lines)), plan.free)
        self.records.append(Sheet(name, "failed", table.name, plan.headings, [], plan.free, FIRST_ROW))
        for number, line in enumerate(lines, start=1):
            token = f"{layout.TOKENS[table.name]}-{number:05}"
            texts = plan.texts(token, line, self.reason(line))
            sheet.row_dimensions[HEAD_ROW + number].height = height(texts, plan.widths)
            sheet.append(plan.cells(self.look, line, texts))
            self.records.append(_line_record(token, name, line, texts, self.titles(line)))
        self._choices(sheet, plan, lines)
        last = FIRST_ROW + len(lines) - 1
        sheet.auto_filter.ref = f"A{HEAD_ROW}:{get_column_letter(len(plan.headings))}{last}"
        sheet.print_area = f"A1:{get_column_letter(plan.main)}{last}"
        by_consequence = {key: sum(line.consequence == key for line in lines) for key in layout.ORDER}
        self.counts.append(Count(name, len(lines), by_consequence))

    def pairs(self, pairs: Sequence[Pair]) -> None:
        """The sheet of members that may be one person."""
        sides = [
            f"{side}: {layout.column_label('members', name)}"
            for side in (layout.FIRST, layout.SECOND)
            for name in layout.PAIR_FIELDS
        ]
        headings = [layout.TOKEN, layout.COMPARED, *sides, layout.DECISION, layout.REMARK]
        free = [len(headings) - 2, len(headings) - 1]
        widths = [NARROW, WIDE, *[NARROW, WIDE, 19, NARROW, WIDE] * 2, WIDE + 6, WIDE]
        title = "Apakah dua anggota ini orang yang sama? Pilih Keputusan pada tiap baris."
        sheet = self._sheet(layout.PAIRS, headings, widths, f"B{FIRST_ROW}", title, free)
        self.records.append(Sheet(layout.PAIRS, "pairs", "members", headings, [], free, FIRST_ROW))
        for number, pair in enumerate(pairs, start=1):
            token = f"{layout.PAIR_TOKEN}-{number:05}"
            shown = [token, _compared(pair), *_person_texts(pair.first), *_person_texts(pair.second)]
            same = {column for column, how in pair.compared if how.startswith("same")}
            looks = ["text", "text", *("warn" if name in same else "text" for name in layout.PAIR_FIELDS * 2)]
            cells = [self.look.cell(text, style) for text, style in zip(shown, looks, strict=True)]
            sheet.row_dimensions[HEAD_ROW + number].height = height(shown, widths)
            sheet.append([*cells, self.look.cell(None, "free_text"), self.look.cell(None, "free_text")])
            self.records.append(_pair_record(token, pair, shown))
        letter = get_column_letter(free[0] + 1)
        options = list(layout.DECISIONS.values())
        last = FIRST_ROW + len(pairs) - 1
        sheet.data_validations.append(self.look.choice(options, f"{letter}{FIRST_ROW}:{letter}{last}", layout.DECISION))
        sheet.auto_filter.ref = f"A{HEAD_ROW}:{get_column_letter(len(headings))}{last}"
        self.counts.append(Count(layout.PAIRS, len(pairs)))

    def adding(self, table: Table, keys: Sequence[str]) -> None:
        """The sheet on which missing rows are added, with the keys that other rows name filled in."""
        name = layout.adding_sheet(table.name)
        columns = list(table.columns)
        headings = [layout.column_label(table.name, each.name) + " *" * _wanted(each) for each in columns]
        headings.append(layout.REMARK)
        free = list(range(len(headings)))
        names = [each.name for each in columns]
        title = f"Tambahkan {layout.sheet_name(table.name).lower()} yang belum ada. Kolom bertanda * wajib diisi."
        if keys:
            title += " Nomor yang sudah tertulis disebut oleh data lain, tetapi belum ada datanya."
        sheet = self._sheet(name, headings, [MIDDLE] * len(headings), f"B{FIRST_ROW}", title, free)
        self.records.append(Sheet(name, "adding", table.name, headings, names, free, FIRST_ROW, list(keys)))
        rows = len(keys) + EMPTY_ROWS
        place = names.index(table.key[0])
        for number in range(rows):
            given = {place: keys[number]} if number < len(keys) else {}
            cells = [self.look.cell(given.get(index), _free_style(each)) for index, each in enumerate(columns)]
            sheet.append([*cells, self.look.cell(None, "free_text")])
        for index, each in enumerate(columns, start=1):
            options = list(layout.choices(table, each).values())
            if options:
                letter = get_column_letter(index)
                span = f"{letter}{FIRST_ROW}:{letter}{FIRST_ROW + rows - 1}"
                sheet.data_validations.append(self.look.choice(options, span, headings[index - 1]))
        self.counts.append(Count(name, len(keys)))

    def differences(self, differences: Sequence[Difference]) -> None:
        """The sheet of what no cell can mend; for reading only."""
        headings = ["Bagian", layout.SHARP, "Hal", layout.WHY, "Rincian", "Banyaknya"]
        title = "Hanya untuk dibaca: selisih dan catatan yang tidak terletak pada satu baris."
        widths = [MIDDLE, MIDDLE, WIDE, 70, BROAD, NARROW]
        sheet = self._sheet(layout.DIFFERENCES, headings, widths, f"A{FIRST_ROW}", title, [])
        rows = [[title], headings]
        for number, each in enumerate(differences, start=FIRST_ROW):
            said = self.words[each.table, each.rule]
            texts = [layout.SHEETS[each.table], layout.SHARPNESS[each.consequence], said.title, said.explanation]
            texts += [in_indonesian(each.detail), str(each.count)]
            cells = self.look.row(texts)
            cells[1] = self.look.cell(texts[1], each.consequence)
            sheet.row_dimensions[number].height = height(texts, widths)
            sheet.append(cells)
            rows.append([plain(text) for text in texts])
        self.records.append(Fixed(layout.DIFFERENCES, rows))
        by_consequence = {key: sum(each.consequence == key for each in differences) for key in layout.ORDER}
        self.counts.append(Count(f"{layout.DIFFERENCES} (hanya untuk dibaca)", len(differences), by_consequence))

    def identity(self) -> None:
        """The very hidden sheet."""
        sheet = self.book.create_sheet(layout.HIDDEN)
        sheet.sheet_state = "veryHidden"
        for row in rows_of(self.records):
            sheet.append([self.look.cell(text) for text in row])

    def reason(self, line: Line) -> str:
        """Every rule that the cell fails, in words; what follows from it says the column beside."""
        said = [self.words[line.table, rule] for rule in line.rules]
        return "\n".join(f"{each.title}. {CONSEQUENCES.sub('', each.explanation)}" for each in said)

    def titles(self, line: Line) -> str:
        """The rules in short."""
        return ", ".join(self.words[line.table, rule].title for rule in line.rules)

    def _sheet(
        self, name: str, headings: Sequence[str], widths: Sequence[float], frozen: str, title: str, free: Sequence[int]
    ) -> Any:
        sheet = self.book.create_sheet(name)
        set_up(sheet, widths, freeze=frozen, repeat=HEAD_ROW, footer=f"{self.cover.name}, {self.cover.batch}")
        sheet.row_dimensions[1].height = 24
        bold = [width * 0.8 for width in widths]
        sheet.row_dimensions[HEAD_ROW].height = max(34, height(headings, bold))
        sheet.append([self.look.cell(title, "subtitle_line")])
        self.records.append(Fixed(name, [[plain(title)]]))
        sheet.append([self.look.cell(each, "head" if n in free else "plain_head") for n, each in enumerate(headings)])
        return sheet

    def _choices(self, sheet: Any, plan: "_Plan", lines: Sequence[Line]) -> None:
        """The drop-down lists, one a run of lines that share a column and a consequence."""
        row = FIRST_ROW
        for (name, consequence, advised, merged), run in groupby(lines, key=_alike):
            last = row + len(list(run)) - 1
            column = plan.table.column(name) if name else None
            actions = layout.actions_for(plan.table, column, consequence, advised=advised, merged=merged)
            labels = [layout.ACTIONS[action] for action in actions]
            sheet.data_validations.append(self.look.choice(labels, plan.span(layout.ACTION, row, last), layout.ACTION))
            options = list(layout.choices(plan.table, column).values()) if column else []
            if options:
                sheet.data_validations.append(
                    self.look.choice(options, plan.span(layout.REPAIR, row, last), layout.REPAIR)
                )
            row = last + 1


def _alike(line: Line) -> tuple[str | None, str, bool, bool]:
    return line.column, line.consequence, line.suggestion is not None, line.into is not None


class _Plan:
    """The columns of a category's sheet: key, owner, the failed cell, what to fill in, source, the whole row."""

    def __init__(self, table: Table, lines: Iterable[Line]) -> None:
        self.table = table
        filled = {name for line in lines for name in line.cells}
        self.cells_of = [each.name for each in table.columns if each.name in filled]
        key = layout.column_label(table.name, table.key[0])
        lead = [layout.TOKEN, key, layout.OWNER, layout.FAILING, layout.NOW, layout.WHY, layout.SHARP, layout.ADVICE]
        main = [*lead, *layout.FILLED_IN, layout.SOURCE]
        self.main = len(main)
        self.headings = [*main, *(f"Data: {layout.column_label(table.name, name)}" for name in self.cells_of)]
        self.free = [main.index(each) for each in layout.FILLED_IN]
        self.widths = [
            NARROW, MIDDLE, WIDE, MIDDLE, WIDE, BROAD, MIDDLE, MIDDLE, WIDE, WIDE, WIDE, WIDE,
            *(WIDE if table.column(name).personal else MIDDLE for name in self.cells_of),
        ]  # fmt: skip
        self.frozen = f"D{FIRST_ROW}"

    def title(self, name: str, count: int) -> str:
        """The line above the headings."""
        return f"{name}: {count} hal untuk diperiksa. Isilah kolom kuning saja."

    def span(self, heading: str, first: int, last: int) -> str:
        """A range of one column."""
        letter = get_column_letter(self.headings.index(heading) + 1)
        return f"{letter}{first}:{letter}{last}"

    def texts(self, token: str, line: Line, reason: str) -> list[str]:
        """What stands in the locked cells, '' in those to fill in."""
        column = layout.column_label(line.table, line.column) if line.column else layout.WHOLE_ROW
        shown = self._worded(line.column, line.shown)
        lead = [token, line.key, line.owner, column, shown, reason, layout.SHARPNESS[line.consequence]]
        advice = suggested(self.table, line)
        main = [*lead, advice, *[""] * len(layout.FILLED_IN), _source(line.at)]
        return [text or "" for text in [*main, *(self._worded(name, line.cells.get(name)) for name in self.cells_of)]]

    def _worded(self, name: str | None, text: str | None) -> str | None:
        """A delivered text; where a profile put one of our own words, the Indonesian one."""
        return layout.choices(self.table, self.table.column(name)).get(text, text) if name and text else text

    def cells(self, look: Look, line: Line, texts: Sequence[str]) -> list[Any]:
        """The cells of a line: what failed in the colour of its consequence, what is to fill in in yellow."""
        styles = ["text"] * len(texts)
        for heading in (layout.NOW, layout.SHARP):
            styles[self.headings.index(heading)] = line.consequence
        if line.column in self.cells_of:
            styles[self.main + self.cells_of.index(line.column)] = line.consequence
        for place in self.free:
            styles[place] = "free_text"
        if line.column:
            styles[self.headings.index(layout.REPAIR)] = _free_style(self.table.column(line.column))
        return [look.cell(text, style) for text, style in zip(texts, styles, strict=True)]


def suggested(table: Table, line: Line) -> str | None:
    """The suggestion as Indonesians write it, so that it can be typed as it stands."""
    if line.suggestion is None or line.column is None:
        return None
    column = table.column(line.column)
    listed = layout.choices(table, column)
    if listed:
        return listed[line.suggestion]
    if column.kind == "date":
        return "/".join(reversed(line.suggestion.split("-")))
    return grouped(line.suggestion) if column.kind == "money" else line.suggestion


def in_indonesian(detail: str | None) -> str:
    """Our own notes about totals as Indonesians write them; any other text (a cooperative's reason) as it stands.

    >>> in_indonesian("debit 1500.00, credit 500.00, difference 1000.00")
    'debit 1.500,00, kredit 500,00, selisih 1.000,00'
    >>> in_indonesian("no loans are open")
    'no loans are open'
    """
    notes = [_note(part) for part in (detail or "").split("; ")]
    return "; ".join(note for note in notes if note) if all(notes) else detail or ""


def _note(text: str) -> str | None:
    """One of our notes in Indonesian; None for what is none."""
    for english, indonesian in NOTES.items():
        found = re.fullmatch(english, text)
        if found:
            return indonesian.format(*(_said(part) for part in found.groups(default="")))
    return None


def _said(part: str) -> str:
    return grouped(part) if re.fullmatch(r"-?[0-9]+\.[0-9]{2}", part) else NOUNS.get(part, part)


def _line_record(token: str, sheet: str, line: Line, texts: Sequence[str], reason: str) -> LineRecord:
    return LineRecord(
        token, sheet, line.key, _place(line.at), line.column, line.expected, line.refers, line.suggestion,
        line.consequence, reason, [plain(text) for text in texts], line.into,
    )  # fmt: skip


def _free_style(column: Column) -> str:
    kinds = {"date": "free_date", "money": "free_money", "rate": "free_rate", "integer": "free_integer"}
    return kinds.get(column.kind, "free_text")


def _wanted(column: Column) -> bool:
    return column.required and not column.derived


def _place(at: At | None) -> list[Any] | None:
    return [at.file, at.table, at.row] if at else None


def _source(at: At | None) -> str:
    if at is None:
        return ""
    name = at.file.rpartition("/")[2]
    return f"{name}, baris {at.row}" if at.table in (None, Path(name).stem) else f"{name}, {at.table}, baris {at.row}"


def _person_texts(person: Person) -> list[str]:
    texts = {**person.cells, "member_no": person.key or ""}
    return [texts.get(name, "") for name in layout.PAIR_FIELDS]


def _compared(pair: Pair) -> str:
    return "\n".join(layout.comparison(column, how) for column, how in pair.compared)


def _pair_record(token: str, pair: Pair, shown: Sequence[str]) -> PairRecord:
    both = (pair.first, pair.second)
    places = [_place(each.at) for each in both]
    return PairRecord(token, layout.PAIRS, [each.key for each in both], places, [plain(text) for text in shown])
