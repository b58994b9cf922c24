"""Holds each hop against the one before it: what is neither the same nor explained is a break, named by its hop.

The mapped hop has no products and no hashes (values are text there), so the way into `cleaned` compares counts and sums
over all products; from there on every measure is compared by product.
"""

from itertools import pairwise

from koop_pipeline.proof.explain import explain
from koop_pipeline.proof.measures import MEASURES, MODULUS
from koop_pipeline.proof.record import HOPS, OPENED, SEALED, contents
from koop_pipeline.staging import Staging

STEPS = list(pairwise(HOPS))
COUNTED = ("rows",)
SUMMED = ("rows", "filled", "positive", "negative")
COMPARED = {"extracted": COUNTED, "mapped": COUNTED, "cleaned": SUMMED}
BY_PRODUCT = {"opened", "promoted", "read_back"}
ONLY_FROM_OPENED = "('opening_savings_balances', 'loan_schedules', 'opening_trial_balance')"
NEVER_PROMOTED = "('loan_instalments')"


def compare(staging: Staging, hops: tuple[str, ...], ids: list[str]) -> None:
    """Fill `proof.breaks` for the ways into `hops`, of cooperatives that reached them."""
    staging.execute(
        "DELETE FROM proof.breaks WHERE hop IN (SELECT unnest(?)) AND cooperative_id IN (SELECT unnest(?))",
        [list(HOPS[HOPS.index(hops[0]) :]), ids],
    )
    for before, after in STEPS:
        if after in hops:
            explain(staging, after, ids)
            _compare(staging, before, after, ids)
            if after == "opened":
                _unsealed(staging, ids)


def _compare(staging: Staging, before: str, after: str, ids: list[str]) -> None:
    product = "product_code" if after in BY_PRODUCT else "''"
    parts = []
    for measure in COMPARED.get(after, MEASURES):
        wrap = f" % {MODULUS}" if measure in {"keys", "content"} else ""
        left = f"coalesce(sum({measure}) FILTER (side <> 2), 0)"
        right = f"coalesce(sum({measure}) FILTER (side = 2), 0)"
        parts.append(
            f"SELECT cooperative_id, table_name, product_code, '{measure}' AS measure, {left}::VARCHAR AS expected,"
            f" {right}::VARCHAR AS found, (({right} - {left}){wrap}) <> 0 AS breaks FROM sides GROUP BY ALL"
        )
    columns = f"cooperative_id, table_name, {product} AS product_code, {', '.join(MEASURES)}"
    skipped = (
        f" AND table_name NOT IN {ONLY_FROM_OPENED}"
        if after == "opened"
        else f" AND table_name NOT IN {NEVER_PROMOTED}"
        if after == "promoted"
        else ""
    )
    staging.execute(
        f"INSERT INTO proof.breaks WITH sides AS (SELECT 0 AS side, {columns} FROM proof.totals WHERE hop = $before"
        f" UNION ALL SELECT 1, {columns} FROM proof.explained WHERE hop = $after"
        f" UNION ALL SELECT 2, {columns} FROM proof.totals WHERE hop = $after)"
        " SELECT cooperative_id, $number, $after, table_name, product_code, measure, expected, found FROM"
        f" ({' UNION ALL '.join(parts)}) WHERE breaks{skipped} AND cooperative_id IN (SELECT unnest($ids::VARCHAR[]))",
        {"before": before, "after": after, "number": HOPS.index(after), "ids": ids},
    )


def _unsealed(staging: Staging, ids: list[str]) -> None:
    """Breaks at `opened` of what the step open left and is another thing now."""
    scope = "cooperative_id IN (SELECT unnest($ids::VARCHAR[]))"
    now = " UNION ALL ".join(f"({contents(table)} WHERE {scope} GROUP BY ALL)" for table in OPENED)
    sides = f"SELECT * FROM {SEALED} WHERE {scope}) s FULL JOIN ({now}) n USING (cooperative_id, table_name)"
    for measure in ("rows", "content"):
        left, right = f"coalesce(s.{measure}, 0)", f"coalesce(n.{measure}, 0)"
        staging.execute(
            f"INSERT INTO proof.breaks SELECT cooperative_id, $number, 'opened', table_name, '', '{measure}',"
            f" {left}::VARCHAR, {right}::VARCHAR FROM ({sides} WHERE {left} <> {right}",
            {"number": HOPS.index("opened"), "ids": ids},
        )


def first_breaks(staging: Staging, ids: list[str]) -> dict[str, str]:
    """Per cooperative with a break, one sentence: the first hop, table, product and measures; amounts are shown."""
    rows = staging.rows(
        "SELECT cooperative_id, hop, table_name, product_code, list(measure || ' ' || expected || ' became ' || found"
        " ORDER BY measure DESC) FILTER (measure NOT IN ('keys', 'content')), list(measure) FROM proof.breaks b WHERE"
        " number = (SELECT min(number) FROM proof.breaks x WHERE x.cooperative_id = b.cooperative_id) AND"
        " cooperative_id IN (SELECT unnest(?)) GROUP BY ALL ORDER BY ALL",
        [ids],
    )
    found: dict[str, str] = {}
    for cooperative_id, hop, table, product, sums, measures in rows:
        of = f" of {product}" if product else ""
        what = ", ".join(sums or []) or (
            "the same sums, but other keys"
            if "keys" in measures
            else "the same sums, but other amounts, owners or days"
        )
        found.setdefault(cooperative_id, f"between {HOPS[HOPS.index(hop) - 1]} and {hop}, {table}{of}: {what}")
    return found
