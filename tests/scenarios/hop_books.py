"""Random books of a few rows for the tests of hops, and what can be done to a row of each table behind the pipeline.

Every table that has control totals has books of its own: that table and those it cannot be without. All cooperatives
with the same books share a profile. Keep assertions out of here.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from small_program import SmallProgram

from koop_pipeline.contracts import TABLES
from koop_pipeline.staging import Staging

FACTS = {"kind": "savings_loan", "form": "primary"}
MEMBERS = """
members:
  from: anggota
  columns:
    {member_no: no, full_name: nama, joined_on: masuk, membership: {value: member}, status: {value: active}}
"""
BLOCKS = {
    "officers": """
officers:
  from: pengurus
  columns: {officer_no: kode, full_name: nama, position: {value: staff}, member_no: no, status: {value: active}}
""",
    "products": """
products:
  from: produk
  columns: {product_code: kode, name: nama, serves: {value: savings}, kind: {value: voluntary},
            nature: {value: liability}}
""",
    "savings_accounts": """
savings_accounts:
  from: tabungan
  columns: {account_no: rek, member_no: no, product_code: produk, opened_on: buka, balance: saldo,
            product_kind: {value: voluntary}, status: {value: open}}
""",
    "savings_transactions": """
savings_transactions:
  from: mutasi
  columns: {entry_no: bukti, account_no: rek, posted_on: tgl, kind: {value: deposit}, amount: jumlah}
""",
    "loans": """
loans:
  from: pinjaman
  columns: {loan_no: pj, member_no: no, product_code: produk, disbursed_on: cair, principal: plafon,
            outstanding_principal: sisa, status: {value: active}}
""",
    "loan_instalments": """
loan_instalments:
  from: jadwal
  columns: {loan_no: pj, instalment_no: ke, due_on: tempo, principal: pokok, interest: jasa}
""",
    "loan_repayments": """
loan_repayments:
  from: angsuran
  columns: {entry_no: bukti, loan_no: pj, paid_on: tgl, principal: pokok, interest: jasa, total: jumlah}
""",
    "collaterals": """
collaterals:
  from: agunan
  columns: {collateral_no: kode, member_no: no, kind: {value: goods}, appraised_value: nilai, status: {value: held}}
""",
    "accounts": """
accounts:
  from: neraca
  columns: {account_code: kode, name: nama, account_type: jenis, is_detail: {value: "true"}, debit: d, credit: k}
""",
}
SOURCE = {
    "members": "anggota", "officers": "pengurus", "products": "produk", "savings_accounts": "tabungan",
    "savings_transactions": "mutasi", "loans": "pinjaman", "loan_instalments": "jadwal", "loan_repayments": "angsuran",
    "collaterals": "agunan", "accounts": "neraca",
}  # fmt: skip
WITH = {
    "cooperatives": (), "members": (), "officers": ("officers",), "products": ("savings_accounts", "products"),
    "savings_accounts": ("savings_accounts",), "savings_transactions": ("savings_accounts", "savings_transactions"),
    "loans": ("loans",), "loan_instalments": ("loans", "loan_instalments"),
    "loan_repayments": ("loans", "loan_repayments"), "collaterals": ("collaterals",), "accounts": ("accounts",),
    "opening_savings_balances": ("savings_accounts", "savings_transactions"),
    "loan_schedules": ("loans", "loan_instalments"), "opening_trial_balance": ("accounts",),
    "loan_positions": ("loans", "loan_instalments"), "repayment_parts": ("loans", "loan_repayments"),
    "savings_positions": ("savings_accounts",), "accrued_interest": ("loans", "loan_instalments"),
    "allowances": ("loans", "loan_instalments"),
}  # fmt: skip
"""Which blocks the books of a table have, beside members."""
ABSENT = ("officers", "savings_accounts", "loans", "collaterals", "accounts")

AMOUNT = {
    "savings_accounts": ("balance",), "savings_transactions": ("amount",), "loans": ("outstanding_principal",),
    "loan_instalments": ("principal",), "loan_repayments": ("total",), "collaterals": ("appraised_value",),
    "accounts": ("debit", "credit"), "opening_savings_balances": ("balance",), "loan_schedules": ("principal",),
    "opening_trial_balance": ("debit", "credit"),
}  # fmt: skip
OWNER = {
    "officers": "member_no", "savings_accounts": "member_no", "savings_transactions": "account_no",
    "loans": "member_no", "loan_instalments": "loan_no", "loan_repayments": "loan_no", "collaterals": "member_no",
    "opening_savings_balances": "member_no", "loan_schedules": "loan_no",
}  # fmt: skip
MONEY = {
    **{name: tuple(column.name for column in table.money) for name, table in TABLES.items()},
    "loan_positions": ("rounding_unit", "outstanding_principal", "outstanding_interest"),
    "repayment_parts": ("principal", "interest", "total"),
    "savings_positions": ("moved",),
    "accrued_interest": ("due", "gross", "tax", "net"),
    "allowances": ("outstanding", "required"),
}
"""Every column that holds rupiah."""
DROPPED, DOUBLED, JOINED = "dropped row", "doubled row", "join that multiplies"
NOTHING, AMOUNTS, OWNERS, CHANGED = "amount cast to nothing", "swapped amounts", "swapped owners", "changed key"
RUPIAH, EMPTIED = "one rupiah more", "emptied amount"


def books(chance: random.Random, blocks: Sequence[str]) -> dict[str, str]:
    """The files of a small cooperative: every account has movements, every amount differs from every other."""
    amounts = iter(chance.sample(range(10_000, 900_000), 120))
    lines: dict[str, list[str]] = {
        "anggota": ["no;nama;masuk"], "pengurus": ["kode;nama;no"], "produk": ["kode;nama"],
        "tabungan": ["rek;no;produk;buka;saldo"], "mutasi": ["bukti;rek;tgl;jumlah"],
        "pinjaman": ["pj;no;produk;cair;plafon;sisa"], "jadwal": ["pj;ke;tempo;pokok;jasa"],
        "angsuran": ["bukti;pj;tgl;pokok;jasa;jumlah"], "agunan": ["kode;no;nilai"], "neraca": ["kode;nama;jenis;d;k"],
    }  # fmt: skip
    for number in range(1, chance.randint(3, 6)):
        member = f"A{number}"
        lines["anggota"].append(f"{member};Anggota {chr(64 + number)};0{number}/02/2020")
        lines["pengurus"].append(f"O{number};Pengurus {chr(64 + number)};{member}")
        lines["agunan"].append(f"C{number};{member};{next(amounts)}")
        for product in ("SUKA", *(["RAYA"] if chance.random() < 0.5 else [])):
            account = f"{product}{number}"
            sums = [next(amounts) for _ in range(chance.randint(1, 3))]
            lines["mutasi"] += [
                f"B{account}-{i};{account};0{i + 1}/0{number}/2026;{each}" for i, each in enumerate(sums)
            ]
            lines["tabungan"].append(f"{account};{member};{product};01/01/2024;{sum(sums)}")
        loan, product = f"P{number}", chance.choice(["UMUM", "MIKRO"])
        parts = [next(amounts) for _ in range(chance.randint(2, 4))]
        paid = 1 if "loan_repayments" in blocks else 0
        lines["pinjaman"].append(f"{loan};{member};{product};05/05/2026;{sum(parts)};{sum(parts[paid:])}")
        lines["jadwal"] += [f"{loan};{i};05/{6 + i:02}/2026;{part};{number}00" for i, part in enumerate(parts, 1)]
        lines["angsuran"].append(f"T{number};{loan};0{number}/06/2026;{parts[0]};{number}00;{parts[0] + number * 100}")
    lines["produk"] += ["SUKA;Simpanan Sukarela", "RAYA;Simpanan Hari Raya"]
    held = [next(amounts) for _ in range(chance.randint(2, 4))]
    lines["neraca"] += [f"1{i};Kas {chr(65 + i)};asset;{each};0" for i, each in enumerate(held)]
    part = next(amounts) % sum(held)
    lines["neraca"] += [f"31;Modal;equity;0;{sum(held) - part}", f"21;Utang;liability;0;{part}"]
    wanted = {SOURCE[block] for block in ("members", *blocks)}
    return {f"{name}.csv": "\n".join(rows) for name, rows in lines.items() if name in wanted}


def add_books(program: SmallProgram, cooperative_id: str, chance: random.Random, table: str) -> None:
    """Add a cooperative with the books of `table` and the profile that all of its kind share."""
    blocks = WITH[table]
    shared = "-".join(blocks) or "anggota"
    absent = {name: "tidak ada" for name in ABSENT if name not in blocks}
    mapping = MEMBERS + "".join(BLOCKS[block] for block in blocks)
    program.add(cooperative_id, mapping, books(chance, blocks), absent=absent, facts=FACTS)
    text = program.files.pop(f"mappings/{cooperative_id}.yaml").replace(
        f"profile: {cooperative_id}", f"profile: {shared}"
    )
    program.files[f"mappings/{shared}.yaml"] = text
    program.cooperatives[-1]["profile"] = shared


@dataclass(frozen=True)
class Fault:
    """One fault of one cooperative."""

    cooperative_id: str
    place: str
    kind: str
    table: str
    column: str = ""

    def put_in(self, staging: Staging, schema: str, chance: random.Random) -> None:
        """Put it into a random row, or two."""
        relation = f"{schema}.{self.table}"
        if schema == "raw":
            relation = staging.value(
                "SELECT relation FROM raw.tables WHERE cooperative_id = ? AND source_table = ?",
                [self.cooperative_id, SOURCE[self.table]],
            )
        own = f"FROM {relation} WHERE cooperative_id = '{self.cooperative_id}'"
        if self.kind == JOINED:
            staging.execute(f"INSERT INTO {relation} SELECT * {own}")
            return
        rows = [row[0] for row in staging.rows(f"SELECT rowid {own} ORDER BY 1")]
        one = chance.choice(rows)
        if self.kind == DROPPED:
            staging.execute(f"DELETE FROM {relation} WHERE rowid = {one}")
        elif self.kind == DOUBLED:
            staging.execute(f"INSERT INTO {relation} SELECT * FROM {relation} WHERE rowid = {one}")
        elif self.kind == NOTHING:
            self._set(staging, relation, one, dict.fromkeys(AMOUNT[self.table]))
        elif self.kind == RUPIAH:
            staging.execute(f"UPDATE {relation} SET {self.column} = coalesce({self.column}, 0) + 1 WHERE rowid = {one}")
        elif self.kind == EMPTIED:
            filled = staging.rows(f"SELECT rowid {own} AND {self.column} IS NOT NULL ORDER BY 1")
            self._set(staging, relation, chance.choice(filled)[0], {self.column: None})
        elif self.kind == CHANGED:
            key = TABLES[self.table].key[-1]
            value = staging.value(f"SELECT {key} FROM {relation} WHERE rowid = {one}")
            self._set(staging, relation, one, {key: f"{value}0" if isinstance(value, int) else f"{value}X"})
        else:
            names = AMOUNT[self.table] if self.kind == AMOUNTS else (OWNER[self.table],)
            self._swap(staging, relation, own, names, chance)

    def _swap(self, staging: Staging, relation: str, own: str, names: tuple[str, ...], chance: random.Random) -> None:
        """Swap columns of two rows that differ in them, and in what they are swapped between."""
        columns = [*AMOUNT.get(self.table, ()), *filter(None, [OWNER.get(self.table)])]
        named = ["rowid", *columns]
        rows = [
            dict(zip(named, row, strict=True)) for row in staging.rows(f"SELECT {', '.join(named)} {own} ORDER BY 1")
        ]
        apart = any if "credit" in columns else all
        pairs = [(one, two) for one in rows for two in rows if apart(one[name] != two[name] for name in columns)]
        one, two = chance.choice(pairs)
        self._set(staging, relation, one["rowid"], {name: two[name] for name in names})
        self._set(staging, relation, two["rowid"], {name: one[name] for name in names})

    def _set(self, staging: Staging, relation: str, row: int, values: dict[str, Any]) -> None:
        changed = ", ".join(f"{name} = ?" for name in values)
        staging.execute(f"UPDATE {relation} SET {changed} WHERE rowid = {row}", list(values.values()))
