"""Which members are compared: those of one cooperative that share a block, never everybody with everybody.

A block is a text that both rows carry. The blocks are: the NIK; the birth date; name and address; address and the
beginning of the name; name and one half of the NIK; the NIK without its district, or without its serial; the phone. One
that more rows carry than its limit says is no evidence and is passed by; a birth date that many share is cut by the
first letters of the name.
"""

from koop_pipeline.cleaning.duplicate_people import MOST, PEOPLE
from koop_pipeline.staging import Staging

PAIRS = "_koop_pairs"
BLOCKS = "_koop_blocks"
LIMIT = 50
BORN_LIMIT = 20
BLOCK_KEYS = {
    "nik": ("nik", MOST),
    "name and address": ("name || '|' || address", LIMIT),
    "address and beginning of the name": ("address || '|' || left(name, 4)", LIMIT),
    "name and NIK before the month": ("name || '|' || left(nik, 7)", LIMIT),
    "name and NIK from the month": ("name || '|' || right(nik, 7)", LIMIT),
    "NIK without the district": ("right(nik, 10)", LIMIT),
    "NIK without the serial": ("left(nik, 12)", LIMIT),
    "phone": ("phone", MOST),
    "birth date": ("birth_date::VARCHAR", BORN_LIMIT),
}
CUTS = ("left(name, 2)", "left(name, 5)", "name")
WIDE_DATES = (
    f"SELECT (cooperative_id, birth_date) FROM {PEOPLE} GROUP BY cooperative_id, birth_date"
    f" HAVING count(*) > {BORN_LIMIT}"
)


def block(staging: Staging) -> None:
    """Make `_koop_pairs`: cooperative_id, row_a < row_b, one row a pair that shares a block."""
    staging.execute(f"CREATE OR REPLACE TEMP TABLE {BLOCKS} (block UBIGINT, place BIGINT, most UTINYINT)")
    for name, (key, most) in BLOCK_KEYS.items():
        staging.execute(_rows_of(name, key, most))
    for cut in CUTS:
        key = f"birth_date::VARCHAR || '|' || {cut}"
        staging.execute(
            f"{_rows_of('birth date and ' + cut, key, LIMIT)} AND (cooperative_id, birth_date) IN ({WIDE_DATES})"
        )
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {PAIRS} AS WITH fit AS (SELECT block FROM {BLOCKS} GROUP BY block"
        f" HAVING count(*) BETWEEN 2 AND any_value(most)), kept AS (SELECT b.block, p.cooperative_id, p._row FROM"
        f" {BLOCKS} b SEMI JOIN fit USING (block) JOIN {PEOPLE} p ON p.rowid = b.place)"
        " SELECT DISTINCT a.cooperative_id, a._row AS row_a, b._row AS row_b FROM kept a JOIN kept b"
        " ON b.block = a.block AND b.cooperative_id = a.cooperative_id AND a._row < b._row"
    )
    staging.execute(f"DROP TABLE {BLOCKS}")


def _rows_of(name: str, key: str, most: int) -> str:
    """Puts every row that has the key of one kind of block into its block."""
    return (
        f"INSERT INTO {BLOCKS} SELECT hash(cooperative_id, '{name}', {key}), rowid, {most}"
        f" FROM {PEOPLE} WHERE {key} IS NOT NULL"
    )
