"""One raw table measured column by column, in two statements however many columns it has.

A profile of a column says what its cells look like and what is wrong with them; it never shows a cell. Forms of single
cells are in `cell_forms`; what the figures are worth is in `grading`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from koop_pipeline.mapping import cell_forms
from koop_pipeline.mapping.cell_forms import DAMAGED, DECIMAL_MARKS, FAMILIES, NOTHING, SENSITIVE
from koop_pipeline.staging import Staging, quoted

EXACT_ROWS = 2_000_000
MANY_CODES = 0.1
KEY_FAMILIES = ("number", "digits", "code")
NO_ZERO = ("date", "16 digits", "phone", "email", "text")
EXAMPLES = 3
SHAPE_LENGTH = 30
ID_LENGTH = 5
ID_SHARE = Decimal("0.95")


@dataclass(frozen=True)
class Form:
    """The cells of one column that have one form. `low` and `high` are numbers, or years; `samples` are cells."""

    form: str
    cells: int
    low: Decimal | None
    high: Decimal | None
    shortest: int
    longest: int
    samples: tuple[str, ...] = field(repr=False)
    broken: int
    quoted: int
    blanks: int


@dataclass(frozen=True)
class ColumnProfile:
    """One column: how full it is, what its cells look like, and what is wrong with some of them."""

    column: str
    rows: int
    filled: int
    distinct: int
    distinct_exact: bool
    forms: tuple[Form, ...]

    @cached_property
    def family(self) -> str:
        """What most cells are: a name of `FAMILIES`, or `empty`. A tenth of codes makes a column one of codes."""
        sizes = {name: self.cells(*own) for name, (own, _) in FAMILIES.items()}
        best = max(sizes, key=lambda name: sizes[name])
        if not sizes[best]:
            return "empty"
        admitted = best in {"number", "date", "digits"}
        return "code" if admitted and sizes["code"] >= MANY_CODES * sum(sizes.values()) else best

    @property
    def looks_like(self) -> str:
        """The family in words."""
        if self.family != "number":
            return self.family
        return "whole number" if self.cells("zero", "whole", "dash") == self.filled else "amount"

    @property
    def nothing(self) -> int:
        """Filled cells that say nothing."""
        return self.cells(*self._silent)

    @property
    def told(self) -> int:
        """Cells that say something."""
        return self.filled - self.nothing

    @property
    def conforming(self) -> int:
        """Cells that say something and have a form that the column's family admits."""
        if self.family == "empty":
            return 0
        own, also = FAMILIES[self.family]
        return self.cells(*({*own, *also} - self._silent))

    @property
    def findings(self) -> dict[str, int]:
        """Cells by what is wrong with them or worth knowing, none where nothing is."""
        found = {**self.damage, "without meaning": self.nothing}
        found["in another form"] = self.told - self.conforming
        found["quote around"] = sum(form.quoted for form in self.forms)
        found["blank around"] = sum(form.blanks for form in self.forms)
        return {name: cells for name, cells in found.items() if cells}

    @property
    def damage(self) -> dict[str, int]:
        """Cells that cannot be read for sure and that somebody must correct, by what is wrong."""
        found = {label: self.cells(form) for form, label in DAMAGED.items()}
        if self.family != "date":
            found.pop(DAMAGED["bad_date"])
        found["broken letters"] = sum(form.broken for form in self.forms)
        found["other date order"] = min(self.cells("date_dmy"), self.cells("date_mdy"))
        marks = [self.cells(form) for form in DECIMAL_MARKS]
        found["other decimal mark"] = min(marks) if self.family == "number" else 0
        return {label: cells for label, cells in found.items() if cells}

    @property
    def all_equal(self) -> bool:
        """Whether every row says the same."""
        return self.rows > 1 and self.filled == self.rows and self.distinct == 1

    @property
    def is_key(self) -> bool:
        """Whether the column is filled in every row and never repeats."""
        return self.rows > 1 and self.filled == self.rows == self.distinct and self.distinct_exact

    @property
    def range(self) -> str:
        """Smallest and largest: amounts as they are, of dates the years, of anything that may name a person lengths."""
        if self.family in {"empty", "secret"}:
            return ""
        forms = [form for form in self.forms if form.form in FAMILIES[self.family][0]]
        numbers = [value for form in forms for value in (form.low, form.high) if value is not None]
        if self.family == "date" and numbers:
            return f"{min(numbers):.0f} .. {max(numbers):.0f}"
        if self.family == "number" and numbers and not self._may_be_an_id():
            return f"{_plain(min(numbers))} .. {_plain(max(numbers))}"
        unit = "digits" if self.family in {"number", "16 digits", "digits"} else "characters"
        shortest, longest = min(form.shortest for form in forms), max(form.longest for form in forms)
        return f"{longest} {unit}" if shortest == longest else f"{shortest} .. {longest} {unit}"

    @property
    def examples(self) -> list[str]:
        """Up to three shapes of cells, the most frequent form first: a letter is `a` or `A`, a digit `9`."""
        shown = [form for form in self.forms if form.form != "secret"]
        shapes = [shape(sample) for form in shown for sample in form.samples]
        return list(dict.fromkeys(shapes))[:EXAMPLES]

    def cells(self, *names: str) -> int:
        """How many cells have one of these forms."""
        return sum(form.cells for form in self.forms if form.form in names)

    @property
    def _silent(self) -> set[str]:
        """Forms that say nothing here: `n/a`, `0000-00-00`, `-` unless numbers make it 0, `0` unless numbers may be."""
        if self.family == "number":
            return {form for form in NOTHING if form != "dash"}
        return {*NOTHING, "zero"} if self.family in NO_ZERO else set(NOTHING)

    def _may_be_an_id(self) -> bool:
        """Long or phone-like numbers among them; or plain numbers of one length, or that hardly repeat."""
        if self.cells(*SENSITIVE):
            return True
        if self.cells(*FAMILIES["number"][0]) > self.cells("zero", "whole"):
            return False
        lengths = {length for form in self.forms if form.form == "whole" for length in (form.shortest, form.longest)}
        return (len(lengths) == 1 and min(lengths) >= ID_LENGTH) or self.distinct >= ID_SHARE * self.filled


@dataclass(frozen=True)
class TableProfile:
    """One raw table of one cooperative and branch: its rows and its columns."""

    table: str
    rows: int
    empty_rows: int
    duplicate_rows: int
    columns: tuple[ColumnProfile, ...]

    @property
    def keys(self) -> list[str]:
        """Columns that could be the key: filled in every row and never repeated; numbers and codes come first."""
        found = [column for column in self.columns if column.is_key]
        return [column.column for column in sorted(found, key=lambda column: column.family not in KEY_FAMILIES)]


def measure(staging: Staging, table: str, select: str, columns: Sequence[str]) -> TableProfile:
    """Profile the `columns` of what `select` returns, which also has `source_file`.

    Up to EXACT_ROWS rows `distinct` is exact; above, it is an estimate and no column is called a key. A row is a
    duplicate of an equal one of the same file only: a second dump of a system repeats most of the first.
    """
    rows = staging.value(f"SELECT count(*) FROM ({select})")
    if not rows:
        return TableProfile(table, 0, 0, 0, tuple(ColumnProfile(column, 0, 0, 0, True, ()) for column in columns))
    exact = rows <= EXACT_ROWS
    empty, different, *distinct = _count_rows(staging, select, columns, exact=exact)
    forms = _forms(staging, select, columns)
    profiles = []
    for number, (column, count) in enumerate(zip(columns, distinct, strict=True)):
        own = tuple(sorted(forms.get(number, []), key=lambda form: (-form.cells, form.form)))
        filled = sum(form.cells for form in own)
        profiles.append(ColumnProfile(column, rows, filled, min(count, filled), exact, own))
    return TableProfile(table, rows, empty, rows - empty - different, tuple(profiles))


def shape(cell: str) -> str:
    """The form of a text without its content: no letter and no digit of it is left.

    >>> shape("Siti Aminah, S.Kom")
    'Aaaa Aaaaaa, A.Aaa'
    >>> shape("Rp 1.250.000,-")
    'Aa 9.999.999,-'
    """
    drawn = "".join(_drawn(letter) for letter in cell[:SHAPE_LENGTH])
    return drawn + ("..." if len(cell) > SHAPE_LENGTH else "")


def _drawn(letter: str) -> str:
    if letter.isdigit() or letter.isnumeric():
        return "9"
    if letter.isalpha():
        return "A" if letter.isupper() else "a"
    return letter if letter.isascii() and letter.isprintable() else "_"


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _count_rows(staging: Staging, select: str, columns: Sequence[str], *, exact: bool) -> tuple[int, ...]:
    """Empty rows, different rows that are not empty, and the distinct values of each column."""
    names = [quoted(column) for column in columns]
    filled = [f"nullif({cell_forms.bared(name)}, '')" for name in names]
    inner = ", ".join(f"{cell} AS c{number}" for number, cell in enumerate(filled))
    cells = [f"c{number}" for number in range(len(columns))]
    is_empty = f"coalesce({', '.join(cells)}) IS NULL" if len(cells) > 1 else "c0 IS NULL"
    count = "count(DISTINCT {0})" if exact else "approx_count_distinct({0})"
    distinct = ", ".join(count.format(cell) for cell in cells)
    one = f"CASE WHEN NOT ({is_empty}) THEN hash(source_file, {', '.join(cells)}) END"
    row: tuple[int, ...] = staging.rows(
        f"SELECT count_if({is_empty}), count(DISTINCT {one}), {distinct}"
        f" FROM (SELECT source_file, {inner} FROM ({select}))"
    )[0]
    return row


def _forms(staging: Staging, select: str, columns: Sequence[str]) -> dict[int, list[Form]]:
    """The forms of every column, by its number; each cell is looked at once."""
    cells = ", ".join(quoted(column) for column in columns)
    found: dict[int, list[Form]] = {}
    for number, form, count, low, high, shortest, longest, first, last, broken, marked, blanks in staging.rows(
        f"SELECT n, form, count(*), min(value), max(value), min(length(bare)), max(length(bare)),"
        f" left(min(bare), {SHAPE_LENGTH + 1}), left(max(bare), {SHAPE_LENGTH + 1}),"
        f" count_if({cell_forms.is_broken('cell')}), count_if({cell_forms.has_quote_around('cell', 'bare')}),"
        f" count_if({cell_forms.has_blank_around('cell', 'bare')})"
        f" FROM (SELECT *, {cell_forms.number_of('bare', 'form')} AS value"
        f" FROM (SELECT *, {cell_forms.form_of('bare')} AS form"
        f" FROM (SELECT n, cell, {cell_forms.bared('cell')} AS bare"
        f" FROM (SELECT unnest([{cells}]) AS cell, unnest(range({len(columns)})) AS n FROM ({select}))"
        f" WHERE cell <> ''))) GROUP BY n, form HAVING form <> 'blank' ORDER BY n, form"
    ):
        samples = tuple(dict.fromkeys(text for text in (first, last) if text))
        found.setdefault(number, []).append(
            Form(form, count, low, high, shortest, longest, samples, broken, marked, blanks)
        )
    return found
