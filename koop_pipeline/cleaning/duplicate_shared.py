"""How many members of a cooperative are members of another cooperative of the batch too: a count, and nobody's name.

People are recognised by an HMAC-SHA256 of the NIK, worked out in DuckDB and forgotten at once. The key is
KOOP_NIK_KEY of the environment, else a random one for this run.
"""

import os
import secrets
from hashlib import sha256

from koop_pipeline.contracts import Table
from koop_pipeline.staging import Staging

BLOCK = 64
INNER, OUTER = 0x36, 0x5C


def count(staging: Staging, table: Table) -> None:
    """Fill `cleaned.shared_people` (cooperative_id, people) for the whole batch after members were cleaned."""
    if table.name != "members":
        return
    inner, outer = pads(os.environ.get("KOOP_NIK_KEY", "").encode() or secrets.token_bytes(BLOCK))
    with staging.transaction():
        staging.execute("DELETE FROM cleaned.shared_people")
        staging.execute(
            f"INSERT INTO cleaned.shared_people WITH people AS (SELECT DISTINCT cooperative_id, {hmac_sql('nik')} AS"
            " person FROM cleaned.members WHERE nik IS NOT NULL AND party = 'person'), shared AS (SELECT cooperative_id"
            " FROM people QUALIFY count(*) OVER (PARTITION BY person) > 1) SELECT c.cooperative_id,"
            " count(s.cooperative_id) FROM raw.cooperatives c LEFT JOIN shared s USING (cooperative_id) GROUP BY ALL",
            {"inner": inner, "outer": outer},
        )


def pads(key: bytes) -> tuple[bytes, bytes]:
    """The inner and outer padded key of RFC 2104."""
    block = (sha256(key).digest() if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    return bytes(byte ^ INNER for byte in block), bytes(byte ^ OUTER for byte in block)


def hmac_sql(text: str) -> str:
    """SQL for HMAC-SHA256 of a text in hex, with the pads as parameters `inner` and `outer`."""
    return f"sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode({text}))))"
