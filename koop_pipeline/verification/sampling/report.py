"""Draws and judgements as records: for `--json`, and as the sentences that a terminal shows. Amounts are text."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from koop_pipeline.verification.sampling.judge import ACCEPTED, REFUSED, Judged
from koop_pipeline.verification.sampling.model import Design, Sample
from koop_pipeline.verification.sampling.send import Sent
from koop_pipeline.verification.sampling.strata import PAGES

Record = dict[str, Any]


def drawn_record(sent: Sent) -> Record:
    """What was drawn of one cooperative."""
    sample = sent.drawn.sample
    record: Record = {"cooperative_id": sent.drawn.cooperative_id, "file": str(sent.path) if sent.path else None}
    if sample is None:
        return {**record, "note": "failed before the gate; see koop status"}
    return {
        **record, "seed": sample.seed, "confidence": str(sample.confidence), "tolerable": sample.tolerable,
        "expected_error": "0", "in_target": sample.in_target, "draw": sample.draw, "draws": sent.drawn.draws,
        "lines": len(sample.lines), "strata": [_design(design, sample) for design in sample.designs],
    }  # fmt: skip


def _design(design: Design, sample: Sample) -> Record:
    amounts = ("book_value", "tolerable_error", "interval", "start")
    return {
        "stratum": design.stratum, "method": design.method, "population": design.population, "size": design.size,
        "taken": len(sample.items_of(design.stratum)), **{name: _text(getattr(design, name)) for name in amounts},
    }  # fmt: skip


def judged_record(judged: Judged) -> Record:
    """What was found of one cooperative."""
    strata = [
        {
            "stratum": each.stratum, "lines": each.lines, "errors": each.errors,
            "upper_limit": _text(each.upper_limit), "tolerable_error": _text(each.tolerable_error),
            "outcome": each.outcome,
        }
        for each in judged.results
    ]  # fmt: skip
    return {
        "cooperative_id": judged.cooperative_id, "outcome": judged.outcome, "strata": strata,
        "missing": judged.missing, "problems": judged.problems,
    }  # fmt: skip


def batch_outcome(all_judged: Sequence[Judged]) -> str:
    """Accepted where every cooperative is, refused where one is, else incomplete."""
    outcomes = {judged.outcome for judged in all_judged}
    if outcomes == {ACCEPTED}:
        return ACCEPTED
    return REFUSED if REFUSED in outcomes else "incomplete"


def batch_record(batch: str, all_judged: Sequence[Judged]) -> Record:
    """The batch as a whole: its outcome, how many cooperatives of each, and the limits of each money list added up.

    The sum of the limits bounds the error of the batch more cautiously than the confidence says; it decides nothing.
    """
    outcomes = [judged.outcome for judged in all_judged]
    sums: dict[str, list[Decimal]] = {}
    for result in (result for judged in all_judged for result in judged.results):
        if result.upper_limit is not None and result.tolerable_error is not None:
            limit, tolerable = sums.get(result.stratum, [Decimal(0), Decimal(0)])
            sums[result.stratum] = [limit + result.upper_limit, tolerable + result.tolerable_error]
    return {
        "batch": batch, "outcome": batch_outcome(all_judged),
        "cooperatives": {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))},
        "strata": [
            {"stratum": name, "upper_limit": _text(limit), "tolerable_error": _text(tolerable)}
            for name, (limit, tolerable) in sums.items()
        ],
    }  # fmt: skip


def missing_by_sheet(tokens: Sequence[str]) -> dict[str, list[str]]:
    """Lines without a tick, by the name of their sheet."""
    names = {sheet.token: sheet.name for sheet in PAGES}
    return {names[prefix]: list(group) for prefix, group in groupby(tokens, key=lambda token: token.partition("-")[0])}


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
