"""Lists of money that an auditor reads beside the control totals: what each opening position is made of.

No person is named: accounts of the ledger, products, classes and statuses only. Each list is one query with a title in
Indonesian and English; put a new list here, its meaning into the view or table it reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from koop_pipeline.identifiers.rupiah import grouped


@dataclass(frozen=True)
class MoneyList:
    """A list: titles, headings (Indonesian, English) and the query, with `cooperative_id` first."""

    title: tuple[str, str]
    headings: tuple[tuple[str, str], ...]
    sql: str


BROUGHT = (
    "select {columns}, p.as_of::varchar, count(*), count(*) filter (p.moved <> 0), sum({amount}), sum(p.moved),"
    " sum({amount} + p.moved) from {source} join raw.cooperatives c on c.cooperative_id = t.cooperative_id"
    " where (p.as_of <> c.cutoff_on or p.moved <> 0) and {amount} is not null group by all"
)
LISTS = (
    MoneyList(
        ("Saldo per tanggal lain, dibawa ke tanggal pisah batas", "Balances of other days, brought to the cut-off"),
        (
            ("tabel", "table"), ("produk", "product"), ("per tanggal", "of the day"), ("jumlah", "count"),
            ("berubah", "changed"), ("diserahkan", "delivered"), ("mutasi", "movements"), ("dibuka", "opens"),
        ),
        BROUGHT.format(
            columns="t.cooperative_id, 'savings_accounts', t.product_code", amount="t.balance",
            source="cleaned.savings_accounts t join opening.savings_positions p on"
            " p.cooperative_id = t.cooperative_id and p._row = t._row",
        )
        + " union all "
        + BROUGHT.format(
            columns="t.cooperative_id, 'loans', t.product_code", amount="t.outstanding_principal",
            source="cleaned.loans t join opening.loan_positions p on"
            " p.cooperative_id = t.cooperative_id and p.loan_no = t.loan_no",
        )
        + " order by all",
    ),
    MoneyList(
        ("Simpanan menurut produk: saldo dan riwayat mutasi", "Savings by product: balance and history"),
        (
            ("produk", "product"), ("rekening", "accounts"), ("saldo", "balance"), ("menurut riwayat", "by history"),
            ("selisih", "difference"), ("rekening berselisih", "accounts that differ"),
        ),
        "select cooperative_id, product_code, accounts, balance, history_total, difference, differing"
        " from opening.savings_by_product order by all",
    ),
    MoneyList(
        ("Anggota keluar atau meninggal yang masih bersaldo", "Members who left or died, with balances"),
        (
            ("status", "status"), ("anggota", "members"), ("rekening", "accounts"), ("simpanan", "savings"),
            ("pinjaman", "loans"), ("sisa pokok", "outstanding"),
        ),
        "select cooperative_id, status, members, savings_accounts, savings, loans, outstanding"
        " from opening.left_with_balances order by all",
    ),
    MoneyList(
        ("Pinjaman menurut status", "Loans by status"),
        (("status", "status"), ("pinjaman", "loans"), ("plafon", "principal"), ("sisa pokok", "outstanding"),
         ("menurut angsuran", "derived"), ("selisih", "difference")),
        "select t.cooperative_id, coalesce(p.status, t.status), count(*), sum(t.principal),"
        " sum(coalesce(p.outstanding_principal, t.outstanding_principal)), sum(p.derived_outstanding_principal),"
        " sum(p.outstanding_principal - p.derived_outstanding_principal) from cleaned.loans t"
        " left join opening.loan_positions p using (cooperative_id, loan_no) group by all order by all",
    ),
    MoneyList(
        ("Jadwal yang diterima: dijelaskan oleh apa", "Delivered schedules: what explains them"),
        (("cara bunga", "method"), ("dasar suku bunga", "rate base"), ("pembulatan", "rounding"),
         ("tepat sampai rupiah", "to the rupiah"), ("pinjaman", "loans"), ("selisih terbesar", "largest deviation")),
        "select cooperative_id, method, rate_basis, concat_ws(' ', rounding_mode, 'Rp ' || rounding_unit, absorbs,"
        " rounds), case when exact then 'ya/yes' else 'tidak/no' end, count(*), max(largest_deviation)"
        " from opening.schedule_explanations group by all order by all",
    ),
    MoneyList(
        ("Suku bunga tersimpan dibandingkan dengan bunga tersimpan", "Stored rates against stored interest"),
        (("klaim sumber", "claim of the source"), ("cara bunga", "methods"), ("dasar suku bunga", "rate bases"),
         ("pinjaman", "loans"), ("plafon", "principal")),
        "select cooperative_id, claim, methods, bases, count(*), sum(t.principal) from opening.rate_findings"
        " join (select distinct on (cooperative_id, loan_no) * from cleaned.loans) t using (cooperative_id, loan_no)"
        " where methods is not null or claim = 'disagrees' group by all order by all",
    ),
    MoneyList(
        ("Angsuran tanpa pinjaman", "Repayments that no loan claims"),
        (("angsuran", "repayments"), ("jumlah", "total"), ("pertama", "first"), ("terakhir", "last")),
        "select t.cooperative_id, count(*), sum(coalesce(t.total, p.total)), min(t.paid_on), max(t.paid_on)"
        " from cleaned.loan_repayments t left join opening.repayment_parts p using (cooperative_id, _row)"
        " anti join cleaned.loans l on l.cooperative_id = t.cooperative_id and l.loan_no = t.loan_no"
        " group by all order by all",
    ),
    MoneyList(
        ("Bunga berjalan sampai tanggal pisah batas", "Interest accrued up to the cut-off"),
        (("jenis", "kind"), ("produk", "product"), ("jumlah", "count"), ("sudah jatuh tempo", "already due"),
         ("bruto", "gross"), ("pajak", "tax"), ("neto", "net"), ("tidak diketahui", "not known")),
        "select cooperative_id, table_name, product_code, count(*), sum(due), sum(gross), sum(tax), sum(net),"
        " count(unknown) from opening.accrued_interest group by all order by all",
    ),
    MoneyList(
        ("Cadangan kerugian pinjaman", "Allowance for loan losses"),
        (("kolektibilitas", "class"), ("pinjaman", "loans"), ("sisa pokok", "outstanding"), ("persen", "percent"),
         ("cadangan", "required")),
        "select cooperative_id, class, loans, outstanding, percent, required from opening.allowances order by all",
    ),
    MoneyList(
        ("Ayat ke akun selisih", "Postings to the suspense account"),
        (("akun", "account"), ("nama", "name"), ("lawan", "against"), ("jumlah", "amount"), ("aturan", "rule"),
         ("alasan", "reason")),
        "select cooperative_id, account_code, name, against_code, amount, rule, reason from opening.suspense"
        " order by all",
    ),
    MoneyList(
        (
            "Tidak dibuktikan: akun rincian tanpa buku pembantu yang dipindahkan",
            "Not proved: detail accounts whose subledger nobody migrates",
        ),
        (("akun", "account"), ("nama", "name"), ("debit", "debit"), ("kredit", "credit"), ("alasan", "reason")),
        "select cooperative_id, account_code, name, debit, credit, reason from opening.not_proved"
        " order by cooperative_id, greatest(debit, credit) desc, account_code",
    ),
    MoneyList(
        ("Nilai yang hilang: isian yang dikosongkan oleh aturan", "Values lost: cells made empty by a rule"),
        (("tabel", "table"), ("kolom", "column"), ("aturan", "rule"), ("isian", "cells")),
        "select cooperative_id, table_name, column_name, rule, cells from proof.values_lost order by all",
    ),
)  # fmt: skip


def read_lists(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[MoneyList, list[tuple[str, ...]]]]]:
    """By cooperative the lists that have lines, each cell as it is shown."""
    found: dict[str, list[tuple[MoneyList, list[tuple[str, ...]]]]] = {}
    for each in LISTS:
        lines: dict[str, list[tuple[str, ...]]] = {}
        for cooperative, *cells in connection.execute(each.sql).fetchall():
            lines.setdefault(cooperative, []).append(shown(cells))
        for cooperative, rows in lines.items():
            found.setdefault(cooperative, []).append((each, rows))
    return found


def shown(cells: Sequence[Any]) -> tuple[str, ...]:
    """Cells as an Indonesian reads them: amounts with a comma, counts with dots, nothing where nothing is known."""
    return tuple(
        "–"
        if cell is None or cell == ""
        else grouped(cell)
        if isinstance(cell, Decimal)
        else f"{cell:,}".replace(",", ".")
        if isinstance(cell, int)
        else str(cell)
        for cell in cells
    )
