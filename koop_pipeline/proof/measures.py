"""What is measured of a table at a hop, per cooperative and product.

rows; filled (rows with an amount); positive and negative (sums of amounts above and below zero, rupiah); keys and
content: sums modulo 2^64 of a hash of the key, and of a hash of (key, owner, product, day, every money column). Counts
and sums alone miss swapped amounts, swapped owners, changed keys and the amounts beside the one that is summed (the
interest of an instalment); the hashes do not. The hash is DuckDB's own, of typed
values, mixed once more so that two rows cannot trade values unseen: ten times as fast as an md5 of text, and the same
within one version (a staging file of another is made anew).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from koop_pipeline.contracts import TABLES, Table
from koop_pipeline.staging import literal, quoted, within

MODULUS = "18446744073709551616::HUGEINT"
MEASURES = ("rows", "filled", "positive", "negative", "keys", "content")
NO_AMOUNT = "NULL::DECIMAL(18,2)"


@dataclass(frozen=True)
class Measured:
    """How one table is measured: SQL over the alias `t`; `parent` lends its product to a movement.

    `amount` is what is summed. What is hashed of a row's money is every money column of the contract, each in the type
    of its column: the hash of a wider decimal is another one below zero.
    """

    table: str
    amount: str = NO_AMOUNT
    owner: str = "NULL"
    day: str = "NULL"
    parent: tuple[str, str] | None = None

    @property
    def product(self) -> str:
        """SQL for the product, null where the table knows none."""
        if self.parent:
            return "o.product_code"
        return "t.product_code" if TABLES[self.table].has("product_code") else "NULL"

    @property
    def hashed(self) -> str:
        """SQL for what the content hash is of."""
        table = TABLES[self.table]
        money = [f"TRY_CAST(t.{quoted(column.name)} AS {column.sql_type})" for column in table.money]
        return ", ".join([key_of(table), self.owner, self.product, self.day, *money])


MEASURED = {
    each.table: each
    for each in (
        Measured("cooperatives", day="t.established_on"),
        Measured("officers", owner="t.member_no", day="t.term_start_on"),
        Measured("members", day="t.joined_on"),
        Measured("products"),
        Measured("savings_accounts", "t.balance", "t.member_no", "t.opened_on"),
        Measured("savings_transactions", "t.amount", "t.account_no", "t.posted_on", ("savings_accounts", "account_no")),
        Measured("loans", "t.outstanding_principal", "t.member_no", "t.disbursed_on"),
        Measured("loan_instalments", "t.principal", "t.loan_no", "t.due_on", ("loans", "loan_no")),
        Measured("loan_repayments", "t.total", "t.loan_no", "t.paid_on", ("loans", "loan_no")),
        Measured("collaterals", "t.appraised_value", "coalesce(t.member_no, t.loan_no)", "t.appraised_on"),
        Measured("accounts", "coalesce(t.debit, 0) - coalesce(t.credit, 0)"),
        Measured("opening_savings_balances", "t.balance", "t.member_no"),
        Measured("loan_schedules", "t.principal", "t.loan_no", "t.due_on", ("loans", "loan_no")),
        Measured("opening_trial_balance", "coalesce(t.debit, 0) - coalesce(t.credit, 0)"),
    )
}


def measure(measured: Measured, hop: str, source: str, *, parents: str, of: Sequence[str], where: str = "true") -> str:
    """A SELECT of the columns of `proof.totals`, one row a cooperative (one of `of`) and product.

    `source` is a relation, or a query in brackets, called `t`; `parents` stands before the names of the
    relations (a schema with its dot) whose accounts and loans lend their product to movements.
    """
    key, joined = key_of(TABLES[measured.table]), ""
    if measured.parent:
        parent, column = measured.parent
        joined = (
            f" LEFT JOIN (SELECT cooperative_id, {column}, min(product_code) AS product_code FROM {parents}{parent}"
            f" WHERE {within(of)} GROUP BY ALL) o ON o.cooperative_id = t.cooperative_id AND o.{column} = t.{column}"
        )
    return (
        f"SELECT t.cooperative_id, {literal(hop)} AS hop, {literal(measured.table)} AS table_name,"
        f" coalesce({measured.product}, '') AS product_code, {_sums(measured.amount)},"
        f" sum(hash(hash({key}))) % {MODULUS} AS keys, sum(hash(hash({measured.hashed}))) % {MODULUS} AS content"
        f" FROM {source} t{joined} WHERE {within(of, 't')} AND {where} GROUP BY ALL"
    )


def measure_text(measured: Measured, hop: str, source: str, amount: str, where: str) -> str:
    """The same of mapped text, before there are canonical values to hash; `amount` reads the text. One product: ''."""
    return (
        f"SELECT t.cooperative_id, {literal(hop)} AS hop, {literal(measured.table)} AS table_name, '' AS product_code,"
        f" {_sums('t.amount')}, 0::HUGEINT AS keys, 0::HUGEINT AS content FROM"
        f" (SELECT t.cooperative_id, {amount} AS amount FROM {source} t WHERE {where}) t GROUP BY ALL"
    )


def key_of(table: Table) -> str:
    """SQL for the key within a cooperative."""
    return ", ".join(f"t.{quoted(name)}" for name in table.key) or "t.cooperative_id"


def _sums(amount: str) -> str:
    return (
        f"count(*) AS rows, count({amount}) AS filled,"
        f" coalesce(sum({amount}) FILTER ({amount} > 0), 0)::DECIMAL(38,2) AS positive,"
        f" coalesce(sum({amount}) FILTER ({amount} < 0), 0)::DECIMAL(38,2) AS negative"
    )
