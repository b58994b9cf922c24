"""`program.yaml`, batches and profiles: what each scalar means, how overrides are laid over, and what a fault says.

A fault in a config is a `ConfigError` of one sentence with file and line; nothing is started (exit code 2).
"""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from koop_pipeline.errors import ConfigError
from koop_pipeline.program.folder import ProgramFolder
from koop_pipeline.program.profile import Profile
from koop_pipeline.program.run import BatchRun

PROGRAM = "program: ntt-2026\nname: Digitalisasi Koperasi\n"
BATCH = """\
batch: gelombang-01
cutoff_on: 2026-06-30
cooperatives:
  - id: KSP-A
    name: KSP A
    profile: ksp-csv
    source: legacy/KSP-A
"""
PROFILE = """\
profile: ksp-csv
reads: {format: csv}
members:
  from: anggota
  exclude: {test: "nama = 'TEST'"}
  columns:
    member_no: no
    full_name: nama
    status: {from: aktif, values: {Y: active, N: inactive}}
savings_accounts:
  - from: pokok
    columns: {account_no: rek}
  - from: wajib
    columns: {account_no: rek}
"""


def folder(root: Path, *, program: str = PROGRAM, batch: str = BATCH, profile: str = PROFILE) -> ProgramFolder:
    """A programme folder with one batch and one profile."""
    for name in ("batches", "mappings"):
        (root / name).mkdir(exist_ok=True)
    (root / "program.yaml").write_text(program)
    (root / "batches/gelombang-01.yaml").write_text(batch)
    (root / "mappings/ksp-csv.yaml").write_text(profile)
    return ProgramFolder(root)


def with_overrides(root: Path, overrides: str, *, profile: str = PROFILE) -> ProgramFolder:
    """The same, with overrides for its cooperative."""
    made = folder(root, batch=BATCH + "    overrides: mappings/KSP-A.yaml\n", profile=profile)
    (root / "mappings/KSP-A.yaml").write_text(overrides)
    return made


def effective(programme: ProgramFolder) -> Profile:
    """The profile of its one cooperative."""
    return programme.mapping(programme.batch("gelombang-01").cooperatives[0]).profile


def fault(programme: ProgramFolder) -> str:
    """The message with which the batch is refused."""
    with pytest.raises(ConfigError) as refused:
        programme.batch("gelombang-01")
    message = str(refused.value)
    assert "\n" not in message
    return message


BATCH_FAULTS = {
    "unknown key": (
        BATCH + "    sourse: legacy/B\n",
        "gelombang-01.yaml, line 8: the key 'cooperatives.0.sourse' is not known here; remove it or correct",
    ),
    "unknown key at the top": (
        BATCH + "cutof: 2026-06-30\n",
        "gelombang-01.yaml, line 8: the key 'cutof' is not known",
    ),
    "missing key": (
        BATCH.replace("    profile: ksp-csv\n", ""),
        "gelombang-01.yaml, line 4: the key 'cooperatives.0.profile' is missing",
    ),
    "missing key at the top": (
        BATCH.replace("cutoff_on: 2026-06-30\n", ""),
        "gelombang-01.yaml, line 1: the key 'cutoff_on' is missing",
    ),
    "wrong type": (BATCH.replace("2026-06-30", "akhir Juni"), "gelombang-01.yaml, line 2: cutoff_on: "),
    "a day that is not": (BATCH.replace("2026-06-30", "2026-06-31"), "gelombang-01.yaml, line 2: cutoff_on: "),
    "a map for a list": (
        "batch: gelombang-01\ncutoff_on: 2026-06-30\ncooperatives:\n  id: KSP-A\n",
        "gelombang-01.yaml, line 3: cooperatives: ",
    ),
    "unknown method": (
        BATCH + "method: big-bang\n",
        "gelombang-01.yaml, line 8: method: Input should be 'cutover', 'parallel' or 'phased' (it says 'big-bang')",
    ),
    "an id that is a path": (
        BATCH.replace("id: KSP-A", "id: ../KSP-A"),
        "gelombang-01.yaml, line 4: cooperatives.0.id: ",
    ),
    "the same id twice": (
        BATCH + "  - {id: ksp-a, name: B, profile: ksp-csv, source: legacy/B}\n",
        "the cooperative 'ksp-a' stands twice in the batch",
    ),
    "unknown profile": (
        BATCH.replace("profile: ksp-csv", "profile: ksp-cvs"),
        "gelombang-01.yaml, line 6: mappings/ksp-cvs.yaml is not there; did you mean 'ksp-csv'?",
    ),
    "overrides that are not there": (
        BATCH + "    overrides: mappings/KSP-A.yaml\n",
        "gelombang-01.yaml, line 8: mappings/KSP-A.yaml is not there",
    ),
    "unknown fact": (
        BATCH + "    facts: {kindd: savings_loan}\n",
        "gelombang-01.yaml, line 8: cooperatives.0.facts: 'kindd' is not a column of cooperatives",
    ),
    "unknown category": (
        BATCH + "    absent: {collateral: none given}\n",
        "gelombang-01.yaml, line 8: cooperatives.0.absent: 'collateral' is not a category; use one of officers",
    ),
    "absent without a reason": (
        BATCH + '    absent: {collaterals: ""}\n',
        "gelombang-01.yaml, line 8: cooperatives.0.absent: absent.collaterals needs a reason",
    ),
    "unknown total": (
        BATCH + "    declared: {document: Neraca, saving: 1.00}\n",
        "gelombang-01.yaml, line 8: cooperatives.0.declared",
    ),
    "a total that is no amount": (
        BATCH + "    declared:\n      document: Neraca\n      savings: 1.5 juta\n",
        "gelombang-01.yaml, line 10: ",
    ),
    "a total with dots": (
        BATCH + "    declared:\n      document: Neraca\n      savings: 150.000.000\n",
        "gelombang-01.yaml, line 10: ",
    ),
    "a total of a thousandth": (
        BATCH + "    declared:\n      document: Neraca\n      savings: 1.005\n",
        "gelombang-01.yaml, line 10: ",
    ),
    "totals without a document": (
        BATCH + "    declared: {savings: 1.00}\n",
        "gelombang-01.yaml, line 8: the key 'cooperatives.0.declared.document' is missing",
    ),
    "a start without a zone": (
        BATCH + "starts_at: 2026-07-03T19:00:00\n",
        "gelombang-01.yaml, line 8: starts_at: needs a time zone, such as 2026-07-03T19:00:00+08:00",
    ),
    "another name than its file": (
        BATCH.replace("gelombang-01", "gelombang-02"),
        "gelombang-01.yaml, line 1: the batch is called 'gelombang-02', its file 'gelombang-01'; they must agree",
    ),
    "not YAML": (BATCH + "    facts: {kind: [a\n", "gelombang-01.yaml, line 9: not valid YAML: "),
    "a tab": (BATCH + "\trat: []\n", "gelombang-01.yaml, line 8: not valid YAML: "),
    "a key twice": (BATCH + "batch: gelombang-01\n", "gelombang-01.yaml, line 8: the key 'batch' stands twice"),
    "nothing in it": ("", "gelombang-01.yaml: must be a mapping of keys to values"),
    "a list": ("- batch\n", "gelombang-01.yaml: must be a mapping of keys to values"),
    "an alias to itself": ("batch: &a [*a]\n", "gelombang-01.yaml, line 1: an alias that contains itself"),
}
PROFILE_FAULTS = {
    "unknown key": (PROFILE + "date: dmy\n", "ksp-csv.yaml, line 15: the key 'date' is not known"),
    "unknown setting": (PROFILE.replace("{format: csv}", "{format: csv, seperator: ;}"), "ksp-csv.yaml, line 2: "),
    "unknown format": (PROFILE.replace("format: csv", "format: xls"), "ksp-csv.yaml, line 2: "),
    "unknown column": (
        PROFILE.replace("full_name: nama", "fullname: nama"),
        "members has no column 'fullname'; did you mean 'full_name'?",
    ),
    "a header that is no row": (
        PROFILE.replace("{format: csv}", "{format: csv, header: atas}"),
        "ksp-csv.yaml, line 2: ",
    ),
    "no origin": (
        PROFILE.replace("{from: aktif, values: {Y: active, N: inactive}}", "{values: {Y: active}}"),
        "ksp-csv.yaml, line 9: members.columns.status: needs either 'from' or 'value'",
    ),
    "two origins": (
        PROFILE.replace("{from: aktif, ", "{from: aktif, value: active, "),
        "ksp-csv.yaml, line 9: members.columns.status: needs either 'from' or 'value'",
    ),
    "neither columns nor SQL": (
        PROFILE.replace("    columns: {account_no: rek}\n", "", 1),
        "ksp-csv.yaml, line 11: savings_accounts.0: needs 'columns' or 'sql'",
    ),
    "no leading table": (
        PROFILE.replace("  from: anggota\n", ""),
        "ksp-csv.yaml, line 3: the key 'members.from' is missing",
    ),
    "unknown control": (
        PROFILE + "controls:\n  saving: select 1\n",
        "the control 'saving' is not known; use one of members, savings,",
    ),
    "a control by product that has none": (
        PROFILE + "controls:\n  loan_repayments:MIKRO: select 1\n",
        "ksp-csv.yaml, line 16: the control 'loan_repayments:MIKRO' is not known; by product there are savings:",
    ),
    "a control of a product without a name": (
        PROFILE + 'controls:\n  "loans:": select 1\n',
        "ksp-csv.yaml, line 16: the control 'loans:' is not known; by product there are",
    ),
    "unknown date order": (PROFILE + "dates: ydm\n", "ksp-csv.yaml, line 15: dates: Input should be 'dmy', 'mdy' or"),
    "a version that is none": (PROFILE + "version: tiga\n", "ksp-csv.yaml, line 15: version: "),
    "a branch": (
        PROFILE.replace("full_name: nama", "branch: cabang"),
        "members has no column 'branch'",
    ),
    "another name than its file": (
        PROFILE.replace("profile: ksp-csv", "profile: ksp"),
        "ksp-csv.yaml, line 1: the profile is called 'ksp', its file 'ksp-csv'",
    ),
    "not YAML": (PROFILE + "ignore: {a: b\n", "ksp-csv.yaml, line 16: not valid YAML: "),
}
WITH_LINE = {"unknown column": "line 8", "unknown control": "line 16", "a branch": "line 8", "two origins": "line 9"}


@pytest.mark.parametrize("name", BATCH_FAULTS)
def test_a_fault_in_a_batch_names_file_line_and_key(tmp_path: Path, name: str) -> None:
    text, expected = BATCH_FAULTS[name]
    assert expected in fault(folder(tmp_path, batch=text))


@pytest.mark.parametrize("name", PROFILE_FAULTS)
def test_a_fault_in_a_profile_names_file_line_and_key(tmp_path: Path, name: str) -> None:
    text, expected = PROFILE_FAULTS[name]
    message = fault(folder(tmp_path, profile=text))
    assert expected in message
    assert f"ksp-csv.yaml, {WITH_LINE.get(name, 'line ')}" in message


def test_a_duplicate_cooperative_is_named_with_the_line_of_the_second(tmp_path: Path) -> None:
    again = BATCH + "  - {id: KSP-A, name: B, profile: ksp-csv, source: legacy/B}\n"
    assert "gelombang-01.yaml, line 8: " in fault(folder(tmp_path, batch=again))


def test_an_unknown_total_says_which_totals_there_are(tmp_path: Path) -> None:
    message = fault(folder(tmp_path, batch=BATCH + "    declared: {document: Neraca, saving: 1.00}\n"))
    assert "'saving' is not a total that can be declared; use members, savings, savings:PRODUCT, loans" in message


def test_a_batch_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gelombang-1\.yaml: no such batch; did you mean 'gelombang-01'\?"):
        folder(tmp_path).batch("gelombang-1")


def test_a_cooperative_that_is_not_in_the_batch_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gelombang-01\.yaml has no cooperative 'KSP-B'; did you mean 'KSP-A'\?"):
        BatchRun.of(folder(tmp_path), "gelombang-01", ["KSP-B"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("program: ntt-2026\n", "program.yaml, line 1: the key 'name' is missing"),
        (PROGRAM + "target_cooperatives: seribu\n", "program.yaml, line 3: target_cooperatives: "),
        (PROGRAM + "target_cooperatives: 0\n", "program.yaml, line 3: target_cooperatives: "),
        (PROGRAM + "responsible: Dinas\n", "program.yaml, line 3: responsible: "),
        (PROGRAM + "responsible: {nama: Dinas}\n", "program.yaml, line 3: "),
    ],
)
def test_a_fault_in_the_program_names_file_and_line(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as refused:
        _ = folder(tmp_path, program=text).program
    assert expected in str(refused.value)


def test_a_program_that_is_not_there_or_not_utf_8_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"program\.yaml: the file is not there"):
        _ = ProgramFolder(tmp_path).program
    (tmp_path / "program.yaml").write_bytes("program: a\nname: Koperasi Lédé\n".encode("cp1252"))
    with pytest.raises(ConfigError, match=r"program\.yaml: not UTF-8 at byte 27; save it as UTF-8"):
        _ = ProgramFolder(tmp_path).program


def test_scalars_mean_what_they_say(tmp_path: Path) -> None:
    batch = BATCH.replace("name: KSP A", "name: no") + (
        "    facts: {nib: 010, legal_entity_no: 1.10, phone: null, address: 12e3, email: ~}\n"
        '    declared: {document: 1_000, savings: 150000000.00, "savings:0012": 0.10, loans: -5.5}\n'
        "    rat: [2025-03-12]\n"
        "starts_at: 2026-07-03T19:00:00+08:00\n"
    )
    loaded = folder(tmp_path, batch=batch).batch("gelombang-01")
    cooperative = loaded.cooperatives[0]
    assert cooperative.name == "no"
    assert cooperative.facts == {
        "nib": "010", "legal_entity_no": "1.10", "phone": None, "address": "12e3", "email": None,
    }  # fmt: skip
    assert cooperative.declared is not None
    assert cooperative.declared.document == "1_000"
    assert {name: str(amount) for name, amount in cooperative.declared.totals.items()} == {
        "savings": "150000000.00", "savings:0012": "0.10", "loans": "-5.5",
    }  # fmt: skip
    assert all(isinstance(amount, Decimal) for amount in cooperative.declared.totals.values())
    assert (loaded.cutoff_on, cooperative.rat) == (date(2026, 6, 30), (date(2025, 3, 12),))
    assert loaded.starts_at == datetime(2026, 7, 3, 19, tzinfo=timezone(timedelta(hours=8)))


def test_values_of_a_value_table_are_text(tmp_path: Path) -> None:
    profile = PROFILE.replace(
        "{Y: active, N: inactive}", '{yes: active, no: inactive, 010: left, 1.10: active, "null": x}'
    )
    rule = effective(folder(tmp_path, profile=profile)).blocks["members"][0].columns["status"]
    assert rule.values == {"yes": "active", "no": "inactive", "010": "left", "1.10": "active", "null": "x"}


def test_otherwise_null_is_not_the_same_as_no_otherwise(tmp_path: Path) -> None:
    status = effective(folder(tmp_path)).blocks["members"][0].columns["status"]
    assert not status.has_otherwise
    profile = PROFILE.replace("N: inactive}}", "N: inactive}, otherwise: null}")
    covered = effective(folder(tmp_path, profile=profile)).blocks["members"][0].columns["status"]
    assert (covered.has_otherwise, covered.otherwise) == (True, None)


def test_overrides_merge_maps(tmp_path: Path) -> None:
    members = effective(
        with_overrides(
            tmp_path, "members:\n  exclude: {void: batal = '1'}\n  columns: {full_name: nama_lengkap, phone: hp}\n"
        )
    ).blocks["members"][0]
    assert members.source == "anggota"
    assert members.exclude == {"test": "nama = 'TEST'", "void": "batal = '1'"}
    assert {name: rule.source for name, rule in members.columns.items()} == {
        "member_no": "no", "full_name": "nama_lengkap", "status": "aktif", "phone": "hp",
    }  # fmt: skip


def test_overrides_replace_lists(tmp_path: Path) -> None:
    profile = effective(
        with_overrides(tmp_path, "savings_accounts:\n  - {from: tabungan, columns: {account_no: rekening}}\n")
    )
    assert [block.source for block in profile.blocks["savings_accounts"]] == ["tabungan"]


def test_null_in_overrides_removes(tmp_path: Path) -> None:
    profile = effective(
        with_overrides(tmp_path, "members:\n  exclude: null\n  columns: {status: null}\nsavings_accounts: null\n")
    )
    assert profile.blocks["members"][0].exclude == {}
    assert sorted(profile.blocks["members"][0].columns) == ["full_name", "member_no"]
    assert "savings_accounts" not in profile.blocks


def test_overrides_change_a_part_of_a_column(tmp_path: Path) -> None:
    status = (
        effective(
            with_overrides(tmp_path, "members:\n  columns:\n    status: {values: {K: left}, otherwise: inactive}\n")
        )
        .blocks["members"][0]
        .columns["status"]
    )
    assert (status.source, status.values) == ("aktif", {"Y": "active", "N": "inactive", "K": "left"})
    assert status.otherwise == "inactive"


def test_overrides_may_give_a_shorthand_column_settings(tmp_path: Path) -> None:
    column = (
        effective(with_overrides(tmp_path, "members:\n  columns:\n    full_name: {from: nama, otherwise: null}\n"))
        .blocks["members"][0]
        .columns["full_name"]
    )
    assert (column.source, column.has_otherwise) == ("nama", True)


def test_a_profile_is_not_changed_by_the_overrides_of_one_cooperative(tmp_path: Path) -> None:
    batch = BATCH + (
        "    overrides: mappings/KSP-A.yaml\n  - {id: KSP-B, name: B, profile: ksp-csv, source: legacy/B}\n"
    )
    programme = folder(tmp_path, batch=batch)
    (tmp_path / "mappings/KSP-A.yaml").write_text("members: {columns: {full_name: nama_lengkap}}\n")
    first, second = (programme.mapping(item) for item in programme.batch("gelombang-01").cooperatives)
    assert first.profile.blocks["members"][0].columns["full_name"].source == "nama_lengkap"
    assert second.profile.blocks["members"][0].columns["full_name"].source == "nama"
    assert first.sha256 != second.sha256


def test_a_fault_that_the_overrides_make_names_the_overrides_and_its_line(tmp_path: Path) -> None:
    message = fault(with_overrides(tmp_path, "dates: dmy\nmembers:\n  columns:\n    status: {values: 7}\n"))
    assert "KSP-A.yaml, line 4: members.columns.status" in message


def test_a_fault_of_the_profile_names_the_profile_also_where_there_are_overrides(tmp_path: Path) -> None:
    programme = with_overrides(tmp_path, "dates: dmy\n", profile=PROFILE.replace("{format: csv}", "{format: xls}"))
    message = fault(programme)
    assert "mappings/ksp-csv.yaml, line 2: " in message


def test_overrides_that_are_no_map_are_refused(tmp_path: Path) -> None:
    assert "KSP-A.yaml: must be a mapping of keys to values" in fault(with_overrides(tmp_path, "- members\n"))


def test_an_unknown_key_in_overrides_names_the_overrides(tmp_path: Path) -> None:
    assert "KSP-A.yaml, line 2: the key 'member' is not known here" in fault(
        with_overrides(tmp_path, "dates: mdy\nmember: {from: anggota}\n")
    )


def test_a_phase_that_names_its_branch_has_it_in_its_keys_before_the_next_one_comes(tmp_path: Path) -> None:
    one = BATCH.replace("source: legacy/KSP-A", "source: {path: legacy/KSP-A, branch: PST}")
    assert one != BATCH
    for number, (text, prefixed) in enumerate([
        (one, False), (one + "method: parallel\n", False), (one + "method: phased\n", True),
        (BATCH + "method: phased\n", False),
    ]):  # fmt: skip
        (tmp_path / str(number)).mkdir()
        (cooperative,) = folder(tmp_path / str(number), batch=text).batch("gelombang-01").cooperatives
        assert cooperative.prefixes_keys is prefixed
