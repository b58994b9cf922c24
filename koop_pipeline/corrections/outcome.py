"""What becomes of each correction: applied, fulfilled by the delivery, superseded by a later one, late, or an error.

Late: the cooperative is in the target already, and this is neither part of that load nor the filling of a held value.

Pure: everything that stands in the delivery is given. Sentences name columns and places, never values.
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import Literal

from koop_pipeline.cleaning.frame import BRANCH_KEYS
from koop_pipeline.corrections.match import Cell, Place, Said, key_of

Outcome = Literal["applied", "fulfilled", "superseded", "late", "error"]
MOVED = (
    "it names its row by place alone and nothing that stands in it, and the cooperative was delivered anew since it was"
    " loaded: another row may stand there; say the row's key, or deliver what it says"
)
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

    `values` gives the canonical value of a correction's own text, by table, column and text. `loaded` has the
    cooperatives that are in the target with the digests of the corrections that their load contains, `held` the cells
    (rows: column null) that the last gate held. `again`: the cooperatives of which more is delivered than was loaded
    (methods parallel and phased), so that a place may be another row's by now.
    """

    rows: dict[Place, list[int]]
    survivors: dict[Place, list[int]]
    parents: set[Place]
    cells: dict[CellPlace, Cell]
    values: dict[tuple[str, str, str], str | None]
    as_of: dict[str, date]
    loaded: dict[str, set[str]]
    held: set[tuple[str, str, int, str | None]]
    branches: dict[str, list[str]]
    again: frozenset[str] = frozenset()

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
    verdicts = [_judge(said, delivery, said_before) for said in in_order]
    _refuse_double_additions(verdicts)
    _refuse_contradicting_merges(verdicts)
    return verdicts


def _judge(said: Said, delivery: Delivery, before: dict[CellPlace, _Said]) -> Verdict:
    rows = delivery.rows.get((said.cooperative_id, said.number), [])
    if said.item.action == "add":
        return _late(_add(said, delivery, rows), delivery)
    if len(rows) != 1:
        return _not_one(said, delivery, len(rows))
    if said.cooperative_id in delivery.again and said.item.key is None and not said.item.expected:
        return Verdict(said, "error", MOVED)
    late = _late(Verdict(said, "applied", row=rows[0]), delivery)
    if late.outcome == "late":
        return late
    verdict = Verdict(said, "applied", row=rows[0])
    match said.item.action:
        case "set" | "allocate":
            return _change(verdict, delivery, before)
        case "merge":
            return _merge(verdict, delivery)
        case _:
            return _exclude(verdict, delivery)


def _late(verdict: Verdict, delivery: Delivery) -> Verdict:
    """Late where the target holds the cooperative without this correction, unless it fills what was held."""
    said = verdict.said
    digests = delivery.loaded.get(said.cooperative_id)
    if verdict.outcome != "applied" or digests is None or said.item.digest in digests:
        return verdict
    place = (said.cooperative_id, said.item.table, verdict.row or 0)
    if said.item.action == "set" and {(*place, said.item.column), (*place, None)} & delivery.held:
        return verdict
    message = "the cooperative is in the target already; take it out again, or enter this in the platform itself"
    return Verdict(said, "late", message, row=verdict.row)


def _refuse_double_additions(verdicts: list[Verdict]) -> None:
    """The same row added twice counts once; two rows of one key are an error."""
    first: dict[tuple[str, str, str], Verdict] = {}
    for verdict in (each for each in verdicts if each.said.item.action == "add" and each.outcome == "applied"):
        item = verdict.said.item
        values = {name: value for name, value in (item.values or {}).items() if value}
        key = key_of(item)
        place = (verdict.said.cooperative_id, item.table, key or json.dumps(values, sort_keys=True))
        earlier = first.setdefault(place, verdict)
        if earlier is verdict:
            continue
        there = {name: value for name, value in (earlier.said.item.values or {}).items() if value}
        same = there == values
        verdict.outcome = "fulfilled" if same else "error"
        verdict.message = f"{earlier.said.place} adds {'the same row' if same else 'another row of this key'}"


def _refuse_contradicting_merges(verdicts: list[Verdict]) -> None:
    """One row goes into one other that stays: no two ways, no circle, and not into a row that is taken out."""
    merges = [each for each in verdicts if each.said.item.action == "merge" and each.outcome == "applied"]
    gone = {
        (each.said.cooperative_id, each.row): each
        for each in verdicts
        if each.said.item.action == "exclude" and each.said.item.table == "members" and each.outcome == "applied"
    }
    into: dict[tuple[str, int | None], Verdict] = {}
    for verdict in merges:
        one = verdict.said.cooperative_id
        earlier = into.setdefault((one, verdict.row), verdict)
        if earlier is not verdict:
            same = earlier.into == verdict.into
            verdict.outcome = "fulfilled" if same else "error"
            verdict.message = f"{earlier.said.place} merges this member {'alike' if same else 'into another one'}"
        elif blocking := gone.get((one, verdict.into)) or gone.get((one, verdict.row)):
            verdict.outcome, verdict.message = "error", f"{blocking.said.place} takes one of the two out"
    for verdict in merges:
        if verdict.outcome == "applied" and _returns(verdict, into):
            verdict.outcome, verdict.message = "error", "the members are merged into each other in a circle"


def _returns(verdict: Verdict, into: dict[tuple[str, int | None], Verdict]) -> bool:
    one, at, seen = verdict.said.cooperative_id, verdict.into, {verdict.row}
    while at not in seen:
        seen.add(at)
        following = into.get((one, at))
        if following is None:
            return False
        at = following.into
    return True


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
    """`rows`: those of its key, or where the key is derived those of the account or loan it names."""
    values = said.item.values or {}
    unbranched = _without_branch(said, delivery)
    if unbranched:
        return Verdict(said, "error", f"{unbranched} needs its branch before it")
    for row in rows:
        pairs = [(name, value, _cell(said, delivery, row, name)[1]) for name, value in values.items()]
        if all(delivery.holds(said.item.table, name, cell, value) for name, value, cell in pairs):
            return Verdict(said, "fulfilled", "the delivery has this row already", row=row)
    if rows and key_of(said.item) is not None:
        return Verdict(said, "error", f"{said.item.table} has a row of this key that says something else", row=rows[0])
    return Verdict(said, "applied")


def _without_branch(said: Said, delivery: Delivery) -> str | None:
    """The first number of an added row that names no branch although the cooperative has several."""
    prefixes = tuple(f"{branch}-" for branch in delivery.branches.get(said.cooperative_id, []))
    numbers = {name: value for name, value in (said.item.values or {}).items() if name in BRANCH_KEYS and value}
    return next((name for name, value in numbers.items() if prefixes and not value.startswith(prefixes)), None)


def cells_needed(corrections: list[Said], rows: dict[Place, list[int]]) -> list[CellPlace]:
    """The cells that `judge` looks at."""
    needed: list[CellPlace] = []
    for said in corrections:
        item = said.item
        names = list(item.values or {}) if item.action == "add" else [item.changed_column]
        here = rows.get((said.cooperative_id, said.number), [])
        for row in here if item.action == "add" else here[:1]:
            needed += [(said.cooperative_id, item.table, row, name) for name in names if name]
    return needed
