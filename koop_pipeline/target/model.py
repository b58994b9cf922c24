"""What a target is to the steps that load, verify and roll back: a few verbs, whatever database stands behind them.

Put here the verbs. The embedded target is `embedded.py`, the platform's PostgreSQL `postgres/`. Reading goes
through relations of the staging connection, so that every comparison is written once, in DuckDB's SQL.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from koop_pipeline.contracts import PROMOTED, TABLES, Column, Table
from koop_pipeline.errors import KoopError
from koop_pipeline.staging import Staging, quoted
from koop_pipeline.target.bookkeeping import Load

Answer = TypeVar("Answer")
Hashes = dict[str, tuple[int, str]]


class TargetError(KoopError):
    """The target refused or failed; the message names rule and row, the row by its key only.

    `table` and `key` (without the cooperative) say which row it was, where one row is to blame. `passing`: it failed in
    passing, and where that happened at the very end, the transaction may be there all the same.
    """

    passing = False

    def __init__(self, message: str, table: str | None = None, key: tuple[str, ...] | None = None) -> None:
        super().__init__(message)
        self.table = table
        self.key = key


class Writing(Protocol):
    """One cooperative's transaction. Relations are of the staging connection, with the columns that the verb names."""

    def insert(self, table: Table, relation: str) -> int:
        """Add rows: `cooperative_id` and the contract's columns; returns how many the target took."""

    def fill(self, table: Table, column: str, relation: str) -> int:
        """Write `value` into cells that are empty: the full key and `value`; returns how many were filled."""

    def empty(self, table: Table, column: str, relation: str) -> int:
        """Make cells empty again: the full key; returns how many."""

    def change(self, table: Table, relation: str) -> int:
        """Write all columns of rows that are there: `cooperative_id` and the contract's; returns how many."""

    def remove(self, table: Table, relation: str | None) -> int:
        """Remove the rows of a full key, or all of the cooperative; returns how many."""

    def freeze(self) -> None:
        """Let nobody else write to the cooperative's rows until the transaction ends; wait for those who are at it."""

    def beside(self, going: Mapping[str, str] | None = None) -> list[str]:
        """What somebody else keeps with the cooperative's rows and would lose with them, one phrase each.

        `going` names the tables of which only some rows go, each with a relation of full keys; without it all go.
        """

    def hashes(self) -> "Hashes":
        """Rows and hash of every table of the cooperative, worked out by the target itself inside the transaction."""

    def note(self, book: str, relation: str) -> None:
        """Add lines to a book of `migration`."""

    def strike(self, book: str, load_id: str | None) -> None:
        """Remove from a book the lines of a load, or all of the cooperative."""


class Target(Protocol):
    """An open target. `there` and `books` are the prefixes of relations that show what it holds."""

    shown: str
    there: str
    books: str

    def fetch(self, ids: Sequence[str], tables: Iterable[Table] = PROMOTED) -> None:
        """Let `there` + table hold at least what the target has of these cooperatives."""

    def fetch_books(self, ids: Sequence[str], books: Iterable[str] = ("loads",)) -> None:
        """The same for `books` + book."""

    def writing(self, cooperative_id: str) -> AbstractContextManager[Writing]:
        """One transaction on one cooperative, alone; TargetError where another run holds it."""

    def retried(self, action: Callable[[], Answer]) -> Answer:
        """Do it, and again (a few times) where the target failed in passing; the last TargetError is raised."""

    def measure(self) -> None:
        """Bring the statistics up to date by which the target plans its queries, after much was written."""

    def faults(self) -> list[str]:
        """What should hold in the target itself and does not: keys, checks, row-level security."""


def fetched(target: Target, ids: list[str]) -> Iterator[tuple[list[str], TargetError | None]]:
    """The cooperatives whose rows are there to be read, and those of which they cannot be, with the error.

    What does not pass may lie in the rows of one of them: they are then fetched one by one. Use each before the next.
    """
    try:
        target.retried(lambda: target.fetch(ids))
    except TargetError as error:
        if len(ids) == 1 or error.passing:
            yield ids, error
            return
        for each in ids:
            yield from fetched(target, [each])
    else:
        yield ids, None


def loads_of(staging: Staging, target: Target, ids: Sequence[str]) -> dict[str, list[Load]]:
    """The loads that the target has of these cooperatives, the first one first."""
    target.fetch_books(ids)
    names = ", ".join(Load.__dataclass_fields__)
    found: dict[str, list[Load]] = {cooperative_id: [] for cooperative_id in ids}
    for row in staging.rows(
        f"SELECT {names} FROM {target.books}loads WHERE cooperative_id IN (SELECT unnest(?)) ORDER BY number",
        [list(ids)],
    ):
        found[row[0]].append(Load(*row))
    return found


def loaded_hashes(staging: Staging, target: Target, load: Load, book: str = "load_tables") -> Hashes:
    """Rows and hash of each table as of a load, from its book, which must be fetched."""
    return {
        name: (rows, digest)
        for name, rows, digest in staging.rows(
            f"SELECT table_name, rows, sha256 FROM {target.books}{book} WHERE load_id = ? AND rows > 0",
            [load.load_id],
        )
    }


def otherwise(loaded: Hashes, now: Hashes) -> list[str]:
    """The tables whose rows or hash are not what was loaded, one phrase each, sorted."""
    nothing = (0, "")
    return [
        f"{name} (loaded {loaded.get(name, nothing)[0]} rows, now {now.get(name, nothing)[0]})"
        for name in sorted({*loaded, *now})
        if loaded.get(name, nothing) != now.get(name, nothing)
    ]


def load_order() -> list[Table]:
    """The promoted tables, parents before their children."""
    placed: dict[str, Table] = {"cooperatives": TABLES["cooperatives"]}
    waiting = [table for table in PROMOTED if table.name != "cooperatives"]
    while waiting:
        ready = [table for table in waiting if all(parent in placed for parent in parents(table))]
        placed |= {table.name: table for table in ready}
        waiting = [table for table in waiting if table.name not in placed]
    return list(placed.values())


def references(table: Table) -> list[Column]:
    """The columns that must find a row in the target. An officer need not be a member (OFF-REF-01)."""
    return [] if table.name == "officers" else [column for column in table.columns if column.references]


def parents(table: Table) -> list[str]:
    """The other tables whose rows this one must find in the target."""
    return [column.references for column in references(table) if column.references not in {None, table.name}]


def key_text(table: Table, alias: str) -> str:
    """The key of a row as one text."""
    return " || '|' || ".join(f"{alias}.{quoted(name)}::VARCHAR" for name in table.key) or "''"


def key_columns(table: Table, text: str) -> str:
    """The columns of the key again, from `key_text`; only the last of two can hold no bar."""
    if len(table.key) == 2:
        parts = [f"regexp_extract({text}, '^(.*)[|]([^|]*)$', {number}, 's')" for number in (1, 2)]
    else:
        parts = [text] * len(table.key)
    return ", ".join(
        ["cooperative_id"]
        + [
            f"CAST({part} AS {table.column(name).sql_type}) AS {quoted(name)}"
            for name, part in zip(table.key, parts, strict=True)
        ]
    )


def same_key(table: Table, left: str, right: str) -> str:
    """Whether two rows have one key."""
    return " AND ".join(f"{left}.{quoted(name)} = {right}.{quoted(name)}" for name in table.full_key)
