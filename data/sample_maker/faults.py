"""The known faults: each function takes a sound cooperative and makes it wrong in the way that it is there to show.

Put here what changes the truth or what the legacy system says of it. What is only a form of writing is in `forms`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from sample_maker.truth import Cooperative, Double, Member, Officer

MISSING = 12


def _alter(truth: Cooperative, ordinal: int, **changes: object) -> None:
    truth.members[ordinal] = replace(truth.members[ordinal], **changes)  # type: ignore[arg-type]


def _ordinary(truth: Cooperative, ordinal: int, gender: str = "") -> int:
    """The first active member from `ordinal` on who runs and borrows nothing and of whom the source says the truth."""
    busy = {officer.member_no for officer in truth.officers} | {loan.member_no for loan in truth.loans}
    while True:
        member = truth.members[ordinal]
        if member.no not in busy and not member.source and not member.left and gender in ("", member.gender):
            return ordinal
        ordinal += 1


def _says(truth: Cooperative, ordinal: int, **wrong: Callable[[Member], str]) -> None:
    """The source says something else of the first ordinary member from `ordinal` on."""
    at = _ordinary(truth, ordinal)
    _alter(truth, at, source={name: told(truth.members[at]) for name, told in wrong.items()})


def _other_birth(member: Member) -> str:
    """The member's NIK with another birth year: of the right form, but it disagrees with the birth date."""
    year = (member.birth.year + (3 if member.birth.day < 29 else 4)) % 100
    return f"{member.nik[:10]}{year:02d}{member.nik[12:]}"


def tani(truth: Cooperative) -> None:
    """NIKs that disagree, what is none of its kind, one member twice, two alike, a manager who is not a member."""
    for ordinal in (4, 11, 23):
        _says(truth, ordinal, nik=_other_birth)
    _says(truth, 30, nik=lambda _: "123456789")
    _says(truth, 33, nik=lambda member: member.nik[:15])
    _says(truth, 36, nik=lambda _: "-")
    _says(truth, 38, nik=lambda _: "3.3E+15")
    _says(truth, 40, phone=lambda _: "08")
    _says(truth, 44, phone=lambda _: "0")
    _says(truth, 48, birth=lambda _: "Kupang, 10 Mei 200")
    _says(truth, 52, birth=lambda _: "0966-05-14")
    _says(truth, 56, birth=lambda _: "Juli 1980")
    _listed_twice(truth, 60)
    _alike(truth, 64)
    _outsider(truth)


def _listed_twice(truth: Cooperative, ordinal: int) -> None:
    """After a void a woman was entered anew in another spelling; her voluntary account stands under the new number."""
    at = _ordinary(truth, ordinal, "female")
    _alter(truth, at, name="Aisyah Seran", source={"phone": truth.members[at].phone})
    member = truth.members[at]
    accounts = frozenset(own.no for own in truth.savings if (own.member_no, own.product) == (member.no, "SUKARELA"))
    anew = max(member.joined, date(2026, 1, 5)) + timedelta(days=30)
    truth.doubles.append(Double("T801", member.no, "AISJAH SERAN", anew, accounts))


def _alike(truth: Cooperative, ordinal: int) -> None:
    """Two men of nearly one name, born on one day; of the second the source has no NIK."""
    first = _ordinary(truth, ordinal, "male")
    second = _ordinary(truth, first + 1, "male")
    born = truth.members[first].birth
    nik = f"{truth.members[second].nik[:6]}{born:%d%m%y}{truth.members[second].nik[12:]}"
    _alter(truth, first, name="Yohanes Kleden")
    _alter(truth, second, name="Yohanis Kleden", birth=born, nik=nik, source={"nik": ""})


def bahari(truth: Cooperative) -> None:
    """NIKs, a phone, a birth date, an inexact balance, and collateral without a value or of no value."""
    for ordinal in (5, 17):
        _says(truth, ordinal, nik=_other_birth)
    _says(truth, 25, nik=lambda _: "3323")
    _says(truth, 31, phone=lambda _: "(0380) 88")
    _says(truth, 41, nik=lambda _: "0", birth=lambda member: f"{member.joined:%d/%m/%Y}")
    truth.inexact = frozenset([next(own.no for own in truth.savings if own.product == "SUKARELA")])
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


def cendana_source(truth: Cooperative) -> None:
    """The leaving date of somebody who stayed."""
    _says(truth, 40, left=lambda member: (member.joined + timedelta(days=100)).isoformat())


def lontar(truth: Cooperative) -> None:
    """The trial balance is out by exactly 500,000."""
    for at, account in enumerate(truth.accounts):
        if account.name == "Beban Operasional":
            truth.accounts[at] = replace(account, debit=account.debit + 500_000_00)


def solidaritas(truth: Cooperative) -> None:
    """Takes twelve members away who neither borrow nor run anything; their savings stay."""
    needed = {loan.member_no for loan in truth.loans} | {officer.member_no for officer in truth.officers}
    away = [member.no for member in truth.members if member.no not in needed][-MISSING:]
    truth.members = [member for member in truth.members if member.no not in away]
