"""The Data Docs of a batch: a folder of plain pages that an auditor opens without network, server or script.

Put here which files there are and what goes into each. GX's own pages come from `gx/pages.py`, the numbers from
`facts.py`, the look from `templates/`. Everything written here is masked.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from koop_pipeline import progress
from koop_pipeline.gates.control_totals import has_totals, write_control_totals
from koop_pipeline.gates.facts import (
    CooperativeLine,
    Places,
    RuleLine,
    cooperative_lines,
    failed_cooperatives,
    places_by_cooperative,
    rule_lines,
)
from koop_pipeline.gates.pages import TEMPLATES, environment, page_name, write_page
from koop_pipeline.gates.suites import SuiteFile
from koop_pipeline.gates.tables import create_tables

STYLE = "docs.css"


def build_docs(connection: duckdb.DuckDBPyConnection, suites: Sequence[SuiteFile], folder: Path, title: str) -> Path:
    """Write the Data Docs of the batch into `folder` (what was there is replaced) and return its front page.

    Files: `index.html` (cooperatives and rules), `cooperatives/<id>.html`, and from GX `tables/<table>.html` (results)
    and `tables/<table>.rules.html` (expectations). Reads schema `gate`, so it can be called at any later time.
    """
    create_tables(connection)
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for name in ("cooperatives", "tables"):
        (fresh / name).mkdir(parents=True)
    shutil.copyfile(TEMPLATES / STYLE, fresh / STYLE)
    rules = rule_lines(connection)
    cooperatives = cooperative_lines(connection, rules)
    failed = failed_cooperatives(connection)
    totals = has_totals(connection)
    _write_front(fresh, title, rules, cooperatives, failed, [suite.table for suite in suites], control_totals=totals)
    _write_cooperatives(connection, fresh, title, rules, cooperatives)
    _write_tables(connection, fresh, title, suites)
    if totals:
        write_control_totals(connection, fresh, title)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.replace(folder)
    return folder / "index.html"


def _write_front(
    folder: Path,
    title: str,
    rules: list[RuleLine],
    cooperatives: list[CooperativeLine],
    failed: list[tuple[str, str]],
    tables: list[str],
    *,
    control_totals: bool,
) -> None:
    verdicts = [line.verdict for line in cooperatives]
    page = (
        environment()
        .get_template("index.html.j2")
        .render(
            title=title,
            root="",
            rules=rules,
            broken=[line for line in rules if line.error],
            cooperatives=cooperatives,
            failed=failed,
            tables=tables,
            control_totals=control_totals,
            totals={verdict: verdicts.count(verdict) for verdict in ("passed", "warned", "blocked")},
        )
    )
    write_page(folder / "index.html", page)


def _write_cooperatives(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    title: str,
    rules: list[RuleLine],
    cooperatives: list[CooperativeLine],
) -> None:
    template = environment().get_template("cooperative.html.j2")
    context: dict[str, Any] = {"title": title, "root": "../", "broken": [line for line in rules if line.error]}
    context["total_rules"] = len(rules)
    lines = {line.id: line for line in cooperatives}

    def write(line: CooperativeLine, places: list[Places]) -> None:
        found = {key: [each for each in places if (each.table, each.rule) == key] for key in _keys(line)}
        page = template.render(**context, line=line, places=found)
        write_page(folder / "cooperatives" / page_name(line.id), page)
        progress.advance(1)

    progress.over(len(lines))
    for cooperative, places in places_by_cooperative(connection):
        if line := lines.pop(cooperative, None):
            write(line, places)
    for line in lines.values():
        write(line, [])


def _keys(line: CooperativeLine) -> list[tuple[str, str]]:
    return [(each.line.table, each.line.rule) for each in line.failures]


def _write_tables(connection: duckdb.DuckDBPyConnection, folder: Path, title: str, suites: Sequence[SuiteFile]) -> None:
    from koop_pipeline.gates.gx.pages import results_page, rules_page

    stored = connection.execute("select table_name, document from gate.validations").fetchall()
    documents = {table: json.loads(document) for table, document in stored}
    for suite in suites:
        results = documents.get(suite.table, [])
        write_page(folder / "tables" / f"{suite.table}.html", results_page(suite, results, title))
        write_page(folder / "tables" / f"{suite.table}.rules.html", rules_page(suite, title))
