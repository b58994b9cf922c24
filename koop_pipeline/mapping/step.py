"""The step map for one canonical table: every block of every cooperative in scope into `mapped.<table>`.

A profile that does not fit what one cooperative delivered halts that cooperative with one sentence.
"""

from collections.abc import Sequence

from koop_pipeline import progress
from koop_pipeline.contracts import Table
from koop_pipeline.contracts.cooperatives import COOPERATIVES
from koop_pipeline.errors import ConfigError, DeliveryError
from koop_pipeline.mapping import raw_views
from koop_pipeline.mapping.block_plan import BlockPlan, Planner
from koop_pipeline.mapping.block_run import Context, run_block, set_macros
from koop_pipeline.mapping.together import alike, map_together, remember
from koop_pipeline.program.folder import Mapping
from koop_pipeline.program.profile import Block
from koop_pipeline.program.program_file import Cooperative
from koop_pipeline.program.run import BatchRun
from koop_pipeline.proof.record import record_mapped
from koop_pipeline.staging import Staging, StagingError, quoted, safe_message
from koop_pipeline.staging.halts import begin, halt

PER_TABLE = (
    "mapped.failures",
    "mapped.blocks",
    "mapped.excluded_rows",
    "mapped.uses",
    "mapped.profiles",
    "mapped.list_rows",
)
FACTS_ROW = "facts of the batch file"


def map_table(staging: Staging, run: BatchRun, table: Table) -> None:
    """Fill `mapped.<table>` for the cooperatives in scope."""
    ids = begin(staging, "map", run.ids, table.name)
    for name in PER_TABLE:
        staging.clear(name, run.ids, f"table_name = '{table.name}'")
    staging.clear(f"mapped.{quoted(table.name)}", run.ids)
    plans: dict[tuple[object, ...], BlockPlan] = {}
    going = set(ids)
    for group in alike(staging, run, [one for one in run.cooperatives if one.id in going]):
        if not map_together(staging, run, group, table):
            for cooperative in group.cooperatives:
                _map_one(staging, run, cooperative, table, plans)
        progress.advance(len(group.ids), _mapped_rows(staging, group.ids, table))
    record_mapped(staging, table, run.ids)


def _mapped_rows(staging: Staging, ids: list[str], table: Table) -> int:
    counted = f"SELECT count(*) FROM mapped.{quoted(table.name)} WHERE cooperative_id IN (SELECT unnest(?))"
    return int(staging.value(counted, [ids]))


def _map_one(
    staging: Staging,
    run: BatchRun,
    cooperative: Cooperative,
    table: Table,
    plans: dict[tuple[object, ...], BlockPlan],
) -> None:
    mapping = run.mappings[cooperative.id]
    try:
        rows = 0
        for branch in cooperative.branches:
            rows = _map_branch(staging, run, cooperative, table, branch, rows, plans)
        if table is COOPERATIVES and not mapping.profile.blocks.get(table.name):
            _facts_row(staging, cooperative)
        staging.execute("INSERT INTO mapped.profiles VALUES (?, ?, ?)", [cooperative.id, table.name, mapping.sha256])
    except (ConfigError, DeliveryError) as error:
        _stop(staging, cooperative, table, str(error))
    except StagingError as error:
        where = mapping.file.error((table.name,), f"{table.name}: {safe_message(error)}")
        _stop(staging, cooperative, table, str(where))
    except Exception as error:  # law 4: whatever goes wrong stops this cooperative only
        where = mapping.file.error((table.name,), f"{table.name}: cannot be mapped ({type(error).__name__})")
        _stop(staging, cooperative, table, str(where))


def _stop(staging: Staging, cooperative: Cooperative, table: Table, message: str) -> None:
    staging.execute(f"DELETE FROM mapped.{quoted(table.name)} WHERE cooperative_id = ?", [cooperative.id])
    halt(staging, cooperative.id, "map", f"{cooperative.id}: {message}", table.name)


CATEGORY = {
    "savings_transactions": "savings_accounts",
    "loan_instalments": "loans",
    "loan_repayments": "loans",
}


def _declared_absent(cooperative: Cooperative, table: Table) -> bool:
    return CATEGORY.get(table.name, table.name) in cooperative.absent


def _map_branch(
    staging: Staging,
    run: BatchRun,
    cooperative: Cooperative,
    table: Table,
    branch: str | None,
    rows: int,
    plans: dict[tuple[object, ...], BlockPlan],
) -> int:
    mapping = run.mappings[cooperative.id]
    blocks = mapping.profile.blocks.get(table.name, ())
    if not blocks:
        return rows
    raw = raw_views.load(staging, cooperative.id, branch)
    context = Context(staging, mapping, raw, run.cutoff_on(cooperative))
    try:
        there = [block for block in blocks if raw.matching(block.source) or not _declared_absent(cooperative, table)]
        open_views(staging, mapping, raw, table, there)
        for number, block in enumerate(blocks):
            if block not in there:
                continue
            columns = tuple((name, tuple(raw.view_columns(name))) for name in raw.catalogue(block.source))
            key = (mapping.sha256, table.name, number, columns)
            if key not in plans:
                plans[key] = Planner(staging, mapping, raw, table).plan(number, block)
            plan = plans[key]
            rows += run_block(context, plan, rows)
            remember(staging, [cooperative.id], plan)
    finally:
        raw_views.drop_views(staging, raw)
    return rows


def open_views(
    staging: Staging, mapping: Mapping, raw: raw_views.RawTables, table: Table, blocks: Sequence[Block]
) -> None:
    """Make the views and macros that the blocks of `table` need; ConfigError where a leading table is missing."""
    optional: dict[str, tuple[str, ...]] = {}
    every = mapping.profile.blocks.get(table.name, ())
    for block in blocks:
        try:
            raw_views.require(raw, block.source)
        except DeliveryError as error:
            listed = isinstance(mapping.file.data.get(table.name), list)
            place = (table.name, every.index(block), "from") if listed else (table.name, "from")
            raise mapping.file.error(place, f"{table.name}.from: {error}") from None
        optional[block.source] = (*optional.get(block.source, ()), *block.optional)
    patterns = {*raw.relations, *(block.source for block in blocks)}
    raw_views.make_views(staging, raw, patterns, optional)
    set_macros(staging, mapping)


def _facts_row(staging: Staging, cooperative: Cooperative) -> None:
    """The cooperatives row of a cooperative whose sources have none: the facts of the batch file, one added row."""
    facts = {"name": cooperative.name, **cooperative.facts}
    names = [name for name, value in facts.items() if value is not None]
    staging.execute(
        f"INSERT INTO mapped.cooperatives (cooperative_id, {', '.join(map(quoted, names))}, _row, _source_file)"
        f" VALUES (?, {', '.join('?' for _ in names)}, 1, ?)",
        [cooperative.id, *(facts[name] for name in names), FACTS_ROW],
    )
