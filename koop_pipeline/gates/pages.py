"""What all pages of the Data Docs share: templates, file names, and that no page refers to anything outside."""

import hashlib
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from koop_pipeline.errors import RefusedError
from koop_pipeline.identifiers.rupiah import grouped

TEMPLATES = Path(__file__).parent / "templates"
_REMOTE = re.compile(
    r"""(?:\b(?:src|href|action|poster|data|srcset|background)\s*=\s*["']?\s*|@import\s+["']?|url\(\s*["']?)"""
    r"""(?P<address>(?:https?:)?//[^"'\s>)]*)""",
    re.IGNORECASE,
)


def remote_references(page: str) -> list[str]:
    """The addresses that a browser would fetch or offer as a link outside the folder; plain text does not count."""
    return [found["address"] for found in _REMOTE.finditer(page)]


def page_name(cooperative_id: str) -> str:
    """The file name of a cooperative's page; ids that are no file names get a short digest."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", cooperative_id)
    digest = hashlib.sha256(cooperative_id.encode()).hexdigest()[:8]
    return f"{plain}.html" if plain == cooperative_id else f"{plain}-{digest}.html"


def environment() -> Environment:
    """The templates of all pages, with their filters."""
    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.filters["page_name"] = page_name
    made.filters["number"] = lambda value: f"{value:,}"
    made.filters["rupiah"] = grouped
    return made


def write_page(path: Path, page: str) -> None:
    """Write one page; RefusedError where it refers to anything outside its folder."""
    if remote := remote_references(page):
        raise RefusedError(f"{path.name}: the page refers to {remote[0]}, but Data Docs must open without a network.")
    path.write_text(page, encoding="utf-8")
