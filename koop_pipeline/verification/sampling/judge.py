"""What the answers prove: per line whether it is wrong and by how much, per stratum the upper limit and the outcome.

Pure: a sample and its answers in, judgements out. The evidence is held against what the target has; where the target
has nothing, against nothing. An error counts by its absolute amount: too much and too little do not offset each other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from koop_pipeline.verification.sampling.model import LOST, Design, Item, Line, Sample
from koop_pipeline.verification.sampling.monetary import Error, rupiah, sen, upper_limit
from koop_pipeline.verification.sampling.returned import Answer
from koop_pipeline.verification.sampling.words import TICKS

ACCEPTED, REFUSED, INCOMPLETE = "accepted", "refused", "incomplete"
OUTDATED, WAITING, NOT_DRAWN = "outdated", "waiting", "not drawn"


@dataclass(frozen=True)
class Checked:
    """One line: how much it is wrong by in rupiah (None where no amount is compared), and whether it is wrong.

    `unfounded`: no evidence, so an item counts as wrong in full whatever its amount.
    """

    wrong: bool
    wrong_by: Decimal | None = None
    unfounded: bool = False


@dataclass(frozen=True)
class Result:
    """One stratum. `upper_limit` of a monetary one, in rupiah; None where something is missing or nothing was drawn."""

    stratum: str
    lines: int
    errors: int
    upper_limit: Decimal | None
    tolerable_error: Decimal | None
    outcome: str


@dataclass
class Judged:
    """One cooperative. `missing`: lines without a tick; `problems`: sentences, each with its cell."""

    cooperative_id: str
    outcome: str
    results: list[Result] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def judge(sample: Sample, answers: Iterable[Answer], problems: Iterable[str] = ()) -> Judged:
    """Judge a sample by its answers."""
    by_token = {answer.token: answer for answer in answers}
    judged = Judged(sample.cooperative_id, INCOMPLETE, problems=list(problems))
    checked: dict[str, Checked] = {}
    sheets = {sheet.name: sheet for sheet in sample.sheets}
    for line in sample.lines:
        answer = by_token.get(line.token)
        if answer is None or not answer.answer:
            judged.missing.append(line.token)
            continue
        found = check(line, answer, by_amount=sheets[line.sheet].by_amount)
        if isinstance(found, str):
            judged.problems.append(f"{answer.place}: {found}.")
        else:
            checked[line.token] = found
    judged.results = [_result(design, sample, checked) for design in sample.designs]
    judged.outcome = _outcome(sample, judged)
    return judged


def check(line: Line, answer: Answer, *, by_amount: bool) -> Checked | str:
    """A line by its answer; the rest of a sentence where the answer contradicts itself or lacks something."""
    return _check_amount(line, answer) if by_amount else _check_words(line, answer)


def _check_amount(line: Line, answer: Answer) -> Checked | str:
    settled = line.target is not None and line.target == line.delivered
    here = line.target or Decimal(0)
    word, found = TICKS[answer.answer], answer.found
    if answer.answer == "no_evidence":
        return f"{word!r} leaves the evidence empty" if found is not None else Checked(True, abs(here), unfounded=True)
    if found is None and not (settled and answer.answer == "agrees"):
        why = "" if settled else " (delivery and new system are not the same)"
        return f"{word!r} needs what the evidence says{why}"
    value = here if found is None else found
    if settled and (value == here) != (answer.answer == "agrees"):
        return f"{word!r} does not fit the amount of the evidence"
    if answer.difference is not None and abs(answer.difference) != abs(value - here):
        return "the difference is not that between the evidence and the new system"
    return Checked(value != here, abs(value - here))


def _check_words(line: Line, answer: Answer) -> Checked | str:
    if answer.answer == "differs" and not (answer.said or answer.remark):
        return f"{TICKS['differs']!r} needs what the evidence says, or a remark"
    return Checked(answer.answer != "agrees" or line.state == LOST, unfounded=answer.answer == "no_evidence")


def _result(design: Design, sample: Sample, checked: Mapping[str, Checked]) -> Result:
    items = sample.items_of(design.stratum)
    known = [(item, checked[item.token]) for item in items if item.token in checked]
    errors = sum(found.wrong for _, found in known)
    limit = None
    if not sample.in_target:
        outcome = WAITING
    elif len(known) < len(items):
        outcome = INCOMPLETE
    elif design.book_value is None:
        outcome = REFUSED if errors else ACCEPTED
    else:
        plan = design.plan(sample.confidence)
        limit = rupiah(upper_limit(plan, [_error(item, found) for item, found in known if found.wrong]))
        outcome = ACCEPTED if limit <= (design.tolerable_error or 0) else REFUSED
    return Result(design.stratum, len(items), errors, limit, design.tolerable_error, outcome)


def _error(item: Item, found: Checked) -> Error:
    """The error in an item; without evidence at least its whole value."""
    book_value = item.book_value or Decimal(0)
    wrong_by = found.wrong_by or Decimal(0)
    return Error(sen(book_value), sen(max(book_value, wrong_by) if found.unfounded else wrong_by))


def _outcome(sample: Sample, judged: Judged) -> str:
    if not sample.in_target:
        return WAITING
    if not sample.lines:
        return NOT_DRAWN
    if judged.missing or judged.problems:
        return INCOMPLETE
    return REFUSED if any(result.outcome == REFUSED for result in judged.results) else ACCEPTED
