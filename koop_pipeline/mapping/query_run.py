"""Runs the SQL of a block over its leading rows, and survives rows on which it fails.

Where it fails, the leading rows at fault are found by halves. Then the profile functions are made lenient, so that what
they cannot read comes back empty, and the columns that fail on each of those rows are named. A row on which the SQL
fails all the same is lost, and named.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from koop_pipeline.errors import DeliveryError
from koop_pipeline.mapping.block_plan import BlockPlan
from koop_pipeline.staging import Staging, StagingError, quoted

LEADING = "_koop_leading"
SHOWN = "_koop_shown"
MOST = 200


@dataclass
class BadRows:
    """Leading rows on which the SQL failed: the columns at fault of each, and those that did not come back at all."""

    columns: dict[int, list[str]] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)


@dataclass
class Query:
    """A block's SQL with a view of its leading table that shows only the rows asked for."""

    staging: Staging
    plan: BlockPlan
    select: str
    parameters: dict[str, date]
    set_strict: Callable[[bool], None]

    def run(self, statement: str, excluded: bool) -> BadRows:
        """Run `statement` (which reads from `result`) over the kept or the excluded rows."""
        test = "IS NOT NULL" if excluded else "IS NULL"
        rows = self.staging.rows(f"SELECT row_id FROM {LEADING} WHERE excluded {test} ORDER BY row_id")
        ids = [row[0] for row in rows]
        bad = BadRows()
        self._show(ids)
        try:
            self._execute(statement)
        except StagingError:
            bad = self._find_bad(ids)
            self._run_leniently(statement, ids, bad)
        return bad

    def open_view(self) -> None:
        """Make the leading table show only `SHOWN`."""
        self._show([])
        self.staging.execute(
            f"CREATE OR REPLACE TEMP VIEW {quoted(self.plan.block.source)} AS SELECT * FROM ({self.select})"
            f" WHERE row_id IN (SELECT row_id FROM {SHOWN})"
        )

    def close_view(self) -> None:
        """Show all leading rows again."""
        self.staging.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(self.plan.block.source)} AS {self.select}")

    def _show(self, ids: list[int]) -> None:
        self.staging.execute(f"CREATE OR REPLACE TEMP TABLE {SHOWN} AS SELECT unnest(?::BIGINT[]) AS row_id", [ids])

    def _execute(self, statement: str) -> None:
        self.staging.execute(f"{statement} FROM ({self.plan.block.sql}\n) AS result", self.parameters)

    def _runs(self, ids: list[int], statement: str) -> bool:
        self._show(ids)
        try:
            self._execute(statement)
        except StagingError:
            return False
        return True

    def _find_bad(self, ids: list[int]) -> BadRows:
        probe = "CREATE OR REPLACE TEMP TABLE _koop_probe AS SELECT *"
        bad = BadRows()
        waiting = [ids]
        while waiting:
            part = waiting.pop()
            if not part or self._runs(part, probe):
                continue
            if len(part) == 1:
                bad.columns[part[0]] = self._failing_columns(part)
            else:
                middle = len(part) // 2
                waiting += [part[middle:], part[:middle]]
            if len(bad.columns) > MOST:
                raise DeliveryError(f"its SQL fails on more than {MOST} rows; correct the SQL or the export")
        return bad

    def _failing_columns(self, part: list[int]) -> list[str]:
        failing = []
        for column in self.plan.columns:
            probe = f"CREATE OR REPLACE TEMP TABLE _koop_probe AS SELECT {column.sql} AS value"
            if not column.fallible and not self._runs(part, probe):
                failing.append(column.name)
        return failing

    def _run_leniently(self, statement: str, ids: list[int], bad: BadRows) -> None:
        self.set_strict(False)
        try:
            probe = "CREATE OR REPLACE TEMP TABLE _koop_probe AS SELECT *"
            bad.lost = {row for row in bad.columns if not self._runs([row], probe)}
            self._show([row for row in ids if row not in bad.lost])
            self._execute(statement)
        finally:
            self.set_strict(True)


def called_with(sql: str, function: str, column: str) -> bool:
    """Whether a call of `function` in `sql` mentions `column` between its brackets."""
    text = sql.casefold()
    start = text.find(f"{function}(")
    while start >= 0:
        depth, end = 0, start + len(function)
        while end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
            if depth == 0:
                break
        if column.casefold() in text[start:end]:
            return True
        start = text.find(f"{function}(", end)
    return False
