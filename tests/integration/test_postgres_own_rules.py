"""What the platform added itself: a rule that refuses a row names it, and a `%` in a name harms nothing."""

import random
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_target import ROWS, World, lay, load, new_world

from koop_pipeline.contracts import TABLES
from koop_pipeline.target.model import TargetError, load_order

WHOLE = sum(map(len, ROWS.values()))
SAYS_NO = (
    "CREATE FUNCTION platform.says_no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.full_name = 'Joko' THEN"
    " RAISE EXCEPTION 'Joko' USING ERRCODE = '{}', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, CONSTRAINT ="
    " TG_NAME; END IF; RETURN NEW; END $$; CREATE CONSTRAINT TRIGGER says_no AFTER INSERT ON platform.members FOR EACH"
    " ROW EXECUTE FUNCTION platform.says_no()"
)
JOKO = "UPDATE new_members SET full_name = 'Joko' WHERE member_no = 'A-2'"
ONE_MAIL = "ALTER TABLE platform.members ADD CONSTRAINT one_mail EXCLUDE USING btree ({})"
OTHER_COOPERATIVE = (
    "; INSERT INTO platform.cooperatives (cooperative_id, name, kind, form, savings_loan_unit, status) VALUES ('KSP-C',"
    " 'x', 'services', 'primary', 'none', 'active'); INSERT INTO platform.members (cooperative_id, member_no,"
    " full_name, party, membership, status, email) VALUES ('KSP-C', 'C-1', 'x', 'person', 'member', 'active', 'Q@y.z')"
)
MAIL = "UPDATE new_members SET email = 'q@y.z' WHERE member_no = 'A-2'"
TWICE = (
    MAIL + "; INSERT INTO new_members BY NAME SELECT * REPLACE ('A-3' AS member_no) FROM new_members"
    " WHERE member_no = 'A-2'"
)
NPWP = "UPDATE new_members SET npwp = CASE member_no WHEN 'A-2' THEN '12.345-x' ELSE '123' END"
MEMBER = "the target refuses row A-2 of members: "
NONE_TAKEN = MEMBER + "a value is none that it takes (invalid text representation)"
LONG = "".join(random.Random(1).choices(string.ascii_letters, k=6000))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A new database with its target, and a connection of the database's owner beside it."""
    with new_world(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("added", "rows", "said"),
    [
        (SAYS_NO.format("check_violation"), JOKO, MEMBER + "it breaks the constraint says_no"),
        (SAYS_NO.format("foreign_key_violation"), JOKO, MEMBER + "what it refers to is not there, or rows still refer"),
        (SAYS_NO.format("not_null_violation"), JOKO, MEMBER + "a value is empty"),
        (ONE_MAIL.format("lower(email) WITH =") + OTHER_COOPERATIVE, MAIL,
         MEMBER + "it breaks the constraint one_mail"),
        (ONE_MAIL.format("email WITH =") + OTHER_COOPERATIVE, MAIL.replace("q", "Q"),
         MEMBER + "it breaks the constraint one_mail"),
        (ONE_MAIL.format("cooperative_id WITH =, lower(email) WITH ="), TWICE,
         "the target refuses a row of members: it breaks the constraint one_mail"),
        ("ALTER TABLE platform.members ADD CHECK (npwp::numeric > 0)", NPWP, NONE_TAKEN),
        ("ALTER TABLE platform.members ADD COLUMN tax numeric GENERATED ALWAYS AS (npwp::numeric) STORED", NPWP,
         NONE_TAKEN),
        ("CREATE INDEX by_npwp ON platform.members ((npwp::numeric))", NPWP, NONE_TAKEN),
        ("ALTER TABLE platform.members ADD CONSTRAINT positive CHECK (npwp::numeric > 0)",
         "UPDATE new_members SET npwp = '-1'; INSERT INTO new_members BY NAME SELECT * REPLACE ('A-3' AS member_no,"
         " 'Joko' AS npwp) FROM new_members WHERE member_no = 'A-2'",
         "the target refuses row A-1 of members: it breaks the constraint positive"),
        ("CREATE INDEX by_name ON platform.members (full_name)",
         f"UPDATE new_members SET full_name = '{LONG}' WHERE member_no = 'A-2'", MEMBER + "a value is too long"),
    ],
)  # fmt: skip
def test_a_row_that_a_rule_of_the_platform_refuses_is_named_and_the_rest_goes_on(
    world: World, added: str, rows: str, said: str
) -> None:
    staging, target, owner = world
    owner.execute(added.encode())
    lay(staging, "KSP-A")
    staging.execute(rows)
    with pytest.raises(TargetError) as refused, target.writing("KSP-A") as writing:
        for table in load_order():
            writing.insert(table, f"new_{table.name}")
    assert str(refused.value).startswith(said)
    assert not refused.value.passing
    for private in ("Siti", "Budi", "Joko", "y.z", "12.345", LONG[:9]):
        assert private not in str(refused.value)
    assert load(staging, target, "KSP-B") == WHOLE


LOAN = "(SELECT cooperative_id, loan_no FROM new_loans)"
OWN = (
    'CREATE TABLE platform.own (cooperative_id text, "no %s" text, FOREIGN KEY (cooperative_id, "no %s") REFERENCES'
    " platform.loans); INSERT INTO platform.own VALUES ('KSP-A', 'P-1')"
)


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("ALTER TABLE platform.loans ADD COLUMN diskon text DEFAULT '0 %'", []),
        ("ALTER TABLE platform.loans ADD COLUMN diskon text DEFAULT '100%s'; UPDATE platform.loans SET diskon = '%'",
         ["column diskon of loans (1 row)"]),
        ("ALTER TABLE platform.loans ADD COLUMN \"diskon %s {}\" text DEFAULT '0'", []),
        (OWN, ["table platform.own, which refers to loans (1 row)"]),
    ],
)  # fmt: skip
def test_a_percent_sign_in_what_the_platform_added_hinders_no_removal(
    world: World, added: str, said: list[str]
) -> None:
    staging, target, owner = world
    load(staging, target, "KSP-A")
    owner.execute(added.encode())
    with target.writing("KSP-A") as writing:
        assert writing.beside() == said
        assert writing.beside({"loans": LOAN}) == said
        if not said:
            writing.remove(TABLES["collaterals"], None)
            writing.remove(TABLES["loan_schedules"], None)
            writing.remove(TABLES["loan_repayments"], None)
            assert writing.remove(TABLES["loans"], LOAN) == 1
