"""The content of a table as hashes: typed, length-prefixed, independent of how rows lie and of any collation.

A row's text is, for each column in contract order, the length of the value's text, the type's letter and the text; of a
null the letter alone. A table's rows are taken in the order of the bytes of their texts, PART at a time: the hash of a
part is the sha256 of its rows' texts, one after the other, and the hash of the table the sha256 of the hashes of its
parts. So nothing needs more memory than a part, and another database can compute the same with its own functions.
A row's own hash is the sha256 of its text.

A table's state is a sum of DuckDB's own hashes of typed rows: ten times as fast, the same only within one version
and so within one staging file. It says whether a table is still what it was.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from koop_pipeline.contracts import Table
from koop_pipeline.contracts.model import Column
from koop_pipeline.staging.database import Staging
from koop_pipeline.staging.names import quoted, within

PART = 65_536
"""Rows whose texts are hashed together."""
BATCH = 100_000
"""Rows that are fetched together."""
HASHES = "_koop_hashes"


def row_text(table: Table) -> str:
    """SQL for the length-prefixed text of one row, `cooperative_id` included."""
    columns = (Column("cooperative_id"), *table.all_columns)
    return f"concat({', '.join(map(_field, columns))})"


def _field(column: Column) -> str:
    """What `concat` puts together: it passes over nulls, so of a null nothing but the letter remains."""
    text = f"CAST({quoted(column.name)} AS VARCHAR)"
    return f"length({text}), '{column.kind[0]}', {text}"


def _texts(table: Table, relation: str, where: str, keep: Sequence[str] = ("cooperative_id",)) -> str:
    """A SELECT of `keep` and `text` for every row; each value becomes text only once."""
    names = ("cooperative_id", *table.names)
    texts = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in map(quoted, names))
    kept = ", ".join(f"{quoted(name)} AS _kept_{place}" for place, name in enumerate(keep))
    shown = ", ".join(f"_kept_{place} AS {quoted(name)}" for place, name in enumerate(keep))
    return f"SELECT {shown}, {row_text(table)} AS text FROM (SELECT {kept}, {texts} FROM {relation} WHERE {where})"


def row_hashes(table: Table, relation: str, keep: Sequence[str]) -> str:
    """A SELECT of `keep` and `hash`, the sha256 of the text, for every row."""
    return f"SELECT * EXCLUDE (text), sha256(text) AS hash FROM ({_texts(table, relation, 'true', keep)})"


def table_states(table: Table, relation: str, where: str = "true") -> str:
    """A SELECT of cooperative_id, state for every cooperative in `relation`."""
    values = ", ".join(map(quoted, ("cooperative_id", *table.names)))
    return (
        f"SELECT cooperative_id, sum(hash(hash({values})))::HUGEINT AS state FROM {relation} WHERE {where}"
        " GROUP BY cooperative_id"
    )


def table_hashes(staging: Staging, table: Table, relation: str, where: str = "true") -> list[tuple[str, int, str]]:
    """Cooperative, rows and sha256 of every cooperative in `relation`, in order."""
    reader = staging.connection.execute(f"{_texts(table, relation, where)} ORDER BY ALL").to_arrow_reader(BATCH)
    found: dict[str, _Digest] = {}
    for batch in reader:
        runs = pc.run_end_encode(batch.column(0))
        start = 0
        for cooperative_id, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            found.setdefault(cooperative_id, _Digest()).add(batch.column(1), start, end)
            start = end
    return [(cooperative_id, digest.rows, digest.sha256) for cooperative_id, digest in found.items()]


def lay_hashes(staging: Staging, table: Table, relation: str, where: str = "true") -> str:
    """The same as a temporary table of cooperative_id, rows and sha256; its name, until the next one is laid."""
    columns = list(zip(*table_hashes(staging, table, relation, where), strict=True)) or [(), (), ()]
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {HASHES} AS SELECT unnest(?::VARCHAR[]) AS cooperative_id,"
        " unnest(?::BIGINT[]) AS rows, unnest(?::VARCHAR[]) AS sha256",
        [list(column) for column in columns],
    )
    return HASHES


@dataclass
class _Digest:
    """The hash of one table of a cooperative, as far as its texts have come."""

    rows: int = 0
    ended: list[str] = field(default_factory=list)
    part: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, texts: pa.StringArray, start: int, end: int) -> None:
        """Take the texts of these rows, whose bytes lie one after the other."""
        _, ends, content = texts.buffers()
        places = np.frombuffer(ends, dtype=np.int32)[texts.offset :]
        data = memoryview(content)
        while start < end:
            upto = min(end, start + PART - self.rows % PART)
            self.part.update(data[places[start] : places[upto]])
            self.rows += upto - start
            start = upto
            if self.rows % PART == 0:
                self._end_part()

    def _end_part(self) -> None:
        self.ended.append(self.part.hexdigest())
        self.part = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The hash of all that came."""
        last = [self.part.hexdigest()] if self.rows % PART else []
        return hashlib.sha256("".join(self.ended + last).encode()).hexdigest()


def of_row_hashes(rows: str, by: str) -> str:
    """A SELECT of `by`, rows, sha256 over a query of `by` and `hash`: one hash over the hashes of rows, sorted.

    Those that begin with the same two digits are hashed together, so that none of the texts is long.
    """
    return (
        f"SELECT {by}, sum(rows)::BIGINT AS rows, sha256(string_agg(part, '' ORDER BY range)) AS sha256 FROM"
        f" (SELECT {by}, left(hash, 2) AS range, count(*) AS rows, sha256(string_agg(hash, '' ORDER BY hash)) AS part"
        f" FROM ({rows}) GROUP BY {by}, range) GROUP BY {by}"
    )


def changed_since_gate(staging: Staging, table: Table, ids: Sequence[str], relation: str) -> list[str]:
    """The cooperatives of which `relation` is no longer what the gate hashed, in order."""
    now = dict(staging.rows(table_states(table, relation, within(ids))))
    then = dict(staging.rows("SELECT cooperative_id, state FROM gate.contents WHERE table_name = ?", [table.name]))
    return [each for each in ids if now.get(each) != then.get(each)]


def combine(hashes: dict[str, tuple[int, str]]) -> str:
    """One hash over the tables of a cooperative: name, rows and hash of each, in the order given."""
    text = "\n".join(f"{name} {rows} {digest}" for name, (rows, digest) in hashes.items() if rows)
    return hashlib.sha256(text.encode()).hexdigest()
