"""Corrections between map and clean: what each action does, what is refused, and that rows and money still add up."""

from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import pytest
from small_program import Outcome, SmallProgram

WORLD = SmallProgram()
SIGNED = "reason: buku induk dilihat, who: Sekretaris, on: {on}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with WORLD.outcome(tmp_path_factory.mktemp("corrections")) as outcome:
        yield outcome


MAPPING = """
members:
  from: anggota
  columns:
    member_no: no
    full_name: nama
    nik: nik
    birth_date: lahir
    gender: {from: jk, values: {L: male, P: female}}
    status: {value: active}
    membership: {value: member}
savings_accounts:
  from: tabungan
  columns:
    account_no: rek
    member_no: no
    product_code: produk
    product_kind: {value: voluntary}
    balance: saldo
    status: {value: open}
savings_transactions:
  from: mutasi
  columns: {account_no: rek, posted_on: tgl, kind: {value: deposit}, amount: rupiah(jumlah)}
"""
FILES = {
    "anggota.csv": """no;nama;nik;lahir;jk
        A1;Siti Aminah;3.3E+15;01/02/1980;P
        A2;Budi Santoso;5371010304850002;31/02/1985;X
        A3;Uji Coba;;;
        A4;Maria Bere;5371014506900003;05/06/1990;P""",
    "tabungan.csv": """rek;no;produk;saldo
        R1;A1;SUKARELA;1.000.000
        R2;A2;SUKARELA;250.000
        R2;A4;SUKARELA;400.000""",
    "mutasi.csv": """rek;tgl;jumlah
        R1;01/03/2026;1.000.000
        R9;02/03/2026;250.000
        R2;03/03/2026;empat ratus ribu""",
}


def corrected(cooperative_id: str, items: str, on: str = "2026-07-10", **batch_keys: Any) -> str:
    """A cooperative of the small system above with one file of corrections.

    `items` are YAML flow maps, one a line; a backslash joins two lines.
    """
    signed = SIGNED.format(on=on)
    lines = [f"  - {{{line.strip()}, {signed}}}" for line in dedent(items).replace("\\\n", " ").strip().splitlines()]
    text = "\n".join([f"cooperative: {cooperative_id}", "corrections:", *lines]) + "\n"
    WORLD.files[f"corrections/{cooperative_id}/perbaikan.yaml"] = text
    return WORLD.add(cooperative_id, MAPPING, FILES, **batch_keys)


def outcomes(world: Outcome, cooperative_id: str) -> list[tuple[str, str]]:
    """(outcome, message) of each correction, in order."""
    sql = "SELECT outcome, message FROM mapped.corrections WHERE cooperative_id = ? ORDER BY number"
    return [(row[0], row[1]) for row in world.rows(sql, [cooperative_id])]


def booked(world: Outcome, cooperative_id: str, table: str) -> tuple[int, ...]:
    """(extracted, added, merged, excluded, kept) rows."""
    sql = "SELECT extracted, added, merged, excluded, kept FROM gate.row_counts WHERE cooperative_id = ?"
    return world.rows(f"{sql} AND table_name = ?", [cooperative_id, table])[0]


def money(world: Outcome, cooperative_id: str, control: str) -> tuple[str, ...]:
    """(extracted, corrected, kept, excluded) rupiah."""
    sql = "SELECT COLUMNS(*)::VARCHAR FROM (SELECT extracted, corrected, kept, excluded FROM gate.money"
    return world.rows(f"{sql} WHERE cooperative_id = ? AND control = ?)", [cooperative_id, control])[0]


SET = corrected(
    "SET",
    """
    action: set, table: members, key: A1, column: nik, expected: 3.3E+15, value: "5371014102800001"
    action: set, table: members, key: A2, column: birth_date, expected: 31/02/1985, value: 1985-04-03
    action: set, table: members, key: A2, column: gender, expected: X, value: male
    action: set, table: savings_accounts, key: R1, column: balance, expected: 1.000.000, value: "1000500.50"
    """,
)


def test_a_cell_gets_its_new_value_and_its_rule_is_no_longer_broken(world: Outcome) -> None:
    assert outcomes(world, SET) == [("applied", "")] * 4
    assert world.table("cleaned.members", SET, "nik, birth_date, gender")[:2] == [
        ("5371014102800001", "1980-02-01", "female"),
        ("5371010304850002", "1985-04-03", "male"),
    ]
    assert [row for row in world.failures("cleaned", SET) if row[0] == "members"] == []


def test_what_was_delivered_stays_beside_what_it_became(world: Outcome) -> None:
    assert world.table("mapped.members", SET, "nik")[0] == ("3.3E+15",)
    assert world.rows(
        "SELECT column_name, before, after, rule FROM cleaned.changes WHERE cooperative_id = ?"
        " AND table_name = 'members' AND row IN (1, 2) AND column_name IN ('nik', 'gender') ORDER BY ALL",
        [SET],
    ) == [
        ("gender", "P", "female", "CLN-ENUM"),
        ("gender", "X", "male", "COR-SET"),
        ("nik", "3.3E+15", "5371014102800001", "COR-SET"),
    ]


def test_corrected_money_is_booked_beside_what_was_extracted(world: Outcome) -> None:
    assert money(world, SET, "savings") == ("1650000.00", "500.50", "1650500.50", "0.00")
    assert money(world, SET, "savings:SUKARELA") == ("1650000.00", "500.50", "1650500.50", "0.00")


ROWS = corrected(
    "ROWS",
    """
    action: exclude, table: members, key: A3, column: full_name, expected: Uji Coba
    action: add, table: members, values: {member_no: A5, full_name: Yosef Tefa, status: active, membership: member}
    action: set, table: savings_accounts, key: R2, at: {file: tabungan.csv, row: 4}, \\
    column: account_no, expected: R2, value: R3
    action: add, table: savings_accounts, values: {account_no: R5, member_no: A5, \\
    product_code: SUKARELA, product_kind: voluntary, balance: 75000, status: open}
    action: allocate, table: savings_transactions, at: {file: mutasi.csv, row: 3}, expected: R9, value: R2
    action: set, table: savings_transactions, at: {file: mutasi.csv, row: 4}, column: amount, \\
    expected: null, value: "400000"
    """,
)


def test_rows_go_come_and_move_and_are_counted(world: Outcome) -> None:
    assert outcomes(world, ROWS) == [("applied", "")] * 6
    assert world.table("cleaned.members", ROWS, "member_no") == [("A1",), ("A2",), ("A4",), ("A5",)]
    assert booked(world, ROWS, "members") == (4, 1, 0, 1, 4)
    assert world.table("cleaned.savings_accounts", ROWS, "account_no, member_no, balance") == [
        ("R1", "A1", "1000000.00"),
        ("R2", "A2", "250000.00"),
        ("R3", "A4", "400000.00"),
        ("R5", "A5", "75000.00"),
    ]
    assert money(world, ROWS, "savings") == ("1650000.00", "75000.00", "1725000.00", "0.00")
    assert [row[0] for row in world.table("cleaned.savings_transactions", ROWS, "account_no")] == ["R1", "R2", "R2"]
    assert money(world, ROWS, "savings_transactions") == ("1250000.00", "400000.00", "1650000.00", "0.00")


def test_an_excluded_row_keeps_its_reason_and_an_added_one_its_origin(world: Outcome) -> None:
    assert world.rows("SELECT key, rule, reason FROM cleaned.exclusions WHERE cooperative_id = ?", [ROWS]) == [
        ("A3", "COR-EXCLUDE-01", "taken out by a correction")
    ]
    origin = world.rows(
        "SELECT _source_file FROM cleaned.members WHERE cooperative_id = ? AND member_no = 'A5'", [ROWS]
    )
    assert origin == [("correction: corrections/ROWS/perbaikan.yaml, line 4",)]


def test_a_row_whose_expression_failed_is_found_no_more(world: Outcome) -> None:
    failed = "SELECT count(*) FROM {}.failures WHERE cooperative_id = ? AND rule = 'MAP-EXPR-01'"
    assert world.rows(failed.format("mapped"), [ROWS]) == [(1,)]
    from koop_pipeline.gates.checked import make_views

    make_views(world.staging)
    assert world.rows(failed.format("checked"), [ROWS]) == [(0,)]
    assert world.rows(failed.format("checked"), [SET]) == [(1,)]


MERGE = corrected("MERGE", "action: merge, table: members, key: A2, into: A1")


def test_an_officer_says_two_are_one_person_and_their_savings_follow(world: Outcome) -> None:
    assert outcomes(world, MERGE) == [("applied", "")]
    assert world.table("cleaned.members", MERGE, "member_no") == [("A1",), ("A3",), ("A4",)]
    assert booked(world, MERGE, "members") == (4, 0, 1, 0, 3)
    assert world.table("cleaned.savings_accounts", MERGE, "account_no, member_no") == [
        ("R1", "A1"),
        ("R2", "A1"),
        ("R2", "A4"),
    ]
    assert money(world, MERGE, "savings") == ("1650000.00", "0.00", "1650000.00", "0.00")
    merged = "SELECT member_no, into_member_no, rule FROM cleaned.merges WHERE cooperative_id = ?"
    assert world.rows(merged, [MERGE]) == [("A2", "A1", "COR-MERGE-01")]


@pytest.mark.parametrize("cooperative_id", ["SET", "ROWS", "MERGE", "CHAIN", "BRANCHES"])
def test_every_control_total_is_explained(world: Outcome, cooperative_id: str) -> None:
    assert world.rows("SELECT * FROM proof.breaks WHERE cooperative_id = ?", [cooperative_id]) == []


WRONG = corrected(
    "WRONG",
    """
    action: set, table: members, key: A9, column: nik, expected: null, value: "5371014102800001"
    action: set, table: members, key: A1, column: nik, expected: "123", value: "5371014102800001"
    action: exclude, table: savings_accounts, key: R2
    action: allocate, table: savings_transactions, at: {file: mutasi.csv, row: 3}, expected: R9, value: R77
    action: add, table: members, values: {member_no: A4, full_name: Orang Lain}
    action: merge, table: members, key: A2, into: A8
    action: exclude, table: members, key: A3, column: full_name, expected: Uji Cuba
    """,
)


def test_one_that_fits_nothing_is_an_error_that_blocks(world: Outcome) -> None:
    assert outcomes(world, WRONG) == [
        ("error", "no row of members in the delivery fits it"),
        ("error", "nik of this row does not hold the expected old value; look at it again"),
        ("error", "2 rows of savings_accounts have this key; say in 'at' which one"),
        ("error", "the account_no to which it is moved is not in the delivery"),
        ("error", "members has a row of this key that says something else"),
        ("error", "no rows of members have the key of the one that stays"),
        ("error", "full_name of this row does not hold the expected value; look at it again"),
    ]
    notes = world.notes(WRONG, "COR-MATCH-01")
    assert len(notes) == 7
    assert notes[0] == ("corrections/WRONG/perbaikan.yaml, line 3 (set): no row of members in the delivery fits it")
    assert world.table("cleaned.members", WRONG, "member_no") == [("A1",), ("A2",), ("A3",), ("A4",)]


DONE = corrected(
    "DONE",
    """
    action: set, table: members, key: A4, column: birth_date, expected: 05/06/1909, value: 1990-06-05
    action: set, table: members, key: A4, column: gender, expected: L, value: female
    action: exclude, table: members, key: A7
    action: add, table: savings_accounts, values: {account_no: R1, member_no: A1, balance: "1000000"}
    """,
    on="2026-06-20",
    exported_on="2026-07-02",
)


def test_one_that_a_newer_delivery_fulfils_says_so(world: Outcome) -> None:
    assert outcomes(world, DONE) == [
        ("fulfilled", "the delivery holds the new value already"),
        ("fulfilled", "the delivery holds the new value already"),
        ("fulfilled", "the newer delivery does not have this row any more"),
        ("fulfilled", "the delivery has this row already"),
    ]
    assert world.notes(DONE, "COR-MATCH-01") == []


TWICE = corrected(
    "TWICE",
    """
    action: add, table: members, values: {member_no: A5, full_name: Yosef Tefa, status: active}
    action: add, table: members, values: {member_no: A5, full_name: Yosef Tefa, status: active}
    action: add, table: members, values: {member_no: A5, full_name: Orang Lain, status: active}
    action: add, table: savings_transactions, values: {account_no: R1, posted_on: 2026-04-01, kind: deposit, \\
    amount: "5000"}
    action: add, table: savings_transactions, values: {account_no: R1, posted_on: 2026-04-01, kind: deposit, \\
    amount: "5000"}
    """,
)


def test_the_same_row_is_added_once(world: Outcome) -> None:
    file = "corrections/TWICE/perbaikan.yaml"
    assert outcomes(world, TWICE) == [
        ("applied", ""),
        ("fulfilled", f"{file}, line 3 adds the same row"),
        ("error", f"{file}, line 3 adds another row of this key"),
        ("applied", ""),
        ("fulfilled", f"{file}, line 6 adds the same row"),
    ]
    assert booked(world, TWICE, "members")[1] == 1
    assert money(world, TWICE, "savings_transactions")[1] == "5000.00"


KNOTS = corrected(
    "KNOTS",
    """
    action: merge, table: members, key: A1, into: A2
    action: merge, table: members, key: A2, into: A1
    action: merge, table: members, key: A3, into: A1
    action: merge, table: members, key: A3, into: A2
    """,
)
WORLD.files["corrections/KNOTS/orang.yaml"] = (
    "cooperative: KNOTS\ncorrections: []\ndifferent_people:\n"
    f"  - {{members: [A1, A99], {SIGNED.format(on='2026-07-10')}}}\n"
)


def test_merges_that_contradict_each_other_are_errors(world: Outcome) -> None:
    circle = "the members are merged into each other in a circle"
    file = "corrections/KNOTS/perbaikan.yaml"
    assert outcomes(world, KNOTS) == [
        ("error", circle),
        ("error", circle),
        ("error", circle),
        ("error", f"{file}, line 5 merges this member into another one"),
    ]
    assert "different people A1 and A99: one of them is no member of the delivery" in world.notes(KNOTS, "COR-MATCH-01")


CHAIN = corrected(
    "CHAIN",
    """
    action: set, table: members, key: A1, column: nik, expected: 3.3E+15, value: "5371014102800001"
    action: set, table: members, key: A1, column: nik, expected: "5371014102800001", value: "5371014102800009"
    action: set, table: members, key: A2, column: gender, expected: X, value: male
    action: set, table: members, key: A2, column: gender, expected: X, value: male
    action: set, table: members, key: A2, column: gender, expected: X, value: female
    """,
)


def test_a_later_correction_builds_on_an_earlier_one_and_two_may_not_disagree(world: Outcome) -> None:
    file = "corrections/CHAIN/perbaikan.yaml"
    assert outcomes(world, CHAIN) == [
        ("superseded", f"{file}, line 4 says it anew"),
        ("applied", ""),
        ("applied", ""),
        ("fulfilled", f"{file}, line 5 says the same"),
        ("error", f"{file}, line 5 says something else about gender of this row"),
    ]
    assert world.table("cleaned.members", CHAIN, "nik")[0] == ("5371014102800009",)


def test_a_wrong_new_value_is_a_failure_like_a_wrong_delivery(world: Outcome) -> None:
    assert outcomes(world, BAD) == [("applied", "")]
    assert ("members", 2, "nik", "MBR-NIK-02", "123456789") in world.failures("cleaned", BAD)


BAD = corrected("BAD", 'action: set, table: members, key: A1, column: nik, expected: 3.3E+15, value: "123456789"')

STRANGER = corrected("STRANGER", "action: exclude, table: members, key: A3")
WORLD.files["corrections/STRANGER/perbaikan.yaml"] = "cooperative: SET\ncorrections: []\n"
FORGOTTEN = corrected("FORGOTTEN", "action: set, table: members, key: A1, column: nik, value: x")


@pytest.mark.parametrize(
    ("cooperative_id", "sentence"),
    [
        (
            STRANGER,
            "STRANGER: corrections/STRANGER/perbaikan.yaml, line 1: these corrections are of 'SET', but lie in the"
            " folder of 'STRANGER'",
        ),
        (
            FORGOTTEN,
            "FORGOTTEN: corrections/FORGOTTEN/perbaikan.yaml, line 3: set: the key 'expected' is missing"
            " (null for empty)",
        ),
    ],
)
def test_a_wrong_file_stops_its_own_cooperative_with_file_and_line(
    world: Outcome, cooperative_id: str, sentence: str
) -> None:
    assert world.halt(cooperative_id) == sentence
    assert world.halt(SET) == ""


BRANCHES = WORLD.add(
    "BRANCHES",
    """
    members:
      from: anggota
      columns: {member_no: no, full_name: nama, status: {value: active}}
    savings_accounts:
      from: tabungan
      columns: {account_no: rek, member_no: no, product_code: {value: S}, balance: saldo}
    """,
    {
        f"{branch}/{name}.csv": text
        for branch in ("pusat", "cabang")
        for name, text in {"anggota": "no;nama\n1;Ana\n2;Bea\n", "tabungan": "rek;no;saldo\nR1;1;1000\n"}.items()
    },
    source=[{"path": "pusat", "branch": "PST"}, {"path": "cabang", "branch": "CBG"}],
)
WORLD.files["corrections/BRANCHES/a.yaml"] = (
    "cooperative: BRANCHES\ncorrections:\n  - {action: set, table: savings_accounts, key: CBG-R1, column: member_no,"
    f" expected: '1', value: CBG-2, {SIGNED.format(on='2026-07-10')}}}\n"
    "  - {action: set, table: savings_accounts, key: PST-R1, column: member_no, expected: '1', value: '2',"
    f" {SIGNED.format(on='2026-07-10')}}}\n"
    "  - {action: add, table: members, values: {member_no: '9', full_name: Lukas},"
    f" {SIGNED.format(on='2026-07-10')}}}\n"
)


def test_keys_carry_their_branch(world: Outcome) -> None:
    """A number without a branch gets that of its row; an added row says its own."""
    assert outcomes(world, BRANCHES) == [
        ("applied", ""),
        ("applied", ""),
        ("error", "member_no needs its branch before it"),
    ]
    assert world.table("cleaned.savings_accounts", BRANCHES, "account_no, member_no", "account_no") == [
        ("CBG-R1", "CBG-2"),
        ("PST-R1", "PST-2"),
    ]
