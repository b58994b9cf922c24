"""The data grade: the thresholds at their edges, and that each fault decides by itself."""

from fractions import Fraction

import pytest

from koop_pipeline.mapping.column_profile import ColumnProfile, Form, TableProfile
from koop_pipeline.mapping.grading import MEASURES, grade

BY_NAME = {measure.name: measure for measure in MEASURES}


def column(rows: int = 100, broken: int = 0, **cells: int) -> ColumnProfile:
    """A column whose filled cells have these forms; `broken` of the first form lost letters."""
    forms = [Form(form, count, None, None, 1, 9, (), 0, 0, 0) for form, count in cells.items()]
    forms[0] = Form(forms[0].form, forms[0].cells, None, None, 1, 9, (), broken, 0, 0)
    return ColumnProfile("c", rows, sum(cells.values()), 5, True, tuple(forms))


def table(*columns: ColumnProfile, rows: int = 100, duplicates: int = 0) -> TableProfile:
    """A table of these columns."""
    return TableProfile("t", rows, 0, duplicates, columns)


CLEAN = table(*[column(text=100)] * 9, column(sixteen=100))


@pytest.mark.parametrize(
    ("name", "earns"),
    [
        ("delivery", {"A": ["0"], "D": ["1", "7"]}),
        ("fill", {"A": ["100", "80"], "B": ["79.999", "65"], "C": ["64.999", "50"], "D": ["49.999", "0"]}),
        ("form", {"A": ["100", "99"], "B": ["98.999", "97"], "C": ["96.999", "90"], "D": ["89.999", "0"]}),
        ("mixed", {"A": ["0", "2"], "B": ["2.001", "5"], "C": ["5.001", "15"], "D": ["15.001", "100"]}),
        ("column", {"A": ["0", "1"], "B": ["1.001", "10"], "C": ["10.001", "30"], "D": ["30.001", "100"]}),
        ("damage", {"A": ["0", "1"], "B": ["1.001", "5"], "C": ["5.001", "20"], "D": ["20.001", "1000"]}),
        ("duplicates", {"A": ["0", "5"], "B": ["5.001", "20"], "C": ["20.001", "50"], "D": ["50.001", "1000"]}),
    ],
)
def test_a_threshold_itself_still_earns_its_grade(name: str, earns: dict[str, list[str]]) -> None:
    for expected, values in earns.items():
        assert {BY_NAME[name].grade(Fraction(value)) for value in values} == {expected}


def test_every_measure_says_why_and_its_bounds_get_worse() -> None:
    for measure in MEASURES:
        assert measure.reason
        assert list(measure.bounds) == sorted(measure.bounds, reverse=measure.rising)


def test_a_clean_delivery_is_an_a_and_nothing_decides() -> None:
    graded = grade([CLEAN], 0)
    assert (graded.grade, graded.deciding) == ("A", ())
    assert {mark.measure.name: mark.measure.shown(mark.value) for mark in graded.marks} == {
        "delivery": "0", "fill": "100.0 %", "form": "100.0 %", "mixed": "0.0 %", "column": "0.0 %",
        "damage": "0.0 per 1,000", "duplicates": "0.0 per 1,000",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tables", "faults", "expected", "deciding"),
    [
        # a table whose second count differs
        ([CLEAN], 1, "D", {"delivery"}),
        # nothing was read, or only empty tables
        ([], 0, "D", {"delivery"}),
        ([table(ColumnProfile("c", 0, 0, 0, True, ()), rows=0)], 0, "D", {"delivery"}),
        # 5 of 100 NIKs have another form: 1 column of 10, so 0.5 % of all cells
        ([table(*[column(text=100)] * 9, column(sixteen=95, whole=5))], 0, "B", {"column"}),
        # 20 of 100: the column (20 %) is C, the mean (98 %) B, one of ten columns is mixed (10 %): C
        ([table(*[column(text=100)] * 9, column(sixteen=80, whole=20))], 0, "C", {"column", "mixed"}),
        # mean of 10 columns: (9 x 100 + 30) / 10 = 93 % filled; of 2: 65 %
        ([table(*[column(text=100)] * 9, column(text=30))], 0, "A", set()),
        ([table(column(text=100), column(text=30))], 0, "B", {"fill"}),
        # a dash instead of a NIK is no filled cell: (100 + 20) / 2 = 60 %
        ([table(column(text=100), column(sixteen=20, dash=80))], 0, "C", {"fill"}),
        # 2 of 100 names lost letters in 1 of 10 columns: 2 per 1,000
        ([table(*[column(text=100)] * 9, column(text=100, broken=2))], 0, "B", {"damage"}),
        # 60 equal rows in a table of 100 beside a clean one: (600 + 0) / 2 = 300 per 1,000
        ([CLEAN, table(column(text=100), duplicates=60)], 0, "D", {"duplicates"}),
    ],
)
def test_the_worst_measure_decides(tables: list[TableProfile], faults: int, expected: str, deciding: set[str]) -> None:
    graded = grade(tables, faults)
    assert (graded.grade, {mark.measure.name for mark in graded.deciding}) == (expected, deciding)


def test_a_long_table_does_not_hide_a_short_one() -> None:
    transactions = TableProfile("mutasi", 30_000, 0, 0, (column(rows=30_000, whole=30_000),) * 9)
    members = TableProfile("anggota", 88, 0, 0, (column(rows=88, sixteen=80, whole=8),))
    # 8 of 88 = 9.1 % of the column; by cells it would be 8 of 270,088
    assert grade([transactions, members], 0).grade == "B"
    # of fewer than 20 cells no column is judged by itself: 1 of 7 NIKs
    officers = TableProfile("pengurus", 7, 0, 0, (column(rows=7, sixteen=6, whole=1), *[column(rows=7, text=7)] * 50))
    assert grade([officers], 0).grade == "A"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("fill", "79.99", "79.9 %"),
        ("form", "100", "100.0 %"),
        ("column", "1.001", "1.1 %"),
        ("damage", "0.01", "0.1 per 1,000"),
        ("delivery", "2", "2"),
    ],
)
def test_a_value_never_looks_better_than_its_grade(name: str, value: str, shown: str) -> None:
    assert BY_NAME[name].shown(Fraction(value)) == shown
