"""The Data Docs of a small batch: complete, masked, and readable without a network."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from koop_pipeline.gates import build_docs, load_suites, run_suites, write_verdicts

PRIVATE = ("530101120390", "Karangan", "Rekaan", "0812-RAHASIA")
WORLD = """
create schema checked; create schema gate;
create table checked.members as
    select 'KSP-' || chr((65 + i % 3)::integer) as cooperative_id, (i // 3)::bigint as _row,
           'anggota.csv' as source_file,
           (i // 3 + 2)::bigint as source_row, 'M' || i as member_no,
           '530101120390' || lpad(i::varchar, 5, '0') as nik, 'Siti Karangan ' || i as full_name,
           case when i < 3 then '0812-RAHASIA' end as phone
    from range(90) r(i);
update checked.members set nik = '5301011203900001' where cooperative_id = 'KSP-B';
update checked.members set phone = null where cooperative_id <> 'KSP-A';
insert into checked.members values ('KSP/D', 1, 'anggota.csv', 2, 'M1', '5301011203900009', 'Budi Rekaan', null);
create table gate.scope as select distinct cooperative_id from checked.members;
"""


def rule(kind: str, name: str, consequence: str, **kwargs: Any) -> dict[str, Any]:
    """One expectation of the suite file."""
    title = {"id": f"Judul {name} <b>", "en": f"Title {name}"}
    words = {"title": title, "explanation": {"id": f"Penjelasan {name}", "en": f"Explanation {name}"}}
    return {
        "type": kind,
        "kwargs": kwargs,
        "meta": {"rule": name, "consequence": consequence, "dimension": "validity", **words},
    }


SUITE = [
    rule("expect_column_values_to_match_regex", "NIK-01", "hold", column="nik", regex=r"^\d{16}$"),
    rule("expect_column_values_to_not_be_null", "NAME-01", "block", column="full_name"),
    rule("expect_column_values_to_be_null", "PHONE-01", "block", column="phone"),
    rule("unexpected_rows_expectation", "ROW-01", "warn", unexpected_rows_query="select * from {batch} where _row = 5"),
]
BROKEN = rule(
    "unexpected_rows_expectation",
    "CAST-01",
    "warn",
    unexpected_rows_query=("select cooperative_id, _row from {batch} where full_name::integer > 3"),
)


class Links(HTMLParser):
    """Collects what a page refers to, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember every address and refuse scripts."""
        assert tag != "script"
        self.links += [value for name, value in attrs if name in ("href", "src") and value]

    def handle_data(self, data: str) -> None:
        """Remember the text."""
        self.text += f" {data}"


def read(page: Path) -> Links:
    """A page, parsed."""
    parser = Links()
    parser.feed(page.read_text(encoding="utf-8"))
    parser.text = re.sub(r"\s+", " ", parser.text)
    return parser


def built(folder: Path, *expectations: dict[str, Any]) -> Path:
    """Gate the world with these expectations and build the docs."""
    suite = {"name": "members", "expectations": list(expectations), "meta": {}}
    (folder / "members.json").write_text(json.dumps(suite), encoding="utf-8")
    connection = duckdb.connect()
    connection.execute(WORLD)
    suites = load_suites(folder)
    run_suites(connection, suites, None)
    write_verdicts(connection)
    front = build_docs(connection, suites, folder / "docs" / "uji", "Gelombang Uji")
    connection.close()
    return front


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the docs."""
    yield built(tmp_path_factory.mktemp("docs"), *SUITE).parent


def test_the_folder_holds_one_page_a_cooperative_and_two_a_table(site: Path) -> None:
    names = sorted(str(path.relative_to(site)) for path in site.rglob("*") if path.is_file())
    assert [name for name in names if "KSP_D" not in name] == [
        "cooperatives/KSP-A.html",
        "cooperatives/KSP-B.html",
        "cooperatives/KSP-C.html",
        "docs.css",
        "index.html",
        "tables/members.html",
        "tables/members.rules.html",
    ]
    assert len(names) == 8


def test_no_page_leads_outside_the_folder_and_every_link_leads_somewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        for link in read(page).links:
            assert not re.match(r"(https?:)?//|data:|javascript:", link), (page.name, link)
            target = link.split("#")[0]
            assert not target or (page.parent / target).resolve().is_file(), (page.name, link)
    assert "//" not in (site / "docs.css").read_text(encoding="utf-8")


def test_no_file_holds_a_personal_value(site: Path) -> None:
    for path in site.rglob("*.*"):
        content = path.read_text(encoding="utf-8")
        assert not [value for value in PRIVATE if value in content], path.name


def test_the_front_page_has_a_line_for_each_cooperative_with_both_titles(site: Path) -> None:
    text = read(site / "index.html").text
    assert "KSP-A Terhambat blocked 1 30 1 Judul PHONE-01 <b> Title PHONE-01 Judul NIK-01 <b> Title NIK-01" in text
    assert "KSP-B Lolos dengan catatan warned 0 0 1 Judul ROW-01 <b> Title ROW-01" in text
    assert "KSP/D Lolos passed 0 0 0" in text


def test_the_front_page_lists_clean_rules_with_zero(site: Path) -> None:
    text = read(site / "index.html").text
    assert "NAME-01 Judul NAME-01 <b> Title NAME-01 menghambat blocks keabsahan validity 0" in text
    assert "NIK-01 Judul NIK-01 <b> Title NIK-01 ditahan held keabsahan validity 60" in text


def test_a_cooperative_sees_its_own_places_with_masked_values(site: Path) -> None:
    text = read(site / "cooperatives" / "KSP-A.html").text
    assert "anggota.csv 2 5301*********0000 anggota.csv 3 5301*********0003" in text
    assert "30, 20 yang pertama the first 20" in text
    assert "PHONE-01 Kolom column phone : 1" in text
    assert "Tidak ada temuan" in read(next((site / "cooperatives").glob("KSP_D*.html"))).text


def test_gx_writes_the_results_with_titles_and_numbers(site: Path) -> None:
    text = read(site / "tables" / "members.html").text
    assert "NIK-01 [hold]: Judul NIK-01 <b> / Title NIK-01" in text
    assert "60 unexpected values found." in text
    assert "Evaluated Expectations 4 Successful Expectations 1" in text


def test_gx_writes_the_expectations_with_their_explanations(site: Path) -> None:
    text = read(site / "tables" / "members.rules.html").text
    assert "values must match this regular expression: ^\\d{16}$" in text
    assert "Penjelasan NIK-01 Explanation NIK-01" in text


def test_a_broken_rule_is_named_on_every_page_without_values(tmp_path: Path) -> None:
    site = built(tmp_path, *SUITE, BROKEN).parent
    for name in ("index.html", "cooperatives/KSP-A.html", "tables/members.html"):
        text = read(site / name).text
        assert "Conversion Error while reading the rows" in text
        assert not [value for value in PRIVATE if value in text]
    assert "1 aturan tidak dapat diperiksa: semua koperasi terhambat" in read(site / "index.html").text


def test_the_docs_are_replaced_as_a_whole(tmp_path: Path) -> None:
    stale = built(tmp_path, *SUITE).parent / "cooperatives" / "KSP-LAMA.html"
    stale.write_text("old", encoding="utf-8")
    assert built(tmp_path, *SUITE).is_file()
    assert not stale.exists()
