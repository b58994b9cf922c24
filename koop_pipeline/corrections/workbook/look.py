"""How the workbook looks: colours, fonts, formats, and cells that are never formulas.

Put here what makes a cell or a sheet look and behave; what stands in it belongs to `workbook_write` and `cover`.
"""

import re
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties

from koop_pipeline.corrections.workbook import layout

COLOURS = {"block": "F8CBC6", "hold": "FCE3B8", "warn": "D6E6F5"}
FREE, HEAD, PLAIN_HEAD = "FFFBCC", "1F4E5F", "5B7A86"
FONT = "Calibri"
LINE_HEIGHT, MOST_LINES = 15, 14
FILLED = 1.05
FORMATS = {"date": "dd/mm/yyyy", "money": "#,##0.00", "rate": "0.######", "integer": "0"}
TEXT_FORMAT = "@"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_LINE = Side(style="thin", color="BFC9CE")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_TOP = Alignment(vertical="top", wrap_text=True)
LONGEST_TEXT = 32_000


class Look:
    """The styles of one workbook, each made once, and its drop-down lists."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self._scratch = book.create_sheet(layout.CHOICES)
        self._lists: dict[tuple[str, ...], int] = {}
        self._styles: dict[str, Any] = {}
        self._make("text", fill=None)
        self._make("number", align=Alignment("center", "top"))
        self._make("bold", font=_font(bold=True), align=Alignment("center", "top"))
        self._make("bold_text", font=_font(bold=True))
        self._make("label", font=_font(bold=True), border=None)
        fonts = {"title": _font(bold=True, size=16, color=HEAD), "subtitle": _font(bold=True, size=12, color=HEAD)}
        fonts |= {"prose": _font(), "label": _font(bold=True)}
        for name, font in fonts.items():
            self._make(f"{name}_line", font=font, border=None, align=Alignment(vertical="top"))
        centred = Alignment("center", "center", wrap_text=True)
        for name, colour in (("head", HEAD), ("plain_head", PLAIN_HEAD)):
            self._make(name, fill=colour, font=_font(bold=True, color="FFFFFF"), align=centred)
        for consequence, colour in COLOURS.items():
            self._make(consequence, fill=colour)
        self._make("free", fill=FREE, free=True)
        self._make("free_text", fill=FREE, free=True, number_format=TEXT_FORMAT)
        for kind, number_format in FORMATS.items():
            self._make(f"free_{kind}", fill=FREE, free=True, number_format=number_format)

    def _make(
        self, name: str, *, fill: str | None = None, font: Font | None = None, border: Border | None = _BORDER,
        align: Alignment = _TOP, free: bool = False, number_format: str | None = None,
    ) -> None:  # fmt: skip
        cell = WriteOnlyCell(self._scratch)
        cell.alignment = align
        cell.protection = Protection(locked=not free)
        if fill:
            cell.fill = PatternFill("solid", fgColor=fill)
        cell.font = font or _font()
        if border:
            cell.border = border
        if number_format:
            cell.number_format = number_format
        if not free:
            cell.quotePrefix = True
        self._styles[name] = cell._style

    def cell(self, text: object, style: str = "text") -> Any:
        """A cell that holds text, whatever the text begins with."""
        cell = WriteOnlyCell(self._scratch)
        if text not in (None, ""):
            cell.value = plain(str(text))
            cell.data_type = "s"
        cell._style = self._styles[style]
        return cell

    def row(self, texts: Sequence[object], style: str = "text") -> list[Any]:
        """Cells of one look."""
        return [self.cell(text, style) for text in texts]

    def choice(self, options: Sequence[str], place: str, title: str) -> DataValidation:
        """A drop-down list for a range; anything else is refused with a sentence."""
        key = tuple(options)
        number = self._lists.setdefault(key, len(self._lists) + 1)
        letter = get_column_letter(number)
        rule = DataValidation(
            type="list", formula1=f"'{layout.CHOICES}'!${letter}$1:${letter}${len(key)}", allow_blank=True,
            showErrorMessage=True, errorTitle=title, error="Pilih salah satu dari daftar.",
        )  # fmt: skip
        rule.add(place)
        return rule

    def write_lists(self) -> None:
        """Fill the hidden sheet of the lists; nobody sees it."""
        longest = max((len(options) for options in self._lists), default=0)
        for number in range(longest):
            self._scratch.append(
                [self.cell(options[number] if number < len(options) else None) for options in self._lists]
            )
        self._scratch.sheet_state = "veryHidden"


class Kept:
    """A sheet of which the written texts are kept, row by row."""

    def __init__(self, sheet: Any) -> None:
        self.sheet = sheet
        self.rows: list[list[str]] = []

    def append(self, cells: Sequence[Any]) -> None:
        """Write a row of cells; None where there is none."""
        self.sheet.append(cells)
        self.rows.append([(cell.value or "") if cell is not None else "" for cell in cells])


def _font(**how: Any) -> Font:
    return Font(name=FONT, **{"size": 11, **how})


def height(texts: Sequence[object], widths: Sequence[float]) -> float:
    """The height of a row whose cells wrap, in points: no program works it out when it opens a file made elsewhere."""
    lines = 1
    for text, width in zip(texts, widths, strict=False):
        if text and len(str(text)) > width * FILLED:
            lines = max(lines, sum(1 + int(len(part) / (width * FILLED)) for part in str(text).split("\n")))
    return LINE_HEIGHT * min(lines, MOST_LINES) + 3


def plain(text: str) -> str:
    """The text without what XML cannot hold, at a length that every program keeps."""
    text = _NOT_XML.sub(" ", text)
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def set_up(
    sheet: Any, widths: Sequence[float], *, freeze: str | None = None, repeat: int = 0, footer: str = ""
) -> None:
    """Widths, frozen panes, print set-up (A4 landscape, one page wide) and protection without a password."""
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = freeze
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top, sheet.page_margins.bottom, sheet.page_margins.footer = 0.5, 0.8, 0.4
    sheet.oddFooter.left.text = footer.replace("&", "&&")
    sheet.oddFooter.right.text = "&A, halaman &P dari &N"
    if repeat:
        sheet.print_title_rows = f"1:{repeat}"
    sheet.protection.sheet = True
    for allowed in ("autoFilter", "sort", "formatColumns", "formatRows", "deleteRows"):
        setattr(sheet.protection, allowed, False)
