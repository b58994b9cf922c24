"""The pages of control totals: what was counted of each table and product at every hop of the data's way.

One page a cooperative and one for the batch, beside the Data Docs, readable without network. Written after the gate and
again after verify, when the target's hops are known. Amounts are shown; keys and contents as sums of hashes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb

from koop_pipeline import progress
from koop_pipeline.gates.money_lists import read_lists
from koop_pipeline.gates.pages import environment, page_name, write_page
from koop_pipeline.proof.measures import MEASURES

FOLDER = "control-totals"
HOPS = {
    "delivered": ("diserahkan", "delivered"),
    "extracted": ("diambil", "extracted"),
    "mapped": ("dipetakan", "mapped"),
    "cleaned": ("dibersihkan", "cleaned"),
    "opened": ("dibuka", "opened"),
    "promoted": ("dipindahkan", "promoted"),
    "read_back": ("dibaca ulang", "read back"),
}
TOTALS = (
    f"select cooperative_id, table_name, product_code, hop, {', '.join(MEASURES)}"
    " from proof.totals order by cooperative_id, table_name, product_code"
)
EXPLAINED = (
    "select cooperative_id, table_name, product_code, hop, sum(rows) as rows, sum(positive) as positive,"
    " sum(negative) as negative from proof.explained group by all having sum(rows) <> 0 or sum(positive) <> 0"
    " or sum(negative) <> 0 order by all"
)
BREAKS = "select cooperative_id, hop, table_name, product_code, measure, expected, found from proof.breaks order by all"


@dataclass
class Line:
    """One table and product of a cooperative: its measures by hop, and what is explained on the way into a hop."""

    table: str
    product: str
    hops: dict[str, dict[str, Any]] = field(default_factory=dict)
    explained: dict[str, dict[str, Any]] = field(default_factory=dict)


def write_control_totals(connection: duckdb.DuckDBPyConnection, docs: Path, title: str) -> Path:
    """Write the pages below `docs/control-totals` and return the batch's page; what was there is replaced."""
    folder = docs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    template = environment().get_template("control_totals.html.j2")
    breaks = _by_cooperative(connection.execute(BREAKS).fetchall())
    explained = _by_cooperative(connection.execute(EXPLAINED).fetchall())
    lists = read_lists(connection)
    totals = connection.execute(TOTALS).fetchall()
    progress.over(len({row[0] for row in totals}))
    seen = []
    for cooperative, rows in groupby(totals, key=itemgetter(0)):
        lines = _lines(rows, explained.get(cooperative, []))
        found = breaks.get(cooperative, [])
        page = template.render(
            title=title,
            root="../",
            id=cooperative,
            lines=lines,
            breaks=found,
            hops=HOPS,
            lists=lists.get(cooperative, []),
        )
        write_page(folder / page_name(cooperative), page)
        seen.append((cooperative, _reached(lines), found))
        progress.advance(1)
    front = environment().get_template("control_totals_index.html.j2")
    write_page(folder / "index.html", front.render(title=title, root="../", cooperatives=seen, hops=HOPS))
    return folder / "index.html"


def has_totals(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether any control totals were taken."""
    known = "select count(*) from duckdb_tables() where schema_name = 'proof' and table_name = 'totals'"
    if connection.execute(known).fetchall() == [(0,)]:
        return False
    return connection.execute("select count(*) from proof.totals").fetchall() != [(0,)]


def _by_cooperative(rows: Iterable[tuple[Any, ...]]) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row[1:])
    return found


def _lines(rows: Iterable[tuple[Any, ...]], explained: list[tuple[Any, ...]]) -> list[Line]:
    """Lines by table and product. The hops before `cleaned` know no product: they stand on the line of all (''), which
    carries the sums over the products from there on.
    """
    found: dict[tuple[str, str], Line] = {}
    for _, table, product, hop, *measures in rows:
        line = found.setdefault((table, product), Line(table, product))
        line.hops[hop] = dict(zip(MEASURES, measures, strict=True))
    for table, product, hop, *measures in explained:
        line = found.setdefault((table, product), Line(table, product))
        line.explained[hop] = dict(zip(("rows", "positive", "negative"), measures, strict=True))
    for (table, product), line in list(found.items()):
        if product and (table, "") in found:
            _add_up(found[table, ""], line)
    return [found[place] for place in sorted(found)]


def _add_up(whole: Line, part: Line) -> None:
    """Add a product's measures to the line of all products; hashes modulo 2^64."""
    for hop, measures in part.hops.items():
        sums = whole.hops.setdefault(hop, dict.fromkeys(MEASURES, 0))
        for name, value in measures.items():
            sums[name] = (int(sums[name]) + int(value)) % 2**64 if name in {"keys", "content"} else sums[name] + value


def _reached(lines: list[Line]) -> str:
    """The last hop that was taken."""
    there = {hop for line in lines for hop in line.hops}
    return [hop for hop in HOPS if hop in there][-1]
