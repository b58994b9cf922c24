"""The raw tables of one cooperative and branch, as temporary views under the names a profile uses.

A view shows the lineage columns and exactly the columns that this cooperative delivered. Several cooperatives that
delivered the same tables and columns can be read by one SELECT (`select_sql` of `ids`), which then names them too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from koop_pipeline.errors import DeliveryError
from koop_pipeline.program.profile import nearest
from koop_pipeline.staging import Staging, literal, quoted

LINEAGE = ("row_id", "source_file", "source_table", "source_row", "branch", "as_of")


@dataclass
class RawTables:
    """What one cooperative delivered for one branch: source table -> its relations and columns."""

    cooperative_id: str
    branch: str | None
    relations: dict[str, str] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    rows: int = 0

    def matching(self, pattern: str) -> list[str]:
        """Source tables whose name is `pattern` (case does not matter) or, for a glob, matches it; sorted."""
        names = [name for name in self.relations if name.casefold() == pattern.casefold()]
        if names or not is_glob(pattern):
            return names
        return sorted(name for name in self.relations if fnmatchcase(name.casefold(), pattern.casefold()))

    def view_columns(self, pattern: str) -> list[str]:
        """The columns that all tables of `pattern` have together, lineage left out."""
        found: dict[str, str] = {}
        for name in self.matching(pattern):
            for column in self.columns[name]:
                found.setdefault(column.casefold(), column)
        return list(found.values())

    def catalogue(self, *patterns: str) -> dict[str, list[str]]:
        """Every name SQL may read, with its columns: the source tables, and the globs given."""
        names = dict.fromkeys([*self.relations, *(pattern for pattern in patterns if is_glob(pattern))])
        return {name: [*LINEAGE, *self.view_columns(name)] for name in names}


def is_glob(pattern: str) -> bool:
    """Whether a table name is a glob that makes one table of many."""
    return any(mark in pattern for mark in "*?[")


def load(staging: Staging, cooperative_id: str, branch: str | None) -> RawTables:
    """Read from `raw.tables` what the cooperative delivered for that branch."""
    return load_all(staging, {cooperative_id: branch})[cooperative_id]


def load_all(staging: Staging, branches: Mapping[str, str | None]) -> dict[str, RawTables]:
    """What each cooperative delivered for the branch that is named with it, and how many rows."""
    found = {cooperative_id: RawTables(cooperative_id, branch) for cooperative_id, branch in branches.items()}
    for cooperative_id, branch, name, relation, columns, rows in staging.rows(
        "SELECT cooperative_id, branch, source_table, relation, columns, rows FROM raw.tables"
        " WHERE cooperative_id IN (SELECT unnest(?)) ORDER BY cooperative_id, source_table, source_file",
        [list(branches)],
    ):
        raw = found[cooperative_id]
        if branch != raw.branch:
            continue
        raw.relations[name] = relation
        raw.rows += rows
        known = raw.columns.setdefault(name, [])
        folded = {column.casefold() for column in known}
        known.extend(column for column in columns if column.casefold() not in folded)
    return found


def select_sql(raw: RawTables, pattern: str, optional: tuple[str, ...] = (), ids: Sequence[str] = ()) -> str:
    """A SELECT of the rows of `pattern`; columns named `optional` that are not there come as NULL.

    With `ids`: of all these cooperatives, which delivered what `raw` says, with their `cooperative_id`.
    """
    wanted = raw.view_columns(pattern)
    folded = {column.casefold() for column in wanted}
    missing = [name for name in optional if name.casefold() not in folded]
    parts = []
    for name in raw.matching(pattern):
        own = {column.casefold() for column in raw.columns[name]}
        shown = [
            quoted(column) if column.casefold() in own else f"NULL::VARCHAR AS {quoted(column)}" for column in wanted
        ]
        shown += [f"NULL::VARCHAR AS {quoted(column)}" for column in missing]
        where = f"cooperative_id IN ({', '.join(map(literal, ids or [raw.cooperative_id]))})"
        where += f" AND source_table = {literal(name)}"
        where += f" AND branch = {literal(raw.branch)}" if raw.branch is not None else " AND branch IS NULL"
        leading = [*(["cooperative_id"] if ids else []), *LINEAGE]
        parts.append(f"SELECT {', '.join([*leading, *shown])} FROM {raw.relations[name]} WHERE {where}")
    return " UNION ALL ".join(parts)


def make_views(staging: Staging, raw: RawTables, patterns: set[str], optional: dict[str, tuple[str, ...]]) -> None:
    """Create a temporary view for each pattern that is not there yet; `raw.made` keeps its SQL."""
    for pattern in sorted(patterns - raw.made.keys()):
        raw.made[pattern] = select_sql(raw, pattern, optional.get(pattern, ()))
        staging.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(pattern)} AS {raw.made[pattern]}")


def drop_views(staging: Staging, raw: RawTables) -> None:
    """Remove the views of this cooperative, so that no later SQL can see them."""
    for pattern in sorted(raw.made):
        staging.execute(f"DROP VIEW IF EXISTS temp.{quoted(pattern)}")
    raw.made.clear()


def require(raw: RawTables, pattern: str) -> None:
    """DeliveryError with the nearest name where no delivered table matches `pattern`."""
    if not raw.matching(pattern):
        known = list(raw.relations)
        hint = nearest(pattern, known)
        names = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
        raise DeliveryError(f"there is no table, sheet or file {pattern!r}{hint} (delivered: {names or 'none'})")
