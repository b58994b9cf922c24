"""Invented members with known duplicates: `python generate.py OUT.csv --cooperatives 10 --members 1000 --seed 1`.

One row a member row, in random order. `person` is the truth: rows of one cooperative with the same `person` are one
human being. Besides duplicates with the dirt of real lists there are traps: twins, families at one address, father and
son of one name, common names, one NIK under two names, 1 January as everybody's birth date.
"""

import argparse
import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

Row = dict[str, str]
COLUMNS = (
    "cooperative_id", "row", "person", "member_no", "nik", "full_name", "birth_date", "gender", "phone", "address",
    "joined_on", "status",
)  # fmt: skip
MALE = (
    "Yohanes Petrus Paulus Markus Lukas Agustinus Fransiskus Antonius Dominikus Stefanus Thomas Andreas Simon Melkianus"
    " Muhammad Ahmad Abdul Hasan Husein Ismail Ibrahim Umar Usman Ali Bakri Budi Agus Joko Slamet Wahyu Eko Dwi Tri"
    " Sutrisno Suparman Sugeng Hendra Rudi Dedi Yusuf Yakob Benyamin Gregorius Hironimus Kornelis Lambertus"
)
FEMALE = (
    "Maria Yohana Anastasia Bernadeta Katarina Elisabet Margareta Teresia Veronika Yustina Agnes Siti Nur Fatimah"
    " Aisyah Aminah Khadijah Halimah Rahmawati Sri Dewi Endang Sulastri Sumiati Wahyuni Ningsih Ratna Indah"
    " Lestari Yuliana Kristina Martha Ester Rut Debora Naomi Marselina Petronela Adriana Rosalina Wilhelmina Oktaviana"
)
FAMILY = (
    "Seran Nahak Bria Klau Fahik Tefa Nenometa Nabu Sonbai Taneo Benu Tefnai Lopo Banamtuan Neno Kase Liu Mella Fallo"
    " Tnunay Boimau Selan Nubatonis Nope Amtiran Djawa Djami Rihi Hege Kore Radja Bunga Lado Doko Kana Uly Ratu Manu"
    " Pello Manafe Foeh Mbau Ndolu Adoe Saudale Fanggidae Sutrisno Wibowo Santoso Hidayat Rahman Saleh Abdullah Hakim"
    " Kurniawan Setiawan Nugroho Susanto Pratama Lamabelen Kedang Wuran Tukan Ola Boli Kopong Sabon Lewar Demon Hayon"
)
STREETS = (
    "Timor Raya|Sudirman|Ahmad Yani|El Tari|Frans Seda|Soekarno|Hatta|Cak Doko|Kenanga|Mawar|Melati|Cendana|Lontar"
    "|Bajawa|Rote|Sumba|Alor|Sabu|Gajah Mada|Diponegoro|Veteran|Pahlawan|Nangka|Mangga|Perintis Kemerdekaan"
)
VILLAGES = "Oebelo Oesapa Noelbaki Tarus Baumata Oeltua Penfui Sikumana Bakunase Naikolan Oebufu Liliba"
DISTRICTS = ("530101", "530102", "530103", "530105", "537101", "537102", "537103", "530201")
TITLES = ("Hj. ", "H. ", "Drs. ", "Ny. ", "Bpk. ", "Ibu ")
OLD_SPELLING = (("y", "j"), ("u", "oe"), ("j", "dj"), ("c", "tj"), ("sy", "sj"), ("kh", "ch"))


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cooperatives", type=int, default=10)
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with given.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for number in range(given.cooperatives):
            writer.writerows(cooperative(f"K{number:04d}", given.members, random.Random(f"{given.seed}/{number}")))


def cooperative(cooperative_id: str, members: int, rng: random.Random) -> list[Row]:
    """The member rows of one cooperative, duplicates included, in random order."""
    people = list(_people(members, rng))
    rows = [*(_with_gaps(person, rng) for person in people)]
    rows += [_with_gaps(copy, rng) for person in people for copy in _copies(person, rng)]
    rng.shuffle(rows)
    for number, row in enumerate(rows, 1):
        row |= {"cooperative_id": cooperative_id, "row": str(number), "member_no": f"{number:06d}"}
    return rows


def _people(members: int, rng: random.Random) -> Iterator[Row]:
    """Different human beings, about `members`; each may bring the trap that makes another look like them."""
    made = 0
    given_out: set[str] = set()
    while made < members:
        person = _person(made, rng)
        if person["nik"] in given_out:
            continue
        given_out.add(person["nik"])
        family = [person]
        draw = rng.random()
        if draw < 0.15:
            family.append(_relative(person, made + 1, rng))
        elif draw < 0.16:
            family.append(_twin(person, made + 1, rng))
        elif draw < 0.165:
            family.append(_son_of_the_same_name(person, made + 1, rng))
        elif draw < 0.17:
            family.append(_person(made + 1, rng) | {"nik": person["nik"]})
        if len(family) > 1 and draw < 0.165 and family[1]["nik"] in given_out:
            family.pop()
        given_out |= {member["nik"] for member in family}
        made += len(family)
        yield from family


def _person(number: int, rng: random.Random) -> Row:
    gender = rng.choice(("male", "female"))
    born = date(1945, 1, 1) + timedelta(days=rng.randrange(60 * 365))
    if rng.random() < 0.03:
        born = born.replace(month=1, day=1)
    return {
        "person": str(number),
        "nik": _nik(born, gender, rng),
        "full_name": _name(gender, rng),
        "birth_date": born.isoformat(),
        "gender": gender,
        "phone": f"+628{rng.randrange(10**8, 10**10)}",
        "address": _address(rng),
        "joined_on": (date(2000, 1, 1) + timedelta(days=rng.randrange(25 * 365))).isoformat(),
        "status": rng.choices(("active", "inactive", "left", "deceased"), (80, 10, 8, 2))[0],
    }


def _nik(born: date, gender: str, rng: random.Random) -> str:
    day = born.day + (40 if gender == "female" else 0)
    serial = min(int(rng.expovariate(0.2)) + 1, 9999)
    return f"{rng.choice(DISTRICTS)}{day:02d}{born:%m%y}{serial:04d}"


def _name(gender: str, rng: random.Random) -> str:
    given = (MALE if gender == "male" else FEMALE).split()
    parts = [rng.choice(given)]
    if rng.random() < 0.45:
        parts.append(rng.choice(given))
    if rng.random() < 0.85:
        parts.append(rng.choice(FAMILY.split()))
    return " ".join(parts)


def _address(rng: random.Random) -> str:
    if rng.random() < 0.35:
        return f"Desa {rng.choice(VILLAGES.split())} RT {rng.randrange(1, 20):03d} RW {rng.randrange(1, 9):03d}"
    return f"Jl. {rng.choice(STREETS.split('|'))} No. {rng.randrange(1, 200)}"


def _relative(person: Row, number: int, rng: random.Random) -> Row:
    """Husband, wife or child: the same address, often the same phone and family name."""
    other = _person(number, rng)
    family = person["full_name"].split()[-1]
    name = f"{other['full_name'].split()[0]} {family}" if rng.random() < 0.5 else other["full_name"]
    phone = person["phone"] if rng.random() < 0.4 else other["phone"]
    return other | {"full_name": name, "address": person["address"], "phone": phone}


def _twin(person: Row, number: int, rng: random.Random) -> Row:
    """The same birth date and address, the next serial, a name of the same sound or family."""
    first, *rest = person["full_name"].split()
    pool = (MALE if person["gender"] == "male" else FEMALE).split()
    alike = [name for name in pool if name[0] == first[0] and name != first] or pool
    serial = int(person["nik"][12:]) + 1
    return person | {
        "person": str(number),
        "full_name": " ".join([rng.choice(alike), *rest]),
        "nik": f"{person['nik'][:12]}{serial:04d}",
        "phone": f"+628{rng.randrange(10**8, 10**10)}",
    }


def _son_of_the_same_name(person: Row, number: int, rng: random.Random) -> Row:
    born = date.fromisoformat(person["birth_date"]) + timedelta(days=rng.randrange(20 * 365, 30 * 365))
    son = _person(number, rng)
    same = {name: person[name] for name in ("full_name", "address", "gender")}
    return son | same | {"birth_date": born.isoformat(), "nik": _nik(born, person["gender"], rng)}


def _with_gaps(row: Row, rng: random.Random) -> Row:
    """Cells that were never filled in."""
    rates = {"nik": 0.2, "birth_date": 0.1, "phone": 0.4, "address": 0.1, "gender": 0.1}
    return row | {name: "" for name, rate in rates.items() if rng.random() < rate}


def _copies(person: Row, rng: random.Random) -> Iterator[Row]:
    """The same human being entered again: 4 in a hundred once, 4 in a thousand twice."""
    draw = rng.random()
    for _ in range(2 if draw < 0.004 else 1 if draw < 0.04 else 0):
        copy = dict(person)
        copy["full_name"] = _name_again(person["full_name"], rng)
        copy["nik"] = _digits_again(person["nik"], rng, same=0.75, missing=0.1)
        copy["birth_date"] = _date_again(person["birth_date"], rng)
        copy["address"] = _address_again(person["address"], rng)
        copy["phone"] = _digits_again(person["phone"], rng, same=0.7, missing=0.1)
        copy["joined_on"] = (date(2000, 1, 1) + timedelta(days=rng.randrange(25 * 365))).isoformat()
        yield copy


def _name_again(name: str, rng: random.Random) -> str:
    draw = rng.random()
    parts = name.split()
    if draw < 0.35:
        return name.upper() if rng.random() < 0.5 else name
    if draw < 0.45:
        return rng.choice(TITLES) + name
    if draw < 0.65:
        return _typo(name, rng)
    if draw < 0.78:
        old, new = rng.choice(OLD_SPELLING)
        return name.lower().replace(old, new).title()
    if draw < 0.84:
        return name[:15].strip()
    if draw < 0.89:
        return " ".join(parts[::-1])
    if draw < 0.95 and len(parts) > 1:
        return " ".join(parts[:-1])
    return f"{parts[0][0]}. {' '.join(parts[1:])}" if len(parts) > 1 else _typo(name, rng)


def _typo(name: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(name) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return name[:at] + name[at + 1 :]
    if kind == 1:
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    letter = rng.choice("aiueonrstlkm")
    return name[:at] + letter + name[at + (kind == 2) :]


def _digits_again(text: str, rng: random.Random, same: float, missing: float) -> str:
    """The same digits, none, one wrong or two swapped (not the first six, so that a NIK keeps its form)."""
    draw = rng.random()
    if draw < same or not text:
        return text
    if draw < same + missing:
        return ""
    at = rng.randrange(len(text) - 4, len(text) - 1) if rng.random() < 0.5 else 5
    if rng.random() < 0.5:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + str((int(text[at]) + rng.randrange(1, 9)) % 10) + text[at + 1 :]


def _date_again(text: str, rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.82:
        return text
    born = date.fromisoformat(text)
    if draw < 0.87:
        return born.replace(month=1, day=1).isoformat()
    if draw < 0.93 and born.day <= 12:
        return born.replace(month=born.day, day=born.month).isoformat()
    return born.replace(year=born.year + rng.choice((-1, 1, 10)), day=min(born.day, 28)).isoformat()


def _address_again(text: str, rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.35:
        return text
    if draw < 0.7:
        return text.upper().replace("JL. ", "JALAN ").replace("NO. ", "").replace("DESA ", "DS ")
    return _address(rng)


if __name__ == "__main__":
    main()
