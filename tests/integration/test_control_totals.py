"""Control totals for readers: what the file for `koop status --json` and the pages say, by hand on two small books."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_program import Outcome, SmallProgram

from koop_pipeline.gates.control_totals import write_control_totals
from koop_pipeline.gates.pages import remote_references
from koop_pipeline.status.control_totals import collect

WORLD = SmallProgram()
BOOKS = WORLD.add(
    "BUKU",
    """
    members:
      from: anggota
      exclude: {test row: "nama like 'TEST%'"}
      columns: {member_no: no, full_name: nama, nik: nik, phone: telp, status: {value: active}}
    savings_accounts:
      from: tabungan
      columns: {account_no: rek, member_no: no, product_code: produk, balance: saldo, status: {value: open}}
    savings_transactions:
      from: mutasi
      columns: {entry_no: bukti, account_no: rek, posted_on: tgl, kind: {value: deposit}, amount: jumlah}
    """,
    {
        "anggota.csv": """no;nama;nik;telp
            1;Siti Rahasia;3.3E+15;08
            2;Budi Tertutup;5371014101900001;081234567890
            3;TEST;;""",
        "tabungan.csv": """rek;no;produk;saldo
            R1;1;SUKA;1.000.000
            R2;2;SUKA;-250.000
            R3;2;WAJIB;50.000,50""",
        "mutasi.csv": """bukti;rek;tgl;jumlah
            B1;R1;01/06/2026;1.000.000
            B2;R1;01/07/2026;5.000
            B3;R3;01/06/2026;50.000,50""",
    },
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with WORLD.outcome(tmp_path_factory.mktemp("totals")) as outcome:
        yield outcome


def measured(world: Outcome, hop: str, table: str) -> dict[str, tuple[int, int, str, str]]:
    """(rows, filled, positive, negative) by product."""
    hops = collect(world.staging)[BOOKS]["hops"]
    return {
        product: (one["rows"], one["filled"], one["positive"], one["negative"])
        for product, one in hops[hop][table].items()
    }


def test_each_hop_says_rows_amounts_and_both_signs(world: Outcome) -> None:
    assert measured(world, "delivered", "savings_accounts") == {"": (3, 0, "0.00", "0.00")}
    assert measured(world, "extracted", "savings_accounts") == {"": (3, 0, "0.00", "0.00")}
    assert measured(world, "mapped", "savings_accounts") == {"": (3, 3, "1050000.50", "-250000.00")}
    assert measured(world, "cleaned", "savings_accounts") == {
        "SUKA": (2, 2, "1000000.00", "-250000.00"),
        "WAJIB": (1, 1, "50000.50", "0.00"),
    }


def test_a_movement_has_the_product_of_its_account_and_one_after_the_cutoff_stays_behind(world: Outcome) -> None:
    assert measured(world, "cleaned", "savings_transactions") == {
        "SUKA": (2, 2, "1005000.00", "0.00"),
        "WAJIB": (1, 1, "50000.50", "0.00"),
    }
    assert measured(world, "opened", "savings_transactions")["SUKA"] == (1, 1, "1000000.00", "0.00")
    assert collect(world.staging)[BOOKS]["breaks"] == []


def test_a_row_excluded_by_name_is_gone_at_the_hop_that_excludes_it(world: Outcome) -> None:
    rows = {hop: measured(world, hop, "members")[""][0] for hop in ("delivered", "extracted", "mapped", "cleaned")}
    assert rows == {"delivered": 3, "extracted": 3, "mapped": 2, "cleaned": 2}


def test_values_that_a_rule_made_empty_are_counted_by_column(world: Outcome) -> None:
    assert collect(world.staging)[BOOKS]["values_lost"] == [
        {"table": "members", "column": "nik", "rule": "MBR-NIK-03", "cells": 1},
        {"table": "members", "column": "phone", "rule": "MBR-PHN-01", "cells": 1},
    ]


def test_the_page_shows_the_totals_and_no_person(world: Outcome, tmp_path: Path) -> None:
    front = write_control_totals(world.staging.connection, tmp_path, "Program Uji: uji")
    page = (front.parent / "BUKU.html").read_text()
    assert "1.050.000,50" in page
    assert "-250.000,00" in page
    assert not [word for word in ("Rahasia", "Tertutup", "5371014101900001", "6281234567890") if word in page]
    assert remote_references(page) == []
    assert "utuh" in front.read_text()
