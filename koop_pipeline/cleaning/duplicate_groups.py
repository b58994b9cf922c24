"""Which rows are one person without doubt, and which of them stays.

What officers decided stands first: `_koop_same_people` (cooperative_id, row, into_row) and `_koop_different_people`
(cooperative_id, row_a, row_b).

Who stays (`WHO_STAYS`): the row that an officer named; active before inactive before left or deceased; the earliest
joined; the most filled cells; the smallest member number; the first row. The result is `_koop_merging`:
cooperative_id, row, into_row, one row a member row that is merged away.
"""

from koop_pipeline.cleaning.duplicate_people import FILLED, PEOPLE
from koop_pipeline.cleaning.duplicate_scores import SURE
from koop_pipeline.contracts.members import MEMBERS
from koop_pipeline.staging import Staging, quoted

SAME = "_koop_same_people"
DIFFERENT = "_koop_different_people"
APART = "_koop_apart"
MERGING = "_koop_merging"
GROUPS = "_koop_groups"
TABLES = (SAME, DIFFERENT, APART, MERGING)
WHO_STAYS = (
    f"(cooperative_id, _row) IN (SELECT (cooperative_id, into_row) FROM {SAME}) DESC, CASE status WHEN 'active' THEN 0"
    " WHEN 'inactive' THEN 1 WHEN 'left' THEN 2 WHEN 'deceased' THEN 2 END NULLS LAST, joined_on NULLS LAST, "
    + " + ".join(f"({quoted(name)} IS NOT NULL)::INTEGER" for name in MEMBERS.names)
    + " DESC, member_no NULLS LAST, _row"
)


def take_decisions(staging: Staging) -> None:
    """What officers decided (`mapped.corrections`, `mapped.different_people`) about the members being cleaned."""
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {SAME} AS SELECT cooperative_id, row, into_row FROM mapped.corrections"
        " WHERE action = 'merge' AND outcome = 'applied' AND table_name = 'members'"
    )
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {DIFFERENT} AS SELECT d.cooperative_id, a._row AS row_a, b._row AS row_b FROM"
        f" mapped.different_people d JOIN {FILLED} a ON a.cooperative_id = d.cooperative_id AND"
        f" a.member_no = d.member_no_a JOIN {FILLED} b ON b.cooperative_id = d.cooperative_id AND"
        " b.member_no = d.member_no_b WHERE a._row <> b._row AND a._excluded IS NULL AND b._excluded IS NULL"
    )
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {APART} AS SELECT cooperative_id, row_a, row_b FROM {DIFFERENT}"
        f" UNION SELECT cooperative_id, row_b, row_a FROM {DIFFERENT}"
    )


def decided(staging: Staging) -> None:
    """Fill `_koop_merging` with what officers decided; a chain of decisions ends at its last row, a circle is void."""
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {MERGING} AS WITH RECURSIVE links AS (SELECT s.cooperative_id, s.row,"
        f" min(s.into_row) AS into_row FROM {SAME} s JOIN {PEOPLE} a ON a.cooperative_id = s.cooperative_id"
        f" AND a._row = s.row JOIN {PEOPLE} b ON b.cooperative_id = s.cooperative_id AND b._row = s.into_row"
        f" WHERE s.row <> s.into_row AND NOT {_kept_apart('s.cooperative_id', 's.row', 's.into_row')} GROUP BY ALL),"
        " reached AS (SELECT cooperative_id, row, into_row FROM links l WHERE NOT EXISTS (SELECT 1 FROM links n"
        " WHERE n.cooperative_id = l.cooperative_id AND n.row = l.into_row) UNION SELECT l.cooperative_id, l.row,"
        " r.into_row FROM links l JOIN reached r ON r.cooperative_id = l.cooperative_id AND r.row = l.into_row)"
        " SELECT * FROM reached"
    )


def sure(staging: Staging) -> None:
    """Fill `_koop_merging` with the rows of groups in which every pair is sure.

    Such a group has the same sure neighbours around each of its rows. It is left alone where a member number is missing
    or stands on a row outside the group too, since its accounts could not be told apart any more.
    """
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {GROUPS} AS WITH shared AS (SELECT p.* FROM {PEOPLE} p SEMI JOIN (SELECT"
        f" cooperative_id, nik FROM {PEOPLE} WHERE nik IS NOT NULL GROUP BY ALL HAVING count(*) > 1) USING"
        " (cooperative_id, nik)), near AS (SELECT a.cooperative_id, a._row, any_value(a.member_no) AS member_no,"
        " list(b._row ORDER BY b._row) AS around"
        " FROM shared a JOIN shared b ON b.cooperative_id = a.cooperative_id AND b.nik = a.nik AND (a._row = b._row OR"
        f" ({SURE} AND NOT {_kept_apart('a.cooperative_id', 'a._row', 'b._row')})) GROUP BY a.cooperative_id, a._row)"
        " SELECT * FROM near WHERE len(around) > 1"
        " QUALIFY count(*) OVER (PARTITION BY cooperative_id, around) = len(around)"
    )
    staging.execute(
        f"DELETE FROM {GROUPS} WHERE (cooperative_id, around) IN (SELECT (g.cooperative_id, g.around) FROM {GROUPS} g"
        f" LEFT JOIN {PEOPLE} p ON p.cooperative_id = g.cooperative_id AND p.member_no = g.member_no"
        " WHERE g.member_no IS NULL OR NOT list_contains(g.around, p._row))"
    )
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {MERGING} AS SELECT cooperative_id, _row AS row, first(_row) OVER (PARTITION BY"
        f" cooperative_id, around ORDER BY {WHO_STAYS}) AS into_row FROM {FILLED} JOIN (SELECT cooperative_id, _row,"
        f" around FROM {GROUPS}) USING (cooperative_id, _row) QUALIFY row <> into_row"
    )
    staging.execute(f"DROP TABLE {GROUPS}")
    _keep_what_is_loaded(staging)


def _keep_what_is_loaded(staging: Staging) -> None:
    """Of a cooperative that is in the target exactly the merges of its load: later ones are only listed."""
    staging.execute(f"DELETE FROM {MERGING} WHERE cooperative_id IN (SELECT cooperative_id FROM verification.loaded)")
    staging.execute(
        f"INSERT INTO {MERGING} SELECT l.cooperative_id, l.row, l.into_row FROM verification.loaded_merges l"
        f" JOIN {FILLED} f ON f.cooperative_id = l.cooperative_id AND f._row = l.row AND f._excluded IS NULL"
        " WHERE l.rule = 'MBR-DUP-01'"
    )


def _kept_apart(cooperative: str, row_a: str, row_b: str) -> str:
    """Whether an officer said that two rows are two people."""
    return (
        f"EXISTS (SELECT 1 FROM {APART} d WHERE d.cooperative_id = {cooperative} AND d.row_a = {row_a}"
        f" AND d.row_b = {row_b})"
    )
