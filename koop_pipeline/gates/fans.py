"""What the SQL of a profile makes of one leading row beyond the first: rows, and how much money they hold.

A join that multiplies gives the same money twice; a row that holds several kinds of savings gives each once. Which of
them it is only the profile can say (`multiplies:`), so here is counted, and the rules MAP-FAN-01 and MAP-FAN-02 judge.
"""

from koop_pipeline.gates.checked import SCOPE
from koop_pipeline.staging import Staging, literal

AMOUNTS = {
    "savings_accounts": "t.balance",
    "savings_transactions": "t.amount",
    "loans": "coalesce(t.outstanding_principal, t.principal)",
    "loan_instalments": "coalesce(t.total, coalesce(t.principal, 0) + coalesce(t.interest, 0))",
    "loan_repayments": "coalesce(t.total, coalesce(t.principal, 0) + coalesce(t.interest, 0))",
    "collaterals": "t.appraised_value",
    "accounts": "coalesce(t.debit, 0) + coalesce(t.credit, 0)",
}
"""By table with money, SQL for what a row of `cleaned.<table>` (`t`) holds."""


def book_fans(staging: Staging) -> None:
    """Fill `gate.fans` for the cooperatives in `gate.scope`: a row a block that gives more rows than it reads.

    amount: rupiah, summed without sign, of the rows beyond the first of each leading row. Rows that a correction took
    out are not counted.
    """
    staging.execute(f"DELETE FROM gate.fans WHERE {SCOPE}")
    for table, amount in AMOUNTS.items():
        fanning = (
            "SELECT cooperative_id, block, any_value(multiplies) AS multiplies FROM mapped.blocks"
            f" WHERE table_name = {literal(table)} AND {SCOPE} GROUP BY ALL HAVING bool_or(rows > kept)"
        )
        staging.execute(
            f"INSERT INTO gate.fans SELECT cooperative_id, {literal(table)}, block, count(*),"
            " coalesce(sum(abs(amount)), 0), any_value(multiplies) FROM (SELECT b.*, m._row_id,"
            f" {amount} AS amount, row_number() OVER (PARTITION BY m.cooperative_id, m._block, m._row_id"
            f" ORDER BY m._row) AS place FROM mapped.{table} m JOIN ({fanning}) b ON b.cooperative_id ="
            f" m.cooperative_id AND b.block = m._block JOIN cleaned.{table} t ON t.cooperative_id = m.cooperative_id"
            " AND t._row = m._row) WHERE place > 1 GROUP BY ALL"
        )
