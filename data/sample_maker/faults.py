"""The known faults: each function takes a sound cooperative and makes it wrong in the way that it is there to show.

Put here what changes the truth or what the legacy system says of it. What is only a form of writing is in `forms`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from sample_maker.truth import Cooperative, Member, Officer

MISSING = 12


def _alter(truth: Cooperative, ordinal: int, **changes: object) -> None:
    truth.members[ordinal] = replace(truth.members[ordinal], **changes)  # type: ignore[arg-type]


def _says(truth: Cooperative, ordinal: int, field: str, wrong: Callable[[Member], str]) -> None:
    """The source says something else of the first ordinary member from `ordinal` on."""
    officers = {officer.member_no for officer in truth.officers}
    while truth.members[ordinal].no in officers or truth.members[ordinal].source:
        ordinal += 1
    member = truth.members[ordinal]
    _alter(truth, ordinal, source={field: wrong(member)})


def _other_birth(member: Member) -> str:
    """The member's NIK with another birth year: of the right form, but it disagrees with the birth date."""
    year = (member.birth.year + (3 if member.birth.day < 29 else 4)) % 100
    return f"{member.nik[:10]}{year:02d}{member.nik[12:]}"


def tani(truth: Cooperative) -> None:
    """NIKs that disagree, placeholders, phones that are none, a manager who is not a member."""
    for ordinal in (4, 11, 23):
        _says(truth, ordinal, "nik", _other_birth)
    _says(truth, 30, "nik", lambda _: "123456789")
    _says(truth, 33, "nik", lambda member: member.nik[:15])
    _says(truth, 36, "nik", lambda _: "-")
    _says(truth, 40, "phone", lambda _: "08")
    _says(truth, 44, "phone", lambda _: "0")
    _outsider(truth)


def bahari(truth: Cooperative) -> None:
    """NIKs, a phone, and collateral without a value or of no value."""
    for ordinal in (5, 17):
        _says(truth, ordinal, "nik", _other_birth)
    _says(truth, 25, "nik", lambda _: "3323")
    _says(truth, 31, "phone", lambda _: "(0380) 88")
    truth.collaterals[2] = replace(truth.collaterals[2], value=None)
    truth.collaterals[5] = replace(
        truth.collaterals[5], kind="other", description="Kartu ATM dan ijazah", document_no="-", value=None
    )


def _outsider(truth: Cooperative) -> None:
    manager = truth.officers[-1]
    truth.officers[-1] = Officer("Bernabas Lasi, S.E.", manager.position, "", "", "", manager.start, manager.end)


def cendana(truth: Cooperative) -> None:
    """Two members left and were paid out; three of the newest are candidates."""
    early = [at for at, member in enumerate(truth.members) if member.joined < date(2023, 1, 1)]
    for ordinal in early[:2]:
        _alter(truth, ordinal, status="left", left=date(2026, 4, 20))
    late = [at for at, member in enumerate(truth.members) if member.joined >= date(2025, 6, 1)]
    for ordinal in late[:3]:
        _alter(truth, ordinal, membership="candidate")


def lontar(truth: Cooperative) -> None:
    """The trial balance is out by exactly 500,000."""
    for at, account in enumerate(truth.accounts):
        if account.name == "Beban Operasional":
            truth.accounts[at] = replace(account, debit=account.debit + 500_000_00)


def solidaritas(truth: Cooperative) -> None:
    """Takes twelve members away who neither lend nor run anything; their savings stay."""
    needed = {loan.member_no for loan in truth.loans} | {officer.member_no for officer in truth.officers}
    away = [member.no for member in truth.members if member.no not in needed][-MISSING:]
    truth.members = [member for member in truth.members if member.no not in away]
