"""Which members are merged, which are listed, who stays and what goes with it; scores are added up by hand."""

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koop_pipeline.cleaning.duplicates import forget, settle
from koop_pipeline.contracts import TABLES
from koop_pipeline.staging import Staging
from koop_pipeline.staging.schema import typed_columns

MEMBERS = TABLES["members"]
NIK, OTHER_NIK = "5301014101800001", "5302022202750007"
Row = dict[str, Any]
PLAIN: Row = {"cooperative_id": "A", "party": "person", "membership": "member", "status": "active"}


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    path: Path = tmp_path_factory.mktemp("duplicates") / "staging.duckdb"
    with Staging.open(path) as opened:
        yield opened


def fill(staging: Staging, table: str, rows: list[Row]) -> None:
    """`_koop_cleaned` with these rows, numbered from 1, each from the line after its number."""
    forget(staging, TABLES[table], ["A", "B"])
    staging.execute(
        f"CREATE OR REPLACE TEMP TABLE _koop_cleaned ({typed_columns(TABLES[table])}, _excluded VARCHAR, _as_of DATE,"
        " _source_file VARCHAR, _source_table VARCHAR, _source_row BIGINT)"
    )
    for number, row in enumerate(rows, 1):
        whole = {"_row": number, "_source_file": "anggota.csv", "_source_row": number + 1, **row}
        marks = ", ".join("?" for _ in whole)
        staging.execute(f"INSERT INTO _koop_cleaned ({', '.join(whole)}) VALUES ({marks})", list(whole.values()))


def members(staging: Staging, *rows: Row, same: list[tuple[int, int]] = (), apart: list[tuple[int, int]] = ()) -> None:  # type: ignore[assignment]
    """Settle these members; member numbers are M1, M2, ... unless given."""
    staging.execute("DELETE FROM cleaned.failures")
    fill(staging, "members", [{**PLAIN, "member_no": f"M{at}", **row} for at, row in enumerate(rows, 1)])
    for name in ("mapped.corrections", "mapped.different_people"):
        staging.execute(f"DELETE FROM {name}")
    for row, into in same:
        staging.execute(
            "INSERT INTO mapped.corrections (cooperative_id, action, table_name, outcome, row, into_row)"
            " VALUES ('A', 'merge', 'members', 'applied', ?, ?)",
            [row, into],
        )
    for one, other in apart:
        staging.execute("INSERT INTO mapped.different_people VALUES ('A', ?, ?)", [f"M{one}", f"M{other}"])
    settle(staging, MEMBERS)


def merges(staging: Staging) -> list[tuple[Any, ...]]:
    """(row, into_row) of every merge."""
    return staging.rows("SELECT row, into_row FROM cleaned.merges ORDER BY ALL")


def listed(staging: Staging) -> list[tuple[Any, ...]]:
    """(row_a, row_b, score) of every probable pair."""
    return staging.rows("SELECT row_a, row_b, score FROM cleaned.probable_duplicates ORDER BY ALL")


def person(name: str | None = None, nik: str | None = None, born: str | None = None, **more: Any) -> Row:
    return {"full_name": name, "nik": nik, "birth_date": born, **more}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (person("Siti Aminah", NIK), person("SITI  AMINAH", NIK)),
        (person("Hj. Siti Aisyah, S.Pd", NIK), person("SITI AISJAH", NIK)),
        (person("Siti Aminah", NIK, "1980-01-05"), person("Siti Aminah Ola", NIK, "1980-01-05")),
        (person("Siti Aminah", NIK, "1980-01-05"), person("Siti Aminah", NIK, "1981-01-05")),
    ],
)
def test_the_same_nik_and_the_same_name_or_birth_date_is_merged(staging: Staging, one: Row, other: Row) -> None:
    members(staging, one, other)
    assert merges(staging) == [(2, 1)]
    assert listed(staging) == []
    assert staging.rows("SELECT _row, _excluded FROM _koop_cleaned ORDER BY _row") == [(1, None), (2, "MBR-DUP-01")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (person("Siti Aminah", NIK), person("Siti Aminah", OTHER_NIK)),
        (person("Siti Aminah", None, "1980-01-05"), person("Siti Aminah", None, "1980-01-05")),
        (person("Siti Aminah", NIK, cooperative_id="A"), person("Siti Aminah", NIK, cooperative_id="B")),
        (person("UD Maju", NIK, party="organisation"), person("UD Maju", NIK, party="organisation")),
        (person("UD Maju", NIK, party="organisation"), person("UD Maju", NIK)),
        (person("Siti Aminah", NIK), person("Siti Aminah", NIK, _excluded="soft-deleted")),
        (person("Siti Aminah", NIK), person("Siti Aminah", NIK, member_no=None)),
        (person(None, NIK), person(None, NIK)),
    ],
)
def test_anything_less_is_not_merged(staging: Staging, one: Row, other: Row) -> None:
    members(staging, one, other)
    assert merges(staging) == []


def test_nothing_is_merged_along_a_chain(staging: Staging) -> None:
    """1 and 2 share the name, 2 and 3 the birth date (and are alike), 1 and 3 only the NIK: all are only probable."""
    members(
        staging,
        person("Siti Aminah", NIK, "1980-01-05"),
        person("Siti Aminah", NIK, "1984-01-09"),
        person("Siti Aminah Ola", NIK, "1984-01-09"),
    )
    assert merges(staging) == []
    assert listed(staging) == [(1, 2, 160), (1, 3, 130), (2, 3, 190)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (person("Budi Karyanto", NIK, "1985-03-02", gender="male"), person("Ny. Budi Karyanto", NIK, gender="female")),
        (person("Petrus Lay", NIK, "1975-02-01"), person("Alm. Petrus Lay", NIK, "1950-07-30")),
    ],
)
def test_a_shared_card_in_a_family_is_only_listed(staging: Staging, one: Row, other: Row) -> None:
    members(staging, one, other)
    assert (merges(staging), [pair[:2] for pair in listed(staging)]) == ([], [(1, 2)])


def test_what_is_in_the_target_is_merged_no_further(staging: Staging) -> None:
    rows = [person("Siti", NIK), person("Siti", NIK), person("Markus", OTHER_NIK), person("Markus", OTHER_NIK)]
    staging.execute("INSERT INTO verification.loaded VALUES ('A')")
    staging.execute("INSERT INTO verification.loaded_merges VALUES ('A', 2, 1, 'MBR-DUP-01')")
    members(staging, *rows)
    for name in ("loaded", "loaded_merges"):
        staging.execute(f"DELETE FROM verification.{name}")
    assert (merges(staging), [pair[:2] for pair in listed(staging)]) == ([(2, 1)], [(3, 4)])


def test_one_nik_and_birth_date_under_clearly_different_names_is_only_listed(staging: Staging) -> None:
    """A NIK contains the birth date, so the two are one witness, not two."""
    members(staging, person("Siti Aminah", NIK, "1980-01-05"), person("Markus Bria", NIK, "1980-01-05"))
    assert merges(staging) == []
    assert listed(staging) == [(1, 2, 155)]


def test_a_shared_nik_beside_a_sure_group_is_listed_against_the_one_that_stays(staging: Staging) -> None:
    members(
        staging,
        person("Siti Aminah", NIK, "1980-01-05"),
        person("Siti Aminah", NIK, "1980-01-05"),
        person("Markus Bria", NIK, "1984-05-09"),
    )
    assert merges(staging) == [(2, 1)]
    assert listed(staging) == [(1, 3, 95)]


def test_a_number_that_stands_on_another_member_too_keeps_the_rows_apart(staging: Staging) -> None:
    """Whose savings M1 means could not be told any more after a merge."""
    members(
        staging,
        person("Siti Aminah", NIK, member_no="M1"),
        person("Siti Aminah", NIK, member_no="M2"),
        person("Markus Bria", OTHER_NIK, member_no="M1"),
    )
    assert merges(staging) == []
    assert listed(staging) == [(1, 2, 185)]


def test_a_nik_on_more_than_ten_rows_is_a_placeholder(staging: Staging) -> None:
    members(staging, *(person("Siti Aminah", NIK) for _ in range(10)))
    assert len(merges(staging)) == 9
    members(staging, *(person("Siti Aminah", NIK) for _ in range(11)))
    assert (merges(staging), listed(staging)) == ([], [])


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        # same birth date 35 + similar name 25
        (person("Siti Aminah", None, "1980-03-05"), person("Siti Amina", None, "1980-03-05"), 60),
        # the same, but 1 January is 20: not listed
        (person("Siti Aminah", None, "1980-01-01"), person("Siti Amina", None, "1980-01-01"), None),
        # 35 + another order of the words 25
        (person("Aminah Siti", None, "1980-03-05"), person("Siti Aminah", None, "1980-03-05"), 60),
        # 35 + cut off after twelve letters or more 25
        (person("Siti Aminah Rahmawati", None, "1980-03-05"), person("Siti Aminah Ra", None, "1980-03-05"), 60),
        # same name 35 + same address 25, written differently
        (
            person("Siti Aminah", address="Jl. Timor Raya No. 012"),
            person("Siti Aminah", address="JALAN TIMOR RAYA 12"),
            60,
        ),
        # father and son: 35 + 25 - another birth date 25
        (
            person("Siti Aminah", None, "1950-03-05", address="Jl. Timor 1"),
            person("Siti Aminah", None, "1979-07-08", address="Jl. Timor 1"),
            None,
        ),
        # day and month swapped: 35 + 25 + 15
        (
            person("Siti Aminah", None, "1980-03-05", address="Jl. Timor 1"),
            person("Siti Aminah", None, "1980-05-03", address="Jl. Timor 1"),
            75,
        ),
        # only the year known: 35 + 25 + 15
        (
            person("Siti Aminah", None, "1980-03-05", address="Jl. Timor 1"),
            person("Siti Aminah", None, "1980-01-01", address="Jl. Timor 1"),
            75,
        ),
        # same NIK only: 150 - 25 - 30
        (person("Siti Aminah", NIK, "1980-03-05"), person("Markus Bria", NIK, "1991-10-20"), 95),
        # and another gender: - 30
        (
            person("Siti Aminah", NIK, "1980-03-05", gender="female"),
            person("Markus Bria", NIK, "1991-10-20", gender="male"),
            65,
        ),
        # one digit of the district wrong 30 + same name 35
        (person("Siti Aminah", "5301014101800001"), person("Siti Aminah", "5301024101800001"), 65),
        # two digits swapped 30 + same name 35
        (person("Siti Aminah", "5301014102800001"), person("Siti Aminah", "5301014120800001"), 65),
        # two valid NIKs that clearly differ: 35 + 35 - 40
        (person("Siti Aminah", NIK, "1980-03-05"), person("Siti Aminah", OTHER_NIK, "1980-03-05"), None),
        # the same with address and phone: 30 + 25 + 20
        (
            person("Siti Aminah", NIK, "1980-03-05", address="Jl. Timor 1", phone="+62812"),
            person("Siti Aminah", OTHER_NIK, "1980-03-05", address="Jl. Timor 1", phone="+62812"),
            75,
        ),
        # twins: same birth date 35 + address 25 - next serial 10 - other names 30
        (
            person("Hasan Saleh", "5301010503800001", "1980-03-05", address="Jl. Timor 1"),
            person("Markus Saleh", "5301010503800002", "1980-03-05", address="Jl. Timor 1"),
            None,
        ),
        # husband and wife: address 25 + phone 20 - other names 30
        (
            person("Hasan Saleh", address="Jl. Timor 1", phone="+62812"),
            person("Ratna Dewi", address="Jl. Timor 1", phone="+62812"),
            None,
        ),
        # a person and an organisation are never compared
        (
            person("Siti", NIK, address="Jl. Timor 1"),
            person("Siti", NIK, address="Jl. Timor 1", party="organisation"),
            None,
        ),
    ],
)
def test_a_pair_is_listed_from_sixty_points(staging: Staging, one: Row, other: Row, score: int | None) -> None:
    members(staging, one, other)
    assert merges(staging) == []
    assert listed(staging) == ([] if score is None else [(1, 2, score)])


def test_the_reasons_of_a_pair_add_up_to_its_score_and_name_the_fields_only(staging: Staging) -> None:
    members(staging, person("Siti Aminah", NIK, "1980-03-05"), person("Markus Bria", NIK, "1991-10-20"))
    (agreed,) = staging.rows("SELECT agreed FROM cleaned.probable_duplicates")[0]
    assert json.loads(agreed) == [
        {"field": "nik", "how": "same", "weight": 150},
        {"field": "birth_date", "how": "different", "weight": -25},
        {"field": "full_name", "how": "different", "weight": -30},
    ]
    assert staging.rows("SELECT rule, row, column_name, before, source_row, note FROM cleaned.failures") == [
        (
            "MBR-DUP-02", 2, "member_no", "M2", 3,
            "member M2 may be the same person as member M1: same nik, different birth date, different full name,"
            " score 95",
        )
    ]  # fmt: skip


def test_a_birth_date_that_many_share_is_no_evidence_beside_a_similar_name(staging: Staging) -> None:
    """Twelve on one day, when ten are common: the pair has 20 + 25 points only."""
    names = ["Maria Seran", "Maria Seram", "Yohanes Klau", "Agus Lopo", "Budi Taneo", "Dedi Neno", "Eko Benu"]
    names += ["Ratna Kase", "Umar Djawa", "Wahyu Pello", "Ester Foeh", "Simon Liu"]
    members(staging, *(person(name, None, "1980-03-05") for name in names))
    assert listed(staging) == []
    members(staging, *(person(name, None, "1980-03-05") for name in names[:10]))
    assert listed(staging) == [(1, 2, 60)]


@pytest.mark.parametrize(
    ("one", "other", "stays"),
    [
        ({"status": "inactive", "joined_on": "2001-01-01"}, {"status": "active", "joined_on": "2010-01-01"}, 2),
        ({"status": "left", "joined_on": "2001-01-01"}, {"status": "inactive", "joined_on": "2010-01-01"}, 2),
        ({"status": "left", "joined_on": "2010-01-01"}, {"status": "deceased", "joined_on": "2001-01-01"}, 2),
        ({"joined_on": "2010-01-01"}, {"joined_on": "2001-01-01"}, 2),
        ({"joined_on": None}, {"joined_on": "2001-01-01"}, 2),
        ({"phone": None}, {"phone": "+6281"}, 2),
        ({"member_no": "M8"}, {"member_no": "M7"}, 2),
        ({"member_no": "M7"}, {"member_no": "M7"}, 1),
    ],
)
def test_who_stays(staging: Staging, one: Row, other: Row, stays: int) -> None:
    members(staging, person("Siti", NIK, **one), person("Siti", NIK, **other))
    assert merges(staging) == [(3 - stays, stays)]


def test_empty_cells_are_filled_in_the_order_of_who_would_stay(staging: Staging) -> None:
    members(
        staging,
        person("Siti", NIK, status="left", left_on="2020-01-01", address="Jl. C", email="c@example.org"),
        person("Siti", NIK, status="inactive", address="Jl. B", phone="+62812"),
        person("Siti", NIK, status="active", birth_place="Kupang"),
    )
    assert merges(staging) == [(1, 3), (2, 3)]
    shown = "member_no, status, left_on, address, phone, email, birth_place"
    assert staging.rows(f"SELECT {shown} FROM _koop_cleaned WHERE _row = 3") == [
        ("M3", "active", None, "Jl. B", "+62812", "c@example.org", "Kupang")
    ]
    assert staging.rows("SELECT row, column_name, from_row, rule FROM cleaned.merge_changes ORDER BY ALL") == [
        (3, "address", 2, "MBR-DUP-01"),
        (3, "email", 1, "MBR-DUP-01"),
        (3, "phone", 2, "MBR-DUP-01"),
    ]


def test_a_merged_row_brings_its_cells_into_further_comparisons(staging: Staging) -> None:
    """Row 2 gives row 1 the birth date by which row 3 is recognised: 35 + similar name 25."""
    members(
        staging,
        person("Siti Aminah", NIK),
        person("Siti Aminah", NIK, "1980-03-05"),
        person("Siti Amina", None, "1980-03-05"),
    )
    assert (merges(staging), listed(staging)) == ([(1, 2)], [(2, 3, 60)])


def test_a_cell_that_another_row_of_the_person_gives_is_no_failure_any_more(staging: Staging) -> None:
    fill(
        staging,
        "members",
        [
            {**PLAIN, **person("Siti", NIK, member_no="M1", joined_on="2001-01-01")},
            {**PLAIN, **person("Siti", NIK, member_no="M2", phone="+62812")},
        ],
    )
    staging.execute("DELETE FROM cleaned.failures")
    for row, column in ((1, "phone"), (1, "email"), (2, "email"), (2, "joined_on")):
        staging.execute(
            "INSERT INTO cleaned.failures (cooperative_id, table_name, row, column_name, rule)"
            " VALUES ('A', 'members', ?, ?, 'X')",
            [row, column],
        )
    settle(staging, MEMBERS)
    left = staging.rows("SELECT row, column_name FROM cleaned.failures WHERE rule = 'X' ORDER BY ALL")
    assert left == [(1, "email"), (2, "email")]


def test_what_an_officer_decided_stands_first(staging: Staging) -> None:
    """3 is 2 by decision though nothing agrees; 2 was named, so it stays although 1 joined earlier."""
    members(
        staging,
        person("Siti", NIK, joined_on="2001-01-01"),
        person("Siti", NIK, joined_on="2010-01-01"),
        person("Markus", OTHER_NIK),
        same=[(3, 2)],
    )
    found = staging.rows("SELECT row, into_row, into_member_no, rule, score FROM cleaned.merges ORDER BY ALL")
    assert found == [(1, 2, "M2", "MBR-DUP-01", 185), (3, 2, "M2", "COR-MERGE-01", -70)]
    assert staging.rows("SELECT row, rule FROM cleaned.failures") == [(1, "MBR-DUP-01")]


def test_decisions_in_a_chain_end_at_its_last_row_and_a_circle_is_void(staging: Staging) -> None:
    members(staging, *(person(name) for name in "ABCDE"), same=[(1, 2), (2, 3), (4, 5), (5, 4)])
    assert merges(staging) == [(1, 3), (2, 3)]


def test_two_that_an_officer_keeps_apart_are_neither_merged_nor_listed(staging: Staging) -> None:
    members(staging, person("Siti", NIK), person("Siti", NIK), apart=[(2, 1)])
    assert (merges(staging), listed(staging)) == ([], [])
    members(staging, *(person("Siti", NIK) for _ in range(3)), apart=[(1, 2)])
    assert (merges(staging), listed(staging)) == ([], [(1, 3, 185), (2, 3, 185)])


def test_decisions_serve_one_run_only(staging: Staging) -> None:
    members(staging, person("A"), person("B"), same=[(1, 2)])
    members(staging, person("A"), person("B"))
    assert merges(staging) == []


def test_what_refers_to_a_merged_member_follows_it(staging: Staging) -> None:
    members(staging, person("Siti", NIK), person("Siti", NIK), person("Markus"))
    kept = "SELECT cooperative_id, member_no FROM _koop_cleaned WHERE _excluded IS NULL"
    staging.execute(f"INSERT INTO cleaned.members BY NAME {kept}")
    accounts = [{"cooperative_id": "A", "member_no": number, "balance": 5} for number in ("M1", "M2", "M3", None)]
    fill(staging, "savings_accounts", [*accounts, {"cooperative_id": "B", "member_no": "M2"}])
    settle(staging, TABLES["savings_accounts"])
    followed = staging.rows("SELECT cooperative_id, member_no FROM _koop_cleaned ORDER BY _row")
    assert followed == [("A", "M1"), ("A", "M1"), ("A", "M3"), ("A", None), ("B", "M2")]
    changes = "SELECT row, column_name, rule FROM cleaned.merge_changes WHERE table_name = 'savings_accounts'"
    assert staging.rows(changes) == [(2, "member_no", "MBR-DUP-01")]
    staging.execute("DELETE FROM cleaned.members")


PEOPLE = st.fixed_dictionaries(
    {
        "nik": st.sampled_from([None, NIK, OTHER_NIK]),
        "full_name": st.sampled_from(["Siti Aminah", "Markus Bria", "Siti Aminah Ola"]),
        "birth_date": st.sampled_from([None, "1980-03-05", "1991-10-20"]),
        "party": st.sampled_from(["person", "person", "person", "organisation"]),
        "status": st.sampled_from(["active", "left"]),
    }
)


@given(st.lists(PEOPLE, min_size=2, max_size=7))
def test_merged_groups_are_those_in_which_every_pair_is_sure(staging: Staging, rows: list[Row]) -> None:
    members(staging, *rows)
    groups: dict[int, set[int]] = {}
    for row, into in merges(staging):
        groups.setdefault(into, {into}).add(row)
    assert sorted(map(sorted, groups.values())) == sorted(map(sorted, _sure_groups(rows)))
    kept = staging.value("SELECT count(*) FROM _koop_cleaned WHERE _excluded IS NULL")
    assert kept + len(merges(staging)) == len(rows)
    assert all(
        rows[into - 1]["status"] == "active" or rows[row - 1]["status"] == "left" for row, into in merges(staging)
    )


def _sure_groups(rows: list[Row]) -> list[set[int]]:
    """Connected rows, two or more, kept where each pair of them is sure: by looking at every pair."""

    def sure(a: int, b: int) -> bool:
        one, other = rows[a - 1], rows[b - 1]
        born = one["birth_date"] is not None and one["birth_date"] == other["birth_date"]
        alike = "Markus Bria" not in (one["full_name"], other["full_name"])
        known = one["birth_date"] is not None and other["birth_date"] is not None
        people = one["party"] == other["party"] == "person"
        return (
            people
            and (born or not known)
            and one["nik"] is not None
            and one["nik"] == other["nik"]
            and ((born and alike) or one["full_name"] == other["full_name"])
        )

    groups = [{at} for at in range(1, len(rows) + 1)]
    for a, b in combinations(range(1, len(rows) + 1), 2):
        if sure(a, b):
            joined = [group for group in groups if group & {a, b}]
            groups = [group for group in groups if not group & {a, b}] + [set().union(*joined)]
    return [group for group in groups if len(group) > 1 and all(sure(a, b) for a, b in combinations(sorted(group), 2))]
