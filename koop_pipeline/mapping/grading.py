"""The data grade of a cooperative, A to D, from what was measured before any mapping.

A: migrate now. B: small corrections. C: correct before the wave. D: do not plan it yet. The grade is that of the worst
measure. Each column, and for duplicates each table, counts the same however long it is: 30,000 tidy transactions must
not hide 88 untidy members. The thresholds are a first setting, chosen by reason and tried on the sample only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from koop_pipeline.mapping.column_profile import ColumnProfile, TableProfile

Grade = Literal["A", "B", "C", "D"]
GRADES: tuple[Grade, ...] = ("A", "B", "C", "D")
MEANINGS: dict[Grade, str] = {
    "A": "migrate now",
    "B": "small corrections",
    "C": "correct before the wave",
    "D": "do not plan yet",
}
IN_FORM = Fraction(9, 10)
STRICT = ("number", "date", "16 digits", "phone")
FEW_CELLS = 20
Unit = Literal["percent", "per 1,000", "count"]


@dataclass(frozen=True)
class Measure:
    """What is measured and the worst value that still earns A, B and C; `rising`: more is better."""

    name: str
    title: str
    unit: Unit
    bounds: tuple[Fraction, Fraction, Fraction]
    rising: bool
    reason: str

    def grade(self, value: Fraction) -> Grade:
        """The grade that this value earns; a bound itself still earns its grade."""
        for grade, bound in zip(GRADES, self.bounds, strict=False):
            if (value >= bound) if self.rising else (value <= bound):
                return grade
        return "D"

    def shown(self, value: Fraction) -> str:
        """The value with its unit, cut towards the worse so that it never looks better than its grade."""
        if self.unit == "count":
            return str(int(value))
        tenths = value * 10
        cut = tenths.__floor__() if self.rising else tenths.__ceil__()
        return f"{cut // 10}.{cut % 10} {'%' if self.unit == 'percent' else self.unit}"


def _measure(name: str, title: str, unit: Unit, bounds: Sequence[int | str], reason: str, *, rising: bool) -> Measure:
    a, b, c = (Fraction(bound) for bound in bounds)
    return Measure(name, title, unit, (a, b, c), rising, reason)


MEASURES = (
    _measure(
        "delivery", "faults of the delivery", "count", (0, 0, 0), rising=False,
        reason="what could not be read, or counts differently a second time, may lack members and money",
    ),
    _measure(
        "fill", "filled cells", "percent", (80, 65, 50), rising=True,
        reason="well-kept exports leave up to a fifth empty: e-mail, leaving dates, debit beside credit",
    ),
    _measure(
        "form", "cells in their column's form", "percent", (99, 97, 90), rising=True,
        reason="a cell in another form becomes a failed rule or a correction; 1 in 100 is a day's work for an officer",
    ),
    _measure(
        "mixed", "columns with a tenth or more out of form", "percent", (2, 5, 15), rising=False,
        reason="such a column was kept in several ways; it needs a decision, not single corrections",
    ),
    _measure(
        "column", "the worst column of numbers, dates, NIK or phones out of form", "percent", (1, 10, 30), rising=False,
        reason="a mean hides one bad column; what stands there cannot be read as what the rest of the column is",
    ),
    _measure(
        "damage", "damaged cells", "per 1,000", (1, 5, 20), rising=False,
        reason="lost letters and digits cannot be had back from the file; only the cooperative knows them",
    ),
    _measure(
        "duplicates", "duplicate rows", "per 1,000", (5, 20, 50), rising=False,
        reason="two equal deposits in a day happen; a table that was appended twice shows as hundreds",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """One measure of one cooperative: its value and the grade of that value."""

    measure: Measure
    value: Fraction
    grade: Grade


@dataclass(frozen=True)
class Graded:
    """The grade of a cooperative with all its marks; `deciding` are those that made it."""

    grade: Grade
    marks: tuple[Mark, ...]

    @property
    def deciding(self) -> tuple[Mark, ...]:
        """The marks as bad as the grade; none for an A."""
        return tuple(mark for mark in self.marks if mark.grade == self.grade) if self.grade != "A" else ()


def grade(tables: Sequence[TableProfile], delivery_faults: int) -> Graded:
    """Grade what was delivered. `delivery_faults`: deliveries and tables that could not be read or counted alike.

    Without a single filled cell there is nothing but the delivery to grade, and that is a fault.
    """
    columns = [column for table in tables for column in table.columns if column.filled]
    values = {"delivery": Fraction(delivery_faults if columns else max(delivery_faults, 1))}
    if columns:
        told = [column for column in columns if column.told]
        values |= {
            "fill": 100 * _mean(columns, lambda column: Fraction(column.told, column.rows)),
            "form": 100 * _mean(told, _share_in_form),
            "mixed": 100 * _mean(told, lambda column: Fraction(_share_in_form(column) <= IN_FORM)),
            "column": 100 * max(map(out_of_form, columns)),
            "damage": 1000 * _mean(columns, _share_damaged),
            "duplicates": 1000 * _mean_of_tables(tables),
        }
    marks = tuple(
        Mark(measure, values[measure.name], measure.grade(values[measure.name]))
        for measure in MEASURES
        if measure.name in values
    )
    return Graded(max(mark.grade for mark in marks), marks)


def out_of_form(column: ColumnProfile) -> Fraction:
    """The share of a strict column that is out of form; 0 for other columns and those of fewer than FEW_CELLS cells."""
    strict = column.family in STRICT and column.told >= FEW_CELLS
    return 1 - _share_in_form(column) if strict else Fraction(0)


def _mean(columns: Sequence[ColumnProfile], share: Callable[[ColumnProfile], Fraction]) -> Fraction:
    return sum(map(share, columns), Fraction(0)) / len(columns) if columns else Fraction(0)


def _share_in_form(column: ColumnProfile) -> Fraction:
    return Fraction(column.conforming, column.told)


def _share_damaged(column: ColumnProfile) -> Fraction:
    return Fraction(min(sum(column.damage.values()), column.filled), column.filled)


def _mean_of_tables(tables: Sequence[TableProfile]) -> Fraction:
    filled = [table for table in tables if table.rows]
    return sum((Fraction(table.duplicate_rows, table.rows) for table in filled), Fraction(0)) / len(filled)
