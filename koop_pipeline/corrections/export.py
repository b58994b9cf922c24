"""Writes what only the cooperatives can correct: one workbook each, or YAML for engineers.

A cooperative without anything to correct gets no file. Reads staging after a gate; a cell that a correction changed
already is shown as it is now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from koop_pipeline.corrections.workbook.cover import Cover
from koop_pipeline.corrections.workbook.findings import Findings, Line, Rule, Words, read_findings
from koop_pipeline.corrections.workbook.write import write_workbook
from koop_pipeline.errors import RefusedError
from koop_pipeline.gates.suites import SuiteFile
from koop_pipeline.program.program_file import Cooperative
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging

CONSEQUENCES = {"block": "must", "hold": "should", "warn": "look"}
HEAD = """# What is wrong in {id}, for an engineer to correct. Complete the lines that you know, delete the others, and
# put the file into corrections/{id}/. Every line needs value (null empties the cell), reason, who and on.
"""


@dataclass(frozen=True)
class Written:
    """One cooperative: its file, None where nothing is to be corrected, and how many lines of which consequence."""

    path: Path | None
    record: dict[str, Any]


def words_of(suites: list[SuiteFile]) -> dict[Rule, Words]:
    """What each rule says in Indonesian, by table and rule."""
    return {
        (suite.table, rule.meta.rule): Words(rule.meta.title.id, rule.meta.explanation.id)
        for suite in suites
        for rule in suite.rules
    }


def export_all(
    staging: Staging, run: BatchRun, folder: Path, suites: list[SuiteFile], today: date, *, as_yaml: bool = False
) -> list[Written]:
    """Write a file for every cooperative in scope that has findings; RefusedError before the gate has judged any."""
    if not staging.value("SELECT count(*) FROM gate.decisions"):
        raise RefusedError(f"nothing is judged yet; run koop migrate {run.batch.batch} first")
    words = words_of(suites)
    judged = {row[0] for row in staging.rows("SELECT cooperative_id FROM gate.decisions")}
    by_id = {cooperative.id: cooperative for cooperative in run.cooperatives}
    written = [
        _write_one(run, by_id[found.cooperative_id], found, words, folder, today, as_yaml=as_yaml)
        for found in read_findings(staging, [one for one in run.ids if one in judged])
    ]
    done = {one.record["cooperative_id"]: one for one in written}
    failed = {one: Written(None, _record(Findings(one), "failed before the gate; see koop status")) for one in run.ids}
    return [done.get(one, failed[one]) for one in run.ids]


def _write_one(
    run: BatchRun,
    cooperative: Cooperative,
    found: Findings,
    words: Mapping[Rule, Words],
    folder: Path,
    today: date,
    *,
    as_yaml: bool,
) -> Written:
    if not (found.lines or found.pairs or found.missing or found.differences):
        return Written(None, _record(found, "nothing to correct"))
    path = folder / f"{cooperative.id}.{'yaml' if as_yaml else 'xlsx'}"
    if as_yaml:
        _write_yaml(path, found)
    else:
        write_workbook(path, _cover(run, cooperative, today), found, words)
    return Written(path, _record(found, ""))


def _record(found: Findings, note: str) -> dict[str, Any]:
    counts = dict.fromkeys(CONSEQUENCES.values(), 0)
    for line in found.lines:
        counts[CONSEQUENCES[line.consequence]] += 1
    return {
        "cooperative_id": found.cooperative_id, **counts, "pairs": len(found.pairs),
        "differences": len(found.differences), "note": note,
    }  # fmt: skip


def _cover(run: BatchRun, cooperative: Cooperative, today: date) -> Cover:
    program = run.folder.program
    responsible = program.responsible
    to = f"{responsible.name} ({responsible.contact})" if responsible and responsible.contact else None
    return Cover(
        programme=program.program,
        programme_name=program.name,
        batch=run.batch.batch,
        cooperative_id=cooperative.id,
        name=cooperative.name,
        cutoff_on=run.cutoff_on(cooperative),
        made_on=today,
        send_to=to or (responsible.name if responsible else program.name),
    )


def _write_yaml(path: Path, found: Findings) -> None:
    """Lines in the form of a correction file, without the keys that only a person can give."""
    data = {"cooperative": found.cooperative_id, "corrections": [_template(line) for line in found.lines]}
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110, default_style=None)
    path.write_text(HEAD.format(id=found.cooperative_id) + text, encoding="utf-8")


def _template(line: Line) -> dict[str, Any]:
    at = {"file": line.at.file, "table": line.at.table, "row": line.at.row} if line.at else None
    known = {"action": "set", "table": line.table, "key": line.key, "at": at, "column": line.column}
    found = {name: value for name, value in known.items() if value is not None}
    if line.suggestion is not None:
        found["value"] = line.suggestion
    return {**found, "expected": line.expected, "reason": ", ".join(line.rules)}
