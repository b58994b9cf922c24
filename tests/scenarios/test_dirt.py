"""Specification: every dirt of domain.md section 8, and of the identifiers of section 1, beside what becomes of it.

The tables stand in `dirt_cells.py` (one cell), `dirt_structure.py` (files, sheets), `dirt_dumps.py` (databases) and
`dirt_people.py` (rows and tables that disagree). All of it runs once, from real files through extract, map and clean;
what only a suite can see is asked of the rule itself, as `expectations/` states it. Not here: KBLI, which no canonical
table holds yet.
"""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from textwrap import dedent

import pytest
from dirt_cells import CELLS, Cell
from dirt_dumps import DUMPS
from dirt_files import Delivery
from dirt_people import PEOPLE, REFERENCES
from dirt_structure import SHEETS
from small_program import Outcome, SmallProgram, run_steps

from koop_pipeline.contracts import TABLES

SUITES = Path(__file__).resolve().parents[2] / "expectations"
RULE_FILES = {"MBR": "members", "SAV": "savings_accounts"}
NAMED = [f"{kind} {cell.text or 'empty'} [{cell.setting}]" for kind, cells in CELLS.items() for cell in cells]
ALL_CELLS = [cell for cells in CELLS.values() for cell in cells]
DELIVERIES = [*SHEETS, *DUMPS, *PEOPLE, *REFERENCES]
IDS = {delivery.dirt: f"D{number:02d}" for number, delivery in enumerate(DELIVERIES, 1)}
SEEN_BY_SUITES = ("MBR-BIR-01", "MBR-LEF-01", "MBR-NIK-06", "MBR-NIK-07", "MBR-NPW-04", "SAV-REF-01")

Place = tuple[str, int]


def cells_program(program: SmallProgram) -> dict[Cell, Place]:
    """Add a cooperative for every table, with a block and a file for every column and setting; where each cell is."""
    places: dict[Cell, Place] = {}
    blocks: dict[str, list[str]] = {}
    for number, ((column, setting), group) in enumerate(groupby(sorted(ALL_CELLS, key=read_as), key=read_as), 1):
        table, name = column.split(".")
        cells, file = list(group), f"isi{number:02d}"
        key = TABLES[table].key[0] if TABLES[table].key else "source_no"
        origin = setting if "from:" in setting else ", ".join(filter(None, ["from: isi", setting]))
        keyed = "" if key == name else f"{key}: no, "
        blocks.setdefault(table, []).append(f"  - {{from: {file}, columns: {{{keyed}{name}: {{{origin}}}}}}}\n")
        lines = [f'{file}-{at};"{cell.text}"' for at, cell in enumerate(cells, 2)]
        program.files[f"legacy/{table}/{file}.csv"] = "\n".join(["no;isi", *lines]) + "\n"
        places |= {cell: (file, at) for at, cell in enumerate(cells, 2)}
    for table, lines in blocks.items():
        program.add(table, f"{table}:\n{''.join(lines)}", {})
    return places


def read_as(cell: Cell) -> tuple[str, str]:
    """The column and the setting."""
    return cell.column, cell.setting


def delivery_program(program: SmallProgram, delivery: Delivery) -> None:
    """Add the cooperative of one delivery; its files are written apart, as bytes."""
    cooperative_id = IDS[delivery.dirt]
    program.add(cooperative_id, "", {})
    if delivery.source:
        parts = [{**part, "path": f"legacy/{cooperative_id}/{part['path']}"} for part in delivery.source]
        program.cooperatives[-1]["source"] = parts
    profile = f"profile: {cooperative_id}\nreads: {delivery.reads}\n{dedent(delivery.mapping)}\n"
    program.files[f"mappings/{cooperative_id}.yaml"] = profile


PROGRAM = SmallProgram()
PLACES = cells_program(PROGRAM)
for each in DELIVERIES:
    delivery_program(PROGRAM, each)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    root = tmp_path_factory.mktemp("dirt")
    PROGRAM.write(root)
    for delivery in DELIVERIES:
        for name, content in delivery.contents.items():
            path = root / "legacy" / IDS[delivery.dirt] / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    with run_steps(root) as outcome:
        yield outcome


@pytest.mark.parametrize("cell", ALL_CELLS, ids=NAMED)
def test_a_cell_becomes(world: Outcome, cell: Cell) -> None:
    table, column = cell.column.split(".")
    place = "cooperative_id = ? AND _source_table = ? AND _source_row = ?"
    values = world.rows(f"SELECT {column}::VARCHAR FROM cleaned.{table} WHERE {place}", [table, *PLACES[cell]])
    failed = world.rows(
        f"SELECT rule FROM checked.failures WHERE {place.replace('_source', 'source')} AND column_name = ?",
        [table, *PLACES[cell], column],
    )
    assert world.halt(table) == ""
    assert values == [(cell.becomes,)]
    assert failed == ([(cell.rule,)] if cell.rule else [])


@pytest.mark.parametrize("delivery", DELIVERIES, ids=list(IDS))
def test_a_delivery_becomes(world: Outcome, delivery: Delivery) -> None:
    cooperative_id = IDS[delivery.dirt]
    halt = world.halt(cooperative_id)
    assert delivery.halt in halt if delivery.halt else halt == ""
    if delivery.halt:
        return
    assert world.table(f"cleaned.{delivery.table}", cooperative_id, delivery.columns, "ALL") == list(delivery.rows)
    assert found(world, cooperative_id) == sorted(delivery.rules)


def found(world: Outcome, cooperative_id: str) -> list[str]:
    """`RULE: text` of every failure of mapping and cleaning, and of the rules that only a suite can see."""
    recorded = [row for schema in ("mapped", "cleaned") for row in world.failures(schema, cooperative_id)]
    asked = SEEN_BY_SUITES if world.blocks(cooperative_id, "members") else ()
    seen = [(rule, before) for rule in asked for before in by_suite(world, rule, cooperative_id)]
    return sorted(f"{rule}: {before}" for rule, before in [*((row[3], row[4]) for row in recorded), *seen])


def by_suite(world: Outcome, rule: str, cooperative_id: str) -> list[str]:
    """The texts that a rule finds in one cooperative, by the rule's own query."""
    table = RULE_FILES[rule[:3]]
    suite = json.loads((SUITES / f"{table}.json").read_text(encoding="utf-8"))["expectations"]
    query = next(each["kwargs"]["unexpected_rows_query"] for each in suite if each["meta"]["rule"] == rule)
    sql = f"SELECT before FROM ({query.replace('{batch}', f'checked.{table}')}) WHERE cooperative_id = ?"
    return [row[0] for row in world.rows(sql, [cooperative_id])]


def test_every_dirt_keeps_the_account_of_its_rows(world: Outcome) -> None:
    booked = world.rows(
        "SELECT cooperative_id, table_name, extracted + added - kept - merged - excluded - held FROM gate.row_counts"
    )
    halted = {IDS[delivery.dirt] for delivery in DELIVERIES if delivery.halt}
    assert {row[0] for row in booked} == {each["id"] for each in PROGRAM.cooperatives} - halted
    assert [row for row in booked if row[2] != 0] == []
    raw = world.rows("SELECT used + excluded + ignored - rows, counted - rows FROM mapped.raw_accounts")
    assert set(raw) == {(0, 0)}
