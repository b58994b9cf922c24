"""Control totals at every hop: for random books with one random fault each, it is found at its hop and nowhere else.

A fault is put in behind the back of the pipeline between two steps (or into the target while the step promote is at
work). One example is a batch of some 400 cooperatives with random books: one for every place, kind, table and money
column, with the fault in a random row, and one of each kind without a fault. They run together, since a run costs more
than a cooperative; KOOP_TEST_HOPS says how many examples are tried (1).
"""

import os
import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hop_books import (
    AMOUNT,
    AMOUNTS,
    CHANGED,
    DOUBLED,
    DROPPED,
    EMPTIED,
    JOINED,
    MONEY,
    NOTHING,
    OWNER,
    OWNERS,
    RUPIAH,
    SOURCE,
    WITH,
    Fault,
    add_books,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from small_program import BATCH, SmallProgram
from world import CLEAN_ORDER

from koop_pipeline.cleaning.step import clean_table
from koop_pipeline.contracts import PROMOTED, SOURCED, TABLES
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
from koop_pipeline.proof.measures import MEASURED
from koop_pipeline.proof.record import OPENED
from koop_pipeline.staging import Staging
from koop_pipeline.verification.step import verify

COUNTABLE = (DROPPED, DOUBLED, JOINED)
EVERY = (*COUNTABLE, NOTHING, AMOUNTS, OWNERS, CHANGED, RUPIAH, EMPTIED)
# where a fault is put in, at which hop it must be found, and which faults leave a trace there: text has no hashes
PLACES = {
    "raw": ("extracted", COUNTABLE),
    "mapped": ("cleaned", (*COUNTABLE, NOTHING)),
    "cleaned": ("opened", EVERY),
    "opening": ("opened", EVERY),
    "loading": ("promoted", EVERY),
    "target": ("read_back", EVERY),
}
IN_TARGET = {table.name for table in PROMOTED}
SOURCED_NAMES = {table.name for table in SOURCED}
# columns beside the amount that is summed, which the books fill and which may be empty
INTEREST = {"loans": ("principal",), "loan_instalments": ("interest",), "loan_repayments": ("interest",)}


def possible(place: str, kind: str, table: str) -> bool:
    """Whether a table can suffer this at all: it is there at that place, and has such a column."""
    if place == "raw":
        there = table in SOURCE
    elif place in ("mapped", "cleaned"):
        there = table in SOURCED_NAMES
    elif place == "opening":
        there = table in OPENED
    else:
        there = table in IN_TARGET
    if kind in (NOTHING, AMOUNTS):
        there = there and table in AMOUNT
    if kind == NOTHING and place in ("loading", "target"):
        there = there and not any(TABLES[table].column(name).required for name in AMOUNT[table])
    if kind == OWNERS:
        there = there and table in OWNER
    return there and (kind != CHANGED or (table in TABLES and table != "cooperatives"))


def columns(kind: str, table: str) -> tuple[str, ...]:
    """The columns that are attacked one by one; of kinds that are not of one column, ''. Only a column that the books
    fill can be emptied.
    """
    if kind == EMPTIED:
        return INTEREST.get(table, ())
    return MONEY[table] if kind == RUPIAH else ("",)


CASES = [
    (place, kind, table, column)
    for place, (_, kinds) in PLACES.items()
    for kind in kinds
    for table in WITH
    if possible(place, kind, table)
    for column in columns(kind, table)
]


def test_every_table_with_control_totals_and_every_place_and_kind_has_its_faults() -> None:
    assert {table for _, _, table, _ in CASES} == {*MEASURED, *OPENED}
    assert {(place, kind) for place, kind, _, _ in CASES} == {
        (p, k) for p, (_, ks) in PLACES.items() for k in ks if (p, k) != ("opening", EMPTIED)
    }
    assert {table for place, _, table, _ in CASES if place == "opening"} == set(OPENED)


def test_every_money_column_is_attacked_wherever_it_is() -> None:
    attacked = {(place, table, column) for place, kind, table, column in CASES if kind == RUPIAH}
    every = {(table.name, column.name) for table in TABLES.values() for column in table.money}
    assert {(table, column) for place, table, column in attacked if place == "target"} == {
        (table, column) for table, column in every if table in IN_TARGET
    }
    assert {(table, column) for place, table, column in attacked if place in ("cleaned", "opening")} >= every


@settings(
    max_examples=int(os.environ.get("KOOP_TEST_HOPS", "1")), phases=[Phase.generate], database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
@given(st.integers(0, 2**64 - 1).filter(bool))  # the first that hypothesis tries is 0, every time
def test_each_fault_is_found_at_its_hop_and_nowhere_else(seed: int) -> None:
    chance, program = random.Random(seed), SmallProgram()
    faults = [Fault(f"K{number:03}", *case) for number, case in enumerate(CASES)]
    for fault in faults:
        add_books(program, fault.cooperative_id, chance, fault.table)
    whole = {f"UTUH{number}": table for number, table in enumerate(WITH)}
    for cooperative_id, table in whole.items():
        add_books(program, cooperative_id, chance, table)
    with TemporaryDirectory() as folder:
        program.write(Path(folder))
        run = BatchRun.of(ProgramFolder(Path(folder)), BATCH)
        at_work(run, faults, chance)
        with Staging.open(run.folder.staging_path(BATCH)) as staging:
            found_where_they_are(staging, faults)
            stopped_with_the_hop_named(staging, faults)
            passed_whole(staging, sorted(whole))


def at_work(run: BatchRun, faults: Sequence[Fault], chance: random.Random) -> None:
    """The whole way, with each fault put in at its place."""

    def put(place: str, schema: str) -> None:
        for fault in faults:
            if fault.place == place:
                fault.put_in(staging, schema, chance)

    with Staging.open(run.folder.staging_path(BATCH), isolated=False) as staging:
        extract(staging, run)
        put("raw", "raw")
        for name in CLEAN_ORDER:
            map_table(staging, run, TABLES[name])
        put("mapped", "mapped")
        account_raw(staging, run)
        load_corrections(staging, run)
        for name in CLEAN_ORDER:
            clean_table(staging, run, TABLES[name])
        put("cleaned", "cleaned")
        opening.open_savings(staging, run)
        opening.open_loans(staging, run)
        opening.open_ledger(staging, run)
        put("opening", "opening")
        gate.set_scope(staging, run)
        gate.check_tables(staging)
        gate.decide(staging, run)
        loading = {fault.cooperative_id: fault for fault in faults if fault.place == "loading"}
        stopped = halted(staging)
        order = iter([one for one in run.ids if one not in stopped])

        def after_each() -> None:
            if fault := loading.get(next(order)):
                fault.put_in(staging, "target.platform", chance)

        promote(staging, run, current_hashes(run), after_each)
        staging.execute(f"ATTACH '{run.folder.target.path}' AS target")
        put("target", "target.platform")
        staging.execute("DETACH target")
        verify(staging, run)


def halted(staging: Staging) -> set[str]:
    """Ids that some step stopped."""
    return {row[0] for row in staging.rows("SELECT cooperative_id FROM gate.halts")}


def found_where_they_are(staging: Staging, faults: Sequence[Fault]) -> None:
    """Every fault breaks its hop in its table, no other hop breaks, and no other cooperative."""
    found = {
        cooperative_id: (hops, tables)
        for cooperative_id, hops, tables in staging.rows(
            "SELECT cooperative_id, list(DISTINCT hop), list(DISTINCT table_name) FROM proof.breaks GROUP BY ALL"
        )
    }
    missed = [
        (fault.place, fault.kind, fault.table, fault.column, found.get(fault.cooperative_id))
        for fault in faults
        if found.get(fault.cooperative_id, ([], []))[0] != [PLACES[fault.place][0]]
        or fault.table not in found[fault.cooperative_id][1]
    ]
    assert missed == []
    assert set(found) == {fault.cooperative_id for fault in faults}


def stopped_with_the_hop_named(staging: Staging, faults: Sequence[Fault]) -> None:
    """A broken cooperative is blocked before the target, or stopped in it with a sentence that says so."""
    said = dict(staging.rows("SELECT cooperative_id, message FROM gate.halts"))
    verdicts = dict(staging.rows("SELECT cooperative_id, verdict FROM gate.decisions"))
    late = ("loading", "target")
    assert [
        fault for fault in faults if fault.place not in late and verdicts.get(fault.cooperative_id) != "blocked"
    ] == []
    words = ("the target is not what was promoted", "the control totals break between")
    unnamed = [
        fault for fault in faults
        if fault.place in late and not any(word in said.get(fault.cooperative_id, "") for word in words)
    ]  # fmt: skip
    assert unnamed == []


def passed_whole(staging: Staging, ids: Sequence[str]) -> None:
    """Books without a fault have totals at every hop."""
    hops = staging.rows(
        "SELECT hop, list(DISTINCT cooperative_id ORDER BY cooperative_id) FROM proof.totals WHERE cooperative_id LIKE"
        " 'UTUH%' AND table_name = 'members' GROUP BY ALL ORDER BY ALL"
    )
    named = ["cleaned", "delivered", "extracted", "mapped", "opened", "promoted", "read_back"]
    assert hops == [(hop, list(ids)) for hop in named]
