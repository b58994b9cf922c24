"""Draws the sample of a cooperative and keeps it in staging.

Everything follows from the seed and the content: the same rows in any order, on any machine, give the same sample.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from koop_pipeline.errors import RefusedError
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging
from koop_pipeline.verification.sampling import chance, record
from koop_pipeline.verification.sampling.details import read_details, rows_of
from koop_pipeline.verification.sampling.factors import random_size
from koop_pipeline.verification.sampling.model import Design, Item, Line, Sample
from koop_pipeline.verification.sampling.monetary import Plan, rupiah, sen, shown, take
from koop_pipeline.verification.sampling.population import delivered, in_target
from koop_pipeline.verification.sampling.strata import AMOUNTS, PAGES, STRATA, Sheet, Stratum
from koop_pipeline.verification.sampling.target import Relation, read_back
from koop_pipeline.verification.sampling.terms import Terms

ADMITTED = ("loaded", "unchanged", "amended", "delta")
Taken = dict[str, pl.DataFrame]
"""By stratum the drawn items: key, row, amount, hits, always."""


@dataclass(frozen=True)
class Drawn:
    """The sample of one cooperative, None where nothing of it can be sampled; `draws`: how many it has had."""

    cooperative_id: str
    sample: Sample | None
    draws: int = 0


def draw_all(staging: Staging, run: BatchRun, terms: Terms) -> Iterator[Drawn]:
    """Draw for every cooperative in scope, in the order of the batch; RefusedError before the gate has judged any."""
    judged = dict(staging.rows("SELECT cooperative_id, content_sha256 FROM gate.decisions"))
    if not judged:
        raise RefusedError(f"nothing is judged yet; run koop migrate {run.batch.batch} first")
    there = promoted(staging)
    with read_back(staging, run) as relations_of:
        for one in run.ids:
            if one in judged:
                seed = terms.seed or derived_seed(run.batch.batch, one, judged[one])
                sample = _Drawing(staging, one, relations_of(one), terms, seed, one in there).sample(judged[one])
                yield Drawn(one, sample, record.write(staging, sample))
            else:
                record.forget(staging, [one])
                yield Drawn(one, None)


def promoted(staging: Staging) -> set[str]:
    """The cooperatives whose delivery, as judged now, is in the target."""
    rows = staging.rows("SELECT cooperative_id, outcome FROM verification.promotions")
    return {one for one, outcome in rows if outcome in ADMITTED}


def derived_seed(batch: str, cooperative_id: str, content_sha256: str) -> str:
    """The seed where nobody gives one: it follows from the batch and from what the cooperative would promote."""
    text = f"{batch}\n{cooperative_id}\n{content_sha256}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class _Drawing:
    """One cooperative's draw."""

    def __init__(
        self, staging: Staging, cooperative_id: str, relation: Relation, terms: Terms, seed: str, there: bool
    ) -> None:
        self.staging, self.one, self.relation, self.terms = staging, cooperative_id, relation, terms
        self.seed, self.there = seed, there
        self.designs: list[Design] = []
        self._lists: dict[tuple[str, str], pl.DataFrame] = {}

    def sample(self, content: str) -> Sample:
        """Draw every stratum, then read the lines of what was drawn, sheet by sheet."""
        taken = {stratum.name: self._take(stratum) for stratum in STRATA}
        lines: list[Line] = []
        items: list[Item] = []
        for sheet in PAGES:
            of_sheet = {stratum.name: taken[stratum.name] for stratum in STRATA if stratum.sheet == sheet}
            found, tokens = self._lines(sheet, of_sheet)
            lines += found
            items += [item for name, frame in of_sheet.items() for item in _items(name, frame, tokens[name])]
        return Sample(
            self.one, self.seed, self.terms.confidence, self.terms.tolerable, self.there, content,
            tuple(self.designs), tuple(items), tuple(lines),
        )  # fmt: skip

    def _list(self, stratum: Stratum) -> pl.DataFrame:
        """What a stratum is drawn from, before it is parted by amount."""
        place = (stratum.table, stratum.side)
        if place not in self._lists:
            if stratum.side == "delivered":
                self._lists[place] = delivered(self.staging, self.one, stratum.table)
            elif self.there:
                found = in_target(self.staging, self.one, stratum.table, self.relation)
                self._lists[place] = found.with_columns(left_behind=pl.lit(False))
            else:
                self._lists[place] = pl.DataFrame(
                    schema={"key": pl.String, "row": pl.Int64, "amount": pl.Decimal(18, 2), "left_behind": pl.Boolean}
                )
        return self._lists[place]

    def _take(self, stratum: Stratum) -> pl.DataFrame:
        items = self._list(stratum)
        if stratum.method == "monetary":
            return self._take_money(stratum, items.filter(pl.col("amount") > 0))
        if stratum.table in AMOUNTS:
            items = items.filter((pl.col("amount") > 0).not_().fill_null(True))
        return self._take_rows(stratum, items)

    def _take_money(self, stratum: Stratum, items: pl.DataFrame) -> pl.DataFrame:
        whole = _sum(items)
        if not whole:
            self.designs.append(Design(stratum.name, stratum.method, items.height, 0))
            return items.with_columns(hits=pl.lit(0), always=pl.lit(False))
        tolerable = self.terms.tolerable_error(_sum(items.filter(~pl.col("left_behind"))), whole)
        plan = Plan(whole, tolerable, self.terms.confidence)
        units = 1 + chance.below(whole, self.seed, self.one, stratum.chance or stratum.name)
        self.designs.append(
            Design(
                stratum.name, stratum.method, items.height, plan.size, rupiah(whole), rupiah(tolerable),
                shown(plan.interval), shown(plan.start(units)), Decimal(units),
            )
        )  # fmt: skip
        return take(items, plan, units)

    def _take_rows(self, stratum: Stratum, items: pl.DataFrame) -> pl.DataFrame:
        size = random_size(self.terms.confidence, self.terms.random_rate)
        places = chance.positions(items.height, size, self.seed, self.one, stratum.name)
        self.designs.append(Design(stratum.name, stratum.method, items.height, len(places)))
        chosen = items.sort("key", "row")[places]
        return chosen.with_columns(hits=pl.lit(1), always=pl.lit(False))

    def _lines(self, sheet: Sheet, taken: Taken) -> tuple[list[Line], dict[str, list[str]]]:
        """The lines of a sheet, sorted by key, and the line numbers of each stratum's items."""
        wanted = {name: self._places(sheet, name, frame) for name, frame in taken.items()}
        rows = sorted({place for places in wanted.values() for place in places if isinstance(place, int)})
        keys = sorted({place for places in wanted.values() for place in places if isinstance(place, str)})
        if not rows and not keys:
            return [], {name: [] for name in taken}
        records = read_details(self.staging, self.one, sheet.table, rows, keys, self.relation, there=self.there)
        token_of: dict[int | str, str] = {}
        lines = []
        for number, found in enumerate(records, start=1):
            token = f"{sheet.token}-{number:05}"
            token_of[found["linked"] if found["row"] is None else found["row"]] = token
            lines.append(_line(sheet, token, found))
        return lines, {name: [token_of[place] for place in places] for name, places in wanted.items()}

    def _places(self, sheet: Sheet, name: str, frame: pl.DataFrame) -> list[int | str]:
        """The delivered row of each drawn item; the target's key of one that nobody delivered."""
        side = next(stratum.side for stratum in STRATA if stratum.name == name)
        if side == "delivered":
            return list(frame["row"])
        keys = list(frame["key"])
        known = rows_of(self.staging, self.one, sheet.table, keys)
        return [known.get(key, key) for key in keys]


def _sum(items: pl.DataFrame) -> int:
    total: Decimal = items.select(pl.col("amount").cast(pl.Decimal(38, 2)).sum()).item()
    return sen(total)


def _items(stratum: str, frame: pl.DataFrame, tokens: list[str]) -> list[Item]:
    amounts = list(frame["amount"]) if "amount" in frame.columns else [None] * frame.height
    parts = zip(tokens, amounts, frame["hits"], frame["always"], strict=True)
    return [Item(stratum, token, amount, hits, always) for token, amount, hits, always in parts]


def _line(sheet: Sheet, token: str, found: dict[str, Any]) -> Line:
    by_amount = sheet.by_amount
    held = f"{', '.join(found['held'])}" if found["held"] else ""
    return Line(
        token=token, sheet=sheet.name, key=found["key"] or "", row=found["row"], owner=found["owner"],
        delivered=found["delivered"] if by_amount else None,
        target=found["target"] if by_amount and found["there"] else None,
        delivered_text=(found["text"] or "") if by_amount else found["delivered_text"],
        target_text="" if by_amount else found["target_text"],
        there=found["there"], state=found["state"], detail=found["detail"] or held,
        source_file=found["source_file"], source_table=found["source_table"], source_row=found["source_row"],
    )  # fmt: skip
