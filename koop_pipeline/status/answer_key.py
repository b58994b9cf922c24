"""Compares the status of a batch with an answer key that was worked out apart from the pipeline (`EXPECTED.yaml`).

The key says, for each cooperative: state, verdict, rows by table, rows of the opening tables, and amounts in
rupiah. What it
does not name is not compared.
"""

from decimal import Decimal
from typing import Any

from koop_pipeline.status.snapshot import Row

CONTROLS = {"trial_balance_debit": "debit", "trial_balance_credit": "credit"}


def differences(records: list[Row], key: dict[str, Any]) -> list[str]:
    """One sentence for everything that is not as the key says; empty when all is."""
    found = {record["cooperative_id"]: record for record in records}
    wrong: list[str] = []
    for cooperative_id, expected in key["cooperatives"].items():
        record = found.get(cooperative_id)
        if record is None:
            wrong.append(f"{cooperative_id} is not in the batch")
            continue
        parts = [*_states(record, expected), *_rows(record, expected), *_money(record, expected)]
        wrong += [f"{cooperative_id}: {part}" for part in parts]
    wrong += [f"{extra} is not in the answer key" for extra in sorted(found.keys() - key["cooperatives"].keys())]
    return wrong


def _states(record: Row, expected: dict[str, Any]) -> list[str]:
    return [
        f"{name} is {record[name]}, the key says {expected[name]}"
        for name in ("state", "verdict")
        if record[name] != expected[name]
    ]


def _rows(record: Row, expected: dict[str, Any]) -> list[str]:
    wrong = []
    for table, counts in expected.get("rows", {}).items():
        for name, value in counts.items():
            count = record["rows"].get(table, {}).get(name, 0)
            if count != int(value):
                wrong.append(f"{table}.{name} is {count}, the key says {value}")
    for table, value in expected.get("opening", {}).items():
        counts = record["rows"].get(table, {})
        count = counts.get("promoted", 0) + counts.get("waiting", 0)
        if count != int(value):
            wrong.append(f"{table} has {count} rows, the key says {value}")
    return wrong


def _money(record: Row, expected: dict[str, Any]) -> list[str]:
    wrong = []
    for name, value in expected.get("money", {}).items():
        amounts = record["money"].get(CONTROLS.get(name, name), {})
        total = Decimal(amounts.get("promoted") or 0) + Decimal(amounts.get("waiting") or 0)
        if total != Decimal(value):
            wrong.append(f"{name} is {total}, the key says {value}")
    return wrong
