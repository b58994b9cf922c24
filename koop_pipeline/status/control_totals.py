"""The control totals of a batch for readers: `var/status/<batch>.control-totals.json`, beside the status snapshot.

Kept apart from the snapshot, which is rewritten after every cooperative; `koop status --json` joins the two.
"""

import json
import os
from typing import Any

from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.proof.measures import MEASURES
from koop_pipeline.staging import Staging

Totals = dict[str, Any]


def write(staging: Staging, folder: ProgramFolder, batch_name: str) -> None:
    """Write the totals of every cooperative, so that a reader sees the old file or the new one."""
    path = folder.control_totals_path(batch_name)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(collect(staging), ensure_ascii=False), encoding="utf-8")
    os.replace(temporary, path)


def collect(staging: Staging) -> dict[str, Totals]:
    """By cooperative: `hops` {hop: {table: {product: measures}}}, `breaks` in the order of the way, `values_lost`.

    Amounts are decimal text, hashes text of 16 hexadecimal digits; product `` is the whole table.
    """
    found: dict[str, Totals] = {}
    for cooperative_id, hop, table, product, *measures in staging.rows(
        f"SELECT cooperative_id, hop, table_name, product_code, {', '.join(MEASURES)} FROM proof.totals ORDER BY ALL"
    ):
        hops = found.setdefault(cooperative_id, {"hops": {}, "breaks": [], "values_lost": []})["hops"]
        values = dict(zip(MEASURES, measures, strict=True))
        hops.setdefault(hop, {}).setdefault(table, {})[product] = {
            **values,
            "positive": str(values["positive"]),
            "negative": str(values["negative"]),
            "keys": f"{int(values['keys']):016x}",
            "content": f"{int(values['content']):016x}",
        }
    names = ("hop", "table", "product", "measure", "expected", "found")
    for cooperative_id, *said in staging.rows(
        "SELECT cooperative_id, hop, table_name, product_code, measure, expected, found FROM proof.breaks"
        " ORDER BY cooperative_id, number, table_name, product_code, measure"
    ):
        found[cooperative_id]["breaks"].append(dict(zip(names, said, strict=True)))
    for cooperative_id, table, column, rule, cells in staging.rows(
        "SELECT cooperative_id, table_name, column_name, rule, cells FROM proof.values_lost"
        " WHERE cooperative_id IN (SELECT cooperative_id FROM proof.totals) ORDER BY ALL"
    ):
        lost = {"table": table, "column": column, "rule": rule, "cells": cells}
        found[cooperative_id]["values_lost"].append(lost)
    return found


def read(folder: ProgramFolder, batch_name: str) -> dict[str, Totals]:
    """What was last written; empty where nothing was."""
    path = folder.control_totals_path(batch_name)
    if not path.exists():
        return {}
    found: dict[str, Totals] = json.loads(path.read_text(encoding="utf-8"))
    return found
