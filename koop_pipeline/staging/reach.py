"""To which day the movements of a branch are known: that of the source part that delivered them.

Put here the SQL of `opening.reaches`, and how a balance finds its reach. A branch whose movements come from several
blocks knows them to the earliest of their days, and one without a single movement knows none.
"""

MOVEMENTS = {"savings_accounts": "savings_transactions", "loans": "loan_repayments"}
"""Tables with balances, and the table of the movements that change them."""

REACHES = (
    "CREATE OR REPLACE VIEW opening.reaches AS SELECT cooperative_id, table_name, branch, min(reach) AS reach FROM"
    " (SELECT b.cooperative_id, b.table_name, b.branch, b.block, b.kept, max(r.as_of) AS reach FROM"
    " (SELECT cooperative_id, table_name, branch, block, kept, unnest(source_tables) AS source_table FROM mapped.blocks"
    f" WHERE table_name IN {tuple(MOVEMENTS.values())}) b JOIN raw.tables r ON r.cooperative_id = b.cooperative_id"
    " AND r.source_table = b.source_table AND r.branch IS NOT DISTINCT FROM b.branch GROUP BY ALL)"
    " GROUP BY ALL HAVING sum(kept) > 0"
)


def reach_of(table: str) -> str:
    """SQL for the reach of a row `t` of a table with balances; one that names no branch has the least of all."""
    return (
        f"(SELECT min(r.reach) FROM opening.reaches r WHERE r.table_name = '{MOVEMENTS[table]}' AND r.cooperative_id ="
        " t.cooperative_id AND (t.branch IS NULL OR r.branch = t.branch))"
    )
