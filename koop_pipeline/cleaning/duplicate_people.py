"""The members that are compared with each other: identifiers, and name and address in a form that compares.

Temp table `_koop_people`, one row a member row that is carried: cooperative_id, _row, member_no, party, nik, name,
sorted_name, birth_date, common_date, gender, phone, address. Put here what makes two spellings equal; what makes two
people one belongs to `duplicate_scores.py`.
"""

import polars as pl

from koop_pipeline.identifiers.match_name import match_key
from koop_pipeline.staging import Staging

FILLED = "_koop_cleaned"
PEOPLE = "_koop_people"
KEYS = "_koop_people_keys"
STREET_WORDS = (
    r"\b(?:jalan|jln|jl|gang|gg|nomor|no|rt|rw|desa|ds|dusun|dsn|kelurahan|kel|kecamatan|kec|kabupaten|kab|kota)\b"
)
SHORTEST_ADDRESS = 4
COMMON = "_koop_common"
TABLES = (PEOPLE, COMMON)
MOST = 10
MANY_BORN = f"n > {MOST} + members / 2000 OR strftime(value, '%m-%d') = '01-01'"


def gather(staging: Staging) -> None:
    """Make `_koop_people` from the rows of `_koop_cleaned` that nothing excludes.

    A NIK or phone on more than `MOST` rows of a cooperative is a placeholder and left out. A birth date is common where
    more carry it than chance explains, or where it is 1 January, which often means that only the year was known.
    """
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {PEOPLE} (cooperative_id VARCHAR, _row BIGINT, member_no VARCHAR, party VARCHAR,"
        " nik VARCHAR, name VARCHAR, sorted_name VARCHAR, birth_date DATE, gender VARCHAR, phone VARCHAR,"
        " address VARCHAR, common_date BOOLEAN)"
    )
    _add(staging, "true")
    counted = (
        "SELECT cooperative_id, {0} AS value, count(*) AS n FROM " + PEOPLE + " WHERE {0} IS NOT NULL GROUP BY ALL"
    )
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE {COMMON} AS SELECT cooperative_id, 'nik' AS kind, value FROM"
        f" ({counted.format('nik')}) WHERE n > {MOST} UNION ALL SELECT cooperative_id, 'phone', value FROM"
        f" ({counted.format('phone')}) WHERE n > {MOST} UNION ALL SELECT cooperative_id, 'birth_date', value::VARCHAR"
        f" FROM ({counted.format('birth_date')}) JOIN (SELECT cooperative_id, count(*) AS members FROM {PEOPLE}"
        f" GROUP BY ALL) USING (cooperative_id) WHERE {MANY_BORN}"
    )
    _weaken(staging)


def refresh(staging: Staging, changed: str) -> None:
    """Take the rows that `changed` (a relation of cooperative_id, _row) names anew from `_koop_cleaned`."""
    named = f"(cooperative_id, _row) IN (SELECT (cooperative_id, _row) FROM {changed})"
    staging.execute(f"DELETE FROM {PEOPLE} WHERE {named}")
    _add(staging, named)
    _weaken(staging)


def _weaken(staging: Staging) -> None:
    """Take common values out, and mark common birth dates."""
    for kind, change in (("nik", "nik = NULL"), ("phone", "phone = NULL"), ("birth_date", "common_date = true")):
        staging.execute(
            f"UPDATE {PEOPLE} p SET {change} FROM {COMMON} c WHERE c.cooperative_id = p.cooperative_id"
            f" AND c.kind = '{kind}' AND c.value = p.{kind}::VARCHAR"
        )


def _add(staging: Staging, where: str) -> None:
    rows = f"FROM {FILLED} WHERE _excluded IS NULL AND {where}"
    texts = staging.frame(f"SELECT cooperative_id, _row, full_name, address {rows}")
    keys = texts.select(
        "cooperative_id", "_row", name=match_key(pl.col("full_name")), address=address_key(pl.col("address"))
    ).with_columns(sorted_name=pl.col("name").str.split(" ").list.sort().list.join(" "))
    staging.connection.register(KEYS, keys.to_arrow())
    staging.execute(
        f"INSERT INTO {PEOPLE} BY NAME SELECT m.cooperative_id, m._row, m.member_no, m.party, m.nik, k.name,"
        " k.sorted_name, m.birth_date, m.gender, m.phone, k.address, false AS common_date FROM"
        f" (SELECT * {rows}) m JOIN {KEYS} k ON k.cooperative_id = m.cooperative_id AND k._row = m._row"
    )
    staging.connection.unregister(KEYS)


def address_key(expr: pl.Expr) -> pl.Expr:
    """An address without what is written differently every time: street words, punctuation, leading zeros.

    `Jl. Timor Raya No. 012` and `JALAN TIMOR RAYA 12` are equal. Null where too little is left to compare.
    """
    words = (
        expr.str.to_lowercase()
        .str.replace_all(r"[^\p{L}0-9]+", " ")
        .str.replace_all(STREET_WORDS, " ")
        .str.replace_all(r"\b0+([0-9])", "${1}")
        .str.replace_all(" +", " ")
        .str.strip_chars()
    )
    return pl.when(words.str.len_chars() >= SHORTEST_ADDRESS).then(words)
