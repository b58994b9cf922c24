"""Books of a few rows whose balances and movements may be of different days: what the tests of the day share.

Keep assertions out of here.
"""

from typing import Any

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
