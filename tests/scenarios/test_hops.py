"""Control totals at every hop: random books, one random fault in each, found at its hop and nowhere else.

Each cooperative of the batch gets its own invented books and at most one fault, put in behind the back of the pipeline
between two steps (or into the target while the step promote is at work). All of them run together.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from small_program import BATCH, SmallProgram
from world import CLEAN_ORDER

from koop_pipeline.cleaning.step import clean_table
from koop_pipeline.contracts import TABLES
from koop_pipeline.corrections.step import load_corrections
from koop_pipeline.defs.promote_verify import current_hashes
from koop_pipeline.extract.step import extract
from koop_pipeline.gates import step as gate
from koop_pipeline.mapping.accounting import account_raw
from koop_pipeline.mapping.step import map_table
from koop_pipeline.opening import step as opening
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.promotion.step import promote
from koop_pipeline.staging import Staging
from koop_pipeline.verification.step import verify

MAPPING = """
members:
  from: anggota
  columns:
    {member_no: no, full_name: nama, joined_on: masuk, membership: {value: member}, status: {value: active}}
savings_accounts:
  from: tabungan
  columns: {account_no: rek, member_no: no, product_code: produk, opened_on: buka, balance: saldo,
            product_kind: {value: voluntary}, status: {value: open}}
savings_transactions:
  from: mutasi
  columns: {entry_no: bukti, account_no: rek, posted_on: tgl, kind: {value: deposit}, amount: jumlah}
loans:
  from: pinjaman
  columns: {loan_no: pj, member_no: no, product_code: {value: UMUM}, disbursed_on: cair, principal: plafon,
            outstanding_principal: sisa, status: {value: active}}
"""
SEED = 20260630
FACTS = {"kind": "savings_loan", "form": "primary"}
AMOUNT = {"savings_accounts": "balance", "savings_transactions": "amount", "loans": "outstanding_principal"}
OWNER = {"savings_accounts": "member_no", "savings_transactions": "account_no", "loans": "member_no"}
KEY = {"savings_accounts": "account_no", "savings_transactions": "entry_no", "loans": "loan_no"}
SOURCE = {"savings_accounts": "tabungan", "savings_transactions": "mutasi", "loans": "pinjaman"}
# two rows of one product that differ in amount and owner, by the order of their keys
LIKE = {"savings_accounts": "S%", "savings_transactions": "BS%-0", "loans": "P%"}
PAIR = "(SELECT {key} FROM {relation} WHERE cooperative_id = '{id}' AND {key} LIKE '{like}' ORDER BY {key} LIMIT 2)"
SWAP = (
    "UPDATE {relation} t SET {column} = o.{column} FROM (SELECT * FROM {relation}) o WHERE t.cooperative_id = '{id}'"
    " AND o.cooperative_id = '{id}' AND t.{key} IN {pair} AND o.{key} IN {pair} AND t.{key} <> o.{key}"
)
FIRST = "cooperative_id = '{id}' AND {key} = (SELECT min({key}) FROM {relation} WHERE cooperative_id = '{id}')"
STATEMENTS = {
    "dropped row": "DELETE FROM {relation} WHERE " + FIRST,
    "doubled row": "INSERT INTO {relation} SELECT * FROM {relation} WHERE " + FIRST,
    "amount cast to nothing": "UPDATE {relation} SET {amount} = NULL WHERE " + FIRST,
    "swapped amounts": SWAP.replace("{column}", "{amount}"),
    "swapped owners": SWAP.replace("{column}", "{owner}"),
    "changed key": "UPDATE {relation} SET {key} = {key} || 'X' WHERE " + FIRST,
    "join that multiplies": "INSERT INTO {relation} SELECT * FROM {relation} WHERE cooperative_id = '{id}'",
}
COUNTABLE = ("dropped row", "doubled row", "join that multiplies")
# where a fault is put in, at which hop it must be found, and which faults leave a trace there
PLACES = {
    "raw": ("extracted", COUNTABLE),
    "mapped": ("cleaned", (*COUNTABLE, "amount cast to nothing")),
    "cleaned": ("opened", tuple(STATEMENTS)),
    "loading": ("promoted", tuple(name for name in STATEMENTS if name != "amount cast to nothing")),
    "target": ("read_back", tuple(name for name in STATEMENTS if name != "amount cast to nothing")),
}


@dataclass(frozen=True)
class Fault:
    """One fault of one cooperative."""

    cooperative_id: str
    place: str
    kind: str
    table: str

    def run(self, staging: Staging, schema: str) -> None:
        """Put it in."""
        relation = f"{schema}.{self.table}"
        if schema == "raw":
            relation = staging.value(
                "SELECT relation FROM raw.tables WHERE cooperative_id = ? AND source_table = ?",
                [self.cooperative_id, SOURCE[self.table]],
            )
        key = "row_id" if schema == "raw" else KEY[self.table]
        names = {
            "relation": relation, "id": self.cooperative_id, "key": key, "amount": AMOUNT[self.table],
            "owner": OWNER[self.table], "like": LIKE[self.table],
        }  # fmt: skip
        staging.execute(STATEMENTS[self.kind].format(pair=PAIR.format(**names), **names))


def books(chance: random.Random) -> dict[str, str]:
    """The four files of a small cooperative: every account has movements, every amount differs from every other."""
    amounts = iter(chance.sample(range(10_000, 900_000), 200))
    members, accounts, movements, loans = ["no;nama;masuk"], ["rek;no;produk;buka;saldo"], ["bukti;rek;tgl;jumlah"], []
    for number in range(1, chance.randint(4, 7)):
        members.append(f"A{number};Anggota {chr(64 + number)};0{number}/02/2020")
        for product in ("SUKARELA", *(["HARIRAYA"] if chance.random() < 0.5 else [])):
            account = f"{product[0]}{number}"
            sums = [next(amounts) for _ in range(chance.randint(1, 4))]
            movements += [f"B{account}-{i};{account};0{i + 1}/0{number}/2026;{sums[i]}" for i in range(len(sums))]
            accounts.append(f"{account};A{number};{product};01/01/2024;{sum(sums)}")
        loans.append(f"P{number};A{number};05/01/2026;{1_000_000 + next(amounts)};{next(amounts)}")
    return {
        "anggota.csv": "\n".join(members),
        "tabungan.csv": "\n".join(accounts),
        "mutasi.csv": "\n".join(movements),
        "pinjaman.csv": "\n".join(["pj;no;cair;plafon;sisa", *loans]),
    }


def every_fault() -> list[tuple[str, str, str]]:
    """Place, kind and table of every fault that is tried."""
    return [
        (place, kind, table)
        for place, (_, kinds) in PLACES.items()
        for kind in kinds
        for table in AMOUNT
        if not (place in {"loading", "target"} and table == "loans" and kind == "amount cast to nothing")
    ]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Staging, list[Fault]]]:
    """A batch with a cooperative for every fault, and three without any, run from extract to verify."""
    chance = random.Random(SEED)
    program = SmallProgram()
    said: dict[str, Any] = {
        "absent": dict.fromkeys(("officers", "collaterals", "accounts"), "tidak ada"),
        "facts": FACTS,
    }
    faults = []
    for number, (place, kind, table) in enumerate(every_fault()):
        cooperative_id = program.add(f"K{number:03}", MAPPING, books(chance), **said)
        faults.append(Fault(cooperative_id, place, kind, table))
    for number in range(3):
        program.add(f"UTUH{number}", MAPPING, books(chance), **said)
    root = tmp_path_factory.mktemp("hops")
    program.write(root)
    run = BatchRun.of(ProgramFolder(root), BATCH)
    at_work(run, faults)
    with Staging.open(run.folder.staging_path(BATCH)) as staging:
        yield staging, faults


def at_work(run: BatchRun, faults: list[Fault]) -> None:
    """The whole way, with each fault put in at its place."""
    of = {place: [fault for fault in faults if fault.place == place] for place in PLACES}
    with Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging:
        extract(staging, run)
        put(staging, of["raw"], "raw")
        for name in CLEAN_ORDER:
            map_table(staging, run, TABLES[name])
        put(staging, of["mapped"], "mapped")
        account_raw(staging, run)
        load_corrections(staging, run)
        for name in CLEAN_ORDER:
            clean_table(staging, run, TABLES[name])
        put(staging, of["cleaned"], "cleaned")
        opening.open_savings(staging, run)
        opening.open_loans(staging, run)
        opening.open_ledger(staging, run)
        gate.set_scope(staging, run)
        gate.check_tables(staging)
        gate.decide(staging, run)
        loading = {fault.cooperative_id: fault for fault in of["loading"]}
        order = iter(run.ids)

        def after_each() -> None:
            cooperative_id = next(order)
            while cooperative_id in halted(staging):
                cooperative_id = next(order)
            if cooperative_id in loading:
                loading[cooperative_id].run(staging, "target.platform")

        promote(staging, run, current_hashes(run), after_each)
        staging.execute(f"ATTACH '{run.folder.target.path}' AS target")
        put(staging, of["target"], "target.platform")
        staging.execute("DETACH target")
        verify(staging, run)


def halted(staging: Staging) -> set[str]:
    """Ids that some step stopped."""
    return {row[0] for row in staging.rows("SELECT cooperative_id FROM gate.halts")}


def put(staging: Staging, faults: list[Fault], schema: str) -> None:
    """Put in the faults of one place."""
    for fault in faults:
        fault.run(staging, schema)


def test_each_fault_is_found_at_its_hop_and_nowhere_else(world: tuple[Staging, list[Fault]]) -> None:
    staging, faults = world
    found = {
        cooperative_id: (hops, tables)
        for cooperative_id, hops, tables in staging.rows(
            "SELECT cooperative_id, list(DISTINCT hop), list(DISTINCT table_name) FROM proof.breaks GROUP BY ALL"
        )
    }
    missed = [
        (fault.place, fault.kind, fault.table, found.get(fault.cooperative_id))
        for fault in faults
        if found.get(fault.cooperative_id, ([], []))[0] != [PLACES[fault.place][0]]
        or fault.table not in found[fault.cooperative_id][1]
    ]
    assert missed == []
    assert set(found) == {fault.cooperative_id for fault in faults}


def test_a_broken_cooperative_is_not_verified_and_the_sentence_names_the_hop(
    world: tuple[Staging, list[Fault]],
) -> None:
    staging, faults = world
    said = dict(staging.rows("SELECT cooperative_id, message FROM gate.decisions"))
    said |= dict(staging.rows("SELECT cooperative_id, message FROM gate.halts"))
    before_gate = {fault.cooperative_id for fault in faults if fault.place in {"raw", "mapped", "cleaned"}}
    blocked = dict(staging.rows("SELECT cooperative_id, verdict FROM gate.decisions"))
    assert {cooperative_id for cooperative_id in before_gate if blocked.get(cooperative_id) != "blocked"} == set()
    unnamed = [
        fault
        for fault in faults
        if fault.place in {"loading", "target"}
        and "the target is not what was promoted" not in said[fault.cooperative_id]
        and "the control totals break between" not in said[fault.cooperative_id]
    ]
    assert unnamed == []


def test_books_without_a_fault_pass_every_hop(world: tuple[Staging, list[Fault]]) -> None:
    staging, _ = world
    hops = staging.rows(
        "SELECT hop, count(DISTINCT cooperative_id) FROM proof.totals WHERE cooperative_id LIKE 'UTUH%' AND"
        " table_name = 'savings_accounts' GROUP BY ALL ORDER BY ALL"
    )
    assert hops == [
        ("cleaned", 3), ("delivered", 3), ("extracted", 3), ("mapped", 3), ("opened", 3), ("promoted", 3),
        ("read_back", 3),
    ]  # fmt: skip
