"""Reads the workbooks that came back and turns them into correction files; all of a workbook or nothing of it.

A workbook is accepted when every cell in it can be read and every correction fits what is mapped now. What is accepted
takes effect at the next run, between map and clean.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from koop_pipeline.corrections import files
from koop_pipeline.corrections.match import Said
from koop_pipeline.corrections.model import CorrectionFile
from koop_pipeline.corrections.step import judged
from koop_pipeline.corrections.workbook.read import read_workbook
from koop_pipeline.errors import ConfigError, DeliveryError
from koop_pipeline.program.program_file import Cooperative
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging


@dataclass
class Answer:
    """What became of one workbook (or, without a name, of the files of an engineer): counts, or what is wrong."""

    cooperative_id: str
    file: str
    outcomes: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    different: int = 0
    confirmed: int = 0


def apply_returned(staging: Staging, run: BatchRun, today: date) -> list[Answer]:
    """One answer a workbook that was not yet read and a correction file that is there, in the order of the batch."""
    answers: list[Answer] = []
    for cooperative in run.cooperatives:
        try:
            answers += _apply_one(staging, run, cooperative, today)
        except (ConfigError, OSError) as error:
            answers.append(Answer(cooperative.id, "", problems=[str(error)]))
    return answers + [
        Answer(name, "", problems=[f"corrections/{name}/ is named like no cooperative of any batch; not read"])
        for name in files.strangers(run.folder)
    ]


def _apply_one(staging: Staging, run: BatchRun, cooperative: Cooperative, today: date) -> list[Answer]:
    """Take in the new workbooks one after the other, then judge everything that is accepted together."""
    refused: list[Answer] = []
    if not staging.value("SELECT count(*) FROM mapped.profiles WHERE cooperative_id = ?", [cooperative.id]):
        path = files.returned_folder(run.folder, cooperative.id)
        said = f"it is not mapped, so nothing can be checked; run koop migrate {run.batch.batch} first"
        return [Answer(cooperative.id, path.name, problems=[said])] if path.exists() else []
    for path in files.waiting(run.folder, cooperative.id, files.read_all(run.folder, cooperative.id)):
        answer = Answer(cooperative.id, path.name)
        content = _content(answer, path, today)
        if not answer.problems:
            accepted = said_in(cooperative.id, files.read_all(run.folder, cooperative.id))
            own = [
                Said(cooperative.id, len(accepted) + number, f"{path.name}, {item.cell}", item)
                for number, item in enumerate(content.corrections, start=1)
            ]
            _judge(answer, staging, run, cooperative, accepted, own)
        if answer.problems:
            refused.append(answer)
        else:
            sequence = 1 + max((one.content.sequence for one in files.read_all(run.folder, cooperative.id)), default=0)
            files.write(files.free_name(path), content.model_copy(update={"sequence": sequence}))
    refused += [
        Answer(cooperative.id, name, problems=["it is no workbook (.xlsx) and no correction file (.yaml); not read"])
        for name in files.unread(run.folder, cooperative.id)
    ]
    return [*_accepted(staging, run, cooperative), *refused]


def _accepted(staging: Staging, run: BatchRun, cooperative: Cooperative) -> list[Answer]:
    """One answer a correction file, all of them judged together."""
    read = files.read_all(run.folder, cooperative.id)
    said = said_in(cooperative.id, read)
    answers = []
    first = 0
    for one in read:
        own = said[first : first + len(one.content.corrections)]
        first += len(own)
        content = one.content
        answer = Answer(cooperative.id, content.workbook or one.name)
        answer.different, answer.confirmed = len(content.different_people), len(content.confirmed)
        _judge(answer, staging, run, cooperative, [each for each in said if each not in own], own)
        answers.append(answer)
    return answers


def said_in(cooperative_id: str, read: list[files.Read]) -> list[Said]:
    """The corrections of a cooperative's files, numbered through."""
    found = [
        (one.place("corrections", index), item) for one in read for index, item in enumerate(one.content.corrections)
    ]
    return [Said(cooperative_id, number, place, item) for number, (place, item) in enumerate(found, start=1)]


def _content(answer: Answer, path: Path, today: date) -> CorrectionFile:
    """What a workbook says; its problems go into the answer."""
    content = CorrectionFile(
        cooperative=answer.cooperative_id, workbook=path.name, workbook_sha256=files.sha256_of(path)
    )
    try:
        returned = read_workbook(path, answer.cooperative_id, today, f"workbook {path.name}")
    except DeliveryError as error:
        answer.problems.append(str(error))
        return content
    answer.problems += returned.problems
    update = {
        "corrections": returned.corrections,
        "different_people": returned.different,
        "confirmed": returned.confirmed,
    }
    return content.model_copy(update=update)


def _judge(
    answer: Answer, staging: Staging, run: BatchRun, cooperative: Cooperative, others: list[Said], own: list[Said]
) -> None:
    numbers = {said.number for said in own}
    for verdict in judged(staging, [*others, *own], [cooperative], run):
        if verdict.said.number not in numbers:
            continue
        answer.outcomes[verdict.outcome] += 1
        sentence = f"{verdict.said.place}: {verdict.message}"
        if verdict.outcome == "error":
            answer.problems.append(sentence)
        elif verdict.outcome in {"fulfilled", "late"}:
            answer.notes.append(sentence)
