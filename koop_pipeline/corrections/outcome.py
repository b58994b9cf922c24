"""What becomes of each correction: applied, fulfilled by the delivery, superseded by a later one, or an error.

Pure: everything that stands in the delivery is given. Sentences name columns and places, never values.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from koop_pipeline.corrections.match import Cell, Place, Said

Outcome = Literal["applied", "fulfilled", "superseded", "error"]
CellPlace = tuple[str, str, int, str]


@dataclass
class Verdict:
    """The outcome of one correction with a sentence; `row` is the row it means, `into` the one that stays."""

    said: Said
    outcome: Outcome
    message: str = ""
    row: int | None = None
    into: int | None = None


@dataclass(frozen=True)
class Delivery:
    """What the corrections meet: rows they mean, rows that stay, parents that are there, cells, and its day.

    `values` gives the canonical value of a correction's own text, by table, column and text.
    """

    rows: dict[Place, list[int]]
    survivors: dict[Place, list[int]]
    parents: set[Place]
    cells: dict[CellPlace, Cell]
    values: dict[tuple[str, str, str], str | None]
    as_of: dict[str, date]

    def same(self, table: str, column: str, one: str | None, other: str | None) -> bool:
        """Whether two corrections' texts say the same."""
        return self.values.get((table, column, one or "")) == self.values.get((table, column, other or ""))

    def holds(self, table: str, column: str, cell: Cell, text: str | None) -> bool:
        """Whether a delivered cell already says what a correction says, however it is written there."""
        if not (text or "").strip():
            return cell.text == ""
        wanted = self.values.get((table, column, text or ""))
        return wanted is not None and cell.value == wanted


@dataclass
class _Said:
    """What corrections so far say about a cell."""

    verdict: Verdict
    value: str | None


def judge(corrections: list[Said], delivery: Delivery) -> list[Verdict]:
    """One verdict a correction, in their order of day and place; a later one builds on an earlier one."""
    said_before: dict[CellPlace, _Said] = {}
    in_order = sorted(corrections, key=lambda one: (one.cooperative_id, one.item.on, one.number))
    return [_judge(said, delivery, said_before) for said in in_order]


def _judge(said: Said, delivery: Delivery, before: dict[CellPlace, _Said]) -> Verdict:
    rows = delivery.rows.get((said.cooperative_id, said.number), [])
    if said.item.action == "add":
        return _add(said, delivery, rows)
    if len(rows) != 1:
        return _not_one(said, delivery, len(rows))
    verdict = Verdict(said, "applied", row=rows[0])
    match said.item.action:
        case "set" | "allocate":
            return _change(verdict, delivery, before)
        case "merge":
            return _merge(verdict, delivery)
        case _:
            return _exclude(verdict, delivery)


def _not_one(said: Said, delivery: Delivery, count: int) -> Verdict:
    if count:
        return Verdict(said, "error", f"{count} rows of {said.item.table} have this key; say in 'at' which one")
    gone = said.item.action in {"exclude", "merge"} and delivery.as_of[said.cooperative_id] > said.item.on
    if gone:
        return Verdict(said, "fulfilled", "the newer delivery does not have this row any more")
    return Verdict(said, "error", f"no row of {said.item.table} in the delivery fits it")


def _cell(said: Said, delivery: Delivery, row: int, column: str) -> tuple[CellPlace, Cell]:
    place = (said.cooperative_id, said.item.table, row, column)
    return place, delivery.cells[place]


def _change(verdict: Verdict, delivery: Delivery, before: dict[CellPlace, _Said]) -> Verdict:
    """A cell gets a new value, if it holds the expected old one or what an earlier correction made of it."""
    said, item = verdict.said, verdict.said.item
    column = item.changed_column or ""
    place, cell = _cell(said, delivery, verdict.row or 0, column)
    earlier = before.get(place)
    expected = (item.expected or "").strip()
    if earlier and expected == (earlier.value or "").strip():
        earlier.verdict.outcome, earlier.verdict.message = "superseded", f"{said.place} says it anew"
    elif earlier and delivery.same(item.table, column, item.value, earlier.value):
        verdict.outcome, verdict.message = "fulfilled", f"{earlier.verdict.said.place} says the same"
        return verdict
    elif earlier:
        verdict.outcome = "error"
        verdict.message = f"{earlier.verdict.said.place} says something else about {column} of this row"
        return verdict
    elif delivery.holds(item.table, column, cell, item.value):
        verdict.outcome, verdict.message = "fulfilled", "the delivery holds the new value already"
        return verdict
    elif expected != cell.text:
        verdict.outcome = "error"
        verdict.message = f"{column} of this row does not hold the expected old value; look at it again"
        return verdict
    if item.action == "allocate" and (said.cooperative_id, said.number) not in delivery.parents:
        verdict.outcome, verdict.message = "error", f"the {column} to which it is moved is not in the delivery"
        return verdict
    before[place] = _Said(verdict, item.value)
    return verdict


def _merge(verdict: Verdict, delivery: Delivery) -> Verdict:
    said = verdict.said
    stays = [row for row in delivery.survivors.get((said.cooperative_id, said.number), []) if row != verdict.row]
    if len(stays) != 1:
        verdict.outcome = "error"
        verdict.message = f"{len(stays) or 'no'} rows of {said.item.table} have the key of the one that stays"
        return verdict
    verdict.into = stays[0]
    return verdict


def _exclude(verdict: Verdict, delivery: Delivery) -> Verdict:
    item = verdict.said.item
    if item.column is not None:
        _, cell = _cell(verdict.said, delivery, verdict.row or 0, item.column)
        if cell.text != (item.expected or "").strip():
            verdict.outcome = "error"
            verdict.message = f"{item.column} of this row does not hold the expected value; look at it again"
    return verdict


def _add(said: Said, delivery: Delivery, rows: list[int]) -> Verdict:
    if not rows:
        return Verdict(said, "applied")
    values = said.item.values or {}
    pairs = [(name, value, _cell(said, delivery, rows[0], name)[1]) for name, value in values.items()]
    if all(delivery.holds(said.item.table, name, cell, value) for name, value, cell in pairs):
        return Verdict(said, "fulfilled", "the delivery has this row already", row=rows[0])
    return Verdict(said, "error", f"{said.item.table} has a row of this key that says something else", row=rows[0])


def cells_needed(corrections: list[Said], rows: dict[Place, list[int]]) -> list[CellPlace]:
    """The cells that `judge` looks at."""
    needed: list[CellPlace] = []
    for said in corrections:
        item = said.item
        names = list(item.values or {}) if item.action == "add" else [item.changed_column]
        for row in rows.get((said.cooperative_id, said.number), [])[:1]:
            needed += [(said.cooperative_id, item.table, row, name) for name in names if name]
    return needed
