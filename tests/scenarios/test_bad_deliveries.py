"""What bad input gets: one batch of many cooperatives, each with one bad delivery or one unusual but lawful form.

The batch runs once. Every case says which state and verdict its cooperative must reach and what its message must say;
the tests below hold for all of them. How the folder is built is in `bad_deliveries.py`.
"""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bad_deliveries as bad
import duckdb
import pytest
import world
from bad_deliveries import Case, blocked, failed, refused_sql, verified

from koop_pipeline.status.snapshot import Row

UNSET = "KOOP_TEST_NEVER_SET"
HUGE = "937101550392500"
NIK_SAVED = bad.SAVINGS.replace("100000", "5371010101790001")

FILES = [
    failed("NO-FOLDER", "legacy/NO-FOLDER is not there; check `source` in the batch file", delivered=False),
    failed(
        "NO-FILE",
        "mappings/dasar.yaml, line 34: loans.from: there is no table, sheet or file 'pinjaman'",
        "(delivered: agunan, anggota, neraca, pengurus, simpanan)",
        files={"pinjaman.csv": None},
    ),
    failed(
        "CUT-XLSX",
        "data.xlsx is damaged or cut (the workbook inside cannot be read); open it in a spreadsheet program",
        profile="biner",
        files={"data.xlsx": bad.workbook(bad.ROWS)[:-700]},
    ),
    failed(
        "HTML-XLSX",
        "data.xlsx should be an Excel workbook (.xlsx) but is a web page (HTML) under another name; open it and save",
        profile="biner",
        files={"data.xlsx": "<html><body><table><tr><td>no</td></tr></table></body></html>"},
    ),
    failed(
        "FORMULA",
        "data.xlsx, sheet `anggota`, cell B3: a formula without a saved value; open the workbook",
        profile="biner",
        files={"data.xlsx": bad.workbook([("no", "nama"), ("A1", "Orang 1"), ("A2", "=CONCATENATE(A1,A2)")])},
    ),
    failed(
        "ZIP-CSV",
        "simpanan.csv should be a csv file but is a zip file; unpack it and deliver the file inside",
        files={"simpanan.csv": bad.zipped("simpanan.csv", bad.SAVINGS)},
    ),
    failed(
        "GZIP-SQL",
        "data.sql should be a MySQL dump but is compressed with gzip; unpack it",
        profile="biner",
        files={"data.sql": gzip.compress(bad.DUMP.encode())},
    ),
    failed(
        "CUT-SQL",
        "data.sql, line 3: a row of `anggota` is cut, or a quote in it is not closed; export the dump again",
        profile="biner",
        files={"data.sql": bad.DUMP[: bad.DUMP.index("Yosafat") + 4]},
    ),
    failed("CUT-SQLITE", "data.db is cut: 9,000 of ", profile="biner", files={"data.db": bad.of_sqlite()[:9000]}),
    failed("ZERO-BYTES", "simpanan.csv is empty (0 bytes); export it again and deliver it", files={"simpanan.csv": ""}),
    failed(
        "NO-HEADER",
        "mappings/dasar.yaml, line 6: officers.columns.full_name: there is no column 'nama' in pengurus",
        files={"pengurus.csv": "Namira;Ketua;A1\nYosafat Lede;Ketua;A2\n"},
    ),
    failed(
        "BLANK-HEADER",
        "anggota.csv, row 1: there is no header; set `header` in the profile's `reads`",
        files={"anggota.csv": ";;;;;;;\n" + bad.without(bad.MEMBERS, 1)},
    ),
    failed(
        "TOO-FEW",
        "simpanan.csv, row 3: 5 fields expected as in the header, 4 found; check `delimiter`",
        files={"simpanan.csv": bad.SAVINGS.replace("P2;A2;POKOK;", "P2;A2;")},
    ),
    failed(
        "TOO-MANY",
        "simpanan.csv, row 5: 5 fields expected as in the header, 6 found; check `delimiter`",
        files={"simpanan.csv": bad.SAVINGS.replace("P4;", "P4;P4;")},
    ),
    failed(
        "ENCODING",
        "anggota.csv, line 3 (byte ",
        "byte 0xe9 is not valid utf-8; set the right `encoding` in the profile's `reads`",
        files={"anggota.csv": bad.MEMBERS.replace("Lede", "Lédé").encode("cp1252")},
    ),
    failed(
        "WIDE",
        "anggota.csv has 10,000 columns, more than the 2,000 that are read",
        files={"anggota.csv": ";".join(f"k{n}" for n in range(10_000)) + "\n" + ";" * 9_999 + "\n"},
    ),
    failed("ENV", f"ENV: the source is env:{UNSET}, but that variable is not set", source=f"env:{UNSET}"),
    failed(
        "NO-COLUMN",
        "mappings/dasar.yaml, line 15: members.columns.nik: there is no column 'nik' in anggota;"
        " did you mean 'nik_ktp'?",
        files={"anggota.csv": bad.MEMBERS.replace("nama;nik;", "nama;nik_ktp;")},
    ),
    failed(
        "NO-COLUMN-OVER",
        "mappings/dasar.yaml, line 15: members.columns.nik: there is no column 'nik' in anggota;"
        " did you mean 'nik_ktp'?",
        files={"anggota.csv": bad.MEMBERS.replace("nama;nik;", "nama;nik_ktp;")},
        overrides="loans:\n  exclude: {uji: pj = 'X'}\n",
    ),
    failed(
        "BRANCHES",
        "barat/simpanan.csv, row 3: 5 fields expected as in the header, 4 found",
        files={"timur/simpanan.csv": bad.SAVINGS, "barat/simpanan.csv": bad.SAVINGS.replace("P2;A2;POKOK;", "P2;A2;")},
        branches=("timur", "barat"),
    ),
    failed("UTF-16", "anggota.csv", "`encoding`", files={"anggota.csv": bad.MEMBERS.encode("utf-16-le")}),
]
REACHING = [
    refused_sql("SQL-READ-CSV", "select * from read_csv('/etc/passwd')", "read_csv() is not allowed"),
    refused_sql("SQL-FILE", "select * from '/etc/passwd'", "there is no raw table '/etc/passwd'"),
    refused_sql("SQL-COPY", "copy anggota to '/tmp/anggota.csv'", "only one SELECT is allowed here"),
    refused_sql("SQL-ATTACH", "attach '/tmp/other.duckdb'", "only one SELECT is allowed here"),
    refused_sql("SQL-INSTALL", "install httpfs", "only one SELECT is allowed here"),
    refused_sql("SQL-TWO", "select * from anggota; drop table raw.files", "only one SELECT is allowed here"),
    refused_sql("SQL-RAW", 'select * from raw."dasar/anggota"', "only the raw tables, by their own names"),
    refused_sql("SQL-CATALOGUE", "select * from duckdb_tables()", "duckdb_tables() is not allowed"),
    refused_sql("SQL-TODAY", "select row_id, current_date as joined_on from anggota", "current_date is not allowed"),
    refused_sql("SQL-NOW", "select row_id, now() as joined_on from anggota", "the function now() is not allowed"),
    refused_sql("SQL-RANDOM", "select row_id, random() as nik from anggota", "the function random() is not allowed"),
    refused_sql(
        "SQL-SAMPLING",
        "select row_id, (select reservoir_quantile(row_id, 0.5) from anggota)::varchar as nik from anggota",
        "reservoir_quantile() is not allowed",
    ),
    failed(
        "EXPR-RAW",
        "EXPR-RAW.yaml, line 3: members.columns.address: ",
        "raw.dasar/anggota: only the raw tables",
        overrides='members:\n  columns:\n    address: (select max(alamat) from raw."dasar/anggota")\n',
    ),
    failed(
        "EXCLUDE-RANDOM",
        "EXCLUDE-RANDOM.yaml, line 2: members.exclude.some: the function random() is not allowed",
        overrides="members:\n  exclude: {some: random() < 0.5}\n",
    ),
    failed(
        "CONTROL-FILE",
        "CONTROL-FILE.yaml, line 2: controls.savings: ",
        "read_text() is not allowed",
        overrides="controls:\n  savings: select count(*) from read_text('/etc/passwd')\n",
    ),
    failed(
        "DOUBLE",
        "DOUBLE.yaml, line 3: savings_accounts.columns.balance: balance is a DOUBLE; amounts are exact",
        overrides="savings_accounts:\n  columns:\n    balance: saldo::double / 3\n",
    ),
    failed(
        "DOUBLE-SQL",
        "DOUBLE-SQL.yaml, line 3: savings_accounts.",
        "balance is a DOUBLE; amounts are exact",
        overrides=bad.savings_block(f"{bad.SAVINGS_SQL} s.saldo::double as balance from simpanan s"),
    ),
    failed(
        "DOUBLE-CONTROL",
        "DOUBLE-CONTROL.yaml, line 2: controls.savings: the result is a DOUBLE; amounts are exact",
        overrides="controls:\n  savings: select sum(saldo::double) from simpanan\n",
    ),
    failed(
        "AGGREGATE",
        "AGGREGATE.yaml, line 3: members.columns.address: ",
        overrides="members:\n  columns:\n    address: max(alamat)\n",
    ),
]
RULES = [
    blocked(
        "DUPLICATE",
        "MBR-KEY-01 Member number used twice (2 in members, first in legacy/DUPLICATE/anggota.csv, anggota, row ",
        files={"anggota.csv": bad.MEMBERS.replace("A4;", "A3;"), "simpanan.csv": bad.without(bad.SAVINGS, 5)},
    ),
    blocked(
        "NO-ROWS",
        "ABS-COLLATERALS-01 No collateral data",
        "absent",
        files={"agunan.csv": bad.COLLATERALS.splitlines()[0] + "\n"},
    ),
    blocked(
        "EXPR-MONEY",
        "MAP-EXPR-01 Row could not be mapped (1 in savings_accounts, first in legacy/EXPR-MONEY/simpanan.csv, simpanan,"
        " row 3)",
        files={"simpanan.csv": bad.SAVINGS.replace("P2;A2;POKOK;02-01-2020;100000", "P2;A2;POKOK;02-01-2020;seratus")},
        overrides="savings_accounts:\n  columns:\n    balance: rupiah(saldo)\n",
    ),
    blocked(
        "SQL-MONEY",
        "MAP-EXPR-01 Row could not be mapped",
        "legacy/SQL-MONEY/simpanan.csv, simpanan, row 3",
        files={"simpanan.csv": bad.SAVINGS.replace("P2;A2;POKOK;02-01-2020;100000", "P2;A2;POKOK;02-01-2020;seratus")},
        overrides=bad.savings_block(f"{bad.SAVINGS_SQL} rupiah(s.saldo) as balance from simpanan s"),
    ),
    blocked(
        "NO-VALUE",
        "SAV-ENM-01 Unknown choice (1 in savings_accounts, first in legacy/NO-VALUE/simpanan.csv, simpanan, row 7)",
        files={"simpanan.csv": bad.SAVINGS.replace("W2;A2;WAJIB", "W2;A2;KHUSUS")},
    ),
    blocked(
        "LOST-ROW",
        "MAP-LOST-01 Source row lost",
        "legacy/LOST-ROW/simpanan.csv, simpanan, row 7",
        overrides=bad.savings_block(
            f"{bad.SAVINGS_SQL} rupiah(s.saldo) as balance from simpanan s where s.rek <> 'W2'"
        ),
    ),
    blocked(
        "EXCLUDED-PARENT",
        "MAP-EXCL-01 Excluded parent whose children hold money (1 in savings_accounts,"
        " first in legacy/EXCLUDED-PARENT/simpanan.csv, simpanan, row 5)",
        'the member was excluded as "keluar", but this row holds Rp 100000.00',
        overrides="members:\n  exclude: {keluar: no = 'A4'}\n",
    ),
    blocked(
        "HUGE-SAVINGS",
        "ACC-TIE-01",
        files={"simpanan.csv": bad.SAVINGS.replace("100000", HUGE)},
        overrides="controls:\n  savings: select sum(rupiah(saldo)) from simpanan\n",
    ),
    blocked("NIK-AS-AMOUNT", "SAV-MNY-01 Not an amount of money (4 in savings", files={"simpanan.csv": NIK_SAVED}),
    blocked(
        "HUGE-LEDGER",
        "ACC-BAL-01",
        files={"neraca.csv": bad.ACCOUNTS.replace("A;;200000", f"A;;{HUGE}").replace("loans;1200000", f"loans;{HUGE}")},
    ),
]
HELD_DATE = bad.MEMBERS.replace("15-03-1979", "15-13-1979")
LAWFUL = [
    verified("GOOD"),
    verified(
        "NO-ROWS-DECLARED",
        "ABS-COLLATERALS-02 Declared to have no collateral",
        files={"agunan.csv": bad.COLLATERALS.splitlines()[0] + "\n"},
        absent=("collaterals",),
    ),
    verified("BIG-CELL", files={"anggota.csv": bad.MEMBERS.replace("Jl. Anggrek 1", "Jl. Anggrek " * 80_000 + "1")}),
    failed("HUGE-CELL", "row 2: the column alamat holds", files={"anggota.csv": bad.HUGE_MEMBERS}),
    verified("WINDOWS", files={"anggota.csv": ("\ufeff" + bad.MEMBERS).replace("\n", "\r\n")}),
    verified("STRANGE-NAMES", files={"anggota.csv": bad.strange_members()}),
    verified("QUOTED-LINES", files={"anggota.csv": bad.MEMBERS.replace("Jl. Anggrek 1", '"Jl. ""A""; 1\nKupang"')}),
    verified(
        "EXPR-DATE",
        "MAP-EXPR-01 Row could not be mapped (1 in members, first in legacy/EXPR-DATE/anggota.csv, anggota, row 3)",
        files={"anggota.csv": HELD_DATE},
        overrides="members:\n  columns:\n    birth_date: tanggal(lahir)\n",
    ),
    verified(
        "SQL-DATE",
        "MAP-EXPR-01 Row could not be mapped",
        "legacy/SQL-DATE/anggota.csv, anggota, row 3",
        files={"anggota.csv": HELD_DATE},
        overrides="members:\n  columns: null\n"
        "  sql: select row_id, no as member_no, nama as full_name, nik, hp as phone, case jk when 'L' then 'male' else"
        " 'female' end as gender, tanggal(lahir) as birth_date, alamat as address, masuk as joined_on,"
        " 'member' as membership, 'active' as status from anggota\n",
    ),
    verified(
        "SEMICOLON",
        overrides=bad.savings_block(
            f"{bad.SAVINGS_SQL} s.buka as opened_on, s.saldo as balance from simpanan s; -- semua"
        ),
    ),
    verified(
        "UNREAD",
        "EXT-UNREAD-01 Delivered file that nothing reads",
        "catatan.docx: no 'reads' of the profile matches this file",
        files={"catatan.docx": "catatan pengurus"},
    ),
    verified(
        "SECRETS",
        files={"anggota.csv": bad.secret_members()},
        overrides="ignore:\n  anggota.kata_sandi: passwords stay behind\n  anggota.pin: PINs stay behind\n"
        "  anggota.nama_ibu: nama ibu kandung\n  anggota.kunci_*: passwords of the old portal\n",
    ),
]
CASES = [*LAWFUL, *FILES, *REACHING, *RULES]
BY_ID = {case.id: case for case in CASES}


@dataclass(frozen=True)
class Ran:
    """The programme after its one run."""

    root: Path
    status: dict[str, Row]
    before: dict[str, str]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    root = tmp_path_factory.mktemp("programme")
    bad.write_programme(root, CASES)
    before = bad.fingerprints(root / "legacy")
    with pytest.MonkeyPatch.context() as environment:
        for name in (UNSET, "KOOP_HOME", "KOOP_TARGET", "KOOP_HASH_KEY"):
            environment.delenv(name, raising=False)
        yield Ran(root, world.migrate(root, "uji", docs=True), before)


def read_only(path: Path, sql: str, *parameters: object) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def in_target(ran: Ran, sql: str, *parameters: object) -> list[tuple[object, ...]]:
    return read_only(ran.root / "var/target/target.duckdb", sql, *parameters)


def in_staging(ran: Ran, sql: str, *parameters: object) -> list[tuple[object, ...]]:
    return read_only(ran.root / "var/staging/batch-uji.duckdb", sql, *parameters)


def failed_rules(ran: Ran, cooperative_id: str) -> dict[tuple[str, str], int]:
    return {(rule["table"], rule["rule"]): rule["failed"] for rule in ran.status[cooperative_id]["rules"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_cooperative_gets_its_state_verdict_and_reason(ran: Ran, case: Case) -> None:
    record = ran.status[case.id]
    assert (record["state"], record["verdict"]) == (case.state, case.verdict), record["message"]
    for part in case.says:
        assert part in record["message"]
    assert bool(record["message"]) == bool(case.says)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_message_is_one_sentence_for_people(ran: Ran, case: Case) -> None:
    message = ran.status[case.id]["message"]
    assert "\n" not in message and len(message) < 700
    assert not re.search(r"Traceback|Binder Error|Parser Error|Conversion Error|Exception|_koop|\bNone\b", message)


def test_no_message_or_status_or_page_shows_a_person(ran: Ran) -> None:
    people = [*bad.PERSONAL, "Namira", "Lédé", "15-13-1979"]
    messages = {name: record["message"] for name, record in ran.status.items()}
    pages = sorted((ran.root / "var/docs/uji").rglob("*.html"))
    texts = {str(page.relative_to(ran.root)): page.read_text() for page in pages}
    texts["status"] = (ran.root / "var/status/uji.json").read_text()
    assert len(pages) > 10
    assert [(name, person) for name, text in (messages | texts).items() for person in people if person in text] == []


def test_what_was_delivered_is_unchanged_and_nothing_was_added(ran: Ran) -> None:
    assert bad.fingerprints(ran.root / "legacy") == ran.before


def test_nothing_of_a_bad_cooperative_is_in_the_target(ran: Ran) -> None:
    tables = in_target(
        ran,
        "SELECT DISTINCT schema_name || '.' || table_name FROM duckdb_columns() WHERE column_name = 'cooperative_id'"
        " AND schema_name IN ('platform', 'migration')",
    )
    assert len(tables) > 10
    there = {row[0] for (table,) in tables for row in in_target(ran, f"SELECT DISTINCT cooperative_id FROM {table}")}
    assert there == {case.id for case in CASES if case.state == "verified"}


def test_the_good_neighbour_is_there_whole(ran: Ran) -> None:
    counts = {table: row["promoted"] for table, row in ran.status["GOOD"]["rows"].items() if row["promoted"]}
    assert counts == {
        "cooperatives": 1, "officers": 1, "members": 4, "products": 3, "savings_accounts": 6, "loans": 1,
        "collaterals": 1, "accounts": 6, "opening_savings_balances": 6, "loan_schedules": 12,
        "opening_trial_balance": 6,
    }  # fmt: skip
    assert ran.status["GOOD"]["money"]["savings"]["promoted"] == "500000.00"
    assert ran.status["GOOD"]["money"]["loans"]["promoted"] == "1200000.00"


def test_every_row_is_accounted_for(ran: Ran) -> None:
    rows = [(case.id, table, row) for case in CASES for table, row in ran.status[case.id]["rows"].items()]
    kept = ("promoted", "merged", "excluded", "held", "waiting")
    assert len(rows) > 100
    assert [row for row in rows if row[2]["extracted"] + row[2]["added"] != sum(row[2][name] for name in kept)] == []


@pytest.mark.parametrize("case", RULES, ids=lambda case: case.id)
def test_all_rows_of_a_blocked_cooperative_wait(ran: Ran, case: Case) -> None:
    rows = ran.status[case.id]["rows"]
    assert rows["savings_accounts"]["waiting"] == rows["savings_accounts"]["extracted"] > 0
    assert all(row["promoted"] == 0 for row in rows.values())


@pytest.mark.parametrize("name", ["EXPR-MONEY", "SQL-MONEY"])
def test_one_bad_amount_fails_its_row_only_and_blocks(ran: Ran, name: str) -> None:
    assert failed_rules(ran, name)["savings_accounts", "MAP-EXPR-01"] == 1
    balances = in_staging(
        ran,
        "SELECT account_no, balance::VARCHAR FROM cleaned.savings_accounts WHERE cooperative_id = ? ORDER BY 1",
        name,
    )
    assert balances == [
        ("P1", "100000.00"), ("P2", None), ("P3", "100000.00"), ("P4", "100000.00"), ("W1", "50000.00"),
        ("W2", "50000.00"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["EXPR-DATE", "SQL-DATE"])
def test_one_bad_date_of_a_member_is_held_and_the_row_goes_on(ran: Ran, name: str) -> None:
    assert failed_rules(ran, name) == {("members", "MAP-EXPR-01"): 1}
    rows = in_target(
        ran, "SELECT member_no, birth_date::VARCHAR FROM platform.members WHERE cooperative_id = ? ORDER BY 1", name
    )
    assert rows == [("A1", "1980-01-01"), ("A2", None), ("A3", "1985-07-20"), ("A4", "1990-09-09")]


def test_an_excluded_member_and_a_lost_row_are_counted(ran: Ran) -> None:
    assert failed_rules(ran, "EXCLUDED-PARENT")["savings_accounts", "MAP-EXCL-01"] == 1
    assert failed_rules(ran, "LOST-ROW")["savings_accounts", "MAP-LOST-01"] == 1
    assert ran.status["LOST-ROW"]["rows"]["savings_accounts"]["extracted"] == 6


def test_a_cell_of_a_megabyte_arrives_whole(ran: Ran) -> None:
    (length,) = in_target(
        ran, "SELECT length(address) FROM platform.members WHERE cooperative_id = 'BIG-CELL' AND member_no = 'A1'"
    )[0]
    assert length == 80_000 * len("Jl. Anggrek ") + 1


def test_a_quoted_line_end_stays_in_its_cell(ran: Ran) -> None:
    rows = in_target(
        ran, "SELECT address FROM platform.members WHERE cooperative_id = 'QUOTED-LINES' AND member_no = 'A1'"
    )
    assert "".join(str(rows[0][0]).split()) == 'Jl."A";1Kupang'


def test_secrets_are_kept_as_hashes_only(ran: Ran) -> None:
    staging = (ran.root / "var/staging/batch-uji.duckdb").read_bytes()
    assert b"Marselina Bria" in staging
    made = [path for path in (ran.root / "var").rglob("*") if path.is_file()]
    assert {"uji.json", "target.duckdb", "index.html"} <= {path.name for path in made}
    found = [(path.name, secret) for path in made for secret in bad.SECRETS if secret.encode() in path.read_bytes()]
    assert found == []
    columns = in_staging(
        ran,
        "SELECT DISTINCT left(kata_sandi, 5), left(pin, 5), left(nama_ibu, 5), left(kunci_web, 5), left(kunci_hp, 5)"
        """ FROM raw."dasar/anggota" WHERE cooperative_id = 'SECRETS'""",
    )
    assert columns == [("hash:",) * 5]
