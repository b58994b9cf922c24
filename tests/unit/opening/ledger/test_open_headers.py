"""Headers that are marked as detail double the trial balance: found by what stands below them, and by nothing else."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koop_pipeline.opening.frames import frame
from koop_pipeline.opening.ledger.headers import doubled_failures

Line = tuple[str, int] | tuple[str, int, str | None]


def found(*lines: Line, header: str = "", cooperative: str = "A") -> list[str]:
    """The codes that are found; a line is code, net debit and parent. `header`: codes that are marked as headers."""
    rows = [
        {
            "cooperative_id": cooperative, "account_code": code, "name": "x", "is_detail": code not in header.split(),
            "debit": Decimal(max(net, 0)), "credit": Decimal(max(-net, 0)), "parent_code": next(iter(parent), None),
        }
        for code, net, *parent in lines
    ]  # fmt: skip
    failures = doubled_failures(frame("accounts", rows))
    assert failures["rule"].unique().to_list() in ([], ["ACC-HDR-02"])
    return sorted(failures["before"].to_list())


STATED: list[Line] = [
    ("A", 100, None), ("K", 60, "A"), ("B", 40, "A"), ("P", -100, None), ("S", -70, "P"), ("M", -30, "P"),
]  # fmt: skip


def test_headers_by_parent_code_are_found_with_code_amount_and_what_to_do() -> None:
    assert found(*STATED) == ["A", "P"]
    row = {"cooperative_id": "A", "name": "x", "credit": Decimal(0), "is_detail": True}
    rows = [
        {**row, "account_code": code, "debit": Decimal(net), "parent_code": parent}
        for code, net, parent in (("1", 100, None), ("7", 60, "1"), ("8", 40, "1"))
    ]
    assert doubled_failures(frame("accounts", rows)).select("row", "column_name", "note").rows() == [
        (
            1, "is_detail",
            "the account 1 is marked as detail and holds Rp 100.00 net debit, exactly what the accounts below it hold "
            "(2 with an amount; it is their parent): the same money would stand twice; make it a header (is_detail: "
            "false in the profile)",
        )
    ]  # fmt: skip


def test_a_real_header_and_a_parent_of_another_amount_are_not() -> None:
    assert found(*STATED, header="A P") == []
    assert found(("A", 101, None), ("K", 60, "A"), ("B", 40, "A")) == []
    assert found(("A", 0, None), ("K", 60, "A"), ("B", -60, "A")) == []


def test_every_level_that_repeats_the_one_below_is_found() -> None:
    """A of 100 above B of 100 above 60 and 40; T is a title without an amount, under which 5 and 2 stand."""
    assert found(("A", 100, None), ("B", 100, "A"), ("C", 60, "B"), ("D", 40, "B")) == ["A", "B"]
    assert found(("A", 7, None), ("T", 0, "A"), ("C", 5, "T"), ("D", 2, "T")) == ["A"]


@pytest.mark.parametrize(
    ("top", "middle", "leaves"),
    [
        ("1", "1.1", ("1.1.1", "1.1.2", "1.2")), ("1", "11", ("111", "112", "12")),
        ("100", "110", ("111", "112", "120")),
        ("1.00.00", "1.01.00", ("1.01.05", "1.01.10", "1.02.00")), ("1-0000", "1-1000", ("1-1100", "1-1200", "1-2000")),
        ("PST-1", "PST-1.1", ("PST-1.1.1", "PST-1.1.2", "PST-1.2")), ("A", "A1", ("A101", "A102", "A2")),
        ("10.00.00.00", "10.10.00.00", ("10.10.10.00", "10.10.20.00", "10.20.00.00")),
    ],
)  # fmt: skip
def test_headers_are_known_by_the_codes_of_the_chart(top: str, middle: str, leaves: tuple[str, str, str]) -> None:
    """60 + 30 = 90 and 90 + 10 = 100."""
    one, two, three = leaves
    chart: list[Line] = [(top, 100), (middle, 90), (one, 60), (two, 30), (three, 10)]
    assert found(*chart) == sorted([top, middle])
    assert found(*chart, header=f"{top} {middle}") == []
    assert found((top, 100), (middle, 91), (one, 60), (two, 30), (three, 10)) == []
    assert found((top, 0), (middle, 0), (one, 60), (two, 30), (three, 10)) == []


def test_one_account_below_with_the_same_amount_is_a_header_where_the_books_say_so() -> None:
    """Cash of 500 against capital of 500, each under a header: right with and without the headers."""
    chart: list[Line] = [("1", 500), ("11", 500), ("3", -500), ("31", -500)]
    assert found(*chart) == ["1", "3"]
    assert found(*chart[:3]) == ["1"], "out by 500 with it, right without it"


def test_an_account_that_merely_shares_a_prefix_and_an_amount_is_none() -> None:
    """Cash 110 and petty cash 111 of 500 each, capital of 1,000: equal with both, out by 500 without one."""
    assert found(("110", 500), ("111", 500), ("310", -1_000)) == []
    assert found(("1", 500), ("10", 300), ("2", -800)) == []
    assert found(("1.1", 70), ("1.10", 70), ("1.2", -140)) == []


def test_a_chart_that_names_some_parents_is_read_by_codes_for_the_rest() -> None:
    assert found(("1", 90), ("11", 60), ("12", 30), ("121", 20, "12"), ("122", 10, "12")) == ["1", "12"]


def test_codes_in_a_circle_of_parents_do_not_hang() -> None:
    assert found(("1", 5, "2"), ("2", 5, "1"), ("3", -10)) == ["1", "2"]
    assert found(("1", 0, "2"), ("2", 0, "1"), ("3", 4, "1")) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(1, 10**9), min_size=2, max_size=4), min_size=2, max_size=4), st.booleans())
def test_in_any_chart_each_doubled_header_is_found_and_no_other(groups: list[list[int]], dotted: bool) -> None:
    """`1` above groups `11`, `12`, ... above accounts `111`, `112`, ...: all sums stand as detail."""
    dot = "." if dotted else ""
    chart: list[Line] = [("1", sum(map(sum, groups)))]
    for at, group in enumerate(groups, 1):
        chart.append((f"1{dot}{at}", sum(group)))
        chart += [(f"1{dot}{at}{dot}{no}", amount) for no, amount in enumerate(group, 1)]
    heads = ["1", *(f"1{dot}{at}" for at in range(1, len(groups) + 1))]
    assert found(*chart) == sorted(heads)
    assert found(*chart, header=" ".join(heads)) == []
