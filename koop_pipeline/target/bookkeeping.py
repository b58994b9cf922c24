"""The tables of schema `migration`: which loads a target took, what they hold back, and what judged them.

Put here names and columns, and the few rows that are written there. Where they are written is the target's own affair.
`before_sha256` and `content_sha256` are hashes of everything that the platform holds of the cooperative, before a load
and after it (`staging/content.py`), so that a rollback can prove that the state before is back. Where the platform had
written elsewhere, it holds another thing than the content after a load: that is `after_sha256`, else empty. `cutoff_on`
is the day of the opening balances as ISO text, empty of loads before revision 0002.
`loaded_rows` has a line for each row that a load brought, changed or (with no hash) removed; it is not `ours` where the
platform had entered it itself. `loaded_digests` has one hash over the hashes of all rows of a table that a load left.
`deltas` and `delta_rows` have what a delta did, with the row as it was before.
"""

from dataclasses import dataclass

BOOKS: dict[str, str] = {
    "loads": "cooperative_id VARCHAR NOT NULL, number INTEGER NOT NULL, load_id VARCHAR NOT NULL, batch VARCHAR NOT"
    " NULL, kind VARCHAR NOT NULL, content_sha256 VARCHAR NOT NULL, before_sha256 VARCHAR NOT NULL,"
    " sources_sha256 VARCHAR NOT NULL, profile_sha256 VARCHAR NOT NULL, suites_sha256 VARCHAR NOT NULL,"
    " corrections_sha256 VARCHAR NOT NULL, verdict VARCHAR NOT NULL, rows BIGINT NOT NULL,"
    " after_sha256 VARCHAR NOT NULL, cutoff_on VARCHAR NOT NULL",
    "load_tables": "load_id VARCHAR NOT NULL, cooperative_id VARCHAR NOT NULL, table_name VARCHAR NOT NULL,"
    " rows BIGINT NOT NULL, sha256 VARCHAR NOT NULL",
    "amended": "load_id VARCHAR NOT NULL, cooperative_id VARCHAR NOT NULL, table_name VARCHAR NOT NULL,"
    " key VARCHAR NOT NULL, column_name VARCHAR",
    "loaded_rows": "load_id VARCHAR NOT NULL, cooperative_id VARCHAR NOT NULL, table_name VARCHAR NOT NULL,"
    " key VARCHAR NOT NULL, sha256 VARCHAR, ours BOOLEAN NOT NULL",
    "loaded_digests": "load_id VARCHAR NOT NULL, cooperative_id VARCHAR NOT NULL, table_name VARCHAR NOT NULL,"
    " rows BIGINT NOT NULL, sha256 VARCHAR NOT NULL",
    "deltas": "load_id VARCHAR NOT NULL, cooperative_id VARCHAR NOT NULL, table_name VARCHAR NOT NULL,"
    " action VARCHAR NOT NULL, rows BIGINT NOT NULL, amount_before DECIMAL(38,2), amount_after DECIMAL(38,2)",
    "delta_rows": "load_id VARCHAR NOT NULL, cooperative_id VARCHAR NOT NULL, table_name VARCHAR NOT NULL,"
    " key VARCHAR NOT NULL, action VARCHAR NOT NULL, changed_columns VARCHAR, amount_before DECIMAL(38,2),"
    " amount_after DECIMAL(38,2), row_before VARCHAR",
    "held": "load_id VARCHAR NOT NULL, cooperative_id VARCHAR NOT NULL, table_name VARCHAR NOT NULL, key VARCHAR,"
    " column_name VARCHAR, rule VARCHAR NOT NULL",
    "verdicts": "load_id VARCHAR NOT NULL, cooperative_id VARCHAR NOT NULL, table_name VARCHAR NOT NULL,"
    " rule VARCHAR NOT NULL, consequence VARCHAR NOT NULL, failed BIGINT NOT NULL",
    "evidence": "load_id VARCHAR NOT NULL, cooperative_id VARCHAR NOT NULL, control VARCHAR NOT NULL,"
    " delivered DECIMAL(38,2), extracted DECIMAL(38,2) NOT NULL, corrected DECIMAL(38,2) NOT NULL,"
    " promoted DECIMAL(38,2) NOT NULL, excluded DECIMAL(38,2) NOT NULL, held DECIMAL(38,2) NOT NULL",
    "rollbacks": "cooperative_id VARCHAR NOT NULL, load_id VARCHAR NOT NULL, batch VARCHAR NOT NULL, kind VARCHAR NOT"
    " NULL, content_sha256 VARCHAR NOT NULL, before_sha256 VARCHAR NOT NULL",
    "rehearsals": "cooperative_id VARCHAR NOT NULL, batch VARCHAR NOT NULL, content_sha256 VARCHAR NOT NULL,"
    " passed BOOLEAN NOT NULL, message VARCHAR NOT NULL",
}
OF_A_LOAD = (
    "load_tables", "amended", "loaded_rows", "loaded_digests", "deltas", "delta_rows", "held", "verdicts", "evidence",
    "loads",
)  # fmt: skip
"""Books with a line of every load, in the order in which a load's lines are removed."""


def columns(book: str) -> list[str]:
    """The columns of a book, in order."""
    return [part.split()[0] for part in BOOKS[book].replace("(38,2)", "").split(", ")]


@dataclass(frozen=True)
class Load:
    """A line of `migration.loads`: what was loaded of one cooperative, and what judged it."""

    cooperative_id: str
    number: int
    load_id: str
    batch: str
    kind: str
    content_sha256: str
    before_sha256: str
    sources_sha256: str
    profile_sha256: str
    suites_sha256: str
    corrections_sha256: str
    verdict: str
    rows: int
    after_sha256: str = ""
    cutoff_on: str = ""

    @property
    def left_sha256(self) -> str:
        """The hash of everything that the platform held of the cooperative when the load was done."""
        return self.after_sha256 or self.content_sha256
