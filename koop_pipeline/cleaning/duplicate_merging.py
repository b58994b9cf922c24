"""Carries out what `_koop_merging` says: cells filled, rows marked, every change recorded, findings written.

`cleaned.merges` has one row a merged member row; `cleaned.merge_changes` one a cell that a merge changed, in members
(`from_row` gave the value) and, where a member number was put in the place of another, in the tables that refer to it.
"""

from koop_pipeline.cleaning import duplicate_people
from koop_pipeline.cleaning.duplicate_groups import MERGING, WHO_STAYS
from koop_pipeline.cleaning.duplicate_people import FILLED
from koop_pipeline.cleaning.duplicate_scores import scored
from koop_pipeline.contracts.members import MEMBERS
from koop_pipeline.staging import Staging, literal, quoted

NEVER_FILLED = ("member_no", "status", "branch", "source_no")
FILLABLE = [column.name for column in MEMBERS.all_columns if column.name not in NEVER_FILLED]
TOGETHER = "_koop_together"
VALUES = "_koop_filled"
GIVEN = "_koop_given"
TOUCHED = f"(SELECT cooperative_id, row AS _row FROM {MERGING} UNION SELECT cooperative_id, into_row FROM {MERGING})"


def merge(staging: Staging, rule: str) -> None:
    """Merge the rows of `_koop_merging` under `rule`, and compare with what came of them from here on."""
    if not staging.value(f"SELECT count(*) FROM {MERGING}"):
        return
    _record(staging, rule)
    _put_together(staging)
    _fill(staging, rule)
    staging.execute(
        f"UPDATE {FILLED} f SET _excluded = {literal(rule)} FROM {MERGING} m"
        " WHERE m.cooperative_id = f.cooperative_id AND m.row = f._row"
    )
    _forget_settled_failures(staging)
    duplicate_people.refresh(staging, TOUCHED)
    for name in (TOGETHER, VALUES, GIVEN):
        staging.execute(f"DROP TABLE {name}")


def _record(staging: Staging, rule: str) -> None:
    """`cleaned.merges`; a row that was merged into one of these earlier goes with it to where that one goes."""
    pairs = f"(SELECT cooperative_id, row AS row_a, into_row AS row_b FROM {MERGING})"
    staging.execute(
        "INSERT INTO cleaned.merges BY NAME SELECT m.cooperative_id, m.row, a.member_no, m.into_row,"
        f" b.member_no AS into_member_no, {literal(rule)} AS rule, s.score, s.agreed FROM {MERGING} m"
        f" JOIN {FILLED} a ON a.cooperative_id = m.cooperative_id AND a._row = m.row"
        f" JOIN {FILLED} b ON b.cooperative_id = m.cooperative_id AND b._row = m.into_row"
        f" LEFT JOIN ({scored(pairs)}) s ON s.cooperative_id = m.cooperative_id AND s.row_a = m.row"
    )
    staging.execute(
        "UPDATE cleaned.merges e SET into_row = l.into_row, into_member_no = l.into_member_no FROM cleaned.merges l"
        " WHERE l.cooperative_id = e.cooperative_id AND l.row = e.into_row"
    )


def _put_together(staging: Staging) -> None:
    """The rows of each person, the one that stays first; and per column the first value there is and who gave it."""
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {TOGETHER} AS SELECT *, row_number() OVER (PARTITION BY cooperative_id, into_row"
        f" ORDER BY _row <> into_row, {WHO_STAYS}) AS place FROM {FILLED} JOIN (SELECT cooperative_id, row AS _row,"
        f" into_row FROM {MERGING} UNION SELECT cooperative_id, into_row, into_row FROM {MERGING})"
        " USING (cooperative_id, _row)"
    )
    staging.execute(
        f"UPDATE {TOGETHER} t SET left_on = NULL FROM {TOGETHER} s WHERE s.cooperative_id = t.cooperative_id"
        " AND s._row = t.into_row AND t.status IS DISTINCT FROM s.status"
    )
    values = ", ".join(f"arg_min({quoted(name)}, place) AS {quoted(name)}" for name in FILLABLE)
    givers = ", ".join(
        f"arg_min(_row, place) FILTER ({quoted(name)} IS NOT NULL) AS {quoted(name)}" for name in FILLABLE
    )
    grouped = f"FROM {TOGETHER} GROUP BY cooperative_id, into_row"
    staging.execute(f"CREATE OR REPLACE TEMP TABLE {VALUES} AS SELECT cooperative_id, into_row, {values} {grouped}")
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {GIVEN} AS UNPIVOT (SELECT cooperative_id, into_row, {givers} {grouped})"
        f" ON {', '.join(map(quoted, FILLABLE))} INTO NAME column_name VALUE from_row"
    )


def _fill(staging: Staging, rule: str) -> None:
    """Empty cells of the row that stays take the first value of the others."""
    sets = ", ".join(f"{quoted(name)} = coalesce(f.{quoted(name)}, v.{quoted(name)})" for name in FILLABLE)
    staging.execute(
        f"UPDATE {FILLED} f SET {sets} FROM {VALUES} v WHERE v.cooperative_id = f.cooperative_id"
        " AND v.into_row = f._row"
    )
    staging.execute(
        "INSERT INTO cleaned.merge_changes BY NAME SELECT cooperative_id, 'members' AS table_name, into_row AS row,"
        f" column_name, from_row, {literal(rule)} AS rule FROM {GIVEN} WHERE from_row <> into_row"
    )


def _forget_settled_failures(staging: Staging) -> None:
    """A cell that could not be read is no failure any more where another row of the same person gave the value."""
    staging.execute(
        f"DELETE FROM cleaned.failures WHERE table_name = 'members' AND (cooperative_id, row, column_name) IN"
        f" (SELECT (g.cooperative_id, t._row, g.column_name) FROM {GIVEN} g JOIN {TOGETHER} t ON"
        " t.cooperative_id = g.cooperative_id AND t.into_row = g.into_row WHERE t._row <> g.from_row)"
    )
