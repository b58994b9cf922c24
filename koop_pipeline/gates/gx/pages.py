"""GX's own Data Docs pages from masked results: one page of results and one of expectations per table.

The contents come from GX's page renderers and views; the frame around them is our template, because GX's own loads 16
files and a logo from the network.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import great_expectations as gx
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.render.renderer.page_renderer import (
    ExpectationSuitePageRenderer,
    ValidationResultsPageRenderer,
)
from great_expectations.render.view.view import DefaultJinjaPageView

from koop_pipeline.gates.gx.quiet import quiet
from koop_pipeline.gates.suites import Rule, SuiteFile

TEMPLATES = Path(__file__).parent.parent / "templates"


class OfflinePageView(DefaultJinjaPageView):
    """GX's page view with a frame that loads nothing but the style sheet beside it."""

    _template = "gx_page.html.j2"

    def __init__(self) -> None:
        super().__init__(custom_views_directory=str(TEMPLATES))

    def page(self, content: Any, title: str, table: str) -> str:
        """The whole page for what a page renderer of GX returned."""
        return str(self.render(content, title=title, table=table))  # type: ignore[no-untyped-call]


@cache
def _view() -> OfflinePageView:
    """One view for all pages: each keeps the templates that it has compiled, for itself."""
    return OfflinePageView()


@quiet()
def results_page(suite: SuiteFile, results: Sequence[Mapping[str, Any]], title: str) -> str:
    """The page of one table's validation; `results` are the masked documents of `gate.validations`."""
    found = {str(each["rule"]): each for each in results}
    evaluated = [_result(rule, found[rule.id]) for rule in suite.rules if rule.id in found and _accepted(rule)]
    document = ExpectationSuiteValidationResult(
        success=all(bool(each.success) for each in evaluated),
        results=evaluated,
        suite_name=suite.table,
        statistics=_statistics(evaluated),
        meta={
            "batch_spec": {"data_asset_name": f"checked.{suite.table}"},
            "great_expectations_version": gx.__version__,
        },
    )
    content = ValidationResultsPageRenderer(run_info_at_end=True).render(document)
    page = _view().page(content, title, suite.table)
    return page.replace(f"../../../../expectations/{suite.table}.html", f"{suite.table}.rules.html")


@quiet()
def rules_page(suite: SuiteFile, title: str) -> str:
    """The page of one table's expectations, as they stand in the suite."""
    expectations = [_configuration(rule, described=False).to_domain_obj() for rule in suite.rules if _accepted(rule)]
    document = gx.ExpectationSuite(name=suite.table, expectations=expectations)
    content = ExpectationSuitePageRenderer().render(document)  # type: ignore[no-untyped-call]
    return _view().page(content, title, suite.table)


def _accepted(rule: Rule) -> bool:
    try:
        _configuration(rule, described=False).to_domain_obj()
    except Exception:  # pydantic v1 and GX errors have no common base; the rule stands in gate.rules as an error
        return False
    return True


def _configuration(rule: Rule, described: bool) -> ExpectationConfiguration:
    meta = rule.meta
    words = escape(f"{meta.rule} [{meta.consequence}]: {meta.title.id} / {meta.title.en}").replace("$", "$$")
    told = (meta.title.id, meta.title.en, meta.explanation.id, meta.explanation.en)
    notes = [f"**{escape(meta.rule)}** [{meta.consequence}]", *(escape(each) for each in told)]
    return ExpectationConfiguration(
        type=rule.kind,
        kwargs=dict(rule.kwargs),
        meta={"rule": rule.id},
        notes=None if described else notes,
        description=words if described else None,
    )


def _result(rule: Rule, found: Mapping[str, Any]) -> ExpectationValidationResult:
    broken = found["error"] is not None
    return ExpectationValidationResult(
        success=bool(found["success"]),
        expectation_config=_configuration(rule, described=True),
        result=dict(found["result"]),
        exception_info={
            "raised_exception": broken,
            "exception_message": found["error"],
            "exception_traceback": "",
        },
        meta={},
    )


def _statistics(results: Sequence[ExpectationValidationResult]) -> dict[str, Any]:
    good = sum(bool(each.success) for each in results)
    return {
        "evaluated_expectations": len(results),
        "successful_expectations": good,
        "unsuccessful_expectations": len(results) - good,
        "success_percent": 100 * good / len(results) if results else None,
    }
