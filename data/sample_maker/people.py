"""Invents members and officers: names of the islands, NIKs that agree with birth date and gender, valid phones.

Put here what concerns persons. Districts are real codes of Kemendagri; every name, number and address is invented.
"""

import random
from datetime import date, timedelta

from sample_maker.truth import CUTOFF, Member, Officer

DISTRICTS = {
    "53.71.01": "Alak",
    "53.71.02": "Maulafa",
    "53.71.03": "Kelapa Lima",
    "53.71.04": "Oebobo",
    "53.03.01": "Miomaffo Timur",
    "53.03.04": "Noemuti",
    "53.06.01": "Wulanggitang",
    "53.06.03": "Larantuka",
    "53.07.01": "Paga",
    "53.07.04": "Nita",
    "53.08.03": "Ende",
}
TOWNS = ["Kupang", "Kefamenanu", "Larantuka", "Maumere", "Ende", "Atambua", "Soe", "Kalabahi"]
STREETS = ["Timor Raya", "El Tari", "Ahmad Yani", "Sudirman", "Cak Doko", "Herewila", "Nangka", "Cendana", "Pahlawan"]
_MEN = (
    "Yosef Petrus Markus Gabriel Antonius Fransiskus Dominggus Lambertus Stefanus Kornelis Marselinus Paulus Yohanes"
    " Simon Robertus Agustinus Benediktus Daniel Elias Filipus Gregorius Hendrik Ignasius Jeremias Karolus Laurensius"
    " Matias Nikolaus Oktovianus Raimundus"
)
_WOMEN = (
    "Maria Yuliana Kristina Veronika Theresia Agnes Bernadeta Katarina Dorothea Elisabeth Fransiska Getrudis Helena"
    " Imakulata Kornelia Lusia Margareta Natalia Oktaviana Paulina Regina Sesilia Skolastika Ursula Virginia Welmince"
    " Adelheid Blandina Emiliana Yovita Désirée"
)
_FAMILIES = (
    "Laka Nahak Bria Tae Lake Kolo Manek Seran Klau Berek Naif Taneo Banunaek Tefa Oematan Fallo Nubatonis Sila Kase"
    " Tamonob Leton Wutun Lamanepa Keraf Kleden Hayon Koten Ola Tukan Lewar Sogen Riberu Parera Fernandez Djawa Wea"
    " Mbulu Lengu Pello Ndolu Bessie Rihi Kana Djami Ma'arif Ximénes"
)
MEN, WOMEN, FAMILIES = _MEN.split(), _WOMEN.split(), _FAMILIES.split()
FORMS = ("{}", "{}", "{}", "{}", "{}", "{}, S.Kom", "Drs. {}", "H. {}")
POSITIONS = ("chair", "vice_chair", "secretary", "treasurer", "supervisor", "supervisor", "manager")


def _birth(rng: random.Random) -> date:
    return date(1956, 1, 1) + timedelta(days=rng.randrange(365 * 44))


def _nik(rng: random.Random, region: str, birth: date, gender: str) -> str:
    day = birth.day + (40 if gender == "female" else 0)
    return f"{region.replace('.', '')}{day:02d}{birth:%m%y}{rng.randrange(1, 90):04d}"


def _name(rng: random.Random, gender: str, taken: set[str]) -> str:
    while True:
        plain = f"{rng.choice(MEN if gender == 'male' else WOMEN)} {rng.choice(FAMILIES)}"
        if plain.lower() not in taken:
            taken.add(plain.lower())
            form = rng.choice(FORMS)
            dressed = (form.replace("H.", "Hj.") if gender == "female" else form).format(plain)
            return dressed.upper() if rng.random() < 0.3 else dressed


def _joined(rng: random.Random, birth: date) -> date:
    of_age = date(birth.year + 18, birth.month, min(birth.day, 28))
    earliest = max(date(2015, 1, 5), of_age)
    return earliest + timedelta(days=rng.randrange((date(2026, 3, 20) - earliest).days))


def invent_members(rng: random.Random, count: int, no_form: str) -> list[Member]:
    """`count` members with unique names, NIKs and phones; `no_form` makes a number of the ordinal (`A{:04d}`)."""
    taken: set[str] = set()
    niks: set[str] = set()
    phones = rng.sample(range(10_000_000, 99_999_999), count)
    members = []
    for ordinal in range(1, count + 1):
        gender = rng.choice(("male", "female"))
        birth = _birth(rng)
        region = rng.choice(list(DISTRICTS))
        nik = _nik(rng, region, birth, gender)
        while nik in niks:
            nik = _nik(rng, region, birth, gender)
        niks.add(nik)
        members.append(
            Member(
                no=no_form.format(ordinal),
                name=_name(rng, gender, taken),
                nik=nik,
                gender=gender,
                birth_place=rng.choice(TOWNS),
                birth=birth,
                address=f"Jl. {rng.choice(STREETS)} No. {rng.randrange(1, 180)}, {DISTRICTS[region]}",
                region=region,
                phone=f"+62812{phones[ordinal - 1]}",
                joined=_joined(rng, birth),
            )
        )
    return members


def invent_officers(rng: random.Random, members: list[Member]) -> list[Officer]:
    """Seven positions held by seven of the members who joined before 2024, term 2024 to 2028."""
    eligible = [member for member in members if member.joined < date(2023, 6, 1) and member.status == "active"]
    chosen = rng.sample(eligible, len(POSITIONS))
    start, end = date(2024, 3, 15), date(2028, 3, 14)
    assert start < CUTOFF < end
    return [
        Officer(person.name, position, person.no, person.nik, person.phone, start, end)
        for position, person in zip(POSITIONS, chosen, strict=True)
    ]
