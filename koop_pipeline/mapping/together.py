"""Maps blocks without SQL of their own for many cooperatives at once, where these delivered the same tables.

The result is what `block_run.py` gives for each of them alone: a row a leading row, so nothing is lost and no row is a
stranger. Whatever goes wrong, nothing of it stays and the cooperatives are mapped one by one, so that only those at
fault are stopped (law 4). Put here nothing that one cooperative alone needs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from koop_pipeline.contracts import Table
from koop_pipeline.mapping import raw_views
from koop_pipeline.mapping.block_plan import BlockPlan, Planner
from koop_pipeline.mapping.block_run import FAILURE_COLUMNS, excluded_sql, select_columns, set_macros
from koop_pipeline.mapping.raw_views import RawTables
from koop_pipeline.program.program_file import Cooperative
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging, literal, quoted
from koop_pipeline.staging.chunks import groups

CHUNK_ROWS = 1_000_000
NUMBERED = "_koop_together"
EXPRESSION = "MAP-EXPR-01"


@dataclass(frozen=True)
class Alike:
    """Cooperatives of one profile, cut-off and branch that delivered what `raw` says; `raw` is that of the first."""

    cooperatives: tuple[Cooperative, ...]
    raw: RawTables

    @property
    def ids(self) -> list[str]:
        """Their ids, in order."""
        return [one.id for one in self.cooperatives]


def alike(staging: Staging, run: BatchRun, cooperatives: Sequence[Cooperative]) -> Iterator[Alike]:
    """The cooperatives in groups that can be mapped together, each bounded by rows; one with branches stands alone."""
    raws = raw_views.load_all(staging, {one.id: one.branches[0] for one in cooperatives})
    found: dict[object, list[Cooperative]] = {}
    for one in cooperatives:
        raw = raws[one.id]
        delivered = tuple((name, tuple(raw.columns[name])) for name in raw.relations)
        same = (one.profile, one.overrides, run.cutoff_on(one), raw.branch, frozenset(one.absent), delivered)
        found.setdefault(one.id if one.prefixes_keys else same, []).append(one)
    for group in found.values():
        by_id = {one.id: one for one in group}
        for ids in groups(((one.id, raws[one.id].rows) for one in group), CHUNK_ROWS):
            yield Alike(tuple(by_id[each] for each in ids), raws[ids[0]])


def map_together(staging: Staging, run: BatchRun, group: Alike, table: Table) -> bool:
    """Map a table for the group; False, and nothing done, where each must be mapped alone."""
    mapping = run.mappings[group.ids[0]]
    blocks = mapping.profile.blocks.get(table.name, ())
    ready = blocks and all(not block.sql and group.raw.matching(block.source) for block in blocks)
    if len(group.ids) == 1 or not ready:
        return False
    set_macros(staging, mapping)
    try:
        with staging.transaction():
            for number, block in enumerate(blocks):
                plan = Planner(staging, mapping, group.raw, table).plan(number, block)
                _Together(staging, run, group, plan).run()
                remember(staging, group.ids, plan)
            staging.execute(
                "INSERT INTO mapped.profiles SELECT unnest($ids), $table, $sha256",
                {"ids": group.ids, "table": table.name, "sha256": mapping.sha256},
            )
    except Exception:  # each is mapped alone now, and says itself what is wrong with it
        return False
    return True


def remember(staging: Staging, ids: Sequence[str], plan: BlockPlan) -> None:
    """Keep the block's reading settings and which raw columns it uses, for these cooperatives."""
    staging.execute(
        "INSERT INTO mapped.readings SELECT ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM mapped.readings WHERE reading = ?)",
        [plan.reading, plan.table.name, plan.settings, plan.reading],
    )
    pairs = [(table, column) for table, columns in plan.uses.items() for column in [*sorted(columns), None]]
    staging.execute(
        "INSERT INTO mapped.uses SELECT c.id, $table, p.source, p.name FROM (SELECT unnest($ids) AS id) c,"
        " (SELECT unnest($sources) AS source, unnest($names::VARCHAR[]) AS name) p",
        {
            "ids": list(ids),
            "table": plan.table.name,
            "sources": [source for source, _ in pairs],
            "names": [name for _, name in pairs],
        },
    )


class _Together:
    """One block of a group."""

    def __init__(self, staging: Staging, run: BatchRun, group: Alike, plan: BlockPlan) -> None:
        self.staging, self.group, self.plan = staging, group, plan
        self.cutoff_on = run.cutoff_on(group.cooperatives[0])
        source = plan.block.source
        siblings = run.mappings[group.ids[0]].profile.blocks[plan.table.name]
        optional = tuple(name for block in siblings if block.source == source for name in block.optional)
        self.source = f"({raw_views.select_sql(group.raw, source, optional, group.ids)}) AS {quoted(source)}"
        self.name = literal(plan.table.name)

    def run(self) -> None:
        """Rows, failures and the account of the block."""
        self._number()
        self._append()
        self._name_failures()
        self._account()

    def _execute(self, sql: str) -> None:
        parameters = {name: self.cutoff_on for name in self.plan.parameters if f"${name}" in sql}
        self.staging.execute(sql, parameters)

    def _number(self) -> None:
        """The block's rows, excluded ones marked; `_row` continues from what earlier blocks gave."""
        before = (
            "SELECT cooperative_id, sum(rows + excluded)::BIGINT AS rows FROM mapped.blocks"
            f" WHERE table_name = {self.name} GROUP BY ALL"
        )
        self._execute(
            f"CREATE OR REPLACE TEMP TABLE {NUMBERED} AS SELECT n.*, n._number + coalesce(b.rows, 0) AS _row FROM"
            f" (SELECT cooperative_id AS _cooperative_id, row_id AS _row_id, as_of AS _as_of,"
            " source_file AS _source_file, source_table AS _source_table, source_row AS _source_row,"
            f" {excluded_sql(self.plan)} AS _excluded, {select_columns(self.plan.columns)},"
            " row_number() OVER (PARTITION BY cooperative_id ORDER BY row_id) AS _number"
            f" FROM {self.source}) n LEFT JOIN ({before}) b ON b.cooperative_id = n._cooperative_id"
        )

    def _append(self) -> None:
        given = {column.name: column for column in self.plan.columns}
        values = []
        for name in self.plan.table.names:
            column = given.get(name)
            if name == "branch":
                values.append(literal(self.group.raw.branch) if self.group.raw.branch else "NULL")
            elif column is None:
                values.append("NULL")
            else:
                values.append(f"{quoted(name)}.v" if column.fallible else quoted(name))
        day = f"DATE {literal(str(self.cutoff_on))}" if self.plan.block.stands_for else "_as_of"
        self.staging.execute(
            f"INSERT INTO mapped.{quoted(self.plan.table.name)} SELECT _cooperative_id, {', '.join(values)}, _row,"
            f" {self.plan.number}, {self.plan.reading}, _row_id, _as_of, {day}, _excluded, _source_file, _source_table,"
            f" _source_row FROM {NUMBERED}"
        )

    def _name_failures(self) -> None:
        into = f"INSERT INTO mapped.failures ({FAILURE_COLUMNS}) SELECT"
        for name, condition in self.plan.block.exclude.items():
            note = literal(f"the condition of the exclusion {name!r} fails on this row")
            self._execute(
                f"{into} cooperative_id, {self.name}, NULL, NULL, '{EXPRESSION}', NULL, source_file, source_table,"
                f" source_row, {note} FROM {self.source} WHERE TRY(struct_pack(v := ({condition})::BOOLEAN)) IS NULL"
            )
        for column in self.plan.columns:
            if column.fallible:
                note = literal(f"the expression for {column.name} fails on this row")
                self.staging.execute(
                    f"{into} _cooperative_id, {self.name}, _row, {literal(column.name)}, '{EXPRESSION}',"
                    f" {quoted('_before_' + column.name)}, _source_file, _source_table, _source_row, {note}"
                    f" FROM {NUMBERED} WHERE {quoted(column.name)} IS NULL AND _excluded IS NULL"
                )

    def _account(self) -> None:
        """Each leading row is a unit of its own and came back: kept, or excluded by name."""
        self.staging.execute(
            "INSERT INTO mapped.blocks SELECT c.id, $table, $block, $branch, $sources, count(n._row),"
            " count(n._row) FILTER (n._excluded IS NULL), count(n._row) FILTER (n._excluded IS NULL),"
            f" count(n._row) FILTER (n._excluded IS NOT NULL), 0, NULL FROM (SELECT unnest($ids) AS id) c"
            f" LEFT JOIN {NUMBERED} n ON n._cooperative_id = c.id GROUP BY c.id",
            {
                "table": self.plan.table.name,
                "block": self.plan.number,
                "branch": self.group.raw.branch,
                "sources": self.group.raw.matching(self.plan.block.source),
                "ids": self.group.ids,
            },
        )
        self.staging.execute(
            f"INSERT INTO mapped.excluded_rows SELECT _cooperative_id, {self.name}, {self.plan.number}, _row_id,"
            f" _excluded FROM {NUMBERED} WHERE _excluded IS NOT NULL"
        )
