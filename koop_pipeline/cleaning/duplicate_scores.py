"""How much speaks for two member rows being one person: stated weights in whole points, added up, one threshold.

For: same NIK 150, one digit of it wrong or two swapped 30; same birth date 35, one that many share (1 January) 20,
nearly the same 15; same name 35, one or two letters wrong, cut off or in another order 25, alike 5; same address 25,
nearly 15; same phone 20.
Against: another NIK -40, one digit of the serial wrong -10 (twins and neighbours differ there too); another birth date
-25; another name -30; another gender -30.
A pair of `THRESHOLD` points is probable. It is sure where the NIK is the same and the name too, or the birth date and
names that are not clearly different: a NIK contains the birth date, and real lists have one NIK under several names.
What contradicts (another gender, another birth date by more than two signs) leaves a pair probable: a wife under her
husband's card, a son under his late father's.
"""

from koop_pipeline.cleaning.duplicate_people import PEOPLE

THRESHOLD = 60
CLEARLY_DIFFERENT = 0.7
SURE = (
    "a.party = 'person' AND b.party = 'person' AND a.nik = b.nik AND (a.name = b.name OR (a.birth_date = b.birth_date"
    f" AND coalesce(jaro_winkler_similarity(a.name, b.name) >= {CLEARLY_DIFFERENT}, true)))"
    " AND coalesce(a.gender = b.gender, true)"
    " AND coalesce(damerau_levenshtein(a.birth_date::VARCHAR, b.birth_date::VARCHAR) <= 2, true)"
)
LONG_NAME = 12
SAME_YEAR = "year(a_birth_date) = year(b_birth_date)"
SWAPPED = "month(a_birth_date) = day(b_birth_date)"
NEW_YEAR = "(month({0}_birth_date) = 1 AND day({0}_birth_date) = 1)"
SIMILAR_NAME = (
    f"(letters <= 1 OR (letters <= 2 AND longest >= {LONG_NAME}) OR a_sorted_name = b_sorted_name"
    f" OR (shortest >= {LONG_NAME} AND (starts_with(a_name, b_name) OR starts_with(b_name, a_name))))"
)
WEIGHTS: dict[str, list[tuple[str, str, int]]] = {
    "nik": [
        ("same", "a_nik = b_nik", 150),
        ("one digit wrong", "digits <= 1 AND right(a_nik, 4) = right(b_nik, 4)", 30),
        ("one digit of the serial wrong", "digits <= 1", -10),
        ("different", "a_nik <> b_nik", -40),
    ],
    "birth_date": [
        ("same", "a_birth_date = b_birth_date AND NOT a_common_date", 35),
        ("same, but shared by many", "a_birth_date = b_birth_date", 20),
        ("one digit wrong", "days <= 1", 15),
        ("day and month swapped", f"{SAME_YEAR} AND day(a_birth_date) = month(b_birth_date) AND {SWAPPED}", 15),
        ("only the year known of one", f"{SAME_YEAR} AND ({NEW_YEAR.format('a')} OR {NEW_YEAR.format('b')})", 15),
        ("different", "a_birth_date <> b_birth_date", -25),
    ],
    "full_name": [
        ("same", "a_name = b_name", 35),
        ("similar", SIMILAR_NAME, 25),
        ("alike", "alike >= 0.9", 5),
        ("different", "a_name <> b_name", -30),
    ],
    "address": [
        ("same", "a_address = b_address", 25),
        ("similar", "streets >= 0.95", 15),
    ],
    "phone": [("same", "a_phone = b_phone", 20)],
    "gender": [("different", "a_gender <> b_gender", -30)],
}
COMPARED = ("member_no", "nik", "name", "sorted_name", "birth_date", "common_date", "gender", "phone", "address")
HALF_OF_THE_NIK = "(left(a_nik, 7) = left(b_nik, 7) OR right(a_nik, 7) = right(b_nik, 7))"
MEASURES = {
    "letters": "CASE WHEN jaro_winkler_similarity(a_name, b_name) >= 0.7 THEN damerau_levenshtein(a_name, b_name) END",
    "longest": "greatest(length(a_name), length(b_name))",
    "shortest": "least(length(a_name), length(b_name))",
    "alike": "jaro_winkler_similarity(a_name, b_name)",
    "digits": f"CASE WHEN {HALF_OF_THE_NIK} THEN damerau_levenshtein(a_nik, b_nik) END",
    "days": "CASE WHEN a_birth_date <> b_birth_date THEN"
    " damerau_levenshtein(a_birth_date::VARCHAR, b_birth_date::VARCHAR) END",
    "streets": "jaro_winkler_similarity(a_address, b_address)",
}


def scored(pairs: str, least: str = "true") -> str:
    """A SELECT of cooperative_id, row_a, row_b, member_no_a, member_no_b, score, agreed for a relation of pairs.

    `pairs` has cooperative_id, row_a, row_b; `least` is a condition on `score`. `agreed` is JSON: a list of {field,
    how, weight}, what speaks against included. A person and an organisation are never the same; such pairs are left
    out.
    """
    points = " + ".join(f"coalesce({_case(field, 'weight')}, 0)" for field in WEIGHTS)
    reasons = ", ".join(_case(field, "reason") for field in WEIGHTS)
    values = ", ".join(f"{side}.{name} AS {side}_{name}" for side in "ab" for name in COMPARED)
    measures = ", ".join(f"{sql} AS {name}" for name, sql in MEASURES.items())
    return (
        "SELECT cooperative_id, row_a, row_b, a_member_no AS member_no_a, b_member_no AS member_no_b, score,"
        f" to_json([x for x in [{reasons}] if x IS NOT NULL])::VARCHAR AS agreed"
        f" FROM (SELECT *, ({points})::INTEGER AS score FROM (SELECT *, {measures} FROM"
        f" (SELECT p.cooperative_id, p.row_a, p.row_b, {values} FROM {pairs} p"
        f" JOIN {PEOPLE} a ON a.cooperative_id = p.cooperative_id AND a._row = p.row_a"
        f" JOIN {PEOPLE} b ON b.cooperative_id = p.cooperative_id AND b._row = p.row_b"
        f" WHERE a.party = b.party))) WHERE {least}"
    )


def _case(field: str, shown: str) -> str:
    """The first verdict on a field that is true: its weight, or the reason that `agreed` shows; null where none is."""
    branches = " ".join(
        f"WHEN {condition} THEN "
        + (str(weight) if shown == "weight" else f"{{'field': '{field}', 'how': '{how}', 'weight': {weight}}}")
        for how, condition, weight in WEIGHTS[field]
    )
    return f"CASE {branches} END"
