"""What a group of cooperatives would promote now, laid ready in temporary tables, with the hashes that the gate took.

`NEW` + table holds the rows of `gate.promotable_<table>`, read once; the books of a load are relations too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from koop_pipeline.contracts import PROMOTED
from koop_pipeline.staging import Staging, literal, within
from koop_pipeline.staging.chunks import groups
from koop_pipeline.staging.content import changed_since_gate, combine
from koop_pipeline.target.bookkeeping import Load
from koop_pipeline.target.model import Hashes, key_text

NEW = "_koop_new_"
HELD = "_koop_new_held"
CHUNK_ROWS = 1_000_000


@dataclass(frozen=True)
class Content:
    """The hashes of one cooperative's tables (rows, sha256), and of all of them together.

    `unchanged`: what is laid ready is what the gate hashed.
    """

    cooperative_id: str
    tables: Hashes
    unchanged: bool = True

    @property
    def sha256(self) -> str:
        """The hash of everything that would be promoted."""
        return combine(self.tables)

    @property
    def rows(self) -> int:
        """How many rows would be promoted."""
        return sum(rows for rows, _ in self.tables.values())


EMPTY = Content("", {}).sha256


def prepared(staging: Staging, ids: Sequence[str]) -> Iterator[list[Content]]:
    """Groups of cooperatives, in order, with their rows laid ready as long as the group is worked on."""
    sizes = dict(staging.rows("SELECT cooperative_id, sum(kept)::BIGINT FROM gate.row_counts GROUP BY 1"))
    for group in groups(((each, sizes.get(each, 0)) for each in ids), CHUNK_ROWS):
        for table in PROMOTED:
            staging.execute(
                f"CREATE OR REPLACE TEMP TABLE {NEW}{table.name} AS SELECT * FROM gate.promotable_{table.name}"
                f" WHERE {within(group)}"
            )
        _lay_held(staging, group)
        yield _contents(staging, group)


def _contents(staging: Staging, ids: Sequence[str]) -> list[Content]:
    """The hashes that the gate took of these cooperatives, held against the state of what is laid ready."""
    found: dict[str, Hashes] = {cooperative_id: {} for cooperative_id in ids}
    changed: set[str] = set()
    for table in PROMOTED:
        changed.update(changed_since_gate(staging, table, ids, f"{NEW}{table.name}"))
        for cooperative_id, rows, digest in staging.rows(
            "SELECT cooperative_id, rows, sha256 FROM gate.contents WHERE table_name = ?"
            " AND cooperative_id IN (SELECT unnest(?))",
            [table.name, list(ids)],
        ):
            found[cooperative_id][table.name] = (rows, digest)
    return [Content(each, tables, unchanged=each not in changed) for each, tables in found.items()]


def _lay_held(staging: Staging, group: Sequence[str]) -> None:
    """Empty where nothing is held: the tables of which nothing is are not read."""
    of_group = f"gate.held h WHERE {within(group, 'h')}"
    names = {name for (name,) in staging.rows(f"SELECT DISTINCT h.table_name FROM {of_group}")}
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {HELD} AS SELECT h.cooperative_id, h.table_name, ''::VARCHAR AS key,"
        f" h.column_name, h.rule FROM {of_group} AND false"
    )
    for table in (each for each in PROMOTED if each.name in names):
        staging.execute(
            f"INSERT INTO {HELD} SELECT h.cooperative_id, h.table_name, {key_text(table, 't')}, h.column_name, h.rule"
            f" FROM gate.held h JOIN checked.{table.name} t ON t.cooperative_id = h.cooperative_id AND t._row = h.row"
            f" WHERE h.table_name = {literal(table.name)} AND {within(group, 'h')}"
        )


def books_of(load: Load, content: Content) -> dict[str, str]:
    """The relation that holds a load's lines of each book, in the order in which they are written."""
    own = f"cooperative_id = {literal(load.cooperative_id)}"
    line = ", ".join(
        f"{literal(value) if isinstance(value, str) else value} AS {name}" for name, value in vars(load).items()
    )
    marked = f"SELECT {literal(load.load_id)} AS load_id,"
    hashes = ", ".join(
        f"({literal(name)}, {rows}, {literal(digest)})" for name, (rows, digest) in content.tables.items()
    )
    return {
        "loads": f"(SELECT {line})",
        "load_tables": f"({marked} {literal(load.cooperative_id)} AS cooperative_id, * FROM (VALUES {hashes})"
        " AS t (table_name, rows, sha256))",
        "held": f"({marked} * FROM {HELD} WHERE {own})",
        "verdicts": f"({marked} cooperative_id, table_name, rule, min(consequence) AS consequence,"
        f" sum(failed)::BIGINT AS failed FROM gate.rule_counts WHERE failed > 0 AND {own} GROUP BY ALL)",
        "evidence": f"({marked} cooperative_id, control, delivered, extracted, corrected, kept AS promoted, excluded,"
        f" held FROM gate.money WHERE control <> 'members' AND {own})",
    }
