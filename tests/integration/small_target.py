"""A few rows of two cooperatives in a PostgreSQL target, loaded by the target's own verbs.

Put here what tests of the target share that do not need a programme: content is laid into temporary tables by hand.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from postgres_server import new_database, upgraded

from koop_pipeline.contracts import TABLES
from koop_pipeline.program.target_address import TargetAddress
from koop_pipeline.staging import Staging, quoted
from koop_pipeline.target.model import load_order
from koop_pipeline.target.postgres.target import PostgresTarget, connected

World = tuple[Staging, PostgresTarget, psycopg.Connection]
COOPERATIVES = ("KSP-A", "KSP-B")
ROWS: dict[str, Sequence[dict[str, object]]] = {
    "cooperatives": [{
        "name": "Koperasi", "kind": "savings_loan", "form": "primary", "savings_loan_unit": "ksp", "status": "active",
        "phone": "+6281234567890",
    }],
    "members": [
        {
            "member_no": "A-1", "nik": "5301014101900001", "full_name": "Siti Aminah", "party": "person",
            "birth_date": "1990-01-01", "address": "Jalan Mawar 1", "membership": "member", "status": "active",
            "extras": '{"catatan": "x"}',
        },
        {
            "member_no": "A-2", "nik": None, "full_name": "Budi, \"Karyanto\"", "party": "person", "address": "",
            "membership": "member", "status": "active",
        },
    ],
    "officers": [{"officer_no": "O-1", "full_name": "Siti Aminah", "position": "chair", "status": "active"}],
    "products": [{"product_code": "POKOK", "name": "Pokok", "serves": "savings", "kind": "principal"}],
    "loans": [{
        "loan_no": "P-1", "member_no": "A-1", "product_code": "UMUM", "outstanding_principal": "1000000.00",
        "annual_rate": "24.000000", "status": "active",
    }],
    "savings_accounts": [{
        "account_no": "S-1", "member_no": "A-1", "product_code": "POKOK", "product_kind": "principal",
        "nature": "equity", "balance": "100000.50", "status": "open",
    }],
    "savings_transactions": [{
        "entry_no": "T-1", "account_no": "S-1", "posted_on": "2026-01-02", "kind": "deposit", "amount": "100000.50",
    }],
    "loan_repayments": [{"entry_no": "R-1", "loan_no": "P-1", "paid_on": "2026-02-02", "total": "5.00"}],
    "collaterals": [{
        "collateral_no": "C-1", "loan_no": "P-1", "kind": "gold", "description": "Cincin", "owner_name": "Siti Aminah",
        "status": "held", "documents": '["foto"]',
    }],
    "accounts": [
        {"account_code": "1.1", "name": "Kas", "account_type": "asset", "normal_side": "debit", "parent_code": "1",
         "is_detail": "true", "debit": "5.00", "credit": "0.00"},
        {"account_code": "1", "name": "Aset", "account_type": "asset", "normal_side": "debit", "is_detail": "false",
         "debit": "0.00", "credit": "0.00"},
    ],
    "opening_savings_balances": [{
        "account_no": "S-1", "member_no": "A-1", "product_code": "POKOK", "nature": "equity", "balance": "100000.50",
    }],
    "loan_schedules": [{
        "loan_no": "P-1", "instalment_no": "1", "due_on": "2026-07-31", "principal": "1000000.00", "interest": "20.00",
        "total": "1000020.00", "balance_after": "0.00", "state": "due",
    }],
    "opening_trial_balance": [
        {"account_code": "1.1", "name": "Kas", "account_type": "asset", "debit": "5.00", "credit": "0.00"}
    ],
}  # fmt: skip


@contextmanager
def opened(url: str, folder: Path) -> Iterator[tuple[Staging, PostgresTarget]]:
    """A staging file and the target of a URL, with the schema of this version."""
    with (
        Staging.open(folder / "batch-uji.duckdb", isolated=False) as staging,
        connected(staging, TargetAddress.of(url, folder)) as target,
    ):
        yield staging, target


@contextmanager
def new_world(folder: Path) -> Iterator[World]:
    """A new database with its target, and a connection of the database's owner beside it."""
    with (
        new_database(upgraded()) as url,
        opened(url, folder) as (staging, target),
        psycopg.connect(url, autocommit=True) as owner,
    ):
        yield staging, target, owner


def lay(staging: Staging, cooperative_id: str) -> None:
    """Lay `ROWS` of one cooperative into the temporary tables `new_<table>`."""
    for name, rows in ROWS.items():
        columns = TABLES[name].all_columns
        typed = ", ".join(f"{quoted(column.name)} {column.sql_type}" for column in columns)
        staging.execute(f"CREATE OR REPLACE TEMP TABLE new_{name} (cooperative_id VARCHAR, {typed})")
        for row in rows:
            names = ", ".join(map(quoted, ["cooperative_id", *row]))
            marks = ", ".join("?" * (len(row) + 1))
            staging.execute(f"INSERT INTO new_{name} ({names}) VALUES ({marks})", [cooperative_id, *row.values()])


def load(staging: Staging, target: PostgresTarget, cooperative_id: str) -> int:
    """Load `ROWS` as that cooperative's in one transaction; how many rows the target took."""
    lay(staging, cooperative_id)
    with target.writing(cooperative_id) as writing:
        return sum(writing.insert(table, f"new_{table.name}") for table in load_order())
