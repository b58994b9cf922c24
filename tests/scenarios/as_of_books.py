"""Books of a few rows whose balances and movements may be of different days: what the tests of the day share.

Keep assertions out of here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from small_program import BATCH, SmallProgram
from world import migrate

from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.staging import Staging
from koop_pipeline.status.snapshot import Row

BOOK = """
    members:
      from: anggota
      columns: {member_no: no, full_name: nama, membership: {value: member}, status: {value: active}}
    savings_accounts:
      from: tabungan
      columns: {account_no: rek, member_no: {value: A1}, product_code: {value: SUKA}, product_kind: {value: voluntary},
        balance: saldo, opened_on: buka, annual_rate: {value: "7.3"}, interest_accrued_to: {value: "2026-06-20"},
        status: {from: keadaan, values: {B: open, T: closed}}}
    savings_transactions:
      from: mutasi
      columns: {account_no: rek, posted_on: tgl, amount: jumlah,
        kind: "case when rupiah(jumlah) < 0 then 'withdrawal' else 'deposit' end"}
    loans:
      from: pinjaman
      columns: {loan_no: pj, member_no: {value: A1}, product_code: {value: UMUM}, principal: plafon,
        disbursed_on: cair, outstanding_principal: sisa, status: {from: keadaan, values: {J: active, L: settled}}}
    loan_repayments:
      from: angsuran
      columns: {loan_no: pj, paid_on: tgl, principal: pokok, interest: jasa, total: jumlah}
"""
MEMBERS = "no;nama\nA1;Sari Contoh"
ACCOUNTS, MOVES = "rek;saldo;buka;keadaan\n", "rek;tgl;jumlah\n"
LOANS, PAID = "pj;plafon;cair;sisa;keadaan\n", "pj;tgl;pokok;jasa;jumlah\n"
SAID: dict[str, Any] = {
    "facts": {"kind": "savings_loan", "form": "primary", "savings_loan_unit": "ksp"},
    "absent": dict.fromkeys(("officers", "collaterals", "accounts"), "uji"),
}
MAY, JUNE, JULY = (("mei", "2026-05-31"), ("juni", "2026-06-30"), ("juli", "2026-07-31"))


def parts(*days: tuple[str, str], branch: str | None = None) -> list[dict[str, str]]:
    own = {"branch": branch} if branch else {}
    return [{"path": f"{branch or ''}{path}", "as_of": day, **own} for path, day in days]


def book(
    accounts: str = "", moves: str = "", loans: str = "", paid: str = "", at: str = "", moved: str = ""
) -> dict[str, str]:
    """The five files of a small cooperative: balances in the folder `at`, movements in `moved`.

    In each an account R9 of 1 rupiah and a loan P9 that owes 9 of 10, on which nothing happens.
    """
    return {
        f"{at}anggota.csv": MEMBERS,
        f"{at}tabungan.csv": f"{ACCOUNTS}R9;1;01/01/2020;B\n{accounts}",
        f"{moved}mutasi.csv": f"{MOVES}R9;01/01/2020;1\n{moves}",
        f"{at}pinjaman.csv": f"{LOANS}P9;10;01/01/2020;9;J\n{loans}",
        f"{moved}angsuran.csv": f"{PAID}P9;01/02/2020;1;0;1\n{paid}",
    }


@dataclass(frozen=True)
class World:
    """What the whole way left behind."""

    staging: Staging
    status: dict[str, Row]
    target: Path

    def state(self, one: str) -> tuple[str, str]:
        """State and verdict."""
        return str(self.status[one]["state"]), str(self.status[one]["verdict"])

    def rules(self, one: str) -> dict[str, int]:
        """Findings by rule, of those that concern days, histories and hops."""
        watched = ("CUT", "SAV-HIS", "SAV-CLS", "LON-OUT", "COP-HOP", "COP-ROWS", "RPY-REF", "INS-REF", "LON-STA")
        found = [each for each in self.status[one]["rules"] if each["rule"].startswith(watched)]
        return {f"{each['table']} {each['rule']}": each["failed"] for each in found}

    def promoted(self, one: str, table: str, columns: str) -> list[tuple[Any, ...]]:
        """Rows of the target, by key."""
        with duckdb.connect(self.target, read_only=True) as target:
            sql = f"SELECT {columns} FROM platform.{table} WHERE cooperative_id = ? ORDER BY 1"
            return target.execute(sql, [one]).fetchall()

    def savings(self, one: str) -> list[tuple[Any, ...]]:
        """Number, balance and status of the accounts in the target."""
        rows = self.promoted(one, "savings_accounts", "account_no, balance, status")
        return [(number, int(balance), status) for number, balance, status in rows if "R9" not in number]

    def loans(self, one: str) -> list[tuple[Any, ...]]:
        """Number, outstanding principal and status of the loans in the target."""
        rows = self.promoted(one, "loans", "loan_no, outstanding_principal, status")
        return [(number, int(owed), status) for number, owed, status in rows if "P9" not in number]

    def notes(self, one: str, rule: str) -> list[str]:
        """What is said of the findings of one rule."""
        sql = "SELECT note FROM opening.failures WHERE cooperative_id = ? AND rule = ? ORDER BY 1"
        return [row[0] for row in self.staging.rows(sql, [one, rule])]


@contextmanager
def migrated(program: SmallProgram, root: Path) -> Iterator[World]:
    """Write the folder, run the whole way, and keep staging open for the tests."""
    program.write(root)
    status = migrate(root, BATCH)
    folder = ProgramFolder(root)
    with Staging.open(folder.staging_path(BATCH)) as staging:
        yield World(staging, status, folder.home / "target" / "target.duckdb")
