"""A sample for people, the whole way: drawn after a migration, ticked off in worksheets, evaluated.

One batch of tiny cooperatives (see `bad_deliveries.py`): one sound with an excluded account and an empty one, one whose
target was tampered with after the load, one that waits, one that failed.
"""

import json
import shutil
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import bad_deliveries as bad
import duckdb
import pytest
import world
from openpyxl import load_workbook
from typer.testing import CliRunner

from koop_pipeline.cli.app import app
from koop_pipeline.errors import ConfigError, RefusedError
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.run import BatchRun
from koop_pipeline.staging import Staging
from koop_pipeline.verification.sampling import record
from koop_pipeline.verification.sampling.draw import draw_all
from koop_pipeline.verification.sampling.model import Sample
from koop_pipeline.verification.sampling.terms import Terms

EXTRA = bad.SAVINGS + "X9;A1;POKOK;02-01-2020;700000\nW3;A3;WAJIB;02-01-2021;0\n"
EXCLUDE = "savings_accounts:\n  exclude: {rekening uji: rek = 'X9'}\n"
CASES = [
    bad.verified("UTUH", "MAP-EXCL-02", files={"simpanan.csv": EXTRA}, overrides=EXCLUDE),
    bad.verified("DIUBAH"),
    bad.blocked("TUNGGU", "ACC-BAL-01", files={"neraca.csv": bad.ACCOUNTS.replace("200000;0", "200001;0")}),
    bad.failed("RUSAK", "is not there", delivered=False),
]
IDS = [case.id for case in CASES]
TAMPERED = (
    "DELETE FROM platform.savings_accounts WHERE cooperative_id = 'DIUBAH' AND account_no = 'W1'",
    "UPDATE platform.loans SET loan_no = 'L9' WHERE cooperative_id = 'DIUBAH' AND loan_no = 'L1'",
    "UPDATE platform.savings_accounts SET balance = 60000 WHERE cooperative_id = 'DIUBAH' AND account_no = 'W2'",
)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programme folder after a migration, its target tampered with."""
    root = tmp_path_factory.mktemp("sampel")
    bad.write_programme(root, CASES)
    status = world.migrate(root, "uji")
    assert {one: status[one]["state"] for one in IDS} == {case.id: case.state for case in CASES}
    with duckdb.connect(root / "var/target/target.duckdb") as target:
        for statement in TAMPERED:
            target.execute(statement)
    return root


@pytest.fixture
def root(migrated: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copytree(migrated, tmp_path / "program"))


def koop(root: Path, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and JSON of `koop sample ...`."""
    done = CliRunner().invoke(app, ["--program", str(root), "sample", *arguments, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)


def drawn(root: Path, terms: Terms, only: tuple[str, ...] = ()) -> dict[str, Sample | None]:
    """The samples, by cooperative, as kept in staging."""
    run = BatchRun.of(ProgramFolder(root), "uji", only)
    with Staging.open(run.folder.staging_path("uji"), isolated=False) as staging:
        found = {one.cooperative_id: one.sample for one in draw_all(staging, run, terms)}
        assert {one: record.read(staging, one) for one in run.ids} == found
        return found


def sample_of(root: Path, one: str, terms: Terms | None = None) -> Sample:
    sample = drawn(root, terms or Terms.of(), (one,))[one]
    assert sample is not None
    return sample


def lines_of(sample: Sample, sheet: str) -> dict[str, tuple[Any, ...]]:
    """(delivered, target, state) in rupiah of each line, by key."""
    return {
        line.key: (_text(line.delivered), _text(line.target), line.state)
        for line in sample.lines
        if line.sheet == sheet
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def fill(root: Path, one: str, other: Mapping[str, Mapping[str, Any]] | None = None) -> None:
    """Tick every line with Cocok (with the amount of the new system where it must be typed), then lay `other` over.

    `other`: by line number what stands under which heading instead.
    """
    book = load_workbook(root / f"var/samples/uji/{one}.xlsx")
    for page in book.worksheets:
        places = {cell.value: cell.column - 1 for cell in page[2]}
        if "Cocok?" not in places:
            continue
        for row in page.iter_rows(min_row=3):
            typed: dict[str, Any] = {"Cocok?": "Cocok"}
            if "Selisih" in places and row[3].value != row[4].value:
                typed[page["F2"].value] = row[4].value or 0
            for heading, value in {**typed, **(other or {}).get(str(row[0].value), {})}.items():
                row[places[heading]].value = value
    place = root / "samples" / one / "kembali.xlsx"
    place.parent.mkdir(parents=True, exist_ok=True)
    book.save(place)


def test_what_is_excluded_is_drawn_with_its_reason_and_makes_the_sample_larger(root: Path) -> None:
    sample = sample_of(root, "UTUH")
    design = next(each for each in sample.designs if each.stratum == "savings")
    # 500,000 carried and 700,000 excluded: TE 5 % of 500,000; 1,200,000 x 2.995732 / 25,000 = 143.795
    assert (design.book_value, design.tolerable_error) == (Decimal("1200000.00"), Decimal("25000.00"))
    assert (design.population, design.size, design.interval) == (7, 144, Decimal("8333.333333"))
    assert lines_of(sample, "Simpanan") == {
        "P1": ("100000.00", "100000.00", "carried"),
        "P2": ("100000.00", "100000.00", "carried"),
        "P3": ("100000.00", "100000.00", "carried"),
        "P4": ("100000.00", "100000.00", "carried"),
        "W1": ("50000.00", "50000.00", "carried"),
        "W2": ("50000.00", "50000.00", "carried"),
        "X9": ("700000.00", None, "excluded"),
    }
    assert lines_of(sample, "Simpanan nol atau minus") == {"W3": ("0.00", "0.00", "carried")}
    excluded = next(line for line in sample.lines if line.key == "X9")
    assert (excluded.detail, excluded.owner) == ("MAP-EXCLUDED-01\nrekening uji", "Wilhelmina Tuka")
    assert (excluded.source_file, excluded.source_table, excluded.source_row) == (
        "legacy/UTUH/simpanan.csv", "simpanan", 8,
    )  # fmt: skip


def test_what_got_lost_and_what_came_from_nowhere_shows(root: Path) -> None:
    sample = sample_of(root, "DIUBAH")
    found = lines_of(sample, "Simpanan")
    assert found["W1"] == ("50000.00", None, "lost")
    assert found["W2"] == ("50000.00", "60000.00", "carried")
    assert lines_of(sample, "Pinjaman") == {
        "L1": ("1200000.00", None, "lost"),
        "L9": (None, "1200000.00", "added"),
    }
    token = {line.key: line.token for line in sample.lines if line.sheet == "Pinjaman"}
    assert [item.token for item in sample.items_of("loans_delivered")] == [token["L1"]]
    assert [item.token for item in sample.items_of("loans_target")] == [token["L9"]]


def test_a_loan_that_both_lists_have_is_one_line(root: Path) -> None:
    sample = sample_of(root, "UTUH")
    assert [item.token for name in ("loans_delivered", "loans_target") for item in sample.items_of(name)] == [
        "PIN-00001"
    ] * 2


def test_what_waits_has_no_target_value(root: Path) -> None:
    sample = sample_of(root, "TUNGGU")
    assert not sample.in_target
    assert {(line.target, line.target_text, line.there, line.state) for line in sample.lines} == {
        (None, "", False, "waiting")
    }
    assert sample.items_of("loans_target") == []


def test_the_other_categories_are_drawn_by_row_from_what_was_delivered(root: Path) -> None:
    sample = sample_of(root, "UTUH")
    sizes = {each.stratum: (each.population, each.size) for each in sample.designs if each.method == "random"}
    assert sizes == {
        "savings_rest": (1, 1), "loans_rest": (0, 0), "cooperatives": (1, 1), "officers": (1, 1), "members": (4, 4),
        "savings_transactions": (0, 0), "loan_repayments": (0, 0), "collaterals": (1, 1), "accounts": (6, 6),
    }  # fmt: skip
    collateral = next(line for line in sample.lines if line.sheet == "Agunan")
    assert collateral.delivered_text.splitlines()[:2] == ["Nomor pinjaman: L1", "Jenis agunan: BPKB"]
    assert collateral.target_text.splitlines()[1:3] == [
        "Jenis agunan: BPKB kendaraan",
        "Keterangan agunan: Sepeda motor",
    ]
    assert collateral.target_text.splitlines()[-1] == "Nilai taksasi: 9.000.000,00"


def test_the_same_seed_draws_the_same_whatever_the_order_of_the_rows(root: Path) -> None:
    terms = Terms.of("95", "200.000", "dadu 4-2-6")
    first = sample_of(root, "UTUH", terms)
    with duckdb.connect(root / "var/staging/batch-uji.duckdb") as staging:
        for table in ("savings_accounts", "loans", "members", "accounts"):
            staging.execute(f"CREATE TEMP TABLE turned AS SELECT * FROM mapped.{table} ORDER BY _row DESC")
            staging.execute(f"DELETE FROM mapped.{table}")
            staging.execute(f"INSERT INTO mapped.{table} SELECT * FROM turned")
            staging.execute("DROP TABLE turned")
    again = sample_of(root, "UTUH", terms)
    assert again == first
    assert again.draw == first.draw
    savings = next(each for each in first.designs if each.stratum == "savings")
    assert (savings.size, savings.interval) == (18, Decimal("66666.666667"))  # 1.2 m x 2.995732 / 200,000 = 17.97
    assert sample_of(root, "UTUH", Terms.of("95", "200.000", "dadu lain")).draw != first.draw


def test_every_draw_is_counted_and_the_seed_is_recorded(root: Path) -> None:
    counts = [koop(root, "draw", "uji", "--only", "UTUH", *seed)[1][0] for seed in ([], [], ["--seed", "lain"])]
    assert [one["draws"] for one in counts] == [1, 1, 2]
    assert counts[0]["seed"] == counts[1]["seed"] != counts[2]["seed"] == "lain"
    with Staging.open(root / "var/staging/batch-uji.duckdb") as staging:
        assert staging.rows("SELECT seed, confidence, tolerable, draws FROM verification.samples") == [
            ("lain", "0.95", "5%", 2)
        ]


def test_a_worksheet_comes_back_and_is_accepted(root: Path) -> None:
    code, records = koop(root, "draw", "uji")
    assert (code, [one["cooperative_id"] for one in records]) == (0, IDS)
    assert records[-1]["note"] == "failed before the gate; see koop status"
    fill(root, "UTUH")
    code, (found, whole) = koop(root, "evaluate", "uji", "--only", "UTUH")
    assert (code, found["outcome"], found["missing"], found["problems"]) == (0, "accepted", [], [])
    savings, delivered, target = found["strata"][:3]
    # every account is larger than the interval, so all are known; what remains is I x F(0)
    assert (savings["upper_limit"], savings["outcome"]) == ("24964.44", "accepted")
    assert (delivered["upper_limit"], target["upper_limit"]) == ("59914.65", "59914.65")
    assert (whole["batch"], whole["outcome"], whole["cooperatives"]) == ("uji", "accepted", {"accepted": 1})


def test_a_passbook_that_says_more_refuses_the_cooperative_and_the_batch(root: Path) -> None:
    koop(root, "draw", "uji")
    excluded = {"SIM-00007": {"Saldo di buku anggota": "700.000", "Cocok?": "Berbeda"}}
    fill(root, "UTUH", excluded)
    code, records = koop(root, "evaluate", "uji")
    assert (code, [one.get("outcome") for one in records]) == (
        3, ["refused", "incomplete", "waiting", "not drawn", "refused"],
    )  # fmt: skip
    assert records[0]["strata"][0] == {
        "stratum": "savings", "lines": 7, "errors": 1, "upper_limit": "724964.44", "tolerable_error": "25000.00",
        "outcome": "refused",
    }  # fmt: skip
    with Staging.open(root / "var/staging/batch-uji.duckdb") as staging:
        kept = staging.rows(
            "SELECT answer, found, upper_limit, outcome FROM verification.sample_answers JOIN"
            " verification.sample_results USING (cooperative_id) WHERE token = 'SIM-00007' AND stratum = 'savings'"
        )
        assert kept == [("differs", Decimal("700000.00"), Decimal("724964.44"), "refused")]


def test_what_got_lost_refuses_even_where_everything_else_is_right(root: Path) -> None:
    koop(root, "draw", "uji")
    fill(
        root, "DIUBAH",
        {
            "SIM-00005": {"Saldo di buku anggota": 50000, "Cocok?": "Berbeda", "Selisih": 50000},
            "SIM-00006": {"Saldo di buku anggota": 50000, "Cocok?": "Berbeda"},
        },
    )  # fmt: skip
    _, (found, _) = koop(root, "evaluate", "uji", "--only", "DIUBAH")
    savings = found["strata"][0]
    # BV 500,000, n 60, I 8,333.33: both are always taken: 50,000 + 10,000 + I x F(0)
    assert (savings["errors"], savings["upper_limit"], savings["outcome"]) == (2, "84964.44", "refused")


def test_every_missing_tick_is_named(root: Path) -> None:
    koop(root, "draw", "uji")
    fill(root, "UTUH", {"SIM-00002": {"Cocok?": None}, "AKN-00006": {"Cocok?": None}})
    code, (found, _) = koop(root, "evaluate", "uji", "--only", "UTUH")
    assert (code, found["outcome"], found["missing"]) == (3, "incomplete", ["SIM-00002", "AKN-00006"])
    done = CliRunner().invoke(app, ["--program", str(root), "sample", "evaluate", "uji", "--only", "UTUH"])
    assert "Simpanan: no tick in SIM-00002" in done.stdout
    assert "Akun: no tick in AKN-00006" in done.stdout


def test_a_worksheet_is_worth_nothing_once_the_content_changed(root: Path) -> None:
    koop(root, "draw", "uji")
    fill(root, "UTUH")
    with duckdb.connect(root / "var/staging/batch-uji.duckdb") as staging:
        staging.execute("UPDATE gate.decisions SET content_sha256 = 'lain' WHERE cooperative_id = 'UTUH'")
    _, (found, _) = koop(root, "evaluate", "uji", "--only", "UTUH")
    assert found["outcome"] == "outdated"
    assert found["problems"] == ["UTUH: what is in the target changed since the draw; draw again"]


def test_before_anything_is_drawn_or_promoted_it_says_so(root: Path) -> None:
    done = CliRunner().invoke(app, ["--program", str(root), "sample", "evaluate", "uji"])
    assert isinstance(done.exception, RefusedError)
    assert str(done.exception) == "nothing is drawn yet; run koop sample draw uji first"
    (root / "var/target/target.duckdb").unlink()
    done = CliRunner().invoke(app, ["--program", str(root), "sample", "draw", "uji"])
    assert "there is no target yet; run koop migrate first" in str(done.exception)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--confidence", "40"], "--confidence 40: give a percentage from 50"),
        (["--confidence", "tinggi"], "--confidence tinggi: give a percentage"),
        (["--tolerable", "0%"], "--tolerable 0%: give a percentage from 0.1"),
        (
            ["--tolerable", "banyak"],
            "--tolerable banyak: give a percentage such as 5%, or an amount such as 50.000.000",
        ),
        (["--tolerable", "-5"], "--tolerable -5: give a percentage such as 5%"),
        (["--seed", " "], "--seed is empty"),
    ],
)
def test_terms_that_cannot_be_are_refused(root: Path, options: list[str], sentence: str) -> None:
    done = CliRunner().invoke(app, ["--program", str(root), "sample", "draw", "uji", *options])
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception).startswith(sentence)
