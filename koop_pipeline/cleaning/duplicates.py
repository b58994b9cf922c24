"""Duplicates of members within a cooperative: sure ones are merged, probable ones listed for the officers to decide.

Works on `_koop_cleaned` before rows are moved out. Rules: COR-MERGE-01 an officer said so, MBR-DUP-01 sure, MBR-DUP-02
probable. Money tables merge nothing: they, officers and collaterals only follow the member numbers.
Source: domain.md section 1 (a shared NIK alone is no proof) and section 8.
"""

from koop_pipeline.cleaning import duplicate_groups, duplicate_merging, duplicate_pairs, duplicate_people
from koop_pipeline.cleaning.duplicate_scores import THRESHOLD, scored
from koop_pipeline.contracts import Table
from koop_pipeline.staging import Staging, literal

FILLED = "_koop_cleaned"
DECIDED, SURE, PROBABLE = "COR-MERGE-01", "MBR-DUP-01", "MBR-DUP-02"
FOLLOWING = ("savings_accounts", "loans", "officers", "collaterals")
RECORDS = ("cleaned.merges", "cleaned.probable_duplicates")
CHANGES = "cleaned.merge_changes"


def settle(staging: Staging, table: Table) -> None:
    """Merge and list members, or let the rows of another table follow the members that were merged; what an earlier run
    settled is forgotten by then.
    """
    if table.name == "members":
        _merge_members(staging)
    if table.name in FOLLOWING:
        _follow(staging, table)


def forget(staging: Staging, table: Table, ids: list[str]) -> None:
    """Remove what an earlier run settled in a table."""
    staging.clear(CHANGES, ids, f"table_name = {literal(table.name)}")
    for name in RECORDS if table.name == "members" else ():
        staging.clear(name, ids)


def _merge_members(staging: Staging) -> None:
    duplicate_groups.take_decisions(staging)
    duplicate_people.gather(staging)
    duplicate_groups.decided(staging)
    duplicate_merging.merge(staging, DECIDED)
    duplicate_groups.sure(staging)
    duplicate_merging.merge(staging, SURE)
    duplicate_pairs.block(staging)
    _list_probable(staging)
    _note_failures(staging)
    for name in (*duplicate_people.TABLES, *duplicate_groups.TABLES, duplicate_pairs.PAIRS):
        staging.execute(f"DROP TABLE {name}")


def _list_probable(staging: Staging) -> None:
    """`cleaned.probable_duplicates`: pairs of at least `THRESHOLD` points that no officer has decided on."""
    staging.execute(
        "INSERT INTO cleaned.probable_duplicates BY NAME SELECT cooperative_id, row_a, member_no_a, row_b, member_no_b,"
        f" score, agreed FROM ({scored(duplicate_pairs.PAIRS, f'score >= {THRESHOLD}')}) s"
        f" ANTI JOIN {duplicate_groups.APART} USING (cooperative_id, row_a, row_b)"
    )


def _note_failures(staging: Staging) -> None:
    """One failure a merged row (MBR-DUP-01) and a probable pair (MBR-DUP-02); it names members and fields, no value."""
    merged = (
        "SELECT cooperative_id, row, member_no, into_member_no AS other, score, agreed,"
        f" ' was merged into member ' AS verb FROM cleaned.merges WHERE rule = {literal(SURE)}"
    )
    probable = (
        "SELECT cooperative_id, row_b, member_no_b, member_no_a, score, agreed, ' may be the same person as member '"
        " FROM cleaned.probable_duplicates"
    )
    for rule, sql in ((SURE, merged), (PROBABLE, probable)):
        staging.execute(
            "INSERT INTO cleaned.failures BY NAME SELECT d.cooperative_id, 'members' AS table_name, d.row,"
            f" 'member_no' AS column_name, {literal(rule)} AS rule, d.member_no AS before,"
            " f._source_file AS source_file, f._source_table AS source_table, f._source_row AS source_row,"
            f" concat('member ', d.member_no, d.verb, d.other, ': ', {_said('d.agreed')}, ', score ', d.score) AS note"
            f" FROM ({sql}) d(cooperative_id, row, member_no, other, score, agreed, verb)"
            f" JOIN {FILLED} f ON f.cooperative_id = d.cooperative_id AND f._row = d.row"
        )


def _said(agreed: str) -> str:
    """`same nik, similar full_name` of the JSON list."""
    entries = f'from_json({agreed}, \'[{{"field": "VARCHAR", "how": "VARCHAR", "weight": "INTEGER"}}]\')'
    return f"array_to_string([x.how || ' ' || replace(x.field, '_', ' ') for x in {entries}], ', ')"


def _follow(staging: Staging, table: Table) -> None:
    """Put the number of the member that stayed where that of a merged one stands, and record each.

    A number that another member still carries, or whose rows went to different members, is left as it is.
    """
    staging.execute(
        "CREATE OR REPLACE TEMP TABLE _koop_renamed AS SELECT cooperative_id, member_no, any_value(into_member_no) AS"
        " into_member_no, any_value(rule) AS rule FROM cleaned.merges m WHERE into_member_no IS NOT NULL"
        f" AND cooperative_id IN (SELECT DISTINCT cooperative_id FROM {FILLED}) AND NOT EXISTS (SELECT 1 FROM"
        " cleaned.members c WHERE c.cooperative_id = m.cooperative_id AND c.member_no = m.member_no)"
        " GROUP BY cooperative_id, member_no HAVING count(DISTINCT into_member_no) = 1"
    )
    staging.execute(
        f"INSERT INTO {CHANGES} BY NAME SELECT f.cooperative_id, {literal(table.name)} AS table_name, f._row AS row,"
        f" 'member_no' AS column_name, NULL AS from_row, r.rule FROM {FILLED} f JOIN _koop_renamed r"
        " USING (cooperative_id, member_no)"
    )
    staging.execute(
        f"UPDATE {FILLED} f SET member_no = r.into_member_no FROM _koop_renamed r"
        " WHERE r.cooperative_id = f.cooperative_id AND r.member_no = f.member_no"
    )
    staging.execute("DROP TABLE _koop_renamed")
