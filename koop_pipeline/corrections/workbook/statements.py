"""What the lines of a returned workbook say, gathered, and turned into corrections in one go.

Typed texts are read column by column, whatever the number of lines. What two lines say about one row must not
contradict each other.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from koop_pipeline.corrections.model import At, Confirmed, Correction, DifferentPeople
from koop_pipeline.corrections.workbook.identity import LineRecord, PairRecord
from koop_pipeline.corrections.workbook.typed import Answer, Asked, read_all

GOES_AWAY = ("exclude", "merge")
MOST_PROBLEMS = 100


@dataclass(frozen=True)
class Returned:
    """What a workbook says. `problems`: sentences, each with its cell; empty where all of it could be taken."""

    corrections: tuple[Correction, ...] = ()
    different: tuple[DifferentPeople, ...] = ()
    problems: tuple[str, ...] = ()
    confirmed: tuple[Confirmed, ...] = ()


@dataclass(frozen=True)
class Ask:
    """A typed text with its cell."""

    place: str
    text: Asked


@dataclass(frozen=True)
class Statement:
    """What one line says: an action of `layout`, a decision on a pair, or `add`."""

    action: str
    table: str
    place: str
    reason: str
    line: LineRecord | None = None
    asks: dict[str, Ask] = field(default_factory=dict)
    pair: PairRecord | None = None


class Statements:
    """Everything a workbook says, and what is wrong with it."""

    def __init__(self) -> None:
        self._said: list[Statement] = []
        self._problems: list[str] = []
        self.stopped = False

    def problem(self, place: str, sentence: str) -> None:
        """Something that cannot be taken as meant; from the 101st on only that there are more (`stopped`)."""
        self.stopped = len(self._problems) >= MOST_PROBLEMS
        if not self.stopped:
            self._problems.append(f"{place}: {sentence}.")

    def add(self, statement: Statement) -> None:
        """What a line says."""
        self._said.append(statement)

    def returned(self, who: str, on: date) -> Returned:
        """All of it, as said by `who` on the day `on`."""
        answers = read_all(ask.text for said in self._said for ask in said.asks.values())
        corrections: list[Correction] = []
        different: list[DifferentPeople] = []
        confirmed: list[Confirmed] = []
        for said in self._said:
            common: dict[str, Any] = {"reason": said.reason, "who": who, "on": on, "cell": said.place}
            if not self._readable(said, answers):
                continue
            if said.action == "different":
                different += self._different(said, common)
            elif said.action == "confirm" and said.line:
                line = said.line
                at = place_of(line.at)
                confirmed.append(Confirmed(table=said.table, key=line.key, at=at, column=line.column, **common))
            else:
                corrections += self._correction(said, answers, common)
        kept = self._without_contradictions(corrections)
        more = (f"and more: only the first {MOST_PROBLEMS} problems are named.",) if self.stopped else ()
        return Returned(tuple(kept), tuple(different), (*self._problems, *more), tuple(confirmed))

    def _different(self, said: Statement, common: dict[str, Any]) -> list[DifferentPeople]:
        keys = said.pair.keys if said.pair else [said.line.key, said.line.into] if said.line else []
        members = tuple(key for key in keys if key)
        if len(members) < len(keys):
            self.problem(common["cell"], "one of these members has no number yet; give it one first")
            return []
        return [DifferentPeople(members=members, **common)]

    def _readable(self, said: Statement, answers: dict[Asked, Answer]) -> bool:
        """Whether every typed text has a value; a problem for each that has none."""
        faults = [(ask.place, answers[ask.text].fault) for ask in said.asks.values() if answers[ask.text].fault]
        for place, fault in faults:
            self.problem(place, str(fault))
        return not faults

    def _correction(self, said: Statement, answers: dict[Asked, Answer], common: dict[str, Any]) -> list[Correction]:
        values = {name: answers[ask.text].value for name, ask in said.asks.items()}
        try:
            return [Correction(table=said.table, **_keys_of(said, values), **common)]
        except ValueError as error:
            self.problem(said.place, f"this cannot be applied: {_first_reason(error)}")
            return []

    def _without_contradictions(self, corrections: list[Correction]) -> list[Correction]:
        """One correction for what several lines say alike; a problem where a row both goes away and changes."""
        by_row: dict[tuple[Any, ...], list[Correction]] = defaultdict(list)
        for item in corrections:
            row = (item.table, item.key, item.at) if item.action != "add" else ("add", item.cell)
            by_row[tuple(map(str, row))].append(item)
        kept: list[Correction] = []
        for items in by_row.values():
            leaving = [item for item in items if item.action in GOES_AWAY]
            first = leaving[0] if leaving else items[0]
            others = [item for item in items if leaving and not _same(item, first)]
            for item in others:
                self.problem(str(item.cell), f"this contradicts {first.cell}, where the same row goes away")
            kept += [] if others else [first] if leaving else items
        order = {id(item): number for number, item in enumerate(corrections)}
        return sorted(kept, key=lambda item: order[id(item)])


def _keys_of(said: Statement, values: dict[str, str | None]) -> dict[str, Any]:
    """The keys of a correction that its action needs."""
    if said.pair:
        stays = ("first", "second").index(said.action)
        goes = said.pair.keys[1 - stays], place_of(said.pair.at[1 - stays])
        return {"action": "merge", "key": goes[0], "at": goes[1], "into": said.pair.keys[stays]}
    if said.line is None:
        return {"action": "add", "values": values}
    line = said.line
    where = {"key": line.key, "at": place_of(line.at)}
    value = next(iter(values.values()), None)
    cell = {"column": line.column, "expected": line.expected}
    match said.action:
        case "set" | "clear":
            return {"action": "set", **where, **cell, "value": value}
        case "accept":
            return {"action": "set", **where, **cell, "value": line.suggestion}
        case "merge":
            return {"action": "merge", **where, "into": value}
        case "allocate":
            return {"action": "allocate", **where, "expected": line.refers, "value": value}
    return {"action": "exclude", **where, **(cell if line.column else {})}


def _same(one: Correction, other: Correction) -> bool:
    return one.action == other.action and one.into == other.into


def place_of(at: list[Any] | None) -> At | None:
    """A place in the delivery from its record."""
    return At(file=at[0], table=at[1], row=at[2]) if at else None


def _first_reason(error: ValueError) -> str:
    """The reason in a model's error, without the values it repeats."""
    errors = getattr(error, "errors", None)
    return str(errors()[0]["msg"]).removeprefix("Value error, ") if errors else str(error)
