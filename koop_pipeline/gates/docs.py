"""The Data Docs of a batch: a folder of plain pages that an auditor opens without network, server or script.

Put here which files there are and what goes into each. GX's own pages come from `gx/pages.py`, the numbers from
`facts.py`, the look from `templates/`. Everything written here is masked.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from koop_pipeline.errors import RefusedError
from koop_pipeline.gates.facts import (
    CooperativeLine,
    Places,
    RuleLine,
    cooperative_lines,
    failed_cooperatives,
    places_by_cooperative,
    rule_lines,
)
from koop_pipeline.gates.suites import SuiteFile
from koop_pipeline.gates.tables import create_tables

TEMPLATES = Path(__file__).parent / "templates"
STYLE = "docs.css"
_REMOTE = re.compile(
    r"""(?:\b(?:src|href|action|poster|data|srcset|background)\s*=\s*["']?\s*|@import\s+["']?|url\(\s*["']?)"""
    r"""(?P<address>(?:https?:)?//[^"'\s>)]*)""",
    re.IGNORECASE,
)


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
    _write_front(fresh, title, rules, cooperatives, failed, [suite.table for suite in suites])
    _write_cooperatives(connection, fresh, title, rules, cooperatives)
    _write_tables(connection, fresh, title, suites)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.replace(folder)
    return folder / "index.html"


def remote_references(page: str) -> list[str]:
    """The addresses that a browser would fetch or offer as a link outside the folder; plain text does not count."""
    return [found["address"] for found in _REMOTE.finditer(page)]


def page_name(cooperative_id: str) -> str:
    """The file name of a cooperative's page; ids that are no file names get a short digest."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", cooperative_id)
    digest = hashlib.sha256(cooperative_id.encode()).hexdigest()[:8]
    return f"{plain}.html" if plain == cooperative_id else f"{plain}-{digest}.html"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["page_name"] = page_name
    environment.filters["number"] = lambda value: f"{value:,}"
    return environment


def _write(path: Path, page: str) -> None:
    if remote := remote_references(page):
        raise RefusedError(f"{path.name}: the page refers to {remote[0]}, but Data Docs must open without a network.")
    path.write_text(page, encoding="utf-8")


def _write_front(
    folder: Path,
    title: str,
    rules: list[RuleLine],
    cooperatives: list[CooperativeLine],
    failed: list[tuple[str, str]],
    tables: list[str],
) -> None:
    verdicts = [line.verdict for line in cooperatives]
    page = (
        _environment()
        .get_template("index.html.j2")
        .render(
            title=title,
            root="",
            rules=rules,
            broken=[line for line in rules if line.error],
            cooperatives=cooperatives,
            failed=failed,
            tables=tables,
            totals={verdict: verdicts.count(verdict) for verdict in ("passed", "warned", "blocked")},
        )
    )
    _write(folder / "index.html", page)


def _write_cooperatives(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    title: str,
    rules: list[RuleLine],
    cooperatives: list[CooperativeLine],
) -> None:
    template = _environment().get_template("cooperative.html.j2")
    context: dict[str, Any] = {"title": title, "root": "../", "broken": [line for line in rules if line.error]}
    context["total_rules"] = len(rules)
    lines = {line.id: line for line in cooperatives}

    def write(line: CooperativeLine, places: list[Places]) -> None:
        found = {key: [each for each in places if (each.table, each.rule) == key] for key in _keys(line)}
        page = template.render(**context, line=line, places=found)
        _write(folder / "cooperatives" / page_name(line.id), page)

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
        _write(folder / "tables" / f"{suite.table}.html", results_page(suite, results, title))
        _write(folder / "tables" / f"{suite.table}.rules.html", rules_page(suite, title))
