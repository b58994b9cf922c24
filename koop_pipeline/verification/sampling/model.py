"""A drawn sample: what it was drawn by, its strata with their items, and the lines that people tick off."""

import hashlib
import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cached_property

from koop_pipeline.verification.sampling.monetary import Plan, sen
from koop_pipeline.verification.sampling.strata import BY_NAME, PAGES, Sheet, Stratum

LOST = "lost"
"""The state of a line whose row is not in the target, and nothing says why."""


@dataclass(frozen=True)
class Line:
    """One line of the worksheet, with what it says.

    `delivered` and `target` are rupiah, of sheets that compare an amount; None: no amount that can be read, or no such
    row. `state`: carried, or why the target has no such row: waiting, excluded, held, later (than the cut-off), lost;
    added: the target has it, the delivery does not. `detail` is its reason. The source is file, table or sheet, row.
    """

    token: str
    sheet: str
    key: str
    row: int | None
    owner: str | None
    delivered: Decimal | None
    target: Decimal | None
    delivered_text: str
    target_text: str
    there: bool
    state: str
    detail: str
    source_file: str | None
    source_table: str | None
    source_row: int | None


@dataclass(frozen=True)
class Item:
    """A drawn item of a stratum: its line, its value in the list it was drawn from, points in it, whether always."""

    stratum: str
    token: str
    book_value: Decimal | None
    hits: int
    always: bool


@dataclass(frozen=True)
class Design:
    """How a stratum was drawn. A random one has a size only.

    `interval` and `start` are rupiah, to six decimals; exact is `start_units`, in n-ths of a sen.
    """

    stratum: str
    method: str
    population: int
    size: int
    book_value: Decimal | None = None
    tolerable_error: Decimal | None = None
    interval: Decimal | None = None
    start: Decimal | None = None
    start_units: Decimal | None = None

    @property
    def of(self) -> Stratum:
        """The stratum."""
        return BY_NAME[self.stratum]

    def plan(self, confidence: Decimal) -> Plan:
        """The plan of a monetary stratum."""
        if self.book_value is None or self.tolerable_error is None:
            raise ValueError(f"{self.stratum} is not drawn by amount")
        return Plan(sen(self.book_value), sen(self.tolerable_error), confidence)


@dataclass(frozen=True)
class Sample:
    """Everything drawn of one cooperative. `content_sha256` is that of the load, as the gate judged it."""

    cooperative_id: str
    seed: str
    confidence: Decimal
    tolerable: str
    in_target: bool
    content_sha256: str
    designs: tuple[Design, ...]
    items: tuple[Item, ...]
    lines: tuple[Line, ...]

    @cached_property
    def draw(self) -> str:
        """What names this draw: a hash of all it says."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def sheets(self) -> list[Sheet]:
        """The sheets that have lines, in their order."""
        used = {line.sheet for line in self.lines}
        return [sheet for sheet in PAGES if sheet.name in used]

    def lines_of(self, sheet: Sheet) -> list[Line]:
        """The lines of a sheet, in their order."""
        return [line for line in self.lines if line.sheet == sheet.name]

    def items_of(self, stratum: str) -> list[Item]:
        """The drawn items of a stratum."""
        return [item for item in self.items if item.stratum == stratum]
